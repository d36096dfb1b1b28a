//! What a mail about a case says of the others: who has been told of it, and whom the next rung
//! reaches.
//!
//! Both follow from the marks of the case and the rules: nothing is kept for them.

use super::compose::is_rung;
use super::places::{Circle, places};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseEvent, Outlook};
use crate::domain::draft::{AcknowledgementProgress, NextRung, Told};
use crate::domain::outbox::RowState;
use crate::domain::policy::{Rung, Stage, Step};
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// Who else than the reader has been told of a case in this round of waiting, by their last rung.
pub(super) fn told(
    book: &Book,
    case: &Case,
    outlook: &Outlook,
    reader: &Address,
    now: Timestamp,
) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for mark in &case.marks {
        // Marks of acknowledging say what became of that, not who was told.
        let is_over = mark.generation < case.generation_of(mark.stage.clock);
        if is_over || mark.recipient == *reader || mark.stage.step == Step::Acknowledge {
            continue;
        }
        let known = told.iter_mut().find(|own| own.person == mark.recipient);
        match known {
            Some(known) if is_later(mark.stage, known.stage) => known.stage = mark.stage,
            Some(_) => {}
            None => told.push(Told {
                person: mark.recipient.clone(),
                stage: mark.stage,
                at: None,
                is_undelivered: false,
            }),
        }
    }
    for own in &mut told {
        let rung = outlook.rungs.iter().find(|rung| rung.stage == own.stage);
        // A rung that was put off since it was acted upon lies ahead.
        own.at = rung.map(|rung| rung.at).filter(|at| *at <= now);
        own.is_undelivered = is_undelivered(book, case, own);
    }
    told.sort_unstable_by(|one, other| one.person.cmp(&other.person));
    told
}

/// What comes next if nobody answers. An acknowledgement that is not going to be sent is none.
pub(super) fn next_rung(
    book: &Book,
    case: &Case,
    rules: &Rules,
    outlook: &Outlook,
    now: Timestamp,
) -> Option<NextRung> {
    let may_acknowledge = rules.mode == Mode::Full && case.unanswered().all(|m| m.may_acknowledge);
    let mut ahead = outlook
        .open_rungs(case)
        .filter(|rung| rung.at > now && (may_acknowledge || rung.stage.step != Step::Acknowledge));
    let rung = ahead.next()?;
    Some(NextRung {
        at: rung.at,
        stage: rung.stage,
        reaches: reached_by(book, case, rules, rung),
    })
}

/// How far our acknowledgement of this case has come.
pub(super) fn acknowledgement_progress(
    book: &Book,
    case: &Case,
) -> Option<AcknowledgementProgress> {
    let sent = case.happenings.iter().find_map(|own| match own.event {
        CaseEvent::Acknowledged { at, .. } => Some(at),
        CaseEvent::ClientWrote(_)
        | CaseEvent::TeamAnswered(_)
        | CaseEvent::Settled { .. }
        | CaseEvent::Disputed { .. }
        | CaseEvent::Separated { .. }
        | CaseEvent::RoundVanished { .. } => None,
    });
    if let Some(at) = sent {
        return Some(AcknowledgementProgress::Sent(at));
    }
    let row = book.outbox().rows.get(&case.acknowledgement_row()?)?;
    match row.state {
        RowState::Queued { .. } | RowState::Sending { .. } | RowState::Uncertain { .. } => {
            Some(AcknowledgementProgress::OnItsWay)
        }
        RowState::Held { .. } | RowState::GivenUp { .. } => {
            Some(AcknowledgementProgress::Undelivered)
        }
        RowState::Sent { at } => Some(AcknowledgementProgress::Sent(at)),
        RowState::Cancelled { .. } => None,
    }
}

/// Whom of the team a rung reaches: who is away then, as far as we know, is passed over.
fn reached_by(book: &Book, case: &Case, rules: &Rules, rung: &Rung) -> Vec<Address> {
    let circle = match rung.stage.step {
        Step::Acknowledge => return Vec::new(),
        Step::Remind(_) => Circle::Owners,
        Step::Escalate(_) => Circle::Escalation,
    };
    let away = book.absences().away_at(rules, rung.at);
    let mut people = Vec::new();
    for place in places(case, rules, &away, circle) {
        people.push(place.person);
    }
    people
}

/// The answer clock runs on when the other one has stopped.
fn is_later(one: Stage, other: Stage) -> bool {
    one.clock > other.clock || (one.clock == other.clock && one.step.is_later_than(other.step))
}

/// Whether the mail of that rung is known not to have arrived.
fn is_undelivered(book: &Book, case: &Case, told: &Told) -> bool {
    let mut rows = book.outbox().rows.values();
    rows.any(|row| {
        let failed = matches!(row.state, RowState::GivenUp { .. } | RowState::Held { .. });
        let is_it = row.to == told.person && is_rung(&row.purpose);
        let mut keys = row.keys.iter();
        failed && is_it && keys.any(|key| key.case == case.id && key.stage == told.stage)
    })
}
