//! `ackd reload`: the running daemon reads its configuration again.

use std::path::Path;

use clap::Args;

use super::screen::{Colour, DONE, PROBLEM, Screen, printable};
use super::user_name;
use crate::control::view::{
    ChangeView, MovedDeadlineView, ProblemView, ReloadOutcome, ReloadView, StrandedCaseView,
};
use crate::control::{Answer, Request};

/// What `ackd reload` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReloadArguments {
    /// Only say what it would change
    #[arg(long)]
    pub dry_run: bool,
    /// Print nothing but what is wrong
    #[arg(long)]
    pub quiet: bool,
}

/// Has the daemon read its configuration again, and prints what that changed. The exit code: 0, 1
/// if the configuration can't be used (then nothing has changed), 3 if nobody can be reached.
pub async fn run(socket: &Path, arguments: &ReloadArguments, screen: &mut Screen<'_>) -> u8 {
    let request = Request::Reload {
        dry_run: arguments.dry_run,
        by: user_name(),
    };
    let view = match screen.ask(socket, &request).await {
        Ok(Answer::Reloaded(view)) => view,
        Ok(_) => return screen.misfit(),
        Err(code) => return code,
    };
    let is_refused = view.outcome == ReloadOutcome::Refused;
    if screen.json {
        screen.print_json(&view);
    } else if is_refused {
        refuse(&view, screen);
    } else if !arguments.quiet {
        let text = told(&view, screen);
        screen.print(&text);
    }
    match is_refused {
        true => PROBLEM,
        false => DONE,
    }
}

fn refuse(view: &ReloadView, screen: &mut Screen<'_>) {
    let lines = view.problems.iter().map(ProblemView::line_of_text);
    for line in lines {
        // If nobody reads it, the exit code still tells.
        let _ = writeln!(screen.err, "{}", printable(&line));
    }
    let serious = view.problems.iter().filter(|own| own.severity == "problem");
    let count = match serious.count() {
        1 => "1 problem".to_owned(),
        more => format!("{more} problems"),
    };
    screen.complain(&format!(
        "{count} in the configuration: nothing has changed, ackd goes on with the one it has"
    ));
}

fn told(view: &ReloadView, screen: &Screen<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.push(screen.paint(
        Colour::Bold,
        match (view.outcome, view.changes.is_empty()) {
            (ReloadOutcome::DryRun, true) => "It would change nothing.",
            (ReloadOutcome::DryRun, false) => "Not taken over yet. It would change:",
            (_, true) => "Read again; nothing has changed.",
            (_, false) => "Taken over. What has changed:",
        },
    ));
    for change in &view.changes {
        tell_entry(change, &mut lines);
    }
    if view.deadlines_moved > 0 {
        lines.push(screen.paint(Colour::Bold, "Deadlines of open cases:"));
        lines.extend(view.deadlines.iter().map(|own| deadline(own, screen)));
        lines.extend(more(view.deadlines_moved, view.deadlines.len()));
    }
    if view.cases_stranded > 0 {
        let title = "Open cases whose client is not configured any more: no deadline, and nobody \
                     is reminded. They go on where they stood once it is configured again under \
                     its key; \"ackd case dismiss ID\" closes them.";
        lines.push(screen.paint(Colour::Bold, title));
        lines.extend(view.stranded.iter().map(stranded));
        lines.extend(more(view.cases_stranded, view.stranded.len()));
    }
    if !view.needs_restart.is_empty() {
        let title = "Needs a restart (systemctl restart ackd); until then it stays:";
        lines.push(screen.paint(Colour::Bold, title));
        for own in &view.needs_restart {
            let line = format!("  {}: {} (not {})", own.key, own.kept, own.written);
            lines.push(printable(&line));
        }
    }
    for own in &view.problems {
        lines.push(printable(&own.line_of_text()));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn tell_entry(change: &ChangeView, lines: &mut Vec<String>) {
    let line = format!("  {} {}", change.title(), change.fate);
    lines.push(printable(&line));
    let details = change.details.iter();
    lines.extend(details.map(|detail| printable(&format!("    {detail}"))));
}

fn deadline(own: &MovedDeadlineView, screen: &Screen<'_>) -> String {
    let what = match own.clock.as_str() {
        "answer" => "answer due",
        _ => "response due",
    };
    let word = |at: &Option<String>| at.clone().unwrap_or_else(|| "no deadline".to_owned());
    let (old, new) = (word(&own.old_local), word(&own.new_local));
    let line = format!(
        "  case {} ({}): {what} {old} -> {new}",
        own.case, own.client
    );
    match own.overdue_now {
        true => format!(
            "{}, {}",
            printable(&line),
            screen.paint(Colour::Red, "overdue now")
        ),
        false => printable(&line),
    }
}

fn stranded(own: &StrandedCaseView) -> String {
    let heir = own
        .now_of
        .as_ref()
        .map(|client| format!(": further mail of its contact opens cases of {client}"));
    let line = format!(
        "  case {} ({}){}",
        own.case,
        own.client,
        heir.unwrap_or_default()
    );
    printable(&line)
}

fn more(all: u64, listed: usize) -> Option<String> {
    let more = all.saturating_sub(listed as u64);
    (more > 0).then(|| format!("  and {more} more"))
}
