//! Logs: one readable line per event.
//!
//! Vocabulary: an *event* is what `tracing` records; a *cap* is the most a library may say,
//! whatever the filter asks for; the *id* of an event (`event`) is the name by which programs
//! know it, and `docs/monitoring.md` lists them all.
//!
//! Lines go to standard error. By hand they begin with the moment and the level; under
//! systemd, where standard error is the journal's, they begin with the level as the journal
//! reads it (`<6>`, sd-daemon(3)) and leave the moment to the journal, which stamps every line
//! itself. That way `journalctl -u ackd` shows an event with its fields on one line, and
//! `journalctl -p warning` works. (The journal's own protocol, as `tracing-journald` speaks
//! it, puts fields where `journalctl` does not show them unless asked, and needs a second
//! socket that a hardened unit may not see.) As JSON, a line is one object with the same names.

mod line;

use std::io::{IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;

use crate::clock::{Clock, SystemClock};
use crate::settings::LogFormat;

/// The environment variable that says what is logged: a level (`info`, `debug`), or parts with
/// levels (`info,ackd::imap=debug`).
pub const FILTER_VARIABLE: &str = "ACKD_LOG";

/// What is logged unless [`FILTER_VARIABLE`] says otherwise.
const FILTER_DEFAULT: &str = "info";

/// Libraries that may warn and no more, whatever the filter says. `async_imap` traces whole
/// commands, passwords included; `lettre` traces the authentication and the message.
const CAPPED: &[&str] = &[
    "async_imap",
    "hyper",
    "hyper_util",
    "imap_proto",
    "lettre",
    "rustls",
    "sled",
    "tokio_rustls",
];

/// How lines have been written since [`start`].
static STARTED_AS: OnceLock<LogFormat> = OnceLock::new();

/// Begins to log, panics too. To be called once, before anything is logged.
///
/// A filter that can't be read is reported in the log and the default used: a service must
/// not stay down for its logging. A second call changes nothing.
pub fn start(format: LogFormat) {
    let wanted = std::env::var(FILTER_VARIABLE).ok();
    let (filter, problem) = filter(wanted.as_deref());
    let is_journals = stderr_is_the_journals();
    let form = LineForm {
        format,
        beginning: match is_journals {
            true => Beginning::Priority,
            false => Beginning::Moment {
                colours: std::io::stderr().is_terminal(),
            },
        },
    };
    let logger = Logger {
        filter,
        cap: cap(),
        form,
        write: |line: &[u8]| {
            // Where nobody reads it any more, there is nobody to tell.
            let _ = std::io::stderr().write_all(line);
        },
    };
    let begun = tracing::subscriber::set_global_default(logger);
    super::panics::log_panics();
    if begun.is_ok() {
        STARTED_AS.get_or_init(|| format);
        if let Some(problem) = problem {
            tracing::warn!(event = "log_filter_refused", "{problem}");
        }
    }
}

/// How lines are written in this process.
pub fn format() -> LogFormat {
    STARTED_AS.get().copied().unwrap_or_default()
}

/// What logs as [`start`] has it done, but by hand and to somewhere else: each line goes to
/// `write` at once, with its line break.
pub fn logger(
    format: LogFormat,
    wanted: &str,
    write: impl Fn(&[u8]) + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let beginning = Beginning::Moment { colours: false };
    Logger {
        filter: filter(Some(wanted)).0,
        cap: cap(),
        form: LineForm { format, beginning },
        write,
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LineForm {
    format: LogFormat,
    beginning: Beginning,
}

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    /// The moment and the level.
    Moment { colours: bool },
    /// The journal's level.
    Priority,
}

/// Takes events and writes lines. Spans are of libraries, and nothing is said of them.
struct Logger<W> {
    filter: Targets,
    cap: Targets,
    form: LineForm,
    write: W,
}

impl<W: Fn(&[u8]) + 'static> Subscriber for Logger<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // A filter that asks for more than the cap gets the cap.
        let allows = |targets: &Targets| targets.would_enable(metadata.target(), metadata.level());
        metadata.is_event() && allows(&self.filter) && allows(&self.cap)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.filter
            .iter()
            .map(|(_, level)| level)
            .chain(self.filter.default_level())
            .max()
    }

    fn event(&self, event: &Event<'_>) {
        // This is not the domain's clock and nothing is decided by it: it says when a line was
        // written, also under a test's clock, as the journal would.
        let line = self.form.line(event, SystemClock.now());
        (self.write)(line.as_bytes());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The filter, and what was wrong with the one that was asked for.
fn filter(wanted: Option<&str>) -> (Targets, Option<String>) {
    let default = || Targets::new().with_default(LevelFilter::INFO);
    let wanted = wanted.map(str::trim).filter(|wanted| !wanted.is_empty());
    match wanted.map(str::parse::<Targets>) {
        Some(Ok(filter)) => (filter, None),
        None => (default(), None),
        Some(Err(error)) => {
            let problem = format!(
                "could not read {FILTER_VARIABLE} ({error}); logging at \"{FILTER_DEFAULT}\" instead, write \"debug\" or \"ackd::imap=debug\""
            );
            (default(), Some(problem))
        }
    }
}

fn cap() -> Targets {
    let capped = CAPPED.iter().map(|target| (*target, LevelFilter::WARN));
    Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(capped)
}

/// Whether standard error is the journal's: `JOURNAL_STREAM` names device and inode of what
/// systemd connected it to (systemd.exec(5)), and a child with its output elsewhere inherits
/// the variable all the same.
fn stderr_is_the_journals() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    std::fs::metadata("/proc/self/fd/2")
        .is_ok_and(|stderr| stream == format!("{}:{}", stderr.dev(), stderr.ino()))
}

#[cfg(test)]
mod tests;
