//! The morning mail and the weekly report.
//!
//! Both are a list of *sections*, each with a title and a bounded number of lines; a section
//! without lines is left out.

use chrono::NaiveDate;
use chrono_tz::Tz;
use minijinja::{Value, context};

use super::team::{ANSWERS, is_late};
use super::templates::{DIGEST_HTML, DIGEST_TEXT};
use super::wording::{
    CLIENT_SUBJECT_CHARS_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX, SUBJECT_CHARS_MAX, author_line,
    one_line, short_time, spoken, tidy_author,
};
use super::{CaseLine, Letterhead, Mail, Templates, common_headers};
use crate::domain::address::Address;
use crate::domain::check_in::CheckInLine;
use crate::domain::commit::Quarantined;
use crate::domain::digest::Aside;
use crate::domain::policy::Clock;
use crate::domain::report::{Figures, Report};
use crate::domain::time::{BusinessTime, Timestamp};

/// How many lines a section shows; the others are counted.
const LINES_SHOWN_MAX: usize = 20;

/// How things stand for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MorningLetter {
    /// The zone in which the day is told.
    pub zone: Tz,
    /// Cases in which a response is due, the soonest due first.
    pub open: Vec<MorningLine>,
    /// Cases that were acknowledged and wait for a person, the soonest due first.
    pub acknowledged: Vec<MorningLine>,
    /// Mail that opened no case, each with the client's name, the oldest first.
    pub asides: Vec<(String, Aside)>,
    /// Thanks that opened no case, likewise.
    pub thanks: Vec<(String, Aside)>,
    /// Messages that could not be read, the newest first.
    pub quarantined: Vec<Quarantined>,
    /// Check-ins that are due.
    pub check_ins: Vec<CheckInLine>,
    /// Whether only check-ins are told of.
    pub is_short: bool,
}

/// A case in the morning mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MorningLine {
    /// The case.
    pub line: CaseLine,
    /// Until when nobody is reminded of it.
    pub snoozed_until: Option<Timestamp>,
    /// Who has taken it in the reader's place.
    pub taken_by: Option<Address>,
    /// In whose place the reader hears of it: `for Alice, away until 3 January`.
    pub instead_of: Option<String>,
}

/// How a week went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyLetter {
    /// Its Monday.
    pub monday: NaiveDate,
    /// From when on it is told, if not from its beginning.
    pub since: Option<Timestamp>,
    /// The zone in which times are told.
    pub zone: Tz,
    /// The figures.
    pub report: Report,
}

impl MorningLetter {
    /// Whether there is anything the reader should know: what others have taken does not count.
    pub fn has_news(&self) -> bool {
        if self.is_short {
            return self.check_ins.iter().any(|line| line.is_new);
        }
        let cases = self.open.iter().chain(&self.acknowledged);
        let mut own = cases.filter(|own| own.taken_by.is_none());
        own.next().is_some()
            || !self.asides.is_empty()
            || !self.thanks.is_empty()
            || !self.quarantined.is_empty()
            || !self.check_ins.is_empty()
    }

    /// What it tells, counted: `3 open, 1 acknowledged`.
    pub fn in_short(&self) -> String {
        let check_ins = match self.check_ins.len() {
            1 => "check-in",
            _ => "check-ins",
        };
        let counts = [
            (self.open.len(), "open"),
            (self.acknowledged.len(), "acknowledged"),
            (self.check_ins.len(), check_ins),
            (self.asides.len() + self.thanks.len(), "without a case"),
            (self.quarantined.len(), "unreadable"),
        ];
        let mut words = String::new();
        for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let separator = if words.is_empty() { "" } else { ", " };
            words.push_str(&format!("{separator}{count} {word}"));
        }
        words
    }

    /// Puts what is due soonest first.
    pub fn order(&mut self) {
        for list in [&mut self.open, &mut self.acknowledged] {
            list.sort_unstable_by_key(|own| own.line.order());
        }
    }
}

pub(super) fn morning(
    letter: &MorningLetter,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let now = letterhead.now;
    let overdue = |own: &&MorningLine| is_late(&own.line, now) && own.taken_by.is_none();
    let late = letter.open.iter().chain(&letter.acknowledged);
    let late = late.filter(overdue).count();
    let mut subject = "Your morning".to_owned();
    if late > 0 {
        subject.push_str(&format!(" · {late} overdue"));
    }
    let short = letter.in_short().replace(", ", " · ");
    if !short.is_empty() {
        subject.push_str(&format!(" · {short}"));
    }
    let first = letter.open.first().filter(|_| late == 0);
    let next = first.and_then(|own| Some((own.line.due_at?, own.line.zone)));
    if let Some((due_at, zone)) = next.filter(|(due_at, _)| *due_at > now) {
        let due = short_time(due_at, now, zone);
        subject.push_str(&format!(" · next due {due}"));
    }
    let day = now.with_timezone(&letter.zone).format("%A, %-d %B %Y");
    let cases = |title, list: &[MorningLine]| {
        section(&counted(title, list), list, |own| case_line(own, now))
    };
    let sections = [
        cases("Open: a response is due", &letter.open),
        cases(
            "Acknowledged, and waiting for a person",
            &letter.acknowledged,
        ),
        section("Check-ins", &letter.check_ins, |line| {
            let words = one_line(&line.words(), REASON_CHARS_MAX);
            (words, String::new(), line.is_new)
        }),
        section(
            &counted("Mail that opened no case", &letter.asides),
            &letter.asides,
            aside,
        ),
        section(&counted("Thanks", &letter.thanks), &letter.thanks, |own| {
            aside(own)
        }),
        section(
            "Could not be read: see ackd quarantine",
            &letter.quarantined,
            |own| {
                let (mailbox, folder) = (own.location.mailbox.as_str(), &own.location.folder);
                let place = one_line(&format!("{mailbox}, {folder}"), NAME_CHARS_MAX);
                let reason = one_line(&own.reason, REASON_CHARS_MAX);
                (format!("{place}, UID {}", own.location.uid), reason, false)
            },
        ),
    ];
    let mut closing =
        "Answer the client from your usual mail program: ackd sees it and stops the clock."
            .to_owned();
    if letterhead.replies.is_some() {
        closing = format!("{closing}\n{ANSWERS}, with the number of the case: done 14");
    }
    let texts = (subject, day.to_string(), closing);
    mail(texts, sections.into(), letterhead, templates)
}

pub(super) fn weekly(
    letter: &WeeklyLetter,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let report = &letter.report;
    let (subject, headline) = week_in_short(letter);
    let figures = |title: &str, list: &[(String, &Figures)]| {
        section(title, list, |(name, own)| {
            (one_line(name, NAME_CHARS_MAX), in_words(own), is_bad(own))
        })
    };
    let clients: Vec<(String, &Figures)> = report
        .clients
        .iter()
        .map(|(_, name, own)| (name.clone(), own))
        .collect();
    let owners: Vec<(String, &Figures)> = report
        .owners
        .iter()
        .map(|(owner, own)| (owner.to_string(), own))
        .collect();
    let sections = [
        figures("The team", &[("All clients".to_owned(), &report.team)]),
        figures("By client", &clients),
        figures("By owner", &owners),
        section(
            "Mailboxes that could not be seen",
            &report.blind,
            |(mailbox, minutes)| {
                let time = spoken(chrono::TimeDelta::minutes(
                    i64::try_from(*minutes).unwrap_or(0),
                ));
                (one_line(mailbox.as_str(), NAME_CHARS_MAX), time, true)
            },
        ),
    ];
    let mut closing =
        "A promise is kept if the client had a response by its deadline, a person's or \
                       an acknowledgement. Times are business time until a person answered."
            .to_owned();
    if report.is_cut {
        closing.push_str(" There were more cases than one report reads: the figures are too low.");
    }
    mail(
        (subject, headline, closing),
        sections.into(),
        letterhead,
        templates,
    )
}

/// The subject of a weekly report, and its headline.
fn week_in_short(letter: &WeeklyLetter) -> (String, String) {
    let report = &letter.report;
    let monday = letter.monday;
    let sunday = monday + chrono::Duration::days(6);
    let kept = match report.team.percent() {
        Some(percent) => format!("{percent} % kept"),
        None => "nothing was due".to_owned(),
    };
    let mut subject = format!("Week of {} · {kept}", monday.format("%-d %B"));
    if report.team.never_answered > 0 {
        subject.push_str(&format!(" · {} never answered", report.team.never_answered));
    }
    let mut headline = format!(
        "The week from {} to {}",
        monday.format("%a %-d %b"),
        sunday.format("%a %-d %b %Y")
    );
    if let Some(since) = letter.since {
        let since = since.with_timezone(&letter.zone);
        headline.push_str(&format!(
            ", as far as ackd was there: since {}",
            since.format("%a %-d %b %H:%M")
        ));
    }
    (subject, headline)
}

/// `92 % of 25 responses kept · median 1h5m, slowest 4h · 2 never answered · 3 acknowledged by ackd`.
fn in_words(figures: &Figures) -> String {
    let mut words = match figures.percent() {
        Some(percent) => {
            let plural = if figures.due == 1 { "" } else { "s" };
            format!(
                "{percent} % kept ({} of {} response{plural} due)",
                figures.kept, figures.due
            )
        }
        None => "no response was due".to_owned(),
    };
    if let (Some(median), Some(slowest)) = (figures.median(), figures.slowest()) {
        let (median, slowest) = (to_the_minute(median), to_the_minute(slowest));
        let answers = figures.answers();
        let plural = if answers == 1 { "" } else { "s" };
        words.push_str(&format!(
            " · {answers} answer{plural}: median {median}, slowest {slowest}"
        ));
    }
    if figures.never_answered > 0 {
        words.push_str(&format!(" · {} never answered", figures.never_answered));
    }
    if figures.acknowledged > 0 {
        words.push_str(&format!(" · {} acknowledged by ackd", figures.acknowledged));
    }
    words
}

const fn is_bad(figures: &Figures) -> bool {
    figures.kept < figures.due || figures.never_answered > 0
}

fn case_line(own: &MorningLine, now: Timestamp) -> (String, String, bool) {
    let line = &own.line;
    let is_late = is_late(line, now);
    let what = match line.clock {
        Clock::Acknowledge => "",
        Clock::Answer => "answer ",
    };
    let due = line.due_at.map(|due_at| short_time(due_at, now, line.zone));
    let due = match due {
        Some(due) if is_late => format!("{what}overdue since {due}"),
        Some(due) => format!("{what}due {due}"),
        None => "answer owed, no deadline".to_owned(),
    };
    let mut words = vec![due, one_line(&line.client, NAME_CHARS_MAX)];
    let topic = one_line(&line.subject, CLIENT_SUBJECT_CHARS_MAX);
    words.extend(Some(topic).filter(|topic| !topic.is_empty()));
    words.extend(line.urgent.then(|| "urgent".to_owned()));
    if let Some(until) = own.snoozed_until {
        let until = short_time(until, now, line.zone);
        words.push(format!("snoozed until {until}"));
    }
    if let Some(taker) = &own.taken_by {
        words.push(format!("taken by {taker}"));
    }
    let mut detail = format!(
        "{}, waited {} of business time; case {}",
        author_line(&line.contact),
        line.waited,
        line.case
    );
    if line.suspicious {
        detail.push_str("; look twice: a mail failed its sender check (DMARC)");
    }
    if let Some(instead_of) = &own.instead_of {
        words.push(one_line(instead_of, REASON_CHARS_MAX));
    }
    (words.join(" · "), detail, is_late && own.taken_by.is_none())
}

fn aside((client, aside): &(String, Aside)) -> (String, String, bool) {
    let mut words = vec![one_line(client, NAME_CHARS_MAX)];
    if aside.kind != crate::domain::digest::AsideKind::Thanks {
        words.push(aside.kind.as_str().to_owned());
    }
    let subject = one_line(&aside.subject, CLIENT_SUBJECT_CHARS_MAX);
    words.extend(Some(subject).filter(|subject| !subject.is_empty()));
    let from = aside.from.as_ref().map(author_line).unwrap_or_default();
    (words.join(" · "), from, false)
}

fn counted<T>(title: &str, items: &[T]) -> String {
    format!("{title} ({})", items.len())
}

/// Business time in whole minutes, for it is no race.
fn to_the_minute(time: BusinessTime) -> BusinessTime {
    BusinessTime::from_seconds(time.seconds() / 60 * 60)
}

/// A section, given how a line is told: what it says, details, and whether it is pressing.
fn section<T>(
    title: &str,
    items: &[T],
    told: impl Fn(&T) -> (String, String, bool),
) -> Option<Value> {
    if items.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    for item in items.iter().take(LINES_SHOWN_MAX) {
        let (text, detail, pressing) = told(item);
        lines.push(context! { text => text, detail => detail, pressing => pressing });
    }
    let more = items.len().saturating_sub(LINES_SHOWN_MAX);
    Some(context! { title => title, lines => lines, more => more })
}

fn mail(
    (subject, headline, closing): (String, String, String),
    sections: Vec<Option<Value>>,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let subject = one_line(&subject, SUBJECT_CHARS_MAX);
    let sections: Vec<Value> = sections.into_iter().flatten().collect();
    let values = context! {
        subject => subject,
        headline => headline,
        sections => sections,
        closing => closing,
    };
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
        text: templates.render(DIGEST_TEXT, &values),
        html: Some(templates.render(DIGEST_HTML, &values)),
    }
}
