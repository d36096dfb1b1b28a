//! One conversation in which a client waits for us.
//!
//! Vocabulary: a case is a line of *happenings* in the order in which they happened, which
//! may not be the order in which we learned of them; its [`CaseState`] is what follows from
//! that line by [`next`]. So the end does not depend on the order of arrival.
//!
//! Clocks disagree, so every mail has two moments. The one its servers tell gives it its place
//! among the other mails; it is never compared with our own clock. The other is the same, but
//! never later than the moment we first saw the mail: from it the client's time is counted,
//! and it says what lay before us when we did something ourselves.

mod event;
mod join;
mod order;
mod outlook;
mod rounds;
mod separate;
mod state;
mod waits;
mod walk;

pub use event::{
    Answer, CaseEvent, ClientMessage, Closing, Evidence, Happening, Reach, Settlement,
};
pub use join::THREAD_IDS_MAX;
pub use outlook::{Outlook, SNOOZE_ENDED, response_due, sendable_at, sending_calendar};
pub use rounds::LastWait;
pub use separate::{Parting, Separation};
pub use state::{CaseState, IllegalEvent, next};
pub use waits::{Wait, WaitEnd};

use super::address::Author;
use super::ids::{CaseId, ClientKey, Generation, IdHash, MessageKey, OutboxId};
use super::policy::{Clock, Stage};
use super::time::Timestamp;
use super::{address::Address, facts::Location};
use walk::Walk;

/// One conversation in which a client waits for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// Whose case it is.
    pub client: ClientKey,
    /// Who wrote first.
    pub contact: Author,
    /// The subject of the first mail; empty if subjects are not kept.
    pub subject: String,
    /// What happened, in the order in which it happened.
    pub happenings: Vec<Happening>,
    /// Every Message-ID of the conversation, also those only referred to, as hashes of this
    /// client ([`IdHash::of_client`]).
    pub thread: Vec<IdHash>,
    /// Which rungs were acted upon, for whom.
    pub marks: Vec<Mark>,
    /// Our own acknowledgement, from the moment it is owed: a case has one, ever.
    pub acknowledgement: Option<OutboxId>,
    /// Made urgent by hand.
    pub urgent: bool,
    /// Nobody is reminded before this moment.
    pub snoozed_until: Option<Timestamp>,
    /// Who is reminded of it in place of the client's owners.
    pub assigned_to: Option<Address>,
    /// What follows from the happenings. Always equal to their fold.
    pub state: CaseState,
}

/// A rung that was acted upon: the mail for it is on disk (or was withheld on purpose).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// In which round of waiting.
    pub generation: Generation,
    /// Which rung.
    pub stage: Stage,
    /// For whom.
    pub recipient: Address,
}

/// How many happenings a case keeps. Well before, the case is full ([`Case::is_full`]).
pub const HAPPENINGS_MAX: usize = 1000;

/// How many Message-IDs a message may have beside its own.
const OTHER_IDS_MAX: usize = 20;

/// How many happenings and links a full case still takes.
const LEFT_FOR_THE_END: usize = 100;

impl Case {
    /// A case that nothing has happened in yet.
    pub fn new(id: CaseId, client: ClientKey, contact: Author, subject: String) -> Self {
        Self {
            id,
            client,
            contact,
            subject,
            happenings: Vec::new(),
            thread: Vec::new(),
            marks: Vec::new(),
            acknowledgement: None,
            urgent: false,
            snoozed_until: None,
            assigned_to: None,
            state: CaseState::New,
        }
    }

    /// Puts an event where it belongs in the line and works out the state anew. What the
    /// case knows already changes nothing.
    ///
    /// Fails if the line would become illegal or too long; the case is then unchanged.
    pub fn apply(&mut self, event: CaseEvent) -> Result<(), IllegalEvent> {
        let known = self
            .happenings
            .iter()
            .map(|known| &known.event)
            .find(|known| known.is_same(&event));
        if let Some(known) = known {
            let mut refined = known.clone();
            refined.refine(&event);
            if refined == *known {
                return Ok(());
            }
            return self.revise(|events| {
                for known in events.iter_mut().filter(|known| known.is_same(&event)) {
                    known.refine(&event);
                }
            });
        }
        if self.happenings.len() >= HAPPENINGS_MAX {
            return Err(IllegalEvent {
                state: self.state.as_str(),
                event: "continued beyond its greatest length",
            });
        }
        self.revise(|events| events.push(event))
    }

    /// Whether this is in the line already, as it is or as another copy tells it.
    pub fn knows(&self, event: &CaseEvent) -> bool {
        let mut known = self.happenings.iter().map(|known| &known.event);
        known.any(|known| known.is_same(event))
    }

    /// The contact is who wrote the first mail, whatever changed the order of them.
    fn name_contact(&mut self) {
        let first = self.messages().next().map(|first| first.author.clone());
        if let Some(author) = first {
            self.contact = author;
        }
    }

    /// Changes what happened and works out order and state anew. Fails if the line would
    /// become illegal; the case is then unchanged.
    fn revise(&mut self, change: impl FnOnce(&mut Vec<CaseEvent>)) -> Result<(), IllegalEvent> {
        let kept = self.happenings.iter().map(|known| known.event.clone());
        let mut events: Vec<CaseEvent> = kept.collect();
        change(&mut events);
        let line = self.without_numbers_again(order::arrange(events));
        let state = walk::fold(&line)?;
        if state.generation() > self.state.generation() {
            // What was said by hand was said about the round that is over.
            self.snoozed_until = None;
            self.urgent = false;
        }
        self.happenings = line;
        self.state = state;
        self.name_contact();
        Ok(())
    }

    /// A copy of a message had been received before the one known so far: its place in the
    /// line and the start of its clock are those of the earlier copy.
    pub fn received_earlier(
        &mut self,
        key: MessageKey,
        received_at: Timestamp,
        clock_from: Timestamp,
    ) -> Result<(), IllegalEvent> {
        self.revise(|events| {
            for event in events {
                if let CaseEvent::ClientWrote(message) = event
                    && message.key == key
                {
                    message.received_at = message.received_at.min(received_at);
                    message.clock_from = message.clock_from.min(clock_from);
                }
            }
        })
    }

    /// A copy of a message has another Message-ID: an answer that names it answers the message.
    pub fn received_as(&mut self, key: MessageKey, id: IdHash) -> Result<(), IllegalEvent> {
        self.revise(|events| {
            for event in events {
                if let CaseEvent::ClientWrote(message) = event
                    && message.key == key
                    && message.other_ids.len() < OTHER_IDS_MAX
                    && message.ids().all(|known| known != id)
                {
                    message.other_ids.push(id);
                }
            }
        })
    }

    /// What closed the case, if it is closed.
    pub fn closed_by(&self) -> Option<Closing> {
        let walk = self.walked();
        walk.closed_by.filter(|_| !self.is_open())
    }

    /// The case that goes on with this one, if it was joined to another.
    pub fn joined_to(&self) -> Option<CaseId> {
        match self.state {
            CaseState::Settled {
                how: Settlement::Joined(other),
                ..
            } => Some(other),
            CaseState::New
            | CaseState::Waiting { .. }
            | CaseState::Acknowledged { .. }
            | CaseState::Answered { .. }
            | CaseState::Settled { .. } => None,
        }
    }

    /// The cases this one was separated from, by somebody who knew better: they are never
    /// taken for one again.
    pub fn apart_from(&self) -> impl Iterator<Item = CaseId> {
        let separated = self
            .happenings
            .iter()
            .filter_map(|known| match known.event {
                CaseEvent::Separated { from, to, .. } => Some([from, to]),
                CaseEvent::ClientWrote(_)
                | CaseEvent::TeamAnswered(_)
                | CaseEvent::Acknowledged { .. }
                | CaseEvent::Settled { .. }
                | CaseEvent::Disputed { .. }
                | CaseEvent::RoundVanished { .. } => None,
            });
        separated.flatten().filter(|id| *id != self.id)
    }

    /// Whether it has gone on for so long, or is linked with so many mails, that further mail
    /// opens a new case with a clock of its own. Some room is left for what ends it: an answer
    /// still reaches it.
    pub fn is_full(&self) -> bool {
        self.happenings.len() >= HAPPENINGS_MAX - LEFT_FOR_THE_END
            || self.thread.len() >= THREAD_IDS_MAX - LEFT_FOR_THE_END
    }

    /// The round of waiting in which a clock began that runs: a mail after our own
    /// acknowledgement begins a new round, but does not start the answer clock again; nor does an
    /// answer to one of several people start the clock of another again.
    pub fn generation_of(&self, clock: Clock) -> Generation {
        self.walked().began(clock)
    }

    fn walked(&self) -> Walk<'_> {
        let mut walk = Walk::along(&self.happenings);
        for happening in &self.happenings {
            // Illegal lines are refused before they get here.
            if walk.step(happening).is_err() {
                break;
            }
        }
        walk
    }

    /// The last wait that a person ended, by an answer or by a word that one was given elsewhere:
    /// from when the oldest mail without an answer counted, and until when. `None` if nobody has
    /// answered yet.
    pub fn last_answered_wait(&self) -> Option<(Timestamp, Timestamp)> {
        let mut walk = Walk::along(&self.happenings);
        let mut last = None;
        for happening in &self.happenings {
            let before = walk.state;
            if walk.step(happening).is_err() {
                continue;
            }
            let (CaseState::Waiting { answer_since, .. }
            | CaseState::Acknowledged { answer_since, .. }) = before
            else {
                continue;
            };
            match walk.state {
                CaseState::Answered { at, .. }
                | CaseState::Settled {
                    at,
                    how: Settlement::Answered | Settlement::Phoned | Settlement::Met,
                    ..
                } => last = Some((answer_since, at.max(answer_since))),
                CaseState::New
                | CaseState::Waiting { .. }
                | CaseState::Acknowledged { .. }
                | CaseState::Settled { .. } => {}
            }
        }
        last
    }

    /// The client's messages, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &ClientMessage> {
        self.happenings
            .iter()
            .filter_map(|happening| match &happening.event {
                CaseEvent::ClientWrote(message) => Some(message),
                CaseEvent::TeamAnswered(_)
                | CaseEvent::Acknowledged { .. }
                | CaseEvent::Settled { .. }
                | CaseEvent::Disputed { .. }
                | CaseEvent::Separated { .. }
                | CaseEvent::RoundVanished { .. } => None,
            })
    }

    /// The client's message with this identity.
    pub fn message_mut(&mut self, key: MessageKey) -> Option<&mut ClientMessage> {
        let events = self.happenings.iter_mut().map(|known| &mut known.event);
        let mut messages = events.filter_map(|event| match event {
            CaseEvent::ClientWrote(message) => Some(message),
            CaseEvent::TeamAnswered(_)
            | CaseEvent::Acknowledged { .. }
            | CaseEvent::Settled { .. }
            | CaseEvent::Disputed { .. }
            | CaseEvent::Separated { .. }
            | CaseEvent::RoundVanished { .. } => None,
        });
        messages.find(|message| message.key == key)
    }

    /// The client's messages nobody has answered yet, oldest first.
    pub fn unanswered(&self) -> impl DoubleEndedIterator<Item = &ClientMessage> {
        let waiting: Vec<&ClientMessage> = self.walked().waiting().collect();
        waiting.into_iter()
    }

    /// Every place where one of the client's messages lies.
    pub fn holders(&self) -> impl Iterator<Item = &Location> {
        self.messages().flat_map(|message| &message.holders)
    }

    /// When the client's first mail came, never later than the moment we saw it.
    pub fn opened_at(&self) -> Option<Timestamp> {
        self.messages().next().map(|message| message.clock_from)
    }

    /// Whether a client still waits, for any response or for a person's answer.
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Whether it is urgent, by its mails or by hand, or was in its last round of waiting if nobody
    /// waits any more.
    pub fn is_urgent(&self) -> bool {
        let mut walk = Walk::along(&self.happenings);
        let mut by_mail = false;
        for happening in &self.happenings {
            let before = walk.state.generation();
            if walk.step(happening).is_err() {
                continue;
            }
            by_mail &= walk.state.generation() == before;
            by_mail |= matches!(
                walk.state,
                CaseState::Waiting {
                    urgent_since: Some(_),
                    ..
                }
            );
        }
        self.urgent || by_mail
    }

    /// Whether this rung was acted upon in the present round of waiting.
    pub fn is_marked(&self, stage: Stage) -> bool {
        self.marked(stage.clock).any(|marked| marked == stage)
    }

    /// The rungs of a clock that were acted upon in the present round of waiting.
    pub fn marked(&self, clock: Clock) -> impl Iterator<Item = Stage> {
        let since = self.generation_of(clock);
        let own = self
            .marks
            .iter()
            .filter(move |mark| mark.generation >= since && mark.stage.clock == clock);
        own.map(|mark| mark.stage)
    }

    /// Whether the case agrees with itself; the first disagreement otherwise.
    pub fn check(&self) -> Result<(), String> {
        let events = self.happenings.iter().map(|known| known.event.clone());
        let line = order::arrange(events.collect());
        if line != self.happenings {
            return Err("its happenings are not in order".into());
        }
        let state = walk::fold(&line).map_err(|illegal| illegal.to_string())?;
        if state != self.state {
            return Err(format!("it is {:?} but should be {state:?}", self.state));
        }
        let acknowledged = line
            .iter()
            .filter(|known| matches!(known.event, CaseEvent::Acknowledged { .. }))
            .count();
        if acknowledged > 1 || (acknowledged == 1 && self.acknowledgement.is_none()) {
            return Err("it was acknowledged more often than decided".into());
        }
        Ok(())
    }
}
