//! Where a command prints, and how moments and foreign texts look there.
//!
//! Vocabulary: *foreign* text was written outside (subjects, addresses, a server's words);
//! it may hold anything, also what would steer a terminal.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;

use crate::clock::{Clock, SystemClock};
use crate::control::view::Done;
use crate::control::{Answer, Request, ask};
use crate::domain::time::Timestamp;

/// Done; nothing is wrong.
pub const DONE: u8 = 0;
/// A problem was found.
pub const PROBLEM: u8 = 1;
/// Nobody could be reached.
pub const UNREACHABLE: u8 = 3;

/// Where a command prints, for whom, and at what moment.
pub struct Screen<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Whether a program reads the output.
    pub json: bool,
    /// Whether a person looks on: then what is long is cut.
    pub is_terminal: bool,
    /// Whether colours are shown. Never with `json`.
    pub colours: bool,
    /// The present moment, for "in 25m".
    pub now: Timestamp,
}

impl<'a> Screen<'a> {
    /// The screen of a command that runs now: with colours if standard output is a terminal
    /// and `NO_COLOR` is not set (no-color.org).
    pub fn new(json: bool, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let is_terminal = !json && std::io::stdout().is_terminal();
        Self {
            out,
            err,
            json,
            is_terminal,
            colours: wanted && is_terminal,
            now: SystemClock.now(),
        }
    }

    /// Prints to standard output. What can't be printed is told by [`super::printout`]; the
    /// command goes on, for its exit code says what was found all the same.
    pub fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// Prints a problem to standard error.
    pub fn complain(&mut self, words: &str) {
        let _ = writeln!(self.err, "ackd: {}", printable(words));
    }

    /// Asks the daemon. What goes wrong is printed, and the exit code for it returned: 1 if the
    /// daemon refuses, 3 if it can't be reached or is in no state to answer.
    pub async fn ask(&mut self, socket: &Path, request: &Request) -> Result<Answer, u8> {
        match ask(socket, request).await {
            Ok(Answer::Refused(refusal)) => {
                self.complain(&refusal.words);
                Err(if refusal.status < 500 {
                    PROBLEM
                } else {
                    UNREACHABLE
                })
            }
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.complain(&error.to_string());
                Err(UNREACHABLE)
            }
        }
    }

    /// Says that an answer does not fit its question, which only a defect of ours can bring
    /// about. Returns the exit code for it.
    pub fn misfit(&mut self) -> u8 {
        self.complain("ackd answered another question than it was asked; please report this");
        PROBLEM
    }

    /// Prints a view as one JSON object on a line of its own.
    pub fn print_json(&mut self, view: &impl serde::Serialize) {
        match serde_json::to_string(view) {
            Ok(mut line) => {
                line.push('\n');
                self.print(&line);
            }
            Err(error) => self.complain(&format!("could not write JSON: {error}")),
        }
    }

    /// Prints what was done.
    pub fn print_done(&mut self, done: &Done) {
        if self.json {
            self.print_json(done);
        } else {
            self.print(&format!("{}\n", printable(&done.done)));
        }
    }

    /// A text in a colour, if colours are shown.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Green => "32",
            Colour::Bold => "1",
            Colour::Dim => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A moment with its distance from now: `2026-01-05 10:00 GMT (in 30m)`.
    pub fn moment(&self, at: Timestamp, zone: Tz) -> String {
        format!("{} ({})", written_in(at, zone), self.distance(at))
    }

    /// How far a moment is from now: `in 1h30m`, `5m ago`, `now`.
    pub fn distance(&self, at: Timestamp) -> String {
        let seconds = (at - self.now).num_seconds();
        let length = coarse(Duration::from_secs(seconds.unsigned_abs()));
        match seconds {
            0 => "now".into(),
            1.. => format!("in {length}"),
            ..0 => format!("{length} ago"),
        }
    }

    /// How long ago a moment was, in one or two units.
    pub fn since(&self, at: Timestamp) -> String {
        let seconds = (self.now - at).num_seconds().max(0);
        coarse(Duration::from_secs(seconds.unsigned_abs()))
    }
}

/// What a text means, by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Something is wrong.
    Red,
    /// Something needs an eye.
    Yellow,
    /// All is well.
    Green,
    /// A heading.
    Bold,
    /// Beside the point.
    Dim,
}

/// A moment as people read it where no calendar says in which zone they live: a terminal's own
/// says nothing about the client's.
pub fn written(at: Timestamp) -> String {
    written_in(at, Tz::UTC)
}

/// A moment as people of a zone read it, with the zone's name at that moment.
pub fn written_in(at: Timestamp, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    local.format("%Y-%m-%d %H:%M %Z").to_string()
}

/// The zone of this name (IANA); UTC where there is none.
pub fn zone_named(name: Option<&str>) -> Tz {
    let zone = name.and_then(|name| name.parse().ok());
    zone.unwrap_or(Tz::UTC)
}

/// A duration in its two largest units: `3d4h`, `1h30m`, `5m`, `12s`.
pub fn coarse(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let two = |large: u64, unit: char, small: u64, part: char| {
        if small == 0 {
            format!("{large}{unit}")
        } else {
            format!("{large}{unit}{small}{part}")
        }
    };
    match (days, hours, minutes) {
        (1.., _, _) => two(days, 'd', hours, 'h'),
        (0, 1.., _) => two(hours, 'h', minutes, 'm'),
        // Below an hour nobody needs the seconds, below a minute they are all there is.
        (0, 0, 1..) => format!("{minutes}m"),
        (0, 0, 0) => format!("{rest}s"),
    }
}

/// A foreign text on one line and without anything that steers a terminal: control
/// characters and the marks that turn the direction of writing (a subject could otherwise
/// hide or rewrite what stands beside it).
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() || turns_writing(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

const fn turns_writing(c: char) -> bool {
    matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A foreign text, shortened to so many characters; what is cut is marked.
pub fn shortened(text: &str, characters_max: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= characters_max {
        return text;
    }
    let kept: String = text
        .chars()
        .take(characters_max.saturating_sub(1))
        .collect();
    format!("{}…", kept.trim_end())
}

/// Columns side by side: each as wide as its widest cell, two blanks between, nothing behind
/// the last. Cells must be printable already; colours are given per row, after padding.
pub fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            let padded: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_subject_cannot_steer_the_terminal() {
        let subject = "Invoice\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{202e}fdp.exe";
        let shown = printable(subject);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("Invoice"), "{shown:?}");
    }

    #[test]
    fn a_long_subject_is_cut_between_characters() {
        assert_eq!(shortened("ää ää", 5), "ää ää");
        assert_eq!(shortened("ää ääää", 4), "ää…");
    }

    #[test]
    fn distances_are_told_from_now() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let screen = Screen {
            out: &mut out,
            err: &mut err,
            json: false,
            is_terminal: false,
            colours: false,
            now: at("2026-01-05T09:30:00Z"),
        };
        let told = [
            ("2026-01-05T09:30:00Z", "now"),
            ("2026-01-05T09:30:12Z", "in 12s"),
            ("2026-01-05T11:00:00Z", "in 1h30m"),
            ("2026-01-05T09:29:01Z", "59s ago"),
            ("2026-01-02T05:30:00Z", "3d4h ago"),
        ];
        for (moment, words) in told {
            assert_eq!(screen.distance(at(moment)), words, "{moment}");
        }
    }

    #[test]
    fn columns_line_up_whatever_the_alphabet() {
        let rows = [
            vec!["1".into(), "Übung".into(), "x".into()],
            vec!["10".into(), "a".into(), String::new()],
        ];
        assert_eq!(columns(&rows), ["1   Übung  x", "10  a"]);
    }
}
