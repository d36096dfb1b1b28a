//! `ackd explain`: how each message file is judged, and why. Needs no mailbox and no daemon.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::Datelike;
use serde::Serialize;

use super::calendar::in_our_years;
use super::screen::printable;
use crate::clock::{Clock, SystemClock};
use crate::domain::classify::{Kind, Sender, Verdict, judge, needs_text};
use crate::domain::facts::{HEADER_BYTES_MAX, MessageFacts, Oddity, TEXT_BYTES_MAX};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

#[cfg(test)]
mod tests;

/// What `ackd explain` is given.
#[derive(Debug, Clone, clap::Args)]
pub struct ExplainArguments {
    /// Message files (RFC 5322); `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// When the server received them, such as 2026-03-02T09:00:00Z (default: the Date header;
    /// where it names no moment the topmost Received field, else now, marked no_arrival_time)
    #[arg(long, value_name = "RFC3339", value_parser = parse_moment)]
    pub received: Option<Timestamp>,
}

fn parse_moment(text: &str) -> Result<Timestamp, String> {
    let moment = chrono::DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.to_utc())
        .map_err(|_| "expected a moment such as 2026-03-02T09:00:00Z".to_owned())?;
    in_our_years(moment.year()).map(|()| moment)
}

/// Judges every file and writes the verdicts to `out`, what could not be done to `err`.
///
/// Gives the exit code: 0, or 1 if a file could not be read or a deadline could not be
/// computed; the other files still get their verdicts.
pub fn run(
    rules: &Rules,
    arguments: &ExplainArguments,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let mut code = 0;
    for file in &arguments.files {
        let name = file.display().to_string();
        let message = match read_message(file) {
            Ok(message) => message,
            Err(problem) => {
                code = 1;
                if writeln!(err, "cannot read message file \"{name}\": {problem}").is_err() {
                    return 1;
                }
                continue;
            }
        };
        let (explanation, problem) = explain(name, &message, arguments.received, rules);
        if let Some(problem) = problem {
            code = 1;
            if writeln!(err, "{problem}").is_err() {
                return 1;
            }
        }
        let written = if json {
            write_json(&explanation, out)
        } else {
            write_text(&explanation, out)
        };
        // Nobody reads on: there is nothing left to do. Whoever called it tells why.
        if written.is_err() {
            return code;
        }
    }
    code
}

/// One line of `--json`. The names and their meaning are a contract.
#[derive(Debug, Serialize)]
struct Explanation {
    file: String,
    message_id: Option<String>,
    from: Option<String>,
    from_name: Option<String>,
    subject: String,
    date: Option<String>,
    received_at: String,
    received_from: &'static str,
    kind: &'static str,
    sender: &'static str,
    client: Option<String>,
    opens_case: bool,
    may_acknowledge: bool,
    stops_clock: bool,
    stops: &'static [&'static str],
    urgent: bool,
    reasons: Vec<ReasonLine>,
    due_at: Option<String>,
    oddities: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct ReasonLine {
    rule: &'static str,
    evidence: String,
}

/// The oddity of a message that does not say when it was written. Its arrival is then told by
/// what stands in for the `Date` header, and [`Explanation::received_from`] names the header
/// all the same: the word tells whether the moment was given or found.
const NO_ARRIVAL_TIME: &str = "no_arrival_time";

/// Judges one message; beside it the problem that kept us from naming its deadline.
fn explain(
    file: String,
    message: &[u8],
    received: Option<Timestamp>,
    rules: &Rules,
) -> (Explanation, Option<String>) {
    let (header, _) = MessageFacts::split(message);
    let facts = read_facts(message, rules);
    let verdict = judge(&facts, None, rules);
    let mut oddities: Vec<&'static str> =
        facts.oddities.iter().copied().map(Oddity::as_str).collect();
    let said = received.or(facts.date);
    if said.is_none() {
        oddities.push(NO_ARRIVAL_TIME);
    }
    let arrival = said
        .or_else(|| MessageFacts::received_at(header))
        .unwrap_or_else(|| SystemClock.now());
    let mut problem = None;
    let mut due_at = None;
    if verdict.opens_case {
        match due(&verdict, arrival, rules) {
            Ok(due) => due_at = due.map(rfc3339),
            Err(error) => problem = Some(format!("cannot compute when \"{file}\" is due: {error}")),
        }
    }
    let stops: &[&str] = match verdict.kind {
        _ if verdict.stops_clock => &["acknowledge", "answer"],
        Kind::Own if !verdict.addressed.is_empty() => &["acknowledge"],
        _ => &[],
    };
    let explanation = Explanation {
        file,
        message_id: facts.message_id.as_ref().map(ToString::to_string),
        from: verdict
            .author
            .as_ref()
            .map(|author| author.address.to_string()),
        from_name: verdict
            .author
            .as_ref()
            .and_then(|author| author.name.clone()),
        date: facts.date.map(rfc3339),
        received_at: rfc3339(arrival),
        received_from: if received.is_some() {
            "option"
        } else {
            "date-header"
        },
        kind: verdict.kind.as_str(),
        sender: verdict.sender.as_str(),
        client: verdict.client.as_ref().map(ToString::to_string),
        opens_case: verdict.opens_case,
        may_acknowledge: verdict.may_acknowledge,
        stops_clock: !stops.is_empty(),
        stops,
        urgent: verdict.urgent,
        reasons: reason_lines(&verdict),
        due_at,
        oddities,
        subject: facts.subject,
    };
    (explanation, problem)
}

/// Reads a message as the daemon does: its header, and of its text only what the verdict needs.
///
/// Of a stranger's mail the daemon needs no text: it opens no case and stops no clock, whatever
/// its kind. Here the text may still tell a newsletter from a letter, and whoever adds the
/// stranger as a client tomorrow sees today how his mail will be judged.
fn read_facts(message: &[u8], rules: &Rules) -> MessageFacts {
    let (header, body) = MessageFacts::split(message);
    let facts = MessageFacts::parse(header, None);
    let stranger = || judge(&facts, None, rules).sender == Sender::Stranger;
    if needs_text(&facts, rules) || stranger() {
        return MessageFacts::parse(header, Some(body));
    }
    facts
}

fn reason_lines(verdict: &Verdict) -> Vec<ReasonLine> {
    let line = |reason: &crate::domain::classify::Reason| ReasonLine {
        rule: reason.rule,
        evidence: reason.evidence.clone(),
    };
    verdict.reasons.iter().map(line).collect()
}

fn due(
    verdict: &Verdict,
    received_at: Timestamp,
    rules: &Rules,
) -> Result<Option<Timestamp>, crate::domain::calendar::CalendarError> {
    let promise = verdict.client.as_ref().and_then(|key| rules.promise(key));
    let Some((_, policy, calendar)) = promise else {
        return Ok(None);
    };
    let deadlines = policy.deadlines(calendar, received_at, verdict.urgent)?;
    Ok(Some(deadlines.acknowledge_due))
}

fn rfc3339(moment: Timestamp) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads no more of a message than its verdict can need.
fn read_message(file: &Path) -> io::Result<Vec<u8>> {
    // One byte more than we read of a header, so that a longer one is noticed.
    let most = (HEADER_BYTES_MAX + TEXT_BYTES_MAX + 1) as u64;
    let mut message = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut message)?;
    } else {
        File::open(file)?.take(most).read_to_end(&mut message)?;
    }
    Ok(message)
}

fn write_json(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, explanation)?;
    out.write_all(b"\n")
}

fn write_text(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let yes = |answer: bool| if answer { "yes" } else { "no" };
    let author = match (&explanation.from_name, &explanation.from) {
        (Some(name), Some(address)) => format!("{} <{address}>", printable(name)),
        (None, Some(address)) => address.clone(),
        _ => "nobody we can name".to_owned(),
    };
    let whose = match &explanation.client {
        Some(client) if explanation.sender == "client" => format!("client {client}"),
        Some(client) => format!("{}, to client {client}", explanation.sender),
        None => explanation.sender.to_owned(),
    };
    let by = match explanation.received_from {
        _ if explanation.oddities.contains(&NO_ARRIVAL_TIME) => " (a guess: it has no usable Date)",
        "date-header" => " (by its Date header)",
        _ => "",
    };
    writeln!(out, "{}", printable(&explanation.file))?;
    writeln!(out, "  from             {author} ({whose})")?;
    writeln!(
        out,
        "  subject          {}",
        printable(&explanation.subject)
    )?;
    writeln!(
        out,
        "  message id       {}",
        printable(&or_none(&explanation.message_id))
    )?;
    writeln!(out, "  received         {}{by}", explanation.received_at)?;
    writeln!(out, "  kind             {}", explanation.kind)?;
    writeln!(out, "  opens a case     {}", yes(explanation.opens_case))?;
    writeln!(
        out,
        "  may acknowledge  {}",
        yes(explanation.may_acknowledge)
    )?;
    writeln!(out, "  stops a clock    {}", stops(explanation.stops))?;
    writeln!(out, "  urgent           {}", yes(explanation.urgent))?;
    if let Some(due) = &explanation.due_at {
        writeln!(out, "  due              {due}")?;
    }
    if !explanation.oddities.is_empty() {
        writeln!(
            out,
            "  odd              {}",
            explanation.oddities.join(", ")
        )?;
    }
    for reason in &explanation.reasons {
        writeln!(
            out,
            "  because          {}: {}",
            reason.rule,
            printable(&reason.evidence)
        )?;
    }
    Ok(())
}

fn stops(clocks: &[&str]) -> String {
    if clocks.is_empty() {
        return "no".to_owned();
    }
    clocks.join(", ")
}
