//! What is known of the contact with a client, as it stands on disk.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{AddressText, Hash, Moment, Unfit, all, maybe};
use crate::domain::check_in::{
    Contact, ContactKind, Edition, Liaison, Meeting, MeetingAnswer, Pause, Reply, Told, ToldMatter,
    Version,
};
use crate::domain::ids::{ClientKey, IdHash};
use crate::domain::time::Timestamp;
use crate::store::record::Record;

/// Mirrors [`Liaison`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct LiaisonRecord {
    client: String,
    since: Moment,
    last: Option<ContactRecord>,
    meetings: Vec<MeetingRecord>,
    heard_on: Vec<DateRecord>,
    paused: Option<PauseRecord>,
    told: Vec<ToldRecord>,
}

impl Record for LiaisonRecord {}

/// A date: days since the first of the year 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct DateRecord(i32);

#[derive(Debug, Serialize, Deserialize)]
struct ContactRecord {
    at: Moment,
    how: ContactKindRecord,
    by: Option<String>,
}

/// Mirrors [`ContactKind`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum ContactKindRecord {
    Mail,
    Meeting,
    Phoned,
    Met,
}

#[derive(Debug, Serialize, Deserialize)]
struct PauseRecord {
    until: Option<Moment>,
    by: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToldRecord {
    what: ToldMatterRecord,
    of: DateRecord,
    person: AddressText,
    at: Moment,
}

/// Mirrors [`ToldMatter`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum ToldMatterRecord {
    Soon,
    Lapsed,
    Quiet,
}

#[derive(Debug, Serialize, Deserialize)]
struct MeetingRecord {
    uid: Hash,
    editions: Vec<EditionRecord>,
    replies: Vec<ReplyRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct EditionRecord {
    instance: Option<Moment>,
    sequence: u32,
    stamped_at: Moment,
    is_hearsay: bool,
    is_cancelled: bool,
    begins: Vec<Moment>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ReplyRecord {
    who: Hash,
    instance: Option<Moment>,
    sequence: u32,
    stamped_at: Moment,
    answer: AnswerRecord,
}

/// Mirrors [`MeetingAnswer`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum AnswerRecord {
    Tentative,
    Accepted,
    Declined,
}

impl From<&Liaison> for LiaisonRecord {
    fn from(own: &Liaison) -> Self {
        Self {
            client: own.client.as_str().to_owned(),
            since: own.since.into(),
            last: own.last.as_ref().map(ContactRecord::from),
            meetings: own.meetings.iter().map(MeetingRecord::from).collect(),
            heard_on: own.heard_on.iter().map(|day| (*day).into()).collect(),
            paused: own.paused.as_ref().map(|pause| PauseRecord {
                until: pause.until.map(Moment::from),
                by: pause.by.clone(),
            }),
            told: own.told.iter().map(ToldRecord::from).collect(),
        }
    }
}

impl TryFrom<LiaisonRecord> for Liaison {
    type Error = Unfit;

    fn try_from(record: LiaisonRecord) -> Result<Self, Unfit> {
        let paused = match record.paused {
            None => None,
            Some(pause) => Some(Pause {
                until: maybe(pause.until)?,
                by: pause.by,
            }),
        };
        Ok(Self {
            client: ClientKey::new(record.client),
            since: record.since.try_into()?,
            last: maybe(record.last)?,
            meetings: all(record.meetings)?,
            heard_on: all(record.heard_on)?,
            paused,
            told: all(record.told)?,
        })
    }
}

impl From<NaiveDate> for DateRecord {
    fn from(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce())
    }
}

impl TryFrom<DateRecord> for NaiveDate {
    type Error = Unfit;

    fn try_from(DateRecord(days): DateRecord) -> Result<Self, Unfit> {
        Self::from_num_days_from_ce_opt(days).ok_or(Unfit("a date that can't be"))
    }
}

impl From<&Contact> for ContactRecord {
    fn from(own: &Contact) -> Self {
        Self {
            at: own.at.into(),
            how: match own.how {
                ContactKind::Mail => ContactKindRecord::Mail,
                ContactKind::Meeting => ContactKindRecord::Meeting,
                ContactKind::Phoned => ContactKindRecord::Phoned,
                ContactKind::Met => ContactKindRecord::Met,
            },
            by: own.by.clone(),
        }
    }
}

impl TryFrom<ContactRecord> for Contact {
    type Error = Unfit;

    fn try_from(record: ContactRecord) -> Result<Self, Unfit> {
        Ok(Self {
            at: record.at.try_into()?,
            how: match record.how {
                ContactKindRecord::Mail => ContactKind::Mail,
                ContactKindRecord::Meeting => ContactKind::Meeting,
                ContactKindRecord::Phoned => ContactKind::Phoned,
                ContactKindRecord::Met => ContactKind::Met,
            },
            by: record.by,
        })
    }
}

impl From<&Told> for ToldRecord {
    fn from(own: &Told) -> Self {
        Self {
            what: match own.what {
                ToldMatter::Soon => ToldMatterRecord::Soon,
                ToldMatter::Lapsed => ToldMatterRecord::Lapsed,
                ToldMatter::Quiet => ToldMatterRecord::Quiet,
            },
            of: own.of.into(),
            person: (&own.person).into(),
            at: own.at.into(),
        }
    }
}

impl TryFrom<ToldRecord> for Told {
    type Error = Unfit;

    fn try_from(record: ToldRecord) -> Result<Self, Unfit> {
        Ok(Self {
            what: match record.what {
                ToldMatterRecord::Soon => ToldMatter::Soon,
                ToldMatterRecord::Lapsed => ToldMatter::Lapsed,
                ToldMatterRecord::Quiet => ToldMatter::Quiet,
            },
            of: record.of.try_into()?,
            person: record.person.try_into()?,
            at: record.at.try_into()?,
        })
    }
}

impl From<&Meeting> for MeetingRecord {
    fn from(own: &Meeting) -> Self {
        Self {
            uid: IdHash(own.uid).into(),
            editions: own.editions.iter().map(EditionRecord::from).collect(),
            replies: own.replies.iter().map(ReplyRecord::from).collect(),
        }
    }
}

impl TryFrom<MeetingRecord> for Meeting {
    type Error = Unfit;

    fn try_from(record: MeetingRecord) -> Result<Self, Unfit> {
        Ok(Self {
            uid: IdHash::from(record.uid).0,
            editions: all(record.editions)?,
            replies: all(record.replies)?,
        })
    }
}

impl From<&Edition> for EditionRecord {
    fn from(own: &Edition) -> Self {
        Self {
            instance: own.instance.map(Moment::from),
            sequence: own.version.sequence,
            stamped_at: own.version.stamped_at.into(),
            is_hearsay: own.is_hearsay,
            is_cancelled: own.is_cancelled,
            begins: own.begins.iter().map(|at| (*at).into()).collect(),
        }
    }
}

impl TryFrom<EditionRecord> for Edition {
    type Error = Unfit;

    fn try_from(record: EditionRecord) -> Result<Self, Unfit> {
        Ok(Self {
            instance: maybe(record.instance)?,
            version: version(record.sequence, record.stamped_at)?,
            is_hearsay: record.is_hearsay,
            is_cancelled: record.is_cancelled,
            begins: all(record.begins)?,
        })
    }
}

impl From<&Reply> for ReplyRecord {
    fn from(own: &Reply) -> Self {
        Self {
            who: IdHash(own.who).into(),
            instance: own.instance.map(Moment::from),
            sequence: own.version.sequence,
            stamped_at: own.version.stamped_at.into(),
            answer: match own.answer {
                MeetingAnswer::Tentative => AnswerRecord::Tentative,
                MeetingAnswer::Accepted => AnswerRecord::Accepted,
                MeetingAnswer::Declined => AnswerRecord::Declined,
            },
        }
    }
}

impl TryFrom<ReplyRecord> for Reply {
    type Error = Unfit;

    fn try_from(record: ReplyRecord) -> Result<Self, Unfit> {
        Ok(Self {
            who: IdHash::from(record.who).0,
            instance: maybe(record.instance)?,
            version: version(record.sequence, record.stamped_at)?,
            answer: match record.answer {
                AnswerRecord::Tentative => MeetingAnswer::Tentative,
                AnswerRecord::Accepted => MeetingAnswer::Accepted,
                AnswerRecord::Declined => MeetingAnswer::Declined,
            },
        })
    }
}

fn version(sequence: u32, stamped_at: Moment) -> Result<Version, Unfit> {
    let stamped_at = Timestamp::try_from(stamped_at)?;
    Ok(Version {
        sequence,
        stamped_at,
    })
}

#[cfg(test)]
pub(in crate::store) mod tests;
