//! How an absence is shown.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::domain::time::Timestamp;

/// One absence: `ackd away --list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsenceView {
    /// The address of who is away.
    pub person: String,
    /// What mails call them.
    pub name: String,
    /// From this moment on.
    #[serde(with = "moment")]
    pub from: Timestamp,
    /// The first moment of being back.
    #[serde(with = "moment")]
    pub until: Timestamp,
    /// `configuration`, `word` or `out-of-office`.
    pub source: String,
    /// Whether it has begun.
    pub now: bool,
    /// The time zone (IANA) by which the person's days begin and end.
    pub time_zone: String,
}
