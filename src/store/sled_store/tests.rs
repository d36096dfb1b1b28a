//! The store on disk against the store in memory: whatever is committed, both answer alike.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::domain::address::{Address, Author};
use crate::domain::case::CaseState;
use crate::domain::commit::KeptReason;
use crate::domain::commit::TeamMail;
use crate::domain::facts::Location;
use crate::domain::ids::{Generation, IdHash, MailboxName};
use crate::store::MemoryStore;
use crate::store::records::tests as any_domain;
use crate::store::records::{any_absences, any_alarms, any_aside, any_liaison, any_mornings};

/// Few ids, so that commits hit the same ones again and again.
fn few_keys() -> impl Strategy<Value = MessageKey> {
    (0..5_u128).prop_map(MessageKey)
}

fn few_ids() -> impl Strategy<Value = IdHash> {
    (0..5_u128).prop_map(IdHash)
}

fn few_contacts() -> impl Strategy<Value = Address> {
    (0..3).prop_map(|number| contact(&format!("contact{number}")))
}

prop_compose! {
    fn reason()(rule: String, evidence: String) -> KeptReason {
        KeptReason { rule, evidence }
    }
}

prop_compose! {
    pub(in crate::store) fn commit()(
        cases in vec(any_domain::case(), 0..3),
        history in vec(any_domain::history_entry(), 0..3),
        messages in vec((few_keys(), any_domain::entry()), 0..4),
        threads in vec((few_ids(), (0..6_u64).prop_map(CaseId)), 0..4),
        awaited in vec((few_ids(), any_domain::team_mail()), 0..3),
        outbound in vec((few_contacts(), any_domain::team_mail()), 0..3),
        (traces, reasons, copies, subjects) in (
            vec((few_ids(), any_domain::trace()), 0..3),
            vec((few_keys(), vec(reason(), 0..3)), 0..3),
            vec((few_keys(), any_domain::known_copy()), 0..3),
            vec((few_keys(), any::<String>()), 0..3),
        ),
        outbox in vec(any_domain::row(), 0..3),
        cursors in vec(any_domain::cursor(), 0..3),
        quarantine in vec(any_domain::quarantined(), 0..3),
        acknowledgements in vec(any_domain::acknowledgement(), 0..3),
        (installation, alarms, absences, liaisons, mornings, asides) in (
            option::of(any_domain::installation()),
            option::of(any_alarms()),
            option::of(any_absences()),
            vec(any_liaison(), 0..3),
            option::of(any_mornings()),
            vec(any_aside(), 0..3),
        ),
    ) -> Commit {
        Commit {
            cases, history, messages, threads, awaited, outbound, traces, reasons, copies,
            subjects, outbox, cursors, quarantine, acknowledgements, installation, alarms,
            absences, liaisons, mornings, asides,
        }
    }
}

fn everything() -> Questions {
    Questions {
        messages: (0..6).map(MessageKey).collect(),
        threads: (0..6).map(IdHash).collect(),
        awaited: (0..6).map(IdHash).collect(),
        outbound: (0..4).map(|n| contact(&format!("contact{n}"))).collect(),
        traces: (0..6).map(IdHash).collect(),
        cases: (0..7).map(CaseId).collect(),
        reasons: (0..6).map(MessageKey).collect(),
        copies: (0..6).map(MessageKey).collect(),
        subjects: (0..6).map(MessageKey).collect(),
        asides: Some((Timestamp::UNIX_EPOCH, Timestamp::MAX_UTC)),
        closed_since: Some(Timestamp::UNIX_EPOCH),
        rows: Vec::new(),
    }
}

/// Cursors and quarantine of the same second lie in the order of hashes on disk.
fn in_one_order(mut loaded: Loaded) -> Loaded {
    loaded.cursors.sort_by(|one, other| one.0.cmp(&other.0));
    let liaisons = &mut loaded.liaisons;
    liaisons.sort_by(|one, other| one.client.cmp(&other.client));
    loaded
}

fn alike(disk: &mut dyn Store, memory: &mut dyn Store) -> Result<(), TestCaseError> {
    let (on_disk, in_memory) = (disk.load().unwrap(), memory.load().unwrap());
    prop_assert_eq!(in_one_order(on_disk), in_one_order(in_memory));
    let questions = everything();
    prop_assert_eq!(
        disk.look_up(&questions).unwrap(),
        memory.look_up(&questions).unwrap()
    );
    for limit in [0, 2, 100] {
        prop_assert_eq!(disk.cases(limit).unwrap(), memory.cases(limit).unwrap());
    }
    for case in (0..7).map(CaseId) {
        prop_assert_eq!(disk.history(case).unwrap(), memory.history(case).unwrap());
    }
    prop_assert_eq!(
        disk.quarantine(100).unwrap(),
        memory.quarantine(100).unwrap()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn disk_and_memory_answer_alike(groups in vec(vec(commit(), 1..3), 1..6)) {
        let place = tempfile::tempdir().expect("a directory");
        let mut disk = SledStore::open(place.path()).expect("opens");
        let mut memory = MemoryStore::new();
        for group in &groups {
            disk.commit(group).expect("commits");
            memory.commit(group).expect("commits");
        }
        alike(&mut disk, &mut memory)?;
        drop(disk);
        let mut again = SledStore::open(place.path()).expect("opens again");
        alike(&mut again, &mut memory)?;
    }
}

fn contact(local: &str) -> Address {
    Address::parse(&format!("{local}@acme.example")).expect("an address")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).expect("a moment")
}

fn case(id: u64, state: CaseState) -> Case {
    Case {
        id: CaseId(id),
        client: ClientKey::new("acme"),
        contact: Author {
            address: contact("bea"),
            name: None,
        },
        subject: "Printer".into(),
        happenings: Vec::new(),
        thread: Vec::new(),
        marks: Vec::new(),
        acknowledgement: None,
        urgent: false,
        snoozed_until: None,
        assigned_to: None,
        state,
    }
}

fn waiting() -> CaseState {
    CaseState::Waiting {
        generation: Generation(1),
        since: at(0),
        answer_since: at(0),
        urgent_since: None,
        unanswered: 1,
    }
}

fn both(test: impl Fn(&mut dyn Store)) {
    let place = tempfile::tempdir().expect("a directory");
    test(&mut SledStore::open(place.path()).expect("opens"));
    test(&mut MemoryStore::new());
}

#[test]
fn a_case_that_closes_leaves_the_open_ones_and_comes_back_when_it_reopens() {
    both(|store| {
        let of_case = |case: Case| Commit {
            cases: vec![case],
            ..Commit::default()
        };
        let open = |store: &mut dyn Store| store.load().unwrap().cases.len();
        store.commit(&[of_case(case(4, waiting()))]).unwrap();
        assert_eq!(open(store), 1);
        store.commit(&[of_case(case(4, CaseState::New))]).unwrap();
        assert_eq!(open(store), 0);
        assert_eq!(store.cases(9).unwrap().len(), 1, "closed ones are kept");
        store.commit(&[of_case(case(4, waiting()))]).unwrap();
        assert_eq!(open(store), 1);
        assert_eq!(
            store.cases(9).unwrap().len(),
            1,
            "and are never there twice"
        );
        assert_eq!(store.load().unwrap().last_case, 4);
    });
}

#[test]
fn a_thread_brings_its_case_with_it_open_or_closed() {
    both(|store| {
        let commit = Commit {
            cases: vec![case(1, waiting()), case(2, CaseState::New)],
            threads: vec![
                (IdHash(10), CaseId(1)),
                (IdHash(20), CaseId(2)),
                (IdHash(30), CaseId(3)),
            ],
            ..Commit::default()
        };
        store.commit(&[commit]).unwrap();
        let questions = Questions {
            threads: [10, 20, 30, 40].map(IdHash).to_vec(),
            ..Questions::default()
        };
        let known = store.look_up(&questions).unwrap();
        assert_eq!(known.threads.len(), 3);
        let cases: Vec<CaseId> = known.cases.into_keys().collect();
        assert_eq!(cases, [CaseId(1), CaseId(2)]);
    });
}

#[test]
fn only_the_newest_mails_to_a_contact_are_answered_newest_first() {
    both(|store| {
        let mails = (0..100_i64).map(|seconds| {
            let mail = TeamMail {
                id: None,
                key: MessageKey(u128::from(seconds.cast_unsigned())),
                at: at(seconds),
                stopped_at: at(seconds),
                by: None,
                contacts: vec![contact("bea")],
                names: Vec::new(),
                passes_on: false,
            };
            (contact("bea"), mail)
        });
        let commit = Commit {
            outbound: mails.collect(),
            ..Commit::default()
        };
        store.commit(&[commit]).unwrap();
        let questions = Questions {
            outbound: vec![contact("bea"), contact("nobody")],
            ..Questions::default()
        };
        let known = store.look_up(&questions).unwrap();
        assert_eq!(known.outbound.len(), 1);
        let moments: Vec<i64> = known.outbound[&contact("bea")]
            .iter()
            .map(|mail| mail.at.timestamp())
            .collect();
        let newest: Vec<i64> = (0..100).rev().take(OUTBOUND_MAX).collect();
        assert_eq!(moments, newest);
    });
}

#[test]
fn the_newest_unreadable_message_comes_first() {
    both(|store| {
        let unreadable = |uid: u32| Quarantined {
            location: Location {
                mailbox: MailboxName::new("clients"),
                folder: "INBOX".into(),
                uid_validity: 1,
                uid,
            },
            at: at(i64::from(uid)),
            reason: "no header".into(),
        };
        let commit = Commit {
            quarantine: [2, 3, 1].map(unreadable).to_vec(),
            ..Commit::default()
        };
        store.commit(&[commit]).unwrap();
        assert_eq!(store.quarantine(2).unwrap(), [unreadable(3), unreadable(2)]);
    });
}

#[test]
fn a_damaged_record_is_named_and_nothing_is_made_of_it() {
    let place = tempfile::tempdir().expect("a directory");
    let mut store = SledStore::open(place.path()).expect("opens");
    let commit = Commit {
        cases: vec![case(1, waiting())],
        ..Commit::default()
    };
    store.commit(&[commit]).unwrap();
    let key = keys::case(KeyKind::OpenCase, CaseId(1));
    let mut bytes = store.tree.get(key).unwrap().unwrap().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    store.tree.insert(key, bytes).unwrap();

    let error = store.load().unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }));
    let words = "the checksum of a \"open case\" record is wrong";
    assert!(error.to_string().contains(words), "{error}");
}
