//! What is seen late, or seen again, loses no reminder and undoes no word.

use std::collections::BTreeSet;

use ackd::domain::outbox::RowState;

use super::world::{Choice, World};

fn reminding() -> Choice {
    Choice {
        remind_before: &["30m"],
        escalate_after: &["0m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

fn sent_no_key_twice(world: &World) {
    let mut sent = BTreeSet::new();
    for row in world.rows() {
        if matches!(row.state, RowState::Sent { .. }) {
            for key in &row.keys {
                let fresh = sent.insert((*key, row.to.clone()));
                assert!(fresh, "{key:?} was sent twice");
            }
        }
    }
}

/// Plays with mails received when the story says so, and returns what alice was sent.
fn told(script: &str) -> (World, Vec<String>) {
    let mut world = World::new(&reminding());
    world.deliver_as_of = true;
    world.play(script);
    sent_no_key_twice(&world);
    for case in world.all_cases() {
        case.check().expect("agrees with itself");
    }
    let told = world.mails_to("alice");
    let told = told.into_iter().map(str::to_owned).collect();
    (world, told)
}

#[test]
fn a_round_that_was_none_leaves_its_number_unused() {
    let (_, told) = told(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 10:00 | anna replies to q1 as q2 for clients
         Mon 13:05 | wait
         Mon 09:20 | q2 also arrives at alice
         Mon 13:40 | anna replies to q2 as q3 for clients
         Mon 17:30 | wait",
    );
    assert_eq!(
        told,
        [
            "reminder (case 1 due Mon 13:00)",
            "escalation (case 1 due Mon 13:00)",
            "reminder (case 1 due Mon 16:40)",
            "escalation (case 1 due Mon 16:40)",
        ]
    );
}

#[test]
fn mail_that_waits_alone_since_later_is_reminded_of_by_itself() {
    let (_, told) = told(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 10:00 | anna replies to q1 as q2 for clients
         Mon 13:05 | wait
         Mon 13:20 | anna replies to q2 as q3 for clients
         Mon 13:25 | crash
         Mon 09:20 | q2 also arrives at alice
         Mon 17:30 | wait",
    );
    assert_eq!(
        told[2..],
        [
            "reminder (case 1 due Mon 16:20)",
            "escalation (case 1 due Mon 16:20)",
        ]
    );
}

#[test]
fn who_was_reminded_of_the_newest_mail_is_not_reminded_again() {
    let (_, told) = told(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 10:00 | anna replies to q1 as q2 for clients
         Mon 13:05 | wait
         Mon 13:10 | alice replies to q2 as a2 for anna
         Mon 13:20 | anna replies to a2 as q3 for clients
         Mon 16:00 | wait
         Mon 09:20 | q2 also arrives at alice
         Mon 17:30 | wait",
    );
    assert_eq!(
        told[2..],
        [
            "reminder (case 1 due Mon 16:20)",
            "escalation (case 1 due Mon 16:20)",
        ]
    );
}

#[test]
fn the_number_stays_unused_in_later_rounds_too() {
    // The third round was reminded of; what is seen late leaves the first one only.
    let (_, told) = told(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 09:40 | anna replies to a1 as q2 for clients
         Mon 09:50 | alice replies to q2 as a2 for anna
         Mon 10:00 | anna replies to a2 as q3 for clients
         Mon 13:05 | wait
         Mon 09:20 | q2 also arrives at alice
         Mon 09:21 | q3 also arrives at alice
         Mon 13:10 | crash
         Mon 13:40 | anna replies to q3 as q4 for clients
         Mon 13:50 | alice replies to q4 as a4 for anna
         Mon 13:55 | anna replies to a4 as q5 for clients
         Mon 17:30 | wait",
    );
    assert_eq!(
        told[2..],
        [
            "reminder (case 1 due Mon 16:55)",
            "escalation (case 1 due Mon 16:55)",
        ]
    );
}

#[test]
fn a_reopened_case_stays_open_whichever_old_mail_is_seen_again() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice writes m1 to anna: Lunch
         Mon 09:20 | alice writes m2 to anna: Dinner
         Mon 09:30 | reopen 1
         Mon 09:40 | m1 also arrives at clients
         Mon 09:41 | m2 also arrives at clients
         Mon 09:42 | crash
         Mon 09:43 | m2 also arrives at alice",
    );
    assert!(world.only_case().is_open());
    world.play("Mon 09:50 | alice writes m3 to anna: About your invoice");
    assert!(world.book.is_empty(), "what is written later counts");
    world.play(
        "Mon 10:00 | reopen 1
         Mon 10:10 | m3 also arrives at clients",
    );
    assert!(world.only_case().is_open());
}
