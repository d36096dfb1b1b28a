//! A walk along the line of what happened, and which of the waiting mails an answer reaches.
//!
//! Several people of a client may wait in one case, each for an answer of his own. An answer
//! settles a waiting mail if it
//!
//! - *names* it by In-Reply-To or References, or names a mail of the client that in its turn
//!   names it: who answers the last of several mails answers what it was written about;
//! - or is *addressed* (To, Cc) to who wrote it.
//!
//! What somebody else asked goes on waiting, with the deadline that its own receipt gives it: a
//! new round ([`Generation`]), because nobody was reminded of that clock yet. A mail that is
//! passed on (`Fwd:`) names what it carries without answering it; of it and of a new thread only
//! the addressees count ([`Reach`]). The mark of a mail program on one mail reaches what a reply
//! to its author would. A word of a person's settles the whole case, and so does an answer of
//! which an earlier version did not keep whom it was addressed to.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Answer, CaseEvent, ClientMessage, Closing, Evidence, Happening, Reach};
use super::state::{CaseState, IllegalEvent, Left, after_part, next};
use crate::domain::ids::{Generation, IdHash, MessageId, MessageKey};
use crate::domain::policy::Clock;
use crate::domain::time::Timestamp;

/// Works out the state from the whole line of happenings.
pub(super) fn fold(line: &[Happening]) -> Result<CaseState, IllegalEvent> {
    let mut walk = Walk::along(line);
    for happening in line {
        walk.step(happening)?;
    }
    Ok(walk.state)
}

/// A walk along a line of happenings, from state to state.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    /// Where it stands.
    pub(super) state: CaseState,
    /// What closed the case last, if it is closed.
    pub(super) closed_by: Option<Closing>,
    /// The last number of a round that was given out to mails that were taken out since, or to
    /// a round that was none.
    pub(super) given_out: Generation,
    line: &'a [Happening],
    disputed: Vec<&'a Closing>,
    waiting: Vec<Waiting<'a>>,
    acknowledged_at: Option<Timestamp>,
    /// In which round the acknowledge clock began that runs, and the answer clock.
    began: (Generation, Generation),
    /// What each of the client's mails names; made when it is first needed.
    named_by: Option<BTreeMap<IdHash, Vec<IdHash>>>,
}

/// A mail that waits.
#[derive(Debug, Clone, Copy)]
struct Waiting<'a> {
    message: &'a ClientMessage,
    /// Whether our acknowledgement was a response to it.
    is_acknowledged: bool,
}

impl<'a> Walk<'a> {
    /// A walk that begins in front of the line.
    pub(super) fn along(line: &'a [Happening]) -> Self {
        let disputed = line.iter().filter_map(|happening| match &happening.event {
            CaseEvent::Disputed { what, .. } => Some(what),
            CaseEvent::ClientWrote(_)
            | CaseEvent::TeamAnswered(_)
            | CaseEvent::Acknowledged { .. }
            | CaseEvent::Settled { .. }
            | CaseEvent::Separated { .. }
            | CaseEvent::RoundVanished { .. } => None,
        });
        Self {
            state: CaseState::New,
            closed_by: None,
            given_out: Generation(0),
            line,
            disputed: disputed.collect(),
            waiting: Vec::new(),
            acknowledged_at: None,
            began: (Generation(0), Generation(0)),
            named_by: None,
        }
    }

    /// Takes the next happening of the line.
    pub(super) fn step(&mut self, happening: &'a Happening) -> Result<(), IllegalEvent> {
        let event = &happening.event;
        let closing = event.closing();
        if closing.is_some_and(|closing| self.disputed.contains(&&closing)) {
            return Ok(());
        }
        let reached = match event {
            CaseEvent::TeamAnswered(answer) => self.reached(answer),
            _ => Reached::All,
        };
        if let CaseEvent::Separated { rounds, .. } | CaseEvent::RoundVanished { rounds, .. } = event
        {
            self.given_out = self.given_out.max(*rounds);
        }
        let (before, ruled) = (self.state, self.ruling());
        self.state = match reached {
            Reached::Nothing => return Ok(()),
            Reached::All => next(&self.state, event)?,
            Reached::Some(left) => {
                self.waiting = left;
                let is_other = self.ruling() != ruled;
                after_part(&self.state, &self.left(), is_other)
            }
        };
        let is_new_round = self.state.generation() > before.generation();
        if is_new_round && self.state.generation() <= self.given_out {
            self.state.number(Generation(self.given_out.0 + 1));
        }
        self.take_down(event, &before);
        if is_new_round {
            self.note_round(&before, ruled);
        }
        match closing {
            Some(closing) if !self.state.is_open() => {
                self.closed_by.get_or_insert(closing);
            }
            _ if self.state.is_open() => self.closed_by = None,
            _ => {}
        }
        Ok(())
    }

    /// Who waits after an event that concerned all.
    fn take_down(&mut self, event: &'a CaseEvent, before: &CaseState) {
        match event {
            CaseEvent::ClientWrote(message) if !message.thanks => self.waiting.push(Waiting {
                message,
                is_acknowledged: false,
            }),
            CaseEvent::Acknowledged { at, .. } if before.is_open() => {
                self.acknowledged_at = Some(*at);
                for waiting in &mut self.waiting {
                    waiting.is_acknowledged = true;
                }
            }
            _ => {}
        }
        if !self.state.is_open() {
            self.waiting.clear();
        }
    }

    /// A clock began with this round that did not run before; the other one may run on.
    fn note_round(&mut self, before: &CaseState, ruled: [Option<MessageKey>; 2]) {
        let generation = self.state.generation();
        let ruling = self.ruling();
        let is_open = before.is_open();
        if !is_open || ruling[0] != ruled[0] {
            self.began.0 = generation;
        }
        if !is_open || ruling[1] != ruled[1] {
            self.began.1 = generation;
        }
    }

    /// The round in which a clock began that runs.
    pub(super) const fn began(&self, clock: Clock) -> Generation {
        match clock {
            Clock::Acknowledge => self.began.0,
            Clock::Answer => self.began.1,
        }
    }

    /// The client's mails nobody has answered yet, in the order of the line.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = &'a ClientMessage> {
        self.waiting.iter().map(|waiting| waiting.message)
    }

    /// Which mail rules the clock that began last.
    pub(super) fn ruling_mail(&self) -> Option<MessageKey> {
        let [acknowledge, answer] = self.ruling();
        let generation = self.state.generation();
        match self.began.0 == generation {
            true => acknowledge.or(answer),
            false => answer,
        }
    }

    /// The mails that rule the acknowledge clock and the answer clock.
    fn ruling(&self) -> [Option<MessageKey>; 2] {
        let oldest = |is_meant: &dyn Fn(&&Waiting<'_>) -> bool| {
            let meant = self.waiting.iter().filter(is_meant);
            let oldest = meant.min_by_key(|waiting| waiting.message.clock_from);
            oldest.map(|waiting| waiting.message.key)
        };
        [
            oldest(&|waiting| !waiting.is_acknowledged),
            oldest(&|_| true),
        ]
    }

    /// What those who are left wait for.
    fn left(&self) -> Left {
        let counted = |waiting: &Waiting<'_>| waiting.message.clock_from;
        let open = self.waiting.iter().filter(|own| !own.is_acknowledged);
        let urgent = self.waiting.iter().zip(1..).filter(|(own, number)| {
            !own.is_acknowledged && Left::is_urgent(own.message.urgent, *number)
        });
        Left {
            since: open.map(counted).min(),
            answer_since: self.waiting.iter().map(counted).min(),
            urgent_since: urgent.map(|(own, _)| counted(own)).min(),
            unanswered: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
            acknowledged_at: self.acknowledged_at,
        }
    }

    /// Which of those who wait an answer reaches.
    fn reached(&mut self, answer: &Answer) -> Reached<'a> {
        let is_new_thread = answer.evidence == Evidence::NewThread;
        if !self.state.is_open() {
            // A reply may still be better evidence than the flag that was seen before it.
            return match is_new_thread {
                true => Reached::Nothing,
                false => Reached::All,
            };
        }
        let contacts = answer.contacts().to_vec();
        let is_addressed = |own: &ClientMessage| {
            let author = IdHash::of_contact(&own.author.address);
            contacts.contains(&author) && (!is_new_thread || own.received_at < answer.at)
        };
        if answer.reach == Reach::Whole {
            // Kept by an earlier version, which told neither of these apart.
            let is_in_vain = is_new_thread && !contacts.is_empty();
            return match is_in_vain && !self.waiting().any(is_addressed) {
                true => Reached::Nothing,
                false => Reached::All,
            };
        }
        let line = self.line;
        let names = |own: &ClientMessage| {
            let mut named = own.ids().filter(|id| answer.names.contains(id));
            named.any(|id| !is_anothers(line, own, id))
        };
        let by_name = matches!(answer.reach, Reach::Named(_));
        if self
            .waiting()
            .all(|own| is_addressed(own) || (by_name && names(own)))
        {
            return Reached::All;
        }
        let named = self.named(answer);
        let author = self.flagged(answer).map(|own| &own.author.address);
        let is_named = |own: &ClientMessage| {
            let led_to = |id| named.contains(&id) && !answer.names.contains(&id);
            (by_name && names(own)) || own.ids().any(led_to)
        };
        let reaches = |own: &ClientMessage| {
            is_addressed(own)
                || answer.evidence == Evidence::AnsweredFlag(own.key)
                || author == Some(&own.author.address)
                || is_named(own)
        };
        let before = self.waiting.len();
        let waiting = self.waiting.iter();
        let left: Vec<Waiting<'a>> = waiting
            .filter(|own| !reaches(own.message))
            .copied()
            .collect();
        match left.len() {
            0 => Reached::All,
            count if count == before => Reached::Nothing,
            _ => Reached::Some(left),
        }
    }

    /// Everything an answer names, directly or through the client's mails.
    fn named(&mut self, answer: &Answer) -> BTreeSet<IdHash> {
        if matches!(answer.reach, Reach::Addressed(_)) {
            return BTreeSet::new();
        }
        let flagged = self.flagged(answer).into_iter();
        let flagged = flagged.flat_map(ClientMessage::ids);
        let mut left: Vec<IdHash> = answer.names.iter().copied().chain(flagged).collect();
        let line = self.line;
        let named_by = self.named_by.get_or_insert_with(|| named_by(line));
        let mut named = BTreeSet::new();
        while let Some(id) = left.pop() {
            if named.insert(id) {
                left.extend(named_by.get(&id).into_iter().flatten());
            }
        }
        named
    }

    /// The mail that bears the mark of which an answer tells.
    fn flagged(&self, answer: &Answer) -> Option<&'a ClientMessage> {
        let Evidence::AnsweredFlag(key) = answer.evidence else {
            return None;
        };
        mails(self.line).find(|own| own.key == key)
    }
}

/// Whom an answer reaches.
enum Reached<'a> {
    /// Nobody who waits.
    Nothing,
    /// All who wait.
    All,
    /// Some; these are left.
    Some(Vec<Waiting<'a>>),
}

fn mails(line: &[Happening]) -> impl Iterator<Item = &ClientMessage> {
    line.iter().filter_map(|happening| match &happening.event {
        CaseEvent::ClientWrote(message) => Some(message),
        CaseEvent::TeamAnswered(_)
        | CaseEvent::Acknowledged { .. }
        | CaseEvent::Settled { .. }
        | CaseEvent::Disputed { .. }
        | CaseEvent::Separated { .. }
        | CaseEvent::RoundVanished { .. } => None,
    })
}

/// Whether a mail of somebody else bears the same Message-ID, so that it names neither of them.
fn is_anothers(line: &[Happening], own: &ClientMessage, id: IdHash) -> bool {
    let mut others = mails(line).filter(|other| other.author.address != own.author.address);
    others.any(|other| other.ids().any(|other| other == id))
}

fn named_by(line: &[Happening]) -> BTreeMap<IdHash, Vec<IdHash>> {
    let mut all: BTreeMap<IdHash, Vec<IdHash>> = BTreeMap::new();
    for message in mails(line) {
        let names: Vec<IdHash> = message.references.iter().map(MessageId::hash).collect();
        for id in message.ids() {
            all.entry(id).or_default().extend(&names);
        }
    }
    all
}
