//! The indexes as they stand on disk. There is a message record for every mail ever seen, so
//! it is kept to a few bytes.

use serde::{Deserialize, Serialize};

use super::{AddressText, Hash, Moment, Unfit, all, maybe};
use crate::domain::classify::{Kind, Sender};
use crate::domain::commit::{IndexEntry, KeptReason, KnownCopy, TeamMail, Trace};
use crate::domain::ids::{CaseId, ClientKey, IdHash};
use crate::domain::time::Timestamp;
use crate::store::record::Record;

/// Mirrors [`IndexEntry`]: the client as the number that stands for it, the receipt in whole
/// seconds, as IMAP tells it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct IndexRecord {
    kind: KindRecord,
    sender: SenderRecord,
    client: Option<u32>,
    received_at: i64,
    case: Option<u64>,
}

impl Record for IndexRecord {}

/// Mirrors [`Kind`]. Append only: the position of a variant is on disk.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KindRecord {
    Human,
    AutoReply,
    Bounce,
    Receipt,
    Calendar,
    MailingList,
    Bulk,
    Notification,
    Own,
}

/// Mirrors [`Sender`]. Append only: the position of a variant is on disk.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SenderRecord {
    Client,
    Team,
    Stranger,
}

impl IndexRecord {
    /// Makes a record of an entry, given the number of its client.
    pub(in crate::store) fn new(entry: &IndexEntry, client: Option<u32>) -> Self {
        Self {
            kind: entry.kind.into(),
            sender: entry.sender.into(),
            client,
            received_at: entry.received_at.timestamp(),
            case: entry.case.map(|case| case.0),
        }
    }

    /// Reads the entry back, given who stands behind a client's number.
    pub(in crate::store) fn into_entry(
        self,
        client: impl FnOnce(u32) -> Option<ClientKey>,
    ) -> Result<IndexEntry, Unfit> {
        let client = match self.client {
            Some(number) => Some(client(number).ok_or(Unfit("the number of an unknown client"))?),
            None => None,
        };
        Ok(IndexEntry {
            kind: self.kind.into(),
            sender: self.sender.into(),
            client,
            received_at: Timestamp::from_timestamp(self.received_at, 0)
                .ok_or(Unfit("a moment that can't be"))?,
            case: self.case.map(CaseId),
        })
    }
}

impl From<Kind> for KindRecord {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Human => Self::Human,
            Kind::AutoReply => Self::AutoReply,
            Kind::Bounce => Self::Bounce,
            Kind::Receipt => Self::Receipt,
            Kind::Calendar => Self::Calendar,
            Kind::MailingList => Self::MailingList,
            Kind::Bulk => Self::Bulk,
            Kind::Notification => Self::Notification,
            Kind::Own => Self::Own,
        }
    }
}

impl From<KindRecord> for Kind {
    fn from(record: KindRecord) -> Self {
        match record {
            KindRecord::Human => Self::Human,
            KindRecord::AutoReply => Self::AutoReply,
            KindRecord::Bounce => Self::Bounce,
            KindRecord::Receipt => Self::Receipt,
            KindRecord::Calendar => Self::Calendar,
            KindRecord::MailingList => Self::MailingList,
            KindRecord::Bulk => Self::Bulk,
            KindRecord::Notification => Self::Notification,
            KindRecord::Own => Self::Own,
        }
    }
}

impl From<Sender> for SenderRecord {
    fn from(sender: Sender) -> Self {
        match sender {
            Sender::Client => Self::Client,
            Sender::Team => Self::Team,
            Sender::Stranger => Self::Stranger,
        }
    }
}

impl From<SenderRecord> for Sender {
    fn from(record: SenderRecord) -> Self {
        match record {
            SenderRecord::Client => Self::Client,
            SenderRecord::Team => Self::Team,
            SenderRecord::Stranger => Self::Stranger,
        }
    }
}

/// The case a Message-ID belongs to.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct ThreadRecord {
    case: u64,
}

impl Record for ThreadRecord {}

impl From<CaseId> for ThreadRecord {
    fn from(case: CaseId) -> Self {
        Self { case: case.0 }
    }
}

impl From<ThreadRecord> for CaseId {
    fn from(record: ThreadRecord) -> Self {
        Self(record.case)
    }
}

/// Mirrors a list of [`KeptReason`]: each rule with its evidence.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ReasonsRecord {
    reasons: Vec<(String, String)>,
}

impl Record for ReasonsRecord {}

impl From<&[KeptReason]> for ReasonsRecord {
    fn from(reasons: &[KeptReason]) -> Self {
        let pair = |reason: &KeptReason| (reason.rule.clone(), reason.evidence.clone());
        Self {
            reasons: reasons.iter().map(pair).collect(),
        }
    }
}

impl From<ReasonsRecord> for Vec<KeptReason> {
    fn from(record: ReasonsRecord) -> Self {
        let reasons = record.reasons.into_iter();
        reasons
            .map(|(rule, evidence)| KeptReason { rule, evidence })
            .collect()
    }
}

/// Mirrors [`TeamMail`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TeamMailRecord {
    key: Hash,
    id: Option<Hash>,
    at: Moment,
    stopped_at: Moment,
    by: Option<AddressText>,
    contacts: Vec<AddressText>,
    names: Vec<Hash>,
    #[serde(default)]
    passes_on: bool,
}

/// [`TeamMailRecord`] in version 2.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TeamMailRecord2 {
    pub(super) key: Hash,
    pub(super) id: Option<Hash>,
    pub(super) at: Moment,
    pub(super) stopped_at: Moment,
    pub(super) by: Option<AddressText>,
    pub(super) contacts: Vec<AddressText>,
    pub(super) names: Vec<Hash>,
}

/// [`TeamMailRecord`] in version 1.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TeamMailRecord1 {
    pub(super) key: Hash,
    pub(super) id: Option<Hash>,
    pub(super) at: Moment,
    pub(super) by: Option<AddressText>,
    pub(super) contacts: Vec<AddressText>,
    pub(super) names: Vec<Hash>,
}

impl Record for TeamMailRecord {
    const VERSION: u8 = 3;

    fn of_version(version: u8, payload: &[u8]) -> postcard::Result<(Self, &[u8])> {
        match version {
            1 => {
                let (before, rest) = postcard::take_from_bytes::<TeamMailRecord1>(payload)?;
                Ok((TeamMailRecord2::from(before).into(), rest))
            }
            2 => {
                let (before, rest) = postcard::take_from_bytes::<TeamMailRecord2>(payload)?;
                Ok((before.into(), rest))
            }
            _ => postcard::take_from_bytes(payload),
        }
    }
}

/// Then a moment ahead of our clock was not told from any other.
impl From<TeamMailRecord1> for TeamMailRecord2 {
    fn from(before: TeamMailRecord1) -> Self {
        Self {
            key: before.key,
            id: before.id,
            at: before.at,
            stopped_at: before.at,
            by: before.by,
            contacts: before.contacts,
            names: before.names,
        }
    }
}

/// Then what was passed on was not told from an answer.
impl From<TeamMailRecord2> for TeamMailRecord {
    fn from(before: TeamMailRecord2) -> Self {
        Self {
            key: before.key,
            id: before.id,
            at: before.at,
            stopped_at: before.stopped_at,
            by: before.by,
            contacts: before.contacts,
            names: before.names,
            passes_on: false,
        }
    }
}

impl From<&TeamMail> for TeamMailRecord {
    fn from(mail: &TeamMail) -> Self {
        Self {
            key: mail.key.into(),
            id: mail.id.map(Into::into),
            at: mail.at.into(),
            stopped_at: mail.stopped_at.into(),
            by: mail.by.as_ref().map(Into::into),
            contacts: mail.contacts.iter().map(Into::into).collect(),
            names: mail.names.iter().copied().map(Into::into).collect(),
            passes_on: mail.passes_on,
        }
    }
}

impl TryFrom<TeamMailRecord> for TeamMail {
    type Error = Unfit;

    fn try_from(record: TeamMailRecord) -> Result<Self, Unfit> {
        Ok(Self {
            key: record.key.into(),
            id: record.id.map(IdHash::from),
            at: record.at.try_into()?,
            stopped_at: record.stopped_at.try_into()?,
            by: maybe(record.by)?,
            contacts: all(record.contacts)?,
            names: record.names.into_iter().map(IdHash::from).collect(),
            passes_on: record.passes_on,
        })
    }
}

/// Mirrors [`Trace`], the receipt in whole seconds.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct TraceRecord {
    at: i64,
    message: Hash,
    case: u64,
    quoted: bool,
}

impl Record for TraceRecord {}

impl From<&Trace> for TraceRecord {
    fn from(seen: &Trace) -> Self {
        Self {
            at: seen.at.timestamp(),
            message: seen.message.into(),
            case: seen.case.0,
            quoted: seen.quoted,
        }
    }
}

impl TryFrom<TraceRecord> for Trace {
    type Error = Unfit;

    fn try_from(record: TraceRecord) -> Result<Self, Unfit> {
        let at = Timestamp::from_timestamp(record.at, 0);
        Ok(Self {
            at: at.ok_or(Unfit("a moment that can't be"))?,
            message: record.message.into(),
            case: CaseId(record.case),
            quoted: record.quoted,
        })
    }
}

/// Mirrors [`KnownCopy`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct CopyRecord {
    key: Hash,
    of: Hash,
    case: u64,
    words: Option<Vec<u32>>,
}

impl Record for CopyRecord {}

impl From<&KnownCopy> for CopyRecord {
    fn from(copy: &KnownCopy) -> Self {
        Self {
            key: copy.key.into(),
            of: copy.of.into(),
            case: copy.case.0,
            words: copy.words.clone(),
        }
    }
}

impl TryFrom<CopyRecord> for KnownCopy {
    type Error = Unfit;

    fn try_from(record: CopyRecord) -> Result<Self, Unfit> {
        Ok(Self {
            key: record.key.into(),
            of: record.of.into(),
            case: CaseId(record.case),
            words: record.words,
        })
    }
}

/// The subject of a client's mail.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct SubjectRecord {
    subject: String,
}

impl Record for SubjectRecord {}

impl From<&str> for SubjectRecord {
    fn from(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
        }
    }
}

impl From<SubjectRecord> for String {
    fn from(record: SubjectRecord) -> Self {
        record.subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::{seal, unseal};

    #[test]
    fn an_index_entry_takes_a_few_bytes() {
        let entry = IndexEntry {
            kind: Kind::Human,
            sender: Sender::Client,
            client: Some(ClientKey::new("acme")),
            received_at: Timestamp::from_timestamp(1_700_000_000, 0).expect("a moment"),
            case: Some(CaseId(12_345)),
        };
        let sealed = seal(&[0x10, 1], &IndexRecord::new(&entry, Some(17)));
        assert!(sealed.len() <= 18, "{} bytes", sealed.len());
    }

    #[test]
    fn reasons_come_back_as_they_were() {
        let reason = |rule: &str, evidence: &str| KeptReason {
            rule: rule.into(),
            evidence: evidence.into(),
        };
        let reasons = vec![
            reason("human", "nothing in it says that a program wrote it"),
            reason("urgent-word", "\"dringend\" in the subject"),
        ];
        let sealed = seal(&[0x25, 1], &ReasonsRecord::from(reasons.as_slice()));
        let read: ReasonsRecord = unseal(&[0x25, 1], &sealed).expect("a whole record");
        assert_eq!(Vec::<KeptReason>::from(read), reasons);
    }

    #[test]
    fn the_client_behind_an_unknown_number_is_not_guessed() {
        let entry = IndexEntry {
            kind: Kind::Human,
            sender: Sender::Client,
            client: None,
            received_at: Timestamp::UNIX_EPOCH,
            case: None,
        };
        let record = IndexRecord::new(&entry, Some(3));
        let unfit = Unfit("the number of an unknown client");
        assert_eq!(record.into_entry(|_| None), Err(unfit));
    }
}
