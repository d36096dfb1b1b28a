//! Stories of the rules: one message each, told by its header. Here: who wrote to whom, and
//! the three answers; [`content`]: what kind of
//! mail it is and what it says; [`people`]: who must never be taken for a machine; [`mailings`]:
//! newsletters, programs' notifications, and the automatic signs other systems know;
//! [`own_lists`]: the team's own list in front of its mailbox; [`bystanders`]: what words and
//! bystanding fields do not tell; [`persons`]: what shows that a person wrote; [`forms`], [`reports`]
//! and [`enclosures`]: what they are told by; [`answers`]: what of the team's is none; [`bodies`]:
//! when the header alone is not enough; [`passed_on`]: what our own side adds on the way;
//! [`letters`]: letters that look like newsletters; [`results`]: what a trusted server found;
//! [`offices`]: addresses that several people share; [`thanks`]: a short thanks to somebody.

mod answers;
mod bodies;
mod bystanders;
mod content;
mod enclosures;
mod forms;
mod letters;
mod mailings;
mod offices;
mod own_lists;
mod passed_on;
mod people;
mod persons;
mod reports;
mod results;
mod thanks;

use std::collections::BTreeMap;

use super::super::address::{Address, AddressPattern};
use super::super::facts::{FolderRole, MessageFacts};
use super::super::ids::{ClientKey, MailboxName, PolicyName};
use super::super::rules::{AcknowledgeLimits, Client, MailboxRules, Mode, RuleParts, Rules, Team};
use super::{Kind, Sender, Verdict, judge};

fn address(text: &str) -> Address {
    Address::parse(text).expect("a valid address")
}

fn client(key: &str, patterns: Vec<AddressPattern>) -> (ClientKey, Client) {
    let client = Client {
        key: ClientKey::new(key),
        name: key.to_owned(),
        patterns,
        owners: Vec::new(),
        backups: Vec::new(),
        policy: PolicyName::new("standard"),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: key == "vip",
        urgent_words: vec!["server down".into()],
    };
    (client.key.clone(), client)
}

fn parts() -> RuleParts {
    RuleParts {
        mode: Mode::Full,
        team: Team {
            patterns: vec![AddressPattern::Domain("northwind.example".into())],
            own_lists: vec![address("clients@northwind.example")],
            auth_servers: vec!["mx.northwind.example".into()],
            urgent_words: vec![
                "urgent".into(),
                "dringend".into(),
                "至急".into(),
                "STRASSE".into(),
            ],
            ..Team::default()
        },
        clients: BTreeMap::from([
            client(
                "acme",
                vec![
                    AddressPattern::Domain("acme.example".into()),
                    AddressPattern::Subdomains("acme.example".into()),
                ],
            ),
            client(
                "vip",
                vec![AddressPattern::Address(address("boss@freemail.example"))],
            ),
        ]),
        policies: BTreeMap::new(),
        calendars: BTreeMap::new(),
        mailboxes: BTreeMap::from([(
            MailboxName::new("studio"),
            MailboxRules {
                address: Some(address("northwind.studio@freemail.example")),
                start_from: None,
            },
        )]),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    }
}

fn rules() -> Rules {
    Rules::new(parts())
}

/// A plain mail from Bob of Acme to the team, with these fields more (or in place of the usual).
fn mail(fields: &str) -> MessageFacts {
    mail_with_text(fields, None)
}

fn mail_with_text(fields: &str, body: Option<&str>) -> MessageFacts {
    let usual = [
        ("from", "From: Bob <bob@acme.example>"),
        ("to", "To: alice@northwind.example"),
        ("subject", "Subject: Printer"),
        ("date", "Date: Mon, 2 Mar 2026 09:00:00 +0000"),
        ("message-id", "Message-ID: <1@acme.example>"),
    ];
    let lower = fields.to_lowercase();
    let mut header = String::new();
    for (name, line) in usual {
        let given = lower
            .lines()
            .any(|own| own.starts_with(&format!("{name}:")));
        if !given {
            header.push_str(line);
            header.push_str("\r\n");
        }
    }
    header.push_str(&fields.replace('\n', "\r\n"));
    header.push_str("\r\n\r\n");
    MessageFacts::parse(header.as_bytes(), body.map(str::as_bytes))
}

fn verdict(fields: &str) -> Verdict {
    judge(&mail(fields), None, &rules())
}

/// Whether it is a person's mail that opens a case.
fn is_a_persons(verdict: &Verdict, what: &str) {
    assert_eq!(verdict.kind, Kind::Human, "{what}: {:?}", verdict.reasons);
    assert!(verdict.opens_case, "{what}: {:?}", verdict.reasons);
}

fn because(verdict: &Verdict, rule: &str) -> bool {
    verdict.reasons.iter().any(|reason| reason.rule == rule)
}

#[test]
fn a_clients_mail_opens_a_case_and_may_be_acknowledged() {
    let verdict = verdict("");
    assert_eq!(
        (verdict.kind, verdict.sender),
        (Kind::Human, Sender::Client)
    );
    assert_eq!(verdict.client, Some(ClientKey::new("acme")));
    assert!(verdict.opens_case && verdict.may_acknowledge);
    assert!(!verdict.stops_clock && !verdict.urgent && !verdict.suspicious);
    assert!(
        because(&verdict, "no-automatic-sign"),
        "{:?}",
        verdict.reasons
    );
}

#[test]
fn look_alikes_and_display_names_never_match_a_client() {
    for from in [
        "From: \"bob@acme.example\" <eve@evil.test>",
        "From: bob@acme.example <eve@evil.test>",
        "From: =?utf-8?q?bob=40acme.example?= <eve@evil.test>",
        "From: bob@acme.example.evil.test",
        "From: bob@notacme.example",
        "From: bob@аcme.example",
        "From: <eve@evil.test> (bob@acme.example)",
        "From: \"Bob <bob@acme.example>\" <eve@evil.test>",
        "From: eve@evil.test\nReply-To: bob@acme.example",
        "From: eve@evil.test\nSender: bob@acme.example",
        "From: eve@evil.test\nX-Original-From: bob@acme.example\nTo: clients@northwind.example",
        "From: bob",
        "From:",
    ] {
        let verdict = verdict(from);
        assert_eq!(
            verdict.sender,
            Sender::Stranger,
            "{from}: {:?}",
            verdict.reasons
        );
        assert!(!verdict.opens_case && verdict.client.is_none(), "{from}");
    }
}

#[test]
fn one_of_several_authors_is_enough_but_strangers_and_a_second_from_get_no_answer() {
    let joint = verdict("From: eve@evil.test, Bob <bob@acme.example>");
    assert!(joint.opens_case && !joint.may_acknowledge);
    assert!(because(&joint, "stranger-among-authors"));
    assert_eq!(
        joint.author.map(|author| author.address),
        Some(address("bob@acme.example"))
    );
    let twice = verdict("From: bob@acme.example\nFrom: ann@acme.example");
    assert!(twice.opens_case && !twice.may_acknowledge);
    assert!(because(&twice, "several-from-fields"));
    let colleagues = verdict("From: bob@acme.example, ann@de.acme.example");
    assert!(colleagues.opens_case && colleagues.may_acknowledge);
}

#[test]
fn what_forbids_an_acknowledgement_does_not_keep_a_case_from_opening() {
    for (fields, rule) in [
        ("X-Auto-Response-Suppress: all", "answers-suppressed"),
        ("X-Auto-Response-Suppress: RN, OOF", "answers-suppressed"),
        ("To: friends@elsewhere.example", "not-addressed-to-us"),
        (
            "From: help-request@acme.example.\nReply-To: a-request@acme.example",
            "robot-address",
        ),
        ("Reply-To: noreply@acme.example", "robot-address"),
        ("From: owner-team@acme.example", "robot-address"),
        (
            "References: <a@b> <ackd.17.x@northwind.example>",
            "answers-our-acknowledgement",
        ),
        (
            "In-Reply-To: <ackd.17.x@northwind.example>",
            "answers-our-acknowledgement",
        ),
        (
            "Authentication-Results: mx.northwind.example; dmarc=fail",
            "dmarc-fail",
        ),
    ] {
        let verdict = verdict(fields);
        assert!(because(&verdict, rule), "{fields}: {:?}", verdict.reasons);
        assert!(!verdict.may_acknowledge, "{fields}");
    }
    assert!(verdict("To: friends@elsewhere.example").opens_case);
    assert!(verdict("X-Auto-Response-Suppress: NDR, RN, NRN").may_acknowledge);
    assert!(verdict("To: northwind.studio@freemail.example").may_acknowledge);
    assert!(verdict("To: x@y.example\nCc: clients@northwind.example").may_acknowledge);
}

#[test]
fn dmarc_is_believed_from_the_topmost_result_of_a_trusted_server_only() {
    let suspicious = |fields: &str| verdict(fields).suspicious;
    assert!(suspicious(
        "Authentication-Results: MX.Northwind.Example 1; spf=pass; dmarc=fail (p=none)"
    ));
    assert!(suspicious(
        "Authentication-Results: evil.test; dmarc=pass\nAuthentication-Results: mx.northwind.example;\n dkim=none;\n dmarc=fail header.from=acme.example"
    ));
    for fields in [
        "Authentication-Results: evil.test; dmarc=fail",
        "Authentication-Results: mx.northwind.example; dmarc=pass",
        "Authentication-Results: mx.northwind.example; dmarc=none",
        "Authentication-Results: mx.northwind.example; dmarc=temperror",
        "Authentication-Results: mx.northwind.example; dmarc=permerror",
        "Authentication-Results: mx.northwind.example; spf=fail; dkim=fail",
        "Authentication-Results: mx.northwind.example; dmarc=pass (not dmarc=fail)",
        "Authentication-Results: mx.northwind.example; none\nAuthentication-Results: mx.northwind.example; dmarc=fail",
    ] {
        assert!(!suspicious(fields), "{fields}");
    }
    let mut open = parts();
    open.team.auth_servers.clear();
    let fields = "Authentication-Results: mx.northwind.example; dmarc=fail";
    assert!(!judge(&mail(fields), None, &Rules::new(open)).suspicious);
}

#[test]
fn a_colleagues_mail_to_a_client_stops_a_clock() {
    let answer = "From: alice@northwind.example\nTo: Bob <bob@acme.example>, ann@acme.example, bob@acme.example\nCc: boss@freemail.example";
    let verdict = verdict(answer);
    assert_eq!(verdict.sender, Sender::Team);
    assert!(verdict.stops_clock && !verdict.opens_case);
    assert_eq!(verdict.client, Some(ClientKey::new("acme")));
    let contacts: Vec<String> = verdict
        .addressed
        .iter()
        .map(|one| one.contact.to_string())
        .collect();
    assert_eq!(
        contacts,
        [
            "bob@acme.example",
            "ann@acme.example",
            "boss@freemail.example"
        ]
    );
}

#[test]
fn what_is_no_answer_stops_nothing() {
    let to_bob = "From: alice@northwind.example\nTo: bob@acme.example\n";
    for fields in [
        "From: alice@northwind.example\nTo: carl@northwind.example".to_owned(),
        "From: alice@northwind.example\nTo: somebody@elsewhere.example".to_owned(),
        format!("{to_bob}Auto-Submitted: auto-replied"),
        format!("{to_bob}Content-Type: text/calendar; method=REPLY"),
        format!("{to_bob}Authentication-Results: mx.northwind.example; dmarc=fail"),
        format!("{to_bob}From: eve@evil.test"),
        format!("{to_bob}X-Ackd: studio\nAuto-Submitted: auto-replied"),
        "From: eve@evil.test\nTo: bob@acme.example".to_owned(),
        "From: no-reply@northwind.example\nTo: bob@acme.example".to_owned(),
    ] {
        assert!(!verdict(&fields).stops_clock, "{fields}");
    }
}

#[test]
fn our_own_mail_is_known_only_under_the_teams_address() {
    let hidden = "From: clients@northwind.example\nList-Id: <clients.northwind.example>";
    assert_eq!(
        verdict(&format!("{hidden}\nX-Ackd: i1")).kind,
        Kind::Human,
        "the list hides who wrote it"
    );
    let marked = verdict("From: ackd@northwind.example\nX-Ackd: i1\nAuto-Submitted: auto-replied");
    assert_eq!(marked.kind, Kind::Own);
    let id = verdict("From: ackd@northwind.example\nMessage-ID: <ackd.7.i1@northwind.example>");
    assert_eq!(id.kind, Kind::Own);
    let stranger = verdict("X-Ackd: i1\nMessage-ID: <ackd.7.i1@acme.example>");
    assert_eq!(
        stranger.kind,
        Kind::Human,
        "a client's mail with our marks is a client's mail"
    );
}

#[test]
fn the_teams_own_list_gives_its_author_back_and_its_marks_do_not_count() {
    let list = "List-Id: Clients <clients.northwind.example>\nList-Unsubscribe: <mailto:u@northwind.example>\nPrecedence: list\nTo: clients@northwind.example\nReturn-Path: <clients+bncBC@northwind.example>\n";
    let plain = verdict(list);
    assert!(
        plain.opens_case && plain.may_acknowledge,
        "{:?}",
        plain.reasons
    );
    for fields in [
        "From: \"'Bob' via Clients\" <clients@northwind.example>\nX-Original-From: Bob <bob@acme.example>",
        "From: \"'Bob' via Clients\" <clients@northwind.example>\nX-Original-Sender: bob@acme.example",
        "From: \"'Bob' via Clients\" <clients@northwind.example>\nReply-To: Bob <bob@acme.example>",
    ] {
        let verdict = verdict(&format!("{list}{fields}"));
        assert_eq!(verdict.client, Some(ClientKey::new("acme")), "{fields}");
        assert!(
            verdict.opens_case && verdict.may_acknowledge,
            "{:?}",
            verdict.reasons
        );
        assert_eq!(
            verdict.author.map(|author| author.address),
            Some(address("bob@acme.example"))
        );
    }
    let away = verdict(&format!("{list}Auto-Submitted: auto-replied"));
    assert_eq!(
        away.kind,
        Kind::AutoReply,
        "through the list, robots stay robots"
    );
    let foreign = verdict(
        "List-Id: <talk.lists.example>\nFrom: talk@lists.example\nX-Original-From: bob@acme.example",
    );
    assert_eq!(
        foreign.sender,
        Sender::Stranger,
        "another's list gives nobody back"
    );
    let colleague = verdict(&format!(
        "{list}From: alice@northwind.example\nReply-To: bob@acme.example"
    ));
    assert_eq!(
        colleague.sender,
        Sender::Team,
        "a colleague's Reply-To is his own business"
    );
}

#[test]
fn mail_in_a_sent_folder_opens_nothing() {
    let verdict = judge(&mail(""), Some(FolderRole::Sent), &rules());
    assert!(!verdict.opens_case && !verdict.may_acknowledge);
    assert!(judge(&mail(""), Some(FolderRole::Inbox), &rules()).opens_case);
}
