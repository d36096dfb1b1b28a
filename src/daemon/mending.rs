//! What has to be done to a store before it is used: looked through, rebuilt, compacted.
//!
//! Vocabulary: to *mend* a store is to do whatever of this it needs. A store that was stopped
//! in good order, and that nothing has happened to since, needs nothing.
//!
//! It is done in a process of its own, which ends afterwards: sled keeps what it has read in
//! memory, and a damaged store may hang in a way that only the end of a process ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tracing::{error, info, warn};

use super::{start, systemd};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::commit::Installation;
use crate::store::{Headway, RebuildNote, StatePlaces, StoreError, verify_store};

/// How long mending may take. What it waits for has shorter limits of its own.
const MEND_TIME_MAX: Duration = Duration::from_secs(900);

/// Beyond this size, in bytes, a start does not wait for a look through the whole store after a
/// stop without good order; the next export meets what can't be read.
const LOOKED_THROUGH_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// How often a mending looks whether anybody waits for it.
const PARENT_LOOKED_FOR_EVERY: Duration = Duration::from_millis(100);

/// Whether there is anything to mend.
pub(super) fn is_needed(places: &StatePlaces) -> Result<bool, StoreError> {
    let note = places.read_note();
    if unfinished(places, note.as_ref())?.is_some() {
        return Ok(true);
    }
    let is_unsure = is_suspect(note.as_ref()) || is_unsealed(places);
    Ok(places.has_store() && (is_unsure || places.is_worth_compacting()))
}

/// Mends the store in a process of its own, of the same program, which shares our lock on the
/// state folder; or, where that is not possible, in this one.
pub(super) async fn mend_apart(
    places: &StatePlaces,
    state_dir: &Path,
    program: Option<&Path>,
    lock: &File,
) -> Result<(), StoreError> {
    systemd::extend_timeout(MEND_TIME_MAX);
    if let Some(program) = program {
        match in_child(program, state_dir, lock).await {
            Ok(()) => return Ok(()),
            Err(words) => warn!(
                event = "mending_here",
                "the store is mended by ackd itself, because {words}"
            ),
        }
    }
    mend(places).await
}

async fn in_child(program: &Path, state_dir: &Path, lock: &File) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("no process could be started for it: {error}");
    // The lock lasts as long as either of us lives.
    let lock = lock.try_clone().map_err(failed)?;
    let mut child = tokio::process::Command::new(program)
        .arg("mend")
        .arg(state_dir)
        .args(["--log", super::logging::format().as_str()])
        .stdin(Stdio::from(lock))
        .env_remove("NOTIFY_SOCKET")
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    match tokio::time::timeout(MEND_TIME_MAX, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("the process for it has failed: {status}")),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => {
            let seconds = MEND_TIME_MAX.as_secs();
            Err(format!("the process for it took longer than {seconds} s"))
        }
    }
}

/// Ends this process as soon as the one that has started it is gone: it holds the lock on the
/// state folder, and whoever is started next needs that. A mending that ends in its middle is gone
/// on with.
pub fn end_with_parent() {
    let parent = std::os::unix::process::parent_id();
    std::thread::spawn(move || {
        while std::os::unix::process::parent_id() == parent {
            std::thread::sleep(PARENT_LOOKED_FOR_EVERY);
        }
        error!(
            event = "mending_abandoned",
            "whoever started the mending is gone; the next start goes on with it"
        );
        std::process::exit(1);
    });
}

/// Mends the store in this process. The state folder has to be locked.
///
/// Fails if the store is of a newer version, or if the disk refuses.
pub async fn mend(places: &StatePlaces) -> Result<(), StoreError> {
    let note = places.read_note();
    if let Some(reason) = unfinished(places, note.as_ref())? {
        return rebuild(places, &reason).await;
    }
    places.clear_left_overs()?;
    if !places.has_store() {
        return Ok(());
    }
    if let Some(RebuildNote::Suspect { reason }) = &note {
        warn!(
            event = "store_suspect",
            "the store is suspect because of the last run: {reason}"
        );
    } else if is_unsealed(places) {
        info!(
            event = "store_not_sealed",
            "ackd was not stopped in good order"
        );
    }
    if (is_suspect(note.as_ref()) || is_unsealed(places))
        && let Some(reason) = look_through(places).await?
    {
        return rebuild(places, &reason).await;
    }
    if is_suspect(note.as_ref()) {
        places.remove_note()?;
    }
    if places.is_worth_compacting() {
        compact(places).await;
    }
    Ok(())
}

/// Looks at every record; what is wrong with the store, if it has to be rebuilt.
async fn look_through(places: &StatePlaces) -> Result<Option<String>, StoreError> {
    let kilobytes = places.store_bytes().div_ceil(1024);
    info!(
        event = "store_examined",
        "looking through the whole store ({kilobytes} KiB)"
    );
    match verify_store(&places.store(), &Headway::default()).await {
        Ok(verified) if verified.is_damaged => {
            let found = verified.findings.into_iter().next();
            Ok(Some(found.unwrap_or_default()))
        }
        Ok(verified) => {
            info!(
                event = "store_whole",
                "every one of its {} records is whole", verified.records
            );
            for finding in &verified.findings {
                warn!(
                    event = "store_inconsistent",
                    "the store does not agree with itself: {finding}"
                );
            }
            Ok(None)
        }
        Err(error) => damage_in(&error).map(Some).ok_or(error),
    }
}

/// Why a store that could not be used has to be rebuilt. `None` if the error does not mean that
/// it is damaged.
pub(super) fn damage_in(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Damaged { reason, .. } => Some(reason.clone()),
        StoreError::Stuck { seconds, .. } => {
            Some(format!("it hangs: it has done nothing for {seconds} s"))
        }
        StoreError::Io { .. }
        | StoreError::Newer { .. }
        | StoreError::InUse { .. }
        | StoreError::Export { .. }
        | StoreError::Stopped => None,
    }
}

/// Why an earlier mending has to go on, or a rebuilding to begin without any opening.
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

fn is_suspect(note: Option<&RebuildNote>) -> bool {
    matches!(note, Some(RebuildNote::Suspect { .. }))
}

fn is_unsealed(places: &StatePlaces) -> bool {
    !places.is_sealed() && places.store_bytes() <= LOOKED_THROUGH_BYTES_MAX
}

async fn rebuild(places: &StatePlaces, reason: &str) -> Result<(), StoreError> {
    error!(
        event = "store_unusable",
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
        lost: Vec::new(),
    };
    let now = SystemClock.now();
    let rebuilt = tokio::task::spawn_blocking(move || own.rebuild(&reason, &fresh, now));
    // What it came to is told when the daemon is up: the note tells it.
    rebuilt.await.unwrap_or(Err(StoreError::Stopped))?;
    Ok(())
}

/// Gives space back. A failure costs nothing but the space.
async fn compact(places: &StatePlaces) {
    let before = places.store_bytes();
    info!(
        event = "store_compacting",
        "the store takes up {} MiB; copying what is in use",
        before >> 20
    );
    let own = places.clone();
    let compacted = tokio::task::spawn_blocking(move || own.compact());
    match compacted.await.unwrap_or(Err(StoreError::Stopped)) {
        Ok(records) => {
            let after = places.store_bytes();
            info!(
                event = "store_compacted",
                "{records} records copied; the store takes up {} MiB now",
                after >> 20
            );
        }
        Err(error) => warn!(
            event = "store_not_compacted",
            "the store stays as large as it is: {error}"
        ),
    }
}
