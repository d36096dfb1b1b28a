//! Opening a store, which is where a damaged one shows itself.
//!
//! A damaged sled can fail, panic or hang while it is opened. So it is opened on a thread of
//! its own, panics are caught, and there is a deadline. Before sled sees it, its files are
//! compared with its seal ([`super::seal`]). A bad snapshot file, which only saves time at the
//! start, is set aside; what else is damaged is refused.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{self, damaged, prepare_directory, refused, set_spare_aside};
use super::handle::StoreHandle;
use super::keys::{self, KeyKind};
use super::mark::Mark;
use super::patience::Patience;
use super::seal::{self, Sealing};
use super::sled_store::SledStore;
use super::{STORE_VERSION, StoreError};

/// How much of the tree sled may keep in memory. Measured (`open/measure.rs`, 100,000 messages
/// in the index): 2 MiB grow the process by 17 MiB, 4 MiB by 21 MiB, 8 MiB by more; the larger
/// caches save little time. `Mode::LowSpace` makes no difference.
const CACHE_BYTES: u64 = 2 * 1024 * 1024;

/// How often a locked store is tried again, and after how long. sled's own threads let go of
/// the lock a moment after the store was closed, and a predecessor may just be ending.
const LOCKED_TRIES: u32 = 40;
const LOCKED_WAIT: Duration = Duration::from_millis(50);

/// Opens the store in a directory of its own, creates it if there is none, and starts the
/// thread on which it lives.
///
/// Fails if the store is in use, damaged or of a newer version, if the disk refuses, if it
/// hangs, or if all this takes longer than `deadline`.
pub async fn open(directory: &Path, deadline: Duration) -> Result<StoreHandle, StoreError> {
    let path = directory.to_owned();
    let (handle, opened) = StoreHandle::start(directory, move || SledStore::open(&path))?;
    let patience = Patience::with(directory);
    let opened = patience.wait_for(opened);
    match tokio::time::timeout(deadline, opened).await {
        Ok(Ok(Ok(Ok(())))) => Ok(handle),
        Ok(Ok(Ok(Err(error)))) => Err(error),
        Ok(Ok(Err(_))) => Err(damaged(directory, "opening it panicked")),
        Ok(Err(stuck)) => Err(stuck),
        Err(_) => Err(StoreError::Io {
            action: "open",
            path: directory.display().to_string(),
            reason: format!(
                "it took longer than {} s; the disk is very slow or the store is damaged: if it \
                 happens again, move the store aside, and ackd rebuilds it from the newest export \
                 and the mailboxes",
                deadline.as_secs()
            ),
        }),
    }
}

impl SledStore {
    /// Opens the store in a directory of its own, or creates it. Blocks; may hang if the
    /// store is damaged: [`open`] guards against that.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| refused("open", directory, &error);
        prepare_directory(directory).map_err(failed)?;
        match seal::look_at(directory).map_err(failed)? {
            Sealing::Whole | Sealing::None => {}
            Sealing::Broken(words) => return Err(damaged(directory, words)),
            Sealing::Spare(words) => {
                set_spare_aside(directory).map_err(failed)?;
                tracing::warn!(
                    event = "store_file_renewed",
                    "sled makes a file of the store anew: {words}"
                );
            }
        }
        seal::break_seal(directory).map_err(failed)?;
        match attempt(directory) {
            Ok(store) => Ok(store),
            Err(Failure::Final(error)) => Err(error),
            Err(Failure::Suspect(first)) => {
                let aside = set_spare_aside(directory).map_err(failed)?;
                let Some(aside) = aside else {
                    return Err(damaged(directory, first));
                };
                tracing::warn!(event = "store_file_renewed",
                    reason = first,
                    set_aside = %aside.display(),
                    "the store did not open; its snapshot is set aside and built anew"
                );
                attempt(directory).map_err(|failure| after_second(directory, &aside, failure))
            }
        }
    }
}

/// Why opening failed.
enum Failure {
    /// Another attempt would fail alike.
    Final(StoreError),
    /// A snapshot may be to blame.
    Suspect(String),
}

fn attempt(directory: &Path) -> Result<SledStore, Failure> {
    // sled takes a file it can't make anything of for a new one.
    let mark = Mark::read(directory).unwrap_or_default();
    if let Some(lost) = mark.lost(directory, None) {
        return Err(Failure::Final(damaged(directory, lost)));
    }
    let was_there = std::fs::metadata(directory.join("db")).is_ok_and(|data| data.len() > 0);
    match catch_unwind(AssertUnwindSafe(|| open_tree_when_free(directory))) {
        Ok(Ok(tree)) => {
            check_version(directory, &tree, was_there).map_err(Failure::Final)?;
            let store = SledStore::new(directory, tree).map_err(Failure::Final)?;
            match mark.lost(directory, Some(store.highest_numbers())) {
                Some(lost) => Err(Failure::Final(damaged(directory, lost))),
                None => Ok(store),
            }
        }
        Ok(Err(error)) if is_suspect(&error) => Err(Failure::Suspect(error.to_string())),
        Ok(Err(error)) => Err(Failure::Final(disk::refused_by_sled(
            "open", directory, &error,
        ))),
        Err(_) => Err(Failure::Suspect("opening it panicked".into())),
    }
}

fn open_tree_when_free(directory: &Path) -> sled::Result<sled::Db> {
    for _ in 1..LOCKED_TRIES {
        match open_tree(directory) {
            Err(sled::Error::Io(error)) if disk::is_locked(&error) => {
                std::thread::sleep(LOCKED_WAIT);
            }
            opened => return opened,
        }
    }
    open_tree(directory)
}

fn open_tree(directory: &Path) -> sled::Result<sled::Db> {
    settings(directory).open()
}

fn settings(directory: &Path) -> sled::Config {
    sled::Config::new()
        .path(directory)
        .cache_capacity(CACHE_BYTES)
        .mode(sled::Mode::HighThroughput)
        .use_compression(false)
        // Every commit flushes by itself; nothing is left for a timer.
        .flush_every_ms(None)
}

fn is_suspect(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(error) => matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
        ),
        sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => true,
        sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) => false,
    }
}

fn after_second(directory: &Path, aside: &Path, failure: Failure) -> StoreError {
    match failure {
        Failure::Final(error) => error,
        Failure::Suspect(reason) => damaged(
            directory,
            format!(
                "{reason}, also without its snapshot, which is now in {}",
                PathBuf::from(aside.file_name().unwrap_or_default()).display()
            ),
        ),
    }
}

/// Writes the version into a new store and refuses a store we don't understand. The record
/// has no envelope, so that every later ackd can read it: the version and its checksum.
fn check_version(directory: &Path, tree: &sled::Db, was_there: bool) -> Result<(), StoreError> {
    let key = keys::single(KeyKind::StoreVersion);
    let failed = |error: &sled::Error| disk::refused_by_sled("open", directory, error);
    let stored = tree.get(key).map_err(|error| failed(&error))?;
    let Some(stored) = stored else {
        if !tree.is_empty() || was_there {
            return Err(damaged(directory, "it does not name its version"));
        }
        let bytes = version_bytes(STORE_VERSION);
        tree.insert(key, bytes.as_slice())
            .and_then(|_| tree.flush())
            .map_err(|error| failed(&error))?;
        return Ok(());
    };
    let version = stored
        .first_chunk()
        .map(|bytes| u32::from_be_bytes(*bytes))
        .filter(|version| version_bytes(*version) == *stored)
        .ok_or_else(|| damaged(directory, "its version can't be read"))?;
    if version > STORE_VERSION {
        return Err(StoreError::Newer {
            path: directory.display().to_string(),
            what: format!("store version {version}, this one knows {STORE_VERSION}"),
        });
    }
    Ok(())
}

fn version_bytes(version: u32) -> Vec<u8> {
    let version = version.to_be_bytes();
    let checksum = crc32c::crc32c(&version).to_be_bytes();
    [version, checksum].concat()
}

#[cfg(test)]
mod measure;

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(directory: &Path) -> String {
        SledStore::open(directory)
            .expect_err("must be refused")
            .to_string()
    }

    /// Another ackd has opened it since.
    fn open_tree(directory: &Path) -> sled::Result<sled::Db> {
        seal::break_seal(directory)?;
        super::open_tree(directory)
    }

    #[test]
    fn a_store_of_a_newer_version_is_refused_in_words() {
        let place = tempfile::tempdir().expect("a directory");
        drop(SledStore::open(place.path()).expect("a new store"));

        let tree = open_tree(place.path()).expect("opens");
        let key = keys::single(KeyKind::StoreVersion);
        tree.insert(key, version_bytes(STORE_VERSION + 1)).unwrap();
        drop(tree);

        let words = "a newer ackd (store version 2, this one knows 1)";
        assert!(refusal(place.path()).contains(words));
    }

    #[test]
    fn a_store_with_an_unreadable_or_missing_version_is_damaged() {
        let place = tempfile::tempdir().expect("a directory");
        drop(SledStore::open(place.path()).expect("a new store"));
        let key = keys::single(KeyKind::StoreVersion);

        let tree = open_tree(place.path()).expect("opens");
        tree.insert(key, b"12345678").unwrap();
        tree.insert(b"other", b"x").unwrap();
        drop(tree);
        assert!(refusal(place.path()).contains("its version can't be read"));

        let tree = open_tree(place.path()).expect("opens");
        tree.remove(key).unwrap();
        drop(tree);
        assert!(refusal(place.path()).contains("it does not name its version"));
    }

    #[test]
    fn a_second_opening_is_refused_in_words() {
        let place = tempfile::tempdir().expect("a directory");
        let first = SledStore::open(place.path()).expect("a new store");
        assert!(refusal(place.path()).contains("another ackd is using this store"));
        drop(first);
        assert!(SledStore::open(place.path()).is_ok());
    }
}
