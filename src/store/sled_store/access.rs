//! What exports, retention and checks need of the store beside its public face.

use std::ops::Bound;

use sled::IVec;

use super::SledStore;
use crate::domain::commit::{COPIES_MAX, Installation, Known, KnownCopy, Questions};
use crate::domain::ids::{CaseId, ClientKey};
use crate::store::StoreError;
use crate::store::batch::Batch;
use crate::store::export::HighestNumbers;
use crate::store::keys::{self, KeyKind};
use crate::store::records::{CopyRecord, InstallationRecord, RebuiltRecord, SubjectRecord};

impl SledStore {
    pub(in crate::store) fn failed_before(&self) -> StoreError {
        StoreError::Io {
            action: "write to",
            path: self.path.display().to_string(),
            reason: "an earlier write failed, so that it is not known what is on disk; \
                     start ackd again"
                .into(),
        }
    }

    pub(in crate::store) fn installation(&self) -> Result<Option<Installation>, StoreError> {
        let key = keys::single(KeyKind::Installation);
        let Some(installation) = self.read::<InstallationRecord, Installation>(&key)? else {
            return Ok(None);
        };
        let lost = self.read::<RebuiltRecord, _>(&keys::single(KeyKind::Rebuilt))?;
        Ok(Some(Installation {
            lost: lost.unwrap_or_default(),
            ..installation
        }))
    }

    /// Copies of mails, and their subjects.
    pub(super) fn look_up_copies(
        &self,
        questions: &Questions,
        known: &mut Known,
    ) -> Result<(), StoreError> {
        let contents = match self.holds_any(KeyKind::Copy)? {
            true => questions.copies.as_slice(),
            false => &[],
        };
        for content in contents {
            let copies = self
                .values::<CopyRecord, KnownCopy>(&keys::copies_of(*content))
                .take(COPIES_MAX)
                .collect::<Result<Vec<_>, _>>()?;
            for copy in &copies {
                self.bring_case(known, Some(copy.case))?;
            }
            if !copies.is_empty() {
                known.copies.insert(*content, copies);
            }
        }
        for message in &questions.subjects {
            if let Some(record) = self.get::<SubjectRecord>(&keys::subject(*message))? {
                known.subjects.insert(*message, record.into());
            }
        }
        Ok(())
    }

    /// A batch that notes what an export has to know of.
    pub(in crate::store) fn new_batch(&self) -> Batch {
        Batch::new(self.export.is_some())
    }

    /// The bytes under a key.
    pub(in crate::store) fn raw(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        let bytes = self.tree.get(key);
        bytes.map_err(|error| self.refused_by_sled("read", &error))
    }

    /// Keys and bytes between two keys, in the order of keys.
    pub(in crate::store) fn range(
        &self,
        keys: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), StoreError>> {
        let entries = self.tree.range(keys);
        entries.map(|entry| entry.map_err(|error| self.refused_by_sled("read", &error)))
    }

    /// Who stands behind a number.
    pub(in crate::store) fn client(&self, number: u32) -> Option<ClientKey> {
        self.kept.clients.key(number).cloned()
    }

    /// Whether a case lies among the open ones.
    pub(in crate::store) fn is_open(&self, case: CaseId) -> bool {
        self.kept.open.contains(&case)
    }

    /// The highest numbers given out.
    pub(in crate::store) fn highest_numbers(&self) -> HighestNumbers {
        HighestNumbers::new(self.kept.numbers, self.kept.steps.last)
    }

    /// Too much has changed for the export that was under way.
    pub(in crate::store) fn export_overtaken(&self) -> StoreError {
        StoreError::Io {
            action: "export",
            path: self.path.display().to_string(),
            reason: "too much was written meanwhile, or another export was begun; it is tried again later"
                .into(),
        }
    }
}
