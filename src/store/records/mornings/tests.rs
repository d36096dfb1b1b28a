//! What is kept for mornings comes back from disk as it was.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::super::tests::{address, author, moment, name};
use super::*;
use crate::domain::classify::Kind;
use crate::domain::ids::MessageKey;
use crate::domain::outbox::Purpose;
use crate::domain::time::Timestamp;
use crate::store::record::{seal, unseal};

fn day() -> impl Strategy<Value = NaiveDate> {
    (700_000..800_000_i32).prop_map(|day| NaiveDate::from_num_days_from_ce_opt(day).expect("a day"))
}

fn blind() -> impl Strategy<Value = BlindTime> {
    (name(), moment(), moment()).prop_map(|(mailbox, from, until)| BlindTime {
        mailbox: MailboxName::new(mailbox),
        from,
        until,
    })
}

pub(in crate::store::records) fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        (day(), moment()).prop_map(|(day, since)| Purpose::Morning { day, since }),
        day().prop_map(|monday| Purpose::Weekly { monday }),
    ]
}

prop_compose! {
    pub(in crate::store) fn mornings()(
        since in option::of(moment()),
        told in btree_map(
            address(),
            (day(), moment()).prop_map(|(day, covers)| LastMorning { day, covers }),
            0..3,
        ),
        weekly in btree_map(address(), day(), 0..3),
        blind in vec(blind(), 0..3),
    ) -> Mornings {
        Mornings { since, told, weekly, blind }
    }
}

prop_compose! {
    pub(in crate::store) fn aside()(
        at in moment(),
        message in 0..6_u128,
        client in name(),
        kind in prop_oneof![
            Just(AsideKind::Thanks),
            Just(AsideKind::Mail(Kind::Bounce)),
            Just(AsideKind::Mail(Kind::Human)),
        ],
        from in option::of(author()),
        subject: String,
    ) -> Aside {
        let message = MessageKey(message);
        Aside { at, message, client: ClientKey::new(client), kind, from, subject }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_kept_for_mornings_comes_back(mornings in mornings(), aside in aside()) {
        let sealed = seal(b"m", &MorningsRecord::from(&mornings));
        let record: MorningsRecord = unseal(b"m", &sealed).expect("a whole record");
        prop_assert_eq!(Mornings::try_from(record), Ok(mornings));
        let sealed = seal(b"a", &AsideRecord::from(&aside));
        let record: AsideRecord = unseal(b"a", &sealed).expect("a whole record");
        prop_assert_eq!(Aside::try_from(record), Ok(aside));
    }
}

/// If this changes, stores that were written before can't be read any more.
#[test]
fn the_form_on_disk_stays_as_it_is() {
    let at = Timestamp::from_timestamp(1_700_000_000, 5).expect("a moment");
    let alice = Address::parse("alice@northwind.example").expect("an address");
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
    let mornings = Mornings {
        since: Some(at),
        told: [(alice.clone(), LastMorning { day, covers: at })].into(),
        weekly: [(alice, day)].into(),
        blind: vec![BlindTime {
            mailbox: MailboxName::new("clients"),
            from: at,
            until: at,
        }],
    };
    let hex =
        |bytes: Vec<u8>| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let bytes = hex(seal(b"mornings", &MorningsRecord::from(&mornings)));
    insta::assert_snapshot!(bytes, @"01747c62910180c49fd50c050117616c696365406e6f72746877696e642e6578616d706c65cea95a80c49fd50c050117616c696365406e6f72746877696e642e6578616d706c65cea95a0107636c69656e747380c49fd50c0580c49fd50c05");
    let aside = Aside {
        at,
        message: MessageKey(7),
        client: ClientKey::new("acme"),
        kind: AsideKind::Mail(Kind::Bounce),
        from: None,
        subject: "s".into(),
    };
    let bytes = hex(seal(b"aside", &AsideRecord::from(&aside)));
    insta::assert_snapshot!(bytes, @"017f1635b980c49fd50c05000000000000000000000000000000070461636d650102000173");
}
