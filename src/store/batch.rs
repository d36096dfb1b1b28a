//! What a commit changes in the tree.

use std::collections::{BTreeMap, BTreeSet};

use super::clients::Clients;
use super::keys::{self, KeyKind, Lasting, day_of};
use super::record::{Record, seal};
use super::records::{
    AbsencesRecord, AcknowledgementRow, AlarmsRecord, AsideRecord, CaseRecord, ClientRecord,
    CopyRecord, CursorRecord, DatedRecord, HistoryRecord, IndexRecord, InstallationRecord, KeyText,
    LiaisonRecord, MorningsRecord, Numbers, QuarantineRecord, ReasonsRecord, RebuiltRecord,
    RowRecord, StepsRecord, SubjectRecord, TeamMailRecord, ThreadRecord, TraceRecord,
};
use crate::domain::case::Case;
use crate::domain::commit::{Commit, IndexEntry};
use crate::domain::ids::{CaseId, MessageKey};
use crate::domain::outbox::OutboxRow;
use crate::domain::time::Timestamp;

/// What the store keeps in memory beside the tree.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The numbers that stand for clients.
    pub(super) clients: Clients,
    /// The highest numbers given out.
    pub(super) numbers: Numbers,
    /// How many commits told what no mailbox does.
    pub(super) steps: StepsRecord,
    /// The cases that lie among the open ones.
    pub(super) open: BTreeSet<CaseId>,
}

/// The writes that reach the disk together or not at all.
#[derive(Debug, Default)]
pub(super) struct Batch {
    writes: sled::Batch,
    count: usize,
    dated: BTreeMap<(Lasting, u32), Vec<KeyText>>,
    /// The keys that are written or removed, if somebody wants to know.
    touched: Option<Vec<Vec<u8>>>,
}

impl Batch {
    /// An empty batch. Keys are noted where an export is under way.
    pub(super) fn new(notes_keys: bool) -> Self {
        Self {
            touched: notes_keys.then(Vec::new),
            ..Self::default()
        }
    }

    /// Takes out the keys that were noted.
    pub(super) fn take_touched(&mut self) -> Vec<Vec<u8>> {
        self.touched.take().unwrap_or_default()
    }

    /// How many writes there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The writes in sled's own form.
    pub(super) fn into_writes(self) -> sled::Batch {
        self.writes
    }

    /// Adds all changes of a commit. What was staged before is overridden.
    pub(super) fn stage(&mut self, commit: &Commit, kept: &mut Kept) {
        let Kept {
            clients,
            numbers,
            steps,
            open,
        } = kept;
        let before = *numbers;
        for case in &commit.cases {
            self.put_case(case, open, case.id.0 > numbers.last_case);
            numbers.last_case = numbers.last_case.max(case.id.0);
        }
        for entry in &commit.history {
            numbers.last_history += 1;
            let key = keys::history(entry.case, numbers.last_history);
            self.put(&key, &HistoryRecord::from(entry));
        }
        for row in &commit.outbox {
            self.put_row(row, row.id.0 > numbers.last_row);
            numbers.last_row = numbers.last_row.max(row.id.0);
        }
        if *numbers != before {
            self.put(&keys::single(KeyKind::Numbers), numbers);
        }
        for (key, entry) in &commit.messages {
            self.put_message(*key, entry, clients);
        }
        if is_step(commit) {
            steps.last += 1;
            self.put(&keys::single(KeyKind::Steps), steps);
        }
        self.stage_threads(commit);
        self.stage_installation(commit);
        self.put_dated();
    }

    fn stage_threads(&mut self, commit: &Commit) {
        for (id, case) in &commit.threads {
            self.put(&keys::thread(*id), &ThreadRecord::from(*case));
        }
        for (id, mail) in &commit.awaited {
            let key = keys::awaited(*id, mail.key);
            self.put(&key, &TeamMailRecord::from(mail));
            self.date(Lasting::Kept, mail.at, &key);
        }
        for (contact, mail) in &commit.outbound {
            let key = keys::outbound(contact, mail.at, mail.key);
            self.put(&key, &TeamMailRecord::from(mail));
            self.date(Lasting::Kept, mail.at, &key);
        }
        for (trace, seen) in &commit.traces {
            let key = keys::trace(*trace, seen.message);
            self.put(&key, &TraceRecord::from(seen));
            self.date(Lasting::Traces, seen.at, &key);
        }
        for (key, reasons) in &commit.reasons {
            let record = ReasonsRecord::from(reasons.as_slice());
            self.put(&keys::reasons(*key), &record);
        }
        for (content, copy) in &commit.copies {
            let key = keys::copy(*content, copy.key);
            self.put(&key, &CopyRecord::from(copy));
            self.date(Lasting::Kept, received_at(commit, copy.key), &key);
        }
        for (key, subject) in &commit.subjects {
            let record = SubjectRecord::from(subject.as_str());
            self.put(&keys::subject(*key), &record);
        }
    }

    fn stage_installation(&mut self, commit: &Commit) {
        for (folder, cursor) in &commit.cursors {
            let record = CursorRecord::from((folder, cursor));
            self.put(&keys::cursor(folder), &record);
        }
        for quarantined in &commit.quarantine {
            let key = keys::quarantined(&quarantined.location, quarantined.at);
            self.put(&key, &QuarantineRecord::from(quarantined));
        }
        for acknowledgement in &commit.acknowledgements {
            let key = keys::acknowledgement(acknowledgement.at, acknowledgement.row);
            self.put(&key, &AcknowledgementRow::from(acknowledgement));
        }
        if let Some(installation) = &commit.installation {
            let key = keys::single(KeyKind::Installation);
            self.put(&key, &InstallationRecord::from(installation));
            let key = keys::single(KeyKind::Rebuilt);
            match installation.lost.as_slice() {
                [] => self.remove(&key),
                lost => self.put(&key, &RebuiltRecord::from(lost)),
            }
        }
        if let Some(absences) = &commit.absences {
            let key = keys::single(KeyKind::Absences);
            self.put(&key, &AbsencesRecord::from(absences));
        }
        if let Some(alarms) = &commit.alarms {
            let key = keys::single(KeyKind::Alarms);
            self.put(&key, &AlarmsRecord::from(alarms));
        }
        if let Some(mornings) = &commit.mornings {
            let key = keys::single(KeyKind::Mornings);
            self.put(&key, &MorningsRecord::from(mornings));
        }
        for aside in &commit.asides {
            let key = keys::aside(aside.at, aside.message);
            self.put(&key, &AsideRecord::from(aside));
            self.date(Lasting::Traces, aside.at, &key);
        }
        for liaison in &commit.liaisons {
            let key = keys::liaison(&liaison.client);
            self.put(&key, &LiaisonRecord::from(liaison));
        }
    }

    /// Open and closed cases lie apart, so that a start reads only the open ones.
    fn put_case(&mut self, case: &Case, open: &mut BTreeSet<CaseId>, is_new: bool) {
        let record = CaseRecord::from(case);
        if case.is_open() {
            self.put(&keys::case(KeyKind::OpenCase, case.id), &record);
            if open.insert(case.id) && !is_new {
                self.remove(&keys::case(KeyKind::ClosedCase, case.id));
            }
        } else {
            let key = keys::case(KeyKind::ClosedCase, case.id);
            self.put(&key, &record);
            self.date(Lasting::Kept, ended_at(case), &key);
            if open.remove(&case.id) {
                self.remove(&keys::case(KeyKind::OpenCase, case.id));
            }
        }
    }

    fn put_row(&mut self, row: &OutboxRow, is_new: bool) {
        let (here, not_here) = if row.state.is_final() {
            (KeyKind::FinishedRow, KeyKind::UnfinishedRow)
        } else {
            (KeyKind::UnfinishedRow, KeyKind::FinishedRow)
        };
        self.put(&keys::row(here, row.id), &RowRecord::from(row));
        if !is_new {
            self.remove(&keys::row(not_here, row.id));
        }
    }

    fn put_message(&mut self, key: MessageKey, entry: &IndexEntry, clients: &mut Clients) {
        let number = entry.client.as_ref().map(|client| {
            let (number, is_new) = clients.number(client);
            if is_new {
                self.put(&keys::client(number), &ClientRecord::from(client));
            }
            number
        });
        let own = keys::message(key);
        self.put(&own, &IndexRecord::new(entry, number));
        // Messages lie in the order of their dates; where that says little, they are filed.
        let apart = i64::from(key.seconds()) - entry.received_at.timestamp();
        if apart.abs() > DATE_TRUSTED_SECONDS {
            self.date(Lasting::Kept, entry.received_at, &own);
        }
    }

    /// Files a key under a day, from which on its record grows old.
    pub(super) fn date(&mut self, lasting: Lasting, at: Timestamp, key: &[u8]) {
        let filed = self.dated.entry((lasting, day_of(at))).or_default();
        filed.push(KeyText(key.to_vec()));
    }

    /// Writes what was filed: one record for each day, whatever the number of keys.
    pub(super) fn put_dated(&mut self) {
        for ((lasting, day), keys) in std::mem::take(&mut self.dated) {
            let key = keys::dated(lasting, day, keys.iter().map(|key| key.0.as_slice()));
            self.put(&key, &DatedRecord { keys });
        }
    }

    fn put<R: Record>(&mut self, key: &[u8], value: &R) {
        self.put_sealed(key, seal(key, value));
    }

    /// Writes a record that is sealed already.
    pub(super) fn put_sealed(&mut self, key: &[u8], sealed: Vec<u8>) {
        self.writes.insert(key, sealed);
        self.touch(key);
    }

    /// Removes what lies under a key.
    pub(super) fn remove(&mut self, key: &[u8]) {
        self.writes.remove(key);
        self.touch(key);
    }

    fn touch(&mut self, key: &[u8]) {
        self.count += 1;
        if let Some(touched) = &mut self.touched {
            touched.push(key.to_vec());
        }
    }
}

/// Whether a commit tells what can't be read again in the mailboxes.
fn is_step(commit: &Commit) -> bool {
    let is_reading = !commit.cursors.is_empty() || !commit.messages.is_empty();
    !commit.outbox.is_empty()
        || !commit.acknowledgements.is_empty()
        || commit.installation.is_some()
        || commit.alarms.is_some()
        || commit.absences.is_some()
        || commit.mornings.is_some()
        || !(is_reading || commit.is_empty())
}

/// How far the date of a message may lie from its receipt for its place among the messages to
/// tell how old it is.
pub(super) const DATE_TRUSTED_SECONDS: i64 = 2 * 86_400;

/// When a message was received: as its entry says, which comes with the same commit, else as the
/// message itself does.
fn received_at(commit: &Commit, message: MessageKey) -> Timestamp {
    let mut entries = commit.messages.iter();
    let entry = entries.find(|(key, _)| *key == message);
    let dated = || Timestamp::from_timestamp(message.seconds().into(), 0).unwrap_or_default();
    entry.map_or_else(dated, |(_, entry)| entry.received_at)
}

/// When the last thing happened in a case.
pub(super) fn ended_at(case: &Case) -> Timestamp {
    let last = case.happenings.last();
    last.map_or(Timestamp::UNIX_EPOCH, |last| last.at)
}
