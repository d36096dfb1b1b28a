//! The yardstick of reading: broken and odd mails, and single header values, as other products
//! read them. The samples are not part of the project: set `ACKD_CORPUS` to the folder that
//! holds `expected.tsv`, `torture/` and `header_values.json`, else these tests say that they skip.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ackd::domain::address::Address;
use ackd::domain::facts::MessageFacts;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ACKD_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ACKD_CORPUS names no folder");
    }
    folder
}

fn read(path: &Path) -> MessageFacts {
    let message = std::fs::read(path).expect("a corpus file can be read");
    let (header, body) = MessageFacts::split(&message);
    MessageFacts::parse(header, Some(body))
}

/// The rows of a tab-separated file with a header line.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("a corpus table can be read");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .map(|line| {
            let cells = line.split('\t').map(str::to_owned);
            names
                .iter()
                .map(|name| (*name).to_owned())
                .zip(cells)
                .collect()
        })
        .collect()
}

/// What of a field agrees with the peers.
#[derive(Default)]
struct Agreement {
    cells: usize,
    agree: usize,
    /// What the peer calls an address is none.
    not_scored: usize,
}

/// Of the cells that can be compared, at least this many in a hundred agree.
///
/// What differs on the half we know: a peer leaves a comment out of the name that we keep (as
/// Python does); one leaves characters out that it can't decode; one guesses the charset of raw
/// bytes by statistics, where we take Windows-1252 and say so (`bad_bytes`).
const BAR: f64 = 96.0;

#[test]
fn torture_mails_are_read_as_their_peers_expect() {
    let Some(folder) = corpus() else { return };
    let mut table_of: BTreeMap<&str, Agreement> = BTreeMap::new();
    let mut differing = Vec::new();
    for row in table(&folder.join("expected.tsv")) {
        // The crate that reads our fields proves nothing about us.
        if row["peer"].contains("mail-parser") {
            continue;
        }
        let facts = read(&folder.join(&row["file"]));
        for (name, found) in cells(&facts) {
            let agreement = table_of.entry(name).or_default();
            match compare(name, &row[name], &found) {
                Comparison::Nothing => {}
                Comparison::NotScored => agreement.not_scored += 1,
                Comparison::Same => {
                    agreement.cells += 1;
                    agreement.agree += 1;
                }
                Comparison::Different => {
                    agreement.cells += 1;
                    let (file, peer, expected) = (&row["file"], &row["peer"], &row[name]);
                    differing.push(format!(
                        "{file} {name} ({peer}): expected {expected:?}, found {found:?}"
                    ));
                }
            }
        }
    }
    print_and_check(&table_of, &differing);
}

/// The facts that peers tell of a message, as they write them.
fn cells(facts: &MessageFacts) -> [(&'static str, String); 5] {
    let author = facts.from.first();
    let address = author.map(|author| author.address.to_string());
    let name = author.and_then(|author| author.name.clone());
    let date = facts.date.map(|date| date.format("%FT%TZ").to_string());
    let id = facts.message_id.as_ref().map(ToString::to_string);
    [
        ("from_address", address.unwrap_or_default()),
        ("from_name", name.unwrap_or_default()),
        ("subject", facts.subject.clone()),
        ("date_utc", date.unwrap_or_default()),
        ("message_id", id.unwrap_or_default()),
    ]
}

enum Comparison {
    /// The peer says nothing.
    Nothing,
    /// What the peer says is not what the cell is for.
    NotScored,
    Same,
    Different,
}

/// Case of addresses, their domains' form, runs of blanks and brackets aside.
fn compare(name: &str, expected: &str, found: &str) -> Comparison {
    if expected.is_empty() || expected.starts_with("NAIVE") {
        return Comparison::Nothing;
    }
    let expected = expected
        .replace("\\t", " ")
        .replace("\\r", "")
        .replace("\\n", " ");
    let solid = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = match name {
        // Domains are kept as A-labels, without the dot of the root.
        "from_address" => match Address::parse(&expected) {
            Some(expected) => expected.to_string() == found,
            None => return Comparison::NotScored,
        },
        "message_id" => expected.trim().trim_matches(['<', '>']) == found,
        "date_utc" if expected == "UNPARSABLE" => found.is_empty(),
        _ => solid(&expected) == solid(found),
    };
    if same {
        Comparison::Same
    } else {
        Comparison::Different
    }
}

fn print_and_check(table: &BTreeMap<&str, Agreement>, differing: &[String]) {
    println!(
        "{:<14}{:>7}{:>7}{:>12}",
        "field", "cells", "agree", "not scored"
    );
    let (mut cells, mut agree) = (0, 0);
    for (name, of) in table {
        println!(
            "{name:<14}{:>7}{:>7}{:>12}",
            of.cells, of.agree, of.not_scored
        );
        cells += of.cells;
        agree += of.agree;
    }
    let percent = 100.0 * agree as f64 / cells.max(1) as f64;
    println!("{agree} of {cells} agree, {percent:.1} % (bar: {BAR} %)");
    for line in differing {
        println!("  {line}");
    }
    assert!(percent >= BAR, "only {percent:.1} % of the cells agree");
}

/// Single values, from the tests of the crate that reads them: this shows what we make of them
/// (the first author, ids whole, moments that exist), not that the crate is right.
#[test]
fn single_header_values_are_read_as_their_tests_say() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read_to_string(folder.join("header_values.json"));
    let values: serde_json::Value =
        serde_json::from_str(&text.expect("header_values.json can be read")).expect("it is JSON");
    let (mut cells, mut differing) = (0, Vec::new());
    for (kind, field) in [
        ("date", "Date"),
        ("address", "From"),
        ("id", "Message-ID"),
        ("unstructured", "Subject"),
    ] {
        for case in values[kind].as_array().into_iter().flatten() {
            let value = case["header"].as_str().unwrap_or_default();
            // What follows an empty line is no header any more.
            let value = value.split("\n\n").next().unwrap_or_default();
            let facts = MessageFacts::parse(format!("{field}: {value}\r\n").as_bytes(), None);
            let expected = expected_value(kind, &case["expected"]);
            let found = found_value(kind, &facts);
            cells += 1;
            if expected != found {
                differing.push(format!(
                    "{kind} {value:?}: expected {expected:?}, found {found:?}"
                ));
            }
        }
    }
    println!("{} of {cells} agree", cells - differing.len());
    for line in &differing {
        println!("  {line}");
    }
    assert!(
        differing.len() * 100 <= cells * 15,
        "too many values differ"
    );
}

fn expected_value(kind: &str, expected: &serde_json::Value) -> String {
    let number = |name: &str| expected[name].as_i64().unwrap_or_default();
    match kind {
        "date" if expected.is_null() => String::new(),
        "date" => {
            let sign = if expected["tz_before_gmt"] == true {
                '-'
            } else {
                '+'
            };
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {sign}{:02}{:02}",
                number("year"),
                number("month"),
                number("day"),
                number("hour"),
                number("minute"),
                number("second"),
                number("tz_hour"),
                number("tz_minute"),
            )
            .parse::<Zoned>()
            .map(|moment| moment.0)
            .unwrap_or_default()
        }
        "address" => {
            let first = expected["List"].get(0);
            let first = first.or_else(|| expected["Group"].get(0)?["addresses"].get(0));
            let address = first.and_then(|first| first["address"].as_str());
            address
                .and_then(Address::parse)
                .map(|address| address.to_string())
                .unwrap_or_default()
        }
        "id" => expected
            .get(0)
            .and_then(|id| id.as_str())
            .unwrap_or_default()
            .replace(' ', ""),
        _ => one_line(expected.as_str().unwrap_or_default()),
    }
}

/// A moment with its zone, brought to UTC.
struct Zoned(String);

impl std::str::FromStr for Zoned {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = chrono::DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z")?;
        Ok(Self(moment.to_utc().to_rfc3339()))
    }
}

fn found_value(kind: &str, facts: &MessageFacts) -> String {
    match kind {
        "date" => facts.date.map(|date| date.to_rfc3339()).unwrap_or_default(),
        "address" => {
            let author = facts.from.first();
            author
                .map(|author| author.address.to_string())
                .unwrap_or_default()
        }
        "id" => facts
            .message_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        _ => one_line(&facts.subject),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
