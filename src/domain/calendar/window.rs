//! Opening hours as they are written down: spans of local wall time.

use std::fmt;

/// The minutes of a civil day: what `24:00` stands for.
pub(super) const MINUTES_PER_DAY: u16 = 1440;

/// A span of local wall time on the day it starts on, in minutes since midnight.
///
/// Half-open. `closes` is larger than `opens`, and larger than 1440 where the window runs over
/// midnight; `closes` is less than `opens` + 1440, but for a whole day, 00:00-24:00. What is
/// written opens before 24:00; what is left of a night window may open later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    opens: u16,
    closes: u16,
}

/// Why a text is no window. The message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(pub String);

impl Window {
    /// Reads `09:00-17:30`, `00:00-24:00` or, over midnight, `22:00-06:00`. An end at `00:00`
    /// is the same as at `24:00`.
    ///
    /// Fails, naming the right spelling, for `09:00-09:00`, ends above `24:00` and other forms.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        let Some((opens, closes)) = read_loosely(text) else {
            return Err(WindowError(format!(
                "\"{text}\" is no window: write opening and closing as \"09:00-17:30\""
            )));
        };
        if opens >= MINUTES_PER_DAY {
            return Err(WindowError(format!(
                "\"{text}\" opens at the end of the day: write it on the following day, beginning with \"00:00\""
            )));
        }
        if closes == opens || closes == opens + MINUTES_PER_DAY && opens > 0 {
            return Err(WindowError(format!(
                "\"{text}\" ends where it begins: write \"00:00-24:00\" for the whole day, or leave the day out if it is closed"
            )));
        }
        if closes > opens + MINUTES_PER_DAY {
            return Err(WindowError(format!(
                "\"{text}\" is longer than a day: write \"00:00-24:00\" on each day"
            )));
        }
        let until_midnight = closes == 0;
        let closes = if closes < opens {
            closes + MINUTES_PER_DAY
        } else {
            closes
        };
        let window = Self { opens, closes };
        let spelling = window.to_string();
        if let Some(afternoon) = window.closing_in_the_afternoon(text) {
            return Err(WindowError(format!(
                "\"{text}\" is not how a window is written: write \"{afternoon}\""
            )));
        }
        if spelling == text || (until_midnight && text == format!("{}00:00", &spelling[..6])) {
            Ok(window)
        } else {
            Err(WindowError(format!(
                "\"{text}\" is not how a window is written: write \"{spelling}\""
            )))
        }
    }

    /// What a text such as `9-5` means: by a clock of twelve hours it ends in the afternoon, and
    /// not, as it would in the right spelling, twenty hours later in the night.
    fn closing_in_the_afternoon(self, text: &str) -> Option<Self> {
        const NOON: u16 = MINUTES_PER_DAY / 2;
        let over_midnight = self.closes > MINUTES_PER_DAY;
        let loosely_written = text
            .split(['-', '–', '—'])
            .any(|time| !matches!(time.trim().as_bytes(), [_, _, b':', _, _]));
        (over_midnight && loosely_written && self.opens <= NOON).then(|| Self {
            opens: self.opens,
            closes: self.closes - NOON,
        })
    }

    /// The opening, in minutes since midnight of the day it starts on.
    pub const fn opens(self) -> u16 {
        self.opens
    }

    /// The closing, in minutes since midnight of the day it starts on; above 1440 where it
    /// falls on the day after.
    pub const fn closes(self) -> u16 {
        self.closes
    }

    /// What is left of it before and after a span of minutes since the same midnight.
    pub(super) fn without(self, from: u16, until: u16) -> impl Iterator<Item = Self> {
        let before = Self {
            opens: self.opens,
            closes: self.closes.min(from),
        };
        let after = Self {
            opens: self.opens.max(until.max(before.closes)),
            closes: self.closes,
        };
        let parts = [before, after].into_iter();
        parts.filter(|part| part.opens < part.closes)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after_midnight = self.opens >= MINUTES_PER_DAY;
        let opens = self.opens % MINUTES_PER_DAY;
        let closes = match self.closes {
            closes if closes > MINUTES_PER_DAY => closes % MINUTES_PER_DAY,
            closes => closes,
        };
        write!(f, "{:02}:{:02}-", opens / 60, opens % 60)?;
        write!(f, "{:02}:{:02}", closes / 60, closes % 60)?;
        f.write_str(if after_midnight { " the day after" } else { "" })
    }
}

/// Puts the windows of one day in order and joins those that overlap or touch, so that what
/// is left is apart and rising.
pub(super) fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_unstable();
    let mut apart: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match apart.last_mut() {
            Some(last) if window.opens <= last.closes => {
                last.closes = last.closes.max(window.closes);
            }
            _ => apart.push(window),
        }
    }
    apart
}

/// Reads two times of day with anything like a dash between them, in minutes. More than the
/// right spelling is understood, so that the right spelling can be named.
fn read_loosely(text: &str) -> Option<(u16, u16)> {
    let (opens, closes) = text.split_once(['-', '–', '—'])?;
    Some((time_of_day(opens.trim())?, time_of_day(closes.trim())?))
}

fn time_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once([':', '.']).unwrap_or((text, "00"));
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 48 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        Window::parse(text).expect(text)
    }

    fn refusal(text: &str) -> String {
        Window::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn a_window_is_written_as_it_is_read() {
        for text in ["09:00-17:30", "00:00-24:00", "22:00-06:00", "18:00-24:00"] {
            assert_eq!(window(text).to_string(), text);
        }
        assert_eq!(window("22:00-00:30").closes(), 24 * 60 + 30);
        assert_eq!(window("00:00-24:00").closes(), 24 * 60);
        assert_eq!(window("18:00-00:00"), window("18:00-24:00"));
    }

    #[test]
    fn a_refusal_names_the_right_spelling() {
        assert!(refusal("09:00-09:00").contains("\"00:00-24:00\""));
        assert!(refusal("00:00-00:00").contains("\"00:00-24:00\""));
        assert!(refusal("22:00-26:00").contains("\"22:00-02:00\""));
        assert!(refusal("00:00-25:00").contains("24:00"));
        assert!(refusal("24:00-06:00").contains("following day"));
        assert!(refusal("9-17").contains("\"09:00-17:00\""));
        assert!(refusal("9:00 – 17:30").contains("\"09:00-17:30\""));
        assert!(refusal("9-5").contains("\"09:00-17:00\""));
        assert!(refusal("8:30-5").contains("\"08:30-17:00\""));
        assert!(refusal("12-4").contains("\"12:00-16:00\""));
        assert!(refusal("22-6").contains("\"22:00-06:00\""));
        assert_eq!(window("09:00-05:00").closes(), 29 * 60);
        for nonsense in ["", "09:00", "nine-five", "09:00-17:60", "09:00-17:00-18:00"] {
            assert!(refusal(nonsense).contains("\"09:00-17:30\""), "{nonsense}");
        }
    }

    #[test]
    fn windows_of_a_day_are_ordered_and_joined() {
        let day = ["14:00-18:00", "20:00-02:00", "12:00-16:00", "09:00-12:00"];
        let joined = merged(day.iter().map(|text| window(text)).collect());
        let spelt: Vec<String> = joined.iter().map(Window::to_string).collect();
        assert_eq!(spelt, ["09:00-18:00", "20:00-02:00"]);
    }
}
