//! A server that was restored from a backup gives out UIDs anew: what has another message under
//! a known UID is read again, and what only lost one is not.

use crate::peer::{BOTH, EXAMINE, LOGIN, run_until};

/// 10 and 11 are read at once, then 12: the newest of each stays a landmark.
const FIRST: [&str; 4] = [
    LOGIN,
    EXAMINE,
    BOTH,
    "
C: IDLE
S: + idling
S: * 3 EXISTS
C- DONE
S: {tag} OK idled
C: UID FETCH 12:* …
S: MESSAGE 12
S: {tag} OK read
C: IDLE
EOF
",
];

const OPENED: &str = "
C: EXAMINE \"INBOX\"
S: * 3 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 13] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 11:12 (UID INTERNALDATE)
";

const ELEVEN: &str = "S: * 2 FETCH (UID 11 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\")\n";
const TWELVE: &str = "S: * 3 FETCH (UID 12 INTERNALDATE \"20-Nov-2026 10:00:00 +0000\")\n";
const ANOTHER: &str = "S: * 3 FETCH (UID 12 INTERNALDATE \"21-Nov-2026 08:00:00 +0000\")\n";
const THAT_IS_ALL: &str = "S: {tag} OK that is all\n";

const ALL: [&str; 3] = [
    "10@client.example",
    "11@client.example",
    "12@client.example",
];

/// What is read in two sessions, of which the second one goes on with `second`.
async fn read(second: &[&str]) -> Vec<String> {
    let second = [&[LOGIN, OPENED], second, &["ETC"]].concat();
    let learned = run_until(&[&FIRST, &second], |own| own.proofs >= 2).await;
    let last = learned.cursors.last().expect("a cursor");
    assert_eq!((last.uid_validity, last.uid_next), (7, 13));
    learned.ids
}

#[tokio::test]
async fn a_folder_that_is_what_it_was_is_not_read_again() {
    let ids = read(&[ELEVEN, TWELVE, THAT_IS_ALL, "C: IDLE\nS: + idling\n"]).await;
    assert_eq!(ids, ALL);
}

#[tokio::test]
async fn a_message_under_a_uid_that_was_read_already_is_read_if_it_is_another_one() {
    let again = "C: UID FETCH 12:12 …\nS: MESSAGE 12 other\nS: {tag} OK read\n";
    let ids = read(&[ELEVEN, ANOTHER, THAT_IS_ALL, again]).await;
    assert_eq!(ids[3..], ["other@client.example"]);
}

#[tokio::test]
async fn of_a_folder_whose_newest_message_was_moved_away_only_the_end_is_asked_for_again() {
    let again = "C: UID FETCH 12:12 …\nS: {tag} OK read\n";
    let ids = read(&[ELEVEN, THAT_IS_ALL, again, "C: IDLE\nS: + idling\n"]).await;
    assert_eq!(ids, ALL);
}

#[tokio::test]
async fn a_folder_in_which_nothing_is_what_it_was_is_read_anew() {
    let again = "C: UID FETCH 1:12 …\nS: MESSAGE 12 other\nS: {tag} OK read\n";
    let ids = read(&[ANOTHER, THAT_IS_ALL, again]).await;
    assert_eq!(ids[3..], ["other@client.example"]);
}

#[tokio::test]
async fn a_line_that_breaks_before_anything_was_read_again_forgets_nothing() {
    let broken = "C: UID FETCH 1:12 …\nEOF\n";
    let broken = [LOGIN, OPENED, ANOTHER, THAT_IS_ALL, broken];
    let opened = OPENED.replace("C: UID FETCH 11:12 (UID INTERNALDATE)\n", "");
    // Nothing is trusted any more: the folder is read as if for the first time.
    let again = "C: UID FETCH 1:12 …\nS: MESSAGE 12 other\nS: {tag} OK read\n";
    let third = [LOGIN, &opened, again, "ETC"];
    let learned = run_until(&[&FIRST, &broken, &third], |own| own.proofs >= 2).await;
    assert_eq!(learned.ids[3..], ["other@client.example"]);
}

#[tokio::test]
async fn neither_does_one_that_breaks_before_the_end_was_read_again() {
    let broken = "C: UID FETCH 12:12 …\nEOF\n";
    let broken = [LOGIN, OPENED, ELEVEN, ANOTHER, THAT_IS_ALL, broken];
    let opened = OPENED.replace("UID FETCH 11:12 ", "UID FETCH 11 ");
    let again = "C: UID FETCH 12:12 …\nS: MESSAGE 12 other\nS: {tag} OK read\n";
    let third = [LOGIN, &opened, ELEVEN, THAT_IS_ALL, again, "ETC"];
    let learned = run_until(&[&FIRST, &broken, &third], |own| own.proofs >= 2).await;
    assert_eq!(learned.ids[3..], ["other@client.example"]);
}

/// Found by the simulation: while nobody looked, two mails came under the UIDs that were free
/// again, and by the folder's numbers nothing had ever happened.
#[tokio::test]
async fn that_the_newest_messages_are_gone_is_kept_though_there_is_nothing_to_read_yet() {
    let opened = OPENED.replace("* 3 EXISTS", "* 2 EXISTS");
    let opened = opened.replace("UIDNEXT 13", "UIDNEXT 12");
    let nothing = "C: IDLE\nS: + idling\n";
    let second = [LOGIN, &opened, ELEVEN, THAT_IS_ALL, nothing, "ETC"];
    let learned = run_until(&[&FIRST, &second], |own| own.proofs >= 2).await;
    let last = learned.cursors.last().expect("a cursor");
    assert_eq!((last.uid_validity, last.uid_next), (7, 12));
    assert_eq!(learned.ids, ALL);
}
