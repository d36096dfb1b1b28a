//! Records of the store (`store::record`, `store::records`).
//!
//! An input: one byte of choices, one for the length of the key, the key, the rest. The rest is
//! the record as it lies on disk or, so that more than the checksum is tried, what is put into
//! an envelope with the right checksum first.
//!
//! Demanded: a record is read or refused in words; a case or row that was read can be taken
//! into the book, as the daemon does when it starts. Nothing is let through: a panic here would
//! keep the daemon from starting.

use ackd::domain::book::Book;
use ackd::store::Remembered;

use super::{Target, team};

/// See the module.
pub const TARGET: Target = Target {
    name: "records",
    run,
    lets_through: &[],
};

const AS_ON_DISK: u8 = 1;

/// The version in which records are written.
const VERSION: u8 = 1;

fn run(input: &[u8]) {
    let [choices, length, rest @ ..] = input else {
        return;
    };
    let (key, rest) = rest.split_at(rest.len().min(usize::from(*length)));
    let record = match choices & AS_ON_DISK {
        0 => sealed(key, rest),
        _ => rest.to_vec(),
    };
    match Remembered::read(key, &record) {
        Ok(remembered) => take_in(remembered),
        Err(words) => assert!(!words.is_empty(), "an error without words"),
    }
}

/// The payload in an envelope, see `store::record`.
pub fn sealed(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let sum = crc32c::crc32c(key);
    let sum = crc32c::crc32c_append(sum, &[VERSION]);
    let sum = crc32c::crc32c_append(sum, payload);
    [&[VERSION], sum.to_be_bytes().as_slice(), payload].concat()
}

fn take_in(remembered: Remembered) {
    let mut loaded = team::nothing();
    match remembered {
        Remembered::Case(case) => {
            // Whether it agrees with itself or not: the store does not ask.
            let _ = case.check();
            loaded.last_case = case.id.0;
            loaded.cases = vec![*case];
        }
        Remembered::Row(row) => {
            loaded.last_row = row.id.0;
            loaded.outbox = vec![*row];
        }
        Remembered::Numbers {
            last_case,
            last_row,
        } => {
            (loaded.last_case, loaded.last_row) = (last_case, last_row);
        }
        Remembered::Installation(installation) => loaded.installation = Some(*installation),
        Remembered::Cursor(folder, cursor) => loaded.cursors = vec![(folder, cursor)],
        Remembered::Acknowledgement(one) => loaded.acknowledgements = vec![one],
        Remembered::Alarms(alarms) => loaded.alarms = alarms,
        Remembered::Absences(absences) => loaded.absences = absences,
        Remembered::Liaison(liaison) => loaded.liaisons = vec![*liaison],
        Remembered::Mornings(mornings) => loaded.mornings = *mornings,
        _ => {}
    }
    let book = Book::open(loaded, team::rules());
    let _ = book.check();
    let _ = (book.next_wake(), book.next_due());
    let _ = book.outbox().sendable(team::now());
    let _ = book.outbox().next_wake();
}
