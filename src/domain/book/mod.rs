//! The open cases, and the mail we owe.
//!
//! Vocabulary: the *book* holds what a step needs at hand: open cases, unfinished outbox
//! rows, recent acknowledgements; history and the index of all messages stay on disk. The
//! *agenda* says when which case has something due. [`Book::apply`] is the only way to change
//! it, and is given only what is on disk already.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::absence::Absences;
use super::address::Address;
use super::alarm::Alarms;
use super::case::{Case, Outlook};
use super::check_in::Liaison;
use super::commit::{AcknowledgementRecord, Commit, Installation, Loaded};
use super::digest::{Mornings, next_errand};
use super::ids::{CaseId, ClientKey, IdHash, OutboxId};
use super::outbox::Outbox;
use super::rules::Rules;
use super::time::Timestamp;

/// The open cases and the mail we owe.
#[derive(Debug, Clone)]
pub struct Book {
    cases: BTreeMap<CaseId, Entry>,
    by_thread: HashMap<IdHash, CaseId>,
    by_contact: BTreeMap<(ClientKey, Address), BTreeSet<CaseId>>,
    agenda: BTreeSet<(Timestamp, CaseId)>,
    next_case: CaseId,
    outbox: Outbox,
    acknowledgements: Vec<AcknowledgementRecord>,
    installation: Option<Installation>,
    alarms: Alarms,
    absences: Absences,
    /// When the next absence begins or ends.
    absence_changes_at: Option<Timestamp>,
    liaisons: BTreeMap<ClientKey, Liaison>,
    mornings: Mornings,
    /// When the next errand falls due, derived.
    errand_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Entry {
    case: Case,
    acknowledge_due: Option<Timestamp>,
    answer_due: Option<Timestamp>,
    next_at: Option<Timestamp>,
}

/// How long acknowledgements are remembered for the limits, at least.
const ACKNOWLEDGEMENTS_KEPT: chrono::Duration = chrono::Duration::days(31);

impl Book {
    /// Opens the book on what was on disk.
    pub fn open(loaded: Loaded, rules: &Rules) -> Self {
        let mut book = Self {
            cases: BTreeMap::new(),
            by_thread: HashMap::new(),
            by_contact: BTreeMap::new(),
            agenda: BTreeSet::new(),
            next_case: CaseId(loaded.last_case.saturating_add(1)),
            outbox: Outbox {
                rows: loaded.outbox.into_iter().map(|row| (row.id, row)).collect(),
                next_id: OutboxId(loaded.last_row.saturating_add(1)),
            },
            acknowledgements: loaded.acknowledgements,
            installation: loaded.installation,
            alarms: loaded.alarms,
            absences: loaded.absences,
            absence_changes_at: None,
            liaisons: BTreeMap::new(),
            errand_at: next_errand(rules, &loaded.mornings),
            mornings: loaded.mornings,
        };
        for liaison in loaded.liaisons {
            book.liaisons.insert(liaison.client.clone(), liaison);
        }
        for case in loaded.cases {
            book.put(case, rules);
        }
        book.look_at_absences(rules);
        book
    }

    /// Takes over what a step has decided, once it is on disk.
    pub fn apply(&mut self, commit: Commit, rules: &Rules) {
        // All are taken out before any is put back: one may go on with what another was found by.
        for case in &commit.cases {
            self.take_out(case.id);
        }
        for case in commit.cases {
            self.next_case = self.next_case.max(CaseId(case.id.0.saturating_add(1)));
            if case.is_open() {
                self.put(case, rules);
            }
        }
        for row in commit.outbox {
            self.outbox.next_id = self
                .outbox
                .next_id
                .max(OutboxId(row.id.0.saturating_add(1)));
            if row.state.is_final() {
                self.outbox.rows.remove(&row.id);
            } else {
                self.outbox.rows.insert(row.id, row);
            }
        }
        if let Some(newest) = commit.acknowledgements.iter().map(|record| record.at).max() {
            self.acknowledgements.extend(commit.acknowledgements);
            self.acknowledgements
                .retain(|record| record.at > newest - ACKNOWLEDGEMENTS_KEPT);
        }
        if commit.installation.is_some() {
            self.installation = commit.installation;
        }
        if let Some(absences) = commit.absences {
            self.absences = absences;
            self.look_at_absences(rules);
        }
        if let Some(alarms) = commit.alarms {
            self.alarms = alarms;
        }
        for liaison in commit.liaisons {
            self.liaisons.insert(liaison.client.clone(), liaison);
        }
        if let Some(mornings) = commit.mornings {
            self.errand_at = next_errand(rules, &mornings);
            self.mornings = mornings;
        }
    }

    /// Works out all deadlines anew, after the rules have changed.
    pub fn reschedule(&mut self, rules: &Rules) {
        self.errand_at = next_errand(rules, &self.mornings);
        let cases: Vec<Case> = self
            .cases
            .values()
            .map(|entry| entry.case.clone())
            .collect();
        for case in cases {
            self.take_out(case.id);
            self.put(case, rules);
        }
        self.look_at_absences(rules);
    }

    /// Puts off a case's next look at its rungs, in memory only: it is derived, not decided.
    pub fn defer(&mut self, case: CaseId, until: Timestamp) {
        if let Some(entry) = self.cases.get_mut(&case) {
            if let Some(next_at) = entry.next_at {
                self.agenda.remove(&(next_at, case));
            }
            entry.next_at = Some(until);
            self.agenda.insert((until, case));
        }
    }

    /// An open case.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id).map(|entry| &entry.case)
    }

    /// The open cases by number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().map(|entry| &entry.case)
    }

    /// How many cases are open.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether no case is open.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The deadlines of an open case: for a response, for an answer.
    pub fn deadlines(&self, id: CaseId) -> (Option<Timestamp>, Option<Timestamp>) {
        self.cases.get(&id).map_or((None, None), |entry| {
            (entry.acknowledge_due, entry.answer_due)
        })
    }

    /// The open case a Message-ID of a client ([`IdHash::of_client`]) belongs to.
    pub fn by_thread(&self, id: IdHash) -> Option<CaseId> {
        self.by_thread.get(&id).copied()
    }

    /// The open cases in which this person of this client wrote.
    pub fn by_contact(&self, client: &ClientKey, contact: &Address) -> Vec<CaseId> {
        self.by_contact
            .get(&(client.clone(), contact.clone()))
            .map(|cases| cases.iter().copied().collect())
            .unwrap_or_default()
    }

    /// The cases that have something due at or before a moment, soonest first.
    pub fn due_by(&self, moment: Timestamp) -> impl Iterator<Item = (Timestamp, CaseId)> {
        self.agenda.range(..=(moment, CaseId(u64::MAX))).copied()
    }

    /// When something falls due next: a rung, an outbox row, the begin or end of an absence, or an
    /// errand.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let case = self.agenda.first().map(|(at, _)| *at);
        let row = self.outbox.next_wake();
        let others = self.absence_changes_at.into_iter().chain(self.errand_at);
        case.into_iter().chain(row).chain(others).min()
    }

    /// When something falls due next that belongs to no case: a morning or weekly mail.
    pub fn next_errand(&self) -> Option<Timestamp> {
        self.errand_at
    }

    /// The soonest deadline of all open cases.
    pub fn next_due(&self) -> Option<Timestamp> {
        let dues = |entry: &Entry| [entry.acknowledge_due, entry.answer_due];
        self.cases.values().flat_map(dues).flatten().min()
    }

    /// The number the next new case gets.
    pub fn next_case(&self) -> CaseId {
        self.next_case
    }

    /// The mail we owe.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The acknowledgements of the last days, for the limits.
    pub fn acknowledgements(&self) -> &[AcknowledgementRecord] {
        &self.acknowledgements
    }

    /// What belongs to the whole installation; `None` before the very first start.
    pub fn installation(&self) -> Option<&Installation> {
        self.installation.as_ref()
    }

    /// Who was told of what trouble.
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// What is kept for morning and weekly mails.
    pub fn mornings(&self) -> &Mornings {
        &self.mornings
    }

    /// Who is away, beside what the configuration says.
    pub fn absences(&self) -> &Absences {
        &self.absences
    }

    /// When the next absence begins or ends that stand-ins were not told of.
    pub fn absence_changes_at(&self) -> Option<Timestamp> {
        self.absence_changes_at
    }

    fn look_at_absences(&mut self, rules: &Rules) {
        let settled_at = self.absences.settled_at;
        self.absence_changes_at = self.absences.next_change(rules, settled_at);
    }

    /// What is known of the contact with a client: of those that were ever promised check-ins.
    pub fn liaison(&self, client: &ClientKey) -> Option<&Liaison> {
        self.liaisons.get(client)
    }

    /// What is known of the contact with each client, by key.
    pub fn liaisons(&self) -> impl Iterator<Item = &Liaison> {
        self.liaisons.values()
    }

    fn put(&mut self, case: Case, rules: &Rules) {
        // A calendar that never opens has been reported when the configuration was checked;
        // the case stays in the book without a clock rather than being lost.
        let outlook = Outlook::of(&case, rules).unwrap_or_default();
        let next_at = outlook.open_rungs(&case).map(|rung| rung.at).min();
        if let Some(next_at) = next_at {
            self.agenda.insert((next_at, case.id));
        }
        for id in &case.thread {
            // Who came first keeps it, so that the outcome does not depend on what is touched.
            self.by_thread.entry(*id).or_insert(case.id);
        }
        for contact in contacts(&case) {
            let key = (case.client.clone(), contact);
            self.by_contact.entry(key).or_default().insert(case.id);
        }
        let entry = Entry {
            acknowledge_due: outlook.acknowledge_due,
            answer_due: outlook.answer_due,
            next_at,
            case,
        };
        self.cases.insert(entry.case.id, entry);
    }

    fn take_out(&mut self, id: CaseId) {
        let Some(entry) = self.cases.remove(&id) else {
            return;
        };
        if let Some(next_at) = entry.next_at {
            self.agenda.remove(&(next_at, id));
        }
        for thread in &entry.case.thread {
            if self.by_thread.get(thread) == Some(&id) {
                self.by_thread.remove(thread);
            }
        }
        for contact in contacts(&entry.case) {
            let key = (entry.case.client.clone(), contact);
            if let Some(cases) = self.by_contact.get_mut(&key) {
                cases.remove(&id);
                if cases.is_empty() {
                    self.by_contact.remove(&key);
                }
            }
        }
    }

    /// Whether the book agrees with itself; the first disagreement otherwise.
    pub fn check(&self) -> Result<(), String> {
        for (id, entry) in &self.cases {
            entry
                .case
                .check()
                .map_err(|wrong| format!("case {id}: {wrong}"))?;
            if *id >= self.next_case {
                return Err(format!(
                    "case {id} is not below the next number {}",
                    self.next_case
                ));
            }
            if let Some(next_at) = entry.next_at
                && !self.agenda.contains(&(next_at, *id))
            {
                return Err(format!("case {id} is missing in the agenda at {next_at}"));
            }
            for contact in contacts(&entry.case) {
                if !self.by_contact(&entry.case.client, &contact).contains(id) {
                    return Err(format!("case {id} can't be found by one of its contacts"));
                }
            }
        }
        for (at, id) in &self.agenda {
            if self.cases.get(id).and_then(|entry| entry.next_at) != Some(*at) {
                return Err(format!("the agenda names case {id} at {at} without reason"));
            }
        }
        for (id, row) in &self.outbox.rows {
            if row.id != *id || row.state.is_final() || *id >= self.outbox.next_id {
                return Err(format!("outbox row {id} should not be there"));
            }
        }
        Ok(())
    }
}

/// The people of the client who wrote in this case.
fn contacts(case: &Case) -> BTreeSet<Address> {
    case.messages()
        .map(|message| message.author.address.clone())
        .collect()
}
