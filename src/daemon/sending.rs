//! Handing over one mail: render it, send it, say what became of it.

use tokio::sync::mpsc;

use super::{Event, SentCopy};
use crate::domain::draft::{Draft, Letterhead, Templates, render};
use crate::domain::ids::{MailboxName, OutboxId};
use crate::domain::outbox::SendVerdict;
use crate::smtp::{self, Relay};

/// How many mails may be on their way at once.
pub(super) const SENDING_MAX: usize = 4;

/// One mail to be handed over.
pub(super) struct Handover {
    /// Which row.
    pub(super) row: OutboxId,
    /// What it says.
    pub(super) draft: Box<Draft>,
    /// What it has in common with all our mails.
    pub(super) letterhead: Letterhead,
    /// Where a sent copy belongs.
    pub(super) file_in: Option<MailboxName>,
}

/// Hands over one mail in a task of its own and reports to the engine.
pub(super) fn hand_over(
    handover: Handover,
    relay: Option<Relay>,
    templates: &Templates,
    events: mpsc::Sender<Event>,
) {
    let mail = render(&handover.draft, &handover.letterhead, templates);
    let row = handover.row;
    let attempt = async move {
        let Some(relay) = relay else {
            let reason = "no mail server is configured; add [smtp]".to_owned();
            return (SendVerdict::Later { reason }, None);
        };
        let verdict = smtp::send(&relay, &mail).await;
        let copy = match (&verdict, handover.file_in) {
            (SendVerdict::Sent, Some(mailbox)) => smtp::bytes(&mail).ok().map(|bytes| SentCopy {
                mailbox,
                message_id: mail.message_id.clone(),
                bytes,
            }),
            _ => None,
        };
        (verdict, copy)
    };
    tokio::spawn(async move {
        // A panic while sending leaves it unknown whether the server took the mail.
        let (verdict, copy) = tokio::spawn(attempt).await.unwrap_or_else(|_| {
            let reason = "an internal error while sending".to_owned();
            (SendVerdict::Unknown { reason }, None)
        });
        // The engine is gone only when the daemon stops; then the row is found as interrupted.
        let _ = events.send(Event::Attempted { row, verdict, copy }).await;
    });
}
