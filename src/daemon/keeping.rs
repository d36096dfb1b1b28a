//! Keeping what is remembered: exports on a timer, and letting go of what is old.
//!
//! All of it is done in slices with pauses in between, so that the engine and its mailboxes do
//! not notice.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::SharedClock;
use crate::control::view::ExportView;
use crate::control::{Answer, Call};
use crate::domain::time::Timestamp;
use crate::settings::ServiceSettings;
use crate::store::{
    ExportFile, ExportFolder, ExportPlace, FinishedExport, Headway, PrunePlace, Retention,
    StatePlaces, StoreError, StoreHandle,
};

/// How often it is looked whether something is to be done.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long after a start the first look is: the mailboxes come first.
const FIRST_LOOK_AFTER: Duration = Duration::from_secs(120);

/// How often old things are let go of.
const PRUNE_EVERY: chrono::Duration = chrono::Duration::hours(1);

/// How many records are looked at before others have their turn, and for how long they have it.
const PRUNED_AT_ONCE: usize = 200;
const PRUNE_PAUSE: Duration = Duration::from_millis(50);

/// How many exports may be asked for at once.
const CALLS_MAX: usize = 4;

/// How long the export at a stop may take, and how long after the stop it must be over. A store
/// that is too large for it has the last export of the timer.
const LAST_EXPORT_TIME_MAX: Duration = Duration::from_millis(1500);
const STOP_TIME_MAX: Duration = Duration::from_millis(3500);

/// How fast an export is written.
#[derive(Debug, Clone, Copy)]
pub struct KeepingPace {
    /// How many records the store hands over at once.
    pub records: usize,
    /// The pause after them.
    pub pause: Duration,
}

impl KeepingPace {
    /// Beside the daemon's work.
    pub const GENTLE: Self = Self {
        records: 100,
        pause: Duration::from_millis(5),
    };
    /// While somebody waits, or nothing else is to be done.
    pub const FAST: Self = Self {
        records: 1000,
        pause: Duration::ZERO,
    };
}

/// Writes an export of a store to a file. It is complete, or it is not there.
///
/// Fails if the store or the disk does, or if too much changes meanwhile.
pub async fn write_export(
    store: &StoreHandle,
    path: &Path,
    pace: KeepingPace,
    now: Timestamp,
    headway: &Headway,
) -> Result<FinishedExport, StoreError> {
    fill(store, path, pace, now, headway).await?.finish()
}

/// [`write_export`] of a store whose daemon has stopped in good order: it holds all there was.
pub async fn write_last_export(
    store: &StoreHandle,
    path: &Path,
    now: Timestamp,
    headway: &Headway,
) -> Result<FinishedExport, StoreError> {
    let mut file = fill(store, path, KeepingPace::FAST, now, headway).await?;
    file.mark_last();
    file.finish()
}

async fn fill(
    store: &StoreHandle,
    path: &Path,
    pace: KeepingPace,
    now: Timestamp,
    headway: &Headway,
) -> Result<ExportFile, StoreError> {
    let mut file = ExportFile::begin(path, now)?;
    let mut place = Some(ExportPlace::Beginning);
    while let Some(next) = place {
        let slice = store.export(next, pace.records).await?;
        file.add(&slice)?;
        headway.reach(file.records());
        place = slice.next;
        if !pace.pause.is_zero() {
            tokio::time::sleep(pace.pause).await;
        }
    }
    Ok(file)
}

/// What an export is written for.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// Its time has come.
    OfTimer,
    /// Somebody asked.
    Asked,
    /// The daemon has stopped.
    Last,
}

/// The task that keeps things.
pub(super) struct Keeping {
    store: StoreHandle,
    folder: ExportFolder,
    clock: SharedClock,
    every: chrono::Duration,
    kept: usize,
    keep: chrono::Duration,
    calls: mpsc::Receiver<Call>,
    pruned_at: Option<Timestamp>,
}

impl Keeping {
    /// The task, and the way for calls that ask for an export.
    pub(super) fn new(
        store: StoreHandle,
        service: &ServiceSettings,
        clock: SharedClock,
    ) -> (Self, mpsc::Sender<Call>) {
        let (sender, calls) = mpsc::channel(CALLS_MAX);
        let days = |duration| chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::MAX);
        let keeping = Self {
            store,
            folder: StatePlaces::of(&service.state_dir).exports(),
            clock,
            every: days(service.export_every),
            kept: service.exports_kept as usize,
            keep: days(service.keep),
            calls,
            pruned_at: None,
        };
        (keeping, sender)
    }

    /// Runs until it is stopped; then it can write a last export. Fails only if the store turns
    /// out to be damaged: then the daemon has to stop.
    pub(super) async fn run(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut pause = FIRST_LOOK_AFTER;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(call) = self.calls.recv() => self.answer(call).await?,
                () = tokio::time::sleep(pause) => {
                    let looked = stop.run_until_cancelled(self.look()).await;
                    looked.unwrap_or(Ok(()))?;
                    pause = LOOK_EVERY;
                }
            }
        }
    }

    /// Writes an export at a stop, if there is time for it before `stopped` is too long ago.
    /// Fails only if the store turns out to be damaged.
    pub(super) async fn export_last(&self, stopped: Instant) -> Result<(), StoreError> {
        let left = STOP_TIME_MAX.saturating_sub(stopped.elapsed());
        let limit = left.min(LAST_EXPORT_TIME_MAX);
        match tokio::time::timeout(limit, self.export(Turn::Last)).await {
            Ok(Ok(export)) => info!(
                event = "export_written",
                "wrote the export {}",
                export.path.display()
            ),
            Ok(Err(error @ StoreError::Damaged { .. })) => return Err(error),
            Ok(Err(error)) => warn!(event = "export_failed", "no export at this stop: {error}"),
            Err(_) => info!(
                event = "export_left_out",
                "no export at this stop: the store is too large for {} ms; the last one of the \
                 timer stands",
                limit.as_millis()
            ),
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        if self.is_export_due(now) {
            match self.export(Turn::OfTimer).await {
                Ok(export) => info!(
                    event = "export_written",
                    records = export.records,
                    "wrote the export {}",
                    export.path.display()
                ),
                Err(error @ StoreError::Damaged { .. }) => return Err(error),
                Err(error) => warn!(event = "export_failed", "no export: {error}"),
            }
        }
        let lately = self
            .pruned_at
            .is_some_and(|at| (now - at).abs() < PRUNE_EVERY);
        if !lately {
            self.pruned_at = Some(now);
            self.prune(now).await?;
        }
        Ok(())
    }

    /// Whether the newest export is too old, or of a time to come.
    fn is_export_due(&self, now: Timestamp) -> bool {
        let exports = self.folder.exports().unwrap_or_default();
        let newest = exports
            .first()
            .and_then(|path| ExportFolder::moment_of(path));
        newest.is_none_or(|newest| (now - newest).abs() >= self.every)
    }

    async fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        let retention = Retention {
            now,
            keep: self.keep,
        };
        let (mut place, mut removed) = (Some(PrunePlace::default()), 0);
        while let Some(next) = place {
            let slice = self.store.prune(retention, next, PRUNED_AT_ONCE).await;
            let slice = match slice {
                Ok(slice) => slice,
                Err(error @ StoreError::Damaged { .. }) => return Err(error),
                Err(error) => {
                    warn!(
                        event = "pruning_failed",
                        "could not let go of what is old: {error}"
                    );
                    return Ok(());
                }
            };
            removed += slice.removed;
            place = slice.next;
            tokio::time::sleep(PRUNE_PAUSE).await;
        }
        if removed > 0 {
            info!(
                event = "pruned",
                "let go of {removed} records older than they are kept"
            );
        }
        Ok(())
    }

    async fn answer(&self, call: Call) -> Result<(), StoreError> {
        let (answer, outcome) = match self.export(Turn::Asked).await {
            Ok(export) => (Answer::Exported(view(&export)), Ok(())),
            Err(error) => {
                let answer = Answer::unavailable(error.to_string());
                match error {
                    StoreError::Damaged { .. } => (answer, Err(error)),
                    _ => (answer, Ok(())),
                }
            }
        };
        // Who asked may be gone; there is nobody left to tell.
        let _ = call.answer.send(answer);
        outcome
    }

    /// On a thread of its own: writing to a disk blocks. It stops soon after nobody waits for it
    /// any more.
    async fn export(&self, turn: Turn) -> Result<FinishedExport, StoreError> {
        let (store, folder, kept) = (self.store.clone(), self.folder.clone(), self.kept);
        let now = self.clock.now();
        let path = folder.place_for(now);
        let runtime = tokio::runtime::Handle::current();
        let waiting = CancellationToken::new();
        let given_up = waiting.clone();
        let _until_the_end = waiting.drop_guard();
        let written = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                folder.create()?;
                let nobody_looks = Headway::default();
                let writing = async {
                    match turn {
                        Turn::OfTimer => {
                            let pace = KeepingPace::GENTLE;
                            write_export(&store, &path, pace, now, &nobody_looks).await
                        }
                        Turn::Asked => {
                            let pace = KeepingPace::FAST;
                            write_export(&store, &path, pace, now, &nobody_looks).await
                        }
                        Turn::Last => write_last_export(&store, &path, now, &nobody_looks).await,
                    }
                };
                let written = given_up.run_until_cancelled(writing).await;
                let export = written.ok_or(StoreError::Stopped)??;
                if let Err(error) = folder.rotate(kept) {
                    warn!(event = "old_export_stays", "{error}");
                }
                Ok(export)
            })
        });
        written.await.unwrap_or(Err(StoreError::Stopped))
    }
}

fn view(export: &FinishedExport) -> ExportView {
    ExportView {
        file: export.path.display().to_string(),
        records: export.records,
        bytes: export.bytes,
    }
}
