//! Somebody said something about a mail we owe.

use super::compose::to_team;
use super::confirm::acknowledgement;
use super::due::Sight;
use super::say::name;
use super::{Decisions, LogEvent, Step, Weight};
use crate::domain::book::Book;
use crate::domain::commit::Known;
use crate::domain::ids::OutboxId;
use crate::domain::outbox::{OutboxRow, Purpose, RowState};
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// Why what was said of a mail can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailRefusal {
    /// There is no such mail, or it is sent or put away already.
    #[error("there is no mail {0} in the outbox; \"ackd outbox\" lists what is there")]
    NoSuchMail(OutboxId),
    /// It is with the mail server now, or its copy is looked for.
    #[error(
        "mail {0} is on its way to the mail server, or its copy is looked for; look again in some minutes what came of it: \"ackd outbox\""
    )]
    OnItsWay(OutboxId),
    /// The client may have it already.
    #[error(
        "mail {0} is held because the client may have it already; \"ackd outbox release {0}\" sends it all the same, \"ackd outbox drop {0}\" puts it away"
    )]
    Held(OutboxId),
    /// Only what is held can be released.
    #[error("mail {0} is not held; \"ackd outbox retry {0}\" sends it now")]
    NotHeld(OutboxId),
    /// It would be put away unsent.
    #[error("mail {id} would not be sent: {reason}; \"ackd outbox drop {id}\" puts it away")]
    NotNeeded {
        /// Which mail.
        id: OutboxId,
        /// Why nobody needs it.
        reason: String,
    },
}

/// Somebody wants a mail tried again now: one that waits, or one that was given up, which
/// nobody got. What is held is not, for the client may have it: see [`release`].
pub fn retry(
    book: &Book,
    rules: &Rules,
    id: OutboxId,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, MailRefusal> {
    let row = settled_row(book, id)?;
    match row.state {
        RowState::Held { .. } => Err(MailRefusal::Held(id)),
        // Whoever tries an acknowledgement again that was given up knows how late it is.
        RowState::GivenUp { .. } => send_anew(book, rules, row, true, "tried again", by, now),
        _ => send_anew(book, rules, row, row.released, "tried again", by, now),
    }
}

/// Somebody takes it on themselves that a client gets an acknowledgement twice: one that was
/// held, because it may have been taken, is sent under the same Message-ID, however late it is.
/// If it is not known again what becomes of it, it is held again.
pub fn release(
    book: &Book,
    rules: &Rules,
    id: OutboxId,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, MailRefusal> {
    let row = settled_row(book, id)?;
    match row.state {
        RowState::Held { .. } => send_anew(book, rules, row, true, "released", by, now),
        _ => Err(MailRefusal::NotHeld(id)),
    }
}

/// Somebody says that a mail is never sent. Its rungs stay acted upon and its case stays
/// acknowledged as far as we are concerned: nothing else goes out in its place, and nobody is
/// told. The histories of its cases tell it.
pub fn drop_mail(
    book: &Book,
    rules: &Rules,
    id: OutboxId,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, MailRefusal> {
    let mut row = settled_row(book, id)?.clone();
    let mut step = Step::new(book, rules, Known::default(), now);
    let by = name(by);
    step.tell_of(&row, "dropped", &by);
    let reason = format!("dropped by {by}");
    row.state = RowState::Cancelled { at: now, reason };
    step.decisions.commit.outbox.push(row);
    Ok(step.finish())
}

/// A mail that nobody is handing over at this moment.
fn settled_row(book: &Book, id: OutboxId) -> Result<&OutboxRow, MailRefusal> {
    let row = book.outbox().rows.get(&id);
    let row = row.ok_or(MailRefusal::NoSuchMail(id))?;
    match row.state {
        RowState::Sending { .. } | RowState::Uncertain { .. } => Err(MailRefusal::OnItsWay(id)),
        RowState::Queued { .. }
        | RowState::Held { .. }
        | RowState::GivenUp { .. }
        | RowState::Sent { .. }
        | RowState::Cancelled { .. } => Ok(row),
    }
}

fn send_anew(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    released: bool,
    done: &str,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, MailRefusal> {
    let mut row = row.clone();
    row.released = released;
    if let Some(reason) = why_needless(book, rules, &row, now) {
        return Err(MailRefusal::NotNeeded { id: row.id, reason });
    }
    let mut step = Step::new(book, rules, Known::default(), now);
    step.tell_of(&row, done, &name(by));
    row.state = RowState::Queued {
        not_before: now,
        attempts: row.attempts(),
        reason: row.put_off_because().map(str::to_owned),
    };
    step.decisions.commit.outbox.push(row);
    Ok(step.finish())
}

/// Why a mail would be put away unsent when its turn comes, as it looks now.
fn why_needless(book: &Book, rules: &Rules, row: &OutboxRow, now: Timestamp) -> Option<String> {
    if rules.mode == Mode::Observe {
        return Some("the mode is observe".to_owned());
    }
    let composed = match row.purpose {
        Purpose::Acknowledgement if rules.mode != Mode::Full => {
            return Some("the mode does not allow mail to clients".to_owned());
        }
        Purpose::Notice { .. }
        | Purpose::Confirmation { .. }
        | Purpose::Alarm { .. }
        | Purpose::Morning { .. }
        | Purpose::Weekly { .. } => return None,
        // Where the mailbox was not looked at lately, that is done before it goes out.
        Purpose::Acknowledgement => acknowledgement(book, rules, &Sight::default(), row, now),
        Purpose::Reminder
        | Purpose::Escalation
        | Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back => to_team(book, rules, row, now),
    };
    composed.err()
}

impl Step<'_> {
    /// What a person said about a mail, in the histories of its cases and in the log.
    fn tell_of(&mut self, row: &OutboxRow, done: &str, by: &str) {
        let (word, to) = (row.purpose.as_str(), row.to.masked());
        self.history_of(row, &format!("{word} to {to} {done} by {by}"));
        self.note_of_mail(Weight::Event, LogEvent::MailOrdered, row, |who| match who {
            who if who == to => format!("{word} to {who} {done} by {by}"),
            who => format!("{word} to {who} {done} by somebody"),
        });
    }
}
