//! Opening the store, whatever state it is in, and telling of it when it had to be rebuilt.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use tracing::{error, warn};

use super::engine::Engine;
use super::{mending, systemd};
use crate::control::view::VerifyView;
use crate::domain::commit::Loaded;
use crate::store::{self, Patience, RebuildNote, StatePlaces, StoreError, StoreHandle};

/// How long the store may take to open, as long as it does something.
const STORE_OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// For how long a state folder that is in use is tried again: what an ackd that was killed has
/// started to mend its store ends within this time ([`mending::end_with_parent`]).
const LOCK_TRIED_FOR: Duration = Duration::from_secs(3);

/// How often.
const LOCK_TRIED_EVERY: Duration = Duration::from_millis(50);

/// For how long a rebuilding is shown as an alarm.
const ALARM_SHOWN: chrono::Duration = chrono::Duration::hours(24);

/// What a rebuilding means if ackd may have done something since the export.
const WHAT_FOLLOWS: &str = "What ackd sent after that export is not known any more, as far as no \
     sent folder tells. So whoever may have been acknowledged already is not acknowledged, the \
     owners get one list of open cases in place of reminders that may have gone out before, and \
     what people told ackd since then (\"phoned\", \"dismiss\" …) has to be told again.";

/// An open store.
pub(super) struct OpenStore {
    /// The store.
    pub(super) store: StoreHandle,
    /// What it holds.
    pub(super) loaded: Loaded,
    /// The state folder is ours as long as this lives.
    pub(super) lock: File,
}

/// Opens the store; mends it first if it was not closed in good order, or is damaged.
/// `program` is what is started for that ([`mending::mend_apart`]).
///
/// Fails if it is in use or of a newer version, or if the disk refuses; then nothing is changed.
pub(super) async fn open(
    state_dir: &Path,
    program: Option<&Path>,
) -> Result<OpenStore, StoreError> {
    systemd::extend_timeout(STORE_OPEN_TIME_MAX);
    let places = StatePlaces::of(state_dir);
    let lock = lock_when_free(&places).await?;
    places.finish_import()?;
    if mending::is_needed(&places)? {
        mending::mend_apart(&places, state_dir, program, &lock).await?;
    }
    places.clear_left_overs()?;
    let opened = match open_and_load(&places).await {
        Ok(opened) => Ok(opened),
        Err(error) => match mending::damage_in(&error) {
            Some(reason) => {
                places.write_note(&RebuildNote::Damaged { reason })?;
                mending::mend_apart(&places, state_dir, program, &lock).await?;
                open_and_load(&places).await
            }
            None => Err(error),
        },
    };
    let (store, loaded) = opened?;
    Ok(OpenStore {
        store,
        loaded,
        lock,
    })
}

async fn lock_when_free(places: &StatePlaces) -> Result<File, StoreError> {
    let begun = tokio::time::Instant::now();
    loop {
        match places.lock() {
            Err(StoreError::InUse { .. }) if begun.elapsed() < LOCK_TRIED_FOR => {
                tokio::time::sleep(LOCK_TRIED_EVERY).await;
            }
            locked => return locked,
        }
    }
}

async fn open_and_load(places: &StatePlaces) -> Result<(StoreHandle, Loaded), StoreError> {
    let directory = places.store();
    let store = store::open(&directory, STORE_OPEN_TIME_MAX).await?;
    let patience = Patience::with(&directory);
    let loading = patience.wait_for(load(places, &store)).await;
    match loading.and_then(|loaded| loaded) {
        Ok(loaded) => Ok((store, loaded)),
        Err(error) => {
            // It is not used any more, whether it closes or not.
            let _ = store.close().await;
            Err(error)
        }
    }
}

async fn load(places: &StatePlaces, store: &StoreHandle) -> Result<Loaded, StoreError> {
    let loaded = store.load().await.map_err(|error| match error {
        // Reading it has panicked.
        StoreError::Stopped => places.damaged("reading it panicked"),
        other => other,
    })?;
    let numbers = store.numbers().await?;
    if places.is_behind_exports(&numbers)? {
        let reason = "it has forgotten what its newest export still knows";
        return Err(places.damaged(reason));
    }
    Ok(loaded)
}

/// Notes that the store is to be checked as a whole before it is used again, if this error
/// makes it suspect.
pub(super) fn note_suspicion(state_dir: &Path, error: &StoreError) {
    let suspect = matches!(
        error,
        StoreError::Damaged { .. } | StoreError::Stuck { .. } | StoreError::Stopped
    );
    if !suspect {
        return;
    }
    let note = RebuildNote::Suspect {
        reason: error.to_string(),
    };
    match StatePlaces::of(state_dir).write_note(&note) {
        Ok(()) => error!(
            event = "store_suspect",
            "the next start checks the whole store, and rebuilds it if need be"
        ),
        Err(error) => error!(event = "store_suspect", "{error}"),
    }
}

impl Engine {
    /// Tells the operator that the store was rebuilt, once it is on disk that they are told.
    pub(super) async fn tell_of_rebuilding(&mut self) -> Result<(), StoreError> {
        let places = StatePlaces::of(&self.settings.service.state_dir);
        let Some(RebuildNote::Rebuilt(report)) = places.read_note() else {
            return Ok(());
        };
        let words = report.in_words();
        warn!(event = "store_rebuilt", "{words}");
        let what_follows = match report.is_complete {
            true => "Nothing that ackd sent or was told is forgotten.",
            false => WHAT_FOLLOWS,
        };
        let text = format!(
            "At its start, ackd found that {words}.\n\n\
             The mailboxes are read on from there, so that no client's mail is lost. \
             {what_follows}\n"
        );
        let subject = match report.is_import {
            true => "ackd goes on from an imported store",
            false => "ackd has rebuilt its store",
        };
        self.tell_operator(subject, &text).await?;
        places.remove_note()
    }

    /// The alarm that the store was rebuilt, for a day.
    pub(super) fn rebuilding_alarm(&self) -> Option<String> {
        let rebuilt = self.book.installation()?.last_lost()?.until;
        let now = self.clock.now();
        ((now - rebuilt).abs() < ALARM_SHOWN).then(|| {
            let at = rebuilt.format("%Y-%m-%dT%H:%M:%SZ");
            format!("the store was rebuilt or imported at {at}; the log says why, and from what")
        })
    }

    /// Whether the book agrees with itself.
    pub(super) fn verify_view(&self) -> VerifyView {
        VerifyView {
            checked: format!("the {} open cases in memory", self.book.len()),
            findings: self.book.check().err().into_iter().collect(),
        }
    }
}
