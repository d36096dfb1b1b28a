//! Half holidays, as they meet the hours of a day.

use chrono_tz::Tz;

use super::super::super::ids::CalendarName;
use super::*;

const THURSDAY: &str = "2026-12-24";
const FRIDAY: &str = "2026-12-25";

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// `14:00-24:00` or, over midnight, `20:00-26:00`.
fn part(day: &str, name: &str, hours: &str) -> DayOff {
    let minutes = |time: &str| {
        let (hour, minute) = time.split_once(':').expect("a time");
        hour.parse::<u16>().expect("an hour") * 60 + minute.parse::<u16>().expect("a minute")
    };
    let (from, until) = hours.split_once('-').expect("two times");
    DayOff {
        date: date(day),
        name: Some(name.to_owned()),
        off: Off::Part {
            from: minutes(from),
            until: minutes(until),
            begins: true,
        },
    }
}

/// What an event that began the day before takes.
fn rest(mut day: DayOff) -> DayOff {
    if let Off::Part { begins, .. } = &mut day.off {
        *begins = false;
    }
    day
}

fn whole(day: &str, name: &str) -> DayOff {
    DayOff {
        date: date(day),
        name: Some(name.to_owned()),
        off: Off::WholeDay,
    }
}

fn open_daily(hours: &str, days_off: Vec<DayOff>) -> Calendar {
    let day = || {
        let windows = hours.split_whitespace();
        windows
            .map(|text| Window::parse(text).expect(text))
            .collect()
    };
    let week = std::array::from_fn(|_| day());
    let calendar = Calendar::new(CalendarName::new("office"), Tz::UTC, week, Vec::new());
    calendar.with_days_off(days_off)
}

/// The name of a day, and its windows as they fall.
fn shown(calendar: &Calendar, day: &str) -> String {
    let day = calendar.days(date(day), 1).next().expect("a day");
    let windows = day.windows.iter().map(|span| {
        let hour = |at: super::super::super::time::Timestamp| {
            let day = if at.date_naive() > day.date { "+" } else { "" };
            format!("{}{day}", at.format("%H:%M"))
        };
        format!("{}-{}", hour(span.open), hour(span.close))
    });
    let windows: Vec<String> = windows.collect();
    let name = day.holiday.map(|holiday| holiday.name.as_deref());
    let name = name.map_or("no holiday", |name| name.unwrap_or("unnamed"));
    format!("{name}: {}", windows.join(" "))
}

#[test]
fn the_hours_of_an_event_are_cut_out_of_the_day() {
    for (hours, event, left) in [
        ("09:00-17:00", "14:00-24:00", "09:00-14:00"),
        ("09:00-17:00", "00:00-12:00", "12:00-17:00"),
        ("09:00-17:00", "10:00-11:00", "09:00-10:00 11:00-17:00"),
        ("09:00-17:00", "09:00-17:00", ""),
        ("09:00-17:00", "18:00-22:00", "09:00-17:00"),
        ("09:00-17:00", "17:00-18:00", "09:00-17:00"),
        ("09:00-17:00", "08:00-09:00", "09:00-17:00"),
        (
            "09:00-12:00 13:00-17:00",
            "11:00-14:00",
            "09:00-11:00 14:00-17:00",
        ),
        (
            "08:00-12:00 10:00-18:00",
            "11:00-12:00",
            "08:00-11:00 12:00-18:00",
        ),
        ("00:00-24:00", "12:00-24:00", "00:00-12:00"),
    ] {
        let calendar = open_daily(hours, vec![part(THURSDAY, "Eve", event)]);
        assert_eq!(
            shown(&calendar, THURSDAY),
            format!("Eve: {left}"),
            "{hours} without {event}"
        );
    }
}

#[test]
fn a_window_over_midnight_loses_the_hours_of_the_event_and_no_more() {
    let nights = |days_off| open_daily("22:00-06:00", days_off);
    // The afternoon ends at midnight, and so does what is off.
    let calendar = nights(vec![part(THURSDAY, "Eve", "14:00-24:00")]);
    assert_eq!(shown(&calendar, THURSDAY), "Eve: 00:00+-06:00+");
    let holiday = calendar.holiday(date(THURSDAY)).expect("a holiday");
    assert_eq!(holiday.hours[0].to_string(), "00:00-06:00 the day after");
    let calendar = nights(vec![
        part(THURSDAY, "Ball", "23:00-26:00"),
        rest(part(FRIDAY, "Ball", "00:00-02:00")),
    ]);
    assert_eq!(
        shown(&calendar, THURSDAY),
        "Ball: 22:00-23:00 02:00+-06:00+"
    );
    assert_eq!(shown(&calendar, FRIDAY), "no holiday: 22:00-06:00+");
    // As with a whole holiday, the tail of the night before stays.
    let calendar = nights(vec![part(FRIDAY, "Morning", "00:00-12:00")]);
    assert_eq!(shown(&calendar, THURSDAY), "no holiday: 22:00-06:00+");
    assert_eq!(shown(&calendar, FRIDAY), "Morning: 22:00-06:00+");
}

#[test]
fn the_last_hours_of_an_event_name_their_day_only_if_they_take_something_of_it() {
    let trip = |until: &str| {
        let days = vec![
            part(THURSDAY, "Trip", "12:00-48:00"),
            rest(part(FRIDAY, "Trip", until)),
        ];
        let calendar = open_daily("09:00-17:00", days);
        [shown(&calendar, THURSDAY), shown(&calendar, FRIDAY)]
    };
    assert_eq!(
        trip("00:00-10:00"),
        ["Trip: 09:00-12:00", "Trip: 10:00-17:00"]
    );
    assert_eq!(
        trip("00:00-09:00"),
        ["Trip: 09:00-12:00", "no holiday: 09:00-17:00"]
    );
}

#[test]
fn several_events_on_a_day_are_all_cut_out_and_named() {
    let calendar = open_daily(
        "09:00-17:00",
        vec![
            part(THURSDAY, "Stocktaking", "08:00-10:00"),
            part(THURSDAY, "Eve", "14:00-24:00"),
            part(THURSDAY, "Eve", "16:00-17:00"),
        ],
    );
    assert_eq!(shown(&calendar, THURSDAY), "Stocktaking, Eve: 10:00-14:00");
    let both = vec![
        part(THURSDAY, "Stocktaking", "08:00-10:00"),
        whole(THURSDAY, "Eve"),
    ];
    assert_eq!(shown(&open_daily("09:00-17:00", both), THURSDAY), "Eve: ");
}

#[test]
fn a_date_of_the_configuration_beats_the_file() {
    let dated = Holiday {
        date: date(THURSDAY),
        name: Some("Ours".to_owned()),
        hours: vec![Window::parse("09:00-16:00").expect("a window")],
    };
    let week = std::array::from_fn(|_| vec![Window::parse("08:00-18:00").expect("a window")]);
    let calendar = Calendar::new(CalendarName::new("office"), Tz::UTC, week, vec![dated])
        .with_days_off(vec![part(THURSDAY, "Eve", "14:00-24:00")]);
    assert_eq!(shown(&calendar, THURSDAY), "Ours: 09:00-16:00");
}

#[test]
fn the_business_day_closes_with_the_last_window_that_is_left() {
    let calendar = open_daily(
        "09:00-12:00 13:00-17:00",
        vec![part(THURSDAY, "Eve", "14:00-24:00")],
    );
    let at = |text: &str| text.parse().expect("a moment");
    assert_eq!(
        calendar.close_of_day(at("2026-12-24T09:30:00Z")),
        Ok(at("2026-12-24T14:00:00Z"))
    );
    assert_eq!(
        calendar.next_open(at("2026-12-24T14:00:00Z")),
        Ok(at("2026-12-25T09:00:00Z"))
    );
}
