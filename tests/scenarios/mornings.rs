//! The morning mail and the weekly report: to whom, when, once.

use ackd::domain::absence::AwayDays;
use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::ids::{CalendarName, ClientKey, PersonKey};
use ackd::domain::rules::{CheckIn, Mode, Person};
use chrono::NaiveDate;

use crate::world::{Choice, World, address, moment};

/// Nothing is sent beside mornings, weeks and, where that is said, acknowledgements.
fn quiet() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

/// What was sent while the story was played, without what else happened.
fn sent(world: &mut World, story: &str) -> Vec<String> {
    world.play(story);
    let sent = world.transcript.drain(..);
    sent.filter(|line| !line.contains('·')).collect()
}

fn morning(choice: &Choice) -> World {
    World::new(choice).with_mornings()
}

#[test]
fn an_owner_is_told_every_morning_what_is_open_the_soonest_due_first() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 15:00 | paul writes p1 to clients: Offer
         Mon 14:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | anna writes q2 to clients: Another
         Mon 16:30 | alice replies to q2 as a2 for anna
         Wed 07:59 | alice replies to p1 as a1 for paul
         Thu 09:00 | wait",
    );
    assert_eq!(
        told,
        [
            "Tue 08:00 morning mail (case 1 open, due Mon 17:00; case 2 open, due Mon 17:00) → alice",
            "Wed 08:00 morning mail (case 2 open, due Mon 17:00) → alice",
            "Thu 08:00 morning mail (case 2 open, due Mon 17:00) → alice",
        ]
    );
}

#[test]
fn where_there_is_nothing_to_tell_nothing_is_sent() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Fri 09:00 | wait",
    );
    assert_eq!(told, [""; 0]);
}

#[test]
fn the_first_morning_is_one_that_ackd_was_there_for() {
    let mut world = World::new(&quiet());
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong\nTue 08:30 | wait");
    world = world.with_mornings();
    assert_eq!(
        sent(&mut world, "Tue 23:00 | wait"),
        [""; 0],
        "that morning was before"
    );
    let told = sent(&mut world, "Wed 09:00 | wait");
    assert_eq!(
        told,
        ["Wed 08:00 morning mail (case 1 open, due Mon 12:00) → alice"]
    );
}

#[test]
fn a_mail_comes_late_on_the_same_day_and_a_missed_day_is_not_made_up() {
    let mut world = morning(&quiet());
    sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong\nTue 09:00 | wait",
    );
    world.transcript.clear();
    world.sleep_until("Wed 11:00");
    let told = sent(&mut world, "Wed 12:00 | wait");
    assert_eq!(
        told,
        ["Wed 11:00 morning mail (case 1 open, due Mon 12:00) → alice"]
    );
    world.sleep_until("Thu 17:30");
    assert_eq!(
        sent(&mut world, "Thu 23:00 | wait"),
        [""; 0],
        "Thursday is over"
    );
    let told = sent(&mut world, "Fri 09:00 | wait");
    assert_eq!(told.len(), 1, "one mail for both days: {told:?}");
}

#[test]
fn one_morning_one_mail_whatever_the_clock_and_the_machine_do() {
    let mut world = morning(&quiet());
    sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong\nTue 08:01 | wait",
    );
    let told = sent(
        &mut world,
        "Tue 08:02 | crash
         Tue 08:30 | our clock falls back
         Tue 08:40 | crash
         Tue 09:00 | our clock is right again
         Tue 23:00 | wait",
    );
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_clock_that_ran_a_year_ahead_and_was_set_right_costs_one_morning_at_most() {
    let mut world = morning(&quiet());
    sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong\nTue 09:00 | wait",
    );
    let right = world.now;
    world.now += chrono::Duration::days(364);
    sent(&mut world, "Mon 09:00 | wait");
    world.now += chrono::Duration::days(7);
    world.sleep_on();
    world.now = right;
    world.sleep_on();
    world.transcript.clear();
    let told = sent(&mut world, "Tue+ 09:00 | wait");
    let days: Vec<&str> = told.iter().map(|line| &line[..20]).collect();
    assert_eq!(
        days,
        [
            "Wed 08:00 morning ma",
            "Thu 08:00 morning ma",
            "Fri 08:00 morning ma",
            "Mon 08:00 morning ma",
            "Mon 08:00 weekly rep",
            "Tue 08:00 morning ma",
        ],
        "{told:#?}"
    );
}

#[test]
fn a_check_in_whose_morning_mail_could_not_be_sent_is_told_the_next_morning() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let client = parts.clients.get_mut(&ClientKey::new("acme"));
        client.expect("acme").check_in = Some(CheckIn::TwiceMonthly);
    });
    world.digest(|digest| {
        digest.daily = false;
        digest.weekly = false;
    });
    // A quarter of the first half of December is left when Friday the 11th is under way.
    let told = sent(
        &mut world,
        "Mon+++ 07:00 | server says later
         Mon+++ 18:00 | server says sent
         Tue+++ 09:00 | wait",
    );
    assert_eq!(
        told,
        ["Tue 08:00 morning mail (check-in acme) → alice"],
        "what was not told on Monday is told on Tuesday"
    );
}

#[test]
fn what_was_acknowledged_waits_for_a_person() {
    let choice = Choice {
        auto_acknowledge_before: Some("10m"),
        ..quiet()
    };
    let mut world = morning(&choice);
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 09:00 | wait",
    );
    assert_eq!(
        told.last().map(String::as_str),
        Some("Tue 08:00 morning mail (case 1 acknowledged, without a deadline) → alice")
    );
}

#[test]
fn what_somebody_took_is_marked_and_is_no_reason_to_write_by_itself() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | assign 1 to bob
         Tue 09:00 | anna writes q2 to clients: Another
         Wed 09:00 | wait",
    );
    assert_eq!(
        told,
        [
            "Wed 08:00 morning mail (case 1 open, due Mon 12:00, taken by bob; case 2 open, due Tue 12:00) → alice"
        ],
    );
}

#[test]
fn a_colleague_who_was_assigned_a_case_is_told_if_he_is_known_by_name() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let person = Person {
            key: PersonKey::new("dora"),
            name: "Dora".into(),
            address: address("dora"),
            away: Vec::new(),
        };
        parts.people.insert(person.key.clone(), person);
    });
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | assign 1 to dora
         Tue 09:00 | wait",
    );
    assert_eq!(
        told,
        ["Tue 08:00 morning mail (case 1 open, due Mon 12:00) → dora"]
    );
}

#[test]
fn mail_that_opened_no_case_and_thanks_are_told_once() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice replies to q1 as a1 for anna
         Mon 09:20 | anna thanks for a1 as t1
         Mon 09:30 | anna replies to x1 as m1 for clients with auto-submitted: auto-replied
         Wed 09:00 | wait",
    );
    assert_eq!(
        told,
        ["Tue 08:00 morning mail (automatic reply of acme; thanks of acme) → alice"]
    );
}

#[test]
fn what_could_not_be_sent_in_time_is_told_on_the_next_morning() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 09:30 | anna replies to x1 as m1 for clients with auto-submitted: auto-replied
         Tue 07:00 | server says later
         Tue 18:00 | server says sent
         Thu 09:00 | wait",
    );
    assert_eq!(
        told,
        ["Wed 08:00 morning mail (automatic reply of acme) → alice"]
    );
}

#[test]
fn unreadable_mail_is_told_to_those_who_lead() {
    let mut world = morning(&quiet());
    world.play("Mon 09:00 | wait");
    world.set_aside("too long");
    let told = sent(&mut world, "Wed 09:00 | wait");
    assert_eq!(told, ["Tue 08:00 morning mail (too long) → lead"]);
}

#[test]
fn while_observing_it_is_only_said() {
    let mut world = morning(&Choice {
        mode: Mode::Observe,
        ..quiet()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 08:30 | wait",
    );
    assert_eq!(
        world.transcript.last().map(String::as_str),
        Some("Tue 08:00 · would send a morning mail to a…@northwind.example: 1 open")
    );
}

#[test]
fn on_a_holiday_and_at_the_weekend_there_is_no_morning() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let hours = vec![Window::parse("09:00-17:00").expect("a window")];
        let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
        let holiday = Holiday {
            date: NaiveDate::from_ymd_opt(2026, 11, 24).expect("Tuesday"),
            name: None,
            hours: vec![],
        };
        let office = CalendarName::new("office");
        let calendar = Calendar::new(office.clone(), chrono_tz::UTC, week, vec![holiday]);
        parts
            .calendars
            .insert(office, std::sync::Arc::new(calendar));
    });
    world.digest(|digest| digest.days = [true; 7]);
    world.digest(|digest| digest.weekly = false);
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon+ 09:00 | wait",
    );
    let days: Vec<&str> = told.iter().map(|line| &line[..9]).collect();
    assert_eq!(days, ["Wed 08:00", "Thu 08:00", "Fri 08:00", "Mon 08:00"]);
}

#[test]
fn without_morning_mails_a_check_in_is_told_all_the_same_and_once() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let client = parts.clients.get_mut(&ClientKey::new("acme"));
        client.expect("acme").check_in = Some(CheckIn::Daily);
    });
    world.digest(|digest| {
        digest.daily = false;
        digest.weekly = false;
    });
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 08:01 | crash
         Fri 09:00 | wait",
    );
    assert_eq!(
        told,
        [
            "Tue 08:00 morning mail (check-in acme) → alice",
            "Wed 08:00 morning mail (check-in acme) → alice",
        ],
        "once when it is due, once when it has lapsed"
    );
}

#[test]
fn the_check_ins_of_an_owner_who_is_away_are_told_to_who_stands_in() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let client = parts.clients.get_mut(&ClientKey::new("acme"));
        let client = client.expect("acme");
        client.check_in = Some(CheckIn::Daily);
        client.backups = vec![address("bob")];
        let person = Person {
            key: PersonKey::new("alice"),
            name: "Alice".into(),
            address: address("alice"),
            away: vec![AwayDays::parse("2026-11-24..2026-11-25").expect("days")],
        };
        parts.people.insert(person.key.clone(), person);
    });
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Tue 09:00 | wait",
    );
    assert_eq!(told, ["Tue 08:00 morning mail (check-in acme) → bob"]);
}

#[test]
fn somebody_who_becomes_an_owner_at_eleven_is_not_told_how_eight_was() {
    let mut world = morning(&quiet());
    sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong\nTue 11:00 | wait",
    );
    world.reload(|parts| {
        let client = parts.clients.get_mut(&ClientKey::new("acme"));
        client.expect("acme").owners = vec![address("bob")];
    });
    let told = sent(&mut world, "Wed 09:00 | wait");
    assert_eq!(
        told,
        ["Wed 08:00 morning mail (case 1 open, due Mon 12:00) → bob"]
    );
}

#[test]
fn after_a_rebuilding_nobody_is_told_of_the_same_morning_again() {
    let mut world = morning(&quiet());
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 18:00 | export
         Tue 08:30 | rebuild
         Tue 23:00 | wait",
    );
    let mornings = told.iter().filter(|line| line.contains("morning mail"));
    assert_eq!(mornings.count(), 1, "{told:?}");
}

/// Opening hours, from Monday to Friday.
fn office(name: &str, zone: chrono_tz::Tz, hours: &str, holidays: Vec<Holiday>) -> Calendar {
    let hours = vec![Window::parse(hours).expect("a window")];
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
    Calendar::new(CalendarName::new(name), zone, week, holidays)
}

#[test]
fn each_of_a_team_in_several_zones_has_his_own_morning_and_his_own_holidays() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        let holiday = Holiday {
            date: NaiveDate::from_ymd_opt(2026, 11, 25).expect("Wednesday"),
            name: None,
            hours: vec![],
        };
        let tokyo = office(
            "tokyo",
            chrono_tz::Asia::Tokyo,
            "09:00-17:00",
            vec![holiday],
        );
        parts
            .calendars
            .insert(CalendarName::new("tokyo"), std::sync::Arc::new(tokyo));
        let standard = parts.policies.values().next().expect("a policy").clone();
        let name = ackd::domain::ids::PolicyName::new("tokyo");
        let policy = ackd::domain::policy::Policy {
            name: name.clone(),
            calendar: CalendarName::new("tokyo"),
            ..standard
        };
        parts.policies.insert(name.clone(), policy);
        let partner = parts.clients.get_mut(&ClientKey::new("partner"));
        let partner = partner.expect("partner");
        partner.policy = name;
        partner.owners = vec![address("bob")];
    });
    world.digest(|digest| digest.weekly = false);
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:00 | paul writes p1 to clients: Offer
         Fri 07:00 | wait",
    );
    let told: Vec<String> = told
        .iter()
        .map(|line| {
            let (when, what) = line.split_once(" morning mail ").expect("a morning mail");
            let (_, who) = what.rsplit_once("→ ").expect("a reader");
            format!("{when} {who}")
        })
        .collect();
    assert_eq!(
        told,
        [
            "Mon 23:00 bob",
            "Tue 08:00 alice",
            "Wed 08:00 alice",
            "Wed 23:00 bob",
            "Thu 08:00 alice",
            "Thu 23:00 bob",
        ]
    );
}

#[test]
fn a_change_of_the_hour_or_a_digest_that_is_switched_off_and_on_sends_no_second_mail() {
    let mut world = morning(&quiet());
    let at = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour");
    let told = sent(
        &mut world,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 08:30 | wait",
    );
    assert_eq!(told.len(), 1);
    world.digest(|digest| digest.at = at(10));
    world.play("Tue 10:30 | crash");
    world.digest(|digest| digest.daily = false);
    world.play("Tue 11:00 | crash");
    world.digest(|digest| {
        digest.daily = true;
        digest.at = at(12);
    });
    assert_eq!(sent(&mut world, "Tue 23:00 | wait"), [""; 0]);
    let told = sent(&mut world, "Wed 23:00 | wait");
    assert_eq!(
        told,
        ["Wed 12:00 morning mail (case 1 open, due Mon 12:00) → alice"]
    );
}

#[test]
fn a_morning_that_the_clocks_skip_or_repeat_comes_once() {
    // On 8 March 2026 there is no half past two in New York; on 1 November there are two.
    let zone = chrono_tz::America::New_York;
    let hours = vec![Window::parse("01:00-17:00").expect("a window")];
    let week = std::array::from_fn(|_| hours.clone());
    let calendar = Calendar::new(CalendarName::new("office"), zone, week, vec![]);
    let digest = ackd::domain::digest::Digest {
        daily: true,
        at: chrono::NaiveTime::from_hms_opt(2, 30, 0).expect("a time"),
        days: [true; 7],
        weekly: true,
        weekly_to: vec![],
        weekly_on: chrono::Weekday::Mon,
        weekly_at: chrono::NaiveTime::from_hms_opt(8, 0, 0).expect("a time"),
    };
    let at = |month, day| {
        let day = NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
        let morning = ackd::domain::digest::morning_on(&digest, &calendar, day);
        morning.expect("a morning").at.to_rfc3339()
    };
    assert_eq!(at(3, 7), "2026-03-07T07:30:00+00:00");
    assert_eq!(at(3, 8), "2026-03-08T07:00:00+00:00");
    assert_eq!(at(3, 9), "2026-03-09T06:30:00+00:00");
    // A week is as long as the clocks make it.
    let monday = NaiveDate::from_ymd_opt(2026, 3, 2).expect("Monday");
    let week = ackd::domain::digest::week_of(&digest, &calendar, monday).expect("a week");
    assert_eq!((week.to - week.from).num_hours(), 7 * 24 - 1);
    assert_eq!(week.due_at.to_rfc3339(), "2026-03-09T12:00:00+00:00");
}

#[test]
fn a_report_that_holidays_put_off_into_the_third_week_is_owed_at_once() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        // Closed from Friday the 11th of December to Wednesday the 16th, and on the next Friday.
        let closed = [11, 14, 15, 16, 18, 21, 22, 23].map(|day| Holiday {
            date: NaiveDate::from_ymd_opt(2026, 12, day).expect("a day"),
            name: None,
            hours: vec![],
        });
        let calendar = office("office", chrono_tz::UTC, "09:00-17:00", closed.into());
        parts
            .calendars
            .insert(CalendarName::new("office"), std::sync::Arc::new(calendar));
    });
    world.digest(|digest| {
        digest.daily = false;
        digest.weekly_on = chrono::Weekday::Fri;
    });
    for day in 0..60 {
        let now = moment("Mon 10:00") + chrono::Duration::days(day);
        let rules = &world.rules;
        let mornings = ackd::domain::digest::Mornings {
            since: Some(moment("Mon 08:00")),
            ..Default::default()
        };
        let next = ackd::domain::digest::next_week(rules, &mornings, &address("lead"));
        if next.is_some_and(|next| next.due_at <= now) {
            let last = ackd::domain::digest::last_week(rules, now);
            assert!(
                last.is_some(),
                "{now}: something is due, and nothing is told"
            );
        }
    }
}

// --- The week

#[test]
fn those_who_lead_learn_on_monday_how_the_week_went() {
    let choice = Choice {
        auto_acknowledge_before: Some("10m"),
        ..quiet()
    };
    let mut world = morning(&choice);
    world.digest(|digest| digest.daily = false);
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Kept by a person
         Mon 10:00 | alice replies to q1 as a1 for anna
         Tue 09:00 | anna writes q2 to clients: Acknowledged, then answered
         Tue 13:00 | alice replies to q2 as a2 for anna
         Wed 09:00 | clients goes blind
         Wed 09:00 | paul writes p1 to clients: Answered late
         Wed 13:00 | alice replies to p1 as b1 for paul
         Wed 14:00 | clients is seen
         Thu 09:00 | paul writes p2 to alice: No answer needed
         Thu 09:30 | wait
         Fri 09:00 | anna writes q3 to clients: Never answered",
    );
    world.play("Fri 12:00 | wait");
    world.outages(&[("clients", "Fri 11:00")]);
    world.play("Fri 12:30 | wait");
    world.outages(&[]);
    world.transcript.clear();
    let told = sent(&mut world, "Tue+ 09:00 | wait");
    assert_eq!(
        told,
        [
            "Mon 08:00 weekly report of 2026-11-23 (4 of 5 kept, median 4h, 2 never answered, \
             3 acknowledged, blind 90 min) → lead"
        ]
    );
}

#[test]
fn a_week_is_reported_once_and_late_ones_come_when_the_office_opens() {
    let mut world = morning(&quiet());
    world.digest(|digest| digest.daily = false);
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong");
    world.transcript.clear();
    world.sleep_until("Mon+ 20:00");
    assert_eq!(
        sent(&mut world, "Mon+ 23:00 | crash"),
        [""; 0],
        "not at night"
    );
    let told = sent(&mut world, "Sun+ 23:00 | crash");
    assert_eq!(
        told,
        [
            "Tue 09:00 weekly report of 2026-11-23 (0 of 1 kept, median -, 1 never answered, \
             0 acknowledged, blind 0 min) → lead"
        ]
    );
    let told = sent(&mut world, "Mon++ 09:00 | wait");
    assert_eq!(told, [""; 0], "nothing happened in the second week");
    assert!(world.now >= moment("Mon++ 09:00"));
}

#[test]
fn while_an_owner_is_away_his_backup_is_told_in_his_place() {
    let mut world = morning(&quiet());
    world.reload(|parts| {
        for client in parts.clients.values_mut() {
            client.backups = vec![address("bob")];
        }
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | away alice 2026-11-24..2026-11-24
         Tue 07:00 | wait",
    );
    world.transcript.clear();
    let told = sent(&mut world, "Wed 08:00 | wait");
    let mornings: Vec<&String> = told
        .iter()
        .filter(|line| line.contains("morning mail"))
        .collect();
    assert_eq!(
        mornings,
        [
            "Tue 08:00 morning mail (case 1 open, due Mon 12:00, for Alice, away until 24 November) → bob",
            "Wed 08:00 morning mail (case 1 open, due Mon 12:00) → alice",
        ]
    );
}
