//! Stories of explaining: what `ackd explain` says of a message file.

use std::collections::BTreeMap;

use super::*;
use crate::domain::address::AddressPattern;
use crate::domain::ids::{ClientKey, PolicyName};
use crate::domain::rules::{AcknowledgeLimits, Client, Mode, RuleParts, Team};

fn rules() -> Rules {
    Rules::new(parts())
}

/// Acme is a client; its policy is left out, so that no deadline can be named.
fn parts() -> RuleParts {
    let acme = Client {
        key: ClientKey::new("acme"),
        name: "Acme".into(),
        patterns: vec![AddressPattern::Domain("acme.example".into())],
        owners: Vec::new(),
        backups: Vec::new(),
        policy: PolicyName::new("standard"),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: false,
        urgent_words: Vec::new(),
    };
    RuleParts {
        mode: Mode::Observe,
        team: Team {
            patterns: vec![AddressPattern::Domain("northwind.example".into())],
            ..Team::default()
        },
        clients: BTreeMap::from([(acme.key.clone(), acme)]),
        policies: BTreeMap::new(),
        calendars: BTreeMap::new(),
        mailboxes: BTreeMap::new(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    }
}

fn explained(messages: &[&str], json: bool, received: Option<&str>) -> (u8, String, String) {
    explained_by(&rules(), messages, json, received)
}

fn explained_by(
    rules: &Rules,
    messages: &[&str],
    json: bool,
    received: Option<&str>,
) -> (u8, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<PathBuf> = (0..)
        .map(|n| folder.path().join(format!("{n}.eml")))
        .take(messages.len())
        .collect();
    for (file, message) in files.iter().zip(messages) {
        if !message.is_empty() {
            std::fs::write(file, message.replace('\n', "\r\n")).expect("a file");
        }
    }
    let arguments = ExplainArguments {
        files,
        received: received.map(|text| parse_moment(text).expect("a moment")),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(rules, &arguments, json, &mut out, &mut err);
    let prefix = format!("{}/", folder.path().display());
    let text = |bytes| String::from_utf8(bytes).expect("text").replace(&prefix, "");
    (code, text(out), text(err))
}

const FROM_BOB: &str = "From: Bob <Bob@Acme.example>\nTo: alice@northwind.example\nSubject: Printer\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <1@acme.example>\n\nIt does not print.\n";
const ANSWER: &str = "From: alice@northwind.example\nTo: bob@acme.example\nSubject: Re: Printer\nDate: Mon, 2 Mar 2026 11:00:00 +0100\nMessage-ID: <2@northwind.example>\n\nNow it does.\n";

#[test]
fn each_message_is_one_line_of_json_with_every_key_in_order() {
    let (code, out, err) = explained(&[FROM_BOB, ANSWER], true, None);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        concat!(
            r#"{"file":"0.eml","message_id":"1@acme.example","from":"bob@acme.example","#,
            r#""from_name":"Bob","subject":"Printer","date":"2026-03-02T09:00:00Z","#,
            r#""received_at":"2026-03-02T09:00:00Z","received_from":"date-header","#,
            r#""kind":"human","sender":"client","client":"acme","opens_case":true,"#,
            r#""may_acknowledge":true,"stops_clock":false,"stops":[],"urgent":false,"#,
            r#""reasons":[{"rule":"no-automatic-sign","evidence":"nothing in it says that a program wrote it"},"#,
            r#"{"rule":"client-author","evidence":"From: bob@acme.example"}],"due_at":null,"oddities":[]}"#,
        )
    );
    assert!(
        lines[1].contains(r#""sender":"team","client":"acme""#),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains(r#""stops_clock":true,"stops":["acknowledge","answer"]"#));
}

#[test]
fn the_arrival_can_be_said() {
    let (_, out, _) = explained(&[FROM_BOB], true, Some("2026-03-03T08:00:00+01:00"));
    let said = r#""received_at":"2026-03-03T07:00:00Z","received_from":"option""#;
    assert!(out.contains(said), "{out}");
    assert!(parse_moment("yesterday").is_err());
    assert!(parse_moment("9900-12-31T23:59:59Z").is_ok());
    let too_late = parse_moment("9999-12-31T23:59:59Z").expect_err("no year of ours");
    assert_eq!(too_late, "expected a year from 1 to 9900");
}

#[test]
fn a_missing_file_is_named_and_the_others_are_judged() {
    let (code, out, err) = explained(&["", FROM_BOB], true, None);
    assert_eq!(code, 1);
    assert!(
        err.starts_with("cannot read message file \"0.eml\": "),
        "{err}"
    );
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn without_a_date_the_last_server_tells_the_arrival_else_it_is_now() {
    let relayed = "Received: by mx; Mon, 2 Mar 2026 10:00:00 +0100\nFrom: bob@acme.example\nDate: yesterday\n\nHi\n";
    let (code, out, err) = explained(&[relayed], true, None);
    assert_eq!((code, err.as_str()), (0, ""));
    let arrival =
        r#""date":null,"received_at":"2026-03-02T09:00:00Z","received_from":"date-header""#;
    assert!(out.contains(arrival), "{out}");
    assert!(out.contains("no_arrival_time"), "{out}");
    for sender in ["bob@acme.example", "eve@evil.test"] {
        let undated = format!("From: {sender}\n\nHi\n");
        let before = SystemClock.now() - chrono::Duration::seconds(1);
        let (code, out, err) = explained(&[&undated], true, None);
        assert_eq!((code, err.as_str()), (0, ""));
        let line: serde_json::Value = serde_json::from_str(&out).expect("a line of JSON");
        let now = parse_moment(line["received_at"].as_str().expect("a text")).expect("a moment");
        assert!(before <= now && now <= SystemClock.now(), "{out}");
        assert_eq!(line["received_from"], "date-header", "{out}");
        assert!(out.contains("no_arrival_time"), "{out}");
        let (_, out, _) = explained(&[&undated], false, None);
        assert!(out.contains("(a guess: it has no usable Date)"), "{out}");
    }
}

#[test]
fn the_text_is_read_only_where_the_daemon_would_read_it() {
    let long = "thanks ".repeat(2) + "\n> " + &"old ".repeat(9_000);
    let short = FROM_BOB.replace("Printer", "Re: Printer");
    let thanks = short.replace("It does not print.", "Thanks!");
    let (_, out, _) = explained(&[&thanks], true, None);
    assert!(out.contains(r#""rule":"thanks""#), "{out}");
    let (_, out, _) = explained(&[&thanks.replace("Thanks!", &long)], true, None);
    assert!(!out.contains(r#""rule":"thanks""#), "{out}");
}

#[test]
fn nothing_in_a_message_turns_the_writing_of_the_terminal() {
    let turned = FROM_BOB
        .replace("Printer", "Pay \u{202e}gpj.exe")
        .replace("From: Bob", "From: B\u{2066}ob");
    let (_, out, _) = explained(&[&turned], false, None);
    assert!(!out.contains(['\u{202e}', '\u{2066}']), "{out:?}");
}

/// A team behind a list of its own, with a server that checks signatures.
fn guarded() -> RuleParts {
    let mut parts = parts();
    let list = crate::domain::address::Address::parse("clients@northwind.example");
    parts.team.own_lists = list.into_iter().collect();
    parts.team.auth_servers = vec!["mx.northwind.example".into()];
    parts.team.urgent_words = vec!["urgent".into()];
    parts
}

#[test]
fn mail_through_our_own_list_is_explained_by_its_author_and_its_signature() {
    let relayed = "Authentication-Results: mx.northwind.example; dmarc=fail\nAuthentication-Results: evil.test; dmarc=pass\nList-Id: <clients.northwind.example>\nFrom: \"'Bob' via Clients\" <clients@northwind.example>\nX-Original-From: Bob <bob@acme.example>\nTo: clients@northwind.example\nSubject: Urgent: printer\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <3@acme.example>\n\nHi\n";
    let rules = Rules::new(guarded());
    let (_, out, _) = explained_by(&rules, &[relayed], false, None);
    insta::assert_snapshot!(out);
    let (_, out, _) = explained_by(&rules, &[relayed], true, None);
    insta::assert_snapshot!(out);
}

#[test]
fn who_only_sounds_like_a_client_is_a_stranger_in_the_explanation_too() {
    for from in [
        "\"Bob <bob@acme.example>\" <eve@evil.test>",
        "bob@acme.example.evil.test",
        "bob@\u{430}cme.example",
        "eve@evil.test\nX-Original-From: bob@acme.example\nList-Id: <clients.northwind.example>",
    ] {
        let forged = FROM_BOB.replace("Bob <Bob@Acme.example>", from);
        let (_, out, _) = explained_by(&Rules::new(guarded()), &[&forged], true, None);
        assert!(
            out.contains(r#""sender":"stranger","client":null"#),
            "{out}"
        );
        assert!(
            out.contains(r#""opens_case":false,"may_acknowledge":false"#),
            "{out}"
        );
    }
}

#[test]
fn thanks_are_explained_and_one_setting_makes_them_mail_like_any_other() {
    let thanks = FROM_BOB
        .replace("Printer", "Re: Printer")
        .replace("It does not print.", "Thanks!");
    let (_, out, _) = explained(&[&thanks], false, None);
    let reason = "thanks: a short text that asks for nothing: after an answer it opens no case";
    assert!(out.contains(reason), "{out}");
    let mut parts = parts();
    parts.team.thanks_open_case = true;
    let (_, out, _) = explained_by(&Rules::new(parts), &[&thanks], false, None);
    assert!(!out.contains("thanks"), "{out}");
}

#[test]
fn a_newsletter_is_one_whoever_sends_it() {
    let news = "Content-Type: text/html\nFrom: Shop <shop@SENDER>\nTo: alice@northwind.example\nX-Mailer: PHPMailer 6.1\nSubject: News\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nMessage-ID: <4@x.example>\n\n<p>News</p><a href=\"https://x.example/u\">Unsubscribe</a>\n";
    for sender in ["acme.example", "elsewhere.example"] {
        let (_, out, _) = explained(&[&news.replace("SENDER", sender)], true, None);
        let kind = r#""kind":"bulk""#;
        assert!(out.contains(kind), "{out}");
        let reason =
            r#"{"rule":"bulk-text","evidence":"text: \"Unsubscribe https://x.example/u\""}"#;
        assert!(out.contains(reason), "{out}");
    }
}

#[test]
fn people_can_read_it() {
    let (_, out, _) = explained(&[FROM_BOB], false, None);
    let expected = "\
0.eml
  from             Bob <bob@acme.example> (client acme)
  subject          Printer
  message id       1@acme.example
  received         2026-03-02T09:00:00Z (by its Date header)
  kind             human
  opens a case     yes
  may acknowledge  yes
  stops a clock    no
  urgent           no
  because          no-automatic-sign: nothing in it says that a program wrote it
  because          client-author: From: bob@acme.example
";
    assert_eq!(out, expected);
}
