//! The command `ackd`: parse the arguments, run the command, give its exit code.
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = ackd::cli::parse().map(|arguments| ackd::cli::run(&arguments));
    ExitCode::from(outcome.unwrap_or_else(|code| code))
}
