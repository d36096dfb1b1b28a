//! The store was lost and rebuilt: nobody outside gets a mail twice, and nobody waits unseen.

use crate::world::{Choice, World};

fn happened(script: &str) -> (World, String) {
    let mut world = World::new(&Choice::default());
    let transcript = world.play(script);
    (world, transcript)
}

#[test]
fn a_client_acknowledged_after_the_last_export_is_not_acknowledged_again() {
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | export
         Mon 11:55 | rebuild
         Mon 16:00 | wait",
    );
    assert_eq!(
        world.mails_to("alice").last(),
        Some(&"escalation (case 1 due Mon 12:00)"),
        "{transcript}"
    );
    assert!(
        transcript.contains("Mon 11:55 summary (case 1 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 1 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert_eq!(world.mails_to("anna").len(), 1);
}

#[test]
fn mail_that_came_after_the_export_is_found_again_and_listed_for_its_owner() {
    let (world, transcript) = happened(
        "Mon 09:00 | export
         Mon 09:01 | anna writes q1 to clients: Invoice wrong
         Mon 11:55 | rebuild
         Mon 11:55 | q1 is read again at clients
         Mon 16:00 | wait",
    );
    assert!(
        transcript.contains("Mon 11:55 summary (case 1 due Mon 12:01) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 1 due Mon 12:01) → alice"),
        "{transcript}"
    );
    let reminders = transcript.matches("reminder (case 1").count();
    assert_eq!(reminders, 2, "none is sent again: {transcript}");
    assert_eq!(world.mails_to("anna").len(), 1);
}

#[test]
fn without_an_export_those_who_wait_are_listed_and_nobody_is_acknowledged() {
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:45 | rebuild
         Mon 11:45 | q1 is read again at clients
         Mon 16:00 | wait",
    );
    assert!(
        transcript.contains("Mon 11:45 summary (case 1 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 1 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("Mon 12:00 escalation (case 1 due Mon 12:00) → lead"),
        "{transcript}"
    );
    assert!(world.mails_to("anna").is_empty());
}

#[test]
fn a_conversation_from_before_is_never_acknowledged_and_new_ones_are_after_a_day() {
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | export
         Mon 10:00 | rebuild
         Mon 10:01 | alice replies to q1 as a1 for anna
         Mon 10:02 | paul writes q2 to clients: Something else
         Tue 13:30 | anna replies to q1 as q3 for clients
         Tue 13:31 | paul writes q4 to clients: One more thing
         Wed 09:00 | wait",
    );
    assert!(
        transcript.contains("the store was rebuilt lately"),
        "{transcript}"
    );
    assert!(
        transcript.contains("the store was rebuilt since its first mail"),
        "{transcript}"
    );
    assert!(world.mails_to("anna").is_empty());
    assert_eq!(world.mails_to("paul").len(), 1);
}

#[test]
fn an_acknowledgement_the_export_calls_queued_is_held_for_a_person() {
    let (world, transcript) = happened(
        "Mon 09:00 | server says later
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:51 | export
         Mon 11:51 | server says sent
         Mon 11:53 | rebuild
         Mon 16:00 | wait",
    );
    assert!(
        transcript.contains("the store was rebuilt since it was decided"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 1 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert_eq!(
        world.mails_to("anna").len(),
        1,
        "the one before the store was lost"
    );
}
