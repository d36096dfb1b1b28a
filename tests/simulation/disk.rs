//! The disk: a store in memory that writes a commit whole or not at all, as the real one does,
//! and fails when it is told to.

use ackd::domain::case::Case;
use ackd::domain::commit::{Commit, HistoryEntry, Known, Loaded, Quarantined, Questions};
use ackd::domain::ids::CaseId;
use ackd::store::{MemoryStore, Store, StoreError};

use crate::faults::DiskFate;
use crate::world::World;

/// How many commits one world may take; some dozens are usual.
const COMMITS_MAX: u64 = 2_000;

/// The store of one life; the disk below it outlives it.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    world: World,
    store: MemoryStore,
    /// The machine has failed: nothing reaches the disk any more.
    is_dead: bool,
}

impl Disk {
    /// What a life of the daemon writes to `store` through.
    pub(crate) fn new(world: World, store: MemoryStore) -> Self {
        Self {
            world,
            store,
            is_dead: false,
        }
    }

    fn gone<T>() -> Result<T, StoreError> {
        Err(StoreError::Stopped)
    }

    fn write(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        self.store.commit(commits)?;
        for commit in commits {
            crate::oracle::committed(&mut self.world.lock(), commit);
        }
        crate::losses::committed(&mut self.world.lock(), &self.store);
        Ok(())
    }
}

impl Store for Disk {
    fn load(&mut self) -> Result<Loaded, StoreError> {
        self.store.load()
    }

    fn look_up(&mut self, questions: &Questions) -> Result<Known, StoreError> {
        self.store.look_up(questions)
    }

    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        if self.is_dead {
            return Self::gone();
        }
        if self.world.lock().kept.commits > COMMITS_MAX {
            self.is_dead = true;
            self.world.lock().give_up("the daemon writes without end");
            return Self::gone();
        }
        let fate = self.world.lock().weather.disk_fate();
        match fate {
            DiskFate::Written => self.write(commits),
            DiskFate::Slow(seconds) => {
                let mut inner = self.world.lock();
                inner.log(|| format!("disk: slow by {seconds} s"));
                inner.time.pass(chrono::Duration::seconds(seconds));
                inner.odd();
                drop(inner);
                self.write(commits)
            }
            DiskFate::Refused | DiskFate::CrashBefore => {
                self.is_dead = true;
                self.world.lock().log(|| format!("disk: {fate:?}"));
                Self::gone()
            }
            DiskFate::CrashAfter => {
                let written = self.write(commits);
                self.is_dead = true;
                self.world.lock().log(|| format!("disk: {fate:?}"));
                written.and_then(|()| Self::gone())
            }
        }
    }

    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.store.history(case)
    }

    fn cases(&mut self, limit: usize) -> Result<Vec<Case>, StoreError> {
        self.store.cases(limit)
    }

    fn quarantine(&mut self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        self.store.quarantine(limit)
    }
}
