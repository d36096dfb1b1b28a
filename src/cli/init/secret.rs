//! Where a password comes from that is not asked for.

use std::io::BufRead as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;

use super::ask::Stop;
use crate::settings::PASSWORD_BYTES_MAX;

/// How long standard input may keep us waiting.
const STDIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The first line of a file.
pub(super) fn of_file(path: &Path, option: &str) -> Result<SecretString, Stop> {
    let told = path.display();
    let file = std::fs::File::open(path).map_err(|error| {
        Stop::Problem(format!(
            "could not read the password from {told}: {error}; check {option}"
        ))
    })?;
    first_line(file).map_err(|why| Stop::Problem(format!("{told} holds {why}")))
}

/// What an environment variable holds.
pub(super) fn of_environment(variable: &str, option: &str) -> Result<SecretString, Stop> {
    match std::env::var(variable) {
        Ok(text) if !text.is_empty() => Ok(SecretString::from(text)),
        _ => Err(Stop::Problem(format!(
            "the environment variable {variable} holds no password; set it, or check {option}"
        ))),
    }
}

/// The first line of standard input, which may be a pipe that nobody writes to.
pub(super) fn of_standard_input() -> Result<SecretString, Stop> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        // Nobody listens any more if it took too long.
        let _ = sender.send(first_line(std::io::stdin()));
    });
    let late = format!("nothing within {} s", STDIN_TIMEOUT.as_secs());
    let read = receiver.recv_timeout(STDIN_TIMEOUT).unwrap_or(Err(late));
    read.map_err(|why| Stop::Problem(format!("standard input holds {why}")))
}

fn first_line(source: impl std::io::Read) -> Result<SecretString, String> {
    let mut line = String::new();
    let limited = source.take(PASSWORD_BYTES_MAX);
    std::io::BufReader::new(limited)
        .read_line(&mut line)
        .map_err(|error| format!("no password: {error}"))?;
    let line = line.trim_end_matches(['\r', '\n']);
    match line.is_empty() {
        true => Err("no password".to_owned()),
        false => Ok(SecretString::from(line)),
    }
}
