//! The handle to the store's thread: it stops in order, and a panic in it is an error.

use super::*;
use crate::domain::case::Case;
use crate::domain::commit::{Cursor, FolderId};
use crate::domain::ids::MailboxName;
use crate::store::MemoryStore;

/// A store that can be stopped on the way, and that panics when it is asked for quarantine.
struct Hooked {
    inner: MemoryStore,
    gate: Option<std::sync::mpsc::Receiver<()>>,
}

impl Store for Hooked {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        if let Some(gate) = &self.gate {
            gate.recv().expect("the test opens the gate");
        }
        self.inner.load()
    }
    fn look_up(&mut self, questions: &Questions) -> Result<Known, StoreError> {
        self.inner.look_up(questions)
    }
    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        self.inner.commit(commits)
    }
    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.inner.history(case)
    }
    fn cases(&mut self, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.inner.cases(limit)
    }
    fn quarantine(&mut self, _limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        panic!("as sled does when it meets what it never expected")
    }
}

async fn started(store: Hooked) -> StoreHandle {
    let (handle, opened) = StoreHandle::start(Path::new("test"), move || Ok(store)).expect("runs");
    opened.await.expect("an outcome").expect("opens");
    handle
}

fn cursor_at(uid_next: u32) -> Commit {
    let folder = FolderId {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".into(),
    };
    let cursor = Cursor {
        uid_validity: 1,
        uid_next,
        ..Cursor::default()
    };
    Commit {
        cursors: vec![(folder, cursor)],
        ..Commit::default()
    }
}

/// Polls once, so that the request is handed over and waits.
async fn handed_over<F: Future + Unpin>(waiting: &mut F) {
    tokio::select! {
        biased;
        _ = waiting => panic!("it can't be done yet"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn commits_that_wait_together_share_one_flush() {
    let memory = MemoryStore::new();
    let (open_gate, gate) = std::sync::mpsc::channel();
    let handle = started(Hooked {
        inner: memory.clone(),
        gate: Some(gate),
    })
    .await;

    let mut busy = Box::pin(handle.load());
    handed_over(&mut busy).await;
    let mut waiting: Vec<_> = (1..=5)
        .map(|uid| Box::pin(handle.commit(cursor_at(uid))))
        .collect();
    for commit in &mut waiting {
        handed_over(commit).await;
    }
    open_gate.send(()).expect("the store waits");
    busy.await.expect("loads");
    for commit in waiting {
        commit.await.expect("commits");
    }

    assert_eq!(memory.groups(), [5]);
    open_gate.send(()).expect("the store lives");
    let cursors = handle.load().await.expect("loads").cursors;
    assert_eq!(cursors[0].1.uid_next, 5, "the last one counts");
}

#[tokio::test]
async fn a_read_sees_the_commits_asked_for_before_it() {
    let memory = MemoryStore::new();
    let (open_gate, gate) = std::sync::mpsc::channel();
    let handle = started(Hooked {
        inner: memory.clone(),
        gate: Some(gate),
    })
    .await;
    open_gate.send(()).unwrap();
    open_gate.send(()).unwrap();

    let (first, loaded, second) = tokio::join!(
        handle.commit(cursor_at(1)),
        handle.load(),
        handle.commit(cursor_at(2)),
    );
    first.expect("commits");
    second.expect("commits");
    assert_eq!(loaded.expect("loads").cursors[0].1.uid_next, 1);
}

#[tokio::test]
async fn a_failed_group_fails_for_everybody_in_it() {
    let memory = MemoryStore::new();
    memory.fail_next_commit();
    let (open_gate, gate) = std::sync::mpsc::channel();
    let handle = started(Hooked {
        inner: memory.clone(),
        gate: Some(gate),
    })
    .await;
    let mut busy = Box::pin(handle.load());
    handed_over(&mut busy).await;
    let (mut one, mut two) = (
        Box::pin(handle.commit(cursor_at(1))),
        Box::pin(handle.commit(cursor_at(2))),
    );
    handed_over(&mut one).await;
    handed_over(&mut two).await;
    open_gate.send(()).unwrap();

    assert!(one.await.is_err() && two.await.is_err());
    let refused = handle.commit(cursor_at(3)).await.unwrap_err().to_string();
    assert!(refused.contains("an earlier write failed"), "{refused}");
}

#[tokio::test]
async fn a_panic_in_the_store_is_an_answer_for_everybody() {
    let (open_gate, gate) = std::sync::mpsc::channel();
    let handle = started(Hooked {
        inner: MemoryStore::new(),
        gate: Some(gate),
    })
    .await;
    let mut busy = Box::pin(handle.load());
    handed_over(&mut busy).await;
    let mut panics = Box::pin(handle.quarantine(1));
    handed_over(&mut panics).await;
    let mut behind = Box::pin(handle.commit(cursor_at(1)));
    handed_over(&mut behind).await;
    open_gate.send(()).unwrap();

    busy.await.expect("came before the panic");
    assert_eq!(panics.await, Err(StoreError::Stopped));
    assert_eq!(behind.await, Err(StoreError::Stopped));
    assert_eq!(handle.ping().await, Err(StoreError::Stopped));
    handle.close().await.expect("nothing is left to close");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_store_is_reported_and_not_used_again() {
    let (_never_opens, gate) = std::sync::mpsc::channel::<()>();
    let handle = started(Hooked {
        inner: MemoryStore::new(),
        gate: Some(gate),
    })
    .await;
    let hangs = handle.load().await.unwrap_err().to_string();
    assert!(hangs.contains("has not answered for 60 s"), "{hangs}");
    let refused = handle.commit(cursor_at(1)).await;
    assert_eq!(refused, Err(StoreError::Stopped));
}

#[tokio::test]
async fn what_was_asked_before_the_close_is_still_done() {
    let memory = MemoryStore::new();
    let handle = started(Hooked {
        inner: memory.clone(),
        gate: None,
    })
    .await;
    let (committed, closed) = tokio::join!(handle.commit(cursor_at(1)), handle.close());
    committed.expect("commits");
    closed.expect("closes");
    assert_eq!(memory.groups(), [1]);
    assert_eq!(handle.ping().await, Err(StoreError::Stopped));
    handle.close().await.expect("closing twice does no harm");
}

#[tokio::test]
async fn an_opening_that_panics_or_fails_is_an_answer() {
    let open = || -> Result<MemoryStore, StoreError> { panic!("as sled does on a damaged file") };
    let (_, opened) = StoreHandle::start(Path::new("test"), open).expect("runs");
    assert!(opened.await.is_err());

    let open = || Err::<MemoryStore, _>(StoreError::Stopped);
    let (_, opened) = StoreHandle::start(Path::new("test"), open).expect("runs");
    assert_eq!(opened.await, Ok(Err(StoreError::Stopped)));
}

#[tokio::test(start_paused = true)]
async fn the_inline_store_needs_no_thread_and_no_time() {
    let handle = StoreHandle::inline(MemoryStore::new());
    let before = tokio::time::Instant::now();
    handle.commit(cursor_at(7)).await.expect("commits");
    handle.ping().await.expect("lives");
    assert_eq!(handle.load().await.expect("loads").cursors.len(), 1);
    assert_eq!(before.elapsed(), Duration::ZERO);
    handle.close().await.expect("closes");
    assert_eq!(handle.load().await, Err(StoreError::Stopped));
}
