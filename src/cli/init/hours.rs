//! Working hours as people write them on one line.

use std::str::FromStr;

use crate::domain::calendar::Window;

/// The days as the configuration names them.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What is proposed.
pub(super) const USUAL: &str = "mon-fri 09:00-17:00";

/// The windows of each day, Monday first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours(pub(super) [Vec<String>; 7]);

impl FromStr for Hours {
    type Err = String;

    /// Reads `mon-thu 09:00-12:30,13:30-17:30; fri 09:00-15:00`. The error says what to write.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut week: [Vec<String>; 7] = Default::default();
        for part in text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (days, windows) = part
                .split_once(char::is_whitespace)
                .ok_or_else(|| format!("\"{part}\": write days and hours, such as \"{USUAL}\""))?;
            let windows = windows
                .split([',', ' '])
                .filter(|window| !window.is_empty());
            let windows: Vec<&str> = windows.collect();
            for window in &windows {
                Window::parse(window).map_err(|error| error.to_string())?;
            }
            for day in days_of(days)? {
                week[day].extend(windows.iter().map(|&window| window.to_owned()));
            }
        }
        match week.iter().all(Vec::is_empty) {
            true => Err(format!("there are no hours in it; write \"{USUAL}\"")),
            false => Ok(Self(week)),
        }
    }
}

/// `mon`, `mon-fri`, `mon,wed`, `fri-mon`: the numbers of the days.
fn days_of(text: &str) -> Result<Vec<usize>, String> {
    let day = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        let is_meant = |own: &str| text.starts_with(own);
        DAYS.iter()
            .position(|own| is_meant(own))
            .ok_or_else(|| format!("\"{text}\" is no day; write one of {}", DAYS.join(", ")))
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        let Some((from, to)) = part.split_once('-') else {
            days.push(day(part)?);
            continue;
        };
        let (from, to) = (day(from)?, day(to)?);
        let count = (to + DAYS.len() - from) % DAYS.len() + 1;
        days.extend((from..from + count).map(|number| number % DAYS.len()));
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Vec<String>, String> {
        let Hours(week) = text.parse()?;
        let days = DAYS.iter().zip(week);
        let open = days.filter(|(_, windows)| !windows.is_empty());
        Ok(open
            .map(|(day, windows)| format!("{day} {}", windows.join(",")))
            .collect())
    }

    #[test]
    fn a_week_is_written_on_one_line() {
        assert_eq!(
            told("mon-wed,Friday 09:00-12:30, 13:30-17:30; sat 10:00-12:00").expect("hours"),
            [
                "mon 09:00-12:30,13:30-17:30",
                "tue 09:00-12:30,13:30-17:30",
                "wed 09:00-12:30,13:30-17:30",
                "fri 09:00-12:30,13:30-17:30",
                "sat 10:00-12:00",
            ]
        );
        assert_eq!(told("sat-mon 22:00-06:00").expect("hours").len(), 3);
        assert_eq!(told(USUAL).expect("hours").len(), 5);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        for (text, words) in [
            ("", "write \"mon-fri 09:00-17:00\""),
            ("09:00-17:00", "write days and hours"),
            ("mon-fry 09:00-17:00", "is no day"),
            ("mon 9-5", "write \""),
            ("mon 09:00-09:00", "00:00-24:00"),
            ("mon-fri  ; ", "write days and hours"),
        ] {
            let told = told(text).expect_err(text);
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
