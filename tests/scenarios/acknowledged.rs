//! What an acknowledgement says: in which language, by when, who, and for what we are closed.

use std::sync::Arc;

use ackd::domain::absence::AwayDays;
use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::draft::{Acknowledgement, Draft};
use ackd::domain::ids::{CalendarName, ClientKey, PersonKey};
use ackd::domain::rules::{Person, RuleParts};
use chrono::NaiveDate;

use crate::world::{Choice, World, address, moment};

const IN_GERMAN: &str = "Guten Tag, die letzte Rechnung ist leider nicht richtig. Können Sie das bitte prüfen?\nViele Grüße, Anna Bell";

/// A team that acknowledges and answers within two business days.
fn acknowledging() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &[],
        answer_within: Some("16h"),
        ..Choice::default()
    }
}

/// A world in which anna has written that at Monday 09:00.
fn after(subject: &str, text: &str, change: impl FnOnce(&mut RuleParts)) -> World {
    let mut world = World::new(&acknowledging());
    world.reload(change);
    world.pass_until(moment("Mon 09:00"));
    world.writes("anna", "q1", subject, text);
    world
}

/// The acknowledgement that has gone out until then.
fn acknowledged(world: &mut World, until: &str) -> Acknowledgement {
    world.play(&format!("{until} | wait"));
    let drafts = world.drafts.iter();
    let mut told = drafts.filter_map(|(_, draft)| match draft {
        Draft::Acknowledgement(own) => Some(own.clone()),
        _ => None,
    });
    told.next().expect("an acknowledgement")
}

fn acme(parts: &mut RuleParts, change: impl FnOnce(&mut ackd::domain::rules::Client)) {
    let acme = parts.clients.get_mut(&ClientKey::new("acme"));
    change(acme.expect("a client"));
}

#[test]
fn a_mail_in_german_is_acknowledged_in_german_also_after_a_restart() {
    let mut world = after("Rechnung", IN_GERMAN, |_| {});
    world.play("Mon 10:00 | crash");
    assert_eq!(acknowledged(&mut world, "Mon 13:00").language, "de");
}

#[test]
fn a_mail_too_short_to_tell_is_acknowledged_in_the_teams_language() {
    let mut world = after("Rechnung 117", "s. o.", |parts| {
        parts.team.language = "fr".into();
    });
    assert_eq!(acknowledged(&mut world, "Mon 13:00").language, "fr");
}

#[test]
fn what_the_configuration_says_of_the_client_holds_whatever_the_mail_is_written_in() {
    let mut world = after("Rechnung", IN_GERMAN, |parts| {
        acme(parts, |acme| acme.language = Some("nl".into()));
    });
    assert_eq!(acknowledged(&mut world, "Mon 13:00").language, "nl");
}

#[test]
fn times_are_told_in_the_clients_zone_and_only_if_they_are_still_to_come() {
    let mut world = after("Hello", "", |parts| {
        acme(parts, |acme| {
            acme.time_zone = Some(chrono_tz::America::New_York)
        });
    });
    let told = acknowledged(&mut world, "Mon 13:00");
    assert_eq!(told.zone, chrono_tz::America::New_York);
    assert_eq!(told.answer_by, Some(moment("Tue 17:00")));
    // Without such a promise none is made up.
    let mut world = World::new(&Choice {
        answer_within: None,
        ..acknowledging()
    });
    world.play("Mon 09:00 | anna writes q1 to clients: Hello");
    assert_eq!(acknowledged(&mut world, "Mon 13:00").answer_by, None);
}

#[test]
fn who_will_answer_is_named_if_they_have_a_name_and_are_here() {
    let alice = |away: &[&str]| Person {
        key: PersonKey::new("alice"),
        name: "Alice".into(),
        address: address("alice"),
        away: away
            .iter()
            .map(|days| AwayDays::parse(days).expect("days"))
            .collect(),
    };
    let owner = |away: &[&str]| {
        let person = alice(away);
        let mut world = after("Hello", "", |parts| {
            parts.people.insert(person.key.clone(), person);
        });
        acknowledged(&mut world, "Mon 13:00").owner
    };
    assert_eq!(owner(&[]).as_deref(), Some("Alice"));
    assert_eq!(owner(&["2026-11-23..2026-11-27"]), None);
    assert_eq!(
        acknowledged(&mut after("Hello", "", |_| {}), "Mon 13:00").owner,
        None
    );
}

#[test]
fn a_holiday_before_the_answer_is_named() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a date");
    let mut world = after("Hello", "", |parts| {
        let hours = vec![Window::parse("09:00-17:00").expect("a window")];
        let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
        let holiday = Holiday {
            date,
            name: Some("Founders' Day".into()),
            hours: vec![],
        };
        let office = CalendarName::new("office");
        let calendar = Calendar::new(office.clone(), chrono_tz::UTC, week, vec![holiday]);
        parts.calendars.insert(office, Arc::new(calendar));
    });
    let told = acknowledged(&mut world, "Mon 13:00");
    assert_eq!(told.closed_for.as_deref(), Some("Founders' Day"));
    assert!(!told.closed_today);
    assert_eq!(told.answer_by, Some(moment("Wed 17:00")));
}
