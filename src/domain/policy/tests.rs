//! Deadlines and ladders in stories.

use chrono_tz::Tz;

use super::*;
use crate::domain::calendar::{Holiday, Window};

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn time(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect(text)
}

fn windows(text: &str) -> Vec<Window> {
    let read = |text| Window::parse(text).expect(text);
    text.split_whitespace().map(read).collect()
}

fn open_on(days: usize, hours: &str, holidays: Vec<Holiday>) -> Calendar {
    let day = |index| {
        if index < days {
            windows(hours)
        } else {
            Vec::new()
        }
    };
    let week = [0, 1, 2, 3, 4, 5, 6].map(day);
    Calendar::new(CalendarName::new("office"), Tz::UTC, week, holidays)
}

fn office(hours: &str) -> Calendar {
    open_on(5, hours, Vec::new())
}

fn policy(within: &str, change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy {
        name: PolicyName::new("standard"),
        calendar: CalendarName::new("office"),
        acknowledge_within: time(within),
        same_business_day: true,
        urgent_within: None,
        min_lead: BusinessTime::ZERO,
        answer_within: None,
        remind_before: Vec::new(),
        escalate_after: Vec::new(),
        auto_acknowledge_before: None,
    };
    change(&mut policy);
    policy
}

fn uncapped(within: &str, change: impl FnOnce(&mut Policy)) -> Policy {
    policy(within, |policy| {
        policy.same_business_day = false;
        change(policy);
    })
}

#[track_caller]
fn due(policy: &Policy, calendar: &Calendar, received: &str, expected: &str, capped: bool) {
    let deadlines = policy
        .deadlines(calendar, at(received), false)
        .expect("a deadline");
    assert_eq!(
        deadlines.acknowledge_due,
        at(expected),
        "received {received}"
    );
    assert_eq!(deadlines.capped, capped, "received {received}");
}

fn ladder_of(policy: &Policy, calendar: &Calendar, received: &str) -> Vec<String> {
    let deadlines = policy
        .deadlines(calendar, at(received), false)
        .expect("a deadline");
    let (start, due) = (deadlines.start, deadlines.acknowledge_due);
    let rungs = policy
        .ladder(calendar, Clock::Acknowledge, start, due)
        .expect("a ladder");
    let line = |rung: &Rung| format!("{} {}", rung.at.format("%a %H:%M"), rung.stage);
    rungs.iter().map(line).collect()
}

#[test]
fn monday_at_five_with_four_hours_is_due_on_tuesday_at_eleven() {
    let four_hours = uncapped("4h", |policy| {
        policy.remind_before = vec![time("4h"), time("1h")];
    });
    let office = office("08:00-18:00");
    due(
        &four_hours,
        &office,
        "2026-03-02T17:00:00Z",
        "2026-03-03T11:00:00Z",
        false,
    );
    assert_eq!(
        ladder_of(&four_hours, &office, "2026-03-02T17:00:00Z"),
        ["Mon 17:00 remind 4h before", "Tue 10:00 remind 1h before"]
    );
}

#[test]
fn the_close_of_the_same_business_day_is_the_latest() {
    let office = office("09:00-17:00");
    let capped = policy("4h", |_| ());
    due(
        &capped,
        &office,
        "2026-03-02T16:00:00Z",
        "2026-03-02T17:00:00Z",
        true,
    );
    due(
        &capped,
        &office,
        "2026-03-02T13:00:00Z",
        "2026-03-02T17:00:00Z",
        false,
    );
    due(
        &capped,
        &office,
        "2026-03-02T09:30:00Z",
        "2026-03-02T13:30:00Z",
        false,
    );
    due(
        &capped,
        &office,
        "2026-03-06T17:00:00Z",
        "2026-03-09T13:00:00Z",
        false,
    );
    let free = uncapped("4h", |_| ());
    due(
        &free,
        &office,
        "2026-03-02T16:00:00Z",
        "2026-03-03T12:00:00Z",
        false,
    );
    due(
        &uncapped("2h", |_| ()),
        &office,
        "2026-03-06T16:00:00Z",
        "2026-03-09T10:00:00Z",
        false,
    );
    due(
        &policy("2h", |_| ()),
        &office,
        "2026-03-06T16:00:00Z",
        "2026-03-06T17:00:00Z",
        true,
    );
}

#[test]
fn without_min_lead_the_cap_is_strict() {
    let office = office("09:00-17:00");
    due(
        &policy("3h", |_| ()),
        &office,
        "2026-03-02T16:58:00Z",
        "2026-03-02T17:00:00Z",
        true,
    );
}

#[test]
fn with_min_lead_late_mail_counts_as_arrived_at_the_next_opening() {
    let office = office("09:00-13:00 14:00-17:00");
    let lead = policy("3h", |policy| policy.min_lead = time("30m"));
    due(
        &lead,
        &office,
        "2026-03-06T16:58:00Z",
        "2026-03-09T12:00:00Z",
        false,
    );
    // Exactly half an hour is enough, and so are minutes before lunch.
    due(
        &lead,
        &office,
        "2026-03-06T16:30:00Z",
        "2026-03-06T17:00:00Z",
        true,
    );
    due(
        &lead,
        &office,
        "2026-03-06T12:50:00Z",
        "2026-03-06T16:50:00Z",
        false,
    );
}

#[test]
fn a_day_that_is_too_short_for_min_lead_is_passed_over() {
    let eve = Holiday {
        date: "2026-12-24".parse().expect("a date"),
        name: Some("Christmas Eve".into()),
        hours: windows("09:00-10:00"),
    };
    let office = open_on(5, "09:00-17:00", vec![eve]);
    let lead = policy("3h", |policy| policy.min_lead = time("2h"));
    due(
        &lead,
        &office,
        "2026-12-23T16:00:00Z",
        "2026-12-25T12:00:00Z",
        false,
    );
}

#[test]
fn a_min_lead_longer_than_any_day_never_costs_the_deadline() {
    let office = office("09:00-17:00");
    let lead = policy("3h", |policy| policy.min_lead = time("9h"));
    due(
        &lead,
        &office,
        "2026-03-02T10:00:00Z",
        "2026-03-03T12:00:00Z",
        false,
    );
}

#[test]
fn a_round_the_clock_day_closes_at_midnight() {
    let always = open_on(7, "00:00-24:00", Vec::new());
    due(
        &policy("3h", |_| ()),
        &always,
        "2026-03-02T22:30:00Z",
        "2026-03-03T00:00:00Z",
        true,
    );
    due(
        &uncapped("3h", |_| ()),
        &always,
        "2026-03-02T22:30:00Z",
        "2026-03-03T01:30:00Z",
        false,
    );
}

#[test]
fn the_night_shift_is_capped_by_its_own_morning() {
    let nights = open_on(5, "22:00-06:00", Vec::new());
    due(
        &policy("3h", |_| ()),
        &nights,
        "2026-03-03T04:00:00Z",
        "2026-03-03T06:00:00Z",
        true,
    );
}

#[test]
fn urgent_mail_has_its_own_time_and_the_same_cap() {
    let office = office("09:00-17:00");
    let urgent = policy("3h", |policy| policy.urgent_within = Some(time("1h")));
    let deadlines = |received| {
        urgent
            .deadlines(&office, at(received), true)
            .expect("a deadline")
    };
    let morning = deadlines("2026-03-02T10:00:00Z");
    assert_eq!(morning.acknowledge_due, at("2026-03-02T11:00:00Z"));
    let evening = deadlines("2026-03-02T16:30:00Z");
    assert_eq!(evening.acknowledge_due, at("2026-03-02T17:00:00Z"));
    assert!(evening.capped);
    assert_eq!(policy("3h", |_| ()).within(true), time("3h"));
}

#[test]
fn the_answer_clock_knows_no_cap() {
    let office = office("09:00-17:00");
    let answer = policy("3h", |policy| policy.answer_within = Some(time("8h")));
    let deadlines = answer.deadlines(&office, at("2026-03-02T16:00:00Z"), false);
    let deadlines = deadlines.expect("deadlines");
    assert_eq!(deadlines.answer_due, Some(at("2026-03-03T16:00:00Z")));
}

#[test]
fn the_cap_saves_a_deadline_that_lies_beyond_the_horizon() {
    let office = office("09:00-17:00");
    let patient = policy("80000h", |_| ());
    due(
        &patient,
        &office,
        "2026-03-02T16:00:00Z",
        "2026-03-02T17:00:00Z",
        true,
    );
    let lost = uncapped("80000h", |_| ());
    assert!(
        lost.deadlines(&office, at("2026-03-02T16:00:00Z"), false)
            .is_err()
    );
}

#[test]
fn a_warning_on_a_closing_is_put_at_the_next_opening() {
    let office = office("08:00-18:00");
    let two = uncapped("3h", |policy| policy.remind_before = vec![time("2h")]);
    assert_eq!(
        ladder_of(&two, &office, "2026-03-02T17:00:00Z"),
        ["Tue 08:00 remind 2h before"]
    );
}

#[test]
fn what_is_longer_than_the_whole_period_falls_on_its_start() {
    let office = office("09:00-17:00");
    let hasty = policy("3h", |policy| {
        policy.remind_before = vec![time("30m"), time("90m"), time("1h"), time("30m")];
        policy.auto_acknowledge_before = Some(time("10m"));
        policy.escalate_after = vec![time("2h"), time("0m")];
    });
    assert_eq!(
        ladder_of(&hasty, &office, "2026-03-02T16:15:00Z"),
        [
            "Mon 16:15 remind 1h30m before",
            "Mon 16:15 remind 1h before",
            "Mon 16:30 remind 30m before",
            "Mon 16:50 acknowledge",
            "Mon 17:00 escalate 0m after",
            "Tue 11:00 escalate 2h after",
        ]
    );
}

#[test]
fn the_answer_clock_never_acknowledges() {
    let office = office("09:00-17:00");
    let both = policy("3h", |policy| {
        policy.remind_before = vec![time("1h")];
        policy.auto_acknowledge_before = Some(time("10m"));
    });
    let (start, due) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T16:00:00Z"));
    let rungs = both
        .ladder(&office, Clock::Answer, start, due)
        .expect("a ladder");
    assert_eq!(rungs.len(), 1);
    assert_eq!(rungs[0].stage.to_string(), "remind 1h before (answer)");
}

#[test]
fn a_promise_of_no_time_at_all_is_due_at_once() {
    let office = office("09:00-17:00");
    let now = policy("0m", |policy| {
        policy.remind_before = vec![time("0m")];
        policy.escalate_after = vec![time("0m")];
    });
    assert_eq!(
        ladder_of(&now, &office, "2026-03-02T08:00:00Z"),
        ["Mon 09:00 remind 0m before", "Mon 09:00 escalate 0m after"]
    );
}

#[test]
fn a_deadline_tells_how_it_came_about() {
    let christmas = Holiday {
        date: "2026-12-25".parse().expect("a date"),
        name: Some("Christmas Day".into()),
        hours: Vec::new(),
    };
    let office = open_on(5, "09:00-13:00 14:00-17:00", vec![christmas]);
    let lead = policy("5h", |policy| {
        policy.min_lead = time("30m");
        policy.urgent_within = Some(time("4h30m"));
    });
    let story = lead
        .explain(&office, at("2026-12-24T16:45:00Z"), true)
        .expect("a story");
    let told: Vec<&str> = story.steps.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "received, in opening hours",
            "min_lead: only 15m of business time left before the close at Thu 2026-12-24 17:00 UTC, less than 30m: counts as arrived at the next opening",
            "holiday \"Christmas Day\" on Fri 2026-12-25: closed",
            "opening: counting starts at Mon 2026-12-28 09:00 UTC",
            "urgent: 4h30m of business time to respond",
            "window: 4h used from Mon 2026-12-28 09:00 UTC to 13:00, 30m left",
            "window: 30m used from Mon 2026-12-28 14:00 UTC to 14:30, 0m left",
            "due",
        ]
    );
    let late = policy("3h", |_| ()).explain(&office, at("2026-12-24T16:45:00Z"), false);
    let cap = late
        .expect("a story")
        .steps
        .into_iter()
        .rev()
        .nth(1)
        .expect("a cap");
    assert_eq!(
        cap.what,
        "cap: the business day closes at Thu 2026-12-24 17:00 UTC; without same_business_day it would be due at Mon 2026-12-28 11:45 UTC"
    );
}

#[test]
fn a_window_in_which_the_clocks_change_says_so() {
    let nights = || windows("22:00-06:00");
    let week = [(); 7].map(|()| nights());
    let london = Calendar::new(
        CalendarName::new("office"),
        Tz::Europe__London,
        week,
        Vec::new(),
    );
    let told = uncapped("8h", |_| ()).explain(&london, at("2026-10-24T21:00:00Z"), false);
    let steps = told.expect("a story").steps;
    assert_eq!(
        steps[2].what,
        "window: 8h used from Sat 2026-10-24 22:00 BST to Sun 2026-10-25 05:00 GMT (clocks go back 1h at 02:00 to 01:00), 0m left"
    );
}

#[test]
fn a_very_long_way_is_told_at_its_ends() {
    let office = office("09:00-12:00 13:00-17:00");
    let told = uncapped("700h", |_| ()).explain(&office, at("2026-03-02T09:00:00Z"), false);
    let steps = told.expect("a story").steps;
    assert_eq!(steps.len(), 2 + 30 + 1 + 30 + 1);
    assert_eq!(
        steps[32].what,
        "140 more windows until Fri 2026-06-26 17:00 UTC, 105h left"
    );
    assert_eq!(
        steps[62].what,
        "window: 4h used from Fri 2026-07-17 13:00 UTC to 17:00, 0m left"
    );
}

#[test]
fn only_the_holidays_that_shaped_a_deadline_are_told() {
    let wednesday_off = || Holiday {
        date: "2026-07-08".parse().expect("a date"),
        name: None,
        hours: Vec::new(),
    };
    let told = |calendar: &Calendar, policy: &Policy, received: &str| {
        let explained = policy.explain(calendar, at(received), false);
        let steps = explained.expect("a deadline").steps;
        steps.iter().any(|step| step.what.contains("holiday"))
    };
    let night = open_on(7, "22:00-06:00", vec![wednesday_off()]);
    let hour = policy("1h", |_| {});
    // Tuesday's night runs into Wednesday, whose own begins at 22:00.
    assert!(!told(&night, &hour, "2026-07-08T03:00:00Z"));
    assert!(!told(&night, &hour, "2026-07-07T23:30:00Z"));
    assert!(told(&night, &hour, "2026-07-08T21:00:00Z"));
    // The hours that a holiday has in place of others run on into the next day.
    let mut longer = wednesday_off();
    longer.hours = windows("22:00-06:00");
    let shift = open_on(5, "09:00-17:00", vec![longer]);
    assert!(told(&shift, &hour, "2026-07-09T03:00:00Z"));
    assert!(!told(&shift, &hour, "2026-07-09T07:00:00Z"));
    let mut half = wednesday_off();
    half.hours = windows("09:00-12:00");
    let office = open_on(5, "09:00-17:00", vec![half]);
    let three_hours = policy("3h", |_| {});
    assert!(!told(&office, &hour, "2026-07-08T09:00:00Z"));
    // It closes earlier than on other days, and that is what caps.
    assert!(told(&office, &three_hours, "2026-07-08T11:00:00Z"));
}
