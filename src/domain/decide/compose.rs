//! A row is about to be sent: the last look at its cases, and what it has to say.

use super::confirm::acknowledgement;
use super::due::{CLOSING_GRACE, Sight};
use super::places::{Circle, Place, places};
use super::told::{acknowledgement_progress, next_rung, told};
use super::{Decisions, Identity, Step, whole_case_key};
use crate::domain::absence::{Away, is_away};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseState, Outlook, sending_calendar};
use crate::domain::check_in::deserves_call;
use crate::domain::commit::Known;
use crate::domain::draft::{CaseLine, CaseLines, Confirmation, Draft};
use crate::domain::ids::{MailboxName, OutboxId};
use crate::domain::outbox::{OutboxRow, Purpose, RowState, StageKey};
use crate::domain::policy::Clock;
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::{BusinessTime, Timestamp};

/// What is to be done with a row whose turn has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dispatch {
    /// Hand this over.
    Send {
        /// What it says.
        draft: Box<Draft>,
        /// In which mailbox a sent copy belongs.
        file_in: Option<MailboxName>,
    },
    /// Write this down instead: it is not needed any more, or can't go yet.
    Instead(Box<Decisions>),
}

/// How many cases one mail lists.
const LINES_MAX: usize = 500;

/// Looks at a queued row a last time. `known` holds its cases that are closed by now. `None`
/// if there is no such row.
pub fn dispatch(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    sight: &Sight,
    row: OutboxId,
    known: Known,
    now: Timestamp,
) -> Option<Dispatch> {
    let row = book.outbox().rows.get(&row)?;
    if let Some(dispatch) = super::digest::dispatch(book, rules, identity, row, &known, now) {
        return Some(dispatch);
    }
    let cancel = |reason: &str| {
        let step = Step::new(book, rules, known, now);
        Dispatch::Instead(Box::new(step.cancelled(identity, row, reason)))
    };
    if rules.mode == Mode::Observe {
        return Some(cancel("the mode is observe"));
    }
    if let Some(decisions) = told_instead(book, rules, identity, row, now) {
        return Some(Dispatch::Instead(Box::new(decisions)));
    }
    if let Some(opening) = waits_for_opening(book, rules, row, now) {
        return Some(Dispatch::Instead(Box::new(put_off(row, opening))));
    }
    let composed = match &row.purpose {
        Purpose::Notice { subject, text } | Purpose::Alarm { subject, text, .. } => {
            Ok(Dispatch::Send {
                draft: Box::new(Draft::Notice {
                    subject: subject.clone(),
                    text: text.clone(),
                }),
                file_in: None,
            })
        }
        Purpose::Confirmation {
            subject,
            text,
            answers,
        } => Ok(Dispatch::Send {
            draft: Box::new(Draft::Confirmation(Confirmation {
                subject: subject.clone(),
                text: text.clone(),
                answers: answers.clone(),
                cases: row.keys.iter().map(|key| key.case).collect(),
            })),
            file_in: None,
        }),
        Purpose::Acknowledgement => acknowledgement(book, rules, sight, row, now),
        Purpose::Reminder
        | Purpose::Escalation
        | Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back => to_team(book, rules, row, now),
        Purpose::Morning { .. } | Purpose::Weekly { .. } => Err("it is about no case".into()),
    };
    Some(match composed {
        Ok(dispatch) => dispatch,
        Err(reason) => cancel(&reason),
    })
}

/// The opening to wait for, if nobody may be written to about any of the row's cases now.
/// Hours are kept when a mail is sent, too: it may have been put off since it was decided.
fn waits_for_opening(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    now: Timestamp,
) -> Option<Timestamp> {
    // Who has just written is there to read it.
    if matches!(row.purpose, Purpose::Confirmation { .. }) {
        return None;
    }
    let mut openings = Vec::new();
    for key in &row.keys {
        let case = book.case(key.case)?;
        let client = rules.clients.get(&case.client)?;
        let hours = sending_calendar(rules, client)?;
        if hours.is_open(now) || hours.is_open(now - CLOSING_GRACE) {
            return None;
        }
        openings.push(hours.next_open(now).ok()?);
    }
    openings.into_iter().min()
}

/// A reminder that was put off while the client was acknowledged has nothing to warn of any
/// more, but it may have been all that its owner was to hear of the case: that we acknowledged
/// is told in its place. What else the row is about stays in it.
fn told_instead(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    row: &OutboxRow,
    now: Timestamp,
) -> Option<Decisions> {
    if !is_rung(&row.purpose) {
        return None;
    }
    let away = book.absences().away_at(rules, now);
    let (overtaken, left): (Vec<StageKey>, Vec<StageKey>) = row
        .keys
        .iter()
        .copied()
        .partition(|key| is_overtaken(book, rules, row, key, &away));
    if overtaken.is_empty() {
        return None;
    }
    // Of several that were put off, the last one tells.
    let told_later = |key: &StageKey| {
        let mut others = book.outbox().rows.values();
        others.any(|other| {
            let waits = matches!(
                other.state,
                RowState::Queued { .. } | RowState::Sending { .. }
            );
            let is_same = |own: &StageKey| {
                (own.case, own.generation, own.stage.clock)
                    == (key.case, key.generation, key.stage.clock)
            };
            let is_other = other.id != row.id && other.to == row.to && is_of_same_road(other, row);
            is_other && waits && is_rung(&other.purpose) && other.keys.iter().any(is_same)
        })
    };
    let mut step = Step::new(book, rules, Known::default(), now);
    let whole: Vec<StageKey> = overtaken
        .iter()
        .filter(|key| !told_later(key))
        .filter_map(|key| book.case(key.case).map(whole_case_key))
        .collect();
    tell_acknowledged(&mut step, identity, row, whole);
    if left.is_empty() {
        let reason = "the client was acknowledged meanwhile";
        return Some(step.cancelled(identity, row, reason));
    }
    let mut row = row.clone();
    row.keys = left;
    step.decisions.commit.outbox.push(row);
    Some(step.finish())
}

fn is_of_same_road(one: &OutboxRow, other: &OutboxRow) -> bool {
    let name = |row: &OutboxRow| row.road.as_ref().map(|road| road.name.clone());
    name(one) == name(other)
}

/// Whoever was to be told of these cases by this row alone is told that they are acknowledged.
fn tell_acknowledged(
    step: &mut Step<'_>,
    identity: &Identity,
    row: &OutboxRow,
    cases: Vec<StageKey>,
) {
    let Some(road) = &row.road else {
        if !cases.is_empty() {
            step.owe(identity, row.to.clone(), Purpose::Acknowledged, cases);
        }
        return;
    };
    for reader in road.readers.iter().filter(|reader| reader.mail_instead) {
        let mut own = cases.clone();
        own.retain(|key| {
            let is_told = reader.keys.iter().any(|told| told.case == key.case);
            is_told && step.owners(key.case).contains(&reader.to)
        });
        if !own.is_empty() {
            step.owe(identity, reader.to.clone(), Purpose::Acknowledged, own);
        }
    }
}

/// Whether the client of a rung's case was acknowledged before the rung's mail went out, and
/// the mail is its owner's.
fn is_overtaken(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    key: &StageKey,
    away: &[Away],
) -> bool {
    let Some(case) = book.case(key.case) else {
        return false;
    };
    matches!(case.state, CaseState::Acknowledged { .. })
        && (row.road.is_some() || place_of(case, rules, row, away).is_some())
        && key.stage.clock == Clock::Acknowledge
        && key.generation == case.state.generation()
}

/// Whether a mail stands for rungs of the ladder.
pub(super) const fn is_rung(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Reminder | Purpose::Escalation)
}

pub(super) fn to_team(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<Dispatch, String> {
    let away = book.absences().away_at(rules, now);
    let mut lines: Vec<CaseLine> = row
        .keys
        .iter()
        .filter_map(|key| {
            let place = book
                .case(key.case)
                .and_then(|case| place_of(case, rules, row, &away));
            let instead_of = place.as_ref().and_then(|place| place.in_words(rules));
            // Whoever was away may be back since it was decided, or the other way round.
            let is_needless = match row.purpose {
                Purpose::StandIn => instead_of.is_none(),
                Purpose::Back => place.is_none(),
                _ => place.is_none() && is_stood_in_for(book, key, rules, row, &away),
            };
            let line = line(book, rules, (&row.purpose, &row.to), key, now);
            line.filter(|_| !is_needless)
                .map(|line| CaseLine { instead_of, ..line })
        })
        .collect();
    lines.sort_by_key(CaseLine::order);
    lines.truncate(LINES_MAX);
    if lines.is_empty() {
        return Err(match is_away(&away, &row.to) {
            true => "who it goes to is away, or nobody waits any more".into(),
            false => "nobody waits any more".into(),
        });
    }
    let lines = CaseLines { lines };
    let draft = match &row.purpose {
        Purpose::Escalation => Draft::Escalation(lines),
        Purpose::Acknowledged => Draft::Acknowledged(lines),
        Purpose::Summary => Draft::Summary(lines),
        Purpose::StandIn => Draft::StandIn(lines),
        Purpose::Back => Draft::Back(lines),
        Purpose::AcknowledgementHeld { reason } => Draft::AcknowledgementHeld {
            lines,
            reason: reason.clone(),
        },
        Purpose::Reminder
        | Purpose::Acknowledgement
        | Purpose::Morning { .. }
        | Purpose::Weekly { .. }
        | Purpose::Confirmation { .. }
        | Purpose::Notice { .. }
        | Purpose::Alarm { .. } => Draft::Reminder(lines),
    };
    Ok(Dispatch::Send {
        draft: Box::new(draft),
        file_in: None,
    })
}

/// Whether the recipient of a mail is away, so that others have heard of the case in their place.
fn is_stood_in_for(
    book: &Book,
    key: &StageKey,
    rules: &Rules,
    row: &OutboxRow,
    away: &[Away],
) -> bool {
    let is_rerouted = is_away(away, &row.to) && row.road.is_none();
    let case = book.case(key.case).filter(|_| is_rerouted);
    case.is_some_and(|case| {
        let told = places(case, rules, away, Circle::Escalation);
        case.owners(rules).contains(&row.to) && !told.iter().any(|own| own.person == row.to)
    })
}

/// The place in which the recipient of a mail hears of a case now.
fn place_of(case: &Case, rules: &Rules, row: &OutboxRow, away: &[Away]) -> Option<Place> {
    let told = places(case, rules, away, Circle::Owners);
    told.into_iter().find(|place| place.person == row.to)
}

/// What a mail to the team says of a case; `None` if the case does not wait any more in the
/// way the row was about.
pub(super) fn line(
    book: &Book,
    rules: &Rules,
    (purpose, reader): (&Purpose, &Address),
    key: &StageKey,
    now: Timestamp,
) -> Option<CaseLine> {
    let case = book.case(key.case)?;
    let (client, _, calendar) = rules.promise(&case.client)?;
    let outlook = Outlook::of(case, rules).ok()?;
    let is_rung = is_rung(purpose);
    let waits = matches!(case.state, CaseState::Waiting { .. });
    let since = case.generation_of(key.stage.clock);
    if key.generation < since || (is_rung && key.stage.clock == Clock::Acknowledge && !waits) {
        return None;
    }
    let of_stage = match key.stage.clock {
        Clock::Acknowledge => outlook.acknowledge_due,
        Clock::Answer => outlook.answer_due,
    };
    let due = of_stage
        .map(|at| (at, key.stage.clock))
        .or_else(|| outlook.due());
    let oldest = case
        .unanswered()
        .next()
        .or_else(|| case.messages().next())?;
    let clock = due.map_or(Clock::Answer, |(_, clock)| clock);
    let (unanswered, urgent_since) = match case.state {
        CaseState::Waiting {
            unanswered,
            urgent_since,
            ..
        } => (unanswered, urgent_since),
        CaseState::Acknowledged { unanswered, .. } => (unanswered, None),
        CaseState::New | CaseState::Answered { .. } | CaseState::Settled { .. } => (0, None),
    };
    Some(CaseLine {
        case: case.id,
        client: client.name.clone(),
        contact: oldest.author.clone(),
        subject: case.subject.clone(),
        message_id: oldest.message_id.clone(),
        mailboxes: mailboxes(case),
        received_at: oldest.clock_from,
        due_at: due.map(|(due_at, _)| due_at),
        clock,
        stage: is_rung.then_some(key.stage),
        next: next_rung(book, case, rules, &outlook, now),
        told: told(book, case, &outlook, reader, now),
        acknowledged: acknowledgement_progress(book, case),
        waited: match now > oldest.clock_from {
            true => calendar.elapsed(oldest.clock_from, now),
            false => BusinessTime::ZERO,
        },
        unanswered,
        urgent: case.urgent || client.urgent || urgent_since.is_some(),
        suspicious: case.unanswered().any(|message| message.suspicious),
        deserves_call: deserves_call(case, calendar, rules.team.phone_hint_after, now),
        zone: calendar.zone,
        instead_of: None,
    })
}

/// The mailboxes in which a case's messages lie.
pub(super) fn mailboxes(case: &Case) -> Vec<MailboxName> {
    let mut names: Vec<MailboxName> = case
        .holders()
        .map(|holder| holder.mailbox.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

pub(super) fn put_off(row: &OutboxRow, not_before: Timestamp) -> Decisions {
    let mut row = row.clone();
    row.state = RowState::Queued {
        not_before,
        attempts: row.attempts(),
        reason: None,
    };
    let mut decisions = Decisions::default();
    decisions.commit.outbox.push(row);
    decisions
}
