//! The watches: one supervised task for each mailbox, and what we know of it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Event, Messages};
use crate::clock::SharedClock;
use crate::domain::commit::{Cursor, FolderId, Quarantined};
use crate::domain::decide::Judged;
use crate::domain::facts::{Arrived, FolderRole, Location};
use crate::domain::ids::{CaseId, MailboxName, MessageKey};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::imap::{self, Account, Beginning, Order, Report, WatchState};
use crate::settings::MailboxSettings;

/// How many orders may wait for a mailbox.
const ORDERS_MAX: usize = 32;

/// How many messages of and to clients go to the engine at once, when there are more than it
/// can take.
const TOGETHER_MAX: usize = 100;

/// How many messages, of whomever, are read before their cursor is written down.
const READ_TOGETHER_MAX: u64 = 1000;

/// How long a watch that panicked rests before it is started again.
const PANIC_REST: Duration = Duration::from_secs(5);

/// How long a mailbox that is blind at the start is waited for before mail goes out.
const BLIND_PATIENCE: chrono::Duration = chrono::Duration::seconds(15);

/// The messages of one mailbox whose `\Answered` is asked for, at most.
const FLAGGED_MAX: usize = 1000;

/// What we know of one mailbox.
pub(super) struct Watched {
    /// How it is doing.
    pub(super) state: WatchState,
    /// When the server last answered a complete look.
    pub(super) last_proof_at: Option<Timestamp>,
    /// Since when there has been no proof of life: the start, or the last proof.
    pub(super) unproved_since: Timestamp,
    /// How many messages were judged since the start.
    pub(super) messages_seen: u64,
    /// Its folders.
    pub(super) folders: Vec<(String, FolderRole)>,
    /// Whether it was read to its end since the start, or since the clock jumped.
    pub(super) is_caught_up: bool,
    /// Since when it could have been seen: its start, or the end of a suspension.
    pub(super) begun_at: Timestamp,
    /// The client mails it brings after an outage, with their cases.
    pub(super) caught_up: BTreeMap<MessageKey, CaseId>,
    orders: mpsc::Sender<Order>,
    flags: watch::Sender<Arc<Vec<Location>>>,
    stop: CancellationToken,
    run: u64,
    restart_at: Option<Instant>,
    account: Account,
    /// How the account was configured, to notice changes.
    pub(super) configured: MailboxSettings,
}

/// All watches.
pub(super) struct Watches {
    /// By mailbox.
    pub(super) by_name: BTreeMap<MailboxName, Watched>,
    cursors: BTreeMap<FolderId, Cursor>,
    events: mpsc::Sender<Event>,
    clock: SharedClock,
    rules: watch::Receiver<Arc<Rules>>,
    stop: CancellationToken,
    runs: u64,
}

impl Watches {
    pub(super) fn new(
        cursors: Vec<(FolderId, Cursor)>,
        events: mpsc::Sender<Event>,
        clock: SharedClock,
        rules: watch::Receiver<Arc<Rules>>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            by_name: BTreeMap::new(),
            cursors: cursors.into_iter().collect(),
            events,
            clock,
            rules,
            stop,
            runs: 0,
        }
    }

    /// Starts watching a mailbox. `configured` is what its account was made of; `outage` is since
    /// when it had given no proof of life before.
    pub(super) fn start(
        &mut self,
        account: Account,
        configured: MailboxSettings,
        outage: Option<Timestamp>,
    ) {
        let now = self.clock.now();
        let (orders, flags, stop, run) = self.spawn(account.clone());
        let watched = Watched {
            state: WatchState::CatchingUp,
            last_proof_at: None,
            unproved_since: outage.map_or(now, |since| since.min(now)),
            messages_seen: 0,
            folders: Vec::new(),
            is_caught_up: false,
            begun_at: now,
            caught_up: BTreeMap::new(),
            orders,
            flags,
            stop,
            run,
            restart_at: None,
            configured,
            account,
        };
        self.by_name.insert(watched.account.name.clone(), watched);
    }

    /// Stops watching a mailbox.
    pub(super) fn remove(&mut self, name: &MailboxName) {
        if let Some(watched) = self.by_name.remove(name) {
            watched.stop.cancel();
        }
    }

    /// The cursor is on disk: a watch that starts again begins there.
    pub(super) fn advanced(&mut self, folder: FolderId, cursor: Cursor) {
        self.cursors.insert(folder, cursor);
    }

    /// Gives an order. False if the mailbox can't take it.
    pub(super) fn order(&self, name: &MailboxName, order: Order) -> bool {
        let watched = self.by_name.get(name);
        watched.is_some_and(|watched| watched.orders.try_send(order).is_ok())
    }

    /// Names the messages whose `\Answered` we want to learn.
    pub(super) fn flag(&self, mut wanted: BTreeMap<MailboxName, Vec<Location>>) {
        for (name, watched) in &self.by_name {
            let mut locations = wanted.remove(name).unwrap_or_default();
            locations.sort();
            locations.reverse();
            locations.truncate(FLAGGED_MAX);
            watched.flags.send_if_modified(|own| {
                let changed = **own != locations;
                if changed {
                    *own = Arc::new(locations);
                }
                changed
            });
        }
    }

    /// A watch has panicked: it counts as blind and is started again after a rest.
    pub(super) fn ended(&mut self, name: &MailboxName, run: u64, reason: String) {
        if let Some(watched) = self.by_name.get_mut(name)
            && watched.run == run
        {
            watched.state = WatchState::Blind { reason };
            watched.restart_at = Some(Instant::now() + PANIC_REST);
        }
    }

    /// Starts the watches again whose rest is over.
    pub(super) fn restart_ended(&mut self) -> Vec<MailboxName> {
        let now = Instant::now();
        let ripe = |watched: &Watched| watched.restart_at.is_some_and(|at| at <= now);
        let names: Vec<MailboxName> = self
            .by_name
            .iter()
            .filter(|(_, watched)| ripe(watched))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &names {
            let name = name.clone();
            let Some(account) = self.by_name.get(&name).map(|own| own.account.clone()) else {
                continue;
            };
            let (orders, flags, stop, run) = self.spawn(account);
            if let Some(watched) = self.by_name.get_mut(&name) {
                watched.orders = orders;
                watched.flags = flags;
                watched.stop = stop;
                watched.run = run;
                watched.restart_at = None;
            }
        }
        names
    }

    /// What is known of the mailboxes has become old at once; their names. Where there was an
    /// outage before, it goes on.
    pub(super) fn begin_anew(
        &mut self,
        now: Timestamp,
        outages: &BTreeSet<MailboxName>,
    ) -> Vec<MailboxName> {
        for (name, watched) in &mut self.by_name {
            watched.is_caught_up = false;
            watched.begun_at = now;
            watched.unproved_since = match outages.contains(name) {
                true => watched.unproved_since.min(now),
                false => now,
            };
        }
        self.by_name.keys().cloned().collect()
    }

    /// Whether every mailbox was read to its end, or stays blind beyond a first try: at a start,
    /// the network may be a few seconds late.
    pub(super) fn are_caught_up(&self, waited: chrono::Duration) -> bool {
        self.by_name.values().all(|watched| {
            let blind = matches!(watched.state, WatchState::Blind { .. });
            watched.is_caught_up || (blind && waited >= BLIND_PATIENCE)
        })
    }

    fn spawn(
        &mut self,
        account: Account,
    ) -> (
        mpsc::Sender<Order>,
        watch::Sender<Arc<Vec<Location>>>,
        CancellationToken,
        u64,
    ) {
        self.runs += 1;
        let run = self.runs;
        let (orders, incoming) = mpsc::channel(ORDERS_MAX);
        let (flags, wanted) = watch::channel(Arc::new(Vec::new()));
        let stop = self.stop.child_token();
        let own = self
            .cursors
            .iter()
            .filter(|(folder, _)| folder.mailbox == account.name);
        let cursors = own
            .map(|(id, cursor)| (id.folder.clone(), cursor.clone()))
            .collect();
        let beginning = Beginning { cursors };
        let (name, clock, events) = (
            account.name.clone(),
            self.clock.clone(),
            self.events.clone(),
        );
        let reports = forward(events.clone(), self.rules.clone(), self.clock.clone());
        let watch = imap::watch(
            account,
            clock,
            beginning,
            reports,
            incoming,
            wanted,
            stop.clone(),
        );
        tokio::spawn(async move {
            // A hostile server line can panic the parser: that ends this task, not the daemon.
            if let Err(error) = tokio::spawn(watch).await
                && error.is_panic()
            {
                let reason = "an answer of the server could not be understood".to_owned();
                // The engine is gone only when the daemon stops.
                let _ = events
                    .send(Event::WatchEnded {
                        mailbox: name,
                        run,
                        reason,
                    })
                    .await;
            }
        });
        (orders, flags, stop, run)
    }
}

/// Turns reports into events. Messages are judged here, beside the engine, which so has its
/// hands free for the book. What comes in while the engine is busy goes to it as one event, and
/// so into one commit: a disk's confirmation costs more than many messages.
fn forward(
    events: mpsc::Sender<Event>,
    rules: watch::Receiver<Arc<Rules>>,
    clock: SharedClock,
) -> mpsc::Sender<Report> {
    let (reports, mut incoming) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut waiting: Option<Messages> = None;
        loop {
            let room = waiting.as_ref().is_none_or(Messages::has_room);
            tokio::select! {
                biased;
                report = incoming.recv(), if room => {
                    let Some(report) = report else { break };
                    let event = match report {
                        Report::Batch { folder, arrived, passed_over, quarantined, cursor } => {
                            let rules = rules.borrow().clone();
                            let judged = Vec::new();
                            let kinds = BTreeMap::new();
                            let mut messages =
                                Messages { folder, judged, passed_over, kinds, quarantined, cursor };
                            for message in arrived {
                                messages.judge(message, &rules, &clock);
                            }
                            match &mut waiting {
                                Some(own) if own.folder == messages.folder => {
                                    own.add(messages);
                                    continue;
                                }
                                _ => waiting.replace(messages).map(Event::Messages),
                            }
                        }
                        // What follows messages must not overtake them.
                        other => {
                            if let Some(own) = waiting.take()
                                && events.send(Event::Messages(own)).await.is_err()
                            {
                                return;
                            }
                            Some(Event::Mailbox(other))
                        }
                    };
                    if let Some(event) = event
                        && events.send(event).await.is_err()
                    {
                        return;
                    }
                }
                permit = events.reserve(), if waiting.is_some() => {
                    let (Ok(permit), Some(own)) = (permit, waiting.take()) else { return };
                    permit.send(Event::Messages(own));
                }
            }
        }
        if let Some(own) = waiting {
            // The engine is gone only when the daemon stops.
            let _ = events.send(Event::Messages(own)).await;
        }
    });
    reports
}

impl Messages {
    /// Whether more may be added before the engine takes them.
    fn has_room(&self) -> bool {
        let read = self.judged.len() as u64 + self.quarantined.len() as u64 + self.passed_over;
        self.judged.len() < TOGETHER_MAX && read < READ_TOGETHER_MAX
    }

    /// Adds what was read next in the same folder.
    fn add(&mut self, next: Messages) {
        self.judged.extend(next.judged);
        self.passed_over += next.passed_over;
        for (kind, count) in next.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.quarantined.extend(next.quarantined);
        self.cursor = next.cursor;
    }

    /// Judges one message, and keeps it if anything is to be decided about it. One that can't even be judged
    /// is put into quarantine, and the others go on.
    pub(super) fn judge(&mut self, message: Arrived, rules: &Rules, clock: &SharedClock) {
        let location = message.location.clone();
        let judge = AssertUnwindSafe(|| Judged::new(message, rules));
        match std::panic::catch_unwind(judge) {
            Ok(judged) => {
                let kind = (judged.verdict.sender, judged.verdict.kind);
                *self.kinds.entry(kind).or_default() += 1;
                match judged.is_of_interest() {
                    true => self.judged.push(judged),
                    false => self.passed_over += 1,
                }
            }
            Err(_) => self.quarantined.push(Quarantined {
                location,
                at: clock.now(),
                reason: "an internal error while judging it".to_owned(),
            }),
        }
    }
}
