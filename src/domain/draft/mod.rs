//! The mails we write: each is a struct, a render and a snapshot.
//!
//! Vocabulary: a [`Draft`] says what a mail has to tell; [`Mail`] is the rendered mail with
//! its headers, still without transport or MIME.
//!
//! What a mail repeats of the outside (subjects, names, reasons) is brought onto one line,
//! freed of control characters and cut before it is used anywhere. No mail repeats a
//! client's text. Whoever is told times is told them in the zone of the case's calendar.

mod acknowledgement;
mod confirmation;
mod digest;
mod language;
mod team;
mod templates;
mod wording;

use minijinja::context;

pub use self::acknowledgement::VARIABLES as ACKNOWLEDGEMENT_VARIABLES;
pub use self::digest::{MorningLetter, MorningLine, WeeklyLetter};
use self::team::Occasion;
pub use self::team::case_root_message_id;
use self::templates::NOTICE_TEXT;
pub use self::templates::{TEMPLATE_BYTES_MAX, TemplateFault, Templates};
use self::wording::{NAME_CHARS_MAX, SUBJECT_CHARS_MAX, one_line, several_lines, tidy_author};
use super::address::{Address, Author};
use super::ids::{CaseId, InstanceId, MailboxName, MessageId};
use super::policy::{Clock, Stage};
use super::reply::ReplyPlace;
use super::time::{BusinessTime, Timestamp};

/// What a mail has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a draft lives from its making to its rendering, one at a time"
)]
pub enum Draft {
    /// To an owner, before a deadline.
    Reminder(CaseLines),
    /// To owners and leads, at or after a deadline.
    Escalation(CaseLines),
    /// To an owner, all open cases.
    Summary(CaseLines),
    /// To a stand-in: the cases of others who are away now.
    StandIn(CaseLines),
    /// To somebody who is back, all open cases.
    Back(CaseLines),
    /// To an owner: we acknowledged in their place.
    Acknowledged(CaseLines),
    /// To an owner: an acknowledgement to the client was held back.
    AcknowledgementHeld {
        /// The case.
        lines: CaseLines,
        /// Why.
        reason: String,
    },
    /// To the client: we have your mail.
    Acknowledgement(Acknowledgement),
    /// To a person of the team: how things stand this morning.
    Morning(Box<MorningLetter>),
    /// To those who lead: how the last week went.
    Weekly(Box<WeeklyLetter>),
    /// To a person of the team: what became of an answer.
    Confirmation(Confirmation),
    /// To the operator.
    Notice {
        /// The subject.
        subject: String,
        /// The text.
        text: String,
    },
}

impl CaseLine {
    /// By what lines are ordered: what is due soonest first, what has no deadline last.
    pub fn order(&self) -> (bool, Option<Timestamp>, CaseId) {
        (self.due_at.is_none(), self.due_at, self.case)
    }
}

/// One or more cases in one mail to one person of the team, soonest due first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLines {
    /// The cases. Never empty.
    pub lines: Vec<CaseLine>,
}

/// What a reminder says of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLine {
    /// Its number.
    pub case: CaseId,
    /// The client's name.
    pub client: String,
    /// Who wrote.
    pub contact: Author,
    /// The subject of the mail; empty if subjects are not kept.
    pub subject: String,
    /// The Message-ID of the mail that waits longest.
    pub message_id: Option<MessageId>,
    /// The mailboxes that hold it.
    pub mailboxes: Vec<MailboxName>,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it is due; `None` where an answer is owed without a deadline, as after an
    /// acknowledgement whose policy has no answer clock.
    pub due_at: Option<Timestamp>,
    /// Which deadline that is, or would be.
    pub clock: Clock,
    /// Which rung this is; `None` in a summary.
    pub stage: Option<Stage>,
    /// What comes next if nobody answers.
    pub next: Option<NextRung>,
    /// Who else has been told in this round of waiting, each once, by address.
    pub told: Vec<Told>,
    /// How far our acknowledgement to the client has come; `None` if there is none.
    pub acknowledged: Option<AcknowledgementProgress>,
    /// Business time the client has waited so far.
    pub waited: BusinessTime,
    /// How many mails of the client wait.
    pub unanswered: u32,
    /// Whether it is urgent.
    pub urgent: bool,
    /// Whether the mail failed DMARC: look twice.
    pub suspicious: bool,
    /// Whether it has gone back and forth so often that a call would be shorter.
    pub deserves_call: bool,
    /// The zone in which times are told.
    pub zone: chrono_tz::Tz,
    /// In whose place the reader hears of it: `for Alice, away until 3 January`.
    pub instead_of: Option<String>,
}

/// The rung of a case that comes next if nobody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextRung {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub stage: Stage,
    /// Whom of the team it reaches.
    pub reaches: Vec<Address>,
}

/// Somebody who has been told of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub person: Address,
    /// By which rung, the last one.
    pub stage: Stage,
    /// When that rung fell due, if that can still be told.
    pub at: Option<Timestamp>,
    /// Whether no mail server took the mail: we have given up, or wait for a person's word.
    pub is_undelivered: bool,
}

/// How far our acknowledgement to the client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcknowledgementProgress {
    /// It is decided, and not known to be sent yet.
    OnItsWay,
    /// It was sent.
    Sent(Timestamp),
    /// It waits for a person's word, or was given up.
    Undelivered,
}

/// An acknowledgement of receipt to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The team's name.
    pub team: String,
    /// The client's name.
    pub client: String,
    /// The client's person who wrote.
    pub contact: Author,
    /// The address the client wrote to: the acknowledgement comes from it.
    pub from: Address,
    /// The subject of the mail that is acknowledged.
    pub subject: String,
    /// Its Message-ID.
    pub in_reply_to: Option<MessageId>,
    /// What it referred to.
    pub references: Vec<MessageId>,
    /// By when a person will answer; `None` if no such promise is configured.
    pub answer_by: Option<Timestamp>,
    /// The name of who will answer, if it is known.
    pub owner: Option<String>,
    /// The name of a holiday for which the team is closed before then.
    pub closed_for: Option<String>,
    /// Whether that holiday is today.
    pub closed_today: bool,
    /// The zone in which times are told: the client's.
    pub zone: chrono_tz::Tz,
    /// ISO 639-1, lower case.
    pub language: String,
}

/// What became of an answer to a mail of ours, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The subject it answers.
    pub subject: String,
    /// The line.
    pub text: String,
    /// The Message-ID of the answer it is about.
    pub answers: Option<MessageId>,
    /// The cases it belongs to.
    pub cases: Vec<CaseId>,
}

/// What every mail of ours has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letterhead {
    /// Which installation writes: goes into `X-Ackd`.
    pub instance: InstanceId,
    /// The sender of mails to the team (`[smtp] from`).
    pub from: Author,
    /// The recipient.
    pub to: Address,
    /// The Message-ID of this mail.
    pub message_id: MessageId,
    /// The `Date` of this mail, and the present for "35 min left".
    pub now: Timestamp,
    /// Where this mail is answered with a word. `None`: nowhere.
    pub replies: Option<ReplyPlace>,
}

/// A rendered mail: headers and texts, without transport or MIME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `Message-ID`.
    pub message_id: MessageId,
    /// `Date`.
    pub date: Timestamp,
    /// `From`.
    pub from: Author,
    /// `To`, and the only recipient of the envelope.
    pub to: Address,
    /// The envelope's sender; `None` is the null path `<>` (RFC 3834, section 3.3).
    pub envelope_sender: Option<Address>,
    /// `Subject`, on one line.
    pub subject: String,
    /// `In-Reply-To`.
    pub in_reply_to: Option<MessageId>,
    /// `References`, oldest first.
    pub references: Vec<MessageId>,
    /// Further headers, name and value, ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// The plain text.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
}

/// The most Message-IDs that `References` of ours names.
pub const REFERENCES_MAX: usize = 20;

/// Renders a mail. The same draft, letterhead and templates give the same mail.
pub fn render(draft: &Draft, letterhead: &Letterhead, templates: &Templates) -> Mail {
    let mut mail = render_unanswerable(draft, letterhead, templates);
    if let Some(place) = &letterhead.replies {
        mail.headers.push(("Reply-To", place.address.to_string()));
        mail.references.push(place.reference.clone());
    }
    mail
}

fn render_unanswerable(draft: &Draft, letterhead: &Letterhead, templates: &Templates) -> Mail {
    let to_team = |occasion, lines| team::render(occasion, lines, letterhead, templates);
    match draft {
        Draft::Reminder(lines) => to_team(Occasion::Reminder, lines),
        Draft::Escalation(lines) => to_team(Occasion::Escalation, lines),
        Draft::Summary(lines) => to_team(Occasion::Summary, lines),
        Draft::StandIn(lines) => to_team(Occasion::StandIn, lines),
        Draft::Back(lines) => to_team(Occasion::Back, lines),
        Draft::Acknowledged(lines) => to_team(Occasion::Acknowledged, lines),
        Draft::AcknowledgementHeld { lines, reason } => {
            to_team(Occasion::AcknowledgementHeld { reason }, lines)
        }
        Draft::Acknowledgement(draft) => acknowledgement::render(draft, letterhead, templates),
        Draft::Morning(letter) => digest::morning(letter, letterhead, templates),
        Draft::Weekly(letter) => digest::weekly(letter, letterhead, templates),
        Draft::Confirmation(draft) => confirmation::render(draft, letterhead, templates),
        Draft::Notice { subject, text } => notice(subject, text, letterhead, templates),
    }
}

fn notice(subject: &str, text: &str, letterhead: &Letterhead, templates: &Templates) -> Mail {
    let subject = one_line(subject, SUBJECT_CHARS_MAX);
    let subject = if subject.is_empty() {
        "notice from ackd".to_owned()
    } else {
        subject
    };
    let values = context! { subject => subject, text => several_lines(text) };
    Mail {
        message_id: letterhead.message_id.clone(),
        date: letterhead.now,
        from: tidy_author(&letterhead.from),
        to: letterhead.to.clone(),
        envelope_sender: Some(letterhead.from.address.clone()),
        subject,
        in_reply_to: None,
        references: Vec::new(),
        headers: common_headers(letterhead, "auto-generated"),
        text: templates.render(NOTICE_TEXT, &values),
        html: None,
    }
}

/// What tells other programs, and us, that no person wrote this (RFC 3834, section 5).
fn common_headers(letterhead: &Letterhead, submitted: &str) -> Vec<(&'static str, String)> {
    let instance = one_line(letterhead.instance.as_str(), NAME_CHARS_MAX);
    vec![
        ("Auto-Submitted", submitted.to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        ("X-Ackd", instance),
    ]
}
