//! Records in plain form: what lies under a key, whatever its kind.
//!
//! Exports are written in it and the check of a store goes by it. The matches below name every
//! kind, so that a new one can't be forgotten in an export.

use serde::{Deserialize, Serialize};

use super::keys::{self, KeyKind};
use super::record::{RecordError, seal, unseal};
use super::records::{
    AbsencesRecord, AcknowledgementRow, AlarmsRecord, AsideRecord, CaseRecord, ClientRecord,
    CopyRecord, CursorRecord, DatedRecord, HistoryRecord, IndexRecord, InstallationRecord,
    LiaisonRecord, MorningsRecord, Numbers, QuarantineRecord, ReasonsRecord, RebuiltRecord,
    RowRecord, StepsRecord, SubjectRecord, TeamMailRecord, ThreadRecord, TraceRecord, Unfit,
};
use crate::domain::absence::Absences;
use crate::domain::alarm::Alarms;
use crate::domain::case::Case;
use crate::domain::check_in::Liaison;
use crate::domain::commit::{
    AcknowledgementRecord, Cursor, FolderId, HistoryEntry, IndexEntry, Installation, KnownCopy,
    LostTime, Quarantined, TeamMail, Trace,
};
use crate::domain::digest::{Aside, Mornings};
use crate::domain::ids::{CaseId, ClientKey};
use crate::domain::outbox::OutboxRow;

/// One record, whatever its kind. The names of the variants are written in exports.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plain {
    Numbers(Numbers),
    Installation(InstallationRecord),
    Client(ClientRecord),
    Steps(StepsRecord),
    OpenCase(Box<CaseRecord>),
    ClosedCase(Box<CaseRecord>),
    History(HistoryRecord),
    Message(IndexRecord),
    Thread(ThreadRecord),
    Awaited(TeamMailRecord),
    Outbound(TeamMailRecord),
    Trace(TraceRecord),
    Reasons(ReasonsRecord),
    Copy(CopyRecord),
    Subject(SubjectRecord),
    UnfinishedRow(Box<RowRecord>),
    FinishedRow(Box<RowRecord>),
    Cursor(CursorRecord),
    Quarantined(QuarantineRecord),
    Acknowledgement(AcknowledgementRow),
    Rebuilt(RebuiltRecord),
    Alarms(AlarmsRecord),
    Absences(AbsencesRecord),
    Mornings(MorningsRecord),
    Aside(AsideRecord),
    Dated(DatedRecord),
    Liaison(Box<LiaisonRecord>),
}

/// What a record says, as far as others depend on it.
#[derive(Debug)]
pub(super) enum Meaning {
    /// A case.
    Case(Box<Case>),
    /// Something that belongs to a case.
    Of(CaseId),
    /// A mail we owe or owed.
    Row(Box<OutboxRow>),
    /// The highest numbers given out.
    Numbers(Numbers),
    /// Nothing others depend on.
    Alone,
}

impl Plain {
    /// Takes the record under a key out of its envelope. `None` for the version of the store,
    /// which every store writes itself.
    pub(super) fn unseal(key: &[u8], bytes: &[u8]) -> Result<Option<Self>, RecordError> {
        let unknown = || RecordError::UnknownKind(key.first().copied().unwrap_or_default());
        let kind = KeyKind::of(key).ok_or_else(unknown)?;
        Ok(Some(match kind {
            KeyKind::StoreVersion => return Ok(None),
            KeyKind::Numbers => Self::Numbers(unseal(key, bytes)?),
            KeyKind::Installation => Self::Installation(unseal(key, bytes)?),
            KeyKind::Client => Self::Client(unseal(key, bytes)?),
            KeyKind::Steps => Self::Steps(unseal(key, bytes)?),
            KeyKind::OpenCase => Self::OpenCase(Box::new(unseal(key, bytes)?)),
            KeyKind::ClosedCase => Self::ClosedCase(Box::new(unseal(key, bytes)?)),
            KeyKind::History => Self::History(unseal(key, bytes)?),
            KeyKind::Message => Self::Message(unseal(key, bytes)?),
            KeyKind::Thread => Self::Thread(unseal(key, bytes)?),
            KeyKind::Awaited => Self::Awaited(unseal(key, bytes)?),
            KeyKind::Outbound => Self::Outbound(unseal(key, bytes)?),
            KeyKind::Trace => Self::Trace(unseal(key, bytes)?),
            KeyKind::Reasons => Self::Reasons(unseal(key, bytes)?),
            KeyKind::Copy => Self::Copy(unseal(key, bytes)?),
            KeyKind::Subject => Self::Subject(unseal(key, bytes)?),
            KeyKind::UnfinishedRow => Self::UnfinishedRow(Box::new(unseal(key, bytes)?)),
            KeyKind::FinishedRow => Self::FinishedRow(Box::new(unseal(key, bytes)?)),
            KeyKind::Cursor => Self::Cursor(unseal(key, bytes)?),
            KeyKind::Quarantined => Self::Quarantined(unseal(key, bytes)?),
            KeyKind::Acknowledgement => Self::Acknowledgement(unseal(key, bytes)?),
            KeyKind::Rebuilt => Self::Rebuilt(unseal(key, bytes)?),
            KeyKind::Alarms => Self::Alarms(unseal(key, bytes)?),
            KeyKind::Absences => Self::Absences(unseal(key, bytes)?),
            KeyKind::Mornings => Self::Mornings(unseal(key, bytes)?),
            KeyKind::Aside => Self::Aside(unseal(key, bytes)?),
            KeyKind::Dated => Self::Dated(unseal(key, bytes)?),
            KeyKind::Liaison => Self::Liaison(Box::new(unseal(key, bytes)?)),
        }))
    }

    /// Puts the record into its envelope again.
    pub(super) fn seal(&self, key: &[u8]) -> Vec<u8> {
        match self {
            Self::Numbers(record) => seal(key, record),
            Self::Installation(record) => seal(key, record),
            Self::Client(record) => seal(key, record),
            Self::Steps(record) => seal(key, record),
            Self::OpenCase(record) | Self::ClosedCase(record) => seal(key, record.as_ref()),
            Self::History(record) => seal(key, record),
            Self::Message(record) => seal(key, record),
            Self::Thread(record) => seal(key, record),
            Self::Awaited(record) | Self::Outbound(record) => seal(key, record),
            Self::Trace(record) => seal(key, record),
            Self::Reasons(record) => seal(key, record),
            Self::Copy(record) => seal(key, record),
            Self::Subject(record) => seal(key, record),
            Self::UnfinishedRow(record) | Self::FinishedRow(record) => seal(key, record.as_ref()),
            Self::Cursor(record) => seal(key, record),
            Self::Quarantined(record) => seal(key, record),
            Self::Acknowledgement(record) => seal(key, record),
            Self::Rebuilt(record) => seal(key, record),
            Self::Alarms(record) => seal(key, record),
            Self::Absences(record) => seal(key, record),
            Self::Mornings(record) => seal(key, record),
            Self::Aside(record) => seal(key, record),
            Self::Dated(record) => seal(key, record),
            Self::Liaison(record) => seal(key, record.as_ref()),
        }
    }

    /// Reads the record as the domain does. Fails if it makes no sense, or lies under a key
    /// that is not its own. `client` says who stands behind a number.
    pub(super) fn understand(
        self,
        key: &[u8],
        client: impl FnOnce(u32) -> Option<ClientKey>,
    ) -> Result<Meaning, RecordError> {
        let unfit = |Unfit(what): Unfit| RecordError::content(key, what);
        let place = |own: &[u8]| match own == key {
            true => Ok(()),
            false => Err(RecordError::content(key, "what belongs under another key")),
        };
        let begins = |own: &[u8]| match key.starts_with(own) {
            true => Ok(()),
            false => Err(RecordError::content(key, "what belongs under another key")),
        };
        let alone = |()| Meaning::Alone;
        match self {
            Self::Numbers(numbers) => {
                place(&keys::single(KeyKind::Numbers)).map(|()| Meaning::Numbers(numbers))
            }
            Self::Installation(record) => {
                Installation::try_from(record).map_err(unfit)?;
                place(&keys::single(KeyKind::Installation)).map(alone)
            }
            Self::Client(_) => begins(&keys::single(KeyKind::Client)).map(alone),
            Self::Steps(_) => place(&keys::single(KeyKind::Steps)).map(alone),
            Self::OpenCase(record) => understood_case(key, *record, KeyKind::OpenCase),
            Self::ClosedCase(record) => understood_case(key, *record, KeyKind::ClosedCase),
            Self::History(record) => {
                let entry = HistoryEntry::try_from(record).map_err(unfit)?;
                begins(&keys::history_of(entry.case)).map(|()| Meaning::Of(entry.case))
            }
            Self::Message(record) => {
                let entry: IndexEntry = record.into_entry(client).map_err(unfit)?;
                begins(&keys::single(KeyKind::Message))
                    .map(|()| entry.case.map_or(Meaning::Alone, Meaning::Of))
            }
            Self::Thread(record) => {
                begins(&keys::single(KeyKind::Thread)).map(|()| Meaning::Of(CaseId::from(record)))
            }
            Self::Awaited(record) => {
                TeamMail::try_from(record).map_err(unfit)?;
                begins(&keys::single(KeyKind::Awaited)).map(alone)
            }
            Self::Outbound(record) => understood_outbound(key, record),
            Self::Trace(record) => {
                let seen = Trace::try_from(record).map_err(unfit)?;
                begins(&keys::single(KeyKind::Trace)).map(|()| Meaning::Of(seen.case))
            }
            Self::Reasons(_) => begins(&keys::single(KeyKind::Reasons)).map(alone),
            Self::Copy(record) => understood_copy(key, record),
            Self::Subject(_) => begins(&keys::single(KeyKind::Subject)).map(alone),
            Self::UnfinishedRow(record) => understood_row(key, *record, KeyKind::UnfinishedRow),
            Self::FinishedRow(record) => understood_row(key, *record, KeyKind::FinishedRow),
            Self::Cursor(record) => {
                let (folder, _) = <(FolderId, Cursor)>::try_from(record).map_err(unfit)?;
                place(&keys::cursor(&folder)).map(alone)
            }
            Self::Quarantined(record) => understood_quarantined(key, record),
            Self::Acknowledgement(record) => understood_acknowledgement(key, record),
            Self::Rebuilt(record) => understood_rebuilt(key, record),
            Self::Absences(record) => understood_absences(key, record),
            Self::Alarms(record) => understood_alarms(key, record),
            Self::Mornings(record) => understood_mornings(key, record),
            Self::Aside(record) => understood_aside(key, record),
            Self::Dated(_) => begins(&keys::single(KeyKind::Dated)).map(alone),
            Self::Liaison(record) => understood_liaison(key, *record),
        }
    }
}

fn understood_case(key: &[u8], record: CaseRecord, kind: KeyKind) -> Result<Meaning, RecordError> {
    let wrong = |what: String| RecordError::content(key, what);
    let case = Case::try_from(record).map_err(|Unfit(what)| wrong(what.into()))?;
    if keys::case(kind, case.id) != *key {
        return Err(wrong("what belongs under another key".into()));
    }
    if case.is_open() != (kind == KeyKind::OpenCase) {
        let state = case.state.as_str();
        return Err(wrong(format!("case {} which is {state}", case.id)));
    }
    Ok(Meaning::Case(Box::new(case)))
}

fn understood_copy(key: &[u8], record: CopyRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    let copy = KnownCopy::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match key.starts_with(&keys::single(KeyKind::Copy)) {
        true => Ok(Meaning::Of(copy.case)),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_acknowledgement(
    key: &[u8],
    record: AcknowledgementRow,
) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    let owed = AcknowledgementRecord::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::acknowledgement(owed.at, owed.row) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_absences(key: &[u8], record: AbsencesRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    Absences::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::single(KeyKind::Absences) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_quarantined(key: &[u8], record: QuarantineRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    let message = Quarantined::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::quarantined(&message.location, message.at) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_alarms(key: &[u8], record: AlarmsRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    Alarms::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::single(KeyKind::Alarms) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_liaison(key: &[u8], record: LiaisonRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    let own = Liaison::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::liaison(&own.client) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_rebuilt(key: &[u8], record: RebuiltRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    Vec::<LostTime>::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::single(KeyKind::Rebuilt) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_mornings(key: &[u8], record: MorningsRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    Mornings::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::single(KeyKind::Mornings) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_aside(key: &[u8], record: AsideRecord) -> Result<Meaning, RecordError> {
    let wrong = |what: &str| RecordError::content(key, what);
    let aside = Aside::try_from(record).map_err(|Unfit(what)| wrong(what))?;
    match keys::aside(aside.at, aside.message) == *key {
        true => Ok(Meaning::Alone),
        false => Err(wrong("what belongs under another key")),
    }
}

fn understood_outbound(key: &[u8], record: TeamMailRecord) -> Result<Meaning, RecordError> {
    let mail = TeamMail::try_from(record);
    mail.map_err(|Unfit(what)| RecordError::content(key, what))?;
    Ok(Meaning::Alone)
}

fn understood_row(key: &[u8], record: RowRecord, kind: KeyKind) -> Result<Meaning, RecordError> {
    let wrong = |what: String| RecordError::content(key, what);
    let row = OutboxRow::try_from(record).map_err(|Unfit(what)| wrong(what.into()))?;
    if keys::row(kind, row.id) != *key {
        return Err(wrong("what belongs under another key".into()));
    }
    if row.state.is_final() != (kind == KeyKind::FinishedRow) {
        return Err(wrong(format!("row {} which is not", row.id)));
    }
    Ok(Meaning::Row(Box::new(row)))
}
