//! What a store had come to, beside it: sled opens a log that was cut off as if the rest had
//! never been.
//!
//! Vocabulary: a *step* is a commit that tells what no mailbox does: that mail is owed, was
//! tried or sent, what people said, what belongs to the installation. The *mark* is a small
//! file that knows how many steps there were.
//!
//! The mark is on disk before the caller of a step learns that the step is, and so before any
//! mail goes out because of it. Commits that only tell what was read in the mailboxes leave it
//! as it is (but for the length of sled's file, which grows in strides): what is lost of them is
//! read again, since the cursors are lost with it. So the mark costs one more sync for each
//! step, of which there are a few for each mail that is sent, and nothing while mail is read.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::HighestNumbers;
use super::export::lines;

/// The name of the file.
const NAME: &str = "mark.json";

/// How long the file is, in bytes: it is overwritten in place, within one sector of any disk.
const LENGTH: usize = 512;

/// What a store had come to. Nothing of it ever shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Mark {
    /// How long sled's file was, in bytes.
    bytes: u64,
    /// The highest numbers given out, that of steps among them.
    numbers: HighestNumbers,
}

impl Mark {
    /// The mark in a store's directory. `None` if there is none that can be believed.
    pub(super) fn read(directory: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(directory.join(NAME)).ok()?;
        let json = lines::json_of(text.lines().next()?)?;
        serde_json::from_str(&json).ok()
    }

    /// What was lost since, if anything was. `numbers`: what the store knows, if it is open.
    pub(super) fn lost(&self, directory: &Path, numbers: Option<HighestNumbers>) -> Option<String> {
        let data = std::fs::metadata(directory.join("db"));
        let bytes = data.map_or(0, |data| data.len());
        if bytes < self.bytes {
            let all = self.bytes;
            return Some(format!(
                "its file \"db\" is cut off: {bytes} bytes of {all}"
            ));
        }
        let behind = numbers.is_some_and(|numbers| self.numbers.is_ahead_of(&numbers));
        behind.then(|| "it has lost what was written last".to_owned())
    }

    /// Whether an export holds every step: then nothing is lost but what the mailboxes tell.
    pub(super) fn is_covered_by(&self, export: &HighestNumbers) -> bool {
        self.numbers.step > 0 && self.numbers.step <= export.step && self.numbers.row <= export.row
    }
}

/// The mark of an open store.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    written: Mark,
}

impl MarkFile {
    /// Opens the mark, or begins one.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(directory.join(NAME))?;
        let written = Mark::read(directory).unwrap_or_default();
        Ok(Self { file, written })
    }

    /// Takes note of what the store, which is on disk, has come to. Fails only if a step can't
    /// be noted.
    pub(super) fn note(&mut self, bytes: u64, numbers: HighestNumbers) -> io::Result<()> {
        let is_step = numbers.step != self.written.numbers.step;
        if !is_step && bytes <= self.written.bytes {
            return Ok(());
        }
        let mark = Mark { bytes, numbers };
        let written = self.write(&mark);
        match is_step {
            true => written.and_then(|()| self.file.sync_data())?,
            // An older one is as true, and is written again when the file has grown further.
            false if written.is_err() => return Ok(()),
            false => {}
        }
        self.written = mark;
        Ok(())
    }

    fn write(&self, mark: &Mark) -> io::Result<()> {
        let mut text = String::with_capacity(LENGTH);
        lines::add(&mut text, mark);
        let mut bytes = text.into_bytes();
        bytes.resize(bytes.len().max(LENGTH), b' ');
        self.file.write_all_at(&bytes, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(step: u64, history: u64) -> HighestNumbers {
        HighestNumbers {
            step,
            history,
            ..HighestNumbers::default()
        }
    }

    #[test]
    fn a_step_is_noted_and_what_the_mailboxes_tell_is_not() {
        let place = tempfile::tempdir().expect("a directory");
        let mut file = MarkFile::open(place.path()).expect("opens");
        file.note(0, numbers(0, 3)).expect("noted");
        assert_eq!(Mark::read(place.path()), None, "nothing to note yet");
        file.note(10, numbers(1, 4)).expect("noted");
        file.note(10, numbers(1, 9)).expect("noted");
        let mark = Mark::read(place.path()).expect("a mark");
        assert_eq!(mark.numbers, numbers(1, 4));
        file.note(20, numbers(1, 9)).expect("noted");
        let mark = Mark::read(place.path()).expect("a mark");
        assert_eq!((mark.bytes, mark.numbers), (20, numbers(1, 9)));
        let length = std::fs::metadata(place.path().join(NAME)).expect("there");
        assert_eq!(length.len(), LENGTH as u64);
    }

    #[test]
    fn a_mark_with_a_changed_byte_says_nothing() {
        let place = tempfile::tempdir().expect("a directory");
        let mut file = MarkFile::open(place.path()).expect("opens");
        file.note(1_000_000, numbers(12, 4)).expect("noted");
        let path = place.path().join(NAME);
        let whole = std::fs::read(&path).expect("readable");
        let line = whole
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a line");
        for at in 0..line {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).expect("writable");
            assert_eq!(Mark::read(place.path()), None, "byte {at}");
        }
    }

    #[test]
    fn an_export_covers_a_mark_if_it_knows_every_step() {
        let mark = Mark {
            bytes: 0,
            numbers: numbers(7, 4),
        };
        assert!(mark.is_covered_by(&numbers(7, 1)));
        assert!(!mark.is_covered_by(&numbers(6, 9)));
        assert!(
            !Mark::default().is_covered_by(&numbers(7, 7)),
            "an old store"
        );
    }
}
