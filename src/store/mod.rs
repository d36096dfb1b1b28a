//! What is remembered on disk. Only here is sled known.
//!
//! Vocabulary: a *record* is one versioned, checksummed value; a *commit* is one step's
//! changes, on disk whole or not at all.

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
    fn commit(&mut self, commits: &[Commit]) -> Result<(), StoreError>;
    /// The history of a case, oldest first.
    fn history(&mut self, case: CaseId) -> Result<Vec<HistoryEntry>, StoreError>;
    /// The newest cases, closed ones too, at most `limit`.
    fn cases(&mut self, limit: usize) -> Result<Vec<crate::domain::case::Case>, StoreError>;
    /// The messages we could not read, newest first, at most `limit`.
    fn quarantine(&mut self, limit: usize) -> Result<Vec<Quarantined>, StoreError>;
}

/// Why the store could not do it.
#[derive(Debug, Clone, thiserror::Error)]
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
    #[error("the store in {path} is damaged ({reason}); restore it from the newest export")]
    Damaged {
        /// Which store.
        path: String,
        /// What was found.
        reason: String,
    },
    /// The store's thread is gone.
    #[error("the store has stopped")]
    Stopped,
}
