//! From an event to its line.

use std::fmt::{Debug, Write as _};

use chrono::SecondsFormat;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use super::{Beginning, LineForm};
use crate::domain::time::Timestamp;
use crate::settings::LogFormat;

/// The texts of one line together, in bytes; the rest is cut off. The journal splits lines that
/// are much longer.
const TEXT_BYTES_MAX: usize = 8 * 1024;

impl LineForm {
    /// The line of an event, with its line break.
    pub(super) fn line(self, event: &Event<'_>, at: Timestamp) -> String {
        let metadata = event.metadata();
        let level = *metadata.level();
        let mut said = Said::default();
        event.record(&mut said);
        if !metadata.target().starts_with(env!("CARGO_PKG_NAME")) {
            said.message.insert_str(0, ": ");
            said.message.insert_str(0, metadata.target());
        }
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut line = String::new();
        // Writing to a text never fails.
        let _ = match (self.beginning, self.format) {
            (Beginning::Priority, _) => write!(line, "<{}>", journal_priority(level)),
            (Beginning::Moment { .. }, LogFormat::Json) => Ok(()),
            (Beginning::Moment { colours: false }, LogFormat::Text) => {
                write!(line, "{at} {level:<5} ")
            }
            (Beginning::Moment { colours: true }, LogFormat::Text) => {
                let code = colour(level);
                write!(line, "{at} \u{1b}[{code}m{level:<5}\u{1b}[0m ")
            }
        };
        match self.format {
            LogFormat::Text => said.write_text(&mut line),
            LogFormat::Json => said.write_json(at, level, &mut line),
        }
        line.push('\n');
        line
    }
}

const fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG | Level::TRACE => 2,
    }
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

/// What an event says.
#[derive(Debug, Default)]
struct Said {
    /// The name by which programs know the event.
    event: Option<String>,
    message: String,
    fields: Vec<(&'static str, Value)>,
    bytes: usize,
}

impl Said {
    /// The words, then the fields. The event's name is for programs, which read JSON.
    fn write_text(&self, line: &mut String) {
        line.push_str(&self.message);
        for (name, value) in &self.fields {
            let _ = match value {
                Value::String(text) if is_plain(text) => write!(line, " {name}={text}"),
                value => write!(line, " {name}={value}"),
            };
        }
    }

    /// An object whose first names are always the same, for people who read it after all.
    fn write_json(self, at: String, level: Level, line: &mut String) {
        let level = level.as_str().to_ascii_lowercase();
        let mut names = vec![("at", at.into()), ("level", level.into())];
        names.extend(self.event.map(|event| ("event", event.into())));
        names.push(("message", self.message.into()));
        names.extend(self.fields);
        for (place, (name, value)) in names.into_iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(line, "{before}{}:{value}", Value::from(name));
        }
        line.push('}');
    }

    /// A text within what is left for the line, on one line: what an event says may come from
    /// outside (a server's words), and must neither begin a line of its own nor steer a terminal.
    fn text(&mut self, text: &str) -> String {
        let end = text.floor_char_boundary(TEXT_BYTES_MAX - self.bytes);
        let kept = text.get(..end).unwrap_or_default();
        self.bytes += kept.len();
        kept.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    }

    fn take(&mut self, field: &Field, value: &str) {
        let value = self.text(value);
        match field.name() {
            "message" => self.message = value,
            "event" => self.event = Some(value),
            name => self.fields.push((name, value.into())),
        }
    }
}

/// Whether a text can stand behind `=` as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '"', '='])
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.take(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }
}
