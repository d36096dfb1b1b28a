//! After the store was rebuilt: who may have been acknowledged in the time of which it knows
//! nothing ([`LostTime`]).
//!
//! An acknowledgement goes out at one rung of a ladder, and not long after the deadline. So of
//! each mail it is known when it may have been acknowledged, if at all; only where that falls in
//! a lost time is there any doubt. Whoever may have had an acknowledgement then counts against
//! the limit of senders as if he had: it is *presumed*.

use super::acknowledge::{LATE_MAX, acknowledges};
use super::due::Round;
use super::{Step, whole_case_key};
use crate::domain::case::{Case, CaseState, ClientMessage};
use crate::domain::commit::{AcknowledgementRecord, Installation, LostTime};
use crate::domain::ids::{CaseId, ClientKey, MessageKey};
use crate::domain::policy::{self, Clock};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// Whether the client may have been acknowledged in this case without our knowing.
pub(super) fn may_be_acknowledged(case: &Case, rules: &Rules, installation: &Installation) -> bool {
    let in_doubt = |message: &ClientMessage| {
        let mut lost = installation.lost.iter();
        lost.any(|lost| in_doubt(message, &case.client, rules, lost).is_some())
    };
    case.messages().any(in_doubt)
}

/// When a mail was acknowledged at the latest, if it may have been in a lost time.
fn in_doubt(
    message: &ClientMessage,
    client: &ClientKey,
    rules: &Rules,
    lost: &LostTime,
) -> Option<Timestamp> {
    if message.clock_from >= lost.until || message.thanks {
        return None;
    }
    let (first, last) = acknowledged_between(message.clock_from, client, rules)?;
    let is_known = lost.since.is_some_and(|since| last < since);
    (first <= lost.until && !is_known).then(|| last.min(lost.until))
}

/// Between which moments a mail may be acknowledged by the present rules. `None`: never. It may
/// have been made urgent by whatever word, which is lost as well.
fn acknowledged_between(
    clock_from: Timestamp,
    client: &ClientKey,
    rules: &Rules,
) -> Option<(Timestamp, Timestamp)> {
    let (_, policy, calendar) = rules.promise(client)?;
    if !acknowledges(policy) {
        return None;
    }
    let between = || {
        let plain = policy.deadlines(calendar, clock_from, false)?;
        let urgent = policy.deadlines(calendar, clock_from, true)?;
        let due = plain.acknowledge_due.min(urgent.acknowledge_due);
        let rungs = policy.ladder(calendar, Clock::Acknowledge, urgent.start, due)?;
        let mut rungs = rungs.iter();
        let own = rungs.find(|rung| rung.stage.step == policy::Step::Acknowledge);
        let first = own.map_or(urgent.start, |rung| rung.at);
        Ok::<_, crate::domain::calendar::CalendarError>((first, plain.acknowledge_due + LATE_MAX))
    };
    // A calendar that can't tell excludes nothing.
    Some(between().unwrap_or((clock_from, Timestamp::MAX_UTC)))
}

/// Whether the owners are still to get their list of a lost time.
pub fn is_list_owed(installation: &Installation) -> bool {
    let lost = installation.last_lost();
    lost.is_some_and(|lost| !lost.is_listed)
}

impl Round<'_> {
    /// Once after a rebuilding, when all mailboxes were looked at: the owners may not know of
    /// cases that were found acknowledged, for which no reminder may ever be due.
    pub(super) fn list_what_was_acknowledged(&mut self) {
        if !is_list_owed(&self.identity.installation) {
            return;
        }
        let staged = self.step.decisions.commit.installation.take();
        let mut installation = staged.unwrap_or_else(|| self.identity.installation.clone());
        let (book, rules) = (self.step.book, self.step.rules);
        for case in book.cases() {
            let is_acknowledged = matches!(case.state, CaseState::Acknowledged { .. });
            let generation = case.state.generation();
            let is_told = case.marks.iter().any(|mark| mark.generation == generation);
            if rules.clients.contains_key(&case.client) && is_acknowledged && !is_told {
                self.list(whole_case_key(case));
            }
        }
        for lost in &mut installation.lost {
            lost.is_listed = true;
        }
        self.step.decisions.commit.installation = Some(installation);
    }
}

impl Step<'_> {
    /// Presumes what may have gone out for the open cases.
    pub(super) fn presume_of_open_cases(&mut self, installation: &Installation) {
        if !self.counts_presumed(installation) {
            return;
        }
        let book = self.book;
        for case in book.cases() {
            for message in case.messages() {
                self.presume_of(installation, &case.client, message);
            }
        }
    }

    /// Presumes what may have gone out for a mail that is read again.
    pub(super) fn presume(&mut self, installation: &Installation, id: CaseId, key: MessageKey) {
        if !self.counts_presumed(installation) {
            return;
        }
        let Some(case) = self.case(id) else { return };
        let client = case.client.clone();
        let message = case.messages().find(|own| own.key == key).cloned();
        if let Some(message) = message {
            self.presume_of(installation, &client, &message);
        }
    }

    /// Whether anything that went out in a lost time could still count against a limit.
    fn counts_presumed(&self, installation: &Installation) -> bool {
        let lost = installation.last_lost();
        lost.is_some_and(|lost| self.now - lost.until < self.counted_for())
    }

    fn counted_for(&self) -> chrono::Duration {
        let counted = chrono::Duration::from_std(self.rules.limits.per_sender_every);
        counted.unwrap_or(chrono::Duration::MAX)
    }

    fn presume_of(
        &mut self,
        installation: &Installation,
        client: &ClientKey,
        message: &ClientMessage,
    ) {
        for lost in &installation.lost {
            let Some(at) = in_doubt(message, client, self.rules, lost) else {
                continue;
            };
            let to = message.author.address.clone();
            let presumed = AcknowledgementRecord::presumed(at, client.clone(), to);
            let staged = &self.decisions.commit.acknowledgements;
            let mut known = self.book.acknowledgements().iter().chain(staged);
            let is_over = self.now - at >= self.counted_for();
            if !is_over && !known.any(|own| *own == presumed) {
                self.decisions.commit.acknowledgements.push(presumed);
            }
        }
    }
}
