//! Trouble with ackd itself, and who hears of it. Every alarm and every all-clear goes through
//! here.
//!
//! Vocabulary: see [`crate::domain::alarm`]. What is wrong is worked out anew at each round;
//! what the operator was told is on disk; the difference is told. Only the store's own trouble
//! can't be written down: see [`super::store_trouble`].

use std::collections::{BTreeMap, BTreeSet};

use tracing::{debug, error, info, warn};

use super::engine::Engine;
use super::unsent::OrdinaryMail;
use crate::domain::address::Address;
use crate::domain::alarm::{Finding, Recovery, Trouble, TroubleKind};
use crate::domain::commit::Commit;
use crate::domain::decide::{self, AlarmChanges};
use crate::domain::facts::FolderRole;
use crate::domain::ids::MailboxName;
use crate::domain::outbox::SecondRoute;
use crate::domain::time::Timestamp;
use crate::imap::WatchState;
use crate::store::StoreError;

/// No two alarms of one kind within this; what is found meanwhile is told together afterwards.
const ALARM_EVERY: chrono::Duration = chrono::Duration::minutes(10);

/// How long the all-clear waits for other mailboxes of the same outage.
const ALL_CLEAR_GATHERS: chrono::Duration = chrono::Duration::seconds(60);

/// A mailbox that gives no proof of life for this long after the next one was to come is noted
/// down, so that a restart does not begin to count anew.
const OUTAGE_NOTED_AFTER: chrono::Duration = chrono::Duration::seconds(60);

/// After an outage this long, mail waits until the mailbox is caught up, as after a start.
const OUTAGE_HOLDS_MAIL: chrono::Duration = chrono::Duration::minutes(5);

/// A configuration that can't be used is told of if it has not been mended within this: whoever
/// changes it is most often still at it, and told at once by `ackd reload`.
const REFUSED_TOLD_AFTER: chrono::Duration = chrono::Duration::minutes(5);

/// How many client mails are counted while a mailbox catches up.
const CAUGHT_UP_MAX: usize = 10_000;

/// What the engine remembers of alarms beside what is on disk.
#[derive(Debug, Default)]
pub(super) struct AlarmMemory {
    /// When an alarm of each kind was last raised.
    raised: BTreeMap<TroubleKind, Timestamp>,
    /// Mailboxes that are seen again and whose all-clear is still to come.
    recovered: BTreeMap<MailboxName, Recovery>,
    /// A configuration that was read again and can't be used: since when there is one, and why.
    pub(super) refused: Option<Finding>,
    /// Mailboxes that are configured but can't even be tried: since when, and why.
    pub(super) unwatched: BTreeMap<MailboxName, Finding>,
    /// How mail by the ordinary route has fared.
    pub(super) mail: OrdinaryMail,
    /// When the operator was told that the store can't be used, if the all-clear is to come.
    pub(super) store_told_at: Option<Timestamp>,
}

impl Engine {
    /// A watch says how it is doing.
    pub(super) fn state_changed(
        &mut self,
        mailbox: &MailboxName,
        state: WatchState,
        folders: Vec<(String, FolderRole)>,
    ) {
        let now = self.clock.now();
        let Some(watched) = self.watches.by_name.get_mut(mailbox) else {
            return;
        };
        if !folders.is_empty() {
            watched.folders = folders;
        }
        if watched.state != state {
            match &state {
                WatchState::Live => info!(event = "mailbox_live", %mailbox, "mailbox live"),
                WatchState::CatchingUp => {
                    info!(event = "mailbox_catching_up", %mailbox, "mailbox catching up");
                }
                WatchState::Blind { reason } => {
                    warn!(event = "mailbox_blind", %mailbox, "mailbox blind: {reason}")
                }
            }
        }
        match &state {
            WatchState::Live => {
                watched.is_caught_up = true;
                self.looks.recovered(mailbox);
            }
            WatchState::Blind { .. } => self.looks.fail(mailbox, now),
            WatchState::CatchingUp => {
                let was_blind = matches!(watched.state, WatchState::Blind { .. });
                if was_blind && now - watched.unproved_since >= OUTAGE_HOLDS_MAIL {
                    // One mail about all that came in, instead of one for each part of it.
                    watched.is_caught_up = false;
                    self.catching_up_since = now;
                    self.may_send = false;
                }
            }
        }
        watched.state = state;
    }

    /// The server has answered a complete look. After an alarm, that is the all-clear.
    pub(super) fn proved(&mut self, mailbox: &MailboxName, at: Timestamp) {
        let now = self.clock.now();
        let Some(watched) = self.watches.by_name.get_mut(mailbox) else {
            return;
        };
        watched.last_proof_at = Some(at);
        watched.is_caught_up |= at >= self.catching_up_since;
        // A look that was begun before the machine slept, or the clock was set, is alive now.
        watched.unproved_since = at.max(self.catching_up_since).min(now);
        let mails = std::mem::take(&mut watched.caught_up);
        let told = &self.book.alarms().told;
        let recovered = &mut self.alarm_memory.recovered;
        if told.contains_key(&Trouble::Blind(mailbox.clone())) && !recovered.contains_key(mailbox) {
            debug!(%mailbox, "the alarm is over");
            let how = "is seen again".to_owned();
            recovered.insert(mailbox.clone(), Recovery { at, how, mails });
        }
    }

    /// Remembers the client mails of a commit that a blind mailbox brings when it is seen again.
    pub(super) fn count_caught_up(&mut self, mailbox: &MailboxName, commit: &Commit) {
        let trouble = Trouble::Blind(mailbox.clone());
        if !self.book.alarms().told.contains_key(&trouble) {
            return;
        }
        let Some(watched) = self.watches.by_name.get_mut(mailbox) else {
            return;
        };
        for (key, entry) in &commit.messages {
            let is_client = entry.sender == crate::domain::classify::Sender::Client;
            if let Some(case) = entry.case.filter(|_| is_client)
                && watched.caught_up.len() < CAUGHT_UP_MAX
            {
                watched.caught_up.insert(*key, case);
            }
        }
    }

    /// Compares what is wrong with what the operator was told, and tells the difference.
    pub(super) async fn check_alarms(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.check_store_trouble(now).await?;
        let troubles = self.troubles(now);
        let changes = AlarmChanges {
            found: self.found(&troubles, now),
            ended: self.ended(&troubles, now),
            outages: self.outages(now),
        };
        let noted = &self.book.alarms().outages;
        let same_outages = changes.outages.keys().eq(noted.keys());
        if changes.found.is_empty() && changes.ended.is_empty() && same_outages {
            return Ok(());
        }
        for (trouble, finding) in &changes.found {
            error!(
                event = "alarm_raised",
                mailbox = mailbox_of(trouble),
                "alarm: {}: {}",
                in_words(trouble),
                finding.reason
            );
            self.alarm_memory.raised.insert(trouble.kind(), now);
        }
        for (trouble, recovery) in &changes.ended {
            info!(
                event = "alarm_ended",
                mailbox = mailbox_of(trouble),
                "all clear: {}: {}",
                in_words(trouble),
                recovery.how
            );
            if let Trouble::Blind(mailbox) = trouble {
                self.alarm_memory.recovered.remove(mailbox);
            }
        }
        let rules = self.settings.rules.clone();
        let (identity, routes) = (self.identity(), self.second_routes());
        let decisions = decide::alarms(&self.book, &rules, &identity, &routes, changes, now);
        self.carry_out(decisions).await
    }

    /// What the operator must know now, in words.
    pub(super) fn alarms(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut troubles = self.troubles(now);
        for (trouble, since) in &self.book.alarms().told {
            let lasts = match trouble {
                Trouble::Blind(mailbox) => !self.alarm_memory.recovered.contains_key(mailbox),
                Trouble::Unsent => self.sent_again(now).is_none(),
                Trouble::Breaker | Trouble::Holidays(_) | Trouble::Configuration => false,
            };
            if lasts {
                let (since, reason) = (*since, String::new());
                let finding = Finding { since, reason };
                troubles.entry(trouble.clone()).or_insert(finding);
            }
        }
        let mut alarms: Vec<String> = troubles
            .into_iter()
            .map(|(trouble, finding)| match trouble {
                Trouble::Blind(mailbox) => {
                    let since = finding.since.format("%Y-%m-%dT%H:%M:%SZ");
                    format!("mailbox \"{mailbox}\" gives no proof of life since {since}")
                }
                Trouble::Unsent => {
                    let since = finding.since.format("%Y-%m-%dT%H:%M:%SZ");
                    format!("the mail server has taken no mail since {since} (ackd outbox)")
                }
                Trouble::Breaker | Trouble::Holidays(_) | Trouble::Configuration => finding.reason,
            })
            .collect();
        if let Some(refused) = &self.alarm_memory.refused
            && !alarms.contains(&refused.reason)
        {
            alarms.push(refused.reason.clone());
        }
        if let Some(at) = self.alarm_memory.store_told_at {
            let at = at.format("%Y-%m-%dT%H:%M:%SZ");
            alarms.push(format!("the store could not be used at {at}"));
        }
        alarms.extend(self.rebuilding_alarm());
        alarms
    }

    /// Tells the operator something that has no all-clear.
    pub(super) async fn tell_operator(
        &mut self,
        subject: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let rules = self.settings.rules.clone();
        let now = self.clock.now();
        let (identity, routes) = (self.identity(), self.second_routes());
        let said = (subject, text);
        let decisions = decide::notice(&self.book, &rules, &identity, &routes, said, now);
        self.carry_out(decisions).await
    }

    /// Who hears of trouble: `[alarm] to`, or those who hear of broken promises.
    pub(super) fn alarm_to(&self) -> &[Address] {
        self.settings.alarm_to()
    }

    /// The second routes, and to whom each leads.
    fn second_routes(&self) -> Vec<(SecondRoute, Address)> {
        let (alarm, people) = (&self.settings.alarm, self.alarm_to());
        let mut routes = Vec::new();
        if alarm.smtp.is_some() {
            let people = people.iter().cloned();
            routes.extend(people.map(|person| (SecondRoute::MailServer, person)));
        }
        if alarm.command.is_some() {
            // It is run once, whoever hears of it.
            let from = self.settings.smtp.as_ref().map(|smtp| &smtp.from.address);
            let to = people.first().or(from).cloned();
            routes.extend(to.map(|to| (SecondRoute::Command, to)));
        }
        routes
    }

    /// Everything that is wrong now.
    fn troubles(&self, now: Timestamp) -> BTreeMap<Trouble, Finding> {
        let mut troubles = self.lost_mailboxes(now);
        let breaker = self.book.installation().and_then(|own| own.breaker_until);
        if let Some(until) = breaker.filter(|until| *until > now) {
            let until = until.format("%Y-%m-%dT%H:%M:%SZ");
            let reason = format!("too many acknowledgements at once: none is sent before {until}");
            troubles.insert(Trouble::Breaker, Finding { since: now, reason });
        }
        if let Some(refused) = &self.alarm_memory.refused
            && now.signed_duration_since(refused.since) >= REFUSED_TOLD_AFTER
        {
            troubles.insert(Trouble::Configuration, refused.clone());
        }
        if let Some(finding) = self.unsent(now) {
            troubles.insert(Trouble::Unsent, finding);
        }
        for file in &self.settings.holiday_files {
            if let Some(reason) = file.warning() {
                let trouble = Trouble::Holidays(file.path.display().to_string());
                troubles.insert(trouble, Finding { since: now, reason });
            }
        }
        troubles
    }

    /// The mailboxes without proof of life for too long, and those that are blind beside them:
    /// one cause mostly strikes several, within moments.
    fn lost_mailboxes(&self, now: Timestamp) -> BTreeMap<Trouble, Finding> {
        let limit = chrono::Duration::from_std(self.settings.service.blind_after);
        let limit = limit.unwrap_or(chrono::Duration::MAX);
        let mut lost = BTreeMap::new();
        let mut beside = BTreeMap::new();
        for (name, watched) in &self.watches.by_name {
            let unproved = now.signed_duration_since(watched.unproved_since);
            let (is_blind, reason) = match &watched.state {
                WatchState::Blind { reason } => (true, reason.clone()),
                WatchState::CatchingUp => (false, "it is still being read".to_owned()),
                WatchState::Live => (false, "the server does not answer".to_owned()),
            };
            let tried = is_blind || now.signed_duration_since(watched.begun_at) >= limit;
            let trouble = Trouble::Blind(name.clone());
            let since = watched.unproved_since;
            let finding = Finding { since, reason };
            if unproved >= limit && tried {
                lost.insert(trouble, finding);
            } else if is_blind && unproved >= limit / 2 {
                beside.insert(trouble, finding);
            }
        }
        for (name, finding) in &self.alarm_memory.unwatched {
            lost.insert(Trouble::Blind(name.clone()), finding.clone());
        }
        if !lost.is_empty() {
            lost.extend(beside);
        }
        lost
    }

    /// What the operator was not told of and may be told of now.
    fn found(
        &self,
        troubles: &BTreeMap<Trouble, Finding>,
        now: Timestamp,
    ) -> BTreeMap<Trouble, Finding> {
        let told = &self.book.alarms().told;
        let is_new = |trouble: &Trouble| {
            let raised = self.alarm_memory.raised.get(&trouble.kind());
            let lately = raised.is_some_and(|at| (now - *at).abs() < ALARM_EVERY);
            !told.contains_key(trouble) && !lately
        };
        let found = troubles.iter().filter(|(trouble, _)| is_new(trouble));
        found
            .map(|(trouble, finding)| (trouble.clone(), finding.clone()))
            .collect()
    }

    /// What the operator was told of and has ended.
    fn ended(
        &self,
        troubles: &BTreeMap<Trouble, Finding>,
        now: Timestamp,
    ) -> BTreeMap<Trouble, Recovery> {
        let told = &self.book.alarms().told;
        let recovered = &self.alarm_memory.recovered;
        let blind: BTreeSet<&MailboxName> = told
            .keys()
            .filter_map(|trouble| match trouble {
                Trouble::Blind(mailbox) => Some(mailbox),
                Trouble::Breaker
                | Trouble::Holidays(_)
                | Trouble::Configuration
                | Trouble::Unsent => None,
            })
            .collect();
        let oldest = recovered.values().map(|own| own.at).min();
        let gathered = blind.iter().all(|mailbox| recovered.contains_key(*mailbox))
            || oldest.is_some_and(|at| (now - at).abs() >= ALL_CLEAR_GATHERS);
        let ended = |trouble: &Trouble| match trouble {
            Trouble::Blind(mailbox) if !self.settings.mailboxes.contains_key(mailbox) => {
                Some("is not watched any more")
            }
            Trouble::Blind(_) | Trouble::Unsent => None,
            Trouble::Breaker => Some("acknowledgements may be sent again"),
            Trouble::Holidays(_) => Some("is good again, or no calendar names it any more"),
            Trouble::Configuration => Some("can be used, and holds"),
        };
        let mut over = BTreeMap::new();
        for trouble in told.keys().filter(|own| !troubles.contains_key(*own)) {
            let recovery = match trouble {
                Trouble::Blind(mailbox) if gathered => recovered.get(mailbox).cloned(),
                Trouble::Unsent => self.sent_again(now),
                Trouble::Blind(_)
                | Trouble::Breaker
                | Trouble::Holidays(_)
                | Trouble::Configuration => None,
            };
            let plain = ended(trouble).map(|how| Recovery {
                at: now,
                how: how.to_owned(),
                mails: BTreeMap::new(),
            });
            if let Some(recovery) = recovery.or(plain) {
                over.insert(trouble.clone(), recovery);
            }
        }
        over
    }

    /// The mailboxes without proof of life, with the beginning that was noted down before a
    /// restart.
    fn outages(&self, now: Timestamp) -> BTreeMap<MailboxName, Timestamp> {
        let noted = &self.book.alarms().outages;
        let mut outages = BTreeMap::new();
        for (name, watched) in &self.watches.by_name {
            let since = watched.unproved_since;
            // Of a mailbox that is well, the last proof is as old as the pause between two looks.
            let settings = self.settings.mailboxes.get(name);
            let pause = settings.and_then(|own| chrono::Duration::from_std(own.poll_every).ok());
            let expected = OUTAGE_NOTED_AFTER + pause.unwrap_or_default();
            let lasts = now.signed_duration_since(since) >= expected;
            if lasts || (noted.contains_key(name) && watched.last_proof_at.is_none()) {
                outages.insert(name.clone(), noted.get(name).copied().unwrap_or(since));
            }
        }
        outages
    }
}

/// The mailbox a trouble is about, for the log.
fn mailbox_of(trouble: &Trouble) -> Option<&str> {
    match trouble {
        Trouble::Blind(mailbox) => Some(mailbox.as_str()),
        Trouble::Breaker | Trouble::Holidays(_) | Trouble::Configuration | Trouble::Unsent => None,
    }
}

fn in_words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Blind(mailbox) => format!("mailbox {mailbox} gives no proof of life"),
        Trouble::Breaker => "breaker".to_owned(),
        Trouble::Holidays(file) => format!("holiday file {file}"),
        Trouble::Configuration => "configuration".to_owned(),
        Trouble::Unsent => "the mail server takes no mail".to_owned(),
    }
}
