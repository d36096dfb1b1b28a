//! The store was lost and rebuilt: nobody outside gets a mail twice, and nobody waits unseen.
//! Mail is acknowledged at 10 minutes before it is due: after 3 hours, or 1 if it was urgent.

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
        transcript.contains("Mon 11:55 summary (case 10001 due Mon 12:01) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 10001 due Mon 12:01) → alice"),
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
        transcript.contains("Mon 11:45 summary (case 10001 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("acknowledgement held (case 10001 due Mon 12:00) → alice"),
        "{transcript}"
    );
    assert!(
        transcript.contains("Mon 12:00 escalation (case 10001 due Mon 12:00) → lead"),
        "{transcript}"
    );
    assert!(world.mails_to("anna").is_empty());
}

#[test]
fn who_can_not_have_been_acknowledged_in_the_lost_time_is_acknowledged_as_ever() {
    // Even an urgent mail of 09:00 is not acknowledged before 09:50.
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | export
         Mon 09:40 | rebuild
         Mon 10:02 | paul writes q2 to clients: Something else
         Mon 16:00 | wait",
    );
    assert_eq!(world.mails_to("anna").len(), 1, "{transcript}");
    assert_eq!(world.mails_to("paul").len(), 1, "{transcript}");
    assert!(
        transcript.contains("Mon 11:50 acknowledgement"),
        "{transcript}"
    );
}

#[test]
fn new_mail_is_acknowledged_but_of_a_sender_who_may_have_had_one_within_a_day() {
    // What anna wrote was answered, so that no open case tells of it any more.
    let (world, transcript) = happened(
        "Mon 09:00 | export
         Mon 09:10 | anna writes q1 to clients: Invoice wrong
         Mon 12:30 | rebuild
         Mon 12:30 | q1 is read again at clients
         Mon 12:40 | alice replies to q1 as a1 for anna
         Mon 12:50 | anna writes q2 to clients: Another thing
         Mon 12:50 | arno writes q3 to clients: A thing of mine
         Mon 16:00 | wait
         Tue 14:00 | anna writes q4 to clients: One more thing
         Wed 09:00 | wait",
    );
    assert!(
        transcript.contains("this sender may have had one before the store was rebuilt"),
        "{transcript}"
    );
    assert_eq!(world.mails_to("arno").len(), 1, "{transcript}");
    let mails = world.mails_to("anna").len();
    assert_eq!(mails, 2, "q1 before, q4 a day later: {transcript}");
    let a_day_later = "Tue 16:50 acknowledgement from clients → anna";
    assert!(transcript.contains(a_day_later), "{transcript}");
}

#[test]
fn an_old_conversation_that_goes_on_is_not_in_doubt() {
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 16:00 | export
         Mon 16:30 | rebuild
         Tue 09:00 | anna replies to q1 as q2 for clients
         Tue 16:00 | wait",
    );
    assert_eq!(world.mails_to("anna").len(), 1, "{transcript}");
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

#[test]
fn an_acknowledgement_in_a_sent_folder_counts_in_whatever_order_it_is_seen() {
    for again in [
        "q1 is read again at clients
         Mon 11:55 | the acknowledgement to anna is found",
        "the acknowledgement to anna is found
         Mon 11:55 | q1 is read again at clients",
    ] {
        let (world, transcript) = happened(&format!(
            "Mon 08:30 | export
             Mon 09:00 | anna writes q1 to clients: Invoice wrong
             Mon 11:54 | rebuild
             Mon 11:55 | {again}
             Mon 13:00 | anna writes q2 to clients: Another thing
             Mon 16:30 | wait"
        ));
        assert_eq!(world.mails_to("anna").len(), 1, "{transcript}");
        assert!(
            transcript.contains("an acknowledgement of it lies in a sent folder"),
            "{transcript}"
        );
        assert!(
            transcript.contains("this sender had one within the limit's time"),
            "{transcript}"
        );
        assert!(
            !transcript.contains("escalation (case 10001"),
            "it stops the clock: {transcript}"
        );
        let cases = world.all_cases();
        let first = cases.iter().find(|case| case.subject == "Invoice wrong");
        let state = first.expect("the case").state.as_str();
        assert_eq!(
            state, "acknowledged",
            "no person has answered: {transcript}"
        );
    }
}

#[test]
fn an_acknowledgement_held_in_doubt_is_settled_by_its_copy_in_a_sent_folder() {
    let (world, transcript) = happened(
        "Mon 09:00 | server says later
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:51 | export
         Mon 11:51 | server says sent
         Mon 11:53 | rebuild
         Mon 11:54 | the acknowledgement to anna is found
         Mon 12:30 | wait",
    );
    assert_eq!(world.mails_to("anna").len(), 1, "{transcript}");
    assert!(!transcript.contains("escalation"), "{transcript}");
    let held = world.rows();
    let held = held.iter().filter(|row| !row.state.is_final()).count();
    assert_eq!(held, 0, "{transcript}");
}

#[test]
fn what_only_looks_like_an_acknowledgement_of_ours_counts_nowhere_but_in_a_sent_folder() {
    let (world, transcript) = happened(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | somebody puts an acknowledgement of q1 to anna into clients
         Mon 12:00 | wait",
    );
    assert!(
        !transcript.contains("lies in a sent folder"),
        "{transcript}"
    );
    assert_eq!(world.mails_to("anna").len(), 1, "ours: {transcript}");
}
