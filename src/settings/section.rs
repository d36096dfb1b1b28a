//! Reading one table of the configuration, key by key.
//!
//! Vocabulary: a *section* is one table; a *kind* says what a text must be and how it is
//! read; what was *found* knows where it stands. Every key that is asked for is known; a key
//! that nobody asked for is unknown. Reading never stops at a problem: it is noted in the
//! [`Review`], and the next key is read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use config::{Map, Value, ValueKind};

use super::problem::{Cause, Place, Severity};
use super::review::{Form, Found, Review, Unknown, nearest, quoted};
use super::sources::ENVIRONMENT_ORIGIN;

/// What a text must be.
pub(super) struct Kind<T> {
    /// What it is: `a duration`.
    pub noun: &'static str,
    /// One that is right.
    pub example: &'static str,
    /// Reads it, or says what is wrong with it and what to write instead.
    pub read: fn(&str) -> Result<T, String>,
}

impl<T> Kind<T> {
    fn wanted(&self) -> String {
        format!("{} such as \"{}\"", self.noun, self.example)
    }
}

/// One table of the configuration.
pub(super) struct Section<'a> {
    review: &'a Review,
    table: &'a Map<String, Value>,
    /// Its dotted path; empty for the root.
    pub path: String,
    /// The path with names replaced by `*`.
    pattern: String,
    place: Place,
    asked: RefCell<Vec<&'static str>>,
    secret: bool,
}

impl<'a> Section<'a> {
    /// The whole configuration.
    pub(super) fn root(review: &'a Review, table: &'a Map<String, Value>, place: Place) -> Self {
        Self {
            review,
            table,
            path: String::new(),
            pattern: String::new(),
            place,
            asked: RefCell::default(),
            secret: false,
        }
    }

    /// The same section, whose values are never shown.
    pub(super) fn kept_secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }

    /// The review in which everything is noted.
    pub(super) fn review(&self) -> &'a Review {
        self.review
    }

    /// Something that must be in this section is not.
    pub(super) fn lacks(&self, what: &str) {
        let message = format!("{} {what}", self.path);
        self.review.note(
            Severity::Problem,
            Cause::Missing,
            &self.place,
            &self.path,
            message,
        );
    }

    /// Something that is usually in this section is not.
    pub(super) fn warn(&self, what: &str) {
        let message = format!("{} {what}", self.path);
        self.review.note(
            Severity::Warning,
            Cause::Missing,
            &self.place,
            &self.path,
            message,
        );
    }

    /// The raw value of a key, and where it stands.
    pub(super) fn raw(&self, key: &'static str) -> Option<Found<&'a Value>> {
        self.asked.borrow_mut().push(key);
        let pattern = join(&self.pattern, key);
        self.review.known.borrow_mut().entry(pattern).or_default();
        let value = self.table.get(key)?;
        Some(self.found_value(value, join(&self.path, key)))
    }

    /// Says what a key takes, the first time it is asked for.
    pub(super) fn takes(&self, key: &'static str, form: impl FnOnce() -> Form) {
        let mut known = self.review.known.borrow_mut();
        let own = known.entry(join(&self.pattern, key)).or_default();
        if own.takes.is_empty() {
            *own = form();
        }
    }

    fn found_value(&self, value: &'a Value, path: String) -> Found<&'a Value> {
        Found {
            value,
            place: self.review.place(value, &path, &self.place),
            path,
        }
    }

    /// A value as a message may show it: in quotes, short, without control characters.
    pub(super) fn show(&self, value: &Value) -> String {
        let text = match &value.kind {
            _ if self.secret => return "the value".into(),
            ValueKind::Table(_) => "{ … }".into(),
            ValueKind::Array(_) => "[ … ]".into(),
            ValueKind::Float(number) if number.is_infinite() => "the number".into(),
            _ => value.to_string(),
        };
        quoted(&text)
    }

    fn wrong_type(&self, found: &Found<&Value>, want: &str) {
        let is = match &found.value.kind {
            ValueKind::Nil => "nothing",
            ValueKind::Boolean(_) => "true or false",
            ValueKind::String(_) => "a text",
            ValueKind::Table(_) => "a table",
            ValueKind::Array(_) => "a list",
            _ => "a number",
        };
        let shown = self.show(found.value);
        self.review
            .refuse(found, &format!("{shown} is {is}; write {want}"));
    }

    fn read<T>(&self, found: &Found<&Value>, kind: &Kind<T>) -> Option<Found<T>> {
        let ValueKind::String(text) = &found.value.kind else {
            self.wrong_type(found, &kind.wanted());
            return None;
        };
        if text.trim().is_empty() {
            let what = format!("\"\" is empty; write {}", kind.wanted());
            self.review.refuse(found, &what);
            return None;
        }
        match (kind.read)(text) {
            Ok(value) => Some(Found {
                value,
                place: found.place.clone(),
                path: found.path.clone(),
            }),
            Err(told) => {
                let what = format!("{} {told}", self.show(found.value));
                self.review.refuse(found, &what);
                None
            }
        }
    }

    /// A text of this kind, if the key is there.
    pub(super) fn one<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Found<T>> {
        self.takes(key, || Form::of(kind.noun));
        self.read(&self.raw(key)?, kind)
    }

    /// A text of this kind; that the key is missing is a problem.
    pub(super) fn required<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Found<T>> {
        self.takes(key, || Form {
            required: true,
            ..Form::of(kind.noun)
        });
        let Some(found) = self.raw(key) else {
            self.lacks(&format!("has no {key}; write {key} = \"{}\"", kind.example));
            return None;
        };
        self.read(&found, kind)
    }

    /// The items of a list, with their own lines; from the environment, a text with commas.
    pub(super) fn items<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Vec<Found<Value>>> {
        self.takes(key, || Form::of(format!("a list, each {}", kind.noun)));
        let found = self.raw(key)?;
        let item = |value: Value| Found {
            place: self.review.place(&value, &found.path, &found.place),
            path: found.path.clone(),
            value,
        };
        match &found.value.kind {
            ValueKind::Array(items) => Some(items.iter().cloned().map(item).collect()),
            ValueKind::String(text) if matches!(found.place, Place::Variable(_)) => {
                let origin = ENVIRONMENT_ORIGIN.to_owned();
                let texts = text.split(',').map(str::trim).filter(|t| !t.is_empty());
                Some(
                    texts
                        .map(|text| item(Value::new(Some(&origin), text)))
                        .collect(),
                )
            }
            _ => {
                self.wrong_type(&found, &self.list_of(&found, kind));
                None
            }
        }
    }

    /// What to write where a list is wanted: what is written there as a list, if it is good.
    fn list_of<T>(&self, found: &Found<&Value>, kind: &Kind<T>) -> String {
        let quoted_items = match &found.value.kind {
            ValueKind::String(text) if !self.secret => {
                let items: Vec<&str> = text.split(',').map(str::trim).collect();
                let good = |item: &&str| {
                    let plain = !item.is_empty() && !item.contains(['"', '\\']);
                    plain && (kind.read)(item).is_ok()
                };
                let quoted = || items.iter().map(|item| quoted(item)).collect::<Vec<_>>();
                items.iter().all(good).then(quoted)
            }
            _ => None,
        };
        match quoted_items {
            Some(items) => format!("a list, [{}]", items.join(", ")),
            None => format!("a list, [\"{}\"]", kind.example),
        }
    }

    /// A list of texts of this kind. `None`: the key is not there. Bad items are left out.
    pub(super) fn many<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Vec<Found<T>>> {
        let items = self.items(key, kind)?;
        let texts = items.iter().filter_map(|item| self.item_text(item, kind));
        Some(texts.collect())
    }

    /// An item of a list as a text of this kind.
    pub(super) fn item_text<T>(&self, item: &Found<Value>, kind: &Kind<T>) -> Option<Found<T>> {
        let borrowed = Found {
            value: &item.value,
            place: item.place.clone(),
            path: item.path.clone(),
        };
        self.read(&borrowed, kind)
    }

    /// Like [`Self::many`]; that the list is there but empty is a problem.
    pub(super) fn some<T>(&self, key: &'static str, kind: &Kind<T>) -> Option<Vec<Found<T>>> {
        let raw = self.raw(key)?;
        if matches!(&raw.value.kind, ValueKind::Array(items) if items.is_empty()) {
            let what = format!(
                "\"[]\" is empty; write [\"{}\"], or leave the key out",
                kind.example
            );
            self.review.refuse(&raw, &what);
        }
        self.many(key, kind)
    }

    /// One of several words; the first if none is written.
    pub(super) fn choice_or_first<T: Copy>(
        &self,
        key: &'static str,
        first: (&str, T),
        others: &[(&str, T)],
    ) -> T {
        let words = [&[first], others].concat();
        self.takes(key, || Form::of(one_of(&words)).or(quoted(first.0)));
        self.choice(key, &words).unwrap_or(first.1)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.takes(key, || Form::of(one_of(words)));
        let found = self.raw(key)?;
        let all = all_of(words);
        let ValueKind::String(text) = &found.value.kind else {
            self.wrong_type(&found, &format!("one of {all}"));
            return None;
        };
        let chosen = words.iter().find(|(word, _)| word == text);
        if chosen.is_none() {
            let near = nearest(text, words.iter().map(|(word, _)| *word));
            let advice = near.map_or_else(|| format!("one of {all}"), quoted);
            let what = format!("{} is not known; write {advice}", self.show(found.value));
            self.review.refuse(&found, &what);
        }
        chosen.map(|(_, value)| *value)
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        self.takes(key, || Form::of("true or false").or(default));
        let Some(found) = self.raw(key) else {
            return default;
        };
        match (&found.value.kind, &found.place) {
            (ValueKind::Boolean(flag), _) => *flag,
            (ValueKind::String(text), Place::Variable(_)) if text == "true" => true,
            (ValueKind::String(text), Place::Variable(_)) if text == "false" => false,
            _ => {
                self.wrong_type(&found, "true or false, without quotes");
                default
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn number(
        &self,
        key: &'static str,
        range: &RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        self.takes(key, || {
            Form::of("a number")
                .within(range.start(), range.end())
                .or(default)
        });
        let Some(found) = self.raw(key) else {
            return default;
        };
        let (least, most) = (range.start(), range.end());
        let number = match (&found.value.kind, &found.place) {
            (ValueKind::I64(number), _) => Some(*number),
            (ValueKind::String(text), Place::Variable(_)) => text.trim().parse().ok(),
            (ValueKind::Float(_), _) => None,
            _ => {
                self.wrong_type(&found, "a number without quotes");
                return default;
            }
        };
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) if range.contains(&number) => number,
            _ => {
                let shown = self.show(found.value);
                let what = format!(
                    "{shown} is no whole number from {least} to {most}; write one, such as {default}"
                );
                self.review.refuse(&found, &what);
                default
            }
        }
    }

    /// A table within this one, if it is there.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let found = self.raw(key)?;
        self.inner(found, join(&self.pattern, key))
    }

    /// A table within this one; an empty one if it is not there.
    pub(super) fn section_or_empty(&self, key: &'static str) -> Section<'a> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.section(key).unwrap_or_else(|| Section {
            review: self.review,
            table: &EMPTY,
            path: join(&self.path, key),
            pattern: join(&self.pattern, key),
            place: self.place.clone(),
            asked: RefCell::default(),
            secret: self.secret,
        })
    }

    /// The named tables within a table: `[clients.acme]` and so on, by name. `example` is a
    /// usual name.
    pub(super) fn named(&self, key: &'static str, example: &str) -> Vec<(String, Section<'a>)> {
        let Some(found) = self.raw(key) else {
            return Vec::new();
        };
        if !matches!(found.value.kind, ValueKind::Table(_)) {
            let header = format!("each as a table with a name, [{key}.{example}]");
            self.wrong_type(&found, &header);
            return Vec::new();
        }
        let Some(outer) = self.inner(found, join(&self.pattern, key)) else {
            return Vec::new();
        };
        let mut sections: Vec<_> = outer
            .table
            .iter()
            .filter_map(|(name, value)| {
                let found = outer.found_value(value, join(&outer.path, name));
                if name.trim().is_empty() || name.chars().any(char::is_control) {
                    let what = "a name can't be empty or hold control characters; write one such as \"acme\"";
                    self.review.refuse(&found, what);
                }
                if !matches!(value.kind, ValueKind::Table(_)) {
                    let what = format!(
                        "{} stands in no table with a name; write it below a header such as [{key}.{example}]",
                        quoted(name)
                    );
                    self.review.refuse(&found, &what);
                    return None;
                }
                let section = outer.inner(found, join(&outer.pattern, "*"))?;
                Some((name.clone(), section))
            })
            .collect();
        sections.sort_by(|left, right| left.0.cmp(&right.0));
        sections
    }

    /// An item of a list as a section, if it is a table.
    pub(super) fn item_section<'b>(&self, key: &str, item: &'b Found<Value>) -> Option<Section<'b>>
    where
        'a: 'b,
    {
        let ValueKind::Table(table) = &item.value.kind else {
            return None;
        };
        Some(Section {
            review: self.review,
            table,
            path: item.path.clone(),
            pattern: join(&self.pattern, key),
            place: item.place.clone(),
            asked: RefCell::default(),
            secret: self.secret,
        })
    }

    fn inner(&self, found: Found<&'a Value>, pattern: String) -> Option<Section<'a>> {
        let ValueKind::Table(table) = &found.value.kind else {
            let header = format!("a table, [{}]", found.path);
            self.wrong_type(&found, &header);
            return None;
        };
        Some(Section {
            review: self.review,
            table,
            path: found.path,
            pattern,
            place: found.place,
            asked: RefCell::default(),
            secret: self.secret,
        })
    }

    /// Whether a key is written in this section.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Says of every key that nobody asked for that it is unknown.
    pub(super) fn finish(&self) {
        let asked: BTreeSet<&'static str> = self.asked.borrow().iter().copied().collect();
        for (key, value) in self.table {
            if asked.contains(key.as_str()) {
                continue;
            }
            let path = join(&self.path, key);
            self.review.note_unknown(Unknown {
                place: self.review.place(value, &path, &self.place),
                within: self.path.clone(),
                key: key.clone(),
                known: asked.clone(),
            });
        }
    }
}

fn all_of<T>(words: &[(&str, T)]) -> String {
    let all: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
    all.join(", ")
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    format!("one of {}", all_of(words))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
