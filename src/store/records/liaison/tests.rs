//! What is known of the contact with a client comes back as it was written.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::tests::{address, moment, name};
use super::*;
use crate::store::record::{seal, unseal};

fn date() -> impl Strategy<Value = NaiveDate> {
    let day = |days| NaiveDate::from_num_days_from_ce_opt(days).expect("a date");
    (700_000..750_000).prop_map(day)
}

fn contact() -> impl Strategy<Value = Contact> {
    let how = prop_oneof![
        Just(ContactKind::Mail),
        Just(ContactKind::Meeting),
        Just(ContactKind::Phoned),
        Just(ContactKind::Met),
    ];
    (moment(), how, option::of(any::<String>())).prop_map(|(at, how, by)| Contact { at, how, by })
}

fn some_version() -> impl Strategy<Value = Version> {
    (any::<u32>(), moment()).prop_map(|(sequence, stamped_at)| Version {
        sequence,
        stamped_at,
    })
}

fn meeting() -> impl Strategy<Value = Meeting> {
    let flags = (any::<bool>(), any::<bool>());
    let edition = (
        option::of(moment()),
        some_version(),
        flags,
        vec(moment(), 0..4),
    );
    let edition = edition.prop_map(|(instance, version, flags, begins)| Edition {
        instance,
        version,
        is_hearsay: flags.0,
        is_cancelled: flags.1,
        begins,
    });
    let answer = prop_oneof![
        Just(MeetingAnswer::Tentative),
        Just(MeetingAnswer::Accepted),
        Just(MeetingAnswer::Declined),
    ];
    let reply = (any::<u128>(), option::of(moment()), some_version(), answer);
    let reply = reply.prop_map(|(who, instance, version, answer)| Reply {
        who,
        instance,
        version,
        answer,
    });
    (any::<u128>(), vec(edition, 0..3), vec(reply, 0..3)).prop_map(|(uid, editions, replies)| {
        Meeting {
            uid,
            editions,
            replies,
        }
    })
}

fn told() -> impl Strategy<Value = Told> {
    let what = prop_oneof![
        Just(ToldMatter::Soon),
        Just(ToldMatter::Lapsed),
        Just(ToldMatter::Quiet),
    ];
    (what, date(), address(), moment()).prop_map(|(what, of, person, at)| Told {
        what,
        of,
        person,
        at,
    })
}

pub(in crate::store) fn liaison() -> impl Strategy<Value = Liaison> {
    let pause = (option::of(moment()), any::<String>()).prop_map(|(until, by)| Pause { until, by });
    let known = (
        option::of(contact()),
        vec(meeting(), 0..3),
        vec(date(), 0..5),
    );
    let rest = (option::of(pause), vec(told(), 0..3));
    (name(), moment(), known, rest).prop_map(|(client, since, known, rest)| Liaison {
        client: ClientKey::new(client),
        since,
        last: known.0,
        meetings: known.1,
        heard_on: known.2,
        paused: rest.0,
        told: rest.1,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_known_of_a_client_comes_back_as_it_was(own in liaison()) {
        let sealed = seal(b"liaison", &LiaisonRecord::from(&own));
        let record: LiaisonRecord = unseal(b"liaison", &sealed).expect("a whole record");
        prop_assert_eq!(Liaison::try_from(record), Ok(own));
    }
}

/// If this changes, stores that were written before can't be read any more.
#[test]
fn the_form_on_disk_stays_as_it_is() {
    let at = Timestamp::from_timestamp(1_700_000_000, 5).expect("a moment");
    let date = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
    let stamped_at = at;
    let (sequence, instance) = (2, Some(at));
    let version = Version {
        sequence,
        stamped_at,
    };
    let own = Liaison {
        client: ClientKey::new("acme"),
        since: at,
        last: Some(Contact {
            at,
            how: ContactKind::Met,
            by: Some("al".into()),
        }),
        meetings: vec![Meeting {
            uid: 7,
            editions: vec![Edition {
                instance,
                version,
                is_hearsay: false,
                is_cancelled: true,
                begins: vec![at],
            }],
            replies: vec![Reply {
                who: 8,
                instance: None,
                version,
                answer: MeetingAnswer::Declined,
            }],
        }],
        heard_on: vec![date],
        paused: Some(Pause {
            until: None,
            by: "bo".into(),
        }),
        told: vec![Told {
            what: ToldMatter::Quiet,
            of: date,
            person: crate::domain::address::Address::parse("a@b.example").expect("an address"),
            at,
        }],
    };
    let bytes = seal(b"liaison", &LiaisonRecord::from(&own));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex, @"01aa49e5a90461636d6580c49fd50c050180c49fd50c05030102616c0100000000000000000000000000000007010180c49fd50c050280c49fd50c0500010180c49fd50c050100000000000000000000000000000008000280c49fd50c050201cea95a010002626f0102cea95a0b6140622e6578616d706c6580c49fd50c05");
}
