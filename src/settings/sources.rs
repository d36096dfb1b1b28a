//! From files and environment to one tree of values, each of which knows where it stands.
//!
//! Vocabulary: the *main file* is the one that was named; a *drop-in* is a `*.toml` file in
//! the folder [`DROP_IN_FOLDER`] beside it; a *header* is the line that opens a table.
//!
//! The crate `config` merges: the main file first, then the drop-ins by name, then the
//! environment; what comes later wins, and tables are merged key by key. Each value carries
//! `FILE:LINE` as its origin, which is why the files are read here and not by that crate. Nor
//! does it convert anything: it would take `host = 5` for `"5"`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Map, Source, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::problem::{Cause, Place, Problem, Severity};
use super::review::quoted;

/// The folder of the drop-ins, beside the main file.
pub const DROP_IN_FOLDER: &str = "ackd.d";

/// The most bytes we read from one file.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the name of every overriding environment variable begins with.
pub const VARIABLE_PREFIX: &str = "ACKD__";

/// The origin of values from the environment.
pub(super) const ENVIRONMENT_ORIGIN: &str = "the environment";

/// Everything that was read, merged.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The merged values.
    pub root: Map<String, Value>,
    /// Where each table is opened first, by its dotted path.
    pub headers: BTreeMap<String, Place>,
    /// The overriding variables.
    pub variables: Vec<String>,
    /// The files, in the order in which they were read.
    pub files: Vec<String>,
    /// Files that can't be read or are no TOML, and variables that can't be used.
    pub problems: Vec<Problem>,
}

impl Sources {
    /// Reads the main file, its drop-ins and the environment.
    pub(super) fn read(main: &Path, environment: &[(String, String)]) -> Self {
        let mut sources = Self::default();
        let mut builder = Config::builder();
        let mut paths = vec![main.to_owned()];
        paths.extend(sources.drop_ins(main));
        for path in paths {
            let values = sources.read_file(&path);
            builder = builder.add_source(File { values });
        }
        if let Some(root) = sources.merged(main, builder) {
            sources.root = root;
        }
        let values = sources.overriding(environment);
        let builder = Config::builder()
            .add_source(File {
                values: sources.root.clone(),
            })
            .add_source(File { values });
        if let Some(root) = sources.merged(main, builder) {
            sources.root = root;
        }
        sources
    }

    fn merged(
        &mut self,
        main: &Path,
        builder: config::ConfigBuilder<config::builder::DefaultState>,
    ) -> Option<Map<String, Value>> {
        match builder.build().map(|config| config.cache.kind) {
            Ok(ValueKind::Table(root)) => Some(root),
            Ok(_) => None,
            Err(error) => {
                self.complain(&main.display().to_string(), None, &error.to_string());
                None
            }
        }
    }

    /// The drop-ins beside the main file, by name. No such folder: none.
    fn drop_ins(&mut self, main: &Path) -> Vec<PathBuf> {
        let folder = main.with_file_name(DROP_IN_FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                let told = format!("can't be listed ({error}); let ackd read this folder");
                self.complain(&folder.display().to_string(), None, &told);
                return Vec::new();
            }
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let hidden = path
                    .file_name()
                    .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
                !hidden
                    && path
                        .extension()
                        .is_some_and(|extension| extension == "toml")
            })
            .collect();
        paths.sort();
        paths
    }

    fn read_file(&mut self, path: &Path) -> Map<String, Value> {
        let name = path.display().to_string();
        self.files.push(name.clone());
        let text = match read_text(path) {
            Ok(text) => text,
            Err((line, told)) => {
                self.complain(&name, line, &told);
                return Map::new();
            }
        };
        let lines = Lines::of(&text);
        let (table, errors) = DeTable::parse_recoverable(&text);
        // One slip often makes several errors on its line: the first one tells.
        let mut by_line: BTreeMap<Option<usize>, String> = BTreeMap::new();
        let mut unread = None;
        for error in errors {
            let at = error.span().map_or(text.len(), |span| span.start);
            if let Some(begun) = unclosed_list(table.get_ref(), at, error.message(), &lines) {
                let told = "not valid TOML: the list that begins here lacks a comma or its end; write [\"a\", \"b\"]";
                by_line.insert(Some(begun), told.to_owned());
                // All that follows was taken for part of it.
                unread = Some(at);
                break;
            }
            let line = error.span().map(|span| lines.number(span.start));
            let written = error.span().and_then(|span| text.get(span));
            let told = || {
                format!(
                    "not valid TOML: {}",
                    syntax_advice(error.message(), written)
                )
            };
            by_line.entry(line).or_insert_with(told);
        }
        for (line, told) in by_line {
            self.complain(&name, line, &told);
        }
        let mut file = FileReader {
            name: &name,
            lines: &lines,
            headers: &mut self.headers,
            unread,
        };
        let mut values = file.table(table.get_ref(), "");
        values.retain(|key, value| {
            let plain = is_plain(key);
            if !plain {
                // The crate `config` would read it as a path into the tree.
                self.problems.push(Problem {
                    severity: Severity::Problem,
                    place: origin_place(value).unwrap_or(Place::File {
                        file: name.clone(),
                        line: Some(1),
                    }),
                    key: key.clone(),
                    message: format!("unknown key \"{}\"; remove it", key.escape_debug()),
                    cause: Cause::Unknown,
                });
            }
            plain
        });
        values
    }

    /// What the variables say, as tables and texts. A variable is written in capitals, so it
    /// means the table or key that the files have, however that is spelt.
    fn overriding(&mut self, environment: &[(String, String)]) -> Map<String, Value> {
        let mut values = Map::new();
        // By name, so that of two that mean the same key always the same one holds.
        let environment: BTreeMap<&String, &String> = environment
            .iter()
            .map(|(name, value)| (name, value))
            .collect();
        for (name, value) in environment {
            if !name.to_ascii_uppercase().starts_with(VARIABLE_PREFIX) {
                continue;
            }
            if name.split("__").all(is_plain) {
                self.variables.push(name.clone());
                let path: Vec<&str> = name.split("__").skip(1).collect();
                let value = Value::new(Some(&ENVIRONMENT_ORIGIN.to_owned()), value.as_str());
                put(&mut values, Some(&self.root), &path, value);
            } else {
                self.problems.push(Problem {
                    severity: Severity::Problem,
                    place: Place::Variable(name.clone()),
                    key: String::new(),
                    message: format!(
                        "\"{}\" names no key; write a name such as \"ACKD__SMTP__HOST\"",
                        name.escape_debug()
                    ),
                    cause: Cause::Value,
                });
            }
        }
        values
    }

    fn complain(&mut self, file: &str, line: Option<usize>, message: &str) {
        self.problems.push(Problem {
            severity: Severity::Problem,
            place: Place::File {
                file: file.to_owned(),
                line,
            },
            key: String::new(),
            message: message.to_owned(),
            cause: Cause::Syntax,
        });
    }
}

/// Where a value stands, if it comes from a file.
pub(super) fn origin_place(value: &Value) -> Option<Place> {
    let (file, line) = value.origin()?.rsplit_once(':')?;
    Some(Place::File {
        file: file.to_owned(),
        line: Some(line.parse().ok()?),
    })
}

/// Reads a text file of at most [`FILE_BYTES_MAX`]. The error: the line, and what is wrong.
pub(super) fn read_text(path: &Path) -> Result<String, (Option<usize>, String)> {
    let unreadable = |error: std::io::Error| {
        let told = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no such file; write it, or name another one".into()
            }
            std::io::ErrorKind::PermissionDenied => {
                "may not be read by this user; change its owner or mode".into()
            }
            _ => format!("can't be read ({error}); name a readable file"),
        };
        (None, told)
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > FILE_BYTES_MAX {
        let told = format!("has more than {FILE_BYTES_MAX} bytes; split it up");
        return Err((None, told));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..good]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        (Some(line), "not UTF-8; save the file as UTF-8".into())
    })
}

/// A key that needs no quotes.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Puts a value where a path of names in any case leads: to the table or key that is spelt
/// like that in what was read, else to one in lower case. Where another variable has put a
/// text on the way, the text stays, and will be told to be no table.
fn put(
    values: &mut Map<String, Value>,
    read: Option<&Map<String, Value>>,
    path: &[&str],
    value: Value,
) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    let lower = name.to_ascii_lowercase();
    let spelt_so = |read: &Map<String, Value>| {
        let alike = read.keys().filter(|key| key.eq_ignore_ascii_case(name));
        alike.min().cloned()
    };
    let key = match read {
        Some(read) if !read.contains_key(&lower) => spelt_so(read).unwrap_or(lower),
        _ => lower,
    };
    if rest.is_empty() {
        values.insert(key, value);
        return;
    }
    let read = read
        .and_then(|read| read.get(&key))
        .and_then(|value| match &value.kind {
            ValueKind::Table(table) => Some(table),
            _ => None,
        });
    let inner = values.entry(key).or_insert_with(|| {
        let table = ValueKind::Table(Map::new());
        Value::new(Some(&ENVIRONMENT_ORIGIN.to_owned()), table)
    });
    if let ValueKind::Table(inner) = &mut inner.kind {
        put(inner, read, rest, value);
    }
}

/// The line on which the innermost list begins that this error lies in, if it is of a list of
/// several lines.
fn unclosed_list(table: &DeTable<'_>, at: usize, message: &str, lines: &Lines) -> Option<usize> {
    fn innermost(value: &DeValue<'_>, begins: usize, at: usize, found: &mut Option<usize>) {
        match value {
            DeValue::Array(items) => {
                *found = Some(begins);
                for item in items.iter().filter(|item| item.span().contains(&at)) {
                    innermost(item.get_ref(), item.span().start, at, found);
                }
            }
            DeValue::Table(table) => in_table(table, at, found),
            _ => {}
        }
    }
    fn in_table(table: &DeTable<'_>, at: usize, found: &mut Option<usize>) {
        for value in table.values() {
            let span = value.span();
            let is_table = matches!(value.get_ref(), DeValue::Table(_));
            // Where a list ends that is not closed, its last error may lie.
            if is_table || (span.start..=span.end).contains(&at) {
                innermost(value.get_ref(), span.start, at, found);
            }
        }
    }
    if !message.contains("array") {
        return None;
    }
    let mut found = None;
    in_table(table, at, &mut found);
    let line = lines.number(found?);
    (line < lines.number(at)).then_some(line)
}

/// The parser's words, with what to write instead. Of what is written there only a key that
/// is there twice is shown: anything else may be a password.
fn syntax_advice(message: &str, written: Option<&str>) -> String {
    let key = written.map(|key| key.trim_matches(['"', '\'']));
    if let ("duplicate key", Some(key)) = (message, key.filter(|key| is_plain(key))) {
        let key = quoted(key);
        return format!("duplicate key {key}; write each key and table once per file");
    }
    let advice = if message.contains("duplicate key") {
        "write each key and table once per file"
    } else if message.contains("string values must be quoted") {
        "write texts in double quotes"
    } else if message.contains("key with no value") || message.contains("expected `=`") {
        "write key = value, texts in double quotes"
    } else {
        "write key = value below a [table], texts in double quotes, lists in [ ]"
    };
    format!("{message}; {advice}")
}

/// One file's values, as a source for the crate `config`.
#[derive(Debug, Clone)]
struct File {
    values: Map<String, Value>,
}

impl Source for File {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.clone())
    }
}

/// Where the lines of a text begin.
struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        Self {
            ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        }
    }

    /// The number, from 1, of the line that holds this byte.
    fn number(&self, byte: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < byte)
    }
}

/// Turns the parsed TOML of one file into values with their origin.
struct FileReader<'a> {
    name: &'a str,
    lines: &'a Lines,
    headers: &'a mut BTreeMap<String, Place>,
    /// A byte in a list that is not closed: what stands in it is not what was meant.
    unread: Option<usize>,
}

impl FileReader<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &str) -> Map<String, Value> {
        let mut values = Map::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let span = value.span();
            let holds = |at: usize| (span.start..=span.end).contains(&at);
            if matches!(value.get_ref(), DeValue::Array(_)) && self.unread.is_some_and(holds) {
                continue;
            }
            let path = match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            let line = match value.get_ref() {
                DeValue::Table(_) => {
                    let line = self.lines.number(key.span().start);
                    self.headers.entry(path.clone()).or_insert(Place::File {
                        file: self.name.to_owned(),
                        line: Some(line),
                    });
                    line
                }
                _ => self.lines.number(value.span().start),
            };
            let value = self.value(value.get_ref(), &path, line);
            values.insert(name.to_owned(), value);
        }
        values
    }

    fn value(&mut self, value: &DeValue<'_>, path: &str, line: usize) -> Value {
        let kind = match value {
            DeValue::String(text) => ValueKind::String(text.clone().into_owned()),
            // Dates may be written without quotes.
            DeValue::Datetime(moment) => ValueKind::String(moment.to_string()),
            DeValue::Boolean(flag) => ValueKind::Boolean(*flag),
            DeValue::Float(number) => ValueKind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => ValueKind::I64(number),
                    Err(_) => ValueKind::Float(f64::INFINITY),
                }
            }
            DeValue::Array(items) => ValueKind::Array(
                items
                    .iter()
                    .map(|item| {
                        let line = self.lines.number(item.span().start);
                        self.value(item.get_ref(), path, line)
                    })
                    .collect(),
            ),
            DeValue::Table(table) => ValueKind::Table(self.table(table, path)),
        };
        Value::new(Some(&format!("{}:{line}", self.name)), kind)
    }
}
