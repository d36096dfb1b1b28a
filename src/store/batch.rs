//! What a commit changes in the tree.

use std::collections::BTreeSet;

use super::clients::Clients;
use super::keys::{self, KeyKind};
use super::record::{Record, seal};
use super::records::{
    AcknowledgementRow, AlarmsRecord, CaseRecord, ClientRecord, CopyRecord, CursorRecord,
    HistoryRecord, IndexRecord, InstallationRecord, Numbers, QuarantineRecord, ReasonsRecord,
    RowRecord, SubjectRecord, TeamMailRecord, ThreadRecord, TraceRecord,
};
use crate::domain::case::Case;
use crate::domain::commit::{Commit, IndexEntry};
use crate::domain::ids::{CaseId, MessageKey};
use crate::domain::outbox::OutboxRow;

/// What the store keeps in memory beside the tree.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The numbers that stand for clients.
    pub(super) clients: Clients,
    /// The highest numbers given out.
    pub(super) numbers: Numbers,
    /// The cases that lie among the open ones.
    pub(super) open: BTreeSet<CaseId>,
}

/// The writes that reach the disk together or not at all.
#[derive(Debug, Default)]
pub(super) struct Batch {
    writes: sled::Batch,
    count: usize,
}

impl Batch {
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
        self.stage_threads(commit);
        self.stage_installation(commit);
    }

    fn stage_threads(&mut self, commit: &Commit) {
        for (id, case) in &commit.threads {
            self.put(&keys::thread(*id), &ThreadRecord::from(*case));
        }
        for (id, mail) in &commit.awaited {
            self.put(&keys::awaited(*id, mail.key), &TeamMailRecord::from(mail));
        }
        for (contact, mail) in &commit.outbound {
            let key = keys::outbound(contact, mail.at, mail.key);
            self.put(&key, &TeamMailRecord::from(mail));
        }
        for (trace, seen) in &commit.traces {
            let key = keys::trace(*trace, seen.message);
            self.put(&key, &TraceRecord::from(seen));
        }
        for (key, reasons) in &commit.reasons {
            let record = ReasonsRecord::from(reasons.as_slice());
            self.put(&keys::reasons(*key), &record);
        }
        for (content, copy) in &commit.copies {
            self.put(&keys::copy(*content, copy.key), &CopyRecord::from(copy));
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
        }
        if let Some(alarms) = &commit.alarms {
            let key = keys::single(KeyKind::Alarms);
            self.put(&key, &AlarmsRecord::from(alarms));
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
            self.put(&keys::case(KeyKind::ClosedCase, case.id), &record);
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
        self.put(&keys::message(key), &IndexRecord::new(entry, number));
    }

    fn put<R: Record>(&mut self, key: &[u8], value: &R) {
        self.writes.insert(key, seal(key, value));
        self.count += 1;
    }

    fn remove(&mut self, key: &[u8]) {
        self.writes.remove(key);
        self.count += 1;
    }
}
