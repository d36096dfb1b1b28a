//! Mail that comes twice, and mail that is odd.

use std::fs;
use std::path::Path;

use crate::daemon::Daemon;
use crate::installation::{Installation, mailbox};
use crate::people::{Inbox, Mailbox, Servers, server};

#[test]
fn one_mail_in_two_mailboxes_is_one_case_and_one_reminder() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let installation = Installation::new("twice", &servers)
        .watching(&servers.dovecot, "projects")
        .watching(&servers.dovecot, "user19");
    let daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let letter = installation.letter("projects", "catalogue");
    let message = letter.to_string();

    for user in ["projects", "user19"] {
        Mailbox::open(&servers.dovecot, user).put("INBOX", &message);
    }
    let case = daemon.eventually("both mailboxes to be named", || {
        let case = daemon.case_of(&letter.id)?;
        (case["mailboxes"].as_array()?.len() == 2).then_some(case)
    });
    assert_eq!(
        case["message_ids"],
        serde_json::json!([letter.id]),
        "{case}"
    );
    assert_eq!(daemon.cases().len(), 1, "cases");
    alice.wait_for(&daemon, &letter.id);
    anna.wait_for(&daemon, &letter.id);
    daemon.wait_until_sent();
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
    assert_eq!(anna.mails().len(), 1, "mails to the client");
    let copies = ["projects", "user19"].map(|user| {
        let mut user = Mailbox::open(&servers.dovecot, user);
        user.to("Sent", &installation.anna()).len()
    });
    assert_eq!(copies.iter().sum::<usize>(), 1, "sent copies");
}

/// Messages nobody should write: what each is, and its bytes; `FROM` stands for the client.
fn odd_messages(client: &str) -> Vec<(&'static str, Vec<u8>)> {
    let from = format!("From: Anna <{client}>\r\nTo: lead@agency.test\r\n");
    let long = "x".repeat(300 * 1024);
    let folded = "X-Long: y\r\n ".to_owned() + &"z\r\n ".repeat(60 * 1024) + "end\r\n";
    let messages: Vec<(&str, Vec<u8>)> = vec![
        ("an empty header", b"\r\njust text\r\n".to_vec()),
        ("nothing but a line end", b"\r\n".to_vec()),
        (
            "a long field",
            format!("{from}X-Long: {long}\r\nSubject: odd long field\r\n\r\ntext\r\n").into(),
        ),
        (
            "a long subject",
            format!("{from}Subject: odd long subject {long}\r\n\r\ntext\r\n").into(),
        ),
        (
            "a field of many lines",
            format!("{from}{folded}Subject: odd folded\r\n\r\ntext\r\n").into(),
        ),
        (
            "no Message-ID",
            format!("{from}Subject: odd without id\r\n\r\ntext\r\n").into(),
        ),
        (
            "8-bit garbage",
            [
                from.as_bytes(),
                b"Subject: odd \xff\xfe\x80 garbage \xc3\x28\r\nMessage-ID: <\xe9\xff>\r\nDate: \x80\r\n\r\n\xff\xfe\x80\r\n",
            ]
            .concat(),
        ),
        (
            "broken encoded words",
            format!("{from}Subject: odd =?utf-8?b?////?= =?nope?q?=ZZ?= =?\r\n\r\ntext\r\n").into(),
        ),
        (
            "MIME without an end",
            format!("{from}Subject: odd mime\r\nContent-Type: multipart/mixed; boundary=\"a\"\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n").into(),
        ),
        ("a header without an end", from.clone().into_bytes()),
    ];
    messages
}

#[test]
fn odd_messages_do_not_stop_a_mailbox() {
    let (Some(servers), Some(courier), Some(maildirs)) = (
        Servers::named(),
        server("ACKD_TEST_IMAP_COURIER"),
        server("ACKD_TEST_COURIER_MAIL"),
    ) else {
        return;
    };
    let mut installation = Installation::new("odd", &servers).watching(&servers.dovecot, "lead");
    let section = mailbox(&courier, "user4");
    installation.mailboxes.insert("user4".to_owned(), section);
    installation.policy = "acknowledge_within = \"2h\"\n".to_owned();
    let mut user4 = Mailbox::open(&courier, "user4");
    user4.select("INBOX");
    user4.select("INBOX.Sent");
    let mut daemon = Daemon::running(&installation);

    let mut lead = Mailbox::open(&servers.dovecot, "lead");
    let mut odd = odd_messages(&installation.anna());
    for (what, message) in &odd {
        println!("filing {what}");
        lead.put("INBOX", message);
    }
    // IMAP can't file a NUL; a delivery can.
    let from = format!("From: Anna <{}>\r\n", installation.anna());
    let nul = [from.as_bytes(), b"Subject: odd \0 NUL\0\r\n\r\n\0\0\r\n"].concat();
    odd.push(("NUL bytes", nul));
    odd.push(("an empty file", Vec::new()));
    for (index, (_, message)) in odd.iter().enumerate() {
        let name = format!("{index}.{}", installation.tag);
        deliver(Path::new(&maildirs), &name, message);
    }
    let (by_imap, delivered) = (
        installation.letter("lead", "after-the-odd-filed"),
        installation.letter("user4", "after-the-odd-delivered"),
    );
    lead.put("INBOX", by_imap.to_string());
    let name = format!("{}.{}", odd.len(), installation.tag);
    deliver(
        Path::new(&maildirs),
        &name,
        delivered.to_string().as_bytes(),
    );
    daemon.wait_for_case(&by_imap.id);
    daemon.wait_for_case(&delivered.id);
    daemon.wait_until_live();
    let cases = daemon.cases();
    for subject in [
        "odd long field",
        "odd long subject",
        "odd folded",
        "odd without id",
        "garbage",
        "odd mime",
        "NUL",
    ] {
        let has =
            |case: &serde_json::Value| case["subject"].as_str().unwrap_or("").contains(subject);
        assert!(
            cases.iter().any(has),
            "no case of \"{subject}\": {}",
            daemon.log_end()
        );
    }
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
}

/// Puts a message into a maildir as a delivery does: written elsewhere, then moved in.
fn deliver(maildirs: &Path, name: &str, message: &[u8]) {
    let maildir = maildirs.join("user4").join("Maildir");
    let written = maildir.join("tmp").join(name);
    fs::write(&written, message).expect("writable");
    fs::rename(&written, maildir.join("new").join(name)).expect("the same file system");
}
