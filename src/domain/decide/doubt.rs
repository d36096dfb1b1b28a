//! An acknowledgement of which nobody knows whether the mail server took it.
//!
//! Vocabulary: it is *in doubt* from the moment we heard no answer after the last byte, or found
//! after a start that we were interrupted. Many servers file what they take into the Sent folder
//! of whoever sent it: the *search* is the time in which its copy is looked for there. The client
//! gets no second one, whatever comes of it.
//!
//! A copy that is seen settles the doubt at once, whenever that is (`own_mail`). That there is
//! none shows only a look at every Sent folder that began when servers have had the time to file
//! it. Then, or when the search is over, it is held for a person, who is told.

use std::collections::BTreeSet;

use super::due::Sight;
use super::{Decisions, Identity, LogEvent, Step, Weight};
use crate::domain::book::Book;
use crate::domain::case::CaseState;
use crate::domain::commit::Known;
use crate::domain::ids::MailboxName;
use crate::domain::outbox::{OutboxRow, RowState};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// How long a server takes, at the most, to file what it took: a look that begins earlier proves
/// nothing.
const FILED_WITHIN: chrono::Duration = chrono::Duration::seconds(60);

/// How long a copy is looked for at the longest.
const SEARCHED_FOR_MAX: chrono::Duration = chrono::Duration::minutes(10);

/// What is known of the Sent folders.
#[derive(Debug, Clone, Copy)]
pub struct SentFolders<'a> {
    /// When each mailbox was last looked at as a whole, its Sent folder included.
    pub sight: &'a Sight,
    /// The mailboxes that are known to have none.
    pub without: &'a BTreeSet<MailboxName>,
}

/// Decides about every acknowledgement in doubt whose copy was looked for, or can't be.
pub fn doubts(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    sent_folders: SentFolders<'_>,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    for (row, since, reason) in in_doubt(book) {
        let search = Search::of(book, row, since);
        if let Some(why) = search.fails(rules, sent_folders, now) {
            step.hold(identity, row.clone(), reason, &why);
        }
    }
    step.finish()
}

/// The mailboxes that are to be looked at because the copy of an acknowledgement in doubt may
/// lie in their Sent folders by now.
pub fn wanted_looks(
    book: &Book,
    rules: &Rules,
    sent_folders: SentFolders<'_>,
    now: Timestamp,
) -> BTreeSet<MailboxName> {
    let searches = in_doubt(book).map(|(row, since, _)| Search::of(book, row, since));
    let running = searches.filter(|search| search.from <= now);
    running
        .flat_map(|search| search.unseen(rules, sent_folders))
        .cloned()
        .collect()
}

/// The rows whose doubt arose at a moment that is still to come, for the clock was set back: it
/// begins anew.
pub(super) fn begun_anew(book: &Book, now: Timestamp) -> Vec<OutboxRow> {
    let ahead = in_doubt(book).filter(|(_, since, _)| *since > now);
    let anew = ahead.map(|(row, _, reason)| OutboxRow {
        state: RowState::Uncertain {
            since: now,
            reason: reason.to_owned(),
        },
        ..row.clone()
    });
    anew.collect()
}

fn in_doubt(book: &Book) -> impl Iterator<Item = (&OutboxRow, Timestamp, &str)> {
    let rows = book.outbox().rows.values();
    rows.filter_map(|row| match &row.state {
        RowState::Uncertain { since, reason } => Some((row, *since, reason.as_str())),
        _ => None,
    })
}

/// The time in which a copy is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Search {
    /// A look that begins at this moment or later shows the copy, if there is one.
    from: Timestamp,
    /// When it is over.
    until: Timestamp,
}

impl Search {
    fn of(book: &Book, row: &OutboxRow, since: Timestamp) -> Self {
        let cases = row.keys.iter().map(|key| book.deadlines(key.case).0);
        Self::before(cases.flatten().min(), since)
    }

    /// Of the time that is left before the deadline, the owner gets one half to answer himself.
    fn before(due: Option<Timestamp>, since: Timestamp) -> Self {
        let longest = since + SEARCHED_FOR_MAX;
        let half = due.filter(|due| *due > since);
        let half = half.map(|due| since + (due - since) / 2);
        Self {
            from: since + FILED_WITHIN,
            until: half.map_or(longest, |half| half.min(longest)),
        }
    }

    /// Whether it is over before it could begin.
    fn is_vain(&self) -> bool {
        self.until < self.from
    }

    /// The mailboxes whose Sent folder was not looked at since the copy must lie there.
    fn unseen<'a>(
        self,
        rules: &'a Rules,
        sent_folders: SentFolders<'a>,
    ) -> impl Iterator<Item = &'a MailboxName> {
        let SentFolders { sight, without } = sent_folders;
        let names = rules.mailboxes.keys();
        // For which account the mail server files it we can't know: it may be any.
        let names = names.filter(|name| !without.contains(*name));
        let looked = |name| sight.looked.get(name);
        names.filter(move |name| looked(*name).is_none_or(|at| *at < self.from))
    }

    /// Why there is no hope of a copy any more, for people; `None` while there is.
    fn fails(
        &self,
        rules: &Rules,
        sent_folders: SentFolders<'_>,
        now: Timestamp,
    ) -> Option<String> {
        let mut all = rules.mailboxes.keys();
        if all.all(|name| sent_folders.without.contains(name)) {
            return Some("there is no Sent folder to look for its copy in".to_owned());
        }
        if self.is_vain() {
            return Some(NO_TIME.to_owned());
        }
        let unseen: Vec<String> = self
            .unseen(rules, sent_folders)
            .map(|name| format!("\"{name}\""))
            .collect();
        match unseen.as_slice() {
            [] => Some("no copy of it lies in a Sent folder".to_owned()),
            _ if now < self.until => None,
            [only] => Some(format!(
                "the mailbox {only} could not be looked at for its copy"
            )),
            several => Some(format!(
                "the mailboxes {} could not be looked at for its copy",
                several.join(", ")
            )),
        }
    }
}

/// Why it is not looked for at all.
const NO_TIME: &str = "no time was left to look for its copy in the Sent folder";

impl Step<'_> {
    /// Nobody knows whether an acknowledgement was taken: its copy is looked for, if there is
    /// time for it.
    pub(super) fn doubt(&mut self, identity: &Identity, mut row: OutboxRow, reason: &str) {
        if Search::of(self.book, &row, self.now).is_vain() {
            return self.hold(identity, row, reason, NO_TIME);
        }
        let what = format!(
            "could not tell whether the acknowledgement was taken; \
             looking for its copy in the Sent folder: {reason}"
        );
        self.say_of(&row, LogEvent::MailInDoubt, &what);
        row.state = RowState::Uncertain {
            since: self.now,
            reason: reason.to_owned(),
        };
        self.decisions.commit.outbox.push(row);
    }

    /// It stays in doubt: a person has to see to it.
    fn hold(&mut self, identity: &Identity, mut row: OutboxRow, reason: &str, why: &str) {
        let what =
            format!("could not tell whether the acknowledgement was taken, and {why}: {reason}");
        self.say_of(&row, LogEvent::AcknowledgementHeld, &what);
        row.state = RowState::Held {
            since: self.now,
            reason: what.clone(),
        };
        // Whoever released it did not know of this doubt.
        row.released = false;
        let case = row.keys.first().and_then(|key| self.case(key.case));
        let waits = |state| matches!(state, CaseState::Waiting { .. });
        if case.is_some_and(|case| waits(case.state)) {
            self.tell_owners(identity, &row, &what);
        }
        self.decisions.commit.outbox.push(row);
    }

    fn say_of(&mut self, row: &OutboxRow, event: LogEvent, what: &str) {
        self.history_of(row, what);
        self.note_of_mail(Weight::Trouble, event, row, |_| what.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_800_000_000 + second, 0).expect("a valid moment")
    }

    #[test]
    fn half_of_the_time_before_the_deadline_belongs_to_the_owner() {
        let search = |due| Search::before(due, at(0));
        let until = |due| search(due).until;
        assert_eq!(until(Some(at(8 * 60))), at(4 * 60));
        assert_eq!(until(Some(at(3600))), at(10 * 60), "at the longest");
        assert_eq!(until(Some(at(-1))), at(10 * 60), "the deadline has passed");
        assert_eq!(until(None), at(10 * 60));
        assert!(!search(Some(at(120))).is_vain());
        assert!(search(Some(at(119))).is_vain());
    }
}
