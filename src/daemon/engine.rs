//! The engine: the single owner of the book.
//!
//! One event after another: ask the domain, write one commit, then act. No locks, no shared
//! state. Time comes from the clock it was given, and deadlines are compared with it at least
//! every [`Pace::tick_max`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::alarms::AlarmMemory;
use super::looks::Looks;
use super::notes::Told;
use super::replies::ReplyMemory;
use super::watches::Watches;
use super::{Event, Starts, Wires, store_trouble, translate};
use crate::clock::SharedClock;
use crate::control::metrics::Tally;
use crate::domain::alarm::Finding;
use crate::domain::book::Book;
use crate::domain::commit::{Installation, Known, Questions};
use crate::domain::decide::{self, Beginning, Decisions, Identity};
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, MailboxName, OutboxId};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::settings::Settings;
use crate::store::{StoreError, StoreHandle};

/// How often things are done at the least.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The wall clock is compared with the agenda at least this often.
    pub tick_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tick_max: Duration::from_secs(10),
        }
    }
}

/// How long before a rung the mailboxes are looked at, so that the answer is there in time.
pub(super) const LOOK_AHEAD: chrono::Duration = chrono::Duration::seconds(3);

/// Ticks further apart than this mean that the machine slept or its clock was set.
const JUMP_MIN: chrono::Duration = chrono::Duration::seconds(60);

/// How often rows nobody needs any more are put away.
const HOUSE_EVERY: chrono::Duration = chrono::Duration::hours(1);

/// The pause while something is overdue that waits for an event.
const OVERDUE_PAUSE: Duration = Duration::from_millis(200);

/// How often the messages whose `\Answered` we want are named anew.
const FLAGS_EVERY: chrono::Duration = chrono::Duration::seconds(2);

/// How long a stop waits for mails that are on their way.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(3);

/// What an engine is made of.
pub struct EngineParts {
    /// The checked settings.
    pub settings: Settings,
    /// The book as it was on disk.
    pub book: Book,
    /// The store.
    pub store: StoreHandle,
    /// Tells the time.
    pub clock: SharedClock,
    /// The events, and a way to add some.
    pub events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    /// How far each folder was read.
    pub cursors: Vec<(
        crate::domain::commit::FolderId,
        crate::domain::commit::Cursor,
    )>,
    /// How often things are done.
    pub pace: Pace,
    /// How the mail servers are reached.
    pub wires: Wires,
    /// Tells when the engine last made a round, for the watchdog.
    pub beat: watch::Sender<Option<Instant>>,
    /// Stops everything.
    pub stop: CancellationToken,
}

/// The single owner of the book.
pub struct Engine {
    pub(super) settings: Settings,
    pub(super) rules: watch::Sender<Arc<Rules>>,
    pub(super) book: Book,
    pub(super) store: StoreHandle,
    pub(super) clock: SharedClock,
    pub(super) watches: Watches,
    pub(super) looks: Looks,
    pub(super) started_at: Timestamp,
    pub(super) alarm_memory: AlarmMemory,
    /// When ending holiday files were last warned of.
    pub(super) holidays_told_at: Option<Timestamp>,
    pub(super) in_flight: BTreeSet<OutboxId>,
    pub(super) wires: Wires,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) incoming: mpsc::Receiver<Event>,
    pace: Pace,
    /// Since when we have been catching up: the start, or the end of a suspension.
    pub(super) catching_up_since: Timestamp,
    last_tick: Timestamp,
    kept_house_at: Option<Timestamp>,
    pub(super) may_send: bool,
    flags_named_at: Option<Timestamp>,
    pub(super) flags_dirty: bool,
    /// What has happened since the start, for monitoring.
    pub(super) tally: Tally,
    /// How many messages are set aside, as of the last time the store was asked.
    pub(super) quarantined: u64,
    pub(super) replies: ReplyMemory,
    beat: watch::Sender<Option<Instant>>,
    stop: CancellationToken,
}

impl Engine {
    /// Puts an engine together and starts the watches.
    pub async fn start(parts: EngineParts) -> Result<Self, StoreError> {
        let rules = watch::channel(parts.settings.rules.clone()).0;
        let started_at = parts.clock.now();
        let (events, incoming) = parts.events;
        let watches = Watches::new(
            parts.cursors,
            events.clone(),
            parts.clock.clone(),
            rules.subscribe(),
            parts.stop.child_token(),
        );
        let mut engine = Self {
            settings: parts.settings,
            rules,
            book: parts.book,
            store: parts.store,
            clock: parts.clock,
            watches,
            looks: Looks::default(),
            started_at,
            alarm_memory: AlarmMemory::default(),
            holidays_told_at: None,
            in_flight: BTreeSet::new(),
            wires: parts.wires,
            events,
            incoming,
            pace: parts.pace,
            catching_up_since: started_at,
            last_tick: started_at,
            kept_house_at: None,
            may_send: false,
            flags_named_at: None,
            flags_dirty: true,
            tally: Tally::default(),
            quarantined: 0,
            replies: ReplyMemory::default(),
            beat: parts.beat,
            stop: parts.stop,
        };
        let state_dir = &engine.settings.service.state_dir;
        engine.alarm_memory.store_told_at = store_trouble::told_at(state_dir);
        engine.prepare_replies();
        engine.begin().await?;
        engine.tell_of_rebuilding().await?;
        engine.check_holidays();
        engine.start_watches();
        Ok(engine)
    }

    /// Runs until it is stopped. Fails only if the store does: then nothing more may be sent.
    pub async fn run(mut self) -> Result<(), StoreError> {
        loop {
            self.beat.send_replace(Some(Instant::now()));
            let pause = self.pause();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                event = self.incoming.recv() => match event {
                    Some(event) => {
                        let begun = Instant::now();
                        self.handle(event).await?;
                        self.tally.dealt_with(begun.elapsed());
                    }
                    None => break,
                },
                () = tokio::time::sleep(pause) => {}
            }
            self.tick().await?;
        }
        self.drain().await
    }

    /// Decides what a start means, before anything else.
    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let rules = self.settings.rules.clone();
        let fresh = super::start::fresh_instance();
        let domain = self.message_id_domain();
        let beginning = Beginning {
            fresh: &fresh,
            domain: &domain,
            in_flight: &self.in_flight,
        };
        let decisions = decide::begin(&self.book, &rules, &beginning, now);
        self.carry_out(decisions).await
    }

    pub(super) fn start_watches(&mut self) {
        let mailboxes: Vec<_> = self.settings.mailboxes.values().cloned().collect();
        for mailbox in mailboxes {
            let known = self.watches.by_name.get(&mailbox.name);
            if known.is_some_and(|known| known.configured.is_read_like(&mailbox)) {
                continue;
            }
            self.watches.remove(&mailbox.name);
            self.looks.fail(&mailbox.name, self.clock.now());
            self.flags_dirty = true;
            let starts = self.starts(&mailbox.name);
            let rules = self.rules.subscribe();
            let wires = &self.wires;
            match translate::account(&mailbox, starts, rules, self.clock.clone(), wires) {
                Ok(account) => {
                    let alarms = self.book.alarms();
                    let outage = alarms.outages.get(&mailbox.name).copied();
                    self.alarm_memory.unwatched.remove(&mailbox.name);
                    self.watches.start(account, mailbox, outage);
                }
                Err(reason) => {
                    error!(event = "mailbox_not_watched", mailbox = %mailbox.name, "mailbox not watched: {reason}");
                    let since = self.clock.now();
                    let unwatched = self.alarm_memory.unwatched.entry(mailbox.name);
                    unwatched.or_insert(Finding { since, reason });
                }
            }
        }
    }

    fn starts(&self, mailbox: &MailboxName) -> Starts {
        let own = self.starts_at(mailbox);
        let all = self.settings.mailboxes.keys();
        let first = all.map(|name| self.starts_at(name)).min();
        Starts {
            own,
            first: first.unwrap_or(own),
        }
    }

    fn starts_at(&self, mailbox: &MailboxName) -> Timestamp {
        let configured = self
            .settings
            .mailboxes
            .get(mailbox)
            .and_then(|own| own.start_from);
        let first = || {
            self.book
                .installation()?
                .first_started
                .get(mailbox)
                .copied()
        };
        configured.or_else(first).unwrap_or(self.started_at)
    }

    /// How long nothing needs to be done unless something happens.
    fn pause(&self) -> Duration {
        let now = self.clock.now();
        let next = self.book.next_wake().map(|at| {
            let ahead = at - LOOK_AHEAD;
            if ahead > now && !self.is_sight_fresh(at) {
                ahead
            } else {
                at
            }
        });
        let left = next.map_or(self.pace.tick_max, |at| {
            (at - now)
                .to_std()
                .unwrap_or(OVERDUE_PAUSE)
                .max(Duration::from_millis(1))
        });
        left.min(self.pace.tick_max)
    }

    async fn tick(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.notice_jump(now).await?;
        for restarted in self.watches.restart_ended() {
            self.looks.fail(&restarted, now);
            self.flags_dirty = true;
        }
        self.looks.expire(now);
        self.keep_house(now).await?;
        self.name_flags(now);
        self.check_alarms(now).await?;
        if !self.may_send {
            let waited = (now - self.catching_up_since).abs();
            let limit = chrono::Duration::from_std(self.settings.limits.catch_up_within);
            let long_enough = limit.is_ok_and(|limit| waited >= limit);
            if !self.watches.are_caught_up(waited) && !long_enough {
                return Ok(());
            }
            self.may_send = true;
            info!(
                event = "caught_up",
                "all reachable mailboxes are caught up; reminders may go out"
            );
        }
        self.settle_doubts(now).await?;
        self.look_where_needed(now);
        if !self.is_settled(now) {
            return Ok(());
        }
        let installation = self.book.installation();
        let is_list_owed = installation.is_some_and(decide::is_list_owed);
        let due: Vec<(Timestamp, CaseId)> = self.book.due_by(now).collect();
        if decide::is_absence_due(&self.book, &self.settings.rules, now) {
            let rules = self.settings.rules.clone();
            let decisions = decide::absences(&self.book, &rules, &self.identity(), now);
            self.carry_out(decisions).await?;
        }
        if is_list_owed || !due.is_empty() {
            let rules = self.settings.rules.clone();
            let identity = self.identity();
            let sight = self.looks.sight();
            let decisions = decide::due(&self.book, &rules, &identity, sight, now);
            self.carry_out(decisions).await?;
            self.count_acted(&due, now);
        }
        self.run_errands(now).await?;
        self.dispatch(now).await
    }

    /// A machine that was suspended, or a clock that was set: what we believe to know of the
    /// mailboxes is old, however new it looks.
    async fn notice_jump(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let (before, passed) = (self.last_tick, (now - self.last_tick).abs());
        self.last_tick = now;
        if passed < JUMP_MIN {
            return Ok(());
        }
        info!(
            event = "clock_jumped",
            "{} s have passed at once; looking at all mailboxes anew",
            passed.num_seconds()
        );
        self.looks = Looks::default();
        self.may_send = false;
        self.catching_up_since = now;
        let outages = self.book.alarms().outages.keys().cloned().collect();
        for name in self.watches.begin_anew(now, &outages) {
            if let Some(look) = self.looks.begin(&name, now)
                && !self.watches.order(&name, crate::imap::Order::Look { look })
            {
                self.looks.fail(&name, now);
            }
        }
        if now < before {
            let rules = self.settings.rules.clone();
            self.carry_out(decide::set_back(&self.book, &rules, now))
                .await?;
            self.book.reschedule(&rules);
        }
        Ok(())
    }

    /// Puts away, every hour, what nobody needs to see any more.
    async fn keep_house(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let lately = self
            .kept_house_at
            .is_some_and(|at| (now - at).abs() < HOUSE_EVERY);
        if lately {
            return Ok(());
        }
        self.kept_house_at = Some(now);
        self.warn_of_ending_holidays(now);
        if !self.alarm_memory.unwatched.is_empty() {
            self.start_watches();
        }
        let rules = self.settings.rules.clone();
        let decisions = decide::housekeeping(&self.book, &rules, now);
        self.carry_out(decisions).await?;
        self.count_quarantined().await
    }

    /// One commit, on disk; then the book; then the log.
    pub(super) async fn carry_out(&mut self, decisions: Decisions) -> Result<(), StoreError> {
        let Decisions {
            commit,
            notes,
            deferred,
        } = decisions;
        let told = Told::of(&commit, &notes);
        if !commit.is_empty() {
            self.flags_dirty |= !commit.cases.is_empty();
            self.quarantined += commit.quarantine.len() as u64;
            let begun = Instant::now();
            let written = self.store.commit(commit).await.inspect_err(|error| {
                error!(
                    event = "store_failed",
                    "could not write to the store, so nothing more is sent: {error}"
                );
            })?;
            self.tally.committed(begun.elapsed());
            let rules = self.settings.rules.clone();
            self.book.apply(written, &rules);
        }
        for (case, until) in deferred {
            self.book.defer(case, until);
        }
        for note in &notes {
            self.count(note, &told);
            self.log(note, &told);
        }
        Ok(())
    }

    pub(super) async fn look_up(&self, questions: Questions) -> Result<Known, StoreError> {
        if questions == Questions::default() {
            return Ok(Known::default());
        }
        self.store.look_up(questions).await
    }

    /// Tells the watches which messages' `\Answered` we want to learn.
    fn name_flags(&mut self, now: Timestamp) {
        let lately = self
            .flags_named_at
            .is_some_and(|at| (now - at).abs() < FLAGS_EVERY);
        if !self.flags_dirty || lately || !self.settings.rules.team.answered_flag {
            return;
        }
        let mut wanted: BTreeMap<MailboxName, Vec<Location>> = BTreeMap::new();
        for location in self.book.cases().flat_map(|case| case.holders()) {
            wanted
                .entry(location.mailbox.clone())
                .or_default()
                .push(location.clone());
        }
        self.watches.flag(wanted);
        self.flags_dirty = false;
        self.flags_named_at = Some(now);
    }

    /// Who we are in our mails. An installation is on disk since [`Engine::begin`].
    pub(super) fn identity(&self) -> Identity {
        let installation = self
            .book
            .installation()
            .cloned()
            .unwrap_or_else(|| Installation {
                instance: super::start::fresh_instance(),
                first_started: BTreeMap::new(),
                mode: None,
                acknowledge_since: None,
                breaker_until: None,
                lost: Vec::new(),
            });
        Identity {
            installation,
            domain: self.message_id_domain(),
            alarm_to: self.alarm_to().to_vec(),
        }
    }

    fn message_id_domain(&self) -> String {
        let smtp = self.settings.smtp.as_ref();
        smtp.map_or_else(
            || "ackd.invalid".to_owned(),
            |smtp| smtp.from.address.domain().to_owned(),
        )
    }

    /// Mails on their way get a moment to report, so that they are not found as interrupted.
    async fn drain(mut self) -> Result<(), StoreError> {
        let deadline = tokio::time::Instant::now() + DRAIN_TIME_MAX;
        while !self.in_flight.is_empty() {
            match tokio::time::timeout_at(deadline, self.incoming.recv()).await {
                Ok(Some(Event::Attempted { row, verdict, copy })) => {
                    self.attempted(row, verdict, copy).await?;
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }
}
