//! `ackd doctor`: tries everything out for real and says what to mend.
//!
//! Vocabulary: a *finding* is what one check came to: *green* is well, *yellow* wants an eye,
//! *red* keeps ackd from its work; what is not green says how to *mend* it. Nothing is changed, and
//! no mail is sent unless `--send-to` asks for one.

mod certificate;
mod machine;
mod mailboxes;
mod relays;
mod roads;

use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::screen::{Colour, DONE, PROBLEM, Screen, printable};
use crate::clock::{SharedClock, SystemClock};
use crate::domain::address::Address;
use crate::settings::{Problem, Settings};

/// What `ackd doctor` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DoctorArguments {
    /// Send a test mail to this address, over the configured mail server
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub send_to: Option<Address>,
}

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Well.
    Green,
    /// Wants an eye.
    Yellow,
    /// Keeps ackd from its work.
    Red,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked: `mailbox clients`, `smtp`, `disk`.
    pub subject: String,
    /// How well it is.
    pub level: Level,
    /// What was seen.
    pub seen: String,
    /// What to do about it, unless it is well.
    pub mend: Option<String>,
}

impl Finding {
    fn green(subject: &str, seen: impl Into<String>) -> Self {
        Self::of(Level::Green, subject, seen.into(), None)
    }

    fn yellow(subject: &str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(Level::Yellow, subject, seen.into(), Some(mend.into()))
    }

    fn red(subject: &str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::of(Level::Red, subject, seen.into(), Some(mend.into()))
    }

    fn of(level: Level, subject: &str, seen: String, mend: Option<String>) -> Self {
        Self {
            subject: subject.to_owned(),
            level,
            seen,
            mend,
        }
    }
}

/// Tries everything out. `warnings` are what the configuration's check found. The exit code: 0 if
/// nothing is red, 1 otherwise.
pub async fn run(
    settings: &Settings,
    warnings: &[Problem],
    socket: &Path,
    arguments: &DoctorArguments,
    screen: &mut Screen<'_>,
) -> u8 {
    let clock: SharedClock = std::sync::Arc::new(SystemClock);
    let mut report = Report::new(screen);
    report.tell(configuration(settings, warnings));
    report.tell(machine::machine(settings, report.screen.now));
    report.tell(machine::daemon(settings, socket).await);
    for mailbox in settings.mailboxes.values() {
        report.tell(mailboxes::mailbox(mailbox, settings, &clock).await);
    }
    report.tell(relays::relays(settings, report.screen.now).await);
    for road in settings.roads.values() {
        report.tell(vec![roads::road(road).await]);
    }
    if let Some(to) = &arguments.send_to {
        report.tell(vec![
            relays::send_test(settings, to, report.screen.now).await,
        ]);
    }
    report.conclude()
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| "this is no mail address".to_owned())
}

fn configuration(settings: &Settings, warnings: &[Problem]) -> Vec<Finding> {
    let subject = "configuration";
    if warnings.is_empty() {
        let file = settings.file.display();
        return vec![Finding::green(
            subject,
            format!("{file}: nothing to complain of"),
        )];
    }
    let told = warnings.iter().map(|warning| {
        let mend = "change it; \"ackd check\" says whether it is well then";
        Finding::yellow(subject, warning.to_string(), mend)
    });
    told.collect()
}

/// Prints findings as they come: a server may take its time.
struct Report<'a, 'b> {
    screen: &'a mut Screen<'b>,
    counts: [usize; 3],
}

impl<'a, 'b> Report<'a, 'b> {
    fn new(screen: &'a mut Screen<'b>) -> Self {
        Self {
            screen,
            counts: [0; 3],
        }
    }

    fn tell(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.counts[finding.level as usize] += 1;
            if self.screen.json {
                self.screen.print_json(&finding);
            } else {
                let page = self.lines(&finding);
                self.screen.print(&page);
            }
        }
    }

    fn lines(&self, finding: &Finding) -> String {
        let (colour, mark) = match finding.level {
            Level::Green => (Colour::Green, "ok    "),
            Level::Yellow => (Colour::Yellow, "look  "),
            Level::Red => (Colour::Red, "MEND  "),
        };
        let mut lines = format!(
            "{}{}: {}\n",
            self.screen.paint(colour, mark),
            printable(&finding.subject),
            printable(&finding.seen)
        );
        if let Some(mend) = &finding.mend {
            lines.push_str(&format!("        {}\n", printable(mend)));
        }
        lines
    }

    fn conclude(self) -> u8 {
        let [green, yellow, red] = self.counts;
        if !self.screen.json {
            let verdict = match (yellow, red) {
                (0, 0) => "all is well",
                (_, 0) => "ackd can do its work",
                _ => "ackd can't do all of its work until this is mended",
            };
            self.screen.print(&format!(
                "\n{green} well, {yellow} to look at, {red} to mend: {verdict}\n"
            ));
        }
        if red == 0 { DONE } else { PROBLEM }
    }
}
