//! Putting copies of our own mail into the sent folder: the only write there is.

use async_imap::imap_proto::{MailboxDatum, Response};

use super::Report;
use super::failure::Failure;
use super::folders::quote;
use super::session::{READ_TIMEOUT, Session};
use super::watch::{Watch, Watched};
use crate::domain::facts::FolderRole;
use crate::domain::ids::{MessageId, OutboxId};

/// A copy that is to be filed.
#[derive(Debug)]
pub(crate) struct Filing {
    pub(crate) row: OutboxId,
    pub(crate) message_id: MessageId,
    pub(crate) bytes: Vec<u8>,
}

impl Watch {
    /// Files every copy that was ordered. A refusal is reported and does no harm; a lost
    /// connection is reported too, and the engine decides whether to order it again.
    pub(crate) async fn file_copies(&mut self, session: &mut Session) -> Result<(), Failure> {
        while let Some(filing) = self.filings.pop_front() {
            let sent = self
                .folders
                .iter()
                .find(|folder| folder.role == FolderRole::Sent)
                .cloned();
            let outcome = match sent {
                Some(folder) => {
                    self.home_open = false;
                    let home = self.folders.last().map(|home| home.quoted.clone());
                    file(session, &folder, home.as_deref(), &filing).await
                }
                None => Err(Failure::Refused {
                    what: "to file a copy",
                    words: "no sent folder was found; name it with sent = \"…\"".to_owned(),
                }),
            };
            let mailbox = self.account.name.clone();
            let told = outcome.as_ref().map_err(ToString::to_string).copied();
            let row = filing.row;
            self.report(Report::Filed {
                mailbox,
                row,
                outcome: told,
            })
            .await?;
            match outcome {
                Ok(()) | Err(Failure::Refused { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }
}

/// Files one copy, unless it is there already.
async fn file(
    session: &mut Session,
    folder: &Watched,
    home: Option<&str>,
    filing: &Filing,
) -> Result<(), Failure> {
    session.examine(&folder.quoted).await?;
    if is_there(session, &filing.message_id).await? {
        return Ok(());
    }
    // Courier takes no message for a folder that is open read-only.
    if let Some(home) = home.filter(|home| *home != folder.quoted) {
        session.examine(home).await?;
    }
    let what = "to file a copy";
    let command = format!(
        "APPEND {} (\\Seen) {{{}}}",
        folder.quoted,
        filing.bytes.len()
    );
    let tag = session.send(&command).await?;
    if let Some(answer) = session.continuation(tag, what).await? {
        return answer.accepted(what);
    }
    session.write(&filing.bytes).await?;
    session.write(b"\r\n").await?;
    let answer = session.finish(tag, what, READ_TIMEOUT, |_| {}).await?;
    answer.accepted(what)
}

async fn is_there(session: &mut Session, id: &MessageId) -> Result<bool, Failure> {
    let what = "to look for a copy";
    let quoted = quote(id.as_str()).map_err(|_| Failure::Refused {
        what,
        words: "its Message-ID can't be searched for".to_owned(),
    })?;
    let mut found = false;
    let tag = session
        .send(&format!("UID SEARCH HEADER Message-ID {quoted}"))
        .await?;
    let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
        if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
            found |= !uids.is_empty();
        }
    });
    answer.await?.accepted(what)?;
    Ok(found)
}
