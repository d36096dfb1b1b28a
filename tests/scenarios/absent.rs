//! Who is told while somebody is away, and what they hear when it begins and ends.

use ackd::domain::absence::AwayDays;
use ackd::domain::ids::{ClientKey, PersonKey};
use ackd::domain::outbox::Purpose;
use ackd::domain::rules::{Person, RuleParts};

use super::world::{Choice, World, address};

/// Reminders half an hour before, an escalation at the deadline and two hours after it; bob is
/// the backup.
fn team() -> World {
    let mut world = World::new(&Choice {
        remind_before: &["30m"],
        escalate_after: &["0m", "2h"],
        auto_acknowledge_before: None,
        ..Choice::default()
    });
    world.reload(|parts| backups(parts, &["bob"]));
    world
}

fn backups(parts: &mut RuleParts, names: &[&str]) {
    let acme = parts.clients.get_mut(&ClientKey::new("acme"));
    let acme = acme.expect("a client");
    acme.backups = names.iter().map(|name| address(name)).collect();
}

fn away(parts: &mut RuleParts, name: &str, days: &str) {
    let person = Person {
        key: PersonKey::new(name),
        name: name.to_uppercase(),
        address: address(name),
        away: vec![AwayDays::parse(days).expect("days")],
    };
    parts.people.insert(person.key.clone(), person);
}

#[test]
fn the_backup_is_told_while_the_configuration_says_that_the_owner_is_away() {
    let mut world = team();
    world.reload(|parts| away(parts, "alice", "2026-11-23..2026-11-24"));
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:05 | wait",
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    assert_eq!(
        world.mails_to("bob"),
        [
            "reminder (case 1 due Mon 12:00 for ALICE, away until 24 November)",
            "escalation (case 1 due Mon 12:00 for ALICE, away until 24 November)"
        ]
    );
    assert_eq!(
        world.mails_to("lead"),
        ["escalation (case 1 due Mon 12:00)"]
    );
}

#[test]
fn who_goes_away_after_the_reminder_hands_the_case_over_at_once() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:40 | away alice 2026-11-23..2026-11-27
         Mon 12:05 | wait",
    );
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 12:00)"]);
    assert_eq!(
        world.mails_to("bob"),
        [
            "stand-in (case 1 due Mon 12:00 for Alice, away until 27 November)",
            "escalation (case 1 due Mon 12:00 for Alice, away until 27 November)"
        ]
    );
}

#[test]
fn who_goes_away_after_the_acknowledgement_hands_the_case_over_too() {
    let mut world = World::new(&Choice::default());
    world.reload(|parts| backups(parts, &["bob"]));
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 13:00 | alice is out of office: I am out of the office until 27 November.
         Mon 16:00 | wait",
    );
    let bob = world.mails_to("bob");
    assert_eq!(bob.len(), 1, "{bob:?}");
    assert!(bob[0].starts_with("stand-in (case 1") && bob[0].contains("27 November"));
}

#[test]
fn several_cases_of_somebody_who_goes_away_are_handed_over_in_one_mail() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | arno writes q2 to clients: Printer
         Mon 09:20 | alice is out of office: I am on leave until 25 November.
         Mon 09:30 | alice is out of office: I am on leave until 25 November.",
    );
    assert_eq!(
        world.mails_to("bob"),
        [
            "stand-in (case 1 due Mon 12:00 for Alice, away until 25 November, case 2 due Mon 12:10 for Alice, away until 25 November)"
        ]
    );
}

#[test]
fn without_a_backup_who_is_there_the_lead_is_told_and_if_nobody_is_all_the_same() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | away alice 2026-11-23..2026-11-24
         Mon 09:20 | away bob 2026-11-23..2026-11-24
         Mon 09:30 | away lead 2026-11-23..2026-11-24
         Mon 11:45 | wait",
    );
    assert_eq!(world.mails_to("bob").len(), 1);
    let lead = world.mails_to("lead");
    assert_eq!(
        lead,
        [
            "stand-in (case 1 due Mon 12:00 for Alice, away until 24 November)",
            "reminder (case 1 due Mon 12:00 for Alice, away until 24 November)"
        ]
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
}

#[test]
fn who_is_back_before_the_escalation_gets_the_list_and_the_stand_in_is_left_alone() {
    let mut world = team();
    world.play(
        "Mon 15:30 | anna writes q1 to clients: Invoice wrong
         Mon 15:40 | away alice 2026-11-23..2026-11-23
         Tue 12:00 | wait",
    );
    assert_eq!(
        world.mails_to("alice"),
        [
            "back (case 1 due Mon 17:00)",
            "escalation (case 1 due Mon 17:00)"
        ]
    );
    let bob = world.mails_to("bob");
    assert!(
        bob.iter().all(|mail| mail.contains("away until 23")),
        "{bob:?}"
    );
    let of_tuesday = world.rows();
    let late = of_tuesday
        .iter()
        .filter(|row| row.to == address("bob") && row.purpose == Purpose::Escalation);
    assert_eq!(late.count(), 1, "that of the deadline on Monday alone");
}

#[test]
fn of_two_owners_the_one_who_is_there_is_reminded_and_no_backup() {
    let mut world = team();
    world.reload(|parts| {
        let acme = parts.clients.get_mut(&ClientKey::new("acme"));
        acme.expect("a client").owners.push(address("carol"));
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | away alice 2026-11-23..2026-11-24
         Mon 11:45 | wait",
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    assert_eq!(world.mails_to("carol"), ["reminder (case 1 due Mon 12:00)"]);
    assert_eq!(world.mails_to("bob"), [""; 0]);
}

#[test]
fn who_took_a_case_and_goes_away_gives_it_back_to_the_owners() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | assign 1 to dora
         Mon 09:20 | away dora 2026-11-23..2026-11-24
         Mon 11:45 | wait",
    );
    assert_eq!(world.mails_to("dora"), [""; 0]);
    assert_eq!(
        world.mails_to("alice"),
        [
            "stand-in (case 1 due Mon 12:00 for Dora, away until 24 November)",
            "reminder (case 1 due Mon 12:00 for Dora, away until 24 November)"
        ]
    );
}

#[test]
fn who_took_a_case_is_told_alone_and_the_lead_when_it_is_late() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | assign 1 to dora
         Mon 12:05 | wait",
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    assert_eq!(world.mails_to("dora").len(), 2);
    assert_eq!(
        world.mails_to("lead"),
        ["escalation (case 1 due Mon 12:00)"]
    );
}

#[test]
fn who_says_to_be_back_is_told_again_however_long_the_reply_stays_on() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice is out of office: Bin bis zum 27.11. im Urlaub.
         Mon 10:00 | back alice
         Mon 10:10 | alice is out of office: Bin bis zum 27.11. im Urlaub.
         Mon 11:45 | wait",
    );
    assert_eq!(
        world.mails_to("alice"),
        [
            "back (case 1 due Mon 12:00)",
            "reminder (case 1 due Mon 12:00)"
        ]
    );
    assert_eq!(world.mails_to("bob").len(), 1);
}

#[test]
fn a_reply_that_names_no_end_holds_for_the_next_business_day() {
    let mut world = team();
    world.play(
        "Mon 09:10 | alice is out of office: I am out of the office.
         Tue 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 12:05 | wait
         Wed 09:00 | anna writes q2 to clients: Printer
         Wed 11:45 | wait",
    );
    let bob = world.mails_to("bob");
    assert_eq!(
        bob.len(),
        3,
        "all of Tuesday's, none of Wednesday's: {bob:?}"
    );
    assert!(bob.iter().all(|mail| mail.contains("case 1 due Tue 12:00")));
    let alice = world.mails_to("alice");
    assert!(alice[0].starts_with("back (case 1"), "{alice:?}");
    assert!(
        alice
            .iter()
            .any(|mail| mail.starts_with("reminder (case 2"))
    );
}

#[test]
fn forged_replies_and_receipts_make_nobody_absent() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice is out of office: (forged) I am out of the office until 27 November.
         Mon 09:20 | alice is out of office: We have received your request.
         Mon 09:30 | eve is out of office: I am out of the office.
         Mon 11:45 | wait",
    );
    assert_eq!(world.mails_to("bob"), [""; 0]);
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 12:00)"]);
}

#[test]
fn an_absence_outlasts_a_crash_and_nobody_is_told_of_it_twice() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | away alice 2026-11-23..2026-11-24
         Mon 09:20 | crash
         Mon 09:30 | wait
         Mon 11:45 | wait",
    );
    assert_eq!(
        world.mails_to("bob"),
        [
            "stand-in (case 1 due Mon 12:00 for Alice, away until 24 November)",
            "reminder (case 1 due Mon 12:00 for Alice, away until 24 November)"
        ]
    );
}

#[test]
fn what_could_not_be_sent_before_somebody_went_away_is_not_sent_to_them() {
    let mut world = team();
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says later
         Mon 11:35 | wait
         Mon 11:40 | away alice 2026-11-23..2026-11-24
         Mon 11:50 | server says sent
         Mon 13:00 | wait",
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    let bob = world.mails_to("bob");
    assert!(bob[0].starts_with("stand-in (case 1"), "{bob:?}");
}
