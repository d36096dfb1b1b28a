//! What reading the configuration again came to: `ackd reload`.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::control::MOVED_LISTED_MAX;
use crate::domain::change::{EntryChange, MovedDeadline, RulesChange, StrandedCase};
use crate::domain::policy::Clock;
use crate::domain::time::Timestamp;

/// What reading the configuration again came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadView {
    /// Whether it holds now.
    pub outcome: ReloadOutcome,
    /// What is wrong with it, or odd: as `ackd check` tells it.
    pub problems: Vec<ProblemView>,
    /// What is not as it was, section by section.
    pub changes: Vec<ChangeView>,
    /// The deadlines of open cases that move, the first 1000 of them.
    pub deadlines: Vec<MovedDeadlineView>,
    /// How many deadlines move.
    pub deadlines_moved: u64,
    /// The open cases whose client is not configured any more, the first 1000 of them.
    pub stranded: Vec<StrandedCaseView>,
    /// How many cases are stranded.
    pub cases_stranded: u64,
    /// What holds as it was until ackd is restarted.
    pub needs_restart: Vec<KeptKeyView>,
}

/// Whether a configuration that was read again holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReloadOutcome {
    /// It holds.
    TakenOver,
    /// It would: nothing was done.
    DryRun,
    /// It can't be used: nothing has changed.
    Refused,
}

/// Something wrong, or odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemView {
    /// `problem` or `warning`.
    pub severity: String,
    /// `FILE:LINE`, a file, or a variable.
    pub place: String,
    /// The file, if it stands in one.
    pub file: Option<String>,
    /// The line, from 1, if it stands on one.
    pub line: Option<usize>,
    /// The dotted key it is about.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// An entry of the configuration that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The section: `clients`.
    pub section: String,
    /// The name in it; `null` where there are no names.
    pub name: Option<String>,
    /// `added`, `changed` or `removed`.
    pub fate: String,
    /// Each key that says something else: `policy: standard -> gold`.
    pub details: Vec<String>,
}

/// A deadline of an open case that moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedDeadlineView {
    /// The case.
    pub case: u64,
    /// The key of its client.
    pub client: String,
    /// `response` or `answer`.
    pub clock: String,
    /// When it was due.
    #[serde(with = "moment::option")]
    pub old_due_at: Option<Timestamp>,
    /// When it is due now.
    #[serde(with = "moment::option")]
    pub new_due_at: Option<Timestamp>,
    /// Both as people of the client's calendar read them: `Mon 2026-11-23 12:00 GMT`.
    pub old_local: Option<String>,
    /// See `old_local`.
    pub new_local: Option<String>,
    /// Whether it is overdue by this change alone.
    pub overdue_now: bool,
}

/// An open case whose client is not configured any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrandedCaseView {
    /// The case.
    pub case: u64,
    /// The key of the client it belongs to.
    pub client: String,
    /// The client whose mail the mail of its contact is from now on.
    pub now_of: Option<String>,
}

/// A key that holds as it was until ackd is restarted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKeyView {
    /// The dotted key: `service.state_dir`.
    pub key: String,
    /// What holds.
    pub kept: String,
    /// What is written there.
    pub written: String,
}

impl ReloadView {
    /// Nothing has changed, for these reasons.
    pub fn refused(problems: Vec<ProblemView>) -> Self {
        Self {
            outcome: ReloadOutcome::Refused,
            problems,
            changes: Vec::new(),
            deadlines: Vec::new(),
            deadlines_moved: 0,
            stranded: Vec::new(),
            cases_stranded: 0,
            needs_restart: Vec::new(),
        }
    }

    /// What a configuration that can be used changes.
    pub fn of_change(
        outcome: ReloadOutcome,
        entries: Vec<EntryChange>,
        rules: &RulesChange,
        needs_restart: Vec<KeptKeyView>,
        warnings: Vec<ProblemView>,
    ) -> Self {
        let entries = entries.into_iter().chain(rules.entries.iter().cloned());
        let deadlines = rules.deadlines.iter().take(MOVED_LISTED_MAX);
        let stranded = rules.stranded.iter().take(MOVED_LISTED_MAX);
        Self {
            outcome,
            problems: warnings,
            changes: entries.map(ChangeView::from).collect(),
            deadlines: deadlines.map(MovedDeadlineView::from).collect(),
            deadlines_moved: rules.deadlines.len() as u64,
            stranded: stranded.map(StrandedCaseView::from).collect(),
            cases_stranded: rules.stranded.len() as u64,
            needs_restart,
        }
    }

    /// In one line: `2 clients added, 1 policy changed; 3 deadlines move`.
    pub fn in_short(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for fate in ["added", "changed", "removed"] {
            let own = self.changes.iter().filter(|change| change.fate == fate);
            let names: Vec<String> = own.map(ChangeView::title).collect();
            match names.len() {
                0 => {}
                1..=3 => parts.push(format!("{} {fate}", names.join(", "))),
                more => parts.push(format!("{more} sections {fate}")),
            }
        }
        if parts.is_empty() {
            parts.push("nothing has changed".to_owned());
        }
        match self.deadlines_moved {
            0 => {}
            1 => parts.push("1 deadline moves".to_owned()),
            more => parts.push(format!("{more} deadlines move")),
        }
        match self.cases_stranded {
            0 => {}
            1 => parts.push("1 open case has no client any more".to_owned()),
            more => parts.push(format!("{more} open cases have no client any more")),
        }
        parts.join("; ")
    }
}

impl ChangeView {
    /// What it is called: `clients.acme`, or `team`.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{}.{name}", self.section),
            None => self.section.clone(),
        }
    }
}

impl ProblemView {
    /// As `ackd check` prints it: `FILE:LINE: what is wrong`.
    pub fn line_of_text(&self) -> String {
        match self.severity.as_str() {
            "warning" => format!("{}: warning: {}", self.place, self.message),
            _ => format!("{}: {}", self.place, self.message),
        }
    }
}

impl From<EntryChange> for ChangeView {
    fn from(change: EntryChange) -> Self {
        Self {
            section: change.section.to_owned(),
            name: change.name,
            fate: change.fate.as_str().to_owned(),
            details: change.details,
        }
    }
}

impl From<&MovedDeadline> for MovedDeadlineView {
    fn from(moved: &MovedDeadline) -> Self {
        let local = |at: Timestamp| {
            let local = at.with_timezone(&moved.zone);
            local.format("%a %Y-%m-%d %H:%M %Z").to_string()
        };
        let clock = match moved.clock {
            Clock::Acknowledge => "response",
            Clock::Answer => "answer",
        };
        Self {
            case: moved.case.0,
            client: moved.client.to_string(),
            clock: clock.to_owned(),
            old_due_at: moved.old,
            new_due_at: moved.new,
            old_local: moved.old.map(local),
            new_local: moved.new.map(local),
            overdue_now: moved.overdue_now,
        }
    }
}

impl From<&StrandedCase> for StrandedCaseView {
    fn from(stranded: &StrandedCase) -> Self {
        Self {
            case: stranded.case.0,
            client: stranded.client.to_string(),
            now_of: stranded.now_of.as_ref().map(ToString::to_string),
        }
    }
}
