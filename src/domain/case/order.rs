//! The order of what happened, whatever the order in which we learned of it.
//!
//! Vocabulary: a happening's *own moment* is what a clock said: a mail server's for a mail
//! ([`ClientMessage::received_at`], [`Answer::at`]), ours for what we did ourselves. A clock may
//! be wrong by hours, and right again before the next mail. What *follows* what is certain in
//! spite of all clocks:
//!
//! - an answer follows the messages it names, and a client's mail an answer it names;
//! - what a client adds to a mail of his follows the answer to that mail, if it came after it by the
//!   servers' clocks: where the mail comes late, the answer's place is a later one;
//! - what we did follows every mail that was there by then ([`ClientMessage::clock_from`]): an
//!   acknowledgement of ours covers what lay before us, and a word settles it;
//! - a mail that came after that by our own clock follows what we did.
//!
//! A happening's *place* is its own moment, or that of what it follows, if that is later.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Answer, CaseEvent, ClientMessage, Evidence, Happening};
use crate::domain::ids::{IdHash, MessageId};
use crate::domain::time::Timestamp;

/// How far behind what it follows a mail of the client is put: at the same moment, a client's
/// mail would come first.
const BEHIND: chrono::Duration = chrono::Duration::milliseconds(1);

/// Puts events in order.
pub(super) fn arrange(events: Vec<CaseEvent>) -> Vec<Happening> {
    let places = places(&events);
    let happenings = events.into_iter().zip(places);
    let mut line: Vec<Happening> = happenings
        .map(|(event, at)| Happening { at, event })
        .collect();
    line.sort_by_key(Happening::order);
    line
}

/// What is certain of the place of one event.
struct Place {
    own: Timestamp,
    /// The events it follows, by where they are in the list.
    follows: Vec<(usize, Nearness)>,
}

/// How near an event may be to one that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nearness {
    /// It may share its moment.
    Close,
    /// It may not.
    Behind,
}

fn places(events: &[CaseEvent]) -> Vec<Timestamp> {
    let certain = certain(events);
    let mut places: Vec<Timestamp> = certain.iter().map(|place| place.own).collect();
    // The longest row of events each of which follows another. Mails that name each other in a
    // ring were made up; they end here as well.
    for _ in 0..events.len() {
        let next: Vec<Timestamp> = certain.iter().map(|place| place.among(&places)).collect();
        if next == places {
            break;
        }
        places = next;
    }
    places
}

impl Place {
    fn among(&self, places: &[Timestamp]) -> Timestamp {
        let followed = self.follows.iter();
        followed.fold(self.own, |place, (index, nearness)| {
            let followed = places[*index];
            match nearness {
                Nearness::Behind if place <= followed => followed + BEHIND,
                Nearness::Behind => place,
                Nearness::Close => place.max(followed),
            }
        })
    }
}

fn certain(events: &[CaseEvent]) -> Vec<Place> {
    let known = Known::of(events);
    let placed = events.iter().map(|event| match event {
        CaseEvent::ClientWrote(message) => known.of_mail(message),
        CaseEvent::TeamAnswered(answer) => known.of_answer(answer),
        CaseEvent::Acknowledged { at, .. }
        | CaseEvent::Settled { at, .. }
        | CaseEvent::Disputed { at, .. }
        | CaseEvent::Separated { at, .. } => known.of_deed(*at),
        // It is a place in the line already.
        CaseEvent::RoundVanished { at, .. } => Place::at(*at),
    });
    placed.collect()
}

impl Place {
    const fn at(own: Timestamp) -> Self {
        Self {
            own,
            follows: Vec::new(),
        }
    }
}

/// What other events depend on, by where it is in the list.
#[derive(Default)]
struct Known<'a> {
    mails: Vec<(usize, &'a ClientMessage)>,
    by_id: BTreeMap<IdHash, Vec<usize>>,
    /// The answers that name an id.
    naming: BTreeMap<IdHash, Vec<(usize, &'a Answer)>>,
    /// The answers by their own ids.
    answers: BTreeMap<IdHash, Vec<(usize, &'a Answer)>>,
    /// What we did ourselves, and when.
    deeds: Vec<(usize, Timestamp)>,
}

impl<'a> Known<'a> {
    fn of(events: &'a [CaseEvent]) -> Self {
        let mut known = Self::default();
        for (index, event) in events.iter().enumerate() {
            match event {
                CaseEvent::ClientWrote(message) => {
                    known.mails.push((index, message));
                    for id in message.ids() {
                        known.by_id.entry(id).or_default().push(index);
                    }
                }
                CaseEvent::TeamAnswered(answer) => {
                    if let Some(id) = answer.id {
                        known.answers.entry(id).or_default().push((index, answer));
                    }
                    for id in &answer.names {
                        known.naming.entry(*id).or_default().push((index, answer));
                    }
                }
                CaseEvent::Acknowledged { at, .. }
                | CaseEvent::Settled { at, .. }
                | CaseEvent::Disputed { at, .. }
                | CaseEvent::Separated { at, .. } => known.deeds.push((index, *at)),
                CaseEvent::RoundVanished { .. } => {}
            }
        }
        known
    }

    fn of_mail(&self, message: &ClientMessage) -> Place {
        let named = || message.references.iter().map(MessageId::hash);
        let answers = named().filter_map(|id| self.answers.get(&id)).flatten();
        let naming = named().filter_map(|id| self.naming.get(&id)).flatten();
        let before = naming.filter(|(_, answer)| answer.at < message.received_at);
        let answers = answers.chain(before);
        // Of two that name each other, the answer is the later one.
        let answers = answers.filter(|(_, answer)| !is_named(answer, message));
        let later = |(_, at): &&(usize, Timestamp)| *at < message.clock_from;
        let deeds = self.deeds.iter().filter(later).map(|(index, _)| *index);
        let followed: BTreeSet<usize> = answers.map(|(index, _)| *index).chain(deeds).collect();
        let behind = followed.into_iter().map(|index| (index, Nearness::Behind));
        Place {
            own: message.received_at,
            follows: behind.collect(),
        }
    }

    fn of_answer(&self, answer: &Answer) -> Place {
        if let Evidence::AnsweredFlag(key) = answer.evidence {
            let of_key = self.mails.iter().find(|(_, mail)| mail.key == key);
            return match of_key {
                // The flag says nothing about when: it covers its message and what came before.
                Some((index, mail)) => Place {
                    own: mail.received_at,
                    follows: vec![(*index, Nearness::Close)],
                },
                None => Place::at(answer.at),
            };
        }
        let named = answer.names.iter().filter_map(|id| self.by_id.get(id));
        let close = named.flatten().map(|index| (*index, Nearness::Close));
        Place {
            own: answer.at,
            follows: close.collect(),
        }
    }

    fn of_deed(&self, at: Timestamp) -> Place {
        let there = self.mails.iter().filter(|(_, mail)| mail.clock_from <= at);
        Place {
            own: at,
            follows: there.map(|(index, _)| (*index, Nearness::Close)).collect(),
        }
    }
}

fn is_named(answer: &Answer, message: &ClientMessage) -> bool {
    message.ids().any(|id| answer.names.contains(&id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::address::Author;
    use crate::domain::case::Reach;
    use crate::domain::ids::{MessageKey, OutboxId};

    fn at(minute: u8) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + i64::from(minute) * 60, 0).expect("a moment")
    }

    fn id(number: u8) -> MessageId {
        MessageId::parse(&format!("{number}@acme.example")).expect("an id")
    }

    /// Mail `number`, received and first seen at these minutes, naming others.
    fn mail(number: u8, received: u8, seen: u8, names: &[u8]) -> CaseEvent {
        let address = crate::domain::address::Address::parse("bob@acme.example");
        CaseEvent::ClientWrote(ClientMessage {
            key: MessageKey(number.into()),
            message_id: Some(id(number)),
            other_ids: Vec::new(),
            references: names.iter().map(|other| id(*other)).collect(),
            author: Author {
                address: address.expect("an address"),
                name: None,
            },
            answered_at: Vec::new(),
            received_at: at(received),
            clock_from: at(received.min(seen)),
            urgent: false,
            may_acknowledge: true,
            suspicious: false,
            thanks: false,
            language: None,
            holders: Vec::new(),
        })
    }

    fn answer(number: u8, minute: u8, names: &[u8]) -> CaseEvent {
        CaseEvent::TeamAnswered(Answer {
            message: Some(MessageKey(number.into())),
            at: at(minute),
            stopped_at: at(minute),
            evidence: Evidence::ReplyHeaders,
            names: names.iter().map(|other| id(*other).hash()).collect(),
            reach: Reach::Whole,
            by: None,
            id: Some(id(number).hash()),
        })
    }

    fn acknowledged(number: u8, minute: u8) -> CaseEvent {
        CaseEvent::Acknowledged {
            at: at(minute),
            row: OutboxId(number.into()),
        }
    }

    fn event() -> impl Strategy<Value = (u8, u8, u8, u8, Vec<u8>)> {
        let names = proptest::collection::vec(0..8_u8, 0..3);
        (0..3_u8, 0..8_u8, 0..120_u8, 0..120_u8, names)
    }

    fn events() -> impl Strategy<Value = Vec<CaseEvent>> {
        proptest::collection::vec(event(), 0..8).prop_map(|parts| {
            let mut seen = BTreeSet::new();
            let parts = parts
                .into_iter()
                .filter(|part| seen.insert((part.0 == 2, part.1)));
            parts
                .map(|(kind, number, first, second, names)| match kind {
                    0 => mail(number, first, second, &names),
                    1 => answer(number, first, &names),
                    _ => acknowledged(number, first),
                })
                .collect()
        })
    }

    proptest! {
        /// Whatever names whatever, in a ring too, and in whatever order it was learned of.
        #[test]
        fn the_line_does_not_depend_on_the_order_of_learning(
            (events, shuffled) in events().prop_flat_map(|events| {
                (Just(events.clone()), Just(events).prop_shuffle())
            })
        ) {
            let line = arrange(events.clone());
            prop_assert_eq!(&arrange(shuffled), &line);
            let again = line.iter().map(|happening| happening.event.clone()).collect();
            prop_assert_eq!(arrange(again), line);
        }
    }

    #[test]
    fn what_follows_what_stands_behind_it() {
        // The answer names a mail that comes late; what names the answer came at once.
        let line = arrange(vec![
            mail(3, 11, 11, &[2]),
            answer(2, 10, &[1]),
            mail(1, 60, 60, &[]),
            mail(4, 12, 12, &[1]),
        ]);
        let keys: Vec<u128> = line
            .iter()
            .map(|happening| match &happening.event {
                CaseEvent::ClientWrote(message) => message.key.0,
                CaseEvent::TeamAnswered(answer) => answer.message.map_or(0, |key| key.0),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(keys, [1, 2, 3, 4]);
    }
}
