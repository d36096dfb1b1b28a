//! A year in fast motion: what is kept stays bounded, on disk too.

use std::path::Path;

use ackd::domain::address::{Address, Author};
use ackd::domain::case::{Case, CaseEvent, ClientMessage, Settlement};
use ackd::domain::classify::{Kind, Sender};
use ackd::domain::commit::{
    AcknowledgementRecord, Commit, HistoryEntry, IndexEntry, KnownCopy, Quarantined, Questions,
    TeamMail, Trace,
};
use ackd::domain::facts::Location;
use ackd::domain::ids::{
    CaseId, ClientKey, IdHash, MailboxName, MessageId, MessageKey, OutboxId, hash128,
};
use ackd::domain::outbox::{OutboxRow, Purpose, RowState};
use ackd::domain::time::Timestamp;
use ackd::store::{
    ExportFile, ExportPlace, Headway, PrunePlace, Retention, SledStore, StatePlaces, Store,
    verify_export,
};

const DAYS: i64 = 365;
const MAILS_A_DAY: i64 = 8;
const KEPT_DAYS: i64 = 45;
const TRACES_PER_MAIL: u64 = 6;

/// Of `KEPT_DAYS`, and the three days that a pass may lag behind.
const RECORDS_MAX: u64 = 48 * 8 * 21;
const BYTES_MAX: u64 = 32 * 1024 * 1024;

fn at(day: i64, second: i64) -> Timestamp {
    let seconds = 1_790_000_000 + day * 86_400 + second;
    Timestamp::from_timestamp(seconds, 0).expect("a moment")
}

fn hash(what: &str, number: u64) -> u128 {
    hash128(&[what.as_bytes(), &number.to_be_bytes()])
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

/// A mail, what belongs to it, and a case that is settled the same day; each hundredth stays
/// open.
fn mail(number: u64, now: Timestamp) -> Commit {
    let client = ClientKey::new("acme");
    let key = MessageKey::new(now.timestamp(), hash("mail", number));
    let author = Author {
        address: address(&format!("contact{}@acme.example", number % 50)),
        name: Some("Anna".into()),
    };
    let location = Location {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".into(),
        uid_validity: 1,
        uid: 1,
    };
    let mut case = Case::new(
        CaseId(number),
        client.clone(),
        author.clone(),
        "A question".into(),
    );
    case.thread = vec![IdHash(hash("thread", number))];
    let message = ClientMessage {
        key,
        message_id: MessageId::parse(&format!("mail.{number}@acme.example")),
        other_ids: vec![],
        references: vec![],
        author: author.clone(),
        answered_at: vec![],
        received_at: now,
        clock_from: now,
        urgent: false,
        may_acknowledge: true,
        suspicious: false,
        thanks: false,
        language: None,
        holders: vec![location.clone()],
    };
    case.apply(CaseEvent::ClientWrote(message)).expect("legal");
    if !number.is_multiple_of(100) {
        let settled = CaseEvent::Settled {
            at: now + chrono::Duration::hours(1),
            how: Settlement::Answered,
            by: "alice".into(),
        };
        case.apply(settled).expect("legal");
    }
    let entry = IndexEntry {
        kind: Kind::Human,
        sender: Sender::Client,
        client: Some(client.clone()),
        received_at: now,
        case: Some(case.id),
    };
    let answer = TeamMail {
        key: MessageKey::new(now.timestamp(), hash("answer", number)),
        id: Some(IdHash(hash("answer id", number))),
        at: now,
        stopped_at: now,
        by: None,
        contacts: vec![author.address.clone()],
        names: vec![],
        passes_on: false,
    };
    let row = OutboxRow {
        id: OutboxId(number),
        message_id: MessageId::parse(&format!("ackd.{number}.i@northwind.example")).expect("an id"),
        to: address("alice@northwind.example"),
        purpose: Purpose::Reminder,
        keys: vec![],
        created_at: now,
        released: false,
        road: None,
        state: RowState::Sent { at: now },
    };
    let traces = (0..TRACES_PER_MAIL).map(|line| {
        let seen = Trace {
            at: now,
            message: key,
            case: case.id,
            quoted: false,
        };
        (IdHash(hash("line", number * 100 + line)), seen)
    });
    let history = HistoryEntry {
        case: case.id,
        at: now,
        what: "reminder to a…@northwind.example decided (remind 30m before)".into(),
    };
    Commit {
        history: vec![history.clone(), history],
        messages: vec![
            (key, entry.clone()),
            // By its content; its date is a lie.
            (MessageKey::new(0, hash("content", number)), entry),
        ],
        threads: vec![(case.thread[0], case.id)],
        awaited: vec![(IdHash(hash("awaited", number)), answer.clone())],
        outbound: vec![(author.address.clone(), answer)],
        traces: traces.collect(),
        copies: vec![(
            MessageKey::new(now.timestamp(), hash("copies", number)),
            KnownCopy {
                key,
                of: key,
                case: case.id,
                words: Some(vec![1, 2, 3]),
            },
        )],
        subjects: vec![(key, "A question".into())],
        outbox: vec![row],
        quarantine: vec![Quarantined {
            location,
            at: now,
            reason: "its header has no end".into(),
        }],
        acknowledgements: vec![AcknowledgementRecord {
            at: now,
            client,
            to: author.address,
            row: OutboxId(number),
        }],
        cases: vec![case],
        ..Commit::default()
    }
}

fn prune(store: &mut SledStore, now: Timestamp) -> u64 {
    let retention = Retention {
        now,
        keep: chrono::Duration::days(KEPT_DAYS),
    };
    let (mut place, mut removed) = (Some(PrunePlace::default()), 0);
    while let Some(next) = place {
        let slice = store.prune(retention, next, 200).expect("prunes");
        // A case takes its history with it, so that a slice may be a little longer.
        assert!(slice.removed <= 2000, "{}", slice.removed);
        removed += slice.removed;
        place = slice.next;
    }
    removed
}

fn export(store: &mut SledStore, path: &Path, now: Timestamp) -> u64 {
    let mut file = ExportFile::begin(path, now).expect("begun");
    let mut place = Some(ExportPlace::Beginning);
    while let Some(next) = place {
        let slice = store.export(next, 1000).expect("a slice");
        file.add(&slice).expect("added");
        place = slice.next;
    }
    let records = file.finish().expect("finished").records;
    assert_eq!(
        verify_export(path, &Headway::default())
            .expect("whole")
            .findings,
        Vec::<String>::new()
    );
    records
}

#[test]
fn a_year_of_mail_takes_no_more_room_than_what_is_kept() {
    let place = tempfile::tempdir().expect("a directory");
    let places = StatePlaces::of(place.path());
    places.exports().create().expect("created");
    let mut store = SledStore::open(&places.store()).expect("opens");
    let (mut number, mut most) = (0, 0);
    for day in 0..DAYS {
        let mails: Vec<Commit> = (0..MAILS_A_DAY)
            .map(|mail_of_day| {
                number += 1;
                mail(number, at(day, mail_of_day * 1000))
            })
            .collect();
        store.commit(&mails).expect("commits");
        store.rest();
        prune(&mut store, at(day, 80_000));
        most = most.max(places.store_bytes());
        if day % 60 == 59 || day == DAYS - 1 {
            let path = places.exports().place_for(at(day, 80_000));
            let records = export(&mut store, &path, at(day, 80_000));
            let bytes = places.store_bytes();
            let exported = std::fs::metadata(&path).expect("there").len();
            println!(
                "day {}: {records} records, {} KiB, exported {} KiB",
                day + 1,
                bytes >> 10,
                exported >> 10
            );
            assert!(records <= RECORDS_MAX, "{records} records");
        }
    }
    assert!(most <= BYTES_MAX, "{most} bytes");
    assert_eq!(
        prune(&mut store, at(DAYS - 1, 80_000)),
        0,
        "all that is due is gone"
    );

    // What is kept is all there, and what waits stays however old it is.
    let recent = store.look_up(&Questions {
        cases: vec![CaseId(number - 1)],
        ..Questions::default()
    });
    assert_eq!(recent.expect("answers").cases.len(), 1);
    let open = store.load().expect("loads").cases;
    assert_eq!(open.len() as i64, DAYS * MAILS_A_DAY / 100);
    let first = open
        .first()
        .expect("one")
        .messages()
        .next()
        .expect("a mail")
        .key;
    let questions = Questions {
        messages: vec![first],
        ..Questions::default()
    };
    let known = store.look_up(&questions).expect("answers");
    assert_eq!(known.messages.len(), 1, "its mails are known still");

    // Copied, it takes what it needs; and nothing is lost.
    let loaded = store.load().expect("loads");
    drop(store);
    let before = places.store_bytes();
    let copied = places.compact().expect("compacts");
    println!(
        "compacted: {copied} records, {} KiB instead of {}",
        places.store_bytes() >> 10,
        before >> 10
    );
    assert!(places.store_bytes() < before);
    let mut store = SledStore::open(&places.store()).expect("opens");
    assert_eq!(store.load().expect("loads"), loaded);
}

#[test]
fn a_clock_that_is_wrong_by_years_costs_a_few_days_at_most() {
    let place = tempfile::tempdir().expect("a directory");
    let mut store = SledStore::open(place.path()).expect("opens");
    for day in 0..40_u64 {
        let now = at(day.cast_signed(), 0);
        store.commit(&[mail(day + 1, now)]).expect("commits");
    }
    prune(&mut store, at(20_000, 0));
    let cases = store.cases(100).expect("answers").len();
    assert!(cases >= 35, "{cases} cases are left");
}

#[test]
fn a_case_that_goes_on_as_another_stays_as_long_as_that_one() {
    let place = tempfile::tempdir().expect("a directory");
    let mut store = SledStore::open(place.path()).expect("opens");
    // The hundredth is open.
    let open = mail(100, at(0, 0));
    let mut joined = mail(101, at(0, 0));
    let event = CaseEvent::Settled {
        at: at(0, 7200),
        how: Settlement::Joined(CaseId(100)),
        by: "ackd".into(),
    };
    joined.cases[0].apply(event).expect("legal");
    store.commit(&[open, joined]).expect("commits");
    for day in 46..200 {
        prune(&mut store, at(day, 0));
    }
    let thread = IdHash(hash("thread", 101));
    let questions = Questions {
        threads: vec![thread],
        ..Questions::default()
    };
    let known = store.look_up(&questions).expect("answers");
    assert_eq!(known.threads.get(&thread), Some(&CaseId(101)));
}
