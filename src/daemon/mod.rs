//! The daemon: one engine task that owns the book, and the tasks around it.
//!
//! Vocabulary: the *engine* takes one [`Event`] after another from a bounded channel, asks
//! the domain what to do, writes one commit, and only then acts; a *watch* is the task of one
//! mailbox; a *dispatch* is the task that hands over one mail.

mod absences;
mod alarms;
mod calls;
mod check_ins;
mod engine;
mod hearing;
mod holidays;
mod keeping;
pub mod logging;
mod looks;
mod mending;
mod monitoring;
mod notes;
mod owed;
pub mod panics;
mod readings;
mod rebuilding;
mod reload;
mod replies;
mod roads;
mod second_route;
mod sending;
mod start;
mod store_trouble;
mod story;
pub mod systemd;
mod translate;
mod unsent;
mod watches;

pub use engine::{Engine, EngineParts, Pace};
pub use keeping::{KeepingPace, write_export, write_last_export};
pub use mending::{end_with_parent, mend};
pub use reload::Reload;
pub use start::{DaemonError, run};
pub use translate::{Starts, Wires, account, relay, webhook};

use std::collections::BTreeMap;

use crate::control::Call;
use crate::domain::classify::{Kind, Sender};
use crate::domain::commit::{Cursor, FolderId, Quarantined};
use crate::domain::decide::Judged;
use crate::domain::ids::{MailboxName, OutboxId};
use crate::domain::outbox::SendVerdict;
use crate::imap::Report;

/// Everything the engine hears.
#[derive(Debug)]
pub enum Event {
    /// A mailbox reports anything but messages.
    Mailbox(Report),
    /// A mailbox reports messages, judged already.
    Messages(Messages),
    /// A watch has ended by itself: it panicked.
    WatchEnded {
        /// Whose.
        mailbox: MailboxName,
        /// Which start of it.
        run: u64,
        /// Why, for people.
        reason: String,
    },
    /// An attempt to send is over.
    Attempted {
        /// Which row.
        row: OutboxId,
        /// What it came to.
        verdict: SendVerdict,
        /// The sent copy to be filed, if one belongs into a mailbox.
        copy: Option<SentCopy>,
    },
    /// Somebody asks over the control socket.
    Call(Call),
    /// The configuration was read anew and is valid.
    Reloaded(Box<Reload>),
    /// The configuration was read anew and can't be used; why, for people.
    Refused(String),
}

/// Messages of one folder, judged, with the cursor that stands for having learned them.
#[derive(Debug)]
pub struct Messages {
    /// Which folder.
    pub folder: FolderId,
    /// What was read of clients and to clients, in UID order.
    pub judged: Vec<Judged>,
    /// How many others were read, of which there is nothing to remember.
    pub passed_over: u64,
    /// How many were judged, by whose they are and what they are.
    pub kinds: BTreeMap<(Sender, Kind), u64>,
    /// What could not be read.
    pub quarantined: Vec<Quarantined>,
    /// How far the folder is read with them.
    pub cursor: Cursor,
}

/// A copy of our own mail for a sent folder.
#[derive(Debug)]
pub struct SentCopy {
    /// In which mailbox.
    pub mailbox: MailboxName,
    /// Its Message-ID.
    pub message_id: crate::domain::ids::MessageId,
    /// The message.
    pub bytes: Vec<u8>,
}

/// How many events may wait for the engine. Watches wait beyond that, so that a flood in
/// one mailbox can't fill the memory.
pub const EVENTS_MAX: usize = 1;
