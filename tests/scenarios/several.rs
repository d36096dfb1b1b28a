//! Several people of a client wait in one conversation, each for an answer of his own.

use ackd::domain::rules::Mode;

use super::check;
use super::world::{Choice, World};

fn observing() -> Choice {
    Choice {
        mode: Mode::Observe,
        ..Choice::default()
    }
}

fn reminding() -> Choice {
    Choice {
        remind_before: &["30m"],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

/// Who waits, with the mails, in all cases: `arno q2`.
fn waiting(world: &World) -> Vec<String> {
    let cases = world.book.cases();
    let mails = cases.flat_map(|case| case.unanswered());
    let mut told: Vec<String> = mails
        .map(|mail| {
            let id = mail.message_id.as_ref().expect("an id").as_str();
            let id = id.split('@').next().unwrap_or_default();
            format!("{} {id}", mail.author.address.local())
        })
        .collect();
    told.sort();
    told
}

/// Both answer our circular; what of it waits after a line.
fn circular(line: &str) -> World {
    let mut world = World::new(&observing());
    world.play(&format!(
        "Mon 09:00 | alice writes c0 to anna,arno: New price list
         Mon 09:10 | anna replies to c0 as q1 for clients
         Mon 09:15 | arno replies to c0 as q2 for clients
         {line}"
    ));
    world
}

#[test]
fn an_answer_to_one_leaves_the_other_waiting() {
    for (line, left) in [
        ("alice replies to c0,q1 as a1 for anna", "arno q2"),
        ("alice replies to q1 as a1 for anna", "arno q2"),
        ("alice replies to c0,q2 as a1 for arno", "anna q1"),
        ("alice replies to c0 as a1 for anna", "arno q2"),
        ("alice writes a1 to anna: Your question", "arno q2"),
        ("alice writes a1 to arno: Your question", "anna q1"),
        ("q1 is flagged answered at alice", "arno q2"),
        ("q2 is flagged answered at alice", "anna q1"),
    ] {
        let world = circular(&format!("Mon 09:30 | {line}"));
        assert_eq!(waiting(&world), [left], "{line}");
    }
}

#[test]
fn an_answer_to_all_or_one_that_names_both_leaves_nobody_waiting() {
    for line in [
        "alice replies to c0,q1 as a1 for anna,arno",
        "alice replies to q1 as a1 for arno,anna",
        "alice writes a1 to anna,arno: Your questions",
        "alice replies to q1,q2 as a1 for anna",
    ] {
        let world = circular(&format!("Mon 09:30 | {line}"));
        assert!(world.book.is_empty(), "{line}: {:?}", waiting(&world));
    }
    let mut world = circular("Mon 09:30 | alice replies to c0,q1 as a1 for anna");
    world.play("Mon 09:40 | alice replies to c0,q2 as a2 for arno");
    assert!(world.book.is_empty());
    let mut world = circular("Mon 09:30 | phoned 1");
    assert!(world.book.is_empty(), "a word settles the whole case");
    world.play("Mon 09:40 | reopen 1");
    assert_eq!(waiting(&world), ["anna q1", "arno q2"]);
}

#[test]
fn who_answers_what_was_added_to_a_mail_answers_that_mail_too() {
    for names in ["q1,q2", "q2"] {
        let mut world = World::new(&observing());
        world.play(&format!(
            "Mon 09:10 | anna writes q1 to clients: Project
             Mon 09:15 | arno replies to q1 as q2 for clients
             Mon 09:30 | alice replies to {names} as a1 for arno"
        ));
        assert!(world.book.is_empty(), "{names}: {:?}", waiting(&world));
    }
}

#[test]
fn the_other_has_a_clock_of_his_own_and_reminders_name_his_mail() {
    let script = |who_first: &str, who_then: &str| {
        format!(
            "Mon 09:00 | alice writes c0 to anna,arno: New price list
             Mon 09:10 | {who_first} replies to c0 as q1 for clients
             Mon 10:20 | {who_then} replies to c0 as q2 for clients
             Mon 11:50 | alice replies to c0,q1 as a1 for {who_first}
             Mon 12:30 | wait"
        )
    };
    let world = check(
        &reminding(),
        &script("anna", "arno"),
        "Mon 09:10 · 1 case opened for acme
         Mon 10:20 · 1 further mail in case for acme
         Mon 11:40 reminder (case 1 due Mon 12:10) → alice
         Mon 11:50 · 1 answered in part by a…@northwind.example: a reply that names the mail; 1 of 2 mails wait on, which it neither names nor goes to the authors of",
    );
    assert_eq!(waiting(&world), ["arno q2"]);
    let mut world = world;
    world.play("Mon 13:30 | wait");
    assert_eq!(
        world.mails_to("alice"),
        [
            "reminder (case 1 due Mon 12:10)",
            "reminder (case 1 due Mon 13:20)"
        ]
    );
}

#[test]
fn whoever_was_reminded_of_the_older_mail_hears_nothing_new_when_the_newer_is_answered() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | alice writes c0 to anna,arno: New price list
         Mon 09:10 | anna replies to c0 as q1 for clients
         Mon 09:15 | arno replies to c0 as q2 for clients
         Mon 11:45 | alice replies to c0,q2 as a1 for arno
         Mon 16:00 | wait",
    );
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 12:10)"]);
    assert_eq!(waiting(&world), ["anna q1"]);
}

#[test]
fn in_whatever_order_they_are_seen_the_same_one_waits() {
    let lines = [
        "Mon 09:00 | alice writes c0 to anna,arno: New price list",
        "Mon 09:10 | anna replies to c0 as q1 for clients",
        "Mon 09:15 | arno replies to c0 as q2 for clients",
        "Mon 09:30 | alice replies to c0,q1 as a1 for anna",
    ];
    for order in [[3, 2, 1, 0], [1, 3, 2, 0], [2, 3, 0, 1], [0, 3, 1, 2]] {
        let mut world = World::new(&observing());
        world.deliver_as_of = true;
        world.play(&order.map(|at| lines[at]).join("\n"));
        assert_eq!(waiting(&world), ["arno q2"], "{order:?}");
    }
}

#[test]
fn a_reopened_case_takes_back_the_answer_that_closed_it_and_no_other() {
    let mut world = circular(
        "Mon 09:30 | alice replies to c0,q1 as a1 for anna
         Mon 09:40 | alice replies to c0,q2 as a2 for arno",
    );
    world.play("Mon 09:50 | reopen 1");
    assert_eq!(waiting(&world), ["arno q2"]);
}

#[test]
fn what_is_passed_on_to_somebody_else_answers_nobody_but_him() {
    for line in [
        "alice replies to q1 as f1 for arno: Fwd: Broken door",
        "alice replies to q1 as f1 for bob,arno: WG: Broken door",
        "alice replies to q1 as f1 for arno: I: Porta rotta",
    ] {
        let mut world = World::new(&observing());
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Broken door
             Mon 09:10 | {line}"
        ));
        assert_eq!(waiting(&world), ["anna q1"], "{line}");
    }
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Broken door
         Mon 09:10 | alice replies to q1 as f1 for anna,arno: Fwd: Broken door",
    );
    assert!(
        world.book.is_empty(),
        "passed on to its author it answers him"
    );
}

#[test]
fn a_reply_to_where_the_client_wants_it_answers_him() {
    let asked = "Mon 09:00 | anna writes q1 to clients: Ticket 77 answered at helper";
    let answered = "Mon 09:10 | alice replies to q1 as a1 for helper: Re: Ticket 77";
    for script in [
        format!("{asked}\n{answered}"),
        format!("{answered}\n{asked}"),
    ] {
        let mut world = World::new(&observing());
        world.deliver_as_of = true;
        world.play(&script);
        assert!(world.all_cases()[0].messages().count() == 1);
        assert!(world.book.is_empty(), "{script}");
    }
}

#[test]
fn only_a_reply_that_names_the_mail_answers_at_another_address() {
    for line in [
        "alice writes a1 to helper: Ticket 77",
        "alice replies to q0 as a1 for helper: Re: Ticket 77",
        "alice replies to q1 as a1 for eve: Re: Ticket 77",
        "alice replies to q1 as a1 for helper: Fwd: Ticket 77",
    ] {
        let mut world = World::new(&observing());
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Ticket 77 answered at helper
             Mon 09:10 | {line}"
        ));
        assert_eq!(waiting(&world), ["anna q1"], "{line}");
    }
    // Where the team itself is answered, nothing changes.
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Ticket 77 answered at bob
         Mon 09:10 | alice replies to q1 as a1 for bob: Re: Ticket 77",
    );
    assert_eq!(waiting(&world), ["anna q1"]);
}

#[test]
fn after_an_answer_elsewhere_the_conversation_goes_on() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Ticket 77 answered at helper
         Mon 09:10 | alice replies to q1 as a1 for helper: Re: Ticket 77
         Mon 09:20 | anna replies to a1 as q2 for clients: Re: Ticket 77",
    );
    assert_eq!(world.only_case().id.0, 1);
    assert_eq!(waiting(&world), ["anna q2"]);
}

#[test]
fn two_mails_of_different_people_under_one_id_are_two() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Order 1
         Mon 09:00 | arno writes q1 to clients: Order 2
         Mon 09:05 | q1 also arrives at alice
         Mon 09:06 | crash
         Mon 09:07 | q1 also arrives at alice",
    );
    assert_eq!(waiting(&world), ["anna q1", "arno q1"]);
    let told = world.transcript.join("\n");
    let noted = told.matches("the Message-ID and the date of another's");
    assert_eq!(noted.count(), 1, "{told}");
    world.play("Mon 09:10 | alice replies to q1 as a1 for arno");
    assert_eq!(waiting(&world), ["anna q1"], "the id says not whose it is");
    world.play("Mon 09:20 | alice replies to q1 as a2 for anna");
    assert!(world.book.is_empty());
}
