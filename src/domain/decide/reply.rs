//! A person of the team answered a mail of ours: what that changes, and what he is told.
//!
//! Vocabulary: the *row* is the mail that was answered; only who got it may answer it, and only
//! about its cases. What is said is done as the commands of `ackd case` do it. He is told in one
//! line, a *confirmation*, where something could be unclear; what went as he said is not.

mod words;

use std::time::Duration;

use super::{Decisions, Identity, LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::classify::{Kind, Sender, Verdict};
use crate::domain::commit::{IndexEntry, Known, Questions};
use crate::domain::facts::Arrived;
use crate::domain::ids::{CaseId, MessageKey, OutboxId};
use crate::domain::outbox::{OutboxRow, Purpose};
use crate::domain::reply::{Replies, Reply, ReplyKey, Token};
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

/// A reply with what is concluded from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// The reply.
    pub reply: Reply,
    /// Its identity as a message.
    pub key: MessageKey,
    /// What kind of mail it is.
    pub kind: Kind,
    /// Whose it seems to be.
    pub sender: Sender,
    /// Whether it failed DMARC by a trusted `Authentication-Results`.
    pub suspicious: bool,
    /// When the server received it.
    pub received_at: Timestamp,
}

/// How many confirmations one person gets within [`TOLD_WITHIN`]: two programs that answer each
/// other come to an end.
pub const TOLD_MAX: usize = 12;

/// The time in which confirmations to one person are counted.
pub const TOLD_WITHIN: chrono::Duration = chrono::Duration::hours(1);

/// How old a reply may be whose writer is told what became of it: a folder that is read anew
/// brings no mail about last month.
const TOLD_AGE_MAX: chrono::Duration = chrono::Duration::hours(24);

impl Replied {
    /// Takes a message apart, if it is a reply to a mail of ours.
    pub(super) fn of(arrived: &Arrived, verdict: &Verdict, replies: &Replies) -> Option<Self> {
        Some(Self {
            reply: Reply::of(arrived, replies)?,
            key: arrived.facts.identity(arrived.received_at, arrived.size),
            kind: verdict.kind,
            sender: verdict.sender,
            suspicious: verdict.suspicious,
            received_at: arrived.received_at,
        })
    }

    /// The row it says it answers.
    pub fn row(&self) -> Option<OutboxId> {
        Token::parse(&self.reply.token).map(|token| token.row)
    }

    /// What must be known first: whether it was seen, and what it answers.
    pub fn questions(&self) -> Questions {
        Questions {
            messages: vec![self.key],
            rows: self.row().into_iter().collect(),
            ..Questions::default()
        }
    }

    /// What must be known then: the cases of what it answers. Cases that go on as others bring
    /// these with them.
    pub fn further_questions(&self, book: &Book, known: &Known) -> Questions {
        let row = self.row().and_then(|row| find_row(book, known, row));
        let cases = row.into_iter().flat_map(|row| row.keys.iter());
        let cases = cases.map(|key| key.case);
        Questions {
            cases: cases.filter(|case| book.case(*case).is_none()).collect(),
            ..Questions::default()
        }
    }
}

fn find_row<'a>(book: &'a Book, known: &'a Known, row: OutboxId) -> Option<&'a OutboxRow> {
    book.outbox()
        .rows
        .get(&row)
        .or_else(|| known.rows.get(&row))
}

/// Why nothing is done that a reply says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// We gave out no such token.
    Token,
    /// What it answers is too old.
    Expired,
    /// Somebody else wrote than got the mail.
    Sender,
    /// The sender check failed.
    Dmarc,
}

impl Refused {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Token => "its token was not given out by this ackd",
            Self::Expired => "what it answers is too old",
            Self::Sender => "it does not come from the person the mail went to",
            Self::Dmarc => "it failed its sender check (DMARC)",
        }
    }
}

/// A reply as it is heard.
pub struct Heard<'a> {
    /// The reply.
    pub replied: &'a Replied,
    /// The key of the tokens; without one no reply is believed.
    pub key: Option<&'a ReplyKey>,
    /// How many confirmations a person had within [`TOLD_WITHIN`].
    pub told_lately: &'a (dyn Fn(&Address) -> usize + Sync),
}

/// Decides what follows from a reply. `known` answers its questions.
pub fn reply(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    heard: &Heard<'_>,
    known: Known,
    now: Timestamp,
) -> Decisions {
    let replied = heard.replied;
    // Seen before: in another mailbox, or before a restart.
    if known.messages.contains_key(&replied.key) {
        return Decisions::default();
    }
    let row = replied.row().and_then(|row| find_row(book, &known, row));
    let row = row.cloned();
    let mut hearing = Hearing {
        step: Step::new(book, rules, known, now),
        identity,
        replied,
        lines: Vec::new(),
    };
    let machine = replied.kind != Kind::Human;
    let judged = match (rules.team.replies.as_ref(), heard.key) {
        (Some(replies), Some(key)) => hearing.examine(replies, key, row.as_ref()),
        _ => Err(Refused::Token),
    };
    let to = match (judged, &row) {
        _ if machine => {
            let what = "a program answered a mail of ours; its words are not heard";
            hearing
                .step
                .note(Weight::Detail, LogEvent::ReplyPassedOver, None, what);
            return hearing.step.finish();
        }
        (Ok(()), Some(row)) => {
            hearing.remember();
            hearing.obey(row);
            Some(row.to.clone())
        }
        (Err(refused), row) => hearing.refuse(refused, row.as_ref()),
        (Ok(()), None) => None,
    };
    if let Some(to) = to.filter(|to| (heard.told_lately)(to) < TOLD_MAX) {
        hearing.confirm(to, row.as_ref());
    }
    hearing.step.finish()
}

/// One reply from beginning to end.
struct Hearing<'a> {
    step: Step<'a>,
    identity: &'a Identity,
    replied: &'a Replied,
    /// What its writer is to be told.
    lines: Vec<String>,
}

impl Hearing<'_> {
    /// Whether what it says is to be done.
    fn examine(
        &self,
        replies: &Replies,
        key: &ReplyKey,
        row: Option<&OutboxRow>,
    ) -> Result<(), Refused> {
        let token = Token::parse(&self.replied.reply.token).ok_or(Refused::Token)?;
        let row = row.filter(|row| is_answerable(&row.purpose));
        let row = row.filter(|row| key.is_of(&token, row));
        let row = row.ok_or(Refused::Token)?;
        let [author] = self.replied.reply.from.as_slice() else {
            return Err(Refused::Sender);
        };
        if author.address != row.to || self.step.rules.party(&row.to) == Party::Stranger {
            return Err(Refused::Sender);
        }
        if self.replied.suspicious {
            return Err(Refused::Dmarc);
        }
        let valid = chrono::Duration::from_std(replies.valid_for).unwrap_or_default();
        if self.replied.received_at > row.created_at + valid {
            return Err(Refused::Expired);
        }
        Ok(())
    }

    /// From now on it has been seen.
    fn remember(&mut self) {
        let entry = IndexEntry {
            kind: self.replied.kind,
            sender: self.replied.sender,
            client: None,
            received_at: self.replied.received_at,
            case: None,
        };
        let messages = &mut self.step.decisions.commit.messages;
        messages.push((self.replied.key, entry));
    }

    /// Does nothing of what it says. Returns who is told of that, if anybody is: the writer if he
    /// seems to be of the team, else who got the mail; never a stranger.
    fn refuse(&mut self, refused: Refused, row: Option<&OutboxRow>) -> Option<Address> {
        let weight = match self.is_recent() {
            true => Weight::Trouble,
            false => Weight::Detail,
        };
        let author = self
            .replied
            .reply
            .from
            .first()
            .map(|own| own.address.clone());
        let masked = author
            .as_ref()
            .map_or_else(|| "nobody".to_owned(), Address::masked);
        let why = refused.in_words();
        let what = |who: &str| format!("reply from {who} refused: {why}");
        let case = row.and_then(|row| row.keys.first()).map(|key| key.case);
        let case = case.filter(|_| refused != Refused::Token);
        let who = ("somebody", masked.as_str());
        self.step
            .note_of_person(weight, LogEvent::ReplyRefused, case, who, what);
        let author = author.filter(|own| self.step.rules.party(own) == Party::Team);
        let genuine = row.filter(|_| refused != Refused::Token);
        let to = match refused {
            Refused::Token | Refused::Expired => author.filter(|_| !self.replied.suspicious),
            Refused::Sender if !self.replied.suspicious && author.is_some() => author,
            Refused::Sender | Refused::Dmarc => genuine.map(|row| row.to.clone()),
        };
        // Of strangers' mail nothing is remembered, unless somebody is told of it.
        if to.is_some() {
            self.remember();
        }
        let line = match refused {
            Refused::Token => "Nothing was changed: what you answered is not known here. Answer a newer reminder, or use \"ackd case\".".to_owned(),
            Refused::Expired => "Nothing was changed: what you answered is too old. Answer a newer reminder, or use \"ackd case\".".to_owned(),
            Refused::Sender if to.as_ref() != row.map(|row| &row.to) => "Nothing was changed: the reminder you answered went to somebody else, and only they can answer it. Answer the one you got, or use \"ackd case\".".to_owned(),
            Refused::Sender => format!("Nothing was changed: {masked} answered a reminder that went to you."),
            Refused::Dmarc => "Nothing was changed: an answer in your name failed its sender check (DMARC). If you wrote it, use \"ackd case\" and tell whoever runs your mail.".to_owned(),
        };
        self.lines.push(line);
        to
    }

    /// Whether its writer may still wait to hear of it. What came before there was any ackd here
    /// answers one that is gone.
    fn is_recent(&self) -> bool {
        let received_at = self.replied.received_at;
        let started = self.identity.installation.first_started.values().min();
        let is_ours = started.is_none_or(|started| *started <= received_at);
        is_ours && (self.step.now - received_at).abs() < TOLD_AGE_MAX
    }

    /// Owes the confirmation, if there is something to say.
    fn confirm(&mut self, to: Address, row: Option<&OutboxRow>) {
        if self.lines.is_empty() || !self.is_recent() {
            return;
        }
        let genuine = row.filter(|row| row.to == to);
        let reply = &self.replied.reply;
        // What an answer refers to is not for whoever did not write it.
        let own = reply.from.first().is_some_and(|own| own.address == to);
        let subject = match self.step.rules.keep_subjects && own && !reply.subject.is_empty() {
            true => reply.subject.clone(),
            false => "your answer".to_owned(),
        };
        let purpose = Purpose::Confirmation {
            subject,
            text: self.lines.join(" "),
            answers: reply.message_id.clone().filter(|_| own),
        };
        let keys = genuine.map(|row| row.keys.clone()).unwrap_or_default();
        self.step.owe(self.identity, to, purpose, keys);
    }

    /// The case that a case goes on as.
    fn goes_on_as(&self, id: CaseId) -> CaseId {
        const JOINS_MAX: usize = 16;
        let mut last = id;
        for _ in 0..JOINS_MAX {
            match self.step.case(last).and_then(|case| case.joined_to()) {
                Some(next) => last = next,
                None => break,
            }
        }
        last
    }

    /// When it was said, by our own clock: not in the future, and not before what it answers.
    fn said_at(&self, row: &OutboxRow) -> Timestamp {
        let at = self.replied.received_at.min(self.step.now);
        at.max(row.created_at)
    }
}

/// Whether a mail can be answered with a word: those to the team, but for what the operator gets.
pub const fn is_answerable(purpose: &Purpose) -> bool {
    match purpose {
        Purpose::Reminder
        | Purpose::Escalation
        | Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back
        | Purpose::Morning { .. }
        | Purpose::Confirmation { .. } => true,
        Purpose::Acknowledgement
        | Purpose::Weekly { .. }
        | Purpose::Notice { .. }
        | Purpose::Alarm { .. } => false,
    }
}

/// The longest time for which what can be answered is kept in mind.
pub const VALID_FOR_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
