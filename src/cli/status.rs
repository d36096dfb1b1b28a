//! `ackd status`: one screen that says whether the promise is being watched over.

use std::io::Write;
use std::path::Path;

use super::screen::{
    Colour, DONE, PROBLEM, Screen, columns, printable, shortened, written_in, zone_named,
};
use crate::control::view::{MailboxState, MailboxView, StatusView};
use crate::control::{Answer, QUARANTINE_LISTED_MAX, Request, ask};

/// The longest reason shown beside a mailbox, in characters; `--json` has it whole.
const REASON_CHARACTERS_MAX: usize = 100;

/// Prints how the daemon is. The exit code: 0 if all is well, 1 while anything is blind or
/// alarmed or mail is given up, 3 if the daemon can't be reached.
pub async fn run(socket: &Path, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_on(socket, &mut Screen::new(json, out, err)).await
}

/// [`run`] on a given screen, at a given moment.
pub async fn run_on(socket: &Path, screen: &mut Screen<'_>) -> u8 {
    let view = match screen.ask(socket, &Request::Status).await {
        Ok(Answer::Status(view)) => view,
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    };
    if screen.json {
        let promised = StatusView {
            time_zone: None,
            ..(*view).clone()
        };
        screen.print_json(&promised);
    } else {
        let unreadable = unreadable(socket).await;
        let page = page(&view, unreadable, screen);
        screen.print(&page);
    }
    if view.is_well() { DONE } else { PROBLEM }
}

/// How many messages could not be read. The screen is worth showing without it, too.
async fn unreadable(socket: &Path) -> usize {
    match ask(socket, &Request::Quarantine).await {
        Ok(Answer::Quarantine(messages)) => messages.len(),
        Ok(_) | Err(_) => 0,
    }
}

fn page(view: &StatusView, unreadable: usize, screen: &Screen<'_>) -> String {
    let zone = zone_named(view.time_zone.as_deref());
    let mut lines = vec![format!(
        "{}, mode {}, running since {} ({})",
        screen.paint(Colour::Bold, &format!("ackd {}", printable(&view.version))),
        printable(&view.mode),
        written_in(view.started_at, zone),
        screen.since(view.started_at),
    )];
    lines.push(String::new());
    lines.push(screen.paint(Colour::Bold, "mailboxes"));
    lines.extend(mailbox_lines(&view.mailboxes, screen));
    lines.push(String::new());
    let next = view.next_due_at.map_or_else(
        || "nothing is due".into(),
        |at| format!("next due {}", screen.moment(at, zone)),
    );
    let late = view.next_due_at.is_some_and(|at| at < screen.now);
    let colour = if late { Colour::Red } else { Colour::Dim };
    lines.push(format!(
        "{}      {} waiting, {} acknowledged; {}",
        screen.paint(Colour::Bold, "cases"),
        view.cases.waiting,
        view.cases.acknowledged,
        screen.paint(colour, &next),
    ));
    lines.push(outbox_line(view, screen));
    lines.extend(quarantine_line(unreadable, screen));
    lines.extend(alarm_lines(&view.alarms, screen));
    lines.push(String::new());
    lines.join("\n")
}

fn outbox_line(view: &StatusView, screen: &Screen<'_>) -> String {
    let outbox = view.outbox;
    let needs_an_eye = |count: u64, word: &str| {
        let text = format!("{count} {word}");
        if count == 0 {
            text
        } else {
            screen.paint(Colour::Yellow, &text)
        }
    };
    let look = match outbox.held + outbox.given_up {
        0 => "",
        _ => ": ackd outbox",
    };
    format!(
        "{}     {} queued, {} sending, {}, {}{look}",
        screen.paint(Colour::Bold, "outbox"),
        outbox.queued,
        outbox.sending,
        needs_an_eye(outbox.held, "held"),
        needs_an_eye(outbox.given_up, "given up"),
    )
}

/// Only where there is something to look at.
fn quarantine_line(unreadable: usize, screen: &Screen<'_>) -> Option<String> {
    let count = match unreadable {
        0 => return None,
        1 => "1 message".into(),
        QUARANTINE_LISTED_MAX.. => format!("{unreadable} messages or more"),
        _ => format!("{unreadable} messages"),
    };
    let words = format!("{count} could not be read: ackd quarantine");
    Some(format!(
        "{} {}",
        screen.paint(Colour::Bold, "quarantine"),
        screen.paint(Colour::Yellow, &words),
    ))
}

fn mailbox_lines(mailboxes: &[MailboxView], screen: &Screen<'_>) -> Vec<String> {
    if mailboxes.is_empty() {
        return vec!["  none is configured".into()];
    }
    let rows: Vec<Vec<String>> = mailboxes
        .iter()
        .map(|mailbox| {
            let proof = mailbox.last_proof_at.map_or_else(
                || "never seen".into(),
                |at| format!("seen {}", screen.distance(at)),
            );
            let folders: Vec<String> = mailbox.folders.iter().map(|f| printable(f)).collect();
            vec![
                format!("  {}", printable(&mailbox.name)),
                mailbox.state.in_words().into(),
                proof,
                format!("{} read since the start", mailbox.messages_seen),
                folders.join(", "),
            ]
        })
        .collect();
    let mut lines = Vec::new();
    for (line, mailbox) in columns(&rows).into_iter().zip(mailboxes) {
        let colour = match mailbox.state {
            MailboxState::Live => None,
            MailboxState::CatchingUp => Some(Colour::Yellow),
            MailboxState::Blind => Some(Colour::Red),
        };
        lines.push(colour.map_or(line.clone(), |colour| screen.paint(colour, &line)));
        if let Some(reason) = &mailbox.reason {
            let most = match screen.is_terminal {
                true => REASON_CHARACTERS_MAX,
                false => usize::MAX,
            };
            lines.push(format!("    {}", shortened(reason, most)));
        }
    }
    lines
}

fn alarm_lines(alarms: &[String], screen: &Screen<'_>) -> Vec<String> {
    if alarms.is_empty() {
        return vec![format!("{}     none", screen.paint(Colour::Bold, "alarms"))];
    }
    let mut lines = vec![String::new(), screen.paint(Colour::Red, "alarms")];
    lines.extend(alarms.iter().map(|alarm| format!("  {}", printable(alarm))));
    lines
}
