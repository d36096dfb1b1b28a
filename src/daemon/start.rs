//! Starting and stopping: configuration, store, engine, socket, signals, systemd.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::engine::{Engine, EngineParts, Pace};
use super::keeping::Keeping;
use super::monitoring::Monitoring;
use super::rebuilding::{self, OpenStore};
use super::reload::Reloader;
use super::store_trouble::StoreTrouble;
use super::{EVENTS_MAX, Event, Wires, holidays, systemd};
use crate::clock::{SharedClock, SystemClock};
use crate::control::{Call, ControlError, ControlSocket, Pulse, Request};
use crate::domain::book::Book;
use crate::domain::ids::InstanceId;
use crate::settings::{Loaded, Settings};
use crate::store::{StoreError, StoreHandle};

/// How many calls may wait for the engine.
pub(super) const CALLS_MAX: usize = 16;

/// How long the engine may be silent before the watchdog counts it as stuck.
pub(super) const BEAT_TIME_MAX: Duration = Duration::from_secs(30);

/// How long tasks may take to end after a stop.
const STOP_TIME_MAX: Duration = Duration::from_millis(1500);

/// Why the daemon could not run, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The control socket.
    #[error("{0}")]
    Control(#[from] ControlError),
    /// The operating system.
    #[error("could not {what}: {reason}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        reason: std::io::Error,
    },
}

/// Runs the daemon until a signal stops it. `config` is read again at SIGHUP and
/// `ackd reload`; `program` is
/// started for what has to be done to a store before it is used, see [`super::mend`].
///
/// Fails if the store can't be opened or written, or if another ackd is running. Of a store
/// that can't be used the operator hears by the second route, where there is one.
pub async fn run(
    configuration: Loaded,
    config: PathBuf,
    program: Option<PathBuf>,
) -> Result<(), DaemonError> {
    install_crypto();
    let trouble = StoreTrouble::prepare(&configuration.settings, Arc::new(SystemClock));
    let outcome = run_until_stopped(configuration, config, program).await;
    if let Err(DaemonError::Store(error)) = &outcome {
        trouble.tell(error).await;
    }
    outcome
}

async fn run_until_stopped(
    configuration: Loaded,
    config: PathBuf,
    program: Option<PathBuf>,
) -> Result<(), DaemonError> {
    let Loaded {
        settings,
        good_holidays,
        ..
    } = configuration;
    let clock: SharedClock = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    let (events, incoming) = mpsc::channel(EVENTS_MAX);
    // From now on SIGHUP does not end the process; it is heard once everything runs.
    let (reloader, reloads) = Reloader::new(config, &settings, events.clone(), clock.clone())?;
    let state_dir = settings.service.state_dir.clone();
    let (monitoring, beat) = Monitoring::begin(settings.metrics.listen, &stop);
    let OpenStore {
        store,
        loaded,
        lock,
    } = rebuilding::open(&state_dir, program.as_deref()).await?;
    holidays::keep_copies(good_holidays, &settings).await;
    let socket = ControlSocket::offer(&settings.service.socket).await?;
    let cursors = loaded.cursors.clone();
    let open_cases = loaded.cases.len();
    let book = Book::open(loaded, &settings.rules);
    announce(&settings, open_cases);
    let (keeping, exports) = Keeping::new(store.clone(), &settings.service, clock.clone());
    let engine = Engine::start(EngineParts {
        settings,
        book,
        store: store.clone(),
        clock,
        events: (events.clone(), incoming),
        cursors,
        pace: Pace::default(),
        wires: Wires::default(),
        beat,
        stop: stop.clone(),
    })
    .await?;
    let keeping = tokio::spawn(keep(keeping, stop.clone()));
    let calls = forward_calls(events, exports, reloads);
    let watchdog = watchdog(monitoring.pulse.clone(), store.clone(), stop.clone());
    let watchdog = tokio::spawn(watchdog);
    let monitored = monitoring.reaches(calls.clone());
    let served = tokio::spawn(socket.serve(calls, stop.clone()));
    let signals = tokio::spawn(stopped_by_signal(stop.clone()));
    let reloading = tokio::spawn(reloader.run(stop.clone()));
    systemd::ready();

    let outcome = engine.run().await;
    systemd::stopping();
    stop.cancel();
    for task in [served, monitored, watchdog, signals, reloading] {
        // What does not end in time is left behind; the process ends anyway.
        let _ = tokio::time::timeout(STOP_TIME_MAX, task).await;
    }
    let outcome = conclude(outcome, keeping).await;
    close(&store).await;
    if let Err(error) = &outcome {
        rebuilding::note_suspicion(&state_dir, error);
    }
    drop(lock);
    outcome?;
    info!(event = "stopped", "ackd has stopped");
    Ok(())
}

async fn close(store: &StoreHandle) {
    if let Err(error) = store.close().await {
        warn!(
            event = "store_not_closed",
            "the store did not close in good order: {error}"
        );
    }
}

/// The task that keeps things, with the moment at which it was stopped.
async fn keep(mut keeping: Keeping, stop: CancellationToken) -> Kept {
    let outcome = keeping.run(&stop).await;
    let stopped = Instant::now();
    // A damaged store must not be used any more.
    stop.cancel();
    (keeping, outcome, stopped)
}

type Kept = (Keeping, Result<(), StoreError>, Instant);

/// After a stop in good order: a last export. A store found damaged meanwhile is no good order.
async fn conclude(
    outcome: Result<(), StoreError>,
    keeping: tokio::task::JoinHandle<Kept>,
) -> Result<(), StoreError> {
    let ended = tokio::time::timeout(STOP_TIME_MAX, keeping).await;
    if let Ok(Ok((keeping, kept, stopped))) = ended {
        outcome.and(kept)?;
        return keeping.export_last(stopped).await;
    }
    outcome
}

/// A random name for a new installation.
pub(super) fn fresh_instance() -> InstanceId {
    const LETTERS: usize = 12;
    let letters = std::iter::repeat_with(fastrand::alphanumeric).take(LETTERS);
    InstanceId::new(letters.collect::<String>().to_ascii_lowercase())
}

/// One process-wide provider of cryptography; several libraries ask for it.
fn install_crypto() {
    // Fails only if one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn announce(settings: &Settings, open_cases: usize) {
    let version = env!("CARGO_PKG_VERSION");
    let mode = settings.rules.mode.as_str();
    let (clients, mailboxes) = (settings.rules.clients.len(), settings.mailboxes.len());
    info!(
        event = "started",
        "ackd {version} starts in mode {mode}: {mailboxes} mailbox(es), {clients} client(s), \
         {open_cases} open case(s)"
    );
}

/// Turns calls into events, but for those that ask for an export or a reload: tasks of their own
/// see to them.
fn forward_calls(
    events: mpsc::Sender<Event>,
    exports: mpsc::Sender<Call>,
    reloads: mpsc::Sender<Call>,
) -> mpsc::Sender<Call> {
    let (calls, mut incoming) = mpsc::channel::<Call>(CALLS_MAX);
    tokio::spawn(async move {
        while let Some(call) = incoming.recv().await {
            let own_task = match &call.request {
                Request::Export => Some(&exports),
                Request::Reload { .. } => Some(&reloads),
                _ => None,
            };
            if let Some(task) = own_task {
                // Dropped if too many wait already; the caller is told.
                let _ = task.try_send(call);
                continue;
            }
            if events.send(Event::Call(call)).await.is_err() {
                break;
            }
        }
    });
    calls
}

/// Tells systemd that we live, as long as the engine makes its rounds and the store answers.
async fn watchdog(beats: Pulse, store: StoreHandle, stop: CancellationToken) {
    let beat = async || {
        let mut beats = beats.clone();
        beats.mark_unchanged();
        let engine = tokio::time::timeout(BEAT_TIME_MAX, beats.changed()).await;
        matches!(engine, Ok(Ok(()))) && store.ping().await.is_ok()
    };
    systemd::watchdog(beat, stop).await;
}

/// Listens for the signals that end the daemon, from now on: before systemd is told that it is
/// ready, for who hears that may stop it at once. What ends when the daemon is to stop.
fn stopped_by_signal(stop: CancellationToken) -> impl Future<Output = ()> {
    let handlers = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = handlers else {
            error!(
                event = "signals_unheard",
                "could not listen for signals; stop ackd with SIGKILL, it loses nothing"
            );
            return;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = terminate.recv() => info!(event = "stopping", "stopping at SIGTERM"),
            _ = interrupt.recv() => info!(event = "stopping", "stopping at SIGINT"),
        }
        stop.cancel();
    }
}
