//! `ackd calendar`: deadlines explained, business time between two moments, hours as they fall.
//!
//! Vocabulary: what is asked is a [`CalendarCommand`]; times are printed in UTC for programs
//! (`--json`) and in the calendar's zone for people.

use std::fmt;
use std::io::{self, Write};
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::domain::calendar::{Calendar, CalendarError, Day, Span};
use crate::domain::ids::{CalendarName, PolicyName};
use crate::domain::policy::{Clock, Policy, Rung, Step};
use crate::domain::rules::Rules;
use crate::domain::time::{BusinessTime, Timestamp};

/// The most days `ackd calendar show` prints: ten years.
const SHOW_DAYS_MAX: i64 = 3_660;

/// The years that can be asked about. RFC 3339 ends with 9999, and an answer may lie several
/// horizons of a calendar behind what was asked.
const YEARS: RangeInclusive<i32> = 1..=9900;

/// What can be asked of the calendars.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum CalendarCommand {
    /// Name the deadline of a mail, and each step to it
    Due {
        /// The policy that holds for the client
        #[arg(long, value_name = "NAME")]
        policy: String,
        /// When the mail was received, such as 2026-03-02T16:00:00Z
        #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
        at: Timestamp,
        /// The mail is urgent
        #[arg(long)]
        urgent: bool,
    },
    /// Count the business time between two moments
    Elapsed {
        /// The calendar on which to count
        #[arg(long, value_name = "NAME")]
        calendar: String,
        /// The earlier moment, such as 2026-03-02T16:00:00Z
        #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
        from: Timestamp,
        /// The later moment
        #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
        to: Timestamp,
    },
    /// Show the opening hours as they fall, with holidays and changes of clocks
    Show {
        /// The calendar to show
        #[arg(long, value_name = "NAME")]
        calendar: String,
        /// The first date, such as 2026-03-02
        #[arg(long, value_name = "DATE", value_parser = parse_date)]
        from: NaiveDate,
        /// How many days
        #[arg(long, value_name = "N", default_value_t = 7,
              value_parser = clap::value_parser!(u32).range(1..=SHOW_DAYS_MAX))]
        days: u32,
    },
}

/// Why a question could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum CalendarCommandError {
    /// There is no such policy.
    #[error("there is no policy \"{name}\": {known}")]
    UnknownPolicy {
        /// The name that was given.
        name: String,
        /// The names there are.
        known: KnownNames,
    },
    /// There is no such calendar.
    #[error("there is no calendar \"{name}\": {known}")]
    UnknownCalendar {
        /// The name that was given.
        name: String,
        /// The names there are.
        known: KnownNames,
    },
    /// `--to` lies before `--from`.
    #[error("--to {to} lies before --from {from}: write the earlier moment after --from")]
    Reversed {
        /// `--from`, in UTC.
        from: String,
        /// `--to`, in UTC.
        to: String,
    },
    /// The calendar can't name the moment.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The answer could not be printed.
    #[error("printing the answer failed: {0}")]
    Print(#[from] io::Error),
}

impl CalendarCommandError {
    /// Whether there is an answer that could not be printed, which [`super::printout`] tells.
    pub fn is_of_printing(&self) -> bool {
        matches!(self, Self::Print(_))
    }

    /// The exit code of the command: 2 for wrong usage, 1 without an answer, 0 with one: it is
    /// for whoever prints it to say what printing came to.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Print(_) => 0,
            Self::UnknownPolicy { .. } | Self::UnknownCalendar { .. } | Self::Reversed { .. } => 2,
            Self::Calendar(_) => 1,
        }
    }
}

/// The names the configuration holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNames(Vec<String>);

impl fmt::Display for KnownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the configuration names none");
        }
        let names: Vec<String> = self.0.iter().map(|name| format!("\"{name}\"")).collect();
        write!(f, "known are {}", names.join(", "))
    }
}

/// Answers a question about the calendars, for people or (`json`) for programs.
///
/// Fails for unknown names, reversed moments, calendars with too little open time, and if
/// `out` can't be written to.
pub fn run(
    rules: &Rules,
    command: &CalendarCommand,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CalendarCommandError> {
    match command {
        CalendarCommand::Due { policy, at, urgent } => {
            let (policy, calendar) = find_policy(rules, policy)?;
            due(policy, calendar, *at, *urgent, json, out)
        }
        CalendarCommand::Elapsed { calendar, from, to } => {
            let calendar = find_calendar(rules, calendar)?;
            elapsed(calendar, *from, *to, json, out)
        }
        CalendarCommand::Show {
            calendar,
            from,
            days,
        } => {
            let calendar = find_calendar(rules, calendar)?;
            show(calendar, *from, *days, json, out)
        }
    }
}

#[derive(Serialize)]
struct DueAnswer {
    start: String,
    due_at: String,
    capped: bool,
    warnings: Vec<String>,
    steps: Vec<DueStep>,
}

#[derive(Serialize)]
struct DueStep {
    at: String,
    what: String,
}

fn due(
    policy: &Policy,
    calendar: &Calendar,
    at: Timestamp,
    urgent: bool,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CalendarCommandError> {
    let explanation = policy.explain(calendar, at, urgent)?;
    let deadlines = explanation.deadlines;
    let (start, due) = (deadlines.start, deadlines.acknowledge_due);
    let ladder = policy.ladder(calendar, Clock::Acknowledge, start, due)?;
    if json {
        let warning = |rung: &Rung| match rung.stage.step {
            Step::Remind(_) => Some(utc(rung.at)),
            Step::Acknowledge | Step::Escalate(_) => None,
        };
        let step = |step: &crate::domain::policy::ExplanationStep| DueStep {
            at: utc(step.at),
            what: step.what.clone(),
        };
        let answer = DueAnswer {
            start: utc(start),
            due_at: utc(due),
            capped: deadlines.capped,
            warnings: ladder.iter().filter_map(warning).collect(),
            steps: explanation.steps.iter().map(step).collect(),
        };
        return print_json(&answer, out);
    }
    let local = |at| calendar.local_text(at);
    writeln!(out, "due        {}  ({})", local(due), utc(due))?;
    let capped = if deadlines.capped {
        "close of the business day"
    } else {
        "no"
    };
    writeln!(out, "capped     {capped}")?;
    writeln!(out, "start      {}  ({})", local(start), utc(start))?;
    if let Some(answer) = deadlines.answer_due {
        writeln!(out, "answer due {}  ({})", local(answer), utc(answer))?;
    }
    writeln!(out, "\nsteps")?;
    for step in &explanation.steps {
        writeln!(out, "  {}  {}", local(step.at), step.what)?;
    }
    if !ladder.is_empty() {
        writeln!(out, "\nladder")?;
    }
    for rung in &ladder {
        writeln!(out, "  {}  {}", local(rung.at), rung.stage)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct ElapsedAnswer {
    seconds: u64,
    minutes: u64,
}

fn elapsed(
    calendar: &Calendar,
    from: Timestamp,
    to: Timestamp,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CalendarCommandError> {
    if to < from {
        let (from, to) = (utc(from), utc(to));
        return Err(CalendarCommandError::Reversed { from, to });
    }
    let elapsed: BusinessTime = calendar.elapsed(from, to);
    let seconds = elapsed.seconds();
    if json {
        let minutes = seconds / 60;
        return print_json(&ElapsedAnswer { seconds, minutes }, out);
    }
    let (from, to) = (calendar.local_text(from), calendar.local_text(to));
    writeln!(
        out,
        "{elapsed} of business time on \"{}\" from {from} to {to}",
        calendar.name
    )?;
    Ok(())
}

#[derive(Serialize)]
struct ShowAnswer {
    days: Vec<ShowDay>,
}

#[derive(Serialize)]
struct ShowDay {
    date: String,
    holiday: Option<String>,
    windows: Vec<ShowWindow>,
}

#[derive(Serialize)]
struct ShowWindow {
    open: String,
    close: String,
}

fn show(
    calendar: &Calendar,
    from: NaiveDate,
    days: u32,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), CalendarCommandError> {
    if json {
        let window = |span: &Span| ShowWindow {
            open: utc(span.open),
            close: utc(span.close),
        };
        let day = |day: Day<'_>| ShowDay {
            date: day.date.to_string(),
            holiday: holiday_name(&day),
            windows: day.windows.iter().map(window).collect(),
        };
        let days = calendar.days(from, days).map(day).collect();
        return print_json(&ShowAnswer { days }, out);
    }
    writeln!(out, "calendar \"{}\", {}", calendar.name, calendar.zone)?;
    for day in calendar.days(from, days) {
        writeln!(out, "{}", day_line(calendar, &day))?;
    }
    Ok(())
}

fn day_line(calendar: &Calendar, day: &Day<'_>) -> String {
    let hours = if day.windows.is_empty() {
        "closed".to_owned()
    } else {
        let windows = day.windows.iter();
        let texts: Vec<String> = windows
            .map(|span| span_text(calendar, *span, day.date))
            .collect();
        texts.join(", ")
    };
    let mut line = format!("{}  {hours}", day.date.format("%a %Y-%m-%d"));
    if let Some(holiday) = day.holiday {
        line.push_str("  holiday");
        if let Some(name) = &holiday.name {
            line.push_str(": ");
            line.push_str(name);
        }
    }
    if let Some(change) = day.clock_change {
        line.push_str("  ");
        line.push_str(&change.to_string());
    }
    line
}

/// `09:00-17:30`, with `+1` behind an end on the next day that is not its midnight.
fn span_text(calendar: &Calendar, span: Span, date: NaiveDate) -> String {
    let open = span.open.with_timezone(&calendar.zone);
    let close = span.close.with_timezone(&calendar.zone);
    let days = (close.date_naive() - date).num_days();
    if days == 1 && close.time() == NaiveTime::MIN {
        return format!("{}-24:00", open.format("%H:%M"));
    }
    let later = if days > 0 {
        format!("+{days}")
    } else {
        String::new()
    };
    format!("{}-{}{later}", open.format("%H:%M"), close.format("%H:%M"))
}

fn holiday_name(day: &Day<'_>) -> Option<String> {
    let holiday = day.holiday?;
    let name = holiday.name.clone();
    Some(name.unwrap_or_else(|| "holiday".to_owned()))
}

fn find_policy<'a>(
    rules: &'a Rules,
    name: &str,
) -> Result<(&'a Policy, &'a Calendar), CalendarCommandError> {
    let Some(policy) = rules.policies.get(&PolicyName::new(name)) else {
        let known = rules.policies.keys().map(ToString::to_string).collect();
        return Err(CalendarCommandError::UnknownPolicy {
            name: name.to_owned(),
            known: KnownNames(known),
        });
    };
    let calendar = find_calendar(rules, policy.calendar.as_str())?;
    Ok((policy, calendar))
}

fn find_calendar<'a>(rules: &'a Rules, name: &str) -> Result<&'a Calendar, CalendarCommandError> {
    let calendar = rules.calendars.get(&CalendarName::new(name));
    calendar.map(AsRef::as_ref).ok_or_else(|| {
        let known = rules.calendars.keys().map(ToString::to_string).collect();
        CalendarCommandError::UnknownCalendar {
            name: name.to_owned(),
            known: KnownNames(known),
        }
    })
}

/// RFC 3339 in UTC, with a `Z`, and fractions of a second only where there are any.
fn utc(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn print_json(answer: &impl Serialize, out: &mut dyn Write) -> Result<(), CalendarCommandError> {
    serde_json::to_writer(&mut *out, answer).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn parse_moment(text: &str) -> Result<Timestamp, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| "expected a moment with its zone, such as 2026-03-02T16:00:00Z".to_owned())?;
    in_our_years(at.year()).map(|()| at)
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "expected a date such as 2026-03-02".to_owned())?;
    in_our_years(date.year()).map(|()| date)
}

/// That a moment can be asked about (see [`YEARS`]); else what was expected.
pub(super) fn in_our_years(year: i32) -> Result<(), String> {
    let (first, last) = (YEARS.start(), YEARS.end());
    match YEARS.contains(&year) {
        true => Ok(()),
        false => Err(format!("expected a year from {first} to {last}")),
    }
}

#[cfg(test)]
mod tests;
