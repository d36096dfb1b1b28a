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
    let nobody = closed_port("127.0.0.4");
    let blind = blind_mailboxes(&servers.dovecot, &imaps, &authority, &nobody);
    let mut installation = Installation::new("blind", &servers).watching(&servers.dovecot, "user7");
    for (name, section, _) in &blind {
        installation
            .mailboxes
            .insert((*name).to_owned(), section.clone());
    }
    let mut daemon = Daemon::installed(&installation);
    daemon.start();

    for (name, _, words) in &blind {
        let reason = wait_for_blindness(&daemon, name);
        assert!(reason.contains(words), "{name}: {reason}");
        daemon.wait_for_log(&["WARN", "mailbox blind", name]);
    }
    let asked = daemon.ask(&["status"]);
    assert_eq!(asked.status.code(), Some(1), "something is blind");
    the_good_one_goes_on(&daemon, &installation, &servers);
    what_was_hidden_is_found(&daemon, &installation, &servers, &nobody);
    assert!(!daemon.log().contains("s3cret"), "a password in the log");
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
}

/// Name, section and what the reason has to say.
fn blind_mailboxes(
    plain: &str,
    imaps: &str,
    authority: &str,
    nobody: &str,
) -> [(&'static str, String, &'static str); 5] {
    let renamed = Gate::at("127.0.0.2", imaps).address;
    let wrong = account(plain, "user8", "s3cret-wrong");
    let other_name = account(&renamed, "user8", "pw");
    let good = mailbox(plain, "user8");
    [
        (
            "wrong_password",
            format!("tls = \"none\"\n{wrong}"),
            "could not log in",
        ),
        (
            "wrong_name",
            format!("ca_file = \"{authority}\"\n{other_name}"),
            "another name",
        ),
        ("unknown_authority", account(imaps, "user8", "pw"), "issuer"),
        (
            "missing_folder",
            format!("folders = [\"INBOX\", \"Clientz\"]\n{good}"),
            "\"Clientz\"",
        ),
        ("unreachable", mailbox(nobody, "user8"), "could not connect"),
    ]
}

/// The reason why a mailbox is blind.
fn wait_for_blindness(daemon: &Daemon, name: &str) -> String {
    daemon.eventually(&format!("{name} to be blind"), || {
        let status = daemon.status()?;
        let mut mailboxes = status["mailboxes"].as_array()?.iter();
        let mailbox = mailboxes.find(|mailbox| mailbox["name"] == name)?;
        let reason = (mailbox["state"] == "blind").then(|| mailbox["reason"].as_str())?;
        reason.map(str::to_owned)
    })
}

fn the_good_one_goes_on(daemon: &Daemon, installation: &Installation, servers: &Servers) {
    let letter = installation.letter("user7", "visible");
    Mailbox::open(&servers.dovecot, "user7").put("INBOX", letter.to_string());
    daemon.wait_for_case(&letter.id);
    for person in [installation.alice(), installation.anna()] {
        Inbox::of(servers, &person).wait_for(daemon, &letter.id);
    }
}

/// Mail that comes to a blind mailbox is found as soon as it can be seen.
fn what_was_hidden_is_found(
    daemon: &Daemon,
    installation: &Installation,
    servers: &Servers,
    nobody: &str,
) {
    let letter = installation.letter("user8", "hidden");
    Mailbox::open(&servers.dovecot, "user8").put("INBOX", letter.to_string());
    Gate::opened(nobody, &servers.dovecot);
    daemon.eventually("the mail in the mailbox that was unreachable", || {
        let case = daemon.case_of(&letter.id)?;
        let mut mailboxes = case["mailboxes"].as_array()?.iter();
        mailboxes.find(|name| *name == "unreachable").map(drop)
    });
    daemon.eventually("four mailboxes to be blind still, and no more", || {
        let states = daemon.status()?["mailboxes"].to_string();
        (states.matches("\"blind\"").count() == 4).then_some(())
    });
}
