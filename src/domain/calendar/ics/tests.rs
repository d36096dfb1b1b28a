//! Holiday files as they are found, and as they should not be; [`series`]: where a series ends,
//! and what is taken out of it.

mod series;

use super::super::days_off::Off;
use super::*;

fn file(events: &str) -> String {
    let events = events.trim().replace('\n', "\r\n");
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}\r\nEND:VCALENDAR\r\n")
}

fn read_in(zone: Tz, events: &str) -> Result<Vec<String>, IcsError> {
    let holidays = days_off_from_ics(&file(events), zone, 2024, 2026)?;
    let line = |day: &DayOff| {
        let name = day.name.as_deref().unwrap_or("-");
        let hours = match day.off {
            Off::WholeDay => String::new(),
            Off::Part { from, until, .. } => {
                let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
                format!(" {}-{}", clock(from), clock(until))
            }
        };
        format!("{} {name}{hours}", day.date)
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
fn of_a_timed_event_the_very_hours_are_off() {
    let eve = |times: &str| read(&event(&format!("SUMMARY:Eve\n{times}")));
    let afternoon = ["2024-12-24 Eve 14:00-24:00"];
    for times in [
        "DTSTART:20241224T140000\nDTEND:20241225T000000",
        "DTSTART:20241224T140000\nDTEND:20241224T235959",
        "DTSTART:20241224T140000\nDTEND:20241224T235900",
        "DTSTART:20241224T140000Z\nDURATION:PT10H",
        "DTSTART;TZID=Europe/Berlin:20241224T150000\nDTEND;TZID=Europe/Berlin:20241225T010000",
        "DTSTART;TZID=America/New_York:20241224T090000\nDURATION:PT10H",
    ] {
        assert_eq!(eve(times), afternoon, "{times}");
    }
    // Whole minutes are off: seconds are rounded outwards.
    assert_eq!(
        eve("DTSTART:20241224T140030\nDTEND:20241224T150001"),
        ["2024-12-24 Eve 14:00-15:01"]
    );
}

#[test]
fn zones_are_known_by_the_names_that_programs_give_them() {
    let explained = |location: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Head office\n{location}BEGIN:STANDARD\nDTSTART:19700101T000000\n\
             TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    let in_zone = |zone: &str, location: &str| {
        let shut = event(&format!(
            "SUMMARY:Shut\nDTSTART;TZID={zone}:20240701T090000\nDURATION:PT1H"
        ));
        read_in(Tz::Asia__Tokyo, &format!("{}{shut}", explained(location)))
    };
    for (zone, hours) in [
        ("GMT Standard Time", "17:00-18:00"),
        ("W. Europe Standard Time", "16:00-17:00"),
        ("\"W. Europe Standard Time\"", "16:00-17:00"),
        ("/mozilla.org/20050126_1/Europe/London", "17:00-18:00"),
        (
            "/citadel.org/20190914_1/America/Indiana/Indianapolis",
            "22:00-23:00",
        ),
        ("Head office", "16:00-17:00"),
    ] {
        let days = in_zone(zone, "X-LIC-LOCATION:Europe/Berlin\n").expect(zone);
        assert_eq!(days, [format!("2024-07-01 Shut {hours}")], "{zone}");
    }
}

/// When a part of a zone begins: from which offset to which, at what time of 1601, on which days.
fn part(kind: &str, from: &str, to: &str, time: &str, rule: &str) -> String {
    format!(
        "BEGIN:{kind}\nDTSTART:16010101T{time}\nTZOFFSETFROM:{from}\nTZOFFSETTO:{to}\n{rule}END:{kind}\n"
    )
}

/// An hour on a day in July and one in January, in a zone that a file explains by its clocks.
fn in_explained(parts: &str) -> IcsHolidays {
    let shut = |uid: &str, date: &str| {
        let times = format!("DTSTART;TZID=Customized Time Zone:{date}T090000\nDURATION:PT1H");
        event(&format!("SUMMARY:Shut\n{times}")).replace("UID:1", uid)
    };
    let zone = format!("BEGIN:VTIMEZONE\nTZID:Customized Time Zone\n{parts}END:VTIMEZONE");
    let (summer, winter) = (shut("UID:1", "20240701"), shut("UID:2", "20250106"));
    let text = file(&format!("{zone}\n{summer}\n{winter}"));
    holidays_from_ics(&text, Tz::Europe__London, 2024, 2026).expect("a holiday file")
}

fn begins(holidays: &IcsHolidays) -> Vec<u16> {
    let begins = holidays.days_off.iter().map(|day| match day.off {
        Off::Part { from, .. } => from / 60,
        Off::WholeDay => 0,
    });
    begins.collect()
}

#[test]
fn a_zone_that_is_explained_by_its_clocks_alone_is_known_by_them() {
    let yearly = |month: u8, day: &str| format!("RRULE:FREQ=YEARLY;BYDAY={day};BYMONTH={month}\n");
    let berlin = part("STANDARD", "+0200", "+0100", "030000", &yearly(10, "-1SU"))
        + &part("DAYLIGHT", "+0100", "+0200", "020000", &yearly(3, "-1SU"));
    let new_york = part("STANDARD", "-0400", "-0500", "020000", &yearly(11, "1SU"))
        + &part("DAYLIGHT", "-0500", "-0400", "020000", &yearly(3, "2SU"));
    let always = part("STANDARD", "+0530", "+0530", "000000", "");
    for (parts, hours) in [(berlin, [8, 8]), (new_york, [14, 14]), (always, [4, 3])] {
        let read = in_explained(&parts);
        assert_eq!(begins(&read), hours, "{parts}");
        assert_eq!(read.unknown_zones, [""; 0]);
    }
}

#[test]
fn times_in_an_unknown_zone_are_those_of_the_calendar_and_the_zone_is_named() {
    let nowhere = part("STANDARD", "+0017", "+0017", "000000", "");
    let odd = part("STANDARD", "+0000", "0100", "000000", "");
    let often = part(
        "STANDARD",
        "+0200",
        "+0100",
        "000000",
        "RRULE:FREQ=SECONDLY\n",
    );
    let foreign = part(
        "STANDARD",
        "+0200",
        "+0100",
        "000000",
        "RRULE:FREQ=JÄHRLICH\n",
    );
    for parts in ["", &nowhere, &odd, &often, &foreign] {
        let read = in_explained(parts);
        assert_eq!(begins(&read), [9, 9], "{parts}");
        assert_eq!(read.unknown_zones, ["Customized Time Zone"]);
    }
    // A midnight is a date wherever it is, so there is nothing to tell.
    let text = file(&event("DTSTART;TZID=Nowhere:20241225T000000"));
    let read = holidays_from_ics(&text, Tz::UTC, 2024, 2026).expect("a holiday file");
    assert_eq!(read.unknown_zones, [""; 0]);
}

#[test]
fn an_event_may_begin_and_end_in_different_letters() {
    let days = "SUMMARY:May Day\nDTSTART;VALUE=DATE:20240506";
    for (begin, end) in [
        ("BEGIN:vevent", "END:VEVENT"),
        ("begin:Vevent", "End:vEVENT"),
    ] {
        let mixed = event(days)
            .replace("BEGIN:VEVENT", begin)
            .replace("END:VEVENT", end);
        assert_eq!(read(&mixed), ["2024-05-06 May Day"], "{begin}");
    }
}

#[test]
fn an_event_marked_as_all_day_has_the_dates_it_writes() {
    let marked = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE";
    for times in [
        "DTSTART;TZID=W. Europe Standard Time:20241225T000000\n\
         DTEND;TZID=W. Europe Standard Time:20241226T000000",
        "DTSTART;TZID=Pacific/Auckland:20241225T000000\nDTEND;TZID=Pacific/Auckland:20241226T000000",
        "DTSTART:20241225T050000Z\nDTEND:20241226T050000Z",
    ] {
        let days = read_in(Tz::America__New_York, &event(&format!("{times}\n{marked}")));
        assert_eq!(days.expect("a holiday file"), ["2024-12-25 -"], "{times}");
    }
}

#[test]
fn an_event_of_several_days_is_off_from_its_beginning_until_its_end() {
    let retreat = event("SUMMARY:Away\nDTSTART:20240704T100000\nDTEND:20240707T120000");
    assert_eq!(
        read(&retreat),
        [
            "2024-07-04 Away 10:00-48:00",
            "2024-07-05 Away",
            "2024-07-06 Away",
            "2024-07-07 Away 00:00-12:00"
        ]
    );
    let night = event("SUMMARY:Ball\nDTSTART:20240704T200000\nDTEND:20240705T020000");
    assert_eq!(
        read(&night),
        ["2024-07-04 Ball 20:00-26:00", "2024-07-05 Ball 00:00-02:00"]
    );
    // The midnights of one zone are not those of another.
    let berlin =
        "DTSTART;TZID=Europe/Berlin:20240331T000000\nDTEND;TZID=Europe/Berlin:20240401T000000";
    assert_eq!(
        read_in(Tz::Europe__Berlin, &event(berlin)).expect("a holiday file"),
        ["2024-03-31 -"]
    );
    assert_eq!(
        read_in(Tz::UTC, &event(berlin)).expect("a holiday file"),
        ["2024-03-30 - 23:00-46:00", "2024-03-31 - 00:00-22:00"]
    );
}

#[test]
fn a_timed_event_comes_back_at_its_own_time_of_day() {
    // New York changes its clocks weeks before London.
    let weekly = "SUMMARY:Stock\nDTSTART;TZID=America/New_York:20240301T090000\nDURATION:PT1H\n\
                  RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20240308T140000Z";
    assert_eq!(
        read(&event(weekly)),
        [
            "2024-03-01 Stock 14:00-15:00",
            "2024-03-15 Stock 13:00-14:00"
        ]
    );
    // The last one begins at the very moment of UNTIL, which is the day before in UTC.
    let until = "SUMMARY:Early\nDTSTART;TZID=Pacific/Auckland:20241223T080000\nDURATION:PT2H\n\
                 RRULE:FREQ=DAILY;UNTIL=20241224T190000Z";
    let days = read_in(Tz::Pacific__Auckland, &event(until)).expect("a holiday file");
    assert_eq!(days.len(), 3, "{days:?}");
    assert_eq!(days[2], "2024-12-25 Early 08:00-10:00");
    let earlier = until.replace("T190000Z", "T185959Z");
    let days = read_in(Tz::Pacific__Auckland, &event(&earlier)).expect("a holiday file");
    assert_eq!(days.len(), 2, "{days:?}");
}

#[test]
fn an_override_may_turn_a_day_into_hours_and_names_its_occurrence_in_utc() {
    let fair = event("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=YEARLY");
    let an_hour = event(
        "SUMMARY:Fair\nRECURRENCE-ID;VALUE=DATE:20250610\nDTSTART:20250610T090000Z\nDURATION:PT1H",
    );
    assert_eq!(
        read(&format!("{fair}\n{an_hour}")),
        [
            "2024-06-10 Fair",
            "2025-06-10 Fair 10:00-11:00",
            "2026-06-10 Fair"
        ]
    );
    let early = event(
        "SUMMARY:Early\nDTSTART;TZID=Pacific/Auckland:20241223T080000\nDURATION:PT2H\n\
         RRULE:FREQ=DAILY;COUNT=2",
    );
    let dropped = event(
        "SUMMARY:Early\nRECURRENCE-ID:20241223T190000Z\n\
         DTSTART;TZID=Pacific/Auckland:20241224T080000\nDURATION:PT2H\nSTATUS:CANCELLED",
    );
    let days = read_in(Tz::Pacific__Auckland, &format!("{early}\n{dropped}"));
    assert_eq!(
        days.expect("a holiday file"),
        ["2024-12-23 Early 08:00-10:00"]
    );
}

#[test]
fn what_takes_nobodys_time_closes_nothing() {
    for lines in [
        "DTSTART:20240701T120000Z",
        "DTSTART:20240701T120000Z\nDTEND:20240701T110000Z",
        "DTSTART:20240701T120000Z\nDTEND:20240701T130000Z\nTRANSP:TRANSPARENT",
        "DTSTART:20240701T120000\nDTEND:20240703T130000\nTRANSP:TRANSPARENT",
        "DTSTART:20240701T120000Z\nDTEND:20240701T130000Z\nSTATUS:CANCELLED",
        "DTSTART;VALUE=DATE:20240701\nSTATUS:CANCELLED",
    ] {
        assert_eq!(read(&event(lines)), [""; 0], "{lines}");
    }
    // Public holidays are often marked so, and are days off all the same.
    for lines in [
        "DTSTART;VALUE=DATE:20240701\nTRANSP:TRANSPARENT",
        "DTSTART:20240701T000000\nDTEND:20240702T000000\nTRANSP:TRANSPARENT",
    ] {
        assert_eq!(read(&event(lines)), ["2024-07-01 -"], "{lines}");
    }
}

#[test]
fn names_may_be_written_in_small_letters() {
    let small = "begin:vevent\nuid:1\nsummary:May Day\ndtstart;value=date:20200504\n\
                 rrule:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO\nexdate;value=date:20250505\nend:vevent";
    let text = file(small)
        .replace("BEGIN:VCALENDAR", "begin:vcalendar")
        .replace("END:VCALENDAR", "end:vcalendar");
    let days = days_off_from_ics(&text, Tz::UTC, 2024, 2026).expect("a holiday file");
    let days: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
    assert_eq!(days, ["2024-05-06", "2026-05-04"]);
    assert_eq!(read(small), ["2024-05-06 May Day", "2026-05-04 May Day"]);
}

#[test]
fn a_file_may_hold_several_calendars() {
    let one = file(&event("DTSTART;VALUE=DATE:20241225"));
    let other = file(&event("DTSTART;VALUE=DATE:20250101"));
    for between in ["", "\r\n", "\n \n"] {
        let text = format!("{one}{between}{}", other.trim_end());
        let days = days_off_from_ics(&text, Tz::UTC, 2024, 2026).expect("a holiday file");
        let days: Vec<String> = days.iter().map(|day| day.date.to_string()).collect();
        assert_eq!(days, ["2024-12-25", "2025-01-01"], "{between:?}");
    }
    for cut_off in [
        one.clone() + "BEGIN:VCALENDAR\r\n",
        format!("{one}and so on"),
    ] {
        let read = days_off_from_ics(&cut_off, Tz::UTC, 2024, 2026);
        assert_eq!(read, Err(IcsError::Form), "{cut_off}");
    }
}

#[test]
fn what_is_not_understood_names_the_event() {
    for lines in [
        "SUMMARY:Odd",
        "SUMMARY:Odd\nDTSTART;VALUE=DATE:20241399",
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
        let error = days_off_from_ics(text, Tz::UTC, 2024, 2026).expect_err(text);
        assert_eq!(error, IcsError::Form, "{text}");
    }
    let large = " ".repeat(ICS_BYTES_MAX + 1);
    assert!(matches!(
        days_off_from_ics(&large, Tz::UTC, 2024, 2026),
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
