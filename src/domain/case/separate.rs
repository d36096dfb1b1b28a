//! A mail that was put into the wrong conversation becomes a case of its own.
//!
//! The mirror image of [`join`](super::join): of the line of one case two are made, as if the
//! mails had never been taken for one conversation. With a mail go those that answer it, and
//! the answers it got; who had been reminded of it is not reminded again.

use std::collections::{BTreeMap, BTreeSet};

use super::order::arrange;
use super::rounds::{Round, begun, rounds};
use super::walk::fold;
use super::{Answer, Case, CaseEvent, ClientMessage, Closing, Evidence, IllegalEvent, Mark};
use crate::domain::ids::{CaseId, Generation, IdHash, MessageId, MessageKey};
use crate::domain::outbox::StageKey;
use crate::domain::policy::Step;
use crate::domain::time::Timestamp;

/// That a mail belongs to a conversation of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separation {
    /// The client's mail; with it go those that answer it.
    pub message: MessageKey,
    /// The number of the case it becomes.
    pub to: CaseId,
    /// When somebody said so.
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
}

/// What becomes of a case from which a mail is separated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The case without what was taken out.
    pub kept: Case,
    /// The new case.
    pub taken: Case,
}

impl Case {
    /// Makes two cases of one. `None` if nothing would stay: the case holds no mail that does
    /// not answer this one, or not this mail at all.
    ///
    /// Fails if one of the two lines would become illegal.
    pub fn separate(&self, separation: &Separation) -> Result<Option<Parting>, IllegalEvent> {
        let sides = Sides::of(self, separation.message);
        let all = self.messages().count();
        if sides.taken.is_empty() || sides.taken.len() == all {
            return Ok(None);
        }
        let [mut kept, mut taken] = [Vec::new(), Vec::new()];
        for event in self.happenings.iter().map(|known| &known.event) {
            let [stays, goes] = sides.of_event(self, event);
            kept.extend(stays.then(|| event.clone()));
            taken.extend(goes.then(|| numbered(event, Generation(0))));
        }
        let separated = |rounds| CaseEvent::Separated {
            at: separation.at,
            from: self.id,
            to: separation.to,
            rounds,
            by: separation.by.clone(),
        };
        kept.push(separated(self.state.generation()));
        taken.push(separated(Generation(0)));
        let mut kept = self.with_line(self.id, kept)?;
        let mut taken = self.with_line(separation.to, taken)?;
        taken.snoozed_until = None;
        if !is_acknowledged(&taken) {
            taken.acknowledgement = None;
        }
        let links = sides.links(self);
        kept.thread.retain(|id| !links.contains(id));
        taken.thread.retain(|id| links.contains(id));
        kept.marks = self.marks_in(|generation| self.round_in(generation, &kept));
        let acknowledged = is_acknowledged(&taken);
        taken.marks = self.marks_in(|generation| self.same_round_in(generation, &taken));
        taken
            .marks
            .retain(|mark| acknowledged || mark.stage.step != Step::Acknowledge);
        Ok(Some(Parting { kept, taken }))
    }

    /// What the key of a mail about this case becomes when it is separated: for each of the two
    /// cases whose waiting it is about. The case that is kept comes first.
    pub fn keys_in(&self, key: StageKey, parting: &Parting) -> Vec<StageKey> {
        let in_case = |case: &Self, generation: Option<Generation>| {
            generation.map(|generation| StageKey {
                case: case.id,
                generation,
                stage: key.stage,
            })
        };
        let Parting { kept, taken } = parting;
        let stays = in_case(kept, self.round_in(key.generation, kept));
        let goes = in_case(taken, self.same_round_in(key.generation, taken));
        stays.into_iter().chain(goes).collect()
    }

    fn with_line(&self, id: CaseId, events: Vec<CaseEvent>) -> Result<Self, IllegalEvent> {
        let line = arrange(events);
        let mut case = Self {
            id,
            state: fold(&line)?,
            happenings: line,
            ..self.clone()
        };
        let first = |case: &Self| {
            let mut mails = case.messages();
            mails.next().map(|own| (own.key, own.author.clone()))
        };
        let before = first(self).map(|(key, _)| key);
        if let Some((key, author)) = first(&case) {
            case.contact = author;
            // Only the subject of the first mail is kept: none is better than another's.
            if Some(key) != before {
                case.subject.clear();
            }
        }
        Ok(case)
    }

    fn marks_in(&self, round: impl Fn(Generation) -> Option<Generation>) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        for mark in &self.marks {
            let Some(generation) = round(mark.generation) else {
                continue;
            };
            let mark = Mark {
                generation,
                ..mark.clone()
            };
            if !marks.contains(&mark) {
                marks.push(mark);
            }
        }
        marks
    }

    /// The round of the case that is kept in which a round of this case goes on: the one that
    /// ran when it began, or else the first that began while it ran.
    fn round_in(&self, generation: Generation, kept: &Self) -> Option<Generation> {
        let own = rounds(&self.happenings);
        let at = own.iter().position(|(own, _)| *own == generation)?;
        let (began, ended) = (own[at].1, own.get(at + 1).map(|(_, next)| *next));
        let others = rounds(&kept.happenings);
        let running = others.iter().rfind(|(_, other)| *other <= began);
        let later = others
            .iter()
            .find(|(_, other)| ended.is_none_or(|ended| *other < ended));
        running.or(later).map(|(other, _)| *other)
    }

    /// The round of the case that is taken out that began with the same mail: what was said
    /// about the one was said about the other.
    fn same_round_in(&self, generation: Generation, taken: &Self) -> Option<Generation> {
        let own = begun(&self.happenings);
        let own = own.iter().find(|own| own.generation == generation)?;
        let others = begun(&taken.happenings);
        let is_same =
            |other: &&Round| other.at == own.at || (own.mail.is_some() && own.mail == other.mail);
        others.iter().find(is_same).map(|other| other.generation)
    }
}

/// Which mails and answers go, and which stay.
struct Sides {
    taken: BTreeSet<MessageKey>,
    /// For every Message-ID of a mail or reply, whether it goes.
    goes: BTreeMap<IdHash, bool>,
}

impl Sides {
    /// Along the line, each mail goes where the nearest goes that it names.
    fn of(case: &Case, message: MessageKey) -> Self {
        let mut sides = Self {
            taken: BTreeSet::new(),
            goes: BTreeMap::new(),
        };
        for event in case.happenings.iter().map(|known| &known.event) {
            match event {
                CaseEvent::ClientWrote(own) => {
                    let goes = own.key == message || sides.names_taken(references(own));
                    if goes {
                        sides.taken.insert(own.key);
                    }
                    sides.goes.extend(own.ids().map(|id| (id, goes)));
                }
                CaseEvent::TeamAnswered(answer) => {
                    let goes = sides.names_taken(answer.names.iter().copied());
                    // A new thread belongs to whoever it was written to, in each case.
                    let id = answer
                        .id
                        .filter(|_| answer.evidence == Evidence::ReplyHeaders);
                    sides.goes.extend(id.map(|id| (id, goes)));
                }
                CaseEvent::Acknowledged { .. }
                | CaseEvent::Settled { .. }
                | CaseEvent::Disputed { .. }
                | CaseEvent::Separated { .. }
                | CaseEvent::RoundVanished { .. } => {}
            }
        }
        sides
    }

    /// Of ids from the nearest to the furthest: whether the first that is known goes.
    fn names_taken(&self, mut ids: impl Iterator<Item = IdHash>) -> bool {
        ids.find_map(|id| self.goes.get(&id).copied())
            .unwrap_or(false)
    }

    /// Whether an event stays, and whether it goes. Never neither.
    fn of_event(&self, case: &Case, event: &CaseEvent) -> [bool; 2] {
        let one = |goes: bool| [!goes, goes];
        match event {
            CaseEvent::ClientWrote(own) => one(self.taken.contains(&own.key)),
            CaseEvent::TeamAnswered(answer) => self.of_answer(case, answer),
            // It was about every mail that was there.
            CaseEvent::Acknowledged { at, .. } => {
                let [stays, goes] = self.has_mail(case, |own| own.clock_from <= *at);
                [stays || !goes, goes]
            }
            // A word was said about what the case seemed to be about.
            CaseEvent::Settled { at, .. } => {
                let [stays, goes] = self.has_mail(case, |own| own.clock_from <= *at);
                one(!stays && goes)
            }
            CaseEvent::Disputed { what, .. } => {
                let mut disputed = case.happenings.iter().map(|known| &known.event);
                let disputed = disputed.find(|event| event.closing() == Some(*what));
                match (disputed, what) {
                    (Some(event), _) => self.of_event(case, event),
                    (
                        None,
                        Closing::Answer {
                            evidence: Evidence::AnsweredFlag(key),
                            ..
                        },
                    ) => one(self.taken.contains(key)),
                    (None, _) => [true, true],
                }
            }
            CaseEvent::Separated { .. } => [true, true],
            // The numbers of the other case begin anew.
            CaseEvent::RoundVanished { .. } => one(false),
        }
    }

    fn of_answer(&self, case: &Case, answer: &Answer) -> [bool; 2] {
        let one = |goes: bool| [!goes, goes];
        match answer.evidence {
            Evidence::ReplyHeaders => one(self.names_taken(answer.names.iter().copied())),
            Evidence::AnsweredFlag(key) => one(self.taken.contains(&key)),
            Evidence::NewThread => {
                let [stays, goes] = self.has_mail(case, |own| {
                    let author = IdHash::of_contact(&own.author.address);
                    own.received_at < answer.at && answer.contacts().contains(&author)
                });
                [stays || !goes, goes]
            }
        }
    }

    /// Whether among the mails that stay, and among those that go, there is such a one.
    fn has_mail(&self, case: &Case, is: impl Fn(&ClientMessage) -> bool) -> [bool; 2] {
        let has = |goes: bool| {
            let mut mails = case.messages().filter(|own| !own.thanks);
            mails.any(|own| self.taken.contains(&own.key) == goes && is(own))
        };
        [has(false), has(true)]
    }

    /// The links of the conversation that go: the ids of what goes, and what only that names.
    fn links(&self, case: &Case) -> BTreeSet<IdHash> {
        let scope = case.client.hash();
        let [mut stay, mut go] = [BTreeSet::new(), BTreeSet::new()];
        for (id, goes) in &self.goes {
            let links = if *goes { &mut go } else { &mut stay };
            links.insert(id.of_client(scope));
        }
        for event in case.happenings.iter().map(|known| &known.event) {
            let (goes, named): (bool, Vec<IdHash>) = match event {
                CaseEvent::ClientWrote(own) => {
                    (self.taken.contains(&own.key), references(own).collect())
                }
                CaseEvent::TeamAnswered(answer) if answer.evidence == Evidence::ReplyHeaders => {
                    (self.of_answer(case, answer)[1], answer.names.clone())
                }
                CaseEvent::TeamAnswered(_)
                | CaseEvent::Acknowledged { .. }
                | CaseEvent::Settled { .. }
                | CaseEvent::Disputed { .. }
                | CaseEvent::Separated { .. }
                | CaseEvent::RoundVanished { .. } => continue,
            };
            let links = if goes { &mut go } else { &mut stay };
            links.extend(named.into_iter().map(|id| id.of_client(scope)));
        }
        // What both name stays; but a mail's own id goes with it, whoever names it.
        let own = self.goes.iter().filter(|(_, goes)| **goes);
        let own: BTreeSet<IdHash> = own.map(|(id, _)| id.of_client(scope)).collect();
        go.retain(|id| own.contains(id) || !stay.contains(id));
        go
    }
}

/// What a mail names, the nearest first.
fn references(message: &ClientMessage) -> impl Iterator<Item = IdHash> {
    message.references.iter().rev().map(MessageId::hash)
}

/// An earlier separation, as the line of another case tells of it.
fn numbered(event: &CaseEvent, given_out: Generation) -> CaseEvent {
    let mut event = event.clone();
    if let CaseEvent::Separated { rounds, .. } = &mut event {
        *rounds = given_out;
    }
    event
}

fn is_acknowledged(case: &Case) -> bool {
    let mut events = case.happenings.iter().map(|known| &known.event);
    events.any(|event| matches!(event, CaseEvent::Acknowledged { .. }))
}
