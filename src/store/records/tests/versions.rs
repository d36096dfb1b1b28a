//! What was written before is still read.

use super::*;
use crate::store::records::case::CaseRecord1;
use crate::store::records::event::EventRecord;
use crate::store::records::index::{TeamMailRecord1, TeamMailRecord2};
use crate::store::records::installation::CursorRecord1;

impl Record for TeamMailRecord1 {}
impl Record for TeamMailRecord2 {
    const VERSION: u8 = 2;
}
impl Record for CaseRecord1 {}
impl Record for CursorRecord1 {}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000 + seconds, 0).expect("a moment")
}

#[test]
fn a_mail_of_the_team_written_before_two_moments_were_told_apart_is_read() {
    let before = TeamMailRecord1 {
        key: MessageKey(7).into(),
        id: Some(IdHash(8).into()),
        at: at(0).into(),
        by: None,
        contacts: vec![],
        names: vec![IdHash(9).into()],
    };
    let read: TeamMailRecord = unseal(KEY, &seal(KEY, &before)).expect("version 1");
    let expected = TeamMail {
        key: MessageKey(7),
        id: Some(IdHash(8)),
        at: at(0),
        stopped_at: at(0),
        by: None,
        contacts: vec![],
        names: vec![IdHash(9)],
        passes_on: false,
    };
    assert_eq!(TeamMail::try_from(read), Ok(expected));
}

#[test]
fn a_mail_of_the_team_written_before_it_told_what_is_passed_on_is_read() {
    let before = TeamMailRecord2 {
        key: MessageKey(7).into(),
        id: Some(IdHash(8).into()),
        at: at(0).into(),
        stopped_at: at(1).into(),
        by: None,
        contacts: vec![],
        names: vec![IdHash(9).into()],
    };
    let read: TeamMailRecord = unseal(KEY, &seal(KEY, &before)).expect("version 2");
    let read = TeamMail::try_from(read).expect("a mail");
    assert_eq!((read.stopped_at, read.passes_on), (at(1), false));
}

/// The bytes are those of an event as it was written before anything told whom an answer was
/// addressed to.
#[test]
fn an_answer_written_before_it_told_whom_it_reaches_answers_the_whole_case() {
    let answer = Answer {
        message: Some(MessageKey(7)),
        at: at(0),
        stopped_at: at(0),
        evidence: Evidence::NewThread,
        names: vec![IdHash(9)],
        reach: Reach::Whole,
        by: None,
        id: None,
    };
    let event = CaseEvent::TeamAnswered(answer);
    let bytes = postcard::to_allocvec(&EventRecord::from(&event)).expect("a record");
    assert_eq!(bytes.first(), Some(&1), "the variant it always was");
    let (read, rest) = postcard::take_from_bytes::<EventRecord>(&bytes).expect("a record");
    assert!(rest.is_empty());
    assert_eq!(CaseEvent::try_from(read), Ok(event));
}

/// The bytes are those of a mail as it was written before its language was kept.
#[test]
fn a_mail_written_before_its_language_was_kept_tells_none() {
    let mail = ClientMessage {
        key: MessageKey(7),
        message_id: None,
        other_ids: vec![],
        references: vec![],
        author: Author {
            address: Address::parse("ann@acme.example").expect("an address"),
            name: None,
        },
        answered_at: vec![],
        received_at: at(0),
        clock_from: at(0),
        urgent: false,
        may_acknowledge: true,
        suspicious: false,
        thanks: false,
        language: None,
        holders: vec![],
    };
    let event = CaseEvent::ClientWrote(mail);
    let bytes = postcard::to_allocvec(&EventRecord::from(&event)).expect("a record");
    assert_eq!(bytes.first(), Some(&0), "the variant it always was");
    let (read, rest) = postcard::take_from_bytes::<EventRecord>(&bytes).expect("a record");
    assert!(rest.is_empty());
    assert_eq!(CaseEvent::try_from(read), Ok(event));
}

#[test]
fn a_cursor_written_before_there_were_landmarks_is_read() {
    let before = CursorRecord1 {
        mailbox: "clients".into(),
        folder: "INBOX".into(),
        uid_validity: 7,
        uid_next: 12,
    };
    let read: CursorRecord = unseal(KEY, &seal(KEY, &before)).expect("version 1");
    let (folder, cursor) = <(FolderId, Cursor)>::try_from(read).expect("a cursor");
    assert_eq!(folder.folder, "INBOX");
    let landmarks = Vec::new();
    let expected = Cursor {
        uid_validity: 7,
        uid_next: 12,
        landmarks,
    };
    assert_eq!(cursor, expected);
}

/// A record of a version before, of which the present one has only more at its end: the bytes of
/// the present one without them.
fn without_end<R: Record>(record: &R, end: usize) -> Vec<u8> {
    let bytes = postcard::to_allocvec(record).expect("a record");
    bytes[..bytes.len() - end].to_vec()
}

#[test]
fn a_case_written_before_there_were_assignments_is_read() {
    let author = Author {
        address: Address::parse("ann@acme.example").expect("an address"),
        name: None,
    };
    let case = Case::new(CaseId(7), ClientKey::new("acme"), author, "Server".into());
    let before = without_end(&CaseRecord::from(&case), 1);
    let (before, rest) = postcard::take_from_bytes::<CaseRecord1>(&before).expect("version 1");
    assert!(rest.is_empty());
    let read: CaseRecord = unseal(KEY, &seal(KEY, &before)).expect("version 1");
    assert_eq!(Case::try_from(read), Ok(case));
}

#[test]
fn a_row_written_before_it_could_be_released_is_read() {
    let before = "0164a19194ac02036d40780b6140622e6578616d706c650601730174010102010278\
                  80c49fd50c050580c49fd50c050172";
    let bytes: Vec<u8> = (0..before.len() / 2)
        .map(|at| u8::from_str_radix(&before[at * 2..at * 2 + 2], 16).expect("digits"))
        .collect();
    let read: RowRecord = unseal(KEY, &bytes).expect("version 1");
    let row = OutboxRow::try_from(read).expect("a row");
    assert_eq!((row.id, row.released), (OutboxId(300), false));
    assert!(matches!(row.state, RowState::Cancelled { .. }));
}

#[test]
fn a_row_written_before_there_were_roads_is_read() {
    let before = "02c71b3bfaac02036d40780b6140622e6578616d706c65060173017401010201027880c49fd50c050580c49fd50c05017200";
    let bytes: Vec<u8> = (0..before.len() / 2)
        .map(|at| u8::from_str_radix(&before[at * 2..at * 2 + 2], 16).expect("digits"))
        .collect();
    let read: RowRecord = unseal(KEY, &bytes).expect("version 2");
    let row = OutboxRow::try_from(read).expect("a row");
    assert_eq!((row.id, row.road), (OutboxId(300), None));
    assert!(matches!(row.state, RowState::Cancelled { .. }));
}

/// The bytes of one record of every form that has variants. If this changes, stores that
/// were written before can't be read any more.
#[test]
fn the_form_on_disk_stays_as_it_is() {
    let at = Timestamp::from_timestamp(1_700_000_000, 5).expect("a moment");
    let stage = Stage {
        clock: Clock::Answer,
        step: Step::Escalate(BusinessTime::from_minutes(2)),
    };
    let row = OutboxRow {
        id: OutboxId(300),
        message_id: MessageId::parse("m@x").expect("an id"),
        to: Address::parse("a@b.example").expect("an address"),
        purpose: Purpose::Notice {
            subject: "s".into(),
            text: "t".into(),
        },
        keys: vec![StageKey {
            case: CaseId(1),
            generation: Generation(2),
            stage,
        }],
        created_at: at,
        released: false,
        road: None,
        state: RowState::Cancelled {
            at,
            reason: "r".into(),
        },
    };
    let bytes = seal(KEY, &RowRecord::from(&row));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex);
}
