//! The smaller records: what belongs to the installation, to folders and to histories.

use serde::{Deserialize, Serialize};

use super::{AddressText, KeyText, LocationRecord, Moment, Unfit, maybe};
use crate::domain::commit::{
    AcknowledgementRecord, Cursor, FolderId, HistoryEntry, Installation, LOST_TIMES_MAX, Landmark,
    LostTime, Quarantined,
};
use crate::domain::ids::{CaseId, ClientKey, InstanceId, MailboxName, OutboxId};
use crate::domain::rules::Mode;
use crate::store::record::Record;

/// The highest numbers given out, zero if none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::store) struct Numbers {
    pub(in crate::store) last_case: u64,
    pub(in crate::store) last_row: u64,
    /// Lines of history, of all cases together.
    pub(in crate::store) last_history: u64,
}

impl Record for Numbers {}

/// How many commits told what no mailbox does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::store) struct StepsRecord {
    pub(in crate::store) last: u64,
}

impl Record for StepsRecord {}

/// The key of a client; its number is in the record's key.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct ClientRecord {
    client: String,
}

impl Record for ClientRecord {}

impl From<&ClientKey> for ClientRecord {
    fn from(client: &ClientKey) -> Self {
        Self {
            client: client.as_str().to_owned(),
        }
    }
}

impl From<ClientRecord> for ClientKey {
    fn from(record: ClientRecord) -> Self {
        Self::new(record.client)
    }
}

/// Mirrors [`HistoryEntry`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct HistoryRecord {
    case: u64,
    at: Moment,
    what: String,
}

impl Record for HistoryRecord {}

impl From<&HistoryEntry> for HistoryRecord {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            case: entry.case.0,
            at: entry.at.into(),
            what: entry.what.clone(),
        }
    }
}

impl TryFrom<HistoryRecord> for HistoryEntry {
    type Error = Unfit;

    fn try_from(record: HistoryRecord) -> Result<Self, Unfit> {
        Ok(Self {
            case: CaseId(record.case),
            at: record.at.try_into()?,
            what: record.what,
        })
    }
}

/// A folder and how far it was read. The landmarks: UID and receipt of each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct CursorRecord {
    mailbox: String,
    folder: String,
    uid_validity: u32,
    uid_next: u32,
    landmarks: Vec<(u32, Moment)>,
}

/// [`CursorRecord`] in version 1.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CursorRecord1 {
    pub(super) mailbox: String,
    pub(super) folder: String,
    pub(super) uid_validity: u32,
    pub(super) uid_next: u32,
}

impl Record for CursorRecord {
    const VERSION: u8 = 2;

    fn of_version(version: u8, payload: &[u8]) -> postcard::Result<(Self, &[u8])> {
        if version > 1 {
            return postcard::take_from_bytes(payload);
        }
        let (before, rest) = postcard::take_from_bytes::<CursorRecord1>(payload)?;
        Ok((before.into(), rest))
    }
}

/// Then no landmarks were kept.
impl From<CursorRecord1> for CursorRecord {
    fn from(before: CursorRecord1) -> Self {
        Self {
            mailbox: before.mailbox,
            folder: before.folder,
            uid_validity: before.uid_validity,
            uid_next: before.uid_next,
            landmarks: Vec::new(),
        }
    }
}

impl From<(&FolderId, &Cursor)> for CursorRecord {
    fn from((folder, cursor): (&FolderId, &Cursor)) -> Self {
        let landmarks = cursor.landmarks.iter();
        Self {
            mailbox: folder.mailbox.as_str().to_owned(),
            folder: folder.folder.clone(),
            uid_validity: cursor.uid_validity,
            uid_next: cursor.uid_next,
            landmarks: landmarks
                .map(|own| (own.uid, own.received_at.into()))
                .collect(),
        }
    }
}

impl TryFrom<CursorRecord> for (FolderId, Cursor) {
    type Error = Unfit;

    fn try_from(record: CursorRecord) -> Result<Self, Unfit> {
        let folder = FolderId {
            mailbox: MailboxName::new(record.mailbox),
            folder: record.folder,
        };
        let landmark = |(uid, received_at): (u32, Moment)| {
            let received_at = received_at.try_into()?;
            Ok(Landmark { uid, received_at })
        };
        let landmarks = record.landmarks.into_iter().map(landmark);
        let cursor = Cursor {
            uid_validity: record.uid_validity,
            uid_next: record.uid_next,
            landmarks: landmarks.collect::<Result<_, Unfit>>()?,
        };
        Ok((folder, cursor))
    }
}

/// Mirrors [`Quarantined`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct QuarantineRecord {
    location: LocationRecord,
    at: Moment,
    reason: String,
}

impl Record for QuarantineRecord {}

impl From<&Quarantined> for QuarantineRecord {
    fn from(quarantined: &Quarantined) -> Self {
        Self {
            location: (&quarantined.location).into(),
            at: quarantined.at.into(),
            reason: quarantined.reason.clone(),
        }
    }
}

impl TryFrom<QuarantineRecord> for Quarantined {
    type Error = Unfit;

    fn try_from(record: QuarantineRecord) -> Result<Self, Unfit> {
        Ok(Self {
            location: record.location.into(),
            at: record.at.try_into()?,
            reason: record.reason,
        })
    }
}

/// Mirrors [`AcknowledgementRecord`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AcknowledgementRow {
    at: Moment,
    client: String,
    to: AddressText,
    row: u64,
}

impl Record for AcknowledgementRow {}

impl From<&AcknowledgementRecord> for AcknowledgementRow {
    fn from(acknowledgement: &AcknowledgementRecord) -> Self {
        Self {
            at: acknowledgement.at.into(),
            client: acknowledgement.client.as_str().to_owned(),
            to: (&acknowledgement.to).into(),
            row: acknowledgement.row.0,
        }
    }
}

impl TryFrom<AcknowledgementRow> for AcknowledgementRecord {
    type Error = Unfit;

    fn try_from(record: AcknowledgementRow) -> Result<Self, Unfit> {
        Ok(Self {
            at: record.at.try_into()?,
            client: ClientKey::new(record.client),
            to: record.to.try_into()?,
            row: OutboxId(record.row),
        })
    }
}

/// Mirrors [`Installation`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct InstallationRecord {
    instance: String,
    first_started: Vec<(String, Moment)>,
    mode: Option<ModeRecord>,
    acknowledge_since: Option<Moment>,
    breaker_until: Option<Moment>,
}

impl Record for InstallationRecord {}

/// The times of which the store knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct RebuiltRecord {
    lost: Vec<(Option<Moment>, Moment, bool)>,
}

impl Record for RebuiltRecord {}

impl From<&[LostTime]> for RebuiltRecord {
    fn from(lost: &[LostTime]) -> Self {
        let newest = &lost[lost.len().saturating_sub(LOST_TIMES_MAX)..];
        let lost = newest.iter();
        Self {
            lost: lost
                .map(|lost| {
                    (
                        lost.since.map(Into::into),
                        lost.until.into(),
                        lost.is_listed,
                    )
                })
                .collect(),
        }
    }
}

impl TryFrom<RebuiltRecord> for Vec<LostTime> {
    type Error = Unfit;

    fn try_from(record: RebuiltRecord) -> Result<Self, Unfit> {
        let lost = record.lost.into_iter().map(|(since, until, is_listed)| {
            Ok(LostTime {
                since: maybe(since)?,
                until: until.try_into()?,
                is_listed,
            })
        });
        lost.collect()
    }
}

/// Keys to be looked at again when the day they are filed under has become old.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct DatedRecord {
    pub(in crate::store) keys: Vec<KeyText>,
}

impl Record for DatedRecord {}

/// Mirrors [`Mode`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ModeRecord {
    Observe,
    Remind,
    Full,
}

impl From<&Installation> for InstallationRecord {
    fn from(installation: &Installation) -> Self {
        Self {
            instance: installation.instance.as_str().to_owned(),
            first_started: installation
                .first_started
                .iter()
                .map(|(mailbox, at)| (mailbox.as_str().to_owned(), (*at).into()))
                .collect(),
            mode: installation.mode.map(Into::into),
            acknowledge_since: installation.acknowledge_since.map(Into::into),
            breaker_until: installation.breaker_until.map(Into::into),
        }
    }
}

impl TryFrom<InstallationRecord> for Installation {
    type Error = Unfit;

    fn try_from(record: InstallationRecord) -> Result<Self, Unfit> {
        Ok(Self {
            instance: InstanceId::new(record.instance),
            first_started: record
                .first_started
                .into_iter()
                .map(|(mailbox, at)| Ok((MailboxName::new(mailbox), at.try_into()?)))
                .collect::<Result<_, Unfit>>()?,
            mode: record.mode.map(Into::into),
            acknowledge_since: maybe(record.acknowledge_since)?,
            breaker_until: maybe(record.breaker_until)?,
            // In a record of its own: [`RebuiltRecord`].
            lost: Vec::new(),
        })
    }
}

impl From<Mode> for ModeRecord {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Observe => Self::Observe,
            Mode::Remind => Self::Remind,
            Mode::Full => Self::Full,
        }
    }
}

impl From<ModeRecord> for Mode {
    fn from(record: ModeRecord) -> Self {
        match record {
            ModeRecord::Observe => Self::Observe,
            ModeRecord::Remind => Self::Remind,
            ModeRecord::Full => Self::Full,
        }
    }
}
