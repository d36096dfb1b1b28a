//! Why a session ended or a command was not done, in words for people.

use std::io;
use std::time::Duration;

use super::meter::Overflow;
use crate::domain::obstacle::{Obstacle, OutOfReach};

/// Why something with a server went wrong. All but [`Failure::Refused`] end the session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection came about.
    #[error("{0}")]
    Unreachable(OutOfReach),
    /// The server or its certificate does not let us in; trying again soon is no use.
    #[error("{0}")]
    Denied(OutOfReach),
    /// The connection broke off.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// No answer came in time.
    #[error("no answer to {what} within {} s", .limit.as_secs())]
    TimedOut {
        /// What was asked.
        what: &'static str,
        /// How long was waited.
        limit: Duration,
    },
    /// What the server sent is beyond our limits or no IMAP.
    #[error("the server's answer could not be read: {0}")]
    Unreadable(String),
    /// The server answered NO or BAD.
    #[error("the server refused {what}: {words}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// The server's words, cleaned.
        words: String,
    },
    /// The engine is gone; nothing is left to do.
    #[error("the engine has stopped")]
    Stopped,
}

/// The longest text of a server that is shown.
const WORDS_CHARS_MAX: usize = 200;

impl Failure {
    /// No connection came about.
    pub(super) fn unreachable(obstacle: Obstacle, seen: String) -> Self {
        Self::Unreachable(OutOfReach::new(obstacle, seen))
    }

    /// We are not let in.
    pub(super) fn denied(obstacle: Obstacle, seen: String) -> Self {
        Self::Denied(OutOfReach::new(obstacle, seen))
    }

    /// Why the server can't be used; `server` names it where the failure does not.
    pub(super) fn out_of_reach(self, server: &str) -> OutOfReach {
        match self {
            Self::Unreachable(told) | Self::Denied(told) => told,
            Self::TimedOut { .. } => {
                OutOfReach::new(Obstacle::Silence, format!("{server}: {self}"))
            }
            other => OutOfReach::new(Obstacle::Other, format!("{server}: {other}")),
        }
    }

    /// What an error while reading or writing means. The words of the parser are not passed
    /// on: they quote mail.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        if let Some(overflow) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Overflow>())
        {
            return Self::Unreadable(overflow.to_string());
        }
        match error.kind() {
            io::ErrorKind::Other if error.raw_os_error().is_none() => {
                Self::Unreadable("a line is no valid IMAP".to_owned())
            }
            io::ErrorKind::UnexpectedEof => {
                Self::Lost("the server closed it in mid-answer".to_owned())
            }
            kind => Self::Lost(kind.to_string()),
        }
    }

    /// Whether the answer itself was at fault, so that asking again brings the same.
    pub(crate) fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::Refused { .. })
    }
}

/// A server's words as they may be shown: one line, without control characters, not long.
pub(crate) fn clean_words(words: &str) -> String {
    let one_line: String = words
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(WORDS_CHARS_MAX)
        .collect();
    one_line.trim().to_owned()
}
