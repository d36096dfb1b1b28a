//! The command line: one file per command.
//!
//! Vocabulary: an *exit code* is 0 when it is done, 1 when a problem was found, 2 when it
//! was called wrongly, 3 when something can't be reached.

pub mod check;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::settings::{self, Loaded};

/// Done.
pub const DONE: u8 = 0;
/// A problem was found.
pub const PROBLEM: u8 = 1;
/// Called wrongly.
pub const USAGE: u8 = 2;
/// Something can't be reached.
pub const UNREACHABLE: u8 = 3;

/// No client mail goes unanswered.
///
/// Watches the team's mailboxes, starts a clock for each client mail, reminds, escalates and,
/// where allowed, acknowledges receipt before the deadline.
#[derive(Debug, Parser)]
#[command(name = "ackd", version, propagate_version = true)]
pub struct Arguments {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ACKD_CONFIG",
        default_value = "/etc/ackd/ackd.toml"
    )]
    pub config: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    // wire: run, explain, calendar, status, cases, case
    /// Validate the configuration.
    Check,
}

/// Runs the command and gives the exit code.
pub fn run(arguments: &Arguments) -> u8 {
    let mut out = std::io::stdout().lock();
    let json = arguments.json;
    match &arguments.command {
        // wire: run, explain, calendar, status, cases, case
        Command::Check => check::run(&arguments.config, &environment(), json, &mut out),
    }
}

/// Loads the configuration for a command that needs it; prints what is wrong with it on
/// `err`. The error is the exit code.
pub fn load_or_tell(arguments: &Arguments, err: &mut dyn Write) -> Result<Loaded, u8> {
    settings::load(&arguments.config, &environment()).map_err(|problems| {
        for problem in problems {
            // If nobody reads it, the exit code still tells.
            let _ = writeln!(err, "{problem}");
        }
        PROBLEM
    })
}

/// The environment, as far as it is text.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The exit code after printing: when the reader has gone away (`ackd cases | head`), there
/// is nobody left to tell, and the outcome of the command stands.
pub fn after_printing(printed: std::io::Result<()>, outcome: u8) -> u8 {
    match printed {
        Ok(()) => outcome,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => outcome,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "could not print the result: {error}");
            PROBLEM
        }
    }
}
