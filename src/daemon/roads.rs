//! One message by a road other than mail.

use super::translate;
use crate::domain::draft::{Draft, Mail};
use crate::domain::ids::RoadName;
use crate::domain::outbox::{OutboxRow, SendVerdict};
use crate::domain::roads::{RoadKind, payload};
use crate::domain::time::Timestamp;
use crate::roads;
use crate::settings::RoadSettings;

/// How many messages may be on their way at once by one road. Each road has places of its own: one
/// that hangs holds up neither mail nor the others.
pub(super) const ROAD_MAX: usize = 2;

/// A road, ready to be taken by one message.
pub(super) struct Trip {
    name: RoadName,
    settings: Option<RoadSettings>,
    row: OutboxRow,
    now: Timestamp,
}

/// Makes ready. Without settings the road is no more.
pub(super) fn trip(
    name: &RoadName,
    settings: Option<&RoadSettings>,
    row: &OutboxRow,
    now: Timestamp,
) -> Trip {
    Trip {
        name: name.clone(),
        settings: settings.cloned(),
        row: row.clone(),
        now,
    }
}

impl Trip {
    /// Hands the message over. A road that is no more refuses it: a mail goes in its place at once.
    pub(super) async fn make(self, draft: &Draft, mail: &Mail) -> SendVerdict {
        let Self {
            name,
            settings,
            row,
            now,
        } = self;
        let Some(settings) = settings else {
            let reason = format!("there is no [roads.{name}] any more");
            return SendVerdict::Refused { reason };
        };
        let said = payload(settings.kind, &row, draft, mail);
        if settings.kind == RoadKind::Command {
            let command = settings.command.as_deref().unwrap_or_default();
            let noun = "command of the road";
            return roads::run(noun, command, said.as_bytes(), settings.timeout).await;
        }
        // Where a secret is kept may take its time to say so.
        let webhook = tokio::task::spawn_blocking(move || translate::webhook(&settings)).await;
        let webhook = webhook.unwrap_or_else(|_| Err("an internal error".to_owned()));
        match webhook {
            Ok(webhook) => {
                let id = row.message_id.as_str();
                roads::deliver(&webhook, id, now.timestamp(), &said).await
            }
            Err(reason) => SendVerdict::Later { reason },
        }
    }
}
