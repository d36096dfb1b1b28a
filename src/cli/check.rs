//! `ackd check`: validates the configuration.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::{DONE, PROBLEM};
use crate::clock::{Clock, SystemClock};
use crate::settings::{self, Problem, Settings, Severity};

/// Prints each problem and warning and a summary; gives 1 if there is a problem.
pub fn run(config: &Path, environment: &[(String, String)], json: bool, out: &mut dyn Write) -> u8 {
    let (settings, problems) = match settings::load(config, environment) {
        Ok(loaded) => {
            let ending = settings::ending_holidays(&loaded.settings, SystemClock.now());
            (Some(loaded.settings), [loaded.warnings, ending].concat())
        }
        Err(problems) => (None, problems),
    };
    let outcome = if settings.is_some() { DONE } else { PROBLEM };
    let printed = if json {
        print_json(&problems, out)
    } else {
        print_text(config, settings.as_ref(), &problems, out)
    };
    // Whoever called it knows what could not be printed; what was found stands.
    let _ = printed.and_then(|()| out.flush());
    outcome
}

fn print_text(
    config: &Path,
    settings: Option<&Settings>,
    problems: &[Problem],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    let count = |severity| problems.iter().filter(|p| p.severity == severity).count();
    let found = format!(
        "{}, {}",
        counted(count(Severity::Problem), "problem"),
        counted(count(Severity::Warning), "warning")
    );
    let config = config.display();
    let Some(settings) = settings else {
        return writeln!(out, "{config}: {found}");
    };
    let rules = &settings.rules;
    writeln!(
        out,
        "{config}: {found}; mode {}, {}, {}, {}, {}",
        rules.mode.as_str(),
        match settings.mailboxes.len() {
            1 => "1 mailbox".into(),
            number => format!("{number} mailboxes"),
        },
        counted(rules.clients.len(), "client"),
        match rules.policies.len() {
            1 => "1 policy".into(),
            number => format!("{number} policies"),
        },
        counted(rules.calendars.len(), "calendar"),
    )
}

/// `1 problem`, `2 problems`.
fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

fn print_json(problems: &[Problem], out: &mut dyn Write) -> std::io::Result<()> {
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| {
            json!({
                "severity": problem.severity.as_str(),
                "place": problem.place.to_string(),
                "file": problem.file(),
                "line": problem.line(),
                "key": problem.key,
                "message": problem.message,
            })
        })
        .collect();
    writeln!(out, "{}", json!({ "problems": lines }))
}
