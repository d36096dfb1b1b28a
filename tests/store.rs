//! The store as the daemon meets it: opened, filled, closed, killed, damaged, on a full disk.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ackd::domain::address::{Address, Author};
use ackd::domain::case::{Case, CaseEvent, ClientMessage};
use ackd::domain::classify::{Kind, Sender};
use ackd::domain::commit::{
    Commit, Cursor, FolderId, HistoryEntry, IndexEntry, Installation, Questions,
};
use ackd::domain::facts::Location;
use ackd::domain::ids::{
    CaseId, ClientKey, IdHash, InstanceId, MailboxName, MessageId, MessageKey, OutboxId, hash128,
};
use ackd::domain::outbox::{OutboxRow, Purpose, RowState};
use ackd::domain::time::Timestamp;
use ackd::store::{SledStore, Store, StoreError, StoreHandle, open};

const DEADLINE: Duration = Duration::from_secs(20);

async fn opened(directory: &Path) -> StoreHandle {
    open(directory, DEADLINE).await.expect("the store opens")
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000 + seconds.cast_signed(), 0).expect("a moment")
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn key(number: u64) -> MessageKey {
    MessageKey(hash128(&[&number.to_be_bytes()]))
}

fn inbox() -> FolderId {
    FolderId {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".into(),
    }
}

/// A case with one mail of the client, or more.
fn case(number: u64, mails: u64) -> Case {
    let author = Author {
        address: address("bea@acme.example"),
        name: Some("Bea".into()),
    };
    let mut case = Case {
        id: CaseId(number),
        client: ClientKey::new("acme"),
        contact: author.clone(),
        subject: format!("Question {number}"),
        happenings: Vec::new(),
        thread: vec![IdHash(u128::from(number))],
        marks: Vec::new(),
        acknowledgement: None,
        urgent: false,
        snoozed_until: None,
        assigned_to: None,
        state: ackd::domain::case::CaseState::New,
    };
    for mail in 0..mails {
        let id = MessageId::parse(&format!("mail.{number}.{mail}@acme.example"));
        let message = ClientMessage {
            key: key(number * 10_000 + mail),
            message_id: id.clone(),
            other_ids: vec![],
            references: std::iter::repeat_n(id, 4).flatten().collect(),
            author: author.clone(),
            answered_at: vec![],
            received_at: at(mail),
            clock_from: at(mail),
            urgent: false,
            may_acknowledge: true,
            suspicious: false,
            thanks: false,
            language: None,
            holders: vec![Location {
                mailbox: inbox().mailbox,
                folder: inbox().folder,
                uid_validity: 1,
                uid: 1,
            }],
        };
        case.apply(CaseEvent::ClientWrote(message)).expect("legal");
    }
    case
}

fn row(number: u64) -> OutboxRow {
    OutboxRow {
        id: OutboxId(number),
        message_id: MessageId::parse(&format!("ackd.{number}.i@northwind.example")).expect("an id"),
        to: address("alice@northwind.example"),
        purpose: Purpose::Reminder,
        keys: Vec::new(),
        created_at: at(number),
        released: false,
        road: None,
        state: RowState::Queued {
            not_before: at(number),
            attempts: 0,
            reason: None,
        },
    }
}

/// What one step leaves behind: a case, its place in the indexes, a mail owed, the cursor.
fn step(number: u64) -> Commit {
    let entry = IndexEntry {
        kind: Kind::Human,
        sender: Sender::Client,
        client: Some(ClientKey::new("acme")),
        received_at: at(number),
        case: Some(CaseId(number)),
    };
    let cursor = Cursor {
        uid_validity: 1,
        uid_next: u32::try_from(number).expect("a small number") + 1,
        ..Cursor::default()
    };
    Commit {
        cases: vec![case(number, 1)],
        history: vec![HistoryEntry {
            case: CaseId(number),
            at: at(number),
            what: "opened".into(),
        }],
        messages: vec![(key(number), entry)],
        threads: vec![(IdHash(u128::from(number)), CaseId(number))],
        outbox: vec![row(number)],
        cursors: vec![(inbox(), cursor)],
        ..Commit::default()
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_closing_and_opening_again() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("store");
    let store = opened(&directory).await;
    assert_eq!(store.load().await.expect("loads").installation, None);

    let installation = Installation {
        instance: InstanceId::new("i"),
        first_started: [(MailboxName::new("clients"), at(0))].into(),
        mode: None,
        acknowledge_since: None,
        breaker_until: None,
        lost: Vec::new(),
    };
    let first = Commit {
        installation: Some(installation.clone()),
        ..Commit::default()
    };
    store.commit(first).await.expect("commits");
    store.commit(step(1)).await.expect("commits");
    store.commit(step(2)).await.expect("commits");
    store.close().await.expect("closes");

    let store = opened(&directory).await;
    let loaded = store.load().await.expect("loads");
    assert_eq!(loaded.installation, Some(installation));
    assert_eq!(loaded.cases, [case(1, 1), case(2, 1)]);
    assert_eq!(loaded.outbox, [row(1), row(2)]);
    assert_eq!((loaded.last_case, loaded.last_row), (2, 2));
    assert_eq!(loaded.cursors[0].1.uid_next, 3);
    let history = store.history(CaseId(2)).await.expect("reads");
    assert_eq!(history.len(), 1);
    assert_eq!(store.cases(1).await.expect("reads"), [case(2, 1)]);
}

#[tokio::test]
async fn a_store_in_use_is_not_opened_a_second_time() {
    let place = tempfile::tempdir().expect("a directory");
    let first = opened(place.path()).await;
    let refused = open(place.path(), DEADLINE).await.unwrap_err().to_string();
    assert!(
        refused.contains("another ackd is using this store"),
        "{refused}"
    );
    first
        .commit(step(1))
        .await
        .expect("the first is not harmed");
}

#[tokio::test]
async fn nobody_else_may_look_into_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("state").join("store");
    let _store = opened(&directory).await;
    let mode = std::fs::metadata(&directory).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o700);
}

/// Fills a store so far that it has a snapshot, and closes it.
async fn store_with_snapshot(directory: &Path) -> std::path::PathBuf {
    let store = opened(directory).await;
    for number in 1..=50 {
        store.commit(step(number)).await.expect("commits");
    }
    store.close().await.expect("closes");
    // sled writes its snapshot when it opens a store that has grown.
    opened(directory).await.close().await.expect("closes");
    let mut files = std::fs::read_dir(directory).expect("a directory");
    files
        .find_map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name()?.to_str()?;
            name.starts_with("snap.").then(|| path.clone())
        })
        .expect("a snapshot")
}

#[tokio::test]
async fn a_bad_snapshot_is_set_aside_and_nothing_is_missing() {
    type Spoil = fn(&[u8]) -> Vec<u8>;
    let spoil: [Spoil; 3] = [
        |_| Vec::new(),
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |bytes| bytes.iter().map(|byte| !byte).collect(),
    ];
    for spoil in spoil {
        let place = tempfile::tempdir().expect("a directory");
        let snapshot = store_with_snapshot(place.path()).await;
        let bytes = std::fs::read(&snapshot).expect("readable");
        std::fs::write(&snapshot, spoil(&bytes)).expect("writable");

        let store = opened(place.path()).await;
        assert_eq!(store.load().await.expect("loads").cases.len(), 50);
        let aside = place.path().join("damaged-1");
        assert!(aside.join(snapshot.file_name().unwrap()).exists());
        store.commit(step(51)).await.expect("goes on");
    }
}

#[tokio::test]
async fn a_half_written_snapshot_is_set_aside() {
    let place = tempfile::tempdir().expect("a directory");
    let snapshot = store_with_snapshot(place.path()).await;
    let stray = place.path().join("snap.FFFFFFFFFFFFFFFF.generating");
    let bytes = std::fs::read(&snapshot).expect("readable");
    std::fs::write(&stray, &bytes[..bytes.len() / 3]).expect("writable");

    let store = opened(place.path()).await;
    assert_eq!(store.load().await.expect("loads").cases.len(), 50);
}

/// A damaged data file may make sled fail, panic or hang; the operator gets an answer anyway.
#[tokio::test]
async fn a_damaged_data_file_is_an_answer_within_the_deadline() {
    let place = tempfile::tempdir().expect("a directory");
    store_with_snapshot(place.path()).await;
    let data = place.path().join("db");
    let mut bytes = std::fs::read(&data).expect("readable");
    let middle = bytes.len() / 4;
    bytes[middle..middle + 4096].fill(0xA5);
    bytes[64..4096].fill(0x5A);
    std::fs::write(&data, bytes).expect("writable");

    let outcome = open(place.path(), Duration::from_secs(5)).await;
    match outcome {
        Ok(store) => {
            // sled drops what it can't read: then it must not claim to be whole.
            let loaded = store.load().await;
            let whole = loaded.is_ok_and(|loaded| loaded.cases.len() == 50);
            assert!(!whole, "the damage went unnoticed");
        }
        Err(error) => assert!(
            matches!(error, StoreError::Damaged { .. } | StoreError::Io { .. }),
            "{error}"
        ),
    }
}

/// A conversation so long that sled puts it into a file of its own.
#[tokio::test]
async fn a_very_long_conversation_is_kept_too() {
    let place = tempfile::tempdir().expect("a directory");
    let long = case(1, 990);
    let commit = Commit {
        cases: vec![long.clone()],
        ..Commit::default()
    };
    let store = opened(place.path()).await;
    store.commit(commit.clone()).await.expect("commits");
    store.commit(commit).await.expect("commits again");
    let blobs = std::fs::read_dir(place.path().join("blobs")).expect("a directory");
    assert!(blobs.count() > 0, "it was not long enough for this test");
    store.close().await.expect("closes");
    let loaded = opened(place.path()).await.load().await.expect("loads");
    assert_eq!(loaded.cases, [long]);
}

const CHILD_DIRECTORY: &str = "ACKD_TEST_STORE";
const KILLS: u64 = 20;

/// Not a test by itself: what the next test starts and kills.
#[test]
#[ignore = "started by the test below"]
fn child_that_commits_until_it_is_killed() {
    let Ok(directory) = std::env::var(CHILD_DIRECTORY) else {
        return;
    };
    let mut store = SledStore::open(Path::new(&directory)).expect("opens");
    let first = store.load().expect("loads").last_case + 1;
    println!("ready");
    for number in first.. {
        store.commit(&[step(number)]).expect("commits");
        println!("done {number}");
    }
}

#[test]
fn a_killed_store_has_every_acknowledged_commit_and_no_half_one() {
    let place = tempfile::tempdir().expect("a directory");
    let mut acknowledged = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "child_that_commits_until_it_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env(CHILD_DIRECTORY, place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut lines = output.lines().map_while(Result::ok);
        assert!(lines.by_ref().any(|line| line.ends_with("ready")));
        std::thread::sleep(Duration::from_millis(10 + round * 7));
        child.kill().expect("killed");
        child.wait().expect("ended");
        for line in lines {
            // The kill may have cut the last line off.
            if let Some(number) = line.strip_prefix("done ").and_then(|n| n.parse().ok()) {
                acknowledged = std::cmp::max(acknowledged, number);
            }
        }
        check_after_kill(place.path(), acknowledged);
    }
    assert!(acknowledged > KILLS, "the child got nothing done");
}

/// Every step is there whole, up to the last acknowledged one at least.
fn check_after_kill(directory: &Path, acknowledged: u64) {
    let mut store = SledStore::open(directory).expect("opens after the kill");
    let loaded = store.load().expect("loads");
    let last = loaded.last_case;
    assert!(
        last >= acknowledged,
        "{acknowledged} acknowledged, {last} there"
    );
    if last == 0 {
        return;
    }
    let cases: Vec<u64> = loaded.cases.iter().map(|case| case.id.0).collect();
    assert_eq!(cases, (1..=last).collect::<Vec<_>>());
    assert_eq!(loaded.last_row, last);
    assert_eq!(loaded.outbox.len() as u64, last);
    assert_eq!(u64::from(loaded.cursors[0].1.uid_next), last + 1);
    let questions = Questions {
        messages: (1..=last).map(key).collect(),
        threads: (1..=last)
            .map(|number| IdHash(u128::from(number)))
            .collect(),
        ..Questions::default()
    };
    let known = store.look_up(&questions).expect("answers");
    assert_eq!(known.messages.len() as u64, last);
    assert_eq!(known.threads.len() as u64, last);
    assert_eq!(store.history(CaseId(last)).expect("reads").len(), 1);
}

/// A small file system of its own, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mounted() -> Option<Self> {
        let place = tempfile::tempdir().expect("a directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "ackd-test"])
            .arg(place.path())
            .stderr(Stdio::null())
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _left_to_the_system = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_a_clear_error_and_never_a_success() {
    let Some(disk) = SmallDisk::mounted() else {
        println!("skipped: mounting a small disk needs to be root");
        return;
    };
    let directory = disk.0.path().join("store");
    let store = opened(&directory).await;
    let mut number = 0;
    let error = loop {
        number += 1;
        assert!(number < 100_000, "the disk never became full");
        if let Err(error) = store.commit(step(number)).await {
            break error;
        }
    };
    let words = error.to_string();
    assert!(words.contains("no space left on the device"), "{words}");
    assert!(number > 10, "full after {number}");

    let refused = store.commit(step(number)).await.unwrap_err().to_string();
    assert!(refused.contains("an earlier write failed"), "{refused}");
    let _closing_may_fail = store.close().await;
}
