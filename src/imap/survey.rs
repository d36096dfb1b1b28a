//! Looking through the newest mail of an account once, to see who writes to it. Nothing is
//! changed, and of each message only the listed header fields are read.
//!
//! Vocabulary: see [`super`]; a *survey* is one session of that kind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, MailboxDatum, MessageSection, Response, SectionPath};
use tokio::time::timeout;

use super::Account;
use super::connect::{connect, server_and_user};
use super::cursor::{Opened, range_end, search_span};
use super::failure::Failure;
use super::fetch::{header_command_of, uid_of, uid_set};
use super::folders::{quote_folder, usual_spelling};
use super::read::highest_uid;
use super::session::{READ_TIMEOUT, Session};
use crate::domain::facts::MessageFacts;
use crate::domain::time::Timestamp;

/// How many messages are looked through at most, the newest ones.
pub const SURVEYED_MAX: usize = 20_000;

/// How long a survey may take in all.
const SURVEY_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// How many messages one command asks for: their numbers fit on a line of the usual length
/// (RFC 2683, section 3.2.1.5).
const MESSAGES_PER_FETCH: usize = 80;

/// What is told while it goes on.
#[derive(Debug)]
pub enum Surveyed<'a> {
    /// So many messages will be looked through in all.
    Count(usize),
    /// One was.
    Message(&'a MessageFacts),
    /// One could not be read.
    Unreadable,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// How many messages there were; more than [`SURVEYED_MAX`] were not looked through.
    pub messages: usize,
    /// Why it ended before everything was looked through, if it did; for people.
    pub broken_off: Option<String>,
}

/// Looks through the messages that came to the account's folders since a moment; of the day it
/// lies on all. Fails, in words for people, if not one folder can be looked at.
pub async fn survey(
    account: &Account,
    since: Timestamp,
    tell: &mut (dyn FnMut(Surveyed<'_>) + Send),
) -> Result<Survey, String> {
    let mut found = Survey {
        messages: 0,
        broken_off: None,
    };
    let looking = look_through(account, since, &mut found, tell);
    let failure = match timeout(SURVEY_TIMEOUT, looking).await {
        Ok(Ok(())) => return Ok(found),
        Ok(Err(failure @ (Failure::Unreachable(_) | Failure::Denied(_)))) => failure.to_string(),
        Ok(Err(failure)) => format!("{}: {failure}", server_and_user(account)),
        Err(_) => format!("not done within {} minutes", SURVEY_TIMEOUT.as_secs() / 60),
    };
    match found.messages {
        0 => Err(failure),
        _ => {
            found.broken_off = Some(failure);
            Ok(found)
        }
    }
}

async fn look_through(
    account: &Account,
    since: Timestamp,
    found: &mut Survey,
    tell: &mut (dyn FnMut(Surveyed<'_>) + Send),
) -> Result<(), Failure> {
    let mut session = connect(account).await?;
    for name in &account.folders {
        let quoted = quote_folder(&usual_spelling(name))?;
        let opened = session.examine(&quoted).await?;
        let mut uids = newest(&mut session, opened, since).await?;
        uids.drain(..uids.len().saturating_sub(SURVEYED_MAX));
        found.messages += uids.len();
        tell(Surveyed::Count(found.messages));
        for piece in uids.chunks(MESSAGES_PER_FETCH) {
            read(&mut session, piece, tell).await?;
        }
    }
    Ok(())
}

/// The UIDs of the open folder's messages since a day, in order.
async fn newest(
    session: &mut Session,
    opened: Opened,
    since: Timestamp,
) -> Result<Vec<u32>, Failure> {
    let end = match opened.uid_next {
        Some(next) => next,
        None => highest_uid(session, opened.exists).await?.saturating_add(1),
    };
    let mut uids = Vec::new();
    if opened.exists == 0 {
        return Ok(uids);
    }
    // SEARCH SINCE leaves the time of day and the zone aside (RFC 3501, section 6.4.4).
    let day = since - chrono::Duration::days(1);
    let day = day.format("%-d-%b-%Y").to_string();
    let span = search_span(end, opened.exists);
    let mut first = 1;
    while let Some(last) = range_end(first, end, span) {
        let command = format!("UID SEARCH UID {first}:{last} SINCE {day}");
        let what = "to search the folder";
        let tag = session.send(&command).await?;
        let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
            if let Response::MailboxData(MailboxDatum::Search(told)) = response {
                let asked = |uid: &u32| (first..=last).contains(uid);
                uids.extend(told.iter().copied().filter(asked));
            }
        });
        answer.await?.accepted(what)?;
        first = last.saturating_add(1);
    }
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

/// Reads the header fields of these messages, which are in order.
async fn read(
    session: &mut Session,
    uids: &[u32],
    tell: &mut (dyn FnMut(Surveyed<'_>) + Send),
) -> Result<(), Failure> {
    let command = header_command_of(&uid_set(uids));
    let what = "to read who wrote";
    let tag = session.send(&command).await?;
    let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
        let Response::Fetch(_, attributes) = response else {
            return;
        };
        let is_asked = uid_of(attributes).is_some_and(|uid| uids.binary_search(&uid).is_ok());
        let header = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::BodySection {
                section: Some(SectionPath::Full(MessageSection::Header)),
                data: Some(data),
                ..
            } => Some(data),
            _ => None,
        });
        let Some(header) = header.filter(|_| is_asked) else {
            return;
        };
        let parse = AssertUnwindSafe(|| MessageFacts::parse(header, None));
        match catch_unwind(parse) {
            Ok(facts) => tell(Surveyed::Message(&facts)),
            Err(_) => tell(Surveyed::Unreadable),
        }
    });
    answer.await?.accepted(what)
}
