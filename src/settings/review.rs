//! What the reading of the configuration has found, and what is wrong with it.
//!
//! Vocabulary: what was *found* knows where it stands; the *review* collects what is wrong.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use config::{Value, ValueKind};

use super::problem::{Cause, Place, Problem, Severity};
use super::sources::{self, ENVIRONMENT_ORIGIN};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub value: T,
    pub place: Place,
    pub path: String,
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Review {
    problems: RefCell<Vec<Problem>>,
    /// Every key that was asked for, names replaced by `*`: `clients.*.owners`.
    pub(super) known: RefCell<BTreeMap<String, Form>>,
    unknown: RefCell<Vec<Unknown>>,
    headers: BTreeMap<String, Place>,
    variables: Vec<String>,
}

/// What a key takes, as the reference tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// `a duration`; empty where nothing is said about it.
    pub takes: String,
    /// `1s to 1d`.
    pub range: Option<String>,
    /// What holds if it is not written, as it would be written.
    pub default: Option<String>,
    /// Whether it has to be there.
    pub required: bool,
}

impl Form {
    /// Without range and default.
    pub(super) fn of(takes: impl Into<String>) -> Self {
        Self {
            takes: takes.into(),
            ..Self::default()
        }
    }

    /// With what holds if it is not written.
    pub(super) fn or(self, default: impl ToString) -> Self {
        Self {
            default: Some(default.to_string()),
            ..self
        }
    }

    /// With the least and the most that may be written.
    pub(super) fn within(self, least: impl ToString, most: impl ToString) -> Self {
        Self {
            range: Some(format!("{} to {}", least.to_string(), most.to_string())),
            ..self
        }
    }
}

/// A key that nobody asked for.
#[derive(Debug)]
pub(super) struct Unknown {
    pub place: Place,
    /// The dotted path of its table.
    pub within: String,
    pub key: String,
    /// The keys of its table.
    pub known: BTreeSet<&'static str>,
}

impl Review {
    /// Begins with what reading the files has found.
    pub(super) fn new(
        problems: Vec<Problem>,
        headers: BTreeMap<String, Place>,
        variables: Vec<String>,
    ) -> Self {
        Self {
            problems: RefCell::new(problems),
            known: RefCell::default(),
            unknown: RefCell::default(),
            headers,
            variables,
        }
    }

    /// Everything that was noted, and every key that was asked for.
    pub(super) fn into_parts(self) -> (Vec<Problem>, BTreeMap<String, Form>) {
        self.judge_unknown_keys();
        (self.problems.into_inner(), self.known.into_inner())
    }

    /// How many problems, not warnings, were noted.
    pub(super) fn problem_count(&self) -> usize {
        let problems = self.problems.borrow();
        let severe = problems.iter().filter(|p| p.severity == Severity::Problem);
        severe.count()
    }

    /// Notes a key that nobody asked for. Judged last, when all keys are known.
    pub(super) fn note_unknown(&self, unknown: Unknown) {
        self.unknown.borrow_mut().push(unknown);
    }

    fn judge_unknown_keys(&self) {
        for unknown in self.unknown.take() {
            let Unknown {
                place,
                within,
                key,
                known,
            } = unknown;
            let elsewhere = |path: &String| {
                let (table, last) = path.rsplit_once('.').unwrap_or(("", path));
                (last == key && !table.is_empty()).then(|| table.replace('*', "NAME"))
            };
            let advice = match nearest(&key, known.iter().copied()) {
                Some(near) => format!("write {}", quoted(near)),
                None => match self.known.borrow().keys().find_map(elsewhere) {
                    Some(table) => format!("write it into [{table}]"),
                    None => {
                        let all: Vec<&str> = known.into_iter().collect();
                        let away = match &place {
                            Place::File { .. } => "remove it",
                            Place::Variable(_) => "unset the variable",
                        };
                        format!("{away} (known here: {})", all.join(", "))
                    }
                },
            };
            let (of, path) = match within.as_str() {
                "" => (String::new(), key.clone()),
                within => (format!(" in {within}"), format!("{within}.{key}")),
            };
            let message = format!("unknown key {}{of}; {advice}", quoted(&key));
            self.note(Severity::Problem, Cause::Unknown, &place, &path, message);
        }
    }

    pub(super) fn note(
        &self,
        severity: Severity,
        cause: Cause,
        place: &Place,
        path: &str,
        message: impl Into<String>,
    ) {
        let (place, key, message) = (place.clone(), path.to_owned(), message.into());
        self.problems.borrow_mut().push(Problem {
            severity,
            place,
            key,
            message,
            cause,
        });
    }

    /// Something written there is wrong.
    pub(super) fn refuse<T>(&self, found: &Found<T>, what: &str) {
        let message = format!("{}: {what}", found.path);
        self.note(
            Severity::Problem,
            Cause::Value,
            &found.place,
            &found.path,
            message,
        );
    }

    /// Something written there names what does not exist.
    pub(super) fn dangles<T>(&self, found: &Found<T>, what: &str) {
        let message = format!("{}: {what}", found.path);
        self.note(
            Severity::Problem,
            Cause::Missing,
            &found.place,
            &found.path,
            message,
        );
    }

    /// Something written there is hardly what was meant.
    pub(super) fn warn<T>(&self, found: &Found<T>, what: &str) {
        let message = format!("{}: {what}", found.path);
        self.note(
            Severity::Warning,
            Cause::Value,
            &found.place,
            &found.path,
            message,
        );
    }

    /// Where a table or value stands.
    pub(super) fn place(&self, value: &Value, path: &str, parent: &Place) -> Place {
        if value.origin() == Some(ENVIRONMENT_ORIGIN) {
            let variable = self.variables.iter().find(|variable| {
                let name = variable.to_lowercase().replace("__", ".");
                let names = name.strip_prefix("ackd.");
                names.is_some_and(|names| names.eq_ignore_ascii_case(path))
            });
            return Place::Variable(variable.cloned().unwrap_or_else(|| path.to_owned()));
        }
        if let Some(place) = sources::origin_place(value) {
            return place;
        }
        // Merged tables have no origin of their own.
        if let Some(place) = self.headers.get(path) {
            return place.clone();
        }
        let ValueKind::Table(table) = &value.kind else {
            return parent.clone();
        };
        let first = table.iter().min_by_key(|(key, _)| key.as_str());
        first.map_or_else(
            || parent.clone(),
            |(key, value)| self.place(value, &format!("{path}.{key}"), parent),
        )
    }
}

/// The word that was probably meant.
pub(super) fn nearest<'a>(
    written: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const ALIKE_ENOUGH: f64 = 0.6;
    let written = written.to_lowercase();
    let length = written.chars().count();
    // Every character that one has more is a slip, of which two in five are allowed. Longer texts
    // are not compared at all: that takes memory for the product of both lengths.
    let may_be_alike = |word: &str| {
        let other = word.chars().count();
        let (short, long) = (length.min(other), length.max(other));
        short * 5 >= long * 3
    };
    words
        .into_iter()
        .map(|word| {
            let lower = word.to_lowercase();
            let likeness = match may_be_alike(&lower) {
                true => strsim::normalized_damerau_levenshtein(&written, &lower),
                false => 0.0,
            };
            // "monday" for "mon", "acknowledge" for "acknowledge_within".
            let begins = written.len().min(lower.len()) >= 3
                && (written.starts_with(&lower) || lower.starts_with(&written));
            let likeness = if begins {
                likeness.max(ALIKE_ENOUGH)
            } else {
                likeness
            };
            (likeness, word)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE_ENOUGH)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word)
}

/// A text in quotes, cut short, control characters made visible.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let mut shown: String = text
        .chars()
        .take(SHOWN_MAX)
        .flat_map(|c| {
            let (control, plain) = if c.is_control() {
                (Some(c.escape_default()), None)
            } else {
                (None, Some(c))
            };
            control.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        let zones = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        assert_eq!(nearest("Europe/Berln", zones()), Some("Europe/Berlin"));
        assert_eq!(nearest("berlin", ["Bern", "Bärlin"]), Some("Bärlin"));
        assert_eq!(nearest("monday", ["mon", "tue"]), Some("mon"));
        assert_eq!(nearest("abcde", ["abcxy", "abxyz"]), Some("abcxy"));
        // Were it compared letter by letter with each zone, this would take minutes.
        assert_eq!(nearest(&"x".repeat(1_000_000), zones()), None);
    }
}
