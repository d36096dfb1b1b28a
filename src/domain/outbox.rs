//! Mail we owe: on disk before it is sent.
//!
//! Vocabulary: a *row* is one mail to one recipient; it carries the rungs it stands for. Its
//! content is made from the cases when it is sent, so that it never says what is no longer
//! true.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::address::Address;
use super::ids::{CaseId, Generation, InstanceId, MessageId, OutboxId, RoadName};
use super::policy::Stage;
use super::time::Timestamp;

/// One mail we owe to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number.
    pub id: OutboxId,
    /// Its Message-ID, made from its number: the same however often it is sent.
    pub message_id: MessageId,
    /// Who gets it.
    pub to: Address,
    /// What it is for.
    pub purpose: Purpose,
    /// The cases and rungs it stands for. Empty for a notice that belongs to no case.
    pub keys: Vec<StageKey>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// Whether a person sent it on its way, whatever may have become of it before: its reader may
    /// have it already.
    pub released: bool,
    /// The road it takes; `None`: mail.
    pub road: Option<Road>,
    /// Where it stands.
    pub state: RowState,
}

/// A road other than mail, which one message takes for all who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Road {
    /// Its key in the configuration.
    pub name: RoadName,
    /// Whom it tells, and of what.
    pub readers: Vec<Reader>,
}

/// Somebody who is told by a road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub to: Address,
    /// Of which rungs.
    pub keys: Vec<StageKey>,
    /// Whether a mail takes the place of the road if that fails: nothing else tells the reader.
    pub mail_instead: bool,
}

/// What a mail is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Remind an owner before a deadline.
    Reminder,
    /// Tell owners and leads that a deadline has passed.
    Escalation,
    /// Acknowledge receipt to the client.
    Acknowledgement,
    /// Tell an owner that we acknowledged in their place.
    Acknowledged,
    /// Tell an owner that an acknowledgement was held back.
    AcknowledgementHeld {
        /// Why.
        reason: String,
    },
    /// All open cases of an owner in one mail.
    Summary,
    /// Tell somebody of the cases of others who are away now.
    StandIn,
    /// All open cases of somebody who is back.
    Back,
    /// How things stand for one person on a morning.
    Morning {
        /// The day, in the zone of the person's calendar.
        day: NaiveDate,
        /// From when on it tells of mail that opened no case.
        since: Timestamp,
    },
    /// How a week went.
    Weekly {
        /// The Monday of that week.
        monday: NaiveDate,
    },
    /// What became of an answer to a mail of ours, in one line.
    Confirmation {
        /// The subject it answers.
        subject: String,
        /// The line.
        text: String,
        /// The answer it is about.
        answers: Option<MessageId>,
    },
    /// Something the operator must know.
    Notice {
        /// The subject.
        subject: String,
        /// The text.
        text: String,
    },
    /// The same by a second route.
    Alarm {
        /// By which.
        route: SecondRoute,
        /// The subject.
        subject: String,
        /// The text.
        text: String,
    },
}

/// A way to the operator that does not need the ordinary mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecondRoute {
    /// Another mail server.
    MailServer,
    /// A command that gets the alarm on its standard input.
    Command,
}

impl Purpose {
    /// Whether it goes to a client.
    pub const fn is_to_client(&self) -> bool {
        match self {
            Self::Acknowledgement => true,
            Self::Reminder
            | Self::Escalation
            | Self::Acknowledged
            | Self::AcknowledgementHeld { .. }
            | Self::Summary
            | Self::StandIn
            | Self::Back
            | Self::Morning { .. }
            | Self::Weekly { .. }
            | Self::Confirmation { .. }
            | Self::Notice { .. }
            | Self::Alarm { .. } => false,
        }
    }

    /// Whether it goes by a route of its own, which nothing else may hold up.
    pub const fn second_route(&self) -> Option<SecondRoute> {
        match self {
            Self::Alarm { route, .. } => Some(*route),
            Self::Reminder
            | Self::Escalation
            | Self::Acknowledgement
            | Self::Acknowledged
            | Self::AcknowledgementHeld { .. }
            | Self::Summary
            | Self::StandIn
            | Self::Back
            | Self::Morning { .. }
            | Self::Weekly { .. }
            | Self::Confirmation { .. }
            | Self::Notice { .. } => None,
        }
    }

    /// Who reads it, where nobody is to be named.
    pub const fn reader(&self) -> &'static str {
        match self {
            Self::Acknowledgement => "the client",
            Self::Reminder
            | Self::Escalation
            | Self::Acknowledged
            | Self::AcknowledgementHeld { .. }
            | Self::Summary
            | Self::StandIn
            | Self::Back
            | Self::Morning { .. }
            | Self::Weekly { .. }
            | Self::Confirmation { .. } => "a colleague",
            Self::Notice { .. } | Self::Alarm { .. } => "the operator",
        }
    }

    /// The word used in logs and listings.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Acknowledgement => "acknowledgement",
            Self::Acknowledged => "acknowledged",
            Self::AcknowledgementHeld { .. } => "acknowledgement-held",
            Self::Summary => "summary",
            Self::StandIn => "stand-in",
            Self::Back => "back",
            Self::Morning { .. } => "morning mail",
            Self::Weekly { .. } => "weekly report",
            Self::Confirmation { .. } => "confirmation",
            Self::Notice { .. } => "notice",
            Self::Alarm { .. } => "alarm by the second route",
        }
    }
}

/// The rung of a case that a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageKey {
    /// Which case.
    pub case: CaseId,
    /// In which round of waiting.
    pub generation: Generation,
    /// Which rung.
    pub stage: Stage,
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowState {
    /// To be sent.
    Queued {
        /// Not before this moment.
        not_before: Timestamp,
        /// How often it was tried.
        attempts: u32,
        /// Why it was not taken when it was last tried; `None` if it was not tried yet, or has
        /// been put off for another reason since.
        reason: Option<String>,
    },
    /// Handed to the mail server; the outcome is not known yet.
    Sending {
        /// Since when.
        since: Timestamp,
        /// How often it was tried, this time included.
        attempts: u32,
    },
    /// Nobody knows whether the server took it: its copy is looked for in the Sent folders.
    Uncertain {
        /// Since when it is in doubt.
        since: Timestamp,
        /// How that came.
        reason: String,
    },
    /// The server took it (250 after the final dot).
    Sent {
        /// When.
        at: Timestamp,
    },
    /// Waits for a person's word.
    Held {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
    /// It will not be sent.
    GivenUp {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// No longer needed.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl RowState {
    /// Whether it is over and done with. A row that was given up is not: it stays in sight
    /// until somebody has seen to it, or until [`GIVEN_UP_KEPT`] has passed.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Sent { .. } | Self::Cancelled { .. } => true,
            Self::Queued { .. }
            | Self::Sending { .. }
            | Self::Uncertain { .. }
            | Self::Held { .. }
            | Self::GivenUp { .. } => false,
        }
    }
}

/// How long a row that was given up stays in sight.
pub const GIVEN_UP_KEPT: chrono::Duration = chrono::Duration::days(7);

/// What became of one attempt to send, as the SMTP side reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendVerdict {
    /// The server answered 250 after the final dot.
    Sent,
    /// Not now: worth another attempt.
    Later {
        /// The server's words, or what went wrong, without addresses.
        reason: String,
    },
    /// Not now, and not before some time that the other side names.
    LaterBy {
        /// What it said.
        reason: String,
        /// How long it wants to be left in peace.
        pause: std::time::Duration,
    },
    /// Never: another attempt would fail alike.
    Refused {
        /// The server's words.
        reason: String,
    },
    /// The message was handed over but no answer came: it may have been taken.
    Unknown {
        /// What went wrong.
        reason: String,
    },
}

/// The rows that are not final yet, by number, and the next number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// The rows that still wait for something.
    pub rows: BTreeMap<OutboxId, OutboxRow>,
    /// The number the next row gets.
    pub next_id: OutboxId,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            next_id: OutboxId(1),
        }
    }
}

impl Outbox {
    /// Whether of any row nobody knows whether it was taken.
    pub fn is_in_doubt(&self) -> bool {
        let mut rows = self.rows.values();
        rows.any(|row| matches!(row.state, RowState::Uncertain { .. }))
    }

    /// When the next queued row may be sent.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.rows.values().filter_map(OutboxRow::queued_until).min()
    }

    /// The queued rows that may be sent now, oldest first; acknowledgements to clients come
    /// before mail to the team, because their deadline is the client's.
    pub fn sendable(&self, now: Timestamp) -> Vec<OutboxId> {
        let mut rows: Vec<&OutboxRow> = self
            .rows
            .values()
            .filter(|row| row.queued_until().is_some_and(|at| at <= now))
            .collect();
        rows.sort_by_key(|row| (!row.purpose.is_to_client(), row.id));
        rows.into_iter().map(|row| row.id).collect()
    }
}

impl OutboxRow {
    /// Whether it is a mail that goes by the ordinary mail server.
    pub const fn is_ordinary_mail(&self) -> bool {
        self.road.is_none() && self.purpose.second_route().is_none()
    }

    /// Who gets it, where nobody is to be named.
    pub fn reader(&self) -> String {
        match &self.road {
            Some(road) => format!("the road {}", road.name),
            None => self.purpose.reader().to_owned(),
        }
    }

    /// Who gets it, as logs and listings may name it: a masked address, or the road.
    pub fn addressee(&self) -> String {
        match &self.road {
            Some(road) => format!("the road {}", road.name),
            None => self.to.masked(),
        }
    }

    /// If it is queued: not before which moment.
    pub fn queued_until(&self) -> Option<Timestamp> {
        match self.state {
            RowState::Queued { not_before, .. } => Some(not_before),
            RowState::Sending { .. }
            | RowState::Uncertain { .. }
            | RowState::Sent { .. }
            | RowState::Held { .. }
            | RowState::GivenUp { .. }
            | RowState::Cancelled { .. } => None,
        }
    }

    /// Whether it only waits to be sent, and its reader can't have it yet.
    pub const fn is_still_ours(&self) -> bool {
        matches!(self.state, RowState::Queued { .. }) && !self.released
    }

    /// Why it was not taken when it was last tried, if it is to be tried again.
    pub fn put_off_because(&self) -> Option<&str> {
        match &self.state {
            RowState::Queued { reason, .. } => reason.as_deref(),
            RowState::Sending { .. }
            | RowState::Uncertain { .. }
            | RowState::Sent { .. }
            | RowState::Held { .. }
            | RowState::GivenUp { .. }
            | RowState::Cancelled { .. } => None,
        }
    }

    /// How often it was tried so far.
    pub fn attempts(&self) -> u32 {
        match self.state {
            RowState::Queued { attempts, .. } | RowState::Sending { attempts, .. } => attempts,
            RowState::Uncertain { .. }
            | RowState::Sent { .. }
            | RowState::Held { .. }
            | RowState::GivenUp { .. }
            | RowState::Cancelled { .. } => 0,
        }
    }
}

/// The row whose Message-ID this is, if this installation gave it out.
pub fn row_of(id: &MessageId, instance: &InstanceId) -> Option<OutboxId> {
    let (own, _) = id.as_str().split_once('@')?;
    let (row, by) = own.strip_prefix("ackd.")?.split_once('.')?;
    let row = row.parse().ok().filter(|row| *row > 0)?;
    (by == instance.as_str()).then_some(OutboxId(row))
}

/// The Message-ID of a row: `ackd.<row>.<instance>@<domain>`.
///
/// `None` only if the domain can't stand in a Message-ID.
pub fn row_message_id(row: OutboxId, instance: &InstanceId, domain: &str) -> Option<MessageId> {
    MessageId::parse(&format!("ackd.{row}.{instance}@{domain}"))
}
