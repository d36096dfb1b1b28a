//! Rules as files really have them, and any rule against the well-kept library `rrule`.

use chrono::{NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use rrule::RRuleSet;

use super::Rule;

fn times(rule: &str, first: &str, last: &str) -> Vec<NaiveDateTime> {
    let at = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect(text);
    let (first, last) = (at(first), at(last));
    let rule = Rule::read(rule, first).expect(rule);
    let mut all = Vec::new();
    for number in 0.. {
        let Some(period) = rule.period(first.date(), number) else {
            break;
        };
        if period.begin > last.date() {
            break;
        }
        let times = rule.times_in(period).into_iter();
        all.extend(times.filter(|time| *time >= first && *time <= last));
    }
    all.retain(|time| rule.until.is_none_or(|until| *time <= until));
    all.truncate(rule.count.map_or(usize::MAX, |count| count as usize));
    all
}

fn dates(rule: &str, first: &str, last: &str) -> Vec<String> {
    let midnight = |date: &str| format!("{date} 00:00");
    let times = times(rule, &midnight(first), &midnight(last));
    times.iter().map(|time| time.date().to_string()).collect()
}

#[test]
fn holidays_fall_where_the_almanac_has_them() {
    // Thanksgiving, the early May bank holiday, the last of May, an election day.
    for (rule, expected) in [
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=1MO", "2026-05-04"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "2026-05-25"),
        (
            "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "2026-11-03",
        ),
        ("FREQ=YEARLY;BYMONTH=9;BYDAY=SU;BYSETPOS=3", "2026-09-20"),
        ("FREQ=YEARLY;BYYEARDAY=-1", "2026-12-31"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", "2026-12-31"),
        ("FREQ=YEARLY;BYDAY=-53TH", "2026-01-01"),
        ("freq=yearly;bymonth=8", "2026-08-15"),
    ] {
        assert_eq!(
            dates(rule, "2025-08-15", "2026-12-31")
                .last()
                .map(String::as_str),
            Some(expected),
            "{rule}"
        );
    }
}

#[test]
fn a_date_that_a_year_does_not_have_is_left_out() {
    let leap = dates("FREQ=YEARLY", "2020-02-29", "2029-12-31");
    assert_eq!(leap, ["2020-02-29", "2024-02-29", "2028-02-29"]);
    let last = dates("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "2026-06-30");
    assert_eq!(last, ["2026-01-31", "2026-03-31", "2026-05-31"]);
}

#[test]
fn every_second_week_is_counted_from_the_day_on_which_weeks_begin() {
    // The example of RFC 5545, section 3.8.5.3.
    let with = |start: &str| {
        let rule = format!("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={start}");
        dates(&rule, "1997-08-05", "1997-12-31")
    };
    assert_eq!(
        with("MO"),
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    );
    assert_eq!(
        with("SU"),
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]
    );
}

#[test]
fn plain_and_counted_weekdays_stand_side_by_side() {
    let both = dates("FREQ=MONTHLY;BYDAY=1MO,FR", "2026-11-01", "2026-11-30");
    assert_eq!(
        both,
        [
            "2026-11-02",
            "2026-11-06",
            "2026-11-13",
            "2026-11-20",
            "2026-11-27"
        ]
    );
}

#[test]
fn what_is_no_rule_is_refused_in_words() {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date").into();
    for (rule, words) in [
        ("", "it has no FREQ"),
        ("FREQ=SOMETIMES", "\"FREQ=SOMETIMES\" is not understood"),
        ("FREQ=DAILY;INTERVAL=0", "\"INTERVAL=0\" is not understood"),
        (
            "FREQ=YEARLY;BYMONTH=13",
            "\"13\" in \"BYMONTH=13\" is not within 1 and 12",
        ),
        ("FREQ=YEARLY;BYMONTHDAY=0", "\"0\" in"),
        ("FREQ=YEARLY;BYDAY=0MO", "\"BYDAY=0MO\" is not understood"),
        ("FREQ=YEARLY;BYDAY=ÄÖ", "is not understood"),
        (
            "FREQ=WEEKLY;BYMONTHDAY=3",
            "BYMONTHDAY does not go with this FREQ",
        ),
        (
            "FREQ=YEARLY;UNTIL=20251231",
            "UNTIL lies before the first time",
        ),
        ("FREQ=YEARLY;EASTER=1", "\"EASTER\" is no part of a rule"),
        ("FREQ", "\"FREQ\" has no \"=\""),
    ] {
        let refused = Rule::read(rule, first).expect_err(rule);
        assert!(refused.contains(words), "{rule}: {refused}");
    }
}

/// A rule that is legal, and that both readers take to mean the same: to ours, plain and counted
/// weekdays are a sum, and a position counts in the whole of the first week.
fn any_rule() -> impl Strategy<Value = String> {
    let list = |name: &'static str, from: i32, to: i32| {
        let number = (from..=to).prop_filter("nought", |number| *number != 0);
        prop::collection::vec(number, 1..4).prop_map(move |numbers| {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!(";{name}={}", numbers.join(","))
        })
    };
    let maybe = |part: BoxedStrategy<String>| prop_oneof![3 => Just(String::new()), 1 => part];
    let days = prop::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..4);
    let plain = days
        .clone()
        .prop_map(|days| format!(";BYDAY={}", days.join(",")));
    let counted = (days, prop_oneof![-4..=-1_i32, 1..=4]).prop_map(|(days, which)| {
        let days: Vec<String> = days.iter().map(|day| format!("{which}{day}")).collect();
        format!(";BYDAY={}", days.join(","))
    });
    let weekdays = prop_oneof![plain.clone(), counted].boxed();
    let ends = prop_oneof![
        2 => Just(String::new()),
        1 => (1..40_u32).prop_map(|count| format!(";COUNT={count}")),
        1 => (2026..2030, 1..=12, 1..=28).prop_map(|(y, m, d)| format!(";UNTIL={y}{m:02}{d:02}T100000Z")),
    ];
    let starts = prop_oneof![Just(""), Just(";WKST=SU"), Just(";WKST=TH")];
    let position = maybe(list("BYSETPOS", -3, 3).boxed());
    let yearly = (
        maybe(list("BYMONTH", 1, 12).boxed()),
        maybe(list("BYMONTHDAY", -31, 31).boxed()),
        maybe(weekdays.clone()),
        maybe(list("BYYEARDAY", -366, 366).boxed()),
        position.clone(),
    )
        .prop_map(|(a, b, c, d, e)| format!("FREQ=YEARLY{a}{b}{c}{d}{e}"));
    // Weeks that reach over the end of a year are taken differently there: weeks within it.
    let weeks = (list("BYWEEKNO", 2, 51), maybe(plain.clone().boxed()))
        .prop_map(|(a, b)| format!("FREQ=YEARLY{a}{b}"));
    let monthly = (
        maybe(list("BYMONTH", 1, 12).boxed()),
        maybe(list("BYMONTHDAY", -31, 31).boxed()),
        maybe(weekdays),
        position,
    )
        .prop_map(|(a, b, c, d)| format!("FREQ=MONTHLY{a}{b}{c}{d}"));
    let weekly = (
        maybe(list("BYMONTH", 1, 12).boxed()),
        maybe(plain.clone().boxed()),
    )
        .prop_map(|(a, b)| format!("FREQ=WEEKLY{a}{b}"));
    let daily = (
        maybe(list("BYMONTH", 1, 12).boxed()),
        maybe(list("BYMONTHDAY", -31, 31).boxed()),
        maybe(plain.boxed()),
    )
        .prop_map(|(a, b, c)| format!("FREQ=DAILY{a}{b}{c}"));
    let hours = maybe(
        prop_oneof![Just(";BYHOUR=9,15"), Just(";BYHOUR=8;BYMINUTE=0,30")]
            .prop_map(str::to_owned)
            .boxed(),
    );
    let all = prop_oneof![yearly, weeks, monthly, weekly, daily];
    (all, 1..5_u32, starts, hours, ends).prop_map(|(rule, interval, start, hours, end)| {
        format!("{rule};INTERVAL={interval}{start}{hours}{end}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_rule_is_followed_as_the_library_follows_it(rule in any_rule(), day in 0..730_i64) {
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a date") + chrono::Duration::days(day);
        let first = format!("{first} 10:00");
        let ours = times(&rule, &first, "2031-01-01 00:00");
        let begin = NaiveDateTime::parse_from_str(&first, "%Y-%m-%d %H:%M").expect("a time");
        let text = format!("DTSTART:{}\nRRULE:{rule}", begin.format("%Y%m%dT%H%M%SZ"));
        let set: RRuleSet = text.parse().expect(&text);
        let end = NaiveDate::from_ymd_opt(2031, 1, 1).expect("a date").into();
        let theirs = set.limit().into_iter().map(|time| time.naive_utc());
        let theirs: Vec<NaiveDateTime> = theirs.take_while(|time| *time <= end).collect();
        prop_assert_eq!(ours, theirs);
    }
}
