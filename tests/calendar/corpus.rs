//! The test facts of other products, where `ACKD_CORPUS` names a folder with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ackd::domain::calendar::ics::days_off_from_ics;
use ackd::domain::calendar::{Calendar, DayOff, Holiday, Off, Window};
use ackd::domain::ids::CalendarName;
use ackd::domain::time::{BusinessTime, Timestamp};
use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;

use super::{plain_policy, window};

/// How the facts of one file fared.
#[derive(Debug, Default)]
struct Score {
    right: usize,
    wrong: Vec<String>,
    skipped: Vec<String>,
}

#[test]
fn other_products_facts_hold_here_too() {
    let Ok(corpus) = std::env::var("ACKD_CORPUS") else {
        println!("skipped: ACKD_CORPUS names no folder with test facts");
        return;
    };
    for file in ["deadlines.json", "deadlines_computed.json"] {
        let path = Path::new(&corpus).join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the corpus");
        let rows: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        let mut score = Score::default();
        for row in &rows {
            judge(row, &mut score);
        }
        println!(
            "{file}: {} of {} right, skipped: {:?}",
            score.right,
            rows.len(),
            score.skipped
        );
        assert!(score.wrong.is_empty(), "{file}: {:#?}", score.wrong);
        assert!(score.right > 0, "{file}: nothing was judged");
    }
}

#[test]
fn holiday_files_give_the_days_that_others_find_in_them() {
    let Ok(corpus) = std::env::var("ACKD_CORPUS") else {
        println!("skipped: ACKD_CORPUS names no folder with test facts");
        return;
    };
    let corpus = Path::new(&corpus);
    let table = std::fs::read_to_string(corpus.join("ics_expected.tsv")).expect("a table");
    let mut expected: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let days = expected.entry(cells[0]).or_default();
        days.insert((cells[1], cells[2].trim()));
    }
    for (file, days) in expected {
        let text = std::fs::read_to_string(corpus.join("ics").join(file)).expect("a file");
        // Events with times of day are in zones whose dates are those of this one.
        let found = days_off_from_ics(&text, Tz::Europe__Istanbul, 2010, 2029).expect(file);
        let calendar = office_hours(Tz::Europe__Istanbul).with_days_off(found.clone());
        let dated = found.into_iter().filter_map(|day| {
            // The last hours of an event name their day only if they take something of it.
            calendar.holiday(day.date)?;
            Some((day.date.to_string(), day.name.unwrap_or_default()))
        });
        let dated: Vec<(String, String)> = dated.collect();
        let found: BTreeSet<(&str, &str)> = dated
            .iter()
            .map(|(date, name)| (date.as_str(), name.as_str()))
            .collect();
        let missing: Vec<_> = days.difference(&found).collect();
        let extra: Vec<_> = found.difference(&days).collect();
        println!(
            "{file}: {} of {} days found",
            days.len() - missing.len(),
            days.len()
        );
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{file}: {missing:?} {extra:?}"
        );
    }
}

fn office_hours(zone: Tz) -> Calendar {
    let day = || vec![window((9 * 60, 17 * 60))];
    let week = [day(), day(), day(), day(), day(), Vec::new(), Vec::new()];
    Calendar::new(CalendarName::new("office"), zone, week, Vec::new())
}

fn judge(row: &Value, score: &mut Score) {
    let kind = row["kind"].as_str().expect("a kind");
    if kind == "add_with_pauses" {
        score.skipped.push(format!("{} ({kind})", row["id"]));
        return;
    }
    let calendar = corpus_calendar(row);
    let field = if row["plain_arithmetic"] == "differs" {
        "plain_result"
    } else if kind == "elapsed" {
        "expect_minutes"
    } else {
        "expect"
    };
    let start = || moment(&row["start"]);
    // Facts of other products may count in seconds, and backwards.
    let seconds = row["add_business_minutes"]
        .as_f64()
        .map(|minutes| (minutes * 60.0).round());
    let amount = BusinessTime::from_seconds(seconds.unwrap_or(0.0).abs() as u64);
    let backwards = seconds.is_some_and(|seconds| seconds < 0.0);
    let result = match kind {
        "add" if backwards => said(calendar.subtract(start(), amount)),
        "add" | "roll_forward" => said(calendar.add(start(), amount)),
        "next_open" if calendar.is_open(start()) => {
            // There, an open moment has the opening after it for an answer.
            said(calendar.next_open(window_end(&calendar, start())))
        }
        "next_open" => said(calendar.next_open(start())),
        "is_open" => Value::Bool(calendar.is_open(start())),
        "elapsed" => {
            let elapsed = calendar.elapsed(moment(&row["from"]), moment(&row["to"]));
            Value::from(elapsed.seconds() as f64 / 60.0)
        }
        "close" => said(Ok::<_, ()>(window_end(&calendar, start()))),
        "capped" => {
            capped(row, &calendar, amount, score);
            return;
        }
        other => panic!("unknown kind {other}"),
    };
    let expected = match kind {
        "elapsed" => Value::from(row[field].as_f64().expect("minutes")),
        "is_open" => row[field].clone(),
        _ => said(Ok::<_, ()>(moment(&row[field]))),
    };
    record(score, row, kind, &result, &expected);
}

/// The end of the window in or after a moment.
pub(super) fn window_end(calendar: &Calendar, at: Timestamp) -> Timestamp {
    let open = calendar.next_open(at).expect("an opening");
    let mut days = calendar.days(calendar.local_date(open), 1);
    let windows = days.next().expect("a day").windows;
    let here = windows.iter().find(|span| span.close > open);
    here.expect("the window that is open").close
}

/// A row names every moment on the way to a capped deadline.
fn capped(row: &Value, calendar: &Calendar, within: BusinessTime, score: &mut Score) {
    let received = moment(&row["start"]);
    let mut policy = plain_policy(within);
    let free = policy
        .deadlines(calendar, received, false)
        .expect("a deadline");
    policy.same_business_day = true;
    let deadlines = policy
        .deadlines(calendar, received, false)
        .expect("a deadline");
    let close = calendar.close_of_day(deadlines.start);
    let result = [
        said(Ok::<_, ()>(deadlines.start)),
        said(Ok::<_, ()>(free.acknowledge_due)),
        said(close),
        said(Ok::<_, ()>(deadlines.acknowledge_due)),
    ];
    let fields = [
        "effective_start",
        "expect_uncapped",
        "close_of_day",
        "expect",
    ];
    let expected = fields.map(|field| said(Ok::<_, ()>(moment(&row[field]))));
    record(
        score,
        row,
        "capped",
        &Value::from(result.to_vec()),
        &Value::from(expected.to_vec()),
    );
}

fn record(score: &mut Score, row: &Value, kind: &str, result: &Value, expected: &Value) {
    if result == expected {
        score.right += 1;
    } else {
        let id = &row["id"];
        score.wrong.push(format!(
            "{id} ({kind}): {result} where {expected} was expected"
        ));
    }
}

fn said<E: std::fmt::Debug>(moment: Result<Timestamp, E>) -> Value {
    match moment {
        Ok(at) => Value::String(at.to_rfc3339()),
        Err(error) => Value::String(format!("{error:?}")),
    }
}

fn moment(value: &Value) -> Timestamp {
    let text = value.as_str().expect("a moment");
    DateTime::parse_from_rfc3339(text).expect(text).to_utc()
}

fn corpus_calendar(row: &Value) -> Calendar {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week = days.map(|day| corpus_windows(&row["weekly_hours"][day]));
    let holidays = row["holidays"].as_array().expect("a list of holidays");
    let holiday = |value: &Value| {
        let date = value.as_str().or_else(|| value["date"].as_str());
        Holiday {
            date: date.expect("a date").parse().expect("a date"),
            name: None,
            hours: value.get("hours").map(corpus_windows).unwrap_or_default(),
        }
    };
    let zone = row["time_zone"].as_str().expect("a zone");
    let zone: Tz = zone.parse().expect("a known zone");
    let name = CalendarName::new("corpus");
    Calendar::new(name, zone, week, holidays.iter().map(holiday).collect())
        .with_days_off(corpus_breaks(&row["breaks"]))
}

/// There, breaks are cut out of the windows of a date, as the hours of an event are here.
fn corpus_breaks(value: &Value) -> Vec<DayOff> {
    let breaks = value.as_array().into_iter().flatten();
    let days = breaks.flat_map(|day| {
        let date = day["date"].as_str().expect("a date");
        let hours = corpus_windows(&day["hours"]).into_iter();
        hours.map(|hours| DayOff {
            date: date.parse().expect("a date"),
            name: None,
            off: Off::Part {
                from: hours.opens(),
                until: hours.closes(),
                begins: true,
            },
        })
    });
    days.collect()
}

fn corpus_windows(value: &Value) -> Vec<Window> {
    let Some(windows) = value.as_array() else {
        return Vec::new();
    };
    let minutes = |value: &Value| {
        let text = value.as_str().expect("a time of day");
        let (hour, minute) = text.split_once(':').expect("a time of day");
        hour.parse::<u32>().expect("hours") * 60 + minute.parse::<u32>().expect("minutes")
    };
    let read = |pair: &Value| {
        let (opens, closes) = (minutes(&pair[0]), minutes(&pair[1]));
        // There, ends run past 24:00; here they are times of the next day.
        let closes = if closes > 1440 { closes - 1440 } else { closes };
        window((opens, closes))
    };
    windows.iter().map(read).collect()
}
