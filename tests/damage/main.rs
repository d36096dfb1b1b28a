//! A damaged store: whatever is wrong with it, `ackd run` says so within ten seconds, says what
//! it did, and goes on; and what it can't mend it leaves alone.

mod installation;

use std::fs;
use std::path::Path;

use installation::{CASES, Installation};

/// How the daemon ended before the damage was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Stopped: the store is sealed, and an export was written.
    Stopped,
    /// Killed, some time after its last export.
    Killed,
}

/// What was damaged and, if sled gets over it by itself, nothing else.
fn rebuilt_or_unharmed(kind: &str, ended: Ended, damage: impl FnOnce(&Path)) -> bool {
    let kind = &format!("{kind}, {ended:?}");
    let mut installation = Installation::with_much_mail();
    installation.export();
    let mut cases = CASES;
    if ended == Ended::Killed {
        // What no export holds: it is read again if need be.
        installation.add_case();
        installation.unseal();
        cases += 1;
    }
    let before = installation.records();
    damage(&installation.store());
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    let found = installation.cases().len();
    let rebuilt = log.contains("the store was rebuilt from the export");
    if rebuilt {
        assert!(log.contains("can't be used:"), "{kind}: {log}");
        assert_eq!(found, CASES, "{kind}: {log}");
        assert_eq!(
            installation.aside().len(),
            1,
            "{kind}: the damaged store is kept"
        );
    } else {
        assert_eq!(found, cases, "{kind}: {log}");
    }
    assert!(
        daemon.took.as_secs() < 10,
        "{kind} took {:?}: {log}",
        daemon.took
    );
    daemon.stop();
    if !rebuilt {
        let after = installation.records();
        assert!(
            after >= before,
            "{kind}: {after} records of {before}: {log}"
        );
    }
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(!log.contains("can't be used:"), "{kind}, once more: {log}");
    println!("{kind}: {}", if rebuilt { "rebuilt" } else { "unharmed" });
    rebuilt
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("readable");
    change(&mut bytes);
    fs::write(file, bytes).expect("writable");
}

#[test]
fn a_truncated_tail() {
    for (part, ended) in [
        (5, Ended::Killed),
        (50, Ended::Stopped),
        (95, Ended::Killed),
    ] {
        let kind = format!("db cut to {part} %");
        let rebuilt = rebuilt_or_unharmed(&kind, ended, |store| {
            change(&store.join("db"), |bytes| {
                bytes.truncate(bytes.len() * part / 100)
            });
        });
        assert!(rebuilt, "{kind}: the damage was not noticed");
    }
}

#[test]
fn a_zeroed_page() {
    let zeroed = |ended: Ended, every: usize, beginning: usize| {
        let kind = format!("every {every}th page from the {beginning}th on zeroed");
        rebuilt_or_unharmed(&kind, ended, |store| {
            change(&store.join("db"), |bytes| {
                for page in bytes.chunks_mut(4096).skip(beginning).step_by(every) {
                    page.fill(0);
                }
            });
        })
    };
    // Which one matters to sled, depends on how it has laid its pages out; some are not in use.
    zeroed(Ended::Killed, 1000, 40);
    assert!(zeroed(Ended::Killed, 8, 3), "the damage was not noticed");
    for page in [5, 40] {
        let noticed = zeroed(Ended::Stopped, 1000, page);
        assert!(noticed, "a seal notices every byte that was not zero");
    }
}

#[test]
fn a_bad_snapshot_file() {
    let rebuilt = |kind: &str, ended: Ended, name: &'static str, bytes: &'static [u8]| {
        rebuilt_or_unharmed(kind, ended, |store| {
            let mut names = files(store, "snap.");
            if !name.is_empty() {
                names = vec![name.to_owned()];
            }
            for name in names {
                fs::write(store.join(name), bytes).expect("writable");
            }
        })
    };
    let stray = "snap.0000000000000FFF.generating";
    for ended in [Ended::Stopped, Ended::Killed] {
        assert!(!rebuilt("snapshot emptied", ended, "", b""));
        assert!(!rebuilt("snapshot garbage", ended, "", b"no snapshot"));
        assert!(!rebuilt("a stray unfinished snapshot", ended, stray, b"x"));
    }
}

#[test]
fn missing_files() {
    let gone = |kind: &str, ended: Ended, name: &str| {
        rebuilt_or_unharmed(kind, ended, |store| {
            for file in files(store, name) {
                let path = store.join(file);
                fs::remove_file(&path)
                    .or_else(|_| fs::remove_dir_all(&path))
                    .expect("removable");
            }
        })
    };
    let (stopped, killed) = (Ended::Stopped, Ended::Killed);
    assert!(!gone("conf gone", stopped, "conf"));
    assert!(!gone("snapshots gone", stopped, "snap."));
    assert!(!gone("snapshots gone", killed, "snap."));
    assert!(!gone("blobs gone", killed, "blobs"));
    assert!(gone("db gone", stopped, "db"), "that is no new store");
    assert!(gone("db gone", killed, "db"), "that is no new store");
    assert!(gone("everything gone", killed, ""), "that is no new store");
    assert!(
        rebuilt_or_unharmed("db empty", killed, |store| change(
            &store.join("db"),
            Vec::clear
        )),
        "that is no new store"
    );
}

#[test]
fn a_store_that_was_removed_is_rebuilt_and_one_that_is_older_than_its_export_too() {
    let installation = Installation::with_cases();
    installation.export();
    fs::remove_dir_all(installation.store()).expect("removable");
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(log.contains("the store is gone"), "{log}");
    assert_eq!(installation.cases().len(), CASES);
    daemon.stop();

    let mut installation = Installation::with_cases();
    installation.set_back(|installation| {
        installation.add_case();
        installation.export();
    });
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(
        log.contains("it has forgotten what its newest export still knows"),
        "{log}"
    );
    assert_eq!(installation.cases().len(), CASES + 1);
}

#[test]
fn without_any_export_it_begins_anew_and_says_so() {
    let installation = Installation::with_cases();
    change(&installation.store().join("db"), Vec::clear);
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(
        log.contains("the store was begun anew: there was no export"),
        "{log}"
    );
    assert_eq!(installation.cases().len(), 0);
    let status = installation.status();
    assert!(
        status["alarms"][0]
            .as_str()
            .is_some_and(|alarm| alarm.contains("was rebuilt or imported at")),
        "{status}"
    );
    // The operator is owed a mail about it, once.
    assert_eq!(status["outbox"]["queued"], 1, "{status}");
    daemon.stop();
    let daemon = installation.run();
    daemon.wait_until_up();
    assert_eq!(installation.status()["outbox"]["queued"], 1);
}

#[test]
fn a_broken_export_is_passed_over_for_an_older_one() {
    let mut installation = Installation::with_cases();
    installation.export();
    installation.add_case();
    let newest = installation.export();
    change(&newest, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    });
    change(&installation.store().join("db"), Vec::clear);
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(log.contains("can't be used: line"), "{log}");
    assert_eq!(installation.cases().len(), CASES);
}

#[test]
fn a_store_of_a_newer_ackd_is_left_alone() {
    let installation = Installation::with_cases();
    installation.export();
    {
        let tree = sled::open(installation.store()).expect("opens");
        let version = 2_u32.to_be_bytes();
        let sum = crc32c::crc32c(&version).to_be_bytes();
        tree.insert([1], [version, sum].concat()).expect("written");
        tree.flush().expect("flushed");
        installation.unseal();
    }
    let (code, log) = installation.run().wait_until_ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("was written by a newer ackd (store version 2, this one knows 1); install that ackd again"), "{log}");
    assert!(installation.aside().is_empty());
}

#[test]
fn a_folder_that_can_not_be_written_to_is_no_damage() {
    let installation = Installation::with_cases();
    installation.export();
    // Nobody can write through a folder that is a file, whoever runs this.
    let store = installation.store();
    let away = store.with_extension("away");
    fs::rename(&store, &away).expect("moved");
    fs::write(&store, "in the way").expect("written");
    let (code, log) = installation.run().wait_until_ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("could not open the store"), "{log}");
    assert!(installation.aside().is_empty(), "nothing is moved");
    assert_eq!(fs::read_to_string(&store).expect("there"), "in the way");
}

#[test]
fn an_interrupted_rebuilding_goes_on() {
    let installation = Installation::with_cases();
    installation.export();
    let aside = installation
        .store()
        .with_extension("damaged-20261122T040000Z");
    fs::rename(installation.store(), &aside).expect("moved");
    fs::create_dir(installation.store().with_extension("new")).expect("created");
    let note = r#"{"step":"aside","reason":"a story","aside":null}"#;
    fs::write(installation.state_dir().join("rebuild.json"), note).expect("written");
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(log.contains("reason: a story"), "{log}");
    assert_eq!(installation.cases().len(), CASES);
    daemon.stop();
    assert!(
        !installation.state_dir().join("rebuild.json").exists(),
        "the operator was told"
    );
}

#[test]
fn a_start_after_a_kill_or_a_suspicion_looks_through_the_whole_store() {
    for (broken, suspect) in [(false, true), (true, true), (false, false), (true, false)] {
        let installation = Installation::with_cases();
        installation.export();
        if broken {
            installation.break_a_record();
        }
        installation.unseal();
        let reason = match suspect {
            true => {
                let note = r#"{"step":"suspect","reason":"a story"}"#;
                fs::write(installation.state_dir().join("rebuild.json"), note).expect("written");
                "suspect because of the last run: a story"
            }
            false => "ackd was not stopped in good order",
        };
        let daemon = installation.run();
        let log = daemon.wait_until_up();
        assert!(log.contains(reason), "{log}");
        assert_eq!(
            log.contains("the checksum of a \"history\" record is wrong"),
            broken,
            "{log}"
        );
        assert_eq!(log.contains("the store was rebuilt"), broken, "{log}");
        assert_eq!(installation.cases().len(), CASES);
    }
}

#[test]
fn a_start_after_a_stop_looks_through_nothing() {
    let installation = Installation::with_cases();
    let log = installation.run().wait_until_up();
    assert!(!log.contains("looking through"), "{log}");
    // Killed just now.
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(log.contains("looking through"), "{log}");
    daemon.stop();
    let log = installation.run().wait_until_up();
    assert!(!log.contains("looking through"), "{log}");
}

#[test]
fn after_a_stop_a_rebuilding_forgets_nothing_and_after_a_kill_it_says_what_it_may_have() {
    for stopped in [true, false] {
        let installation = Installation::with_cases();
        installation.export();
        if !stopped {
            installation.owe_a_mail();
            installation.unseal();
        }
        change(&installation.store().join("db"), Vec::clear);
        let daemon = installation.run();
        let log = daemon.wait_until_up();
        assert!(
            log.contains("the store was rebuilt from the export"),
            "{log}"
        );
        let is_complete = log.contains("holds everything but mail that is read again");
        assert_eq!(is_complete, stopped, "{log}");
        let alarms = installation.status()["alarms"].to_string();
        assert_eq!(
            alarms.contains("was rebuilt or imported at"),
            !stopped,
            "{alarms}"
        );
    }
}

#[test]
fn verify_export_and_import_do_as_they_say() {
    let installation = Installation::with_cases();
    let (code, said) = installation.ask(&["verify"]);
    assert_eq!(
        (code, said.as_str()),
        (0, "checked all 66 records of the store: all is well\n")
    );
    let file = installation.state_dir().join("mine.jsonl");
    let name = file.display().to_string();
    let (code, said) = installation.ask(&["export", &name]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = installation.ask(&["verify", &name]);
    assert!(code == 0 && said.contains("all is well"), "{said}");

    let (code, said) = installation.ask(&["import", &name]);
    assert!(
        code == 1 && said.contains("with --replace it is moved aside"),
        "{said}"
    );
    let daemon = installation.run();
    daemon.wait_until_up();
    let (code, said) = installation.ask(&["import", "--replace", &name]);
    assert!(
        code == 1 && said.contains("another ackd is using this store"),
        "{said}"
    );
    let (code, said) = installation.ask(&["verify"]);
    assert!(
        code == 0 && said.contains("open cases in memory: all is well"),
        "{said}"
    );
    let (code, said) = installation.ask(&["--json", "export"]);
    assert!(code == 0 && said.contains("/exports/ackd-"), "{said}");
    daemon.stop();

    let (code, said) = installation.ask(&["import", "--replace", &name]);
    assert!(
        code == 0 && said.contains("the store there was lies in"),
        "{said}"
    );
    let daemon = installation.run();
    let log = daemon.wait_until_up();
    assert!(!log.contains("can't be used"), "{log}");
    assert_eq!(installation.cases().len(), CASES);
    daemon.stop();

    change(&file, |bytes| bytes.truncate(bytes.len() / 2));
    let (code, said) = installation.ask(&["import", "--replace", &name]);
    assert!(code == 1 && said.contains("can't be used: line"), "{said}");
    assert_eq!(
        installation.cases_after_start().len(),
        CASES,
        "nothing was changed"
    );
}

/// The last line of an export, as far as it tells the numbers given out.
fn numbers_of(export: &Path) -> String {
    let text = fs::read_to_string(export).expect("readable");
    let last = text.lines().last().expect("a line");
    let (_, numbers) = last.split_once("\"numbers\":").expect("a trailer");
    numbers.split('}').next().expect("an object").to_owned()
}

#[test]
fn a_move_as_the_operations_page_tells_it_forgets_nothing() {
    for (moved, stopped) in [(true, true), (false, true), (true, false)] {
        let installation = Installation::with_cases();
        let daemon = installation.run();
        daemon.wait_until_up();
        daemon.stop();
        if !stopped {
            installation.unseal();
        }
        let file = installation.state_dir().join("mine.jsonl");
        let name = file.display().to_string();
        let (code, said) = installation.ask(&["export", &name]);
        assert_eq!(code, 0, "{said}");
        // The other machine: nothing of the old state is there.
        for folder in ["store", "exports"] {
            fs::remove_dir_all(installation.state_dir().join(folder)).expect("removable");
        }
        let options: &[&str] = match moved {
            true => &["import", "--moved", &name],
            false => &["import", &name],
        };
        let (code, said) = installation.ask(options);
        if !stopped {
            assert_eq!(code, 1, "{said}");
            assert!(
                said.contains("was not written after a stop in good order"),
                "{said}"
            );
            continue;
        }
        assert_eq!(code, 0, "{said}");
        assert_eq!(said.contains("ackd goes on where it was"), moved, "{said}");
        assert_eq!(said.contains("import --replace --moved"), !moved, "{said}");
        let after = installation.state_dir().join("after.jsonl");
        installation.ask(&["export", &after.display().to_string()]);
        assert_eq!(numbers_of(&file) == numbers_of(&after), moved);
        let daemon = installation.run();
        let log = daemon.wait_until_up();
        let told = "the store was made by \"ackd import\" from the export ";
        assert_eq!(log.contains(told), !moved, "{log}");
        let alarms = installation.status()["alarms"].to_string();
        assert_eq!(
            alarms.contains("rebuilt or imported at"),
            !moved,
            "{alarms}"
        );
        assert_eq!(installation.cases().len(), CASES);
    }
}

#[test]
fn a_stop_leaves_an_export_behind_and_ends_soon() {
    let installation = Installation::with_cases();
    let daemon = installation.run();
    daemon.wait_until_up();
    let log = daemon.stop();
    assert!(log.contains("wrote the export"), "{log}");
    fs::remove_dir_all(installation.store()).expect("removable");
    assert_eq!(installation.cases_after_start().len(), CASES);
}

fn files(store: &Path, beginning: &str) -> Vec<String> {
    let names = fs::read_dir(store).expect("listed");
    let names = names.map(|entry| entry.expect("read").file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with(beginning))
        .collect()
}
