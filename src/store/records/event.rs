//! What happened in a case, as it stands on disk.
//!
//! An event is told by the shortest variant that tells all of it, so that a new property takes a
//! new variant and costs the plain events nothing.

use serde::{Deserialize, Serialize};

use super::closing::{ClosingRecord, EvidenceRecord, SettlementRecord};
use super::{
    AddressText, AuthorRecord, Hash, LocationRecord, MessageIdText, Moment, Unfit, all, maybe,
};
use crate::domain::case::{Answer, CaseEvent, ClientMessage, Reach};
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, Generation, IdHash, MessageKey, OutboxId};
use crate::domain::language::Language;

/// Mirrors [`CaseEvent`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum EventRecord {
    ClientWrote(ClientMessageRecord),
    TeamAnswered(AnswerRecord),
    Acknowledged {
        at: Moment,
        row: u64,
    },
    Settled {
        at: Moment,
        how: SettlementRecord,
        by: String,
    },
    Disputed {
        at: Moment,
        what: ClosingRecord,
        by: String,
    },
    Separated {
        at: Moment,
        from: u64,
        to: u64,
        rounds: u32,
        by: String,
    },
    /// A `TeamAnswered` whose own Message-ID is known.
    Replied {
        answer: AnswerRecord,
        id: Hash,
    },
    RoundVanished {
        at: Moment,
        rounds: u32,
    },
    /// A `ClientWrote` whose clock counts from another moment than its server tells, or whose
    /// copies have other Message-IDs.
    ClientWroteOddly {
        message: ClientMessageRecord,
        clock_from: Moment,
        other_ids: Vec<Hash>,
    },
    /// A `TeamAnswered` or `Replied` that stopped the clocks at another moment than it tells.
    AnsweredAhead {
        answer: AnswerRecord,
        id: Option<Hash>,
        stopped_at: Moment,
    },
    /// A `ClientWroteOddly` whose author is answered at addresses of nobody we know.
    ClientWroteFromElsewhere {
        message: ClientMessageRecord,
        clock_from: Moment,
        other_ids: Vec<Hash>,
        answered_at: Vec<Hash>,
    },
    /// An answer of which is known which of the waiting mails it reaches; the ones before it reach
    /// all.
    AnsweredSome {
        answer: AnswerRecord,
        id: Option<Hash>,
        stopped_at: Moment,
        reach: ReachRecord,
    },
    /// A `ClientWroteFromElsewhere`, or any before it, whose language is known.
    ClientWroteIn {
        message: ClientMessageRecord,
        clock_from: Moment,
        other_ids: Vec<Hash>,
        answered_at: Vec<Hash>,
        /// ISO 639-1.
        language: String,
    },
}

/// Mirrors [`Reach`], except for the whole. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ReachRecord {
    Named(Vec<Hash>),
    Addressed(Vec<Hash>),
}

/// Mirrors [`ClientMessage`]; where nothing else is said its clock counts from its receipt.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ClientMessageRecord {
    key: Hash,
    message_id: Option<MessageIdText>,
    references: Vec<MessageIdText>,
    author: AuthorRecord,
    received_at: Moment,
    urgent: bool,
    may_acknowledge: bool,
    suspicious: bool,
    thanks: bool,
    holders: Vec<LocationRecord>,
}

/// Mirrors [`Answer`]; where nothing else is said it stopped the clocks when it tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AnswerRecord {
    message: Option<Hash>,
    at: Moment,
    evidence: EvidenceRecord,
    names: Vec<Hash>,
    by: Option<AddressText>,
}

impl From<&CaseEvent> for EventRecord {
    fn from(event: &CaseEvent) -> Self {
        match event {
            CaseEvent::ClientWrote(message) => of_mail(message),
            CaseEvent::TeamAnswered(answer) => of_answer(answer),
            CaseEvent::Acknowledged { at, row } => Self::Acknowledged {
                at: (*at).into(),
                row: row.0,
            },
            CaseEvent::Settled { at, how, by } => Self::Settled {
                at: (*at).into(),
                how: (*how).into(),
                by: by.clone(),
            },
            CaseEvent::Disputed { at, what, by } => Self::Disputed {
                at: (*at).into(),
                what: (*what).into(),
                by: by.clone(),
            },
            CaseEvent::Separated {
                at,
                from,
                to,
                rounds,
                by,
            } => Self::Separated {
                at: (*at).into(),
                from: from.0,
                to: to.0,
                rounds: rounds.0,
                by: by.clone(),
            },
            CaseEvent::RoundVanished { at, rounds } => Self::RoundVanished {
                at: (*at).into(),
                rounds: rounds.0,
            },
        }
    }
}

impl TryFrom<EventRecord> for CaseEvent {
    type Error = Unfit;

    fn try_from(record: EventRecord) -> Result<Self, Unfit> {
        Ok(match record {
            EventRecord::ClientWrote(message) => Self::ClientWrote(message.try_into()?),
            EventRecord::TeamAnswered(answer) => Self::TeamAnswered(answer.try_into()?),
            EventRecord::Acknowledged { at, row } => Self::Acknowledged {
                at: at.try_into()?,
                row: OutboxId(row),
            },
            EventRecord::Settled { at, how, by } => Self::Settled {
                at: at.try_into()?,
                how: how.into(),
                by,
            },
            EventRecord::Disputed { at, what, by } => Self::Disputed {
                at: at.try_into()?,
                what: what.try_into()?,
                by,
            },
            EventRecord::Separated {
                at,
                from,
                to,
                rounds,
                by,
            } => Self::Separated {
                at: at.try_into()?,
                from: CaseId(from),
                to: CaseId(to),
                rounds: Generation(rounds),
                by,
            },
            EventRecord::RoundVanished { at, rounds } => Self::RoundVanished {
                at: at.try_into()?,
                rounds: Generation(rounds),
            },
            EventRecord::Replied { answer, id } => Self::TeamAnswered(Answer {
                id: Some(id.into()),
                ..answer.try_into()?
            }),
            EventRecord::ClientWroteOddly {
                message,
                clock_from,
                other_ids,
            } => read_mail(message, clock_from, other_ids, Vec::new(), None)?,
            EventRecord::AnsweredAhead {
                answer,
                id,
                stopped_at,
            } => read_answer(answer, id, stopped_at, None)?,
            EventRecord::ClientWroteFromElsewhere {
                message,
                clock_from,
                other_ids,
                answered_at,
            } => read_mail(message, clock_from, other_ids, answered_at, None)?,
            EventRecord::ClientWroteIn {
                message,
                clock_from,
                other_ids,
                answered_at,
                language,
            } => read_mail(message, clock_from, other_ids, answered_at, Some(&language))?,
            EventRecord::AnsweredSome {
                answer,
                id,
                stopped_at,
                reach,
            } => read_answer(answer, id, stopped_at, Some(reach))?,
        })
    }
}

fn read_mail(
    message: ClientMessageRecord,
    clock_from: Moment,
    other_ids: Vec<Hash>,
    answered_at: Vec<Hash>,
    language: Option<&str>,
) -> Result<CaseEvent, Unfit> {
    let known = |code| Language::parse(code).ok_or(Unfit("a language nobody knows"));
    Ok(CaseEvent::ClientWrote(ClientMessage {
        clock_from: clock_from.try_into()?,
        other_ids: from_hashes(other_ids),
        answered_at: from_hashes(answered_at),
        language: language.map(known).transpose()?,
        ..message.try_into()?
    }))
}

fn read_answer(
    answer: AnswerRecord,
    id: Option<Hash>,
    stopped_at: Moment,
    reach: Option<ReachRecord>,
) -> Result<CaseEvent, Unfit> {
    Ok(CaseEvent::TeamAnswered(Answer {
        id: id.map(IdHash::from),
        stopped_at: stopped_at.try_into()?,
        reach: match reach {
            None => Reach::Whole,
            Some(ReachRecord::Named(contacts)) => Reach::Named(from_hashes(contacts)),
            Some(ReachRecord::Addressed(contacts)) => Reach::Addressed(from_hashes(contacts)),
        },
        ..answer.try_into()?
    }))
}

/// A client's mail, as short as it can be told.
fn of_mail(message: &ClientMessage) -> EventRecord {
    let clock_from = message.clock_from.into();
    let other_ids = hashes(&message.other_ids);
    if let Some(language) = message.language {
        return EventRecord::ClientWroteIn {
            message: message.into(),
            clock_from,
            other_ids,
            answered_at: hashes(&message.answered_at),
            language: language.code().to_owned(),
        };
    }
    if !message.answered_at.is_empty() {
        return EventRecord::ClientWroteFromElsewhere {
            message: message.into(),
            clock_from,
            other_ids,
            answered_at: hashes(&message.answered_at),
        };
    }
    match is_odd(message) {
        false => EventRecord::ClientWrote(message.into()),
        true => EventRecord::ClientWroteOddly {
            message: message.into(),
            clock_from,
            other_ids,
        },
    }
}

/// An answer, as short as it can be told.
fn of_answer(answer: &Answer) -> EventRecord {
    let (id, stopped_at) = (answer.id.map(Into::into), answer.stopped_at.into());
    let reach = match &answer.reach {
        Reach::Whole => None,
        Reach::Named(contacts) => Some(ReachRecord::Named(hashes(contacts))),
        Reach::Addressed(contacts) => Some(ReachRecord::Addressed(hashes(contacts))),
    };
    let is_ahead = answer.stopped_at != answer.at;
    let answer = answer.into();
    match (reach, id) {
        (Some(reach), id) => EventRecord::AnsweredSome {
            answer,
            id,
            stopped_at,
            reach,
        },
        (None, id) if is_ahead => EventRecord::AnsweredAhead {
            answer,
            id,
            stopped_at,
        },
        (None, None) => EventRecord::TeamAnswered(answer),
        (None, Some(id)) => EventRecord::Replied { answer, id },
    }
}

fn hashes(ids: &[IdHash]) -> Vec<Hash> {
    ids.iter().copied().map(Into::into).collect()
}

fn from_hashes(hashes: Vec<Hash>) -> Vec<IdHash> {
    hashes.into_iter().map(IdHash::from).collect()
}

/// Whether there is more to a mail than its plain record tells.
fn is_odd(message: &ClientMessage) -> bool {
    message.clock_from != message.received_at || !message.other_ids.is_empty()
}

impl From<&ClientMessage> for ClientMessageRecord {
    fn from(message: &ClientMessage) -> Self {
        Self {
            key: message.key.into(),
            message_id: message.message_id.as_ref().map(Into::into),
            references: message.references.iter().map(Into::into).collect(),
            author: (&message.author).into(),
            received_at: message.received_at.into(),
            urgent: message.urgent,
            may_acknowledge: message.may_acknowledge,
            suspicious: message.suspicious,
            thanks: message.thanks,
            holders: message.holders.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<ClientMessageRecord> for ClientMessage {
    type Error = Unfit;

    fn try_from(record: ClientMessageRecord) -> Result<Self, Unfit> {
        Ok(Self {
            key: record.key.into(),
            message_id: maybe(record.message_id)?,
            other_ids: Vec::new(),
            references: all(record.references)?,
            author: record.author.try_into()?,
            answered_at: Vec::new(),
            received_at: record.received_at.try_into()?,
            clock_from: record.received_at.try_into()?,
            urgent: record.urgent,
            may_acknowledge: record.may_acknowledge,
            suspicious: record.suspicious,
            thanks: record.thanks,
            language: None,
            holders: record.holders.into_iter().map(Location::from).collect(),
        })
    }
}

impl From<&Answer> for AnswerRecord {
    fn from(answer: &Answer) -> Self {
        Self {
            message: answer.message.map(Into::into),
            at: answer.at.into(),
            evidence: answer.evidence.into(),
            names: answer.names.iter().copied().map(Into::into).collect(),
            by: answer.by.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<AnswerRecord> for Answer {
    type Error = Unfit;

    fn try_from(record: AnswerRecord) -> Result<Self, Unfit> {
        Ok(Self {
            message: record.message.map(MessageKey::from),
            at: record.at.try_into()?,
            stopped_at: record.at.try_into()?,
            evidence: record.evidence.into(),
            names: record.names.into_iter().map(IdHash::from).collect(),
            reach: Reach::Whole,
            by: maybe(record.by)?,
            id: None,
        })
    }
}
