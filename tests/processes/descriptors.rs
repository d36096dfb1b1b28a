//! Too few file descriptors: said in clear words, and nothing lost.

use crate::daemon::Daemon;
use crate::installation::{Installation, mailbox};
use crate::people::{Inbox, Mailbox};
use crate::storm;

const USER: &str = "user15";

/// Too few to start with.
const FAR_TOO_FEW: u32 = 10;

/// Enough for the program, not for all its mailboxes.
const TOO_FEW: u32 = 24;

/// How many mailboxes it has beside the one with the story's mail.
const MAILBOXES: usize = 16;

/// What the system says.
const WORDS: &str = "Too many open files";

#[test]
fn with_too_few_descriptors_it_says_so_and_with_enough_it_goes_on() {
    let Some(servers) = storm::servers() else {
        return;
    };
    let mut installation = Installation::new("few", &servers).watching(&servers.dovecot, USER);
    for number in 0..MAILBOXES {
        let section = mailbox(&servers.dovecot, "bob");
        installation
            .mailboxes
            .insert(format!("m{number:02}"), section);
    }
    let mut daemon = Daemon::installed(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());

    limit(&mut daemon, FAR_TOO_FEW);
    daemon.start();
    let ended = daemon.wait_until_ended();
    assert_eq!(ended.code(), Some(1), "{ended}: {}", daemon.log_end());
    assert!(daemon.log_end().contains(WORDS), "{}", daemon.log_end());

    // The first to have one keep it; the others are tried again, with growing pauses.
    limit(&mut daemon, TOO_FEW);
    daemon.start();
    daemon.wait_for_log(&["mailbox blind", WORDS]);
    let letter = installation.letter(USER, "narrow");
    Mailbox::open(&servers.dovecot, USER).put("INBOX", letter.to_string());
    std::thread::sleep(std::time::Duration::from_secs(10));
    let stopped = daemon.logged(&["ackd stops"]);
    assert_eq!(stopped.len(), 1, "its store gave up: {}", daemon.log_end());
    daemon.kill();

    daemon.starter.clear();
    daemon.start();
    daemon.wait_until_live();
    daemon.wait_for_case(&letter.id);
    alice.wait_for(&daemon, &letter.id);
    anna.wait_for(&daemon, &letter.id);
    daemon.wait_until_sent();
    assert_eq!(
        alice.mails().len(),
        1,
        "mails to the owner: {}",
        daemon.log_end()
    );
    assert_eq!(anna.mails().len(), 1, "mails to the client");
}

/// It gets no more than so many file descriptors.
fn limit(daemon: &mut Daemon, most: u32) {
    let shell = format!("ulimit -n {most}; exec \"$@\"");
    daemon.starter = ["/bin/sh", "-c", &shell, "sh"].map(str::to_owned).to_vec();
}
