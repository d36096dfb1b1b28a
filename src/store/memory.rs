//! A store in memory, for tests of what stands above it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batch::ended_at;
use super::import::{CASES_LEFT_OUT, ROWS_LEFT_OUT};
use super::{ACKNOWLEDGEMENTS_SECONDS, Store, StoreError};
use crate::domain::absence::Absences;
use crate::domain::address::Address;
use crate::domain::alarm::Alarms;
use crate::domain::case::Case;
use crate::domain::check_in::Liaison;
use crate::domain::commit::{
    AWAITED_MAX, AcknowledgementRecord, COPIES_MAX, Commit, Cursor, FolderId, HistoryEntry,
    IndexEntry, Installation, KeptReason, Known, KnownCopy, Loaded, LostTime, OUTBOUND_MAX,
    Quarantined, Questions, TRACES_MAX, TeamMail, Trace,
};
use crate::domain::digest::{Aside, Mornings};
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, ClientKey, IdHash, InstanceId, MessageKey, OutboxId};
use crate::domain::outbox::OutboxRow;
use crate::domain::time::Timestamp;

/// A store in memory that behaves as the one on disk does. Clones share what they hold, so
/// that a test can look at, restart and break what the daemon writes to.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Contents>>,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    fail_next_commit: bool,
    failed: bool,
    groups: Vec<usize>,
    cases: BTreeMap<CaseId, Case>,
    last_case: u64,
    history: BTreeMap<CaseId, Vec<HistoryEntry>>,
    messages: BTreeMap<MessageKey, IndexEntry>,
    threads: BTreeMap<IdHash, CaseId>,
    awaited: BTreeMap<(IdHash, MessageKey), TeamMail>,
    outbound: BTreeMap<(Address, Reverse<i64>, MessageKey), TeamMail>,
    traces: BTreeMap<(IdHash, MessageKey), Trace>,
    reasons: BTreeMap<MessageKey, Vec<KeptReason>>,
    copies: BTreeMap<(MessageKey, MessageKey), KnownCopy>,
    subjects: BTreeMap<MessageKey, String>,
    outbox: BTreeMap<OutboxId, OutboxRow>,
    last_row: u64,
    cursors: BTreeMap<FolderId, Cursor>,
    quarantine: BTreeMap<(Reverse<i64>, Location), Quarantined>,
    acknowledgements: BTreeMap<(i64, OutboxId), AcknowledgementRecord>,
    installation: Option<Installation>,
    alarms: Alarms,
    absences: Absences,
    liaisons: BTreeMap<ClientKey, Liaison>,
    mornings: Mornings,
    asides: BTreeMap<(i64, MessageKey), Aside>,
}

impl MemoryStore {
    /// An empty store, as on the very first start.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a rebuilding makes of this store: numbers go on with a gap, and the lost time is
    /// known.
    pub fn rebuilt(self, lost: LostTime) -> Self {
        let mut contents = self.contents();
        contents.last_case += CASES_LEFT_OUT;
        contents.last_row += ROWS_LEFT_OUT;
        let known = contents.installation.get_or_insert_with(|| Installation {
            instance: InstanceId::new("anew"),
            first_started: BTreeMap::new(),
            mode: None,
            acknowledge_since: None,
            breaker_until: None,
            lost: Vec::new(),
        });
        known.lost.push(lost);
        drop(contents);
        self
    }

    /// A store of its own that holds what this one holds now, as a backup does.
    pub fn copied(&self) -> Self {
        let contents = Contents {
            failed: false,
            ..self.contents().clone()
        };
        Self {
            shared: Arc::new(Mutex::new(contents)),
        }
    }

    /// Lets the next commit fail as on a full disk. Nothing of it is kept, and every further
    /// one is refused until [`reopen`](Self::reopen).
    pub fn fail_next_commit(&self) {
        self.contents().fail_next_commit = true;
    }

    /// Makes a store that refuses commits after a failure take them again, as a restart does.
    pub fn reopen(&self) {
        self.contents().failed = false;
    }

    /// How many commits there were in each group so far.
    pub fn groups(&self) -> Vec<usize> {
        self.contents().groups.clone()
    }

    /// All outbox rows, final ones too, by number.
    pub fn outbox(&self) -> Vec<OutboxRow> {
        self.contents().outbox.values().cloned().collect()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        let contents = self.contents();
        let open = |case: &&Case| case.is_open();
        let unfinished = |row: &&OutboxRow| !row.state.is_final();
        Ok(Loaded {
            cases: contents.cases.values().filter(open).cloned().collect(),
            last_case: contents.last_case,
            outbox: contents
                .outbox
                .values()
                .filter(unfinished)
                .cloned()
                .collect(),
            last_row: contents.last_row,
            cursors: contents.cursors.clone().into_iter().collect(),
            acknowledgements: contents.recent_acknowledgements(),
            installation: contents.installation.clone(),
            alarms: contents.alarms.clone(),
            absences: contents.absences.clone(),
            mornings: contents.mornings.clone(),
            liaisons: contents.liaisons.values().cloned().collect(),
        })
    }

    fn look_up(&mut self, questions: &Questions) -> Result<Known, StoreError> {
        Ok(self.contents().answers(questions))
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        let mut contents = self.contents();
        if std::mem::take(&mut contents.fail_next_commit) {
            contents.failed = true;
            return Err(refusal("no space left on the device (a test asked for it)"));
        }
        if contents.failed {
            return Err(refusal("an earlier write failed; start ackd again"));
        }
        contents.groups.push(commits.len());
        for commit in commits {
            contents.apply(commit);
        }
        Ok(())
    }

    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError> {
        let history = self.contents().history.get(&case).cloned();
        Ok(history.unwrap_or_default())
    }

    fn cases(&mut self, limit: usize) -> Result<Vec<Case>, StoreError> {
        let contents = self.contents();
        let newest = contents.cases.values().rev();
        Ok(newest.take(limit).cloned().collect())
    }

    fn quarantine(&mut self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        let contents = self.contents();
        let newest = contents.quarantine.values();
        Ok(newest.take(limit).cloned().collect())
    }
}

impl Contents {
    fn apply(&mut self, commit: &Commit) {
        for case in &commit.cases {
            self.last_case = self.last_case.max(case.id.0);
            self.cases.insert(case.id, case.clone());
        }
        for entry in &commit.history {
            let history = self.history.entry(entry.case).or_default();
            history.push(entry.clone());
        }
        for (key, entry) in &commit.messages {
            let mut entry = entry.clone();
            entry.received_at = to_the_second(entry.received_at);
            self.messages.insert(*key, entry);
        }
        self.threads.extend(commit.threads.iter().copied());
        for (id, mail) in &commit.awaited {
            self.awaited.insert((*id, mail.key), mail.clone());
        }
        for (contact, mail) in &commit.outbound {
            let newest_first = Reverse(mail.at.timestamp());
            let key = (contact.clone(), newest_first, mail.key);
            self.outbound.insert(key, mail.clone());
        }
        for (trace, seen) in &commit.traces {
            let at = to_the_second(seen.at);
            self.traces
                .insert((*trace, seen.message), Trace { at, ..*seen });
        }
        self.reasons.extend(commit.reasons.iter().cloned());
        for (content, copy) in &commit.copies {
            self.copies.insert((*content, copy.key), copy.clone());
        }
        self.subjects.extend(commit.subjects.iter().cloned());
        for row in &commit.outbox {
            self.last_row = self.last_row.max(row.id.0);
            self.outbox.insert(row.id, row.clone());
        }
        self.cursors.extend(commit.cursors.iter().cloned());
        for quarantined in &commit.quarantine {
            let newest_first = Reverse(quarantined.at.timestamp());
            let key = (newest_first, quarantined.location.clone());
            self.quarantine.insert(key, quarantined.clone());
        }
        for record in &commit.acknowledgements {
            let key = (record.at.timestamp(), record.row);
            self.acknowledgements.insert(key, record.clone());
        }
        if let Some(installation) = &commit.installation {
            self.installation = Some(installation.clone());
        }
        if let Some(absences) = &commit.absences {
            self.absences = absences.clone();
        }
        if let Some(alarms) = &commit.alarms {
            self.alarms = alarms.clone();
        }
        if let Some(mornings) = &commit.mornings {
            self.mornings = mornings.clone();
        }
        for aside in &commit.asides {
            let key = (aside.at.timestamp(), aside.message);
            self.asides.insert(key, aside.clone());
        }
        for liaison in &commit.liaisons {
            self.liaisons
                .insert(liaison.client.clone(), liaison.clone());
        }
    }

    fn rows_of(&self, questions: &Questions, known: &mut Known) {
        let rows = questions.rows.iter();
        let rows = rows.filter_map(|id| self.outbox.get(id).map(|row| (*id, row.clone())));
        known.rows.extend(rows);
    }

    fn answers(&self, questions: &Questions) -> Known {
        let mut known = Known::default();
        let mut wanted = questions.cases.clone();
        for key in &questions.messages {
            if let Some(entry) = self.messages.get(key) {
                wanted.extend(entry.case);
                known.messages.insert(*key, entry.clone());
            }
        }
        for id in &questions.threads {
            if let Some(case) = self.threads.get(id) {
                wanted.push(*case);
                known.threads.insert(*id, *case);
            }
        }
        for id in &questions.awaited {
            let range = (*id, MessageKey(0))..=(*id, MessageKey(u128::MAX));
            let newest = self.awaited.range(range).rev().take(AWAITED_MAX);
            let answers: Vec<_> = newest.map(|(_, mail)| mail.clone()).collect();
            if !answers.is_empty() {
                known.awaited.insert(*id, answers);
            }
        }
        for contact in &questions.outbound {
            let first = (contact.clone(), Reverse(i64::MAX), MessageKey(0));
            let mails: Vec<_> = self
                .outbound
                .range(first..)
                .take_while(|((to, _, _), _)| to == contact)
                .take(OUTBOUND_MAX)
                .map(|(_, mail)| mail.clone())
                .collect();
            if !mails.is_empty() {
                known.outbound.insert(contact.clone(), mails);
            }
        }
        for trace in &questions.traces {
            let range = (*trace, MessageKey(0))..=(*trace, MessageKey(u128::MAX));
            let newest = self.traces.range(range).rev().take(TRACES_MAX);
            let seen: Vec<_> = newest.map(|(_, seen)| *seen).collect();
            wanted.extend(seen.iter().map(|seen| seen.case));
            if !seen.is_empty() {
                known.traces.insert(*trace, seen);
            }
        }
        for key in &questions.reasons {
            let reasons = self.reasons.get(key).cloned();
            known.reasons.extend(reasons.map(|reasons| (*key, reasons)));
        }
        for content in &questions.copies {
            let range = (*content, MessageKey(0))..=(*content, MessageKey(u128::MAX));
            let copies = self.copies.range(range).take(COPIES_MAX);
            let copies: Vec<_> = copies.map(|(_, copy)| copy.clone()).collect();
            wanted.extend(copies.iter().map(|copy| copy.case));
            if !copies.is_empty() {
                known.copies.insert(*content, copies);
            }
        }
        self.rows_of(questions, &mut known);
        for key in &questions.subjects {
            let subject = self.subjects.get(key).cloned();
            known
                .subjects
                .extend(subject.map(|subject| (*key, subject)));
        }
        self.bring_asides(questions, &mut known);
        wanted.extend(self.closed_since(questions));
        self.bring_cases(wanted, &mut known);
        known
    }

    fn closed_since(&self, questions: &Questions) -> Vec<CaseId> {
        let since = questions.closed_since.unwrap_or(Timestamp::MAX_UTC);
        let closed = self.cases.values().filter(|case| !case.is_open());
        let closed = closed.filter(|case| ended_at(case) >= since);
        closed.map(|case| case.id).collect()
    }

    fn bring_asides(&self, questions: &Questions, known: &mut Known) {
        let Some((since, until)) = questions.asides else {
            return;
        };
        let is_in = |at: Timestamp| since <= at && at < until;
        let asides = self.asides.values().filter(|own| is_in(own.at));
        known.asides = asides.cloned().collect();
        let set_aside = self.quarantine.values().filter(|own| is_in(own.at));
        known.quarantined = set_aside.cloned().collect();
    }

    /// Brings cases, and those that go on with them.
    fn bring_cases(&self, mut wanted: Vec<CaseId>, known: &mut Known) {
        while let Some(id) = wanted.pop() {
            let case = self.cases.get(&id);
            if let Some(case) = case.filter(|_| !known.cases.contains_key(&id)) {
                wanted.extend(case.joined_to());
                known.cases.insert(id, case.clone());
            }
        }
    }

    fn recent_acknowledgements(&self) -> Vec<AcknowledgementRecord> {
        let Some((_, newest)) = self.acknowledgements.last_key_value() else {
            return Vec::new();
        };
        let since = newest
            .at
            .checked_sub_signed(chrono::TimeDelta::seconds(ACKNOWLEDGEMENTS_SECONDS))
            .unwrap_or(Timestamp::MIN_UTC);
        let all = self.acknowledgements.values();
        all.filter(|record| record.at >= since).cloned().collect()
    }
}

fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

fn refusal(reason: &str) -> StoreError {
    StoreError::Io {
        action: "write to",
        path: "memory".into(),
        reason: reason.into(),
    }
}
