//! Who was told of what trouble, as it stands on disk.

use serde::{Deserialize, Serialize};

use super::{Moment, Unfit};
use crate::domain::alarm::{Alarms, Trouble};
use crate::domain::ids::MailboxName;
use crate::store::record::Record;

/// Mirrors [`Alarms`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AlarmsRecord {
    told: Vec<(TroubleRecord, Moment)>,
    outages: Vec<(String, Moment)>,
}

impl Record for AlarmsRecord {}

/// Mirrors [`Trouble`]. Append only: the position of a variant is on disk.
#[derive(Debug, Serialize, Deserialize)]
enum TroubleRecord {
    Blind(String),
    Breaker,
    Holidays(String),
    Configuration,
    Unsent,
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
            Trouble::Configuration => Self::Configuration,
            Trouble::Unsent => Self::Unsent,
        }
    }
}

impl From<TroubleRecord> for Trouble {
    fn from(record: TroubleRecord) -> Self {
        match record {
            TroubleRecord::Blind(mailbox) => Self::Blind(MailboxName::new(mailbox)),
            TroubleRecord::Breaker => Self::Breaker,
            TroubleRecord::Holidays(file) => Self::Holidays(file),
            TroubleRecord::Configuration => Self::Configuration,
            TroubleRecord::Unsent => Self::Unsent,
        }
    }
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::super::tests::{moment, name};
    use super::*;
    use crate::domain::outbox::{Purpose, SecondRoute};
    use crate::store::record::{seal, unseal};

    pub(in crate::store) fn alarms() -> impl Strategy<Value = Alarms> {
        let trouble = prop_oneof![
            name().prop_map(|name| Trouble::Blind(MailboxName::new(name))),
            Just(Trouble::Breaker),
            any::<String>().prop_map(Trouble::Holidays),
            Just(Trouble::Configuration),
            Just(Trouble::Unsent),
        ];
        let outages = btree_map(name().prop_map(MailboxName::new), moment(), 0..3);
        (btree_map(trouble, moment(), 0..3), outages)
            .prop_map(|(told, outages)| Alarms { told, outages })
    }

    pub(super) fn route() -> impl Strategy<Value = SecondRoute> {
        prop_oneof![Just(SecondRoute::MailServer), Just(SecondRoute::Command)]
    }

    pub(in crate::store::records) fn alarm_purpose() -> impl Strategy<Value = Purpose> {
        (route(), any::<String>(), any::<String>()).prop_map(|(route, subject, text)| {
            Purpose::Alarm {
                route,
                subject,
                text,
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn alarms_come_back_as_they_were(alarms in alarms()) {
            let sealed = seal(b"alarms", &AlarmsRecord::from(&alarms));
            let record: AlarmsRecord = unseal(b"alarms", &sealed).expect("a whole record");
            prop_assert_eq!(Alarms::try_from(record), Ok(alarms));
        }
    }

    /// If this changes, stores that were written before can't be read any more.
    #[test]
    fn the_form_on_disk_stays_as_it_is() {
        let at = crate::domain::time::Timestamp::from_timestamp(1_700_000_000, 5);
        let at = at.expect("a moment");
        let clients = MailboxName::new("clients");
        let troubles = [
            Trouble::Blind(clients.clone()),
            Trouble::Breaker,
            Trouble::Holidays("h".into()),
        ];
        let alarms = Alarms {
            told: troubles.into_iter().map(|trouble| (trouble, at)).collect(),
            outages: [(clients, at)].into(),
        };
        let bytes = seal(b"alarms", &AlarmsRecord::from(&alarms));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        insta::assert_snapshot!(hex, @"0158bd390e030007636c69656e747380c49fd50c050180c49fd50c0502016880c49fd50c050107636c69656e747380c49fd50c05");
    }
}
