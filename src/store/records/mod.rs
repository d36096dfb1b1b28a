//! The domain's types as they stand on disk.
//!
//! Vocabulary: a *record* mirrors a domain type field by field, so that the domain may change
//! without the disk noticing, and the other way round. `From` makes a record of a domain
//! value; `TryFrom` reads it back and fails with [`Unfit`] if it holds what can't be.
//!
//! Everything in this folder is a format: fields are never added, reordered or removed, variants
//! of enums are only appended; any other change takes a new version of the record, beside which
//! the struct of the earlier one stays.
//! The names of fields and variants are a format too: exports are written with them.

mod absences;
mod alarms;
mod case;
mod closing;
mod event;
mod index;
mod installation;
mod liaison;
mod mornings;
mod outbox;
mod state;

pub(super) use absences::AbsencesRecord;
#[cfg(test)]
pub(super) use absences::tests::absences as any_absences;
pub(super) use alarms::AlarmsRecord;
#[cfg(test)]
pub(super) use alarms::tests::alarms as any_alarms;
pub(super) use case::CaseRecord;
pub(super) use index::{
    CopyRecord, IndexRecord, ReasonsRecord, SubjectRecord, TeamMailRecord, ThreadRecord,
    TraceRecord,
};
pub(super) use installation::{
    AcknowledgementRow, ClientRecord, CursorRecord, DatedRecord, HistoryRecord, InstallationRecord,
    Numbers, QuarantineRecord, RebuiltRecord, StepsRecord,
};
pub(super) use liaison::LiaisonRecord;
#[cfg(test)]
pub(super) use liaison::tests::liaison as any_liaison;
#[cfg(test)]
pub(super) use mornings::tests::{aside as any_aside, mornings as any_mornings};
pub(super) use mornings::{AsideRecord, MorningsRecord};
pub(super) use outbox::RowRecord;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex;
use crate::domain::address::{Address, Author};
use crate::domain::facts::Location;
use crate::domain::ids::{IdHash, MailboxName, MessageId, MessageKey};
use crate::domain::policy::{Clock, Stage, Step};
use crate::domain::time::{BusinessTime, Timestamp};

/// What a record holds that can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfit(pub(super) &'static str);

/// Reads a list back.
fn all<R, T: TryFrom<R, Error = Unfit>>(records: Vec<R>) -> Result<Vec<T>, Unfit> {
    records.into_iter().map(T::try_from).collect()
}

/// Reads back what may be missing.
fn maybe<R, T: TryFrom<R, Error = Unfit>>(record: Option<R>) -> Result<Option<T>, Unfit> {
    record.map(T::try_from).transpose()
}

/// A moment: seconds since 1970 and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moment(i64, u32);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at.timestamp(), at.timestamp_subsec_nanos())
    }
}

impl TryFrom<Moment> for Timestamp {
    type Error = Unfit;

    fn try_from(Moment(seconds, nanoseconds): Moment) -> Result<Self, Unfit> {
        Self::from_timestamp(seconds, nanoseconds).ok_or(Unfit("a moment that can't be"))
    }
}

/// A hash; sixteen bytes, where a number of variable length would mostly take nineteen. In an
/// export it is written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash([u8; 16]);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(&hex::written(&self.0)),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 16]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        let bytes = hex::read(&text).and_then(|bytes| bytes.try_into().ok());
        bytes
            .map(Self)
            .ok_or_else(|| D::Error::custom("a hash is written as 32 hexadecimal digits"))
    }
}

/// A key of the tree inside a record. In an export it is written in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyText(pub(super) Vec<u8>);

impl Serialize for KeyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(&hex::written(&self.0)),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Vec::<u8>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        hex::read(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom("a key is written in hexadecimal digits"))
    }
}

impl From<MessageKey> for Hash {
    fn from(key: MessageKey) -> Self {
        Self(key.0.to_be_bytes())
    }
}

impl From<Hash> for MessageKey {
    fn from(hash: Hash) -> Self {
        Self(u128::from_be_bytes(hash.0))
    }
}

impl From<IdHash> for Hash {
    fn from(id: IdHash) -> Self {
        Self(id.0.to_be_bytes())
    }
}

impl From<Hash> for IdHash {
    fn from(hash: Hash) -> Self {
        Self(u128::from_be_bytes(hash.0))
    }
}

/// An address in its written form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AddressText(String);

impl From<&Address> for AddressText {
    fn from(address: &Address) -> Self {
        Self(address.to_string())
    }
}

impl TryFrom<AddressText> for Address {
    type Error = Unfit;

    fn try_from(AddressText(text): AddressText) -> Result<Self, Unfit> {
        text.rsplit_once('@')
            .and_then(|(local, domain)| Self::from_parts(local, domain))
            .ok_or(Unfit("an address that is none"))
    }
}

/// A Message-ID without angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessageIdText(String);

impl From<&MessageId> for MessageIdText {
    fn from(id: &MessageId) -> Self {
        Self(id.as_str().to_owned())
    }
}

impl TryFrom<MessageIdText> for MessageId {
    type Error = Unfit;

    fn try_from(MessageIdText(text): MessageIdText) -> Result<Self, Unfit> {
        Self::parse(&text).ok_or(Unfit("a Message-ID that is none"))
    }
}

/// Mirrors [`Author`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AuthorRecord {
    address: AddressText,
    name: Option<String>,
}

impl From<&Author> for AuthorRecord {
    fn from(author: &Author) -> Self {
        Self {
            address: (&author.address).into(),
            name: author.name.clone(),
        }
    }
}

impl TryFrom<AuthorRecord> for Author {
    type Error = Unfit;

    fn try_from(record: AuthorRecord) -> Result<Self, Unfit> {
        Ok(Self {
            address: record.address.try_into()?,
            name: record.name,
        })
    }
}

/// Mirrors [`Location`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LocationRecord {
    mailbox: String,
    folder: String,
    uid_validity: u32,
    uid: u32,
}

impl From<&Location> for LocationRecord {
    fn from(location: &Location) -> Self {
        Self {
            mailbox: location.mailbox.as_str().to_owned(),
            folder: location.folder.clone(),
            uid_validity: location.uid_validity,
            uid: location.uid,
        }
    }
}

impl From<LocationRecord> for Location {
    fn from(record: LocationRecord) -> Self {
        Self {
            mailbox: MailboxName::new(record.mailbox),
            folder: record.folder,
            uid_validity: record.uid_validity,
            uid: record.uid,
        }
    }
}

/// Mirrors [`Stage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StageRecord {
    clock: ClockRecord,
    step: StepRecord,
}

/// Mirrors [`Clock`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum ClockRecord {
    Acknowledge,
    Answer,
}

/// Mirrors [`Step`], amounts in seconds. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StepRecord {
    Remind(u64),
    Acknowledge,
    Escalate(u64),
}

impl From<Stage> for StageRecord {
    fn from(stage: Stage) -> Self {
        Self {
            clock: match stage.clock {
                Clock::Acknowledge => ClockRecord::Acknowledge,
                Clock::Answer => ClockRecord::Answer,
            },
            step: match stage.step {
                Step::Remind(before) => StepRecord::Remind(before.seconds()),
                Step::Acknowledge => StepRecord::Acknowledge,
                Step::Escalate(after) => StepRecord::Escalate(after.seconds()),
            },
        }
    }
}

impl From<StageRecord> for Stage {
    fn from(record: StageRecord) -> Self {
        Self {
            clock: match record.clock {
                ClockRecord::Acknowledge => Clock::Acknowledge,
                ClockRecord::Answer => Clock::Answer,
            },
            step: match record.step {
                StepRecord::Remind(before) => Step::Remind(BusinessTime::from_seconds(before)),
                StepRecord::Acknowledge => Step::Acknowledge,
                StepRecord::Escalate(after) => Step::Escalate(BusinessTime::from_seconds(after)),
            },
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
