//! Mailboxes that can't be seen, beside one that can.

use crate::daemon::Daemon;
use crate::gate::{Gate, closed_port};
use crate::installation::{Installation, account, mailbox};
use crate::people::{Inbox, Mailbox, Servers, server};

#[test]
fn blind_mailboxes_are_shown_with_their_reason_and_the_good_one_goes_on() {
    let (Some(servers), Some(imaps), Some(authority)) = (
        Servers::named(),
        server("ACKD_TEST_IMAPS_DOVECOT"),
        server("ACKD_TEST_CA"),
    ) else {
        return;
    };
    let gate = Gate::at("127.0.0.2", &imaps).address;
    let nobody = closed_port("127.0.0.4");
    let plain = servers.dovecot.as_str();
    let blind = [
        (
            "wrong_password",
            format!(
                "tls = \"none\"\n{}",
                account(plain, "user8", "s3cret-wrong")
            ),
            "could not log in",
        ),
        (
            "wrong_name",
            format!(
                "ca_file = \"{authority}\"\n{}",
                account(&gate, "user8", "pw")
            ),
            "another name",
        ),
        (
            "unknown_authority",
            account(&imaps, "user8", "pw"),
            "issuer",
        ),
        (
            "missing_folder",
            format!(
                "folders = [\"INBOX\", \"Clientz\"]\n{}",
                mailbox(plain, "user8")
            ),
            "\"Clientz\"",
        ),
        (
            "unreachable",
            mailbox(&nobody, "user8"),
            "could not connect",
        ),
    ];
    let mut installation = Installation::new("blind", &servers).watching(plain, "user7");
    for (name, section, _) in &blind {
        installation
            .mailboxes
            .insert((*name).to_owned(), section.clone());
    }
    let mut daemon = Daemon::installed(&installation);
    daemon.start();

    for (name, _, words) in &blind {
        let reason = daemon.eventually(&format!("{name} to be blind"), || {
            let status = daemon.status()?;
            let mut mailboxes = status["mailboxes"].as_array()?.iter();
            let mailbox = mailboxes.find(|mailbox| mailbox["name"] == *name)?;
            let reason = (mailbox["state"] == "blind").then(|| mailbox["reason"].as_str())?;
            reason.map(str::to_owned)
        });
        assert!(reason.contains(words), "{name}: {reason}");
        assert!(!reason.contains("s3cret"), "{name}: {reason}");
        daemon.wait_for_log(&["WARN", "mailbox blind", name]);
    }
    assert_eq!(
        daemon.ask(&["status"]).status.code(),
        Some(1),
        "something is blind"
    );

    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let letter = installation.letter("user7", "visible");
    Mailbox::open(plain, "user7").put("INBOX", letter.to_string());
    daemon.wait_for_case(&letter.id);
    alice.wait_for(&daemon, &letter.id);
    anna.wait_for(&daemon, &letter.id);
    assert!(!daemon.log().contains("s3cret"), "a password in the log");

    // Mail that comes to a blind mailbox is found as soon as it can be seen.
    let letter = installation.letter("user8", "hidden");
    Mailbox::open(plain, "user8").put("INBOX", letter.to_string());
    Gate::opened(&nobody, plain);
    daemon.eventually("the mail in the mailbox that was unreachable", || {
        let case = daemon.case_of(&letter.id)?;
        let mut mailboxes = case["mailboxes"].as_array()?.iter();
        mailboxes.find(|name| *name == "unreachable").map(drop)
    });
    let states = daemon.status().expect("it answers")["mailboxes"].to_string();
    assert_eq!(states.matches("\"blind\"").count(), 4, "{states}");
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
}
