//! Days as they fall, for people to look at.

use std::sync::OnceLock;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike};

use super::super::time::Timestamp;
use super::spans::Span;
use super::zone::{ClockChange, Edge, change_between, local_date, moment, wall_time};
use super::{Calendar, Holiday};

/// A local date and what is open on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day<'a> {
    /// The date, in the calendar's zone.
    pub date: NaiveDate,
    /// The holiday on it.
    pub holiday: Option<&'a Holiday>,
    /// The spans that belong to it, in rising order. One that runs over midnight closes on
    /// the day after; what an earlier day covers is not counted twice.
    pub windows: Vec<Span>,
    /// The change of clocks on it.
    pub clock_change: Option<ClockChange>,
}

impl Calendar {
    /// So many days from a date on. Fewer at the end of the dates that can be written.
    pub fn days(&self, from: NaiveDate, count: u32) -> impl Iterator<Item = Day<'_>> {
        from.iter_days().take(count as usize).map(|date| Day {
            date,
            holiday: self.holiday(date),
            windows: self.spans_of(date),
            clock_change: self.clock_change(date),
        })
    }

    /// The holiday on a date of the calendar's zone.
    pub fn holiday(&self, date: NaiveDate) -> Option<&Holiday> {
        self.holidays.get(&date)
    }

    /// The holidays from one date to another, both included.
    pub fn holidays(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = &Holiday> {
        // A reversed range would panic in the map.
        let to = to.max(from);
        self.holidays.range(from..=to).map(|(_, holiday)| holiday)
    }

    /// Whether a holiday makes a difference to the weekly hours.
    pub fn is_changed_by(&self, holiday: &Holiday) -> bool {
        let weekday = holiday.date.weekday().num_days_from_monday();
        self.week[weekday as usize] != holiday.hours
    }

    /// The same calendar, on which the weekly hours hold on this date.
    pub fn without_holiday(&self, date: NaiveDate) -> Calendar {
        let mut calendar = self.clone();
        calendar.holidays.remove(&date);
        calendar.weeks = OnceLock::new();
        calendar
    }

    /// The first moment of a date; where midnight comes twice, the earlier.
    pub fn first_moment_of(&self, date: NaiveDate) -> Option<Timestamp> {
        moment(self.zone, wall_time(date, 0)?, Edge::Opening)
    }

    /// The moment of a time of day on a date; of two the earlier, and in a gap its end.
    pub fn moment_on(&self, date: NaiveDate, time: NaiveTime) -> Option<Timestamp> {
        moment(self.zone, date.and_time(time), Edge::Opening)
    }

    /// The local date at a moment.
    pub fn local_date(&self, at: Timestamp) -> NaiveDate {
        local_date(self.zone, at)
    }

    /// A moment as people of this calendar read it: `Mon 2026-03-02 09:00 GMT`, with seconds
    /// only where there are any.
    pub fn local_text(&self, at: Timestamp) -> String {
        let local = at.with_timezone(&self.zone);
        let form = match local.second() {
            0 => "%a %Y-%m-%d %H:%M %Z",
            _ => "%a %Y-%m-%d %H:%M:%S %Z",
        };
        local.format(form).to_string()
    }

    /// The time of day at a moment: `09:00`, with seconds only where there are any.
    pub fn local_time_text(&self, at: Timestamp) -> String {
        let local = at.with_timezone(&self.zone);
        let form = match local.second() {
            0 => "%H:%M",
            _ => "%H:%M:%S",
        };
        local.format(form).to_string()
    }

    fn clock_change(&self, date: NaiveDate) -> Option<ClockChange> {
        // A second earlier, so that a change at midnight itself is the day's that begins.
        let second = TimeDelta::seconds(1);
        let begin = self.first_moment_of(date)?.checked_sub_signed(second)?;
        let end = self.first_moment_of(date.succ_opt()?)? - second;
        change_between(self.zone, begin, end.max(begin))
    }
}
