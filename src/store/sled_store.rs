//! The store on sled.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use sled::IVec;

use super::batch::{Batch, Kept};
use super::clients::Clients;
use super::disk::{self, Disk};
use super::export::{Changes, ExportPlace, ExportSlice, HighestNumbers};
use super::keys::{self, KeyKind};
use super::record::{Record, RecordError, unseal};
use super::records::{
    AbsencesRecord, AcknowledgementRow, AlarmsRecord, CaseRecord, ClientRecord, CursorRecord,
    HistoryRecord, IndexRecord, LiaisonRecord, MorningsRecord, QuarantineRecord, ReasonsRecord,
    RowRecord, TeamMailRecord, ThreadRecord, TraceRecord, Unfit,
};
use super::seal::Closing;
use super::{ACKNOWLEDGEMENTS_SECONDS, PrunePlace, PruneSlice, Retention, Store, StoreError};
use crate::domain::case::Case;
use crate::domain::commit::{
    AWAITED_MAX, AcknowledgementRecord, Commit, HistoryEntry, IndexEntry, Known, Loaded,
    OUTBOUND_MAX, Quarantined, Questions, TRACES_MAX, Trace,
};
use crate::domain::ids::{CaseId, ClientKey, MessageKey};
use crate::domain::time::Timestamp;

/// How many writes go into one atomic batch before the next commit starts another one. A
/// commit is never divided.
const BATCH_WRITES_MAX: usize = 8192;

/// How many reads follow each write of a batch, see [`SledStore::free_memory`].
const READS_PER_WRITE: usize = 1;

/// The store on sled: one tree, one writer.
#[derive(Debug)]
pub struct SledStore {
    path: PathBuf,
    tree: sled::Db,
    disk: Disk,
    kept: Kept,
    /// How many writes sled has not been made to tidy up after.
    untidied: usize,
    failed: bool,
    /// What an export that is under way has to know of.
    pub(super) export: Option<Changes>,
    /// The last field: it is dropped when sled is gone.
    closing: Closing,
}

impl Store for SledStore {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        Ok(Loaded {
            cases: self.scan::<CaseRecord, Case>(&keys::single(KeyKind::OpenCase))?,
            last_case: self.kept.numbers.last_case,
            outbox: self.scan::<RowRecord, _>(&keys::single(KeyKind::UnfinishedRow))?,
            last_row: self.kept.numbers.last_row,
            cursors: self.scan::<CursorRecord, _>(&keys::single(KeyKind::Cursor))?,
            acknowledgements: self.recent_acknowledgements()?,
            installation: self.installation()?,
            absences: self
                .read::<AbsencesRecord, _>(&keys::single(KeyKind::Absences))?
                .unwrap_or_default(),
            alarms: self
                .read::<AlarmsRecord, _>(&keys::single(KeyKind::Alarms))?
                .unwrap_or_default(),
            mornings: self
                .read::<MorningsRecord, _>(&keys::single(KeyKind::Mornings))?
                .unwrap_or_default(),
            liaisons: self.scan::<LiaisonRecord, _>(&keys::single(KeyKind::Liaison))?,
        })
    }

    fn look_up(&mut self, questions: &Questions) -> Result<Known, StoreError> {
        let mut known = Known::default();
        for (key, entry) in self.index_entries(&questions.messages)? {
            self.bring_case(&mut known, entry.case)?;
            known.messages.insert(key, entry);
        }
        // In the order of keys, so that each page of the tree is brought up once.
        let mut threads = questions.threads.clone();
        threads.sort();
        threads.dedup();
        for id in &threads {
            if let Some(record) = self.get::<ThreadRecord>(&keys::thread(*id))? {
                let case = CaseId::from(record);
                self.bring_case(&mut known, Some(case))?;
                known.threads.insert(*id, case);
            }
        }
        // An index that holds nothing, as before the first sent mail is read, is not searched.
        let awaited = match self.holds_any(KeyKind::Awaited)? {
            true => questions.awaited.as_slice(),
            false => &[],
        };
        for id in awaited {
            let answers = self
                .values::<TeamMailRecord, _>(&keys::awaited_of(*id))
                .rev()
                .take(AWAITED_MAX)
                .collect::<Result<Vec<_>, _>>()?;
            if !answers.is_empty() {
                known.awaited.insert(*id, answers);
            }
        }
        let outbound = match self.holds_any(KeyKind::Outbound)? {
            true => questions.outbound.as_slice(),
            false => &[],
        };
        for contact in outbound {
            let mails = self
                .values::<TeamMailRecord, _>(&keys::outbound_of(contact))
                .take(OUTBOUND_MAX)
                .collect::<Result<Vec<_>, _>>()?;
            if !mails.is_empty() {
                known.outbound.insert(contact.clone(), mails);
            }
        }
        for trace in &questions.traces {
            let seen = self
                .values::<TraceRecord, Trace>(&keys::traces_of(*trace))
                .rev()
                .take(TRACES_MAX)
                .collect::<Result<Vec<_>, _>>()?;
            for seen in &seen {
                self.bring_case(&mut known, Some(seen.case))?;
            }
            if !seen.is_empty() {
                known.traces.insert(*trace, seen);
            }
        }
        for case in &questions.cases {
            self.bring_case(&mut known, Some(*case))?;
        }
        for message in &questions.reasons {
            if let Some(record) = self.get::<ReasonsRecord>(&keys::reasons(*message))? {
                known.reasons.insert(*message, record.into());
            }
        }
        self.look_up_copies(questions, &mut known)?;
        self.look_up_days(questions, &mut known)?;
        Ok(known)
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        if self.failed {
            return Err(self.failed_before());
        }
        let written = self.write(commits);
        // Set before anything can be tried again; only a new opening knows what is on disk.
        self.failed = written.is_err();
        self.closing.is_spoilt |= self.failed;
        written
    }

    fn rest(&mut self) {
        // What can't be read any more can't be trusted with another write either.
        self.failed |= self.free_memory().is_err();
        self.closing.is_spoilt |= self.failed;
    }

    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.scan::<HistoryRecord, _>(&keys::history_of(case))
    }

    fn cases(&mut self, limit: usize) -> Result<Vec<Case>, StoreError> {
        let mut cases: Vec<Case> = Vec::new();
        for kind in [KeyKind::OpenCase, KeyKind::ClosedCase] {
            let kind = keys::single(kind);
            let newest = self.values::<CaseRecord, Case>(&kind).rev();
            for case in newest.take(limit) {
                cases.push(case?);
            }
        }
        cases.sort_by_key(|case| std::cmp::Reverse(case.id));
        cases.truncate(limit);
        Ok(cases)
    }

    fn quarantine(&mut self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.values::<QuarantineRecord, _>(&keys::single(KeyKind::Quarantined))
            .take(limit)
            .collect()
    }

    fn numbers(&mut self) -> Result<HighestNumbers, StoreError> {
        Ok(self.highest_numbers())
    }

    fn prune(
        &mut self,
        retention: Retention,
        place: PrunePlace,
        most: usize,
    ) -> Result<PruneSlice, StoreError> {
        if self.failed {
            return Err(self.failed_before());
        }
        let pruned = self.prune_slice(retention, place, most);
        self.failed |= pruned.is_err();
        self.closing.is_spoilt |= self.failed;
        pruned
    }

    fn export(&mut self, place: ExportPlace, most: usize) -> Result<ExportSlice, StoreError> {
        self.export_slice(place, most)
    }
}

impl SledStore {
    /// Makes a store of an open tree: reads what it keeps in memory, and confirms on disk
    /// whatever sled has done while opening.
    pub(super) fn new(path: &Path, tree: sled::Db) -> Result<Self, StoreError> {
        let disk = Disk::open(path).map_err(|error| disk::refused("open", path, &error))?;
        let mut store = Self {
            path: path.to_owned(),
            tree,
            disk,
            kept: Kept::default(),
            untidied: 0,
            failed: false,
            export: None,
            closing: Closing::of(path),
        };
        if let Some(numbers) = store.get(&keys::single(KeyKind::Numbers))? {
            store.kept.numbers = numbers;
        }
        if let Some(steps) = store.get(&keys::single(KeyKind::Steps))? {
            store.kept.steps = steps;
        }
        store.kept.clients = store.stored_clients()?;
        store.kept.open = store.stored_open_cases()?;
        Ok(store)
    }

    fn stored_open_cases(&self) -> Result<BTreeSet<CaseId>, StoreError> {
        let cases = self.tree.scan_prefix(keys::single(KeyKind::OpenCase));
        let number = |key: sled::Result<IVec>| {
            let key = key.map_err(|error| self.refused_by_sled("read", &error))?;
            let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            let number =
                number.ok_or_else(|| self.damage(&RecordError::content(&key, "no number")))?;
            Ok(CaseId(number))
        };
        cases.keys().map(number).collect()
    }

    fn stored_clients(&self) -> Result<Clients, StoreError> {
        let mut clients = Clients::default();
        for record in self.unsealed::<ClientRecord>(&keys::single(KeyKind::Client)) {
            let (key, record) = record?;
            let number = key
                .last_chunk()
                .map(|bytes| u32::from_be_bytes(*bytes))
                .ok_or_else(|| self.damage(&RecordError::content(&key, "no number")))?;
            clients.restore(number, ClientKey::from(record));
        }
        Ok(clients)
    }

    fn write(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        let mut batch = self.new_batch();
        let mut applied = false;
        for commit in commits {
            batch.stage(commit, &mut self.kept);
            if batch.len() >= BATCH_WRITES_MAX {
                let full = std::mem::replace(&mut batch, self.new_batch());
                self.apply(full)?;
                applied = true;
            }
        }
        if batch.len() > 0 {
            self.apply(batch)?;
            applied = true;
        }
        if applied { self.confirm() } else { Ok(()) }
    }

    pub(super) fn apply(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        self.free_memory()?;
        self.untidied = batch.len();
        if let Some(export) = &mut self.export {
            export.changed(batch.take_touched());
        }
        self.tree
            .apply_batch(batch.into_writes())
            .map_err(|error| self.refused_by_sled("write to", &error))
    }

    /// Makes sled free what a batch has replaced. It does so a little at a time, on every
    /// access to the tree; but a batch counts as one access however much it replaces, so that
    /// without these reads memory grows by hundreds of MiB while a mailbox is first read.
    fn free_memory(&mut self) -> Result<(), StoreError> {
        let key = keys::single(KeyKind::StoreVersion);
        for _ in 0..std::mem::take(&mut self.untidied) * READS_PER_WRITE {
            self.tree
                .contains_key(key)
                .map_err(|error| self.refused_by_sled("read", &error))?;
        }
        Ok(())
    }

    pub(super) fn confirm(&mut self) -> Result<(), StoreError> {
        self.tree
            .flush()
            .map_err(|error| self.refused_by_sled("write to", &error))?;
        self.disk
            .confirm(self.highest_numbers())
            .map_err(|error| self.refused("write to", &error))
    }

    /// What the index holds of these messages. Their keys begin with the time of receipt, so
    /// that messages read in their order lie close together: going once over what lies there,
    /// on a first read nothing, is cheaper than looking for each of them.
    fn index_entries(
        &self,
        messages: &[MessageKey],
    ) -> Result<Vec<(MessageKey, IndexEntry)>, StoreError> {
        let (Some(first), Some(last)) = (messages.iter().min(), messages.iter().max()) else {
            return Ok(Vec::new());
        };
        let stretch = keys::message(*first)..=keys::message(*last);
        let few = self.tree.range(stretch).keys().take(messages.len() + 1);
        let few = few.collect::<sled::Result<BTreeSet<IVec>>>();
        let few = few.map_err(|error| self.refused_by_sled("read", &error))?;
        let is_all = few.len() <= messages.len();
        let mut entries = Vec::new();
        for message in messages {
            let key = keys::message(*message);
            if (!is_all || few.contains(&key[..]))
                && let Some(entry) = self.index_entry(*message)?
            {
                entries.push((*message, entry));
            }
        }
        Ok(entries)
    }

    fn holds_any(&self, kind: KeyKind) -> Result<bool, StoreError> {
        let first = self.tree.scan_prefix(keys::single(kind)).next().transpose();
        first
            .map(|found| found.is_some())
            .map_err(|error| self.refused_by_sled("read", &error))
    }

    fn index_entry(&self, message: MessageKey) -> Result<Option<IndexEntry>, StoreError> {
        let key = keys::message(message);
        let Some(record) = self.get::<IndexRecord>(&key)? else {
            return Ok(None);
        };
        record
            .into_entry(|number| self.kept.clients.key(number).cloned())
            .map(Some)
            .map_err(|Unfit(what)| self.damage(&RecordError::content(&key, what)))
    }

    fn recent_acknowledgements(&self) -> Result<Vec<AcknowledgementRecord>, StoreError> {
        let kind = keys::single(KeyKind::Acknowledgement);
        let newest = self
            .values::<AcknowledgementRow, AcknowledgementRecord>(&kind)
            .next_back();
        let Some(newest) = newest.transpose()? else {
            return Ok(Vec::new());
        };
        let since = newest
            .at
            .checked_sub_signed(chrono::TimeDelta::seconds(ACKNOWLEDGEMENTS_SECONDS))
            .unwrap_or(Timestamp::MIN_UTC);
        let mut recent = Vec::new();
        for entry in self.tree.range(keys::acknowledgements_at(since)..) {
            let (key, bytes) = entry.map_err(|error| self.refused_by_sled("read", &error))?;
            if !key.starts_with(&kind) {
                break;
            }
            let record: AcknowledgementRecord =
                self.understand::<AcknowledgementRow, _>(&key, &bytes)?;
            if record.at >= since {
                recent.push(record);
            }
        }
        Ok(recent)
    }

    /// One record.
    pub(super) fn get<R: Record>(&self, key: &[u8]) -> Result<Option<R>, StoreError> {
        let bytes = self.tree.get(key);
        match bytes.map_err(|error| self.refused_by_sled("read", &error))? {
            Some(bytes) => self.unseal(key, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// One record, as the domain knows it.
    pub(super) fn read<R, T>(&self, key: &[u8]) -> Result<Option<T>, StoreError>
    where
        R: Record,
        T: TryFrom<R, Error = Unfit>,
    {
        let record = self.get::<R>(key)?;
        record.map(|record| self.fit(key, record)).transpose()
    }

    /// All records whose keys begin with this, in the order of keys.
    fn unsealed<R: Record>(
        &self,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, R), StoreError>> {
        self.tree.scan_prefix(prefix).map(move |entry| {
            let (key, bytes) = entry.map_err(|error| self.refused_by_sled("read", &error))?;
            let record = self.unseal(&key, &bytes)?;
            Ok((key, record))
        })
    }

    /// All records whose keys begin with this, as the domain knows them.
    pub(super) fn values<R, T>(
        &self,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<T, StoreError>>
    where
        R: Record,
        T: TryFrom<R, Error = Unfit>,
    {
        self.unsealed::<R>(prefix).map(move |record| {
            let (key, record) = record?;
            self.fit(&key, record)
        })
    }

    fn scan<R, T>(&self, prefix: &[u8]) -> Result<Vec<T>, StoreError>
    where
        R: Record,
        T: TryFrom<R, Error = Unfit>,
    {
        self.values::<R, T>(prefix).collect()
    }

    pub(super) fn understand<R, T>(&self, key: &[u8], bytes: &[u8]) -> Result<T, StoreError>
    where
        R: Record,
        T: TryFrom<R, Error = Unfit>,
    {
        self.fit(key, self.unseal::<R>(key, bytes)?)
    }

    fn unseal<R: Record>(&self, key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
        unseal(key, bytes).map_err(|error| self.damage(&error))
    }

    fn fit<R, T: TryFrom<R, Error = Unfit>>(&self, key: &[u8], record: R) -> Result<T, StoreError> {
        T::try_from(record).map_err(|Unfit(what)| self.damage(&RecordError::content(key, what)))
    }

    pub(super) fn damage(&self, error: &RecordError) -> StoreError {
        match error {
            RecordError::UnknownVersion(..) | RecordError::UnknownKind(_) => StoreError::Newer {
                path: self.path.display().to_string(),
                what: error.to_string(),
            },
            RecordError::CutOff(_) | RecordError::Checksum(_) | RecordError::Content(..) => {
                disk::damaged(&self.path, error.to_string())
            }
        }
    }

    fn refused(&self, action: &'static str, error: &io::Error) -> StoreError {
        disk::refused(action, &self.path, error)
    }

    fn refused_by_sled(&self, action: &'static str, error: &sled::Error) -> StoreError {
        disk::refused_by_sled(action, &self.path, error)
    }
}

mod access;
mod lookup;
#[cfg(test)]
pub(super) mod tests;
