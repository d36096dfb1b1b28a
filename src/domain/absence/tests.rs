//! Absences that meet, end early, or are told again.

use super::*;
use chrono::Duration;

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::hours(hours)
}

fn absence(from: i64, until: i64, source: AbsenceSource) -> Absence {
    Absence {
        person: Address::parse("alice@northwind.example").expect("an address"),
        from: at(from),
        until: at(until),
        source,
    }
}

fn rules() -> Rules {
    Rules::new(crate::domain::rules::RuleParts {
        mode: crate::domain::rules::Mode::Remind,
        team: Default::default(),
        clients: Default::default(),
        people: Default::default(),
        policies: Default::default(),
        calendars: Default::default(),
        mailboxes: Default::default(),
        limits: Default::default(),
        keep_subjects: true,
    })
}

#[test]
fn absences_that_follow_upon_each_other_are_one() {
    let absences = Absences {
        kept: vec![
            absence(0, 10, AbsenceSource::Word),
            absence(10, 20, AbsenceSource::OutOfOffice),
            absence(30, 40, AbsenceSource::Word),
        ],
        ..Absences::default()
    };
    let away = absences.away_at(&rules(), at(5));
    assert_eq!(away.len(), 1);
    assert_eq!(away[0].until, at(20));
    assert!(absences.away_at(&rules(), at(20)).is_empty());
    assert_eq!(absences.next_change(&rules(), at(20)), Some(at(30)));
}

#[test]
fn who_is_said_to_be_back_is_back_and_a_forgotten_reply_changes_nothing() {
    let person = Address::parse("alice@northwind.example").expect("an address");
    let absences = Absences {
        kept: vec![
            absence(0, 10, AbsenceSource::Word),
            absence(6, 9, AbsenceSource::OutOfOffice),
            absence(12, 20, AbsenceSource::OutOfOffice),
        ],
        back: vec![BackAgain {
            person,
            at: at(5),
            replies_until: at(10),
        }],
        ..Absences::default()
    };
    assert!(absences.away_at(&rules(), at(7)).is_empty());
    assert_eq!(absences.away_at(&rules(), at(13)).len(), 1);
}
