//! Who was told of what trouble, as it stands on disk.

use serde::{Deserialize, Serialize};

use super::{Moment, Unfit};
use crate::domain::alarm::{Alarms, Trouble};
use crate::domain::ids::MailboxName;

/// Mirrors [`Alarms`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AlarmsRecord {
    told: Vec<(TroubleRecord, Moment)>,
    outages: Vec<(String, Moment)>,
}

/// Mirrors [`Trouble`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
enum TroubleRecord {
    Blind(String),
    Breaker,
    Holidays(String),
}

impl From<&Alarms> for AlarmsRecord {
    fn from(alarms: &Alarms) -> Self {
        let told = alarms.told.iter();
        let outages = alarms.outages.iter();
        Self {
            told: told
                .map(|(trouble, since)| (trouble.into(), (*since).into()))
                .collect(),
            outages: outages
                .map(|(mailbox, since)| (mailbox.as_str().to_owned(), (*since).into()))
                .collect(),
        }
    }
}

impl TryFrom<AlarmsRecord> for Alarms {
    type Error = Unfit;

    fn try_from(record: AlarmsRecord) -> Result<Self, Unfit> {
        let told = record.told.into_iter();
        let outages = record.outages.into_iter();
        Ok(Self {
            told: told
                .map(|(trouble, since)| Ok((trouble.into(), since.try_into()?)))
                .collect::<Result<_, Unfit>>()?,
            outages: outages
                .map(|(mailbox, since)| Ok((MailboxName::new(mailbox), since.try_into()?)))
                .collect::<Result<_, Unfit>>()?,
        })
    }
}

impl From<&Trouble> for TroubleRecord {
    fn from(trouble: &Trouble) -> Self {
        match trouble {
            Trouble::Blind(mailbox) => Self::Blind(mailbox.as_str().to_owned()),
            Trouble::Breaker => Self::Breaker,
            Trouble::Holidays(file) => Self::Holidays(file.clone()),
        }
    }
}

impl From<TroubleRecord> for Trouble {
    fn from(record: TroubleRecord) -> Self {
        match record {
            TroubleRecord::Blind(mailbox) => Self::Blind(MailboxName::new(mailbox)),
            TroubleRecord::Breaker => Self::Breaker,
            TroubleRecord::Holidays(file) => Self::Holidays(file),
        }
    }
}
