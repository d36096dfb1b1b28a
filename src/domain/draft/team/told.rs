//! What a mail says of the others: who else has been told, and whom the next rung reaches.

use crate::domain::address::Address;
use crate::domain::draft::wording::{long_time, short_time};
use crate::domain::draft::{AcknowledgementProgress, CaseLine, Told};
use crate::domain::policy::{Clock, Step};
use crate::domain::time::Timestamp;

/// The most people a mail names of those who were told, or will be.
const PEOPLE_SHOWN_MAX: usize = 8;

/// `Thu 10 Sep 2026 14:20 BST: escalation to you and lead@northwind.example`.
pub(super) fn next(line: &CaseLine, reader: &Address) -> Option<String> {
    let next = line.next.as_ref()?;
    let what = match (next.stage.step, next.stage.clock) {
        (Step::Remind(_), Clock::Acknowledge) => "another reminder",
        (Step::Remind(_), Clock::Answer) => "a reminder that an answer is due",
        (Step::Acknowledge, _) => "ackd acknowledges receipt to the client",
        (Step::Escalate(_), Clock::Acknowledge) => "escalation",
        (Step::Escalate(_), Clock::Answer) => "escalation, for no person has answered,",
    };
    let at = long_time(next.at, line.zone);
    let mut people = Vec::new();
    if next.reaches.contains(reader) {
        people.push("you".to_owned());
    }
    let others = next.reaches.iter().filter(|person| *person != reader);
    people.extend(others.map(ToString::to_string));
    Some(match people.is_empty() {
        true => format!("{at}: {}", what.trim_end_matches(',')),
        false => format!("{at}: {what} to {}", few(people).join(", ")),
    })
}

/// `bob@northwind.example (reminder of 13:00)`, one for each person.
pub(super) fn also_told(line: &CaseLine, now: Timestamp) -> Vec<String> {
    let told = line.told.iter().map(|own| one_told(line, own, now));
    few(told.collect())
}

/// Whether the client has heard from us; `None` if that was never meant.
pub(super) fn client_told(line: &CaseLine, now: Timestamp) -> Option<String> {
    Some(match line.acknowledged? {
        AcknowledgementProgress::Sent(at) => {
            let at = short_time(at, now, line.zone);
            format!("{at}, that their mail has arrived")
        }
        AcknowledgementProgress::OnItsWay => "an acknowledgement is on its way".to_owned(),
        AcknowledgementProgress::Undelivered => {
            "not yet: the acknowledgement waits for a person's word (ackd outbox)".to_owned()
        }
    })
}

fn one_told(line: &CaseLine, told: &Told, now: Timestamp) -> String {
    let mut by = match told.stage.step {
        Step::Remind(_) | Step::Acknowledge => "reminder",
        Step::Escalate(_) => "escalation",
    }
    .to_owned();
    if let Some(at) = told.at {
        by.push_str(&format!(" of {}", short_time(at, now, line.zone)));
    }
    if told.is_undelivered {
        by.push_str(", not delivered");
    }
    format!("{} ({by})", told.person)
}

/// Of many people the first few, and how many follow.
fn few(mut people: Vec<String>) -> Vec<String> {
    let more = people.len().saturating_sub(PEOPLE_SHOWN_MAX);
    people.truncate(PEOPLE_SHOWN_MAX);
    if more > 0 {
        people.push(format!("{more} more"));
    }
    people
}
