//! What our mails say of the others: who has been told of a case, and whom the next rung reaches.

use ackd::domain::draft::{AcknowledgementProgress, CaseLines, Draft};
use ackd::domain::outbox::SendVerdict;
use ackd::domain::policy::Step;
use ackd::domain::rules::Mode;
use ackd::domain::time::Timestamp;

use super::world::{Choice, World, address};

fn reminding() -> Choice {
    Choice {
        mode: Mode::Remind,
        remind_before: &["30m"],
        ..Choice::default()
    }
}

/// What each mail said of the first of its cases: `alice is told; also lead by escalation of 12:00;
/// next acknowledge at 14:00 to alice, lead`.
fn told(world: &World) -> Vec<String> {
    let drafts = world.drafts.iter();
    let told = drafts.filter_map(|(to, draft)| Some(format!("{to}{}", in_words(cases(draft)?))));
    told.collect()
}

fn cases(draft: &Draft) -> Option<&CaseLines> {
    match draft {
        Draft::Reminder(own)
        | Draft::Escalation(own)
        | Draft::Summary(own)
        | Draft::StandIn(own)
        | Draft::Back(own)
        | Draft::Acknowledged(own)
        | Draft::AcknowledgementHeld { lines: own, .. } => Some(own),
        _ => None,
    }
}

fn in_words(cases: &CaseLines) -> String {
    let line = cases.lines.first().expect("a case");
    let hour = |at: Timestamp| at.format("%a %H:%M").to_string();
    let mut words = String::new();
    for own in &line.told {
        let at = own.at.map(hour).unwrap_or_default();
        let step = step(own.stage.step);
        let undelivered = if own.is_undelivered { " in vain" } else { "" };
        words.push_str(&format!(
            "; told {} {step} {at}{undelivered}",
            own.person.local()
        ));
    }
    match line.acknowledged {
        Some(AcknowledgementProgress::Sent(at)) => {
            words.push_str(&format!("; acknowledged {}", hour(at)));
        }
        Some(other) => words.push_str(&format!("; {other:?}")),
        None => {}
    }
    if let Some(next) = &line.next {
        let people: Vec<&str> = next.reaches.iter().map(|person| person.local()).collect();
        let (step, at) = (step(next.stage.step), hour(next.at));
        words.push_str(&format!("; next {step} {at} {}", people.join("+")));
    }
    words
}

const fn step(step: Step) -> &'static str {
    match step {
        Step::Remind(_) => "remind",
        Step::Acknowledge => "acknowledge",
        Step::Escalate(_) => "escalate",
    }
}

#[test]
fn each_is_told_who_else_was_told_and_whom_the_next_rung_reaches() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
    );
    // What only the mode "full" does comes next for nobody.
    assert_eq!(
        told(&world),
        [
            "alice; next escalate Mon 12:00 alice+lead",
            "alice; told lead escalate Mon 12:00; next escalate Mon 14:00 alice+lead",
            "lead; told alice escalate Mon 12:00; next escalate Mon 14:00 alice+lead",
            "alice; told lead escalate Mon 14:00",
            "lead; told alice escalate Mon 14:00",
        ]
    );
}

#[test]
fn that_the_client_was_acknowledged_is_told_with_its_time() {
    let mut world = World::new(&Choice {
        remind_before: &["30m"],
        escalate_after: &["0m"],
        answer_within: Some("6h"),
        ..Choice::default()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | wait",
    );
    assert_eq!(
        told(&world),
        [
            "alice; next acknowledge Mon 11:50 ",
            "alice; acknowledged Mon 11:50; next escalate Mon 15:00 alice+lead",
            "alice; told lead escalate Mon 15:00; acknowledged Mon 11:50",
            "lead; told alice escalate Mon 15:00; acknowledged Mon 11:50",
        ]
    );
}

#[test]
fn a_mail_that_was_refused_has_told_nobody() {
    let mut world = World::new(&reminding());
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong");
    world.server = SendVerdict::Refused {
        reason: "no such user".to_owned(),
    };
    world.play("Mon 12:30 | wait");
    world.server = SendVerdict::Sent;
    world
        .rules
        .clients
        .values_mut()
        .for_each(|own| own.owners = vec![address("bob")]);
    world.play("Mon 14:30 | wait");
    let last = told(&world);
    assert_eq!(
        last[last.len() - 2..],
        [
            "bob; told alice escalate Mon 12:00 in vain; told lead escalate Mon 14:00",
            "lead; told alice escalate Mon 12:00 in vain; told bob escalate Mon 14:00",
        ]
    );
}

#[test]
fn who_was_not_told_while_we_watched_only_is_not_said_to_have_been() {
    let mut world = World::new(&Choice {
        mode: Mode::Observe,
        ..reminding()
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:30 | wait",
    );
    world.rules.mode = Mode::Remind;
    world.play(
        "Mon 12:40 | crash
         Mon 13:00 | wait",
    );
    assert_eq!(
        told(&world),
        ["alice; next escalate Mon 14:00 alice+lead"],
        "nothing of lead"
    );
    assert!(world.book.cases().all(|case| !case.marks.is_empty()));
}
