//! A state folder with a store that has something to lose, and the real program on it.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ackd::daemon::{KeepingPace, write_export};
use ackd::domain::address::{Address, Author};
use ackd::domain::case::{Case, CaseEvent, ClientMessage};
use ackd::domain::classify::{Kind, Sender};
use ackd::domain::commit::{
    Commit, Cursor, FolderId, HistoryEntry, IndexEntry, Installation as Named,
};
use ackd::domain::facts::Location;
use ackd::domain::ids::{
    CaseId, ClientKey, IdHash, InstanceId, MailboxName, MessageId, MessageKey, OutboxId, hash128,
};
use ackd::domain::outbox::{OutboxRow, Purpose, RowState};
use ackd::domain::rules::Mode;
use ackd::domain::time::Timestamp;
use ackd::store::{Headway, SledStore, StatePlaces, Store, open};
use serde_json::Value;
use tokio::time::Instant;

/// How many cases there are.
pub(crate) const CASES: usize = 12;

/// How much mail there is beside them, and how much of it is written at once.
const MAIL_BATCHES: u64 = 20;
const MAIL_PER_BATCH: u64 = 250;

/// How long anything may take before a test fails. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct Installation {
    place: tempfile::TempDir,
    cases: u64,
    exports: Cell<i64>,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000 + seconds, 0).expect("a moment")
}

impl Installation {
    pub(crate) fn with_cases() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let mut installation = Self {
            place,
            cases: 0,
            exports: Cell::new(0),
        };
        fs::create_dir(installation.state_dir()).expect("created");
        fs::write(installation.config(), CONFIGURATION).expect("written");
        installation.commit(&[Commit {
            installation: Some(Named {
                instance: InstanceId::new("story"),
                first_started: [(MailboxName::new("clients"), at(0))].into(),
                mode: Some(Mode::Remind),
                acknowledge_since: None,
                breaker_until: None,
                lost: Vec::new(),
            }),
            ..Commit::default()
        }]);
        for _ in 0..CASES {
            installation.add_case();
        }
        installation
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.place.path().join("state")
    }

    pub(crate) fn store(&self) -> PathBuf {
        StatePlaces::of(&self.state_dir()).store()
    }

    fn config(&self) -> PathBuf {
        self.place.path().join("ackd.toml")
    }

    fn commit(&self, commits: &[Commit]) {
        let mut store = SledStore::open(&self.store()).expect("opens");
        store.commit(commits).expect("commits");
    }

    /// Thousands of mails that open no case, so that there is much that can be damaged.
    pub(crate) fn with_much_mail() -> Self {
        let installation = Self::with_cases();
        let mut store = SledStore::open(&installation.store()).expect("opens");
        for batch in 0..MAIL_BATCHES {
            let numbers = batch * MAIL_PER_BATCH..(batch + 1) * MAIL_PER_BATCH;
            let entry = |number: u64| IndexEntry {
                kind: Kind::Bulk,
                sender: Sender::Client,
                client: Some(ClientKey::new("acme")),
                received_at: at(number.cast_signed()),
                case: None,
            };
            let key = |number: u64| {
                let hash = hash128(&[b"bulk", &number.to_be_bytes()]);
                MessageKey::new(at(number.cast_signed()).timestamp(), hash)
            };
            let messages = numbers.map(|number| (key(number), entry(number)));
            let commit = Commit {
                messages: messages.collect(),
                ..Commit::default()
            };
            store.commit(&[commit]).expect("commits");
        }
        drop(store);
        installation
    }

    /// The daemon was killed, as far as the store can tell.
    pub(crate) fn unseal(&self) {
        let seal = self.store().join("seal.json");
        fs::remove_file(seal).expect("a store that was closed is sealed");
    }

    /// Breaks a line of a history, which no start looks at.
    pub(crate) fn break_a_record(&self) {
        let tree = sled::open(self.store()).expect("opens");
        let (key, value) = tree.scan_prefix([0x12]).next().expect("one").expect("read");
        let mut value = value.to_vec();
        value[6] ^= 1;
        tree.insert(key, value).expect("written");
        tree.flush().expect("flushed");
    }

    /// One more thing that no mailbox tells.
    pub(crate) fn owe_a_mail(&self) {
        let id = OutboxId(1);
        self.commit(&[Commit {
            outbox: vec![OutboxRow {
                id,
                message_id: MessageId::parse("ackd.1.story@northwind.example").expect("an id"),
                to: Address::parse("alice@northwind.example").expect("an address"),
                purpose: Purpose::Reminder,
                keys: Vec::new(),
                created_at: at(0),
                released: false,
                road: None,
                state: RowState::Sent { at: at(0) },
            }],
            ..Commit::default()
        }]);
    }

    /// How many records the store holds, if all is well with it.
    pub(crate) fn records(&self) -> u64 {
        let (code, said) = self.ask(&["verify"]);
        let number = said.strip_prefix("checked all ");
        let number = number.and_then(|rest| rest.split(' ').next()?.parse().ok());
        assert_eq!(code, 0, "{said}");
        number.expect("a number")
    }

    /// One more case: a mail a week old that nobody has answered.
    pub(crate) fn add_case(&mut self) {
        self.cases += 1;
        let number = self.cases;
        self.commit(&[step(number)]);
    }

    /// Exports the store as the daemon does; where it lies.
    pub(crate) fn export(&self) -> PathBuf {
        let number = self.exports.get();
        self.exports.set(number + 1);
        let now = at(number);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let store = open(&self.store(), PATIENCE).await.expect("opens");
            let folder = StatePlaces::of(&self.state_dir()).exports();
            folder.create().expect("created");
            let path = folder.place_for(now);
            let written =
                write_export(&store, &path, KeepingPace::FAST, now, &Headway::default()).await;
            written.expect("written");
            store.close().await.expect("closes");
            path
        })
    }

    /// Puts the store back to where it was before something was done.
    pub(crate) fn set_back(&mut self, done: impl FnOnce(&mut Self)) {
        let (store, backup) = (self.store(), self.place.path().join("backup"));
        copy(&store, &backup);
        done(self);
        fs::remove_dir_all(&store).expect("removed");
        copy(&backup, &store);
    }

    /// The stores that were moved aside.
    pub(crate) fn aside(&self) -> Vec<String> {
        let names = fs::read_dir(self.state_dir()).expect("listed");
        let names = names.map(|entry| entry.expect("read").file_name());
        names
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.starts_with("store.damaged-"))
            .collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
        command.env_clear().arg("--config").arg(self.config());
        command
    }

    /// Starts the daemon.
    pub(crate) fn run(&self) -> Daemon<'_> {
        let log = self.place.path().join("log");
        let file = fs::File::create(&log).expect("created");
        let process = self
            .command()
            .arg("run")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("one more"))
            .stderr(file)
            .spawn()
            .expect("the program starts");
        Daemon {
            installation: self,
            process,
            log,
            took: Duration::ZERO,
        }
        .begun()
    }

    pub(crate) fn ask(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command().args(arguments).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        (output.status.code().unwrap_or(-1), said)
    }

    pub(crate) fn cases(&self) -> Vec<Value> {
        let (_, said) = self.ask(&["cases", "--all", "--json"]);
        let lines = said.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().expect("JSON")
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.ask(&["status", "--json"]).1).expect("JSON")
    }

    pub(crate) fn cases_after_start(&self) -> Vec<Value> {
        let daemon = self.run();
        daemon.wait_until_up();
        let cases = daemon.installation.cases();
        daemon.stop();
        cases
    }
}

/// The running program. It is killed when the story ends.
pub(crate) struct Daemon<'a> {
    installation: &'a Installation,
    process: Child,
    log: PathBuf,
    /// How long it took until it was up.
    pub(crate) took: Duration,
}

impl<'a> Daemon<'a> {
    fn begun(mut self) -> Self {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.log_so_far().contains("ackd 0.1.0 starts in mode") || self.has_ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.took = begun.elapsed();
        self
    }

    fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("it can be asked").is_some()
    }

    fn log_so_far(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it can be asked; what it has said by then.
    pub(crate) fn wait_until_up(&self) -> String {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let (code, _) = self.installation.ask(&["status"]);
            if code == 0 || code == 1 {
                return self.log_so_far();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it is not up: {}", self.log_so_far());
    }

    pub(crate) fn wait_until_ended(mut self) -> (Option<i32>, String) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().expect("it can be asked") {
                return (status.code(), self.log_so_far());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it has not ended: {}", self.log_so_far());
    }

    /// Asks it to stop; what it has said. It has to end within five seconds.
    pub(crate) fn stop(mut self) -> String {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.expect("kill runs").success());
        let begun = Instant::now();
        while !self.has_ended() {
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{}",
                self.log_so_far()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        self.log_so_far()
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// What one mail leaves behind, as far as this story needs it.
fn step(number: u64) -> Commit {
    let client = ClientKey::new("acme");
    let key = MessageKey(hash128(&[&number.to_be_bytes()]));
    let author = Author {
        address: Address::parse("anna@acme.example").expect("an address"),
        name: None,
    };
    let location = Location {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".into(),
        uid_validity: 1,
        uid: u32::try_from(number).expect("a small number"),
    };
    let received_at = at(number.cast_signed());
    let message_id = MessageId::parse(&format!("mail.{number}@acme.example"));
    let thread: Vec<IdHash> = message_id
        .iter()
        .map(|id| id.hash().of_client(client.hash()))
        .collect();
    let mut case = Case::new(
        CaseId(number),
        client.clone(),
        author.clone(),
        "Question".into(),
    );
    case.thread.clone_from(&thread);
    let message = ClientMessage {
        key,
        message_id,
        other_ids: vec![],
        references: vec![],
        author,
        answered_at: vec![],
        received_at,
        clock_from: received_at,
        urgent: false,
        may_acknowledge: true,
        suspicious: false,
        thanks: false,
        language: None,
        holders: vec![location.clone()],
    };
    case.apply(CaseEvent::ClientWrote(message)).expect("legal");
    let entry = IndexEntry {
        kind: Kind::Human,
        sender: Sender::Client,
        client: Some(client),
        received_at,
        case: Some(case.id),
    };
    let folder = FolderId {
        mailbox: location.mailbox,
        folder: location.folder,
    };
    let cursor = Cursor {
        uid_validity: 1,
        uid_next: location.uid + 1,
        landmarks: vec![],
    };
    Commit {
        history: vec![HistoryEntry {
            case: case.id,
            at: received_at,
            what: "opened".into(),
        }],
        messages: vec![(key, entry)],
        threads: thread.into_iter().map(|id| (id, case.id)).collect(),
        cursors: vec![(folder, cursor)],
        cases: vec![case],
        ..Commit::default()
    }
}

/// Nobody listens on the ports: this is about the store.
const CONFIGURATION: &str = r#"
[service]
state_dir = "state"
mode = "remind"

[team]
name = "Northwind"
domains = ["northwind.example"]
escalate_to = ["lead@northwind.example"]

[smtp]
host = "127.0.0.1"
port = 1
tls = "none"
from = "Ackd <ackd@northwind.example>"

[mailboxes.clients]
host = "127.0.0.1"
port = 1
tls = "none"
username = "clients@northwind.example"
password = "plain"

[calendars.always]
time_zone = "UTC"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]

[policies.standard]
calendar = "always"
acknowledge_within = "3h"
same_business_day = false

[clients.acme]
name = "Acme Ltd"
domains = ["acme.example"]
owners = ["alice@northwind.example"]
policy = "standard"
"#;
