//! Sums of open time week by week, so that what lies far away costs little more than what is
//! near.
//!
//! Vocabulary: a week begins on a *Monday*, here always the date; to the *sum before* a Monday
//! belong all spans of earlier business days, whenever they end.
//!
//! The sums are made by the very walk over spans that answers near questions, so holidays,
//! nights and changes of clocks are in them. They are made once for each calendar, and not
//! before the first question that goes far.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};

use super::Calendar;
use super::spans::Forward;

/// Days this close to a question are walked over one by one. A margin that is wide enough for
/// every window over midnight and every jump of clocks is in it.
const NEAR_DAYS: u64 = 28;

/// The Monday on which the sums begin, and the years they are made for. Beyond these years one
/// walks, which is as right and slower.
const FIRST_MONDAY: NaiveDate = match NaiveDate::from_ymd_opt(2010, 1, 4) {
    Some(date) => date,
    None => panic!("a date of the calendar"),
};
const WEEKS: usize = 51 * 52;

/// The open time of whole weeks, in seconds.
#[derive(Clone)]
pub(super) struct Weeks {
    /// The sum before each Monday, from [`FIRST_MONDAY`] on.
    before: Vec<i64>,
}

/// A Monday for which there is a sum, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Monday(usize);

impl Monday {
    /// The first one that does not lie near after a date.
    pub(super) fn after(date: NaiveDate) -> Option<Self> {
        let beyond = date.checked_add_days(Days::new(NEAR_DAYS))?;
        let days = (beyond - FIRST_MONDAY).num_days();
        // The week of `beyond` has begun, unless it is a Monday itself.
        let begun = days.div_euclid(7) + i64::from(beyond.weekday() != chrono::Weekday::Mon);
        Self::numbered(begun.max(0))
    }

    /// The last one that does not lie near before a date.
    pub(super) fn before(date: NaiveDate) -> Option<Self> {
        let beyond = date.checked_sub_days(Days::new(NEAR_DAYS))?;
        let weeks = (beyond - FIRST_MONDAY).num_days().div_euclid(7);
        Self::numbered(weeks.min(WEEKS as i64))
    }

    fn numbered(number: i64) -> Option<Self> {
        let number = usize::try_from(number).ok()?;
        (number <= WEEKS).then_some(Self(number))
    }

    /// Its date.
    pub(super) fn date(self) -> NaiveDate {
        FIRST_MONDAY + Days::new(self.0 as u64 * 7)
    }
}

impl Weeks {
    /// Adds up all the weeks.
    pub(super) fn of(calendar: &Calendar) -> Self {
        let end = Monday(WEEKS).date();
        let mut before = vec![0; WEEKS + 1];
        for day in Forward::on(calendar, FIRST_MONDAY, end.pred_opt().unwrap_or(end)) {
            let week = (day.date - FIRST_MONDAY).num_days().div_euclid(7);
            if let Some(sum) = usize::try_from(week)
                .ok()
                .and_then(|w| before.get_mut(w + 1))
            {
                *sum += day.span.length().num_seconds();
            }
        }
        let mut total = 0;
        for sum in &mut before {
            total += *sum;
            *sum = total;
        }
        Self { before }
    }

    /// The open time of the business days from one Monday up to another, in seconds.
    pub(super) fn between(&self, from: Monday, to: Monday) -> i64 {
        self.before[to.0] - self.before[from.0]
    }

    /// The last Monday up to which less than this much open time, in seconds, passes since
    /// another.
    pub(super) fn forward(&self, from: Monday, seconds: i64) -> Monday {
        let sum = self.before[from.0].saturating_add(seconds);
        let reached = self.before.partition_point(|before| *before < sum);
        Monday(reached.saturating_sub(1).max(from.0))
    }

    /// The first Monday from which less than this much open time, in seconds, passes until
    /// another.
    pub(super) fn backward(&self, until: Monday, seconds: i64) -> Monday {
        let sum = self.before[until.0].saturating_sub(seconds);
        let passed = self.before.partition_point(|before| *before <= sum);
        Monday(passed.min(until.0))
    }
}

impl fmt::Debug for Weeks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weeks").finish_non_exhaustive()
    }
}
