//! What people say about mail that is owed, and about who is reminded.

use std::time::Duration;

use ackd::domain::absence::AwayDays;
use ackd::domain::address::AddressPattern;
use ackd::domain::decide;
use ackd::domain::ids::{CaseId, OutboxId};
use ackd::domain::outbox::{Purpose, RowState};
use ackd::domain::rules::{Mode, RuleParts, Rules, Team};

use crate::world::{Choice, World, address};

impl World {
    /// `retry 1`, `release 1`, `drop 1`: about a mail. `assign 1 to bob`, `assign 1 by default`:
    /// about a case.
    pub(crate) fn say_by_hand(&mut self, words: &[&str]) {
        let number = |text: &str| text.parse().expect("a number");
        let (book, rules, now) = (&self.book, &self.rules, self.now);
        let said = match words {
            ["retry", id] => decide::retry(book, rules, OutboxId(number(id)), "carol", now)
                .map_err(|refusal| refusal.to_string()),
            ["release", id] => decide::release(book, rules, OutboxId(number(id)), "carol", now)
                .map_err(|refusal| refusal.to_string()),
            ["drop", id] => decide::drop_mail(book, rules, OutboxId(number(id)), "carol", now)
                .map_err(|refusal| refusal.to_string()),
            ["assign", id, rest @ ..] => {
                let id = CaseId(number(id));
                let to = match rest {
                    ["to", who] => Some(address(who)),
                    ["by", "default"] => None,
                    other => panic!("to whom? {other:?}"),
                };
                let known = self.known_cases(vec![id]);
                let (book, rules) = (&self.book, &self.rules);
                decide::assign(book, rules, known, id, to.as_ref(), "carol", now)
                    .map_err(|refusal| refusal.to_string())
            }
            ["away", who, days] => {
                let days = AwayDays::parse(days).expect("days");
                decide::go_away(book, rules, &address(who), days, "carol", now)
                    .map_err(|refusal| refusal.to_string())
            }
            ["back", who] => decide::come_back(book, rules, &address(who), "carol", now)
                .map_err(|refusal| refusal.to_string()),
            [who, "is", "out", "of", "office:", text @ ..] => {
                return self.out_of_office(who, &text.join(" "));
            }
            other => panic!("the scenario says what nobody understands: {other:?}"),
        };
        match said {
            Ok(decisions) => self.carry_out(decisions),
            Err(refusal) => self.say(format!("refused: {refusal}")),
        }
    }
}

/// Acknowledges at 11:50 what came at 9:00, and sends nothing else by itself.
fn acknowledging() -> Choice {
    Choice {
        remind_before: &[],
        escalate_after: &[],
        ..Choice::default()
    }
}

/// At noon the acknowledgement, mail 1, is held: nobody knows whether anna has it.
const HELD: &str = "Mon 09:00 | anna writes q1 to clients: Invoice wrong
     Mon 11:45 | server says unknown
     Mon 11:50 | server says sent
     Mon 12:00 | wait";

fn played(choice: &Choice, scripts: &[&str]) -> (World, String) {
    let mut world = World::new(choice);
    let happened = world.play(&scripts.join("\n"));
    (world, happened)
}

/// The rules of a house in which only these are of the team.
fn with_team(rules: &Rules, people: &[&str]) -> Rules {
    let people = people
        .iter()
        .map(|who| AddressPattern::Address(address(who)));
    Rules::new(RuleParts {
        mode: rules.mode,
        team: Team {
            patterns: people.collect(),
            ..rules.team.clone()
        },
        clients: rules.clients.clone(),
        policies: rules.policies.clone(),
        calendars: rules.calendars.clone(),
        mailboxes: rules.mailboxes.clone(),
        limits: rules.limits,
        people: rules.people.clone(),
        keep_subjects: rules.keep_subjects,
    })
}

/// The acknowledgements anna got.
fn acknowledgements(world: &World) -> usize {
    let sent = world.mails_to("anna");
    sent.iter()
        .filter(|what| what.starts_with("acknowledgement"))
        .count()
}

#[test]
fn a_held_acknowledgement_is_released_hours_later_and_stops_the_clock() {
    let (world, happened) = played(
        &acknowledging(),
        &[HELD, "Mon 15:00 | release 1", "Mon 15:01 | wait"],
    );
    insta::assert_snapshot!(happened, @"
    Mon 09:00 · 1 case opened for acme
    Mon 11:50 · 1 could not tell whether the acknowledgement was taken; looking for its copy in the Sent folder: the scenario says so
    Mon 11:51 · 1 could not tell whether the acknowledgement was taken, and no copy of it lies in a Sent folder: the scenario says so
    Mon 11:51 acknowledgement held (case 1 due Mon 12:00) → alice
    Mon 15:00 · 1 acknowledgement to a…@acme.example released by carol
    Mon 15:00 acknowledgement from clients → anna
    Mon 15:00 acknowledged (case 1 without a deadline) → alice
    ");
    assert_eq!(acknowledgements(&world), 1);
    let history = world.history(1).join("\n");
    assert!(
        history.contains("acknowledgement to a…@acme.example released by carol"),
        "{history}"
    );
}

#[test]
fn what_is_held_goes_out_by_release_only_and_what_is_not_can_not_be_released() {
    let (world, happened) = played(
        &acknowledging(),
        &[
            HELD,
            "Mon 12:01 | retry 1
             Mon 12:02 | release 2
             Mon 12:03 | release 77
             Mon 12:04 | server hangs
             Mon 12:05 | release 1
             Mon 12:06 | drop 1
             Mon 12:07 | retry 1",
        ],
    );
    let refused: Vec<&str> = happened
        .lines()
        .filter(|line| line.contains("refused:"))
        .collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    Mon 12:01 refused: mail 1 is held because the client may have it already; "ackd outbox release 1" sends it all the same, "ackd outbox drop 1" puts it away
    Mon 12:02 refused: there is no mail 2 in the outbox; "ackd outbox" lists what is there
    Mon 12:03 refused: there is no mail 77 in the outbox; "ackd outbox" lists what is there
    Mon 12:06 refused: mail 1 is on its way to the mail server, or its copy is looked for; look again in some minutes what came of it: "ackd outbox"
    Mon 12:07 refused: mail 1 is on its way to the mail server, or its copy is looked for; look again in some minutes what came of it: "ackd outbox"
    "#);
    assert_eq!(acknowledgements(&world), 0, "it is on its way");
}

#[test]
fn what_nobody_needs_any_more_is_not_released() {
    let (world, happened) = played(
        &acknowledging(),
        &[
            HELD,
            "Mon 13:00 | alice replies to q1 as a1 for anna\nMon 13:05 | release 1",
        ],
    );
    assert!(
        happened.ends_with(
            "refused: mail 1 would not be sent: somebody has answered; \
             \"ackd outbox drop 1\" puts it away"
        ),
        "{happened}"
    );
    assert_eq!(acknowledgements(&world), 0);
}

#[test]
fn a_released_acknowledgement_whose_outcome_is_unknown_again_is_held_again() {
    let (mut world, _) = played(
        &acknowledging(),
        &[
            HELD,
            "Mon 12:10 | server says unknown\nMon 12:11 | release 1\nMon 12:20 | wait",
        ],
    );
    let row = &world.rows()[0];
    assert!(matches!(row.state, RowState::Held { .. }), "{row:?}");
    world.play("Mon 12:30 | crash\nMon 12:31 | server says sent\nMon 13:00 | wait");
    assert_eq!(acknowledgements(&world), 0, "it needs a word of its own");
    world.play("Mon 13:10 | release 1\nMon 13:20 | wait");
    assert_eq!(acknowledgements(&world), 1);
}

/// The client may have had it before it was released: if it becomes superfluous then, the case
/// is not free for another one.
#[test]
fn a_released_acknowledgement_is_never_followed_by_another() {
    let story = |word: &str| {
        let script = format!(
            "Mon 12:10 | server says later
             Mon 12:11 | {word}
             Mon 12:30 | alice replies to q1 as a1 for anna
             Mon 12:40 | server says sent
             Mon 13:20 | anna replies to a1 as q2 for clients
             Tue 12:00 | wait"
        );
        let mut world = World::new(&acknowledging());
        // Else that alone would keep the second one back.
        world.rules.limits.per_sender_every = Duration::ZERO;
        let happened = world.play(&format!("{HELD}\n{script}"));
        (acknowledgements(&world), happened)
    };
    for word in ["release 1", "drop 1"] {
        let (sent, happened) = story(word);
        assert_eq!(sent, 0, "{word}:\n{happened}");
    }
}

#[test]
fn a_release_outlives_a_crash_before_it_is_sent() {
    let (world, happened) = played(
        &acknowledging(),
        &[
            HELD,
            "Mon 12:10 | export
             Mon 12:15 | clients goes blind
             Mon 12:20 | rebuild
             Mon 12:21 | release 1
             Mon 12:22 | crash
             Mon 12:23 | clients is seen
             Mon 12:30 | wait",
        ],
    );
    assert_eq!(acknowledgements(&world), 1, "{happened}");
}

#[test]
fn a_dropped_acknowledgement_tells_nobody_and_stays_in_the_history() {
    let (mut world, _) = played(&acknowledging(), &[HELD]);
    let before = world.mails_to("alice").len();
    world.play("Mon 12:10 | drop 1\nMon 12:11 | drop 1\nFri 12:00 | wait");
    assert_eq!(acknowledgements(&world), 0);
    assert_eq!(world.mails_to("alice").len(), before);
    let history = world.history(1).join("\n");
    assert!(
        history.ends_with("acknowledgement to a…@acme.example dropped by carol"),
        "{history}"
    );
    assert!(world.book.outbox().rows.is_empty());
    let case = world.only_case();
    assert!(case.is_open(), "anna waits for an answer all the same");
}

#[test]
fn a_reminder_that_was_given_up_is_tried_again_and_one_nobody_needs_is_not() {
    let reminding = Choice {
        remind_before: &["90m"],
        escalate_after: &[],
        mode: Mode::Remind,
        ..Choice::default()
    };
    let (mut world, _) = played(
        &reminding,
        &["Mon 09:00 | anna writes q1 to clients: Invoice wrong
           Mon 10:00 | server says refused
           Mon 11:00 | server says sent
           Mon 11:05 | wait"],
    );
    assert_eq!(world.mails_to("alice"), [""; 0]);
    world.play("Mon 11:10 | retry 1\nMon 11:11 | wait");
    assert_eq!(world.mails_to("alice"), ["reminder (case 1 due Mon 12:00)"]);
    let row = &world.rows()[0];
    assert!(matches!(row.state, RowState::Sent { .. }), "{row:?}");
    let happened = world.play("Mon 11:12 | retry 1");
    assert!(
        happened.ends_with("\"ackd outbox\" lists what is there"),
        "{happened}"
    );
}

#[test]
fn an_acknowledgement_that_was_refused_goes_out_late_if_somebody_says_so() {
    let (world, happened) = played(
        &acknowledging(),
        &["Mon 09:00 | anna writes q1 to clients: Invoice wrong
           Mon 11:45 | server says refused
           Mon 11:51 | server says sent
           Mon 14:00 | retry 1
           Mon 14:01 | wait"],
    );
    assert_eq!(acknowledgements(&world), 1, "{happened}");
}

#[test]
fn while_only_looking_on_nothing_is_sent_by_hand_either() {
    let (mut world, _) = played(&acknowledging(), &[HELD]);
    for (mode, why) in [
        (Mode::Observe, "the mode is observe"),
        (Mode::Remind, "the mode does not allow mail to clients"),
    ] {
        world.rules.mode = mode;
        let happened = world.play("Mon 12:30 | release 1");
        let last = happened.lines().last().expect("a line");
        assert!(last.contains(why), "{last}");
    }
}

#[test]
fn reminders_go_to_whom_the_case_is_assigned_also_after_a_restart() {
    let choice = Choice {
        mode: Mode::Remind,
        ..Choice::default()
    };
    let (mut world, _) = played(
        &choice,
        &["Mon 09:00 | anna writes q1 to clients: Invoice wrong
           Mon 09:10 | assign 1 to bob
           Mon 10:00 | crash
           Mon 13:00 | wait"],
    );
    let due = "(case 1 due Mon 12:00)";
    let told = ["reminder", "reminder", "escalation"].map(|what| format!("{what} {due}"));
    assert_eq!(world.mails_to("bob"), told);
    assert_eq!(world.mails_to("alice"), [""; 0]);
    assert_eq!(world.mails_to("lead"), [format!("escalation {due}")]);
    let history = world.history(1).join("\n");
    assert!(
        history.contains("assigned to b…@northwind.example by carol"),
        "{history}"
    );

    world.play("Mon 13:30 | assign 1 by default\nMon 14:05 | wait");
    assert_eq!(world.mails_to("bob").len(), 3);
    assert_eq!(world.mails_to("alice"), [format!("escalation {due}")]);
}

#[test]
fn an_assignment_lasts_through_the_rounds_of_a_case_and_goes_on_where_two_become_one() {
    let choice = Choice {
        mode: Mode::Remind,
        remind_before: &["30m"],
        escalate_after: &[],
        ..Choice::default()
    };
    let (world, _) = played(
        &choice,
        &["Mon 09:00 | anna writes q1 to clients: Invoice wrong
           Mon 09:10 | assign 1 to bob
           Mon 09:20 | alice replies to q1 as a1 for anna
           Mon 09:30 | anna replies to a1 as q2 for clients
           Mon 12:30 | anna writes q3 to clients: Poster
           Mon 12:40 | anna replies to q2,q3 as q4 for clients
           Mon 16:00 | wait"],
    );
    let case = world.only_case();
    assert_eq!(case.assigned_to, Some(address("bob")));
    assert_eq!(world.mails_to("bob"), ["reminder (case 1 due Mon 12:30)"]);
    assert_eq!(world.mails_to("alice"), [""; 0]);
}

#[test]
fn nobody_outside_the_team_is_reminded() {
    let choice = Choice {
        mode: Mode::Remind,
        remind_before: &["30m"],
        escalate_after: &[],
        ..Choice::default()
    };
    let (mut world, happened) = played(
        &choice,
        &["Mon 09:00 | anna writes q1 to clients: Invoice wrong
           Mon 09:10 | assign 1 to eve
           Mon 09:11 | assign 1 to anna
           Mon 09:12 | assign 1 to bob"],
    );
    let refused = happened
        .lines()
        .filter(|line| line.contains("is not of the team"));
    assert_eq!(refused.count(), 2, "{happened}");
    // Bob leaves: the configuration does not know him any more.
    world.rules = with_team(&world.rules, &["alice", "lead"]);
    world.play("Mon 12:00 | wait");
    assert_eq!(world.mails_to("bob"), [""; 0]);
    assert_eq!(world.mails_to("alice").len(), 1);
    assert!(
        world
            .rows()
            .iter()
            .all(|row| row.purpose == Purpose::Reminder)
    );
}
