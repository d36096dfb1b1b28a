//! Days on which somebody is away, as people write them.

use chrono::{Days, NaiveDate};

use crate::domain::calendar::Calendar;
use crate::domain::time::Timestamp;

/// The longest absence that is taken as meant, in days.
pub const AWAY_DAYS_MAX: i64 = 400;

/// Whole days on which somebody is away, the first and the last among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwayDays {
    /// The first one.
    pub first: NaiveDate,
    /// The last one; not before the first.
    pub last: NaiveDate,
}

/// Why a text names no days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwayDaysError {
    /// It has another form.
    #[error(
        "is no span of days; write the first and the last one, such as \"2026-12-20..2027-01-03\""
    )]
    Form,
    /// The last day lies before the first.
    #[error("ends before it begins; write \"{last}..{first}\"")]
    Reversed {
        /// What was written first.
        first: NaiveDate,
        /// What was written last.
        last: NaiveDate,
    },
    /// Nobody is away for so long.
    #[error("is longer than {AWAY_DAYS_MAX} days; write two spans, or take the person out")]
    TooLong,
}

impl AwayDays {
    /// Reads `2026-12-20..2027-01-03`, or one date alone. Fails with what to write instead.
    pub fn parse(text: &str) -> Result<Self, AwayDaysError> {
        let date = |text: &str| {
            NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| AwayDaysError::Form)
        };
        let (first, last) = match text.split_once("..") {
            Some((first, last)) => (date(first)?, date(last.trim_start_matches(['.', '=']))?),
            None => (date(text)?, date(text)?),
        };
        if last < first {
            return Err(AwayDaysError::Reversed { first, last });
        }
        if (last - first).num_days() >= AWAY_DAYS_MAX {
            return Err(AwayDaysError::TooLong);
        }
        Ok(Self { first, last })
    }

    /// From the midnight that begins the first day to the one that ends the last, in the zone of
    /// this calendar.
    pub fn span(&self, calendar: Option<&Calendar>) -> (Timestamp, Timestamp) {
        let end = self.last.checked_add_days(Days::new(1));
        let midnight = |date: NaiveDate| start_of_day(date, calendar);
        (midnight(self.first), midnight(end.unwrap_or(self.last)))
    }
}

impl std::fmt::Display for AwayDays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.first, self.last)
    }
}

/// The first moment of a day in the zone of this calendar; in UTC without one. Where a clock
/// change leaves midnight out, the moment after the gap.
pub fn start_of_day(date: NaiveDate, calendar: Option<&Calendar>) -> Timestamp {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    let Some(calendar) = calendar else {
        return midnight.and_utc();
    };
    let at = |hour: i64| {
        let local = midnight + chrono::Duration::hours(hour);
        local.and_local_timezone(calendar.zone).earliest()
    };
    let found = (0..=2).find_map(at);
    found.map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        for text in ["2026-12-20..2027-01-03", "2026-12-24..2026-12-24"] {
            let days = AwayDays::parse(text).expect(text);
            assert_eq!(days.to_string(), text);
        }
        let one = AwayDays::parse("2026-12-24").expect("one day");
        assert_eq!(one.first, one.last);
    }

    #[test]
    fn what_is_wrong_names_what_to_write() {
        let told = |text: &str| AwayDays::parse(text).expect_err(text).to_string();
        assert!(told("Christmas").contains("\"2026-12-20..2027-01-03\""));
        assert!(told("2027-01-03..2026-12-20").contains("write \"2026-12-20..2027-01-03\""));
        assert!(told("2026-01-01..2028-01-01").contains("400 days"));
        assert!(told("2026-02-30..2026-03-01").contains("no span"));
    }

    #[test]
    fn a_span_without_a_calendar_counts_in_utc_and_ends_after_its_last_day() {
        let days = AwayDays::parse("2026-12-20..2026-12-21").expect("days");
        let (from, until) = days.span(None);
        assert_eq!(from.to_rfc3339(), "2026-12-20T00:00:00+00:00");
        assert_eq!(until.to_rfc3339(), "2026-12-22T00:00:00+00:00");
    }
}
