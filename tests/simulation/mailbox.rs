//! A mailbox as its server keeps it: folders, UIDs, flags, and a backup of last week.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackd::domain::time::Timestamp;

/// One account.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    pub(crate) folders: BTreeMap<String, Folder>,
    /// What a restore brings back.
    pub(crate) backup: Option<BTreeMap<String, Folder>>,
    /// Whether its server offers IDLE.
    pub(crate) can_idle: bool,
    /// Whether its server tells UIDNEXT on opening.
    pub(crate) tells_uid_next: bool,
    /// Nobody is let in before this moment.
    pub(crate) closed_until: Option<Timestamp>,
    /// When something last went wrong on a line to it.
    pub(crate) troubled_at: Option<Timestamp>,
}

/// A folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: u32,
    pub(crate) messages: Vec<Message>,
    pub(crate) is_sent: bool,
    /// Whether the daemon watches it.
    pub(crate) is_watched: bool,
}

/// A message in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) uid: u32,
    pub(crate) content: Arc<Content>,
    pub(crate) received_at: Timestamp,
    /// Since when it lies here under this UID.
    pub(crate) lies_since: Timestamp,
    pub(crate) answered: bool,
}

/// What a message says, wherever it lies.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) message_id: String,
    pub(crate) header: String,
    pub(crate) body: String,
    /// The server can't answer for it with anything that is IMAP.
    pub(crate) is_hostile: bool,
}

impl Folder {
    pub(crate) fn new(uid_validity: u32, is_sent: bool, is_watched: bool) -> Self {
        Self {
            uid_validity,
            uid_next: 1,
            messages: Vec::new(),
            is_sent,
            is_watched,
        }
    }

    /// Puts a message at the end.
    pub(crate) fn put(&mut self, content: Arc<Content>, received_at: Timestamp, now: Timestamp) {
        self.messages.push(Message {
            uid: self.uid_next,
            content,
            received_at,
            lies_since: now,
            answered: false,
        });
        self.uid_next += 1;
    }

    /// Takes a message out.
    pub(crate) fn take(&mut self, message_id: &str) -> Option<Message> {
        let found = |message: &Message| message.content.message_id == message_id;
        let at = self.messages.iter().position(found)?;
        Some(self.messages.remove(at))
    }

    /// Gives every message another UID in another life of the folder.
    pub(crate) fn renumber(&mut self, now: Timestamp) {
        self.uid_validity += 1;
        self.uid_next = 1;
        for message in &mut self.messages {
            message.uid = self.uid_next;
            message.lies_since = now;
            self.uid_next += 1;
        }
    }

    pub(crate) fn with_uid(&self, uid: u32) -> Option<&Message> {
        self.messages.iter().find(|message| message.uid == uid)
    }
}

impl Mailbox {
    /// Whether anything ever went wrong on a line to it.
    pub(crate) fn was_troubled(&self) -> bool {
        self.troubled_at.is_some()
    }

    /// Every copy of a message, with the name of its folder.
    pub(crate) fn copies<'a>(
        &'a self,
        message_id: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Folder, &'a Message)> {
        self.folders.iter().flat_map(move |(name, folder)| {
            let all = folder.messages.iter();
            all.filter(move |message| message.content.message_id == message_id)
                .map(move |message| (name.as_str(), folder, message))
        })
    }

    /// Brings back the backup; what came since is gone, and its UIDs will be given out again.
    pub(crate) fn restore(&mut self, now: Timestamp) -> bool {
        let Some(backup) = self.backup.clone() else {
            return false;
        };
        self.folders = backup;
        for message in self.folders.values_mut().flat_map(|own| &mut own.messages) {
            message.lies_since = now;
        }
        true
    }
}
