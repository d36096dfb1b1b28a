//! One record, read by itself: what the store would make of the bytes under a key.
//!
//! The daemon reads records kind by kind. Whoever has a key and a value and nothing else (a
//! check of a store, a fuzzer) reads them here, by the same steps.

use super::keys::KeyKind;
use super::record::{Record, RecordError, unseal};
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
    AcknowledgementRecord, Cursor, FolderId, HistoryEntry, IndexEntry, Installation, KeptReason,
    KnownCopy, LostTime, Quarantined, TeamMail, Trace,
};
use crate::domain::digest::{Aside, Mornings};
use crate::domain::ids::{CaseId, ClientKey};
use crate::domain::outbox::OutboxRow;

/// What a record holds, as the domain knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// The highest numbers given out.
    Numbers {
        /// Of cases.
        last_case: u64,
        /// Of outbox rows.
        last_row: u64,
    },
    /// What belongs to the whole installation.
    Installation(Box<Installation>),
    /// The client a number stands for.
    Client(ClientKey),
    /// A case, open or closed.
    Case(Box<Case>),
    /// A line of a case's history.
    History(HistoryEntry),
    /// A message we have judged. Its client stands there as a number, which only a whole store
    /// can translate: here it is that number, written out.
    Message(IndexEntry),
    /// The case a Message-ID belongs to.
    Thread(CaseId),
    /// A mail of the team: to a contact, or in answer to a message not seen yet.
    TeamMail(Box<TeamMail>),
    /// A client's mail by its author, or by a line it holds.
    Trace(Trace),
    /// Why a client's mail was judged as it was.
    Reasons(Vec<KeptReason>),
    /// A copy of a client's mail.
    Copy(KnownCopy),
    /// The subject of a client's mail.
    Subject(String),
    /// An outbox row.
    Row(Box<OutboxRow>),
    /// How far a folder was read.
    Cursor(FolderId, Cursor),
    /// A message we could not read.
    Quarantined(Quarantined),
    /// An acknowledgement, for the limits.
    Acknowledgement(AcknowledgementRecord),
    /// The times of which the store knows nothing.
    Rebuilt(Vec<LostTime>),
    /// Who was told of what trouble.
    Alarms(Alarms),
    /// Who is away, and whose stand-ins know of it.
    Absences(Absences),
    /// What is kept for morning and weekly mails.
    Mornings(Box<Mornings>),
    /// A client's mail that opened no case.
    Aside(Box<Aside>),
    /// How many commits told what no mailbox does.
    Steps(u64),
    /// The keys filed under a day.
    Dated(Vec<Vec<u8>>),
    /// What is known of the contact with a client.
    Liaison(Box<Liaison>),
}

impl Remembered {
    /// Reads the value under a key of the store.
    ///
    /// Fails, in words, if the key is of no kind we know or is the store's version, which is
    /// read when a store is opened; if the value is cut off, changed or of an unknown version;
    /// or if it holds what can't be.
    pub fn read(key: &[u8], value: &[u8]) -> Result<Self, String> {
        Self::of(key, value).map_err(|error| error.to_string())
    }

    fn of(key: &[u8], value: &[u8]) -> Result<Self, RecordError> {
        let kind = KeyKind::of(key).ok_or_else(|| RecordError::content(key, "nothing we know"))?;
        Ok(match kind {
            KeyKind::StoreVersion => return Err(RecordError::content(key, "no record")),
            KeyKind::Numbers => {
                let Numbers {
                    last_case,
                    last_row,
                    ..
                } = unseal(key, value)?;
                Self::Numbers {
                    last_case,
                    last_row,
                }
            }
            KeyKind::Installation => {
                Self::Installation(Box::new(read::<InstallationRecord, _>(key, value)?))
            }
            KeyKind::Client => Self::Client(unseal::<ClientRecord>(key, value)?.into()),
            KeyKind::OpenCase | KeyKind::ClosedCase => {
                Self::Case(Box::new(read::<CaseRecord, _>(key, value)?))
            }
            KeyKind::History => Self::History(read::<HistoryRecord, _>(key, value)?),
            KeyKind::Message => {
                let named = |number: u32| Some(ClientKey::new(number.to_string()));
                let entry = unseal::<IndexRecord>(key, value)?.into_entry(named);
                Self::Message(entry.map_err(|unfit| refused(key, unfit))?)
            }
            KeyKind::Thread => Self::Thread(unseal::<ThreadRecord>(key, value)?.into()),
            KeyKind::Awaited | KeyKind::Outbound => {
                Self::TeamMail(Box::new(read::<TeamMailRecord, _>(key, value)?))
            }
            KeyKind::Trace => Self::Trace(read::<TraceRecord, _>(key, value)?),
            KeyKind::Reasons => Self::Reasons(unseal::<ReasonsRecord>(key, value)?.into()),
            KeyKind::Copy => Self::Copy(read::<CopyRecord, _>(key, value)?),
            KeyKind::Subject => Self::Subject(unseal::<SubjectRecord>(key, value)?.into()),
            KeyKind::UnfinishedRow | KeyKind::FinishedRow => {
                Self::Row(Box::new(read::<RowRecord, _>(key, value)?))
            }
            KeyKind::Cursor => {
                let (folder, cursor) = read::<CursorRecord, _>(key, value)?;
                Self::Cursor(folder, cursor)
            }
            KeyKind::Quarantined => Self::Quarantined(read::<QuarantineRecord, _>(key, value)?),
            KeyKind::Acknowledgement => {
                Self::Acknowledgement(read::<AcknowledgementRow, _>(key, value)?)
            }
            KeyKind::Rebuilt => Self::Rebuilt(read::<RebuiltRecord, _>(key, value)?),
            KeyKind::Steps => Self::Steps(unseal::<StepsRecord>(key, value)?.last),
            KeyKind::Dated => {
                let filed = unseal::<DatedRecord>(key, value)?.keys;
                Self::Dated(filed.into_iter().map(|key| key.0).collect())
            }
            KeyKind::Liaison => Self::Liaison(Box::new(read::<LiaisonRecord, _>(key, value)?)),
            KeyKind::Mornings => Self::Mornings(Box::new(read::<MorningsRecord, _>(key, value)?)),
            KeyKind::Aside => Self::Aside(Box::new(read::<AsideRecord, _>(key, value)?)),
            KeyKind::Alarms => Self::Alarms(read::<AlarmsRecord, _>(key, value)?),
            KeyKind::Absences => Self::Absences(read::<AbsencesRecord, _>(key, value)?),
        })
    }
}

fn read<R, T>(key: &[u8], value: &[u8]) -> Result<T, RecordError>
where
    R: Record,
    T: TryFrom<R, Error = Unfit>,
{
    T::try_from(unseal::<R>(key, value)?).map_err(|unfit| refused(key, unfit))
}

fn refused(key: &[u8], Unfit(what): Unfit) -> RecordError {
    RecordError::content(key, what)
}
