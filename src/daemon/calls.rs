//! Calls over the control socket, and a new configuration.

use std::collections::BTreeSet;

use super::engine::Engine;
use crate::control::view::{
    CaseCounts, CaseDetail, CaseOutlook, CaseView, Done, MailboxState, MailboxView, OutboxCounts,
    QuarantinedView, StatusView, soonest_first,
};
use crate::control::{Answer, Call, CaseFilter, QUARANTINE_LISTED_MAX, Request, SnoozeTime};
use crate::domain::case::{Case, CaseState, Outlook};
use crate::domain::commit::{Known, Questions};
use crate::domain::decide::{self, Decisions, Refusal};
use crate::domain::ids::CaseId;
use crate::domain::outbox::RowState;
use crate::domain::time::Timestamp;
use crate::imap::WatchState;
use crate::store::StoreError;

/// How many cases `ackd cases --all` lists at most, the newest first.
const CASES_LISTED_MAX: usize = 10_000;

fn refused(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::NoSuchCase(id) => Answer::no_such_case(*id),
        Refusal::Closed(_)
        | Refusal::Open(_)
        | Refusal::Joined(..)
        | Refusal::NoSuchMail(_)
        | Refusal::NothingElse(_)
        | Refusal::NotOfTheTeam(_)
        | Refusal::Indivisible(..) => Answer::conflict(refusal.to_string()),
    }
}

impl Engine {
    /// Answers a call. The caller may have gone away meanwhile.
    pub(super) async fn answer(&mut self, call: Call) -> Result<(), StoreError> {
        let answer = match call.request {
            Request::Status => Answer::Status(Box::new(self.status())),
            Request::Cases(filter) => Answer::Cases(self.case_views(&filter).await?),
            Request::Case { id } => self.case_detail(id).await?,
            Request::Quarantine => Answer::Quarantine(self.quarantine_views().await?),
            Request::Absences { person } => self.absence_views(person.as_deref()),
            Request::Away { person, days, by } => {
                self.say_of_absence(&person, Some(days), &by).await?
            }
            Request::Back { person, by } => self.say_of_absence(&person, None, &by).await?,
            Request::Outbox => Answer::Outbox(self.owed_mail_views()),
            Request::Mail { id, word, by } => self.say_of_mail(id, word, &by).await?,
            Request::CheckIns { client } => self.check_in_views(client.as_ref()),
            Request::CheckIn { client, word, by } => {
                self.say_of_check_in(&client, word, &by).await?
            }
            Request::Metrics => Answer::Metrics(Box::new(self.reading())),
            Request::Verify => Answer::Verified(self.verify_view()),
            // Taken on the way by the tasks that write exports and read the configuration.
            Request::Export | Request::Reload { .. } => {
                Answer::unavailable("ackd is stopping; try again once it runs")
            }
            Request::Settle { id, how, by } => {
                let (known, now) = (self.known_case(id).await?, self.clock.now());
                let rules = self.settings.rules.clone();
                let said = decide::settle(&self.book, &rules, known, id, how, &by, now);
                let done = format!("case {id} is settled: {}", how.in_words());
                self.change(said, done).await?
            }
            Request::Snooze { id, time, by } => self.snooze(id, time, &by).await?,
            Request::Reopen { id, by } => {
                let (known, now) = (self.known_to_reopen(id).await?, self.clock.now());
                let rules = self.settings.rules.clone();
                let said = decide::reopen(&self.book, &rules, known, id, &by, now);
                let done = format!("case {id} waits again, as if nobody had answered");
                self.change(said, done).await?
            }
            Request::Separate { id, message_id, by } => self.separate(id, &message_id, &by).await?,
            Request::Urgent { id, by } => {
                let (known, now) = (self.known_case(id).await?, self.clock.now());
                let rules = self.settings.rules.clone();
                let said = decide::urge(&self.book, &rules, known, id, &by, now);
                self.change(said, format!("case {id} is urgent")).await?
            }
            Request::Assign { id, to, by } => {
                let (known, now) = (self.known_case(id).await?, self.clock.now());
                let rules = self.settings.rules.clone();
                let said = decide::assign(&self.book, &rules, known, id, to.as_ref(), &by, now);
                let whom = to.map_or("the owners of the client".to_owned(), |to| to.to_string());
                let done = format!("case {id} is assigned to {whom}");
                self.change(said, done).await?
            }
        };
        // Who asked may be gone; there is nobody left to tell.
        let _ = call.answer.send(answer);
        Ok(())
    }

    async fn snooze(
        &mut self,
        id: CaseId,
        time: SnoozeTime,
        by: &str,
    ) -> Result<Answer, StoreError> {
        let (known, now) = (self.known_case(id).await?, self.clock.now());
        let rules = self.settings.rules.clone();
        let until = match time {
            SnoozeTime::For(duration) => {
                now + chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::days(1))
            }
            SnoozeTime::Tomorrow => self.tomorrow(id, now),
        };
        let said = decide::snooze(&self.book, &rules, known, id, until, by, now);
        let zone = self.book.case(id).and_then(|case| self.zone_of(case));
        let local = until.with_timezone(&zone.unwrap_or(chrono_tz::UTC));
        let done = format!(
            "case {id} is snoozed until {}",
            local.format("%Y-%m-%d %H:%M %Z")
        );
        self.change(said, done).await
    }

    /// The zone of the calendar of a case's client.
    fn zone_of(&self, case: &Case) -> Option<chrono_tz::Tz> {
        let promise = self.settings.rules.promise(&case.client);
        promise.map(|(_, _, calendar)| calendar.zone)
    }

    /// The zone of all calendars, if they agree.
    fn zone_of_all(&self) -> Option<chrono_tz::Tz> {
        let mut zones = self.settings.rules.calendars.values().map(|own| own.zone);
        let first = zones.next()?;
        zones.all(|zone| zone == first).then_some(first)
    }

    /// The first opening of the client's calendar after the present day there.
    fn tomorrow(&self, id: CaseId, now: Timestamp) -> Timestamp {
        let rules = &self.settings.rules;
        let calendar = self
            .book
            .case(id)
            .and_then(|case| rules.promise(&case.client))
            .map(|(_, _, calendar)| calendar);
        let in_a_day = now + chrono::Duration::days(1);
        let Some(calendar) = calendar else {
            return in_a_day;
        };
        let midnight = now.with_timezone(&calendar.zone).date_naive().succ_opt();
        let midnight = midnight.and_then(|date| date.and_hms_opt(0, 0, 0));
        let midnight =
            midnight.and_then(|local| local.and_local_timezone(calendar.zone).earliest());
        let start = midnight.map_or(in_a_day, |local| local.to_utc());
        calendar.next_open(start).unwrap_or(start)
    }

    async fn change(
        &mut self,
        said: Result<Decisions, Refusal>,
        done: String,
    ) -> Result<Answer, StoreError> {
        match said {
            Ok(decisions) => {
                self.carry_out(decisions).await?;
                Ok(Answer::Done(Done {
                    done,
                    new_case: None,
                }))
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    }

    async fn separate(
        &mut self,
        id: CaseId,
        message_id: &str,
        by: &str,
    ) -> Result<Answer, StoreError> {
        let mut known = self.known_case(id).await?;
        if let Some(case) = self.book.case(id).or_else(|| known.cases.get(&id)) {
            let questions = decide::separation_questions(case);
            known.extend(self.look_up(questions).await?);
        }
        let (rules, now) = (self.settings.rules.clone(), self.clock.now());
        match decide::separate(&self.book, &rules, known, id, message_id, by, now) {
            Ok((decisions, new)) => {
                self.carry_out(decisions).await?;
                let waits = match self.book.case(new) {
                    Some(_) => "and waits for an answer of its own",
                    None => "and is answered already",
                };
                Ok(Answer::Done(Done {
                    done: format!(
                        "the mail is separated from case {id}: it is case {new} now, {waits}"
                    ),
                    new_case: Some(new.0),
                }))
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    }

    async fn known_to_reopen(&self, id: CaseId) -> Result<Known, StoreError> {
        let mut known = self.known_case(id).await?;
        if let Some(case) = self.book.case(id).or_else(|| known.cases.get(&id)) {
            let questions = decide::reopening_questions(case);
            known.extend(self.look_up(questions).await?);
        }
        Ok(known)
    }

    async fn known_case(&self, id: CaseId) -> Result<Known, StoreError> {
        self.look_up(Questions {
            cases: vec![id],
            ..Questions::default()
        })
        .await
    }

    /// How many cases are open.
    pub(super) fn case_counts(&self) -> CaseCounts {
        let mut cases = CaseCounts::default();
        for case in self.book.cases() {
            match case.state {
                CaseState::Waiting { .. } => cases.waiting += 1,
                CaseState::Acknowledged { .. } => cases.acknowledged += 1,
                CaseState::New | CaseState::Answered { .. } | CaseState::Settled { .. } => {}
            }
        }
        cases
    }

    fn status(&self) -> StatusView {
        let mut outbox = OutboxCounts::default();
        for row in self.book.outbox().rows.values() {
            match row.state {
                RowState::Queued { .. } => outbox.queued += 1,
                RowState::Sending { .. } | RowState::Uncertain { .. } => outbox.sending += 1,
                RowState::Held { .. } => outbox.held += 1,
                RowState::GivenUp { .. } => outbox.given_up += 1,
                RowState::Sent { .. } | RowState::Cancelled { .. } => {}
            }
        }
        StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            mode: self.settings.rules.mode.as_str().to_owned(),
            mailboxes: self.mailbox_views(),
            cases: self.case_counts(),
            next_due_at: self.book.next_due(),
            outbox,
            alarms: self.alarms(),
            time_zone: self.zone_of_all().map(|zone| zone.name().to_owned()),
        }
    }

    pub(super) fn mailbox_views(&self) -> Vec<MailboxView> {
        let unwatched = self.alarm_memory.unwatched.iter();
        let unwatched = unwatched.map(|(name, finding)| MailboxView {
            name: name.to_string(),
            state: MailboxState::Blind,
            reason: Some(finding.reason.clone()),
            last_proof_at: None,
            messages_seen: 0,
            folders: Vec::new(),
        });
        let watched = self.watches.by_name.iter();
        let mut views: Vec<MailboxView> = watched
            .map(|(name, watched)| {
                let (state, reason) = match &watched.state {
                    WatchState::Live => (MailboxState::Live, None),
                    WatchState::CatchingUp => (MailboxState::CatchingUp, None),
                    WatchState::Blind { reason } => (MailboxState::Blind, Some(reason.clone())),
                };
                MailboxView {
                    name: name.to_string(),
                    state,
                    reason,
                    last_proof_at: watched.last_proof_at,
                    messages_seen: watched.messages_seen,
                    folders: watched
                        .folders
                        .iter()
                        .map(|(folder, _)| folder.clone())
                        .collect(),
                }
            })
            .chain(unwatched)
            .collect();
        views.sort_by(|one, other| one.name.cmp(&other.name));
        views
    }

    async fn case_views(&self, filter: &CaseFilter) -> Result<Vec<CaseView>, StoreError> {
        let view = |case: &Case| CaseView::new(case, &self.case_outlook(case));
        let mut views: Vec<CaseView> = self.book.cases().map(view).collect();
        if filter.reaches_closed() {
            let stored = self.store.cases(CASES_LISTED_MAX).await?;
            let closed = stored
                .iter()
                .filter(|case| self.book.case(case.id).is_none())
                // A mere thanks that was never part of anything.
                .filter(|case| case.state != CaseState::New);
            views.extend(closed.map(view));
        }
        views.retain(|view| filter.admits(view));
        soonest_first(&mut views);
        Ok(views)
    }

    /// Each message once: one that was read again, and in vain again, is on record twice.
    async fn quarantine_views(&self) -> Result<Vec<QuarantinedView>, StoreError> {
        let mut messages = self.store.quarantine(QUARANTINE_LISTED_MAX).await?;
        let mut listed = BTreeSet::new();
        messages.retain(|message| listed.insert(message.location.clone()));
        Ok(messages.into_iter().map(QuarantinedView::from).collect())
    }

    async fn case_detail(&self, id: CaseId) -> Result<Answer, StoreError> {
        let known = self.known_case(id).await?;
        let Some(case) = self.book.case(id).or_else(|| known.cases.get(&id)) else {
            return Ok(Answer::no_such_case(id));
        };
        let mut history = self.store.history(id).await?;
        history.extend(super::story::story(case));
        history.sort_by_key(|entry| entry.at);
        let mut reasons = super::story::reasons(case, &self.settings.rules);
        reasons.extend(self.who_stands_in(case));
        let outlook = self.case_outlook(case);
        let questions = Questions {
            reasons: case.messages().map(|own| own.key).collect(),
            ..Questions::default()
        };
        let verdicts = self.look_up(questions).await?.reasons;
        let detail = CaseDetail::new(case, &outlook, reasons, &verdicts, &history);
        Ok(Answer::Case(Box::new(detail)))
    }

    /// The deadlines of an open case; of a closed one, those of its last round are not
    /// worked out any more.
    fn case_outlook(&self, case: &Case) -> CaseOutlook {
        let outlook = Outlook::of(case, &self.settings.rules).unwrap_or_default();
        CaseOutlook {
            owners: self.reminded(case),
            due_at: outlook.acknowledge_due,
            answer_due_at: outlook.answer_due,
            zone: self.zone_of(case),
        }
    }
}
