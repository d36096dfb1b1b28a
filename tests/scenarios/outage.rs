//! What is seen only hours after it came in.

use crate::world::{Choice, World};

fn seen_late(choice: &Choice, script: &str) -> Vec<String> {
    let mut world = World::new(choice);
    world.deliver_as_of = true;
    let happened = world.play(script);
    happened.lines().map(str::to_owned).collect()
}

#[test]
fn a_stale_acknowledgement_is_not_sent_and_the_owner_hears_of_the_case_once() {
    let script = "Mon 15:00 | wait
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:30 | wait";
    assert_eq!(
        seen_late(&Choice::default(), script),
        [
            "Mon 15:00 · 1 case opened for acme",
            "Mon 15:00 · 1 not acknowledged: the deadline has passed for too long",
            "Mon 15:00 escalation (case 1 due Mon 12:00) → alice",
            "Mon 15:00 escalation (case 1 due Mon 12:00) → lead",
        ]
    );
}

#[test]
fn where_nobody_would_hear_of_it_the_owner_is_told_of_the_missed_acknowledgement() {
    let choice = Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    };
    let script = "Mon 15:00 | wait
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | paul writes q2 to clients: Poster
         Mon 16:30 | wait";
    assert_eq!(
        seen_late(&choice, script),
        [
            "Mon 15:00 · 1 case opened for acme",
            "Mon 15:00 · 1 not acknowledged: the deadline has passed for too long",
            "Mon 15:00 acknowledgement held (case 1 due Mon 12:00) → alice",
            "Mon 15:00 · 2 case opened for partner",
            "Mon 15:00 · 2 not acknowledged: the deadline has passed for too long",
            "Mon 15:00 acknowledgement held (case 2 due Mon 12:10) → alice",
        ]
    );
}

#[test]
fn an_acknowledgement_a_few_minutes_late_still_goes_out() {
    let script = "Mon 12:05 | wait
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:06 | wait";
    let happened = seen_late(&Choice::default(), script);
    let sent = "Mon 12:05 acknowledgement from clients → anna";
    assert!(happened.iter().any(|line| line == sent), "{happened:#?}");
}

#[test]
fn an_owner_whose_reminder_was_put_off_hears_that_we_acknowledged_in_its_place() {
    let choice = Choice {
        remind_before: &["35m", "30m"],
        escalate_after: &[],
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:20 | server says later
         Mon 11:51 | server says sent
         Mon 16:30 | wait",
    );
    assert_eq!(world.mails_to("anna"), ["acknowledgement from clients"]);
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledged (case 1 without a deadline)"]
    );
}
