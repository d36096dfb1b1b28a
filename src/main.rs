//! The command `ackd`: parse the arguments, run the command, give its exit code.
use std::process::ExitCode;

use clap::Parser as _;

/// The system's allocator spends a fifth of a first read on lists of free blocks and gives
/// little back; this one is quicker and returns what is free.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = ackd::cli::Arguments::parse();
    ExitCode::from(ackd::cli::run(&arguments))
}
