//! What can happen to a case.

use crate::domain::address::{Address, Author};
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, Generation, IdHash, MessageId, MessageKey, OutboxId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;

/// Something that happened, with its place in the order of happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Its place in the line (`order.rs`): the moment it took effect, by the clocks of mail
    /// servers, or later where what it followed is later.
    pub at: Timestamp,
    /// What happened.
    pub event: CaseEvent,
}

/// What can happen to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseEvent {
    /// The client wrote.
    ClientWrote(ClientMessage),
    /// A person of the team answered.
    TeamAnswered(Answer),
    /// Our own acknowledgement was accepted by the mail server.
    Acknowledged {
        /// When.
        at: Timestamp,
        /// The row it was.
        row: OutboxId,
    },
    /// Somebody said that no answer is owed any more.
    Settled {
        /// When.
        at: Timestamp,
        /// In what way.
        how: Settlement,
        /// Who said so.
        by: String,
    },
    /// Somebody said that what had closed the case does not count.
    Disputed {
        /// When.
        at: Timestamp,
        /// What does not count.
        what: Closing,
        /// Who said so.
        by: String,
    },
    /// Somebody said that a mail belongs to a conversation of its own. The line of either case
    /// tells of it, so that they are never taken for one again.
    Separated {
        /// When.
        at: Timestamp,
        /// The case it was taken out of.
        from: CaseId,
        /// The case it is now.
        to: CaseId,
        /// In the case it was taken out of, the last round of waiting until then: its number
        /// is not given out again. Zero in the other case.
        rounds: Generation,
        /// Who said so.
        by: String,
    },
    /// What was seen late showed that a round of waiting somebody had been reminded of was none,
    /// or another. Rounds that begin later in the line get higher numbers.
    RoundVanished {
        /// Behind the last round whose number stays.
        at: Timestamp,
        /// The last number that is not given out again.
        rounds: Generation,
    },
}

/// What may close a case, named so that it is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// An answer.
    Answer {
        /// The mail that answered, if it was one.
        message: Option<MessageKey>,
        /// What made us think so.
        evidence: Evidence,
    },
    /// What somebody had said.
    Word {
        /// When.
        at: Timestamp,
    },
}

/// A mail of the client in this case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMessage {
    /// Its identity.
    pub key: MessageKey,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// The Message-IDs that copies of it were given on the way: an answer may name any of them.
    pub other_ids: Vec<IdHash>,
    /// What it referred to, shortened to what a reply has to name again.
    pub references: Vec<MessageId>,
    /// Who wrote it.
    pub author: Author,
    /// Addresses of nobody we know at which he is answered: a reply to this mail that goes there
    /// answers it ([`IdHash::of_contact`]).
    pub answered_at: Vec<IdHash>,
    /// When the server received it, by the server's own clock: its place among the mails.
    pub received_at: Timestamp,
    /// From when its clocks count: the receipt, but never later than the moment we first saw it.
    pub clock_from: Timestamp,
    /// Whether it is urgent by itself.
    pub urgent: bool,
    /// Whether it may be acknowledged, as far as the message itself tells.
    pub may_acknowledge: bool,
    /// Whether it failed DMARC.
    pub suspicious: bool,
    /// Whether it is a short thanks after our answer.
    pub thanks: bool,
    /// The language it is written in, if it tells.
    pub language: Option<Language>,
    /// Where it lies. Several places if it came to several mailboxes.
    pub holders: Vec<Location>,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The mail that answered, if it was one.
    pub message: Option<MessageKey>,
    /// When it was written, by the clocks of who wrote and received it, or when the flag was
    /// seen: its place among the mails.
    pub at: Timestamp,
    /// When it stopped the clocks: `at`, but never later than the moment we first saw it.
    pub stopped_at: Timestamp,
    /// What makes us think so.
    pub evidence: Evidence,
    /// The messages it names; of a new thread of which the [`reach`](Self::reach) is not known,
    /// the contacts it was addressed to ([`IdHash::of_contact`]).
    pub names: Vec<IdHash>,
    /// Which of the mails that wait it answers.
    pub reach: Reach,
    /// Who answered.
    pub by: Option<Address>,
    /// Its own Message-ID, if it was a mail that has one: what names it came after it.
    pub id: Option<IdHash>,
}

/// Which of the mails that wait in a case an answer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All of them: whom it was addressed to was not kept by an earlier version.
    Whole,
    /// Those that it names, and those of the contacts it was addressed to
    /// ([`IdHash::of_contact`], in order).
    Named(Vec<IdHash>),
    /// Those of the contacts it was addressed to, whatever it names: it is a new thread, or
    /// passes a mail on.
    Addressed(Vec<IdHash>),
}

impl Reach {
    /// What two copies of one mail tell together, whichever is seen first.
    fn united(&self, other: &Self) -> Self {
        let all = |one: &[IdHash], two: &[IdHash]| {
            let all: std::collections::BTreeSet<IdHash> = one.iter().chain(two).copied().collect();
            all.into_iter().collect()
        };
        match (self, other) {
            (Self::Whole, _) | (_, Self::Whole) => Self::Whole,
            (Self::Addressed(own), Self::Addressed(other)) => Self::Addressed(all(own, other)),
            (
                Self::Named(own) | Self::Addressed(own),
                Self::Named(other) | Self::Addressed(other),
            ) => Self::Named(all(own, other)),
        }
    }
}

/// By what we know that somebody answered, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// A person's mail that names the client's by In-Reply-To or References.
    ReplyHeaders,
    /// A person's new mail to the same contact, without reply headers.
    NewThread,
    /// `\Answered` on a copy of the client's message: weak.
    AnsweredFlag(MessageKey),
}

impl Evidence {
    /// In words, for histories and logs.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ReplyHeaders => "a reply that names the mail",
            Self::NewThread => "a new mail to the same contact",
            Self::AnsweredFlag(_) => "the mailbox marks it as answered (weak evidence)",
        }
    }
}

/// In what way a person settled a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Settlement {
    /// Answered in a way we can't see.
    Answered,
    /// Spoken on the phone.
    Phoned,
    /// Met.
    Met,
    /// No answer is needed.
    Dismissed,
    /// It turned out to be one conversation with another case, which goes on with all of it.
    Joined(CaseId),
}

impl Settlement {
    /// In words, for histories and logs.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Answered => "answered elsewhere",
            Self::Phoned => "phoned",
            Self::Met => "met",
            Self::Dismissed => "no answer needed",
            Self::Joined(_) => "continued in another case",
        }
    }
}

impl ClientMessage {
    /// Every Message-ID by which it may be named.
    pub fn ids(&self) -> impl Iterator<Item = IdHash> {
        let own = self.message_id.as_ref().map(MessageId::hash);
        own.into_iter().chain(self.other_ids.iter().copied())
    }
}

impl Answer {
    /// The contacts it was addressed to, as far as that is known ([`IdHash::of_contact`]).
    pub fn contacts(&self) -> &[IdHash] {
        match &self.reach {
            Reach::Named(contacts) | Reach::Addressed(contacts) => contacts,
            Reach::Whole if self.evidence == Evidence::NewThread => &self.names,
            Reach::Whole => &[],
        }
    }
}

impl CaseEvent {
    /// Whether this is the same happening, learned of a second time.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ClientWrote(own), Self::ClientWrote(other)) => own.key == other.key,
            (Self::TeamAnswered(own), Self::TeamAnswered(other)) => {
                own.message == other.message && own.evidence == other.evidence
            }
            (Self::Acknowledged { row, .. }, Self::Acknowledged { row: other, .. }) => row == other,
            (Self::Settled { .. }, Self::Settled { .. }) => self == other,
            (Self::Disputed { what, .. }, Self::Disputed { what: other, .. }) => what == other,
            (Self::Separated { to, .. }, Self::Separated { to: other, .. }) => to == other,
            (Self::RoundVanished { .. }, Self::RoundVanished { .. }) => self == other,
            (Self::ClientWrote(_), _)
            | (Self::TeamAnswered(_), _)
            | (Self::Acknowledged { .. }, _)
            | (Self::Settled { .. }, _)
            | (Self::Disputed { .. }, _)
            | (Self::Separated { .. }, _)
            | (Self::RoundVanished { .. }, _) => false,
        }
    }

    /// What closes a case, if this may; so that it can be disputed.
    pub(super) fn closing(&self) -> Option<Closing> {
        match self {
            Self::TeamAnswered(answer) => Some(Closing::Answer {
                message: answer.message,
                evidence: answer.evidence,
            }),
            Self::Settled { at, .. } => Some(Closing::Word { at: *at }),
            Self::ClientWrote(_)
            | Self::Acknowledged { .. }
            | Self::Disputed { .. }
            | Self::Separated { .. }
            | Self::RoundVanished { .. } => None,
        }
    }

    /// Takes over what a second copy of the same happening knows better: an answer of which
    /// two copies tell different moments was written at the earlier one.
    pub(super) fn refine(&mut self, other: &Self) {
        if let (Self::TeamAnswered(own), Self::TeamAnswered(other)) = (self, other) {
            // A flag is seen when it is seen; the first time counts.
            if other.message.is_some() {
                own.at = own.at.min(other.at);
                own.stopped_at = own.stopped_at.min(other.stopped_at);
            }
            own.id = own.id.or(other.id);
            own.reach = own.reach.united(&other.reach);
        }
    }
}

impl Happening {
    /// When it happened as our own clock counts, for people: never later than we saw it.
    pub fn counted_at(&self) -> Timestamp {
        match &self.event {
            CaseEvent::ClientWrote(message) => message.clock_from,
            CaseEvent::TeamAnswered(answer) if answer.stopped_at < answer.at => answer.stopped_at,
            CaseEvent::Acknowledged { at, .. }
            | CaseEvent::Settled { at, .. }
            | CaseEvent::Disputed { at, .. }
            | CaseEvent::Separated { at, .. } => *at,
            CaseEvent::TeamAnswered(_) | CaseEvent::RoundVanished { .. } => self.at,
        }
    }

    /// The place in the line: by time; at the same moment the client's mail comes first, so
    /// that an answer in the same second still answers it; then by identity, so that the
    /// line does not depend on the order of arrival.
    pub(super) fn order(&self) -> (Timestamp, u8, u128) {
        match &self.event {
            CaseEvent::ClientWrote(message) => (self.at, 0, message.key.0),
            CaseEvent::TeamAnswered(answer) => {
                (self.at, 1, answer.message.map_or(0, |message| message.0))
            }
            CaseEvent::Acknowledged { row, .. } => (self.at, 2, u128::from(row.0)),
            CaseEvent::Settled { .. } => (self.at, 3, 0),
            CaseEvent::Disputed { .. } => (self.at, 4, 0),
            CaseEvent::Separated { to, .. } => (self.at, 5, u128::from(to.0)),
            CaseEvent::RoundVanished { rounds, .. } => (self.at, 6, u128::from(rounds.0)),
        }
    }
}
