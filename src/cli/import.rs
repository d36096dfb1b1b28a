//! `ackd import`: the store, made from an export.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::progress::Progress;
use super::screen::{DONE, PROBLEM, Screen, printable};
use crate::settings::Settings;
use crate::store::{Headway, Imported, StatePlaces};

/// What an import means if ackd may have done something since the export.
const IS_FORGOTTEN: &str = "\
What ackd sent since then is not known. So nobody who waits now will be acknowledged by ackd, and
the owners will get one list of open cases in place of reminders that may have gone out before.
";

/// What to do if it can't have.
const HAS_PERHAPS_MOVED: &str = "\
If ackd has not run since this export, where it was written: \"ackd import --replace --moved FILE\",
before it is started here.
";

/// What `ackd import` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ImportArguments {
    /// The export
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Move the store there is aside; without it, only an empty place is filled
    #[arg(long)]
    pub replace: bool,
    /// ackd was moved here: it has stopped for good where the export was written, before it was
    #[arg(long)]
    pub moved: bool,
}

/// What was imported, as JSON.
#[derive(Debug, Serialize)]
struct ImportView {
    records: u64,
    written_at: String,
    aside: Option<String>,
    complete: bool,
    findings: Vec<String>,
}

/// Imports an export. The exit code: 0, or 1 if it can't be done; then nothing is changed.
pub fn run(settings: &Settings, arguments: &ImportArguments, screen: &mut Screen<'_>) -> u8 {
    match import(settings, arguments, screen) {
        Ok(imported) => {
            print(imported, screen);
            DONE
        }
        Err(words) => {
            screen.complain(&words);
            PROBLEM
        }
    }
}

fn import(
    settings: &Settings,
    arguments: &ImportArguments,
    screen: &Screen<'_>,
) -> Result<Imported, String> {
    let places = StatePlaces::of(&settings.service.state_dir);
    let lock = places.lock().map_err(|error| error.to_string())?;
    if places.has_store() && !arguments.replace {
        return Err(format!(
            "there is a store in {} already; with --replace it is moved aside",
            places.store().display()
        ));
    }
    let headway = Headway::default();
    let seen = headway.clone();
    // It is read twice: checked first, and then taken over.
    let progress = Progress::show("Reading the export", screen.json, move || seen.seen());
    let imported = places.import(&arguments.file, arguments.moved, screen.now, &headway);
    drop(progress);
    drop(lock);
    imported.map_err(|error| error.to_string())
}

fn print(imported: Imported, screen: &mut Screen<'_>) {
    let Imported {
        summary,
        aside,
        is_complete,
    } = imported;
    if screen.json {
        return screen.print_json(&ImportView {
            records: summary.records,
            written_at: summary.begun_at,
            aside: aside.map(|path| path.display().to_string()),
            complete: is_complete,
            findings: summary.findings,
        });
    }
    let mut page = format!(
        "{} records of {} imported\n",
        summary.records,
        printable(&summary.begun_at)
    );
    if let Some(aside) = aside {
        page.push_str(&format!(
            "the store there was lies in {}\n",
            aside.display()
        ));
    }
    for finding in &summary.findings {
        page.push_str(&format!("does not agree: {}\n", printable(finding)));
    }
    page.push_str(match is_complete {
        true => "Nothing happened since then: ackd goes on where it was.\n",
        false => IS_FORGOTTEN,
    });
    if !is_complete && summary.is_last {
        page.push_str(HAS_PERHAPS_MOVED);
    }
    screen.print(&page);
}
