//! An outbox row as it stands on disk.

use serde::{Deserialize, Serialize};

use super::mornings::Day;
use super::{AddressText, MessageIdText, Moment, StageRecord, Unfit};
use crate::domain::ids::{CaseId, Generation, OutboxId, RoadName};
use crate::domain::outbox::{OutboxRow, Purpose, Reader, Road, RowState, SecondRoute, StageKey};
use crate::store::record::Record;

/// Mirrors [`OutboxRow`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct RowRecord {
    id: u64,
    message_id: MessageIdText,
    to: AddressText,
    purpose: PurposeRecord,
    keys: Vec<StageKeyRecord>,
    created_at: Moment,
    state: RowStateRecord,
    #[serde(default)]
    released: bool,
    #[serde(default)]
    road: Option<RoadRecord>,
}

/// Mirrors [`Road`].
#[derive(Debug, Serialize, Deserialize)]
struct RoadRecord {
    name: String,
    readers: Vec<ReaderRecord>,
}

/// Mirrors [`Reader`].
#[derive(Debug, Serialize, Deserialize)]
struct ReaderRecord {
    to: AddressText,
    keys: Vec<StageKeyRecord>,
    mail_instead: bool,
}

/// [`RowRecord`] in version 2.
#[derive(Debug, Serialize, Deserialize)]
struct RowRecord2 {
    id: u64,
    message_id: MessageIdText,
    to: AddressText,
    purpose: PurposeRecord,
    keys: Vec<StageKeyRecord>,
    created_at: Moment,
    state: RowStateRecord,
    released: bool,
}

/// [`RowRecord`] in version 1.
#[derive(Debug, Serialize, Deserialize)]
struct RowRecord1 {
    id: u64,
    message_id: MessageIdText,
    to: AddressText,
    purpose: PurposeRecord,
    keys: Vec<StageKeyRecord>,
    created_at: Moment,
    state: RowStateRecord,
}

impl Record for RowRecord {
    const VERSION: u8 = 3;

    fn of_version(version: u8, payload: &[u8]) -> postcard::Result<(Self, &[u8])> {
        if version > 2 {
            return postcard::take_from_bytes(payload);
        }
        if version == 2 {
            let (before, rest) = postcard::take_from_bytes::<RowRecord2>(payload)?;
            return Ok((before.into(), rest));
        }
        let (before, rest) = postcard::take_from_bytes::<RowRecord1>(payload)?;
        Ok((before.into(), rest))
    }
}

/// Then nobody could send a mail on its way by hand.
impl From<RowRecord1> for RowRecord {
    fn from(before: RowRecord1) -> Self {
        Self {
            id: before.id,
            message_id: before.message_id,
            to: before.to,
            purpose: before.purpose,
            keys: before.keys,
            created_at: before.created_at,
            state: before.state,
            released: false,
            road: None,
        }
    }
}

/// Then all went by mail.
impl From<RowRecord2> for RowRecord {
    fn from(before: RowRecord2) -> Self {
        Self {
            id: before.id,
            message_id: before.message_id,
            to: before.to,
            purpose: before.purpose,
            keys: before.keys,
            created_at: before.created_at,
            state: before.state,
            released: before.released,
            road: None,
        }
    }
}

impl From<&Road> for RoadRecord {
    fn from(road: &Road) -> Self {
        let reader = |reader: &Reader| ReaderRecord {
            to: (&reader.to).into(),
            keys: reader.keys.iter().copied().map(Into::into).collect(),
            mail_instead: reader.mail_instead,
        };
        Self {
            name: road.name.as_str().to_owned(),
            readers: road.readers.iter().map(reader).collect(),
        }
    }
}

impl TryFrom<RoadRecord> for Road {
    type Error = Unfit;

    fn try_from(record: RoadRecord) -> Result<Self, Unfit> {
        let mut readers = Vec::new();
        for reader in record.readers {
            readers.push(Reader {
                to: reader.to.try_into()?,
                keys: reader.keys.into_iter().map(StageKey::from).collect(),
                mail_instead: reader.mail_instead,
            });
        }
        Ok(Self {
            name: RoadName::new(record.name),
            readers,
        })
    }
}

/// Mirrors [`Purpose`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
enum PurposeRecord {
    Reminder,
    Escalation,
    Acknowledgement,
    Acknowledged,
    AcknowledgementHeld {
        reason: String,
    },
    Summary,
    Notice {
        subject: String,
        text: String,
    },
    Alarm {
        route: RouteRecord,
        subject: String,
        text: String,
    },
    StandIn,
    Back,
    Morning {
        day: Day,
        since: Moment,
    },
    Weekly {
        monday: Day,
    },
    Confirmation {
        subject: String,
        text: String,
        answers: Option<MessageIdText>,
    },
}

/// Mirrors [`SecondRoute`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum RouteRecord {
    MailServer,
    Command,
}

/// Mirrors [`StageKey`].
#[derive(Debug, Serialize, Deserialize)]
struct StageKeyRecord {
    case: u64,
    generation: u32,
    stage: StageRecord,
}

/// Mirrors [`RowState`], but that one which is queued is put off where it is known why. Append
/// only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
enum RowStateRecord {
    Queued {
        not_before: Moment,
        attempts: u32,
    },
    Sending {
        since: Moment,
        attempts: u32,
    },
    Sent {
        at: Moment,
    },
    Held {
        since: Moment,
        reason: String,
    },
    GivenUp {
        at: Moment,
        reason: String,
    },
    Cancelled {
        at: Moment,
        reason: String,
    },
    Uncertain {
        since: Moment,
        reason: String,
    },
    PutOff {
        not_before: Moment,
        attempts: u32,
        reason: String,
    },
}

impl From<&OutboxRow> for RowRecord {
    fn from(row: &OutboxRow) -> Self {
        Self {
            id: row.id.0,
            message_id: (&row.message_id).into(),
            to: (&row.to).into(),
            purpose: (&row.purpose).into(),
            keys: row.keys.iter().copied().map(Into::into).collect(),
            created_at: row.created_at.into(),
            state: (&row.state).into(),
            released: row.released,
            road: row.road.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<RowRecord> for OutboxRow {
    type Error = Unfit;

    fn try_from(record: RowRecord) -> Result<Self, Unfit> {
        Ok(Self {
            id: OutboxId(record.id),
            message_id: record.message_id.try_into()?,
            to: record.to.try_into()?,
            purpose: record.purpose.try_into()?,
            keys: record.keys.into_iter().map(StageKey::from).collect(),
            created_at: record.created_at.try_into()?,
            state: record.state.try_into()?,
            released: record.released,
            road: record.road.map(Road::try_from).transpose()?,
        })
    }
}

impl From<&Purpose> for PurposeRecord {
    fn from(purpose: &Purpose) -> Self {
        match purpose {
            Purpose::Reminder => Self::Reminder,
            Purpose::Escalation => Self::Escalation,
            Purpose::Acknowledgement => Self::Acknowledgement,
            Purpose::Acknowledged => Self::Acknowledged,
            Purpose::AcknowledgementHeld { reason } => Self::AcknowledgementHeld {
                reason: reason.clone(),
            },
            Purpose::Summary => Self::Summary,
            Purpose::StandIn => Self::StandIn,
            Purpose::Back => Self::Back,
            Purpose::Confirmation {
                subject,
                text,
                answers,
            } => Self::Confirmation {
                subject: subject.clone(),
                text: text.clone(),
                answers: answers.as_ref().map(Into::into),
            },
            Purpose::Notice { subject, text } => Self::Notice {
                subject: subject.clone(),
                text: text.clone(),
            },
            Purpose::Alarm {
                route,
                subject,
                text,
            } => Self::Alarm {
                route: match route {
                    SecondRoute::MailServer => RouteRecord::MailServer,
                    SecondRoute::Command => RouteRecord::Command,
                },
                subject: subject.clone(),
                text: text.clone(),
            },
            Purpose::Morning { day, since } => Self::Morning {
                day: (*day).into(),
                since: (*since).into(),
            },
            Purpose::Weekly { monday } => Self::Weekly {
                monday: (*monday).into(),
            },
        }
    }
}

impl TryFrom<PurposeRecord> for Purpose {
    type Error = Unfit;

    fn try_from(record: PurposeRecord) -> Result<Self, Unfit> {
        Ok(match record {
            PurposeRecord::Reminder => Self::Reminder,
            PurposeRecord::Escalation => Self::Escalation,
            PurposeRecord::Acknowledgement => Self::Acknowledgement,
            PurposeRecord::Acknowledged => Self::Acknowledged,
            PurposeRecord::AcknowledgementHeld { reason } => Self::AcknowledgementHeld { reason },
            PurposeRecord::Summary => Self::Summary,
            PurposeRecord::StandIn => Self::StandIn,
            PurposeRecord::Back => Self::Back,
            PurposeRecord::Confirmation {
                subject,
                text,
                answers,
            } => Self::Confirmation {
                subject,
                text,
                // Without it the confirmation merely stands beside what it confirms.
                answers: answers.and_then(|id| id.try_into().ok()),
            },
            PurposeRecord::Notice { subject, text } => Self::Notice { subject, text },
            PurposeRecord::Alarm {
                route,
                subject,
                text,
            } => Self::Alarm {
                route: match route {
                    RouteRecord::MailServer => SecondRoute::MailServer,
                    RouteRecord::Command => SecondRoute::Command,
                },
                subject,
                text,
            },
            PurposeRecord::Morning { day, since } => Self::Morning {
                day: day.try_into()?,
                since: since.try_into()?,
            },
            PurposeRecord::Weekly { monday } => Self::Weekly {
                monday: monday.try_into()?,
            },
        })
    }
}

impl From<StageKey> for StageKeyRecord {
    fn from(key: StageKey) -> Self {
        Self {
            case: key.case.0,
            generation: key.generation.0,
            stage: key.stage.into(),
        }
    }
}

impl From<StageKeyRecord> for StageKey {
    fn from(record: StageKeyRecord) -> Self {
        Self {
            case: CaseId(record.case),
            generation: Generation(record.generation),
            stage: record.stage.into(),
        }
    }
}

impl From<&RowState> for RowStateRecord {
    fn from(state: &RowState) -> Self {
        match state {
            RowState::Queued {
                not_before,
                attempts,
                reason: None,
            } => Self::Queued {
                not_before: (*not_before).into(),
                attempts: *attempts,
            },
            RowState::Queued {
                not_before,
                attempts,
                reason: Some(reason),
            } => Self::PutOff {
                not_before: (*not_before).into(),
                attempts: *attempts,
                reason: reason.clone(),
            },
            RowState::Sending { since, attempts } => Self::Sending {
                since: (*since).into(),
                attempts: *attempts,
            },
            RowState::Sent { at } => Self::Sent { at: (*at).into() },
            RowState::Uncertain { since, reason } => Self::Uncertain {
                since: (*since).into(),
                reason: reason.clone(),
            },
            RowState::Held { since, reason } => Self::Held {
                since: (*since).into(),
                reason: reason.clone(),
            },
            RowState::GivenUp { at, reason } => Self::GivenUp {
                at: (*at).into(),
                reason: reason.clone(),
            },
            RowState::Cancelled { at, reason } => Self::Cancelled {
                at: (*at).into(),
                reason: reason.clone(),
            },
        }
    }
}

impl TryFrom<RowStateRecord> for RowState {
    type Error = Unfit;

    fn try_from(record: RowStateRecord) -> Result<Self, Unfit> {
        Ok(match record {
            RowStateRecord::Queued {
                not_before,
                attempts,
            } => Self::Queued {
                not_before: not_before.try_into()?,
                attempts,
                reason: None,
            },
            RowStateRecord::PutOff {
                not_before,
                attempts,
                reason,
            } => Self::Queued {
                not_before: not_before.try_into()?,
                attempts,
                reason: Some(reason),
            },
            RowStateRecord::Sending { since, attempts } => Self::Sending {
                since: since.try_into()?,
                attempts,
            },
            RowStateRecord::Sent { at } => Self::Sent { at: at.try_into()? },
            RowStateRecord::Held { since, reason } => Self::Held {
                since: since.try_into()?,
                reason,
            },
            RowStateRecord::GivenUp { at, reason } => Self::GivenUp {
                at: at.try_into()?,
                reason,
            },
            RowStateRecord::Cancelled { at, reason } => Self::Cancelled {
                at: at.try_into()?,
                reason,
            },
            RowStateRecord::Uncertain { since, reason } => Self::Uncertain {
                since: since.try_into()?,
                reason,
            },
        })
    }
}
