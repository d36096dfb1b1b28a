//! The configuration (`settings`).
//!
//! An input: texts between lines of `%%`: the main file, a drop-in, the environment (lines of
//! `NAME=VALUE`), and the holiday file `uk.ics` beside them. What is missing is not there.
//!
//! Demanded: settings, or problems of which one at least is no mere warning, each one line for
//! people; and with the calendars and policies of good settings deadlines can be worked out, as
//! the daemon does with the first mail. Nothing is let through: a reload must not end the
//! daemon.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use ackd::domain::policy::Clock;
use ackd::domain::rules::Rules;
use ackd::domain::time::Timestamp;
use ackd::settings::{
    BrokenHolidays, DROP_IN_FOLDER, Problem, Severity, demands_of_run, ending_holidays, load_with,
};
use chrono::TimeDelta;
use memchr::memmem;
use tempfile::TempDir;

use super::{Target, team};

/// See the module.
pub const TARGET: Target = Target {
    name: "settings",
    run,
    lets_through: &[],
};

const BETWEEN: &[u8] = b"\n%%\n";

/// The folder of the files: in memory where there is such a place.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder");
    fs::create_dir(folder.path().join(DROP_IN_FOLDER)).expect("a folder");
    folder
});

fn run(input: &[u8]) {
    let mut rest = Some(input);
    let mut next = || {
        let text = rest?;
        let end = memmem::find(text, BETWEEN);
        rest = end.map(|end| &text[end + BETWEEN.len()..]);
        Some(&text[..end.unwrap_or(text.len())])
    };
    let folder = FOLDER.path();
    let main = folder.join("ackd.toml");
    write(&main, Some(next().unwrap_or_default()));
    write(&folder.join(DROP_IN_FOLDER).join("a.toml"), next());
    let environment = environment(next().unwrap_or_default());
    write(&folder.join("uk.ics"), next());
    match load_with(&main, &environment, BrokenHolidays::Refused) {
        Ok(loaded) => {
            let settings = &loaded.settings;
            let demands = demands_of_run(settings);
            let ending = ending_holidays(settings, team::now());
            let said = loaded.warnings.iter().chain(&demands).chain(&ending);
            said.for_each(check_words);
            work_out_deadlines(&settings.rules);
        }
        Err(problems) => {
            let worst = |problem: &Problem| problem.severity == Severity::Problem;
            assert!(problems.iter().any(worst), "refused without a problem");
            problems.iter().for_each(check_words);
        }
    }
}

fn write(path: &std::path::Path, text: Option<&[u8]>) {
    match text {
        Some(text) => fs::write(path, text).expect("a file"),
        // Not there before either, mostly.
        None => drop(fs::remove_file(path)),
    }
}

fn environment(lines: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(lines);
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn check_words(problem: &Problem) {
    let words = problem.to_string();
    assert!(!words.is_empty(), "a problem without words");
    assert!(
        !words.contains(char::is_control),
        "not one line for people: {words:?}"
    );
}

fn work_out_deadlines(rules: &Rules) {
    for policy in rules.policies.values() {
        let Some(calendar) = rules.calendars.get(&policy.calendar) else {
            panic!("a policy without its calendar");
        };
        for days in [0, 5, 83] {
            let at: Timestamp = team::now() + TimeDelta::days(days);
            let Ok(deadlines) = policy.deadlines(calendar, at, days == 0) else {
                continue;
            };
            assert!(deadlines.start >= at, "a clock starts before its mail");
            let due = deadlines.acknowledge_due;
            assert!(due >= deadlines.start, "due before the start");
            let ladder = policy.ladder(calendar, Clock::Acknowledge, deadlines.start, due);
            for rung in ladder.iter().flatten() {
                assert!(rung.at >= deadlines.start, "a rung before the start");
            }
        }
    }
}
