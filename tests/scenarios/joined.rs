//! Two cases that turn out to be one: nobody gets anything twice, and nothing is lost.

use ackd::domain::outbox::{Purpose, RowState};
use ackd::domain::rules::Mode;

use super::world::{Choice, World, address};

fn observing() -> Choice {
    Choice {
        mode: Mode::Observe,
        ..Choice::default()
    }
}

fn acknowledging() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    }
}

fn reminding() -> Choice {
    Choice {
        remind_before: &["30m"],
        escalate_after: &["0m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

/// What was sent to clients.
fn acknowledged(world: &World) -> Vec<&str> {
    let mails = ["anna", "arno"].map(|name| world.mails_to(name));
    mails.concat()
}

/// How many mails of a kind were put away unsent, and why.
fn cancelled(world: &World, purpose: &Purpose) -> Vec<String> {
    let rows = world.rows().into_iter();
    rows.filter(|row| row.purpose == *purpose)
        .filter_map(|row| match row.state {
            RowState::Cancelled { reason, .. } => Some(reason),
            _ => None,
        })
        .collect()
}

#[test]
fn of_two_acknowledgements_on_their_way_one_is_sent() {
    let mut world = World::new(&acknowledging());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:01 | arno replies to q2 as q3 for clients
         Mon 11:45 | server says later
         Mon 11:52 | wait",
    );
    let owed = world.book.outbox().rows.len();
    assert_eq!(owed, 2, "each of the two cases is owed one");
    world.play(
        "Mon 11:52 | anna replies to q1 as q2 for clients
         Mon 11:53 | server says sent
         Mon 16:00 | wait",
    );
    assert_eq!(acknowledged(&world), ["acknowledgement from clients"]);
    let reasons = cancelled(&world, &Purpose::Acknowledgement);
    assert_eq!(
        reasons,
        ["its case belongs to a conversation for which it is sent already"]
    );
    assert!(world.only_case().acknowledgement.is_some());
}

#[test]
fn an_acknowledgement_sent_for_either_part_is_the_only_one() {
    for (first, second) in [("anna", "arno"), ("arno", "anna")] {
        let mut world = World::new(&acknowledging());
        world.play(&format!(
            "Mon 09:00 | {first} writes q1 to clients: Invoice wrong
             Mon 09:20 | {second} replies to q2 as q3 for clients
             Mon 11:55 | {first} replies to q1 as q2 for clients
             Tue 12:00 | wait"
        ));
        let got = acknowledged(&world);
        assert_eq!(got.len(), 1, "{}", world.transcript.join("\n"));
        assert!(world.only_case().id.0 == 1);
    }
}

#[test]
fn an_acknowledgement_that_may_have_been_taken_is_not_followed_by_another() {
    let mut world = World::new(&acknowledging());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:55 | arno replies to q2 as q3 for clients: urgent: server down
         Mon 11:44 | server says unknown
         Mon 11:46 | server says later
         Mon 11:52 | wait
         Mon 11:52 | anna replies to q1 as q2 for clients
         Mon 11:53 | server says sent
         Tue 12:00 | wait",
    );
    assert_eq!(acknowledged(&world), [""; 0]);
    let held = world.rows().into_iter().find(|row| {
        row.purpose == Purpose::Acknowledgement && matches!(row.state, RowState::Held { .. })
    });
    let held = held.expect("one may have been taken").id;
    assert_eq!(world.only_case().acknowledgement, Some(held));
    assert_eq!(cancelled(&world, &Purpose::Acknowledgement).len(), 1);
}

#[test]
fn of_two_reminders_of_one_stage_on_their_way_one_is_sent() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | arno replies to q2 as q3 for clients
         Mon 11:25 | server says later
         Mon 11:41 | wait",
    );
    assert_eq!(world.book.outbox().rows.len(), 2, "one for each case");
    world.play(
        "Mon 11:41 | anna replies to q1 as q2 for clients
         Mon 11:42 | server says sent
         Mon 11:59 | wait",
    );
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 12:00)"]);
    assert_eq!(
        cancelled(&world, &Purpose::Reminder),
        ["its case belongs to a conversation for which it is sent already"]
    );
    world.play("Mon 16:00 | wait");
    for name in ["alice", "lead"] {
        let escalated = world.mails_to(name);
        let escalated = escalated.iter().filter(|mail| mail.starts_with("esc"));
        assert_eq!(escalated.count(), 1, "the later stage comes, once: {name}");
    }
    let all = world.rows();
    let mut keys: Vec<_> = all
        .iter()
        .filter(|row| matches!(row.state, RowState::Sent { .. }))
        .flat_map(|row| row.keys.iter().map(|key| (*key, row.to.clone())))
        .collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count, "no key was sent twice to anybody");
}

#[test]
fn what_one_part_was_reminded_of_is_not_said_again_by_the_whole() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | arno replies to q2 as q3 for clients
         Mon 11:55 | anna replies to q1 as q2 for clients
         Mon 11:59 | wait",
    );
    // Both parts were reminded of before they turned out to be one; nothing more is due.
    assert_eq!(
        world.mails_to("alice"),
        [
            "reminder (case 1 due Mon 12:00)",
            "reminder (case 2 due Mon 12:20)"
        ]
    );
    world.play("Mon 16:00 | wait");
    let reminders = world.mails_to("alice").into_iter();
    let reminders = reminders.filter(|mail| mail.starts_with("reminder"));
    assert_eq!(reminders.count(), 2);
}

#[test]
fn a_mail_on_its_way_that_nobody_needs_any_more_is_cancelled_and_stays_on_record() {
    let mut world = World::new(&Choice {
        remind_before: &["30m"],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:25 | server says later
         Mon 11:51 | wait
         Mon 11:52 | alice replies to q1 as a1 for anna
         Mon 11:53 | server says sent
         Mon 16:00 | wait",
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    assert_eq!(acknowledged(&world), [""; 0]);
    assert!(world.book.outbox().rows.is_empty());
    assert_eq!(
        cancelled(&world, &Purpose::Reminder),
        ["nobody waits any more"]
    );
    assert_eq!(
        cancelled(&world, &Purpose::Acknowledgement),
        ["somebody has answered"]
    );
    let told = world.history(1);
    let not_sent = told.iter().filter(|line| line.contains("not sent"));
    assert_eq!(not_sent.count(), 2, "{told:?}");
}

#[test]
fn a_case_whose_acknowledgement_was_cancelled_may_be_acknowledged_in_a_later_round() {
    let mut world = World::new(&acknowledging());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:45 | server says later
         Mon 11:51 | wait
         Mon 11:52 | alice replies to q1 as a1 for anna
         Mon 11:53 | server says sent
         Tue 13:00 | anna replies to a1 as q2 for clients
         Tue 15:55 | wait",
    );
    let all = world.transcript.join("\n");
    assert_eq!(
        acknowledged(&world),
        ["acknowledgement from clients"],
        "{all}"
    );
}

#[test]
fn a_line_that_several_wrote_glues_nothing() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | arno repeats q1 as r1 for clients
         Mon 09:20 | anna quotes q1 as q2 for clients",
    );
    assert_eq!(world.book.len(), 3, "{}", world.transcript.join("\n"));
}

#[test]
fn a_line_that_another_wrote_before_is_no_sign_that_it_was_quoted_from_here() {
    let mut world = World::new(&observing());
    world.deliver_as_of = true;
    world.play(
        "Mon 09:20 | anna quotes q1 as q2 for clients
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | arno repeats q1 as r1 for clients",
    );
    let of_arno = world.book.cases().find(|case| {
        let mut people = case.messages().map(|message| &message.author.address);
        people.any(|own| *own == address("arno"))
    });
    let of_arno = of_arno.expect("arno waits");
    assert_eq!(of_arno.messages().count(), 1, "nothing is glued to it");
}

/// Mails that answer q0 and a dozen others each, until the case of q0 takes no more.
fn well_linked(case: u64) -> World {
    let mut world = World::new(&observing());
    world.play("Mon 09:00 | anna writes q0 to clients: Invoice wrong");
    for mail in 1..200 {
        let others: Vec<String> = (0..11).map(|other| format!("x{mail}-{other}")).collect();
        let parents = format!("{},q0", others.join(","));
        let (hour, minute) = (9 + mail / 60, mail % 60);
        world.play(&format!(
            "Mon {hour:02}:{minute:02} | anna replies to {parents} as q{mail} for clients"
        ));
        if world.book.len() as u64 > case {
            return world;
        }
    }
    panic!("a case takes links without end");
}

#[test]
fn a_case_linked_with_very_many_mails_is_full_and_further_mail_has_a_clock_of_its_own() {
    let mut world = well_linked(1);
    let links = world.book.cases().next().map(|case| case.thread.len());
    let links = links.expect("the first case");
    assert!((900..=1000).contains(&links), "{links}");
    let newest = world.book.cases().last().expect("a case").clone();
    assert_eq!(newest.messages().count(), 1);
    let id = newest
        .messages()
        .next()
        .and_then(|own| own.message_id.clone());
    let id = id.expect("an id");
    let name = id.as_str().split_once('@').expect("a domain").0;
    assert!(
        world.book.deadlines(newest.id).0.is_some(),
        "its clock runs"
    );
    // A full case still ends: the answer that names both mails reaches both.
    world.play(&format!(
        "Mon 15:30 | alice replies to q0,{name} as a1 for anna"
    ));
    assert!(world.book.is_empty(), "{:?}", world.book.cases().last());
}

#[test]
fn a_mail_of_a_full_case_is_answered_by_its_own_id_alone() {
    let mut world = well_linked(1);
    let first = world.book.cases().next().expect("the first case");
    let newest = first
        .messages()
        .next_back()
        .and_then(|own| own.message_id.clone());
    let newest = newest.expect("an id");
    let name = newest.as_str().split_once('@').expect("a domain").0;
    world.play(&format!(
        "Mon 15:30 | alice replies to {name} as a1 for anna"
    ));
    assert!(world.book.cases().all(|case| case.id.0 != 1));
}

#[test]
fn two_cases_with_too_many_links_together_stay_two_and_both_wait() {
    let mut world = World::new(&observing());
    for first in ["p", "q"] {
        world.play(&format!(
            "Mon 09:00 | anna writes {first}0 to clients: Invoice {first}"
        ));
        for mail in 1..50 {
            let others: Vec<String> = (0..11).map(|to| format!("x{first}{mail}-{to}")).collect();
            let parents = format!("{},{first}0", others.join(","));
            let subject = format!("Re: Invoice {first}{mail}");
            world.play(&format!(
                "Mon 09:01 | anna replies to {parents} as {first}{mail} for clients: {subject}"
            ));
        }
    }
    assert_eq!(world.book.len(), 2);
    world.play("Mon 09:02 | anna replies to p0,q0 as r1 for clients");
    assert_eq!(world.book.len(), 2, "each goes on by itself");
    let mails: usize = world.book.cases().map(|case| case.messages().count()).sum();
    assert_eq!(mails, 101, "no mail is lost");
}

/// A chain of cases, each joined to the one before: the mail of each answers one that was never
/// seen.
fn chained(cases: usize) -> World {
    let mut world = World::new(&observing());
    for mail in 1..=cases {
        world.play(&format!(
            "Mon 09:00 | anna replies to x{mail} as q{mail} for clients: Matter {mail}"
        ));
    }
    for mail in (2..=cases).rev() {
        let before = mail - 1;
        world.play(&format!(
            "Mon 09:01 | anna replies to q{before},q{mail} as r{mail} for clients: Matter {mail}"
        ));
    }
    assert_eq!(world.only_case().id.0, 1);
    assert_eq!(world.only_case().messages().count(), 2 * cases - 1);
    world.play("Mon 09:10 | alice replies to q1 as a1 for anna");
    assert!(world.book.is_empty());
    world
}

#[test]
fn a_case_is_found_by_the_mail_of_the_last_of_many_that_were_joined_to_it() {
    let mut world = chained(30);
    world.play(
        "Mon 09:11 | crash
         Mon 09:12 | anna replies to x30 as s1 for clients: Matter 30",
    );
    assert_eq!(world.only_case().id.0, 1, "it is reopened");
}

#[test]
fn a_copy_of_the_mail_of_the_last_of_many_joined_cases_is_known() {
    let mut world = chained(30);
    world.play(
        "Mon 09:11 | crash
         Mon 09:12 | q30 also arrives at alice
         Mon 09:13 | q29 also arrives at alice as y29",
    );
    assert!(world.book.is_empty(), "no mail is taken for a new one");
    let first = &world.all_cases()[0];
    assert_eq!(first.messages().count(), 59);
    assert_eq!(first.holders().count(), 61);
}

#[test]
fn numbers_of_rounds_that_a_join_makes_one_are_not_given_out_again() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice
         Mon 09:01 | anna writes p1 to clients: Server
         Mon 09:30 | alice writes m1 to anna: Hello
         Mon 09:40 | anna replies to q1 as q2 for clients: Re: Invoice
         Mon 12:50 | wait
         Mon 12:51 | reopen 2
         Mon 12:52 | anna replies to q2,p1 as q3 for clients
         Mon 12:55 | alice replies to q3 as a3 for anna
         Mon 13:00 | anna replies to a3 as q4 for clients
         Mon 16:30 | wait",
    );
    let mut sent = std::collections::BTreeSet::new();
    for row in world.rows() {
        for key in row
            .keys
            .iter()
            .filter(|_| matches!(row.state, RowState::Sent { .. }))
        {
            assert!(
                sent.insert((*key, row.to.clone())),
                "{key:?} was sent twice"
            );
        }
    }
    let told = world.mails_to("alice");
    assert!(
        told.contains(&"reminder (case 1 due Mon 16:00)"),
        "{told:?}"
    );
}

/// Mails that are received when the story says so, before the daemon was first started, too.
fn since_eight() -> World {
    let mut world = World::new(&observing());
    world.deliver_as_of = true;
    world
}

#[test]
fn mails_that_answer_old_mail_are_one_conversation_in_any_order() {
    let lines = [
        "Mon 07:10 | alice replies to q0 as a0 for anna",
        "Mon 09:00 | anna replies to a0 as q1 for clients: Old",
        "Mon 09:05 | arno replies to q0 as q2 for clients: Old",
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        for between in ["wait", "crash"] {
            let mut world = since_eight();
            for line in order {
                world.play(lines[line]);
                world.play(&format!("Mon 09:06 | {between}"));
            }
            assert_eq!(world.only_case().messages().count(), 2, "{order:?}");
        }
    }
}

#[test]
fn an_answer_to_an_old_mail_answers_what_belongs_to_its_conversation() {
    let lines = [
        "Mon 07:10 | anna replies to a0 as q0 for clients: Old",
        "Mon 09:00 | anna replies to a0 as q1 for clients: Old",
        "Mon 09:30 | alice replies to q0 as a1 for anna",
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        for between in ["wait", "crash"] {
            let mut world = since_eight();
            for line in order {
                world.play(lines[line]);
                world.play(&format!("Mon 09:31 | {between}"));
            }
            assert!(world.book.is_empty(), "{order:?}");
            let case = &world.all_cases()[0];
            assert_eq!(case.messages().count(), 1, "the old one waits for nothing");
        }
    }
}

#[test]
fn old_mail_connects_no_two_clients_and_opens_no_case() {
    let mut world = since_eight();
    world.play(
        "Mon 07:00 | anna writes q0 to clients: Old
         Mon 07:10 | alice replies to q0 as a0 for anna,paul
         Mon 07:20 | paul replies to a0 as p0 for clients: Old",
    );
    assert!(world.all_cases().is_empty());
    world.play(
        "Mon 09:00 | anna replies to a0 as q1 for clients: Old
         Mon 09:05 | paul replies to q0 as p1 for clients: Old
         Mon 09:10 | paul replies to p0 as p2 for clients: Old",
    );
    let mails = world.book.cases().map(|case| case.messages().count());
    assert_eq!(mails.collect::<Vec<_>>(), [1, 2]);
}
