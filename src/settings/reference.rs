//! The reference of the configuration in `docs/configuration.md`, made of what the program reads and
//! of `config/ackd.example.toml`. `UPDATE_DOCS=1 cargo test --lib reference` writes it anew.
//!
//! Vocabulary: an *entry* is a key, or several that share one explanation, as the example explains
//! them; its *form* is what the program takes for it.

use std::collections::BTreeMap;
use std::path::Path;

use super::holidays::BrokenHolidays;
use super::load::load_and_list;
use super::review::Form;
use crate::domain::time::parse_duration;

const EXAMPLE: &str = include_str!("../../config/ackd.example.toml");
const PAGE: &str = "docs/configuration.md";
const MARK: &str = "## Every key\n";

/// The example with everything that is commented out switched on.
fn whole_example(folder: &Path) -> String {
    for file in ["northwind-root.pem", "elsewhere.pem"] {
        std::fs::write(folder.join(file), "").expect("a file");
    }
    let lines = EXAMPLE.lines();
    let line = |line: &str| match is_switched_off(line) {
        true => format!("{}\n", &line[1..]),
        false => format!("{line}\n"),
    };
    lines.map(line).collect()
}

fn is_switched_off(line: &str) -> bool {
    line.strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '['))
}

/// Every key the program asks for, and what it takes.
fn forms() -> BTreeMap<String, Form> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ackd.toml");
    std::fs::write(&path, whole_example(folder.path())).expect("a file");
    let (outcome, forms) = load_and_list(&path, &[], BrokenHolidays::Refused);
    if let Err(problems) = outcome {
        let others = problems.iter().filter(|problem| {
            // What the example names is not there.
            let absent = ["holiday_files", "credential", "command"];
            !absent.iter().any(|name| problem.key.contains(name))
        });
        let others: Vec<String> = others.map(ToString::to_string).collect();
        assert_eq!(others, [""; 0]);
    }
    forms
}

/// A key as the example shows it, or several with one explanation.
#[derive(Debug, Default)]
struct Entry {
    /// The header of its table, as it stands there: `[clients.acme]`.
    table: String,
    keys: Vec<String>,
    comment: String,
    /// What stands behind the first key.
    value: String,
    is_switched_off: bool,
}

impl Entry {
    /// The table, with names replaced by `*`.
    fn pattern(&self) -> String {
        let table = self.table.trim_matches(['[', ']']);
        match table.split_once('.') {
            Some((
                named @ ("mailboxes" | "calendars" | "policies" | "clients" | "people" | "roads"),
                _,
            )) => {
                format!("{named}.*")
            }
            Some(("notifications", _)) => "notifications.people.*".to_owned(),
            _ => table.to_owned(),
        }
    }

    fn form<'a>(&self, forms: &'a BTreeMap<String, Form>) -> &'a Form {
        let key = format!("{}.{}", self.pattern(), self.keys[0]);
        forms
            .get(&key)
            .unwrap_or_else(|| panic!("the program reads no {key}"))
    }

    /// The explanation without what the form says better.
    fn explanation(&self, form: &Form) -> String {
        let mut words = format!(" {}", self.comment);
        if let Some(range) = &form.range {
            let told = format!(" {range}.");
            let keys = self.keys.join(", ");
            assert!(
                words.contains(&told),
                "{keys}: the example does not say{told}"
            );
            words = words.replace(&told, "");
        }
        // What ends in a colon leads to a list, which the page gives elsewhere.
        match words.trim().rsplit_once(". ") {
            Some((before, lead)) if lead.ends_with(':') => format!("{before}."),
            _ => words.trim().to_owned(),
        }
    }

    fn row(&self, forms: &BTreeMap<String, Form>) -> String {
        let form = self.form(forms);
        let keys: Vec<String> = self.keys.iter().map(|key| format!("`{key}`")).collect();
        let mut facts = form.takes.clone();
        if let Some(range) = &form.range {
            facts = format!("{facts}, {range}");
        }
        if form.required {
            facts.push_str("; has to be there");
        }
        let says_default = self.comment.contains("Default:");
        match &form.default {
            Some(default) if !says_default => facts = format!("{facts}; default {default}"),
            None if !says_default && self.is_switched_off => {
                facts = format!("{facts}; default {}", self.value);
            }
            _ => {}
        }
        if !self.is_switched_off || (form.default.is_none() && says_default) {
            facts = format!("{facts}; example {}", self.value);
        }
        let words = self.explanation(form);
        let point = if words.is_empty() || words.ends_with('.') {
            ""
        } else {
            "."
        };
        let line = format!("{words}{point} Takes {facts}.");
        format!("| {} | {} |", keys.join(", "), as_code(line.trim()))
    }
}

/// What is written in quotes or brackets there, as code.
fn as_code(words: &str) -> String {
    let mut code = String::new();
    let mut rest = words;
    while let Some(at) = rest.find(['"', '[', '{']) {
        code.push_str(&rest[..at]);
        let length = match &rest[at..=at] {
            "\"" => rest[at + 1..].find('"').map(|end| end + 2),
            open => closing(&rest[at..], open),
        };
        let length =
            length.unwrap_or_else(|| panic!("{words}: what is open there is never closed"));
        code.push_str(&format!("`{}`", &rest[at..at + length]));
        rest = &rest[at + length..];
    }
    code + rest
}

fn closing(text: &str, open: &str) -> Option<usize> {
    let close = if open == "[" { ']' } else { '}' };
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(open.starts_with(c)) - i32::from(c == close);
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The entries of the example in its order.
fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let (mut table, mut comment) = (String::new(), String::new());
    let mut is_followed = false;
    let mut lines = EXAMPLE.lines();
    while let Some(line) = lines.next() {
        let bare = line.strip_prefix('#').filter(|_| is_switched_off(line));
        let content = bare.unwrap_or(line);
        if content.starts_with('[') {
            (table, comment) = (content.to_owned(), String::new());
            is_followed = false;
        } else if let Some((key, value)) = key_and_value(content) {
            let mut value = value.to_owned();
            while value.ends_with(['[', ',']) {
                value = format!("{value} {}", lines.next().expect("an end").trim());
            }
            let value = value.replace(", ]", "]").replace("[ ", "[");
            if comment.is_empty() && is_followed {
                entries
                    .last_mut()
                    .expect("one before")
                    .keys
                    .push(key.to_owned());
                continue;
            }
            entries.push(Entry {
                table: table.clone(),
                keys: vec![key.to_owned()],
                comment: std::mem::take(&mut comment).trim().to_owned(),
                value,
                is_switched_off: bare.is_some(),
            });
            is_followed = true;
        } else if let Some(words) = content.strip_prefix('#') {
            // What is set in is a list, which the page gives elsewhere.
            if !words.starts_with("   ") {
                comment.push_str(words);
            }
        } else {
            comment.clear();
            is_followed = false;
        }
    }
    entries
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(" = ")?;
    let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_key.then_some((key, value))
}

/// The chapter as it has to be.
fn chapter() -> String {
    let forms = forms();
    let mut chapter = format!(
        "{MARK}\nMade of what the program reads and of the example, by a test. What is left out has its \
         default.\n"
    );
    let mut table = String::new();
    for entry in entries() {
        if entry.table != table {
            table.clone_from(&entry.table);
            chapter.push_str(&format!(
                "\n### `{table}`\n\n| key | what it says |\n| --- | --- |\n"
            ));
            if table == "[alarm.smtp]" {
                chapter.push_str(
                    "| all | Another mail server, for alarms alone: the keys of `[smtp]`. |\n",
                );
            }
        }
        if table != "[alarm.smtp]" {
            chapter.push_str(&entry.row(&forms));
            chapter.push('\n');
        }
    }
    chapter
}

#[test]
fn the_reference_is_what_the_program_reads() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let text = std::fs::read_to_string(&page).expect("the page");
    let (before, told) = text.split_once(MARK).expect("a chapter on every key");
    let chapter = chapter();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, format!("{before}{chapter}")).expect("it can be written");
    } else {
        assert_eq!(
            format!("{MARK}{told}"),
            chapter,
            "write it anew: UPDATE_DOCS=1 cargo test --lib reference"
        );
    }
}

#[test]
fn the_example_shows_every_key_and_no_other() {
    let forms = forms();
    let entries = entries();
    let unshown: Vec<&String> = forms
        .iter()
        .filter(|(_, form)| !form.takes.is_empty())
        .map(|(key, _)| key)
        .filter(|key| {
            let name = key.rsplit('.').next().expect("a key");
            let is_entry = entries.iter().any(|entry| {
                let mut keys = entry.keys.iter();
                keys.any(|own| **key == format!("{}.{own}", entry.pattern()))
            });
            let shown = |form: &str| EXAMPLE.contains(&form.replace("KEY", name));
            !is_entry && !shown("{ KEY = ") && !shown(", KEY = ")
        })
        .collect();
    assert_eq!(unshown, [""; 0]);
    for entry in &entries {
        entry.form(&forms);
    }
}

/// A line that is switched off shows the default.
#[test]
fn the_example_shows_the_defaults_that_hold() {
    let forms = forms();
    let same = |told: &str, holds: &str| {
        let time = |text: &str| parse_duration(text.trim_matches('"')).ok();
        told == holds || (time(told).is_some() && time(told) == time(holds))
    };
    let mut compared = 0;
    for entry in entries().iter().filter(|own| own.is_switched_off) {
        let form = entry.form(&forms);
        if let Some(default) = form
            .default
            .as_ref()
            .filter(|_| !entry.comment.contains("Default:"))
        {
            let keys = entry.keys.join(", ");
            assert!(
                same(&entry.value, default),
                "{keys}: {} is not {default}",
                entry.value
            );
            compared += 1;
        }
    }
    assert!(compared > 15, "{compared}");
}
