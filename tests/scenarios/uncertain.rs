//! Nobody knows whether the mail server took an acknowledgement: ackd was interrupted, or the
//! answer never came. Its copy is looked for in the Sent folders before the owner is told.
//! Mail is acknowledged half an hour before it is due, at 11:30.

use ackd::domain::case::CaseState;
use ackd::domain::outbox::{Purpose, RowState};

use crate::world::{Choice, World};

fn choice() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: Some("30m"),
        ..Choice::default()
    }
}

/// What the transcript tells after a crash in mid-send, or a line that was cut, at 11:30.
fn told(script: &str) -> (World, String) {
    let mut world = World::new(&choice());
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong");
    world.transcript.clear();
    let told = world.play(script);
    assert!(world.mails_to("anna").is_empty(), "no other one: {told}");
    (world, told)
}

/// What the owner reads of why it is held.
fn reasons(world: &World) -> Vec<String> {
    let rows = world.rows().into_iter();
    let held = rows.filter_map(|row| match row.purpose {
        Purpose::AcknowledgementHeld { reason } => Some(reason),
        _ => None,
    });
    held.collect()
}

/// How the only acknowledgement stands.
fn acknowledgement(world: &World) -> RowState {
    let mut rows = world.rows().into_iter();
    let own = rows.find(|row| row.purpose == Purpose::Acknowledgement);
    own.expect("one was decided").state
}

const HELD_NO_COPY: &str = "could not tell whether the acknowledgement was taken, and no copy of \
     it lies in a Sent folder: ackd was interrupted while sending";

#[test]
fn a_copy_in_the_sent_folder_tells_that_the_acknowledgement_was_taken_before_a_crash() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:31 | the acknowledgement to anna is found
         Mon 16:00 | wait",
    );
    let expected = "\
Mon 11:31 · 1 could not tell whether the acknowledgement was taken; looking for its copy in the Sent folder: ackd was interrupted while sending
Mon 11:31 · 1 an acknowledgement of it lies in a sent folder
Mon 11:31 · 1 the acknowledgement was taken: its copy lies in a Sent folder
Mon 11:31 acknowledged (case 1 without a deadline) → alice";
    assert_eq!(told, expected);
    assert!(matches!(acknowledgement(&world), RowState::Sent { .. }));
    let state = world.only_case().state;
    assert!(matches!(state, CaseState::Acknowledged { .. }), "{state:?}");
}

#[test]
fn the_owner_is_told_when_a_look_at_the_sent_folder_has_shown_no_copy() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 16:00 | wait",
    );
    let held = format!("Mon 11:32 · 1 {HELD_NO_COPY}");
    assert!(told.contains(&held), "not before servers file: {told}");
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledgement held (case 1 due Mon 12:00)"]
    );
    assert_eq!(reasons(&world), [HELD_NO_COPY]);
}

#[test]
fn an_answer_that_never_came_is_looked_for_like_a_crash() {
    let (world, told) = told(
        "Mon 11:29 | server says unknown
         Mon 11:30 | the acknowledgement to anna is found
         Mon 11:30 | server says sent
         Mon 16:00 | wait",
    );
    assert!(reasons(&world).is_empty(), "{told}");
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledged (case 1 without a deadline)"]
    );
}

#[test]
fn a_copy_seen_while_the_answer_is_awaited_is_not_forgotten() {
    for answer in ["unknown", "sent", "later"] {
        let (world, told) = told(&format!(
            "Mon 11:25 | server hangs
             Mon 11:31 | the acknowledgement to anna is found
             Mon 11:32 | server says {answer}
             Mon 11:32 | server says sent
             Mon 16:00 | wait"
        ));
        assert!(reasons(&world).is_empty(), "{answer}: {told}");
        assert!(matches!(acknowledgement(&world), RowState::Sent { .. }));
        let acknowledged = world.mails_to("alice");
        assert_eq!(acknowledged, ["acknowledged (case 1 without a deadline)"]);
    }
}

#[test]
fn a_mailbox_that_can_not_be_looked_at_is_waited_for_but_not_for_long() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | alice goes blind
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:40 | wait
         Mon 11:50 | wait",
    );
    let [reason] = reasons(&world).try_into().expect("one mail");
    assert_eq!(
        reason,
        "could not tell whether the acknowledgement was taken, and the mailbox \"alice\" could \
         not be looked at for its copy: ackd was interrupted while sending"
    );
    assert!(told.contains("Mon 11:41 acknowledgement held"), "{told}");
}

#[test]
fn a_mailbox_that_is_seen_again_in_time_is_looked_at() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | alice goes blind
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:36 | alice is seen
         Mon 11:50 | wait",
    );
    assert_eq!(reasons(&world), [HELD_NO_COPY], "{told}");
    assert!(told.contains("Mon 11:36 acknowledgement held"), "{told}");
}

#[test]
fn half_of_the_time_before_the_deadline_is_left_to_the_owner() {
    let (_, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | alice goes blind
         Mon 11:52 | crash
         Mon 11:52 | server says sent
         Mon 16:00 | wait",
    );
    assert!(told.contains("Mon 11:56 acknowledgement held"), "{told}");
}

#[test]
fn where_no_time_is_left_the_owner_is_told_at_once() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:59 | crash
         Mon 11:59 | server says sent
         Mon 11:59 | wait",
    );
    let [reason] = reasons(&world).try_into().expect("one mail");
    assert!(reason.contains("no time was left"), "{told}");
    assert!(told.contains("Mon 11:59 acknowledgement held"), "{told}");
}

#[test]
fn after_the_deadline_there_is_time_to_look() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 12:30 | crash
         Mon 12:30 | server says sent
         Mon 16:00 | wait",
    );
    assert_eq!(reasons(&world), [HELD_NO_COPY], "{told}");
    assert!(told.contains("Mon 12:31 acknowledgement held"), "{told}");
}

#[test]
fn without_any_sent_folder_the_owner_is_told_at_once() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | clients has no Sent folder
         Mon 11:31 | alice has no Sent folder
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:31 | wait",
    );
    let [reason] = reasons(&world).try_into().expect("one mail");
    assert!(reason.contains("there is no Sent folder"), "{told}");
    assert!(told.contains("Mon 11:31 acknowledgement held"), "{told}");
}

#[test]
fn a_mailbox_without_a_sent_folder_is_not_waited_for() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | clients has no Sent folder
         Mon 11:31 | clients goes blind
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:50 | wait",
    );
    assert_eq!(reasons(&world), [HELD_NO_COPY], "{told}");
    assert!(told.contains("Mon 11:32 acknowledgement held"), "{told}");
}

#[test]
fn another_crash_neither_ends_nor_prolongs_the_search() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | alice goes blind
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:35 | crash
         Mon 11:40 | crash
         Mon 11:42 | wait
         Mon 11:45 | crash
         Mon 16:00 | wait",
    );
    assert_eq!(reasons(&world).len(), 1, "{told}");
    assert!(told.contains("Mon 11:41 acknowledgement held"), "{told}");
}

#[test]
fn a_copy_that_comes_late_settles_what_is_held_and_nobody_is_told_again() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:40 | the acknowledgement to anna is found
         Mon 16:00 | wait",
    );
    assert!(matches!(acknowledgement(&world), RowState::Sent { .. }));
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledgement held (case 1 due Mon 12:00)"],
        "{told}"
    );
    let state = world.only_case().state;
    assert!(matches!(state, CaseState::Acknowledged { .. }), "{state:?}");
}

#[test]
fn whoever_answered_meanwhile_is_told_nothing() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:31 | alice replies to q1 as a1 for anna
         Mon 16:00 | wait",
    );
    assert!(world.mails_to("alice").is_empty(), "{told}");
    assert!(reasons(&world).is_empty(), "{told}");
}

#[test]
fn a_clock_that_falls_back_begins_the_search_anew() {
    let (world, told) = told(
        "Mon 11:25 | server hangs
         Mon 11:31 | alice goes blind
         Mon 11:31 | crash
         Mon 11:31 | server says sent
         Mon 11:32 | our clock falls back
         Mon 09:32 | crash
         Mon 09:50 | wait",
    );
    assert_eq!(reasons(&world).len(), 1, "{told}");
    assert!(told.contains("Mon 09:42 acknowledgement held"), "{told}");
}
