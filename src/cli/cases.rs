//! `ackd cases`: who waits for us, the soonest deadline first.

use std::io::Write;
use std::path::Path;

use clap::Args;

use super::screen::{Colour, DONE, Screen, columns, printable, shortened, written};
use crate::control::view::{CaseStanding, CaseView, soonest_first};
use crate::control::{Answer, Request};

/// The longest contact in the table, in characters; `--json` has it whole.
const CONTACT_CHARACTERS_MAX: usize = 40;

/// The longest subject in the table, in characters; `--json` has it whole.
const SUBJECT_CHARACTERS_MAX: usize = 60;

/// What `ackd cases` may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct CasesArguments {
    /// List closed cases too
    #[arg(long)]
    pub all: bool,
}

/// Prints the cases. The exit code: 0, or 3 if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    arguments: CasesArguments,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_on(socket, arguments, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, arguments: CasesArguments, screen: &mut Screen<'_>) -> u8 {
    let request = Request::Cases { all: arguments.all };
    let mut cases = match screen.ask(socket, &request).await {
        Ok(Answer::Cases(cases)) => cases,
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    };
    soonest_first(&mut cases);
    if screen.json {
        for case in &cases {
            screen.print_json(case);
        }
    } else {
        let table = table(&cases, arguments, screen);
        screen.print(&table);
    }
    DONE
}

fn table(cases: &[CaseView], arguments: CasesArguments, screen: &Screen<'_>) -> String {
    if cases.is_empty() {
        return if arguments.all {
            "there are no cases yet\n".into()
        } else {
            "nobody waits for an answer\n".into()
        };
    }
    let headings = ["CASE", "DUE", "", "STATE", "CLIENT", "CONTACT", "SUBJECT"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    rows.extend(cases.iter().map(|case| row(case, screen)));
    let mut page = String::new();
    for (index, line) in columns(&rows).into_iter().enumerate() {
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
        due.map_or_else(|| "-".into(), written),
        due.map_or_else(String::new, |at| screen.distance(at)),
        state,
        printable(&case.client),
        shortened(&case.contact, CONTACT_CHARACTERS_MAX),
        shortened(&case.subject, SUBJECT_CHARACTERS_MAX),
    ]
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
