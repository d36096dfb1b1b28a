//! Whether records agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::KeyKind;
use super::plain::{Meaning, Plain};
use super::records::Numbers;
use crate::domain::ids::{CaseId, ClientKey};

/// How many findings are told in words; the others are counted.
const FINDINGS_MAX: usize = 50;

/// Where a case lies.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    open: bool,
    closed: bool,
}

/// What was seen of a store or an export so far. Records may come in any order, and one that
/// comes again replaces the earlier one.
#[derive(Debug, Default)]
pub(super) struct Inspection {
    findings: Vec<String>,
    more: usize,
    broken: bool,
    clients: BTreeSet<u32>,
    clients_named: BTreeSet<u32>,
    cases: BTreeMap<CaseId, Places>,
    /// What belongs to a case, by case: the first such key of each kind.
    of_cases: BTreeMap<(CaseId, u8), Vec<u8>>,
    rows: BTreeSet<u64>,
    numbers: Numbers,
    records: u64,
}

impl Inspection {
    /// How many records were seen.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Whether a record can't be read, or lies where it does not belong.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Looks at the record under a key; `None`: it is gone.
    pub(super) fn see(&mut self, key: &[u8], bytes: Option<&[u8]>) {
        self.records += 1;
        let Some(bytes) = bytes else {
            self.forget(key);
            return;
        };
        let plain = match Plain::unseal(key, bytes) {
            Ok(Some(plain)) => plain,
            Ok(None) => return,
            Err(error) => {
                self.broken = true;
                return self.find(error.to_string());
            }
        };
        if let (Plain::Client(_), Some(number)) = (&plain, key.last_chunk()) {
            self.clients.insert(u32::from_be_bytes(*number));
        }
        let mut named = None;
        let meaning = plain.understand(key, |number| {
            named = Some(number);
            // Who it is may be told later.
            Some(ClientKey::new(""))
        });
        self.clients_named.extend(named);
        match meaning {
            Ok(Meaning::Case(case)) => {
                let places = self.cases.entry(case.id).or_default();
                match case.is_open() {
                    true => places.open = true,
                    false => places.closed = true,
                }
                if let Err(wrong) = case.check() {
                    self.find(format!("case {}: {wrong}", case.id));
                }
            }
            Ok(Meaning::Of(case)) => {
                let kind = key.first().copied().unwrap_or_default();
                self.of_cases
                    .entry((case, kind))
                    .or_insert_with(|| key.to_vec());
            }
            Ok(Meaning::Row(row)) => {
                self.rows.insert(row.id.0);
                if row.state.is_final() {
                    return;
                }
                for key in &row.keys {
                    let kind = KeyKind::UnfinishedRow.byte();
                    let own = super::keys::row(KeyKind::UnfinishedRow, row.id).to_vec();
                    self.of_cases.entry((key.case, kind)).or_insert(own);
                }
            }
            Ok(Meaning::Numbers(numbers)) => self.numbers = numbers,
            Ok(Meaning::Alone) => {}
            Err(error) => {
                self.broken = true;
                self.find(error.to_string());
            }
        }
    }

    /// What does not agree, in words.
    pub(super) fn finish(mut self) -> Vec<String> {
        let dangling: Vec<String> = self
            .of_cases
            .iter()
            .filter(|((case, _), _)| !self.cases.contains_key(case))
            .map(|((case, _), key)| {
                format!(
                    "a \"{}\" record belongs to case {case}, which is not there",
                    KeyKind::name_of(key)
                )
            })
            .collect();
        for words in dangling {
            self.find(words);
        }
        let twice = self.cases.iter().filter(|(_, own)| own.open && own.closed);
        let twice: Vec<CaseId> = twice.map(|(case, _)| *case).collect();
        for case in twice {
            self.find(format!("case {case} is open and closed"));
        }
        let unknown: Vec<u32> = self
            .clients_named
            .difference(&self.clients)
            .copied()
            .collect();
        for number in unknown {
            self.find(format!(
                "nobody stands behind the number {number} of a client"
            ));
        }
        let (case, row) = (
            self.cases.keys().next_back().copied(),
            self.rows.last().copied(),
        );
        if let Some(case) = case.filter(|case| case.0 > self.numbers.last_case) {
            let words = format!("case {case} has a number that was never given out");
            self.find(words);
        }
        if let Some(row) = row.filter(|row| *row > self.numbers.last_row) {
            let words = format!("outbox row {row} has a number that was never given out");
            self.find(words);
        }
        if self.more > 0 {
            self.findings.push(format!("and {} more", self.more));
        }
        self.findings
    }

    fn find(&mut self, words: String) {
        match self.findings.len() < FINDINGS_MAX {
            true => self.findings.push(words),
            false => self.more += 1,
        }
    }

    fn forget(&mut self, key: &[u8]) {
        let number = || key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        match KeyKind::of(key) {
            Some(kind @ (KeyKind::OpenCase | KeyKind::ClosedCase)) => {
                let case = CaseId(number().unwrap_or_default());
                if let Some(places) = self.cases.get_mut(&case) {
                    match kind {
                        KeyKind::OpenCase => places.open = false,
                        _ => places.closed = false,
                    }
                }
                if self
                    .cases
                    .get(&case)
                    .is_some_and(|own| !own.open && !own.closed)
                {
                    self.cases.remove(&case);
                }
            }
            Some(KeyKind::UnfinishedRow) => {
                self.of_cases
                    .retain(|(_, kind), own| *kind != KeyKind::UnfinishedRow.byte() || own != key);
            }
            Some(_) => self.of_cases.retain(|_, own| own != key),
            None => {}
        }
    }
}
