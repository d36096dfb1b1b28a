//! What the engine hears: reports of mailboxes, outcomes, calls.

use std::collections::BTreeMap;

use tracing::{debug, warn};

use super::engine::Engine;
use super::{Event, Messages};
use crate::domain::decide::{self, Inquiry, Judged};
use crate::domain::facts::Location;
use crate::domain::time::Timestamp;
use crate::imap::Report;
use crate::store::StoreError;

impl Engine {
    /// Takes one event.
    pub(super) async fn handle(&mut self, event: Event) -> Result<(), StoreError> {
        match event {
            Event::Mailbox(report) => self.hear(report).await,
            Event::Messages(messages) => self.learn(messages).await,
            Event::WatchEnded {
                mailbox,
                run,
                reason,
            } => {
                warn!(event = "mailbox_blind", mailbox = %mailbox, "mailbox blind: {reason}");
                self.looks.fail(&mailbox, self.clock.now());
                self.watches.ended(&mailbox, run, reason);
                Ok(())
            }
            Event::Attempted { row, verdict, copy } => self.attempted(row, verdict, copy).await,
            Event::Call(call) => self.answer(call).await,
            Event::Reloaded(reload) => self.reload(*reload).await,
            Event::Refused(why) => {
                self.refuse_configuration(&why);
                Ok(())
            }
        }
    }

    async fn hear(&mut self, report: Report) -> Result<(), StoreError> {
        match report {
            // Watches hand messages over judged; should any come otherwise, none is lost.
            Report::Batch {
                folder,
                arrived,
                passed_over,
                quarantined,
                cursor,
            } => {
                let mut messages = Messages {
                    folder,
                    judged: Vec::new(),
                    passed_over,
                    kinds: BTreeMap::new(),
                    quarantined,
                    cursor,
                };
                let rules = self.settings.rules.clone();
                for message in arrived {
                    messages.judge(message, &rules, &self.clock);
                }
                self.learn(messages).await
            }
            Report::Answered { locations } => {
                let now = self.clock.now();
                let rules = self.settings.rules.clone();
                let decisions = decide::flagged(&self.book, &rules, &locations, now);
                self.carry_out(decisions).await
            }
            Report::State {
                mailbox,
                state,
                folders,
            } => {
                self.state_changed(&mailbox, state, folders);
                Ok(())
            }
            Report::Proof { mailbox, at } => {
                self.looks.proved(&mailbox, at);
                self.proved(&mailbox, at);
                Ok(())
            }
            Report::Looked {
                mailbox,
                look,
                outcome,
            } => {
                if let Err(reason) = &outcome {
                    warn!(event = "look_failed", %mailbox, "could not look at the mailbox: {reason}");
                }
                self.looks
                    .end(&mailbox, look, outcome.is_ok(), self.clock.now());
                Ok(())
            }
            Report::Filed {
                mailbox,
                row,
                outcome,
            } => {
                match outcome {
                    Ok(()) => debug!(%mailbox, row = row.0, "sent copy is filed"),
                    Err(reason) => {
                        warn!(event = "copy_not_filed", %mailbox, row = row.0, "sent copy not filed: {reason}")
                    }
                }
                Ok(())
            }
        }
    }

    /// What is older than anything is kept would look new: read again, it is passed over.
    fn without_what_is_forgotten(
        &self,
        mut judged: Vec<Judged>,
        passed_over: u64,
        now: Timestamp,
    ) -> (Vec<Judged>, u64) {
        let keep = chrono::Duration::from_std(self.settings.service.keep).ok();
        let Some(limit) = keep.and_then(|keep| now.checked_sub_signed(keep)) else {
            return (judged, passed_over);
        };
        let all = judged.len();
        judged.retain(|message| message.arrived.received_at >= limit);
        let passed_over = passed_over + (all - judged.len()) as u64;
        (judged, passed_over)
    }

    /// Messages came in: look up what must be known, decide, and write it down together with
    /// the cursor that stands for having learned it.
    async fn learn(&mut self, messages: Messages) -> Result<(), StoreError> {
        let Messages {
            folder,
            judged,
            passed_over,
            kinds,
            quarantined,
            cursor,
        } = messages;
        let now = self.clock.now();
        let rules = self.settings.rules.clone();
        let (mut judged, passed_over) = self.without_what_is_forgotten(judged, passed_over, now);
        self.hear_replies(&mut judged).await?;
        let count = (judged.len() + quarantined.len()) as u64 + passed_over;
        let installation = self.identity().installation;
        let mut inquiry = Inquiry::new(&self.book, &rules, &installation);
        while let Some(questions) = inquiry.questions(&judged) {
            inquiry.learn(self.look_up(questions).await?);
        }
        let known = inquiry.into_known();
        let mut decisions = decide::arrivals(&self.book, &rules, &installation, judged, known, now);
        for message in &quarantined {
            let Location {
                mailbox,
                folder,
                uid,
                ..
            } = &message.location;
            let reason = &message.reason;
            warn!(event = "message_quarantined", %mailbox, folder, uid, "message put into quarantine: {reason}");
        }
        decisions.commit.quarantine = quarantined;
        let known = (folder.clone(), cursor.clone());
        decisions.commit.cursors.push(known);
        self.count_caught_up(&folder.mailbox, &decisions.commit);
        self.carry_out(decisions).await?;
        for ((sender, kind), count) in kinds {
            self.tally.messages(sender, kind, count);
        }
        if let Some(watched) = self.watches.by_name.get_mut(&folder.mailbox) {
            watched.messages_seen += count;
        }
        self.watches.advanced(folder, cursor);
        Ok(())
    }
}
