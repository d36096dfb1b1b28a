//! Somebody said something about a case.

use super::{Decisions, Step, Weight};
use crate::domain::book::Book;
use crate::domain::case::{CaseEvent, Settlement};
use crate::domain::commit::Known;
use crate::domain::ids::CaseId;
use crate::domain::rules::Rules;
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
    let by = name(by);
    step.history(id, format!("{}, said by {by}", how.in_words()));
    // The client's server may run ahead of us; what is settled is what has been written so far.
    let newest = step
        .case(id)
        .and_then(|case| case.messages().map(|own| own.received_at).max());
    let at = newest.map_or(now, |newest| newest.max(now));
    step.happen(id, CaseEvent::Settled { at, how, by });
    step.note(
        Weight::Event,
        Some(id),
        format!("case settled: {}", how.in_words()),
    );
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
    if let Some(case) = step.case_mut(id) {
        case.snoozed_until = Some(until);
    }
    step.history(id, format!("snoozed until {until} by {}", name(by)));
    step.note(
        Weight::Event,
        Some(id),
        format!("case snoozed until {until}"),
    );
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
    if let Some(case) = step.case_mut(id) {
        case.urgent = true;
    }
    step.history(id, format!("made urgent by {}", name(by)));
    step.note(Weight::Event, Some(id), "case made urgent");
    Ok(step.finish())
}

/// Who says so, as the history keeps it.
fn name(by: &str) -> String {
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
    match step.case(id) {
        None => Err(Refusal::NoSuchCase(id)),
        Some(case) if !case.is_open() => Err(Refusal::Closed(id)),
        Some(_) => Ok(step),
    }
}
