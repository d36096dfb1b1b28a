//! Whether a store's files are as they were left.
//!
//! Vocabulary: a store that is closed in good order is *sealed*: the lengths and checksums of
//! its files are written beside them. Opening it breaks the seal. So a start knows, without
//! sled and in the time it takes to read the files once, whether they are what sled left
//! there; and a store without a seal was not closed in good order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::export::lines;

/// The name of the file.
const NAME: &str = "seal.json";

/// Beyond this length, in bytes, of a file only the length is looked at: reading it would
/// delay a start, or a stop, by seconds.
const SUMMED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// How much is read at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long sled's own threads may take to let go of a store that was closed.
const CLOSING_TIME_MAX: Duration = Duration::from_secs(2);
const CLOSING_LOOK_EVERY: Duration = Duration::from_millis(2);

/// One file of a sealed store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    bytes: u64,
    /// `None` if it is too long.
    sum: Option<u32>,
}

/// The files of a store, by their names below its directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Seal {
    files: BTreeMap<String, Sealed>,
}

/// What the seal of a store says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealing {
    /// There is none: the store was not closed in good order, or never.
    None,
    /// Every file is as it was left.
    Whole,
    /// Only what sled makes anew from its log is not.
    Spare(String),
    /// Something else is not.
    Broken(String),
}

/// Whether a store was closed in good order. Whether its files are still as they were then,
/// [`look_at`] tells.
pub(super) fn is_sealed(directory: &Path) -> bool {
    read(directory).is_some()
}

/// Compares the files of a store, which nobody may have open, with its seal.
pub(super) fn look_at(directory: &Path) -> io::Result<Sealing> {
    let Some(seal) = read(directory) else {
        return Ok(Sealing::None);
    };
    let found = Seal::of(directory)?;
    let mut spare = None;
    let names = seal.files.keys().chain(found.files.keys());
    for name in names {
        let Some(words) = difference(name, seal.files.get(name), found.files.get(name)) else {
            continue;
        };
        if !is_spare(name) {
            return Ok(Sealing::Broken(words));
        }
        spare.get_or_insert(words);
    }
    Ok(spare.map_or(Sealing::Whole, Sealing::Spare))
}

/// Breaks the seal: from now on the store is in use.
pub(super) fn break_seal(directory: &Path) -> io::Result<()> {
    match std::fs::remove_file(directory.join(NAME)) {
        Ok(()) => File::open(directory)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn read(directory: &Path) -> Option<Seal> {
    let text = std::fs::read_to_string(directory.join(NAME)).ok()?;
    let json = lines::json_of(text.lines().next()?)?;
    serde_json::from_str(&json).ok()
}

/// What differs, in words.
fn difference(name: &str, sealed: Option<&Sealed>, found: Option<&Sealed>) -> Option<String> {
    match (sealed, found) {
        (Some(sealed), Some(found)) if sealed == found => None,
        (Some(sealed), Some(found)) if found.bytes < sealed.bytes => Some(format!(
            "its file \"{name}\" is cut off: {} bytes of {}",
            found.bytes, sealed.bytes
        )),
        (Some(_), Some(_)) => Some(format!(
            "its file \"{name}\" is not as ackd left it when it stopped"
        )),
        (Some(_), None) => Some(format!("its file \"{name}\" is missing")),
        (None, _) => Some(format!(
            "there is a file \"{name}\" which ackd did not leave there"
        )),
    }
}

/// Whether sled makes a file anew from its log if it is not there: what it saves at the start,
/// and its own settings, which are always the same.
pub(super) fn is_spare(name: &str) -> bool {
    name.starts_with("snap.") || name == "conf"
}

impl Seal {
    fn of(directory: &Path) -> io::Result<Self> {
        let mut seal = Self::default();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if name == "blobs" {
                for blob in std::fs::read_dir(entry.path())? {
                    let blob = blob?;
                    let name = format!("blobs/{}", blob.file_name().to_string_lossy());
                    seal.files.insert(name, Sealed::of(&blob.path())?);
                }
            } else if name == "db" || is_spare(&name) {
                seal.files.insert(name, Sealed::of(&entry.path())?);
            }
        }
        Ok(seal)
    }

    /// Written in one step.
    fn write(&self, directory: &Path) -> io::Result<()> {
        let unfinished = directory.join("seal.unfinished");
        let mut text = String::new();
        lines::add(&mut text, self);
        let mut file = File::options();
        let file = file.write(true).create(true).truncate(true).mode(0o600);
        let mut file = file.open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(unfinished, directory.join(NAME))?;
        File::open(directory)?.sync_all()
    }
}

impl Sealed {
    fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes > SUMMED_BYTES_MAX {
            return Ok(Self { bytes, sum: None });
        }
        let (mut sum, mut chunk) = (0, vec![0; CHUNK_BYTES]);
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => sum = crc32c::crc32c_append(sum, &chunk[..read]),
            }
        }
        let sum = Some(sum);
        Ok(Self { bytes, sum })
    }
}

/// Seals a store when it is dropped: to be dropped after sled's own part of it.
#[derive(Debug)]
pub(super) struct Closing {
    directory: PathBuf,
    /// Whether what is on disk is not known, so that there is nothing to seal.
    pub(super) is_spoilt: bool,
}

impl Closing {
    pub(super) fn of(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            is_spoilt: false,
        }
    }

    /// sled's threads let go of its file a moment after the store was dropped; until then it
    /// may change.
    fn wait(&self) -> io::Result<bool> {
        let data = File::open(self.directory.join("db"))?;
        let looks = CLOSING_TIME_MAX.as_millis() / CLOSING_LOOK_EVERY.as_millis();
        for _ in 0..looks {
            if data.try_lock().is_ok() {
                return Ok(true);
            }
            std::thread::sleep(CLOSING_LOOK_EVERY);
        }
        Ok(false)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if self.is_spoilt || std::thread::panicking() {
            return;
        }
        let sealed = self.wait().and_then(|is_closed| match is_closed {
            true => Seal::of(&self.directory)?.write(&self.directory),
            false => Err(io::Error::other("sled did not let go of it")),
        });
        if let Err(error) = sealed {
            // Nothing is lost by it but time: the next start looks through the whole store.
            tracing::debug!("the store was closed without a seal: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SledStore;

    #[test]
    fn a_closed_store_is_sealed_and_every_change_to_its_files_is_seen() {
        let place = tempfile::tempdir().expect("a directory");
        let store = SledStore::open(place.path()).expect("opens");
        assert_eq!(look_at(place.path()).expect("looks"), Sealing::None);
        drop(store);
        assert_eq!(look_at(place.path()).expect("looks"), Sealing::Whole);
        let data = place.path().join("db");
        let whole = std::fs::read(&data).expect("readable");
        for at in (0..whole.len()).step_by(whole.len() / 7 + 1) {
            let mut changed = whole.clone();
            changed[at] ^= 4;
            std::fs::write(&data, &changed).expect("writable");
            let found = look_at(place.path()).expect("looks");
            assert!(matches!(found, Sealing::Broken(_)), "byte {at}: {found:?}");
        }
        std::fs::write(&data, &whole[..whole.len() / 2]).expect("writable");
        let found = look_at(place.path()).expect("looks");
        let is_cut = |words: &str| words.contains("\"db\" is cut off");
        assert!(matches!(&found, Sealing::Broken(words) if is_cut(words)));
        std::fs::write(&data, &whole).expect("writable");
        std::fs::write(place.path().join("snap.0F.generating"), "x").expect("writable");
        let found = look_at(place.path()).expect("looks");
        assert!(matches!(found, Sealing::Spare(_)), "{found:?}");
        let blob = place.path().join("blobs").join("12");
        std::fs::write(blob, "x").expect("writable");
        let found = look_at(place.path()).expect("looks");
        assert!(matches!(found, Sealing::Broken(_)), "{found:?}");
    }

    #[test]
    fn an_opened_store_has_no_seal_and_a_seal_that_was_changed_is_none() {
        let place = tempfile::tempdir().expect("a directory");
        drop(SledStore::open(place.path()).expect("opens"));
        assert!(is_sealed(place.path()));
        let seal = place.path().join(NAME);
        let mut text = std::fs::read(&seal).expect("readable");
        text[12] ^= 1;
        std::fs::write(&seal, text).expect("writable");
        assert!(!is_sealed(place.path()));
        let store = SledStore::open(place.path()).expect("opens");
        assert!(!seal.exists(), "what is in use has none");
        drop(store);
        assert!(is_sealed(place.path()));
    }
}
