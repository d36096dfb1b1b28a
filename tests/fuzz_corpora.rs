//! Every input of the fuzzers' corpora, run once: what was found once does not come back. The
//! fuzzers themselves are in `tests/fuzz`; `scripts/fuzz` runs them.

use std::path::{Path, PathBuf};

#[path = "fuzz/src/lib.rs"]
mod fuzz;

use fuzz::Target;

fn corpus(target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let entries = std::fs::read_dir(folder.join(target.name)).expect("a corpus");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn replay(target: &'static Target) {
    let files = corpus(target);
    assert!(!files.is_empty(), "the corpus of {} is empty", target.name);
    for file in files {
        let input = std::fs::read(&file).expect("an input");
        let panics = target.panics_on(&input);
        assert!(panics.is_empty(), "{}: {panics:#?}", file.display());
    }
}

#[test]
fn message_facts() {
    replay(&fuzz::facts::TARGET);
}

#[test]
fn what_mail_servers_say() {
    replay(&fuzz::imap::TARGET);
}

#[test]
fn holiday_files() {
    replay(&fuzz::ics::TARGET);
}

#[test]
fn configurations() {
    replay(&fuzz::settings::TARGET);
}

#[test]
fn requests_on_the_control_socket() {
    replay(&fuzz::control::TARGET);
}

#[test]
fn what_a_domain_publishes() {
    replay(&fuzz::discovery::TARGET);
}

#[test]
fn records_of_the_store() {
    replay(&fuzz::records::TARGET);
}

#[test]
fn every_target_has_a_corpus_and_a_fuzzer() {
    for target in fuzz::TARGETS {
        let fuzzer = format!("tests/fuzz/bins/{}.rs", target.name);
        let fuzzer = Path::new(env!("CARGO_MANIFEST_DIR")).join(fuzzer);
        assert!(fuzzer.is_file(), "no {}", fuzzer.display());
        assert!(!corpus(target).is_empty(), "{}", target.name);
    }
}
