//! The wall clock goes hours forward and back, under the real program: libfaketime moves what it
//! reads of the time of day, and leaves the monotonic clock alone. Mail servers and people
//! keep the right time.

use std::path::Path;
use std::time::Duration;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Mailbox, Servers};
use crate::storm;

const USER: &str = "user14";

/// Where Debian's package `faketime` puts it.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

const PROMISES: &str = r#"
acknowledge_within = "3h"
remind_before = ["90m"]
auto_acknowledge_before = "10m"

[policies.quiet]
calendar = "nonstop"
acknowledge_within = "3h"
same_business_day = false
remind_before = ["90m"]
escalate_after = ["0m"]
"#;

/// What the log says when the program notices that its clock was moved.
const NOTICED: [&str; 1] = ["s have passed at once"];

/// One installation whose clock can be moved.
struct Moved {
    daemon: Daemon,
    minutes: i64,
    alice: Inbox,
    lead: Inbox,
    anna: Inbox,
}

impl Moved {
    /// Moves the clock to so many minutes off the right time, and waits until that is noticed.
    fn go_to(&mut self, minutes: i64) {
        let noticed = self.daemon.logged(&NOTICED).len();
        self.set(minutes);
        self.daemon.eventually("the jump to be noticed", || {
            (self.daemon.logged(&NOTICED).len() > noticed).then_some(())
        });
        self.settle();
    }

    fn set(&mut self, minutes: i64) {
        let file = self.daemon.path("moved");
        // In one step: it is read all the time.
        let fresh = self.daemon.path("moved.new");
        std::fs::write(&fresh, format!("{:+}\n", minutes * 60)).expect("writable");
        std::fs::rename(fresh, file).expect("writable");
        self.minutes = minutes;
    }

    /// Until it has looked at everything and has sent what it owes.
    fn settle(&mut self) {
        self.daemon.wait_until_live();
        std::thread::sleep(Duration::from_millis(1200));
        self.daemon.wait_until_sent();
    }

    /// How many mails about a client's mail went to its owner, to the lead and to the client.
    fn count(&mut self, id: &str) -> [usize; 3] {
        [&mut self.alice, &mut self.lead, &mut self.anna].map(|inbox| inbox.about(id).len())
    }

    fn expect(&mut self, id: &str, counts: [usize; 3]) {
        let daemon = &self.daemon;
        let inboxes = [&mut self.alice, &mut self.lead, &mut self.anna];
        for (inbox, count) in inboxes.into_iter().zip(counts) {
            if count > 0 {
                inbox.wait_for(daemon, id);
            }
        }
        let minutes = self.minutes;
        let counted = self.count(id);
        let log = self.daemon.log_end();
        assert_eq!(
            counted, counts,
            "mails about {id} to owner, lead and client, {minutes} min off; the log ends:\n{log}"
        );
    }
}

#[test]
fn a_clock_that_goes_hours_forward_and_back_says_nothing_twice_and_misses_nothing() {
    let Some(servers) = storm::servers() else {
        return;
    };
    if !Path::new(LIBRARY).exists() {
        println!("skipped: {LIBRARY} is not there (Debian package faketime)");
        return;
    }
    let mut installation = Installation::new("moved", &servers).watching(&servers.dovecot, USER);
    installation.policy = PROMISES.to_owned();
    let meridian = installation.client("Meridian Books", "partner.test", &installation.alice());
    let meridian = meridian.replace("\"prompt\"", "\"quiet\"");
    installation.clients.insert("meridian".to_owned(), meridian);
    let mut moved = started(&servers, &installation);
    let mut user = Mailbox::open(&servers.dovecot, USER);
    let prompt = installation.letter(USER, "prompt");
    let answered = installation.letter(USER, "answered");
    let mut quiet = installation.letter(USER, "quiet");
    quiet.from = format!("paul+{}@partner.test", installation.tag);
    for letter in [&prompt, &answered, &quiet] {
        user.put("INBOX", letter.to_string());
        moved.daemon.wait_for_case(&letter.id);
    }
    user.put("Sent", answered.answered_by("bob@agency.test").to_string());
    moved.daemon.wait_for_state(&answered.id, "answered");

    // Half of the time is left: one reminder, however often that moment comes.
    for minutes in [95, 0, -180, 95] {
        moved.go_to(minutes);
        moved.expect(&prompt.id, [1, 0, 0]);
        moved.expect(&quiet.id, [1, 0, 0]);
    }
    // A mail that comes while the clock is behind lies in its future: it counts from when it was
    // seen, so that people hear of it rather too early than too late.
    moved.go_to(-120);
    let mut ahead = installation.letter(USER, "ahead");
    ahead.from.clone_from(&quiet.from);
    user.put("INBOX", ahead.to_string());
    moved.daemon.wait_for_case(&ahead.id);
    moved.expect(&ahead.id, [0, 0, 0]);
    // Ten minutes before the deadline the client is acknowledged, once; killed in between, too.
    moved.go_to(172);
    moved.expect(&prompt.id, [1, 0, 1]);
    moved.go_to(0);
    moved.daemon.kill();
    moved.set(95);
    moved.daemon.start();
    moved.settle();
    for minutes in [-30, 172] {
        moved.go_to(minutes);
        moved.expect(&prompt.id, [1, 0, 1]);
        moved.expect(&quiet.id, [1, 0, 0]);
    }
    // Past the deadline it is escalated, once.
    for minutes in [185, 10, 185] {
        moved.go_to(minutes);
        moved.expect(&quiet.id, [2, 1, 0]);
        moved.expect(&ahead.id, [1, 1, 0]);
        moved.expect(&prompt.id, [1, 0, 1]);
    }
    moved.expect(&answered.id, [0, 0, 0]);
}

/// Starts it with the right time, and makes sure that its clock can be moved.
fn started(servers: &Servers, installation: &Installation) -> Moved {
    let mut moved = Moved {
        daemon: Daemon::installed(installation),
        minutes: 0,
        alice: Inbox::of(servers, &installation.alice()),
        lead: Inbox::of(servers, &installation.lead()),
        anna: Inbox::of(servers, &installation.anna()),
    };
    moved.set(0);
    let file = moved.daemon.path("moved");
    moved.daemon.environment = [
        ("LD_PRELOAD", LIBRARY),
        (
            "FAKETIME_TIMESTAMP_FILE",
            file.to_str().expect("a plain path"),
        ),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("NO_FAKE_STAT", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    moved.daemon.start();
    moved.daemon.wait_until_live();
    moved
}
