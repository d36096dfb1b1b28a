//! The life of one watched mailbox: connect, read, wait for news, and again after a failure.
//!
//! Vocabulary: *home* is the first watched folder, the one that stays open; a *pass* looks at
//! every folder once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch as watching};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::append::Filing;
use super::connect::{connect, server_and_user};
use super::failure::Failure;
use super::folders::{find_sent, list, quote_folder, usual_spelling};
use super::session::Session;
use super::troubles::{GivenUp, Reading, Trouble};
use super::{Account, Beginning, Order, Report, SentChoice, WatchState};
use crate::clock::SharedClock;
use crate::domain::commit::{Cursor, FolderId};
use crate::domain::facts::{FolderRole, Location};

/// The shortest and the longest wait after a failure.
const PAUSE_MIN: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(80);

/// The same after the server refused the login or we its certificate: a person has to act,
/// and servers lock out those who try a wrong password often.
const DENIED_PAUSE_MIN: Duration = Duration::from_secs(60);
const DENIED_PAUSE_MAX: Duration = Duration::from_secs(600);

/// Watches one mailbox until `stop`: connects, reads, waits for news, and connects again after
/// a failure. What it sees goes to `reports`, `orders` are what the engine wants of it, and
/// `flags` names the messages whose `\Answered` is of interest.
///
/// Ends early only if nobody listens to `reports` or `orders` is closed.
pub async fn watch(
    account: Account,
    clock: SharedClock,
    beginning: Beginning,
    reports: mpsc::Sender<Report>,
    orders: mpsc::Receiver<Order>,
    flags: watching::Receiver<Arc<Vec<Location>>>,
    stop: CancellationToken,
) {
    let mut watch = Watch::new(account, clock, beginning, reports, orders, flags);
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = watch.keep_watching() => {}
    }
}

/// A folder that is watched.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// Its name as plain text.
    pub(crate) name: String,
    /// Its name as it stands in commands.
    pub(crate) quoted: String,
    /// What it is watched for.
    pub(crate) role: FolderRole,
}

/// One mailbox under watch.
pub(crate) struct Watch {
    pub(crate) account: Account,
    pub(crate) clock: SharedClock,
    pub(crate) cursors: BTreeMap<String, Cursor>,
    reports: mpsc::Sender<Report>,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) flags: watching::Receiver<Arc<Vec<Location>>>,
    /// Looks that were ordered and not begun.
    looks: Vec<u64>,
    pub(crate) filings: VecDeque<Filing>,
    state: Option<WatchState>,
    /// The watched folders, the sent folder first, home last.
    pub(crate) folders: Vec<Watched>,
    /// Whether home is the open folder.
    pub(crate) home_open: bool,
    /// How many messages home held when it was read last.
    pub(crate) home_exists: u32,
    /// How many messages each folder held when it was read last.
    pub(crate) counts: BTreeMap<String, u32>,
    /// How many messages the present read of a folder has brought.
    pub(crate) fetched: u32,
    /// The folders that were known again since this session began.
    pub(crate) recognised: BTreeSet<String>,
    /// Answered messages the engine was told of.
    pub(crate) told: BTreeSet<Location>,
    pub(super) troubles: BTreeMap<String, Trouble>,
    pub(super) given_up: BTreeMap<String, GivenUp>,
    pub(super) reading: Option<Reading>,
    /// Whether an answer to SEARCH could not be read, so that it is done without.
    pub(crate) search_was_unreadable: bool,
    /// Whether this session's server refused to IDLE.
    pub(crate) idle_refused: bool,
    pub(super) failures_in_a_row: u32,
    sent_missing_told: bool,
    pub(crate) passes: u64,
}

impl Watch {
    pub(crate) fn new(
        account: Account,
        clock: SharedClock,
        beginning: Beginning,
        reports: mpsc::Sender<Report>,
        orders: mpsc::Receiver<Order>,
        flags: watching::Receiver<Arc<Vec<Location>>>,
    ) -> Self {
        Self {
            account,
            clock,
            cursors: beginning.cursors,
            reports,
            orders,
            flags,
            looks: Vec::new(),
            filings: VecDeque::new(),
            state: None,
            folders: Vec::new(),
            home_open: false,
            home_exists: 0,
            counts: BTreeMap::new(),
            fetched: 0,
            recognised: BTreeSet::new(),
            told: BTreeSet::new(),
            troubles: BTreeMap::new(),
            given_up: BTreeMap::new(),
            reading: None,
            search_was_unreadable: false,
            idle_refused: false,
            failures_in_a_row: 0,
            sent_missing_told: false,
            passes: 0,
        }
    }

    /// One session after the other. A parser that panics costs a session, not the watch.
    async fn keep_watching(&mut self) {
        loop {
            let ended = AssertUnwindSafe(self.one_session()).catch_unwind().await;
            let failure = ended.unwrap_or_else(|_| {
                Failure::Unreadable("the parser failed on a line of it".to_owned())
            });
            if failure == Failure::Stopped {
                return;
            }
            self.note_trouble(failure.is_unreadable());
            let reason = self.reason(&failure);
            // The engine tells of it once, as long as the reason is the same.
            tracing::debug!(mailbox = %self.account.name, "{reason}");
            let pause = self.pause(&failure);
            self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
            if self.rest(pause, reason).await.is_err() {
                return;
            }
        }
    }

    /// Connects and watches until something fails.
    async fn one_session(&mut self) -> Failure {
        match self.run_session().await {
            Ok(never) => match never {},
            Err(failure) => failure,
        }
    }

    async fn run_session(&mut self) -> Result<std::convert::Infallible, Failure> {
        self.home_open = false;
        self.idle_refused = false;
        self.recognised.clear();
        let mut session = connect(&self.account).await?;
        self.choose_folders(&mut session).await?;
        if !matches!(self.state, Some(WatchState::Live)) {
            self.set_state(WatchState::CatchingUp).await?;
        }
        loop {
            self.take_orders()?;
            let looks = std::mem::take(&mut self.looks);
            let began = self.clock.now();
            let problems = match self.pass(&mut session).await {
                Ok(problems) => problems,
                Err(failure) => {
                    self.looks = looks;
                    return Err(failure);
                }
            };
            // A login proves little: a session that always fails afterwards must not be
            // tried every two seconds.
            self.failures_in_a_row = 0;
            self.tell_pass(began, looks, problems).await?;
            self.file_copies(&mut session).await?;
            let due = Instant::now() + self.account.poll_every;
            self.wait_for_news(&mut session, due).await?;
        }
    }

    /// Reports what a pass came to. It shows what lay in the folders when it `began`: what has
    /// come into the first folder since then, it may have missed.
    async fn tell_pass(
        &mut self,
        began: crate::domain::time::Timestamp,
        looks: Vec<u64>,
        problems: Vec<String>,
    ) -> Result<(), Failure> {
        let mailbox = self.account.name.clone();
        let outcome = if problems.is_empty() {
            self.set_state(WatchState::Live).await?;
            self.report(Report::Proof { mailbox, at: began }).await?;
            Ok(())
        } else {
            let reason = problems.join("; ");
            let blind = WatchState::Blind {
                reason: reason.clone(),
            };
            self.set_state(blind).await?;
            Err(reason)
        };
        self.answer_looks(looks, outcome).await
    }

    async fn answer_looks(
        &mut self,
        looks: Vec<u64>,
        outcome: Result<(), String>,
    ) -> Result<(), Failure> {
        for look in looks {
            self.report(Report::Looked {
                mailbox: self.account.name.clone(),
                look,
                outcome: outcome.clone(),
            })
            .await?;
        }
        Ok(())
    }

    /// Finds out which folders to watch. Home comes last, because it stays open.
    async fn choose_folders(&mut self, session: &mut Session) -> Result<(), Failure> {
        let sent = match &self.account.sent {
            SentChoice::None => None,
            SentChoice::Named(name) => Some(usual_spelling(name)),
            SentChoice::Auto => {
                let listed = list(session).await?;
                find_sent(&listed).map(|folder| folder.name.clone())
            }
        };
        if sent.is_none() && self.account.sent == SentChoice::Auto && !self.sent_missing_told {
            self.sent_missing_told = true;
            tracing::warn!(event = "sent_folder_missing", mailbox = %self.account.name,
                "no sent folder was found; answers are seen in the watched folders only (name it with sent = \"…\")");
        }
        let inboxes = self.account.folders.iter().map(|name| usual_spelling(name));
        let inboxes: Vec<String> = inboxes.filter(|name| Some(name) != sent.as_ref()).collect();
        let (home, others) = inboxes
            .split_first()
            .map_or((None, &[][..]), |(home, others)| {
                (Some(home.clone()), others)
            });
        let mut folders = Vec::new();
        let in_order = sent
            .map(|name| (name, FolderRole::Sent))
            .into_iter()
            .chain(others.iter().map(|name| (name.clone(), FolderRole::Inbox)))
            .chain(home.map(|name| (name, FolderRole::Inbox)));
        for (name, role) in in_order {
            let quoted = quote_folder(&name)?;
            if !folders.iter().any(|own: &Watched| own.name == name) {
                folders.push(Watched { name, quoted, role });
            }
        }
        self.folders = folders;
        Ok(())
    }

    /// Takes in whatever was ordered by now.
    pub(crate) fn take_orders(&mut self) -> Result<(), Failure> {
        loop {
            match self.orders.try_recv() {
                Ok(order) => self.take_order(order),
                Err(mpsc::error::TryRecvError::Empty) => return Ok(()),
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(Failure::Stopped),
            }
        }
    }

    /// Takes in one order.
    pub(crate) fn take_order(&mut self, order: Order) {
        match order {
            Order::Look { look } => self.looks.push(look),
            Order::FileSent {
                row,
                message_id,
                bytes,
            } => self.filings.push_back(Filing {
                row,
                message_id,
                bytes,
            }),
        }
    }

    /// Tells the engine something.
    pub(crate) async fn report(&mut self, report: Report) -> Result<(), Failure> {
        self.reports
            .send(report)
            .await
            .map_err(|_| Failure::Stopped)
    }

    /// A folder as the engine knows it.
    pub(crate) fn folder_id(&self, folder: &Watched) -> FolderId {
        FolderId {
            mailbox: self.account.name.clone(),
            folder: folder.name.clone(),
        }
    }

    async fn set_state(&mut self, state: WatchState) -> Result<(), Failure> {
        if self.state.as_ref() == Some(&state) {
            return Ok(());
        }
        self.state = Some(state.clone());
        let folders = self.folders.iter().rev();
        let folders = folders.map(|own| (own.name.clone(), own.role)).collect();
        self.report(Report::State {
            mailbox: self.account.name.clone(),
            state,
            folders,
        })
        .await
    }

    fn reason(&self, failure: &Failure) -> String {
        match failure {
            Failure::Unreachable(told) | Failure::Denied(told) => told.to_string(),
            other => format!("{}: {other}", server_and_user(&self.account)),
        }
    }

    /// How long to wait before the next try: longer each time, and never the same for many
    /// mailboxes that failed together.
    fn pause(&self, failure: &Failure) -> Duration {
        let (min, max) = match failure {
            Failure::Denied(_) => (DENIED_PAUSE_MIN, DENIED_PAUSE_MAX),
            _ => (PAUSE_MIN, PAUSE_MAX),
        };
        let doubled = min * 2_u32.saturating_pow(self.failures_in_a_row.min(8));
        let spread = 0.75 + fastrand::f64() / 2.0;
        doubled.min(max).mul_f64(spread).clamp(min, max)
    }

    /// Waits after a failure; what is ordered meanwhile is answered with the reason.
    async fn rest(&mut self, pause: Duration, reason: String) -> Result<(), Failure> {
        let until = Instant::now() + pause;
        self.set_state(WatchState::Blind {
            reason: reason.clone(),
        })
        .await?;
        loop {
            self.refuse_orders(&reason).await?;
            tokio::select! {
                biased;
                () = sleep_until(until) => return Ok(()),
                order = self.orders.recv() => match order {
                    Some(order) => self.take_order(order),
                    None => return Err(Failure::Stopped),
                },
            }
        }
    }

    async fn refuse_orders(&mut self, reason: &str) -> Result<(), Failure> {
        self.take_orders()?;
        let looks = std::mem::take(&mut self.looks);
        self.answer_looks(looks, Err(reason.to_owned())).await?;
        while let Some(filing) = self.filings.pop_front() {
            self.report(Report::Filed {
                mailbox: self.account.name.clone(),
                row: filing.row,
                outcome: Err(reason.to_owned()),
            })
            .await?;
        }
        Ok(())
    }
}
