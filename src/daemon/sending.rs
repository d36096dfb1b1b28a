//! Handing over one mail: render it, send it, say what became of it.

use tokio::sync::mpsc;
use tracing::warn;

use super::engine::Engine;
use super::{Event, SentCopy, translate};
use crate::domain::commit::Questions;
use crate::domain::decide::{self, Dispatch};
use crate::domain::draft::{Draft, Letterhead, Templates, render};
use crate::domain::ids::{MailboxName, OutboxId};
use crate::domain::outbox::SendVerdict;
use crate::domain::time::Timestamp;
use crate::imap::Order;
use crate::smtp::{self, Relay};
use crate::store::StoreError;

/// How many mails may be on their way at once.
pub(super) const SENDING_MAX: usize = 4;

impl Engine {
    /// Hands over what may be sent now, each row after a last look at its cases.
    pub(super) async fn dispatch(&mut self, now: Timestamp) -> Result<(), StoreError> {
        for row in self.book.outbox().sendable(now) {
            if self.in_flight.contains(&row) {
                continue;
            }
            if self.in_flight.len() >= SENDING_MAX {
                break;
            }
            let rules = self.settings.rules.clone();
            let identity = self.identity();
            let sight = self.looks.sight();
            match decide::dispatch(&self.book, &rules, &identity, sight, row, now) {
                Some(Dispatch::Instead(decisions)) => self.carry_out(*decisions).await?,
                Some(Dispatch::Send { draft, file_in }) => {
                    let Some(letterhead) = self.letterhead(row, now) else {
                        continue;
                    };
                    let file_in = file_in.filter(|name| self.files_copies(name));
                    // The attempt is on disk before the first byte goes out.
                    self.carry_out(decide::attempt(&self.book, row, now))
                        .await?;
                    self.in_flight.insert(row);
                    let handover = Handover {
                        row,
                        draft,
                        letterhead,
                        file_in,
                    };
                    let timeout = self.settings.limits.smtp_timeout;
                    let smtp = self.settings.smtp.as_ref();
                    let relay = smtp.map(|smtp| translate::relay(smtp, timeout, &self.wires));
                    let none = || Err("no mail server is configured; add [smtp]".to_owned());
                    let relay = relay.unwrap_or_else(none);
                    hand_over(handover, relay, &self.templates, self.events.clone());
                }
                None => {}
            }
        }
        Ok(())
    }

    /// An attempt is over: write down what it came to.
    pub(super) async fn attempted(
        &mut self,
        row: OutboxId,
        verdict: SendVerdict,
        copy: Option<SentCopy>,
    ) -> Result<(), StoreError> {
        self.in_flight.remove(&row);
        let now = self.clock.now();
        let rules = self.settings.rules.clone();
        let keys = self
            .book
            .outbox()
            .rows
            .get(&row)
            .map(|row| row.keys.clone());
        let cases = keys
            .unwrap_or_default()
            .into_iter()
            .map(|key| key.case)
            .collect();
        let known = self
            .look_up(Questions {
                cases,
                ..Questions::default()
            })
            .await?;
        let identity = self.identity();
        let decisions = decide::report(&self.book, &rules, &identity, row, &verdict, known, now);
        self.carry_out(decisions).await?;
        if let Some(copy) = copy {
            let order = Order::FileSent {
                row,
                message_id: copy.message_id,
                bytes: copy.bytes,
            };
            if !self.watches.order(&copy.mailbox, order) {
                let mailbox = &copy.mailbox;
                warn!(%mailbox, row = row.0, "sent copy not filed: the mailbox takes no orders");
            }
        }
        Ok(())
    }

    fn letterhead(&self, row: OutboxId, now: Timestamp) -> Option<Letterhead> {
        let row = self.book.outbox().rows.get(&row)?;
        let smtp = self.settings.smtp.as_ref()?;
        Some(Letterhead {
            instance: self.identity().installation.instance,
            from: smtp.from.clone(),
            to: row.to.clone(),
            message_id: row.message_id.clone(),
            now,
        })
    }

    fn files_copies(&self, mailbox: &MailboxName) -> bool {
        let mailbox = self.settings.mailboxes.get(mailbox);
        mailbox.is_some_and(|own| translate::files_sent_copies(own, self.settings.smtp.as_ref()))
    }
}

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
    relay: Result<Relay, String>,
    templates: &Templates,
    events: mpsc::Sender<Event>,
) {
    let mail = render(&handover.draft, &handover.letterhead, templates);
    let row = handover.row;
    let attempt = async move {
        let relay = match relay {
            Ok(relay) => relay,
            Err(reason) => return (SendVerdict::Later { reason }, None),
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
