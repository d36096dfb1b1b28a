//! Opening hours and the arithmetic on them.
//!
//! Vocabulary: a *window* is a half-open span of local wall time on a weekday; a *calendar*
//! is windows, a time zone and holidays; *business time* passes only inside windows.

use super::ids::CalendarName;
use super::time::{BusinessTime, Timestamp};

/// Weekly opening hours in a time zone, with holidays.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its key in the configuration.
    pub name: CalendarName,
    /// The IANA zone in which its wall times are written.
    pub zone: chrono_tz::Tz,
}

/// A span of local wall time on the day it starts on, in minutes since midnight.
///
/// Half-open. `closes` is larger than `opens`, and larger than 1440 where the window runs over
/// midnight; `opens` is less than 1440, `closes` at most `opens` + 1440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    opens: u16,
    closes: u16,
}

impl Window {
    /// Reads `09:00-17:30`, `00:00-24:00` or, over midnight, `22:00-06:00`.
    ///
    /// Fails, naming the right spelling, for `09:00-09:00`, ends above `24:00` and other forms.
    pub fn parse(_text: &str) -> Result<Self, WindowError> {
        todo!()
    }
}

/// Why a text is no window. The message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(pub String);

/// A day on which the weekly hours do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The date, in the calendar's zone.
    pub date: chrono::NaiveDate,
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
        _name: CalendarName,
        _zone: chrono_tz::Tz,
        _week: [Vec<Window>; 7],
        _holidays: Vec<Holiday>,
    ) -> Self {
        todo!()
    }
    /// Whether business time passes at this moment.
    pub fn is_open(&self, _at: Timestamp) -> bool {
        todo!()
    }
    /// The moment itself if open, else the next opening.
    pub fn next_open(&self, _at: Timestamp) -> Result<Timestamp, CalendarError> {
        todo!()
    }
    /// The moment when this much business time has passed since `from`.
    pub fn add(&self, _from: Timestamp, _amount: BusinessTime) -> Result<Timestamp, CalendarError> {
        todo!()
    }
    /// The moment from which this much business time passes until `until`.
    pub fn subtract(
        &self,
        _until: Timestamp,
        _amount: BusinessTime,
    ) -> Result<Timestamp, CalendarError> {
        todo!()
    }
    /// Business time between two moments; zero if they are reversed.
    pub fn elapsed(&self, _from: Timestamp, _to: Timestamp) -> BusinessTime {
        todo!()
    }
    /// The close of the business day to which the open moment `at` belongs.
    pub fn close_of_day(&self, _at: Timestamp) -> Result<Timestamp, CalendarError> {
        todo!()
    }
}
