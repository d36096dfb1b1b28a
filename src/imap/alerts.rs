//! What a server wants the operator to know.
//!
//! Vocabulary: an *alert* is the text behind the code `[ALERT]`, which has to reach a person
//! (RFC 3501, section 7.1).

use std::collections::BTreeSet;

use super::failure::clean_words;
use crate::domain::ids::MailboxName;

/// How many different alerts of one session are passed on.
const ALERTS_MAX: usize = 20;

/// Passes the alerts of one session on to the log, each once.
#[derive(Debug)]
pub(crate) struct Alerts {
    mailbox: MailboxName,
    told: BTreeSet<String>,
    hidden: Vec<String>,
}

impl Alerts {
    /// Those of a mailbox's server.
    pub(crate) const fn of(mailbox: MailboxName) -> Self {
        Self {
            mailbox,
            told: BTreeSet::new(),
            hidden: Vec::new(),
        }
    }

    /// From now on replaces these words, the longest first, in whatever is passed on: servers
    /// have been seen to repeat what they were sent.
    pub(crate) fn hide(&mut self, words: Vec<String>) {
        self.hidden = words;
    }

    /// Words of the server as they may be shown ([`clean_words`]), without what is to be hidden:
    /// that goes before they are cut, which could leave half of it, and again when cleaning has
    /// turned other characters into its blanks.
    pub(crate) fn shown(&self, words: &str) -> String {
        self.without_hidden(&clean_words(&self.without_hidden(words)))
    }

    fn without_hidden(&self, words: &str) -> String {
        let hidden = self.hidden.iter();
        hidden.fold(words.to_owned(), |words, own| words.replace(own, "…"))
    }

    /// Passes one on, unless it was told before or too many were.
    pub(crate) fn tell(&mut self, words: &str) {
        let words = self.shown(words);
        if self.told.len() < ALERTS_MAX && !words.is_empty() && self.told.insert(words.clone()) {
            tracing::warn!(event = "server_alert", mailbox = %self.mailbox, "the server wants it known: {words}");
        }
    }
}
