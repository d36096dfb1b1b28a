//! Opening hours and the arithmetic on them.
//!
//! Vocabulary: a *window* is a half-open span of local wall time on a weekday; a *calendar*
//! is windows, a time zone and holidays; a *span* is a window as it really falls on a date,
//! between two moments; *business time* passes only inside spans; a *business day* is a local
//! date with the windows that start on it, so the hours after midnight of a night window
//! belong to the day before.
//!
//! What is stored is local wall time and an IANA zone. Spans are worked out anew for the days
//! that are asked about, in UTC, and all sums are made there: a business hour is an hour of
//! real time even in the night when the clocks change. The rules for such nights stand in
//! `zone`, those for windows that meet or overlap in `spans`. What is near is walked over span by
//! span; of what is far, `weeks` knows the sums.

mod count;
mod days;
mod days_off;
pub mod ics;
mod spans;
#[cfg(test)]
mod stories;
mod weeks;
mod window;
mod zone;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{Days, NaiveDate, TimeDelta};

use super::ids::CalendarName;
use super::time::{BusinessTime, Timestamp};
use spans::{DaySpan, Forward};
use weeks::{Monday, Weeks};
use zone::local_date;

pub use count::Count;
pub use days::Day;
pub use days_off::{DayOff, Off};
pub use spans::Span;
pub use window::{Window, WindowError};
pub use zone::ClockChange;

/// Which rules of time zones are built in, as the IANA names them: `2025b`.
pub const ZONE_DATA_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// How far ahead or back a moment is looked for before it counts as not to be found: ten
/// years.
pub const HORIZON_DAYS: u32 = 3_660;

/// Weekly opening hours in a time zone, with holidays.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its key in the configuration.
    pub name: CalendarName,
    /// The IANA zone in which its wall times are written.
    pub zone: chrono_tz::Tz,
    week: [Vec<Window>; 7],
    holidays: BTreeMap<NaiveDate, Holiday>,
    /// Made by the first question that goes far.
    weeks: OnceLock<Weeks>,
}

/// A day on which the weekly hours do not hold, or only in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The date, in the calendar's zone.
    pub date: NaiveDate,
    /// What people call it.
    pub name: Option<String>,
    /// The hours that hold instead; empty: closed.
    pub hours: Vec<Window>,
}

/// Why no moment can be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is not enough open time within the horizon.
    #[error(
        "calendar \"{calendar}\" has too little open time within {days} days of {from}: give it opening hours, or a shorter time"
    )]
    BeyondHorizon {
        /// Which calendar.
        calendar: CalendarName,
        /// Where the search began.
        from: Timestamp,
        /// How far it looked.
        days: u32,
    },
}

impl Calendar {
    /// Puts a calendar together. `week` begins with Monday; windows may stand in any order
    /// and overlap. Of several holidays on one date the first one holds.
    pub fn new(
        name: CalendarName,
        zone: chrono_tz::Tz,
        week: [Vec<Window>; 7],
        holidays: Vec<Holiday>,
    ) -> Self {
        let mut dates = BTreeMap::new();
        for mut holiday in holidays {
            holiday.hours = window::merged(holiday.hours);
            dates.entry(holiday.date).or_insert(holiday);
        }
        Self {
            name,
            zone,
            week: week.map(window::merged),
            holidays: dates,
            weeks: OnceLock::new(),
        }
    }

    /// The weekly hours, from Monday on; a day without windows is closed.
    pub fn week(&self) -> &[Vec<Window>; 7] {
        &self.week
    }

    /// Whether business time passes at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let mut spans = Forward::after(self, at);
        // The first span that ends later holds the moment, or none does.
        let next = spans.find(|day| day.span.close > at);
        next.is_some_and(|day| day.span.open <= at)
    }

    /// The moment itself if open, else the next opening.
    ///
    /// Fails if there is no opening within [`HORIZON_DAYS`].
    pub fn next_open(&self, at: Timestamp) -> Result<Timestamp, CalendarError> {
        self.count_from(at).map(|count| count.start())
    }

    /// The moment when this much business time has passed since `from`. It may be the very
    /// end of a window; for no time at all it is [`Calendar::next_open`].
    ///
    /// Fails if there is not enough open time within [`HORIZON_DAYS`].
    pub fn add(&self, from: Timestamp, amount: BusinessTime) -> Result<Timestamp, CalendarError> {
        self.count_from(from)?.add(amount)
    }

    /// The moment from which this much business time passes until `until`: of several, the
    /// last one, which is an open moment (two hours before 10:00 is the opening at 08:00, not
    /// the closing the evening before). For no time at all it is `until`.
    ///
    /// Fails if there is not enough open time within [`HORIZON_DAYS`].
    pub fn subtract(
        &self,
        until: Timestamp,
        amount: BusinessTime,
    ) -> Result<Timestamp, CalendarError> {
        let mut left = time_delta(amount);
        if left.is_zero() {
            return Ok(until);
        }
        let date = local_date(self.zone, until);
        let horizon = Days::new(u64::from(HORIZON_DAYS));
        let first = date.checked_sub_days(horizon).unwrap_or(NaiveDate::MIN);
        let far = Monday::before(date).filter(|monday| monday.date() > first);
        let nearest = far.map_or(first, Monday::date);
        let near = self.spans_back(self.last_date_begun(until), nearest);
        for day in near.filter(|day| day.span.open < until) {
            let close = day.span.close.min(until);
            if left <= close - day.span.open {
                return Ok(close - left);
            }
            left -= close - day.span.open;
        }
        if let Some(far) = far {
            let monday = self.weeks().backward(far, left.num_seconds());
            left -= TimeDelta::seconds(self.weeks().between(monday, far));
            for day in self.spans_back(monday.date() - Days::new(1), first) {
                if left <= day.span.length() {
                    return Ok(day.span.close - left);
                }
                left -= day.span.length();
            }
        }
        Err(self.beyond_horizon(until))
    }

    /// Business time between two moments, in whole seconds; zero if they are reversed.
    pub fn elapsed(&self, from: Timestamp, to: Timestamp) -> BusinessTime {
        let length =
            |spans: &mut dyn Iterator<Item = Span>| -> TimeDelta { spans.map(Span::length).sum() };
        let total = match self.whole_weeks(from, to) {
            None => length(&mut self.spans_between(from, to)),
            Some((first, last)) => {
                let before = Forward::after(self, from).take_while(|day| day.date < first.date());
                let after = Forward::on(self, last.date(), self.last_date_begun(to));
                length(&mut clipped(before, from, to))
                    + TimeDelta::seconds(self.weeks().between(first, last))
                    + length(&mut clipped(after, from, to))
            }
        };
        BusinessTime::from_seconds(total.num_seconds().unsigned_abs())
    }

    /// The close of the business day to which the open moment `at` belongs: the end of its
    /// last window. For a closed moment, that of the next business day.
    ///
    /// Fails if there is no opening within [`HORIZON_DAYS`].
    pub fn close_of_day(&self, at: Timestamp) -> Result<Timestamp, CalendarError> {
        self.count_from(at).map(|count| count.close_of_day())
    }

    /// The open spans between two moments, in rising order, cut off at both.
    pub fn spans_between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Span> + '_ {
        clipped(Forward::after(self, from).until(to), from, to)
    }

    /// The Mondays between two moments between which all is summed up, if they are far apart.
    fn whole_weeks(&self, from: Timestamp, to: Timestamp) -> Option<(Monday, Monday)> {
        let first = Monday::after(local_date(self.zone, from))?;
        let last = Monday::before(local_date(self.zone, to))?;
        (first < last).then_some((first, last))
    }

    fn weeks(&self) -> &Weeks {
        self.weeks.get_or_init(|| Weeks::of(self))
    }

    fn beyond_horizon(&self, from: Timestamp) -> CalendarError {
        CalendarError::BeyondHorizon {
            calendar: self.name.clone(),
            from,
            days: HORIZON_DAYS,
        }
    }
}

/// What of these spans, which rise, lies between two moments.
fn clipped(
    days: impl Iterator<Item = DaySpan>,
    from: Timestamp,
    to: Timestamp,
) -> impl Iterator<Item = Span> {
    let days = days.take_while(move |day| day.span.open < to && from < to);
    days.filter_map(move |day| {
        let (open, close) = (day.span.open.max(from), day.span.close.min(to));
        (open < close).then_some(Span { open, close })
    })
}

/// Business time as elapsed time, which it is inside a span. More than can be said is as
/// good as for ever.
fn time_delta(amount: BusinessTime) -> TimeDelta {
    i64::try_from(amount.seconds())
        .ok()
        .and_then(TimeDelta::try_seconds)
        .unwrap_or(TimeDelta::MAX)
}
