//! The rules of the house: who may use what, how long a function may be, what may not be left
//! behind. Each complaint says where, what is banned there and what to use in its place.
//!
//! Vocabulary: a *room* is a module right under `src`; the *domain* is the pure room, *shells*
//! are the rooms around it, and the *joiners* `daemon` and `cli` (with `lib.rs` and `main.rs`)
//! are the only ones that know several shells. The *code* of a file is its text with comments,
//! strings and character literals blanked out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 500;
const JOINERS: [&str; 4] = ["daemon", "cli", "lib", "main"];

/// What is banned in some rooms, and what to use there instead.
struct Ban {
    words: &'static [&'static str],
    instead: &'static str,
}

const BANNED_IN_DOMAIN: [Ban; 6] = [
    Ban {
        words: &["async", "await", "tokio", "futures_util"],
        instead: "return a value that says what is to be done, and let a shell do it",
    },
    Ban {
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::io",
            "std::thread",
        ],
        instead: "take what was read as an argument",
    },
    Ban {
        words: &["SystemTime", "Instant", "Utc::now", "Local::now"],
        instead: "take `now: Timestamp` as an argument",
    },
    Ban {
        words: &["tracing", "println!", "eprintln!", "print!", "eprint!"],
        instead: "return notes, and let a shell log them",
    },
    Ban {
        words: &["rand", "fastrand", "getrandom"],
        instead: "take the random value as an argument",
    },
    Ban {
        words: &[
            "sled",
            "postcard",
            "lettre",
            "async_imap",
            "imap_proto",
            "rustls",
        ],
        instead: "use a domain type, and translate it in the shell",
    },
];

/// Libraries that only one room knows.
const OF_ONE_ROOM: [(&str, &str); 8] = [
    ("sled", "store"),
    ("postcard", "store"),
    ("async_imap", "imap"),
    ("imap_proto", "imap"),
    ("lettre", "smtp"),
    ("config", "settings"),
    ("roxmltree", "discovery"),
    ("dialoguer", "cli"),
];

const READS_THE_TIME: [&str; 4] = [
    "SystemTime::now",
    "Utc::now",
    "Local::now",
    "std::time::Instant",
];

const LEFT_BEHIND: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];
const UNFINISHED: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

#[test]
fn the_domain_touches_neither_io_nor_the_clock_nor_async() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter().filter(|source| source.room == "domain") {
        for ban in &BANNED_IN_DOMAIN {
            for word in ban.words {
                source.complain_of_word(word, "the domain", ban.instead, &mut complaints);
            }
        }
    }
    assert_tidy(complaints);
}

#[test]
fn the_domain_uses_nothing_of_ours_and_shells_never_use_each_other() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter() {
        let room = source.room.as_str();
        if JOINERS.contains(&room) {
            continue;
        }
        for (line, used) in rooms_used(&source.code) {
            let allowed = used == room || used == "domain" || (used == "clock" && room != "domain");
            if !allowed {
                complaints.push(format!(
                    "{}:{line}: crate::{used} is banned in {room}; use a type of crate::domain, and let daemon or \
                     cli join the two",
                    source.path.display()
                ));
            }
        }
    }
    assert_tidy(complaints);
}

#[test]
fn a_library_is_known_to_one_room_only() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter() {
        for (library, room) in OF_ONE_ROOM {
            if source.room == room {
                continue;
            }
            for line in lines_with_library(&source.code, library) {
                complaints.push(format!(
                    "{}:{line}: {library} is banned in {}; use the public face of crate::{room}",
                    source.path.display(),
                    source.room
                ));
            }
        }
    }
    assert_tidy(complaints);
}

#[test]
fn only_the_clock_reads_the_time() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter().filter(|source| source.room != "clock") {
        for word in READS_THE_TIME {
            source.complain_of_word(
                word,
                "every file but src/clock.rs",
                "use a crate::clock::Clock, or tokio::time::Instant for time-outs",
                &mut complaints,
            );
        }
    }
    assert_tidy(complaints);
}

#[test]
fn functions_are_short() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter() {
        for function in functions(&source.code) {
            if function.lines > LONGEST_FUNCTION {
                complaints.push(format!(
                    "{}:{}: a function of {} lines is banned here ({} has them); use several of at most \
                     {LONGEST_FUNCTION}, each with its own name",
                    source.path.display(),
                    function.line,
                    function.lines,
                    function.name
                ));
            }
        }
    }
    assert_tidy(complaints);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter() {
        let path = source.path.display();
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            complaints.push(format!(
                "{path}: a file of {lines} lines is banned here; use several of at most {LONGEST_FILE}, split by noun"
            ));
        }
        if !source.text.starts_with("//!") {
            complaints.push(format!(
                "{path}:1: a file without an introduction is banned here; use `//!` on its first line to say what it is"
            ));
        }
    }
    assert_tidy(complaints);
}

#[test]
fn nothing_is_left_behind() {
    let mut complaints = Vec::new();
    for source in SOURCES.iter() {
        for mark in LEFT_BEHIND {
            for line in lines_with_word(&source.text, mark) {
                complaints.push(format!(
                    "{}:{line}: {mark} is banned here; use the issue list, or do it now",
                    source.path.display()
                ));
            }
        }
        for call in UNFINISHED {
            source.complain_of_word(call, "src", "use the finished thing", &mut complaints);
        }
    }
    assert_tidy(complaints);
}

#[test]
fn the_rules_see_through_comments_strings_and_lifetimes() {
    let code = code_of(
        "/* a /* nested */ fn no() { */ fn real<'a>(x: &'a str) -> char {\n    // } fn no()\n    \
         let s = r#\"} \"fn\" {\"#; let t = \"\\\"}\"; let c = '}';\n    '\\''\n}\nfn next() {}\n",
    );
    let found: Vec<_> = functions(&code)
        .into_iter()
        .map(|f| (f.name, f.line, f.lines))
        .collect();
    assert_eq!(
        found,
        [("real".to_owned(), 1, 5), ("next".to_owned(), 6, 1)]
    );
}

#[test]
fn the_rules_know_an_import_in_any_spelling() {
    let code =
        "use crate::{domain::ids, store::{Store, Key}, clock};\nlet x = crate::smtp::send();\n";
    let found = rooms_used(code);
    let expected = [(1, "domain"), (1, "store"), (1, "clock"), (2, "smtp")];
    assert_eq!(found, expected.map(|(line, room)| (line, room.to_owned())));
}

#[test]
fn the_rules_match_whole_words() {
    assert_eq!(lines_with_word("async_imap::x\nmy.async;\n", "async"), [2]);
    assert_eq!(
        lines_with_word("domain::rules::Rules\nuse sled::Db;", "sled::"),
        [2]
    );
}

/// One file under `src`.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
    code: String,
}

impl Source {
    fn complain_of_word(
        &self,
        word: &str,
        place: &str,
        instead: &str,
        complaints: &mut Vec<String>,
    ) {
        for line in lines_with_word(&self.code, word) {
            complaints.push(format!(
                "{}:{line}: {word} is banned in {place}; {instead}",
                self.path.display()
            ));
        }
    }
}

/// Every file under `src`, in the order of their paths.
static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(sources);

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    assert!(
        !paths.is_empty(),
        "there is nothing under {}",
        root.display()
    );
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file is text");
            let inside = path.strip_prefix(&root).expect("it was found there");
            let first = inside.components().next().expect("a file has a name");
            let room = first
                .as_os_str()
                .to_string_lossy()
                .trim_end_matches(".rs")
                .to_owned();
            Source {
                room,
                code: code_of(&text),
                text,
                path: Path::new("src").join(inside),
            }
        })
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn assert_tidy(complaints: Vec<String>) {
    assert!(
        complaints.is_empty(),
        "{} places are untidy:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The lines on which `word` stands by itself.
fn lines_with_word(text: &str, word: &str) -> Vec<usize> {
    let open_end = word.ends_with(is_word);
    lines_where(text, word, |before, after| {
        !(before.is_some_and(is_word) || open_end && after.starts_with(is_word))
    })
}

/// The lines on which a library is used: `sled::`, `use sled;`, but not `store::sled::`.
fn lines_with_library(text: &str, library: &str) -> Vec<usize> {
    lines_where(text, library, |before, after| {
        !before.is_some_and(|c| is_word(c) || c == ':')
            && (after.starts_with("::") || after.starts_with(';'))
    })
}

/// The lines on which `word` stands between two texts that satisfy `fits`.
fn lines_where(text: &str, word: &str, fits: impl Fn(Option<char>, &str) -> bool) -> Vec<usize> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            line.match_indices(word)
                .any(|(at, _)| fits(line[..at].chars().next_back(), &line[at + word.len()..]))
        })
        .map(|(number, _)| number + 1)
        .collect()
}

/// The rooms named after `crate::`, with the line.
fn rooms_used(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => used.push((line, first_word(rest))),
            Some(group) => {
                used.extend(
                    parts_of_group(group)
                        .into_iter()
                        .map(|part| (line, first_word(part))),
                );
            }
        }
    }
    used
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|&c| is_word(c))
        .collect()
}

/// The parts of `a::b, c::{d, e}, f}…`, split at the outer commas.
fn parts_of_group(group: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                parts.push(&group[start..at]);
                break;
            }
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A function with a body.
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Every function of a file, nested ones too.
fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let name = first_word(&code[at + 3..]);
        if code[..at].ends_with(is_word) || name.is_empty() {
            continue;
        }
        if let Some(end) = end_of_body(&code[at..]) {
            let line = code[..at].matches('\n').count() + 1;
            let lines = code[at..at + end].matches('\n').count() + 1;
            found.push(Function { name, line, lines });
        }
    }
    found
}

/// Where the body that begins after a signature ends; `None` if there is no body.
fn end_of_body(from_signature: &str) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (at, c) in from_signature.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 && brackets == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text with comments, strings and character literals blanked out, line for line.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let blank = length_of_blank(rest, code.ends_with(is_word));
        if blank == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(
                rest[..blank]
                    .chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' }),
            );
            rest = &rest[blank..];
        }
    }
    code
}

/// How many bytes of comment, string or character literal begin here; 0 if none.
fn length_of_blank(rest: &str, in_word: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return length_of_comment(rest);
    }
    if rest.starts_with('\'') {
        return length_of_character(rest);
    }
    if rest.starts_with('"') {
        return length_of_string(rest);
    }
    let raw = rest.trim_start_matches(['b', 'c']);
    if !in_word && rest.len() - raw.len() <= 1 && raw.starts_with('r') {
        let hashes = raw[1..].len() - raw[1..].trim_start_matches('#').len();
        if raw[1 + hashes..].starts_with('"') {
            let opened = rest.len() - raw.len() + 2 + hashes;
            let closing = format!("\"{}", "#".repeat(hashes));
            return rest[opened..]
                .find(&closing)
                .map_or(rest.len(), |at| opened + at + closing.len());
        }
    }
    0
}

fn length_of_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn length_of_string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal; 0 for a lifetime, which has no closing quote after one character.
fn length_of_character(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match inside.next() {
        Some('\\') => {
            let escaped = inside.next().map_or(0, char::len_utf8);
            rest[2 + escaped..]
                .find('\'')
                .map_or(0, |at| 2 + escaped + at + 1)
        }
        Some(c) if inside.next() == Some('\'') => 2 + c.len_utf8(),
        _ => 0,
    }
}
