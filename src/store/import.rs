//! Making a store from an export.
//!
//! Vocabulary: to *rebuild* is to make a store of which it is not known what happened since its
//! export: numbers then go on with a gap, so that none is given out twice, and the moment is
//! kept with the installation, for the rules that depend on it.

use std::path::Path;

use super::batch::Batch;
use super::export::{ExportSummary, read_lines};
use super::headway::Headway;
use super::keys::{self, KeyKind};
use super::plain::Plain;
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
