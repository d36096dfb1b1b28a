//! What the three commands print.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use clap::Parser;

use super::*;
use crate::domain::calendar::{Holiday, Window};
use crate::domain::rules::{AcknowledgeLimits, Mode, RuleParts, Team};

#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: CalendarCommand,
}

fn windows(texts: &[&str]) -> Vec<Window> {
    let read = |text: &&str| Window::parse(text).expect(text);
    texts.iter().map(read).collect()
}

fn time(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect(text)
}

/// A London office with a night shift on Saturdays, and the policy "standard".
fn rules() -> Rules {
    let weekday = || windows(&["09:00-13:00", "14:00-17:30"]);
    let week = [
        weekday(),
        weekday(),
        weekday(),
        weekday(),
        weekday(),
        windows(&["22:00-06:00"]),
        windows(&["18:00-24:00"]),
    ];
    let eve = Holiday {
        date: "2026-12-24".parse().expect("a date"),
        name: Some("Christmas Eve".into()),
        hours: windows(&["09:00-12:00"]),
    };
    let day = Holiday {
        date: "2026-12-25".parse().expect("a date"),
        name: None,
        hours: Vec::new(),
    };
    let office = CalendarName::new("office");
    let calendar = Calendar::new(office.clone(), Tz::Europe__London, week, vec![eve, day]);
    let standard = Policy {
        name: PolicyName::new("standard"),
        calendar: office.clone(),
        acknowledge_within: time("3h"),
        same_business_day: true,
        urgent_within: Some(time("1h")),
        min_lead: BusinessTime::ZERO,
        answer_within: Some(time("8h")),
        remind_before: vec![time("90m"), time("30m")],
        escalate_after: vec![time("0m"), time("2h")],
        auto_acknowledge_before: Some(time("10m")),
    };
    let bare = Policy {
        name: PolicyName::new("bare"),
        answer_within: None,
        remind_before: Vec::new(),
        escalate_after: Vec::new(),
        auto_acknowledge_before: None,
        ..standard.clone()
    };
    Rules::new(RuleParts {
        mode: Mode::Observe,
        team: Team::default(),
        clients: BTreeMap::new(),
        policies: BTreeMap::from([(standard.name.clone(), standard), (bare.name.clone(), bare)]),
        calendars: BTreeMap::from([(office, Arc::new(calendar))]),
        mailboxes: BTreeMap::new(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    })
}

fn ask(line: &str, json: bool) -> Result<String, CalendarCommandError> {
    let arguments = std::iter::once("calendar").chain(line.split_whitespace());
    let command = CommandLine::try_parse_from(arguments).expect(line).command;
    let mut out = Vec::new();
    run(&rules(), &command, json, &mut out)?;
    Ok(String::from_utf8(out).expect("text"))
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(&ask(line, true).expect(line)).expect("JSON")
}

#[test]
fn due_names_the_deadline_and_each_step_for_people() {
    let text = ask("due --policy standard --at 2026-07-06T15:00:00Z", false).expect("an answer");
    assert_eq!(
        text,
        "\
due        Mon 2026-07-06 17:30 BST  (2026-07-06T16:30:00Z)
capped     close of the business day
start      Mon 2026-07-06 16:00 BST  (2026-07-06T15:00:00Z)
answer due Tue 2026-07-07 16:30 BST  (2026-07-07T15:30:00Z)

steps
  Mon 2026-07-06 16:00 BST  received, in opening hours: counting starts at once
  Mon 2026-07-06 16:00 BST  3h of business time to respond
  Mon 2026-07-06 16:00 BST  window: 1h30m used from Mon 2026-07-06 16:00 BST to 17:30, 1h30m left
  Mon 2026-07-06 17:30 BST  cap: the business day closes at Mon 2026-07-06 17:30 BST; without same_business_day it would be due at Tue 2026-07-07 10:30 BST
  Mon 2026-07-06 17:30 BST  due

ladder
  Mon 2026-07-06 16:00 BST  remind 1h30m before
  Mon 2026-07-06 17:00 BST  remind 30m before
  Mon 2026-07-06 17:20 BST  acknowledge
  Mon 2026-07-06 17:30 BST  escalate 0m after
  Tue 2026-07-07 11:00 BST  escalate 2h after
"
    );
}

#[test]
fn a_policy_without_rungs_has_no_ladder() {
    let text = ask("due --policy bare --at 2026-07-06T15:00:00Z", false).expect("an answer");
    assert!(text.ends_with("  due\n"), "{text}");
    assert!(!text.contains("ladder"), "{text}");
}

#[test]
fn the_last_year_that_can_be_asked_about_is_answered() {
    let answer = json("due --policy standard --at 9900-12-31T23:59:59Z");
    assert_eq!(answer["start"], "9901-01-01T09:00:00Z");
}

#[test]
fn due_names_them_in_utc_for_programs() {
    let answer = json("due --policy standard --at 2026-07-06T16:00:00+01:00 --urgent");
    assert_eq!(answer["start"], "2026-07-06T15:00:00Z");
    assert_eq!(answer["due_at"], "2026-07-06T16:00:00Z");
    assert_eq!(answer["capped"], false);
    let warnings = serde_json::json!(["2026-07-06T15:00:00Z", "2026-07-06T15:30:00Z"]);
    assert_eq!(answer["warnings"], warnings);
    let steps = answer["steps"].as_array().expect("steps");
    assert_eq!(
        steps.last().expect("a last step")["at"],
        "2026-07-06T16:00:00Z"
    );
    let keys: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
}

#[test]
fn elapsed_tells_seconds_and_whole_minutes() {
    let line = "elapsed --calendar office --from 2026-07-06T07:00:00Z --to 2026-07-06T08:59:59Z";
    let answer = ask(line, true).expect("an answer");
    assert_eq!(answer, "{\"seconds\":3599,\"minutes\":59}\n");
    let text = ask(line, false).expect("an answer");
    assert!(
        text.starts_with("59m59s of business time on \"office\""),
        "{text}"
    );
}

#[test]
fn a_reversed_interval_is_wrong_usage() {
    let line = "elapsed --calendar office --from 2026-07-06T09:00:00Z --to 2026-07-06T08:00:00Z";
    let error = ask(line, true).expect_err("reversed");
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().contains("2026-07-06T08:00:00Z"),
        "{error}"
    );
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let error = ask("due --policy gold --at 2026-07-06T09:00:00Z", false).expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "there is no policy \"gold\": known are \"bare\", \"standard\""
    );
    assert_eq!(error.exit_code(), 2);
    let error = ask("show --calendar home --from 2026-07-06", false).expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "there is no calendar \"home\": known are \"office\""
    );
}

#[test]
fn show_prints_hours_holidays_and_changes_of_clocks() {
    let spring = ask("show --calendar office --from 2026-03-27 --days 4", false);
    assert_eq!(
        spring.expect("an answer"),
        "\
calendar \"office\", Europe/London
Fri 2026-03-27  09:00-13:00, 14:00-17:30
Sat 2026-03-28  22:00-06:00+1
Sun 2026-03-29  18:00-24:00  clocks go forward 1h at 01:00 to 02:00
Mon 2026-03-30  09:00-13:00, 14:00-17:30
"
    );
    let christmas = ask("show --calendar office --from 2026-12-24 --days 2", false);
    assert_eq!(
        christmas.expect("an answer"),
        "\
calendar \"office\", Europe/London
Thu 2026-12-24  09:00-12:00  holiday: Christmas Eve
Fri 2026-12-25  closed  holiday
"
    );
}

#[test]
fn show_prints_days_in_utc_for_programs() {
    let answer = ask("show --calendar office --from 2026-12-24 --days 3", true);
    assert_eq!(
        answer.expect("an answer"),
        concat!(
            r#"{"days":[{"date":"2026-12-24","holiday":"Christmas Eve","windows":[{"open":"2026-12-24T09:00:00Z","close":"2026-12-24T12:00:00Z"}]},"#,
            r#"{"date":"2026-12-25","holiday":"holiday","windows":[]},"#,
            r#"{"date":"2026-12-26","holiday":null,"windows":[{"open":"2026-12-26T22:00:00Z","close":"2026-12-27T06:00:00Z"}]}]}"#,
            "\n"
        )
    );
}

#[test]
fn moments_without_a_zone_or_beyond_all_years_and_endless_lists_are_refused() {
    for line in [
        "due --policy standard --at 2026-07-06T09:00:00",
        "due --policy standard --at tomorrow",
        "due --policy standard --at 9999-12-31T23:59:59Z",
        "due --policy standard --at 9901-01-01T00:00:00Z",
        "due --policy standard --at 0000-06-01T00:00:00Z",
        "elapsed --calendar office --from 2026-07-06T09:00:00Z --to 9999-12-31T09:00:00Z",
        "show --calendar office --from 9999-12-30",
        "show --calendar office --from 2026-13-01",
        "show --calendar office --from 2026-07-06 --days 0",
        "show --calendar office --from 2026-07-06 --days 100000",
    ] {
        let arguments = std::iter::once("calendar").chain(line.split_whitespace());
        assert!(CommandLine::try_parse_from(arguments).is_err(), "{line}");
    }
}
