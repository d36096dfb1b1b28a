//! A client with thousands of overdue cases beside one with a single case.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

use ackd::domain::address::{Address, AddressPattern, Author};
use ackd::domain::alarm::Alarms;
use ackd::domain::book::Book;
use ackd::domain::calendar::{Calendar, Window};
use ackd::domain::case::{Case, CaseEvent, ClientMessage};
use ackd::domain::commit::{Installation, Loaded};
use ackd::domain::decide::{self, Identity, Sight};
use ackd::domain::ids::{CalendarName, CaseId, ClientKey, InstanceId, MessageKey, PolicyName};
use ackd::domain::policy::Policy;
use ackd::domain::rules::{AcknowledgeLimits, Client, Mode, RuleParts, Rules, SendingHours, Team};
use ackd::domain::time::{BusinessTime, Timestamp};

/// The cases of the large client.
const CROWD: u64 = 5_000;

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn client(key: &str, owner: &str) -> (ClientKey, Client) {
    let client = Client {
        key: ClientKey::new(key),
        name: key.to_owned(),
        patterns: vec![AddressPattern::Domain(format!("{key}.example"))],
        owners: vec![address(owner)],
        backups: vec![],
        policy: PolicyName::new("standard"),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: false,
        urgent_words: vec![],
    };
    (client.key.clone(), client)
}

fn rules() -> Rules {
    let hours = vec![Window::parse("00:00-24:00").expect("a window")];
    let week = std::array::from_fn(|_| hours.clone());
    let always = CalendarName::new("always");
    let calendar = Calendar::new(always.clone(), chrono_tz::UTC, week, vec![]);
    let minutes = BusinessTime::from_minutes;
    let policy = Policy {
        name: PolicyName::new("standard"),
        calendar: always.clone(),
        acknowledge_within: minutes(180),
        same_business_day: false,
        urgent_within: None,
        min_lead: BusinessTime::ZERO,
        answer_within: None,
        remind_before: vec![minutes(90), minutes(30)],
        escalate_after: vec![minutes(0), minutes(120)],
        auto_acknowledge_before: None,
    };
    Rules::new(RuleParts {
        mode: Mode::Remind,
        team: Team {
            sending_hours: SendingHours::Always,
            escalate_to: vec![address("lead@northwind.example")],
            ..Team::default()
        },
        clients: [
            client("large", "alice@northwind.example"),
            client("small", "bob@northwind.example"),
        ]
        .into(),
        policies: [(policy.name.clone(), policy)].into(),
        calendars: [(always, Arc::new(calendar))].into(),
        mailboxes: BTreeMap::new(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    })
}

fn case(number: u64, client: &str, received_at: Timestamp) -> Case {
    let author = Author {
        address: address(&format!("anna@{client}.example")),
        name: None,
    };
    let client = ClientKey::new(client);
    let mut case = Case::new(CaseId(number), client, author.clone(), "Server".into());
    let mail = ClientMessage {
        key: MessageKey(u128::from(number)),
        message_id: None,
        references: vec![],
        author,
        answered_at: vec![],
        received_at,
        clock_from: received_at,
        other_ids: Vec::new(),
        urgent: false,
        may_acknowledge: true,
        suspicious: false,
        thanks: false,
        language: None,
        holders: vec![],
    };
    case.apply(CaseEvent::ClientWrote(mail)).expect("legal");
    case
}

#[test]
fn a_reminder_waits_for_no_more_than_one_step_behind_five_thousand_of_another_client() {
    let rules = rules();
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a moment");
    let ago = |minutes: i64| now - chrono::Duration::minutes(minutes);
    let mut cases: Vec<Case> = (1..=CROWD).map(|n| case(n, "large", ago(2000))).collect();
    // Due last of all, so that it stands at the very end of the agenda.
    cases.push(case(CROWD + 1, "small", ago(91)));
    let installation = Installation {
        instance: InstanceId::new("test"),
        first_started: BTreeMap::new(),
        mode: Some(Mode::Remind),
        acknowledge_since: None,
        breaker_until: None,
        lost: Vec::new(),
    };
    let loaded = Loaded {
        cases,
        last_case: CROWD + 1,
        outbox: vec![],
        last_row: 0,
        cursors: vec![],
        acknowledgements: vec![],
        installation: Some(installation.clone()),
        alarms: Alarms::default(),
        absences: Default::default(),
        liaisons: Vec::new(),
        mornings: Default::default(),
    };
    let mut book = Book::open(loaded, &rules);
    let identity = Identity {
        installation,
        domain: "northwind.example".into(),
        alarm_to: vec![],
    };
    let (mut steps, mut mails) = (0, BTreeMap::<String, usize>::new());
    while book.due_by(now).next().is_some() {
        let began = Instant::now();
        let decided = decide::due(&book, &rules, &identity, &Sight::default(), now);
        steps += 1;
        println!("step {steps}: {:?}", began.elapsed());
        for row in &decided.commit.outbox {
            *mails.entry(row.to.to_string()).or_default() += 1;
        }
        book.apply(decided.commit, &rules);
        let bob = mails.get("bob@northwind.example").copied();
        assert_eq!(bob, Some(1), "his reminder is in the first step");
        assert!(steps <= 20, "the steps come to no end");
    }
    book.check().expect("the book agrees with itself");
    println!("{steps} steps, mails: {mails:?}");
    // The cases of one step are one mail to each person.
    assert_eq!(mails["alice@northwind.example"], 11);
    assert_eq!(steps, 11);
}
