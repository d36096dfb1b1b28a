//! What became of a row: sent, to be tried again, refused, or unknown.

use super::doubt::begun_anew;
use super::places::Circle;
use super::{Decisions, Identity, LogEvent, Step, Weight, whole_case_key};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseEvent, CaseState};
use crate::domain::commit::Known;
use crate::domain::ids::{CaseId, InstanceId, OutboxId};
use crate::domain::outbox::{OutboxRow, Purpose, RowState, SendVerdict};
use crate::domain::policy;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// For how long a row is tried before it is given up. What nobody needs any more is cancelled
/// long before; an acknowledgement, minutes after its deadline.
const TRIED_FOR: chrono::Duration = chrono::Duration::days(5);

/// For how long an alarm is tried by the second route.
const ALARM_TRIED_FOR: chrono::Duration = chrono::Duration::days(1);

/// For how long a road other than mail is tried; then a mail takes its place, while it may still
/// be in time.
const ROAD_TRIED_FOR: chrono::Duration = chrono::Duration::minutes(10);

/// How long after a first failed attempt the next one follows; then twice as long each time.
const RETRY_FIRST_SECONDS: i64 = 15;

/// The longest pause between two attempts.
const RETRY_SECONDS_MAX: i64 = 1800;

/// The same by a road other than mail, which is tried for minutes only.
const ROAD_RETRY_SECONDS_MAX: i64 = 120;

/// Of how many attempts the pauses are summed up: more than there are in [`TRIED_FOR`].
const ATTEMPTS_COUNTED_MAX: u32 = 1000;

/// The row is handed over now: the attempt is on disk before the first byte.
pub fn attempt(book: &Book, row: OutboxId, now: Timestamp) -> Decisions {
    let mut decisions = Decisions::default();
    if let Some(row) = book.outbox().rows.get(&row) {
        let mut row = row.clone();
        row.state = RowState::Sending {
            since: now,
            attempts: row.attempts() + 1,
        };
        decisions.commit.outbox.push(row);
    }
    decisions
}

/// The clock was set back: what was put off until a moment that was near is near still.
pub fn set_back(book: &Book, now: Timestamp) -> Decisions {
    let mut decisions = Decisions::default();
    for row in book.outbox().rows.values() {
        if row.queued_until().is_some_and(|until| until > now) {
            let mut row = row.clone();
            row.state = RowState::Queued {
                not_before: now,
                attempts: row.attempts(),
                reason: row.put_off_because().map(str::to_owned),
            };
            decisions.commit.outbox.push(row);
        }
    }
    decisions.commit.outbox.extend(begun_anew(book, now));
    decisions
}

/// Decides what follows from the outcome of an attempt.
pub fn report(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    row: OutboxId,
    verdict: &SendVerdict,
    known: Known,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, known, now);
    let Some(row) = book.outbox().rows.get(&row).cloned() else {
        return step.finish();
    };
    match verdict {
        SendVerdict::Sent => step.sent(identity, row),
        SendVerdict::Later { reason } if now - row.created_at < tried_for(&row) => {
            step.later(row, reason, 0)
        }
        SendVerdict::LaterBy { reason, pause } if now - row.created_at < tried_for(&row) => {
            step.later(row, reason, i64::try_from(pause.as_secs()).unwrap_or(0))
        }
        SendVerdict::Later { reason }
        | SendVerdict::LaterBy { reason, .. }
        | SendVerdict::Refused { reason } => {
            step.given_up(identity, row, reason);
        }
        SendVerdict::Unknown { reason } => step.unknown(identity, row, reason),
    }
    step.finish()
}

/// The pause after so many attempts, in seconds.
fn pause_after(attempts: u32) -> i64 {
    let doubled = RETRY_FIRST_SECONDS << attempts.saturating_sub(1).min(16);
    doubled.min(RETRY_SECONDS_MAX)
}

/// Since when a mail is not taken: the end of its first attempt, as it follows from the pauses
/// between the attempts, so that a restart does not begin to count anew. `None` if it is not
/// waiting for another attempt.
pub fn not_taken_since(row: &OutboxRow) -> Option<Timestamp> {
    row.put_off_because()?;
    let until = row.queued_until()?;
    let tried = row.attempts().min(ATTEMPTS_COUNTED_MAX);
    let waited: i64 = (1..=tried).map(pause_after).sum();
    let since = until.checked_sub_signed(chrono::Duration::seconds(waited))?;
    Some(since.max(row.created_at))
}

fn tried_for(row: &OutboxRow) -> chrono::Duration {
    match row.purpose.second_route() {
        Some(_) => ALARM_TRIED_FOR,
        None if row.road.is_some() => ROAD_TRIED_FOR,
        None => TRIED_FOR,
    }
}

impl Step<'_> {
    /// A row that is not needed any more. An acknowledgement that never went out leaves its
    /// case free for another one, in a later round; the owners hear of it if the client still
    /// waits.
    pub(super) fn cancelled(
        mut self,
        identity: &Identity,
        row: &OutboxRow,
        reason: &str,
    ) -> Decisions {
        let word = row.purpose.as_str();
        let what = |who: &str| format!("{word} to {who} not sent: {reason}");
        self.history_of(row, &what(&row.addressee()));
        self.note_of_mail(Weight::Event, LogEvent::MailCancelled, row, what);
        // What is still queued was never taken: an unknown outcome is held, not queued again, but
        // by a person's word.
        if row.purpose.is_to_client() && !row.released {
            let mut is_missed = false;
            for key in &row.keys {
                // A case that was joined may have been acknowledged by another row.
                let owed = |case: &Case| case.acknowledgement == Some(row.id);
                if self.case(key.case).is_some_and(owed)
                    && let Some(case) = self.case_mut(key.case)
                {
                    case.acknowledgement = None;
                    is_missed |= case.is_open();
                }
            }
            if is_missed {
                self.tell_owners(identity, row, reason);
            }
        }
        let mut row = row.clone();
        row.state = RowState::Cancelled {
            at: self.now,
            reason: reason.to_owned(),
        };
        self.decisions.commit.outbox.push(row);
        self.finish()
    }

    fn sent(&mut self, identity: &Identity, mut row: OutboxRow) {
        let handed_over = match row.state {
            RowState::Sending { since, .. } => since,
            _ => self.now,
        };
        row.state = RowState::Sent { at: self.now };
        let word = row.purpose.as_str();
        let what = |who: &str| format!("{word} sent to {who}");
        self.history_of(&row, &what(&row.addressee()));
        self.note_of_mail(Weight::Event, LogEvent::MailSent, &row, what);
        if row.purpose == Purpose::Acknowledgement {
            self.acknowledged(identity, &row, handed_over);
        }
        self.decisions.commit.outbox.push(row);
    }

    /// The client has our acknowledgement: the clock stops, and owners who had no reminder
    /// in this round hear of it in its place. What the client wrote while it was on its way is
    /// not what we acknowledged: it begins a round of its own.
    fn acknowledged(&mut self, identity: &Identity, row: &OutboxRow, handed_over: Timestamp) {
        let Some(id) = row.keys.first().map(|key| key.case) else {
            return;
        };
        // Two may have been on their way when their cases became one: the first that is taken
        // counts.
        let by_another = |event: &CaseEvent| match event {
            CaseEvent::Acknowledged { row: other, .. } => *other != row.id,
            _ => false,
        };
        let Some(case) = self.case_mut(id) else {
            return;
        };
        if case.happenings.iter().any(|known| by_another(&known.event)) {
            let what = "the client had an acknowledgement before this one: \
                        two were on their way when their cases became one";
            return self.history(id, what);
        }
        case.acknowledgement = Some(row.id);
        // Our own clock may have been set back since the mail was seen that we acknowledge.
        let oldest = case.messages().filter(|own| !own.thanks);
        let oldest = oldest.map(|own| own.clock_from).min();
        let event = CaseEvent::Acknowledged {
            at: oldest.map_or(handed_over, |oldest| oldest.max(handed_over)),
            row: row.id,
        };
        self.happen(id, event);
        let instance = &identity.installation.instance;
        self.tell_of_acknowledgement(id, instance, &identity.domain);
    }

    /// Owners who had no reminder in this round hear that their client was acknowledged.
    pub(super) fn tell_of_acknowledgement(
        &mut self,
        id: CaseId,
        instance: &InstanceId,
        domain: &str,
    ) {
        let Some(case) = self.case(id) else { return };
        if !matches!(case.state, CaseState::Acknowledged { .. }) {
            return;
        }
        let key = whole_case_key(case);
        let untold = self.untold_owners(case);
        for owner in untold {
            self.owe_as((instance, domain), owner, Purpose::Acknowledged, vec![key]);
        }
    }

    fn untold_owners(&self, case: &Case) -> Vec<Address> {
        let generation = case.state.generation();
        let told = |owner: &Address| {
            case.marks.iter().any(|mark| {
                mark.generation == generation
                    && mark.recipient == *owner
                    && mark.stage.step != policy::Step::Acknowledge
            })
        };
        let owners = self.told(case, Circle::Owners);
        owners.into_iter().filter(|owner| !told(owner)).collect()
    }

    fn later(&mut self, mut row: OutboxRow, reason: &str, pause_min: i64) {
        let attempts = row.attempts();
        let longest = match row.road {
            Some(_) => ROAD_RETRY_SECONDS_MAX,
            None => RETRY_SECONDS_MAX,
        };
        let pause = pause_after(attempts).min(longest);
        let pause = pause.max(pause_min.min(RETRY_SECONDS_MAX));
        let not_before = self.now + chrono::Duration::seconds(pause);
        let word = row.purpose.as_str();
        let what = |who: &str| format!("{word} to {who} put off by {pause} s: {reason}");
        self.note_of_mail(Weight::Trouble, LogEvent::MailPutOff, &row, what);
        row.state = RowState::Queued {
            not_before,
            attempts,
            reason: Some(reason.to_owned()),
        };
        self.decisions.commit.outbox.push(row);
    }

    fn given_up(&mut self, identity: &Identity, mut row: OutboxRow, reason: &str) {
        let word = row.purpose.as_str();
        let what = |who: &str| format!("{word} to {who} given up: {reason}");
        self.history_of(&row, &what(&row.addressee()));
        self.note_of_mail(Weight::Trouble, LogEvent::MailGivenUp, &row, what);
        row.state = RowState::GivenUp {
            at: self.now,
            reason: reason.to_owned(),
        };
        if row.purpose == Purpose::Acknowledgement {
            self.tell_owners(
                identity,
                &row,
                &format!("the mail server refused it: {reason}"),
            );
        }
        if let Some(road) = &row.road {
            self.mail_instead(identity, &row.purpose, road);
        }
        self.decisions.commit.outbox.push(row);
    }

    /// It may have been taken. A mail to the team is sent again under the same Message-ID; a
    /// client never gets a second one: its copy is looked for.
    pub(super) fn unknown(&mut self, identity: &Identity, row: OutboxRow, reason: &str) {
        if !row.purpose.is_to_client() {
            return self.later(row, reason, 0);
        }
        self.doubt(identity, row, reason);
    }

    pub(super) fn tell_owners(&mut self, identity: &Identity, row: &OutboxRow, reason: &str) {
        let Some(case) = row.keys.first().and_then(|key| self.case(key.case)) else {
            return;
        };
        let key = whole_case_key(case);
        for owner in self.told(case, Circle::Owners) {
            let purpose = Purpose::AcknowledgementHeld {
                reason: reason.to_owned(),
            };
            self.owe(identity, owner, purpose, vec![key]);
        }
    }

    pub(super) fn history_of(&mut self, row: &OutboxRow, what: &str) {
        for key in &row.keys {
            self.history(key.case, what);
        }
    }
}
