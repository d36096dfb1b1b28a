//! What another configuration changes: in the rules, and for whoever waits now.
//!
//! Vocabulary: an *entry* is what stands under one name of a section (a client, a policy …); its
//! *aspects* are its keys with what they say, as people write them; a deadline *moves* if the
//! new rules give an open case another one; a case is *stranded* if its client is not
//! configured any more. Closed cases have no deadline that could move: what was due when they
//! were closed stands in their history.

mod aspects;

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use super::address::Address;
use super::book::Book;
use super::case::{Case, Outlook};
use super::ids::{CaseId, ClientKey};
use super::policy::Clock;
use super::rules::{Party, Rules};
use super::time::Timestamp;

pub use aspects::{Aspect, Aspects};

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryFate {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It is gone.
    Removed,
}

impl EntryFate {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// An entry of the configuration that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChange {
    /// The section: `clients`.
    pub section: &'static str,
    /// The name in it; `None` for a section that has no names: `team`.
    pub name: Option<String>,
    /// What became of it.
    pub fate: EntryFate,
    /// Of a changed one, each aspect that changed, in words: `policy: standard -> gold`.
    pub details: Vec<String>,
}

/// A deadline of an open case that is another one, has come, or is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedDeadline {
    /// Which case.
    pub case: CaseId,
    /// Whose.
    pub client: ClientKey,
    /// Which of its two clocks.
    pub clock: Clock,
    /// When it was due.
    pub old: Option<Timestamp>,
    /// When it is due now.
    pub new: Option<Timestamp>,
    /// The zone people read it in: that of the new calendar, or of the old one if the client
    /// has none any more.
    pub zone: Tz,
    /// Whether it is overdue by this change alone: people hear of that at once.
    pub overdue_now: bool,
}

/// An open case whose client is not configured any more: no deadline, nobody is reminded. It
/// stays open, and goes on where it stood once the client is configured again under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrandedCase {
    /// Which case.
    pub case: CaseId,
    /// The key of the client it belongs to.
    pub client: ClientKey,
    /// The client whose mail the mail of its contact is from now on, if any.
    pub now_of: Option<ClientKey>,
}

/// What other rules change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulesChange {
    /// The entries, by section and name.
    pub entries: Vec<EntryChange>,
    /// The deadlines that move, by case.
    pub deadlines: Vec<MovedDeadline>,
    /// The cases that are stranded by it, by number.
    pub stranded: Vec<StrandedCase>,
}

impl RulesChange {
    /// What it changes if `new` take the place of `old`, under which the book was kept so far.
    pub fn between(book: &Book, old: &Rules, new: &Rules, now: Timestamp) -> Self {
        let mut change = Self {
            entries: aspects::of_rules(old, new),
            ..Self::default()
        };
        for case in book.cases() {
            change.look_at(case, book.deadlines(case.id), (old, new), now);
        }
        change
    }

    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.deadlines.is_empty() && self.stranded.is_empty()
    }

    fn look_at(
        &mut self,
        case: &Case,
        before: (Option<Timestamp>, Option<Timestamp>),
        (old, new): (&Rules, &Rules),
        now: Timestamp,
    ) {
        if old.clients.contains_key(&case.client) && !new.clients.contains_key(&case.client) {
            self.stranded.push(StrandedCase {
                case: case.id,
                client: case.client.clone(),
                now_of: client_of(new, &case.contact.address),
            });
        }
        let promise = new.promise(&case.client).or(old.promise(&case.client));
        let Some((_, _, calendar)) = promise else {
            return;
        };
        // As in the book: where no deadline can be worked out, there is none.
        let outlook = Outlook::of(case, new).unwrap_or_default();
        let clocks = [
            (Clock::Acknowledge, before.0, outlook.acknowledge_due),
            (Clock::Answer, before.1, outlook.answer_due),
        ];
        for (clock, old, new) in clocks.into_iter().filter(|(_, old, new)| old != new) {
            self.deadlines.push(MovedDeadline {
                case: case.id,
                client: case.client.clone(),
                clock,
                old,
                new,
                zone: calendar.zone,
                overdue_now: new.is_some_and(|due| due <= now) && old.is_none_or(|due| due > now),
            });
        }
    }
}

fn client_of(rules: &Rules, address: &Address) -> Option<ClientKey> {
    match rules.party(address) {
        Party::Client(key) => Some(key.clone()),
        Party::Team | Party::Stranger => None,
    }
}

/// The entries of one section that are not as they were, by name.
pub fn entries(
    section: &'static str,
    old: &BTreeMap<String, Aspects>,
    new: &BTreeMap<String, Aspects>,
) -> Vec<EntryChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |name: &String| {
        let (fate, details) = match (old.get(name), new.get(name)) {
            (None, Some(_)) => (EntryFate::Added, Vec::new()),
            (Some(_), None) => (EntryFate::Removed, Vec::new()),
            (Some(old), Some(new)) => (EntryFate::Changed, old.changes_to(new)),
            (None, None) => return None,
        };
        let same = fate == EntryFate::Changed && details.is_empty();
        (!same).then(|| EntryChange {
            section,
            name: Some(name.clone()),
            fate,
            details,
        })
    };
    names.into_iter().filter_map(change).collect()
}

/// What has changed in a section that has no names, if anything has.
pub fn section(section: &'static str, old: &Aspects, new: &Aspects) -> Option<EntryChange> {
    let details = old.changes_to(new);
    (!details.is_empty()).then_some(EntryChange {
        section,
        name: None,
        fate: EntryFate::Changed,
        details,
    })
}
