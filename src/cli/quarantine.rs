//! `ackd quarantine`: the messages that could not be read, and what to do about them.

use std::io::Write;
use std::path::Path;

use super::screen::{Colour, DONE, Screen, columns, printable, shortened, written};
use crate::control::view::QuarantinedView;
use crate::control::{Answer, QUARANTINE_LISTED_MAX, Request};

/// The longest folder name in the table, in characters; `--json` has it whole.
const FOLDER_CHARACTERS_MAX: usize = 40;

/// The longest reason in the table, in characters; `--json` has it whole.
const REASON_CHARACTERS_MAX: usize = 80;

/// What to do about the messages that are listed.
const WHAT_TO_DO: &str = "\
No clock runs for these messages. Look at them in the mail program: if one is from a client,
somebody has to answer it, for nobody will be reminded. (TIME is when ackd gave it up, FOLDER and
UID say where it lies.)
";

/// Prints the messages. The exit code: 0, or 3 if the daemon can't be reached.
pub async fn run(socket: &Path, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_on(socket, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, screen: &mut Screen<'_>) -> u8 {
    let messages = match screen.ask(socket, &Request::Quarantine).await {
        Ok(Answer::Quarantine(messages)) => messages,
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    };
    if screen.json {
        for message in &messages {
            screen.print_json(message);
        }
    } else {
        let page = page(&messages, screen);
        screen.print(&page);
    }
    DONE
}

fn page(messages: &[QuarantinedView], screen: &Screen<'_>) -> String {
    if messages.is_empty() {
        return "every message could be read\n".into();
    }
    let headings = ["TIME", "", "MAILBOX", "FOLDER", "UID", "REASON"];
    let mut rows = vec![headings.map(String::from).to_vec()];
    rows.extend(messages.iter().map(|message| row(message, screen)));
    let mut lines = columns(&rows);
    if let Some(headings) = lines.first_mut() {
        *headings = screen.paint(Colour::Bold, headings);
    }
    if messages.len() >= QUARANTINE_LISTED_MAX {
        lines.push(format!(
            "Older ones than these {} are not shown.",
            messages.len()
        ));
    }
    format!("{}\n\n{WHAT_TO_DO}", lines.join("\n"))
}

fn row(message: &QuarantinedView, screen: &Screen<'_>) -> Vec<String> {
    vec![
        written(message.at),
        screen.distance(message.at),
        printable(&message.mailbox),
        shortened(&message.folder, FOLDER_CHARACTERS_MAX),
        message.uid.to_string(),
        shortened(&message.reason, REASON_CHARACTERS_MAX),
    ]
}
