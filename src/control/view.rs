//! What the daemon shows of itself: plain data with the JSON names of the commands.
//!
//! Vocabulary: a *view* is made by the engine, travels as JSON and is printed by a command,
//! as it is (`--json`) or for people. Moments are RFC 3339 in UTC, in whole seconds
//! (`2026-01-05T08:30:00Z`).

use serde::{Deserialize, Serialize};

use crate::domain::case::{Case, CaseState, ClientMessage};
use crate::domain::commit::HistoryEntry;
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
}

impl StatusView {
    /// Whether nothing is blind and nothing alarms.
    pub fn is_well(&self) -> bool {
        let blind = |mailbox: &MailboxView| mailbox.state == MailboxState::Blind;
        self.alarms.is_empty() && !self.mailboxes.iter().any(blind)
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

/// One case in a list: `ackd cases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    /// Its number.
    pub id: u64,
    /// The key of its client.
    pub client: String,
    /// The address of who wrote first.
    pub contact: String,
    /// The subject of the first mail; empty if there is none or subjects are not kept.
    pub subject: String,
    /// When the client's first mail was received.
    #[serde(with = "moment::option")]
    pub opened_at: Option<Timestamp>,
    /// When the client must have a response; none if it has one.
    #[serde(with = "moment::option")]
    pub due_at: Option<Timestamp>,
    /// When a person must have answered; none if one has, or without an answer clock.
    #[serde(with = "moment::option")]
    pub answer_due_at: Option<Timestamp>,
    /// Where it stands.
    pub state: CaseStanding,
    /// Whether it is urgent.
    pub urgent: bool,
    /// The mailboxes that hold the client's mails, each named once.
    pub mailboxes: Vec<String>,
    /// The Message-IDs of the client's mails without brackets, oldest first.
    pub message_ids: Vec<String>,
    /// The stages that were acted upon in the present round of waiting.
    pub stages_done: Vec<String>,
}

/// The deadlines of a case, as the engine works them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CaseDeadlines {
    /// When the client must have a response. `None` if it has one.
    pub due_at: Option<Timestamp>,
    /// When a person must have answered. `None` if one has, or without an answer clock.
    pub answer_due_at: Option<Timestamp>,
}

impl CaseView {
    /// Shows a case.
    pub fn new(case: &Case, deadlines: CaseDeadlines) -> Self {
        let mut mailboxes: Vec<String> = Vec::new();
        for holder in case.holders() {
            let name = holder.mailbox.as_str();
            if !mailboxes.iter().any(|known| known == name) {
                mailboxes.push(name.to_owned());
            }
        }
        Self {
            id: case.id.0,
            client: case.client.to_string(),
            contact: case.contact.address.to_string(),
            subject: case.subject.clone(),
            opened_at: case.opened_at(),
            due_at: deadlines.due_at,
            answer_due_at: deadlines.answer_due_at,
            state: CaseStanding::from(&case.state),
            urgent: is_urgent(case),
            mailboxes,
            message_ids: case
                .messages()
                .filter_map(|message| message.message_id.as_ref())
                .map(ToString::to_string)
                .collect(),
            stages_done: stages_done(case),
        }
    }

    /// The deadline that comes first. None for a closed case.
    pub fn next_due_at(&self) -> Option<Timestamp> {
        match self.state {
            CaseStanding::Waiting => self.due_at.into_iter().chain(self.answer_due_at).min(),
            CaseStanding::Acknowledged => self.answer_due_at,
            CaseStanding::New | CaseStanding::Answered | CaseStanding::Settled => None,
        }
    }
}

/// Puts the case that is due next first; open ones without a deadline after those with one;
/// closed ones last, the newest of them first.
pub fn soonest_first(cases: &mut [CaseView]) {
    cases.sort_by_key(|case| {
        let due = case.next_due_at();
        let age = if case.state.is_open() {
            case.id
        } else {
            u64::MAX - case.id
        };
        (!case.state.is_open(), due.is_none(), due, age)
    });
}

/// Where a case stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStanding {
    /// Nothing was heard of the client yet.
    New,
    /// The client waits for any response.
    Waiting,
    /// We acknowledged; a person's answer is still owed.
    Acknowledged,
    /// A person answered.
    Answered,
    /// Somebody said that no answer is owed.
    Settled,
}

impl CaseStanding {
    /// Whether a client still waits.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Acknowledged => true,
            Self::New | Self::Answered | Self::Settled => false,
        }
    }

    /// The word used in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Waiting => "waiting",
            Self::Acknowledged => "acknowledged",
            Self::Answered => "answered",
            Self::Settled => "settled",
        }
    }
}

impl From<&CaseState> for CaseStanding {
    fn from(state: &CaseState) -> Self {
        match state {
            CaseState::New => Self::New,
            CaseState::Waiting { .. } => Self::Waiting,
            CaseState::Acknowledged { .. } => Self::Acknowledged,
            CaseState::Answered { .. } => Self::Answered,
            CaseState::Settled { .. } => Self::Settled,
        }
    }
}

/// One case with all that is known of it: `ackd case show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDetail {
    /// What the list shows of it.
    #[serde(flatten)]
    pub case: CaseView,
    /// The name of who wrote first, if it is known.
    pub contact_name: Option<String>,
    /// Which round of waiting it is, from 1.
    pub generation: u32,
    /// How many of the client's mails wait for an answer.
    pub unanswered: u64,
    /// Nobody is reminded before this moment.
    #[serde(with = "moment::option")]
    pub snoozed_until: Option<Timestamp>,
    /// Why it stands where it stands and is due when it is due, in words.
    pub reasons: Vec<String>,
    /// The client's mails, oldest first.
    pub messages: Vec<MessageView>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

impl CaseDetail {
    /// Shows a case with its history. `reasons` are sentences for people: how the deadline
    /// came about, by what evidence a clock stopped.
    pub fn new(
        case: &Case,
        deadlines: CaseDeadlines,
        reasons: Vec<String>,
        history: &[HistoryEntry],
    ) -> Self {
        Self {
            case: CaseView::new(case, deadlines),
            contact_name: case.contact.name.clone(),
            generation: case.state.generation().0,
            unanswered: case.unanswered().map(|_| 1).sum(),
            snoozed_until: case.snoozed_until,
            reasons,
            messages: case.messages().map(MessageView::from).collect(),
            history: history
                .iter()
                .map(|entry| HistoryLine {
                    at: entry.at,
                    what: entry.what.clone(),
                })
                .collect(),
        }
    }
}

/// One of the client's mails in a [`CaseDetail`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its Message-ID without brackets, if it has one.
    pub message_id: Option<String>,
    /// The address of who wrote it.
    pub author: String,
    /// When the server received it.
    #[serde(with = "moment")]
    pub received_at: Timestamp,
    /// Whether it is urgent by itself.
    pub urgent: bool,
    /// Whether it may be acknowledged, as far as the message itself tells.
    pub may_acknowledge: bool,
    /// Whether it failed DMARC.
    pub suspicious: bool,
    /// Whether it is a short thanks after our answer.
    pub thanks: bool,
    /// Where it lies: mailbox and folder, as `clients/INBOX`.
    pub holders: Vec<String>,
}

impl From<&ClientMessage> for MessageView {
    fn from(message: &ClientMessage) -> Self {
        Self {
            message_id: message.message_id.as_ref().map(ToString::to_string),
            author: message.author.address.to_string(),
            received_at: message.received_at,
            urgent: message.urgent,
            may_acknowledge: message.may_acknowledge,
            suspicious: message.suspicious,
            thanks: message.thanks,
            holders: message
                .holders
                .iter()
                .map(|holder| format!("{}/{}", holder.mailbox, holder.folder))
                .collect(),
        }
    }
}

/// One line in the history of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// When.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// What happened, in words.
    pub what: String,
}

/// A change that is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What was done, in words: `case 7 is settled: phoned`.
    pub done: String,
}

fn is_urgent(case: &Case) -> bool {
    let by_mail = match &case.state {
        CaseState::Waiting { urgent_since, .. } => urgent_since.is_some(),
        CaseState::Acknowledged { .. } => case.unanswered().any(|message| message.urgent),
        CaseState::New | CaseState::Answered { .. } | CaseState::Settled { .. } => false,
    };
    case.urgent || by_mail
}

/// Several recipients of one stage make one line, in the order in which it was acted upon.
fn stages_done(case: &Case) -> Vec<String> {
    let generation = case.state.generation();
    let mut stages: Vec<String> = Vec::new();
    for mark in &case.marks {
        let stage = mark.stage.to_string();
        if mark.generation == generation && !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    stages
}

/// Moments as RFC 3339 in UTC, in whole seconds.
mod moment {
    use super::Timestamp;
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        moment: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        written(*moment).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    fn written(moment: Timestamp) -> String {
        moment.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn read(text: &str) -> Result<Timestamp, chrono::ParseError> {
        DateTime::parse_from_rfc3339(text).map(|moment| moment.with_timezone(&Utc))
    }

    /// A moment that may be missing: `null`.
    pub(super) mod option {
        use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Timestamp};

        pub(in super::super) fn serialize<S: Serializer>(
            moment: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            moment.map(super::written).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            Option::<String>::deserialize(deserializer)?
                .map(|text| super::read(&text))
                .transpose()
                .map_err(D::Error::custom)
        }
    }
}
