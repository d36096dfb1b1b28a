//! Checking a whole store: every record can be read, makes sense and agrees with the others.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{damaged, refused};
use super::headway::Headway;
use super::inspect::Inspection;
use super::patience::Patience;
use super::rebuild::StatePlaces;
use super::sled_store::SledStore;
use super::{Store as _, StoreError};
use crate::domain::commit::Loaded;

/// How long the check of a store may take in all.
const VERIFY_TIME_MAX: Duration = Duration::from_secs(600);

/// What was found in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records it holds.
    pub records: u64,
    /// What is wrong, in words.
    pub findings: Vec<String>,
    /// Whether something in it can't be trusted, rather than merely not agreeing.
    pub is_damaged: bool,
    /// What is in memory while the daemon runs; `None` if that can't be read.
    pub loaded: Option<Loaded>,
}

/// Checks the store in a directory, which nobody may have open. sled may write to it while it
/// is opened.
///
/// Fails if it can't be opened, hangs or is of a newer version.
pub async fn verify_store(directory: &Path, headway: &Headway) -> Result<Verified, StoreError> {
    let headway = headway.clone();
    let path = directory.to_owned();
    let patience = Patience::with(directory);
    let (found, finding) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("verify".into())
        .spawn(move || {
            let look = std::panic::AssertUnwindSafe(|| look_through(&path, &headway));
            let looked = std::panic::catch_unwind(look)
                .unwrap_or_else(|_| Err(damaged(&path, "reading it panicked")));
            let _nobody_waits = found.send(looked);
        })
        .map_err(|error| refused("start a thread for", directory, &error))?;
    match tokio::time::timeout(VERIFY_TIME_MAX, patience.wait_for(finding)).await {
        Ok(Ok(Ok(verified))) => verified,
        Ok(Ok(Err(_))) => Err(StoreError::Stopped),
        Ok(Err(stuck)) => Err(stuck),
        Err(_) => Err(StoreError::Stuck {
            path: directory.display().to_string(),
            seconds: VERIFY_TIME_MAX.as_secs(),
        }),
    }
}

/// Checks a copy of the store in a state folder, so that the store itself stays as it is. The
/// copy is removed again. `None` if there is no store.
///
/// Fails if it can't be copied, opened, or is of a newer version.
pub async fn verify_copy(
    places: &StatePlaces,
    headway: &Headway,
) -> Result<Option<Verified>, StoreError> {
    let store = places.store();
    if !store.exists() {
        return Ok(None);
    }
    let copy = Copy {
        path: store.with_extension("verify"),
    };
    copy.remove();
    copy_directory(&store, &copy.path).map_err(|error| refused("copy", &store, &error))?;
    let verified = verify_store(&copy.path, headway).await.map(Some);
    verified.map_err(|error| match error {
        // What is wrong with the copy is wrong with the store.
        StoreError::Damaged { reason, .. } => damaged(&store, reason),
        other => other,
    })
}

/// A copy that is removed when it is not needed any more.
struct Copy {
    path: PathBuf,
}

impl Copy {
    fn remove(&self) {
        // What is left over is overwritten the next time.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.remove();
    }
}

fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    super::disk::prepare_directory(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.metadata()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    File::open(to)?.sync_all()
}

fn look_through(directory: &Path, headway: &Headway) -> Result<Verified, StoreError> {
    let mut store = SledStore::open(directory)?;
    let mut inspection = Inspection::default();
    for entry in store.range((Bound::Unbounded, Bound::Unbounded)) {
        let (key, bytes) = entry?;
        inspection.see(&key, Some(&bytes));
        headway.reach(inspection.records());
    }
    let (loaded, unread) = match store.load() {
        Ok(loaded) => (Some(loaded), None),
        Err(error @ StoreError::Newer { .. }) => return Err(error),
        Err(error) => (None, Some(error.to_string())),
    };
    let is_damaged = inspection.is_broken() || unread.is_some();
    let records = inspection.records();
    let mut findings = inspection.finish();
    findings.extend(unread);
    Ok(Verified {
        records,
        findings,
        is_damaged,
        loaded,
    })
}
