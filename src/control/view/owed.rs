//! How a mail we owe is shown.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::domain::outbox::{OutboxRow, RowState};
use crate::domain::time::Timestamp;

/// A mail we owe and have not sent: `ackd outbox`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedMailView {
    /// Its number.
    pub id: u64,
    /// What it is for, in a word: `reminder`, `acknowledgement`.
    pub purpose: String,
    /// Whom it is for: the first letter and the domain, `a…@northwind.example`; or which road other
    /// than mail tells it, `the road support`.
    pub to: String,
    /// The cases it is about, each named once. Empty for an alarm.
    pub cases: Vec<u64>,
    /// Where it stands.
    pub state: OwedState,
    /// Since when it is held, on its way or given up; none while it waits.
    #[serde(with = "moment::option")]
    pub since: Option<Timestamp>,
    /// Not before this moment it is tried; none where it is not tried again by itself.
    #[serde(with = "moment::option")]
    pub next_attempt_at: Option<Timestamp>,
    /// How often it was tried. Zero where it is held or given up: that says `reason`.
    pub attempts: u32,
    /// Why it is held, was given up, or was not taken when it was last tried, in words.
    pub reason: Option<String>,
    /// When it was decided.
    #[serde(with = "moment")]
    pub created_at: Timestamp,
    /// Its Message-ID without brackets, the same however often it is sent.
    pub message_id: String,
}

/// Where a mail we owe stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwedState {
    /// Waits for a person's word: the client may have it already.
    Held,
    /// Will not be sent, unless a person says so.
    GivenUp,
    /// Handed to the mail server, outcome not known yet, or its copy looked for in Sent.
    Sending,
    /// To be sent.
    Queued,
}

impl OwedState {
    /// In words, for listings.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::GivenUp => "given up",
            Self::Sending => "sending",
            Self::Queued => "queued",
        }
    }
}

impl OwedMailView {
    /// Shows a mail we owe. `None` of one that is sent or put away.
    pub fn new(row: &OutboxRow) -> Option<Self> {
        let (state, since, next_attempt_at, reason) = match &row.state {
            RowState::Queued {
                not_before, reason, ..
            } => (OwedState::Queued, None, Some(*not_before), reason.clone()),
            RowState::Sending { since, .. } | RowState::Uncertain { since, .. } => {
                (OwedState::Sending, Some(*since), None, None)
            }
            RowState::Held { since, reason } => {
                (OwedState::Held, Some(*since), None, Some(reason.clone()))
            }
            RowState::GivenUp { at, reason } => {
                (OwedState::GivenUp, Some(*at), None, Some(reason.clone()))
            }
            RowState::Sent { .. } | RowState::Cancelled { .. } => return None,
        };
        let mut cases: Vec<u64> = row.keys.iter().map(|key| key.case.0).collect();
        cases.sort_unstable();
        cases.dedup();
        Some(Self {
            id: row.id.0,
            purpose: row.purpose.as_str().to_owned(),
            to: row.addressee(),
            cases,
            state,
            since,
            next_attempt_at,
            attempts: row.attempts(),
            reason,
            created_at: row.created_at,
            message_id: row.message_id.to_string(),
        })
    }
}
