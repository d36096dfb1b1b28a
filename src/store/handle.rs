//! How the daemon speaks to the store.
//!
//! Vocabulary: a *request* travels to the store's own thread, its *reply* comes back; a
//! *group* is the commits that wait at the same moment: they are written with one flush, and
//! all of them are answered after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::disk::refused;
use super::{
    ExportPlace, ExportSlice, HighestNumbers, PrunePlace, PruneSlice, Retention, Store, StoreError,
};
use crate::domain::case::Case;
use crate::domain::commit::{Commit, HistoryEntry, Known, Loaded, Quarantined, Questions};
use crate::domain::ids::CaseId;

/// How many requests may wait; further callers wait before they hand theirs over.
const REQUESTS_MAX: usize = 64;

/// How many commits share one flush at most.
const GROUP_MAX: usize = 64;

/// How long a caller waits for the store before it counts as hanging.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// How long closing may take before the thread is left to itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The store, as the daemon holds it. Clones share one store.
///
/// Every method fails with [`StoreError::Stopped`] once the store's thread is gone, because
/// it was closed or because the engine panicked, and with [`StoreError::Io`] if no reply
/// comes within a minute.
#[derive(Clone)]
pub struct StoreHandle {
    way: Way,
}

#[derive(Clone)]
enum Way {
    Thread(Arc<Writer>),
    Inline(Arc<Mutex<Option<Box<dyn Store>>>>),
}

struct Writer {
    requests: mpsc::Sender<Request>,
    path: String,
    stopped: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

enum Request {
    Load(Reply<Loaded>),
    LookUp(Box<Questions>, Reply<Known>),
    Commit(Box<Commit>, Reply<Box<Commit>>),
    History(CaseId, Reply<Vec<HistoryEntry>>),
    Cases(usize, Reply<Vec<Case>>),
    Quarantine(usize, Reply<Vec<Quarantined>>),
    Numbers(Reply<HighestNumbers>),
    Prune(Retention, PrunePlace, usize, Reply<PruneSlice>),
    Export(ExportPlace, usize, Reply<ExportSlice>),
    Ping(Reply<()>),
    Close,
}

impl StoreHandle {
    /// Starts a thread that opens a store and then serves it. The receiver tells how the
    /// opening went; if nobody waits for it any more, the store is dropped again.
    pub(super) fn start<S: Store>(
        path: &Path,
        open: impl FnOnce() -> Result<S, StoreError> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<(), StoreError>>), StoreError> {
        let (requests, receiver) = mpsc::channel(REQUESTS_MAX);
        let (opened, opening) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || live(open, opened, receiver))
            .map_err(|error| refused("start the thread of", path, &error))?;
        let writer = Writer {
            requests,
            path: path.display().to_string(),
            stopped: AtomicBool::new(false),
            thread: Mutex::new(Some(thread)),
        };
        let way = Way::Thread(Arc::new(writer));
        Ok((Self { way }, opening))
    }

    /// Serves a store that never blocks (such as [`super::MemoryStore`]) on the callers' own
    /// tasks: without a thread to wait for, a paused clock in a test stands still meanwhile.
    pub fn inline(store: impl Store + 'static) -> Self {
        let store: Box<dyn Store> = Box::new(store);
        let way = Way::Inline(Arc::new(Mutex::new(Some(store))));
        Self { way }
    }

    /// Everything that is in memory while the daemon runs.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        self.ask(Request::Load).await
    }

    /// Answers questions about the indexes.
    pub async fn look_up(&self, questions: Questions) -> Result<Known, StoreError> {
        self.ask(|reply| Request::LookUp(Box::new(questions), reply))
            .await
    }

    /// Writes a commit and gives it back once it is durable. Commits of several callers share
    /// a flush. After an error nothing is known about this commit, and every further one is
    /// refused; a caller that stops waiting does not stop the commit.
    pub async fn commit(&self, commit: Commit) -> Result<Commit, StoreError> {
        let written = self
            .ask(|reply| Request::Commit(Box::new(commit), reply))
            .await?;
        Ok(*written)
    }

    /// The history of a case, oldest first.
    pub async fn history(&self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.ask(|reply| Request::History(case, reply)).await
    }

    /// The newest cases, closed ones too, newest first, at most `limit`.
    pub async fn cases(&self, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.ask(|reply| Request::Cases(limit, reply)).await
    }

    /// The messages we could not read, newest first, at most `limit`.
    pub async fn quarantine(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.ask(|reply| Request::Quarantine(limit, reply)).await
    }

    /// The highest numbers given out.
    pub async fn numbers(&self) -> Result<HighestNumbers, StoreError> {
        self.ask(Request::Numbers).await
    }

    /// Removes what is older than it is kept, a little at a time, see [`Store::prune`].
    pub async fn prune(
        &self,
        retention: Retention,
        place: PrunePlace,
        most: usize,
    ) -> Result<PruneSlice, StoreError> {
        self.ask(|reply| Request::Prune(retention, place, most, reply))
            .await
    }

    /// The next slice of an export, see [`Store::export`].
    pub async fn export(&self, place: ExportPlace, most: usize) -> Result<ExportSlice, StoreError> {
        self.ask(|reply| Request::Export(place, most, reply)).await
    }

    /// Returns once the store has dealt with everything asked before: it is alive.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.ask(Request::Ping).await
    }

    /// Finishes what was asked before, closes the store and lets go of its lock. Later calls
    /// on any clone fail. Fails if that takes longer than five seconds; what was committed is
    /// on disk even then.
    pub async fn close(&self) -> Result<(), StoreError> {
        match &self.way {
            Way::Thread(writer) => writer.close().await,
            Way::Inline(store) => {
                lock(store).take();
                Ok(())
            }
        }
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, StoreError> {
        let (reply, mut answer) = oneshot::channel();
        match &self.way {
            Way::Thread(writer) => writer.ask(request(reply), answer).await,
            Way::Inline(store) => {
                let mut store = lock(store);
                let store = store.as_mut().ok_or(StoreError::Stopped)?;
                serve_one(store.as_mut(), request(reply));
                answer.try_recv().map_err(|_| StoreError::Stopped)?
            }
        }
    }
}

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}

impl Writer {
    async fn ask<T>(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        let round_trip = async {
            let sent = self.requests.send(request).await;
            sent.map_err(|_| StoreError::Stopped)?;
            answer.await.map_err(|_| StoreError::Stopped)?
        };
        match tokio::time::timeout(REPLY_TIMEOUT, round_trip).await {
            Ok(answered) => answered,
            Err(_) => {
                // What it was asked may still happen: nobody may build on it any more.
                self.stopped.store(true, Ordering::Release);
                Err(self.hangs("use", REPLY_TIMEOUT))
            }
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        let thread = lock(&self.thread).take();
        let Some(thread) = thread else {
            return Ok(());
        };
        let closing = async {
            // An error means that the thread is gone already; joining it is still right.
            let _gone = self.requests.send(Request::Close).await;
            tokio::task::spawn_blocking(move || thread.join()).await
        };
        let closed = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
        self.stopped.store(true, Ordering::Release);
        match closed {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(_) => Err(StoreError::Stopped),
            Err(_) => Err(self.hangs("close", CLOSE_TIMEOUT)),
        }
    }

    fn hangs(&self, action: &'static str, waited: Duration) -> StoreError {
        StoreError::Io {
            action,
            path: self.path.clone(),
            reason: format!(
                "it has not answered for {} s; look at the disk, then start ackd again",
                waited.as_secs()
            ),
        }
    }
}

/// The life of the store's thread. Whatever happens here, callers get an answer: a request
/// that is dropped unanswered reads as [`StoreError::Stopped`].
fn live<S: Store>(
    open: impl FnOnce() -> Result<S, StoreError>,
    opened: oneshot::Sender<Result<(), StoreError>>,
    mut requests: mpsc::Receiver<Request>,
) {
    let mut store = match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => {
            let _nobody_waits = opened.send(Err(error));
            return;
        }
        // Dropping `opened` says it.
        Err(_) => return,
    };
    if opened.send(Ok(())).is_err() {
        return;
    }
    let served = catch_unwind(AssertUnwindSafe(|| serve(&mut store, &mut requests)));
    // First the callers: dropping a store that has panicked may take its time.
    drop(requests);
    let dropped = catch_unwind(AssertUnwindSafe(move || drop(store)));
    if served.is_err() || dropped.is_err() {
        tracing::error!(
            event = "store_panicked",
            "the store panicked and has stopped"
        );
    }
}

fn serve(store: &mut dyn Store, requests: &mut mpsc::Receiver<Request>) {
    while let Some(request) = requests.blocking_recv() {
        let mut next = Some(request);
        while let Some(request) = next.take() {
            match request {
                Request::Commit(commit, reply) => {
                    next = serve_group(store, (*commit, reply), requests);
                }
                Request::Close => return,
                other => serve_one(store, other),
            }
        }
    }
}

/// Writes a commit together with those that wait behind it. Returns the first request that
/// is no commit, so that everybody is served in the order of asking.
fn serve_group(
    store: &mut dyn Store,
    first: (Commit, Reply<Box<Commit>>),
    requests: &mut mpsc::Receiver<Request>,
) -> Option<Request> {
    let (mut commits, mut replies) = (vec![first.0], vec![first.1]);
    let mut next = None;
    while commits.len() < GROUP_MAX {
        match requests.try_recv() {
            Ok(Request::Commit(commit, reply)) => {
                commits.push(*commit);
                replies.push(reply);
            }
            Ok(other) => {
                next = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    let written = store.commit(&commits);
    for (reply, commit) in replies.into_iter().zip(commits) {
        let commit = written.clone().map(|()| Box::new(commit));
        let _caller_may_be_gone = reply.send(commit);
    }
    store.rest();
    next
}

fn serve_one(store: &mut dyn Store, request: Request) {
    match request {
        Request::Load(reply) => answer(reply, store.load()),
        Request::LookUp(questions, reply) => answer(reply, store.look_up(&questions)),
        Request::Commit(commit, reply) => {
            let written = store.commit(std::slice::from_ref(&*commit));
            answer(reply, written.map(|()| commit));
        }
        Request::History(case, reply) => answer(reply, store.history(case)),
        Request::Cases(limit, reply) => answer(reply, store.cases(limit)),
        Request::Quarantine(limit, reply) => answer(reply, store.quarantine(limit)),
        Request::Numbers(reply) => answer(reply, store.numbers()),
        Request::Prune(retention, place, most, reply) => {
            answer(reply, store.prune(retention, place, most));
        }
        Request::Export(place, most, reply) => answer(reply, store.export(place, most)),
        Request::Ping(reply) => answer(reply, Ok(())),
        Request::Close => {}
    }
}

fn answer<T>(reply: Reply<T>, answer: Result<T, StoreError>) {
    let _caller_may_be_gone = reply.send(answer);
}

/// A panic elsewhere leaves these values whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
