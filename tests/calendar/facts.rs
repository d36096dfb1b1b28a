//! Facts of other products, carried along in `facts.tsv`: deadlines and business time that
//! their own tests expect, and some that were computed elsewhere.

use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::ids::CalendarName;
use ackd::domain::time::{BusinessTime, Timestamp};

use super::corpus::window_end;
use super::plain_policy;

#[test]
fn what_other_products_know_holds_here_too() {
    let mut calendar = None;
    let (mut right, mut wrong) = (0, Vec::new());
    let lines = include_str!("facts.tsv").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[0] == "calendar" {
            calendar = Some(read_calendar(cells[1], cells[2], cells[3]));
            continue;
        }
        let calendar = calendar.as_ref().expect("a calendar stands first");
        let (question, source) = (&cells[1..], cells[cells.len() - 1]);
        let (found, expected) = ask(calendar, cells[0], question);
        if found == expected {
            right += 1;
        } else {
            wrong.push(format!(
                "{} {}: {found:?} where {source} says {expected:?}",
                cells[0], cells[1]
            ));
        }
    }
    println!("{right} facts are right");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right > 380, "only {right} facts were found");
}

/// What we answer, and what is expected.
fn ask(calendar: &Calendar, kind: &str, cells: &[&str]) -> (Vec<String>, Vec<String>) {
    let start = at(cells[0]);
    let (found, expected) = match kind {
        "add" => (vec![sum(calendar, start, cells[1])], &cells[2..3]),
        "elapsed" => {
            let elapsed = calendar.elapsed(start, at(cells[1])).seconds();
            (vec![elapsed.to_string()], &cells[2..3])
        }
        "close" => (vec![said(window_end(calendar, start))], &cells[1..2]),
        "next_open" => {
            // There, an open moment has the opening after it for an answer.
            let after = match calendar.is_open(start) {
                true => window_end(calendar, start),
                false => start,
            };
            let opening = calendar.next_open(after).expect("an opening");
            (vec![said(opening)], &cells[1..2])
        }
        "is_open" => (vec![calendar.is_open(start).to_string()], &cells[1..2]),
        "capped" => (capped(calendar, start, cells[1]), &cells[2..6]),
        other => panic!("unknown kind {other}"),
    };
    (found, expected.iter().map(ToString::to_string).collect())
}

/// An amount may be negative: then it is counted backwards.
fn sum(calendar: &Calendar, start: Timestamp, amount: &str) -> String {
    let sum = match amount.strip_prefix('-') {
        Some(amount) => calendar.subtract(start, seconds(amount)),
        None => calendar.add(start, seconds(amount)),
    };
    said(sum.expect("enough open time"))
}

fn capped(calendar: &Calendar, received: Timestamp, within: &str) -> Vec<String> {
    let mut policy = plain_policy(seconds(within));
    let due = |policy: &ackd::domain::policy::Policy| {
        let deadlines = policy.deadlines(calendar, received, false);
        deadlines.expect("a deadline")
    };
    let free = due(&policy);
    policy.same_business_day = true;
    let deadlines = due(&policy);
    let close = calendar.close_of_day(deadlines.start).expect("an opening");
    [
        deadlines.start,
        free.acknowledge_due,
        close,
        deadlines.acknowledge_due,
    ]
    .map(said)
    .to_vec()
}

/// `mon..fri 09:00-12:00 13:00-17:00; sat 10:00-12:00`, and dates, each with its own hours or
/// none.
fn read_calendar(zone: &str, hours: &str, holidays: &str) -> Calendar {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let windows = |text: &str| -> Vec<Window> {
        let read = |text| Window::parse(text).expect(text);
        text.split_whitespace().map(read).collect()
    };
    let number = |name: &str| DAYS.iter().position(|day| *day == name).expect(name);
    let mut week: [Vec<Window>; 7] = Default::default();
    for part in hours.split("; ").filter(|part| !part.is_empty()) {
        let (days, hours) = part.split_once(' ').expect("days and hours");
        let (first, last) = days.split_once("..").unwrap_or((days, days));
        week[number(first)..=number(last)].fill(windows(hours));
    }
    let holiday = |part: &str| {
        let (date, hours) = part.split_once(' ').unwrap_or((part, ""));
        Holiday {
            date: date.parse().expect(date),
            name: None,
            hours: windows(hours),
        }
    };
    let holidays = holidays.split("; ").filter(|part| !part.is_empty());
    let holidays = holidays.map(holiday).collect();
    let zone = zone.parse().expect("a known zone");
    Calendar::new(CalendarName::new("facts"), zone, week, holidays)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn said(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn seconds(text: &str) -> BusinessTime {
    BusinessTime::from_seconds(text.parse().expect(text))
}
