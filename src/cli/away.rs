//! `ackd away` and `ackd back`: who is away, and until when.

use std::io::Write;
use std::path::Path;

use clap::Args;

use super::screen::{Colour, DONE, Screen, columns, printable, zone_named};
use super::user_name;
use crate::control::view::AbsenceView;
use crate::control::{Answer, Request};
use crate::domain::absence::AwayDays;

/// What `ackd away` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AwayArguments {
    /// Who: a key of [people.*], an address, or its first part; nobody: list all
    pub person: Option<String>,
    /// The first and the last day, such as 2026-12-20..2027-01-03; none: show
    #[arg(value_parser = days)]
    pub days: Option<AwayDays>,
    /// List everybody's absences
    #[arg(long, conflicts_with = "person")]
    pub list: bool,
}

/// What `ackd back` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BackArguments {
    /// Who: a key of [people.*], an address, or its first part
    pub person: String,
}

impl AwayArguments {
    /// What to ask of the daemon.
    pub fn request(&self, by: &str) -> Request {
        match (&self.person, self.days) {
            (Some(person), Some(days)) => Request::Away {
                person: person.clone(),
                days,
                by: by.to_owned(),
            },
            (person, _) => Request::Absences {
                person: person.clone(),
            },
        }
    }
}

impl BackArguments {
    /// What to ask of the daemon.
    pub fn request(&self, by: &str) -> Request {
        Request::Back {
            person: self.person.clone(),
            by: by.to_owned(),
        }
    }
}

/// Asks or tells the daemon. The exit code: 0, 1 if there is no such person or it can't be done, 3
/// if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    request: &Request,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_on(socket, request, &mut Screen::new(json, out, err)).await
}

/// What `ackd away` asks, with who sits at the keyboard.
pub fn away(arguments: &AwayArguments) -> Request {
    arguments.request(&user_name())
}

/// What `ackd back` asks, with who sits at the keyboard.
pub fn back(arguments: &BackArguments) -> Request {
    arguments.request(&user_name())
}

/// [`run`] on a given screen.
pub async fn run_on(socket: &Path, request: &Request, screen: &mut Screen<'_>) -> u8 {
    match screen.ask(socket, request).await {
        Ok(Answer::Absences(views)) if screen.json => {
            for view in &views {
                screen.print_json(view);
            }
        }
        Ok(Answer::Absences(views)) => {
            let page = page(&views, screen);
            screen.print(&page);
        }
        Ok(Answer::Done(done)) => screen.print_done(&done),
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    }
    DONE
}

fn days(text: &str) -> Result<AwayDays, String> {
    AwayDays::parse(text).map_err(|error| error.to_string())
}

fn page(views: &[AbsenceView], screen: &Screen<'_>) -> String {
    if views.is_empty() {
        return "nobody is away, and nobody will be as far as is known\n".into();
    }
    let headings = ["PERSON", "AWAY FROM", "UNTIL", "NOW", "KNOWN FROM"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    for view in views {
        let zone = zone_named(Some(&view.time_zone));
        // The last day, as people say it.
        let last = view.until - chrono::Duration::seconds(1);
        let day = |at: crate::domain::time::Timestamp| at.with_timezone(&zone).date_naive();
        rows.push(vec![
            printable(&view.person),
            day(view.from).to_string(),
            day(last).to_string(),
            if view.now { "away" } else { "-" }.to_owned(),
            printable(&view.source),
        ]);
    }
    let mut page = String::new();
    for (index, line) in columns(&rows).into_iter().enumerate() {
        let heading = index == 0;
        let painted = match heading {
            true => screen.paint(Colour::Bold, &line),
            false => line,
        };
        page.push_str(&painted);
        page.push('\n');
    }
    page
}
