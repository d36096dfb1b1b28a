//! Writing an export: into a file of another name first, private, complete on the disk before
//! it gets its own.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ExportSlice, HighestNumbers, lines};
use crate::domain::time::Timestamp;
use crate::store::disk::refused;
use crate::store::{STORE_VERSION, StoreError};

/// The form in which exports are written. One of a higher version is refused.
pub(super) const EXPORT_VERSION: u32 = 1;

/// The end of the name of an export that is being written.
const UNFINISHED: &str = "unfinished";

/// The first line of an export.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) ackd_export: u32,
    pub(super) store_version: u32,
    pub(super) written_by: String,
    pub(super) begun_at: String,
}

/// The last line of an export.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) records: u64,
    pub(super) numbers: HighestNumbers,
    pub(super) blake3: String,
    /// Whether the daemon had stopped, in good order: then it holds all there was to that moment.
    #[serde(default)]
    pub(super) is_last: bool,
}

/// An export that is being written. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct ExportFile {
    path: PathBuf,
    unfinished: PathBuf,
    file: BufWriter<File>,
    hash: blake3::Hasher,
    records: u64,
    bytes: u64,
    numbers: HighestNumbers,
    is_last: bool,
}

/// An export that is complete on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedExport {
    /// Where it lies.
    pub path: PathBuf,
    /// How many records it holds; one that changed while it was written counts twice.
    pub records: u64,
    /// How long it is.
    pub bytes: u64,
}

impl ExportFile {
    /// Begins an export that will lie at `path` once it is finished. Fails if the disk refuses.
    pub fn begin(path: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(UNFINISHED);
        let unfinished = PathBuf::from(name);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(|error| refused("write an export of", path, &error))?;
        let mut export = Self {
            path: path.to_owned(),
            unfinished,
            file: BufWriter::new(file),
            hash: blake3::Hasher::new(),
            records: 0,
            bytes: 0,
            numbers: HighestNumbers::default(),
            is_last: false,
        };
        let mut line = String::new();
        lines::add(
            &mut line,
            &Header {
                ackd_export: EXPORT_VERSION,
                store_version: STORE_VERSION,
                written_by: env!("CARGO_PKG_VERSION").to_owned(),
                begun_at: now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
        );
        export.write(&line)?;
        Ok(export)
    }

    /// Adds a slice.
    pub fn add(&mut self, slice: &ExportSlice) -> Result<(), StoreError> {
        self.records += slice.records;
        self.numbers = slice.numbers;
        self.write(&slice.lines)
    }

    /// Says that the daemon has stopped in good order, and that nothing was done since.
    pub fn mark_last(&mut self) {
        self.is_last = true;
    }

    /// How many records were added by now.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Finishes the export: it is on the disk under its own name when this returns.
    pub fn finish(mut self) -> Result<FinishedExport, StoreError> {
        let mut line = String::new();
        let trailer = Trailer {
            records: self.records,
            numbers: self.numbers,
            blake3: self.hash.finalize().to_hex().to_string(),
            is_last: self.is_last,
        };
        lines::add(&mut line, &trailer);
        self.write(&line)?;
        self.settle()
            .map_err(|error| refused("write an export of", &self.path, &error))?;
        Ok(FinishedExport {
            path: self.path.clone(),
            records: self.records,
            bytes: self.bytes,
        })
    }

    fn write(&mut self, text: &str) -> Result<(), StoreError> {
        self.hash.update(text.as_bytes());
        self.bytes += text.len() as u64;
        self.file
            .write_all(text.as_bytes())
            .map_err(|error| refused("write an export of", &self.path, &error))
    }

    fn settle(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.unfinished, &self.path)?;
        let folder = self.path.parent().filter(|own| !own.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        // After finishing there is none; a leftover is overwritten or cleared away later.
        let _ = std::fs::remove_file(&self.unfinished);
    }
}

/// The folder in which the daemon keeps its exports.
#[derive(Debug, Clone)]
pub struct ExportFolder {
    path: PathBuf,
}

impl ExportFolder {
    /// The folder of exports in a state folder. It need not be there.
    pub fn of(state_dir: &Path) -> Self {
        let path = state_dir.join("exports");
        Self { path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where an export of this moment lies: names tell the order.
    pub fn place_for(&self, now: Timestamp) -> PathBuf {
        let name = format!("ackd-{}.jsonl", now.format("%Y%m%dT%H%M%SZ"));
        self.path.join(name)
    }

    /// The moment an export's name tells; `None` if it is no name of ours.
    pub fn moment_of(path: &Path) -> Option<Timestamp> {
        let name = path.file_name()?.to_str()?;
        let time = name.strip_prefix("ackd-")?.strip_suffix(".jsonl")?;
        let time = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok()?;
        Some(time.and_utc())
    }

    /// Creates it, closed to everybody else.
    pub fn create(&self) -> Result<(), StoreError> {
        let mut folder = DirBuilder::new();
        let created = folder.recursive(true).mode(0o700).create(&self.path);
        created.map_err(|error| refused("write an export of", &self.path, &error))
    }

    /// The finished exports, the newest first. None if the folder is not there.
    pub fn exports(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut names = match self.names() {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(refused("list the exports of", &self.path, &error)),
        };
        names.retain(|name| name.starts_with("ackd-") && name.ends_with(".jsonl"));
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(names.into_iter().map(|name| self.path.join(name)).collect())
    }

    /// Removes what is not kept: of each day the newest stays, of as many days as `kept` says.
    /// So many restarts in a row never push out what is older. Unfinished ones go, too.
    pub fn rotate(&self, kept: usize) -> Result<(), StoreError> {
        let failed = |error: &io::Error| refused("clear away old exports of", &self.path, error);
        let mut days: Vec<String> = Vec::new();
        for path in self.exports()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let day: String = name.chars().take("ackd-20260101".len()).collect();
            if days.len() < kept.max(1) && days.last() != Some(&day) {
                days.push(day);
            } else {
                std::fs::remove_file(&path).map_err(|error| failed(&error))?;
            }
        }
        for name in self.names().map_err(|error| failed(&error))? {
            if name.ends_with(UNFINISHED) {
                std::fs::remove_file(self.path.join(name)).map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn of_each_day_the_newest_export_stays_and_of_days_as_many_as_are_kept() {
        let place = tempfile::tempdir().expect("a directory");
        let folder = ExportFolder::of(place.path());
        assert_eq!(folder.exports(), Ok(Vec::new()), "none is there yet");
        folder.create().expect("created");
        for moment in [
            "2026-11-19T03:00:00Z",
            "2026-11-20T03:00:00Z",
            "2026-11-21T03:00:00Z",
            "2026-11-22T03:00:00Z",
            "2026-11-22T04:00:00Z",
            "2026-11-22T05:00:00Z",
        ] {
            std::fs::write(folder.place_for(at(moment)), "x").expect("written");
        }
        let left_over = folder.path().join("ackd-20261122T060000Z.jsonl.unfinished");
        std::fs::write(&left_over, "x").expect("written");
        std::fs::write(folder.path().join("mine.txt"), "x").expect("written");
        folder.rotate(3).expect("rotated");
        let names: Vec<String> = folder
            .exports()
            .expect("listed")
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "ackd-20261122T050000Z.jsonl",
                "ackd-20261121T030000Z.jsonl",
                "ackd-20261120T030000Z.jsonl"
            ]
        );
        assert!(!left_over.exists());
        assert!(folder.path().join("mine.txt").exists());
    }
}
