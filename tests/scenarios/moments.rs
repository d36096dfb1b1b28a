//! What came before what: clocks that disagree, and mail that crosses a mail of ours.

use ackd::domain::rules::Mode;

use super::world::{Choice, World};

fn reminding() -> Choice {
    Choice {
        mode: Mode::Full,
        remind_before: &["30m"],
        escalate_after: &["0m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

#[test]
fn a_mail_after_an_answer_waits_although_the_clock_of_the_server_runs_ahead() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | clocks run ahead
         Mon 09:01 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | alice replies to q1 as a1 for anna
         Mon 10:02 | anna replies to a1 as q2 for clients",
    );
    assert_eq!(world.only_case().unanswered().count(), 1);
    world.play("Mon 13:00 | wait");
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 13:01)"]);
}

#[test]
fn of_mails_from_the_future_that_are_seen_at_once_the_later_one_stays_later() {
    // An hour without a look; then all that came meanwhile is read in one moment.
    let mut world = World::new(&reminding());
    world.now = super::world::moment("Mon 10:03");
    world.deliver_as_of = true;
    world.play(
        "Mon 10:00 | clocks run ahead
         Mon 10:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:01 | alice replies to q1 as a1 for anna
         Mon 10:02 | anna replies to a1 as q2 for clients",
    );
    let case = world.only_case();
    assert_eq!(case.unanswered().count(), 1);
    let late = case.messages().filter(|own| own.received_at > world.now);
    assert_eq!(
        late.count(),
        0,
        "nobody gains time by a clock that runs ahead"
    );
    world.play("Mon 10:02 | alice replies to q2 as a2 for anna");
    assert!(world.book.is_empty(), "both are answered");
}
