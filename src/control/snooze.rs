//! For how long a case is put aside.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::time::{DurationError, format_duration, parse_duration};

/// For how long nobody is reminded of a case: `2h`, or `tomorrow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnoozeTime {
    /// This long from now, by the wall clock. Never zero.
    For(Duration),
    /// Until the next opening of the client's calendar after today.
    Tomorrow,
}

/// Why a text is no time to snooze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnoozeTimeError {
    /// Neither a duration nor `tomorrow`.
    #[error("{0}, or \"tomorrow\"")]
    Form(DurationError),
    /// No time at all.
    #[error("a case can't be snoozed for no time at all; say \"30m\" or \"tomorrow\"")]
    Zero,
}

impl FromStr for SnoozeTime {
    type Err = SnoozeTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("tomorrow") {
            return Ok(Self::Tomorrow);
        }
        let duration = parse_duration(text).map_err(SnoozeTimeError::Form)?;
        if duration.is_zero() {
            return Err(SnoozeTimeError::Zero);
        }
        Ok(Self::For(duration))
    }
}

impl fmt::Display for SnoozeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => f.write_str(&format_duration(*duration)),
            Self::Tomorrow => f.write_str("tomorrow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_is_a_duration_or_tomorrow() {
        assert_eq!(
            "2h".parse(),
            Ok(SnoozeTime::For(Duration::from_secs(2 * 3600)))
        );
        assert_eq!(" Tomorrow ".parse(), Ok(SnoozeTime::Tomorrow));
    }

    #[test]
    fn what_is_neither_is_refused_with_the_right_spelling() {
        let words = "next week".parse::<SnoozeTime>().map_err(|e| e.to_string());
        let words = words.expect_err("no such time");
        assert!(words.contains("\"1h30m\", or \"tomorrow\""), "{words}");
        assert_eq!("0m".parse::<SnoozeTime>(), Err(SnoozeTimeError::Zero));
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["45s", "1h30m", "tomorrow"] {
            let time: SnoozeTime = text.parse().expect(text);
            assert_eq!(time.to_string(), text);
        }
    }
}
