//! What the engine counts, and what it shows of itself to monitoring systems.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::engine::Engine;
use super::notes::Told;
use crate::control::QUARANTINE_LISTED_MAX;
use crate::control::metrics::{MailboxReading, Reading};
use crate::control::view::MailboxView;
use crate::domain::case::Case;
use crate::domain::decide::{LogEvent, Note, Weight};
use crate::domain::ids::{CaseId, MailboxName};
use crate::domain::outbox::RowState;
use crate::domain::policy::Clock;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// What counts as due soon.
const SOON: chrono::Duration = chrono::Duration::hours(1);

impl Engine {
    /// Everything that is shown, as of now. Nothing is asked of the store: a scrape costs this
    /// message and no more.
    pub(super) fn reading(&self) -> Reading {
        let now = self.clock.now();
        let (overdue, due_within_hour) = self.deadlines(now);
        Reading {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            mode: self.settings.rules.mode,
            alarms: self.alarms().len() as u64,
            queue: self.incoming.len() as u64,
            mailboxes: self.mailbox_readings(now),
            quarantined: self.quarantined.min(QUARANTINE_LISTED_MAX as u64),
            cases: self.case_counts(),
            overdue,
            due_within_hour,
            outbox: self.outbox_states(),
            tally: self.tally.clone(),
        }
    }

    fn mailbox_readings(&self, now: Timestamp) -> Vec<MailboxReading> {
        let views = self.mailbox_views().into_iter();
        let reading = |view: MailboxView| {
            let name = MailboxName::new(&view.name);
            let watched = self.watches.by_name.get(&name);
            // One that can't even be tried has been unseen since that is known.
            let unwatched = self.alarm_memory.unwatched.get(&name);
            let since = watched.map(|watched| watched.unproved_since);
            let since = since.or(unwatched.map(|finding| finding.since));
            let unproved_for = since.map_or(Duration::ZERO, |since| since_then(since, now));
            MailboxReading {
                name: view.name,
                state: view.state,
                is_caught_up: watched.is_some_and(|watched| watched.is_caught_up),
                unproved_for,
                messages_seen: view.messages_seen,
            }
        };
        views.map(reading).collect()
    }

    /// How many deadlines have passed, and how many pass within the next hour.
    fn deadlines(&self, now: Timestamp) -> (BTreeMap<Clock, u64>, BTreeMap<Clock, u64>) {
        let (mut overdue, mut soon) = (BTreeMap::new(), BTreeMap::new());
        for case in self.book.cases() {
            let (acknowledge, answer) = self.book.deadlines(case.id);
            for (clock, due) in [(Clock::Acknowledge, acknowledge), (Clock::Answer, answer)] {
                let counts = match due {
                    Some(due) if due < now => &mut overdue,
                    Some(due) if due <= now + SOON => &mut soon,
                    Some(_) | None => continue,
                };
                *counts.entry(clock).or_default() += 1;
            }
        }
        (overdue, soon)
    }

    fn outbox_states(&self) -> BTreeMap<&'static str, u64> {
        let mut states = BTreeMap::new();
        for row in self.book.outbox().rows.values() {
            let state = match row.state {
                RowState::Queued { .. } => "queued",
                RowState::Sending { .. } => "sending",
                RowState::Uncertain { .. } => "uncertain",
                RowState::Held { .. } => "held",
                RowState::GivenUp { .. } => "given_up",
                RowState::Sent { .. } | RowState::Cancelled { .. } => continue,
            };
            *states.entry(state).or_default() += 1;
        }
        states
    }

    /// Counts what a note tells of, as far as it is an event of the day: of old mail that is read
    /// for the first time, nobody waited.
    pub(super) fn count(&mut self, note: &Note, told: &Told) {
        if note.weight == Weight::Detail {
            return;
        }
        match note.event {
            LogEvent::CaseOpened => self.tally.case_opened(),
            LogEvent::CaseReopened => self.tally.case_reopened(),
            LogEvent::CaseAnswered | LogEvent::CaseSettled => {
                if let Some(case) = note.case.and_then(|id| told.cases.get(&id)) {
                    self.count_answered(case);
                }
            }
            _ => {}
        }
    }

    fn count_answered(&mut self, case: &Case) {
        let Some((since, until)) = case.last_answered_wait() else {
            return;
        };
        let promise = self.settings.rules.promise(&case.client);
        let business = promise.map(|(_, _, calendar)| calendar.elapsed(since, until));
        self.tally.answered(since_then(since, until), business);
    }

    /// Counts how late what was due has been acted upon, of as much of it as was.
    pub(super) fn count_acted(&mut self, due: &[(Timestamp, CaseId)], now: Timestamp) {
        let still: BTreeSet<CaseId> = self.book.due_by(now).map(|(_, id)| id).collect();
        for (at, id) in due {
            if !still.contains(id) {
                self.tally.acted(since_then(*at, now));
            }
        }
    }

    /// Asks the store how many messages are set aside, each counted once.
    pub(super) async fn count_quarantined(&mut self) -> Result<(), StoreError> {
        let kept = self.store.quarantine(QUARANTINE_LISTED_MAX).await?;
        let places: BTreeSet<_> = kept.into_iter().map(|own| own.location).collect();
        self.quarantined = places.len() as u64;
        Ok(())
    }
}

/// How long ago that was; nothing, if a clock was set back meanwhile.
fn since_then(then: Timestamp, now: Timestamp) -> Duration {
    (now - then).to_std().unwrap_or_default()
}
