//! Two cases that turn out to be one conversation.
//!
//! A mail that connects them may be seen last, although it was written first. Then the one
//! case goes on with all that happened in both, as if everything had been seen in order.

use super::order::arrange;
use super::rounds::rounds;
use super::walk::fold;
use super::{Case, CaseEvent, HAPPENINGS_MAX, Happening, IllegalEvent, Mark};
use crate::domain::address::Address;
use crate::domain::ids::Generation;
use crate::domain::outbox::StageKey;
use crate::domain::time::Timestamp;

/// How many Message-IDs of one conversation are remembered. Well before, the case is full
/// ([`Case::is_full`]), and cases that have more together are not joined: each goes on by
/// itself, with its own clock.
pub const THREAD_IDS_MAX: usize = 1000;

impl Case {
    /// Goes on with all that happened in another case. Rungs that were acted upon in either
    /// stay so.
    ///
    /// Fails if the line would become illegal or too long; this case is then unchanged.
    pub fn join(&mut self, other: &Self) -> Result<(), IllegalEvent> {
        // Nobody was told of the other case under a number of this one.
        let line = self.without_numbers_again(arrange(united(self, other)));
        let foreign = other.thread.iter().filter(|id| !self.thread.contains(id));
        let links = self.thread.len() + foreign.count();
        if line.len() >= HAPPENINGS_MAX || links > THREAD_IDS_MAX {
            return Err(IllegalEvent {
                state: self.state.as_str(),
                event: "continued beyond its greatest length",
            });
        }
        let state = fold(&line)?;
        let rounds = rounds(&line);
        let mut marks: Vec<Mark> = Vec::new();
        for case in [&*self, other] {
            for mark in &case.marks {
                let generation = case.generation_in(mark.generation, &rounds);
                let mark = Mark {
                    generation,
                    ..mark.clone()
                };
                if !marks.contains(&mark) {
                    marks.push(mark);
                }
            }
        }
        let first = |case: &Self| case.messages().next().map(|first| first.key);
        let own_first = first(self);
        self.snoozed_until = snoozed(self, other);
        self.urgent = (self.urgent && self.is_open()) || (other.urgent && other.is_open());
        self.assigned_to = assigned(self, other);
        for id in &other.thread {
            if !self.thread.contains(id) {
                self.thread.push(*id);
            }
        }
        self.acknowledgement = last_acknowledgement(&line)
            .or(self.acknowledgement)
            .or(other.acknowledgement);
        self.marks = marks;
        self.happenings = line;
        self.state = state;
        self.name_contact();
        if first(self) != own_first && first(self) == first(other) {
            self.subject = other.subject.clone();
        }
        Ok(())
    }

    /// What the key of a mail about this case becomes in the case that goes on with it.
    pub fn key_in(&self, key: StageKey, joined: &Self) -> StageKey {
        StageKey {
            case: joined.id,
            generation: self.generation_in(key.generation, &rounds(&joined.happenings)),
            stage: key.stage,
        }
    }

    /// Which of these rounds ran when a round of this case began.
    fn generation_in(
        &self,
        generation: Generation,
        others: &[(Generation, Timestamp)],
    ) -> Generation {
        let own = rounds(&self.happenings);
        let Some((_, began)) = own.iter().find(|(own, _)| *own == generation) else {
            return generation;
        };
        let running = others.iter().rfind(|(_, at)| at <= began);
        running.map_or(generation, |(other, _)| *other)
    }
}

/// What happened in both, each once. A case is acknowledged once: where both were, only the
/// later acknowledgement is kept, which covers what came before it.
fn united(own: &Case, other: &Case) -> Vec<CaseEvent> {
    let mut events: Vec<CaseEvent> = Vec::new();
    let both = own.happenings.iter().chain(&other.happenings);
    for event in both.map(|known| &known.event) {
        match events.iter_mut().find(|known| known.is_same(event)) {
            Some(known) => known.refine(event),
            None => events.push(event.clone()),
        }
    }
    let acknowledged = |event: &CaseEvent| match event {
        CaseEvent::Acknowledged { at, row } => Some((*at, *row)),
        CaseEvent::ClientWrote(_)
        | CaseEvent::TeamAnswered(_)
        | CaseEvent::Settled { .. }
        | CaseEvent::Disputed { .. }
        | CaseEvent::Separated { .. }
        | CaseEvent::RoundVanished { .. } => None,
    };
    let last = events.iter().filter_map(acknowledged).max();
    events.retain(|event| acknowledged(event).is_none_or(|own| Some(own) == last));
    events
}

fn last_acknowledgement(line: &[Happening]) -> Option<crate::domain::ids::OutboxId> {
    line.iter()
        .rev()
        .find_map(|happening| match happening.event {
            CaseEvent::Acknowledged { row, .. } => Some(row),
            CaseEvent::ClientWrote(_)
            | CaseEvent::TeamAnswered(_)
            | CaseEvent::Settled { .. }
            | CaseEvent::Disputed { .. }
            | CaseEvent::Separated { .. }
            | CaseEvent::RoundVanished { .. } => None,
        })
}

/// Who was named for either goes on with both; of two, the one whose part waits.
fn assigned(own: &Case, other: &Case) -> Option<Address> {
    let both = match own.is_open() || !other.is_open() {
        true => [own, other],
        false => [other, own],
    };
    both.into_iter().find_map(|case| case.assigned_to.clone())
}

/// Snoozed as long as every part that waits is.
fn snoozed(own: &Case, other: &Case) -> Option<Timestamp> {
    let waiting = [own, other].into_iter().filter(|case| case.is_open());
    waiting
        .map(|case| case.snoozed_until)
        .reduce(|one, another| one.zip(another).map(|(one, another)| one.min(another)))
        .flatten()
}
