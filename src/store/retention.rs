//! Letting go of what is older than it is kept, a little at a time.
//!
//! Vocabulary: what grows old is *filed* under a day: a closed case under that of its last
//! happening, a mail under that of its receipt. A *pass* goes through the days that have become
//! old, so that its cost grows with what is due, not with what is there. Messages, rows,
//! acknowledgements and quarantine lie in the order of time by themselves.

use std::ops::Bound;

use super::StoreError;
use super::batch::{Batch, DATE_TRUSTED_SECONDS, ended_at};
use super::keys::{self, KeyKind, Lasting, day_of};
use super::record::unseal;
use super::records::{
    AcknowledgementRow, CaseRecord, CopyRecord, DatedRecord, IndexRecord, QuarantineRecord,
    RowRecord, ThreadRecord, Unfit,
};
use super::sled_store::SledStore;
use crate::domain::case::Case;
use crate::domain::commit::{AcknowledgementRecord, KnownCopy, Quarantined};
use crate::domain::ids::{CaseId, MessageKey};
use crate::domain::outbox::OutboxRow;
use crate::domain::time::Timestamp;

/// For how long a mail may be found by its lines or its author: a mail that quotes it comes
/// within a month, and is read at most two months late.
const TRACES_KEPT: chrono::Duration = chrono::Duration::days(90);

/// For how long acknowledgements count against limits, at least.
const ACKNOWLEDGEMENTS_KEPT: chrono::Duration = chrono::Duration::days(31);

/// How much longer than its messages a case is kept, so that nothing is left that belongs to it:
/// a day more than a message's date may lie from its receipt.
const CASES_KEPT_LONGER: chrono::Duration = chrono::Duration::days(3);

/// How far one pass goes beyond the oldest day there is: a clock that is wrong for an hour must
/// not cost the memory of years.
const DAYS_PER_PASS: u32 = 4;

/// After how many days a case is looked at again that goes on as another.
const LOOKED_AT_AGAIN_DAYS: u32 = 30;

/// How long what is kept?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The present.
    pub now: Timestamp,
    /// How long closed cases and the index of messages are kept.
    pub keep: chrono::Duration,
}

/// Where a pass goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunePlace {
    part: Part,
    behind: Vec<u8>,
    /// The last day of this pass, once it is known.
    until_day: Option<u32>,
}

impl Default for PrunePlace {
    fn default() -> Self {
        Self::at(Part::Traces)
    }
}

impl PrunePlace {
    const fn at(part: Part) -> Self {
        Self {
            part,
            behind: Vec::new(),
            until_day: None,
        }
    }
}

/// The parts of a pass, in order: what belongs to a case goes before the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Traces,
    Messages,
    Copies,
    Rows,
    Acknowledgements,
    Quarantine,
    Dated,
}

impl Part {
    const fn next(self) -> Option<Self> {
        match self {
            Self::Traces => Some(Self::Messages),
            Self::Messages => Some(Self::Copies),
            Self::Copies => Some(Self::Rows),
            Self::Rows => Some(Self::Acknowledgements),
            Self::Acknowledgements => Some(Self::Quarantine),
            Self::Quarantine => Some(Self::Dated),
            Self::Dated => None,
        }
    }
}

/// What one slice of a pass did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PruneSlice {
    /// How many records are gone.
    pub removed: u64,
    /// Where to go on. `None`: nothing else is due.
    pub next: Option<PrunePlace>,
}

/// A slice in the making.
struct Slice {
    batch: Batch,
    place: PrunePlace,
    looked_at: usize,
    removed: u64,
}

impl Slice {
    fn remove(&mut self, key: &[u8]) {
        self.batch.remove(key);
        self.removed += 1;
    }
}

impl SledStore {
    /// See [`super::Store::prune`].
    pub(super) fn prune_slice(
        &mut self,
        retention: Retention,
        place: PrunePlace,
        most: usize,
    ) -> Result<PruneSlice, StoreError> {
        let mut slice = Slice {
            batch: self.new_batch(),
            place,
            looked_at: 0,
            removed: 0,
        };
        let before = |kept: chrono::Duration| {
            let before = retention.now.checked_sub_signed(kept);
            before.unwrap_or(Timestamp::MIN_UTC)
        };
        let limit = before(retention.keep);
        let is_done = match slice.place.part {
            Part::Traces => {
                let kept = retention.keep.min(TRACES_KEPT);
                self.prune_dated(Lasting::Traces, before(kept), most, &mut slice)?
            }
            Part::Messages => self.prune_messages(limit, most, &mut slice)?,
            Part::Copies => self.prune_copies(limit, most, &mut slice)?,
            Part::Rows => self.prune_rows(limit, most, &mut slice)?,
            Part::Acknowledgements => {
                let kept = retention.keep.max(ACKNOWLEDGEMENTS_KEPT);
                self.prune_acknowledgements(before(kept), most, &mut slice)?
            }
            Part::Quarantine => self.prune_quarantine(limit, most, &mut slice)?,
            Part::Dated => {
                let kept = retention.keep + CASES_KEPT_LONGER;
                self.prune_dated(Lasting::Kept, before(kept), most, &mut slice)?
            }
        };
        let next = match is_done {
            true => slice.place.part.next().map(PrunePlace::at),
            false => Some(slice.place),
        };
        slice.batch.put_dated();
        if slice.batch.len() > 0 {
            self.apply(slice.batch)?;
            self.confirm()?;
        }
        let removed = slice.removed;
        Ok(PruneSlice { removed, next })
    }

    /// What is filed under days that have become old.
    fn prune_dated(
        &mut self,
        lasting: Lasting,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let first = keys::dated_from(lasting, 0).to_vec();
        let until = match slice.place.until_day {
            Some(until) => until,
            None => {
                let prefix = keys::dated_as(lasting);
                let mut filed = self.range((Bound::Included(first.clone()), Bound::Unbounded));
                let oldest = filed.next().transpose()?;
                let oldest = oldest.filter(|(key, _)| key.starts_with(&prefix));
                let Some(day) = oldest.and_then(|(key, _)| day_in(&key)) else {
                    return Ok(true);
                };
                day_of(limit).min(day.saturating_add(DAYS_PER_PASS))
            }
        };
        slice.place.until_day = Some(until);
        let last = keys::dated_from(lasting, until).to_vec();
        if first >= last {
            return Ok(true);
        }
        let due = self.range((Bound::Included(first), Bound::Excluded(last)));
        let due: Vec<_> = due.take(most).collect::<Result<_, _>>()?;
        for (key, bytes) in due {
            let filed: DatedRecord = unseal(&key, &bytes).map_err(|error| self.damage(&error))?;
            slice.remove(&key);
            for own in filed.keys {
                slice.looked_at += 1;
                match KeyKind::of(&own.0) {
                    Some(KeyKind::ClosedCase) => self.prune_case(&own.0, limit, slice)?,
                    Some(KeyKind::Message) => {
                        self.prune_message(&own.0, limit, slice)?;
                    }
                    _ => slice.remove(&own.0),
                }
            }
            if slice.looked_at >= most {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A closed case in which nothing has happened for long goes with all that belongs to it.
    fn prune_case(
        &self,
        key: &[u8],
        limit: Timestamp,
        slice: &mut Slice,
    ) -> Result<(), StoreError> {
        let Some(case) = self.read::<CaseRecord, Case>(key)? else {
            return Ok(());
        };
        if ended_at(&case) >= limit {
            // It is filed under a later day, too.
            return Ok(());
        }
        let goes_on = case.joined_to().map(|other| self.has_case(other));
        if goes_on.transpose()? == Some(true) {
            let again = limit + chrono::Duration::days(LOOKED_AT_AGAIN_DAYS.into());
            slice.batch.date(Lasting::Kept, again, key);
            return Ok(());
        }
        slice.remove(key);
        let history = keys::history_of(case.id).to_vec();
        let lines = self.range((Bound::Included(history.clone()), Bound::Unbounded));
        for line in lines {
            let (line, _) = line?;
            if !line.starts_with(&history) {
                break;
            }
            slice.remove(&line);
        }
        for id in &case.thread {
            let key = keys::thread(*id);
            let owner = self.get::<ThreadRecord>(&key)?.map(CaseId::from);
            if owner == Some(case.id) {
                slice.remove(&key);
            }
        }
        Ok(())
    }

    fn has_case(&self, case: CaseId) -> Result<bool, StoreError> {
        for kind in [KeyKind::OpenCase, KeyKind::ClosedCase] {
            if self.raw(&keys::case(kind, case))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn prune_messages(
        &self,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let trusted = limit.timestamp() - DATE_TRUSTED_SECONDS;
        let last = keys::message(MessageKey::new(trusted, 0)).to_vec();
        let first = keys::single(KeyKind::Message).to_vec();
        self.prune_range(first, last, most, slice, |store, key, _, slice| {
            store.prune_message(key, limit, slice)?;
            Ok(true)
        })
    }

    fn prune_message(
        &self,
        key: &[u8],
        limit: Timestamp,
        slice: &mut Slice,
    ) -> Result<(), StoreError> {
        let Some(record) = self.get::<IndexRecord>(key)? else {
            return Ok(());
        };
        let entry = record.into_entry(|number| self.client(number));
        let entry = entry
            .map_err(|Unfit(what)| self.damage(&super::record::RecordError::content(key, what)))?;
        let waits = entry.case.is_some_and(|case| self.is_open(case));
        if entry.received_at < limit && !waits {
            slice.remove(key);
            // Whether there are any or not: to look would cost as much.
            slice.batch.remove(&keys::beside(KeyKind::Reasons, key));
            slice.batch.remove(&keys::beside(KeyKind::Subject, key));
        }
        Ok(())
    }

    /// Copies lie in the order of their dates.
    fn prune_copies(
        &self,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let trusted = limit.timestamp() - DATE_TRUSTED_SECONDS;
        let last = keys::copies_of(MessageKey::new(trusted, 0)).to_vec();
        let first = keys::single(KeyKind::Copy).to_vec();
        self.prune_range(first, last, most, slice, |store, key, bytes, slice| {
            let copy = store.understand::<CopyRecord, KnownCopy>(key, bytes)?;
            if !store.is_open(copy.case) {
                slice.remove(key);
            }
            Ok(true)
        })
    }

    /// Rows lie in the order in which they were decided.
    fn prune_rows(
        &self,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let first = keys::single(KeyKind::FinishedRow).to_vec();
        let last = keys::single(KeyKind::Cursor).to_vec();
        self.prune_range(first, last, most, slice, |store, key, bytes, slice| {
            let row = store.understand::<RowRecord, OutboxRow>(key, bytes)?;
            let is_due = row.created_at < limit;
            if is_due {
                slice.remove(key);
            }
            Ok(is_due)
        })
    }

    fn prune_acknowledgements(
        &self,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let first = keys::single(KeyKind::Acknowledgement).to_vec();
        let last = keys::acknowledgements_at(limit).to_vec();
        self.prune_range(first, last, most, slice, |store, key, bytes, slice| {
            store.understand::<AcknowledgementRow, AcknowledgementRecord>(key, bytes)?;
            slice.remove(key);
            Ok(true)
        })
    }

    /// The newest come first.
    fn prune_quarantine(
        &self,
        limit: Timestamp,
        most: usize,
        slice: &mut Slice,
    ) -> Result<bool, StoreError> {
        let first = keys::quarantined_before(limit).to_vec();
        let last = keys::single(KeyKind::Acknowledgement).to_vec();
        self.prune_range(first, last, most, slice, |store, key, bytes, slice| {
            let message = store.understand::<QuarantineRecord, Quarantined>(key, bytes)?;
            if message.at < limit {
                slice.remove(key);
            }
            Ok(true)
        })
    }

    /// Gives the records between two keys to `prune` until it says that the others are not due.
    fn prune_range(
        &self,
        first: Vec<u8>,
        last: Vec<u8>,
        most: usize,
        slice: &mut Slice,
        prune: impl Fn(&Self, &[u8], &[u8], &mut Slice) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let from = match slice.place.behind.is_empty() {
            true => Bound::Included(first),
            false => Bound::Excluded(slice.place.behind.clone()),
        };
        let is_empty =
            matches!(&from, Bound::Included(from) | Bound::Excluded(from) if *from >= last);
        if is_empty {
            return Ok(true);
        }
        for entry in self.range((from, Bound::Excluded(last))) {
            if slice.looked_at >= most {
                return Ok(false);
            }
            let (key, bytes) = entry?;
            slice.looked_at += 1;
            if !prune(self, &key, &bytes, slice)? {
                return Ok(true);
            }
            slice.place.behind = key.to_vec();
        }
        Ok(true)
    }
}

fn day_in(key: &[u8]) -> Option<u32> {
    let day = key.get(2..6)?;
    day.try_into().ok().map(u32::from_be_bytes)
}
