//! Domain → bytes → domain, for every record and whatever the values.
//!
//! The strategies for domain values are used by the tests of the store too.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::domain::case::{
    Answer, Case, CaseEvent, CaseState, ClientMessage, Closing, Evidence, Happening, Mark, Reach,
    Settlement,
};
use crate::domain::classify::{Kind, Sender};
use crate::domain::commit::LostTime;
use crate::domain::commit::{
    AcknowledgementRecord, Cursor, FolderId, HistoryEntry, IndexEntry, Installation, KnownCopy,
    Landmark, Quarantined, TeamMail, Trace,
};
use crate::domain::ids::{CaseId, ClientKey, Generation, InstanceId, OutboxId};
use crate::domain::language::Language;
use crate::domain::outbox::{OutboxRow, Purpose, RowState, StageKey};
use crate::domain::rules::Mode;
use crate::store::record::{Record, seal, unseal};

mod outbox;
mod separated;
mod versions;

pub(in crate::store) use outbox::row;

const KEY: &[u8] = &[0x10, 1];

/// Through the bytes and back again.
fn through<R, T>(record: R) -> T
where
    R: Record,
    T: TryFrom<R, Error = Unfit>,
{
    let read: R = unseal(KEY, &seal(KEY, &record)).expect("a whole record");
    T::try_from(read).expect("a fitting record")
}

prop_compose! {
    pub(in crate::store) fn moment()(
        seconds in -8_000_000_000_000_i64..8_000_000_000_000,
        nanoseconds in 0..1_000_000_000_u32,
    ) -> Timestamp {
        Timestamp::from_timestamp(seconds, nanoseconds).expect("within range")
    }
}

fn whole_second() -> impl Strategy<Value = Timestamp> {
    moment().prop_map(|at| Timestamp::from_timestamp(at.timestamp(), 0).expect("within range"))
}

pub(super) fn address() -> impl Strategy<Value = Address> {
    // Upper case whose lower case is longer, and labels that are longer in ASCII.
    ("[a-zİÄß0-9.+@]{1,40}", "[a-zÄß]{1,12}\\.example")
        .prop_filter_map("no valid domain", |(local, domain)| {
            Address::parse(&format!("{local}@{domain}"))
        })
}

pub(super) fn author() -> impl Strategy<Value = Author> {
    (address(), option::of(any::<String>())).prop_map(|(address, name)| Author { address, name })
}

fn message_id() -> impl Strategy<Value = MessageId> {
    "[!-;=?-~]{1,80}".prop_map(|text| MessageId::parse(&text).expect("an id"))
}

fn id_hash() -> impl Strategy<Value = IdHash> {
    any::<u128>().prop_map(IdHash)
}

fn message_key() -> impl Strategy<Value = MessageKey> {
    any::<u128>().prop_map(MessageKey)
}

pub(super) fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,3}"
}

prop_compose! {
    fn location()(
        mailbox in name(), folder: String, uid_validity: u32, uid: u32,
    ) -> Location {
        Location { mailbox: MailboxName::new(mailbox), folder, uid_validity, uid }
    }
}

fn stage() -> impl Strategy<Value = Stage> {
    let clock = prop_oneof![Just(Clock::Acknowledge), Just(Clock::Answer)];
    let amount = || any::<u64>().prop_map(BusinessTime::from_seconds);
    let step = prop_oneof![
        amount().prop_map(Step::Remind),
        Just(Step::Acknowledge),
        amount().prop_map(Step::Escalate),
    ];
    (clock, step).prop_map(|(clock, step)| Stage { clock, step })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        Just(Evidence::ReplyHeaders),
        Just(Evidence::NewThread),
        message_key().prop_map(Evidence::AnsweredFlag),
    ]
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        Just(Reach::Whole),
        vec(id_hash(), 0..3).prop_map(Reach::Named),
        vec(id_hash(), 0..3).prop_map(Reach::Addressed),
    ]
}

fn settlement() -> impl Strategy<Value = Settlement> {
    prop_oneof![
        Just(Settlement::Answered),
        Just(Settlement::Phoned),
        Just(Settlement::Met),
        Just(Settlement::Dismissed),
        any::<u64>().prop_map(|case| Settlement::Joined(CaseId(case))),
    ]
}

fn closing() -> impl Strategy<Value = Closing> {
    prop_oneof![
        (option::of(message_key()), evidence())
            .prop_map(|(message, evidence)| Closing::Answer { message, evidence }),
        moment().prop_map(|at| Closing::Word { at }),
    ]
}

prop_compose! {
    fn client_message()(
        key in message_key(),
        message_id in option::of(message_id()),
        references in vec(message_id(), 0..3),
        author in author(),
        answered_at in vec(id_hash(), 0..2),
        received_at in moment(),
        ahead in option::of(moment()),
        other_ids in vec(id_hash(), 0..2),
        flags: [bool; 4],
        language in option::of(proptest::sample::select(&Language::ALL[..])),
        holders in vec(location(), 0..3),
    ) -> ClientMessage {
        let [urgent, may_acknowledge, suspicious, thanks] = flags;
        ClientMessage {
            key, message_id, other_ids, references, author, answered_at, received_at,
            clock_from: ahead.unwrap_or(received_at),
            urgent, may_acknowledge, suspicious, thanks, language, holders,
        }
    }
}

prop_compose! {
    fn answer()(
        message in option::of(message_key()),
        at in moment(),
        ahead in option::of(moment()),
        evidence in evidence(),
        names in vec(id_hash(), 0..3),
        reach in reach(),
        by in option::of(address()),
        id in option::of(id_hash()),
    ) -> Answer {
        let stopped_at = ahead.unwrap_or(at);
        Answer { message, at, stopped_at, evidence, names, reach, by, id }
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let row = any::<u64>().prop_map(OutboxId);
    let by = any::<String>;
    let event = prop_oneof![
        client_message().prop_map(CaseEvent::ClientWrote),
        answer().prop_map(CaseEvent::TeamAnswered),
        (moment(), row).prop_map(|(at, row)| CaseEvent::Acknowledged { at, row }),
        (moment(), settlement(), by()).prop_map(|(at, how, by)| CaseEvent::Settled { at, how, by }),
        (moment(), closing(), by()).prop_map(|(at, what, by)| CaseEvent::Disputed { at, what, by }),
        separated::separated(),
        separated::vanished(),
    ];
    (moment(), event).prop_map(|(at, event)| Happening { at, event })
}

fn state() -> impl Strategy<Value = CaseState> {
    let generation = || any::<u32>().prop_map(Generation);
    prop_oneof![
        Just(CaseState::New),
        (
            generation(),
            moment(),
            moment(),
            option::of(moment()),
            any::<u32>()
        )
            .prop_map(
                |(generation, since, answer_since, urgent_since, unanswered)| {
                    CaseState::Waiting {
                        generation,
                        since,
                        answer_since,
                        urgent_since,
                        unanswered,
                    }
                }
            ),
        (generation(), moment(), moment(), any::<u32>()).prop_map(
            |(generation, at, answer_since, unanswered)| CaseState::Acknowledged {
                generation,
                at,
                answer_since,
                unanswered,
            }
        ),
        (generation(), moment(), evidence()).prop_map(|(generation, at, evidence)| {
            CaseState::Answered {
                generation,
                at,
                evidence,
            }
        }),
        (generation(), moment(), settlement()).prop_map(|(generation, at, how)| {
            CaseState::Settled {
                generation,
                at,
                how,
            }
        }),
    ]
}

fn mark() -> impl Strategy<Value = Mark> {
    (any::<u32>(), stage(), address()).prop_map(|(generation, stage, recipient)| Mark {
        generation: Generation(generation),
        stage,
        recipient,
    })
}

prop_compose! {
    pub(in crate::store) fn case()(
        id in 0..6_u64,
        client in name(),
        contact in author(),
        subject: String,
        happenings in vec(happening(), 0..4),
        thread in vec(id_hash(), 0..4),
        marks in vec(mark(), 0..3),
        acknowledgement: Option<u64>,
        urgent: bool,
        snoozed_until in option::of(moment()),
        assigned_to in option::of(address()),
        state in state(),
    ) -> Case {
        Case {
            id: CaseId(id),
            client: ClientKey::new(client),
            contact, subject, happenings, thread, marks,
            acknowledgement: acknowledgement.map(OutboxId),
            urgent, snoozed_until, assigned_to, state,
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Human),
        Just(Kind::AutoReply),
        Just(Kind::Bounce),
        Just(Kind::Receipt),
        Just(Kind::Calendar),
        Just(Kind::MailingList),
        Just(Kind::Bulk),
        Just(Kind::Notification),
        Just(Kind::Own),
    ]
}

prop_compose! {
    pub(in crate::store) fn entry()(
        kind in kind(),
        sender in prop_oneof![Just(Sender::Client), Just(Sender::Team), Just(Sender::Stranger)],
        client in option::of(name()),
        received_at in whole_second(),
        case in option::of(0..6_u64),
    ) -> IndexEntry {
        IndexEntry {
            kind, sender, received_at,
            client: client.map(ClientKey::new),
            case: case.map(CaseId),
        }
    }
}

prop_compose! {
    pub(in crate::store) fn team_mail()(
        key in message_key(),
        id in option::of(id_hash()),
        at in moment(),
        stopped_at in moment(),
        by in option::of(address()),
        contacts in vec(address(), 0..3),
        names in vec(id_hash(), 0..3),
        passes_on: bool,
    ) -> TeamMail {
        TeamMail { key, id, at, stopped_at, by, contacts, names, passes_on }
    }
}

prop_compose! {
    pub(in crate::store) fn trace()(
        at in whole_second(), message in message_key(), case in 0..6_u64, quoted: bool,
    ) -> Trace {
        Trace { at, message, case: CaseId(case), quoted }
    }
}

prop_compose! {
    pub(in crate::store) fn known_copy()(
        key in message_key(), of in message_key(), case in 0..6_u64,
        words in option::of(vec(any::<u32>(), 0..4)),
    ) -> KnownCopy {
        KnownCopy { key, of, case: CaseId(case), words }
    }
}

prop_compose! {
    pub(in crate::store) fn history_entry()(
        case in 0..6_u64, at in moment(), what: String,
    ) -> HistoryEntry {
        HistoryEntry { case: CaseId(case), at, what }
    }
}

prop_compose! {
    pub(in crate::store) fn cursor()(
        mailbox in name(), folder in name(), uid_validity: u32, uid_next: u32,
        landmarks in vec((any::<u32>(), moment()), 0..3),
    ) -> (FolderId, Cursor) {
        let mailbox = MailboxName::new(mailbox);
        let landmark = |(uid, received_at)| Landmark { uid, received_at };
        let landmarks = landmarks.into_iter().map(landmark).collect();
        (FolderId { mailbox, folder }, Cursor { uid_validity, uid_next, landmarks })
    }
}

prop_compose! {
    pub(in crate::store) fn quarantined()(
        location in location(), at in moment(), reason: String,
    ) -> Quarantined {
        Quarantined { location, at, reason }
    }
}

prop_compose! {
    pub(in crate::store) fn acknowledgement()(
        // Within a few days, so that some are recent and some are not.
        seconds in 1_700_000_000..1_700_300_000_i64,
        client in name(), to in address(), row: u64,
    ) -> AcknowledgementRecord {
        let at = Timestamp::from_timestamp(seconds, 0).expect("within range");
        AcknowledgementRecord { at, client: ClientKey::new(client), to, row: OutboxId(row) }
    }
}

prop_compose! {
    pub(in crate::store) fn installation()(
        instance: String,
        first_started in btree_map(name(), moment(), 0..3),
        mode in option::of(prop_oneof![Just(Mode::Observe), Just(Mode::Remind), Just(Mode::Full)]),
        acknowledge_since in option::of(moment()),
        breaker_until in option::of(moment()),
        lost in vec((option::of(moment()), moment(), any::<bool>()), 0..3),
    ) -> Installation {
        Installation {
            instance: InstanceId::new(instance),
            first_started: first_started
                .into_iter()
                .map(|(mailbox, at)| (MailboxName::new(mailbox), at))
                .collect(),
            mode, acknowledge_since, breaker_until,
            lost: lost.into_iter().map(|(since, until, is_listed)| LostTime { since, until, is_listed }).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn cases_come_back_as_they_were(case in case()) {
        prop_assert_eq!(through::<CaseRecord, Case>((&case).into()), case);
    }

    #[test]
    fn rows_come_back_as_they_were(row in row()) {
        prop_assert_eq!(through::<RowRecord, OutboxRow>((&row).into()), row);
    }

    #[test]
    fn team_mails_come_back_as_they_were(mail in team_mail()) {
        prop_assert_eq!(through::<TeamMailRecord, TeamMail>((&mail).into()), mail);
    }

    #[test]
    fn traces_come_back_as_they_were(trace in trace()) {
        prop_assert_eq!(through::<TraceRecord, Trace>((&trace).into()), trace);
    }

    #[test]
    fn histories_come_back_as_they_were(entry in history_entry()) {
        prop_assert_eq!(through::<HistoryRecord, HistoryEntry>((&entry).into()), entry);
    }

    #[test]
    fn quarantine_comes_back_as_it_was(quarantined in quarantined()) {
        let record = QuarantineRecord::from(&quarantined);
        prop_assert_eq!(through::<_, Quarantined>(record), quarantined);
    }

    #[test]
    fn acknowledgements_come_back_as_they_were(acknowledgement in acknowledgement()) {
        let record = AcknowledgementRow::from(&acknowledgement);
        prop_assert_eq!(through::<_, AcknowledgementRecord>(record), acknowledgement);
    }

    #[test]
    fn the_installation_comes_back_as_it_was(mut installation in installation()) {
        let record = InstallationRecord::from(&installation);
        let lost = std::mem::take(&mut installation.lost);
        prop_assert_eq!(through::<_, Installation>(record), installation);
        let back: Vec<LostTime> = through(RebuiltRecord::from(lost.as_slice()));
        prop_assert_eq!(back, lost);
    }

    #[test]
    fn index_entries_come_back_as_they_were(entry in entry()) {
        let record = IndexRecord::new(&entry, entry.client.as_ref().map(|_| 7));
        let read: IndexRecord = unseal(KEY, &seal(KEY, &record)).expect("a whole record");
        let back = read.into_entry(|_| entry.client.clone());
        prop_assert_eq!(back, Ok(entry));
    }

    #[test]
    fn cursors_come_back_as_they_were((folder, cursor) in cursor()) {
        let record = CursorRecord::from((&folder, &cursor));
        prop_assert_eq!(through::<_, (FolderId, Cursor)>(record), (folder, cursor));
    }
}
