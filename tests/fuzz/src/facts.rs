//! Message facts and everything up to the decision (`domain::facts`, `domain::classify`,
//! `domain::decide`).
//!
//! An input: one byte of choices, then a message: header, empty line, the beginning of a body.
//!
//! Demanded: the facts keep their limits and hold no line ends; a verdict has reasons and keeps
//! the rules about who opens a case; the book that took the message agrees with itself.
//!
//! Let through: panics of mail-parser. The reader of facts catches them and makes the message
//! one without a header, as it does with any other it can't read.

use ackd::domain::book::Book;
use ackd::domain::classify::{Kind, Sender, Verdict, judge};
use ackd::domain::commit::Installation;
use ackd::domain::decide::{self, Decisions, Inquiry, Judged};
use ackd::domain::facts::{
    ADDRESSES_MAX, AUTHENTICATION_CHARS_MAX, Arrived, FIELD_CHARS_MAX, FIELD_COUNT_MAX, FolderRole,
    LINK_CHARS_MAX, LINKS_MAX, Location, MessageFacts, NAME_CHARS_MAX, REFERENCES_MAX,
    TEXT_CHARS_MAX,
};
use ackd::domain::ids::{InstanceId, MailboxName, MessageId};
use ackd::domain::reply::{fresh, words};
use ackd::store::{MemoryStore, Store};
use chrono::TimeDelta;

use super::{Target, team};

/// See the module.
pub const TARGET: Target = Target {
    name: "facts",
    run,
    lets_through: &["mail-parser"],
};

const IN_SENT_FOLDER: u8 = 1;
const WITHOUT_TEXT: u8 = 2;
/// As `ackd explain` judges it, in no folder.
const FROM_A_FILE: u8 = 4;

fn run(input: &[u8]) {
    let Some((choices, message)) = input.split_first() else {
        return;
    };
    let (header, text) = MessageFacts::split(message);
    let text = (choices & WITHOUT_TEXT == 0).then_some(text);
    let facts = MessageFacts::parse(header, text);
    check_limits(&facts);
    let lines = fresh::lines(facts.text.as_deref().unwrap_or_default());
    assert!(lines.len() <= fresh::LINES_MAX, "too many fresh lines");
    let orders = words::orders(&lines, &[]);
    assert!(orders.len() <= words::ORDERS_MAX, "too many orders");
    let rules = team::rules();
    let ours = |who: &MessageFacts| {
        who.from
            .iter()
            .any(|author| !author.address.domain().is_empty())
    };
    if let Some(some) = MessageFacts::parse_if(header, ours) {
        assert_eq!(some.from, facts.from, "two readings, two authors");
    }
    // Whatever it says, saying it is enough.
    let _ = MessageFacts::received_at(header);
    let role = match choices & IN_SENT_FOLDER {
        0 => FolderRole::Inbox,
        _ => FolderRole::Sent,
    };
    if choices & FROM_A_FILE != 0 {
        check_verdict(&judge(&facts, None, rules), None);
    }
    decide_about(facts, role);
}

fn check_limits(facts: &MessageFacts) {
    let MessageFacts {
        message_id,
        in_reply_to,
        references,
        from,
        sender,
        reply_to,
        to,
        cc,
        subject,
        fields,
        text,
        links,
        ..
    } = facts;
    let one_line = |text: &str| !text.contains(['\r', '\n']);
    let short = |text: &str, most: usize| text.chars().count() <= most;
    let ids = message_id.iter().chain(in_reply_to).chain(references);
    for id in ids {
        assert_eq!(
            MessageId::parse(id.as_str()).as_ref(),
            Some(id),
            "the store could not read this id back"
        );
    }
    assert!(references.len() <= REFERENCES_MAX, "too many references");
    assert!(
        to.len() <= ADDRESSES_MAX && cc.len() <= ADDRESSES_MAX,
        "too many recipients"
    );
    for author in from.iter().chain(sender).chain(reply_to) {
        let name = author.name.as_deref().unwrap_or("");
        assert!(
            one_line(name) && short(name, NAME_CHARS_MAX),
            "name {name:?}"
        );
    }
    assert!(
        one_line(subject) && short(subject, FIELD_CHARS_MAX),
        "subject {subject:?}"
    );
    assert!(fields.len() <= FIELD_COUNT_MAX, "too many fields");
    for (name, value) in fields {
        let most = match *name {
            "authentication-results" => AUTHENTICATION_CHARS_MAX,
            _ => FIELD_CHARS_MAX,
        };
        assert!(one_line(value) && short(value, most), "{name}: {value:?}");
    }
    assert!(
        text.as_deref()
            .is_none_or(|text| short(text, TEXT_CHARS_MAX)),
        "a long text"
    );
    assert!(links.len() <= LINKS_MAX, "too many links");
    for link in links {
        assert!(
            one_line(link) && short(link, LINK_CHARS_MAX),
            "link {link:?}"
        );
    }
}

fn check_verdict(verdict: &Verdict, role: Option<FolderRole>) {
    assert!(!verdict.reasons.is_empty(), "a verdict without reasons");
    if verdict.opens_case {
        assert_eq!(verdict.kind, Kind::Human, "a machine opens a case");
        assert_eq!(verdict.sender, Sender::Client, "a stranger opens a case");
        assert!(
            verdict.client.is_some() && verdict.author.is_some(),
            "a case of nobody's"
        );
        assert_ne!(role, Some(FolderRole::Sent), "sent mail opens a case");
    }
    if verdict.may_acknowledge {
        assert!(verdict.opens_case, "an acknowledgement without a case");
    }
    if verdict.stops_clock {
        assert_eq!(verdict.kind, Kind::Human, "a machine stops a clock");
        assert_eq!(verdict.sender, Sender::Team, "a stranger stops a clock");
    }
}

/// An empty book and an empty store take the message twice: as it came, and as another copy.
fn decide_about(facts: MessageFacts, role: FolderRole) {
    let rules = team::rules();
    let yesterday = team::now() - TimeDelta::days(1);
    let installation = Installation {
        instance: InstanceId::new("fuzz"),
        first_started: [(MailboxName::new("clients"), yesterday)].into(),
        mode: Some(rules.mode),
        acknowledge_since: Some(yesterday),
        breaker_until: None,
        lost: Vec::new(),
    };
    let mut store = MemoryStore::new();
    let mut book = Book::open(team::nothing(), rules);
    let first = Judged::new(arrived(role, facts), rules);
    check_verdict(&first.verdict, Some(role));
    let mut copy = first.clone();
    copy.arrived.location.uid += 1;
    for message in [first, copy] {
        let judged = vec![message];
        let mut inquiry = Inquiry::new(&book, rules, &installation);
        while let Some(questions) = inquiry.questions(&judged) {
            inquiry.learn(store.look_up(&questions).expect("an answer"));
        }
        let known = inquiry.into_known();
        let now = team::now();
        let Decisions { commit, .. } =
            decide::arrivals(&book, rules, &installation, judged, known, now);
        store.commit(std::slice::from_ref(&commit)).expect("room");
        book.apply(commit, rules);
        book.check().expect("a book that agrees with itself");
        assert!(book.len() <= 1, "one mail, two cases");
    }
}

fn arrived(role: FolderRole, facts: MessageFacts) -> Arrived {
    Arrived {
        location: Location {
            mailbox: MailboxName::new("clients"),
            folder: "INBOX".to_owned(),
            uid_validity: 7,
            uid: 1,
        },
        role,
        received_at: team::now(),
        size: 1_000,
        answered: false,
        facts,
    }
}
