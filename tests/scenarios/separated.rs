//! A mail that was put into the wrong conversation becomes a case of its own, in one step.

use std::collections::BTreeSet;

use ackd::domain::case::Case;
use ackd::domain::ids::CaseId;
use ackd::domain::outbox::RowState;
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
        escalate_after: &["0m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

/// The Message-IDs of a case's mails, without their domain.
fn mails(world: &World, id: u64) -> Vec<String> {
    let all = world.all_cases();
    let case = all.iter().find(|case| case.id == CaseId(id));
    let ids = case.expect("a case").messages();
    ids.filter_map(|own| {
        Some(
            own.message_id
                .as_ref()?
                .as_str()
                .split_once('@')?
                .0
                .to_owned(),
        )
    })
    .collect()
}

fn open(world: &World) -> Vec<u64> {
    world.book.cases().map(|case| case.id.0).collect()
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

#[test]
fn a_mail_glued_by_its_quotes_gets_a_clock_of_its_own() {
    let world = check(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | arno quotes q1 as q2 for clients
         Mon 10:10 | separate q2 from 1
         Mon 11:00 | alice replies to q1 as a1 for anna
         Mon 14:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:00 · 1 further mail in case for acme
         Mon 10:10 · 2 a mail was separated from case 1: it is a case of its own
         Mon 11:00 · 1 case answered by a…@northwind.example: a reply that names the mail
         Mon 12:30 reminder (case 2 due Mon 13:00) → alice
         Mon 13:00 escalation (case 2 due Mon 13:00) → alice
         Mon 13:00 escalation (case 2 due Mon 13:00) → lead",
    );
    assert_eq!(mails(&world, 1), ["q1"]);
    assert_eq!(mails(&world, 2), ["q2"]);
    assert_eq!(world.only_case().contact.address.local(), "arno");
}

#[test]
fn what_was_separated_is_not_glued_again_after_a_restart_or_a_second_look() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | arno quotes q1 as q2 for clients
         Mon 10:10 | separate q2 from 1
         Mon 10:20 | crash
         Mon 10:21 | q2 also arrives at alice
         Mon 10:22 | q1 also arrives at alice
         Mon 10:23 | q2 also arrives at bob as x2
         Mon 10:24 | crash
         Mon 10:25 | q2 also arrives at alice",
    );
    assert_eq!(open(&world), [1, 2]);
    assert_eq!(
        (mails(&world, 1), mails(&world, 2)),
        (vec!["q1".into()], vec!["q2".into()])
    );
    let holders = world.book.cases().map(|case| case.holders().count());
    assert_eq!(
        holders.collect::<Vec<_>>(),
        [2, 4],
        "each copy is a copy of its mail"
    );
}

#[test]
fn mail_that_names_or_quotes_both_goes_to_the_nearest() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | anna replies to q1 as q2 for clients
         Mon 10:10 | separate q2 from 1
         Mon 10:20 | crash
         Mon 10:30 | anna replies to q1,q2 as q3 for clients
         Mon 10:40 | anna replies to q2,q1 as q4 for clients
         Mon 10:50 | anna quotes q2 as q5 for clients",
    );
    assert_eq!(mails(&world, 1), ["q1", "q4"]);
    assert_eq!(mails(&world, 2), ["q2", "q3", "q5"]);
    world.play("Mon 11:00 | alice replies to q1,q2,q3 as a1 for anna");
    assert_eq!(
        open(&world),
        [1],
        "the answer reaches the one it names first of all"
    );
}

#[test]
fn with_a_mail_goes_what_answers_it() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | anna replies to q1 as q2 for clients
         Mon 09:20 | alice replies to q1,q2 as a2 for anna
         Mon 09:30 | anna replies to a2 as q3 for clients
         Mon 09:40 | anna replies to q1 as q4 for clients
         Mon 10:00 | separate q2 from 1",
    );
    assert_eq!(mails(&world, 1), ["q1", "q4"]);
    assert_eq!(mails(&world, 2), ["q2", "q3"]);
    // The answer named the separated mail: the first one waits for its own.
    let first = world.book.case(CaseId(1)).expect("it waits");
    assert_eq!(first.unanswered().count(), 2);
    let second = world.book.case(CaseId(2)).expect("q3 waits");
    assert_eq!(second.unanswered().count(), 1);
}

#[test]
fn a_mail_that_was_answered_by_a_reply_stays_answered() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | arno quotes q1 as q2 for clients
         Mon 10:30 | alice replies to q2 as a2 for arno
         Mon 10:40 | separate q2 from 1",
    );
    assert_eq!(open(&world), [1], "q2 has its answer, q1 has none");
    world.play(
        "Mon 10:50 | crash
         Mon 10:51 | arno replies to a2 as q3 for clients",
    );
    assert_eq!(mails(&world, 2), ["q2", "q3"]);
}

#[test]
fn a_new_thread_answers_either_by_itself() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | arno quotes q1 as q2 for clients
         Mon 10:30 | alice writes n1 to arno: About your question
         Mon 10:40 | separate q2 from 1",
    );
    assert_eq!(open(&world), [1]);
}

#[test]
fn what_somebody_said_was_said_about_the_first_mail() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | arno quotes q1 as q2 for clients
         Mon 10:30 | phoned 1
         Mon 10:40 | separate q2 from 1",
    );
    assert_eq!(open(&world), [2]);
    world.play("Mon 10:50 | reopen 1");
    assert_eq!(open(&world), [1, 2]);
}

#[test]
fn nobody_is_reminded_twice_of_the_same_clock() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | arno quotes q1 as q2 for clients
         Mon 11:35 | separate q1 from 1
         Mon 16:00 | wait",
    );
    // q2 answers no mail by its headers, so q1 alone becomes case 2, with the clock it had.
    assert_eq!(mails(&world, 2), ["q1"]);
    let told = world.mails_to("alice");
    let of = |what: &str| told.iter().filter(|mail| mail.starts_with(what)).count();
    assert_eq!(of("reminder (case 1 due Mon 12:00)"), 1, "{told:?}");
    assert_eq!(of("reminder (case 2"), 0, "{told:?}");
    assert_eq!(of("escalation (case 2 due Mon 12:00)"), 1, "{told:?}");
    assert_eq!(of("escalation (case 1 due Mon 12:20)"), 1, "{told:?}");
    sent_no_key_twice(&world);
}

#[test]
fn a_round_that_was_taken_out_leaves_its_number_unused() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice replies to q1 as a1 for anna
         Mon 09:20 | arno quotes q1 as q2 for clients
         Mon 12:10 | separate q2 from 1
         Mon 13:00 | anna replies to a1 as q3 for clients
         Mon 16:30 | wait",
    );
    let told = world.mails_to("alice");
    let reminders = told.iter().filter(|mail| mail.starts_with("reminder"));
    assert_eq!(reminders.count(), 2, "one for q2, one for q3: {told:?}");
    sent_no_key_twice(&world);
}

#[test]
fn a_reminder_on_its_way_is_about_the_case_whose_clock_it_was() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice replies to q1 as a1 for anna
         Mon 09:20 | arno quotes q1 as q2 for clients
         Mon 11:45 | server says later
         Mon 11:51 | separate q2 from 1
         Mon 11:52 | server says sent
         Mon 12:05 | wait",
    );
    let told = world.mails_to("alice");
    assert_eq!(
        told.first(),
        Some(&"reminder (case 2 due Mon 12:20)"),
        "{told:?}"
    );
}

#[test]
fn a_client_is_not_acknowledged_twice_for_the_same_mail() {
    let mut world = World::new(&Choice::default());
    world.rules.limits.per_sender_every = std::time::Duration::ZERO;
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | anna quotes q1 as q2 for clients
         Mon 11:55 | separate q2 from 1
         Tue 16:00 | wait",
    );
    let acknowledged = world.mails_to("anna");
    assert_eq!(acknowledged.len(), 1, "{}", world.transcript.join("\n"));
    assert!(
        world
            .all_cases()
            .iter()
            .all(|case| case.acknowledgement.is_some())
    );
}

#[test]
fn an_acknowledgement_on_its_way_goes_with_the_mail_it_answers() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | arno quotes q1 as q2 for clients
         Mon 11:45 | server says later
         Mon 11:51 | separate q2 from 1
         Mon 11:52 | server says sent
         Mon 16:00 | wait",
    );
    assert_eq!(
        world.mails_to("arno").len(),
        1,
        "{}",
        world.transcript.join("\n")
    );
    assert_eq!(
        world.mails_to("anna").len(),
        1,
        "q1 is acknowledged by itself"
    );
}

#[test]
fn an_acknowledgement_that_may_have_been_taken_keeps_both_from_another() {
    let mut world = World::new(&Choice::default());
    world.rules.limits.per_sender_every = std::time::Duration::ZERO;
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | anna quotes q1 as q2 for clients
         Mon 11:45 | server says unknown
         Mon 11:51 | server says sent
         Mon 11:52 | separate q2 from 1
         Tue 16:00 | wait",
    );
    assert_eq!(world.mails_to("anna"), [""; 0]);
}

#[test]
fn what_cannot_be_separated_is_refused_in_words() {
    let mut world = World::new(&observing());
    let told = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | anna replies to q1 as q2 for clients
         Mon 09:20 | separate q1 from 1
         Mon 09:21 | separate q9 from 1
         Mon 09:22 | separate q1 from 7",
    );
    for words in [
        "refused: case 1 holds no other mail",
        "refused: case 1 holds no mail of the client with that Message-ID",
        "refused: there is no case 7",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(world.all_cases().len(), 1);
}

#[test]
fn a_mail_separated_from_a_separated_case_is_apart_from_both() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | arno quotes q1 as q2 for clients
         Mon 09:20 | arno replies to q2 as q3 for clients
         Mon 09:30 | separate q2 from 1
         Mon 09:40 | separate q3 from 2
         Mon 09:50 | crash
         Mon 09:51 | q3 also arrives at bob as x3
         Mon 09:52 | q3 also arrives at alice
         Mon 09:53 | arno replies to q1,q2,q3 as q4 for clients",
    );
    assert_eq!(mails(&world, 1), ["q1"]);
    assert_eq!(mails(&world, 2), ["q2"]);
    assert_eq!(mails(&world, 3), ["q3", "q4"]);
    world
        .all_cases()
        .iter()
        .for_each(|case: &Case| case.check().expect("agrees"));
}

#[test]
fn a_separated_case_does_not_bear_the_subject_of_the_other_conversation() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | arno replies to q1 as q2 for clients: Server down
         Mon 09:10 | separate q2 from 1",
    );
    let subjects = world.all_cases().into_iter().map(|case| case.subject);
    assert_eq!(
        subjects.collect::<Vec<_>>(),
        ["Invoice wrong", "Server down"]
    );
}

#[test]
fn what_is_left_of_a_case_bears_the_subject_of_its_own_first_mail() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | arno replies to q1 as q2 for clients: Server down
         Mon 09:06 | arno replies to q9 as q3 for clients: Printer down
         Mon 09:07 | anna replies to q1,q3 as q4 for clients: All of it
         Mon 09:08 | crash
         Mon 09:10 | separate q1 from 1",
    );
    let told: Vec<_> = world.all_cases().into_iter().collect();
    let told = told.iter().filter(|case| case.is_open());
    let told: Vec<_> = told
        .map(|case| (mails(&world, case.id.0), case.subject.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (vec!["q3".into(), "q4".into()], "Printer down"),
            (vec!["q1".into(), "q2".into()], "Invoice wrong")
        ]
    );
}

#[test]
fn where_subjects_are_not_kept_a_separated_case_bears_none() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | arno replies to q1 as q2 for clients: Server down",
    );
    world.rules.keep_subjects = false;
    world.play("Mon 09:10 | separate q2 from 1");
    let subjects = world.all_cases().into_iter().map(|case| case.subject);
    assert_eq!(subjects.collect::<Vec<_>>(), ["Invoice wrong", ""]);
}
