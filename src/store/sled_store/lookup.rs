//! What is looked up for a mail beside its own entry: copies, subjects, and the cases they lead to.

use super::SledStore;
use crate::domain::case::Case;
use crate::domain::commit::{COPIES_MAX, Known, KnownCopy, Questions};
use crate::domain::ids::CaseId;
use crate::domain::outbox::OutboxRow;
use crate::store::StoreError;
use crate::store::keys::{self, KeyKind};
use crate::store::records::{CaseRecord, CopyRecord, RowRecord, SubjectRecord};

impl SledStore {
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

    pub(super) fn look_up_rows(
        &self,
        questions: &Questions,
        known: &mut Known,
    ) -> Result<(), StoreError> {
        for id in &questions.rows {
            let key = keys::row(KeyKind::FinishedRow, *id);
            let row = self.read::<RowRecord, OutboxRow>(&key)?;
            known.rows.extend(row.map(|row| (*id, row)));
        }
        Ok(())
    }

    /// Brings a case, and the one that goes on with it.
    pub(super) fn bring_case(
        &self,
        known: &mut Known,
        case: Option<CaseId>,
    ) -> Result<(), StoreError> {
        let mut next = case;
        while let Some(id) = next.filter(|id| !known.cases.contains_key(id)) {
            let kind = match self.kept.open.contains(&id) {
                true => KeyKind::OpenCase,
                false => KeyKind::ClosedCase,
            };
            let case = self.read::<CaseRecord, Case>(&keys::case(kind, id))?;
            next = case.as_ref().and_then(Case::joined_to);
            known.cases.extend(case.map(|case| (id, case)));
        }
        Ok(())
    }
}
