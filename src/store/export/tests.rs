//! What is exported and imported is the same; what is not as it was written is refused.

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::domain::commit::{Commit, Cursor, FolderId};
use crate::domain::ids::MailboxName;
use crate::domain::time::Timestamp;
use crate::store::sled_store::tests::commit;
use crate::store::{Headway, Store as _, StoreError};

fn now() -> Timestamp {
    "2026-11-22T04:00:00Z".parse().expect("a moment")
}

/// Exports a store in slices of so many records; `meanwhile` happens after the first one.
fn export(store: &mut SledStore, path: &Path, most: usize, meanwhile: &[Commit]) {
    let mut file = ExportFile::begin(path, now()).expect("begun");
    let (mut place, mut meanwhile) = (Some(ExportPlace::Beginning), Some(meanwhile));
    while let Some(next) = place {
        let slice = store.export(next, most).expect("a slice");
        assert!(slice.records <= most as u64);
        file.add(&slice).expect("added");
        place = slice.next;
        if let Some(commits) = meanwhile.take()
            && !commits.is_empty()
            && place.is_some()
        {
            store.commit(commits).expect("commits");
        }
    }
    file.finish().expect("finished");
}

fn filled(directory: &Path, groups: &[Vec<Commit>]) -> SledStore {
    let mut store = SledStore::open(directory).expect("opens");
    for group in groups {
        store.commit(group).expect("commits");
    }
    store
}

/// The lines between header and trailer, each key's last one, in the order of keys.
fn records(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut records = std::collections::BTreeMap::new();
    read_lines(path, &Headway::default(), |line| {
        match line.record {
            Some(record) => records.insert(line.key.clone(), record.seal(&line.key)),
            None => records.remove(&line.key),
        };
        Ok(())
    })
    .expect("whole");
    records.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn an_export_of_an_import_is_the_export(groups in vec(vec(commit(), 1..3), 1..4)) {
        let place = tempfile::tempdir().expect("a directory");
        let at = |name: &str| place.path().join(name);
        let mut store = filled(&at("store"), &groups);
        export(&mut store, &at("first"), 7, &[]);
        SledStore::import(&at("first"), &at("other"), None, &Headway::default()).expect("imports");
        let mut other = SledStore::open(&at("other")).expect("opens");
        export(&mut other, &at("second"), 1000, &[]);
        prop_assert_eq!(std::fs::read(at("first")).unwrap(), std::fs::read(at("second")).unwrap());
        prop_assert_eq!(store.load().unwrap(), other.load().unwrap());
    }

    #[test]
    fn what_is_written_meanwhile_is_in_the_export(
        before in vec(vec(commit(), 1..3), 1..4),
        meanwhile in vec(commit(), 1..3),
        most in 1..9_usize,
    ) {
        let place = tempfile::tempdir().expect("a directory");
        let at = |name: &str| place.path().join(name);
        let mut store = filled(&at("store"), &before);
        export(&mut store, &at("moving"), most, &meanwhile);
        export(&mut store, &at("still"), 1000, &[]);
        prop_assert_eq!(records(&at("moving")), records(&at("still")));
    }
}

/// A small export in a place of its own.
fn small() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("a directory");
    let mut store = SledStore::open(&place.path().join("store")).expect("opens");
    let folder = FolderId {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".into(),
    };
    let cursor = Cursor {
        uid_validity: 7,
        uid_next: 9,
        landmarks: Vec::new(),
    };
    let commit = Commit {
        cursors: vec![(folder, cursor)],
        ..Commit::default()
    };
    store.commit(&[commit]).expect("commits");
    let path = place.path().join("export.jsonl");
    export(&mut store, &path, 100, &[]);
    (place, path)
}

#[test]
fn every_changed_bit_and_every_cut_is_refused() {
    let (_place, path) = small();
    let whole = std::fs::read(&path).expect("readable");
    let refused = |bytes: &[u8], what: String| {
        std::fs::write(&path, bytes).expect("writable");
        let verified = verify_export(&path, &Headway::default());
        assert!(
            matches!(verified, Err(StoreError::Export { .. })),
            "{what}: {verified:?}"
        );
    };
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        refused(&changed, format!("byte {at}"));
        refused(&whole[..at], format!("cut to {at}"));
    }
    refused(
        &[whole.as_slice(), b"\n"].concat(),
        "one more line feed".into(),
    );
    refused(&[whole.as_slice(), &whole].concat(), "twice".into());
    std::fs::write(&path, &whole).expect("writable");
    assert_eq!(
        verify_export(&path, &Headway::default())
            .expect("whole")
            .records,
        1
    );
}

#[test]
fn a_line_that_is_missing_is_noticed_and_an_error_names_line_and_mend() {
    let (_place, path) = small();
    let whole = std::fs::read_to_string(&path).expect("readable");
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    std::fs::write(&path, [lines[0], lines[2]].concat()).expect("writable");
    let error = verify_export(&path, &Headway::default())
        .expect_err("refused")
        .to_string();
    insta::assert_snapshot!(
        error.replace(&path.display().to_string(), "FILE"),
        @"the export FILE can't be used: line 2: lines are missing, or stand in another order; take another one, such as an older one from the folder \"exports\" in state_dir"
    );
}

#[test]
fn an_export_of_a_newer_ackd_is_refused_in_words() {
    let (_place, path) = small();
    let whole = std::fs::read_to_string(&path).expect("readable");
    let header = serde_json::json!({
        "ackd_export": 2, "store_version": 1, "written_by": "9.0.0", "begun_at": "",
    });
    let mut line = String::new();
    lines::add(&mut line, &header);
    let rest = whole.split_once('\n').expect("lines").1;
    std::fs::write(&path, line + rest).expect("writable");
    let error = verify_export(&path, &Headway::default())
        .expect_err("refused")
        .to_string();
    assert!(error.contains("a newer ackd (9.0.0) wrote it"), "{error}");
}

#[test]
fn an_export_is_private_and_an_unfinished_one_leaves_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let (place, path) = small();
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let other = place.path().join("other.jsonl");
    drop(ExportFile::begin(&other, now()).expect("begun"));
    let names = std::fs::read_dir(place.path()).expect("listed");
    let names: Vec<_> = names
        .map(|entry| entry.expect("read").file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
