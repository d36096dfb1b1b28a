//! Answers that bring more than can be kept at once: what lies behind is asked for again, and
//! nothing is lost or read twice.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use crate::peer::{BOTH, EXAMINE, LOGIN, blind, run_until};

fn messages(uids: RangeInclusive<u32>) -> String {
    uids.fold(String::new(), |mut lines, uid| {
        let _ = writeln!(lines, "S: MESSAGE {uid}");
        lines
    })
}

#[tokio::test]
async fn a_range_with_more_messages_than_announced_is_read_in_pieces() {
    let sparse = EXAMINE.replace("UIDNEXT 12", "UIDNEXT 4000");
    let script = format!(
        "
C: UID FETCH 10:3999 …
{}S: {{tag}} OK read
C: UID FETCH 1010:2009 …
{}S: {{tag}} OK read
C: UID FETCH 2010:3009 …
S: {{tag}} OK read
C: UID FETCH 3010:3999 …
S: {{tag}} OK read
ETC
",
        messages(10..=1509),
        messages(1010..=1509)
    );
    let learned = run_until(&[&[LOGIN, &sparse, &script]], |l| l.proofs > 0).await;
    assert_eq!(learned.uids, (10..=1509).collect::<Vec<u32>>());
    let reached = learned.cursors.iter().map(|cursor| cursor.uid_next);
    assert_eq!(reached.collect::<Vec<_>>(), [1010, 2010, 3010, 4000]);
}

#[tokio::test]
async fn a_push_with_more_messages_than_announced_is_read_in_pieces() {
    let opened = "
C: EXAMINE \"INBOX\"
S: * 1502 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 1512] next
S: {tag} OK [READ-ONLY] open
";
    let script = format!(
        "
C: IDLE
S: + idling
S: * 3 EXISTS
C- DONE
S: {{tag}} OK done
C: UID FETCH 12:* …
{}S: * 1502 EXISTS
S: {{tag}} OK read
{opened}C: UID FETCH 1012:1161 …
{}S: {{tag}} OK read
C: UID FETCH 1162:1311 …
{}S: {{tag}} OK read
C: UID FETCH 1312:1461 …
{}S: {{tag}} OK read
C: UID FETCH 1462:1511 …
{}S: {{tag}} OK read
ETC
",
        messages(12..=1511),
        messages(1012..=1161),
        messages(1162..=1311),
        messages(1312..=1461),
        messages(1462..=1511),
    );
    let over = |learned: &crate::peer::Learned| learned.uids.contains(&1511);
    let learned = run_until(&[&[LOGIN, EXAMINE, BOTH, &script]], over).await;
    assert_eq!(learned.uids, (10..=1511).collect::<Vec<u32>>());
    assert_eq!(learned.cursors.last().map(|c| c.uid_next), Some(1512));
}

/// A server that names more messages than can be listened to would stop the first read for ever.
#[tokio::test]
async fn without_a_readable_search_everything_is_read() {
    let renumbered = "
C: EXAMINE \"INBOX\"
S: * 3000 EXISTS
S: * OK [UIDVALIDITY 8] new life
S: * OK [UIDNEXT 4000] next
S: {tag} OK [READ-ONLY] open
";
    let numbers = " 3999".repeat(60_000);
    let search = format!("C: UID SEARCH UID 1:3999 SINCE …\nS: * SEARCH{numbers}\n");
    let first: &[&str] = &[LOGIN, renumbered, &search];
    let learned = run_until(&[first], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("a line longer than"), "{reason}");
    let second: &[&str] = &[
        LOGIN,
        renumbered,
        "C: UID FETCH 1:150 …\nS: MESSAGE 10\nS: {tag} OK read\nETC\n",
    ];
    let learned = run_until(&[first, second], |l| !l.cursors.is_empty()).await;
    assert_eq!(learned.uids, [10]);
}
