//! Giving space back: sled never makes its file smaller, so that what is in use is copied into
//! a new store now and then.
//!
//! ```text
//! store ─copy─▶ store.new     store ▶ store.old     store.new ▶ store     store.old removed
//! ```
//!
//! A crash at any step leaves one whole store: `store`, or, between the two renamings,
//! `store.old`, which is then put back.

use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::batch::Batch;
use super::keys::{self, KeyKind};
use super::plain::Plain;
use super::rebuild::StatePlaces;
use super::sled_store::SledStore;
use super::{RebuildNote, StoreError};

/// How many records go into one write.
const RECORDS_PER_WRITE: usize = 2000;

/// Below this size, in bytes, there is nothing worth giving back.
const COMPACT_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// How many times larger than its newest export a store has to be. A store that was just made
/// from an export is smaller than that.
const COMPACT_TIMES_MIN: u64 = 4;

impl StatePlaces {
    /// How much room the store takes up, in bytes.
    pub fn store_bytes(&self) -> u64 {
        bytes_in(&self.store())
    }

    /// Whether copying the store would give much space back.
    pub fn is_worth_compacting(&self) -> bool {
        let newest = self
            .exports()
            .exports()
            .unwrap_or_default()
            .into_iter()
            .next();
        let export = newest.and_then(|path| std::fs::metadata(path).ok());
        let store = self.store_bytes();
        export.is_some_and(|export| {
            store >= COMPACT_BYTES_MIN && store >= export.len().saturating_mul(COMPACT_TIMES_MIN)
        })
    }

    /// Copies the store, which nobody may have open, into a new one that takes its place; how
    /// many records there are. A failure leaves the store as it was. Blocks.
    pub fn compact(&self) -> Result<u64, StoreError> {
        self.clear_new()?;
        let copied = self.copy_records().inspect_err(|_| {
            // On a full disk, above all.
            let _ = self.clear_new();
        })?;
        std::fs::rename(self.store(), self.old_store())
            .and_then(|()| self.sync())
            .map_err(|error| self.refused("compact", &error))?;
        self.put_in_place()?;
        self.finish_compaction()?;
        Ok(copied)
    }

    /// Goes on where a compaction was interrupted.
    pub(super) fn finish_compaction(&self) -> Result<(), StoreError> {
        let old = self.old_store();
        if !old.exists() {
            return Ok(());
        }
        let finished = if self.store().exists() {
            std::fs::remove_dir_all(&old)
        } else {
            std::fs::rename(&old, self.store())
        };
        finished
            .and_then(|()| self.sync())
            .map_err(|error| self.refused("compact", &error))
    }

    /// Removes what an interrupted step left and nothing needs any more.
    pub fn clear_left_overs(&self) -> Result<(), StoreError> {
        match self.read_note() {
            Some(RebuildNote::Aside { .. }) => Ok(()),
            _ => self.clear_new(),
        }
    }

    fn old_store(&self) -> PathBuf {
        self.store().with_extension("old")
    }

    fn copy_records(&self) -> Result<u64, StoreError> {
        let old = SledStore::open(&self.store())?;
        let mut new = SledStore::open(&self.new_store())?;
        let version = keys::single(KeyKind::StoreVersion).to_vec();
        let (mut batch, mut records) = (Batch::default(), 0);
        for entry in old.range((Bound::Excluded(version), Bound::Unbounded)) {
            let (key, bytes) = entry?;
            // What can't be read is not carried along in silence.
            Plain::unseal(&key, &bytes).map_err(|error| old.damage(&error))?;
            batch.put_sealed(&key, bytes.to_vec());
            records += 1;
            if batch.len() >= RECORDS_PER_WRITE {
                new.apply(std::mem::take(&mut batch))?;
            }
        }
        new.apply(batch)?;
        new.confirm()?;
        Ok(records)
    }
}

/// How much room a directory takes up. What can't be looked at counts nothing.
fn bytes_in(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let size = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let data = entry.metadata().ok()?;
        Some(match data.is_dir() {
            true => bytes_in(&entry.path()),
            false => data.len(),
        })
    };
    entries.filter_map(size).sum()
}
