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
