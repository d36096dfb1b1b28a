//! Nights in which the clocks change.

use super::*;

#[test]
fn wall_time_stays_when_the_clocks_change() {
    let new_york = office(Tz::America__New_York, "09:00-17:00");
    // Friday 16:00 EST, Monday 10:00 EDT.
    adds(
        &new_york,
        "2026-03-06T21:00:00Z",
        "2h",
        "2026-03-09T14:00:00Z",
    );
    let lord_howe = every_day(Tz::Australia__Lord_Howe, "09:00-17:00");
    // Half an hour of summer time: 2026-04-05 goes from +11:00 to +10:30.
    adds(
        &lord_howe,
        "2026-04-04T05:00:00Z",
        "2h",
        "2026-04-04T23:30:00Z",
    );
}

#[test]
fn a_shift_over_the_missing_hour_is_an_hour_shorter() {
    let nights = every_day(Tz::Europe__London, "22:00-06:00");
    lasts(
        &nights,
        "2026-03-28T12:00:00Z",
        "2026-03-29T12:00:00Z",
        "7h",
    );
    lasts(
        &nights,
        "2026-10-24T12:00:00Z",
        "2026-10-25T12:00:00Z",
        "9h",
    );
}

#[test]
fn edges_in_the_missing_hour_move_to_its_end() {
    // London skips 01:00-02:00 on 2026-03-29, at 01:00Z.
    let late = every_day(Tz::Europe__London, "01:30-03:00");
    lasts(&late, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", "1h");
    let early = every_day(Tz::Europe__London, "00:00-01:30");
    lasts(&early, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", "1h");
    let inside = every_day(Tz::Europe__London, "01:10-01:50");
    lasts(
        &inside,
        "2026-03-29T00:00:00Z",
        "2026-03-29T12:00:00Z",
        "0m",
    );
    adds(
        &inside,
        "2026-03-29T00:30:00Z",
        "10m",
        "2026-03-30T00:20:00Z",
    );
}

#[test]
fn in_the_hour_that_comes_twice_we_open_early_and_close_late() {
    // London repeats 01:00-02:00 on 2026-10-25: from 00:00Z and from 01:00Z.
    let hours = every_day(Tz::Europe__London, "01:15-01:45");
    lasts(
        &hours,
        "2026-10-25T00:00:00Z",
        "2026-10-25T12:00:00Z",
        "1h30m",
    );
    let next = hours
        .next_open(at("2026-10-25T00:00:00Z"))
        .expect("open early");
    assert_eq!(next, at("2026-10-25T00:15:00Z"));
    let close = hours.close_of_day(next).expect("close late");
    assert_eq!(close, at("2026-10-25T01:45:00Z"));
}

#[test]
fn a_zone_without_midnight_still_has_a_day() {
    let always = every_day(Tz::America__Sao_Paulo, "00:00-24:00");
    // 2018-11-04 begins at 01:00.
    let day = always.days(date("2018-11-04"), 1).next().expect("a day");
    assert_eq!(day.windows[0].length(), chrono::TimeDelta::hours(23));
    assert!(day.clock_change.is_some());
    lasts(
        &always,
        "2018-11-03T00:00:00Z",
        "2018-11-06T00:00:00Z",
        "72h",
    );
}
