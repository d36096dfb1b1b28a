//! What roads are told: a snapshot of each kind of payload.

use ackd::domain::address::{Address, Author};
use ackd::domain::draft::{CaseLine, CaseLines, Draft, Letterhead, Templates, render};
use ackd::domain::ids::{
    CaseId, Generation, InstanceId, MailboxName, MessageId, OutboxId, RoadName,
};
use ackd::domain::outbox::{OutboxRow, Purpose, Reader, Road, RowState, StageKey};
use ackd::domain::policy::{Clock, Stage, Step};
use ackd::domain::roads::{Place, RoadKind, payload};
use ackd::domain::time::{BusinessTime, Timestamp};

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

const STAGE: Stage = Stage {
    clock: Clock::Acknowledge,
    step: Step::Escalate(BusinessTime::ZERO),
};

fn line(subject: &str) -> CaseLine {
    CaseLine {
        case: CaseId(12),
        client: "Acme & Sons <!channel>".to_owned(),
        contact: Author {
            address: address("anna@acme.example"),
            name: None,
        },
        subject: subject.to_owned(),
        message_id: MessageId::parse("q1+x@acme.example"),
        mailboxes: vec![MailboxName::new("clients")],
        received_at: at("2026-11-23T11:30:00Z"),
        due_at: Some(at("2026-11-23T14:30:00Z")),
        clock: Clock::Acknowledge,
        stage: Some(STAGE),
        next: None,
        waited: BusinessTime::from_minutes(180),
        unanswered: 1,
        urgent: true,
        suspicious: false,
        deserves_call: false,
        zone: chrono_tz::Europe::Berlin,
        instead_of: None,
        acknowledged: None,
        told: Vec::new(),
    }
}

fn told(kind: RoadKind) -> String {
    let key = StageKey {
        case: CaseId(12),
        generation: Generation(1),
        stage: STAGE,
    };
    let row = OutboxRow {
        id: OutboxId(42),
        message_id: MessageId::parse("ackd.42.k3v9@northwind.example").expect("an id"),
        to: address("alice@northwind.example"),
        purpose: Purpose::Escalation,
        keys: vec![key],
        created_at: at("2026-11-23T14:30:00Z"),
        released: false,
        road: Some(Road {
            name: RoadName::new("support"),
            readers: vec![Reader {
                to: address("alice@northwind.example"),
                keys: vec![key],
                mail_instead: true,
            }],
        }),
        state: RowState::Sending {
            since: at("2026-11-23T14:30:00Z"),
            attempts: 1,
        },
    };
    let draft = Draft::Escalation(CaseLines {
        lines: vec![line("@channel look [here](https://evil.example) *now*")],
    });
    let letterhead = Letterhead {
        instance: InstanceId::new("k3v9"),
        from: Author {
            address: address("ackd@northwind.example"),
            name: None,
        },
        to: row.to.clone(),
        message_id: row.message_id.clone(),
        now: at("2026-11-23T14:30:02Z"),
        replies: None,
    };
    let mail = render(&draft, &letterhead, &Templates::embedded());
    let said = payload(kind, &row, &draft, &mail);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    serde_json::to_string_pretty(&said).expect("JSON")
}

#[test]
fn webhooks_and_commands_are_told_in_json() {
    assert_eq!(told(RoadKind::Webhook), told(RoadKind::Command));
    insta::assert_snapshot!(told(RoadKind::Webhook));
}

#[test]
fn chats_are_told_in_their_own_terms_and_nobody_is_mentioned() {
    insta::assert_snapshot!(told(RoadKind::Slack));
    insta::assert_snapshot!(told(RoadKind::Teams));
    insta::assert_snapshot!(told(RoadKind::Mattermost));
}

#[test]
fn only_this_machine_is_written_to_without_tls() {
    for good in [
        "https://hooks.example/a?b=c",
        "http://localhost:8080/a",
        "http://127.0.0.1/",
        "http://[::1]:80/x",
        "https://hooks.example",
    ] {
        assert!(Place::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "http://hooks.example/a",
        "http://127.evil.example/",
        "ftp://hooks.example/",
        "https:///a",
        "https://me:secret@hooks.example/",
        "https://hooks.example:99999/",
        "https://hooks.example/a b",
        "https://hooks.example/a\r\nX: y",
        "hooks.example",
    ] {
        assert!(Place::parse(bad).is_err(), "{bad}");
    }
}
