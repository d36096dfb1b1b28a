//! Logs: one readable line per event.
//!
//! Vocabulary: an *event* is what `tracing` records; a *cap* is the most a library may say,
//! whatever the filter asks for.
//!
//! Lines go to standard error. By hand they begin with the moment and the level; under
//! systemd, where standard error is the journal's, they begin with the level as the journal
//! reads it (`<6>`, sd-daemon(3)) and leave the moment to the journal, which stamps every line
//! itself. That way `journalctl -u ackd` shows an event with its fields on one line, and
//! `journalctl -p warning` works. (The journal's own protocol, as `tracing-journald` speaks
//! it, puts fields where `journalctl` does not show them unless asked, and needs a second
//! socket that a hardened unit may not see.)

use std::fmt::{self, Write as _};
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use chrono::SecondsFormat;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::{Clock, SystemClock};

/// The environment variable that says what is logged, as `tracing-subscriber`'s `EnvFilter`
/// reads it: `info`, `debug`, `ackd::imap=debug`.
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

/// The longest line, in bytes; the rest is cut off. The journal splits longer lines.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// Begins to log, panics too. To be called once, before anything is logged.
///
/// A filter that can't be read is reported in the log and the default used: a service must
/// not stay down for its logging. A second call changes nothing.
pub fn start() {
    let wanted = std::env::var(FILTER_VARIABLE).ok();
    let (filter, problem) = filter(wanted.as_deref());
    let form = if stderr_is_the_journals() {
        LineForm::Journal
    } else {
        LineForm::Plain {
            colours: std::io::stderr().is_terminal(),
        }
    };
    let begun = subscriber(filter, form, std::io::stderr).try_init();
    super::panics::log_panics();
    match (begun, problem) {
        (Ok(()), Some(problem)) => tracing::warn!("{problem}"),
        (Ok(()), None) | (Err(_), _) => {}
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineForm {
    /// Moment, level, message, fields.
    Plain { colours: bool },
    /// The journal's level, message, fields.
    Journal,
}

fn subscriber<W>(filter: EnvFilter, form: LineForm, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(form == LineForm::Plain { colours: true })
        .event_format(Lines { form })
        .with_writer(writer);
    // Each layer can only take away: a filter that asks for more than the cap gets the cap.
    tracing_subscriber::registry()
        .with(lines)
        .with(cap())
        .with(filter)
}

/// The filter, and what was wrong with the one that was asked for.
fn filter(wanted: Option<&str>) -> (EnvFilter, Option<String>) {
    let wanted = wanted.map(str::trim).filter(|wanted| !wanted.is_empty());
    match wanted.map(EnvFilter::try_new) {
        Some(Ok(filter)) => (filter, None),
        None => (EnvFilter::new(FILTER_DEFAULT), None),
        Some(Err(error)) => {
            let problem = format!(
                "could not read {FILTER_VARIABLE} ({error}); logging at \"{FILTER_DEFAULT}\" instead, write \"debug\" or \"ackd::imap=debug\""
            );
            (EnvFilter::new(FILTER_DEFAULT), Some(problem))
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

/// Writes an event as one line.
#[derive(Debug, Clone, Copy)]
struct Lines {
    form: LineForm,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        match self.form {
            LineForm::Journal => write!(line, "<{}>", journal_priority(*metadata.level()))?,
            LineForm::Plain { colours } => {
                Moments.format_time(&mut line)?;
                write_level(&mut line, *metadata.level(), colours)?;
            }
        }
        let mut said = String::new();
        if !metadata.target().starts_with(env!("CARGO_PKG_NAME")) {
            write!(said, "{}: ", metadata.target())?;
        }
        for span in context
            .event_scope()
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            write!(said, "{}: ", span.name())?;
        }
        context
            .field_format()
            .format_fields(Writer::new(&mut said), event)?;
        writeln!(line, "{}", one_line(&said))
    }
}

/// Stamps lines with the system's time. This is not the domain's clock and nothing is decided
/// by it: it says when a line was written, also under a test's clock, as the journal would.
#[derive(Debug, Clone, Copy)]
struct Moments;

impl FormatTime for Moments {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        let now = SystemClock.now();
        line.write_str(&now.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

fn write_level(line: &mut Writer<'_>, level: Level, colours: bool) -> fmt::Result {
    if !colours {
        return write!(line, " {level:<5} ");
    }
    let code = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG | Level::TRACE => 2,
    };
    write!(line, " \u{1b}[{code}m{level:<5}\u{1b}[0m ")
}

/// The syslog priority (RFC 5424, section 6.2.1) of a level.
const fn journal_priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// What an event says may come from outside (a server's words): a line break in it must not
/// begin a line of its own, and nothing in it may steer a terminal.
fn one_line(said: &str) -> String {
    let end = said.floor_char_boundary(LINE_BYTES_MAX);
    let kept = said.get(..end).unwrap_or(said);
    kept.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing::subscriber::with_default;

    #[derive(Debug, Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            let bytes = self.0.lock().expect("no test panics while it writes");
            String::from_utf8(bytes.clone()).expect("lines are text")
        }
    }

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut page = self.0.lock().expect("no test panics while it writes");
            page.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(wanted: &str, form: LineForm, log: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let (filter, _) = filter(Some(wanted));
        let subscriber = subscriber(filter, form, move || writer.clone());
        with_default(subscriber, log);
        page.text()
    }

    const PLAIN: LineForm = LineForm::Plain { colours: false };

    #[test]
    fn an_event_is_one_line_with_moment_level_message_and_fields() {
        let line = logged("info", PLAIN, || {
            tracing::info!(case = 7, client = %"acme", "case opened");
        });
        let (moment, rest) = line.split_once(' ').expect("a moment first");
        assert_eq!(rest, "INFO  case opened case=7 client=acme\n");
        assert_eq!(moment.len(), "2026-01-05T08:30:00.123Z".len(), "{moment}");
        assert!(
            chrono::DateTime::parse_from_rfc3339(moment).is_ok() && moment.ends_with('Z'),
            "{moment}"
        );
    }

    #[test]
    fn under_the_journal_the_line_begins_with_its_priority() {
        let lines = logged("info", LineForm::Journal, || {
            tracing::error!("store damaged");
            tracing::info!(mailbox = %"clients", "caught up");
        });
        assert_eq!(lines, "<3>store damaged\n<6>caught up mailbox=clients\n");
    }

    #[test]
    fn a_servers_words_cannot_forge_a_line_or_steer_a_terminal() {
        let lines = logged("info", LineForm::Journal, || {
            let words = "no\r\n<3>store damaged \u{1b}[2J";
            tracing::warn!(reason = %words, "refused");
        });
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(!lines.trim_end().chars().any(char::is_control), "{lines:?}");
    }

    #[test]
    fn no_filter_makes_the_imap_library_print_passwords() {
        for wanted in [
            "trace",
            "async_imap=trace",
            "async_imap::client=trace,trace",
        ] {
            let lines = logged(wanted, PLAIN, || {
                tracing::trace!(target: "async_imap::client", "C: a1 LOGIN x secret");
                tracing::debug!(target: "lettre::transport", "AUTH PLAIN secret");
                tracing::info!(target: "async_imap", "secret");
                tracing::warn!(target: "async_imap", "odd line");
            });
            assert!(!lines.contains("secret"), "{wanted}: {lines}");
            assert!(lines.contains("async_imap: odd line"), "{wanted}: {lines}");
        }
    }

    #[test]
    fn the_filter_opens_a_part_of_ours() {
        let lines = logged("info,ackd::imap=debug", PLAIN, || {
            tracing::debug!(target: "ackd::imap", "idling");
            tracing::debug!(target: "ackd::store", "written");
        });
        assert!(
            lines.contains("idling") && !lines.contains("written"),
            "{lines}"
        );
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_reported_and_info_is_logged() {
        let (filter, problem) = filter(Some("loud=very"));
        assert!(problem.is_some_and(|words| words.contains(FILTER_VARIABLE)));
        assert_eq!(filter.to_string(), FILTER_DEFAULT);
    }
}
