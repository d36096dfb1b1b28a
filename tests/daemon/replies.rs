//! Alice answers a reminder from her phone, with one word.

use std::os::unix::fs::PermissionsExt as _;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Letter, Mailbox, Servers, header, text};

/// What a phone sends when one answers above what it quotes.
fn quoting(words: &str) -> String {
    format!(
        "{words}\r\n\r\nSent from my phone\r\n\r\nOn Monday, Ackd <ackd@agency.test> wrote:\r\n> mine\r\n> done"
    )
}

#[test]
fn a_reminder_is_answered_with_a_word_and_a_forged_answer_changes_nothing() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation = Installation::new("word", &servers).watching(&servers.dovecot, "bob");
    installation.mode = "remind";
    installation.policy = "acknowledge_within = \"2h\"\nremind_before = [\"7195s\"]\n".to_owned();
    installation.further = "\n[replies]\nmailbox = \"bob\"\n".to_owned();
    let mut daemon = Daemon::running(&installation);
    let key = daemon.state_dir().join("reply.key");
    let mode = key.metadata().expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let letter = installation.letter("bob", "word");
    Mailbox::open(&servers.dovecot, "bob").put("INBOX", letter.to_string());
    let reminder = alice.wait_for(&daemon, &letter.id);
    let place = header(&reminder, "Reply-To");
    assert!(place.starts_with("bob+ackd-"), "{place}");
    assert!(text(&reminder).contains("reply with one word"));

    let answer = |about: &str, to: &str, words: &str| {
        let id = installation.id(about).replace("client.test", "agency.test");
        let subject = format!("Re: {}", reminder.subject().unwrap_or_default());
        let mut own = Letter::new(&installation.alice(), to, &subject, &id);
        own.text = quoting(words);
        own
    };
    let forged = place.replace("@agency.test", "");
    let last = if forged.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}@agency.test", &forged[..forged.len() - 1]);
    servers.deliver(&answer("forged", &forged, "done"));
    daemon.wait_for_log(&[
        "reply from somebody refused",
        "its token was not given out by this ackd",
    ]);
    daemon.wait_for_state(&letter.id, "waiting");

    servers.deliver(&answer("unclear", &place, "Is that ours?"));
    daemon.eventually("the question what was meant", || {
        let mails = alice.mails();
        let asked =
            |mail: &mail_parser::Message<'_>| text(mail).contains("answer with one word, done");
        mails.iter().any(asked).then_some(())
    });

    servers.deliver(&answer("phoned", &place, "phoned"));
    daemon.wait_for_state(&letter.id, "settled");
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
    let log = daemon.log();
    let token = place
        .trim_start_matches("bob+")
        .trim_end_matches("@agency.test");
    assert!(!log.contains(token), "a token in the log");
}
