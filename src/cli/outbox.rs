//! `ackd outbox`: the mail we owe and have not sent, and a person's word about it.

use std::io::Write;
use std::path::Path;

use clap::{Args, Subcommand};

use super::screen::{Colour, DONE, Screen, columns, printable, shortened};
use super::user_name;
use crate::control::view::{OwedMailView, OwedState};
use crate::control::{Answer, MailWord, OUTBOX_LISTED_MAX, Request};
use crate::domain::ids::OutboxId;

/// The longest reason in the table, in characters; `--json` has it whole.
const REASON_CHARACTERS_MAX: usize = 80;

/// How many cases of one mail the table names; `--json` has them all.
const CASES_SHOWN: usize = 5;

/// What to do about acknowledgements that are held.
const ABOUT_HELD: &str = "\
Held: the client may have it already; nobody could tell. Look into the Sent folder, or ask the mail
server. \"ackd outbox release ID\" sends it all the same, \"ackd outbox drop ID\" puts it away.
";

/// What to do about mail that was given up.
const ABOUT_GIVEN_UP: &str = "\
Given up: the mail server did not take it. Mend what REASON says, then \"ackd outbox retry ID\"; or
put it away with \"ackd outbox drop ID\". After a week it is put away by itself.
";

/// What `ackd outbox` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct OutboxArguments {
    /// What to do; nothing: list
    #[command(subcommand)]
    pub command: Option<OutboxCommand>,
}

/// What `ackd outbox` can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum OutboxCommand {
    /// List what is not sent, what waits for a person first
    List,
    /// Try a mail again now: one that waits, or one that was given up
    Retry {
        /// The number of the mail
        #[arg(value_parser = mail_id)]
        id: u64,
    },
    /// Send an acknowledgement that is held, although the client may have it already
    Release {
        /// The number of the mail
        #[arg(value_parser = mail_id)]
        id: u64,
    },
    /// Never send a mail; its cases tell of it
    Drop {
        /// The number of the mail
        #[arg(value_parser = mail_id)]
        id: u64,
    },
}

impl OutboxCommand {
    /// What to ask of the daemon. `by` is who asks; empty: the daemon goes by the number of
    /// the user.
    pub fn request(self, by: &str) -> Request {
        let word = |id, word| Request::Mail {
            id: OutboxId(id),
            word,
            by: by.to_owned(),
        };
        match self {
            Self::List => Request::Outbox,
            Self::Retry { id } => word(id, MailWord::Retry),
            Self::Release { id } => word(id, MailWord::Release),
            Self::Drop { id } => word(id, MailWord::Drop),
        }
    }
}

/// Lists or changes what is owed. The exit code: 0, 1 if there is no such mail or it can't be
/// done, 3 if the daemon can't be reached.
pub async fn run(
    socket: &Path,
    arguments: &OutboxArguments,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    run_on(socket, arguments, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, arguments: &OutboxArguments, screen: &mut Screen<'_>) -> u8 {
    let command = arguments.command.unwrap_or(OutboxCommand::List);
    match screen.ask(socket, &command.request(&user_name())).await {
        Ok(Answer::Outbox(mails)) if screen.json => {
            for mail in &mails {
                screen.print_json(mail);
            }
        }
        Ok(Answer::Outbox(mails)) => {
            let page = page(&mails, screen);
            screen.print(&page);
        }
        Ok(Answer::Done(done)) => screen.print_done(&done),
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    }
    DONE
}

/// A mail's number as people write it: `12` or `#12`.
fn mail_id(text: &str) -> Result<u64, String> {
    super::number(text).ok_or_else(|| {
        "a mail is named by its number, such as 12 (\"ackd outbox\" lists them)".into()
    })
}

fn page(mails: &[OwedMailView], screen: &Screen<'_>) -> String {
    if mails.is_empty() {
        return "nothing waits to be sent\n".into();
    }
    let headings = ["MAIL", "STATE", "WHAT", "FOR", "CASES", "WHEN", "REASON"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    rows.extend(mails.iter().map(|mail| row(mail, screen)));
    let mut page = String::new();
    for (index, line) in columns(&rows).into_iter().enumerate() {
        let mail = index.checked_sub(1).and_then(|index| mails.get(index));
        let colour = match mail.map(|mail| mail.state) {
            None => Some(Colour::Bold),
            Some(OwedState::Held | OwedState::GivenUp) => Some(Colour::Yellow),
            Some(OwedState::Sending | OwedState::Queued) => None,
        };
        let painted = colour.map_or(line.clone(), |colour| screen.paint(colour, &line));
        page.push_str(&painted);
        page.push('\n');
    }
    if mails.len() >= OUTBOX_LISTED_MAX {
        page.push_str(&format!("More than these {} are not shown.\n", mails.len()));
    }
    let abouts = [
        (OwedState::Held, ABOUT_HELD),
        (OwedState::GivenUp, ABOUT_GIVEN_UP),
    ];
    for (state, about) in abouts {
        if mails.iter().any(|mail| mail.state == state) {
            page.push('\n');
            page.push_str(about);
        }
    }
    page
}

fn row(mail: &OwedMailView, screen: &Screen<'_>) -> Vec<String> {
    let when = match (mail.since, mail.next_attempt_at) {
        (Some(since), _) => format!("since {}", screen.since(since)),
        (None, Some(next)) if next <= screen.now => "now".into(),
        (None, Some(next)) => screen.distance(next),
        (None, None) => String::new(),
    };
    let tried = match (mail.state, mail.attempts) {
        (OwedState::Queued, 1) => "tried once".into(),
        (OwedState::Queued, 2..) => format!("tried {} times", mail.attempts),
        _ => String::new(),
    };
    let reason = match (tried.as_str(), mail.reason.as_deref()) {
        (_, None) => tried,
        ("", Some(reason)) => reason.to_owned(),
        (_, Some(reason)) => format!("{tried}: {reason}"),
    };
    vec![
        mail.id.to_string(),
        mail.state.in_words().into(),
        printable(&mail.purpose),
        printable(&mail.to),
        cases(&mail.cases),
        when,
        match screen.is_terminal {
            true => shortened(&reason, REASON_CHARACTERS_MAX),
            false => printable(&reason),
        },
    ]
}

fn cases(cases: &[u64]) -> String {
    let mut shown: Vec<String> = cases.iter().take(CASES_SHOWN).map(u64::to_string).collect();
    if cases.is_empty() {
        shown.push("-".into());
    }
    let more = cases.len().saturating_sub(CASES_SHOWN);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_of_many_cases_names_the_first() {
        assert_eq!(cases(&[]), "-");
        assert_eq!(cases(&[7, 8]), "7, 8");
        assert_eq!(cases(&[1, 2, 3, 4, 5, 6, 7]), "1, 2, 3, 4, 5 and 2 more");
    }
}
