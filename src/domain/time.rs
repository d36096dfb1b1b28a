//! Instants and durations.
//!
//! Vocabulary: a [`Timestamp`] is a moment in UTC; [`BusinessTime`] is an amount of *open*
//! time on some calendar; a [`std::time::Duration`] is wall-clock time. Civil times and
//! zones live in [`super::calendar`].

use std::fmt;

/// A moment in UTC. Nothing here ever asks for the present one: it is always an argument.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// An amount of business time, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BusinessTime(u64);

impl BusinessTime {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Takes whole seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Takes whole minutes.
    pub const fn from_minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    /// Reads `45s`, `90m`, `3h`, `1h30m`, `2d` is refused: a day of business time differs
    /// from calendar to calendar.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        if text.contains('d') {
            return Err(DurationError::DaysOfBusinessTime);
        }
        parse_duration(text).map(|duration| Self(duration.as_secs()))
    }

    /// The amount in whole seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for BusinessTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_duration(std::time::Duration::from_secs(self.0)))
    }
}

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of the form `1h30m`.
    #[error("expected a duration such as \"45s\", \"90m\", \"3h\" or \"1h30m\"")]
    Form,
    /// More than [`DURATION_SECONDS_MAX`].
    #[error("a duration can be at most \"3660d\"")]
    TooLong,
    /// Days of business time are not the same on every calendar.
    #[error(
        "business time is counted in hours and minutes, such as \"8h\" (a day is not the same length on every calendar)"
    )]
    DaysOfBusinessTime,
}

/// The longest duration a configuration may name: about ten years.
pub const DURATION_SECONDS_MAX: u64 = 3660 * 86_400;

/// Reads a duration: one or more whole numbers with a unit each, in the order `d`, `h`, `m`,
/// `s`, without blanks: `400d`, `1h30m`, `0m`.
///
/// Fails if the text has another form or names more than [`DURATION_SECONDS_MAX`].
pub fn parse_duration(text: &str) -> Result<std::time::Duration, DurationError> {
    let mut total: u64 = 0;
    let mut rest = text.trim();
    let mut largest = u64::MAX;
    if rest.is_empty() {
        return Err(DurationError::Form);
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let unit = match tail.as_bytes().first() {
            Some(b'd') => 86_400,
            Some(b'h') => 3_600,
            Some(b'm') => 60,
            Some(b's') => 1,
            _ => return Err(DurationError::Form),
        };
        if digits == 0 || unit >= largest {
            return Err(DurationError::Form);
        }
        largest = unit;
        let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
        total = number
            .checked_mul(unit)
            .and_then(|seconds| total.checked_add(seconds))
            .filter(|seconds| *seconds <= DURATION_SECONDS_MAX)
            .ok_or(DurationError::TooLong)?;
        rest = &tail[1..];
    }
    Ok(std::time::Duration::from_secs(total))
}

/// Writes a duration as [`parse_duration`] reads it: `1h30m`, `45s`, `0m`.
pub fn format_duration(duration: std::time::Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3_600, 'h'),
        (seconds % 3_600 / 60, 'm'),
        (seconds % 60, 's'),
    ];
    let text: String = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() { "0m".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_alike() {
        for text in ["45s", "30m", "3h", "1h30m", "0m", "2h5s"] {
            let duration = parse_duration(text).expect(text);
            assert_eq!(format_duration(duration), text);
        }
        assert_eq!(parse_duration("90m"), parse_duration("1h30m"));
        assert_eq!(parse_duration("2d"), parse_duration("48h"));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["", "h", "3", "3 h", "30m1h", "1h1h", "-3h", "3x", "1.5h"] {
            assert_eq!(parse_duration(bad), Err(DurationError::Form), "{bad:?}");
        }
        assert_eq!(parse_duration("99999999999h"), Err(DurationError::TooLong));
        assert_eq!(
            BusinessTime::parse("2d"),
            Err(DurationError::DaysOfBusinessTime)
        );
    }
}
