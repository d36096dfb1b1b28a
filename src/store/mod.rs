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
mod compact;
mod disk;
mod export;
mod handle;
mod headway;
mod hex;
mod import;
mod inspect;
mod keys;
mod mark;
mod memory;
mod open;
mod patience;
mod plain;
mod rebuild;
mod record;
mod records;
mod remembered;
mod retention;
mod seal;
mod sled_store;
mod verify;

pub use export::{
    ExportFile, ExportFolder, ExportPlace, ExportSlice, ExportSummary, FinishedExport,
    HighestNumbers, verify_export,
};
pub use handle::StoreHandle;
pub use headway::Headway;
pub use import::Imported;
pub use memory::MemoryStore;
pub use open::open;
pub use patience::Patience;
pub use rebuild::{RebuildNote, RebuildReport, StatePlaces};
pub use remembered::Remembered;
pub use retention::{PrunePlace, PruneSlice, Retention};
pub use sled_store::SledStore;
pub use verify::{Verified, verify_copy, verify_store};

use crate::domain::case::Case;
use crate::domain::commit::{Commit, HistoryEntry, Known, Loaded, Quarantined, Questions};
use crate::domain::ids::CaseId;

/// The form in which the whole store is written. A store of a higher version is refused.
const STORE_VERSION: u32 = 1;

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
    /// The highest numbers given out, by which a store and its exports are compared. A store
    /// without exports need not tell.
    fn numbers(&mut self) -> Result<HighestNumbers, StoreError> {
        Ok(HighestNumbers::default())
    }
    /// Removes what is older than it is kept, at most about `most` records. Where to go on, and
    /// how many are gone. A store that keeps everything says that there is nothing to do.
    fn prune(
        &mut self,
        retention: Retention,
        place: PrunePlace,
        most: usize,
    ) -> Result<PruneSlice, StoreError> {
        let _everything_is_kept = (retention, place, most);
        Ok(PruneSlice::default())
    }
    /// The next slice of an export, at most `most` records. A new beginning ends the export
    /// that was under way. Fails if too much has changed since it began, and in a store that
    /// can't be exported.
    fn export(&mut self, place: ExportPlace, most: usize) -> Result<ExportSlice, StoreError> {
        let _nothing_to_hand_over = (place, most);
        Err(StoreError::Io {
            action: "export",
            path: "memory".into(),
            reason: "what is in memory only is not exported".into(),
        })
    }
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
        "the store in {path} is damaged ({reason}); start ackd: it moves the store aside, rebuilds it from the newest export and reads the mailboxes on from there"
    )]
    Damaged {
        /// Which store.
        path: String,
        /// What was found.
        reason: String,
    },
    /// An export can't be used.
    #[error(
        "the export {path} can't be used: line {line}: {reason}; take another one, such as an older one from the folder \"exports\" in state_dir"
    )]
    Export {
        /// Which file.
        path: String,
        /// In which line, from 1; 0 before the first.
        line: u64,
        /// What was found.
        reason: String,
    },
    /// A newer ackd wrote it. Nothing is changed.
    #[error("the store in {path} was written by a newer ackd ({what}); install that ackd again")]
    Newer {
        /// Which store.
        path: String,
        /// What tells so.
        what: String,
    },
    /// Another process uses it.
    #[error("could not open the store in {path}: another ackd is using this store; stop it first")]
    InUse {
        /// Which store.
        path: String,
    },
    /// It neither answers nor reads or writes anything: sled does so with some damage.
    #[error("the store in {path} hangs: it has done nothing for {seconds} s")]
    Stuck {
        /// Which store.
        path: String,
        /// For how long it did nothing.
        seconds: u64,
    },
    /// The store's thread is gone.
    #[error("the store has stopped; start ackd again")]
    Stopped,
}

/// How far back of the newest acknowledgement [`Store::load`] reaches, in seconds: a month, the
/// longest time a limit of acknowledging may count.
const ACKNOWLEDGEMENTS_SECONDS: i64 = 31 * 86_400;
