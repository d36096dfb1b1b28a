//! `ackd mend`, which only `ackd run` calls: what a store needs before it can be used.

use std::path::PathBuf;

use clap::Args;

use super::run::log_format;
use super::screen::{DONE, PROBLEM};
use crate::daemon;
use crate::settings::LogFormat;
use crate::store::StatePlaces;

/// What `ackd mend` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct MendArguments {
    /// The state folder, which whoever calls has locked
    #[arg(value_name = "STATE_DIR")]
    pub state_dir: PathBuf,
    /// How a line of the log looks
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    pub log: Option<LogFormat>,
}

/// Mends a store. The exit code: 0, or 1 if it can't be done. What it does and why is told in
/// the log.
pub async fn run(arguments: &MendArguments) -> u8 {
    daemon::logging::start(arguments.log.unwrap_or_default());
    daemon::end_with_parent();
    match daemon::mend(&StatePlaces::of(&arguments.state_dir)).await {
        Ok(()) => DONE,
        Err(error) => {
            tracing::error!(event = "mending_failed", "{error}");
            PROBLEM
        }
    }
}
