//! `ackd run`: the daemon.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::settings::{BrokenHolidays, LogFormat, Problem, Severity};
use crate::{daemon, settings};

/// How long what still runs at the end may take.
const TASKS_TIME_MAX: Duration = Duration::from_millis(200);

/// What `ackd run` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RunArguments {
    /// How a line of the log looks: text or json; beats what the configuration says
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    pub log: Option<LogFormat>,
}

/// Reads how a line of the log is to look.
pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    LogFormat::parse(text).ok_or_else(|| "write text or json".to_owned())
}

/// Runs the daemon until it is stopped; the exit code. Problems of the configuration are all
/// listed on standard error, and nothing is started.
pub fn run(config: &Path, arguments: &RunArguments) -> u8 {
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let loaded = match settings::load_with(config, &environment, BrokenHolidays::Replaced) {
        Ok(loaded) => loaded,
        Err(problems) => return refuse(&problems),
    };
    let demands = settings::demands_of_run(&loaded.settings);
    if !demands.is_empty() {
        return refuse(&demands);
    }
    daemon::logging::start(arguments.log.unwrap_or(loaded.settings.log.format));
    for warning in &loaded.warnings {
        tracing::warn!(event = "configuration_warning", "{warning}");
    }
    // Two workers: one for the engine, one for the mailboxes; more only cost memory.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ackd: could not start: {error}");
            return 1;
        }
    };
    let program = std::env::current_exe().ok();
    let ended = runtime.block_on(daemon::run(loaded, config.to_owned(), program));
    // What does not end in time, such as a store that hangs, ends with the process.
    runtime.shutdown_timeout(TASKS_TIME_MAX);
    match ended {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(event = "stopped_by_failure", "ackd stops: {error}");
            1
        }
    }
}

fn refuse(problems: &[Problem]) -> u8 {
    for problem in problems {
        eprintln!("{problem}");
    }
    let serious = |problem: &&Problem| problem.severity == Severity::Problem;
    let count = problems.iter().filter(serious).count();
    eprintln!("ackd: {count} problem(s) in the configuration; not started");
    1
}
