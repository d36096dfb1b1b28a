//! Progress bars: on standard error, and only where somebody sees them.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use tokio::time::Instant;

/// How often a bar is drawn anew.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// What is over sooner shows no bar.
const SHOWN_AFTER: Duration = Duration::from_millis(300);

/// How many characters the bar itself takes.
const BAR_WIDTH: u64 = 24;

/// How far something long has come.
#[derive(Debug)]
pub struct Progress {
    what: String,
    done: u64,
    expected: Option<u64>,
    is_shown: bool,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Begins something. Nothing is shown if standard error is no terminal, or if a program reads
    /// the output.
    pub fn new(what: &str, json: bool) -> Self {
        let is_shown = !json && std::io::stderr().is_terminal();
        Self {
            what: what.to_owned(),
            done: 0,
            expected: None,
            is_shown,
            began: Instant::now(),
            drawn: None,
        }
    }

    /// It is known now how much there is to do.
    pub fn expect(&mut self, expected: u64) {
        self.expected = Some(expected);
    }

    /// So much more is done.
    pub fn advance(&mut self, done: u64) {
        self.reach(self.done.saturating_add(done));
    }

    /// So much is done by now.
    pub fn reach(&mut self, done: u64) {
        self.done = done;
        let now = Instant::now();
        let is_due = match self.drawn {
            Some(drawn) => now.duration_since(drawn) >= DRAWN_EVERY,
            None => now.duration_since(self.began) >= SHOWN_AFTER,
        };
        if self.is_shown && is_due {
            self.drawn = Some(now);
            let line = line(&self.what, self.done, self.expected);
            draw(&format!("\r{line}\x1b[K"));
        }
    }

    /// It is over: the bar goes away.
    pub fn finish(self) {
        // Dropping does it, also where something went wrong.
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            draw("\r\x1b[K");
        }
    }
}

fn draw(text: &str) {
    let mut err = std::io::stderr();
    // A bar that nobody sees is no reason to stop.
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

fn line(what: &str, done: u64, expected: Option<u64>) -> String {
    let mut line = what.to_owned();
    // Writing to a String can't fail.
    let _ = match expected.filter(|expected| *expected > 0) {
        Some(expected) => {
            let done = done.min(expected);
            let full =
                u64::try_from(u128::from(done) * u128::from(BAR_WIDTH) / u128::from(expected));
            let full = full.unwrap_or(BAR_WIDTH);
            let bar: String = (0..BAR_WIDTH)
                .map(|at| if at < full { '#' } else { '.' })
                .collect();
            let percent = u128::from(done) * 100 / u128::from(expected);
            write!(line, " [{bar}] {percent:>3} %")
        }
        None => write!(line, " {done}"),
    };
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_from_nothing_to_all() {
        let told = |done, expected| line("Reading", done, expected);
        assert_eq!(told(0, Some(8)), "Reading [........................]   0 %");
        assert_eq!(told(2, Some(8)), "Reading [######..................]  25 %");
        assert_eq!(told(9, Some(8)), "Reading [########################] 100 %");
        assert_eq!(told(u64::MAX, Some(u64::MAX)).len(), told(9, Some(8)).len());
        assert_eq!(told(7, None), "Reading 7");
        assert_eq!(told(0, Some(0)), "Reading 0");
    }
}
