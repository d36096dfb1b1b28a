//! Watching mailboxes. Only here is async-imap known.
//!
//! Vocabulary: an *account* is what is needed to log in; a *report* goes to the engine, an
//! *order* comes from it; to *look* is to see everything that has arrived by now; *proof of
//! life* is an answer of the server.

mod alerts;
mod append;
mod bounded;
mod connect;
mod cursor;
mod failure;
mod fetch;
mod folders;
mod landmarks;
mod look;
mod meter;
mod oddities;
mod pipe;
mod read;
mod session;
mod survey;
mod tls;
mod trial;
mod troubles;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::commit::{Cursor, FolderId, Quarantined};
use crate::domain::facts::{Arrived, FolderRole, Location, MessageFacts};
use crate::domain::ids::{MailboxName, MessageId, OutboxId};
use crate::domain::time::Timestamp;

pub use connect::{Connector, Open};
pub use session::Wire;
pub use survey::{SURVEYED_MAX, Survey, Surveyed, survey};
pub use tls::{tls_client, tls_of_nobody};
pub use trial::{Idling, Sent, Trial, Tried, try_out};
pub use watch::watch;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, demanded.
    StartTls,
    /// None; only to loopback.
    Plain,
}

/// Reads the password anew; may block (file, command). The error is for people.
pub type ReadPassword = Arc<dyn Fn() -> Result<secrecy::SecretString, String> + Send + Sync>;

/// Whether the text prefix of a message is worth fetching: facts, size in bytes, receipt.
pub type WantsText = Arc<dyn Fn(&MessageFacts, u32, Timestamp) -> bool + Send + Sync>;

/// Whether a message can matter at all, by who wrote it: of others nothing else is read. See
/// [`MessageFacts::parse_if`].
pub type MayConcern = Arc<dyn Fn(&MessageFacts) -> bool + Send + Sync>;

/// Which folder holds the team's sent mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentChoice {
    /// By SPECIAL-USE (RFC 6154), then by usual names.
    Auto,
    /// This one.
    Named(String),
    /// None.
    None,
}

/// What is needed to watch one mailbox.
#[derive(Clone)]
pub struct Account {
    /// Its name.
    pub name: MailboxName,
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub protection: Protection,
    /// How a stream to the server comes about.
    pub connector: Connector,
    /// The TLS client configuration (system roots and the extra one).
    pub tls: Arc<rustls::ClientConfig>,
    /// Login.
    pub username: String,
    /// Password.
    pub password: ReadPassword,
    /// The watched folders; the first one is idled on.
    pub folders: Vec<String>,
    /// The sent folder.
    pub sent: SentChoice,
    /// How often every folder is looked at, push or not.
    pub poll_every: Duration,
    /// On the first read of a folder, messages received before this are not read.
    pub read_since: Timestamp,
    /// Which messages are read.
    pub may_concern: MayConcern,
    /// Which messages' text prefix is fetched.
    pub wants_text: WantsText,
}

/// What the engine hears from a mailbox, in this order: whatever a look found comes before
/// the look's own report.
#[derive(Debug)]
pub enum Report {
    /// The state changed.
    State {
        /// Which mailbox.
        mailbox: MailboxName,
        /// To what.
        state: WatchState,
        /// The watched folders with their roles, as far as known.
        folders: Vec<(String, FolderRole)>,
    },
    /// The server answered: every watched folder is known up to this moment.
    Proof {
        /// Which mailbox.
        mailbox: MailboxName,
        /// When the look that shows it began.
        at: Timestamp,
    },
    /// Messages, and the cursor that stands for having learned them.
    Batch {
        /// Which folder.
        folder: FolderId,
        /// The messages, in UID order.
        arrived: Vec<Arrived>,
        /// How many others there were that can't matter.
        passed_over: u64,
        /// What could not be read.
        quarantined: Vec<Quarantined>,
        /// How far this folder is read with them.
        cursor: Cursor,
    },
    /// These watched messages now carry `\Answered`.
    Answered {
        /// Where they lie.
        locations: Vec<Location>,
    },
    /// A look that was ordered is over.
    Looked {
        /// Which mailbox.
        mailbox: MailboxName,
        /// The number of the order.
        look: u64,
        /// Whether every folder could be looked at; else why not.
        outcome: Result<(), String>,
    },
    /// A sent copy was filed, or need not be.
    Filed {
        /// Which mailbox.
        mailbox: MailboxName,
        /// Whose copy.
        row: OutboxId,
        /// Whether it lies in the sent folder now; else why not.
        outcome: Result<(), String>,
    },
}

/// How a mailbox is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    /// Connected and reading what has accumulated.
    CatchingUp,
    /// Everything is read, and new mail is noticed.
    Live,
    /// It can't be looked at.
    Blind {
        /// Why, for people.
        reason: String,
    },
}

/// What the engine wants of a mailbox.
#[derive(Debug)]
pub enum Order {
    /// Look at every folder now and report [`Report::Looked`].
    Look {
        /// Its number.
        look: u64,
    },
    /// Put a copy of our own mail into the sent folder, unless it is there already.
    FileSent {
        /// Whose copy.
        row: OutboxId,
        /// Its Message-ID.
        message_id: MessageId,
        /// The message.
        bytes: Vec<u8>,
    },
}

/// What a watch begins with.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// How far each folder was read.
    pub cursors: BTreeMap<String, Cursor>,
}
