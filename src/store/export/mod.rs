//! Exports: everything the store remembers, as JSON lines.
//!
//! Vocabulary: an *export* is a file of lines; each line ends with its own checksum. The first
//! is the *header*, the last the *trailer*, which counts the records and has a checksum over
//! everything before it; in between each line is one record under its key. A *slice* is the
//! records the store hands over at once, so that nobody waits for long; what changes meanwhile
//! follows at the end, and a later line overrides an earlier one. So an export shows the store
//! at one moment, that of its last slice.

mod file;
pub(super) mod lines;
mod read;
#[cfg(test)]
mod tests;

pub use file::{ExportFile, ExportFolder, FinishedExport};
pub use read::{ExportSummary, verify_export};
pub(super) use read::{read_lines, trailer_of};

use std::collections::BTreeSet;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::keys::{self, KeyKind};
use super::plain::Plain;
use super::records::Numbers;
use super::sled_store::SledStore;
use super::{StoreError, hex};

/// How many changed keys are noted while an export is under way. Beyond it the export is given
/// up, and made later.
const CHANGES_MAX: usize = 50_000;

/// Where an export goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ExportPlace {
    /// At the first record.
    #[default]
    Beginning,
    /// Behind this key.
    Behind(Vec<u8>),
    /// With what has changed meanwhile.
    Changes,
}

/// What the store hands over at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSlice {
    /// The lines, each with its line feed.
    pub lines: String,
    /// How many there are.
    pub records: u64,
    /// Where to go on. `None`: this was the last slice.
    pub next: Option<ExportPlace>,
    /// The highest numbers given out.
    pub numbers: HighestNumbers,
}

/// The highest numbers given out, by which an export and a store are compared: numbers only
/// rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HighestNumbers {
    pub(super) case: u64,
    pub(super) row: u64,
    pub(super) history: u64,
    /// Commits that tell what no mailbox does ([`super::mark`]); older exports don't count them.
    #[serde(default)]
    pub(super) step: u64,
}

impl HighestNumbers {
    /// The numbers a store keeps.
    pub(super) fn new(numbers: Numbers, step: u64) -> Self {
        Self {
            case: numbers.last_case,
            row: numbers.last_row,
            history: numbers.last_history,
            step,
        }
    }

    /// Whether anything was given out that the other does not know of.
    pub fn is_ahead_of(&self, other: &Self) -> bool {
        self.case > other.case
            || self.row > other.row
            || self.history > other.history
            || self.step > other.step
    }
}

/// What an export that is under way has to know of.
#[derive(Debug, Default)]
pub(super) struct Changes {
    behind: Vec<u8>,
    keys: BTreeSet<Vec<u8>>,
    too_many: bool,
}

impl Changes {
    /// Takes note of what is written or removed. What lies ahead will be read anyway.
    pub(super) fn changed(&mut self, keys: Vec<Vec<u8>>) {
        let behind = &self.behind;
        self.keys
            .extend(keys.into_iter().filter(|key| key <= behind));
        if self.keys.len() > CHANGES_MAX {
            self.too_many = true;
            self.keys.clear();
        }
    }
}

/// A record on its way into or out of an export. `None` if it is gone.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    key: String,
    pub(super) record: Option<Plain>,
}

impl Entry {
    fn new(key: &[u8], record: Option<Plain>) -> Self {
        let key = hex::written(key);
        Self { key, record }
    }

    /// The key; `None` if it is none.
    pub(super) fn key(&self) -> Option<Vec<u8>> {
        hex::read(&self.key)
    }
}

impl SledStore {
    /// See [`super::Store::export`].
    pub(super) fn export_slice(
        &mut self,
        place: ExportPlace,
        most: usize,
    ) -> Result<ExportSlice, StoreError> {
        let mut slice = ExportSlice {
            lines: String::new(),
            records: 0,
            next: None,
            numbers: self.highest_numbers(),
        };
        if place == ExportPlace::Beginning {
            self.export = Some(Changes::default());
        }
        let mut changes = match self.export.take() {
            Some(changes) if !changes.too_many => changes,
            Some(_) | None => return Err(self.export_overtaken()),
        };
        match place {
            ExportPlace::Beginning => {
                let first = keys::single(KeyKind::StoreVersion).to_vec();
                self.read_on(Bound::Excluded(first), most, &mut changes, &mut slice)?;
            }
            ExportPlace::Behind(key) => {
                self.read_on(Bound::Excluded(key), most, &mut changes, &mut slice)?;
            }
            ExportPlace::Changes => self.read_changes(most, &mut changes, &mut slice)?,
        }
        if slice.next.is_some() {
            self.export = Some(changes);
        }
        Ok(slice)
    }

    fn read_on(
        &self,
        from: Bound<Vec<u8>>,
        most: usize,
        changes: &mut Changes,
        slice: &mut ExportSlice,
    ) -> Result<(), StoreError> {
        for entry in self.range((from, Bound::Unbounded)).take(most) {
            let (key, bytes) = entry?;
            self.add_line(&key, Some(&bytes), slice)?;
            changes.behind = key.to_vec();
        }
        slice.next = Some(match slice.records < most as u64 {
            true => ExportPlace::Changes,
            false => ExportPlace::Behind(changes.behind.clone()),
        });
        if slice.next == Some(ExportPlace::Changes) {
            // From here on everything lies behind.
            changes.behind = vec![u8::MAX];
            if changes.keys.is_empty() {
                slice.next = None;
            }
        }
        Ok(())
    }

    fn read_changes(
        &self,
        most: usize,
        changes: &mut Changes,
        slice: &mut ExportSlice,
    ) -> Result<(), StoreError> {
        for _ in 0..most {
            let Some(key) = changes.keys.pop_first() else {
                break;
            };
            let bytes = self.raw(&key)?;
            self.add_line(&key, bytes.as_deref(), slice)?;
        }
        slice.next = (!changes.keys.is_empty()).then_some(ExportPlace::Changes);
        Ok(())
    }

    fn add_line(
        &self,
        key: &[u8],
        bytes: Option<&[u8]>,
        slice: &mut ExportSlice,
    ) -> Result<(), StoreError> {
        let record = match bytes {
            Some(bytes) => Plain::unseal(key, bytes).map_err(|error| self.damage(&error))?,
            None => None,
        };
        lines::add(&mut slice.lines, &Entry::new(key, record));
        slice.records += 1;
        Ok(())
    }
}
