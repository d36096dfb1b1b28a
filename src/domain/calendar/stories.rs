//! The calendar in stories: weeks as teams keep them, and the nights that break naive sums.

mod clock_changes;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Calendar, CalendarError, HORIZON_DAYS, Holiday, Window};
use crate::domain::ids::CalendarName;
use crate::domain::time::{BusinessTime, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect(text)
}

fn windows(texts: &[&str]) -> Vec<Window> {
    let read = |text: &&str| Window::parse(text).expect(text);
    texts.iter().map(read).collect()
}

fn time(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect(text)
}

/// A week from Monday on, each day's windows parted by blanks.
fn week_in(zone: Tz, days: [&str; 7], holidays: Vec<Holiday>) -> Calendar {
    let week = days.map(|day| windows(&day.split_whitespace().collect::<Vec<_>>()));
    Calendar::new(CalendarName::new("office"), zone, week, holidays)
}

fn office(zone: Tz, hours: &str) -> Calendar {
    week_in(
        zone,
        [hours, hours, hours, hours, hours, "", ""],
        Vec::new(),
    )
}

fn every_day(zone: Tz, hours: &str) -> Calendar {
    week_in(zone, [hours; 7], Vec::new())
}

fn holiday(day: &str, name: &str, hours: &[&str]) -> Holiday {
    Holiday {
        date: date(day),
        name: Some(name.to_owned()),
        hours: windows(hours),
    }
}

#[track_caller]
fn adds(calendar: &Calendar, from: &str, amount: &str, due: &str) {
    let sum = calendar
        .add(at(from), time(amount))
        .expect("enough open time");
    assert_eq!(sum, at(due), "{from} + {amount}");
}

#[track_caller]
fn subtracts(calendar: &Calendar, until: &str, amount: &str, from: &str) {
    let moment = calendar
        .subtract(at(until), time(amount))
        .expect("enough open time");
    assert_eq!(moment, at(from), "{until} - {amount}");
}

#[track_caller]
fn lasts(calendar: &Calendar, from: &str, to: &str, amount: &str) {
    assert_eq!(
        calendar.elapsed(at(from), at(to)),
        time(amount),
        "{from} to {to}"
    );
}

#[test]
fn four_hours_from_monday_at_five_end_on_tuesday_at_eleven() {
    let office = office(Tz::UTC, "08:00-18:00");
    adds(
        &office,
        "2026-03-02T17:00:00Z",
        "4h",
        "2026-03-03T11:00:00Z",
    );
    subtracts(
        &office,
        "2026-03-03T11:00:00Z",
        "1h",
        "2026-03-03T10:00:00Z",
    );
    subtracts(
        &office,
        "2026-03-03T11:00:00Z",
        "4h",
        "2026-03-02T17:00:00Z",
    );
}

#[test]
fn two_hours_before_ten_is_the_opening_not_the_closing_before() {
    let office = office(Tz::UTC, "08:00-18:00");
    subtracts(
        &office,
        "2026-03-03T10:00:00Z",
        "2h",
        "2026-03-03T08:00:00Z",
    );
    subtracts(
        &office,
        "2026-03-03T10:00:00Z",
        "0m",
        "2026-03-03T10:00:00Z",
    );
}

#[test]
fn forty_eight_hours_go_over_two_holidays() {
    let holidays = vec![
        holiday("2026-11-09", "a day off that is over by then", &[]),
        holiday("2026-11-11", "Martinmas", &[]),
    ];
    let shop = week_in(Tz::UTC, ["09:00-21:00"; 7], holidays);
    // Four whole days of twelve hours are wanted: the 10th, 12th, 13th and 14th.
    adds(&shop, "2026-11-09T23:00:00Z", "48h", "2026-11-14T21:00:00Z");
}

#[test]
fn a_calendar_that_never_closes_adds_no_minute_at_midnight() {
    let always = every_day(Tz::Europe__Berlin, "00:00-24:00");
    adds(
        &always,
        "2026-03-02T22:30:00Z",
        "1h",
        "2026-03-02T23:30:00Z",
    );
    lasts(
        &always,
        "2026-03-01T00:00:00Z",
        "2026-03-08T00:00:00Z",
        "168h",
    );
    // The night the clocks go forward is an hour shorter on the wall, not in truth.
    lasts(
        &always,
        "2026-03-28T00:00:00Z",
        "2026-03-30T00:00:00Z",
        "48h",
    );
}

#[test]
fn mail_at_lunch_counts_from_the_afternoon() {
    let office = office(Tz::UTC, "08:00-12:00 13:30-18:00");
    adds(
        &office,
        "2026-03-02T12:30:00Z",
        "1h",
        "2026-03-02T14:30:00Z",
    );
    let opening = office
        .next_open(at("2026-03-02T12:00:00Z"))
        .expect("an afternoon");
    assert_eq!(opening, at("2026-03-02T13:30:00Z"));
}

#[test]
fn mail_before_the_opening_costs_only_the_time_after_it() {
    let office = office(Tz::UTC, "09:00-17:00");
    lasts(
        &office,
        "2026-03-02T08:30:00Z",
        "2026-03-02T09:15:00Z",
        "15m",
    );
}

#[test]
fn friday_afternoon_runs_over_into_monday() {
    let office = office(Tz::UTC, "09:00-17:00");
    adds(
        &office,
        "2026-03-06T16:00:00Z",
        "2h",
        "2026-03-09T10:00:00Z",
    );
}

#[test]
fn one_day_a_week_is_enough() {
    let tuesdays = week_in(Tz::UTC, ["", "09:00-17:00", "", "", "", "", ""], Vec::new());
    adds(
        &tuesdays,
        "2026-03-03T16:00:00Z",
        "2h",
        "2026-03-10T10:00:00Z",
    );
    subtracts(
        &tuesdays,
        "2026-03-10T10:00:00Z",
        "2h",
        "2026-03-03T16:00:00Z",
    );
}

#[test]
fn the_end_of_a_window_is_a_deadline_but_no_beginning() {
    let office = office(Tz::UTC, "09:00-17:00");
    adds(
        &office,
        "2026-03-02T15:00:00Z",
        "2h",
        "2026-03-02T17:00:00Z",
    );
    adds(
        &office,
        "2026-03-02T17:00:00Z",
        "2h",
        "2026-03-03T11:00:00Z",
    );
    adds(
        &office,
        "2026-03-02T17:00:00Z",
        "0m",
        "2026-03-03T09:00:00Z",
    );
    assert!(!office.is_open(at("2026-03-02T17:00:00Z")));
    assert!(office.is_open(at("2026-03-02T09:00:00Z")));
    assert!(office.is_open(at("2026-03-02T16:59:59Z")));
}

#[test]
fn windows_in_any_order_and_overlapping_count_once() {
    let day = "14:00-18:00 12:00-16:00 20:00-02:00";
    let odd = week_in(
        Tz::UTC,
        [day, "12:00-16:00 10:00-15:00", "", "", "", "", ""],
        Vec::new(),
    );
    lasts(&odd, "2026-03-02T00:00:00Z", "2026-03-03T10:00:00Z", "12h");
    adds(&odd, "2026-03-02T09:00:00Z", "16h", "2026-03-03T14:00:00Z");
}

#[test]
fn the_night_shift_belongs_to_the_day_it_starts_on() {
    let nights = office(Tz::UTC, "22:00-06:00");
    let close = nights
        .close_of_day(at("2026-03-07T01:00:00Z"))
        .expect("Friday's night");
    assert_eq!(close, at("2026-03-07T06:00:00Z"));
    adds(
        &nights,
        "2026-03-07T05:00:00Z",
        "2h",
        "2026-03-09T23:00:00Z",
    );
    assert!(
        !nights.is_open(at("2026-03-08T01:00:00Z")),
        "Saturday has no night shift"
    );
    assert!(
        !nights.is_open(at("2026-03-02T01:00:00Z")),
        "nor has Sunday"
    );
}

#[test]
fn what_two_days_cover_belongs_to_the_earlier() {
    let both = week_in(
        Tz::UTC,
        ["22:00-06:00", "05:00-10:00", "", "", "", "", ""],
        Vec::new(),
    );
    let close = |moment| both.close_of_day(at(moment)).expect("open");
    assert_eq!(close("2026-03-03T05:30:00Z"), at("2026-03-03T06:00:00Z"));
    assert_eq!(close("2026-03-03T06:00:00Z"), at("2026-03-03T10:00:00Z"));
    lasts(&both, "2026-03-02T22:00:00Z", "2026-03-03T12:00:00Z", "12h");
    subtracts(&both, "2026-03-03T10:00:00Z", "12h", "2026-03-02T22:00:00Z");
    let tuesday = both.days(date("2026-03-03"), 1).next().expect("a day");
    assert_eq!(tuesday.windows.len(), 1);
    assert_eq!(tuesday.windows[0].open, at("2026-03-03T06:00:00Z"));
}

#[test]
fn a_day_window_inside_the_night_before_is_not_counted_twice() {
    let nested = week_in(
        Tz::UTC,
        ["22:00-06:00", "01:00-02:00", "", "", "", "", ""],
        Vec::new(),
    );
    lasts(
        &nested,
        "2026-03-02T12:00:00Z",
        "2026-03-03T12:00:00Z",
        "8h",
    );
    subtracts(
        &nested,
        "2026-03-03T06:00:00Z",
        "8h",
        "2026-03-02T22:00:00Z",
    );
}

#[test]
fn a_holiday_leaves_the_night_before_it_alone() {
    let holidays = vec![holiday("2026-12-25", "Christmas Day", &[])];
    let nights = week_in(Tz::UTC, ["22:00-06:00"; 7], holidays);
    adds(
        &nights,
        "2026-12-25T05:00:00Z",
        "2h",
        "2026-12-26T23:00:00Z",
    );
    assert!(nights.is_open(at("2026-12-25T05:59:00Z")));
    assert!(!nights.is_open(at("2026-12-26T01:00:00Z")));
}

#[test]
fn a_holiday_may_have_hours_of_its_own() {
    let holidays = vec![
        holiday("2026-12-24", "Christmas Eve", &["09:00-12:00"]),
        holiday("2026-12-24", "listed twice", &[]),
        holiday("2026-12-27", "Stocktaking", &["10:00-14:00"]),
    ];
    let day = "09:00-17:00";
    let office = week_in(Tz::UTC, [day, day, day, day, day, "", ""], holidays);
    let close = office
        .close_of_day(at("2026-12-24T10:00:00Z"))
        .expect("open");
    assert_eq!(close, at("2026-12-24T12:00:00Z"));
    assert!(
        office.is_open(at("2026-12-27T11:00:00Z")),
        "a Sunday that is open for once"
    );
}

#[test]
fn the_close_of_a_day_is_the_end_of_its_last_window() {
    let office = office(Tz::UTC, "09:00-13:00 14:00-17:30");
    let close = office
        .close_of_day(at("2026-03-02T09:30:00Z"))
        .expect("open");
    assert_eq!(close, at("2026-03-02T17:30:00Z"));
}

#[test]
fn a_calendar_that_never_opens_says_so_and_does_not_search_for_ever() {
    let never = every_day(Tz::UTC, "");
    let from = at("2026-03-02T09:00:00Z");
    let beyond = CalendarError::BeyondHorizon {
        calendar: CalendarName::new("office"),
        from,
        days: HORIZON_DAYS,
    };
    assert_eq!(never.next_open(from), Err(beyond.clone()));
    assert_eq!(never.add(from, time("1h")), Err(beyond.clone()));
    assert_eq!(never.subtract(from, time("1h")), Err(beyond));
    assert_eq!(
        never.elapsed(from, at("9999-12-31T23:59:59Z")),
        BusinessTime::ZERO
    );
    let hour = week_in(Tz::UTC, ["09:00-10:00", "", "", "", "", "", ""], Vec::new());
    let weeks = u64::from(HORIZON_DAYS) / 7;
    assert!(
        hour.add(from, BusinessTime::from_minutes(60 * (weeks - 1)))
            .is_ok()
    );
    assert!(
        hour.add(from, BusinessTime::from_minutes(60 * (weeks + 2)))
            .is_err()
    );
    assert!(
        hour.add(from, BusinessTime::from_seconds(u64::MAX))
            .is_err()
    );
}

#[test]
fn the_ends_of_time_are_no_trap() {
    let office = office(Tz::Europe__London, "09:00-17:00 22:00-06:00");
    assert!(office.next_open(Timestamp::MAX_UTC).is_err());
    assert!(office.next_open(Timestamp::MIN_UTC).is_ok());
    assert!(office.subtract(Timestamp::MIN_UTC, time("1h")).is_err());
    assert!(office.subtract(Timestamp::MAX_UTC, time("1h")).is_ok());
    assert!(!office.is_open(Timestamp::MAX_UTC));
    assert!(office.days(NaiveDate::MAX, 3).count() <= 3);
    assert_eq!(office.days(NaiveDate::MIN, 2).count(), 2);
}

#[test]
fn fractions_of_a_second_are_kept() {
    let office = office(Tz::UTC, "09:00-17:00");
    adds(
        &office,
        "2026-03-02T10:00:00.5Z",
        "1h",
        "2026-03-02T11:00:00.5Z",
    );
    adds(
        &office,
        "2026-03-02T16:59:59.5Z",
        "1s",
        "2026-03-03T09:00:00.5Z",
    );
}

#[test]
fn a_reversed_interval_holds_no_time() {
    let office = office(Tz::UTC, "09:00-17:00");
    lasts(
        &office,
        "2026-03-03T12:00:00Z",
        "2026-03-02T12:00:00Z",
        "0m",
    );
}
