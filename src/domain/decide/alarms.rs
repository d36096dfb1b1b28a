//! Trouble with ackd itself: one alarm when it comes, one all-clear when it goes.
//!
//! Whatever is told here is owed by the ordinary mail server and, where one is configured, by
//! the second route too; and it is owed in the commit that notes it as told, so that a crash
//! neither loses it nor repeats it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Decisions, Identity, LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::alarm::{Alarms, Finding, Recovery, Trouble, TroubleKind};
use crate::domain::book::Book;
use crate::domain::case::Outlook;
use crate::domain::commit::Known;
use crate::domain::digest::BlindTime;
use crate::domain::ids::{CaseId, MailboxName, MessageKey};
use crate::domain::outbox::{Purpose, SecondRoute};
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::{Timestamp, format_duration};

/// How many cases an all-clear names; the others are counted.
const CASES_NAMED_MAX: usize = 20;

/// The second routes, and to whom each leads. Empty where none is configured.
pub type SecondRoutes = [(SecondRoute, Address)];

/// What has changed since the operator was last told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlarmChanges {
    /// Troubles the operator was not told of.
    pub found: BTreeMap<Trouble, Finding>,
    /// Troubles that have ended, of those the operator was told of.
    pub ended: BTreeMap<Trouble, Recovery>,
    /// The mailboxes that give no proof of life now, and since when.
    pub outages: BTreeMap<MailboxName, Timestamp>,
}

/// Shorter times in which a mailbox gives no proof of life are not remembered: a connection that is
/// made anew.
const BLIND_MIN: chrono::Duration = chrono::Duration::minutes(1);

/// Tells the operator what has changed: one mail for each kind of trouble that has come, and
/// one for each that has gone.
pub fn alarms(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    routes: &SecondRoutes,
    changes: AlarmChanges,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    let mut alarms = Alarms {
        told: book.alarms().told.clone(),
        outages: changes.outages,
    };
    for kind in [
        TroubleKind::Blind,
        TroubleKind::Breaker,
        TroubleKind::Holidays,
        TroubleKind::Configuration,
        TroubleKind::Unsent,
    ] {
        let found = of_kind(&changes.found, kind);
        let ended = of_kind(&changes.ended, kind);
        if !found.is_empty() {
            let (subject, text) = found_in_words(kind, &found);
            step.tell(identity, routes, &subject, &text);
        }
        if !ended.is_empty() {
            let (subject, text) = ended_in_words(book, rules, kind, &ended, now);
            step.tell(identity, routes, &subject, &text);
        }
    }
    for (trouble, finding) in changes.found {
        alarms.told.insert(trouble, finding.since);
    }
    for trouble in changes.ended.keys() {
        alarms.told.remove(trouble);
    }
    step.remember_blind(&alarms.outages);
    if alarms != *book.alarms() {
        step.decisions.commit.alarms = Some(alarms);
    }
    step.finish()
}

/// Owes those who hear of trouble a word, by every route.
pub fn notice(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    routes: &SecondRoutes,
    (subject, text): (&str, &str),
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    step.tell(identity, routes, subject, text);
    step.finish()
}

impl Step<'_> {
    /// Mailboxes that are seen again were blind until now: the weekly report tells of it.
    fn remember_blind(&mut self, outages: &BTreeMap<MailboxName, Timestamp>) {
        let mut mornings = self.book.mornings().clone();
        for (mailbox, from) in &self.book.alarms().outages {
            let lasts = outages.get(mailbox).is_some_and(|since| since <= from);
            if !lasts && self.now - *from >= BLIND_MIN {
                mornings.was_blind(BlindTime {
                    mailbox: mailbox.clone(),
                    from: *from,
                    until: self.now,
                });
            }
        }
        if mornings != *self.book.mornings() {
            self.decisions.commit.mornings = Some(mornings);
        }
    }

    fn tell(&mut self, identity: &Identity, routes: &SecondRoutes, subject: &str, text: &str) {
        if self.rules.mode == Mode::Observe {
            let what = format!("would send a notice: {subject}");
            return self.note(Weight::Event, LogEvent::MailWithheld, None, what);
        }
        for person in &identity.alarm_to {
            let purpose = Purpose::Notice {
                subject: subject.to_owned(),
                text: text.to_owned(),
            };
            self.owe(identity, person.clone(), purpose, Vec::new());
        }
        for (route, to) in routes {
            let purpose = Purpose::Alarm {
                route: *route,
                subject: subject.to_owned(),
                text: text.to_owned(),
            };
            self.owe(identity, to.clone(), purpose, Vec::new());
        }
    }
}

type Named<'a, T> = Vec<(&'a Trouble, &'a T)>;

fn of_kind<T>(troubles: &BTreeMap<Trouble, T>, kind: TroubleKind) -> Named<'_, T> {
    let own = troubles.iter();
    own.filter(|(trouble, _)| trouble.kind() == kind).collect()
}

fn found_in_words(kind: TroubleKind, found: &Named<'_, Finding>) -> (String, String) {
    let reasons: Vec<&str> = found.iter().map(|(_, own)| own.reason.as_str()).collect();
    match kind {
        TroubleKind::Blind => {
            let mut text = match found.len() {
                1 => "ackd has had no proof of life from a mailbox:\n\n".to_owned(),
                count => format!("ackd has had no proof of life from {count} mailboxes:\n\n"),
            };
            for (trouble, finding) in found {
                let (name, since) = (name_of(trouble), moment(finding.since));
                let _ = writeln!(text, "  {name}, since {since}: {}", finding.reason);
            }
            text.push_str(
                "\nClient mail that arrives there is not noticed until it is seen again. You \
                 will be told when it is.\n",
            );
            let subject = format!("ackd can't see {}", mailboxes(found));
            (subject, text)
        }
        TroubleKind::Breaker => {
            let text = format!(
                "ackd {}.\n\nIf this is a loop with another automatic system, find it before \
                 then. Reminders and escalations go on.\n",
                reasons.join("; ")
            );
            (
                "ackd has stopped acknowledging for a while".to_owned(),
                text,
            )
        }
        TroubleKind::Holidays => {
            let text = format!(
                "{}\nHolidays that were added since are not known to ackd. Mend the file: ackd \
                 looks at it every hour, and at once when it is reloaded (systemctl reload \
                 ackd).\n",
                listed(&reasons)
            );
            (format!("ackd can't use {}", holiday_files(found)), text)
        }
        TroubleKind::Configuration => {
            let text = format!(
                "{}\nackd goes on as it was told before, but it would not start with this: not \
                 after a reboot, nor after an update. \"ackd check\" lists all that is wrong; once \
                 it is mended, \"systemctl reload ackd\" takes it over.\n",
                listed(&reasons)
            );
            ("ackd can't use its configuration".to_owned(), text)
        }
        TroubleKind::Unsent => {
            let since = found.first().map(|(_, own)| moment(own.since));
            let text = format!(
                "Since {} the mail server has taken no mail from ackd:\n\n  {}\n\nNobody is \
                 reminded by mail until it does. ackd goes on trying, at least every half an \
                 hour; \"ackd outbox\" lists what waits, \"ackd cases\" which clients wait. You \
                 will be told when it is taken.\n",
                since.unwrap_or_default(),
                reasons.join("\n  ")
            );
            ("ackd can't send mail".to_owned(), text)
        }
    }
}

fn ended_in_words(
    book: &Book,
    rules: &Rules,
    kind: TroubleKind,
    ended: &Named<'_, Recovery>,
    now: Timestamp,
) -> (String, String) {
    match kind {
        TroubleKind::Blind => {
            let mut text = String::new();
            for (trouble, recovery) in ended {
                let (since, lasted) = duration_of(book, trouble, recovery);
                let (name, how) = (name_of(trouble), &recovery.how);
                let _ = writeln!(
                    text,
                    "The mailbox \"{name}\" {how}. It was blind for {lasted}, since {}.",
                    moment(since)
                );
            }
            text.push('\n');
            text.push_str(&caught_up(book, rules, ended, now));
            (format!("ackd sees {} again", mailboxes(ended)), text)
        }
        TroubleKind::Breaker => {
            let text = "The time for which ackd acknowledged nothing is over. Cases whose turn \
                        came meanwhile are not acknowledged any more; their owners were told.\n";
            ("ackd acknowledges again".to_owned(), text.to_owned())
        }
        TroubleKind::Holidays => {
            let names: Vec<String> = ended
                .iter()
                .map(|(trouble, own)| {
                    format!("The holiday file \"{}\" {}.", name_of(trouble), own.how)
                })
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let subject = format!("ackd no longer misses {}", holiday_files(ended));
            (subject, listed(&names))
        }
        TroubleKind::Configuration => {
            let text = ended.iter().map(|(_, own)| {
                let how = &own.how;
                format!("The configuration {how}.\n")
            });
            (
                "ackd uses its configuration again".to_owned(),
                text.collect(),
            )
        }
        TroubleKind::Unsent => {
            let text = ended.iter().map(|(trouble, own)| {
                let (since, lasted) = duration_of(book, trouble, own);
                let (how, since) = (&own.how, moment(since));
                format!(
                    "The mail server {how}. It took none for {lasted}, since {since}. What waited \
                     is sent within half an hour, unless it is needed no more.\n"
                )
            });
            ("ackd sends mail again".to_owned(), text.collect())
        }
    }
}

/// Since when a trouble that was told of has lasted, and for how long it did.
fn duration_of(book: &Book, trouble: &Trouble, recovery: &Recovery) -> (Timestamp, String) {
    let since = book.alarms().told.get(trouble).copied();
    let since = since.unwrap_or(recovery.at);
    let lasted = (recovery.at - since).to_std().unwrap_or_default();
    let lasted = std::time::Duration::from_secs(lasted.as_secs());
    (since, format_duration(lasted))
}

/// What came in while mailboxes were blind, and how it stands now.
fn caught_up(book: &Book, rules: &Rules, ended: &Named<'_, Recovery>, now: Timestamp) -> String {
    let mut mails: BTreeMap<MessageKey, CaseId> = BTreeMap::new();
    for (trouble, recovery) in ended {
        mails.extend(recovery.mails.iter().map(|(key, case)| (*key, *case)));
        if let Trouble::Blind(mailbox) = trouble
            && let Some(since) = book.alarms().told.get(*trouble)
        {
            // What was read before a restart in the middle of it is known from the cases.
            mails.extend(waiting_mails(book, mailbox, *since));
        }
    }
    let cases: BTreeSet<CaseId> = mails.values().copied().collect();
    if cases.is_empty() {
        return "No client mail came in meanwhile.\n".to_owned();
    }
    let mut waiting: Vec<(Option<Timestamp>, CaseId)> = cases
        .iter()
        .filter_map(|id| book.case(*id))
        .map(|case| {
            let outlook = Outlook::of(case, rules).unwrap_or_default();
            (outlook.due().map(|(due, _)| due), case.id)
        })
        .collect();
    waiting.sort_by_key(|(due, id)| (due.is_none(), *due, *id));
    let overdue = waiting
        .iter()
        .filter(|(due, _)| due.is_some_and(|due| due < now));
    let mut text = format!(
        "Client mails that came in meanwhile: {}, in {} case(s). Of these cases {} wait(s), {} of \
         them overdue. All of it has been read; nothing was lost.\n",
        mails.len(),
        cases.len(),
        waiting.len(),
        overdue.count()
    );
    if !waiting.is_empty() {
        text.push('\n');
    }
    for (due, id) in waiting.iter().take(CASES_NAMED_MAX) {
        let _ = writeln!(text, "  {}", line(book, rules, *id, *due, now));
    }
    if let Some(more) = waiting
        .len()
        .checked_sub(CASES_NAMED_MAX)
        .filter(|more| *more > 0)
    {
        let _ = writeln!(text, "  and {more} more: \"ackd cases\" lists them all");
    }
    text
}

/// The mails of clients in open cases that this mailbox has received since a moment.
fn waiting_mails<'a>(
    book: &'a Book,
    mailbox: &'a MailboxName,
    since: Timestamp,
) -> impl Iterator<Item = (MessageKey, CaseId)> + 'a {
    book.cases().flat_map(move |case| {
        let own = case.messages().filter(move |message| {
            let mut holders = message.holders.iter();
            message.received_at >= since && holders.any(|holder| holder.mailbox == *mailbox)
        });
        own.map(|message| (message.key, case.id))
    })
}

fn line(book: &Book, rules: &Rules, id: CaseId, due: Option<Timestamp>, now: Timestamp) -> String {
    let promise = book.case(id).and_then(|case| rules.promise(&case.client));
    let client = promise.map_or("", |(client, _, _)| client.name.as_str());
    let due = due.map_or_else(
        || "no clock runs".to_owned(),
        |due| {
            let zone = promise.map_or(chrono_tz::UTC, |(_, _, calendar)| calendar.zone);
            let told = due.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
            let overdue = if due < now { ", overdue" } else { "" };
            format!("due {told}{overdue}")
        },
    );
    format!("case {id}, {client}: {due}")
}

fn name_of(trouble: &Trouble) -> &str {
    match trouble {
        Trouble::Blind(mailbox) => mailbox.as_str(),
        Trouble::Breaker | Trouble::Configuration | Trouble::Unsent => "",
        Trouble::Holidays(file) => file,
    }
}

fn mailboxes<T>(named: &Named<'_, T>) -> String {
    match named.as_slice() {
        [(only, _)] => format!("the mailbox {}", name_of(only)),
        several => format!("{} mailboxes", several.len()),
    }
}

fn holiday_files<T>(named: &Named<'_, T>) -> String {
    match named.as_slice() {
        [(only, _)] => {
            let path = name_of(only);
            let name = path.rsplit('/').next().unwrap_or(path);
            format!("the holiday file {name}")
        }
        several => format!("{} holiday files", several.len()),
    }
}

/// One line each.
fn listed(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
