//! What is promised: reminded, acknowledged, escalated.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Mailbox, Servers, header, tells_of};

#[test]
fn a_mail_nobody_answers_reminds_its_owner_and_is_acknowledged_to_the_client() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let installation =
        Installation::new("unanswered", &servers).watching(&servers.dovecot, "user0");
    let daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let letter = installation.letter("user0", "poster");

    servers.deliver(&letter);
    let case = daemon.wait_for_case(&letter.id);
    assert_case(&case, "waiting");
    assert_status(&daemon.status().expect("it answers"));

    let reminder = alice.wait_for(&daemon, &letter.id);
    assert!(header(&reminder, "Message-ID").starts_with("<ackd."));
    assert_eq!(header(&reminder, "Auto-Submitted"), "auto-generated");
    assert!(
        anna.mails().is_empty(),
        "the client was written to too early"
    );

    let acknowledgement = anna.wait_for(&daemon, &letter.id);
    for (name, value) in [
        ("Return-Path", "<>"),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("Precedence", "auto_reply"),
        ("In-Reply-To", &format!("<{}>", letter.id)),
    ] {
        assert_eq!(header(&acknowledgement, name), value, "{name}");
    }
    assert!(header(&acknowledgement, "From").contains("user0@agency.test"));
    let case = daemon.wait_for_state(&letter.id, "acknowledged");
    assert_case(&case, "acknowledged");
    let copies = || {
        let mut user = Mailbox::open(&servers.dovecot, "user0");
        user.to("Sent", &installation.anna())
    };
    let filed = daemon.eventually("the sent copy", || Some(copies()).filter(|c| !c.is_empty()));
    assert_eq!(
        header(&filed[0], "Message-ID"),
        header(&acknowledgement, "Message-ID"),
        "the copy is of the acknowledgement"
    );
    // The deadline passes: nothing more is owed.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(copies().len(), 1, "copies in the sent folder");
    assert_eq!(anna.mails().len(), 1, "mails to the client");
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

fn assert_case(case: &Value, state: &str) {
    let expected = [
        "id",
        "client",
        "contact",
        "subject",
        "opened_at",
        "due_at",
        "answer_due_at",
        "state",
        "urgent",
        "mailboxes",
        "message_ids",
        "stages_done",
    ];
    assert_eq!(keys(case), BTreeSet::from(expected), "{case}");
    assert!(case["id"].is_u64(), "{case}");
    for text in ["client", "contact", "subject", "state"] {
        assert!(case[text].is_string(), "{text} in {case}");
    }
    assert_moment(&case["opened_at"], case);
    if state == "waiting" {
        assert_moment(&case["due_at"], case);
    } else {
        assert!(case["due_at"].is_null(), "{case}");
    }
    assert!(case["answer_due_at"].is_null(), "no answer clock: {case}");
    assert_eq!(case["state"], state, "{case}");
    assert_eq!(case["client"], "harbour", "{case}");
    assert_eq!(case["urgent"], false, "{case}");
    assert_eq!(case["mailboxes"], serde_json::json!(["user0"]), "{case}");
    for list in ["message_ids", "stages_done"] {
        let list = case[list].as_array().expect("a list");
        assert!(list.iter().all(Value::is_string), "{case}");
    }
}

fn assert_status(status: &Value) {
    let expected = [
        "version",
        "started_at",
        "mode",
        "mailboxes",
        "cases",
        "next_due_at",
        "outbox",
        "alarms",
    ];
    assert_eq!(keys(status), BTreeSet::from(expected), "{status}");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["mode"], "full");
    assert_moment(&status["started_at"], status);
    assert_moment(&status["next_due_at"], status);
    assert_eq!(status["alarms"], serde_json::json!([]), "{status}");
    let counts = [
        ("cases", vec!["waiting", "acknowledged"]),
        ("outbox", vec!["queued", "sending", "held", "given_up"]),
    ];
    for (name, words) in counts {
        let counted = &status[name];
        assert_eq!(keys(counted), BTreeSet::from_iter(words), "{counted}");
        let counts = counted.as_object().expect("an object");
        assert!(counts.values().all(Value::is_u64), "{counted}");
    }
    assert_eq!(status["cases"]["waiting"], 1, "{status}");
    let mailbox = &status["mailboxes"][0];
    let expected = [
        "name",
        "state",
        "reason",
        "last_proof_at",
        "messages_seen",
        "folders",
    ];
    assert_eq!(keys(mailbox), BTreeSet::from(expected), "{mailbox}");
    assert_eq!(mailbox["name"], "user0");
    assert_eq!(mailbox["state"], "live");
    assert!(mailbox["reason"].is_null(), "{mailbox}");
    assert_moment(&mailbox["last_proof_at"], mailbox);
    assert!(mailbox["messages_seen"].as_u64() >= Some(1), "{mailbox}");
    assert_eq!(mailbox["folders"], serde_json::json!(["INBOX", "Sent"]));
}

fn assert_moment(value: &Value, within: &Value) {
    let text = value.as_str().unwrap_or_default();
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    assert!(
        parsed.is_ok() && text.ends_with('Z'),
        "{text:?} in {within}"
    );
}

#[test]
fn two_reminders_for_one_owner_are_one_mail_and_what_is_overdue_goes_to_the_lead() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation = Installation::new("overdue", &servers).watching(&servers.dovecot, "tom");
    installation.policy =
        "acknowledge_within = \"15s\"\nremind_before = [\"10s\"]\nescalate_after = [\"0m\"]\n"
            .to_owned();
    let meridian = installation.client("Meridian Books", "partner.test", &installation.alice());
    installation.clients.insert("meridian".to_owned(), meridian);
    let daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut lead = Inbox::of(&servers, &installation.lead());
    let mut tom = Mailbox::open(&servers.dovecot, "tom");
    let first = installation.letter("tom", "posters");
    let mut second = installation.letter("tom", "proofs");
    second.from = format!("paul+{}@partner.test", installation.tag);

    tom.put("INBOX", first.to_string());
    tom.put("INBOX", second.to_string());
    let reminder = alice.wait_for(&daemon, &first.id);
    assert!(tells_of(&reminder, &second.id), "one mail tells of both");
    assert_eq!(alice.mails().len(), 1, "reminders");
    assert!(lead.mails().is_empty(), "the lead is told before the time");

    for id in [&first.id, &second.id] {
        lead.wait_for(&daemon, id);
    }
    daemon.wait_until_sent();
    std::thread::sleep(std::time::Duration::from_secs(2));
    for id in [&first.id, &second.id] {
        assert_eq!(lead.about(id).len(), 1, "escalations to the lead of {id}");
        assert_eq!(alice.about(id).len(), 2, "reminder and escalation of {id}");
    }
    let stages = &daemon.case_of(&first.id).expect("it is open")["stages_done"];
    assert_eq!(stages.as_array().map(Vec::len), Some(2), "{stages}");
}
