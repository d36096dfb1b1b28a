//! Looking at mailboxes once more before anything goes out.
//!
//! Vocabulary: a mailbox is *settled* when we know what lies in it now, or know that we can't
//! know: it is blind, or did not answer a look in time.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, LOOK_AHEAD};
use crate::domain::decide::{self, SentFolders, Sight};
use crate::domain::facts::FolderRole;
use crate::domain::ids::MailboxName;
use crate::domain::time::Timestamp;
use crate::imap::{Order, WatchState};
use crate::settings::SentFolder;
use crate::store::StoreError;

/// How long a look may take before we go on without it.
pub(super) const LOOK_TIME_MAX: chrono::Duration = chrono::Duration::seconds(15);

/// How long a failed look excuses from trying again.
const FAILED_REST: chrono::Duration = chrono::Duration::seconds(8);

/// Which looks are under way, and what they came to.
#[derive(Debug, Default)]
pub(super) struct Looks {
    sight: Sight,
    pending: BTreeMap<MailboxName, Pending>,
    failed: BTreeMap<MailboxName, Timestamp>,
    last: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    look: u64,
    since: Timestamp,
}

impl Looks {
    /// When each mailbox was last looked at.
    pub(super) fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Begins a look at a mailbox, unless one is under way; the number to order it with.
    pub(super) fn begin(&mut self, mailbox: &MailboxName, now: Timestamp) -> Option<u64> {
        if self.pending.contains_key(mailbox) {
            return None;
        }
        self.last += 1;
        let pending = Pending {
            look: self.last,
            since: now,
        };
        self.pending.insert(mailbox.clone(), pending);
        Some(self.last)
    }

    /// A look is over: everything that was there when it began is known.
    pub(super) fn end(&mut self, mailbox: &MailboxName, look: u64, ok: bool, now: Timestamp) {
        let Some(pending) = self.pending.get(mailbox).copied() else {
            return;
        };
        if pending.look != look {
            return;
        }
        self.pending.remove(mailbox);
        if ok {
            self.sight.looked.insert(mailbox.clone(), pending.since);
        }
        // A look that is old when it ends shows nothing of the present: one slow mailbox would
        // be looked at again and again, and keep back everybody's mail.
        if !ok || !self.sight.sees(mailbox, now) {
            self.failed.insert(mailbox.clone(), now);
        }
    }

    /// Looks that have taken too long count as failed; an answer that comes later is ignored.
    pub(super) fn expire(&mut self, now: Timestamp) {
        let late = |pending: &Pending| (now - pending.since).abs() >= LOOK_TIME_MAX;
        let names = self.pending.iter().filter(|(_, pending)| late(pending));
        let names: Vec<MailboxName> = names.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.fail(&name, now);
        }
    }

    /// Whether a look has failed so lately that it need not be tried again.
    fn has_failed(&self, mailbox: &MailboxName, now: Timestamp) -> bool {
        let failed = self.failed.get(mailbox);
        failed.is_some_and(|at| (now - *at).abs() < FAILED_REST)
    }

    /// The mailbox could not take the order, or is gone.
    pub(super) fn fail(&mut self, mailbox: &MailboxName, now: Timestamp) {
        self.pending.remove(mailbox);
        self.failed.insert(mailbox.clone(), now);
    }

    /// The mailbox can be looked at again: an earlier failure excuses nothing any more.
    pub(super) fn recovered(&mut self, mailbox: &MailboxName) {
        self.failed.remove(mailbox);
    }

    /// The mailbox has been read to its end at this moment.
    pub(super) fn proved(&mut self, mailbox: &MailboxName, at: Timestamp) {
        self.failed.remove(mailbox);
        let looked = self.sight.looked.entry(mailbox.clone()).or_insert(at);
        *looked = (*looked).max(at);
    }

    /// Whether we know what lies in this mailbox, or know that we can't know.
    pub(super) fn is_settled(&self, mailbox: &MailboxName, now: Timestamp) -> bool {
        self.sight.sees(mailbox, now) || self.has_failed(mailbox, now)
    }
}

impl Engine {
    /// Looks at every mailbox if something is about to go out and the last look is too old;
    /// and at those in which the copy of a mail in doubt may lie by now.
    pub(super) fn look_where_needed(&mut self, now: Timestamp) {
        let soon = self
            .book
            .next_wake()
            .is_some_and(|at| at <= now + LOOK_AHEAD);
        let in_doubt = self.wanted_in_doubt(now);
        if !soon && in_doubt.is_empty() {
            return;
        }
        // Notices stand for no case and need no look.
        let names: Vec<MailboxName> = self.watches.by_name.keys().cloned().collect();
        for name in names {
            let fresh = self.looks.sight().sees(&name, now + LOOK_AHEAD);
            let is_wanted = (soon && !fresh) || in_doubt.contains(&name);
            if !is_wanted || self.is_blind(&name) || self.looks.has_failed(&name, now) {
                continue;
            }
            if let Some(look) = self.looks.begin(&name, now)
                && !self.watches.order(&name, Order::Look { look })
            {
                self.looks.fail(&name, now);
            }
        }
    }

    /// The mailboxes whose Sent folders are to be read because of a mail in doubt.
    fn wanted_in_doubt(&self, now: Timestamp) -> BTreeSet<MailboxName> {
        if !self.book.outbox().is_in_doubt() {
            return BTreeSet::new();
        }
        let without = self.without_sent_folder();
        decide::wanted_looks(
            &self.book,
            &self.settings.rules,
            self.sent_folders(&without),
            now,
        )
    }

    /// Decides about mail in doubt whose copy was looked for, or can't be.
    pub(super) async fn settle_doubts(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if !self.book.outbox().is_in_doubt() {
            return Ok(());
        }
        let without = self.without_sent_folder();
        let decisions = decide::doubts(
            &self.book,
            &self.settings.rules,
            &self.identity(),
            self.sent_folders(&without),
            now,
        );
        self.carry_out(decisions).await
    }

    fn sent_folders<'a>(&'a self, without: &'a BTreeSet<MailboxName>) -> SentFolders<'a> {
        SentFolders {
            sight: self.looks.sight(),
            without,
        }
    }

    /// The mailboxes that are known to have no Sent folder: by their settings, or by what their
    /// servers list.
    fn without_sent_folder(&self) -> BTreeSet<MailboxName> {
        let settings = self.settings.mailboxes.values();
        let by_settings = settings.filter(|own| matches!(own.sent, SentFolder::None));
        let listed = self.watches.by_name.iter().filter(|(_, watched)| {
            let is_sent = |(_, role): &(String, FolderRole)| *role == FolderRole::Sent;
            !watched.folders.is_empty() && !watched.folders.iter().any(is_sent)
        });
        let by_settings = by_settings.map(|own| own.name.clone());
        by_settings
            .chain(listed.map(|(name, _)| name.clone()))
            .collect()
    }

    /// Whether we know of every mailbox what lies in it, or that we can't know.
    pub(super) fn is_settled(&self, now: Timestamp) -> bool {
        let mut names = self.watches.by_name.keys();
        names.all(|name| self.is_blind(name) || self.looks.is_settled(name, now))
    }

    /// Whether every mailbox that can be looked at was looked at lately.
    pub(super) fn is_sight_fresh(&self, now: Timestamp) -> bool {
        let mut names = self.watches.by_name.keys();
        names.all(|name| self.is_blind(name) || self.looks.sight().sees(name, now))
    }

    fn is_blind(&self, name: &MailboxName) -> bool {
        let watched = self.watches.by_name.get(name);
        watched.is_some_and(|watched| matches!(watched.state, WatchState::Blind { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).expect("a valid moment")
    }

    #[test]
    fn a_look_shows_the_moment_it_began() {
        let clients = MailboxName::new("clients");
        let mut looks = Looks::default();
        let look = looks.begin(&clients, at(0)).expect("none is under way");
        assert_eq!(looks.begin(&clients, at(1)), None, "one at a time");
        assert!(!looks.is_settled(&clients, at(3)));
        looks.end(&clients, look, true, at(4));
        assert!(looks.sight().sees(&clients, at(10)));
        assert!(
            !looks.sight().sees(&clients, at(11)),
            "older than ten seconds"
        );
    }

    #[test]
    fn a_mailbox_that_has_come_back_is_looked_at_before_anything_goes_out() {
        let clients = MailboxName::new("clients");
        let mut looks = Looks::default();
        looks.fail(&clients, at(0));
        assert!(looks.is_settled(&clients, at(1)), "it can't be known");
        looks.recovered(&clients);
        assert!(!looks.is_settled(&clients, at(1)), "it can be, now");
    }

    /// Found by the simulation: nothing was sent for anybody while one server was slow.
    #[test]
    fn a_mailbox_that_answers_too_slowly_is_settled_but_not_seen() {
        let clients = MailboxName::new("clients");
        let mut looks = Looks::default();
        let look = looks.begin(&clients, at(0)).expect("none is under way");
        looks.end(&clients, look, true, at(12));
        assert!(!looks.sight().sees(&clients, at(12)));
        assert!(looks.is_settled(&clients, at(12)));
    }

    #[test]
    fn a_mailbox_that_does_not_answer_is_settled_after_a_while_but_not_seen() {
        let clients = MailboxName::new("clients");
        let mut looks = Looks::default();
        looks.begin(&clients, at(0));
        looks.expire(at(14));
        assert!(!looks.is_settled(&clients, at(14)));
        looks.expire(at(15));
        assert!(looks.is_settled(&clients, at(15)));
        assert!(!looks.sight().sees(&clients, at(15)));
        assert!(!looks.is_settled(&clients, at(30)), "it is tried again");
        assert!(looks.begin(&clients, at(30)).is_some());
    }
}
