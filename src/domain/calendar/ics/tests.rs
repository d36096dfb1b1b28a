//! Holiday files as they are found, and as they should not be.

use super::*;

fn file(events: &str) -> String {
    let events = events.trim().replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}\r\nEND:VCALENDAR\r\n")
}

fn read_in(zone: Tz, events: &str) -> Result<Vec<String>, IcsError> {
    let holidays = holidays_from_ics(&file(events), zone, 2024, 2026)?;
    let line = |holiday: &Holiday| {
        let name = holiday.name.as_deref().unwrap_or("-");
        format!("{} {name}", holiday.date)
    };
    Ok(holidays.iter().map(line).collect())
}

fn read(events: &str) -> Vec<String> {
    read_in(Tz::Europe__London, events).expect("a holiday file")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\nDTSTAMP:20240101T000000Z\n{lines}\nEND:VEVENT")
}

#[test]
fn an_all_day_event_is_a_date_whatever_the_zone() {
    let boxing_day = event("SUMMARY:Boxing Day\\, moved\nDTSTART;VALUE=DATE:20241226");
    for zone in [Tz::Pacific__Auckland, Tz::America__Los_Angeles] {
        let days = read_in(zone, &boxing_day).expect("a holiday file");
        assert_eq!(days, ["2024-12-26 Boxing Day, moved"]);
    }
}

#[test]
fn an_end_is_the_first_day_that_is_free_again() {
    let break_by_end = "DTSTART;VALUE=DATE:20241230\nDTEND;VALUE=DATE:20250102";
    let days = ["2024-12-30 -", "2024-12-31 -", "2025-01-01 -"];
    assert_eq!(read(&event(break_by_end)), days);
    let break_by_length = "DTSTART;VALUE=DATE:20241230\nDURATION:P3D";
    assert_eq!(read(&event(break_by_length)), days);
}

#[test]
fn a_yearly_event_comes_back_but_for_its_exceptions() {
    let yearly = "SUMMARY:May Day\nDTSTART;VALUE=DATE:20200504\n\
                  RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO;UNTIL=20260504\n\
                  EXDATE;VALUE=DATE:20250505";
    assert_eq!(
        read(&event(yearly)),
        ["2024-05-06 May Day", "2026-05-04 May Day"]
    );
}

#[test]
fn a_rule_counts_from_the_end_of_a_month_and_ends_by_number_or_moment() {
    let bank_holiday = "SUMMARY:Spring Bank Holiday\nDTSTART;VALUE=DATE:20200525\n\
                        RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO";
    let days = |rule_end: &str| read(&event(&format!("{bank_holiday}{rule_end}")));
    let all = ["2024-05-27", "2025-05-26", "2026-05-25"];
    let named = |dates: &[&str]| -> Vec<String> {
        let named = dates
            .iter()
            .map(|date| format!("{date} Spring Bank Holiday"));
        named.collect()
    };
    assert_eq!(days(""), named(&all));
    assert_eq!(days(";COUNT=6"), named(&all[..2]));
    assert_eq!(days(";UNTIL=20250526T000000Z"), named(&all[..2]));
    assert_eq!(days(";UNTIL=20250525"), named(&all[..1]));
    assert_eq!(days("\nEXDATE:20250526T000000Z"), named(&[all[0], all[2]]));
}

#[test]
fn all_day_events_are_known_in_odd_clothes() {
    let one = ["2024-12-25 -"];
    for lines in [
        "DTSTART:20241225",
        "DTSTART;VALUE=DATE:20241225\nDTEND;VALUE=DATE:20241225",
        "DTSTART;VALUE=DATE:20241225T000000",
        "DTSTART:20241225T000000\nDTEND:20241225T235959",
        "DTSTART:20241225T000000\nDTEND:20241226T000000",
        "DTSTART;TZID=\"GMT Standard Time\":20241225T000000\nDTEND;TZID=\"GMT Standard Time\":20241226T000000",
        "DTSTART:20241225T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        "DTSTART;TZID=Europe/London:20241225T000000\nDURATION:PT24H",
    ] {
        assert_eq!(read(&event(lines)), one, "{lines}");
    }
    let three = ["2024-12-24 -", "2024-12-25 -", "2024-12-26 -"];
    for end in ["20241226T235900", "20241227T000000"] {
        let lines = format!("DTSTART:20241224T000000\nDTEND:{end}");
        assert_eq!(read(&event(&lines)), three, "{end}");
    }
}

#[test]
fn an_override_stands_for_its_occurrence() {
    let yearly = event("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=YEARLY");
    let moved = event(
        "SUMMARY:Fair (moved)\nRECURRENCE-ID;VALUE=DATE:20250610\nDTSTART;VALUE=DATE:20250612",
    );
    let dropped = event(
        "SUMMARY:Fair\nRECURRENCE-ID;VALUE=DATE:20260610\nDTSTART;VALUE=DATE:20260610\nSTATUS:CANCELLED",
    );
    assert_eq!(
        read(&format!("{yearly}\n{moved}\n{dropped}")),
        ["2024-06-10 Fair", "2025-06-12 Fair (moved)"]
    );
}

#[test]
fn an_event_with_times_closes_the_whole_days_it_lasts() {
    let move_out = event("SUMMARY:Move\nDTSTART:20240701T220000Z\nDTEND:20240702T220000Z");
    assert_eq!(read(&move_out), ["2024-07-01 Move"]);
    let days = read_in(Tz::Asia__Kolkata, &move_out).expect("a holiday file");
    assert_eq!(days, ["2024-07-02 Move"]);
    let long = event("DTSTART:20240701T080000Z\nDURATION:P1DT12H");
    assert_eq!(read(&long), ["2024-07-01 -"]);
    let clocks_forward = event(
        "DTSTART;TZID=Europe/Berlin:20240331T000000\nDTEND;TZID=Europe/Berlin:20240401T000000",
    );
    let days = read_in(Tz::UTC, &clocks_forward).expect("a holiday file");
    assert_eq!(days, ["2024-03-30 -"]);
    let midnights = event(
        "DTSTART;TZID=Europe/London:20240701T000000\nDTEND;TZID=Europe/London:20240702T000000",
    );
    assert_eq!(read(&midnights), ["2024-07-01 -"]);
    let weekend = event("DTSTART:20240705T150000Z\nDTEND:20240707T160000Z");
    assert_eq!(read(&weekend), ["2024-07-05 -", "2024-07-06 -"]);
}

#[test]
fn an_event_shorter_than_a_day_closes_nothing() {
    for lines in [
        "DTSTART:20240701T120000Z\nDTEND:20240701T130000Z",
        "DTSTART:20240701T220000Z\nDTEND:20240702T020000Z",
        "DTSTART:20240701T120000Z\nDURATION:PT1H30M",
        "DTSTART:20240701T120000Z",
        "DTSTART;TZID=Europe/London:20240701T180000\nDURATION:PT4H\nRRULE:FREQ=YEARLY",
    ] {
        assert_eq!(read(&event(lines)), [""; 0], "{lines}");
    }
    let fair = event("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=YEARLY");
    let an_hour = event(
        "SUMMARY:Fair\nRECURRENCE-ID;VALUE=DATE:20250610\nDTSTART:20250610T090000Z\nDURATION:PT1H",
    );
    assert_eq!(
        read(&format!("{fair}\n{an_hour}")),
        ["2024-06-10 Fair", "2026-06-10 Fair"]
    );
}

#[test]
fn what_is_not_understood_names_the_event() {
    for lines in [
        "SUMMARY:Odd",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20241399",
        "SUMMARY:Odd\nDTSTART;TZID=W. Europe Standard Time:20240701T090000",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=SOMETIMES",
        // Found by fuzzing: the reader of rules panicked, and with it whoever read the file.
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=MONTHLY;BYDAY=éU",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nDTEND;VALUE=DATE:20300101",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nRRULE:FREQ=HOURLY",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nDURATION:2D",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nDURATION:P2Ä",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20240101\nDURATION:P99999999999999W",
    ] {
        let error = read_in(Tz::UTC, &event(lines)).expect_err(lines);
        assert!(error.to_string().contains("\"Odd\""), "{lines}: {error}");
    }
}

#[test]
fn what_is_no_calendar_is_refused() {
    for text in [
        "",
        "<html></html>",
        "BEGIN:VCALENDAR",
        "2024-12-25 Christmas",
    ] {
        let error = holidays_from_ics(text, Tz::UTC, 2024, 2026).expect_err(text);
        assert_eq!(error, IcsError::Form, "{text}");
    }
    let large = " ".repeat(ICS_BYTES_MAX + 1);
    assert!(matches!(
        holidays_from_ics(&large, Tz::UTC, 2024, 2026),
        Err(IcsError::TooMuch { what: "bytes", .. })
    ));
}

#[test]
fn a_rule_that_never_comes_true_ends_by_itself() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    ] {
        let never = format!("SUMMARY:Never\nDTSTART;VALUE=DATE:20100101\nRRULE:{rule}");
        assert_eq!(read(&event(&never)), [""; 0], "{rule}");
    }
    for rule in [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    ] {
        let never = format!("SUMMARY:Odd\nDTSTART;VALUE=DATE:19700101\nRRULE:{rule}");
        let error = read_in(Tz::UTC, &event(&never)).expect_err(rule);
        assert!(error.to_string().contains("DAILY"), "{error}");
    }
}
