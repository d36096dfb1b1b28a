//! Has somebody answered? What counts, what does not, and how a wrong guess is mended.

use ackd::domain::case::{CaseState, Evidence};
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

/// What was said about the case of q1 after a line.
fn after(line: &str) -> World {
    let mut world = World::new(&observing());
    world.play(&format!(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         {line}"
    ));
    world
}

#[test]
fn what_does_not_answer_a_client() {
    for (why, line) in [
        (
            "a forward to somebody else",
            "alice replies to q1 as f1 for eve",
        ),
        (
            "a mail among colleagues",
            "alice replies to q1 as f1 for bob",
        ),
        (
            "a reply to another client",
            "alice replies to q1 as f1 for paul",
        ),
        (
            "a new thread to another contact",
            "alice writes f1 to arno: Hello",
        ),
        (
            "a colleague's out-of-office reply",
            "alice replies to q1 as f1 for anna with auto-submitted: auto-replied",
        ),
        (
            "a colleague's calendar reply",
            "alice replies to q1 as f1 for anna with content-type: text/calendar; method=REPLY",
        ),
        (
            "a mail that fails DMARC",
            "alice replies to q1 as f1 for anna with authentication-results: \
             mx.northwind.example; dmarc=fail header.from=northwind.example",
        ),
        (
            "a client's own colleague",
            "arno replies to q1 as f1 for anna",
        ),
    ] {
        let world = after(&format!("Mon 09:40 | {line}"));
        let of_anna = world.book.cases().find(|case| case.id.0 == 1);
        assert!(of_anna.is_some_and(|case| case.is_open()), "{why}");
    }
}

#[test]
fn a_verdict_of_a_server_we_do_not_trust_counts_for_nothing() {
    let world = after(
        "Mon 09:40 | alice replies to q1 as a1 for anna with authentication-results: \
         mx.evil.example; dmarc=fail header.from=northwind.example",
    );
    assert!(world.book.is_empty());
}

#[test]
fn a_new_thread_before_the_mail_does_not_answer_it() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 08:50 | alice writes a1 to anna: Hello
         Mon 09:00 | anna writes q1 to clients: Invoice wrong",
    );
    assert!(world.only_case().is_open());
}

#[test]
fn a_new_thread_answers_all_that_its_contact_waits_for_and_nobody_else() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:01 | anna writes q2 to clients: Logo
         Mon 09:02 | arno writes r1 to clients: Order
         Mon 09:40 | alice writes a1 to anna: Both of your questions",
    );
    assert_eq!(world.only_case().id.0, 3);
}

#[test]
fn newer_mail_stays_unanswered_by_the_flag_on_an_older_one() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | anna replies to q1 as q2 for clients
         Mon 09:30 | q1 is flagged answered at alice",
    );
    assert_eq!(world.only_case().unanswered().count(), 1);
}

#[test]
fn a_reply_is_better_evidence_than_the_flag_seen_before_it() {
    let world = after(
        "Mon 09:30 | q1 is flagged answered at alice
         Mon 09:40 | alice replies to q1 as a1 for anna",
    );
    let state = world.all_cases()[0].state;
    let CaseState::Answered { evidence, .. } = state else {
        panic!("not answered: {state:?}");
    };
    assert_eq!(evidence, Evidence::ReplyHeaders);
}

#[test]
fn a_mail_whose_message_id_was_rewritten_is_the_same_mail_under_either_id() {
    let mut world = after("Mon 09:01 | q1 also arrives at alice as x1");
    assert_eq!(world.only_case().messages().count(), 1);
    assert_eq!(world.only_case().holders().count(), 2);
    world.play("Mon 09:30 | q1 also arrives at alice as x1");
    assert_eq!(world.only_case().messages().count(), 1);
    world.play("Mon 09:40 | alice replies to q1 as a1 for anna");
    assert!(world.book.is_empty());
}

#[test]
fn two_mails_of_the_same_second_about_different_matters_are_two() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:00 | anna writes q2 to clients: Logo
         Mon 09:00 | anna writes q3 to alice: Invoice wrong",
    );
    assert_eq!(world.book.len(), 3);
}

#[test]
fn an_answer_without_reply_headers_is_known_by_what_it_quotes() {
    let world = check(
        &observing(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | anna quotes q1 as q2 for clients",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:20 · 1 further mail in case for acme",
    );
    let told = world.history(1);
    assert!(
        told.iter().any(|line| line.contains("weaker evidence")),
        "{told:?}"
    );
}

#[test]
fn another_client_who_quotes_the_same_is_a_stranger() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | paul quotes q1 as p1 for clients",
    );
    assert_eq!(world.book.len(), 2);
}

#[test]
fn a_mail_seen_late_makes_one_case_of_two_and_nobody_is_reminded_twice() {
    let world = check(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | anna replies to q2 as q3 for clients
         Mon 11:40 | anna replies to q1 as q2 for clients
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:20 · 2 case opened for acme
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:40 · 1 case 2 belongs to the same conversation and goes on here
         Mon 11:40 · 1 further mail in case for acme",
    );
    assert_eq!(world.only_case().messages().count(), 3);
}

#[test]
fn a_reminder_on_its_way_is_about_the_case_that_goes_on() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:20 | anna replies to q2 as q3 for clients
         Mon 11:00 | server says later
         Mon 11:51 | anna replies to q1 as q2 for clients
         Mon 11:52 | server says sent
         Mon 16:00 | wait",
    );
    let told: Vec<&str> = world.mails_to("alice");
    assert!(!told.is_empty(), "{}", world.transcript.join("\n"));
    for mail in told {
        assert_eq!(mail, "reminder (case 1 due Mon 12:00)");
    }
}

#[test]
fn a_wrong_answer_is_taken_back_and_seeing_it_again_changes_nothing() {
    let world = check(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice writes a1 to anna: Summer party
         Mon 09:50 | reopen 1
         Mon 09:55 | a1 also arrives at alice
         Mon 10:00 | crash
         Mon 11:40 | wait
         Mon 11:45 | alice replies to q1 as a2 for anna
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:40 · 1 case answered by a…@northwind.example: a new mail to the same contact
         Mon 09:50 · 1 case reopened: what had answered it does not count
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:45 · 1 case answered by a…@northwind.example: a reply that names the mail",
    );
    assert_eq!(world.all_cases().len(), 1);
}

#[test]
fn a_case_with_several_answers_is_reopened_in_one_step() {
    let mut world = after(
        "Mon 09:30 | q1 is flagged answered at alice
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 09:45 | alice writes a2 to anna: Summer party
         Mon 09:50 | reopen 1",
    );
    assert!(world.only_case().is_open());
    world.play("Mon 09:55 | phoned 1\nMon 09:56 | reopen 1");
    assert!(world.only_case().is_open(), "a word is taken back, too");
}

#[test]
fn the_mark_of_an_answer_that_does_not_count_closes_nothing_after_the_reopening() {
    let mut world = after(
        "Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 09:50 | reopen 1",
    );
    world.play("Mon 09:52 | q1 is flagged answered at alice");
    assert!(
        world.only_case().is_open(),
        "the mark tells of the same answer"
    );
}

/// Plays mails as of their time, in the order in which they are seen.
fn seen_as_of(script: &str) -> World {
    let mut world = World::new(&observing());
    world.deliver_as_of = true;
    world.play(script);
    world
}

#[test]
fn a_new_thread_seen_first_answers_nobody_it_was_not_addressed_to() {
    let in_order = "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | alice replies to q1 as a1 for anna
         Mon 09:30 | arno replies to q1 as q2 for clients
         Mon 10:00 | alice writes n1 to anna: Summer party";
    let lines: Vec<&str> = in_order.lines().collect();
    let new_thread_first = [lines[3], lines[0], lines[1], lines[2]].join("\n");
    for script in [in_order.to_owned(), new_thread_first] {
        let world = seen_as_of(&script);
        let waiting: Vec<_> = world.only_case().unanswered().collect();
        assert_eq!(waiting.len(), 1, "{script}");
        assert_eq!(waiting[0].author.address.local(), "arno");
    }
}

#[test]
fn an_answer_to_an_answer_finds_its_question_when_both_are_seen_first() {
    let world = seen_as_of(
        "Mon 10:30 | alice replies to a1 as a2 for anna
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | anna replies to q1 as q2 for clients",
    );
    assert!(world.book.is_empty(), "{}", world.transcript.join("\n"));
}

#[test]
fn why_a_mail_was_judged_as_it_was_is_kept_with_its_case() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: urgent: server down
         Mon 09:10 | crash",
    );
    assert_eq!(
        world.verdicts(1),
        [
            "no-automatic-sign: nothing in it says that a program wrote it",
            "client-author: From: anna@acme.example",
            "urgent-word: \"urgent\" in the subject",
        ]
    );
}

#[test]
fn where_subjects_are_not_kept_no_reason_tells_of_one() {
    let mut world = World::new(&observing());
    world.rules.keep_subjects = false;
    world.play("Mon 09:00 | anna writes q1 to clients: urgent: server down");
    let told = world.verdicts(1).join("\n");
    assert!(told.contains("urgent-word: in the subject"), "{told}");
    for word in ["server", "down", "\"urgent\""] {
        assert!(!told.contains(word), "{told}");
    }
}

#[test]
fn an_answer_that_quotes_only_our_own_text_goes_on_with_our_answer() {
    let world = check(
        &observing(),
        "Mon 09:00 | anna writes q1 to clients: Invoice
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 10:00 | anna quotes a1 as q2 for clients
         Mon 10:30 | alice replies to q2 as a2 for anna",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:30 · 1 case answered by a…@northwind.example: a reply that names the mail
         Mon 10:00 · 1 case reopened for acme
         Mon 10:30 · 1 case answered by a…@northwind.example: a reply that names the mail",
    );
    let told = world.history(1);
    let weaker = told.iter().filter(|line| line.contains("weaker evidence"));
    assert_eq!(weaker.count(), 1, "{told:?}");
}

#[test]
fn in_whatever_order_they_are_seen_our_lines_connect_the_same() {
    let lines = [
        "Mon 09:00 | anna writes q1 to clients: Invoice",
        "Mon 09:30 | alice replies to q1 as a1 for anna: Re: Invoice wrong",
        "Mon 10:00 | anna quotes a1 as q2 for clients",
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let script = order.map(|at| lines[at]).join("\n");
        let world = seen_as_of(&script);
        let case = world.only_case();
        let waiting = case.unanswered().count();
        assert_eq!((case.messages().count(), waiting), (2, 1), "{script}");
        let told = world.history(case.id.0);
        assert!(
            told.iter().any(|line| line.contains("weaker evidence")),
            "{script}: {told:?}"
        );
    }
}

#[test]
fn our_lines_are_no_sign_for_others_or_where_several_of_our_mails_say_them() {
    for (why, line) in [
        (
            "another client",
            "Mon 10:00 | paul quotes a1 as q2 for clients",
        ),
        (
            "two mails of ours say it",
            "Mon 09:40 | alice repeats a1 as a2 for anna
             Mon 10:00 | anna quotes a1 as q2 for clients",
        ),
        (
            "a client said it, too",
            "Mon 09:40 | arno repeats a1 as r1 for clients
             Mon 09:41 | alice replies to r1 as a2 for arno: Order
             Mon 10:00 | anna quotes a1 as q2 for clients",
        ),
    ] {
        let mut world = World::new(&observing());
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Invoice
             Mon 09:30 | alice replies to q1 as a1 for anna
             {line}"
        ));
        let first = &world.all_cases()[0];
        assert_eq!(first.messages().count(), 1, "{why}");
    }
}
