//! Where a case stands, as it stands on disk.

use serde::{Deserialize, Serialize};

use super::closing::{EvidenceRecord, SettlementRecord};
use super::{Moment, Unfit, maybe};
use crate::domain::case::CaseState;
use crate::domain::ids::Generation;

/// Mirrors [`CaseState`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum StateRecord {
    New,
    Waiting {
        generation: u32,
        since: Moment,
        answer_since: Moment,
        urgent_since: Option<Moment>,
        unanswered: u32,
    },
    Acknowledged {
        generation: u32,
        at: Moment,
        answer_since: Moment,
        unanswered: u32,
    },
    Answered {
        generation: u32,
        at: Moment,
        evidence: EvidenceRecord,
    },
    Settled {
        generation: u32,
        at: Moment,
        how: SettlementRecord,
    },
}

impl From<&CaseState> for StateRecord {
    fn from(state: &CaseState) -> Self {
        match *state {
            CaseState::New => Self::New,
            CaseState::Waiting {
                generation,
                since,
                answer_since,
                urgent_since,
                unanswered,
            } => Self::Waiting {
                generation: generation.0,
                since: since.into(),
                answer_since: answer_since.into(),
                urgent_since: urgent_since.map(Into::into),
                unanswered,
            },
            CaseState::Acknowledged {
                generation,
                at,
                answer_since,
                unanswered,
            } => Self::Acknowledged {
                generation: generation.0,
                at: at.into(),
                answer_since: answer_since.into(),
                unanswered,
            },
            CaseState::Answered {
                generation,
                at,
                evidence,
            } => Self::Answered {
                generation: generation.0,
                at: at.into(),
                evidence: evidence.into(),
            },
            CaseState::Settled {
                generation,
                at,
                how,
            } => Self::Settled {
                generation: generation.0,
                at: at.into(),
                how: how.into(),
            },
        }
    }
}

impl TryFrom<StateRecord> for CaseState {
    type Error = Unfit;

    fn try_from(record: StateRecord) -> Result<Self, Unfit> {
        Ok(match record {
            StateRecord::New => Self::New,
            StateRecord::Waiting {
                generation,
                since,
                answer_since,
                urgent_since,
                unanswered,
            } => Self::Waiting {
                generation: Generation(generation),
                since: since.try_into()?,
                answer_since: answer_since.try_into()?,
                urgent_since: maybe(urgent_since)?,
                unanswered,
            },
            StateRecord::Acknowledged {
                generation,
                at,
                answer_since,
                unanswered,
            } => Self::Acknowledged {
                generation: Generation(generation),
                at: at.try_into()?,
                answer_since: answer_since.try_into()?,
                unanswered,
            },
            StateRecord::Answered {
                generation,
                at,
                evidence,
            } => Self::Answered {
                generation: Generation(generation),
                at: at.try_into()?,
                evidence: evidence.into(),
            },
            StateRecord::Settled {
                generation,
                at,
                how,
            } => Self::Settled {
                generation: Generation(generation),
                at: at.try_into()?,
                how: how.into(),
            },
        })
    }
}
