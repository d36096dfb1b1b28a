//! Trying an account out, as far as it goes: what a mail server can do, and whether what is
//! configured is there. Nothing is changed.
//!
//! Vocabulary: see [`super`]; a *trial* is one session of that kind.

use std::time::Duration;

use async_imap::imap_proto::{AttributeValue, Response};
use tokio::time::{Instant, timeout};

use super::connect::{connect_and_note, server_and_user};
use super::cursor::{Opened, fetch_span};
use super::failure::{Failure, clean_words};
use super::fetch::internal_date;
use super::folders::{Listed, find_sent, list, quote_folder, usual_spelling};
use super::session::{Answer, DONE_TIMEOUT, READ_TIMEOUT, Session};
use super::{Account, SentChoice};
use crate::domain::address::Address;
use crate::domain::facts::MessageFacts;
use crate::domain::obstacle::{Obstacle, OutOfReach};
use crate::domain::time::Timestamp;

/// How long a trial may take in all.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(120);

/// How many of the newest sent messages are asked for their authors, about.
const SENT_LOOKED_AT: u32 = 50;

/// How many authors of sent mail, and how many folders' names, are told.
const AUTHORS_MAX: usize = 20;
const NAMES_MAX: usize = 100;

/// What was seen of a server.
#[derive(Debug)]
pub struct Tried {
    /// Its certificate (DER), if TLS came about.
    pub certificate: Option<Vec<u8>>,
    /// What was seen after the login; else why it did not come to that, for people.
    pub outcome: Result<Trial, OutOfReach>,
}

/// What was seen after the login.
#[derive(Debug, Default)]
pub struct Trial {
    /// What the server can do, in upper case.
    pub capabilities: Vec<String>,
    /// The folders there are, as far as they can be opened.
    pub names: Vec<String>,
    /// Each configured folder: how many messages it holds, or why it can't be opened.
    pub folders: Vec<(String, Result<u32, String>)>,
    /// When the newest message of the first folder came, by the server's clock.
    pub newest_received_at: Option<Timestamp>,
    /// The sent folder.
    pub sent: Sent,
    /// Whether the server tells of news by itself.
    pub idling: Idling,
}

/// The sent folder.
#[derive(Debug, Default)]
pub enum Sent {
    /// None is wanted.
    #[default]
    Unwanted,
    /// None was found.
    NotFound,
    /// The one that is named, or was found, can't be opened.
    Closed {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// It can be opened.
    Open {
        /// Its name.
        name: String,
        /// How many messages it holds.
        messages: u32,
        /// Who wrote the newest of them, each once.
        authors: Vec<Address>,
    },
}

/// Whether the server tells of news by itself (IDLE, RFC 2177).
#[derive(Debug, Default)]
pub enum Idling {
    /// It does not offer to.
    #[default]
    NotOffered,
    /// It began and ended.
    Works {
        /// How long that took.
        took: Duration,
    },
    /// It offers to, and does not.
    Fails {
        /// Why.
        reason: String,
    },
}

/// Logs in and looks around.
pub async fn try_out(account: &Account) -> Tried {
    let mut certificate = None;
    let tried = timeout(TRIAL_TIMEOUT, look_around(account, &mut certificate)).await;
    let outcome = match tried {
        Ok(Ok(trial)) => Ok(trial),
        Ok(Err(failure)) => Err(failure.out_of_reach(&server_and_user(account))),
        Err(_) => Err(OutOfReach::new(
            Obstacle::Silence,
            format!(
                "{}: not done within {} s",
                server_and_user(account),
                TRIAL_TIMEOUT.as_secs()
            ),
        )),
    };
    Tried {
        certificate,
        outcome,
    }
}

async fn look_around(
    account: &Account,
    certificate: &mut Option<Vec<u8>>,
) -> Result<Trial, Failure> {
    let mut session = connect_and_note(account, certificate).await?;
    let listed = list(&mut session).await?;
    let selectable = listed.iter().filter(|folder| folder.selectable);
    let names = selectable.map(|folder| clean_words(&folder.name));
    let mut trial = Trial {
        capabilities: session.capabilities().map(str::to_owned).collect(),
        names: names.take(NAMES_MAX).collect(),
        sent: sent(&mut session, account, &listed).await?,
        ..Trial::default()
    };
    // The first one last: it stays open, to idle on.
    for name in account.folders.iter().rev() {
        let name = usual_spelling(name);
        let opened = open(&mut session, &name).await?;
        if let Ok(opened) = &opened {
            trial.newest_received_at = newest(&mut session, *opened).await?;
        }
        trial
            .folders
            .push((name, opened.map(|opened| opened.exists)));
    }
    trial.folders.reverse();
    trial.idling = idling(&mut session).await?;
    Ok(trial)
}

/// Opens a folder; what it is refused with otherwise.
async fn open(session: &mut Session, name: &str) -> Result<Result<Opened, String>, Failure> {
    let opened = match quote_folder(name) {
        Ok(quoted) => session.examine(&quoted).await,
        Err(failure) => Err(failure),
    };
    match opened {
        Ok(opened) => Ok(Ok(opened)),
        Err(Failure::Refused { words, .. }) => Ok(Err(words)),
        Err(failure) => Err(failure),
    }
}

async fn sent(
    session: &mut Session,
    account: &Account,
    listed: &[Listed],
) -> Result<Sent, Failure> {
    let name = match &account.sent {
        SentChoice::None => return Ok(Sent::Unwanted),
        SentChoice::Named(name) => Some(usual_spelling(name)),
        SentChoice::Auto => find_sent(listed).map(|folder| folder.name.clone()),
    };
    let Some(name) = name else {
        return Ok(Sent::NotFound);
    };
    Ok(match open(session, &name).await? {
        Err(reason) => Sent::Closed { name, reason },
        Ok(opened) => Sent::Open {
            authors: authors(session, opened).await?,
            messages: opened.exists,
            name,
        },
    })
}

/// Who wrote the newest messages of the open folder.
async fn authors(session: &mut Session, opened: Opened) -> Result<Vec<Address>, Failure> {
    let mut authors: Vec<Address> = Vec::new();
    let Some(end) = opened.uid_next.filter(|_| opened.exists > 0) else {
        return Ok(authors);
    };
    let per_message = fetch_span(end, opened.exists) / fetch_span(1, 1).max(1);
    let span = per_message.max(1).saturating_mul(SENT_LOOKED_AT);
    let first = end.saturating_sub(span).max(1);
    let command = format!("UID FETCH {first}:* (UID BODY.PEEK[HEADER.FIELDS (FROM)])");
    let what = "to read who wrote the sent mail";
    let tag = session.send(&command).await?;
    let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
        let Response::Fetch(_, attributes) = response else {
            return;
        };
        let bytes = attributes.iter().find_map(|attribute| match attribute {
            AttributeValue::BodySection { data, .. } => data.as_deref(),
            _ => None,
        });
        let facts = bytes.map(|bytes| MessageFacts::parse(bytes, None));
        for author in facts.into_iter().flat_map(|facts| facts.from) {
            if authors.len() < AUTHORS_MAX && !authors.contains(&author.address) {
                authors.push(author.address);
            }
        }
    });
    answer.await?.accepted(what)?;
    Ok(authors)
}

/// When the newest message of the open folder came.
async fn newest(session: &mut Session, opened: Opened) -> Result<Option<Timestamp>, Failure> {
    let mut newest = None;
    if opened.exists > 0 {
        let see = |response: &Response<'_>| {
            let Response::Fetch(_, attributes) = response else {
                return;
            };
            let told = attributes.iter().find_map(|attribute| match attribute {
                AttributeValue::InternalDate(text) => internal_date(text),
                _ => None,
            });
            newest = newest.max(told);
        };
        let what = "to read when the newest message came";
        session
            .run("UID FETCH * (UID INTERNALDATE)", what, see)
            .await?;
    }
    Ok(newest)
}

/// Begins to idle and ends it at once.
async fn idling(session: &mut Session) -> Result<Idling, Failure> {
    if !session.can("IDLE") {
        return Ok(Idling::NotOffered);
    }
    let began = Instant::now();
    let tag = session.send("IDLE").await?;
    let refused = session.continuation(tag, "IDLE").await?;
    let answer = match refused {
        Some(answer) => answer,
        None => {
            session.write(b"DONE\r\n").await?;
            let what = "the end of IDLE";
            session.finish(tag, what, DONE_TIMEOUT, |_| {}).await?
        }
    };
    Ok(match answer {
        Answer::Done => Idling::Works {
            took: began.elapsed(),
        },
        Answer::Refused(reason) => Idling::Fails { reason },
    })
}
