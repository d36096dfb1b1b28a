//! Who is away, as it stands on disk.

use serde::{Deserialize, Serialize};

use super::{AddressText, Moment, Unfit, all};
use crate::domain::absence::{Absence, AbsenceSource, Absences, Away, BackAgain};
use crate::store::record::Record;

/// Mirrors [`Absences`].
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct AbsencesRecord {
    kept: Vec<AbsenceRecord>,
    back: Vec<(AddressText, Moment, Moment)>,
    away: Vec<(AddressText, Moment)>,
    settled_at: Moment,
}

impl Record for AbsencesRecord {}

/// Mirrors [`Absence`].
#[derive(Debug, Serialize, Deserialize)]
struct AbsenceRecord {
    person: AddressText,
    from: Moment,
    until: Moment,
    source: SourceRecord,
}

/// Mirrors [`AbsenceSource`]. Append only: the position of a variant is on disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum SourceRecord {
    Configuration,
    Word,
    OutOfOffice,
}

impl From<&Absences> for AbsencesRecord {
    fn from(absences: &Absences) -> Self {
        let kept = absences.kept.iter().map(AbsenceRecord::from).collect();
        let back = absences.back.iter();
        let back = back.map(|own| {
            let person = AddressText::from(&own.person);
            (person, own.at.into(), own.replies_until.into())
        });
        let away = absences.away.iter();
        let away = away.map(|own| ((&own.person).into(), own.until.into()));
        Self {
            kept,
            back: back.collect(),
            away: away.collect(),
            settled_at: absences.settled_at.into(),
        }
    }
}

impl TryFrom<AbsencesRecord> for Absences {
    type Error = Unfit;

    fn try_from(record: AbsencesRecord) -> Result<Self, Unfit> {
        let mut absences = Self {
            kept: all(record.kept)?,
            back: Vec::new(),
            away: Vec::new(),
            settled_at: record.settled_at.try_into()?,
        };
        for (person, at, replies_until) in record.back {
            absences.back.push(BackAgain {
                person: person.try_into()?,
                at: at.try_into()?,
                replies_until: replies_until.try_into()?,
            });
        }
        for (person, until) in record.away {
            absences.away.push(Away {
                person: person.try_into()?,
                until: until.try_into()?,
            });
        }
        Ok(absences)
    }
}

impl From<&Absence> for AbsenceRecord {
    fn from(absence: &Absence) -> Self {
        Self {
            person: (&absence.person).into(),
            from: absence.from.into(),
            until: absence.until.into(),
            source: match absence.source {
                AbsenceSource::Configuration => SourceRecord::Configuration,
                AbsenceSource::Word => SourceRecord::Word,
                AbsenceSource::OutOfOffice => SourceRecord::OutOfOffice,
            },
        }
    }
}

impl TryFrom<AbsenceRecord> for Absence {
    type Error = Unfit;

    fn try_from(record: AbsenceRecord) -> Result<Self, Unfit> {
        Ok(Self {
            person: record.person.try_into()?,
            from: record.from.try_into()?,
            until: record.until.try_into()?,
            source: match record.source {
                SourceRecord::Configuration => AbsenceSource::Configuration,
                SourceRecord::Word => AbsenceSource::Word,
                SourceRecord::OutOfOffice => AbsenceSource::OutOfOffice,
            },
        })
    }
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::tests::{address, moment};
    use super::*;
    use crate::store::record::{seal, unseal};

    pub(in crate::store) fn absences() -> impl Strategy<Value = Absences> {
        let source = prop_oneof![
            Just(AbsenceSource::Configuration),
            Just(AbsenceSource::Word),
            Just(AbsenceSource::OutOfOffice),
        ];
        let kept = (address(), moment(), moment(), source);
        let kept = kept.prop_map(|(person, from, until, source)| Absence {
            person,
            from,
            until,
            source,
        });
        let back = (address(), moment(), moment());
        let back = back.prop_map(|(person, at, replies_until)| BackAgain {
            person,
            at,
            replies_until,
        });
        let away = (address(), moment()).prop_map(|(person, until)| Away { person, until });
        (vec(kept, 0..3), vec(back, 0..3), vec(away, 0..3), moment()).prop_map(
            |(kept, back, away, settled_at)| Absences {
                kept,
                back,
                away,
                settled_at,
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn absences_come_back_as_they_were(absences in absences()) {
            let sealed = seal(b"absences", &AbsencesRecord::from(&absences));
            let record: AbsencesRecord = unseal(b"absences", &sealed).expect("a whole record");
            prop_assert_eq!(Absences::try_from(record), Ok(absences));
        }
    }

    /// If this changes, stores that were written before can't be read any more.
    #[test]
    fn the_form_on_disk_stays_as_it_is() {
        let at = crate::domain::time::Timestamp::from_timestamp(1_700_000_000, 5);
        let at = at.expect("a moment");
        let person = crate::domain::address::Address::parse("a@b.example").expect("an address");
        let absences = Absences {
            kept: vec![Absence {
                person: person.clone(),
                from: at,
                until: at,
                source: AbsenceSource::OutOfOffice,
            }],
            back: vec![BackAgain {
                person: person.clone(),
                at,
                replies_until: at,
            }],
            away: vec![Away { person, until: at }],
            settled_at: at,
        };
        let bytes = seal(b"absences", &AbsencesRecord::from(&absences));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        insta::assert_snapshot!(hex, @"015f8606cf010b6140622e6578616d706c6580c49fd50c0580c49fd50c0502010b6140622e6578616d706c6580c49fd50c0580c49fd50c05010b6140622e6578616d706c6580c49fd50c0580c49fd50c05");
    }
}
