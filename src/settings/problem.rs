//! What is wrong with the configuration, where, and what to write instead.
//!
//! Vocabulary: a *problem* keeps the configuration from being used, a *warning* does not; a
//! *place* is a line of a file, or an environment variable.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The configuration can't be used.
    Problem,
    /// The configuration can be used, but is hardly what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
        }
    }
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file, as it was named.
        file: String,
        /// The line, from 1. `None`: the file as a whole.
        line: Option<usize>,
    },
    /// In this environment variable.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line: None } => f.write_str(file),
            Self::File {
                file,
                line: Some(line),
            } => write!(f, "{file}:{line}"),
            Self::Variable(variable) => f.write_str(variable),
        }
    }
}

/// Where a problem comes from: after a syntax error, what is missing may only be unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A file that can't be read, or is no TOML.
    Syntax,
    /// Something that is written there.
    Value,
    /// Something that is not.
    Missing,
    /// A key that nobody knows: after a syntax error it may only have lost its table.
    Unknown,
}

/// One thing that is wrong. Displays as `FILE:LINE: what is wrong, and what to write instead`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// The dotted key it is about (`smtp.host`); empty if it is about a whole file.
    pub key: String,
    /// What is wrong, and what to write instead. Never holds a secret.
    pub message: String,
    pub(super) cause: Cause,
}

impl Problem {
    /// The file, if it stands in one.
    pub fn file(&self) -> Option<&str> {
        match &self.place {
            Place::File { file, .. } => Some(file),
            Place::Variable(_) => None,
        }
    }

    /// The line, from 1, if it stands on one.
    pub fn line(&self) -> Option<usize> {
        match &self.place {
            Place::File { line, .. } => *line,
            Place::Variable(_) => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message, .. } = self;
        let words = match self.severity {
            Severity::Problem => format!("{place}: {message}"),
            Severity::Warning => format!("{place}: warning: {message}"),
        };
        // Keys, variables and files can be called anything, and screens obey control characters.
        let mut rest = words.as_str();
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| c.is_control()) {
            write!(f, "{}{}", &rest[..at], c.escape_debug())?;
            rest = &rest[at + c.len_utf8()..];
        }
        f.write_str(rest)
    }
}
