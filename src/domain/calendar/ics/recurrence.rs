//! The dates of recurrence rules (RFC 5545, section 3.3.10), and how much work a file may be.
//!
//! Vocabulary: a *step* is one time that a rule is followed to, or one date that an event covers.
//! Whoever makes a file chooses how many steps it takes; a few lines are enough for days of them.

use std::cell::Cell;
use std::ops::RangeInclusive;

use chrono::NaiveDateTime;
use rrule::RRuleSet;

use super::{ICS_STEPS_MAX, IcsError};

/// The longest rule, in bytes: all it lists is compared with every day that is looked at.
const RULE_BYTES_MAX: usize = 1_000;
/// The most times on one day that a rule may list.
const TIMES_A_DAY_MAX: usize = 48;
/// The most steps it may take to work out the meetings of one mail: a daily one of many years.
const MAIL_STEPS_MAX: u32 = 100_000;
/// The steps counted for a rule that comes to no time at all: so long is looked for one.
const FRUITLESS_STEPS: u32 = 20_000;

/// Rules that no day off follows; to work them out could take for ever.
const WITHIN_A_DAY: [&str; 3] = ["FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY"];

/// The steps that are left for a file.
#[derive(Debug)]
pub(super) struct Steps(Cell<u32>);

impl Steps {
    /// Those of a whole file.
    pub(super) const fn of_a_file() -> Self {
        Self(Cell::new(ICS_STEPS_MAX))
    }

    /// Those of a mail.
    pub(super) const fn of_a_mail() -> Self {
        Self(Cell::new(MAIL_STEPS_MAX))
    }

    /// Goes so many. Fails if there are less.
    pub(super) fn go(&self, steps: u32) -> Result<(), IcsError> {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.map(drop).ok_or(IcsError::TooMuch {
            what: "dates to work out",
            max: ICS_STEPS_MAX as usize,
        })
    }
}

/// Why a rule can't be followed.
#[derive(Debug)]
pub(super) enum Unfollowed {
    /// What is wrong with it, for people.
    Rule(String),
    /// The whole file is too much work.
    File(IcsError),
}

/// The times in a span that follow by a rule from its first one, all as if they were in UTC.
pub(super) fn follow(
    rule: &str,
    first: NaiveDateTime,
    span: &RangeInclusive<NaiveDateTime>,
    most: u16,
    steps: &Steps,
) -> Result<Vec<NaiveDateTime>, Unfollowed> {
    let wrong = |problem: &str| Err(Unfollowed::Rule(problem.to_owned()));
    // The reader of rules cuts texts where it takes every character for one byte.
    if !rule.is_ascii() {
        return wrong("a rule is written in plain letters only");
    }
    if rule.len() > RULE_BYTES_MAX {
        return wrong("the rule is too long");
    }
    if is_within_a_day(rule) {
        return wrong("a day off comes back DAILY at the most");
    }
    let text = format!("DTSTART:{}\nRRULE:{rule}", first.format("%Y%m%dT%H%M%SZ"));
    let set: Result<RRuleSet, rrule::RRuleError> = text.parse();
    let set = set.map_err(|error| Unfollowed::Rule(error.to_string()))?;
    let mut found = Vec::new();
    let mut times = set.limit().into_iter().peekable();
    if times.peek().is_none() {
        steps.go(FRUITLESS_STEPS).map_err(Unfollowed::File)?;
    }
    for time in times {
        steps.go(1).map_err(Unfollowed::File)?;
        let time = time.naive_utc();
        if time > *span.end() {
            break;
        }
        if time >= *span.start() {
            found.push(time);
        }
        if found.len() == usize::from(most) {
            return wrong(&format!("more than {most} occurrences"));
        }
    }
    Ok(found)
}

/// Whether a rule comes back more than once a day, or on one day far too often.
fn is_within_a_day(rule: &str) -> bool {
    let capitals = rule.to_ascii_uppercase();
    let listed = |part: &str| {
        let is_time = ["BYHOUR=", "BYMINUTE=", "BYSECOND="];
        let is_time = is_time.iter().any(|name| part.starts_with(name));
        if is_time { part.split(',').count() } else { 1 }
    };
    let times = capitals.split(';').map(listed);
    let times = times.fold(1, usize::saturating_mul);
    times > TIMES_A_DAY_MAX || WITHIN_A_DAY.iter().any(|often| capitals.contains(often))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn follow_with(left: u32, rule: &str) -> Result<usize, Unfollowed> {
        let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("a date").into();
        let (span, steps) = (new_year(2024)..=new_year(2025), Steps(Cell::new(left)));
        follow(rule, new_year(2020), &span, 4_000, &steps).map(|found| found.len())
    }

    #[test]
    fn a_file_has_so_many_steps_and_no_more() {
        // From 2020 on, and the first one behind the span.
        let enough = 4 * 366 + 366 + 2;
        let found = follow_with(enough, "FREQ=DAILY").expect("enough steps");
        assert_eq!(found, 367);
        for (left, rule) in [
            (1_000, "FREQ=DAILY"),
            (FRUITLESS_STEPS - 1, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        ] {
            let error = follow_with(left, rule).expect_err(rule);
            assert!(matches!(error, Unfollowed::File(_)), "{rule}: {error:?}");
        }
    }

    #[test]
    fn a_rule_that_lists_every_second_is_refused() {
        let all = |most: u32| {
            let numbers: Vec<String> = (0..most).map(|number| number.to_string()).collect();
            numbers.join(",")
        };
        let (hours, minutes) = (all(24), all(60));
        let seconds = format!("FREQ=YEARLY;BYHOUR={hours};BYMINUTE={minutes};BYSECOND={minutes}");
        let days = format!("FREQ=YEARLY;BYYEARDAY={}", vec!["1"; 500].join(","));
        for rule in [seconds, days] {
            let error = follow_with(ICS_STEPS_MAX, &rule).expect_err(&rule);
            assert!(matches!(error, Unfollowed::Rule(_)), "{rule}: {error:?}");
        }
        let twice = follow_with(10_000, "FREQ=WEEKLY;BYHOUR=9,15;BYMINUTE=0,30");
        assert!(twice.is_ok(), "{twice:?}");
    }
}
