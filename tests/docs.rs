//! The documentation tells the truth: its links lead somewhere, the commands and keys it names are
//! there, its configurations load, and its worked examples come true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ackd::cli::Arguments;
use ackd::domain::classify::{Verdict, judge};
use ackd::domain::facts::MessageFacts;
use ackd::domain::ids::PolicyName;
use ackd::domain::policy::{Clock, Policy};
use ackd::domain::rules::Rules;
use ackd::domain::time::Timestamp;
use ackd::settings::{Loaded, load};
use chrono::{NaiveDateTime, TimeZone as _};
use clap::CommandFactory as _;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const RULES: &str = include_str!("../docs/rules.md");
const QUICK_START: &str = include_str!("../docs/quick-start.md");
const EXAMPLE: &str = include_str!("../config/ackd.example.toml");

/// The pages, by their paths in the project.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = fs::read_dir(root.join("docs")).expect("a folder");
    let mut paths: Vec<PathBuf> = folder
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.push(root.join("README.md"));
    paths.sort();
    assert!(paths.len() > 10, "{paths:?}");
    let page = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a page");
        (path, text)
    };
    paths.into_iter().map(page).collect()
}

/// A page taken apart.
#[derive(Debug, Default)]
struct Parts {
    links: Vec<String>,
    /// Where links can lead to within the page.
    anchors: BTreeSet<String>,
    /// What is shown as code: words in a line, and the lines of blocks.
    code: Vec<String>,
    /// The blocks that say that they are TOML.
    toml: Vec<String>,
}

fn parts_of(page: &str) -> Parts {
    let mut parts = Parts::default();
    let (mut heading, mut block): (Option<String>, Option<(bool, String)>) = (None, None);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => parts.links.push(dest_url.to_string()),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                parts
                    .anchors
                    .extend(heading.take().map(|words| anchor(&words)));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let is_toml = format!("{kind:?}").contains("toml");
                block = Some((is_toml, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                let (is_toml, text) = block.take().expect("a block");
                parts.code.extend(text.lines().map(str::to_owned));
                if is_toml {
                    parts.toml.push(text);
                }
            }
            Event::Text(text) | Event::Code(text) if heading.is_some() => {
                heading.as_mut().expect("one").push_str(&text);
            }
            Event::Text(text) => {
                if let Some((_, lines)) = &mut block {
                    lines.push_str(&text);
                }
            }
            Event::Code(text) => parts.code.push(text.to_string()),
            _ => {}
        }
    }
    parts
}

/// As the usual renderers make one of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in pages() {
        let parts = parts_of(&text);
        for link in parts.links.iter().filter(|link| !link.contains("://")) {
            let (file, to) = link.split_once('#').unwrap_or((link, ""));
            let folder = path.parent().expect("a folder");
            let target = match file {
                "" => path.clone(),
                file => folder.join(file),
            };
            let leads_away = link.starts_with("../") && folder.ends_with("docs");
            assert!(
                !leads_away,
                "{}: {link} is not in the package",
                path.display()
            );
            let there = format!("{} links to {link}", path.display());
            assert!(target.exists(), "{there}, which is not there");
            if !to.is_empty() {
                let anchors = parts_of(&fs::read_to_string(target).expect("a page")).anchors;
                assert!(anchors.contains(to), "{there}, of {anchors:?}");
            }
        }
    }
}

#[test]
fn every_page_is_in_the_index() {
    let index = parts_of(include_str!("../docs/README.md")).links;
    for (path, _) in pages() {
        let name = path.file_name().expect("a name").to_string_lossy();
        let is_listed = name == "README.md" || index.iter().any(|link| *link == name);
        assert!(is_listed, "docs/README.md does not list {name}");
    }
}

/// What ackd says, which is no command.
const SAYINGS: [&str; 2] = ["ackd speaks v1 only", "ackd was not stopped in good order"];

#[test]
fn every_command_that_is_named_is_there() {
    let (mut seen, mut complaints) = (BTreeSet::new(), Vec::new());
    for (path, text) in pages() {
        for line in parts_of(&text).code {
            let said = |call: &String| SAYINGS.iter().any(|words| call.starts_with(words));
            for call in calls(&line).into_iter().filter(|call| !said(call)) {
                let (command, unknown) = understood(&call);
                if !unknown.is_empty() {
                    complaints.push(format!("{}: {call}: no {unknown}", path.display()));
                }
                seen.insert(command);
            }
        }
    }
    assert_eq!(complaints, [""; 0]);
    assert!(seen.len() > 15, "{seen:?}");
    assert!(
        seen.contains("ackd reload") && seen.contains("ackd case reopen"),
        "{seen:?}"
    );
}

/// The calls of `ackd` in a line of a shell.
fn calls(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or(line);
    let parts = line.split("&&").flat_map(|part| part.split(" | "));
    let words = parts.map(|part| {
        let part = part.trim();
        let at = match part.starts_with("systemd-run ") {
            true => part.rfind(" ackd ").map(|at| at + 1),
            false => part
                .find("ackd ")
                .filter(|at| ["", "sudo "].contains(&&part[..*at])),
        };
        at.map(|at| part[at..].to_owned())
    });
    let is_call = |call: &String| {
        let second = call.split(' ').nth(1).unwrap_or_default();
        second.starts_with(|c: char| c.is_ascii_lowercase() || c == '-')
    };
    words.flatten().filter(is_call).collect()
}

/// The command that is called, in words, and what of it is not known.
fn understood(call: &str) -> (String, String) {
    let root = Arguments::command();
    let mut command = &root;
    let mut path = "ackd".to_owned();
    let mut is_named = false;
    let mut words = call.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        let word = word.trim_matches(['`', ',', '.', ')', '(', '[', ']', '"', ';', ':']);
        if let Some(option) = word.strip_prefix("--") {
            let (option, has_value) = match option.split_once('=') {
                Some((option, _)) => (option, true),
                None => (option, false),
            };
            let mut own = command.get_arguments().chain(root.get_arguments());
            let known = own.find(|own| own.get_long() == Some(option));
            if known.is_none() && !["help", "version"].contains(&option) {
                return (path, word.to_owned());
            }
            if !has_value && known.is_some_and(|own| own.get_action().takes_values()) {
                words.next();
            }
        } else if !is_named {
            match command.find_subcommand(word) {
                Some(inner) => {
                    command = inner;
                    path = format!("{path} {word}");
                }
                None if word == "help" => is_named = true,
                None if command.has_subcommands()
                    && !command.is_args_conflicts_with_subcommands_set()
                    && command.is_subcommand_required_set() =>
                {
                    return (path, word.to_owned());
                }
                None => is_named = true,
            }
        }
    }
    (path, String::new())
}

/// `key = …`, as code, is a key of the example, in which every key is.
#[test]
fn every_key_that_is_set_is_there() {
    let is_key = |name: &str| {
        let shown = |form: &str| EXAMPLE.contains(&form.replace("KEY", name));
        ["\nKEY = ", "\n#KEY = ", "{ KEY = ", ", KEY = "]
            .into_iter()
            .any(shown)
    };
    let mut seen = 0;
    for (path, text) in pages() {
        for code in parts_of(&text).code {
            let Some((key, _)) = code.split_once(" = ") else {
                continue;
            };
            let name = key.trim().trim_start_matches(['{', '#', ' ']);
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                assert!(is_key(name), "{}: there is no key {name}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

fn loaded(text: &str) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ackd.toml");
    fs::write(&file, text).expect("a file");
    let loaded = load(&file, &[("PASSWORD".into(), "pw".into())]);
    loaded.unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{text}\n{}", lines.join("\n"))
    })
}

#[test]
fn the_first_configurations_load() {
    let readme = parts_of(include_str!("../README.md")).toml;
    assert_eq!(readme.len(), 1);
    loaded(&readme[0]);
    let quick = parts_of(QUICK_START).toml;
    let (common, providers) = quick.split_first().expect("the common part");
    assert!(providers.len() >= 4);
    for provider in providers {
        let settings = loaded(&format!("{common}\n{provider}")).settings;
        assert!(settings.smtp.is_some() && settings.mailboxes.len() == 1);
        let mut mailboxes = settings.mailboxes.values();
        assert!(mailboxes.all(|own| own.address.is_some()), "{provider}");
    }
}

/// The rows of the tables of a page whose head begins like this, cell by cell.
fn rows(page: &str, head: &str) -> Vec<Vec<String>> {
    let lines = page.lines().skip_while(|line| !line.starts_with(head));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let inner = row.trim_matches('|').split('|');
        inner.map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(rows.len() > 3, "no table {head}");
    rows
}

fn rules() -> std::sync::Arc<Rules> {
    loaded(&parts_of(RULES).toml[0]).settings.rules
}

fn policy<'a>(rules: &'a Rules, name: &str) -> (&'a Policy, &'a ackd::domain::calendar::Calendar) {
    let policy = &rules.policies[&PolicyName::new(name)];
    (policy, &rules.calendars[&policy.calendar])
}

/// A moment of London, written with its weekday.
fn local(text: &str) -> Timestamp {
    let moment = NaiveDateTime::parse_from_str(text, "%a %Y-%m-%d %H:%M");
    let moment = moment.unwrap_or_else(|error| panic!("{text}: {error}"));
    let moment = chrono_tz::Europe::London.from_local_datetime(&moment);
    moment.single().expect("one moment").to_utc()
}

fn written(at: Timestamp) -> String {
    let local = at.with_timezone(&chrono_tz::Europe::London);
    local.format("%a %Y-%m-%d %H:%M").to_string()
}

#[test]
fn the_deadlines_of_the_rules_are_those_of_the_program() {
    let rules = rules();
    for row in rows(RULES, "| policy | the mail arrives") {
        let (policy, calendar) = policy(&rules, &row[0]);
        let urgent = row[2] == "urgent";
        let due = policy.deadlines(calendar, local(&row[1]), urgent);
        let due = written(due.expect("a deadline").acknowledge_due);
        assert_eq!(due, row[3], "{row:?}");
    }
}

#[test]
fn the_ladder_of_the_rules_is_that_of_the_program() {
    let rules = rules();
    let (policy, calendar) = policy(&rules, "standard");
    let arrival = "Mon 2026-11-23 11:30";
    assert!(RULES.contains(&format!("arrives on {arrival} is due at 15:30")));
    let deadlines = policy
        .deadlines(calendar, local(arrival), false)
        .expect("deadlines");
    let clocks = [
        (
            Clock::Acknowledge,
            Some(deadlines.acknowledge_due),
            "response",
        ),
        (Clock::Answer, deadlines.answer_due, "answer"),
    ];
    let mut ladder = Vec::new();
    for (clock, due, word) in clocks {
        let due = due.expect("both clocks run");
        let rungs = policy.ladder(calendar, clock, deadlines.start, due);
        for rung in rungs.expect("a ladder") {
            let what = rung.stage.to_string().replace(" (answer)", "");
            ladder.push(vec![word.to_owned(), what, written(rung.at)]);
        }
    }
    let told: Vec<Vec<String>> = rows(RULES, "| clock | what | when |")
        .into_iter()
        .map(|row| {
            vec![
                row[0].clone(),
                row[1].replace("1h30m", "90m"),
                row[2].clone(),
            ]
        })
        .collect();
    for rung in &mut ladder {
        rung[1] = rung[1].replace("1h30m", "90m");
    }
    assert_eq!(told, ladder);
}

/// The verdict on a message that a row shows by its header fields.
fn verdict(rules: &Rules, cell: &str) -> Verdict {
    let fields: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    let mut header = fields.join("\r\n");
    if !cell.contains("`To: ") {
        header.push_str("\r\nTo: clients@northwind.example");
    }
    header.push_str(
        "\r\nMessage-ID: <1@mail.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n",
    );
    let text: &[u8] = b"Hello, could you look into this for us? Thank you.\r\n";
    judge(
        &MessageFacts::parse(header.as_bytes(), Some(text)),
        None,
        rules,
    )
}

/// What a table says of a verdict.
type Holds = fn(&Verdict) -> bool;

#[test]
fn the_messages_of_the_rules_are_judged_as_they_say() {
    let rules = rules();
    let tables: [(&str, Holds); 3] = [
        ("| message | opens a case", |verdict| verdict.opens_case),
        ("| message | urgent", |verdict| verdict.urgent),
        ("| message | stops", |verdict| verdict.stops_clock),
    ];
    for (head, holds) in tables {
        for row in rows(RULES, head) {
            let verdict = verdict(&rules, &row[0]);
            let expected = bool::from_str(&row[1].replace("yes", "true").replace("no", "false"));
            let expected = expected.expect("yes or no");
            assert_eq!(holds(&verdict), expected, "{row:?}: {:?}", verdict.reasons);
        }
    }
}
