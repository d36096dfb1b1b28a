//! What is looked up for a mail beside its own entry: copies, subjects, and the cases they lead to.

use std::ops::Bound;

use super::SledStore;
use crate::domain::case::Case;
use crate::domain::commit::{COPIES_MAX, Known, KnownCopy, Quarantined, Questions, REPORTED_MAX};
use crate::domain::digest::{ASIDES_MAX, Aside};
use crate::domain::ids::CaseId;
use crate::domain::outbox::OutboxRow;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::batch::ended_at;
use crate::store::keys::{self, KeyKind, Lasting, day_of};
use crate::store::record::unseal;
use crate::store::records::{
    AsideRecord, CaseRecord, CopyRecord, DatedRecord, QuarantineRecord, RowRecord, SubjectRecord,
};

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
        self.look_up_rows(questions, known)
    }

    /// What came in beside the cases, and which cases were closed, for morning and weekly mails.
    pub(super) fn look_up_days(
        &self,
        questions: &Questions,
        known: &mut Known,
    ) -> Result<(), StoreError> {
        if let Some((since, until)) = questions.asides {
            let is_in = |at: Timestamp| since <= at && at < until;
            let second = chrono::TimeDelta::seconds(1);
            let last = keys::asides_at(until.checked_add_signed(second).unwrap_or(until));
            let range = self.range((
                Bound::Included(keys::asides_at(since).to_vec()),
                Bound::Excluded(last.to_vec()),
            ));
            for entry in range.rev().take(ASIDES_MAX) {
                let (key, bytes) = entry?;
                let aside = self.understand::<AsideRecord, Aside>(&key, &bytes)?;
                known.asides.extend(Some(aside).filter(|own| is_in(own.at)));
            }
            known.asides.reverse();
            let before = since.checked_sub_signed(second).unwrap_or(since);
            let range = self.range((
                Bound::Included(keys::quarantined_before(until).to_vec()),
                Bound::Excluded(keys::quarantined_before(before).to_vec()),
            ));
            for entry in range.take(ASIDES_MAX) {
                let (key, bytes) = entry?;
                let message = self.understand::<QuarantineRecord, Quarantined>(&key, &bytes)?;
                known
                    .quarantined
                    .extend(Some(message).filter(|own| is_in(own.at)));
            }
        }
        match questions.closed_since {
            Some(since) => self.look_up_closed(since, known),
            None => Ok(()),
        }
    }

    /// The cases that were closed since a moment, by the days under which they are filed.
    fn look_up_closed(&self, since: Timestamp, known: &mut Known) -> Result<(), StoreError> {
        let first = keys::dated_from(Lasting::Kept, day_of(since)).to_vec();
        let prefix = keys::dated_as(Lasting::Kept);
        let filed = self.range((Bound::Included(first), Bound::Unbounded));
        for entry in filed {
            let (key, bytes) = entry?;
            if !key.starts_with(&prefix) || known.cases.len() >= REPORTED_MAX {
                break;
            }
            let own: DatedRecord = unseal(&key, &bytes).map_err(|error| self.damage(&error))?;
            for own in own.keys {
                if KeyKind::of(&own.0) != Some(KeyKind::ClosedCase) {
                    continue;
                }
                // Opened again since, it lies elsewhere; and the book has it.
                let Some(case) = self.read::<CaseRecord, Case>(&own.0)? else {
                    continue;
                };
                if ended_at(&case) >= since {
                    self.bring_case(known, case.joined_to())?;
                    known.cases.entry(case.id).or_insert(case);
                }
            }
        }
        Ok(())
    }

    /// Mails of ours that are final.
    fn look_up_rows(&self, questions: &Questions, known: &mut Known) -> Result<(), StoreError> {
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
