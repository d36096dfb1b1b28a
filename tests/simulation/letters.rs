//! The truth about the mail: who wrote what in which conversation, and what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use ackd::domain::time::Timestamp;

use crate::mailbox::{Content, Mailbox, Message};

/// What a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A person of a client writes and waits.
    Client,
    /// The same, but before the daemon was first started.
    Old,
    /// A person of a client says thanks and nothing more.
    Thanks,
    /// A client's program writes.
    Machine,
    /// A colleague answers, with reply headers.
    Reply,
    /// A colleague writes to the client's contact in a new thread.
    NewThread,
    /// Anything else: strangers, colleagues among themselves, forwards.
    Noise,
}

/// One mail.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    pub(crate) conversation: usize,
    /// When it was written.
    pub(crate) at: Timestamp,
    /// When its first and its last copy arrived.
    pub(crate) arrived: Option<(Timestamp, Timestamp)>,
    /// Whether a machine may answer it.
    pub(crate) may_acknowledge: bool,
    pub(crate) content: Arc<Content>,
}

/// A conversation with one contact of a client.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) contact: String,
    pub(crate) owner: String,
    /// Whether its client is acknowledged to at all.
    pub(crate) is_acknowledged_to: bool,
}

/// All mail there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letters {
    pub(crate) by_id: BTreeMap<String, Letter>,
    pub(crate) conversations: Vec<Conversation>,
}

/// How a header is put together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) references: Vec<String>,
    pub(crate) more: Vec<String>,
    pub(crate) text: String,
}

impl Headers {
    pub(crate) fn content(&self, at: Timestamp, is_hostile: bool) -> Content {
        let mut header = format!(
            "Message-ID: <{}>\r\nDate: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\n",
            self.id,
            at.to_rfc2822(),
            self.from,
            self.to.join(", "),
            self.subject
        );
        if let Some(parent) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            header += &format!("In-Reply-To: <{parent}>\r\n");
            header += &format!("References: {}\r\n", all.join("\r\n "));
        }
        for line in &self.more {
            header += &format!("{line}\r\n");
        }
        header += "Content-Type: text/plain; charset=utf-8\r\n\r\n";
        Content {
            message_id: self.id.clone(),
            header,
            body: format!("{}\r\n", self.text),
            is_hostile,
        }
    }
}

impl Letter {
    /// Notes the arrival of a copy.
    pub(crate) fn arrive(&mut self, at: Timestamp) {
        let (first, last) = self.arrived.unwrap_or((at, at));
        self.arrived = Some((first.min(at), last.max(at)));
    }

    /// Whether this letter of a colleague was written after a client's letter had arrived,
    /// whichever copy one goes by.
    pub(crate) fn answers(&self, letter: &Self) -> bool {
        let arrived = letter.arrived.map_or(letter.at, |(_, last)| last);
        match self.kind {
            Kind::Reply => self.at > letter.at,
            _ => self.at > arrived,
        }
    }

    /// The same, if one goes by when both were written.
    pub(crate) fn may_answer(&self, letter: &Self) -> bool {
        self.at > letter.at
    }
}

impl Letters {
    /// The client's letters of a conversation that wait for an answer, the oldest first.
    pub(crate) fn waiting(&self, conversation: usize) -> Vec<&Letter> {
        let own = self.by_id.values();
        let mut own: Vec<&Letter> = own
            .filter(|own| own.conversation == conversation && own.kind == Kind::Client)
            .collect();
        own.sort_by_key(|own| own.at);
        own
    }

    /// Whether the client also said a mere thanks.
    pub(crate) fn has_thanks(&self, conversation: usize) -> bool {
        let mut own = self.by_id.values();
        own.any(|own| own.conversation == conversation && own.kind == Kind::Thanks)
    }

    /// The letters with which colleagues may have answered a conversation.
    pub(crate) fn answers(&self, conversation: usize) -> Vec<&Letter> {
        let contact = &self.conversations[conversation].contact;
        let own = self.by_id.values().filter(|own| match own.kind {
            Kind::Reply => own.conversation == conversation,
            Kind::NewThread => self.conversations[own.conversation].contact == *contact,
            Kind::Client | Kind::Old | Kind::Thanks | Kind::Machine | Kind::Noise => false,
        });
        own.collect()
    }
}

/// Every copy of a letter in a watched folder, with its mailbox.
pub(crate) fn copies_in_sight<'a>(
    mailboxes: &'a BTreeMap<String, Mailbox>,
    letter: &'a Letter,
) -> impl Iterator<Item = (&'a str, &'a Message)> {
    mailboxes.iter().flat_map(move |(name, mailbox)| {
        let copies = mailbox.copies(&letter.content.message_id);
        copies
            .filter(|(_, folder, _)| folder.is_watched)
            .map(move |(_, _, message)| (name.as_str(), message))
    })
}
