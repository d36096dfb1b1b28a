//! Killed, asked to stop, started again: nothing is lost and nothing is said twice.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::installation::{Installation, mailbox};
use crate::people::{Inbox, Mailbox, Servers, header, text};

#[test]
fn killed_between_reminder_and_acknowledgement_it_sends_each_once() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let installation = Installation::new("killed", &servers).watching(&servers.dovecot, "user3");
    let mut daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let letter = installation.letter("user3", "contract");

    servers.deliver(&letter);
    alice.wait_for(&daemon, &letter.id);
    daemon.wait_until_sent();
    let before = daemon.wait_for_case(&letter.id);
    assert!(anna.mails().is_empty(), "too late to kill it in between");
    daemon.kill();

    daemon.start();
    daemon.wait_until_live();
    let after = daemon.wait_for_case(&letter.id);
    for what in ["id", "opened_at"] {
        assert_eq!(before[what], after[what], "{what}");
    }
    anna.wait_for(&daemon, &letter.id);
    daemon.wait_for_state(&letter.id, "acknowledged");
    daemon.kill();

    daemon.start();
    daemon.wait_until_live();
    daemon.wait_for_log(&["caught up"]);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(
        daemon.case_of(&letter.id).expect("known")["id"],
        after["id"]
    );
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
    assert_eq!(anna.mails().len(), 1, "mails to the client");
    let mut user = Mailbox::open(&servers.dovecot, "user3");
    let copies = user.to("Sent", &installation.anna());
    assert_eq!(copies.len(), 1, "copies in the sent folder");
}

#[test]
fn mail_that_comes_while_it_is_down_is_found_and_answers_too() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let installation = Installation::new("down", &servers).watching(&servers.dovecot, "user4");
    let mut daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let mut user = Mailbox::open(&servers.dovecot, "user4");
    let answered = installation.letter("user4", "answered");
    let missed = installation.letter("user4", "missed");

    user.put("INBOX", answered.to_string());
    let before = daemon.wait_for_case(&answered.id);
    daemon.kill();
    user.put("Sent", answered.answered_by("bob@agency.test").to_string());
    user.put("INBOX", missed.to_string());
    std::thread::sleep(Duration::from_secs(2));

    daemon.start();
    daemon.wait_until_live();
    let after = daemon.wait_for_state(&answered.id, "answered");
    assert_eq!(before["id"], after["id"]);
    daemon.wait_for_case(&missed.id);
    alice.wait_for(&daemon, &missed.id);
    anna.wait_for(&daemon, &missed.id);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
    assert_eq!(anna.mails().len(), 1, "mails to the client");
    assert_eq!(daemon.cases().len(), 2, "cases");
}

/// How long it lives each time, in milliseconds: through start, reminder and acknowledgement.
const LIVES: [u64; 10] = [700, 1300, 450, 900, 1700, 600, 1100, 1500, 350, 1900];

#[test]
fn killed_again_and_again_it_still_says_everything_once() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation = Installation::new("again", &servers).watching(&servers.dovecot, "user1");
    installation.policy.push_str(
        "[policies.quiet]\ncalendar = \"nonstop\"\nacknowledge_within = \"12s\"\nsame_business_day = false\nremind_before = [\"8s\"]\n",
    );
    let meridian = installation.client("Meridian Books", "partner.test", &installation.alice());
    let meridian = meridian.replace("\"prompt\"", "\"quiet\"");
    installation.clients.insert("meridian".to_owned(), meridian);
    let mut daemon = Daemon::running(&installation);
    let mut user = Mailbox::open(&servers.dovecot, "user1");

    let mut letters = vec![installation.letter("user1", "contract")];
    user.put("INBOX", letters[0].to_string());
    for (round, life) in LIVES.into_iter().enumerate() {
        let mut letter = installation.letter("user1", &format!("proofs-{round}"));
        letter.from = format!("paul+{}@partner.test", installation.tag);
        user.put("INBOX", letter.to_string());
        letters.push(letter);
        std::thread::sleep(Duration::from_millis(life));
        daemon.kill();
        daemon.start();
    }
    daemon.wait_until_live();
    let mut alice = Inbox::of(&servers, &installation.alice());
    for letter in &letters {
        daemon.wait_for_case(&letter.id);
        alice.wait_for(&daemon, &letter.id);
    }
    assert_eq!(daemon.cases().len(), letters.len(), "cases");
    // A mail that was on its way at the kill is put off by 15 s. Of the acknowledgement the copy
    // may still be looked for.
    daemon.eventually("the mail to the team to be sent", || {
        let outbox = &daemon.status()?["outbox"];
        (outbox["queued"] == 0 && outbox["sending"].as_u64()? <= 1).then_some(())
    });
    for letter in &letters {
        let about = alice.about(&letter.id);
        let mut ids: Vec<String> = about
            .iter()
            .map(|mail| header(mail, "Message-ID"))
            .collect();
        // What was on its way when it was killed is sent again as the same mail.
        ids.sort();
        ids.dedup();
        let held = about.iter().any(|mail| text(mail).contains("interrupted"));
        assert!(ids.len() == 1 || held, "{}: {ids:?}", letter.id);
    }
    // Killed while it acknowledged, it can't know whether the client has it: it looks for the copy,
    // and then a person decides.
    let mut anna = Inbox::of(&servers, &installation.anna());
    daemon.eventually("the acknowledgement to be sent, looked for or held", || {
        let outbox = &daemon.status()?["outbox"];
        let in_doubt = outbox["held"] == 1 || outbox["sending"] == 1;
        (in_doubt || !anna.mails().is_empty()).then_some(())
    });
    std::thread::sleep(Duration::from_secs(1));
    assert!(anna.mails().len() <= 1, "the client was written to twice");
}

#[test]
fn asked_to_stop_it_ends_cleanly_within_five_seconds() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation = Installation::new("stopped", &servers);
    for name in ["clients", "projects"] {
        let section = mailbox(&servers.dovecot, "clients");
        installation.mailboxes.insert(name.to_owned(), section);
    }
    let mut daemon = Daemon::running(&installation);
    let letter = installation.letter("clients", "farewell");
    Mailbox::open(&servers.dovecot, "clients").put("INBOX", letter.to_string());
    let before = daemon.wait_for_case(&letter.id);
    let socket = daemon.state_dir().join("ackd.sock");
    assert!(socket.exists(), "the socket is where commands look for it");

    let (ended, took) = daemon.stop();
    assert_eq!(ended.code(), Some(0), "{}", daemon.log_end());
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    let asked = daemon.ask(&["status"]);
    assert_eq!(asked.status.code(), Some(3), "nobody is there to be asked");

    daemon.start();
    daemon.wait_until_live();
    let after = daemon.wait_for_case(&letter.id);
    assert_eq!(
        (&before["id"], &before["due_at"]),
        (&after["id"], &after["due_at"])
    );
}
