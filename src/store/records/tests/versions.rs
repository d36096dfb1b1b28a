//! What was written before is still read.

use super::*;
use crate::store::records::index::TeamMailRecord1;
use crate::store::records::installation::CursorRecord1;

impl Record for TeamMailRecord1 {}
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
    };
    assert_eq!(TeamMail::try_from(read), Ok(expected));
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
        state: RowState::Cancelled {
            at,
            reason: "r".into(),
        },
    };
    let bytes = seal(KEY, &RowRecord::from(&row));
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    insta::assert_snapshot!(hex);
}
