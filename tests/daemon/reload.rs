//! SIGHUP: what is taken over while it runs, and what is refused.

use std::fs;

use crate::daemon::Daemon;
use crate::installation::{Installation, mailbox};
use crate::people::{Letter, Mailbox, Servers};

struct Story {
    installation: Installation,
    daemon: Daemon,
    servers: Servers,
}

impl Story {
    fn drop_in(&self, name: &str, text: &str) {
        let folder = self.daemon.path("ackd.d");
        fs::create_dir_all(&folder).expect("writable");
        fs::write(folder.join(name), text).expect("writable");
    }

    /// SIGHUP; until the log says what it came to, once more than before.
    fn reload(&self, words: &str) {
        let before = self.daemon.logged(&[words]).len();
        self.daemon.signal("HUP");
        self.daemon
            .eventually(&format!("the log to say \"{words}\" again"), || {
                (self.daemon.logged(&[words]).len() > before).then_some(())
            });
    }

    fn receive(&self, user: &str, letter: &Letter) {
        Mailbox::open(&self.servers.dovecot, user).put("INBOX", letter.to_string());
    }

    /// A mail of the new client.
    fn paul_writes(&self, user: &str, about: &str) -> Letter {
        let mut letter = self.installation.letter(user, about);
        letter.from = format!("paul+{}@partner.test", self.installation.tag);
        letter
    }

    fn mailboxes(&self) -> Vec<String> {
        let status = self.daemon.status().expect("it answers");
        let mailboxes = status["mailboxes"].as_array().expect("a list");
        let names = mailboxes.iter().map(|mailbox| &mailbox["name"]);
        names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }
}

#[test]
fn clients_and_mailboxes_come_and_go_and_a_broken_file_changes_nothing() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation =
        Installation::new("reload", &servers).watching(&servers.dovecot, "user5");
    installation.policy = "acknowledge_within = \"2h\"\n".to_owned();
    let daemon = Daemon::running(&installation);
    let story = Story {
        installation,
        daemon,
        servers,
    };
    a_new_client_is_taken_over(&story);
    a_broken_file_is_refused(&story);
    a_mailbox_comes_and_goes(&story);
}

fn a_new_client_is_taken_over(story: &Story) {
    let (daemon, installation) = (&story.daemon, &story.installation);
    let (stranger, client) = (
        story.paul_writes("user5", "stranger"),
        story.paul_writes("user5", "client"),
    );
    let known = installation.letter("user5", "known");
    story.receive("user5", &stranger);
    story.receive("user5", &known);
    daemon.wait_for_case(&known.id);
    assert_eq!(daemon.case_of(&stranger.id), None, "nobody's client yet");

    let section = installation.client("Meridian Books", "partner.test", &installation.alice());
    story.drop_in("meridian.toml", &format!("[clients.meridian]\n{section}"));
    story.reload("configuration reloaded");
    story.receive("user5", &client);
    let case = daemon.wait_for_case(&client.id);
    assert_eq!(case["client"], "meridian", "{case}");
    assert!(daemon.case_of(&known.id).is_some(), "open cases stay");
}

fn a_broken_file_is_refused(story: &Story) {
    let daemon = &story.daemon;
    story.drop_in(
        "broken.toml",
        "[clients.broken]\nname = \"Broken\"\ndomains = [\"broken.test\"]\nowner = [\"x@agency.test\"]\npolicy = \"none\"\n",
    );
    story.reload("keeps running on the old");
    for (line, words) in [(4, "owner"), (5, "none")] {
        let place = format!("{}:{line}: ", daemon.path("ackd.d/broken.toml").display());
        let told = daemon.logged(&["ERROR", &place, words]);
        assert_eq!(told.len(), 1, "{place}: {}", daemon.log_end());
    }
    assert!(daemon.logged(&["ERROR", "warning: "]).is_empty());
    // Commands need a valid file; the daemon goes on with what it has.
    fs::remove_file(daemon.path("ackd.d/broken.toml")).expect("it is there");
    let letter = story.paul_writes("user5", "unmoved");
    story.receive("user5", &letter);
    daemon.wait_for_case(&letter.id);
}

fn a_mailbox_comes_and_goes(story: &Story) {
    let daemon = &story.daemon;
    let section = mailbox(&story.servers.dovecot, "user6");
    story.drop_in("user6.toml", &format!("[mailboxes.user6]\n{section}"));
    story.reload("configuration reloaded");
    daemon.eventually("the new mailbox to be live", || {
        let status = daemon.status()?;
        let mailboxes = status["mailboxes"].as_array()?;
        let live = mailboxes
            .iter()
            .filter(|mailbox| mailbox["state"] == "live");
        (live.count() == 2).then_some(())
    });
    let letter = story.paul_writes("user6", "newcomer");
    story.receive("user6", &letter);
    let case = daemon.wait_for_case(&letter.id);
    assert_eq!(case["mailboxes"], serde_json::json!(["user6"]), "{case}");

    fs::remove_file(daemon.path("ackd.d/user6.toml")).expect("it is there");
    story.reload("configuration reloaded");
    assert_eq!(story.mailboxes(), ["user5"]);
    let (unseen, seen) = (
        story.paul_writes("user6", "unseen"),
        story.paul_writes("user5", "seen"),
    );
    story.receive("user6", &unseen);
    story.receive("user5", &seen);
    daemon.wait_for_case(&seen.id);
    assert_eq!(daemon.case_of(&unseen.id), None, "it is watched still");
    assert!(daemon.case_of(&letter.id).is_some(), "its cases stay");
}
