//! What came before what: clocks that disagree, and mail that crosses a mail of ours.

use ackd::domain::case::{Case, CaseEvent, CaseState};
use ackd::domain::outbox::RowState;
use ackd::domain::rules::Mode;

use super::world::{Choice, World};

fn acknowledging() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &["0m"],
        ..Choice::default()
    }
}

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
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 13:02)"]);
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
    let late = case.messages().filter(|own| own.clock_from > world.now);
    assert_eq!(
        late.count(),
        0,
        "nobody gains time by a clock that runs ahead"
    );
    world.play("Mon 10:02 | alice replies to q2 as a2 for anna");
    assert!(world.book.is_empty(), "both are answered");
}

#[test]
fn an_answer_that_is_seen_while_our_own_clock_is_hours_behind_answers() {
    for answer in ["replies to q1 as a1 for anna", "writes a1 to anna: Invoice"] {
        let mut world = World::new(&reminding());
        world.play(&format!(
            "Mon 12:00 | anna writes q1 to clients: Invoice wrong
             Mon 12:10 | our clock falls back
             Mon 10:20 | alice {answer}"
        ));
        let told = world.transcript.join("\n");
        assert!(world.book.is_empty(), "{answer}:\n{told}");
        let [case] = &world.all_cases()[..] else {
            panic!("one case: {told}");
        };
        let CaseState::Answered { at, .. } = case.state else {
            panic!("{:?}", case.state);
        };
        assert_eq!(at, super::world::moment("Mon 10:20"), "as our clock counts");
        world.play(
            "Mon 10:30 | our clock is right again
             Mon 12:40 | anna replies to a1 as q2 for clients",
        );
        assert_eq!(world.only_case().unanswered().count(), 1);
    }
}

#[test]
fn what_is_acknowledged_or_settled_lay_before_us_whatever_the_clocks_say() {
    // Hours ahead, so that by its server the mail is later than all that we do about it.
    for last in ["phoned 1", "wait"] {
        let mut world = World::new(&acknowledging());
        world.play(&format!(
            "Mon 12:30 | our clock falls back
             Mon 10:31 | anna writes q1 to clients: urgent: Invoice wrong
             Mon 11:25 | {last}"
        ));
        let told = world.transcript.join("\n");
        let cases = world.all_cases();
        assert_eq!(cases.len(), 1, "{told}");
        match (last, cases[0].state) {
            ("phoned 1", CaseState::Settled { .. }) | ("wait", CaseState::Acknowledged { .. }) => {}
            (_, other) => panic!("{last}: {other:?}\n{told}"),
        }
        // What comes now was not there, and waits by itself.
        world.play("Mon 11:26 | anna replies to q1 as q2 for clients");
        let CaseState::Waiting { since, .. } = world.only_case().state else {
            panic!("{:?}", world.only_case().state);
        };
        assert_eq!(since, super::world::moment("Mon 11:26"));
    }
}

#[test]
fn a_word_said_after_our_clock_was_set_back_settles_what_was_seen_before() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 12:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:10 | our clock falls back
         Mon 10:20 | phoned 1",
    );
    assert!(world.book.is_empty(), "{}", world.transcript.join("\n"));
}

fn acknowledgements(case: &Case) -> usize {
    let events = case.happenings.iter().map(|known| &known.event);
    events
        .filter(|event| matches!(event, CaseEvent::Acknowledged { .. }))
        .count()
}

#[test]
fn a_mail_that_comes_while_the_acknowledgement_is_on_its_way_waits_by_itself() {
    let mut world = World::new(&acknowledging());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:49 | server hangs
         Mon 11:55 | anna replies to q1 as q2 for clients
         Mon 11:58 | server says sent",
    );
    assert_eq!(world.mails_to("anna"), ["acknowledgement from clients"]);
    let due = world.book.deadlines(world.only_case().id).0;
    assert_eq!(
        due,
        Some(super::world::moment("Mon 14:55")),
        "q2 is not what we acknowledged"
    );
    world.play("Mon 16:00 | wait");
    let told = world.mails_to("alice");
    assert!(
        told.contains(&"escalation (case 1 due Mon 14:55)"),
        "{told:?}"
    );
}

#[test]
fn two_acknowledgements_on_their_way_when_their_cases_become_one_are_one_in_its_line() {
    for first in ["sent", "refused"] {
        let mut world = World::new(&acknowledging());
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Invoice wrong
             Mon 09:05 | arno writes p1 to clients: Server down
             Mon 11:49 | server hangs
             Mon 11:52 | anna replies to q1 as q2 for clients
             Mon 11:56 | anna replies to q1,p1 as q3 for clients
             Mon 11:57 | server says {first}"
        ));
        let expected = usize::from(first == "sent");
        assert_eq!(acknowledgements(world.only_case()), expected);
        world.play("Mon 12:10 | separate p1 from 1");
        let parts = world.all_cases();
        assert_eq!(parts.iter().filter(|case| case.is_open()).count(), 2);
        for part in parts.iter().filter(|case| case.is_open()) {
            assert!(acknowledgements(part) <= 1, "{part:?}");
        }
    }
}

#[test]
fn an_answer_to_our_acknowledgement_belongs_to_its_case() {
    let choice = Choice {
        answer_within: Some("8h"),
        ..acknowledging()
    };
    let mut world = World::new(&choice);
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:00 | wait
         Mon 12:10 | anna answers our mail as q2 for clients",
    );
    assert_eq!(world.only_case().messages().count(), 2);
    world.play("Mon 12:20 | alice replies to q2 as a1 for anna");
    assert!(world.book.is_empty(), "{}", world.transcript.join("\n"));
}

#[test]
fn an_answer_to_our_acknowledgement_finds_the_mail_it_acknowledged_after_a_separation() {
    let mut world = World::new(&acknowledging());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | arno replies to q1 as q2 for clients
         Mon 11:49 | server says later
         Mon 11:51 | separate q2 from 1
         Mon 11:52 | server says sent
         Mon 11:53 | wait
         Mon 12:10 | arno answers our mail as q3 for clients",
    );
    let all = world.all_cases();
    let of = |id: u64| all.iter().find(|case| case.id.0 == id).expect("a case");
    assert_eq!(
        of(1).messages().count(),
        1,
        "{}",
        world.transcript.join("\n")
    );
    assert_eq!(
        of(2).messages().count(),
        2,
        "{}",
        world.transcript.join("\n")
    );
}

#[test]
fn a_refused_acknowledgement_does_not_put_away_the_one_that_still_waits() {
    for (refused, waiting) in [("anna", "arno"), ("arno", "anna")] {
        let mut world = World::new(&acknowledging());
        world.play(&format!(
            "Mon 09:00 | {refused} writes q1 to clients: Invoice wrong
             Mon 09:05 | {waiting} writes p1 to clients: Server down
             Mon 11:49 | server says refused
             Mon 11:51 | server says later
             Mon 11:56 | {refused} replies to q1,p1 as q3 for clients
             Mon 11:57 | server says sent
             Mon 12:00 | wait"
        ));
        let all = world.transcript.join("\n");
        assert_eq!(
            world.mails_to(waiting),
            ["acknowledgement from clients"],
            "{all}"
        );
        let given_up = world.rows().into_iter().filter(|row| {
            row.purpose.is_to_client() && matches!(row.state, RowState::GivenUp { .. })
        });
        assert_eq!(given_up.count(), 1, "what was refused stays in sight");
    }
}

#[test]
fn what_names_an_answer_came_after_it_whatever_the_clocks_say() {
    for answer in ["replies to q1 as a1 for anna", "writes a1 to anna: Invoice"] {
        let mut world = World::new(&reminding());
        // The answer's copy is dated by a server minutes ahead; the next mail comes to another.
        world.play(&format!(
            "Mon 09:01 | anna writes q1 to clients: Invoice wrong
             Mon 10:00 | clocks run ahead
             Mon 10:01 | alice {answer}
             Mon 10:02 | clocks are right
             Mon 10:03 | anna replies to a1 as q2 for clients"
        ));
        let told = world.transcript.join("\n");
        assert_eq!(world.only_case().unanswered().count(), 1, "{told}");
        world.play("Mon 13:02 | wait");
        let [reminder] = &world.mails_to("alice")[..] else {
            panic!("one reminder: {:?}", world.mails_to("alice"));
        };
        assert!(reminder.ends_with("due Mon 13:03)"), "{reminder}");
        world.play("Mon 13:03 | alice replies to q2 as a2 for anna");
        assert!(world.book.is_empty(), "{}", world.transcript.join("\n"));
    }
}

#[test]
fn a_mail_that_comes_after_a_word_waits_although_an_earlier_one_is_from_the_future() {
    // By the first server's clock, q1 came at 12:31; the word is placed behind it.
    let mut world = World::new(&reminding());
    world.play(
        "Mon 12:30 | our clock falls back
         Mon 10:31 | anna writes q1 to clients: Invoice wrong
         Mon 10:40 | phoned 1
         Mon 10:45 | clocks are right
         Mon 10:50 | anna replies to q1 as q2 for clients",
    );
    let told = world.transcript.join("\n");
    let CaseState::Waiting { since, .. } = world.only_case().state else {
        panic!("{:?}:\n{told}", world.only_case().state);
    };
    assert_eq!(since, super::world::moment("Mon 10:50"), "{told}");
}

#[test]
fn what_is_added_to_a_mail_that_comes_late_is_not_answered_before_it_was_written() {
    for (first, expected) in [
        // The answer was written before the client added to his mail, and after.
        (
            "Mon 09:30 | alice replies to q1 as a1 for anna\nMon 10:00 | anna replies to q1 as q2 for clients",
            1,
        ),
        (
            "Mon 10:00 | anna replies to q1 as q2 for clients\nMon 10:30 | alice replies to q1 as a1 for anna",
            0,
        ),
    ] {
        let mut world = World::new(&reminding());
        // q1 itself was held up on its way; a colleague had a copy nobody watches.
        world.play(&format!(
            "{first}\nMon 11:00 | anna writes q1 to clients: Invoice wrong"
        ));
        let waiting: usize = world
            .book
            .cases()
            .map(|case| case.unanswered().count())
            .sum();
        let told = world.transcript.join("\n");
        assert_eq!(waiting, expected, "{first}:\n{told}");
    }
}
