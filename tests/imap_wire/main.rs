//! Watching a mailbox on a server that plays by a script: what goes wrong on the wire never
//! moves a cursor past what was learned, and never loses a message.

mod count;
mod login;
mod peer;
mod pieces;
mod restored;

use ackd::imap::WatchState;

use crate::peer::{BOTH, EXAMINE, LOGIN, Learned, blind, run_until};

fn all_read(learned: &Learned) -> bool {
    [10, 11].iter().all(|uid| learned.uids.contains(uid))
}

/// After `trouble`, nothing is claimed; on the next connection everything is read.
async fn nothing_is_lost_by(trouble: &str, reason: &str) {
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let told = learned.reason().unwrap_or_default();
    assert!(told.contains(reason), "{told:?} does not say {reason:?}");
    assert!(learned.is_honest(&[10, 11]), "{:?}", learned.cursors);
    let well = [LOGIN, EXAMINE, BOTH, "ETC"];
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble], &well], all_read).await;
    assert!(learned.is_honest(&[10, 11]), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_mailbox_is_read() {
    let learned = run_until(&[&[LOGIN, EXAMINE, BOTH, "ETC"]], |l| l.proofs > 1).await;
    assert_eq!(learned.uids, [10, 11]);
    assert_eq!(learned.cursors.last().map(|c| c.uid_next), Some(12));
    assert_eq!(learned.states, [WatchState::CatchingUp, WatchState::Live]);
}

#[tokio::test]
async fn a_connection_that_ends_in_a_message() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS- * 2 FETCH (UID 11 FLAGS (\nEOF\n";
    nothing_is_lost_by(trouble, "connection was lost").await;
}

#[tokio::test]
async fn a_connection_that_ends_between_two_messages() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nEOF\n";
    nothing_is_lost_by(trouble, "connection was lost").await;
}

#[tokio::test]
async fn a_server_that_says_goodbye() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * BYE maintenance\n";
    nothing_is_lost_by(trouble, "maintenance").await;
}

#[tokio::test]
async fn a_huge_literal_is_not_waited_for() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * 2 FETCH (UID 11 BODY[HEADER] {500000000}\nS: xyz\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("500000000 bytes"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn an_endless_line_is_not_read_to_its_end() {
    let trouble = "C: UID FETCH 10:11 …\nS- * OK \nFLOOD\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("line longer"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

/// Found by the simulation: the parser asked for more, so each session waited three minutes for
/// nothing and the mail behind that message was never read.
#[tokio::test]
async fn a_response_that_opens_what_it_never_closes_is_not_waited_for() {
    let trouble =
        "C: UID FETCH 10:11 …\nS: * 1 FETCH (UID 10 FLAGS (\\Seen ENVELOPE ((((\nS: MESSAGE 11\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("ends in the middle"), "{reason}");
    assert!(learned.uids.is_empty(), "{:?}", learned.uids);
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn a_line_that_panics_the_parser_costs_one_session() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * 2 FETCH (UID 11 INTERNALDATE NIL)\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("parser"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn a_refused_fetch_is_no_empty_mailbox() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: {tag} NO try later\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    assert!(learned.reason().unwrap_or_default().contains("try later"));
    assert!(learned.cursors.is_empty(), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_message_that_is_always_refused_is_set_aside_and_the_next_one_read() {
    let refused = "C: UID FETCH 10:11 …\nS: {tag} NO broken message\n";
    let again = "C: UID FETCH 10:10 …\nS: {tag} NO broken message\n";
    let alone = "
C: UID FETCH 10:10 …
S: {tag} NO broken message
C: UID FETCH 10 (UID FLAGS)
S: * 1 FETCH (UID 10 FLAGS ())
S: {tag} OK flags
C: UID FETCH 11:11 …
S: MESSAGE 11
S: {tag} OK read
ETC
";
    let scripts: [&[&str]; 3] = [
        &[LOGIN, EXAMINE, refused],
        &[LOGIN, EXAMINE, again],
        &[LOGIN, EXAMINE, alone],
    ];
    let learned = run_until(&scripts, |l| l.uids.contains(&11)).await;
    assert_eq!(learned.quarantined.len(), 1);
    assert_eq!(learned.quarantined[0].location.uid, 10);
    assert!(learned.is_honest(&[10, 11]));
}

/// Found by the simulation: one passing NO to the FETCH of a single new mail, and it lay in
/// quarantine for good.
#[tokio::test]
async fn a_message_that_is_refused_once_is_asked_for_again() {
    let alone = EXAMINE
        .replace("UIDNEXT 12", "UIDNEXT 11")
        .replace("* 2 EXISTS", "* 1 EXISTS");
    let busy = "C: UID FETCH 10:10 …\nS: {tag} NO [INUSE] try later\n";
    let then = "C: UID FETCH 10:10 …\nS: MESSAGE 10\nS: {tag} OK read\nETC\n";
    let scripts: [&[&str]; 2] = [&[LOGIN, &alone, busy], &[LOGIN, &alone, then]];
    let learned = run_until(&scripts, |l| !l.cursors.is_empty()).await;
    assert_eq!(learned.uids, [10]);
    assert!(learned.quarantined.is_empty(), "{:?}", learned.quarantined);
}

#[tokio::test]
async fn a_refused_open_or_noop_is_no_proof() {
    let refused = "C: EXAMINE \"INBOX\"\nS: {tag} NO no such folder\nC: LIST …\nS: * LIST () \"/\" Posteingang\nS: {tag} OK listed\nETC\n";
    let learned = run_until(&[&[LOGIN, refused]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(
        reason.contains("\"INBOX\"") && reason.contains("Posteingang"),
        "{reason}"
    );
    assert_eq!(learned.proofs, 0);

    let tired = "C: IDLE\nS: + idling\nC- DONE\nS: {tag} OK done\nC: NOOP\nS: {tag} BAD tired\n";
    let noop = [LOGIN, EXAMINE, BOTH, tired];
    let learned = run_until(&[&noop], blind).await;
    assert!(learned.reason().unwrap_or_default().contains("tired"));
    assert_eq!(learned.proofs, 1);
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_taken_for_an_answer() {
    let noise = "
C: UID FETCH 10:11 …
S: a1 NO an old command
S: * 1 FETCH (UID 3 FLAGS (\\Seen))
S: * 1 FETCH (FLAGS (\\Seen))
S: MESSAGE 10
S: * 3 EXISTS
S: MESSAGE 11
S: * 2 EXPUNGE
S: {tag} OK read
C: UID FETCH 12:* …
S: MESSAGE 11
S: MESSAGE 12
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, EXAMINE, noise]], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.uids, [10, 11, 12]);
    assert!(learned.quarantined.is_empty());
}

#[tokio::test]
async fn a_renumbered_folder_is_read_anew() {
    let anew = "
C: EXAMINE \"INBOX\"
S: * 1 EXISTS
S: * OK [UIDVALIDITY 8] new life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 1:11 …
S: MESSAGE 10
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, anew]], |l| l.proofs > 0).await;
    assert_eq!(learned.uids, [10]);
    let reached = learned.cursors.last().map(|c| (c.uid_validity, c.uid_next));
    assert_eq!(reached, Some((8, 12)));
}

#[tokio::test]
async fn a_refused_idle_is_replaced_by_polling() {
    let refused = "C: IDLE\nS: {tag} NO not today\nC: NOOP\nS: * 3 EXISTS\nS: {tag} OK\nC: UID FETCH 12:* …\nS: MESSAGE 12\nS: {tag} OK read\nETC\n";
    let script = [LOGIN, EXAMINE, BOTH, refused];
    let learned = run_until(&[&script], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.uids, [10, 11, 12]);
}

#[tokio::test]
async fn a_push_is_read_at_once() {
    let push = "C: IDLE\nS: + idling\nS: * 3 EXISTS\nC- DONE\nS: {tag} OK done\nC: UID FETCH 12:* …\nS: MESSAGE 12\nS: {tag} OK read\nETC\n";
    let script = [LOGIN, EXAMINE, BOTH, push];
    let learned = run_until(&[&script], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.cursors.last().map(|c| c.uid_next), Some(13));
}

#[tokio::test]
async fn a_refused_search_is_no_empty_folder() {
    let renumbered = "
C: EXAMINE \"INBOX\"
S: * 3000 EXISTS
S: * OK [UIDVALIDITY 8] new life
S: * OK [UIDNEXT 4000] next
S: {tag} OK [READ-ONLY] open
C: UID SEARCH UID 1:3999 SINCE …
S: * SEARCH 1200
S: {tag} NO index broken
";
    let learned = run_until(&[&[LOGIN, renumbered]], blind).await;
    assert!(
        learned
            .reason()
            .unwrap_or_default()
            .contains("index broken")
    );
    assert!(learned.cursors.is_empty(), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_batch_is_in_uid_order_whatever_order_it_came_in() {
    let texts = "
C: EXAMINE \"INBOX\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 10:11 …
S: MESSAGE 11
S: MESSAGE 10
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, texts]], |l| l.proofs > 0).await;
    assert_eq!(learned.uids, [10, 11]);
}
