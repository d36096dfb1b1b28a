//! Greetings and logins.

use std::sync::Arc;

use ackd::imap::{Account, Protection, WatchState};

use crate::peer::{BOTH, EXAMINE, Learned, blind, run_until, run_with};

fn live(learned: &Learned) -> bool {
    learned.states.contains(&WatchState::Live)
}

fn with_password(password: &'static str) -> impl FnOnce(&mut Account) {
    move |account| account.password = Arc::new(|| Ok(password.to_owned().into()))
}

#[tokio::test]
async fn a_server_that_skips_the_login_before_starttls_is_not_believed() {
    // Whoever sits on the line could say this, and be told everything in plain text.
    let greeted = "S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome back\nC: nothing\n";
    let starttls = |account: &mut Account| account.protection = Protection::StartTls;
    let learned = run_with(starttls, &[&[greeted]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(
        reason.contains("skips the login before TLS is on"),
        "{reason}"
    );
    assert!(learned.uids.is_empty() && learned.cursors.is_empty());
}

#[tokio::test]
async fn where_no_tls_is_asked_for_a_skipped_login_is_taken() {
    let greeted = "S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] welcome back\n";
    let learned = run_until(&[&[greeted, EXAMINE, BOTH, "ETC"]], live).await;
    assert_eq!(learned.uids, [10, 11]);
}

#[tokio::test]
async fn a_password_beyond_ascii_goes_as_utf8_in_base64() {
    let login = "
S: * OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] ready
C: AUTHENTICATE PLAIN
S: +\u{20}
C- AHVzAHDDpCDDn+KCrA==
S: {tag} OK [CAPABILITY IMAP4rev1 IDLE] in
";
    let script = [login, EXAMINE, BOTH, "ETC"];
    let learned = run_with(with_password("pä ß€"), &[&script], live).await;
    assert_eq!(learned.uids, [10, 11]);
}

#[tokio::test]
async fn where_login_is_disabled_authenticate_is_used() {
    let login = "
S: * OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN LOGINDISABLED] ready
C: AUTHENTICATE PLAIN
S: +\u{20}
C- AHVzAHB3
S: {tag} OK [CAPABILITY IMAP4rev1 IDLE] in
";
    let learned = run_until(&[&[login, EXAMINE, BOTH, "ETC"]], live).await;
    assert_eq!(learned.uids, [10, 11]);
}

#[tokio::test]
async fn a_refused_password_is_named_and_not_repeated() {
    let login = "
S: * OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] ready
C: AUTHENTICATE PLAIN
S: +\u{20}
C- AHVzAHDDpCDDn+KCrA==
S: {tag} NO wrong password for us: pä ß€
";
    let learned = run_with(with_password("pä ß€"), &[&[login]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("could not log in"), "{reason}");
    assert!(!reason.contains("pä ß€"), "{reason}");
}

/// Found by fuzzing.
#[tokio::test]
async fn a_password_that_is_repeated_in_a_farewell_is_not_passed_on() {
    let session = r#"
S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
C: LOGIN "us" "swordfish"
S: * BYE enough of swordfish12
"#;
    let learned = run_with(with_password("swordfish"), &[&[session]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("enough of …12"), "{reason}");
}

#[tokio::test]
async fn a_password_is_hidden_before_long_words_are_cut() {
    let long = "x".repeat(190);
    let session = format!(
        "
S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
C: LOGIN \"us\" \"swordfish12\"
S: {{tag}} NO {long} swordfish12
"
    );
    let learned = run_with(with_password("swordfish12"), &[&[&session]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("xxx …"), "{reason}");
    assert!(!reason.contains("sword"), "{reason}");
}
