//! The number of messages tells what UIDs hide: Courier gives a UID it has shown to one message
//! to another one when two sessions meet. Who looks only above the last UID never sees that one.

use ackd::imap::SentChoice;

use crate::peer::{BOTH, EXAMINE, LOGIN, run_until, run_with};

#[tokio::test]
async fn a_message_that_took_the_uid_of_another_one_is_found() {
    let pushed = "
C: IDLE
S: + idling
S: * 3 EXISTS
C- DONE
S: {tag} OK done
C: UID FETCH 12:* …
S: MESSAGE 11 other
S: {tag} OK read
C: UID FETCH 1:11 …
S: MESSAGE 10
S: MESSAGE 11 other
S: {tag} OK read
C: IDLE
S: + idling
C- DONE
S: {tag} OK done
C: NOOP
S: {tag} OK
ETC
";
    let script = [LOGIN, EXAMINE, BOTH, pushed];
    let learned = run_until(&[&script], |learned| learned.proofs > 1).await;
    assert_eq!(learned.uids, [10, 11, 10, 11]);
    assert!(learned.ids.contains(&"other@client.example".to_owned()));
    let reached = learned.cursors.last().map(|cursor| cursor.uid_next);
    assert_eq!(reached, Some(12));
}

#[tokio::test]
async fn a_number_that_adds_up_has_nothing_read_again() {
    let pushed = "
C: IDLE
S: + idling
S: * 1 EXPUNGE
S: * 2 EXISTS
C- DONE
S: {tag} OK done
C: UID FETCH 12:* …
S: MESSAGE 12
S: {tag} OK read
C: IDLE
S: + idling
C- DONE
S: {tag} OK done
C: NOOP
S: {tag} OK
ETC
";
    let script = [LOGIN, EXAMINE, BOTH, pushed];
    let learned = run_until(&[&script], |learned| learned.proofs > 1).await;
    assert_eq!(learned.uids, [10, 11, 12]);
}

#[tokio::test]
async fn a_sent_folder_that_grew_without_a_new_uid_is_read_again() {
    let first_pass = "
C: STATUS \"Sent\" …
S: * STATUS \"Sent\" (UIDNEXT 12 UIDVALIDITY 7 MESSAGES 2)
S: {tag} OK
C: EXAMINE \"Sent\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 1:11 …
S: MESSAGE 10
S: MESSAGE 11
S: {tag} OK read
C: EXAMINE \"INBOX\"
S: * 0 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 10] next
S: {tag} OK [READ-ONLY] open
";
    let second_pass = "
C: IDLE
S: + idling
C- DONE
S: {tag} OK done
C: STATUS \"Sent\" …
S: * STATUS \"Sent\" (UIDNEXT 12 UIDVALIDITY 7 MESSAGES 3)
S: {tag} OK
C: EXAMINE \"Sent\"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 1:11 …
S: MESSAGE 10
S: MESSAGE 11 other
S: {tag} OK read
ETC
";
    let script = [LOGIN, first_pass, second_pass];
    let found = "other@client.example".to_owned();
    let sent = |account: &mut ackd::imap::Account| {
        account.sent = SentChoice::Named("Sent".to_owned());
    };
    let learned = run_with(sent, &[&script], |learned| learned.ids.contains(&found)).await;
    assert_eq!(learned.uids, [10, 11, 10, 11]);
}

/// Found by the simulation: a backup brought back a mail that had been moved away before it was
/// ever read. The number told so once; the reading that followed failed, and nobody asked again.
#[tokio::test]
async fn a_line_that_breaks_while_it_is_read_again_forgets_nothing() {
    let grown = "
C: EXAMINE \"INBOX\"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 11 (UID INTERNALDATE)
S: * 3 FETCH (UID 11 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\")
S: {tag} OK it is
C: UID FETCH 1:11 …
";
    let brought_back = "
S: MESSAGE 10 other
S: MESSAGE 11
S: {tag} OK read
ETC
";
    let first = [LOGIN, EXAMINE, BOTH, "C: IDLE\nEOF\n"];
    let broken = [LOGIN, grown, "EOF\n"];
    let then = [LOGIN, grown, brought_back];
    let learned = run_until(&[&first, &broken, &then], |learned| learned.proofs > 1).await;
    assert_eq!(learned.uids, [10, 11, 10, 11]);
    assert!(learned.ids.contains(&"other@client.example".to_owned()));
}
