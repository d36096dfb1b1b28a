//! A day at the office, in words: what comes in on the left, what ackd does on the right.

mod absent;
mod acknowledged;
mod answers;
mod check_ins;
mod copies;
mod joined;
mod moments;
mod mornings;
mod outage;
mod rebuilt;
mod reloaded;
mod replies;
mod roads;
mod rounds;
mod separated;
mod several;
mod told;
mod uncertain;
mod words;
mod world;

use ackd::domain::outbox::Purpose;
use ackd::domain::rules::Mode;
use world::{Choice, World};

/// Plays a scenario and compares what happened, line by line.
fn check(choice: &Choice, script: &str, expected: &str) -> World {
    let mut world = World::new(choice);
    let happened = world.play(script);
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(
        happened.lines().collect::<Vec<_>>(),
        expected,
        "\nall that happened:\n{happened}\n"
    );
    world
}

#[test]
fn nobody_answers_so_the_owner_is_reminded_and_the_client_acknowledged() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 acknowledgement from clients → anna",
    );
}

#[test]
fn an_answer_in_the_thread_stops_everything() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:40 · 1 case answered by a…@northwind.example: a reply that names the mail",
    );
}

#[test]
fn an_answer_in_a_new_thread_counts_too() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice writes a1 to anna: About your invoice
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:40 · 1 case answered by a…@northwind.example: a new mail to the same contact",
    );
}

#[test]
fn a_mail_among_colleagues_answers_nothing() {
    let world = check(
        &Choice {
            mode: Mode::Observe,
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice replies to q1 as f1 for bob
         Mon 09:50 | wait",
        "Mon 09:00 · 1 case opened for acme",
    );
    assert!(world.only_case().is_open());
}

#[test]
fn without_acknowledging_the_deadline_is_escalated() {
    let choice = Choice {
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    check(
        &choice,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 12:00 escalation (case 1 due Mon 12:00) → alice
         Mon 12:00 escalation (case 1 due Mon 12:00) → lead
         Mon 14:00 escalation (case 1 due Mon 12:00) → alice
         Mon 14:00 escalation (case 1 due Mon 12:00) → lead",
    );
}

#[test]
fn the_close_of_the_day_caps_the_deadline_and_escalation_goes_on_in_the_morning() {
    let choice = Choice {
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    check(
        &choice,
        "Mon 15:30 | anna writes q1 to clients: Invoice wrong
         Tue 12:00 | wait",
        "Mon 15:30 · 1 case opened for acme
         Mon 15:30 reminder (case 1 due Mon 17:00) → alice
         Mon 16:30 reminder (case 1 due Mon 17:00) → alice
         Mon 17:00 escalation (case 1 due Mon 17:00) → alice
         Mon 17:00 escalation (case 1 due Mon 17:00) → lead
         Tue 11:00 escalation (case 1 due Mon 17:00) → alice
         Tue 11:00 escalation (case 1 due Mon 17:00) → lead",
    );
}

#[test]
fn urgent_mail_is_due_sooner() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: urgent: server down
         Mon 11:00 | wait",
        "Mon 09:00 · 1 case opened for acme, urgent
         Mon 09:00 reminder (case 1 due Mon 10:00) → alice
         Mon 09:30 reminder (case 1 due Mon 10:00) → alice
         Mon 09:50 acknowledgement from clients → anna",
    );
}

#[test]
fn the_oldest_mail_rules_and_the_third_makes_it_urgent() {
    let choice = Choice {
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    let world = check(
        &choice,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | anna replies to q1 as q2 for clients
         Mon 09:20 | anna replies to q2 as q3 for clients
         Mon 09:51 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:10 · 1 further mail in case for acme
         Mon 09:20 · 1 further mail in case for acme
         Mon 09:20 reminder (case 1 due Mon 10:20) → alice
         Mon 09:50 reminder (case 1 due Mon 10:20) → alice",
    );
    assert_eq!(world.only_case().messages().count(), 3);
}

#[test]
fn one_mail_in_two_mailboxes_is_one_case() {
    let world = check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:01 | q1 also arrives at alice
         Mon 09:10 | wait",
        "Mon 09:00 · 1 case opened for acme",
    );
    assert_eq!(world.only_case().holders().count(), 2);
}

#[test]
fn a_mail_after_our_acknowledgement_starts_a_new_clock_but_no_second_acknowledgement() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:55 | anna replies to q1 as q2 for clients
         Mon 15:10 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 acknowledgement from clients → anna
         Mon 11:55 · 1 case reopened for acme
         Mon 13:25 reminder (case 1 due Mon 14:55) → alice
         Mon 14:25 reminder (case 1 due Mon 14:55) → alice
         Mon 14:55 escalation (case 1 due Mon 14:55) → alice
         Mon 14:55 escalation (case 1 due Mon 14:55) → lead",
    );
}

#[test]
fn a_mail_after_an_answer_reopens_the_case() {
    check(
        &Choice {
            auto_acknowledge_before: None,
            remind_before: &["30m"],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 10:00 | anna replies to a1 as q2 for clients
         Mon 12:45 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:40 · 1 case answered by a…@northwind.example: a reply that names the mail
         Mon 10:00 · 1 case reopened for acme
         Mon 12:30 reminder (case 1 due Mon 13:00) → alice",
    );
}

#[test]
fn without_any_reminder_the_owner_hears_of_the_acknowledgement() {
    check(
        &Choice {
            remind_before: &[],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 13:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:50 acknowledgement from clients → anna
         Mon 11:50 acknowledged (case 1 without a deadline) → alice",
    );
}

#[test]
fn the_answer_clock_runs_on_after_the_acknowledgement() {
    let choice = Choice {
        answer_within: Some("6h"),
        remind_before: &["30m"],
        escalate_after: &["0m"],
        ..Choice::default()
    };
    check(
        &choice,
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 acknowledgement from clients → anna
         Mon 14:30 reminder (case 1 due Mon 15:00) → alice
         Mon 15:00 escalation (case 1 due Mon 15:00) → alice
         Mon 15:00 escalation (case 1 due Mon 15:00) → lead",
    );
}

#[test]
fn a_blind_mailbox_holds_the_acknowledgement_and_tells_the_owner_while_reminders_go() {
    check(
        &Choice {
            remind_before: &["30m"],
            escalate_after: &["0m"],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | clients goes blind
         Mon 12:30 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 · 1 acknowledgement held: the mailbox \"clients\" could not be looked at
         Mon 11:50 acknowledgement held (case 1 due Mon 12:00) → alice
         Mon 12:00 escalation (case 1 due Mon 12:00) → alice
         Mon 12:00 escalation (case 1 due Mon 12:00) → lead
         Mon 12:10 · 1 not acknowledged: the deadline has passed for too long",
    );
}

#[test]
fn a_mailbox_seen_again_in_time_lets_the_acknowledgement_go() {
    check(
        &Choice {
            remind_before: &["30m"],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:00 | clients goes blind
         Mon 11:55 | clients is seen
         Mon 11:57 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 · 1 acknowledgement held: the mailbox \"clients\" could not be looked at
         Mon 11:50 acknowledgement held (case 1 due Mon 12:00) → alice
         Mon 11:55 acknowledgement from clients → anna",
    );
}

#[test]
fn what_may_have_been_taken_is_never_sent_to_a_client_again() {
    let world = check(
        &Choice {
            remind_before: &[],
            escalate_after: &[],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says unknown
         Mon 11:51 | server says sent
         Mon 16:00 | crash
         Mon 16:30 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:50 · 1 could not tell whether the acknowledgement was taken; looking for its copy in the Sent folder: the scenario says so
         Mon 11:51 · 1 could not tell whether the acknowledgement was taken, and no copy of it lies in a Sent folder: the scenario says so
         Mon 11:51 · 1 acknowledgement-held to a…@northwind.example put off by 15 s: the scenario says so
         Mon 11:51 acknowledgement held (case 1 due Mon 12:00) → alice",
    );
    assert!(world.mails_to("anna").is_empty());
}

#[test]
fn a_reminder_that_may_have_been_taken_is_sent_again() {
    let world = check(
        &Choice {
            remind_before: &["30m"],
            escalate_after: &[],
            auto_acknowledge_before: None,
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says later
         Mon 11:31 | server says sent
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 15 s: the scenario says so
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 30 s: the scenario says so
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 60 s: the scenario says so
         Mon 11:31 reminder (case 1 due Mon 12:00) → alice",
    );
    assert_eq!(world.mails_to("alice").len(), 1);
}

#[test]
fn a_refused_mail_is_given_up_in_plain_sight() {
    let world = check(
        &Choice {
            remind_before: &["30m"],
            escalate_after: &[],
            auto_acknowledge_before: None,
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says refused
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 · 1 reminder to a…@northwind.example given up: the scenario says so",
    );
    assert_eq!(world.book.outbox().rows.len(), 1, "it stays in sight");
}

#[test]
fn an_answer_between_decision_and_sending_cancels_the_mail() {
    check(
        &Choice {
            remind_before: &["30m"],
            escalate_after: &[],
            auto_acknowledge_before: None,
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says later
         Mon 11:31 | alice replies to q1 as a1 for anna
         Mon 11:31 | server says sent
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 15 s: the scenario says so
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 30 s: the scenario says so
         Mon 11:30 · 1 reminder to a…@northwind.example put off by 60 s: the scenario says so
         Mon 11:31 · 1 case answered by a…@northwind.example: a reply that names the mail
         Mon 11:31 · 1 reminder to a…@northwind.example not sent: nobody waits any more",
    );
}

#[test]
fn two_reminders_for_one_person_within_a_minute_become_one_mail() {
    check(
        &Choice {
            remind_before: &["30m"],
            escalate_after: &[],
            auto_acknowledge_before: None,
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:01 | paul writes p1 to clients: Logo
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 09:01 · 2 case opened for partner
         Mon 11:30 reminder (case 1 due Mon 12:00, case 2 due Mon 12:01) → alice",
    );
}

#[test]
fn a_crash_repeats_nothing() {
    check(
        &Choice::default(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:31 | crash
         Mon 11:31 | crash
         Mon 11:51 | crash
         Mon 16:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 acknowledgement from clients → anna",
    );
}

#[test]
fn in_observe_nothing_is_sent_and_the_log_says_what_would_have_been() {
    let world = check(
        &Choice {
            mode: Mode::Observe,
            remind_before: &["30m"],
            escalate_after: &["0m"],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 13:00 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 11:30 · 1 would send a reminder to a…@northwind.example about 1 case(s)
         Mon 11:50 · 1 would have come to the acknowledgement to the client; nothing sent
         Mon 12:00 · 1 would send a escalation to a…@northwind.example about 1 case(s)
         Mon 12:00 · 1 would send a escalation to l…@northwind.example about 1 case(s)",
    );
    assert!(world.mails_to("alice").is_empty());
}

#[test]
fn from_observe_to_full_owners_get_one_summary_and_old_mail_is_never_acknowledged() {
    let mut world = World::new(&Choice {
        mode: Mode::Observe,
        escalate_after: &[],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | paul writes p1 to clients: Logo",
    );
    world.rules.mode = Mode::Full;
    world.play(
        "Mon 10:00 | crash
         Mon 16:00 | wait",
    );
    assert_eq!(
        world.mails_to("alice")[0],
        "summary (case 1 due Mon 12:00, case 2 due Mon 12:30)"
    );
    assert!(world.mails_to("anna").is_empty());
    assert!(world.mails_to("paul").is_empty());
}

#[test]
fn what_falls_due_while_ackd_is_down_collapses_into_the_last_rung() {
    let mut world = World::new(&Choice {
        auto_acknowledge_before: None,
        ..Choice::default()
    });
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong");
    world.now = world::moment("Mon 12:30");
    world.play(
        "Mon 12:30 | crash
         Mon 13:00 | wait",
    );
    assert_eq!(
        world.mails_to("alice"),
        ["escalation (case 1 due Mon 12:00)"]
    );
}

#[test]
fn an_answer_seen_before_its_question_still_answers_it() {
    let mut world = World::new(&Choice::default());
    world.play(
        "Mon 09:10 | alice replies to q1 as a1 for anna
         Mon 09:11 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
    );
    assert!(world.book.is_empty(), "{}", world.transcript.join("\n"));
    assert!(world.mails_to("alice").is_empty());
}

#[test]
fn the_answered_flag_is_weak_evidence_but_evidence() {
    let mut world = World::new(&Choice::default());
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | q1 is flagged answered at alice
         Mon 16:00 | wait",
    );
    assert!(happened.contains("weak evidence"), "{happened}");
    assert!(world.book.is_empty());
}

#[test]
fn a_phone_call_settles_a_case() {
    let mut world = World::new(&Choice::default());
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | phoned 1
         Mon 16:00 | wait",
    );
    assert!(happened.ends_with("· 1 case settled: phoned"), "{happened}");
}

#[test]
fn two_clients_in_one_thread_have_a_case_each_and_answers_reach_the_right_one() {
    let mut world = World::new(&Choice {
        mode: Mode::Observe,
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:05 | paul replies to q1 as p1 for clients
         Mon 09:20 | alice replies to q1 as a1 for anna",
    );
    assert_eq!(world.only_case().client.as_str(), "partner");
}

#[test]
fn a_copy_that_came_through_a_list_does_not_hide_the_direct_one() {
    let mut world = World::new(&Choice::default());
    let happened = world.play(
        "Mon 09:00 | q1 of anna reaches alice through a list
         Mon 09:01 | q1 also arrives at clients",
    );
    assert!(happened.ends_with("· 1 case opened for acme"), "{happened}");
}

#[test]
fn the_answer_clock_is_not_told_twice_when_the_client_asks_again() {
    let world = check(
        &Choice {
            answer_within: Some("6h"),
            remind_before: &["90m"],
            escalate_after: &[],
            ..Choice::default()
        },
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 13:40 | anna replies to q1 as q2 for clients
         Mon 13:41 | wait",
        "Mon 09:00 · 1 case opened for acme
         Mon 10:30 reminder (case 1 due Mon 12:00) → alice
         Mon 11:50 acknowledgement from clients → anna
         Mon 13:30 reminder (case 1 due Mon 15:00) → alice
         Mon 13:40 · 1 case reopened for acme",
    );
    assert_eq!(world.mails_to("alice").len(), 2);
}

#[test]
fn a_mail_server_that_comes_back_at_night_brings_nobody_a_mail_at_night() {
    let mut world = World::new(&Choice {
        auto_acknowledge_before: None,
        remind_before: &["30m"],
        escalate_after: &[],
        ..Choice::default()
    });
    let happened = world.play(
        "Mon 15:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | server says later
         Mon 20:00 | server says sent
         Mon 23:00 | wait
         Tue 09:01 | wait",
    );
    let last = happened.lines().last().expect("something happened");
    assert!(last.starts_with("Tue 09:00 reminder"), "{happened}");
}

#[test]
fn what_is_held_for_many_senders_is_one_mail_to_the_owner() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:00 | arno writes r1 to clients: Logo
         Mon 10:00 | clients goes blind
         Mon 11:55 | wait",
    );
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledgement held (case 1 due Mon 12:00, case 2 due Mon 12:00)"]
    );
}

#[test]
fn what_is_not_acknowledged_for_several_reasons_is_one_mail_to_the_owner() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:55 | alice replies to q1 as a1 for anna
         Mon 12:10 | anna writes q2 to clients: Server down
         Mon 12:10 | arno writes r1 to alice: Logo
         Mon 12:20 | alice goes blind
         Mon 15:05 | wait",
    );
    let held = world
        .rows()
        .into_iter()
        .filter_map(|row| match row.purpose {
            Purpose::AcknowledgementHeld { reason } => Some((row.keys.len(), reason)),
            _ => None,
        });
    let reason = "the mailbox \"alice\" could not be looked at (case 3); \
                  this sender had one within the limit's time (case 2)";
    assert_eq!(held.collect::<Vec<_>>(), [(2, reason.to_owned())]);
}

#[test]
fn a_refused_acknowledgement_does_not_use_up_the_limit_of_its_sender() {
    for (verdict, sent) in [("refused", 1), ("unknown", 0)] {
        let mut world = World::new(&Choice {
            remind_before: &[],
            escalate_after: &[],
            ..Choice::default()
        });
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Invoice wrong
             Mon 11:45 | server says {verdict}
             Mon 11:55 | server says sent
             Mon 12:00 | alice replies to q1 as a1 for anna
             Mon 12:05 | crash
             Mon 12:10 | anna writes q2 to clients: Server down
             Mon 16:00 | wait"
        ));
        assert_eq!(world.mails_to("anna").len(), sent, "{verdict}");
    }
}

#[test]
fn an_acknowledgement_that_never_went_out_is_told_and_does_not_count() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | server says later
         Mon 12:30 | server says sent
         Mon 13:30 | wait",
    );
    assert!(world.mails_to("anna").is_empty());
    assert_eq!(
        world.mails_to("alice"),
        ["acknowledgement held (case 1 due Mon 12:00)"],
        "{}",
        world.transcript.join("\n")
    );
    assert_eq!(world.only_case().acknowledgement, None);
}

#[test]
fn the_end_does_not_depend_on_the_order_in_which_mail_is_seen() {
    let seen = |script: &str| {
        let mut world = World::new(&Choice {
            mode: Mode::Observe,
            ..Choice::default()
        });
        world.deliver_as_of = true;
        world.play(script);
        let mut states: Vec<String> = world
            .all_cases()
            .iter()
            .map(|case| format!("{} {}", case.client, case.state.as_str()))
            .collect();
        states.sort();
        states
    };
    let in_order = seen(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 09:40 | paul writes p1 to clients: Logo
         Mon 09:50 | alice writes b1 to paul: Your logo",
    );
    let answers_first = seen(
        "Mon 09:30 | alice replies to q1 as a1 for anna
         Mon 09:50 | alice writes b1 to paul: Your logo
         Mon 09:40 | paul writes p1 to clients: Logo
         Mon 09:00 | anna writes q1 to clients: Invoice wrong",
    );
    assert_eq!(in_order, ["acme answered", "partner answered"]);
    assert_eq!(answers_first, in_order);
}
