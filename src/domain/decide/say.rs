//! Somebody said something about a case.

use std::collections::BTreeSet;

use super::{Decisions, LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{
    Case, CaseEvent, Closing, Evidence, HAPPENINGS_MAX, IllegalEvent, SNOOZE_ENDED, Settlement,
};
use crate::domain::commit::{Known, Questions};
use crate::domain::ids::CaseId;
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

/// Why what was said can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// The case does not wait.
    #[error("case {0} is closed already; nothing to do")]
    Closed(CaseId),
    /// The case waits.
    #[error("case {0} is open; there is no answer to take back")]
    Open(CaseId),
    /// The case goes on as another.
    #[error("case {0} goes on as case {1}; say it about that one")]
    Joined(CaseId, CaseId),
    /// The case holds no client's mail with that Message-ID.
    #[error(
        "case {0} holds no mail of the client with that Message-ID; \"ackd case show {0}\" lists them"
    )]
    NoSuchMail(CaseId),
    /// Nothing would stay in the case.
    #[error("case {0} holds no other mail: all of it belongs to the conversation of this one")]
    NothingElse(CaseId),
    /// Nobody outside the team is told of a case.
    #[error(
        "{0} is not of the team; assign it to an address of \"domains\" or \"addresses\" in [team], or to the client's owners again with --default"
    )]
    NotOfTheTeam(Address),
    /// What happened could not have happened in one of the two cases.
    #[error(
        "case {0} can't be divided there: {1}; name another mail of it, \"ackd case show {0}\" lists them"
    )]
    Indivisible(CaseId, IllegalEvent),
}

/// Somebody says that no answer is owed: answered elsewhere, phoned, met, or none needed.
pub fn settle(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    how: Settlement,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, Refusal> {
    let mut step = open_step(book, rules, known, id, now)?;
    // Our own clock may have been set back; what is settled is what has been seen so far.
    let newest = step
        .case(id)
        .and_then(|case| case.messages().map(|own| own.clock_from).max());
    let at = newest.map_or(now, |newest| newest.max(now));
    step.settle_case(id, how, by, at);
    Ok(step.finish())
}

/// Nobody is reminded of a case before a moment. The deadlines stay what they are.
pub fn snooze(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    until: Timestamp,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, Refusal> {
    let mut step = open_step(book, rules, known, id, now)?;
    step.snooze_case(id, until, by);
    Ok(step.finish())
}

/// Makes a case urgent.
pub fn urge(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, Refusal> {
    let mut step = open_step(book, rules, known, id, now)?;
    step.urge_case(id, by);
    Ok(step.finish())
}

/// From now on somebody else is reminded of a case: a person of the team, or the client's owners
/// again. What was acted upon stays so; the clocks run on.
pub fn assign(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    to: Option<&Address>,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, Refusal> {
    if let Some(person) = to
        && rules.party(person) != Party::Team
    {
        return Err(Refusal::NotOfTheTeam(person.clone()));
    }
    let mut step = open_step(book, rules, known, id, now)?;
    step.assign_case(id, to, by);
    Ok(step.finish())
}

/// What must be known before this case is reopened.
pub fn reopening_questions(case: &Case) -> Questions {
    let contacts = case.messages().map(|own| own.author.address.clone());
    let contacts: BTreeSet<Address> = contacts.collect();
    Questions {
        outbound: contacts.into_iter().collect(),
        ..Questions::default()
    }
}

/// Somebody says that what had closed the case, answers or words, does not count: the client
/// waits as if none of it had been seen. It stays in the case, so that seeing it again changes
/// nothing; what is seen for the first time later on counts. `known` answers
/// [`reopening_questions`].
pub fn reopen(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, Refusal> {
    let mut step = Step::new(book, rules, known, now);
    let case = step.case(id).ok_or(Refusal::NoSuchCase(id))?;
    if let Some(other) = case.joined_to() {
        return Err(Refusal::Joined(id, other));
    }
    if case.is_open() {
        return Err(Refusal::Open(id));
    }
    let by = name(by);
    // Each answer may have another behind it.
    for _ in 0..HAPPENINGS_MAX {
        let Some(what) = step.case(id).and_then(Case::closed_by) else {
            break;
        };
        step.dispute(id, what, &by);
    }
    if !step.case(id).is_some_and(Case::is_open) {
        return Err(Refusal::Closed(id));
    }
    for what in step.seen_again(id) {
        step.dispute(id, what, &by);
    }
    let what = "case reopened: what had answered it does not count";
    step.note(Weight::Event, LogEvent::CaseDisputed, Some(id), what);
    Ok(step.finish())
}

impl Step<'_> {
    /// An open case is settled as of a moment.
    pub(super) fn settle_case(&mut self, id: CaseId, how: Settlement, by: &str, at: Timestamp) {
        let by = name(by);
        self.history(id, format!("{}, said by {by}", how.in_words()));
        if let Some(client) = self.case(id).map(|case| case.client.clone()) {
            self.settled_in_person(&client, how, &by);
        }
        self.happen(id, CaseEvent::Settled { at, how, by });
        let what = format!("case settled: {}", how.in_words());
        self.note(Weight::Event, LogEvent::CaseSettled, Some(id), what);
    }

    /// The owners of an open case hear nothing of it before a moment.
    pub(super) fn snooze_case(&mut self, id: CaseId, until: Timestamp, by: &str) {
        let rules = self.rules;
        let zone = self.case(id).and_then(|case| rules.promise(&case.client));
        let zone = zone.map_or(chrono_tz::UTC, |(_, _, calendar)| calendar.zone);
        if let Some(case) = self.case_mut(id) {
            case.snoozed_until = Some(until);
            let generation = case.state.generation();
            // That an earlier snooze has ended is another matter than that this one has.
            case.marks
                .retain(|mark| mark.generation != generation || mark.stage.step != SNOOZE_ENDED);
        }
        let local = until.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
        self.history(id, format!("snoozed until {local} by {}", name(by)));
        let what = format!("case snoozed until {}", until.format("%Y-%m-%dT%H:%M:%SZ"));
        self.note(Weight::Event, LogEvent::CaseSnoozed, Some(id), what);
    }

    /// An open case is urgent from now on.
    pub(super) fn urge_case(&mut self, id: CaseId, by: &str) {
        if let Some(case) = self.case_mut(id) {
            case.urgent = true;
        }
        self.history(id, format!("made urgent by {}", name(by)));
        let what = "case made urgent";
        self.note(Weight::Event, LogEvent::CaseUrgent, Some(id), what);
    }

    /// Who is reminded of an open case from now on.
    pub(super) fn assign_case(&mut self, id: CaseId, to: Option<&Address>, by: &str) {
        if let Some(case) = self.case_mut(id) {
            case.assigned_to = to.cloned();
        }
        const OWNERS: &str = "the owners of the client";
        let whom = to.map_or(OWNERS.to_owned(), Address::masked);
        self.history(id, format!("assigned to {whom} by {}", name(by)));
        let part = to.map_or(OWNERS, |_| "a colleague");
        let who = (part, whom.as_str());
        let what = |who: &str| format!("case assigned to {who}");
        self.note_of_person(Weight::Event, LogEvent::CaseAssigned, Some(id), who, what);
    }

    fn dispute(&mut self, id: CaseId, what: Closing, by: &str) {
        let disputed = CaseEvent::Disputed {
            at: self.now,
            what,
            by: by.to_owned(),
        };
        self.happen(id, disputed);
    }

    /// What would close a reopened case if it were seen again: the mark of a mail program that
    /// answered one of its mails, and the team's new threads since then, of which those behind
    /// the first one are not in the line.
    fn seen_again(&self, id: CaseId) -> Vec<Closing> {
        let waiting = self.case(id).map(|case| case.unanswered());
        let mut closings = Vec::new();
        for message in waiting.into_iter().flatten() {
            closings.push(Closing::Answer {
                message: None,
                evidence: Evidence::AnsweredFlag(message.key),
            });
            let written = self.known.outbound.get(&message.author.address);
            let later = written.into_iter().flatten();
            for mail in later.filter(|mail| mail.at > message.received_at) {
                let what = Closing::Answer {
                    message: Some(mail.key),
                    evidence: Evidence::NewThread,
                };
                if !closings.contains(&what) {
                    closings.push(what);
                }
            }
        }
        closings
    }
}

/// Who says so, as the history keeps it.
pub(super) fn name(by: &str) -> String {
    const CHARACTERS_MAX: usize = 100;
    by.chars()
        .filter(|c| !c.is_control())
        .take(CHARACTERS_MAX)
        .collect()
}

fn open_step<'a>(
    book: &'a Book,
    rules: &'a Rules,
    known: Known,
    id: CaseId,
    now: Timestamp,
) -> Result<Step<'a>, Refusal> {
    let step = Step::new(book, rules, known, now);
    let case = step.case(id).ok_or(Refusal::NoSuchCase(id))?;
    match case.joined_to() {
        Some(other) => Err(Refusal::Joined(id, other)),
        None if !case.is_open() => Err(Refusal::Closed(id)),
        None => Ok(step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_not_have_a_case_divided_is_told_why_and_what_to_do() {
        let illegal = IllegalEvent {
            state: "new",
            event: "settled",
        };
        insta::assert_snapshot!(
            Refusal::Indivisible(CaseId(7), illegal),
            @r#"case 7 can't be divided there: a case that is new can't be settled; name another mail of it, "ackd case show 7" lists them"#
        );
    }
}
