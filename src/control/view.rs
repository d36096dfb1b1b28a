//! What the daemon shows of itself: plain data with the JSON names of the commands.
//!
//! Vocabulary: a *view* is made by the engine, travels as JSON and is printed by a command,
//! as it is (`--json`) or for people. Moments are RFC 3339 in UTC, in whole seconds
//! (`2026-01-05T08:30:00Z`).

mod absence;
mod case;
mod check_in;
mod moment;
mod owed;
mod reload;

pub use absence::AbsenceView;
pub use case::{
    CaseDetail, CaseOutlook, CaseStanding, CaseView, HistoryLine, MessageView, ReasonView,
    soonest_first,
};
pub use check_in::{CheckInView, ContactView};
pub use owed::{OwedMailView, OwedState};
pub use reload::{
    ChangeView, KeptKeyView, MovedDeadlineView, ProblemView, ReloadOutcome, ReloadView,
    StrandedCaseView,
};

use serde::{Deserialize, Serialize};

use crate::domain::commit::Quarantined;
use crate::domain::time::Timestamp;

/// How the daemon is: `ackd status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// The version of ackd.
    pub version: String,
    /// When the daemon started.
    #[serde(with = "moment")]
    pub started_at: Timestamp,
    /// What it may send: `observe`, `remind` or `full`.
    pub mode: String,
    /// The mailboxes by name.
    pub mailboxes: Vec<MailboxView>,
    /// How many cases are open.
    pub cases: CaseCounts,
    /// The soonest deadline of all open cases; one in the past is overdue.
    #[serde(with = "moment::option")]
    pub next_due_at: Option<Timestamp>,
    /// The mail we owe.
    pub outbox: OutboxCounts,
    /// What the operator must know now, in words.
    pub alarms: Vec<String>,
    /// The time zone (IANA) of all calendars, if they agree, for people who read its moments;
    /// `ackd status --json`, whose fields are promised, leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

impl StatusView {
    /// Whether nothing is blind, nothing alarms and no mail was given up.
    pub fn is_well(&self) -> bool {
        let blind = |mailbox: &MailboxView| mailbox.state == MailboxState::Blind;
        let is_seen = !self.mailboxes.iter().any(blind);
        is_seen && self.alarms.is_empty() && self.outbox.given_up == 0
    }
}

/// One mailbox in a [`StatusView`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxView {
    /// Its key in the configuration.
    pub name: String,
    /// Whether we see it.
    pub state: MailboxState,
    /// Why it is not live, in words.
    pub reason: Option<String>,
    /// When the server last gave proof of life.
    #[serde(with = "moment::option")]
    pub last_proof_at: Option<Timestamp>,
    /// How many messages were judged in it since the start.
    pub messages_seen: u64,
    /// The folders that are watched, the sent folder among them.
    pub folders: Vec<String>,
}

/// Whether we see a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxState {
    /// Connected and read to the end.
    Live,
    /// Connected and still reading what is there.
    CatchingUp,
    /// Not connected.
    Blind,
}

impl MailboxState {
    /// The word of JSON and of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::CatchingUp => "catching_up",
            Self::Blind => "blind",
        }
    }

    /// In words, for listings.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::CatchingUp => "catching up",
            Self::Blind => "blind",
        }
    }
}

/// How many cases are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseCounts {
    /// Waiting for any response.
    pub waiting: u64,
    /// Acknowledged, waiting for a person's answer.
    pub acknowledged: u64,
}

/// How many mails we owe, by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// To be sent.
    pub queued: u64,
    /// Handed to the mail server, outcome not known yet.
    pub sending: u64,
    /// Waiting for a person's word.
    pub held: u64,
    /// Not sent, and never will be.
    pub given_up: u64,
}

/// A message that could not be read: `ackd quarantine`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedView {
    /// The mailbox it lies in.
    pub mailbox: String,
    /// The folder it lies in.
    pub folder: String,
    /// The UIDVALIDITY of the folder (RFC 3501, section 2.3.1.1): the UID means this message
    /// for as long as the folder keeps it.
    pub uid_validity: u32,
    /// Its UID in the folder.
    pub uid: u32,
    /// When it was given up.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
}

impl From<Quarantined> for QuarantinedView {
    fn from(message: Quarantined) -> Self {
        Self {
            mailbox: message.location.mailbox.to_string(),
            folder: message.location.folder,
            uid_validity: message.location.uid_validity,
            uid: message.location.uid,
            at: message.at,
            reason: message.reason,
        }
    }
}

/// What a check found: `ackd verify`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerifyView {
    /// What was checked, in words.
    pub checked: String,
    /// What is wrong, in words. Empty if all is well.
    pub findings: Vec<String>,
}

/// An export that is complete on the disk: `ackd export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportView {
    /// The file.
    pub file: String,
    /// How many records it holds.
    pub records: u64,
    /// How long it is.
    pub bytes: u64,
}

/// A change that is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What was done, in words: `case 7 is settled: phoned`.
    pub done: String,
    /// The number of the case that came of it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_case: Option<u64>,
}
