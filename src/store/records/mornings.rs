//! What is kept for morning and weekly mails, as it stands on disk.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::index::KindRecord;
use super::{AddressText, AuthorRecord, Hash, Moment, Unfit, all, maybe};
use crate::domain::address::Address;
use crate::domain::digest::{Aside, AsideKind, BlindTime, LastMorning, Mornings};
use crate::domain::ids::{ClientKey, MailboxName};
use crate::store::record::Record;

/// Mirrors [`Mornings`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct MorningsRecord {
    since: Option<Moment>,
    told: Vec<(AddressText, Day, Moment)>,
    weekly: Vec<(AddressText, Day)>,
    blind: Vec<BlindRecord>,
}

impl Record for MorningsRecord {}

/// A date: days since the first of the year 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Day(i32);

/// Mirrors [`BlindTime`].
#[derive(Debug, Serialize, Deserialize)]
struct BlindRecord {
    mailbox: String,
    from: Moment,
    until: Moment,
}

/// Mirrors [`Aside`]. A thanks is of no kind.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AsideRecord {
    at: Moment,
    message: Hash,
    client: String,
    kind: Option<KindRecord>,
    from: Option<AuthorRecord>,
    subject: String,
}

impl Record for AsideRecord {}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce())
    }
}

impl TryFrom<Day> for NaiveDate {
    type Error = Unfit;

    fn try_from(day: Day) -> Result<Self, Unfit> {
        Self::from_num_days_from_ce_opt(day.0).ok_or(Unfit("a day that can't be"))
    }
}

impl From<&Mornings> for MorningsRecord {
    fn from(mornings: &Mornings) -> Self {
        let mut record = Self {
            since: mornings.since.map(Into::into),
            told: Vec::new(),
            weekly: Vec::new(),
            blind: Vec::new(),
        };
        for (person, last) in &mornings.told {
            let told = (person.into(), last.day.into(), last.covers.into());
            record.told.push(told);
        }
        for (person, monday) in &mornings.weekly {
            record.weekly.push((person.into(), (*monday).into()));
        }
        for blind in &mornings.blind {
            record.blind.push(BlindRecord {
                mailbox: blind.mailbox.as_str().to_owned(),
                from: blind.from.into(),
                until: blind.until.into(),
            });
        }
        record
    }
}

impl TryFrom<MorningsRecord> for Mornings {
    type Error = Unfit;

    fn try_from(record: MorningsRecord) -> Result<Self, Unfit> {
        let mut mornings = Self {
            since: maybe(record.since)?,
            blind: all(record.blind)?,
            ..Self::default()
        };
        for (person, day, covers) in record.told {
            let last = LastMorning {
                day: day.try_into()?,
                covers: covers.try_into()?,
            };
            mornings.told.insert(Address::try_from(person)?, last);
        }
        for (person, monday) in record.weekly {
            let person = Address::try_from(person)?;
            mornings.weekly.insert(person, monday.try_into()?);
        }
        Ok(mornings)
    }
}

impl TryFrom<BlindRecord> for BlindTime {
    type Error = Unfit;

    fn try_from(record: BlindRecord) -> Result<Self, Unfit> {
        Ok(Self {
            mailbox: MailboxName::new(record.mailbox),
            from: record.from.try_into()?,
            until: record.until.try_into()?,
        })
    }
}

impl From<&Aside> for AsideRecord {
    fn from(aside: &Aside) -> Self {
        Self {
            at: aside.at.into(),
            message: aside.message.into(),
            client: aside.client.as_str().to_owned(),
            kind: match aside.kind {
                AsideKind::Thanks => None,
                AsideKind::Mail(kind) => Some(kind.into()),
            },
            from: aside.from.as_ref().map(Into::into),
            subject: aside.subject.clone(),
        }
    }
}

impl TryFrom<AsideRecord> for Aside {
    type Error = Unfit;

    fn try_from(record: AsideRecord) -> Result<Self, Unfit> {
        Ok(Self {
            at: record.at.try_into()?,
            message: record.message.into(),
            client: ClientKey::new(record.client),
            kind: match record.kind {
                None => AsideKind::Thanks,
                Some(kind) => AsideKind::Mail(kind.into()),
            },
            from: maybe(record.from)?,
            subject: record.subject,
        })
    }
}

#[cfg(test)]
#[path = "mornings/tests.rs"]
pub(in crate::store) mod tests;
