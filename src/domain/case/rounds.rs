//! Rounds of waiting and their numbers.
//!
//! Vocabulary: a round *begins* with the client's mail that starts a clock, or with an answer to
//! one of several people, when the clock of another is the next. What is seen late may
//! take a round out of the line, or move it; the number of a round somebody was reminded of is
//! *given out*, and never becomes the number of another clock: its reminders would be taken for
//! sent.

use super::event::Happening;
use super::order::arrange;
use super::walk::Walk;
use super::{Case, CaseEvent, CaseState};
use crate::domain::ids::{Generation, MessageKey};
use crate::domain::time::Timestamp;

/// A round of waiting, as it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round {
    /// Its number.
    pub(super) generation: Generation,
    /// Its place in the line.
    pub(super) at: Timestamp,
    /// The mail it begins with, or whose clock it is after somebody else was answered.
    pub(super) mail: Option<MessageKey>,
}

/// How a case waited the last time before it came to what it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastWait {
    /// The state in which any response was due, and the one that ended it.
    pub for_response: Option<(CaseState, CaseState)>,
    /// The state in which a person's answer was due, and the one that ended it.
    pub for_answer: Option<(CaseState, CaseState)>,
}

impl Case {
    /// How it waited last, for any response and for a person's answer. What it still waits for
    /// is left out, and so is what came to nothing (what was disputed, say).
    pub fn last_wait(&self) -> LastWait {
        let is_waiting = |state: &CaseState| matches!(state, CaseState::Waiting { .. });
        let mut walk = Walk::along(&self.happenings);
        let mut last = LastWait::default();
        for happening in &self.happenings {
            let before = walk.state;
            if walk.step(happening).is_err() {
                continue;
            }
            let now = walk.state;
            if is_waiting(&before) && !is_waiting(&now) {
                last.for_response = Some((before, now));
            }
            if before.is_open() && !now.is_open() {
                last.for_answer = Some((before, now));
            }
        }
        last.for_response = last.for_response.filter(|_| !is_waiting(&self.state));
        last.for_answer = last.for_answer.filter(|_| !self.state.is_open());
        last
    }

    /// A line that takes the place of this case's, with what it needs so that no number that was
    /// given out is given to another round.
    pub(super) fn without_numbers_again(&self, line: Vec<Happening>) -> Vec<Happening> {
        let Some(vanished) = self.vanished_round(&line) else {
            return line;
        };
        let events = line.into_iter().map(|happening| happening.event);
        arrange(events.chain([vanished]).collect())
    }

    /// What must be in a line that takes the place of this case's so that no number that was
    /// given out is the number of another round; `None` if nothing is needed.
    fn vanished_round(&self, line: &[Happening]) -> Option<CaseEvent> {
        let highest = self.marks.iter().map(|mark| mark.generation).max()?;
        let (before, after) = (begun(&self.happenings), begun(line));
        let last = after.last()?;
        let is_given_out = |round: &&Round| {
            let mut marks = self.marks.iter();
            marks.any(|mark| mark.generation == round.generation)
        };
        // An earlier clock that goes on under the number is the same waiting, known better.
        let was_of_another = before.iter().filter(is_given_out).any(|round| {
            round.generation >= last.generation && round.mail != last.mail && round.at < last.at
        });
        if was_of_another {
            let own = before.iter().find(|round| round.mail == last.mail);
            let own = own.filter(|own| own.generation >= highest);
            let rounds = own.map_or(highest, |own| {
                Generation(own.generation.0.saturating_sub(1))
            });
            let previous = after.iter().rev().nth(1)?;
            return Some(CaseEvent::RoundVanished {
                at: previous.at,
                rounds,
            });
        }
        (highest > last.generation && highest > given_out(line)).then_some(
            CaseEvent::RoundVanished {
                at: last.at,
                rounds: highest,
            },
        )
    }
}

/// The rounds of waiting and when each began, in order.
pub(super) fn rounds(line: &[Happening]) -> Vec<(Generation, Timestamp)> {
    let rounds = begun(line).into_iter();
    rounds.map(|round| (round.generation, round.at)).collect()
}

/// The rounds of waiting, in order, with the mails whose clocks they are.
pub(super) fn begun(line: &[Happening]) -> Vec<Round> {
    let mut walk = Walk::along(line);
    let mut rounds = Vec::new();
    for happening in line {
        let before = walk.state.generation();
        if walk.step(happening).is_ok() && walk.state.generation() != before {
            rounds.push(Round {
                generation: walk.state.generation(),
                at: happening.at,
                mail: walk.ruling_mail(),
            });
        }
    }
    rounds
}

/// The last number the line says was given out to a round that is not in it any more.
fn given_out(line: &[Happening]) -> Generation {
    let mut walk = Walk::along(line);
    for happening in line {
        if walk.step(happening).is_err() {
            break;
        }
    }
    walk.given_out
}
