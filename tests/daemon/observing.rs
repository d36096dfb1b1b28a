//! From watching only to acknowledging.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Mailbox, Servers};

#[test]
fn what_came_while_observing_is_summed_up_and_only_new_mail_is_acknowledged() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation =
        Installation::new("observe", &servers).watching(&servers.dovecot, "user9");
    installation.mode = "observe";
    installation.policy =
        "acknowledge_within = \"24s\"\nremind_before = [\"21s\"]\nauto_acknowledge_before = \"8s\"\n"
            .to_owned();
    let mut daemon = Daemon::running(&installation);
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let mut user = Mailbox::open(&servers.dovecot, "user9");
    let old = installation.letter("user9", "old");

    user.put("INBOX", old.to_string());
    daemon.wait_for_case(&old.id);
    daemon.wait_for_log(&["would send a reminder to"]);
    assert!(alice.mails().is_empty(), "mail to the team while observing");
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");

    installation.mode = "full";
    daemon.configure(&installation);
    daemon.start();
    daemon.wait_until_live();
    alice.wait_for(&daemon, &old.id);
    assert_eq!(alice.about(&old.id).len(), 1, "one summary");
    let mut new = installation.letter("user9", "new");
    new.from = format!("anna+new-{}@client.test", installation.tag);
    user.put("INBOX", new.to_string());
    daemon.wait_for_case(&new.id);
    let mut writer = Inbox::of(&servers, &new.from);
    writer.wait_for(&daemon, &new.id);
    // By now the old mail's time for an acknowledgement has passed.
    std::thread::sleep(Duration::from_secs(1));
    assert!(anna.mails().is_empty(), "an acknowledgement for old mail");
    assert_eq!(writer.mails().len(), 1, "acknowledgements of the new mail");
    assert!(user.to("Sent", &installation.anna()).is_empty());
    daemon.wait_for_log(&["not acknowledged: a mail came before"]);
}
