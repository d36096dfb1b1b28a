//! Promises as they are written down, and what becomes of them: clients and teams in different
//! zones, hours in which people are written to, and all the times of a policy together.

use ackd::domain::case::{sendable_at, sending_calendar};
use ackd::domain::ids::ClientKey;
use ackd::domain::policy::{Clock, Deadlines, Rung};
use ackd::domain::rules::Rules;
use ackd::domain::time::Timestamp;
use ackd::settings::load;

/// A team in Berlin with a client of its own town and one in New York, whose hours it keeps.
const TEAM: &str = r#"
[team]
domains = ["northwind.example"]
escalate_to = ["lead@northwind.example"]
SENDING
[calendars.berlin]
time_zone = "Europe/Berlin"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
holidays = [{ date = "2026-12-24", hours = ["09:00-12:00"], name = "Christmas Eve" }]
[calendars.new-york]
time_zone = "America/New_York"
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
holidays = [{ date = "2026-11-26", name = "Thanksgiving" }]
[policies.near]
calendar = "berlin"
acknowledge_within = "3h"
urgent_within = "1h"
min_lead = "30m"
answer_within = "12h"
remind_before = ["2h", "30m"]
escalate_after = ["0m", "4h"]
[policies.far]
calendar = "new-york"
acknowledge_within = "3h"
same_business_day = false
remind_before = ["1h"]
escalate_after = ["1h"]
[clients.bakery]
domains = ["bakery.example"]
owners = ["alice@northwind.example"]
policy = "near"
[clients.gallery]
domains = ["gallery.example"]
owners = ["alice@northwind.example"]
policy = "far"
"#;

fn team(sending_hours: &str) -> Rules {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ackd.toml");
    std::fs::write(&path, TEAM.replace("SENDING", sending_hours)).expect("a file");
    let loaded = load(&path, &[]).expect("a good file");
    assert_eq!(loaded.warnings, []);
    (*loaded.settings.rules).clone()
}

fn deadlines(rules: &Rules, client: &str, received: &str, urgent: bool) -> Deadlines {
    let (_, policy, calendar) = rules.promise(&ClientKey::new(client)).expect("a client");
    let deadlines = policy.deadlines(calendar, at(received), urgent);
    deadlines.expect("enough open time")
}

/// The rungs of the acknowledge clock as they are acted upon, each with its moment in UTC.
fn ladder(rules: &Rules, client: &str, received: &str) -> Vec<String> {
    let (client, policy, calendar) = rules.promise(&ClientKey::new(client)).expect("a client");
    let deadlines = policy.deadlines(calendar, at(received), false);
    let deadlines = deadlines.expect("enough open time");
    let (start, due) = (deadlines.start, deadlines.acknowledge_due);
    let rungs = policy.ladder(calendar, Clock::Acknowledge, start, due);
    let sent = |rung: &Rung| match sending_calendar(rules, client) {
        Some(hours) => sendable_at(hours, rung.at).expect("an opening"),
        None => rung.at,
    };
    let rungs = rungs.expect("enough open time");
    let line = |rung: &Rung| format!("{} {}", sent(rung).format("%a %H:%M"), rung.stage);
    rungs.iter().map(line).collect()
}

#[test]
fn a_client_in_another_zone_is_answered_in_its_own_hours() {
    let rules = team("");
    // Friday 16:00 in New York is 22:00 in Berlin: an hour is left, two come on Monday.
    let friday = deadlines(&rules, "gallery", "2026-07-10T20:00:00Z", false);
    assert_eq!(friday.start, at("2026-07-10T20:00:00Z"));
    assert_eq!(friday.acknowledge_due, at("2026-07-13T15:00:00Z"));
    // The same moment lies far outside the hours of Berlin, which opens on Monday at 07:00Z.
    let bakery = deadlines(&rules, "bakery", "2026-07-10T20:00:00Z", false);
    assert_eq!(bakery.start, at("2026-07-13T07:00:00Z"));
    assert_eq!(bakery.acknowledge_due, at("2026-07-13T10:00:00Z"));
}

#[test]
fn between_the_two_changes_of_clocks_new_york_is_an_hour_nearer() {
    let rules = team("");
    let opening = |received| deadlines(&rules, "gallery", received, false).start;
    assert_eq!(opening("2026-03-06T12:00:00Z"), at("2026-03-06T14:00:00Z"));
    // From the 8th on New York has summer time, Berlin from the 29th on.
    assert_eq!(opening("2026-03-09T12:00:00Z"), at("2026-03-09T13:00:00Z"));
    let berlin = |received| deadlines(&rules, "bakery", received, false).start;
    assert_eq!(berlin("2026-03-27T07:00:00Z"), at("2026-03-27T08:00:00Z"));
    assert_eq!(berlin("2026-03-30T06:00:00Z"), at("2026-03-30T07:00:00Z"));
    // Each keeps its own holidays.
    let thanksgiving = "2026-11-26T13:00:00Z";
    assert_eq!(opening(thanksgiving), at("2026-11-27T14:00:00Z"));
    assert_eq!(berlin(thanksgiving), at(thanksgiving));
}

#[test]
fn people_hear_of_it_in_the_hours_of_the_policy_unless_told_otherwise() {
    // Thursday 15:30 in New York: due on Friday at 10:30 there, 14:30Z.
    let received = "2026-07-09T19:30:00Z";
    assert_eq!(
        ladder(&team(""), "gallery", received),
        ["Fri 13:30 remind 1h before", "Fri 15:30 escalate 1h after"]
    );
    // Berlin closes at 15:00Z, so the escalation waits until Monday.
    assert_eq!(
        ladder(&team("sending_hours = \"berlin\""), "gallery", received),
        ["Fri 13:30 remind 1h before", "Mon 07:00 escalate 1h after"]
    );
    assert_eq!(
        ladder(&team("sending_hours = \"always\""), "gallery", received),
        ["Fri 13:30 remind 1h before", "Fri 15:30 escalate 1h after"]
    );
    // A mail of the morning in Berlin is reminded of before New York wakes up.
    let morning = "2026-07-09T07:00:00Z";
    assert_eq!(
        ladder(&team("sending_hours = \"new-york\""), "bakery", morning),
        [
            "Thu 13:00 remind 2h before",
            "Thu 13:00 remind 30m before",
            "Thu 13:00 escalate 0m after",
            "Thu 14:00 escalate 4h after",
        ]
    );
}

#[test]
fn christmas_eve_is_short_and_every_rule_of_the_policy_has_its_say() {
    let rules = team("");
    // 10:15 in Berlin: three hours would end at 13:15, and the day closes at 12:00. The answer
    // goes on in what is left of today (1h45m), on the 25th (8h: no holiday here) and beyond.
    let morning = deadlines(&rules, "bakery", "2026-12-24T09:15:00Z", false);
    assert!(morning.capped);
    assert_eq!(morning.acknowledge_due, at("2026-12-24T11:00:00Z"));
    assert_eq!(morning.answer_due, Some(at("2026-12-28T10:15:00Z")));
    let urgent = deadlines(&rules, "bakery", "2026-12-24T09:15:00Z", true);
    assert!(!urgent.capped);
    assert_eq!(urgent.acknowledge_due, at("2026-12-24T10:15:00Z"));
    assert_eq!(urgent.answer_due, morning.answer_due);
    // At 11:40 less than min_lead is left: it counts as having come the next morning.
    let late = deadlines(&rules, "bakery", "2026-12-24T10:40:00Z", false);
    assert_eq!(late.start, at("2026-12-25T08:00:00Z"));
    assert_eq!(late.acknowledge_due, at("2026-12-25T11:00:00Z"));
    // Backwards from 12:00 by two hours is before the mail came; forwards goes on the next day.
    assert_eq!(
        ladder(&rules, "bakery", "2026-12-24T09:15:00Z"),
        [
            "Thu 09:15 remind 2h before",
            "Thu 10:30 remind 30m before",
            "Thu 11:00 escalate 0m after",
            "Fri 12:00 escalate 4h after",
        ]
    );
}

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}
