//! What the log says of a step: one line for each note, which reads alone.
//!
//! Numbers and keys are put beside the words where the note knows them: the case, its client,
//! the mailboxes that hold its mail, when it is due, the mail of ours, what that is for and
//! which stages of the ladder it stands for.

use std::collections::BTreeMap;

use tracing::{Level, debug, enabled, info, warn};

use super::engine::Engine;
use crate::control::metrics::{purpose_word, stage_word, stages_of};
use crate::domain::case::Case;
use crate::domain::commit::Commit;
use crate::domain::decide::{Note, Weight};
use crate::domain::ids::{CaseId, OutboxId};
use crate::domain::outbox::OutboxRow;
use crate::domain::time::Timestamp;

/// How many cases of one mail a line names.
const CASES_NAMED_MAX: usize = 20;

/// The cases and mails that notes are about, as they stand after the step.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The cases.
    pub(super) cases: BTreeMap<CaseId, Case>,
    rows: BTreeMap<OutboxId, OutboxRow>,
}

impl Told {
    /// Takes out of a commit what its notes are about.
    pub(super) fn of(commit: &Commit, notes: &[Note]) -> Self {
        // Of old mail that is read for the first time there may be thousands of notes.
        let told = || notes.iter().filter(|note| is_told(note));
        let cases = commit.cases.iter();
        let cases = cases.filter(|case| told().any(|note| note.case == Some(case.id)));
        let rows = commit.outbox.iter();
        let rows = rows.filter(|row| told().any(|note| note.row == Some(row.id)));
        Self {
            cases: cases.map(|case| (case.id, case.clone())).collect(),
            rows: rows.map(|row| (row.id, row.clone())).collect(),
        }
    }
}

/// Whether a note comes into the log at all.
fn is_told(note: &Note) -> bool {
    note.weight != Weight::Detail || enabled!(Level::DEBUG)
}

/// What stands beside the words of a line.
#[derive(Debug, Default)]
struct Beside {
    case: Option<u64>,
    cases: Option<String>,
    client: Option<String>,
    mailbox: Option<String>,
    due_at: Option<String>,
    row: Option<u64>,
    purpose: Option<&'static str>,
    stage: Option<String>,
}

impl Engine {
    /// Writes a note into the log.
    pub(super) fn log(&self, note: &Note, told: &Told) {
        if !is_told(note) {
            return;
        }
        let event = note.event.as_str();
        let what = note.words(self.settings.log.people);
        let Beside {
            case,
            cases,
            client,
            mailbox,
            due_at,
            row,
            purpose,
            stage,
        } = self.beside(note, told);
        match note.weight {
            Weight::Trouble => {
                warn!(
                    event,
                    case, cases, client, mailbox, due_at, row, purpose, stage, "{what}"
                );
            }
            Weight::Event => {
                info!(
                    event,
                    case, cases, client, mailbox, due_at, row, purpose, stage, "{what}"
                );
            }
            Weight::Detail => {
                debug!(
                    event,
                    case, cases, client, mailbox, due_at, row, purpose, stage, "{what}"
                );
            }
        }
    }

    fn beside(&self, note: &Note, told: &Told) -> Beside {
        let mut beside = Beside {
            case: note.case.map(|id| id.0),
            client: note.client.as_ref().map(ToString::to_string),
            stage: note.stage.map(|stage| stage_word(stage).to_owned()),
            ..Beside::default()
        };
        if let Some(id) = note.case {
            let case = told.cases.get(&id).or_else(|| self.book.case(id));
            if let Some(case) = case {
                beside.client = Some(case.client.to_string());
                beside.mailbox = joined(case.holders().map(|own| own.mailbox.to_string()));
            }
            let (acknowledge, answer) = self.book.deadlines(id);
            let due = acknowledge.into_iter().chain(answer).min();
            beside.due_at = due.map(written);
        }
        if let Some(id) = note.row {
            beside.row = Some(id.0);
            if let Some(row) = told.rows.get(&id) {
                beside.purpose = Some(purpose_word(&row.purpose));
                beside.stage = joined(stages_of(row).map(|stage| stage_word(stage).to_owned()));
                let cases = row.keys.iter().map(|key| key.case.to_string());
                let several = row.keys.len() > 1;
                beside.cases = joined(cases.take(CASES_NAMED_MAX)).filter(|_| several);
            }
        }
        beside
    }
}

fn written(moment: Timestamp) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Each once, in the order in which they come first; `None` if there is nothing.
fn joined(words: impl Iterator<Item = String>) -> Option<String> {
    let mut known: Vec<String> = Vec::new();
    for word in words {
        if !known.contains(&word) {
            known.push(word);
        }
    }
    (!known.is_empty()).then(|| known.join(","))
}
