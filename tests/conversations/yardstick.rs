//! The yardstick of conversations: real mail whose threads are known. The samples are not part
//! of the project: set `ACKD_CORPUS` to the folder that holds `threads.tsv`, else these tests
//! say that they skip.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ackd::domain::address::AddressPattern;
use ackd::domain::facts::{FolderRole, MessageFacts};
use ackd::domain::ids::MessageId;
use ackd::domain::time::Timestamp;

use crate::desk::{Copy, Desk, rules};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ACKD_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ACKD_CORPUS names no folder");
    }
    folder
}

/// A mail of the corpus.
struct Sample {
    file: String,
    group: String,
    how: How,
    names: BTreeSet<String>,
    id: String,
    copy: Copy,
}

/// What the group of a sample rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Headers,
    Quotes,
    Unknown,
}

fn samples(folder: &Path) -> Vec<Sample> {
    let text = std::fs::read_to_string(folder.join("threads.tsv")).expect("a corpus table");
    let mut samples: Vec<Sample> = text
        .lines()
        .skip(1)
        .map(|row| sample(folder, row))
        .collect();
    samples.sort_by_key(|sample| sample.copy.received_at);
    samples
}

fn sample(folder: &Path, row: &str) -> Sample {
    let cells: Vec<&str> = row.split('\t').collect();
    let [file, group, id, in_reply_to, references, _, date, _, how, _] = cells[..] else {
        panic!("a row of ten cells: {row}");
    };
    let message = std::fs::read(folder.join(file)).expect("a corpus file");
    let (header, body) = MessageFacts::split(&message);
    let mut facts = MessageFacts::parse(header, Some(body));
    // Whether a program wrote it is another yardstick's matter.
    facts.fields.clear();
    facts.parts.clear();
    facts.sender = None;
    facts.reply_to.clear();
    while let Some((_, subject)) = facts.subject.split_once("] ")
        && facts.subject.starts_with('[')
    {
        facts.subject = subject.to_owned();
    }
    let received_at = date.parse::<Timestamp>().ok().or(facts.date);
    Sample {
        file: file.to_owned(),
        group: group.to_owned(),
        how: match how {
            "headers" | "root" => How::Headers,
            how if how.starts_with("no reply headers") || how.starts_with("root (") => How::Quotes,
            _ => How::Unknown,
        },
        names: format!("{in_reply_to} {references}")
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        id: id.to_owned(),
        copy: Copy {
            mailbox: "clients",
            role: FolderRole::Inbox,
            received_at: received_at.unwrap_or_default(),
            answered: false,
            facts,
        },
    }
}

/// Sees all mail as one client's and returns the case of each, by place.
fn cases_of(copies: &[Copy]) -> BTreeMap<usize, u64> {
    let authors = copies.iter().flat_map(|copy| &copy.facts.from);
    let patterns = authors
        .map(|author| AddressPattern::Address(author.address.clone()))
        .collect();
    let last = copies.iter().map(|copy| copy.received_at).max();
    let mut desk = Desk::new(
        rules(vec![], &[("everybody", patterns)]),
        last.expect("some mail"),
    );
    desk.rules = with_thanks(&desk);
    for batch in copies.chunks(5) {
        // Seen as it comes: by its lines only mail of the last weeks is found.
        let newest = batch.iter().map(|copy| copy.received_at).max();
        desk.now = newest.expect("some mail");
        desk.see(batch);
    }
    let mut cases = BTreeMap::new();
    for case in desk.cases() {
        for holder in case.holders() {
            // The first copy seen got the first number.
            cases.insert(holder.uid as usize - 1, case.id.0);
        }
    }
    cases
}

/// Here a thanks is a mail like others.
fn with_thanks(desk: &Desk) -> ackd::domain::rules::Rules {
    let mut rules = desk.rules.clone();
    rules.team.thanks_open_case = true;
    rules
}

#[test]
fn real_conversations_are_put_together() {
    let Some(folder) = corpus() else { return };
    let samples = samples(&folder);
    let copies: Vec<Copy> = samples.iter().map(|sample| sample.copy.clone()).collect();
    let cases = cases_of(&copies);
    let lost: Vec<&str> = (0..samples.len())
        .filter(|at| !cases.contains_key(at))
        .map(|at| samples[at].file.as_str())
        .collect();
    println!("{} mails open no case: {lost:?}", lost.len());
    let mut apart = Vec::new();
    let mut by_headers = 0;
    for (at, sample) in samples.iter().enumerate() {
        for (other, named) in samples.iter().enumerate() {
            if at != other && sample.names.contains(&named.id) {
                by_headers += 1;
                if !cases.contains_key(&at) || cases.get(&at) != cases.get(&other) {
                    apart.push(format!("{} names {}", sample.file, named.file));
                }
            }
        }
    }
    println!(
        "{} mails in {} cases",
        samples.len(),
        cases.values().collect::<BTreeSet<_>>().len()
    );
    println!(
        "{} of {by_headers} pairs that name one another are apart",
        apart.len()
    );
    for pair in &apart {
        println!("  {pair}");
    }
    let (mut right, mut wrong, mut all) = (0, 0, 0);
    for (at, sample) in samples.iter().enumerate() {
        let is_answer = sample.how == How::Quotes && sample.copy.facts.in_reply_to.is_empty();
        for (other, mate) in samples.iter().enumerate() {
            let counted = at < other || mate.how != How::Quotes;
            if at == other || !is_answer || mate.how == How::Unknown || !counted {
                continue;
            }
            let same_group = sample.group == mate.group;
            let same_case = cases.contains_key(&at) && cases.get(&at) == cases.get(&other);
            all += usize::from(same_group);
            right += usize::from(same_case && same_group);
            if same_case && !same_group {
                wrong += 1;
                println!(
                    "  glued: {} {} {}",
                    sample.file, mate.file, mate.copy.facts.subject
                );
            }
        }
    }
    let precision = 100.0 * f64::from(right as u32) / f64::from((right + wrong).max(1) as u32);
    let recall = 100.0 * f64::from(right as u32) / f64::from(all.max(1) as u32);
    println!(
        "without reply headers: {right} pairs right, {wrong} wrong, {all} there are: \
         precision {precision:.1} %, recall {recall:.1} %"
    );
    assert!(apart.is_empty(), "mails that name one another are apart");
    assert!(precision >= 98.0, "strangers are glued together");
    assert!(recall >= 60.0, "too few answers are recognised");
}

/// Mailboxes of other products' tests, as far as a conversation there is one here: what is
/// connected by Message-IDs is one thread, whatever the tree within it.
/// Mailboxes of other products' tests, as far as a conversation there is one here: what is
/// connected by Message-IDs is one thread, whatever the tree within it.
#[test]
fn other_products_agree_on_what_is_one_thread() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read_to_string(folder.join("thread_algorithms.json")).expect("a file");
    let boxes: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let mut compared = 0;
    for mailbox in &boxes {
        let source = mailbox["source"].as_str().unwrap_or_default();
        let messages = mailbox["messages"].as_array().expect("messages");
        let Some(expected) = expected_threads(mailbox) else {
            println!("left out: {source}");
            continue;
        };
        let copies: Vec<Copy> = messages.iter().enumerate().map(table_copy).collect();
        let found: BTreeSet<u64> = cases_of(&copies).into_values().collect();
        println!("{source}: {} threads, {expected} expected", found.len());
        assert_eq!(found.len(), expected, "{source}");
        compared += 1;
    }
    assert!(compared >= 4, "only {compared} mailboxes compared");
}

/// How many threads there are, by an IMAP THREAD response (RFC 5256) or a count of roots.
/// `None` where a thread there is none here: by subjects, or with ids that name one another in
/// a circle, which THREAD cuts apart.
fn expected_threads(mailbox: &serde_json::Value) -> Option<usize> {
    if let Some(roots) = mailbox["expect_roots"].as_u64() {
        return usize::try_from(roots).ok();
    }
    let response = mailbox["expect_thread_response"].as_str()?;
    let messages = mailbox["messages"].as_array()?;
    let names = |one: &serde_json::Value, other: &serde_json::Value| {
        let named = one["references"].as_str().unwrap_or_default();
        other["message_id"]
            .as_str()
            .is_some_and(|id| named.contains(id))
    };
    let circle = messages.iter().any(|one| {
        let mut others = messages.iter();
        others.any(|other| names(one, other) && names(other, one))
    });
    let subjects = messages.iter().any(|message| !message["subject"].is_null());
    if mailbox["algorithm"] != "REFERENCES" || subjects || circle {
        return None;
    }
    let (mut depth, mut threads) = (0, 0);
    for c in response.chars() {
        threads += usize::from(c == '(' && depth == 0);
        depth += i32::from(c == '(') - i32::from(c == ')');
    }
    Some(threads)
}

fn table_copy((at, message): (usize, &serde_json::Value)) -> Copy {
    let ids = |name: &str| -> Vec<MessageId> {
        let text = message[name].as_str().unwrap_or_default();
        text.split_whitespace()
            .filter_map(MessageId::parse)
            .collect()
    };
    let author = ackd::domain::address::Address::parse("bea@acme.example").expect("an address");
    let received_at = "2026-11-23T08:00:00Z"
        .parse::<Timestamp>()
        .expect("a moment");
    let received_at = received_at + chrono::Duration::minutes(at as i64);
    Copy {
        mailbox: "clients",
        role: FolderRole::Inbox,
        received_at,
        answered: false,
        facts: MessageFacts {
            message_id: ids("message_id").into_iter().next(),
            in_reply_to: ids("in_reply_to"),
            references: ids("references"),
            from: vec![ackd::domain::address::Author {
                address: author,
                name: None,
            }],
            subject: format!("Mail {at}"),
            date: Some(received_at),
            ..MessageFacts::default()
        },
    }
}
