//! A case as it stands on disk: one record holds all of it.

use serde::{Deserialize, Serialize};

use super::event::EventRecord;
use super::state::StateRecord;
use super::{AddressText, AuthorRecord, Hash, Moment, StageRecord, Unfit, all, maybe};
use crate::domain::case::{Case, Happening, Mark};
use crate::domain::ids::{CaseId, ClientKey, Generation, IdHash, OutboxId};
use crate::store::record::Record;

/// Mirrors [`Case`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct CaseRecord {
    id: u64,
    client: String,
    contact: AuthorRecord,
    subject: String,
    happenings: Vec<HappeningRecord>,
    thread: Vec<Hash>,
    marks: Vec<MarkRecord>,
    acknowledgement: Option<u64>,
    urgent: bool,
    snoozed_until: Option<Moment>,
    state: StateRecord,
    #[serde(default)]
    assigned_to: Option<AddressText>,
}

/// [`CaseRecord`] in version 1.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CaseRecord1 {
    id: u64,
    client: String,
    contact: AuthorRecord,
    subject: String,
    happenings: Vec<HappeningRecord>,
    thread: Vec<Hash>,
    marks: Vec<MarkRecord>,
    acknowledgement: Option<u64>,
    urgent: bool,
    snoozed_until: Option<Moment>,
    state: StateRecord,
}

impl Record for CaseRecord {
    const VERSION: u8 = 2;

    fn of_version(version: u8, payload: &[u8]) -> postcard::Result<(Self, &[u8])> {
        if version > 1 {
            return postcard::take_from_bytes(payload);
        }
        let (before, rest) = postcard::take_from_bytes::<CaseRecord1>(payload)?;
        Ok((before.into(), rest))
    }
}

/// Then a case was always its client's owners'.
impl From<CaseRecord1> for CaseRecord {
    fn from(before: CaseRecord1) -> Self {
        Self {
            id: before.id,
            client: before.client,
            contact: before.contact,
            subject: before.subject,
            happenings: before.happenings,
            thread: before.thread,
            marks: before.marks,
            acknowledgement: before.acknowledgement,
            urgent: before.urgent,
            snoozed_until: before.snoozed_until,
            state: before.state,
            assigned_to: None,
        }
    }
}

/// Mirrors [`Happening`].
#[derive(Debug, Serialize, Deserialize)]
struct HappeningRecord {
    at: Moment,
    event: EventRecord,
}

/// Mirrors [`Mark`].
#[derive(Debug, Serialize, Deserialize)]
struct MarkRecord {
    generation: u32,
    stage: StageRecord,
    recipient: AddressText,
}

impl From<&Case> for CaseRecord {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id.0,
            client: case.client.as_str().to_owned(),
            contact: (&case.contact).into(),
            subject: case.subject.clone(),
            happenings: case.happenings.iter().map(Into::into).collect(),
            thread: case.thread.iter().copied().map(Into::into).collect(),
            marks: case.marks.iter().map(Into::into).collect(),
            acknowledgement: case.acknowledgement.map(|row| row.0),
            urgent: case.urgent,
            snoozed_until: case.snoozed_until.map(Into::into),
            state: (&case.state).into(),
            assigned_to: case.assigned_to.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<CaseRecord> for Case {
    type Error = Unfit;

    fn try_from(record: CaseRecord) -> Result<Self, Unfit> {
        Ok(Self {
            id: CaseId(record.id),
            client: ClientKey::new(record.client),
            contact: record.contact.try_into()?,
            subject: record.subject,
            happenings: all(record.happenings)?,
            thread: record.thread.into_iter().map(IdHash::from).collect(),
            marks: all(record.marks)?,
            acknowledgement: record.acknowledgement.map(OutboxId),
            urgent: record.urgent,
            snoozed_until: maybe(record.snoozed_until)?,
            state: record.state.try_into()?,
            assigned_to: maybe(record.assigned_to)?,
        })
    }
}

impl From<&Happening> for HappeningRecord {
    fn from(happening: &Happening) -> Self {
        Self {
            at: happening.at.into(),
            event: (&happening.event).into(),
        }
    }
}

impl TryFrom<HappeningRecord> for Happening {
    type Error = Unfit;

    fn try_from(record: HappeningRecord) -> Result<Self, Unfit> {
        Ok(Self {
            at: record.at.try_into()?,
            event: record.event.try_into()?,
        })
    }
}

impl From<&Mark> for MarkRecord {
    fn from(mark: &Mark) -> Self {
        Self {
            generation: mark.generation.0,
            stage: mark.stage.into(),
            recipient: (&mark.recipient).into(),
        }
    }
}

impl TryFrom<MarkRecord> for Mark {
    type Error = Unfit;

    fn try_from(record: MarkRecord) -> Result<Self, Unfit> {
        Ok(Self {
            generation: Generation(record.generation),
            stage: record.stage.into(),
            recipient: record.recipient.try_into()?,
        })
    }
}
