//! An engine with its servers and its clock, and the story of a morning.

use std::sync::Arc;
use std::time::Duration;

use ackd::clock::Clock;
use ackd::control::{Answer, Call, MailWord, Pulse, Request, answer_probe};
use ackd::daemon::{EVENTS_MAX, Engine, EngineParts, Event, Pace, Reload, Wires};
use ackd::domain::book::Book;
use ackd::domain::case::Settlement;
use ackd::domain::ids::{CaseId, OutboxId};
use ackd::domain::time::Timestamp;
use ackd::settings::{self, Settings};
use ackd::store::{MemoryStore, Store, StoreError, StoreHandle};
use chrono::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::servers::Servers;

/// How long the engine may be silent here.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Monday at nine, when the houses open.
fn opening() -> Timestamp {
    let opening = chrono::Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0);
    opening.single().expect("a moment")
}

/// A clock that moves with tokio's.
#[derive(Debug, Clone, Copy)]
struct Hands {
    since: Instant,
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        opening() + self.since.elapsed()
    }
}

/// What the team has configured.
pub(crate) const CONFIGURATION: &str = r#"
[service]
state_dir = "STATE"
mode = "full"
[team]
name = "Northwind"
domains = ["northwind.example"]
escalate_to = ["lead@northwind.example"]
[smtp]
host = "127.0.0.1"
port = 25
tls = "none"
from = "Ackd <ackd@northwind.example>"
[mailboxes.front]
host = "127.0.0.1"
tls = "none"
address = "clients@northwind.example"
username = "clients"
password = "pw"
sent = "none"
[calendars.office]
time_zone = "UTC"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
answer_within = "8h"
remind_before = ["90m", "30m"]
escalate_after = ["0m", "2h"]
auto_acknowledge_before = "10m"
[clients.acme]
domains = ["acme.example"]
owners = ["alice@northwind.example"]
policy = "standard"
[clients.bell]
domains = ["bell.example"]
owners = ["bob@northwind.example"]
policy = "standard"
[clients.core]
domains = ["core.example"]
owners = ["carol@northwind.example"]
policy = "standard"
"#;

/// An engine with its servers.
pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) servers: Servers,
    events: mpsc::Sender<Event>,
    pub(crate) pulse: Pulse,
    pub(crate) calls: mpsc::Sender<Call>,
    since: Instant,
    stop: CancellationToken,
    work: JoinHandle<Result<(), StoreError>>,
}

impl House {
    /// The engine starts at nine. `further` stands below the configuration.
    pub(crate) async fn open(further: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = read(folder.path(), further);
        let servers = Servers::default();
        let mut store = MemoryStore::new();
        let loaded = store.load().expect("a store in memory");
        let cursors = loaded.cursors.clone();
        let book = Book::open(loaded, &settings.rules);
        let (events, incoming) = mpsc::channel(EVENTS_MAX);
        let (beat, pulse) = watch::channel(None);
        let since = Instant::now();
        let stop = CancellationToken::new();
        let engine = Engine::start(EngineParts {
            settings,
            book,
            store: StoreHandle::inline(store),
            clock: Arc::new(Hands { since }),
            events: (events.clone(), incoming),
            cursors,
            pace: Pace::default(),
            wires: Wires {
                imap: servers.imap(),
                smtp: servers.smtp(),
            },
            beat,
            stop: stop.clone(),
        });
        let work = tokio::spawn(engine.await.expect("it starts").run());
        let (calls, mut called) = mpsc::channel(4);
        let passed = events.clone();
        tokio::spawn(async move {
            while let Some(call) = called.recv().await {
                if passed.send(Event::Call(call)).await.is_err() {
                    return;
                }
            }
        });
        Self {
            folder,
            servers,
            events,
            pulse,
            calls,
            since,
            stop,
            work,
        }
    }

    /// Time passes until this one of the clock, `10:35` or `10:35:20`, or of the next day: `+09:00`.
    pub(crate) async fn pass_until(&self, time: &str) {
        let (days, time) = match time.strip_prefix('+') {
            Some(time) => (1, time),
            None => (0, time),
        };
        let parts = time.split(':').map(|part| part.parse::<u64>());
        let parts: Result<Vec<u64>, _> = parts.collect();
        let seconds = match parts.expect("numbers").as_slice() {
            [hours, minutes] => hours * 3600 + minutes * 60,
            [hours, minutes, seconds] => hours * 3600 + minutes * 60 + seconds,
            _ => panic!("{time} is no time"),
        };
        let after_nine = Duration::from_secs(days * 86_400 + seconds - 9 * 3600);
        tokio::time::sleep_until(self.since + after_nine).await;
    }

    /// A mail arrives now.
    pub(crate) fn receive(&self, fields: &str) {
        self.receive_text(fields, "", 0);
    }

    /// A mail with a text is found that came so many days ago.
    pub(crate) fn receive_text(&self, fields: &str, text: &str, days_ago: i64) {
        let now = opening() + self.since.elapsed();
        let received_at = now - chrono::Duration::days(days_ago);
        self.servers.receive(fields, text, received_at);
    }

    pub(crate) async fn ask(&self, request: Request) -> Answer {
        let (answer, answered) = oneshot::channel();
        let call = Call { request, answer };
        self.calls.send(call).await.expect("it runs");
        answered.await.expect("an answer")
    }

    /// The configuration is read again.
    pub(crate) async fn reload(&self, further: &str) {
        let settings = read(self.folder.path(), further);
        let (reload, _answered) = Reload::new(settings, Vec::new(), false);
        let sent = self.events.send(Event::Reloaded(Box::new(reload))).await;
        sent.expect("it runs");
    }

    /// What a monitoring system is answered to a path.
    pub(crate) async fn probe(&self, path: &str) -> (u16, String) {
        let request = format!("GET {path} HTTP/1.1\r\n\r\n");
        let answer = converse(&request, self.calls.clone(), self.pulse.clone()).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }

    /// The engine is gone at once.
    pub(crate) fn halt(&self) {
        self.work.abort();
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        let ended = self.work.await.expect("no panic");
        ended.expect("the store is well");
    }
}

fn read(folder: &std::path::Path, further: &str) -> Settings {
    let state = folder.join("state");
    let text = CONFIGURATION.replace("STATE", state.to_str().expect("a plain path"));
    let file = folder.join("ackd.toml");
    std::fs::write(&file, text + further).expect("writable");
    let loaded = settings::load(&file, &[]);
    loaded
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .settings
}

/// Says something to the listener, and reads until it hangs up.
pub(crate) async fn converse(request: &str, calls: mpsc::Sender<Call>, pulse: Pulse) -> String {
    let (ours, theirs) = duplex(64 * 1024);
    let served = tokio::spawn(answer_probe(theirs, calls, pulse, SILENCE_MAX));
    let (mut read, mut write) = tokio::io::split(ours);
    let request = request.to_owned();
    let writing = tokio::spawn(async move {
        // The listener may hang up before it has heard everything.
        let _ = write.write_all(request.as_bytes()).await;
        write
    });
    let mut answer = Vec::new();
    // What came before a reset counts.
    let _ = read.read_to_end(&mut answer).await;
    drop(writing.await);
    served.await.expect("no panic");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The story of a morning, until noon: three clients write, one is answered, one is reminded of
/// and acknowledged, of one the owner can't be reached.
pub(crate) async fn morning(further: &str) -> House {
    let house = House::open(further).await;
    house.servers.refuse("carol@northwind.example");
    house.pass_until("09:05").await;
    house.receive(
        "From: Anna Meier <anna@acme.example>
         To: clients@northwind.example
         Subject: Invoice zebracrossing
         Message-ID: <q1@acme.example>",
    );
    house.pass_until("09:10").await;
    house.receive(
        "From: news@acme.example
         To: clients@northwind.example
         Subject: Newsletter zebracrossing
         List-Unsubscribe: <https://acme.example/off>
         Precedence: bulk
         Message-ID: <n1@acme.example>",
    );
    house.receive(
        "From: Eve <eve@elsewhere.example>
         To: clients@northwind.example
         Subject: An offer
         Message-ID: <o1@elsewhere.example>",
    );
    house.pass_until("09:30").await;
    house.receive(
        "From: Bert <bert@bell.example>
         To: clients@northwind.example
         Subject: Outage zebracrossing
         Message-ID: <q2@bell.example>",
    );
    house.pass_until("09:40").await;
    house.receive(
        "From: Dora <dora@core.example>
         To: clients@northwind.example
         Subject: Contract zebracrossing
         Message-ID: <q3@core.example>",
    );
    house.pass_until("10:00").await;
    house.receive(
        "From: Bob Builder <bob@northwind.example>
         To: bert@bell.example
         Cc: clients@northwind.example
         Subject: Re: Outage zebracrossing
         In-Reply-To: <q2@bell.example>
         Message-ID: <a2@northwind.example>",
    );
    house.pass_until("12:00").await;
    house
}

/// What people say about it in the afternoon.
pub(crate) async fn afternoon(house: &House) {
    let by = || "carol".to_owned();
    let (id, row) = (CaseId(3), OutboxId(2));
    let word = MailWord::Drop;
    house
        .ask(Request::Mail {
            id: row,
            word,
            by: by(),
        })
        .await;
    house.ask(Request::Urgent { id, by: by() }).await;
    let to = ackd::domain::address::Address::parse("bob@northwind.example");
    house.ask(Request::Assign { id, to, by: by() }).await;
    let how = Settlement::Phoned;
    house.ask(Request::Settle { id, how, by: by() }).await;
    house.ask(Request::Reopen { id, by: by() }).await;
    house.reload("").await;
    house.pass_until("15:00").await;
}
