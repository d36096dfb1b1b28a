//! `ackd cases`: who waits for us, the soonest deadline first.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use clap::Args;

use super::screen::{
    Colour, DONE, Screen, columns, printable, shortened, written, written_in, zone_named,
};
use super::watch::{self, Room};
use crate::control::view::{CaseStanding, CaseView, soonest_first};
use crate::control::{Answer, CaseFilter, Request, ask};
use crate::domain::time::{Timestamp, parse_duration};

/// The longest contact in the table, in characters; `--json` has it whole.
const CONTACT_CHARACTERS_MAX: usize = 40;

/// The longest subject in the table, in characters; `--json` has it whole.
const SUBJECT_CHARACTERS_MAX: usize = 60;

/// The lines of a watched list beside the cases: headings, how many are left out, what it is.
const WATCH_LINES: usize = 4;

/// What `ackd cases` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub struct CasesArguments {
    /// List closed cases too
    #[arg(long)]
    pub all: bool,
    /// Only cases of the client with this key
    #[arg(long, value_name = "KEY")]
    pub client: Option<String>,
    /// Only cases of which this person is reminded: an address, or what stands before its @
    #[arg(long, value_name = "PERSON")]
    pub owner: Option<String>,
    /// Only cases that stand so: waiting, acknowledged, answered or settled
    #[arg(long, value_name = "STATE", value_parser = standing)]
    pub state: Option<CaseStanding>,
    /// Only cases due before then: a moment such as 2026-11-23T17:00:00Z, or within a duration
    /// such as 2h from now
    #[arg(long, value_name = "TIME", value_parser = due_before)]
    pub due_before: Option<DueBefore>,
    /// Show them on the terminal again and again, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
}

/// Before which moment a case is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueBefore {
    /// This one.
    Moment(Timestamp),
    /// So long from now.
    Within(Duration),
}

impl CasesArguments {
    fn filter(&self, now: Timestamp) -> CaseFilter {
        let due_before = self.due_before.map(|before| match before {
            DueBefore::Moment(at) => at,
            DueBefore::Within(time) => TimeDelta::from_std(time)
                .ok()
                .and_then(|time| now.checked_add_signed(time))
                .unwrap_or(Timestamp::MAX_UTC),
        });
        CaseFilter {
            all: self.all,
            client: self.client.clone(),
            owner: self.owner.clone(),
            state: self.state,
            due_before,
        }
    }
}

fn standing(text: &str) -> Result<CaseStanding, String> {
    let mut known = CaseStanding::ALL.into_iter();
    let found = known.find(|state| state.as_str() == text && *state != CaseStanding::New);
    found.ok_or_else(|| "a case is waiting, acknowledged, answered or settled".into())
}

fn due_before(text: &str) -> Result<DueBefore, String> {
    if let Ok(at) = text.parse() {
        return Ok(DueBefore::Moment(at));
    }
    let within = parse_duration(text).map(DueBefore::Within);
    within.map_err(|error| format!("{error}, or a moment such as 2026-11-23T17:00:00Z"))
}

/// Prints the cases. The exit code: 0, or 3 if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    arguments: &CasesArguments,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let mut screen = Screen::new(json, out, err);
    if !arguments.watch {
        return run_on(socket, arguments, &mut screen).await;
    }
    let page = async |screen: &Screen<'_>, room| watched(socket, arguments, screen, room).await;
    watch::watch(&mut screen, page).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, arguments: &CasesArguments, screen: &mut Screen<'_>) -> u8 {
    let request = Request::Cases(arguments.filter(screen.now));
    let mut cases = match screen.ask(socket, &request).await {
        Ok(Answer::Cases(cases)) => cases,
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    };
    soonest_first(&mut cases);
    if screen.json {
        for case in &cases {
            let promised = CaseView {
                owners: Vec::new(),
                time_zone: None,
                ..case.clone()
            };
            screen.print_json(&promised);
        }
    } else {
        let table = match cases.is_empty() {
            true => format!("{}\n", nothing(&arguments.filter(screen.now))),
            false => table(&cases, screen, usize::MAX),
        };
        screen.print(&table);
    }
    DONE
}

/// The page of a watched list: what fits into the room. Where the daemon can't be reached, that
/// is what it says.
pub async fn watched(
    socket: &Path,
    arguments: &CasesArguments,
    screen: &Screen<'_>,
    room: Room,
) -> String {
    let filter = arguments.filter(screen.now);
    let content = match ask(socket, &Request::Cases(filter.clone())).await {
        Ok(Answer::Cases(cases)) if cases.is_empty() => format!("{}\n", nothing(&filter)),
        Ok(Answer::Cases(mut cases)) => {
            soonest_first(&mut cases);
            let left_out = cases
                .len()
                .saturating_sub(room.lines.saturating_sub(WATCH_LINES));
            cases.truncate(cases.len() - left_out);
            let table = table(&cases, screen, room.characters);
            match left_out {
                0 => table,
                more => format!("{table}and {more} more, due later\n"),
            }
        }
        Ok(Answer::Refused(refusal)) => format!("{}\n", printable(&refusal.words)),
        Ok(_) => "ackd answered another question than it was asked; please report this\n".into(),
        Err(error) => format!("{}\n", printable(&error.to_string())),
    };
    let about = format!(
        "{}, every {} s; Ctrl-C ends",
        written(screen.now),
        watch::EVERY.as_secs()
    );
    format!("{content}{}\n", screen.paint(Colour::Dim, &about))
}

fn nothing(filter: &CaseFilter) -> &'static str {
    match (filter.is_narrow(), filter.all) {
        (true, _) => {
            "no case fits; \"ackd cases\" lists every open one, \"--all\" the closed ones too"
        }
        (false, true) => "there are no cases yet",
        (false, false) => "nobody waits for an answer",
    }
}

fn table(cases: &[CaseView], screen: &Screen<'_>, characters_max: usize) -> String {
    let headings = ["CASE", "DUE", "", "STATE", "CLIENT", "CONTACT", "SUBJECT"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    rows.extend(cases.iter().map(|case| row(case, screen)));
    let mut page = String::new();
    for (index, line) in columns(&rows).into_iter().enumerate() {
        let line = shortened(&line, characters_max);
        let case = index.checked_sub(1).and_then(|index| cases.get(index));
        let painted = match case.map(|case| colour(case, screen)) {
            None => screen.paint(Colour::Bold, &line),
            Some(Some(colour)) => screen.paint(colour, &line),
            Some(None) => line,
        };
        page.push_str(&painted);
        page.push('\n');
    }
    page
}

fn row(case: &CaseView, screen: &Screen<'_>) -> Vec<String> {
    let due = case.next_due_at();
    let state = if case.urgent {
        format!("{}, urgent", case.state.as_str())
    } else {
        case.state.as_str().into()
    };
    vec![
        case.id.to_string(),
        due.map_or_else(|| "-".into(), |at| written_in(at, zone_of(case))),
        due.map_or_else(String::new, |at| screen.distance(at)),
        state,
        printable(&case.client),
        shortened(&case.contact, CONTACT_CHARACTERS_MAX),
        shortened(&case.subject, SUBJECT_CHARACTERS_MAX),
    ]
}

/// In which its deadlines are read.
fn zone_of(case: &CaseView) -> Tz {
    zone_named(case.time_zone.as_deref())
}

/// Red is late, yellow is urgent, dim is over.
fn colour(case: &CaseView, screen: &Screen<'_>) -> Option<Colour> {
    if case.next_due_at().is_some_and(|at| at < screen.now) {
        return Some(Colour::Red);
    }
    match case.state {
        CaseStanding::Waiting | CaseStanding::Acknowledged => case.urgent.then_some(Colour::Yellow),
        CaseStanding::New | CaseStanding::Answered | CaseStanding::Settled => Some(Colour::Dim),
    }
}
