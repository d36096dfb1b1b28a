//! `ackd case …`: one case, looked at or settled by hand.

use std::io::Write;
use std::path::Path;

use chrono_tz::Tz;
use clap::Subcommand;

use super::screen::{Colour, DONE, Screen, columns, printable, written_in, zone_named};
use super::user_name;
use crate::control::view::{CaseDetail, CaseView, MessageView, ReasonView};
use crate::control::{Answer, Request, SnoozeTime};
use crate::domain::address::Address;
use crate::domain::case::Settlement;
use crate::domain::ids::{CaseId, MessageId};

/// What `ackd case` can do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CaseCommand {
    /// Show a case: its mails, its deadlines and its history
    Show {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// Somebody answered where ackd can't see it
    Answered {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// Somebody spoke with the client on the phone
    Phoned {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// Somebody met the client
    Met {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// No answer is needed
    Dismiss {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// Nobody answered after all: what had closed the case does not count
    Reopen {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// A mail was put into the wrong case: with what answers it, it becomes a case of its own
    ///
    /// Its clock runs from its own receipt. A reply that names it goes with it. The two cases
    /// are never taken for one conversation again, whatever the mails quote.
    Separate {
        /// The number of the case that holds the mail
        #[arg(value_parser = case_id)]
        id: u64,
        /// The client's mail: its Message-ID, as "ackd case show" lists it
        #[arg(value_name = "MESSAGE-ID", value_parser = message_id)]
        message_id: MessageId,
    },
    /// Remind nobody for a while; the clocks run on
    Snooze {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
        /// For how long: a duration such as 2h or 1h30m, or "tomorrow", which it is if nothing
        /// is said
        #[arg(value_name = "TIME", conflicts_with = "for")]
        time: Option<SnoozeTime>,
        /// The same
        #[arg(id = "for", long = "for", value_name = "TIME")]
        lasting: Option<SnoozeTime>,
    },
    /// Make a case urgent
    Urgent {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
    },
    /// Remind a colleague of a case from now on, in place of the client's owners
    Assign {
        /// The number of the case
        #[arg(value_parser = case_id)]
        id: u64,
        /// The address of a person of the team
        #[arg(value_name = "OWNER", value_parser = colleague, required_unless_present = "default")]
        owner: Option<Address>,
        /// The client's owners again
        #[arg(long, conflicts_with = "owner")]
        default: bool,
    },
}

impl CaseCommand {
    /// What to ask of the daemon. `by` is who asks; empty: the daemon goes by the number of
    /// the user.
    pub fn request(&self, by: &str) -> Request {
        let by = by.to_owned();
        let settle = |id: u64, how: Settlement| Request::Settle {
            id: CaseId(id),
            how,
            by: by.clone(),
        };
        match *self {
            Self::Separate { id, ref message_id } => Request::Separate {
                id: CaseId(id),
                message_id: message_id.to_string(),
                by,
            },
            Self::Show { id } => Request::Case { id: CaseId(id) },
            Self::Answered { id } => settle(id, Settlement::Answered),
            Self::Phoned { id } => settle(id, Settlement::Phoned),
            Self::Met { id } => settle(id, Settlement::Met),
            Self::Dismiss { id } => settle(id, Settlement::Dismissed),
            Self::Snooze { id, time, lasting } => Request::Snooze {
                id: CaseId(id),
                time: time.or(lasting).unwrap_or(SnoozeTime::Tomorrow),
                by,
            },
            Self::Assign { id, ref owner, .. } => Request::Assign {
                id: CaseId(id),
                to: owner.clone(),
                by,
            },
            Self::Reopen { id } => Request::Reopen { id: CaseId(id), by },
            Self::Urgent { id } => Request::Urgent { id: CaseId(id), by },
        }
    }
}

/// Shows or changes a case. The exit code: 0, 1 if there is no such case or it can't be done,
/// 3 if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    command: &CaseCommand,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_on(socket, command, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, command: &CaseCommand, screen: &mut Screen<'_>) -> u8 {
    match screen.ask(socket, &command.request(&user_name())).await {
        Ok(Answer::Case(detail)) if screen.json => screen.print_json(&detail),
        Ok(Answer::Case(detail)) => {
            let page = page(&detail, screen);
            screen.print(&page);
        }
        Ok(Answer::Done(done)) => screen.print_done(&done),
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    }
    DONE
}

/// A case number as people write it: `7` or `#7`.
fn case_id(text: &str) -> Result<u64, String> {
    super::number(text).ok_or_else(|| {
        "a case is named by its number, such as 7 (\"ackd cases\" lists them)".into()
    })
}

fn colleague(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| {
        "a colleague is named by their address, such as bob@northwind.example".into()
    })
}

fn message_id(text: &str) -> Result<MessageId, String> {
    MessageId::parse(text).ok_or_else(|| {
        "a mail is named by its Message-ID, such as q2@acme.example (\"ackd case show\" lists them)"
            .into()
    })
}

fn page(detail: &CaseDetail, screen: &Screen<'_>) -> String {
    let case = &detail.case;
    let subject = if case.subject.is_empty() {
        "(no subject)".into()
    } else {
        printable(&case.subject)
    };
    let title = format!("case {}: {subject}", case.id);
    let mut lines = vec![screen.paint(Colour::Bold, &title)];
    lines.extend(columns(&facts(detail, screen)));
    section(
        &mut lines,
        screen,
        "why",
        detail.reasons.iter().map(|reason| printable(reason)),
    );
    let zone = zone_named(case.time_zone.as_deref());
    let mails = detail.messages.iter().map(|mail| mail_row(mail, zone));
    let mails: Vec<Vec<String>> = mails.collect();
    section(&mut lines, screen, "mails", columns(&mails).into_iter());
    let verdicts = detail.messages.iter();
    let verdicts = verdicts.flat_map(|mail| verdict_rows(mail, zone));
    let verdicts: Vec<Vec<String>> = verdicts.collect();
    let heading = "why the mails were judged so";
    section(&mut lines, screen, heading, columns(&verdicts).into_iter());
    let history = detail.history.iter();
    let history = history.map(|line| {
        let at = written_in(line.at, zone);
        format!("{at}  {}", printable(&line.what))
    });
    section(&mut lines, screen, "history", history);
    lines.push(String::new());
    lines.join("\n")
}

fn section(
    lines: &mut Vec<String>,
    screen: &Screen<'_>,
    heading: &str,
    content: impl Iterator<Item = String>,
) {
    let mut content = content.map(|line| format!("  {line}")).peekable();
    if content.peek().is_some() {
        lines.push(String::new());
        lines.push(screen.paint(Colour::Bold, heading));
        lines.extend(content);
    }
}

fn facts(detail: &CaseDetail, screen: &Screen<'_>) -> Vec<Vec<String>> {
    let case = &detail.case;
    let contact = match &detail.contact_name {
        Some(name) => format!("{} <{}>", printable(name), printable(&case.contact)),
        None => printable(&case.contact),
    };
    let mut facts = vec![
        ("client", printable(&case.client)),
        ("contact", contact),
        ("state", state(detail)),
    ];
    let zone = zone_named(case.time_zone.as_deref());
    let moments = [
        ("opened", case.opened_at),
        ("due", case.due_at),
        ("answer due", case.answer_due_at),
        ("snoozed until", detail.snoozed_until),
    ];
    for (name, moment) in moments {
        facts.extend(moment.map(|at| (name, screen.moment(at, zone))));
    }
    let owners = match (&detail.assigned_to, case.owners.is_empty()) {
        (_, true) => "nobody but those who hear of broken promises".into(),
        (Some(to), false) if case.owners.contains(to) => format!("{} (assigned)", printable(to)),
        (_, false) => printable(&case.owners.join(", ")),
    };
    facts.push(("reminded", owners));
    facts.push(("mailboxes", printable(&case.mailboxes.join(", "))));
    facts.push(("stages done", stages(case)));
    facts
        .into_iter()
        .map(|(name, value)| vec![format!("  {name}"), value])
        .collect()
}

fn state(detail: &CaseDetail) -> String {
    let mut words = vec![detail.case.state.as_str().to_owned()];
    if detail.case.urgent {
        words.push("urgent".into());
    }
    match detail.unanswered {
        0 => {}
        1 => words.push("1 mail without an answer".into()),
        count => words.push(format!("{count} mails without an answer")),
    }
    if detail.generation > 1 {
        words.push(format!(
            "waiting for the {} time",
            ordinal(detail.generation)
        ));
    }
    words.join(", ")
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn stages(case: &CaseView) -> String {
    if case.stages_done.is_empty() {
        return "none".into();
    }
    printable(&case.stages_done.join(", "))
}

fn mail_row(mail: &MessageView, zone: Tz) -> Vec<String> {
    let mut marks: Vec<&str> = Vec::new();
    let told = [
        (mail.urgent, "urgent"),
        (mail.suspicious, "failed DMARC"),
        (mail.thanks, "thanks"),
        (!mail.may_acknowledge, "never acknowledged"),
        (mail.waits, "waits for an answer"),
    ];
    marks.extend(told.iter().filter(|(is, _)| *is).map(|(_, word)| *word));
    let id = mail.message_id.as_deref();
    vec![
        written_in(mail.received_at, zone),
        printable(&mail.author),
        id.map_or_else(
            || "(no Message-ID)".into(),
            |id| format!("<{}>", printable(id)),
        ),
        printable(&mail.holders.join(", ")),
        marks.join(", "),
    ]
}

/// Why a mail was judged as it was, one rule a line; the first names the mail.
fn verdict_rows(mail: &MessageView, zone: Tz) -> Vec<Vec<String>> {
    let mut when = written_in(mail.received_at, zone);
    let row = |reason: &ReasonView| {
        let when = std::mem::take(&mut when);
        vec![when, printable(&reason.rule), printable(&reason.evidence)]
    };
    mail.reasons.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_named_as_people_write_it() {
        assert_eq!(case_id("7"), Ok(7));
        assert_eq!(case_id("#7"), Ok(7));
        for bad in ["", "#", "0", "-7", "+7", "seven", "99999999999999999999"] {
            assert!(case_id(bad).is_err(), "{bad:?}");
        }
    }

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(subcommand)]
        command: CaseCommand,
    }

    fn typed(line: &str) -> Result<CaseCommand, clap::error::ErrorKind> {
        let words = std::iter::once("case").chain(line.split(' '));
        let line = <Line as clap::Parser>::try_parse_from(words);
        line.map(|line| line.command).map_err(|error| error.kind())
    }

    #[test]
    fn a_snooze_lasts_until_tomorrow_unless_told_otherwise() {
        let asked = |line: &str| typed(line).expect(line).request("alice");
        let snooze = |time| Request::Snooze {
            id: CaseId(7),
            time,
            by: "alice".into(),
        };
        assert_eq!(asked("snooze 7"), snooze(SnoozeTime::Tomorrow));
        let time = SnoozeTime::For(std::time::Duration::from_secs(5400));
        assert_eq!(asked("snooze #7 --for 1h30m"), snooze(time));
        assert_eq!(asked("snooze 7 1h30m"), snooze(time));
        assert_eq!(asked("snooze 7 tomorrow"), snooze(SnoozeTime::Tomorrow));
    }

    #[test]
    fn a_case_is_assigned_to_somebody_or_to_the_owners_again() {
        let asked = |line: &str| typed(line).expect(line).request("alice");
        let assign = |to| Request::Assign {
            id: CaseId(7),
            to,
            by: "alice".into(),
        };
        let bob = Address::parse("bob@northwind.example");
        assert_eq!(asked("assign 7 bob@northwind.example"), assign(bob));
        assert_eq!(asked("assign 7 --default"), assign(None));
        let missing = clap::error::ErrorKind::MissingRequiredArgument;
        assert_eq!(typed("assign 7"), Err(missing));
        let both = clap::error::ErrorKind::ArgumentConflict;
        assert_eq!(typed("assign 7 bob@northwind.example --default"), Err(both));
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for line in [
            "snooze 7 --for later",
            "snooze 7 later",
            "assign 7 bob",
            "show seven",
            "met 0",
            "separate 7 <>",
        ] {
            let kind = clap::error::ErrorKind::ValueValidation;
            assert_eq!(typed(line), Err(kind), "{line}");
        }
    }

    #[test]
    fn ordinals_are_english() {
        let written: Vec<String> = [2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).to_vec();
        assert_eq!(
            written,
            ["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]
        );
    }
}
