//! The roads beside mail: whether they can be taken. Nothing is said by them.

use std::path::Path;

use super::Finding;
use crate::daemon::webhook;
use crate::domain::roads::RoadKind;
use crate::roads::reach;
use crate::settings::RoadSettings;

/// Whether a road leads somewhere.
pub(super) async fn road(own: &RoadSettings) -> Finding {
    let subject = format!("road {}", own.name);
    if own.kind == RoadKind::Command {
        let program = own.command.as_ref().and_then(|words| words.first());
        let program = program.map_or("", String::as_str);
        return match is_program(program) {
            true => Finding::green(&subject, format!("runs {program}, which is there")),
            false => Finding::red(
                &subject,
                format!("there is no program \"{program}\""),
                "install it, or write its whole path; until then mails take its place",
            ),
        };
    }
    let webhook = match webhook(own) {
        Ok(webhook) => webhook,
        Err(seen) => {
            return Finding::red(&subject, seen, "mend url, secret or ca_file of the road");
        }
    };
    let host = webhook.place.host.clone();
    match reach(&webhook).await {
        Ok(()) => Finding::green(&subject, format!("{host} can be reached; nothing was sent")),
        Err(seen) => Finding::red(
            &subject,
            seen,
            "check its host, the network and certificates; until then mails take its place",
        ),
    }
}

/// Whether there is something to run: at this path, or of this name in `$PATH`.
fn is_program(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&folders);
    folders.any(|folder| folder.join(program).is_file())
}
