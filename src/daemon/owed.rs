//! Calls about the mail we owe.

use super::engine::Engine;
use crate::control::view::{Done, OwedMailView};
use crate::control::{Answer, MailWord, OUTBOX_LISTED_MAX};
use crate::domain::decide::{self, MailRefusal};
use crate::domain::ids::OutboxId;
use crate::store::StoreError;

impl Engine {
    /// What waits to be sent, or for a person: the latter first.
    pub(super) fn owed_mail_views(&self) -> Vec<OwedMailView> {
        let rows = self.book.outbox().rows.values();
        let mut views: Vec<OwedMailView> = rows.filter_map(OwedMailView::new).collect();
        views.sort_by_key(|view| (view.state, view.id));
        views.truncate(OUTBOX_LISTED_MAX);
        views
    }

    /// Somebody said something about a mail we owe.
    pub(super) async fn say_of_mail(
        &mut self,
        id: OutboxId,
        word: MailWord,
        by: &str,
    ) -> Result<Answer, StoreError> {
        let (book, rules, now) = (&self.book, &self.settings.rules, self.clock.now());
        let soon = "goes out once its mailboxes were looked at, in the hours in which mail is sent";
        let (said, done) = match word {
            MailWord::Retry => {
                let said = decide::retry(book, rules, id, by, now);
                (said, format!("mail {id} is tried again: it {soon}"))
            }
            MailWord::Release => {
                let said = decide::release(book, rules, id, by, now);
                (said, format!("mail {id} is released: it {soon}"))
            }
            MailWord::Drop => {
                let said = decide::drop_mail(book, rules, id, by, now);
                (said, format!("mail {id} is dropped and never sent"))
            }
        };
        Ok(match said {
            Ok(decisions) => {
                self.carry_out(decisions).await?;
                Answer::Done(Done {
                    done,
                    new_case: None,
                })
            }
            Err(refusal @ MailRefusal::NoSuchMail(_)) => Answer::not_found(refusal.to_string()),
            Err(refusal) => Answer::conflict(refusal.to_string()),
        })
    }
}
