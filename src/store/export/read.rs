//! Reading an export: nothing in it is believed before its checksums are.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::file::{EXPORT_VERSION, Header, Trailer};
use super::{Entry, HighestNumbers, lines};
use crate::store::disk::refused;
use crate::store::headway::Headway;
use crate::store::inspect::Inspection;
use crate::store::keys::KeyKind;
use crate::store::plain::Plain;
use crate::store::{STORE_VERSION, StoreError};

/// The longest line that is read: a case of a thousand mails in twenty places each.
const LINE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a trailer is at most.
const TRAILER_BYTES_MAX: u64 = 1024;

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSummary {
    /// Where it lies.
    pub path: PathBuf,
    /// When it was begun, as it says.
    pub begun_at: String,
    /// Which ackd wrote it.
    pub written_by: String,
    /// How many records it holds.
    pub records: u64,
    /// How long it is.
    pub bytes: u64,
    /// Whether it was written when the daemon had stopped in good order.
    pub is_last: bool,
    /// What does not agree in it, though every line is as it was written.
    pub findings: Vec<String>,
}

/// One line between header and trailer.
#[derive(Debug)]
pub(in crate::store) struct Line {
    /// The key.
    pub(in crate::store) key: Vec<u8>,
    /// What lies under it; `None`: it is gone.
    pub(in crate::store) record: Option<Plain>,
}

/// Reads a whole export and checks every line, the count, the sum over all of it, and that the
/// records make sense and agree with each other.
///
/// Fails if the file can't be read or is not as it was written; what does not agree is told in
/// the summary. Blocks.
pub fn verify_export(path: &Path, headway: &Headway) -> Result<ExportSummary, StoreError> {
    let mut inspection = Inspection::default();
    let mut summary = read_lines(path, headway, |line| {
        let sealed = line.record.as_ref().map(|record| record.seal(&line.key));
        inspection.see(&line.key, sealed.as_deref());
        Ok(())
    })?;
    summary.findings = inspection.finish();
    Ok(summary)
}

/// Gives every line of an export to `take`, in order. Whether all is well is known only at the
/// end: what was taken before a failure must not be used.
pub(in crate::store) fn read_lines(
    path: &Path,
    headway: &Headway,
    mut take: impl FnMut(Line) -> Result<(), StoreError>,
) -> Result<ExportSummary, StoreError> {
    let mut reader = Reader::open(path)?;
    headway.expect(reader.length());
    let header: Header = match reader.next_line()? {
        Some(line) => reader.parse(&line, "is not the beginning of an export")?,
        None => return Err(reader.wrong("the file is empty")),
    };
    if header.ackd_export > EXPORT_VERSION || header.store_version > STORE_VERSION {
        let newer = format!(
            "a newer ackd ({}) wrote it; install that one",
            header.written_by
        );
        return Err(reader.wrong(&newer));
    }
    let mut records = 0;
    let is_last = loop {
        let so_far = reader.hash.clone();
        let Some(line) = reader.next_line()? else {
            return Err(reader.wrong("it ends too early: its last line is missing"));
        };
        if line.starts_with("{\"records\":") {
            let trailer: Trailer = reader.parse(&line, "is not the end of an export")?;
            if trailer.records != records || trailer.blake3 != so_far.finalize().to_hex().as_str() {
                return Err(reader.wrong("lines are missing, or stand in another order"));
            }
            break trailer.is_last;
        }
        let entry: Entry = reader.parse(&line, "is no record")?;
        let Some(key) = entry.key().filter(|key| KeyKind::of(key).is_some()) else {
            return Err(reader.wrong("a newer ackd wrote it, or its key is none"));
        };
        let record = entry.record;
        take(Line { key, record })?;
        records += 1;
        headway.reach(reader.bytes);
    };
    if reader.next_line()?.is_some() {
        return Err(reader.wrong("it goes on behind its end"));
    }
    Ok(ExportSummary {
        path: path.to_owned(),
        begun_at: header.begun_at,
        written_by: header.written_by,
        records,
        bytes: reader.bytes,
        is_last,
        findings: Vec::new(),
    })
}

/// The highest numbers an export knows of, from its last line alone. `None` if it can't be
/// read.
pub(in crate::store) fn trailer_of(path: &Path) -> Option<HighestNumbers> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let from = length.saturating_sub(TRAILER_BYTES_MAX);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut end = Vec::new();
    file.take(TRAILER_BYTES_MAX).read_to_end(&mut end).ok()?;
    let end = end.strip_suffix(b"\n")?;
    let line = end.rsplit(|byte| *byte == b'\n').next()?;
    let json = lines::json_of(std::str::from_utf8(line).ok()?)?;
    let trailer: Trailer = serde_json::from_str(&json).ok()?;
    Some(trailer.numbers)
}

struct Reader<'a> {
    path: &'a Path,
    file: BufReader<File>,
    number: u64,
    bytes: u64,
    hash: blake3::Hasher,
}

impl<'a> Reader<'a> {
    fn open(path: &'a Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|error| refused("read the export of", path, &error))?;
        Ok(Self {
            path,
            file: BufReader::new(file),
            number: 0,
            bytes: 0,
            hash: blake3::Hasher::new(),
        })
    }

    /// How long the file is; zero if that can't be told.
    fn length(&self) -> u64 {
        let metadata = self.file.get_ref().metadata();
        metadata.map_or(0, |metadata| metadata.len())
    }

    /// The JSON of the next line; `None` at the end of the file.
    fn next_line(&mut self) -> Result<Option<String>, StoreError> {
        let mut line = Vec::new();
        let read = io::Read::by_ref(&mut self.file)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)
            .map_err(|error| refused("read the export of", self.path, &error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        self.hash.update(&line);
        let whole = line.strip_suffix(b"\n").map(std::str::from_utf8);
        let Some(Ok(text)) = whole else {
            return Err(self.wrong("it is cut off, or no text"));
        };
        match lines::json_of(text) {
            Some(json) => Ok(Some(json)),
            None => Err(self.wrong("its checksum is wrong: it is not as it was written")),
        }
    }

    fn parse<T: serde::de::DeserializeOwned>(
        &self,
        json: &str,
        what: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(json).map_err(|error| self.wrong(&format!("{what}: {error}")))
    }

    fn wrong(&self, reason: &str) -> StoreError {
        StoreError::Export {
            path: self.path.display().to_string(),
            line: self.number,
            reason: reason.to_owned(),
        }
    }
}
