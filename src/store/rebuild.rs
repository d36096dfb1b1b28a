//! A damaged or lost store: set aside, and made anew from the newest good export.
//!
//! Vocabulary: the *note* is a small file in the state folder that says which step of a
//! rebuilding was reached, so that a crash at any instruction goes on where it was; *aside* is
//! where the damaged store lies afterwards, untouched.
//!
//! ```text
//! note: damaged ─▶ store moved aside ─▶ note: aside ─▶ store.new made ─▶ store.new renamed
//!                                                       ─▶ note: rebuilt ─▶ operator told ─▶ no note
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk::{damaged, prepare_directory, refused};
use super::export::{ExportFolder, trailer_of, verify_export};
use super::headway::Headway;
use super::mark::Mark;
use super::seal::is_sealed;
use super::sled_store::SledStore;
use super::{HighestNumbers, StoreError};
use crate::domain::commit::{Installation, LostTime};
use crate::domain::time::Timestamp;

/// How many damaged or replaced stores are kept beside the one in use.
const ASIDE_KEPT: usize = 3;

/// How much is written to see whether the disk takes it at all, in bytes.
const PROBE_BYTES: usize = 64 * 1024;

/// Where everything lies in a state folder.
#[derive(Debug, Clone)]
pub struct StatePlaces {
    state_dir: PathBuf,
}

/// How far a rebuilding has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum RebuildNote {
    /// The running daemon met something it can't explain: the store is to be checked as a
    /// whole before it is used again.
    Suspect {
        /// What it met.
        reason: String,
    },
    /// The store is damaged and about to be moved aside.
    Damaged {
        /// What is wrong with it.
        reason: String,
    },
    /// A store that was made from an export somebody named is about to take the place of the
    /// one there was.
    Importing,
    /// It lies aside; another is being made.
    Aside {
        /// What was wrong with it.
        reason: String,
        /// Where it lies; `None` if there was none.
        aside: Option<PathBuf>,
    },
    /// The new store is in its place. The operator has to be told.
    Rebuilt(RebuildReport),
}

/// What a rebuilding came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildReport {
    /// What was wrong.
    pub reason: String,
    /// Where the damaged store lies; `None` if there was none.
    pub aside: Option<PathBuf>,
    /// The export it was made from; `None` if there was no good one.
    pub export: Option<PathBuf>,
    /// When that export was begun, as it says.
    pub export_of: Option<String>,
    /// Exports that could not be used, and why.
    pub refused: Vec<String>,
    /// Whether that export holds everything but what the mailboxes tell: then ackd knows what
    /// it has sent.
    #[serde(default)]
    pub is_complete: bool,
    /// Whether somebody asked for it (`ackd import`), rather than something being wrong.
    #[serde(default)]
    pub is_import: bool,
}

impl RebuildReport {
    /// In words, for the log and the operator: what was wrong and what was done.
    pub fn in_words(&self) -> String {
        if self.is_import {
            let export = self.export.as_deref().unwrap_or(Path::new("?"));
            let of = self.export_of.as_deref().unwrap_or("an unknown time");
            return format!(
                "the store was made by \"ackd import\" from the export {} (of {of})",
                export.display()
            );
        }
        let mut words = match (&self.export, &self.export_of) {
            (Some(export), of) => format!(
                "the store was rebuilt from the export {} (of {})",
                export.display(),
                of.as_deref().unwrap_or("an unknown time")
            ),
            (None, _) => "the store was begun anew: there was no export that could be used".into(),
        };
        if self.is_complete {
            words.push_str(", which holds everything but mail that is read again");
        }
        words.push_str(&format!("; reason: {}", self.reason));
        if let Some(aside) = &self.aside {
            words.push_str(&format!("; the damaged one lies in {}", aside.display()));
        }
        for refused in &self.refused {
            words.push_str(&format!("; {refused}"));
        }
        words
    }
}

impl StatePlaces {
    /// The places in a state folder.
    pub fn of(state_dir: &Path) -> Self {
        let state_dir = state_dir.to_owned();
        Self { state_dir }
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.state_dir.join("store")
    }

    /// A store that is being made.
    pub(super) fn new_store(&self) -> PathBuf {
        self.state_dir.join("store.new")
    }

    /// The exports.
    pub fn exports(&self) -> ExportFolder {
        ExportFolder::of(&self.state_dir)
    }

    fn note(&self) -> PathBuf {
        self.state_dir.join("rebuild.json")
    }

    /// Takes the state folder for this process alone, for as long as the file lives. Fails if
    /// another ackd has it.
    pub fn lock(&self) -> Result<File, StoreError> {
        prepare_directory(&self.state_dir).map_err(|error| self.refused("open", &error))?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.state_dir.join("ackd.lock"))
            .map_err(|error| self.refused("open", &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse {
                path: self.store().display().to_string(),
            }),
            Err(std::fs::TryLockError::Error(error)) => Err(self.refused("lock", &error)),
        }
    }

    /// What an earlier run has noted. One that can't be read means that it died while writing
    /// it: the step before is then seen from the folders.
    pub fn read_note(&self) -> Option<RebuildNote> {
        let text = std::fs::read_to_string(self.note()).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Notes a step, durably.
    pub fn write_note(&self, note: &RebuildNote) -> Result<(), StoreError> {
        let written = || -> io::Result<()> {
            let unfinished = self.state_dir.join("rebuild.json.unfinished");
            let text = serde_json::to_string(note).map_err(io::Error::other)?;
            let mut file = OpenOptions::new();
            let file = file.write(true).create(true).truncate(true).mode(0o600);
            let mut file = file.open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&unfinished, self.note())?;
            self.sync()
        };
        written().map_err(|error| self.refused("note the rebuilding of", &error))
    }

    /// There is nothing to go on with any more.
    pub fn remove_note(&self) -> Result<(), StoreError> {
        match std::fs::remove_file(self.note()).and_then(|()| self.sync()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.refused("note the rebuilding of", &error)),
        }
    }

    /// Why there has to be a rebuilding though nothing failed to open; `None` if a start may go
    /// on: there is a store, or there never was one.
    pub fn lost(&self) -> Result<Option<String>, StoreError> {
        self.finish_compaction()?;
        let store = self.store();
        let is_empty = match std::fs::read_dir(&store) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(self.refused("open", &error)),
        };
        if is_empty {
            let has_exports = !self.exports().exports()?.is_empty();
            return Ok(has_exports.then(|| "the store is gone".to_owned()));
        }
        let data = store.join("db");
        match std::fs::metadata(&data) {
            Ok(data) if data.len() == 0 => Ok(Some("its file \"db\" is empty".to_owned())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Some("its file \"db\" is missing".to_owned()))
            }
            Err(error) => Err(self.refused("open", &error)),
        }
    }

    /// Whether a store with these numbers has lost what the newest export still knows.
    pub fn is_behind_exports(&self, numbers: &HighestNumbers) -> Result<bool, StoreError> {
        let exports = self.exports().exports()?;
        let newest = exports.iter().find_map(|path| trailer_of(path));
        Ok(newest.is_some_and(|newest| newest.is_ahead_of(numbers)))
    }

    /// Sets the store aside and makes another, from the newest good export or from nothing.
    /// `fresh` is what is known of the installation without any export. Can be called again
    /// after a crash. Fails only if the disk refuses; nothing is moved if it refuses to be
    /// written to at all. Blocks.
    pub fn rebuild(
        &self,
        reason: &str,
        fresh: &Installation,
        now: Timestamp,
    ) -> Result<RebuildReport, StoreError> {
        self.probe()?;
        let (reason, aside) = match self.read_note() {
            Some(RebuildNote::Aside { reason, aside }) if !self.store().exists() => (reason, aside),
            _ => {
                let reason = reason.to_owned();
                self.write_note(&RebuildNote::Damaged {
                    reason: reason.clone(),
                })?;
                let aside = self.move_aside("damaged", now)?;
                self.write_note(&RebuildNote::Aside {
                    reason: reason.clone(),
                    aside: aside.clone(),
                })?;
                (reason, aside)
            }
        };
        // The clock may be behind what it showed when the store was last written to.
        let now = aside
            .as_deref()
            .and_then(last_written)
            .max(Some(now))
            .unwrap_or(now);
        let mut report = RebuildReport {
            reason,
            aside,
            export: None,
            export_of: None,
            refused: Vec::new(),
            is_complete: false,
            is_import: false,
        };
        self.make_new(&mut report, fresh, now)?;
        self.put_in_place()?;
        self.write_note(&RebuildNote::Rebuilt(report.clone()))?;
        self.clear_aside();
        Ok(report)
    }

    /// Whether there is anything in the place of the store.
    pub fn has_store(&self) -> bool {
        std::fs::read_dir(self.store()).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Whether the store was closed in good order.
    pub fn is_sealed(&self) -> bool {
        is_sealed(&self.store())
    }

    /// Moves the store out of the way; where it lies then. `None` if there is none.
    pub(super) fn move_aside(
        &self,
        word: &str,
        now: Timestamp,
    ) -> Result<Option<PathBuf>, StoreError> {
        if !self.store().exists() {
            return Ok(None);
        }
        let time = now.format("%Y%m%dT%H%M%SZ");
        let mut aside = self.state_dir.join(format!("store.{word}-{time}"));
        let mut number = 1;
        while aside.exists() {
            number += 1;
            aside = self.state_dir.join(format!("store.{word}-{time}-{number}"));
        }
        std::fs::rename(self.store(), &aside)
            .and_then(|()| self.sync())
            .map_err(|error| self.refused("move aside", &error))?;
        Ok(Some(aside))
    }

    /// Puts the store that was made into its place.
    pub(super) fn put_in_place(&self) -> Result<(), StoreError> {
        std::fs::rename(self.new_store(), self.store())
            .and_then(|()| self.sync())
            .map_err(|error| self.refused("put into place", &error))
    }

    /// Removes a store that was being made.
    pub(super) fn clear_new(&self) -> Result<(), StoreError> {
        match std::fs::remove_dir_all(self.new_store()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.refused("clear the place of", &error)),
        }
    }

    /// Keeps only the newest of the stores that were moved aside. What can't be removed stays.
    pub(super) fn clear_aside(&self) {
        let is_aside = |name: &String| {
            name.starts_with("store.damaged-") || name.starts_with("store.replaced-")
        };
        let entries = std::fs::read_dir(&self.state_dir).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(is_aside).collect();
        // By the time in the name, whatever the word before it.
        names.sort_by_key(|name| {
            let time = name.split_once('-').map(|(_, time)| time.to_owned());
            std::cmp::Reverse(time)
        });
        for name in names.iter().skip(ASIDE_KEPT) {
            if let Err(error) = std::fs::remove_dir_all(self.state_dir.join(name)) {
                tracing::warn!(
                    event = "old_store_stays",
                    "could not remove the old store {name}: {error}"
                );
            }
        }
    }

    fn make_new(
        &self,
        report: &mut RebuildReport,
        fresh: &Installation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let new = self.new_store();
        let mark = report.aside.as_deref().and_then(Mark::read);
        let nobody_looks = Headway::default();
        for export in self.exports().exports()? {
            self.clear_new()?;
            let numbers = trailer_of(&export);
            let is_complete = mark
                .zip(numbers)
                .is_some_and(|(mark, numbers)| mark.is_covered_by(&numbers));
            let lost_until = (!is_complete).then_some(now);
            if let Err(error) = verify_export(&export, &nobody_looks) {
                report.refused.push(error.to_string());
                continue;
            }
            match SledStore::import(&export, &new, lost_until, &nobody_looks) {
                Ok(summary) => {
                    report.export = Some(export);
                    report.export_of = Some(summary.begun_at);
                    report.is_complete = is_complete;
                    return Ok(());
                }
                Err(error @ (StoreError::Export { .. } | StoreError::Damaged { .. })) => {
                    report.refused.push(error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        self.clear_new()?;
        let installation = Installation {
            lost: vec![LostTime {
                since: None,
                until: now,
                is_listed: false,
            }],
            ..fresh.clone()
        };
        SledStore::begin_anew(&new, &installation)
    }

    /// A disk that takes no bytes is no damage, and a rebuilding would fail half-way.
    fn probe(&self) -> Result<(), StoreError> {
        let path = self.state_dir.join("probe.unfinished");
        let written = || -> io::Result<()> {
            let mut file = File::create(&path)?;
            file.write_all(&[0; PROBE_BYTES])?;
            file.sync_all()
        };
        let written = written();
        // It may never have come to be.
        let _ = std::fs::remove_file(&path);
        written.map_err(|error| self.refused("rebuild", &error))
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.state_dir)?.sync_all()
    }

    pub(super) fn refused(&self, action: &'static str, error: &io::Error) -> StoreError {
        refused(action, &self.store(), error)
    }

    /// What is wrong with the store, in words.
    pub fn damaged(&self, reason: &str) -> StoreError {
        damaged(&self.store(), reason)
    }
}

/// When a store was last written to, as the file system says.
fn last_written(store: &Path) -> Option<Timestamp> {
    let data = std::fs::metadata(store.join("db")).ok()?;
    data.modified().ok().map(Timestamp::from)
}
