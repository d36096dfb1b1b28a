//! What closes a case, as it stands on disk.

use serde::{Deserialize, Serialize};

use super::{Hash, Moment, Unfit};
use crate::domain::case::{Closing, Evidence, Settlement};
use crate::domain::ids::{CaseId, MessageKey};

/// Mirrors [`Closing`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ClosingRecord {
    Answer {
        message: Option<Hash>,
        evidence: EvidenceRecord,
    },
    Word {
        at: Moment,
    },
}

/// Mirrors [`Evidence`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum EvidenceRecord {
    ReplyHeaders,
    NewThread,
    AnsweredFlag(Hash),
}

/// Mirrors [`Settlement`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum SettlementRecord {
    Answered,
    Phoned,
    Met,
    Dismissed,
    Joined(u64),
}

impl From<Evidence> for EvidenceRecord {
    fn from(evidence: Evidence) -> Self {
        match evidence {
            Evidence::ReplyHeaders => Self::ReplyHeaders,
            Evidence::NewThread => Self::NewThread,
            Evidence::AnsweredFlag(message) => Self::AnsweredFlag(message.into()),
        }
    }
}

impl From<EvidenceRecord> for Evidence {
    fn from(record: EvidenceRecord) -> Self {
        match record {
            EvidenceRecord::ReplyHeaders => Self::ReplyHeaders,
            EvidenceRecord::NewThread => Self::NewThread,
            EvidenceRecord::AnsweredFlag(message) => Self::AnsweredFlag(message.into()),
        }
    }
}

impl From<Settlement> for SettlementRecord {
    fn from(settlement: Settlement) -> Self {
        match settlement {
            Settlement::Answered => Self::Answered,
            Settlement::Phoned => Self::Phoned,
            Settlement::Met => Self::Met,
            Settlement::Dismissed => Self::Dismissed,
            Settlement::Joined(other) => Self::Joined(other.0),
        }
    }
}

impl From<SettlementRecord> for Settlement {
    fn from(record: SettlementRecord) -> Self {
        match record {
            SettlementRecord::Answered => Self::Answered,
            SettlementRecord::Phoned => Self::Phoned,
            SettlementRecord::Met => Self::Met,
            SettlementRecord::Dismissed => Self::Dismissed,
            SettlementRecord::Joined(other) => Self::Joined(CaseId(other)),
        }
    }
}

impl From<Closing> for ClosingRecord {
    fn from(closing: Closing) -> Self {
        match closing {
            Closing::Answer { message, evidence } => Self::Answer {
                message: message.map(Into::into),
                evidence: evidence.into(),
            },
            Closing::Word { at } => Self::Word { at: at.into() },
        }
    }
}

impl TryFrom<ClosingRecord> for Closing {
    type Error = Unfit;

    fn try_from(record: ClosingRecord) -> Result<Self, Unfit> {
        Ok(match record {
            ClosingRecord::Answer { message, evidence } => Self::Answer {
                message: message.map(MessageKey::from),
                evidence: evidence.into(),
            },
            ClosingRecord::Word { at } => Self::Word { at: at.try_into()? },
        })
    }
}
