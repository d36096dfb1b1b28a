//! What a deadline costs: microseconds for each question, and how they compare with a deadline
//! in the same week on a calendar without holidays.
//!
//! `cargo bench --bench calendar` prints the table. Nothing here passes or fails: a busy
//! machine is slow, and the ratios tell more than the figures.

// A benchmark measures time that passes, not the time of day.
#![allow(clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::ids::{CalendarName, PolicyName};
use ackd::domain::policy::{Clock, Policy};
use ackd::domain::time::{BusinessTime, Timestamp};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

/// How long one round of a measurement takes.
const ROUND: Duration = Duration::from_millis(20);
/// How many rounds are measured; the quickest counts, for others may use the machine too.
const ROUNDS: usize = 15;

fn main() {
    let mut table = Table::default();
    let (plain, festive) = (office(Vec::new()), office(ten_years_of_holidays()));
    let friday = at("2026-07-10T15:00:00Z");
    let monday = at("2026-07-06T09:30:00Z");
    for (calendar, holidays) in [(&plain, "no holidays"), (&festive, "ten years of holidays")] {
        let mut ask = |question: &str, answer: &mut dyn FnMut()| {
            table.measure(&format!("{question}, {holidays}"), answer);
        };
        let (prompt, patient) = (policy(true), policy(false));
        ask("deadline in the same hour", &mut || {
            black_box(prompt.deadlines(calendar, black_box(monday), false)).ok();
        });
        ask("deadline after the weekend", &mut || {
            black_box(patient.deadlines(calendar, black_box(friday), false)).ok();
        });
        ask("deadline with its answer clock and ladder", &mut || {
            black_box(ladder(&prompt, calendar, black_box(monday)));
        });
        for hours in [40, 400, 2_000, 10_000] {
            let amount = BusinessTime::from_minutes(60 * hours);
            ask(&format!("{hours} business hours on"), &mut || {
                black_box(calendar.add(black_box(monday), amount)).ok();
            });
        }
        let amount = BusinessTime::from_minutes(60 * 2_000);
        ask("2000 business hours back", &mut || {
            black_box(calendar.subtract(black_box(monday), amount)).ok();
        });
        for (until, name) in [
            ("2026-07-08T12:00:00Z", "two days"),
            ("2027-07-06T12:00:00Z", "a year"),
            ("2031-07-06T12:00:00Z", "five years"),
        ] {
            let until = at(until);
            ask(&format!("elapsed over {name}"), &mut || {
                black_box(calendar.elapsed(black_box(monday), until));
            });
        }
    }
    let never = Calendar::new(
        CalendarName::new("never"),
        Tz::Europe__London,
        Default::default(),
        Vec::new(),
    );
    table.measure("no opening in ten years", &mut || {
        black_box(never.next_open(black_box(monday))).ok();
    });
}

/// Prints a line for each measurement; the first one is what the others are compared with.
#[derive(Default)]
struct Table {
    first: Option<f64>,
}

impl Table {
    fn measure(&mut self, question: &str, answer: &mut dyn FnMut()) {
        let microseconds = quickest(answer).as_secs_f64() * 1e6;
        let first = *self.first.get_or_insert(microseconds);
        let ratio = microseconds / first;
        println!("{question:<66}{microseconds:>10.3} µs{ratio:>10.1} ×");
    }
}

/// How long one call takes in the quickest round.
fn quickest(answer: &mut dyn FnMut()) -> Duration {
    // Whatever is worked out once is worked out here.
    answer();
    let mut quickest = Duration::MAX;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let mut calls = 0;
        while calls == 0 || begin.elapsed() < ROUND {
            const AT_ONCE: u32 = 16;
            (0..AT_ONCE).for_each(|_| answer());
            calls += AT_ONCE;
        }
        quickest = quickest.min(begin.elapsed() / calls);
    }
    quickest
}

fn ladder(policy: &Policy, calendar: &Calendar, received: Timestamp) -> usize {
    let deadlines = policy.deadlines(calendar, received, false);
    let deadlines = deadlines.expect("enough open time");
    let (start, due) = (deadlines.start, deadlines.acknowledge_due);
    let rungs = policy.ladder(calendar, Clock::Acknowledge, start, due);
    let answer_due = deadlines.answer_due.expect("an answer clock");
    let more = policy.ladder(calendar, Clock::Answer, start, answer_due);
    rungs.expect("enough open time").len() + more.expect("enough open time").len()
}

fn policy(same_business_day: bool) -> Policy {
    let time = |text| BusinessTime::parse(text).expect("a duration");
    Policy {
        name: PolicyName::new("standard"),
        calendar: CalendarName::new("office"),
        acknowledge_within: time("3h"),
        same_business_day,
        urgent_within: Some(time("1h")),
        min_lead: BusinessTime::ZERO,
        answer_within: same_business_day.then(|| time("8h")),
        remind_before: vec![time("90m"), time("30m")],
        escalate_after: vec![time("0m"), time("2h")],
        auto_acknowledge_before: Some(time("10m")),
    }
}

fn office(holidays: Vec<Holiday>) -> Calendar {
    let windows = |texts: &[&str]| -> Vec<Window> {
        let read = |text: &&str| Window::parse(text).expect("a window");
        texts.iter().map(read).collect()
    };
    let day = || windows(&["09:00-13:00", "14:00-17:30"]);
    let week = [day(), day(), day(), day(), day(), Vec::new(), Vec::new()];
    Calendar::new(
        CalendarName::new("office"),
        Tz::Europe__London,
        week,
        holidays,
    )
}

/// A dozen days off in each year, as a holiday file gives them.
fn ten_years_of_holidays() -> Vec<Holiday> {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a date");
    let off = |date: &NaiveDate| date.day() == 1 || (date.month() == 12 && date.day() == 25);
    let dates = first.iter_days().take_while(|date| date.year() < 2034);
    dates
        .filter(off)
        .map(|date| Holiday {
            date,
            name: Some("a day off".into()),
            hours: Vec::new(),
        })
        .collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}
