//! The mails to the team about cases: reminder, escalation, summary, acknowledged, held.
//!
//! Vocabulary: the *root* of a case is a Message-ID that no mail has, but which every mail
//! to the team about that case alone refers to. It ties them into one thread in the owner's mail
//! program, though their subjects differ. A mail about several cases refers to none of them:
//! it would tie their threads into one for ever (RFC 5256, `THREAD=REFERENCES`); it names them in
//! `X-Ackd-Cases`, as every mail about cases does. The client's own Message-ID is not among the
//! references either: a reminder must stand at the top of the inbox by itself, not be folded away
//! inside the client's thread, which may be muted, filed or collapsed. The id stands in the text
//! instead, to search for.

mod told;

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::templates::{TEAM_HTML, TEAM_TEXT};
use super::wording::{
    CLIENT_SUBJECT_CHARS_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX, SUBJECT_CHARS_MAX, author_line,
    long_time, mid_link, one_line, short_time, spoken, tidy_author,
};
use super::{CaseLine, CaseLines, Letterhead, Mail, Templates, common_headers};
use crate::domain::ids::{CaseId, InstanceId, MessageId};
use crate::domain::policy::Clock;
use crate::domain::time::Timestamp;

/// The most cases one mail shows in full; the others are counted.
const CASES_SHOWN_MAX: usize = 50;

/// The longest subject and the longest name of a client that our subject repeats, in
/// characters: when it is due stands behind them, and must not be cut off.
const TOPIC_CHARS_MAX: usize = 70;
const SUBJECT_NAME_CHARS_MAX: usize = 50;

/// What brings us to write to the team.
#[derive(Debug, Clone, Copy)]
pub(super) enum Occasion<'a> {
    Reminder,
    Escalation,
    Summary,
    StandIn,
    Back,
    Acknowledged,
    AcknowledgementHeld { reason: &'a str },
}

/// The root of a case: `ackd.case.<case>.<instance>@<domain>`, the same for ever.
///
/// `None` only if the instance or the domain can't stand in a Message-ID.
pub fn case_root_message_id(
    case: CaseId,
    instance: &InstanceId,
    domain: &str,
) -> Option<MessageId> {
    MessageId::parse(&format!("ackd.case.{case}.{instance}@{domain}"))
}

pub(super) fn render(
    occasion: Occasion<'_>,
    cases: &CaseLines,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let now = letterhead.now;
    let subject = one_line(&subject(occasion, cases, now), SUBJECT_CHARS_MAX);
    let lines: Vec<Value> = cases
        .lines
        .iter()
        .take(CASES_SHOWN_MAX)
        .map(|line| values(occasion, line, letterhead))
        .collect();
    let values = context! {
        kind => kind(occasion),
        subject => subject,
        headline => headline(occasion, cases, now),
        cases => lines,
        more => cases.lines.len().saturating_sub(CASES_SHOWN_MAX),
        closing => closing(occasion, cases, letterhead.replies.is_some()),
        answers => letterhead.replies.is_some().then(|| answers(cases)),
    };
    let root = root(cases.lines.iter().map(|line| line.case), letterhead);
    let mut headers = common_headers(letterhead, "auto-generated");
    headers.push(("X-Ackd-Cases", numbers(cases)));
    Mail {
        message_id: letterhead.message_id.clone(),
        date: now,
        from: tidy_author(&letterhead.from),
        to: letterhead.to.clone(),
        envelope_sender: Some(letterhead.from.address.clone()),
        subject,
        in_reply_to: root.clone(),
        references: root.into_iter().collect(),
        headers,
        text: templates.render(TEAM_TEXT, &values),
        html: Some(templates.render(TEAM_HTML, &values)),
    }
}

const fn kind(occasion: Occasion<'_>) -> &'static str {
    match occasion {
        Occasion::Reminder => "reminder",
        Occasion::Escalation => "escalation",
        Occasion::Summary => "summary",
        Occasion::StandIn => "stand-in",
        Occasion::Back => "back",
        Occasion::Acknowledged => "acknowledged",
        Occasion::AcknowledgementHeld { .. } => "acknowledgement-held",
    }
}

/// What the mails that can be answered say about that.
pub(super) const ANSWERS: &str =
    "To tell ackd, reply with one word: done · phoned · met · mine · snooze 2h · no answer needed";

/// The root of the case that a mail is about, if it is about one.
pub(super) fn root(
    mut cases: impl Iterator<Item = CaseId>,
    letterhead: &Letterhead,
) -> Option<MessageId> {
    let domain = letterhead.from.address.domain();
    let only = cases.next()?;
    match cases.next() {
        None => case_root_message_id(only, &letterhead.instance, domain),
        Some(_) => None,
    }
}

/// The numbers of the cases shown, for those who sort their mail.
fn numbers(cases: &CaseLines) -> String {
    let shown = cases.lines.iter().take(CASES_SHOWN_MAX);
    let numbers: Vec<String> = shown.map(|line| line.case.to_string()).collect();
    numbers.join(", ")
}

// --- Subjects: what stands there is all that a locked phone shows.

fn subject(occasion: Occasion<'_>, cases: &CaseLines, now: Timestamp) -> String {
    let parts = match cases.lines.as_slice() {
        [] => vec!["no open cases".to_owned()],
        [only] => subject_of_one(occasion, only, now),
        [first, ..] => subject_of_several(occasion, cases, first, now),
    };
    let urgent = cases.lines.iter().any(|line| line.urgent);
    let urgent = urgent.then(|| "urgent".to_owned());
    let parts: Vec<String> = urgent
        .into_iter()
        .chain(parts)
        .filter(|part| !part.is_empty())
        .collect();
    capitalised(&parts.join(" · "))
}

fn subject_of_one(occasion: Occasion<'_>, line: &CaseLine, now: Timestamp) -> Vec<String> {
    let due = due(line, now);
    let client = one_line(&line.client, SUBJECT_NAME_CHARS_MAX);
    let topic = one_line(&line.subject, TOPIC_CHARS_MAX);
    match occasion {
        Occasion::Reminder | Occasion::Escalation => vec![pressure(line, now), client, topic, due],
        Occasion::Summary | Occasion::Back => vec!["1 open case".to_owned(), client, topic, due],
        Occasion::StandIn => {
            let waits = "1 case waits".to_owned();
            vec![waits, client, topic, due, stood_in_for(line)]
        }
        Occasion::Acknowledged => {
            let answer = match (line.clock, line.due_at) {
                (Clock::Answer, Some(_)) => format!("answer {due}"),
                (Clock::Acknowledge, _) | (_, None) => STILL_OWED.to_owned(),
            };
            vec!["acknowledged for you".to_owned(), client, topic, answer]
        }
        Occasion::AcknowledgementHeld { .. } => {
            vec!["not acknowledged".to_owned(), client, topic, due]
        }
    }
}

fn subject_of_several(
    occasion: Occasion<'_>,
    cases: &CaseLines,
    first: &CaseLine,
    now: Timestamp,
) -> Vec<String> {
    let one_client = cases.lines.iter().all(|line| line.client == first.client);
    let soonest = if one_client {
        String::new()
    } else {
        name(first)
    };
    match occasion {
        Occasion::Reminder | Occasion::Escalation => {
            vec![who_waits(cases, " wait"), first_due(first, now), soonest]
        }
        Occasion::StandIn => {
            let waiting = format!("{} cases wait", cases.lines.len());
            vec![waiting, stood_in_for_all(cases), soonest]
        }
        Occasion::Summary | Occasion::Back => {
            let open = format!("{} open cases", cases.lines.len());
            vec![open, first_due(first, now), name(first)]
        }
        Occasion::Acknowledged => {
            let whom = who_waits(cases, "");
            vec![format!("{whom} acknowledged for you"), soonest]
        }
        Occasion::AcknowledgementHeld { .. } => {
            let whom = who_waits(cases, "");
            vec![
                format!("{whom} not acknowledged"),
                first_due(first, now),
                soonest,
            ]
        }
    }
}

/// What is said of an answer that has no deadline.
const STILL_OWED: &str = "an answer is still owed";

/// `due 14:30`, or `was due 14:30`.
fn due(line: &CaseLine, now: Timestamp) -> String {
    let at = |due_at| short_time(due_at, now, line.zone);
    match line.due_at {
        Some(due_at) if due_at < now => format!("was due {}", at(due_at)),
        Some(due_at) => format!("due {}", at(due_at)),
        None => STILL_OWED.to_owned(),
    }
}

/// Whether its deadline has passed, if it has one.
pub(super) fn is_late(line: &CaseLine, now: Timestamp) -> bool {
    line.due_at.is_some_and(|due_at| due_at <= now)
}

/// `first due 14:30`, or `overdue by 20 min`.
fn first_due(line: &CaseLine, now: Timestamp) -> String {
    match line.due_at {
        Some(due_at) if due_at > now => {
            format!("first due {}", short_time(due_at, now, line.zone))
        }
        Some(_) | None => pressure(line, now),
    }
}

/// `35 min left`, `35 min left to answer`, `due now`, `overdue by 20 min`.
fn pressure(line: &CaseLine, now: Timestamp) -> String {
    let Some(due_at) = line.due_at else {
        return STILL_OWED.to_owned();
    };
    let left = due_at - now;
    let what = match line.clock {
        Clock::Acknowledge => "",
        Clock::Answer => "answer ",
    };
    match (left > chrono::TimeDelta::zero(), line.clock) {
        (true, Clock::Acknowledge) => format!("{} left", spoken(left)),
        (true, Clock::Answer) => format!("{} left to answer", spoken(left)),
        (false, _) if left.num_minutes() == 0 => format!("{what}due now"),
        (false, _) => format!("{what}overdue by {}", spoken(-left)),
    }
}

/// With a capital at its beginning, where our own words stand.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), rest.as_str()),
        None => String::new(),
    }
}

/// `3 clients wait`, or `3 cases of Acme wait` where it is all one client.
fn who_waits(cases: &CaseLines, verb: &str) -> String {
    let clients: BTreeSet<&str> = cases
        .lines
        .iter()
        .map(|line| line.client.as_str())
        .collect();
    match cases.lines.first() {
        Some(first) if clients.len() == 1 => {
            format!("{} cases of {}{verb}", cases.lines.len(), name(first))
        }
        _ => format!("{} clients{verb}", clients.len()),
    }
}

/// `for Alice, away until 3 January`.
fn stood_in_for(line: &CaseLine) -> String {
    let words = line.instead_of.as_deref().unwrap_or_default();
    one_line(words, REASON_CHARS_MAX)
}

/// The same of all cases of a mail.
fn stood_in_for_all(cases: &CaseLines) -> String {
    match cases.lines.as_slice() {
        [first, rest @ ..] if rest.iter().all(|own| own.instead_of == first.instead_of) => {
            stood_in_for(first)
        }
        _ => "for colleagues who are away".to_owned(),
    }
}

fn name(line: &CaseLine) -> String {
    one_line(&line.client, NAME_CHARS_MAX)
}

fn topic(line: &CaseLine) -> String {
    one_line(&line.subject, CLIENT_SUBJECT_CHARS_MAX)
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

// --- Texts

fn headline(occasion: Occasion<'_>, cases: &CaseLines, now: Timestamp) -> String {
    let Some(first) = cases.lines.first() else {
        return "No case is open.".to_owned();
    };
    let count = cases.lines.len();
    let client = name(first);
    match (occasion, count) {
        (Occasion::Reminder | Occasion::Escalation, 1) => {
            let pressure = pressure(first, now);
            format!("{client} waits for {}: {pressure}.", awaited(first.clock))
        }
        (Occasion::Reminder | Occasion::Escalation, _) => {
            let late = cases.lines.iter().filter(|line| is_late(line, now)).count();
            let late = match late {
                0 => String::new(),
                late => format!(" {late} of them overdue."),
            };
            format!("{}.{late}", who_waits(cases, " wait"))
        }
        (Occasion::StandIn, _) => {
            let whom = stood_in_for_all(cases);
            let waits = if count == 1 {
                "case waits"
            } else {
                "cases wait"
            };
            format!("You stand in {whom}: {count} {waits}. Soonest due first.")
        }
        (Occasion::Back, 1) => "You are back; 1 case is open.".to_owned(),
        (Occasion::Back, _) => {
            format!("You are back; {count} cases are open. Soonest due first.")
        }
        (Occasion::Summary, _) => format!(
            "{count} case{} {} open. Soonest due first.",
            plural(count),
            if count == 1 { "is" } else { "are" }
        ),
        (Occasion::Acknowledged, 1) => match (first.clock, first.due_at) {
            (Clock::Answer, Some(due_at)) => format!(
                "ackd told {client} that their mail arrived; a person's answer is due {}.",
                long_time(due_at, first.zone)
            ),
            (Clock::Acknowledge, _) | (_, None) => format!(
                "ackd told {client} that their mail arrived; a person's answer is still owed."
            ),
        },
        (Occasion::Acknowledged, _) => format!(
            "ackd told {} that their mail arrived; a person's answer is still owed.",
            who_waits(cases, "")
        ),
        (Occasion::AcknowledgementHeld { reason }, _) => {
            let whom = if count == 1 {
                client
            } else {
                who_waits(cases, "")
            };
            let reason = one_line(reason, REASON_CHARS_MAX);
            let reason = reason.trim_end_matches('.');
            format!("ackd did not acknowledge receipt to {whom}: {reason}. The clock runs on.")
        }
    }
}

/// What ends the clock. Whoever can tell it by a reply needs no command.
fn closing(occasion: Occasion<'_>, cases: &CaseLines, answerable: bool) -> String {
    let answer =
        "Answer the client from your usual mail program: ackd sees it and stops the clock.";
    let number = cases.lines.first().map_or(0, |line| line.case.0);
    let otherwise = format!(
        "If it was settled by phone or in person: ackd case phoned {number}, or ackd case met {number}."
    );
    match occasion {
        Occasion::Summary | Occasion::StandIn | Occasion::Back => answer.to_owned(),
        _ if answerable || cases.lines.len() > 1 => answer.to_owned(),
        Occasion::Reminder
        | Occasion::Escalation
        | Occasion::Acknowledged
        | Occasion::AcknowledgementHeld { .. } => format!("{answer}\n{otherwise}"),
    }
}

/// What can be answered; of several cases each is named by its number.
fn answers(cases: &CaseLines) -> String {
    match cases.lines.as_slice() {
        [first, _, ..] => format!("{ANSWERS}; and the case, one a line: done {}", first.case),
        [] | [_] => ANSWERS.to_owned(),
    }
}

const fn awaited(clock: Clock) -> &'static str {
    match clock {
        Clock::Acknowledge => "a response",
        Clock::Answer => "a person's answer",
    }
}

/// What the templates may say of one case.
fn values(occasion: Occasion<'_>, line: &CaseLine, letterhead: &Letterhead) -> Value {
    let now = letterhead.now;
    let mailboxes: Vec<String> = line
        .mailboxes
        .iter()
        .map(|mailbox| one_line(mailbox.as_str(), NAME_CHARS_MAX))
        .collect();
    let overdue = is_late(line, now);
    let mut marks = String::new();
    for (shown, mark) in [
        (line.urgent, " · urgent"),
        (overdue, " · overdue"),
        (line.suspicious, " · suspicious"),
    ] {
        if shown {
            marks.push_str(mark);
        }
    }
    let due_for = match (occasion, line.clock) {
        (Occasion::Acknowledged, Clock::Acknowledge) => "a response: met by the acknowledgement",
        (_, clock) => awaited(clock),
    };
    context! {
        client => name(line),
        marks => marks,
        contact => author_line(&line.contact),
        subject => topic(line),
        message_id => line.message_id.as_ref().map(MessageId::as_str),
        mid_link => line.message_id.as_ref().map(mid_link),
        mailboxes => mailboxes.join(", "),
        received => long_time(line.received_at, line.zone),
        waited => line.waited.to_string(),
        due => line.due_at.map(|due_at| long_time(due_at, line.zone)),
        due_for => due_for,
        next => told::next(line, &letterhead.to),
        also_told => told::also_told(line, now),
        client_told => told::client_told(line, now),
        unanswered => format!("{} mail{}", line.unanswered, plural(line.unanswered as usize)),
        instead_of => line.instead_of.as_ref().map(|_| stood_in_for(line)),
        number => line.case.to_string(),
        urgent => line.urgent,
        suspicious => line.suspicious,
        deserves_call => line.deserves_call,
        overdue => overdue,
    }
}
