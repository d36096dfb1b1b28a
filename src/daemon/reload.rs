//! Reading the configuration again: at SIGHUP, at `ackd reload`, and when a holiday file changes.
//!
//! Vocabulary: a *reload* is a configuration that was read again and can be used, on its way to the
//! engine; a *dry run* is one the engine only says something about. What can't be used never gets
//! there: it changes nothing, and the engine only hears that there is such a thing.

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::engine::Engine;
use super::holidays::{self, HolidayWatch};
use super::start::DaemonError;
use super::{Event, systemd};
use crate::clock::SharedClock;
use crate::control::view::{KeptKeyView, ProblemView, ReloadOutcome, ReloadView};
use crate::control::{Answer, Call, Request};
use crate::domain::alarm::Finding;
use crate::domain::change::RulesChange;
use crate::imap::WatchState;
use crate::settings::{self, BrokenHolidays, KeptKey, Loaded, Problem, Settings, Severity};
use crate::store::StoreError;

/// How long reading the configuration again may take.
const READ_TIME_MAX: Duration = Duration::from_secs(30);

/// How long the engine may take to take it over.
const TAKE_OVER_TIME_MAX: Duration = Duration::from_secs(30);

/// How many calls for a reload may wait; each reads all files anew.
const CALLS_MAX: usize = 4;

/// How many moved deadlines and stranded cases the log names; the answer names more.
const LOGGED_MAX: usize = 50;

/// A configuration that was read again and can be used.
#[derive(Debug)]
pub struct Reload {
    settings: Settings,
    warnings: Vec<Problem>,
    dry_run: bool,
    answer: oneshot::Sender<ReloadView>,
}

impl Reload {
    /// A reload, and where the engine's answer to it comes out. Of a dry run nothing is done.
    pub fn new(
        settings: Settings,
        warnings: Vec<Problem>,
        dry_run: bool,
    ) -> (Self, oneshot::Receiver<ReloadView>) {
        let (answer, answered) = oneshot::channel();
        let reload = Self {
            settings,
            warnings,
            dry_run,
            answer,
        };
        (reload, answered)
    }
}

/// Reads the configuration again whenever somebody asks for it.
pub(super) struct Reloader {
    config: PathBuf,
    holidays: HolidayWatch,
    events: mpsc::Sender<Event>,
    calls: mpsc::Receiver<Call>,
    hangup: Signal,
    clock: SharedClock,
}

impl Reloader {
    /// Begins to listen for SIGHUP, and for the calls that come by the sender it gives. `config` is
    /// the main file, which said `settings` when it was read last.
    ///
    /// Fails if the operating system refuses to tell of SIGHUP.
    pub(super) fn new(
        config: PathBuf,
        settings: &Settings,
        events: mpsc::Sender<Event>,
        clock: SharedClock,
    ) -> Result<(Self, mpsc::Sender<Call>), DaemonError> {
        let hangup = signal(SignalKind::hangup()).map_err(|reason| DaemonError::System {
            what: "listen for SIGHUP",
            reason,
        })?;
        let (calling, calls) = mpsc::channel(CALLS_MAX);
        let reloader = Self {
            config,
            holidays: HolidayWatch::new(settings.holiday_files.clone(), holidays::LOOK_EVERY),
            events,
            calls,
            hangup,
            clock,
        };
        Ok((reloader, calling))
    }

    /// Runs until it is stopped. What is under way then is left off.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                self.next().await;
            }
        })
        .await;
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {
                info!(event = "configuration_read_again", "reading the configuration again at SIGHUP");
                self.reload(false).await;
            }
            Some(call) = self.calls.recv() => self.answer(call).await,
            changed = self.holidays.changed() => {
                for file in changed {
                    info!(event = "holiday_file_changed", "holiday file {} has changed; reading the configuration again", file.display());
                }
                self.reload(false).await;
            }
        }
    }

    async fn answer(&mut self, call: Call) {
        let Request::Reload { dry_run, by: _ } = &call.request else {
            return;
        };
        if !dry_run {
            info!(
                event = "configuration_read_again",
                "reading the configuration again, as somebody said"
            );
        }
        // Dropped without an answer if the engine is gone: the caller is told that ackd stops.
        if let Some(view) = self.reload(*dry_run).await {
            // Who asked may be gone; there is nobody left to tell.
            let _ = call.answer.send(Answer::Reloaded(Box::new(view)));
        }
    }

    /// What it came to; `None` if the engine is gone.
    async fn reload(&mut self, dry_run: bool) -> Option<ReloadView> {
        if dry_run {
            return match self.read().await {
                Ok(loaded) => self.hand_over(loaded, true).await,
                Err(problems) => Some(ReloadView::refused(problems)),
            };
        }
        systemd::reloading();
        let view = match self.read().await {
            Ok(loaded) => self.take_over(loaded).await,
            Err(problems) => self.refuse(problems).await,
        };
        let at = self.clock.now().format("%Y-%m-%d %H:%M UTC");
        match &view {
            Some(view) => systemd::ready_and(&status(view, &at.to_string())),
            None => systemd::ready(),
        }
        view
    }

    async fn read(&self) -> Result<Loaded, Vec<ProblemView>> {
        let path = self.config.clone();
        let read = tokio::task::spawn_blocking(move || {
            let environment: Vec<(String, String)> = std::env::vars().collect();
            let loaded = settings::load_with(&path, &environment, BrokenHolidays::Replaced)?;
            let demands = settings::demands_of_run(&loaded.settings);
            if demands.is_empty() {
                Ok(loaded)
            } else {
                Err(demands)
            }
        });
        match timeout(READ_TIME_MAX, read).await {
            Ok(Ok(Ok(loaded))) => Ok(loaded),
            Ok(Ok(Err(problems))) => Err(problems.iter().map(shown).collect()),
            Ok(Err(_)) => Err(vec![self.unreadable("could not be read")]),
            Err(_) => {
                let limit = READ_TIME_MAX.as_secs();
                Err(vec![self.unreadable(&format!(
                    "could not be read within {limit} s; look at the disk it lies on"
                ))])
            }
        }
    }

    fn unreadable(&self, message: &str) -> ProblemView {
        let file = self.config.display().to_string();
        ProblemView {
            severity: Severity::Problem.as_str().to_owned(),
            place: file.clone(),
            file: Some(file),
            line: None,
            key: String::new(),
            message: message.to_owned(),
        }
    }

    async fn take_over(&mut self, loaded: Loaded) -> Option<ReloadView> {
        for warning in &loaded.warnings {
            warn!(event = "configuration_warning", "{warning}");
        }
        holidays::keep_copies(loaded.good_holidays.clone(), &loaded.settings).await;
        self.holidays
            .go_on_with(loaded.settings.holiday_files.clone());
        self.hand_over(loaded, false).await
    }

    async fn hand_over(&self, loaded: Loaded, dry_run: bool) -> Option<ReloadView> {
        let (reload, answered) = Reload::new(loaded.settings, loaded.warnings, dry_run);
        let event = Event::Reloaded(Box::new(reload));
        self.events.send(event).await.ok()?;
        match timeout(TAKE_OVER_TIME_MAX, answered).await {
            Ok(answer) => answer.ok(),
            Err(_) => {
                warn!(
                    event = "engine_silent",
                    "the engine has not taken the configuration over within {TAKE_OVER_TIME_MAX:?}"
                );
                None
            }
        }
    }

    async fn refuse(&self, problems: Vec<ProblemView>) -> Option<ReloadView> {
        let mut serious = 0;
        let mut first = None;
        for problem in &problems {
            let line = problem.line_of_text();
            if problem.severity == Severity::Problem.as_str() {
                error!(event = "configuration_problem", "{line}");
                serious += 1;
                first.get_or_insert(line);
            } else {
                warn!(event = "configuration_warning", "{line}");
            }
        }
        error!(
            event = "configuration_refused",
            "the configuration has problems; ackd keeps running on the old one"
        );
        let first = first.unwrap_or_default();
        let count = match serious {
            1 => "1 problem".to_owned(),
            more => format!("{more} problems, the first"),
        };
        let refused = Event::Refused(format!("{count}: {first}"));
        self.events.send(refused).await.ok()?;
        Some(ReloadView::refused(problems))
    }
}

/// What `systemctl status` shows.
fn status(view: &ReloadView, at: &str) -> String {
    match view.outcome {
        ReloadOutcome::Refused => {
            let first = view.problems.iter().find(|own| own.severity == "problem");
            let first = first.map(ProblemView::line_of_text).unwrap_or_default();
            format!("configuration refused at {at}, the old one holds: {first}")
        }
        ReloadOutcome::TakenOver | ReloadOutcome::DryRun => {
            format!("configuration read again at {at}: {}", view.in_short())
        }
    }
}

fn shown(problem: &Problem) -> ProblemView {
    ProblemView {
        severity: problem.severity.as_str().to_owned(),
        place: problem.place.to_string(),
        file: problem.file().map(str::to_owned),
        line: problem.line(),
        key: problem.key.clone(),
        message: problem.message.clone(),
    }
}

fn kept_shown(kept: KeptKey) -> KeptKeyView {
    KeptKeyView {
        key: kept.key.to_owned(),
        kept: kept.kept,
        written: kept.written,
    }
}

impl Engine {
    /// Takes over a new configuration, what can be taken over while running; or only says what
    /// that would come to.
    pub(super) async fn reload(&mut self, reload: Reload) -> Result<(), StoreError> {
        let Reload {
            mut settings,
            warnings,
            dry_run,
            answer,
        } = reload;
        let kept = settings.keep_until_restart(&self.settings);
        let now = self.clock.now();
        let change = RulesChange::between(&self.book, &self.settings.rules, &settings.rules, now);
        let outcome = match dry_run {
            true => ReloadOutcome::DryRun,
            false => ReloadOutcome::TakenOver,
        };
        let mut view = ReloadView::of_change(
            outcome,
            self.settings.changes_to(&settings),
            &change,
            kept.into_iter().map(kept_shown).collect(),
            warnings.iter().map(shown).collect(),
        );
        if !dry_run {
            log_change(&view);
            self.take_over(settings).await?;
            view.problems.extend(self.unwatched_shown());
        }
        // Who asked may be gone; there is nobody left to tell.
        let _ = answer.send(view);
        Ok(())
    }

    /// A configuration that was read again can't be used: the operator is to know, for ackd would
    /// not start with it.
    pub(super) fn refuse_configuration(&mut self, why: &str) {
        let now = self.clock.now();
        let before = self.alarm_memory.refused.take();
        let since = before.map_or(now, |before| before.since);
        let at = since.format("%Y-%m-%dT%H:%M:%SZ");
        let reason = format!(
            "the configuration can't be used since {at} ({why}); the one before holds until ackd \
             is restarted"
        );
        self.alarm_memory.refused = Some(Finding { since, reason });
    }

    async fn take_over(&mut self, settings: Settings) -> Result<(), StoreError> {
        let gone: Vec<_> = self
            .settings
            .mailboxes
            .keys()
            .filter(|name| !settings.mailboxes.contains_key(*name))
            .cloned()
            .collect();
        self.alarm_memory.unwatched.clear();
        self.alarm_memory.refused = None;
        for name in gone {
            info!(event = "mailbox_removed", mailbox = %name, "mailbox is not watched any more");
            self.watches.remove(&name);
        }
        self.settings = settings;
        self.rules.send_replace(self.settings.rules.clone());
        let rules = self.settings.rules.clone();
        self.book.reschedule(&rules);
        self.begin().await?;
        self.check_holidays();
        self.try_blind_ones_at_once();
        self.prepare_replies();
        self.start_watches();
        info!(
            event = "configuration_reloaded",
            mode = self.settings.rules.mode.as_str(),
            mailboxes = self.settings.mailboxes.len(),
            clients = self.settings.rules.clients.len(),
            open_cases = self.book.len(),
            "configuration reloaded; {} case(s) are open",
            self.book.len()
        );
        Ok(())
    }

    /// Whoever reloads may just have mended what a mailbox is blind for: a password in a file, say.
    /// It is not left to its pause.
    fn try_blind_ones_at_once(&mut self) {
        let watched = self.watches.by_name.iter();
        let blind = watched.filter(|(_, own)| matches!(own.state, WatchState::Blind { .. }));
        let blind: Vec<_> = blind.map(|(name, _)| name.clone()).collect();
        for name in blind {
            self.watches.remove(&name);
        }
    }

    fn unwatched_shown(&self) -> Vec<ProblemView> {
        let file = self.settings.file.display().to_string();
        let unwatched = self.alarm_memory.unwatched.iter();
        let problem = |(name, finding): (&crate::domain::ids::MailboxName, &Finding)| ProblemView {
            severity: Severity::Warning.as_str().to_owned(),
            place: file.clone(),
            file: Some(file.clone()),
            line: None,
            key: format!("mailboxes.{name}"),
            message: format!("mailboxes.{name} is not watched: {}", finding.reason),
        };
        unwatched.map(problem).collect()
    }
}

/// One line for each change. What a key says is left to the answer: it may be an address.
fn log_change(view: &ReloadView) {
    for change in &view.changes {
        let keys = change.details.iter();
        let keys: Vec<&str> = keys.filter_map(|detail| detail.split(':').next()).collect();
        let (title, fate) = (change.title(), &change.fate);
        match keys.is_empty() {
            true => info!(event = "configuration_changed", "{title} is {fate}"),
            false => {
                let keys = keys.join(", ");
                info!(event = "configuration_changed", "{title} is {fate}: {keys}");
            }
        }
    }
    let word = |at: &Option<String>| at.clone().unwrap_or_else(|| "no deadline".to_owned());
    for moved in view.deadlines.iter().take(LOGGED_MAX) {
        let (old, new) = (word(&moved.old_local), word(&moved.new_local));
        let clock = &moved.clock;
        info!(
            event = "deadline_moved",
            case = moved.case,
            "{clock} due {old} -> {new}"
        );
    }
    for stranded in view.stranded.iter().take(LOGGED_MAX) {
        let client = &stranded.client;
        warn!(
            event = "case_stranded",
            case = stranded.case,
            client = %client,
            "client {client} is not configured any more: no deadline, and nobody is reminded"
        );
    }
    for kept in &view.needs_restart {
        let (key, value) = (kept.key.as_str(), kept.kept.as_str());
        warn!(
            event = "restart_needed",
            "{key} stays {value} until ackd is restarted"
        );
    }
}
