//! Progress bars: on standard error, and only where somebody sees them.
//!
//! A bar is drawn by a thread of its own, so that whoever works need not think of it. It writes
//! past the lock of standard error, which a command holds as long as it runs.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a bar is drawn anew. What is over sooner shows none.
const DRAWN_EVERY: Duration = Duration::from_millis(200);

/// How many characters the bar itself takes.
const BAR_WIDTH: u64 = 24;

/// A bar that is shown until this is dropped.
#[derive(Debug)]
pub struct Progress {
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows how far something has come, as `seen` tells: how much is done, and of how much,
    /// where that is known. Nothing is shown if standard error is no terminal, or if a program
    /// reads the output.
    pub fn show(
        what: &'static str,
        json: bool,
        seen: impl Fn() -> (u64, Option<u64>) + Send + 'static,
    ) -> Self {
        let err = std::io::stderr();
        let own = err.as_fd().try_clone_to_owned();
        let (true, Ok(own)) = (!json && err.is_terminal(), own) else {
            return Self {
                end: None,
                drawing: None,
            };
        };
        let mut screen = File::from(own);
        let (end, ended) = channel();
        let draw = move || {
            let mut is_drawn = false;
            while ended.recv_timeout(DRAWN_EVERY) == Err(RecvTimeoutError::Timeout) {
                let (done, expected) = seen();
                let line = line(what, done, expected);
                // A bar that nobody sees is no reason to stop.
                let _ = write!(screen, "\r{line}\x1b[K");
                is_drawn = true;
            }
            if is_drawn {
                let _ = write!(screen, "\r\x1b[K");
            }
        };
        let drawing = std::thread::Builder::new()
            .name("progress".into())
            .spawn(draw)
            .ok();
        Self {
            end: Some(end),
            drawing,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end = None;
        if let Some(drawing) = self.drawing.take() {
            // The bar is gone when what comes next is printed.
            let _ = drawing.join();
        }
    }
}

fn line(what: &str, done: u64, expected: Option<u64>) -> String {
    let mut line = what.to_owned();
    // Writing to a String can't fail.
    let _ = match expected.filter(|expected| *expected > 0) {
        Some(expected) => {
            let done = u128::from(done.min(expected));
            let part = |of: u64| done * u128::from(of) / u128::from(expected);
            let full = part(BAR_WIDTH);
            let bar: String = (0..u128::from(BAR_WIDTH))
                .map(|at| if at < full { '#' } else { '.' })
                .collect();
            write!(line, " [{bar}] {:>3} %", part(100))
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
        let all = u64::MAX;
        assert_eq!(told(all, Some(all)), told(9, Some(8)));
        assert_eq!(told(7, None), "Reading 7");
        assert_eq!(told(0, Some(0)), "Reading 0");
    }
}
