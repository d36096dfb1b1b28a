//! What is remembered on disk. Only here is sled known.
//!
//! Vocabulary: a *record* is one versioned, checksummed value; a *commit* is one step's
//! changes, on disk whole or not at all; the *handle* is how the daemon speaks to the store,
//! which lives on a thread of its own; a *group* is the commits that share one flush.
//!
//! ```text
//! StoreHandle ──requests──▶ writer thread ──▶ Store ──▶ keys + records ──▶ one sled tree
//! ```
//!
//! Everything lies in one tree, because sled writes a batch atomically only within a tree.
//! [`open`] starts the thread, [`MemoryStore`] stands in for the disk in tests.

mod batch;
mod clients;
mod disk;
mod handle;
mod keys;
mod memory;
mod open;
mod record;
mod records;
mod remembered;
mod sled_store;

pub use handle::StoreHandle;
pub use memory::MemoryStore;
pub use open::open;
pub use remembered::Remembered;
pub use sled_store::SledStore;

use crate::domain::case::Case;
use crate::domain::commit::{Commit, HistoryEntry, Known, Loaded, Quarantined, Questions};
use crate::domain::ids::CaseId;

/// What the daemon needs of a store. Blocking; behind [`StoreHandle`] it lives on a thread of
/// its own. Another engine can stand behind it.
pub trait Store: Send {
    /// Everything that is in memory while the daemon runs.
    fn load(&mut self) -> Result<Loaded, StoreError>;
    /// Answers questions about the indexes.
    fn look_up(&mut self, questions: &Questions) -> Result<Known, StoreError>;
    /// Writes commits, all of them durable when this returns: the disk has confirmed.
    ///
    /// A later commit overrides an earlier one. The message index keeps receipts to the
    /// second. After a failure it is not known what is on disk: every further commit is
    /// refused until the store is opened anew.
    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError>;
    /// Does what nobody waits for, after a commit was answered.
    fn rest(&mut self) {}
    /// The history of a case, oldest first.
    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError>;
    /// The newest cases, closed ones too, newest first, at most `limit`.
    fn cases(&mut self, limit: usize) -> Result<Vec<Case>, StoreError>;
    /// The messages we could not read, newest first, at most `limit`.
    fn quarantine(&mut self, limit: usize) -> Result<Vec<Quarantined>, StoreError>;
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk or the operating system refused.
    #[error("could not {action} the store in {path}: {reason}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: String,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// A record can't be trusted.
    #[error(
        "the store in {path} is damaged ({reason}); move it aside and bring back the newest export or backup, or start without it: the mailboxes are then read anew"
    )]
    Damaged {
        /// Which store.
        path: String,
        /// What was found.
        reason: String,
    },
    /// The store's thread is gone.
    #[error("the store has stopped; start ackd again")]
    Stopped,
}

/// How far back of the newest acknowledgement [`Store::load`] reaches, in seconds: a month, the
/// longest time a limit of acknowledging may count.
const ACKNOWLEDGEMENTS_SECONDS: i64 = 31 * 86_400;
