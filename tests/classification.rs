//! The yardstick of judgement: real mail, labelled by others. The samples are not part of the
//! project: set `ACKD_CORPUS` to the folder that holds `labels.tsv` and `mail/`, else these
//! tests say that they skip.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use ackd::clock::{Clock, SystemClock};
use ackd::domain::address::{Address, AddressPattern};
use ackd::domain::classify::{Kind, Sender, Verdict, judge, kind_needs_text, needs_text};
use ackd::domain::facts::MessageFacts;
use ackd::domain::ids::{ClientKey, PolicyName};
use ackd::domain::rules::{AcknowledgeLimits, Client, Mode, RuleParts, Rules, Team};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ACKD_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ACKD_CORPUS names no folder");
    }
    folder
}

fn rules() -> Rules {
    rules_between(AddressPattern::Domain("acme.example".into()), None)
}

/// The rules of a team at these addresses with one client.
fn rules_between(client: AddressPattern, team: Option<&Address>) -> Rules {
    let key = ClientKey::new("acme");
    let client = Client {
        key: key.clone(),
        name: "Acme".into(),
        patterns: vec![client],
        owners: Vec::new(),
        backups: Vec::new(),
        policy: PolicyName::new("standard"),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: false,
        urgent_words: Vec::new(),
    };
    Rules::new(RuleParts {
        mode: Mode::Observe,
        team: Team {
            patterns: team
                .cloned()
                .map(AddressPattern::Address)
                .into_iter()
                .collect(),
            ..Team::default()
        },
        clients: BTreeMap::from([(key, client)]),
        policies: BTreeMap::new(),
        calendars: BTreeMap::new(),
        mailboxes: BTreeMap::new(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    })
}

/// A message as a mailbox or a file holds it.
struct Sample {
    bytes: Vec<u8>,
}

impl Sample {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a corpus file can be read");
        Self { bytes }
    }

    fn header(&self) -> MessageFacts {
        let (header, _) = MessageFacts::split(&self.bytes);
        MessageFacts::parse(header, None)
    }

    fn whole(&self) -> MessageFacts {
        let (header, body) = MessageFacts::split(&self.bytes);
        MessageFacts::parse(header, Some(body))
    }

    /// Judged as the daemon does: by the header first, with the text only if that asks for it.
    fn judged_in_steps(&self, rules: &Rules) -> Verdict {
        let mut facts = self.header();
        if needs_text(&facts, rules) {
            facts = self.whole();
        }
        judge(&facts, None, rules)
    }
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

/// The kinds that are right for a label; empty: not scored.
fn right(label: &str, sublabel: &str) -> &'static [Kind] {
    match (label, sublabel) {
        ("human", _) => &[Kind::Human],
        ("auto_reply", _) => &[Kind::AutoReply],
        ("bounce", _) => &[Kind::Bounce],
        ("mailing_list", _) => &[Kind::MailingList],
        ("newsletter", _) => &[Kind::Bulk],
        ("calendar", _) => &[Kind::Calendar],
        ("other", "feedback_report") => &[Kind::Bounce, Kind::Notification],
        ("other", sublabel) if sublabel.starts_with("notification") => &[Kind::Notification],
        _ => &[],
    }
}

/// The most of a label that may be taken for a person's mail, in percent or in files.
fn bar(label: &str, files: usize) -> usize {
    match label {
        "bounce" => files / 100,
        "auto_reply" => 2,
        "calendar" => 0,
        "mailing_list" => files * 4 / 100,
        "newsletter" => files * 20 / 100,
        "other" => files * 40 / 100,
        _ => files,
    }
}

#[derive(Default)]
struct Score {
    files: usize,
    human: usize,
    right: usize,
    wrong: Vec<String>,
}

/// As `ackd explain` judges the mail of strangers, whose text it reads always.
#[test]
fn people_stay_people_and_machines_do_not_pass_for_them() {
    let Some(folder) = corpus() else { return };
    let rules = rules();
    let scores = scores(&folder, |sample| judge(&sample.whole(), None, &rules));
    println!("as mail of strangers, addressed to others");
    print_scores(&scores);
    check_bars(&scores);
}

/// The same mail as if each came from a client to us, judged as the daemon does: here a person's
/// mail must not be lost, and words count for little.
#[test]
fn from_a_client_to_us_people_stay_people() {
    let Some(folder) = corpus() else { return };
    let scores = scores(&folder, |sample| {
        sample.judged_in_steps(&rules_as_a_clients(&sample.header()))
    });
    println!("as mail of a client to us");
    print_scores(&scores);
    check_bars(&scores);
}

/// The same mail as if each came from a colleague to a client: what a person wrote is an answer,
/// what a machine sent stops no clock.
#[test]
fn from_a_colleague_to_a_client_people_answer_and_machines_do_not() {
    let Some(folder) = corpus() else { return };
    let mut answers: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in table(&folder.join("labels.tsv")) {
        let sample = Sample::read(&folder.join(&row["file"]));
        let verdict = sample.judged_in_steps(&rules_as_the_teams(&sample.header()));
        let scored = !right(&row["label"], &row["sublabel"]).is_empty();
        if !scored || verdict.addressed.is_empty() {
            continue;
        }
        let (files, stop) = answers.entry(row["label"].clone()).or_default();
        *files += 1;
        *stop += usize::from(verdict.stops_clock);
        if row["label"] == "human" && !verdict.stops_clock {
            println!("  no answer: {}: {:?}", row["file"], verdict.reasons);
        }
    }
    println!("as mail of a colleague to a client, taken for an answer");
    for (label, (files, stop)) in &answers {
        println!("{label:<14}{files:>7}{stop:>10}");
    }
    for (label, (files, stop)) in answers {
        match label.as_str() {
            "human" => assert!(100 * stop >= 98 * files, "{stop} of {files} people answer"),
            _ => assert!(stop <= bar(&label, files), "{label}: {stop} of {files}"),
        }
    }
}

/// The rules by which a mail came from a client, and its first other recipient is the team.
fn rules_as_a_clients(facts: &MessageFacts) -> Rules {
    let client = author_of(facts);
    let us = facts.recipients().find(|address| **address != client);
    rules_between(AddressPattern::Address(client.clone()), us)
}

/// The rules by which a mail came from the team, and its first other recipient is a client.
fn rules_as_the_teams(facts: &MessageFacts) -> Rules {
    let team = author_of(facts);
    let other = facts.recipients().find(|address| **address != team);
    let nobody = Address::parse("nobody@acme.example").expect("a valid address");
    let client = other.cloned().unwrap_or(nobody);
    rules_between(AddressPattern::Address(client), Some(&team))
}

fn author_of(facts: &MessageFacts) -> Address {
    let nobody = Address::parse("nobody@acme.example").expect("a valid address");
    let author = facts.from.first().map(|author| author.address.clone());
    author.unwrap_or(nobody)
}

/// What the daemon does not fetch must not matter, whichever way a mail went.
#[test]
fn the_header_first_comes_to_the_same_as_the_whole() {
    let Some(folder) = corpus() else { return };
    let (mut judged, mut fetched) = (0, 0);
    for row in table(&folder.join("labels.tsv")) {
        let sample = Sample::read(&folder.join(&row["file"]));
        let (header, whole) = (sample.header(), sample.whole());
        for rules in [rules_as_a_clients(&header), rules_as_the_teams(&header)] {
            let expected = judge(&whole, None, &rules);
            // On mail without an author, or to nobody, nothing hangs.
            let between = expected.sender == Sender::Client || !expected.addressed.is_empty();
            if !between {
                continue;
            }
            assert_eq!(sample.judged_in_steps(&rules), expected, "{}", row["file"]);
            if !kind_needs_text(&header, &rules) {
                let kind = judge(&header, None, &rules).kind;
                assert_eq!(kind, expected.kind, "{}", row["file"]);
            }
            judged += 1;
            fetched += usize::from(needs_text(&header, &rules));
        }
    }
    println!("the text of {fetched} of {judged} mails would be fetched");
}

/// Judges every scored file.
fn scores(folder: &Path, judged: impl Fn(&Sample) -> Verdict) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for row in table(&folder.join("labels.tsv")) {
        let (label, sublabel) = (&row["label"], &row["sublabel"]);
        let kinds = right(label, sublabel);
        if kinds.is_empty() {
            continue;
        }
        let verdict = judged(&Sample::read(&folder.join(&row["file"])));
        let score = scores.entry(label.clone()).or_default();
        score.files += 1;
        score.human += usize::from(verdict.kind == Kind::Human);
        if kinds.contains(&verdict.kind) {
            score.right += 1;
        } else {
            let reason = &verdict.reasons[0];
            score.wrong.push(format!(
                "{} {sublabel}: {} by {} ({})",
                row["file"],
                verdict.kind.as_str(),
                reason.rule,
                reason.evidence
            ));
        }
    }
    scores
}

fn print_scores(scores: &BTreeMap<String, Score>) {
    println!(
        "{:<14}{:>7}{:>10}{:>9}{:>9}{:>8}",
        "label", "files", "as human", "percent", "bar", "right"
    );
    for (label, score) in scores {
        let bar = match label.as_str() {
            "human" => format!(">= {}", score.files - score.files / 100),
            _ => format!("<= {}", bar(label, score.files)),
        };
        println!(
            "{label:<14}{:>7}{:>10}{:>9.1}{bar:>9}{:>8}",
            score.files,
            score.human,
            percent(score.human, score.files),
            score.right
        );
    }
    let files: usize = scores.values().map(|score| score.files).sum();
    let right: usize = scores.values().map(|score| score.right).sum();
    println!(
        "exact kind: {right} of {files}, {:.1} % (bar: 92 %)",
        percent(right, files)
    );
    for (label, score) in scores {
        for wrong in &score.wrong {
            println!("  {label}: {wrong}");
        }
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn check_bars(scores: &BTreeMap<String, Score>) {
    for (label, score) in scores {
        if label == "human" {
            let kept = percent(score.human, score.files);
            assert!(
                kept >= 99.0,
                "only {kept:.1} % of people's mail stays human"
            );
        } else {
            let most = bar(label, score.files);
            assert!(
                score.human <= most,
                "{label}: {} pass for human, {most} may",
                score.human
            );
        }
    }
    let files: usize = scores.values().map(|score| score.files).sum();
    let right: usize = scores.values().map(|score| score.right).sum();
    let exact = percent(right, files);
    assert!(exact >= 92.0, "only {exact:.1} % have the exact kind");
}

/// The header of an ordinary answer, with what servers add on its way.
const MODERN: &str = "Return-Path: <bob@acme.example>\r\nDelivered-To: alice@northwind.example\r\nReceived: from mail.acme.example (mail.acme.example [192.0.2.1])\r\n\tby mx.northwind.example with ESMTPS id 4711\r\n\tfor <alice@northwind.example>; Mon, 2 Mar 2026 09:00:01 +0000\r\nAuthentication-Results: mx.northwind.example;\r\n\tdkim=pass header.d=acme.example;\r\n\tspf=pass smtp.mailfrom=acme.example;\r\n\tdmarc=pass (p=none) header.from=acme.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; bh=abc; b=def\r\nFrom: Bob Smith <bob@acme.example>\r\nTo: Alice <alice@northwind.example>\r\nCc: Carl <carl@northwind.example>\r\nSubject: Re: The printer on the second floor does not print\r\nThread-Topic: The printer\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nMessage-ID: <17.4711@acme.example>\r\nIn-Reply-To: <16@northwind.example>\r\nReferences: <15@acme.example> <16@northwind.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\nX-Mailer: Mailer 16.0\r\n\r\n";

/// By hand: `cargo test --release --test classification -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_judgement_takes_microseconds() {
    const ROUNDS: i32 = 100_000;
    let rules = rules();
    let facts = MessageFacts::parse(MODERN.as_bytes(), None);
    let start = SystemClock.now();
    for _ in 0..ROUNDS {
        black_box(MessageFacts::parse(black_box(MODERN.as_bytes()), None));
    }
    let read = SystemClock.now();
    for _ in 0..ROUNDS {
        black_box(judge(black_box(&facts), None, &rules));
    }
    let nanoseconds = |span: chrono::TimeDelta| span.num_nanoseconds().unwrap_or_default();
    println!("read: {} ns", nanoseconds(read - start) / i64::from(ROUNDS));
    let judged = SystemClock.now() - read;
    println!("judged: {} ns", nanoseconds(judged) / i64::from(ROUNDS));
}
