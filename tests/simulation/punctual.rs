//! Punctuality: in a world in which nothing goes wrong, everything is on time.
//!
//! What is due when, is worked out anew from the letter, the policy and the calendar.

use std::time::Duration;

use ackd::domain::case::{Case, sendable_at, sending_calendar};
use ackd::domain::policy::{Clock, Rung, Step};
use ackd::domain::rules::Rules;
use ackd::domain::time::Timestamp;

use crate::letters::{Kind, Letter};
use crate::oracle::conversations_of;
use crate::world::Inner;

/// How much later than due a mail may be.
const LATE: chrono::Duration = chrono::Duration::seconds(75);

/// How much earlier, if it comes along with another.
const EARLY: chrono::Duration = chrono::Duration::seconds(62);

/// How long after the story the world still goes on without a jump.
const QUIET: chrono::Duration = chrono::Duration::minutes(43);

/// Every conversation of one letter: each rung is a mail to the owner, in time.
pub(crate) fn check(world: &mut Inner, rules: &Rules, end: Timestamp, poll_every: Duration) {
    if world.losses.is_some() {
        // What was sent before a loss is not known any more, and some is held back.
        return;
    }
    let mut complaints = Vec::new();
    let poll_every = chrono::Duration::from_std(poll_every).expect("short");
    for conversation in 0..world.letters.conversations.len() {
        let waiting = world.letters.waiting(conversation);
        let is_plain = waiting.len() == 1
            && !world.letters.has_thanks(conversation)
            && !world.flagged.contains(&conversation);
        if let (true, Some(letter)) = (is_plain, waiting.first()) {
            let found = world.kept.cases.values();
            let mut own =
                found.filter(|case| conversations_of(world, case.id).contains(&conversation));
            match own.next() {
                Some(case) => on_time(
                    world,
                    rules,
                    case,
                    letter,
                    (end, poll_every),
                    &mut complaints,
                ),
                // It may have been moved away before anybody looked.
                None => continue,
            }
        }
    }
    for complaint in complaints {
        world.complain(complaint);
    }
}

fn on_time(
    world: &Inner,
    rules: &Rules,
    case: &Case,
    letter: &Letter,
    (end, poll_every): (Timestamp, chrono::Duration),
    complaints: &mut Vec<String>,
) {
    let Some(received_at) = case.opened_at() else {
        return;
    };
    let answers = world.letters.answers(letter.conversation);
    let later = answers.iter().filter(|own| own.at > letter.at);
    let answered_at = later.map(|own| own.at).min().unwrap_or(Timestamp::MAX_UTC);
    let until = answered_at.min(end + QUIET) - LATE;
    let known_at = received_at + poll_every + chrono::Duration::minutes(2);
    let conversation = &world.letters.conversations[letter.conversation];
    let to_client = world.deliveries.iter().find(|own| {
        let row = &world.kept.rows[&own.row];
        row.purpose.is_to_client() && row.keys.iter().any(|key| key.case == case.id)
    });
    let acknowledged_at = to_client.map_or(Timestamp::MAX_UTC, |own| own.dialled_at);
    let others = world.letters.by_id.values().filter(|own| {
        let contact = &world.letters.conversations[own.conversation].contact;
        own.kind == Kind::Client && *contact == conversation.contact
    });
    let is_only_one = others.count() == 1;
    for rung in ladder(rules, case, letter, received_at) {
        if rung.at < known_at || rung.at > until {
            continue;
        }
        if rung.stage.step == Step::Acknowledge {
            let at = to_client.map(|own| own.dialled_at);
            let in_time = at.is_some_and(|at| at >= rung.at - EARLY && at <= rung.at + LATE);
            if letter.may_acknowledge && is_only_one && !in_time {
                let due = rung.at;
                complaints.push(format!(
                    "case {}: acknowledged at {at:?}, not {due}",
                    case.id
                ));
            }
            continue;
        }
        if rung.stage.clock == Clock::Acknowledge && rung.at >= acknowledged_at {
            continue;
        }
        let told = world.deliveries.iter().any(|own| {
            let row = &world.kept.rows[&own.row];
            let near = own.dialled_at >= rung.at - EARLY && own.dialled_at <= rung.at + LATE;
            near && own.to == conversation.owner && row.keys.iter().any(|key| key.case == case.id)
        });
        if !told {
            let (stage, due) = (rung.stage, rung.at);
            complaints.push(format!(
                "case {}: no mail at {due} for \"{stage}\"",
                case.id
            ));
        }
    }
}

fn ladder(rules: &Rules, case: &Case, letter: &Letter, received_at: Timestamp) -> Vec<Rung> {
    let Some((client, policy, calendar)) = rules.promise(&case.client) else {
        return Vec::new();
    };
    let urgent = letter.content.header.contains("urgent");
    let due = policy
        .deadlines(calendar, received_at, urgent)
        .expect("it opens");
    let first = policy.ladder(calendar, Clock::Acknowledge, due.start, due.acknowledge_due);
    let mut rungs = first.expect("it opens");
    if let Some(answer_due) = due.answer_due {
        let second = policy.ladder(calendar, Clock::Answer, due.start, answer_due);
        rungs.extend(second.expect("it opens"));
    }
    if let Some(hours) = sending_calendar(rules, client) {
        for rung in &mut rungs {
            rung.at = sendable_at(hours, rung.at).expect("it opens");
        }
    }
    rungs
}
