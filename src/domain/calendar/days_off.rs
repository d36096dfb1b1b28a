//! Days that are off as a holiday file gives them: wholly, or for some hours.
//!
//! Vocabulary: a *part* of a day off is a span of local wall time, that of a timed event on one
//! of the dates it touches; to *cut* it out of the day's windows leaves the windows before and
//! after it.
//!
//! Parts are resolved when they meet the weekly hours, once, into a [`Holiday`] with the hours
//! that are left: what counts business time knows of other hours only. A part cuts its own
//! hours out of the windows that start on its date, where they run over midnight too; like a
//! whole holiday it leaves the tail of the night window before it alone.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::window::{MINUTES_PER_DAY, Window};
use super::{Calendar, Holiday};

/// Where the last window of a day can end: before the midnight after the next.
pub(super) const WINDOW_END_MAX: u16 = 2 * MINUTES_PER_DAY;

/// A date that is off, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayOff {
    /// The date, in the calendar's zone.
    pub date: NaiveDate,
    /// What people call it.
    pub name: Option<String>,
    /// What of the date is off.
    pub off: Off,
}

/// What of a date is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Off {
    /// All of it: the windows that start on it are closed.
    WholeDay,
    /// The hours of an event, in minutes since the date's midnight.
    Part {
        /// The first minute that is off, less than 1440.
        from: u16,
        /// The first minute that is not; above 1440 where the event goes on after midnight.
        until: u16,
        /// Whether the event begins on this date. Such a date is called by its name even if it
        /// takes nothing of its windows; one that the event only ends on is not.
        begins: bool,
    },
}

impl DayOff {
    /// Whether it takes anything of these windows.
    fn takes_of(&self, hours: &[Window]) -> bool {
        match self.off {
            Off::WholeDay => !hours.is_empty(),
            Off::Part { from, until, .. } => hours
                .iter()
                .any(|window| from < window.closes() && window.opens() < until),
        }
    }

    /// Whether its date is called by its name.
    fn names_the_day(&self, hours: &[Window]) -> bool {
        matches!(self.off, Off::WholeDay | Off::Part { begins: true, .. }) || self.takes_of(hours)
    }
}

impl Calendar {
    /// The same calendar with days off beside its holidays. On a date that is a holiday already
    /// that one holds; a whole day off beats parts, of several whole ones the first is named;
    /// several parts are all cut out and all named.
    pub fn with_days_off(mut self, days_off: Vec<DayOff>) -> Self {
        let mut dates: BTreeMap<NaiveDate, Vec<DayOff>> = BTreeMap::new();
        for day in days_off {
            dates.entry(day.date).or_default().push(day);
        }
        for (date, days) in dates {
            if self.holidays.contains_key(&date) {
                continue;
            }
            let usual = &self.week[date.weekday().num_days_from_monday() as usize];
            if let Some(holiday) = resolved(date, days, usual) {
                self.holidays.insert(date, holiday);
            }
        }
        self.weeks = std::sync::OnceLock::new();
        self
    }
}

/// The holiday that days off on one date make of its usual windows; `None` if nobody would call
/// the date one.
fn resolved(date: NaiveDate, days: Vec<DayOff>, usual: &[Window]) -> Option<Holiday> {
    if let Some(whole) = days.iter().find(|day| day.off == Off::WholeDay) {
        return Some(Holiday {
            date,
            name: whole.name.clone(),
            hours: Vec::new(),
        });
    }
    let naming: Vec<DayOff> = days
        .into_iter()
        .filter(|day| day.names_the_day(usual))
        .collect();
    let mut hours = usual.to_vec();
    let mut names: Vec<String> = Vec::new();
    for day in &naming {
        if let Off::Part { from, until, .. } = day.off {
            hours = hours
                .iter()
                .flat_map(|window| window.without(from, until))
                .collect();
        }
        names.extend(day.name.clone().filter(|name| !names.contains(name)));
    }
    (!naming.is_empty()).then(|| Holiday {
        date,
        name: (!names.is_empty()).then(|| names.join(", ")),
        hours,
    })
}

#[cfg(test)]
mod tests;
