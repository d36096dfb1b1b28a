//! `ackd verify`: whether what is remembered is whole.

use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::Progress;
use super::screen::{DONE, PROBLEM, Screen, UNREACHABLE, printable};
use crate::control::view::VerifyView;
use crate::control::{Answer, Request, ask};
use crate::domain::book::Book;
use crate::settings::Settings;
use crate::store::{Headway, StatePlaces, StoreError, verify_copy, verify_export};

/// What `ackd verify` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct VerifyArguments {
    /// An export to check instead of the store
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Checks an export, the running daemon's book, or, where no daemon runs, a copy of the store.
/// The exit code: 0 if all is well, 1 if something is wrong, 3 if a daemon runs but can't be
/// reached.
pub async fn run(
    settings: &Settings,
    socket: &Path,
    arguments: &VerifyArguments,
    screen: &mut Screen<'_>,
) -> u8 {
    if let Some(file) = &arguments.file {
        let headway = Headway::default();
        let seen = headway.clone();
        let progress = Progress::show("Reading the export", screen.json, move || seen.seen());
        let verified = verify_export(file, &headway);
        drop(progress);
        let verified = verified.map(|summary| VerifyView {
            checked: format!(
                "{} records of {}, written by ackd {}",
                summary.records, summary.begun_at, summary.written_by
            ),
            findings: summary.findings,
        });
        let mend = "take another export; \"ackd export\" writes a new one";
        return tell(verified.map_err(|error| error.to_string()), mend, screen);
    }
    match verified(settings, socket, !screen.json).await {
        Ok(view) => tell(Ok(view), MEND, screen),
        Err(Unverified::Refused(words)) => tell(Err(words), MEND, screen),
        Err(Unverified::Misfit) => screen.misfit(),
        Err(Unverified::Unreachable(words)) => {
            screen.complain(&words);
            UNREACHABLE
        }
    }
}

/// What to do about a store that is not whole.
pub(super) const MEND: &str = "restart ackd: it rebuilds a store it can't use from its newest export, and reads the mailboxes on from there";

/// Why it could not be said whether the store is whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unverified {
    /// It can't be read.
    #[error("{0}")]
    Refused(String),
    /// A daemon has it and can't be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The daemon answered another question.
    #[error("ackd answered another question than it was asked")]
    Misfit,
}

/// Checks the running daemon's book, or, where no daemon runs, a copy of the store; `shows`
/// whether somebody is shown how far that is.
pub(super) async fn verified(
    settings: &Settings,
    socket: &Path,
    shows: bool,
) -> Result<VerifyView, Unverified> {
    match ask(socket, &Request::Verify).await {
        Ok(Answer::Verified(view)) => Ok(view),
        Ok(Answer::Refused(refusal)) => Err(Unverified::Refused(refusal.words)),
        Ok(_) => Err(Unverified::Misfit),
        Err(unreachable) => match offline(settings, shows).await {
            Ok(view) => Ok(view),
            Err(StoreError::InUse { .. }) => Err(Unverified::Unreachable(unreachable.to_string())),
            Err(error) => Err(Unverified::Refused(error.to_string())),
        },
    }
}

async fn offline(settings: &Settings, shows: bool) -> Result<VerifyView, StoreError> {
    let places = StatePlaces::of(&settings.service.state_dir);
    let lock = places.lock()?;
    if let Some(reason) = places.lost()? {
        return Err(places.damaged(&reason));
    }
    let headway = Headway::default();
    let seen = headway.clone();
    let progress = Progress::show("Records checked:", !shows, move || seen.seen());
    let verified = verify_copy(&places, &headway).await;
    drop(progress);
    let verified = verified?;
    drop(lock);
    let Some(verified) = verified else {
        let store = places.store().display().to_string();
        return Ok(VerifyView {
            checked: format!("nothing: there is no store in {store} yet"),
            findings: Vec::new(),
        });
    };
    let mut findings = verified.findings;
    if let Some(loaded) = verified.loaded {
        findings.extend(Book::open(loaded, &settings.rules).check().err());
    }
    Ok(VerifyView {
        checked: format!("all {} records of the store", verified.records),
        findings,
    })
}

fn tell(verified: Result<VerifyView, String>, mend: &str, screen: &mut Screen<'_>) -> u8 {
    let view = match verified {
        Ok(view) => view,
        Err(words) => {
            screen.complain(&words);
            return PROBLEM;
        }
    };
    let is_well = view.findings.is_empty();
    if screen.json {
        screen.print_json(&view);
    } else if is_well {
        screen.print(&format!(
            "checked {}: all is well\n",
            printable(&view.checked)
        ));
    } else {
        let mut page = format!("checked {}:\n", printable(&view.checked));
        for finding in &view.findings {
            page.push_str(&format!("  {}\n", printable(finding)));
        }
        page.push_str(&format!("What to do: {mend}.\n"));
        screen.print(&page);
    }
    if is_well { DONE } else { PROBLEM }
}
