//! The mail server is down, or does not want a mail.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::gate::{Gate, closed_port};
use crate::installation::Installation;
use crate::people::{Inbox, Mailbox, Servers};

#[test]
fn a_reminder_that_finds_no_mail_server_is_sent_once_when_it_is_back() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation = Installation::new("later", &servers).watching(&servers.dovecot, "bob");
    installation.smtp = closed_port("127.0.0.3");
    installation.policy = "acknowledge_within = \"2h\"\nremind_before = [\"7195s\"]\n".to_owned();
    let daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let letter = installation.letter("bob", "patience");

    Mailbox::open(&servers.dovecot, "bob").put("INBOX", letter.to_string());
    let line = daemon.wait_for_log(&["reminder to", "put off"]);
    assert!(line.contains("WARN"), "{line}");
    let outbox = &daemon.status().expect("it answers")["outbox"];
    assert_eq!(outbox["queued"], 1, "{outbox}");
    assert!(alice.mails().is_empty());

    let gate = Gate::opened(&installation.smtp, &servers.smtp);
    assert_eq!(gate.address, installation.smtp);
    alice.wait_for(&daemon, &letter.id);
    daemon.wait_until_sent();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
}

#[test]
fn a_recipient_the_server_refuses_is_given_up_in_sight_and_others_get_their_mail() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation =
        Installation::new("refused", &servers).watching(&servers.dovecot, "paul");
    installation.smtp = Gate::refusing("nobody", &servers.smtp).address;
    installation.policy = "acknowledge_within = \"2h\"\nremind_before = [\"7195s\"]\n".to_owned();
    let mut client = installation.client("Meridian Books", "partner.test", &installation.alice());
    client = client.replace("owners = [", "owners = [\"nobody@agency.test\", ");
    installation.clients.insert("meridian".to_owned(), client);
    let daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut letter = installation.letter("paul", "proofs");
    letter.from = format!("paul+{}@partner.test", installation.tag);

    Mailbox::open(&servers.dovecot, "paul").put("INBOX", letter.to_string());
    alice.wait_for(&daemon, &letter.id);
    let outbox = daemon.eventually("the refused mail to be given up", || {
        let outbox = daemon.status()?["outbox"].clone();
        (outbox["given_up"] == 1).then_some(outbox)
    });
    assert_eq!(outbox["queued"], 0, "{outbox}");
    let line = daemon.wait_for_log(&["given up", "550"]);
    assert!(
        !line.contains("nobody@"),
        "a full address in the log: {line}"
    );
    assert_eq!(alice.mails().len(), 1, "mails to the other owner");
}
