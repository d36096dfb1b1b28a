//! The roads beside mail: whether they can be taken. Nothing is said by them.

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
        let seen = format!("runs {}", program.map_or("", String::as_str));
        return Finding::green(&subject, seen);
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
