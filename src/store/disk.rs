//! What has to be asked of the operating system beside sled.
//!
//! Vocabulary: the *data file* is sled's log, `db`; a *blob* is a file of its own in `blobs`,
//! into which sled puts what is too large for the log; to *confirm* is to make the disk say
//! that everything written so far is on it.
//!
//! Why: on Linux, sled's flush hands the data to the disk (`sync_file_range`) but does not
//! wait for the disk to have it, and it never syncs a blob at all. After a power cut a flushed
//! commit could be gone.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mark::MarkFile;
use super::seal::is_spare;
use super::{HighestNumbers, StoreError};

/// Only the user we run as may look in.
const DIRECTORY_MODE: u32 = 0o700;

/// What the system says when this process, or the whole machine, has no descriptor left.
const OUT_OF_DESCRIPTORS: [i32; 2] = [24, 23];

/// How often a descriptor is waited for, and how long each time: connections that are tried
/// in vain give theirs back at once.
const DESCRIPTOR_ATTEMPTS_MAX: usize = 100;
const DESCRIPTOR_PAUSE: Duration = Duration::from_millis(20);

/// The files of an open store, as far as they have to be synced by us.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    data: File,
    /// A descriptor put by for looking at the blobs: when connections have used up all others,
    /// the store must go on.
    spare: Option<File>,
    confirmed_blobs: BTreeSet<OsString>,
    mark: MarkFile,
}

impl Disk {
    /// Opens sled's files in a directory a second time. Syncing works on any descriptor.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let data = OpenOptions::new().write(true).open(path.join("db"))?;
        let mut disk = Self {
            path: path.to_owned(),
            data,
            spare: Some(File::open(path)?),
            confirmed_blobs: BTreeSet::new(),
            mark: MarkFile::open(path)?,
        };
        disk.confirm_data()?;
        // The names of the files themselves, once: they never change while the store is open.
        File::open(path)?.sync_all()?;
        Ok(disk)
    }

    /// Returns when the disk has everything that was flushed; these are the highest numbers in
    /// it.
    pub(super) fn confirm(&mut self, numbers: HighestNumbers) -> io::Result<()> {
        self.confirm_data()?;
        self.mark.note(self.data.metadata()?.len(), numbers)
    }

    fn confirm_data(&mut self) -> io::Result<()> {
        let mut confirmed = self.confirm_blobs();
        for _ in 0..DESCRIPTOR_ATTEMPTS_MAX {
            if !confirmed.as_ref().is_err_and(is_out_of_descriptors) {
                break;
            }
            if self.spare.take().is_none() {
                std::thread::sleep(DESCRIPTOR_PAUSE);
            }
            confirmed = self.confirm_blobs();
        }
        confirmed?;
        if self.spare.is_none() {
            self.spare = File::open(&self.path).ok();
        }
        self.data.sync_all()
    }

    /// There are blobs only of very long conversations, so that mostly this reads an empty
    /// directory.
    fn confirm_blobs(&mut self) -> io::Result<()> {
        let directory = self.path.join("blobs");
        let mut present = BTreeSet::new();
        for entry in std::fs::read_dir(&directory)? {
            present.insert(entry?.file_name());
        }
        let mut is_new = false;
        for name in present.difference(&self.confirmed_blobs) {
            match File::open(directory.join(name)) {
                Ok(blob) => blob.sync_all()?,
                // sled removes blobs nothing refers to any more, at any time.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            is_new = true;
        }
        if is_new {
            File::open(&directory)?.sync_all()?;
        }
        self.confirmed_blobs = present;
        Ok(())
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code.is_some_and(|code| OUT_OF_DESCRIPTORS.contains(&code))
}

/// Creates the store's directory with those above it, and closes it to everybody else. It has
/// to be a directory of the store's own.
pub(super) fn prepare_directory(path: &Path) -> io::Result<()> {
    if !path.exists() {
        if let Some(parent) = path.parent() {
            // The state folder, if nobody has made it yet: nobody else looks into it either.
            let mut private = DirBuilder::new();
            private
                .recursive(true)
                .mode(DIRECTORY_MODE)
                .create(parent)?;
        }
        DirBuilder::new().mode(DIRECTORY_MODE).create(path)?;
    }
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE))?;
    }
    Ok(())
}

/// Puts what sled makes anew from its log, snapshots above all, into a new directory
/// `damaged-<n>` beside it. `None` if there is nothing of that.
pub(super) fn set_spare_aside(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut spare = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(is_spare) {
            spare.push(name);
        }
    }
    if spare.is_empty() {
        return Ok(None);
    }
    let mut number = 1_u32;
    let aside = loop {
        let candidate = path.join(format!("damaged-{number}"));
        match DirBuilder::new().mode(DIRECTORY_MODE).create(&candidate) {
            Ok(()) => break candidate,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    };
    for name in spare {
        std::fs::rename(path.join(&name), aside.join(&name))?;
    }
    Ok(Some(aside))
}

/// Puts an error of the operating system into words for the operator.
pub(super) fn refused(action: &'static str, path: &Path, error: &io::Error) -> StoreError {
    let reason = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "no space left on the device; free some space, then start ackd again".into()
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is mounted read-only; mend it, then start ackd again".into()
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; give the directory to the user ackd runs as".into()
        }
        _ if is_locked(error) => "another ackd is using this store; stop it first".into(),
        _ => error.to_string(),
    };
    StoreError::Io {
        action,
        path: path.display().to_string(),
        reason,
    }
}

/// Whether sled found its data file locked by somebody else. It says so only in words.
pub(super) fn is_locked(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

/// Puts an error of sled into words for the operator.
pub(super) fn refused_by_sled(
    action: &'static str,
    path: &Path,
    error: &sled::Error,
) -> StoreError {
    match error {
        sled::Error::Io(error) => refused(action, path, error),
        sled::Error::Corruption { .. } => damaged(path, "bytes on disk are not what was written"),
        other => StoreError::Io {
            action,
            path: path.display().to_string(),
            reason: other.to_string(),
        },
    }
}

/// Names what can't be trusted.
pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        path: path.display().to_string(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_even_after_sled_has_copied_the_error() {
        let copied = sled::Error::Io(io::Error::from_raw_os_error(28)).clone();
        let error = refused_by_sled("write to", Path::new("/var/lib/ackd/store"), &copied);
        assert_eq!(
            error.to_string(),
            "could not write to the store in /var/lib/ackd/store: no space left on the device; \
             free some space, then start ackd again"
        );
    }

    #[test]
    fn a_new_directory_is_closed_to_others_and_an_old_one_becomes_so() {
        let place = tempfile::tempdir().expect("a directory");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;

        let new = place.path().join("state").join("store");
        prepare_directory(&new).expect("created");
        assert_eq!(mode(&new), 0o700);

        std::fs::set_permissions(&new, Permissions::from_mode(0o755)).unwrap();
        prepare_directory(&new).expect("closed");
        assert_eq!(mode(&new), 0o700);
    }

    #[test]
    fn snapshots_are_set_aside_each_time_into_a_new_directory() {
        let place = tempfile::tempdir().expect("a directory");
        assert_eq!(set_spare_aside(place.path()).unwrap(), None);
        for round in 1..=2 {
            std::fs::write(place.path().join("snap.0A"), "x").unwrap();
            let aside = set_spare_aside(place.path()).unwrap();
            let expected = place.path().join(format!("damaged-{round}"));
            assert_eq!(aside.as_ref(), Some(&expected));
            assert!(expected.join("snap.0A").exists());
            assert!(!place.path().join("snap.0A").exists());
        }
    }
}
