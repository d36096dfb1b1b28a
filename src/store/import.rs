//! Making a store from an export.
//!
//! Vocabulary: to *rebuild* is to make a store of which it is not known what happened since its
//! export: numbers then go on with a gap, so that none is given out twice, and the moment is
//! kept with the installation, for the rules that depend on it.

use std::path::{Path, PathBuf};

use super::batch::Batch;
use super::export::{ExportSummary, read_lines, trailer_of, verify_export};
use super::headway::Headway;
use super::keys::{self, KeyKind};
use super::mark::Mark;
use super::plain::Plain;
use super::rebuild::{RebuildNote, RebuildReport, StatePlaces};
use super::record::seal;
use super::records::{Numbers, RebuiltRecord, StepsRecord};
use super::sled_store::SledStore;
use super::{Store as _, StoreError};
use crate::domain::commit::{Commit, Installation, LostTime};
use crate::domain::time::Timestamp;

/// How many records go into one write.
const RECORDS_PER_WRITE: usize = 2000;

/// How many numbers are left out after a rebuilding: more than can have been given out since
/// the export.
pub(super) const CASES_LEFT_OUT: u64 = 10_000;
pub(super) const ROWS_LEFT_OUT: u64 = 1_000_000;

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What the export held.
    pub summary: ExportSummary,
    /// Where the store lies that was there before; `None` if there was none.
    pub aside: Option<PathBuf>,
    /// Whether nothing happened since the export: then ackd knows what it has sent.
    pub is_complete: bool,
}

impl StatePlaces {
    /// Makes a store from an export somebody names, in place of what there is; where the old
    /// one lies then. The export is verified before anything is changed. Nothing that happened
    /// since is forgotten if the store there shows that there was nothing, or if somebody says
    /// so (`is_moved`) of an export that was written after a stop; of another one that fails.
    /// Blocks.
    pub fn import(
        &self,
        export: &Path,
        is_moved: bool,
        now: Timestamp,
        headway: &Headway,
    ) -> Result<Imported, StoreError> {
        self.clear_new()?;
        let summary = verify_export(export, headway)?;
        if is_moved && !summary.is_last {
            return Err(StoreError::Export {
                path: export.display().to_string(),
                line: summary.records + 2,
                reason: "it was not written after a stop in good order, so something may have happened since; stop ackd where it ran, export once more there, and import that one (or leave --moved away)".to_owned(),
            });
        }
        let mark = Mark::read(&self.store());
        let covered = mark
            .zip(trailer_of(export))
            .is_some_and(|(mark, numbers)| mark.is_covered_by(&numbers));
        let is_complete = is_moved || covered;
        let lost_until = (!is_complete).then_some(now);
        SledStore::import(export, &self.new_store(), lost_until, headway)?;
        self.write_note(&RebuildNote::Importing)?;
        let aside = self.move_aside("replaced", now)?;
        self.put_in_place()?;
        match is_complete {
            true => self.remove_note()?,
            false => self.write_note(&RebuildNote::Rebuilt(RebuildReport {
                reason: "somebody asked for it".to_owned(),
                aside: aside.clone(),
                export: Some(export.to_owned()),
                export_of: Some(summary.begun_at.clone()),
                refused: Vec::new(),
                is_complete,
                is_import: true,
            }))?,
        }
        self.clear_aside();
        Ok(Imported {
            summary,
            aside,
            is_complete,
        })
    }

    /// Goes on with an import that was interrupted.
    pub fn finish_import(&self) -> Result<(), StoreError> {
        if self.read_note() != Some(RebuildNote::Importing) {
            return Ok(());
        }
        if !self.store().exists() && self.new_store().exists() {
            self.put_in_place()?;
        }
        self.remove_note()
    }
}

impl SledStore {
    /// Makes a store in a directory that is not there yet, from an export. Fails if the export
    /// is not as it was written; the directory must then not be used. Blocks.
    pub(super) fn import(
        export: &Path,
        directory: &Path,
        lost_until: Option<Timestamp>,
        headway: &Headway,
    ) -> Result<ExportSummary, StoreError> {
        let mut store = Self::open(directory)?;
        let mut batch = Batch::default();
        let mut lost = RebuiltRecord::default();
        let (mut numbers, mut steps) = (Numbers::default(), StepsRecord::default());
        let summary = read_lines(export, headway, |line| {
            match &line.record {
                Some(record) => {
                    match record {
                        Plain::Numbers(own) => numbers = *own,
                        Plain::Steps(own) => steps = *own,
                        Plain::Rebuilt(own) => lost.clone_from(own),
                        _ => {}
                    }
                    batch.put_sealed(&line.key, record.seal(&line.key));
                }
                None => batch.remove(&line.key),
            }
            if batch.len() >= RECORDS_PER_WRITE {
                store.apply(std::mem::take(&mut batch))?;
            }
            Ok(())
        })?;
        if let Some(until) = lost_until {
            numbers.last_case += CASES_LEFT_OUT;
            numbers.last_row += ROWS_LEFT_OUT;
            numbers.last_history += ROWS_LEFT_OUT;
            let key = keys::single(KeyKind::Numbers);
            batch.put_sealed(&key, seal(&key, &numbers));
            steps.last += ROWS_LEFT_OUT;
            let key = keys::single(KeyKind::Steps);
            batch.put_sealed(&key, seal(&key, &steps));
            let key = keys::single(KeyKind::Rebuilt);
            let mut lost = Vec::<LostTime>::try_from(lost).unwrap_or_default();
            lost.push(LostTime {
                since: summary.begun_at.parse().ok(),
                until,
                is_listed: false,
            });
            batch.put_sealed(&key, seal(&key, &RebuiltRecord::from(lost.as_slice())));
        }
        store.apply(batch)?;
        store.confirm()?;
        Ok(summary)
    }

    /// Makes a store that knows nothing but that there was one before. Blocks.
    pub(super) fn begin_anew(
        directory: &Path,
        installation: &Installation,
    ) -> Result<(), StoreError> {
        let mut store = Self::open(directory)?;
        store.commit(&[Commit {
            installation: Some(installation.clone()),
            ..Commit::default()
        }])
    }
}
