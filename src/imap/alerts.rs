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

    /// Passes one on, unless it was told before or too many were.
    pub(crate) fn tell(&mut self, words: &str) {
        let hidden = self.hidden.iter();
        let words = hidden.fold(words.to_owned(), |words, own| words.replace(own, "…"));
        let words = clean_words(&words);
        if self.told.len() < ALERTS_MAX && !words.is_empty() && self.told.insert(words.clone()) {
            tracing::warn!(mailbox = %self.mailbox, "the server wants it known: {words}");
        }
    }
}
