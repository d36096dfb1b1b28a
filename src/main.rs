//! The command `ackd`: parse the arguments, run the command, give its exit code.
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = ackd::cli::Arguments::parse();
    ExitCode::from(ackd::cli::run(&arguments))
}
