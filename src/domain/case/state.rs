//! The states of a case and the one table of legal moves between them.

use super::event::{Answer, CaseEvent, ClientMessage, Evidence, Settlement};
use crate::domain::ids::Generation;
use crate::domain::time::Timestamp;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseState {
    /// The client has not written yet, or nothing but a short thanks.
    New,
    /// The client waits for any response: the acknowledge clock runs (and the answer clock,
    /// if the policy has one).
    Waiting {
        /// Which round of waiting.
        generation: Generation,
        /// From when the oldest mail without any response counts: it rules the acknowledge
        /// clock ([`ClientMessage::clock_from`]).
        since: Timestamp,
        /// From when the oldest mail without a person's answer counts: it rules the answer clock.
        answer_since: Timestamp,
        /// From when the mail counts that made it urgent, if any did.
        urgent_since: Option<Timestamp>,
        /// How many mails wait for an answer.
        unanswered: u32,
    },
    /// We acknowledged receipt; a person's answer is still owed.
    Acknowledged {
        /// Which round of waiting.
        generation: Generation,
        /// When we acknowledged.
        at: Timestamp,
        /// From when the oldest mail without a person's answer counts.
        answer_since: Timestamp,
        /// How many mails wait for an answer.
        unanswered: u32,
    },
    /// A person answered.
    Answered {
        /// The last round of waiting.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// By what we know.
        evidence: Evidence,
    },
    /// Somebody said that no answer is owed.
    Settled {
        /// The last round of waiting.
        generation: Generation,
        /// When.
        at: Timestamp,
        /// In what way.
        how: Settlement,
    },
}

/// An event that can't happen in a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {state} can't be {event}")]
pub struct IllegalEvent {
    /// The state, in words.
    pub state: &'static str,
    /// The event, in words.
    pub event: &'static str,
}

/// The third unanswered mail makes a case urgent.
const UNANSWERED_URGENT: u32 = 3;

impl CaseState {
    /// Whether a client still waits.
    pub const fn is_open(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::Acknowledged { .. } => true,
            Self::New | Self::Answered { .. } | Self::Settled { .. } => false,
        }
    }

    /// The word used in listings: `waiting`, `acknowledged`, `answered` or `settled`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Waiting { .. } => "waiting",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Answered { .. } => "answered",
            Self::Settled { .. } => "settled",
        }
    }

    /// The present or last round of waiting; zero before the first.
    pub const fn generation(&self) -> Generation {
        match self {
            Self::New => Generation(0),
            Self::Waiting { generation, .. }
            | Self::Acknowledged { generation, .. }
            | Self::Answered { generation, .. }
            | Self::Settled { generation, .. } => *generation,
        }
    }
}

impl CaseState {
    /// Gives the round of waiting another number.
    pub(super) const fn number(&mut self, number: Generation) {
        match self {
            Self::New => {}
            Self::Waiting { generation, .. }
            | Self::Acknowledged { generation, .. }
            | Self::Answered { generation, .. }
            | Self::Settled { generation, .. } => *generation = number,
        }
    }
}

/// The table of legal moves, for an answer that reaches all who wait. What is not named here can't
/// happen; a new state or event does not compile until its moves are written down.
pub fn next(state: &CaseState, event: &CaseEvent) -> Result<CaseState, IllegalEvent> {
    match event {
        CaseEvent::ClientWrote(message) => Ok(after_mail(state, message)),
        CaseEvent::TeamAnswered(answer) => Ok(after_answer(state, answer)),
        CaseEvent::Acknowledged { at, .. } => after_acknowledgement(state, *at),
        CaseEvent::Settled { at, how, .. } => after_word(state, *at, *how),
        // What is disputed is left out by the fold; the dispute itself does nothing.
        CaseEvent::Disputed { .. } => Ok(*state),
        // What was taken out is not in the line any more.
        CaseEvent::Separated { .. } => Ok(*state),
        // It tells of numbers only.
        CaseEvent::RoundVanished { .. } => Ok(*state),
    }
}

fn after_mail(state: &CaseState, message: &ClientMessage) -> CaseState {
    match state {
        // A short thanks asks for nothing and starts nothing.
        _ if message.thanks => *state,
        CaseState::New => first_wait(Generation(1), message),
        CaseState::Waiting { .. } => wait_on(state, message),
        CaseState::Acknowledged { .. } => wait_again(state, message),
        CaseState::Answered { generation, .. } | CaseState::Settled { generation, .. } => {
            first_wait(Generation(generation.0 + 1), message)
        }
    }
}

fn after_answer(state: &CaseState, answer: &Answer) -> CaseState {
    let answered = |generation: &Generation| CaseState::Answered {
        generation: *generation,
        at: answer.stopped_at,
        evidence: answer.evidence,
    };
    let by_flag = matches!(answer.evidence, Evidence::AnsweredFlag(_));
    match state {
        // Seen before the mail it answers, or written before it: of no effect.
        CaseState::New => CaseState::New,
        CaseState::Waiting { generation, .. } | CaseState::Acknowledged { generation, .. } => {
            answered(generation)
        }
        // A mail says better than a flag when and how somebody answered.
        CaseState::Answered {
            generation,
            evidence: Evidence::AnsweredFlag(_),
            ..
        } if !by_flag => answered(generation),
        // A second answer changes nothing: the first one counted.
        CaseState::Answered { .. } | CaseState::Settled { .. } => *state,
    }
}

fn after_acknowledgement(state: &CaseState, at: Timestamp) -> Result<CaseState, IllegalEvent> {
    match state {
        CaseState::New => Err(illegal(state, "acknowledged")),
        CaseState::Waiting {
            generation,
            answer_since,
            unanswered,
            ..
        } => Ok(CaseState::Acknowledged {
            generation: *generation,
            at,
            answer_since: *answer_since,
            unanswered: *unanswered,
        }),
        CaseState::Acknowledged { .. } => Err(illegal(state, "acknowledged a second time")),
        // The answer was found while the acknowledgement was on its way.
        CaseState::Answered { .. } | CaseState::Settled { .. } => Ok(*state),
    }
}

fn after_word(
    state: &CaseState,
    at: Timestamp,
    how: Settlement,
) -> Result<CaseState, IllegalEvent> {
    // A mere thanks may turn out to belong to another case; nobody settles it.
    if *state == CaseState::New && !matches!(how, Settlement::Joined(_)) {
        return Err(illegal(state, "settled"));
    }
    Ok(CaseState::Settled {
        generation: state.generation(),
        at,
        how,
    })
}

/// What those wait for whom an answer did not reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// From when the oldest mail without any response counts; `None` if all had our
    /// acknowledgement.
    pub(super) since: Option<Timestamp>,
    /// From when the oldest mail counts; `None` if none is left.
    pub(super) answer_since: Option<Timestamp>,
    /// From when the mail counts that makes it urgent, if any does.
    pub(super) urgent_since: Option<Timestamp>,
    /// How many mails are left.
    pub(super) unanswered: u32,
    /// When we acknowledged, if we did.
    pub(super) acknowledged_at: Option<Timestamp>,
}

impl Left {
    /// Whether a mail makes a case urgent: by itself, or as one of too many without an answer.
    pub(super) const fn is_urgent(by_itself: bool, number: u32) -> bool {
        by_itself || number >= UNANSWERED_URGENT
    }
}

/// An answer reached some of those who wait. Where another mail rules a clock from now on, that
/// clock is another one: a new round.
pub(super) fn after_part(state: &CaseState, left: &Left, is_other_clock: bool) -> CaseState {
    let Some(answer_since) = left.answer_since.filter(|_| state.is_open()) else {
        return *state;
    };
    let generation = Generation(state.generation().0 + u32::from(is_other_clock));
    match left.since {
        Some(since) => CaseState::Waiting {
            generation,
            since,
            answer_since,
            urgent_since: left.urgent_since,
            unanswered: left.unanswered,
        },
        None => CaseState::Acknowledged {
            generation,
            at: left.acknowledged_at.unwrap_or(answer_since),
            answer_since,
            unanswered: left.unanswered,
        },
    }
}

fn first_wait(generation: Generation, message: &ClientMessage) -> CaseState {
    CaseState::Waiting {
        generation,
        since: message.clock_from,
        answer_since: message.clock_from,
        urgent_since: message.urgent.then_some(message.clock_from),
        unanswered: 1,
    }
}

/// A further mail in a waiting case: counted, but the oldest rules the clock. Which one that
/// is, our clock says: of two servers one may run ahead.
fn wait_on(state: &CaseState, message: &ClientMessage) -> CaseState {
    let CaseState::Waiting {
        generation,
        since,
        answer_since,
        urgent_since,
        unanswered,
    } = *state
    else {
        return *state;
    };
    let unanswered = unanswered + 1;
    let now_urgent = Left::is_urgent(message.urgent, unanswered);
    let counts = now_urgent.then_some(message.clock_from);
    CaseState::Waiting {
        generation,
        since: since.min(message.clock_from),
        answer_since: answer_since.min(message.clock_from),
        urgent_since: urgent_since.into_iter().chain(counts).min(),
        unanswered,
    }
}

/// A mail after our acknowledgement: the acknowledge clock starts again, the answer clock
/// runs on.
fn wait_again(state: &CaseState, message: &ClientMessage) -> CaseState {
    let CaseState::Acknowledged {
        generation,
        answer_since,
        unanswered,
        ..
    } = *state
    else {
        return *state;
    };
    let unanswered = unanswered + 1;
    let now_urgent = Left::is_urgent(message.urgent, unanswered);
    CaseState::Waiting {
        generation: Generation(generation.0 + 1),
        since: message.clock_from,
        answer_since: answer_since.min(message.clock_from),
        urgent_since: now_urgent.then_some(message.clock_from),
        unanswered,
    }
}

fn illegal(state: &CaseState, event: &'static str) -> IllegalEvent {
    IllegalEvent {
        state: state.as_str(),
        event,
    }
}
