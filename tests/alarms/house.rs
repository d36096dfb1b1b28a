//! One installation with its servers and its clock.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ackd::clock::{Clock, SharedClock, SystemClock};
use ackd::control::view::ReloadView;
use ackd::control::{Answer, Call, Request};
use ackd::daemon::{EVENTS_MAX, Engine, EngineParts, Event, Pace, Reload};
use ackd::domain::book::Book;
use ackd::domain::time::Timestamp;
use ackd::settings::{self, BrokenHolidays, Settings};
use ackd::store::{MemoryStore, Store, StoreError, StoreHandle};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::imap::Mailbox;
use crate::smtp::PostOffice;

/// How long anything may take that has no time of its own. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often is looked whether something has come true.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The most the clock moves without being taken for a jump.
const STEP: chrono::Duration = chrono::Duration::seconds(50);

/// How long nothing must happen before it counts as never happening.
const QUIET: Duration = Duration::from_millis(700);

/// The machine's clock, moved.
#[derive(Debug, Clone)]
pub(crate) struct MovedClock {
    offset: Arc<Mutex<chrono::Duration>>,
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + *self.offset.lock().expect("no panic")
    }
}

/// A daemon at work.
struct Inhabited {
    events: mpsc::Sender<Event>,
    stop: CancellationToken,
    work: JoinHandle<Result<(), StoreError>>,
}

/// One installation.
pub(crate) struct House {
    folder: TempDir,
    pub(crate) clock: MovedClock,
    pub(crate) mailbox: Mailbox,
    /// The ordinary mail server.
    pub(crate) post: PostOffice,
    /// The mail server of the second route.
    pub(crate) other_post: PostOffice,
    pub(crate) store: MemoryStore,
    /// What stands in the configuration beside the servers.
    pub(crate) configuration: String,
    inhabited: Option<Inhabited>,
}

impl House {
    pub(crate) fn new(configuration: &str) -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
            clock: MovedClock {
                offset: Arc::default(),
            },
            mailbox: Mailbox::open(),
            post: PostOffice::open(),
            other_post: PostOffice::open(),
            store: MemoryStore::new(),
            configuration: configuration.to_owned(),
            inhabited: None,
        }
    }

    /// A file in the house's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the alarm command was given so far, one text for each time.
    pub(crate) fn pages(&self) -> Vec<String> {
        let read = fs::read_to_string(self.path("pages")).unwrap_or_default();
        let pages = read.split("Subject: ").filter(|page| !page.is_empty());
        pages.map(str::to_owned).collect()
    }

    /// Writes the configuration; nobody is in.
    pub(crate) fn configure(&self) {
        self.settings();
    }

    fn settings(&self) -> Settings {
        let pages = self.path("pages");
        let text = self
            .configuration
            .replace("IMAP_PORT", &self.mailbox.port.to_string())
            .replace("OTHER_PORT", &self.other_post.port.to_string())
            .replace("SMTP_PORT", &self.post.port.to_string())
            .replace("PAGES", pages.to_str().expect("a plain path"))
            .replace("STATE", self.path("state").to_str().expect("a plain path"));
        let file = self.path("ackd.toml");
        fs::write(&file, text).expect("writable");
        let loaded = settings::load_with(&file, &[], BrokenHolidays::Replaced);
        loaded
            .unwrap_or_else(|problems| panic!("{problems:?}"))
            .settings
    }

    /// The daemon starts, or starts again.
    pub(crate) async fn enter(&mut self) {
        // Installed already where another test of this program was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = self.settings();
        let loaded = self.store.load().expect("a store in memory");
        let cursors = loaded.cursors.clone();
        let book = Book::open(loaded, &settings.rules);
        let (events, incoming) = mpsc::channel(EVENTS_MAX);
        let stop = CancellationToken::new();
        let clock: SharedClock = Arc::new(self.clock.clone());
        let engine = Engine::start(EngineParts {
            wires: ackd::daemon::Wires::default(),
            settings,
            book,
            store: StoreHandle::inline(self.store.clone()),
            clock,
            events: (events.clone(), incoming),
            cursors,
            pace: Pace {
                tick_max: Duration::from_millis(10),
            },
            beat: watch::channel(None).0,
            stop: stop.clone(),
        });
        let engine = engine.await.expect("it starts");
        let work = tokio::spawn(engine.run());
        self.inhabited = Some(Inhabited { events, stop, work });
    }

    /// The daemon reads its configuration again.
    pub(crate) async fn reload(&self) -> ReloadView {
        self.read_again(false).await
    }

    /// The daemon says what its configuration would change.
    pub(crate) async fn compare(&self) -> ReloadView {
        self.read_again(true).await
    }

    async fn read_again(&self, dry_run: bool) -> ReloadView {
        let (reload, answered) = Reload::new(self.settings(), Vec::new(), dry_run);
        self.tell(Event::Reloaded(Box::new(reload))).await;
        answered.await.expect("an answer")
    }

    /// Something happens beside the mailboxes.
    pub(crate) async fn tell(&self, event: Event) {
        let inhabited = self.inhabited.as_ref().expect("somebody is in");
        inhabited.events.send(event).await.expect("it runs");
    }

    /// Somebody asks over the control socket.
    pub(crate) async fn ask(&self, request: Request) -> Answer {
        let (answer, answered) = oneshot::channel();
        let inhabited = self.inhabited.as_ref().expect("somebody is in");
        let call = Event::Call(Call { request, answer });
        inhabited.events.send(call).await.expect("it runs");
        answered.await.expect("an answer")
    }

    /// The daemon is gone at once, as in a crash: nothing is finished.
    pub(crate) async fn leave(&mut self) {
        let inhabited = self.inhabited.take().expect("somebody is in");
        inhabited.work.abort();
        inhabited.stop.cancel();
        let _ = inhabited.work.await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock is set, at once.
    pub(crate) fn jump(&self, by: chrono::Duration) {
        let mut offset = self.clock.offset.lock().expect("no panic");
        *offset += by;
    }

    /// Time passes, as it does: little by little. (Only seconds pass for the mail servers, so
    /// that a mailbox has hardly a chance to be seen meanwhile.)
    pub(crate) async fn pass(&self, time: chrono::Duration) {
        let mut left = time;
        while left > chrono::Duration::zero() {
            self.jump(left.min(STEP));
            left -= STEP;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// Waits until something is there.
    pub(crate) async fn eventually<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            let late = tokio::time::Instant::now() >= until;
            assert!(
                !late,
                "waited in vain for {what}; sent: {:#?}; told: {:#?}",
                self.subjects(),
                self.pages()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until no mail has come for a while.
    pub(crate) async fn quiet(&self) {
        let mut before = usize::MAX;
        loop {
            let now = self.post.letters().len() + self.other_post.letters().len();
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(QUIET).await;
        }
    }

    /// Waits until the mailbox has been read to its end.
    pub(crate) async fn settled(&mut self, messages: u32) {
        let store = self.store.clone();
        self.eventually("the mailbox to be read", || {
            let loaded = store.clone().load().expect("a store in memory");
            let cursor = &loaded.cursors.first()?.1;
            (cursor.uid_next == messages + 1).then_some(())
        })
        .await;
    }

    /// To whom what was sent by the ordinary route.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let letters = self.post.letters();
        let line =
            |letter: &crate::smtp::Letter| format!("{}: {}", letter.to, letter.field("Subject"));
        letters.iter().map(line).collect()
    }
}
