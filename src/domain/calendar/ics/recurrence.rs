//! The dates of recurrence rules (RFC 5545, section 3.3.10), and how much work a file may be.
//!
//! Vocabulary: a *step* is one time that a rule is followed to, or a month of days that are looked
//! at for one, or one date that an event covers.
//! Whoever makes a file chooses how many steps it takes; a few lines are enough for days of them.

use std::cell::Cell;
use std::ops::RangeInclusive;

use super::rule::Rule;
use super::{ICS_STEPS_MAX, IcsError};
use chrono::NaiveDateTime;

/// The longest rule, in bytes: all it lists is compared with every day that is looked at.
const RULE_BYTES_MAX: usize = 1_000;
/// The most times on one day that a rule may list.
const TIMES_A_DAY_MAX: usize = 48;
/// So many days of a period are looked at in one step, whether they fit or not.
const DAYS_A_STEP: i64 = 31;
/// The most steps it may take to work out the meetings of one mail: a daily one of many years.
const MAIL_STEPS_MAX: u32 = 100_000;

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
    if !rule.is_ascii() {
        return wrong("a rule is written in plain letters only");
    }
    if rule.len() > RULE_BYTES_MAX {
        return wrong("the rule is too long");
    }
    if is_within_a_day(rule) {
        return wrong("a day off comes back DAILY at the most");
    }
    let rule = Rule::read(rule, first).map_err(Unfollowed::Rule)?;
    let mut found = Vec::new();
    let mut counted = 0;
    // Where the times need not be counted from the first one on, what lies before is left out.
    let mut number = match rule.count {
        Some(_) => 0,
        None => rule.periods_before(first.date(), span.start().date()),
    };
    while let Some(period) = rule.period(first.date(), number)
        && period.begin <= span.end().date()
    {
        let times = rule.times_in(period);
        let days = (period.end - period.begin).num_days() / DAYS_A_STEP;
        let work = times.len().max(usize::try_from(days).unwrap_or(0) + 1);
        let work = u32::try_from(work).unwrap_or(u32::MAX);
        steps.go(work).map_err(Unfollowed::File)?;
        for time in times.into_iter().filter(|time| *time >= first) {
            let is_over = rule.until.is_some_and(|until| time > until);
            if is_over || time > *span.end() || rule.count.is_some_and(|most| counted >= most) {
                return Ok(found);
            }
            counted += 1;
            if time >= *span.start() {
                found.push(time);
            }
            if found.len() == usize::from(most) {
                return wrong(&format!("more than {most} occurrences"));
            }
        }
        number += 1;
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
        // Counted from 2020 on, and the first one behind the span.
        let daily = "FREQ=DAILY;COUNT=5000";
        let enough = 4 * 366 + 366 + 2;
        let found = follow_with(enough, daily).expect("enough steps");
        assert_eq!(found, 367);
        for (left, rule) in [
            (1_000, daily),
            // Six years, and not one such day in them.
            (6 * 12 - 1, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1"),
        ] {
            let error = follow_with(left, rule).expect_err(rule);
            assert!(matches!(error, Unfollowed::File(_)), "{rule}: {error:?}");
        }
    }

    #[test]
    fn years_before_those_asked_for_cost_nothing() {
        let found = follow_with(400, "FREQ=DAILY").expect("enough steps");
        assert_eq!(found, 367);
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
