//! Opening the store, whatever state it is in, and telling of it when it had to be rebuilt.
//!
//! The whole store is checked, and what has to be mended is mended, before anything else is
//! started; then ackd starts anew in the same process, so that nothing of that stays in memory:
//! no thread of a store that hangs, no cache of a store that was read from end to end.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::engine::Engine;
use super::{start, systemd};
use crate::clock::{Clock as _, SystemClock};
use crate::control::view::VerifyView;
use crate::domain::commit::{Installation, Loaded};
use crate::store::{
    self, Patience, RebuildNote, StatePlaces, StoreError, StoreHandle, verify_store,
};

/// How long the store may take to open, as long as it does something.
const STORE_OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// How long mending the store may take before systemd gives it up.
const MEND_TIME_MAX: Duration = Duration::from_secs(600);

/// For how long a rebuilding is shown as an alarm.
const ALARM_SHOWN: chrono::Duration = chrono::Duration::hours(24);

/// What became of opening the store.
pub(super) enum Opened {
    /// It is open.
    Store(Box<OpenStore>),
    /// It was checked or mended; ackd has to start anew.
    Checked,
}

/// The variable by which the process that starts anew knows that the store was checked.
pub const CHECKED_VARIABLE: &str = "ACKD_STORE_CHECKED";

/// Beyond this size, in bytes, a start does not wait for the check of the whole store; the next
/// export notices what can't be read.
const CHECKED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// An open store.
pub(super) struct OpenStore {
    /// The store.
    pub(super) store: StoreHandle,
    /// What it holds.
    pub(super) loaded: Loaded,
    /// The state folder is ours as long as this lives.
    pub(super) lock: File,
}

/// Opens the store, or mends it first.
///
/// Fails if it is in use or of a newer version, or if the disk refuses; then nothing is changed.
pub(super) async fn open(state_dir: &Path) -> Result<Opened, StoreError> {
    systemd::extend_timeout(STORE_OPEN_TIME_MAX);
    let places = StatePlaces::of(state_dir);
    let lock = places.lock()?;
    places.finish_import()?;
    let note = places.read_note();
    if let Some(reason) = unfinished(&places, note.as_ref())? {
        return rebuild(&places, &reason, lock).await;
    }
    places.clear_left_overs()?;
    if std::env::var_os(CHECKED_VARIABLE).is_none() && places.has_store() {
        let suspect = match note {
            Some(RebuildNote::Suspect { reason }) => Some(reason),
            _ => None,
        };
        if suspect.is_some() || places.store_bytes() <= CHECKED_BYTES_MAX {
            return check(&places, suspect, lock).await;
        }
    }
    let directory = places.store();
    let store = match store::open(&directory, STORE_OPEN_TIME_MAX).await {
        Ok(store) => store,
        Err(error) => return or_rebuild(&places, error, lock).await,
    };
    let patience = Patience::with(&directory);
    let loading = patience.wait_for(load(&places, &store)).await;
    match loading.and_then(|loaded| loaded) {
        Ok(loaded) => Ok(Opened::Store(Box::new(OpenStore {
            store,
            loaded,
            lock,
        }))),
        Err(error) => {
            // It is not used any more, whether it closes or not.
            let _ = store.close().await;
            or_rebuild(&places, error, lock).await
        }
    }
}

/// Checks the whole store before it is used, and rebuilds or compacts it where that is needed.
async fn check(
    places: &StatePlaces,
    suspect: Option<String>,
    lock: File,
) -> Result<Opened, StoreError> {
    systemd::extend_timeout(MEND_TIME_MAX);
    if let Some(reason) = &suspect {
        warn!("the store is suspect because of the last run: {reason}");
    }
    match verify_store(&places.store()).await {
        Ok(verified) if verified.is_damaged => {
            let found = verified.findings.into_iter().next().unwrap_or_default();
            return rebuild(places, &found, lock).await;
        }
        Ok(verified) => {
            debug!("every one of {} records is whole", verified.records);
            for finding in &verified.findings {
                warn!("the store does not agree with itself: {finding}");
            }
        }
        Err(error) => return or_rebuild(places, error, lock).await,
    }
    if suspect.is_some() {
        places.remove_note()?;
    }
    if places.is_worth_compacting() {
        compact(places).await;
    }
    Ok(Opened::Checked)
}

/// Why an earlier mending has to go on, or a new one to begin without any opening.
fn unfinished(
    places: &StatePlaces,
    note: Option<&RebuildNote>,
) -> Result<Option<String>, StoreError> {
    let lost = places.lost()?;
    Ok(match note {
        Some(RebuildNote::Damaged { reason }) => Some(reason.clone()),
        Some(RebuildNote::Aside { reason, .. }) if lost.is_some() || !places.store().exists() => {
            Some(reason.clone())
        }
        Some(
            RebuildNote::Aside { .. }
            | RebuildNote::Suspect { .. }
            | RebuildNote::Importing
            | RebuildNote::Rebuilt { .. },
        )
        | None => lost,
    })
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

/// Rebuilds the store if an error means that it is damaged; otherwise the error stands.
async fn or_rebuild(
    places: &StatePlaces,
    error: StoreError,
    lock: File,
) -> Result<Opened, StoreError> {
    match &error {
        StoreError::Damaged { reason, .. } => rebuild(places, reason, lock).await,
        StoreError::Stuck { .. } => rebuild(places, &error.to_string(), lock).await,
        StoreError::Io { .. }
        | StoreError::Newer { .. }
        | StoreError::InUse { .. }
        | StoreError::Export { .. }
        | StoreError::Stopped => Err(error),
    }
}

async fn rebuild(places: &StatePlaces, reason: &str, lock: File) -> Result<Opened, StoreError> {
    systemd::extend_timeout(MEND_TIME_MAX);
    error!(
        "the store in {} can't be used: {reason}",
        places.store().display()
    );
    let (own, reason) = (places.clone(), reason.to_owned());
    let fresh = Installation {
        instance: start::fresh_instance(),
        first_started: BTreeMap::new(),
        mode: None,
        acknowledge_since: None,
        breaker_until: None,
        rebuilt_at: None,
    };
    let now = SystemClock.now();
    let rebuilt = tokio::task::spawn_blocking(move || own.rebuild(&reason, &fresh, now));
    let report = rebuilt.await.unwrap_or(Err(StoreError::Stopped))?;
    warn!("{}", report.in_words());
    drop(lock);
    Ok(Opened::Checked)
}

/// Gives space back. A failure costs nothing but the space.
async fn compact(places: &StatePlaces) {
    systemd::extend_timeout(MEND_TIME_MAX);
    let before = places.store_bytes();
    info!(
        "the store takes up {} MiB; copying what is in use",
        before >> 20
    );
    let own = places.clone();
    let compacted = tokio::task::spawn_blocking(move || own.compact());
    match compacted.await.unwrap_or(Err(StoreError::Stopped)) {
        Ok(records) => {
            let after = places.store_bytes();
            info!(
                "{records} records copied; the store takes up {} MiB now",
                after >> 20
            );
        }
        Err(error) => warn!("the store stays as large as it is: {error}"),
    }
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
        Ok(()) => error!("the next start checks the whole store, and rebuilds it if need be"),
        Err(error) => error!("{error}"),
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
        warn!("{words}");
        let text = format!(
            "At its start, ackd found that {words}.\n\n\
             The mailboxes are read on from there, so that no client's mail is lost. What ackd \
             sent after that export is not known any more. So whoever waited then is not \
             acknowledged by ackd, the owners get one list of open cases in place of reminders \
             that may have gone out before, and what people told ackd since then (\"phoned\", \
             \"dismiss\" …) has to be told again.\n"
        );
        self.tell_operator("ackd has rebuilt its store", &text)
            .await?;
        places.remove_note()
    }

    /// The alarm that the store was rebuilt, for a day.
    pub(super) fn rebuilding_alarm(&self) -> Option<String> {
        let rebuilt = self.book.installation()?.rebuilt_at?;
        let now = self.clock.now();
        ((now - rebuilt).abs() < ALARM_SHOWN).then(|| {
            let at = rebuilt.format("%Y-%m-%dT%H:%M:%SZ");
            format!("the store was rebuilt at {at}; the log says why, and from what")
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
