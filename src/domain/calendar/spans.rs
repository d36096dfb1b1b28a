//! The walk over open spans, day by day: everything else is built on it.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta};

use super::super::time::Timestamp;
use super::window::Window;
use super::zone::{Edge, local_date, local_time, moment, wall_time};
use super::{Calendar, HORIZON_DAYS};

/// A half-open span of open time, as it really falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first open moment.
    pub open: Timestamp,
    /// The first moment that is closed again; later than `open`.
    pub close: Timestamp,
}

impl Span {
    /// How long it lasts, in elapsed time.
    pub fn length(self) -> TimeDelta {
        self.close - self.open
    }
}

/// A span with the business day it belongs to: the local date its window starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DaySpan {
    pub(super) date: NaiveDate,
    pub(super) span: Span,
}

/// A window over midnight ends a day later, and where clocks go back over midnight its tail
/// can reach into the date after that.
const TAIL_DAYS: usize = 2;

/// How far two readings of one wall clock can be apart in real time: the largest jump of any
/// zone (a whole day, over the date line) and some hours to spare.
const JUMP_MAX: TimeDelta = TimeDelta::hours(27);

/// Open spans in rising order, apart from each other. What an earlier day covers is taken
/// off the later day.
#[derive(Debug, Clone)]
pub(super) struct Forward<'a> {
    calendar: &'a Calendar,
    date: NaiveDate,
    windows: &'a [Window],
    covered: Timestamp,
    /// Spans that end by this moment don't matter.
    from: Timestamp,
    /// Windows that end before this wall time surely end by that moment.
    not_before: NaiveDateTime,
    /// The last business day of the walk.
    last: NaiveDate,
}

impl<'a> Forward<'a> {
    /// All spans that end after `from`, for the days of the horizon.
    pub(super) fn after(calendar: &'a Calendar, from: Timestamp) -> Self {
        let local = local_time(calendar.zone, from);
        let date = days_before(local.date(), TAIL_DAYS);
        let horizon = Days::new(u64::from(HORIZON_DAYS));
        Self {
            calendar,
            date,
            windows: calendar.hours_on(date),
            covered: from_the_beginning(),
            from,
            not_before: local.checked_sub_signed(JUMP_MAX).unwrap_or(local),
            last: local
                .date()
                .checked_add_days(horizon)
                .unwrap_or(NaiveDate::MAX),
        }
    }

    /// All spans of the business days from one date to another, both included.
    pub(super) fn on(calendar: &'a Calendar, first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            calendar,
            date: first,
            windows: calendar.hours_on(first),
            covered: calendar.covered_before(first),
            from: from_the_beginning(),
            not_before: NaiveDateTime::MIN,
            last,
        }
    }

    /// The same walk up to a moment instead of the horizon.
    pub(super) fn until(mut self, to: Timestamp) -> Self {
        self.last = self.calendar.last_date_begun(to);
        self
    }

    /// Goes on with the business day `date`.
    pub(super) fn jump_to(&mut self, date: NaiveDate) {
        self.date = date.min(self.last);
        self.windows = match date > self.last {
            true => &[],
            false => self.calendar.hours_on(date),
        };
        self.covered = self.calendar.covered_before(date);
    }

    fn next_day(&mut self) -> Option<()> {
        if self.date >= self.last {
            return None;
        }
        self.date = self.date.succ_opt()?;
        self.windows = self.calendar.hours_on(self.date);
        Some(())
    }

    fn is_long_over(&self, window: Window) -> bool {
        self.date <= self.not_before.date()
            && wall_time(self.date, window.closes()).is_some_and(|end| end < self.not_before)
    }
}

impl Iterator for Forward<'_> {
    type Item = DaySpan;

    fn next(&mut self) -> Option<DaySpan> {
        loop {
            let Some((window, rest)) = self.windows.split_first() else {
                self.next_day()?;
                continue;
            };
            self.windows = rest;
            if self.is_long_over(*window) {
                continue;
            }
            // The closing alone tells of most windows that they are over.
            let close = self
                .calendar
                .edge(self.date, window.closes(), Edge::Closing);
            let Some(close) = close.filter(|close| *close > self.from) else {
                continue;
            };
            let Some(open) = self.calendar.edge(self.date, window.opens(), Edge::Opening) else {
                continue;
            };
            let open = open.max(self.covered);
            if open < close {
                self.covered = close;
                return Some(DaySpan {
                    date: self.date,
                    span: Span { open, close },
                });
            }
        }
    }
}

impl Calendar {
    /// The windows that hold on a date, apart and rising.
    pub(super) fn hours_on(&self, date: NaiveDate) -> &[Window] {
        match self.holidays.get(&date) {
            Some(holiday) => &holiday.hours,
            None => &self.week[date.weekday().num_days_from_monday() as usize],
        }
    }

    /// A window of a date as it really falls; `None` if a gap swallows it whole.
    pub(super) fn place(&self, date: NaiveDate, window: Window) -> Option<Span> {
        let open = self.edge(date, window.opens(), Edge::Opening)?;
        let close = self.edge(date, window.closes(), Edge::Closing)?;
        (open < close).then_some(Span { open, close })
    }

    fn edge(&self, date: NaiveDate, minutes: u16, edge: Edge) -> Option<Timestamp> {
        moment(self.zone, wall_time(date, minutes)?, edge)
    }

    /// The end of the last window of a date, if it has any that a gap has not swallowed.
    pub(super) fn last_close(&self, date: NaiveDate) -> Option<Timestamp> {
        let mut windows = self.hours_on(date).iter().rev();
        windows.find_map(|window| self.place(date, *window).map(|span| span.close))
    }

    /// The spans that belong to a date, in rising order, without what earlier days cover.
    pub(super) fn spans_of(&self, date: NaiveDate) -> Vec<Span> {
        let mut covered = self.covered_before(date);
        let mut spans = Vec::with_capacity(self.hours_on(date).len());
        for window in self.hours_on(date) {
            let Some(mut span) = self.place(date, *window) else {
                continue;
            };
            span.open = span.open.max(covered);
            if span.open < span.close {
                covered = span.close;
                spans.push(span);
            }
        }
        spans
    }

    /// How far earlier business days reach into a date.
    fn covered_before(&self, date: NaiveDate) -> Timestamp {
        (1..=TAIL_DAYS)
            .filter_map(|back| self.last_close(days_before(date, back)))
            .max()
            .unwrap_or_else(from_the_beginning)
    }

    /// The last business day that may have begun by a moment: where clocks go back over
    /// midnight, the local date after may have.
    pub(super) fn last_date_begun(&self, at: Timestamp) -> NaiveDate {
        let date = local_date(self.zone, at);
        date.succ_opt().unwrap_or(date)
    }

    /// The spans of the business days from one date back to an earlier one, both included,
    /// the last one first.
    pub(super) fn spans_back(
        &self,
        last: NaiveDate,
        first: NaiveDate,
    ) -> impl Iterator<Item = DaySpan> + '_ {
        let days = last
            .iter_days()
            .rev()
            .take_while(move |date| *date >= first);
        days.flat_map(|date| {
            let spans = self.spans_of(date).into_iter().rev();
            spans.map(move |span| DaySpan { date, span })
        })
    }
}

fn days_before(date: NaiveDate, days: usize) -> NaiveDate {
    date.iter_days().rev().nth(days).unwrap_or(date)
}

fn from_the_beginning() -> Timestamp {
    Timestamp::MIN_UTC
}
