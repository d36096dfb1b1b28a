//! What a colleague answers is found where their mail program files it.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::installation::{Installation, mailbox};
use crate::people::{Inbox, Mailbox, Servers, server};

#[test]
fn an_answer_in_a_sent_folder_of_dovecot_cyrus_or_courier_ends_the_case() {
    let (Some(servers), Some(cyrus), Some(courier)) = (
        Servers::named(),
        server("ACKD_TEST_IMAP_CYRUS"),
        server("ACKD_TEST_IMAP_COURIER"),
    ) else {
        return;
    };
    let accounts = [
        ("dovecot", servers.dovecot.as_str(), "Sent"),
        ("cyrus", &cyrus, "Sent"),
        ("courier", &courier, "INBOX.Sent"),
    ];
    let mut installation = Installation::new("answered", &servers);
    for (name, server, sent) in accounts {
        let section = mailbox(server, "user2");
        installation.mailboxes.insert(name.to_owned(), section);
        let mut user = Mailbox::open(server, "user2");
        user.select("INBOX");
        user.select(sent);
    }
    let mut daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());

    let mut letters = Vec::new();
    for (name, server, sent) in accounts {
        let letter = installation.letter("user2", name);
        let mut user = Mailbox::open(server, "user2");
        user.put("INBOX", letter.to_string());
        let case = daemon.wait_for_case(&letter.id);
        assert_eq!(case["mailboxes"], serde_json::json!([name]), "{case}");
        user.put(sent, letter.answered_by("bob@agency.test").to_string());
        letters.push(letter);
    }
    for letter in &letters {
        daemon.wait_for_state(&letter.id, "answered");
    }
    let waiting = installation.letter("user2", "silence");
    Mailbox::open(&cyrus, "user2").put("INBOX", waiting.to_string());
    alice.wait_for(&daemon, &waiting.id);
    // All reminders of the answered mails would have come by now.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(alice.mails().len(), 1, "only the unanswered mail reminds");
    assert!(
        anna.mails().is_empty(),
        "an acknowledgement after an answer"
    );
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
}
