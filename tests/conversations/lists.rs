//! A client writes to us and to a list: what a list has carried is acknowledged by no program,
//! whichever copy is seen first.

use ackd::domain::address::AddressPattern;
use ackd::domain::facts::{FolderRole, MessageFacts};

use crate::desk::{Copy, Desk, rules};

fn copy(mailbox: &'static str, seconds: i64, header: &str) -> Copy {
    let start: chrono::DateTime<chrono::Utc> = "2026-11-23T08:00:00Z".parse().expect("a moment");
    Copy {
        mailbox,
        role: FolderRole::Inbox,
        received_at: start + chrono::Duration::seconds(seconds),
        answered: false,
        facts: MessageFacts::parse(header.as_bytes(), None),
    }
}

const SAME: &str = "Subject: Printer\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@acme.example>\r\nTo: alice@northwind.example, talk@lists.example\r\n";

fn direct() -> Copy {
    let header = format!("From: Anna <anna@acme.example>\r\n{SAME}");
    copy("clients", 0, &header)
}

/// What the copies that were seen in this order, in batches of this size, leave: of each message
/// whether it may be acknowledged, when it was received, and where it lies.
fn end(copies: &[Copy], batch: usize) -> String {
    let team = vec![AddressPattern::Domain("northwind.example".into())];
    let acme = vec![AddressPattern::Domain("acme.example".into())];
    let now = "2026-11-23T09:00:00Z".parse().expect("a moment");
    let mut desk = Desk::new(rules(team, &[("acme", acme)]), now);
    for batch in copies.chunks(batch) {
        desk.see(batch);
        desk.restart();
    }
    let cases = desk.cases();
    let messages = cases.iter().flat_map(|case| case.messages());
    let told = messages.map(|own| {
        let holders: Vec<&str> = own
            .holders
            .iter()
            .map(|holder| holder.mailbox.as_str())
            .collect();
        format!("{} {} {holders:?}", own.may_acknowledge, own.received_at)
    });
    told.collect::<Vec<String>>().join("; ")
}

const ALONE: &str = "true 2026-11-23 08:00:00 UTC [\"clients\"]";
const VETOED: &str = "false 2026-11-23 08:00:00 UTC [\"clients\"]";

#[test]
fn a_lists_copy_in_its_own_name_forbids_the_acknowledgement_in_any_order() {
    for listed in [
        "From: Anna via Talk <talk@lists.example>\r\nReply-To: anna@acme.example\r\nList-Id: <talk.lists.example>\r\n",
        "From: Anna via Talk <talk@lists.example>\r\nReply-To: talk@lists.example, anna@acme.example\r\nList-Post: <mailto:talk@lists.example>\r\n",
        "From: Anna via All <all@northwind.example>\r\nX-Original-From: Anna <anna@acme.example>\r\nList-Id: <all.northwind.example>\r\n",
        "From: Anna via All <all@northwind.example>\r\nX-Original-Sender: anna@acme.example\r\nPrecedence: bulk\r\n",
    ] {
        let listed = copy("alice", -20, &format!("{listed}{SAME}"));
        for copies in [
            [direct(), listed.clone(), listed.clone()],
            [listed.clone(), direct(), listed.clone()],
            [listed.clone(), listed.clone(), direct()],
        ] {
            for batch in 1..=3 {
                assert_eq!(end(&copies, batch), VETOED, "{:?}", listed.facts.fields);
            }
        }
        assert_eq!(end(&[listed], 1), "", "by itself it opens no case");
    }
}

#[test]
fn a_lists_copy_in_the_clients_name_tells_nothing_but_that_it_was_list_mail() {
    let header =
        format!("From: Anna <anna@acme.example>\r\nList-Id: <talk.lists.example>\r\n{SAME}");
    let listed = Copy {
        answered: true,
        ..copy("alice", -20, &header)
    };
    for copies in [
        [direct(), listed.clone(), listed.clone()],
        [listed.clone(), direct(), listed.clone()],
        [listed.clone(), listed.clone(), direct()],
    ] {
        for batch in 1..=3 {
            assert_eq!(end(&copies, batch), VETOED);
        }
    }
}

#[test]
fn what_does_not_come_from_the_client_forbids_nothing() {
    for other in [
        // Another message of the list.
        format!(
            "From: Talk <talk@lists.example>\r\nReply-To: anna@acme.example\r\nList-Id: <talk.lists.example>\r\n{}",
            SAME.replace("<1@", "<2@")
        ),
        // The same id in a list mail that names no client.
        format!(
            "From: Eve <talk@lists.example>\r\nReply-To: eve@evil.test\r\nList-Id: <talk.lists.example>\r\n{SAME}"
        ),
        // No list mail at all.
        format!("From: Eve <eve@evil.test>\r\nReply-To: anna@acme.example\r\n{SAME}"),
    ] {
        let other = copy("alice", -20, &other);
        for copies in [[direct(), other.clone()], [other.clone(), direct()]] {
            for batch in 1..=2 {
                assert_eq!(end(&copies, batch), ALONE, "{:?}", other.facts.fields);
            }
        }
    }
}
