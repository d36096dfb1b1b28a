//! What the message index costs. By hand, in a release build:
//!
//! ```text
//! CACHE_MIB=2 THREADS=1 cargo test --release --lib measure_the_index -- --ignored --nocapture
//! ```

use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::classify::{Kind, Sender};
use crate::domain::commit::{Commit, IndexEntry, Questions};
use crate::domain::ids::{CaseId, ClientKey, IdHash, MessageKey, hash128};
use crate::domain::time::Timestamp;
use crate::store::Store;

const MESSAGES: u64 = 100_000;
const PER_COMMIT: u64 = 500;

/// More than this leaves no room for the rest of a daemon of 40 MiB.
const GROWTH_KIB_MAX: i64 = 32 * 1024;

/// How long ago this was.
fn since(begun: Timestamp) -> std::time::Duration {
    (SystemClock.now() - begun).to_std().unwrap_or_default()
}

/// A figure of `/proc/self/status`, in KiB.
fn memory(name: &str) -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name));
    let figure = line.and_then(|line| line.split_whitespace().nth(1));
    figure.expect("a figure").parse().expect("a number")
}

fn disk_kib(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).expect("a directory");
    let sizes = files.map(|file| file.expect("a file").metadata().expect("known").len());
    sizes.sum::<u64>() / 1024
}

fn hash(number: u64) -> u128 {
    hash128(&[&number.to_be_bytes()])
}

fn commit(first: u64, with_threads: bool) -> Commit {
    let numbers = first..first + PER_COMMIT;
    let entry = |number: u64| IndexEntry {
        kind: Kind::Human,
        sender: Sender::Client,
        client: Some(ClientKey::new(format!("client{}", number % 40))),
        received_at: Timestamp::from_timestamp(1_700_000_000 + number.cast_signed(), 0)
            .expect("a moment"),
        case: number.is_multiple_of(4).then_some(CaseId(number)),
    };
    Commit {
        messages: numbers
            .clone()
            .map(|number| (MessageKey(hash(number)), entry(number)))
            .collect(),
        threads: numbers
            .filter(|_| with_threads)
            .map(|number| (IdHash(hash(number) + 1), CaseId(number)))
            .collect(),
        ..Commit::default()
    }
}

#[test]
#[ignore = "measures; run it by hand in a release build"]
fn measure_the_index() {
    let set = |name| std::env::var(name).ok();
    let cache: u64 = set("CACHE_MIB").map_or(CACHE_BYTES >> 20, |mib| mib.parse().expect("MiB"));
    let mode = match set("MODE").as_deref() {
        Some("low-space") => sled::Mode::LowSpace,
        _ => sled::Mode::HighThroughput,
    };
    let segment = set("SEGMENT_KIB").map_or(512, |kib| kib.parse().expect("KiB"));
    let with_threads = set("THREADS").is_some();
    let place = tempfile::tempdir_in(set("PLACE").unwrap_or("/var/tmp".into())).expect("a place");
    let settings = settings(place.path())
        .cache_capacity(cache << 20)
        .segment_size(segment << 10)
        .mode(mode);

    let start = memory("VmRSS:");
    let tree = settings.open().expect("opens");
    let mut store = SledStore::new(place.path(), tree).expect("opens");
    let open = memory("VmRSS:");

    let begun = SystemClock.now();
    for first in (0..MESSAGES).step_by(usize::try_from(PER_COMMIT).expect("small")) {
        store
            .commit(&[commit(first, with_threads)])
            .expect("commits");
    }
    let written = since(begun);
    let full = memory("VmRSS:");

    let begun = SystemClock.now();
    for first in (0..MESSAGES).step_by(usize::try_from(PER_COMMIT).expect("small")) {
        let questions = Questions {
            messages: (first..first + PER_COMMIT)
                .map(|number| MessageKey(hash(number)))
                .collect(),
            ..Questions::default()
        };
        let known = store.look_up(&questions).expect("answers");
        assert_eq!(known.messages.len() as u64, PER_COMMIT);
    }
    let read = since(begun);
    println!(
        "cache {cache} MiB, {mode:?}, segment {segment} KiB: written {written:.2?}, read {read:.2?}; \
         RSS start {start}, open +{}, full +{}, read +{}, peak {} KiB; disk {} KiB",
        open - start,
        full - start,
        memory("VmRSS:") - start,
        memory("VmHWM:"),
        disk_kib(place.path()),
    );
    let grown = full - start;
    assert!(grown < GROWTH_KIB_MAX, "grown by {grown} KiB");
    drop(store);

    let begun = SystemClock.now();
    let tree = settings.open().expect("opens again");
    let store = SledStore::new(place.path(), tree).expect("opens again");
    println!("opened again in {:.2?}", since(begun));
    drop(store);
}

#[test]
#[ignore = "measures; run it by hand"]
fn measure_commits() {
    const COMMITS: u64 = 500;
    let place = std::env::var("PLACE").unwrap_or("/var/tmp".into());
    let place = tempfile::tempdir_in(place).expect("a place");
    let mut store = SledStore::open(place.path()).expect("opens");
    let mail = |number: u64| Commit {
        messages: commit(number, false).messages.into_iter().take(1).collect(),
        ..Commit::default()
    };
    let owed = |number: u64| {
        let case = crate::domain::commit::HistoryEntry {
            case: CaseId(number),
            at: Timestamp::UNIX_EPOCH,
            what: "said".into(),
        };
        Commit {
            history: vec![case],
            ..Commit::default()
        }
    };
    for (what, commits) in [
        ("mail", (0..COMMITS).map(mail).collect::<Vec<_>>()),
        ("words", (0..COMMITS).map(owed).collect()),
    ] {
        let begun = SystemClock.now();
        for commit in commits {
            store.commit(&[commit]).expect("commits");
        }
        println!("{what}: {:.1?} each", since(begun) / COMMITS as u32);
    }
}
