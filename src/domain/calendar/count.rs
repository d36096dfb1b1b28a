//! Counting from a moment on: the opening is looked for once, and asked about many times.

use chrono::{NaiveDate, TimeDelta};

use super::super::time::{BusinessTime, Timestamp};
use super::spans::{DaySpan, Forward, Span};
use super::weeks::Monday;
use super::{Calendar, CalendarError, time_delta};

/// A count of business time that has found where it starts.
#[derive(Debug, Clone)]
pub struct Count<'a> {
    calendar: &'a Calendar,
    start: Timestamp,
    /// What is left of the span in which it starts.
    first: Span,
    /// The business day in which it starts.
    date: NaiveDate,
    /// What comes after that span.
    rest: Forward<'a>,
}

impl Calendar {
    /// Begins to count at `from` if open, else at the next opening.
    ///
    /// Fails if there is no opening within [`super::HORIZON_DAYS`].
    pub fn count_from(&self, from: Timestamp) -> Result<Count<'_>, CalendarError> {
        let mut rest = Forward::after(self, from);
        let Some(day) = rest.find(|day| day.span.close > from) else {
            return Err(self.beyond_horizon(from));
        };
        let start = day.span.open.max(from);
        Ok(Count {
            calendar: self,
            start,
            first: Span {
                open: start,
                close: day.span.close,
            },
            date: day.date,
            rest,
        })
    }
}

impl Count<'_> {
    /// Where it starts: an open moment.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The business day in which it starts: the local date on which the window starts.
    pub fn business_day(&self) -> NaiveDate {
        self.date
    }

    /// The moment when this much business time has passed.
    ///
    /// Fails if there is not enough open time within the horizon.
    pub fn add(&self, amount: BusinessTime) -> Result<Timestamp, CalendarError> {
        let mut left = time_delta(amount);
        if left <= self.first.length() {
            return Ok(self.start + left);
        }
        left -= self.first.length();
        let mut rest = self.rest.clone();
        let mut far = Monday::after(self.date);
        while let Some(DaySpan { date, span }) = rest.next() {
            if let Some(monday) = far.take_if(|monday| monday.date() <= date) {
                let weeks = self.calendar.weeks();
                let reached = weeks.forward(monday, left.num_seconds());
                left -= TimeDelta::seconds(weeks.between(monday, reached));
                // The span at hand, not counted yet, comes again if it lies in that week.
                rest.jump_to(reached.date());
                continue;
            }
            if left <= span.length() {
                return Ok(span.open + left);
            }
            left -= span.length();
        }
        Err(self.calendar.beyond_horizon(self.start))
    }

    /// The close of the business day in which it starts: the end of its last window.
    pub fn close_of_day(&self) -> Timestamp {
        let last = self.calendar.last_close(self.date);
        last.unwrap_or(self.first.close).max(self.first.close)
    }

    /// The business time that is left of that day.
    pub fn left_of_day(&self) -> BusinessTime {
        self.calendar.elapsed(self.start, self.close_of_day())
    }
}
