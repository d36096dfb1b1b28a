//! All that a case waited for, from its beginning, for reports.

use super::event::{CaseEvent, Happening, Settlement};
use super::walk::Walk;
use super::{Case, CaseState};
use crate::domain::policy::Clock;
use crate::domain::time::Timestamp;

/// A time in which a client waited for one thing: any response, or a person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// What for.
    pub clock: Clock,
    /// From when it counts.
    pub since: Timestamp,
    /// From when the mail counts that made it urgent, if any did.
    pub urgent_since: Option<Timestamp>,
    /// When and how it ended. `None`: it goes on.
    pub ended: Option<(Timestamp, WaitEnd)>,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitEnd {
    /// A person answered, phoned or met.
    Person,
    /// We acknowledged receipt.
    Acknowledgement,
    /// Nobody had to answer: somebody said so, or the case goes on as another.
    Waived,
}

/// What a state waits for: since when and in which round, for a response and for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Awaited {
    response: Option<(Timestamp, Option<Timestamp>)>,
    answer: Option<Timestamp>,
}

impl Awaited {
    fn by(state: &CaseState) -> Self {
        match *state {
            CaseState::Waiting {
                since,
                answer_since,
                urgent_since,
                ..
            } => Self {
                response: Some((since, urgent_since)),
                answer: Some(answer_since),
            },
            CaseState::Acknowledged { answer_since, .. } => Self {
                response: None,
                answer: Some(answer_since),
            },
            CaseState::New | CaseState::Answered { .. } | CaseState::Settled { .. } => {
                Self::default()
            }
        }
    }
}

impl Case {
    /// All it waited for, in the order in which the waits ended; what goes on comes last. What
    /// came to nothing (an answer that was disputed, say) ended none.
    pub fn waits(&self) -> Vec<Wait> {
        let mut walk = Walk::along(&self.happenings);
        let mut waits = Vec::new();
        for happening in &self.happenings {
            let before = Awaited::by(&walk.state);
            if walk.step(happening).is_err() {
                continue;
            }
            let Some(end) = end_by(happening) else {
                continue;
            };
            let now = Awaited::by(&walk.state);
            // A response to one of several people: the next one's own clock runs on.
            let since = |response: Option<(Timestamp, _)>| response.map(|(since, _)| since);
            if since(before.response) != since(now.response) {
                waits.extend(ended(Clock::Acknowledge, before, end));
            }
            if before.answer != now.answer {
                waits.extend(ended(Clock::Answer, before, end));
            }
        }
        let now = Awaited::by(&walk.state);
        waits.extend(wait(Clock::Acknowledge, now));
        waits.extend(wait(Clock::Answer, now));
        waits
    }
}

/// When and how this ends what it ends.
fn end_by(happening: &Happening) -> Option<(Timestamp, WaitEnd)> {
    let at = happening.counted_at();
    match &happening.event {
        CaseEvent::TeamAnswered(_) => Some((at, WaitEnd::Person)),
        CaseEvent::Acknowledged { .. } => Some((at, WaitEnd::Acknowledgement)),
        CaseEvent::Settled { how, .. } => Some(match how {
            Settlement::Answered | Settlement::Phoned | Settlement::Met => (at, WaitEnd::Person),
            Settlement::Dismissed | Settlement::Joined(_) => (at, WaitEnd::Waived),
        }),
        CaseEvent::ClientWrote(_)
        | CaseEvent::Disputed { .. }
        | CaseEvent::Separated { .. }
        | CaseEvent::RoundVanished { .. } => None,
    }
}

fn wait(clock: Clock, awaited: Awaited) -> Option<Wait> {
    let (since, urgent_since) = match clock {
        Clock::Acknowledge => awaited.response?,
        Clock::Answer => (awaited.answer?, None),
    };
    Some(Wait {
        clock,
        since,
        urgent_since,
        ended: None,
    })
}

fn ended(clock: Clock, awaited: Awaited, (at, end): (Timestamp, WaitEnd)) -> Option<Wait> {
    let wait = wait(clock, awaited)?;
    Some(Wait {
        ended: Some((at.max(wait.since), end)),
        ..wait
    })
}
