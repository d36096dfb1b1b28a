//! `ackd checkins`: which client is to hear from the team by when, and a person's word about it.

use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::screen::{Colour, DONE, Screen, columns, printable, written_in, zone_named};
use super::user_name;
use crate::control::view::{CheckInView, ContactView};
use crate::control::{Answer, CheckInWord, Request};
use crate::domain::ids::ClientKey;

/// What `ackd checkins` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CheckInsArguments {
    /// Only the client with this key
    #[arg(long, value_name = "KEY")]
    pub client: Option<String>,
    /// What to do; nothing: list
    #[command(subcommand)]
    pub command: Option<CheckInsCommand>,
}

/// What `ackd checkins` can do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum CheckInsCommand {
    /// Somebody spoke with the client on the phone
    Phoned {
        /// The key of the client
        client: String,
        /// On which day, if not just now
        #[arg(long, value_name = "DATE", value_parser = date)]
        on: Option<NaiveDate>,
    },
    /// Somebody met the client
    Met {
        /// The key of the client
        client: String,
        /// On which day, if not just now
        #[arg(long, value_name = "DATE", value_parser = date)]
        on: Option<NaiveDate>,
    },
    /// Remind nobody of the client's check-ins
    Pause {
        /// The key of the client
        client: String,
        /// The day on which reminders go on; without it, once they are resumed
        #[arg(long, value_name = "DATE", value_parser = date)]
        until: Option<NaiveDate>,
    },
    /// Remind of the client's check-ins again, from the next period on
    Resume {
        /// The key of the client
        client: String,
    },
}

impl CheckInsArguments {
    /// What to ask of the daemon. `by` is who asks.
    pub fn request(&self, by: &str) -> Request {
        let (client, word) = match &self.command {
            None => {
                let client = self.client.as_ref().map(ClientKey::new);
                return Request::CheckIns { client };
            }
            Some(CheckInsCommand::Phoned { client, on }) => (client, CheckInWord::Phoned(*on)),
            Some(CheckInsCommand::Met { client, on }) => (client, CheckInWord::Met(*on)),
            Some(CheckInsCommand::Pause { client, until }) => (client, CheckInWord::Pause(*until)),
            Some(CheckInsCommand::Resume { client }) => (client, CheckInWord::Resume),
        };
        Request::CheckIn {
            client: ClientKey::new(client),
            word,
            by: by.to_owned(),
        }
    }
}

/// Lists or says what is asked. The exit code: 0, 1 if there is no such client or it can't be
/// done, 3 if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    arguments: &CheckInsArguments,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_on(socket, arguments, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, arguments: &CheckInsArguments, screen: &mut Screen<'_>) -> u8 {
    match screen.ask(socket, &arguments.request(&user_name())).await {
        Ok(Answer::CheckIns(views)) if screen.json => {
            for view in &views {
                screen.print_json(view);
            }
        }
        Ok(Answer::CheckIns(views)) => {
            let page = page(&views, screen);
            screen.print(&page);
        }
        Ok(Answer::Done(done)) => screen.print_done(&done),
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    }
    DONE
}

fn date(text: &str) -> Result<NaiveDate, String> {
    text.parse()
        .map_err(|_| "a date is written as 2026-11-23".to_owned())
}

fn page(views: &[CheckInView], screen: &Screen<'_>) -> String {
    if views.is_empty() {
        return "no client has check-ins; write check_in = \"weekly\" into its section\n".into();
    }
    let headings = ["CLIENT", "EVERY", "LAST CONTACT", "DUE", "", "STATE"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    rows.extend(views.iter().map(|view| row(view, screen)));
    let mut page = String::new();
    for (at, line) in columns(&rows).into_iter().enumerate() {
        let view = at.checked_sub(1).and_then(|at| views.get(at));
        let colour = match view.map(|view| view.state.as_str()) {
            None => Some(Colour::Bold),
            Some("lapsed") => Some(Colour::Red),
            Some("soon") => Some(Colour::Yellow),
            Some("paused") => Some(Colour::Dim),
            Some(_) => None,
        };
        let painted = colour.map_or_else(|| line.clone(), |colour| screen.paint(colour, &line));
        page.push_str(&painted);
        page.push('\n');
    }
    page
}

fn row(view: &CheckInView, screen: &Screen<'_>) -> Vec<String> {
    let zone = zone_named(Some(&view.time_zone));
    let last = |last: &ContactView| {
        let by = last.by.as_deref();
        let by = by.map(|by| format!(" by {}", printable(by)));
        let (at, how) = (written_in(last.at, zone), printable(&last.how));
        format!("{at} ({how}{})", by.unwrap_or_default())
    };
    let mut state = vec![printable(&view.state)];
    if let Some(until) = view.paused_until {
        state.push(format!("until {}", written_in(until, zone)));
    }
    if let Some(at) = view.next_meeting_at {
        state.push(format!("meeting {}", written_in(at, zone)));
    }
    if let Some(day) = &view.quiet_since {
        state.push(format!("quiet since {}", printable(day)));
    }
    let due = view.due_at.filter(|_| view.state != "paused");
    vec![
        printable(&view.client),
        printable(&view.cadence),
        view.last_contact
            .as_ref()
            .map_or_else(|| "none seen".into(), last),
        due.map_or_else(|| "-".into(), |at| written_in(at, zone)),
        due.map_or_else(String::new, |at| screen.distance(at)),
        state.join(", "),
    ]
}
