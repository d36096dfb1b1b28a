//! Messages that can't be read, and how they are cornered, given up and set aside.
//!
//! Vocabulary: *trouble* is a range of UIDs whose reading failed; a message is *given up* when
//! it alone was asked for and could not be read several times; it is *set aside* when the engine
//! is told, who puts it into quarantine.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::failure::Failure;
use super::fetch::Batch;
use super::pipe::Stretch;
use super::watch::{Watch, Watched};
use crate::domain::commit::{Cursor, Quarantined};
use crate::domain::facts::Location;

/// How many messages of a folder may be given up at once.
const GIVEN_UP_MAX: usize = 10_000;

/// What was given up in a folder since the folder was last read through, within one life of it.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    uid_validity: u32,
    uids: BTreeSet<u32>,
}

impl GivenUp {
    fn insert(&mut self, uid_validity: u32, uid: u32) {
        if self.uid_validity != uid_validity {
            self.uid_validity = uid_validity;
            self.uids.clear();
        }
        self.uids.insert(uid);
        // The lowest has been set aside many times by then.
        if self.uids.len() > GIVEN_UP_MAX {
            self.uids.pop_first();
        }
    }
}

/// The UIDs that were being read, for the case that reading them fails.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) folder: String,
    pub(super) uid_validity: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) since: Instant,
}

impl Watch {
    /// Remembers where reading failed.
    pub(super) fn note_trouble(&mut self, unreadable: bool) {
        let Some(reading) = self.reading.take() else {
            return;
        };
        let before = self.troubles.get(&reading.folder).copied();
        let after = Trouble::after(before, reading.first, reading.last, unreadable);
        tracing::warn!(event = "messages_unreadable", mailbox = %self.account.name, folder = %reading.folder,
            first = reading.first, last = reading.last, seconds = reading.since.elapsed().as_secs(),
            "reading these messages failed");
        if after.given_up {
            let given_up = self.given_up.entry(reading.folder.clone()).or_default();
            given_up.insert(reading.uid_validity, after.first);
            // The reading gets on: the next message is not to wait for this one's failures.
            self.failures_in_a_row = 0;
        }
        self.troubles.insert(reading.folder, after);
    }

    /// What was known of a folder's unreadable messages means nothing once its server brought it
    /// back from an earlier state.
    pub(super) fn forget_trouble(&mut self, folder: &Watched) {
        self.troubles.remove(&folder.name);
        self.given_up.remove(&folder.name);
    }

    /// The UIDs of a stretch that were given up, ascending.
    pub(super) fn given_up_in(&self, folder: &Watched, stretch: Stretch) -> Vec<u32> {
        let Some(given_up) = self.given_up.get(&folder.name) else {
            return Vec::new();
        };
        if given_up.uid_validity != stretch.uid_validity {
            return Vec::new();
        }
        let is_within = |uid: &&u32| stretch.end == 0 || **uid < stretch.end;
        let from_first = given_up.uids.range(stretch.first..);
        from_first.take_while(is_within).copied().collect()
    }

    /// Tells the engine of a message that could not be read however often it was asked for.
    pub(super) async fn set_aside(
        &mut self,
        folder: &Watched,
        uid_validity: u32,
        uid: u32,
    ) -> Result<(), Failure> {
        let location = Location {
            mailbox: self.account.name.clone(),
            folder: folder.name.clone(),
            uid_validity,
            uid,
        };
        let cursor = Cursor {
            uid_validity,
            uid_next: uid.saturating_add(1),
            landmarks: self.landmarks(folder, uid_validity),
        };
        let quarantined = vec![Quarantined {
            location,
            at: self.clock.now(),
            reason: "the server's answer for it could not be read".to_owned(),
        }];
        let aside = Batch {
            quarantined,
            ..Batch::default()
        };
        self.hand_over(folder, aside, cursor).await
    }

    /// The trouble that the reading from a UID on may meet.
    pub(super) fn trouble_at(&self, folder: &Watched, next: u32) -> Option<Trouble> {
        let trouble = self.troubles.get(&folder.name).copied();
        trouble.filter(|trouble| next <= trouble.until)
    }
}

/// What is remembered about a range that could not be read.
///
/// Each further failure halves what is asked for at once, until the one message that can't
/// be read stands alone; it is then set aside, and the others are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Where the range began that failed last.
    pub(crate) first: u32,
    /// The last UID of the range that failed first: beyond it all is well again.
    pub(crate) until: u32,
    /// How many UIDs are asked for at once.
    pub(crate) span: u32,
    /// How often it failed at this place.
    strikes: u32,
    /// Whether the message at `first` is given up.
    given_up: bool,
}

/// How often a lost connection in the same place is taken for an accident.
const ACCIDENTS_MAX: u32 = 3;

/// How often the reading of a message must have failed at its place before it is given up: a
/// server that refuses once may have been busy.
const REFUSALS_MIN: u32 = 3;

impl Trouble {
    /// Adds a failure while `first..=last` was read. `unreadable` says that the answer itself
    /// was at fault, not the line it came over.
    pub(crate) fn after(before: Option<Self>, first: u32, last: u32, unreadable: bool) -> Self {
        let asked = last.saturating_sub(first).saturating_add(1);
        let same = before.filter(|trouble| trouble.first == first);
        let strikes = same.map_or(0, |trouble| trouble.strikes) + 1;
        let until = before.map_or(last, |trouble| trouble.until.max(last));
        let halve = unreadable || strikes > ACCIDENTS_MAX;
        Self {
            first,
            until,
            span: if halve { (asked / 2).max(1) } else { asked },
            strikes,
            given_up: unreadable && asked == 1 && strikes >= REFUSALS_MIN,
        }
    }

    /// Whether one more refusal at this place is the last one that is put up with.
    pub(crate) const fn is_nearly_given_up(&self, first: u32) -> bool {
        self.first == first && self.strikes + 1 >= REFUSALS_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::super::cursor::range_end;
    use super::*;

    #[test]
    fn an_unreadable_message_is_cornered_and_given_up() {
        let culprit = 300;
        let (mut first, mut trouble, mut failures) = (1, None::<Trouble>, 0);
        loop {
            let span = trouble.map_or(500, |trouble| trouble.span);
            let last = range_end(first, 1_000, span).expect("the culprit is met first");
            if !(first..=last).contains(&culprit) {
                first = last + 1;
                continue;
            }
            failures += 1;
            let now = Trouble::after(trouble, first, last, true);
            trouble = Some(now);
            if now.given_up {
                break;
            }
        }
        assert_eq!(first, culprit);
        assert!(failures <= 12, "{failures} failures");
    }

    #[test]
    fn a_single_message_is_not_given_up_at_its_first_refusal() {
        let once = Trouble::after(None, 5, 5, true);
        let twice = Trouble::after(Some(once), 5, 5, true);
        let thrice = Trouble::after(Some(twice), 5, 5, true);
        let given_up = [once, twice, thrice].map(|trouble| trouble.given_up);
        assert_eq!(given_up, [false, false, true]);
    }

    #[test]
    fn a_lost_connection_never_gives_a_message_up() {
        let mut trouble = None;
        for _ in 0..50 {
            trouble = Some(Trouble::after(trouble, 5, 5, false));
        }
        assert!(!trouble.expect("it failed").given_up);
    }
}
