//! A command that gets what is told on its standard input.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::later;
use crate::domain::outbox::SendVerdict;

/// Runs a command, without a shell, with `said` on its standard input. What it prints is thrown
/// away. Exit code 0 says that it was passed on. `noun` is what messages call it: `alarm command`.
///
/// Never panics, never takes longer than `limit` by more than a moment.
pub async fn run(noun: &str, command: &[String], said: &[u8], limit: Duration) -> SendVerdict {
    let Some((program, arguments)) = command.split_first() else {
        return later(format!("the {noun} is empty; write its program"));
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return later(format!("could not run the {noun} \"{program}\": {error}")),
    };
    let input = child.stdin.take();
    let exchange = async {
        if let Some(mut input) = input {
            // A command may know enough without reading to the end; its exit code counts.
            let _ = input.write_all(said).await;
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(limit, exchange).await;
    match ended {
        Ok(Ok(status)) if status.success() => SendVerdict::Sent,
        Ok(Ok(status)) => later(format!(
            "the {noun} \"{program}\" failed ({status}); run it by hand as ackd's user to see why"
        )),
        Ok(Err(error)) => later(format!(
            "could not wait for the {noun} \"{program}\": {error}"
        )),
        Err(_) => {
            // It may have ended by itself in this moment; either way nothing is left behind.
            let _ = child.kill().await;
            later(format!(
                "the {noun} \"{program}\" did not end within {} s and was killed",
                limit.as_secs()
            ))
        }
    }
}
