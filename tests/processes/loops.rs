//! Robots face each other: after the first exchange they stop, and limits outlive restarts.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use tokio::time::Instant;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Letter, Mailbox, Servers, header};
use crate::storm;

/// The two daemons' mailboxes.
const HERE: &str = "user16";
const THERE: &str = "user17";

/// Whom the robot writes to.
const HAUNTED: &str = "user18";

/// Whoever writes has an acknowledgement a second later.
const AT_ONCE: &str = r#"
acknowledge_within = "60s"
auto_acknowledge_before = "59s"
"#;

/// No limit stops them.
const NO_LIMITS: &str = r#"
[limits]
per_sender_every = "1s"
per_client_per_hour = 1000
breaker = 10000
breaker_within = "1s"
"#;

/// The breaker opens before a second client's limit is reached.
const BREAKER: usize = 7;

/// How many acknowledgements a client gets in an hour, by default.
const PER_CLIENT: usize = 5;

/// How long nothing must come until a robot counts as silent.
const SILENCE: Duration = Duration::from_secs(5);

/// The inboxes of the robot: it writes under all these names, each with ever-changing tags.
const NAMES: [&str; 6] = ["user5", "user6", "user7", "user8", "user9", "paul"];

#[test]
fn two_that_are_each_others_client_stop_after_the_first_exchange() {
    let Some(servers) = storm::servers() else {
        return;
    };
    let mut here = Installation::new("here", &servers).watching(&servers.dovecot, HERE);
    here.policy = AT_ONCE.to_owned();
    here.further = NO_LIMITS.to_owned();
    here.clients.clear();
    let there = here.client("There", "partner.test", &here.alice());
    here.clients.insert("there".to_owned(), there);
    let mut there = Installation::new("there", &servers).watching(&servers.dovecot, THERE);
    there.policy = AT_ONCE.to_owned();
    there.further = NO_LIMITS.to_owned();
    let mut daemons = [Daemon::installed(&here), Daemon::installed(&there)];
    // The other team is partner.test, and its client is the first one.
    let text = there.text(daemons[1].state_dir().to_str().expect("a plain path"));
    let text = text.replace("agency.test", "partner.test");
    let text = text.replace("client.test", "agency.test");
    fs::write(daemons[1].config(), text).expect("writable");
    for daemon in &mut daemons {
        daemon.start();
        daemon.wait_until_live();
    }

    let tag = &here.tag;
    let (own, other) = (
        format!("{HERE}+{tag}@agency.test"),
        format!("{THERE}+{tag}@partner.test"),
    );
    let question = Letter::new(
        &other,
        &own,
        "Your offer",
        &format!("offer.{tag}@partner.test"),
    );
    let counter = Letter::new(
        &own,
        &other,
        "Our invoice",
        &format!("invoice.{tag}@agency.test"),
    );
    let mut mailboxes = [HERE, THERE].map(|user| Mailbox::open(&servers.dovecot, user));
    mailboxes[1].put("Sent", question.to_string());
    servers.deliver(&question);
    mailboxes[0].put("Sent", counter.to_string());
    servers.deliver(&counter);

    for (daemon, letter) in daemons.iter().zip([&question, &counter]) {
        daemon.wait_for_state(&letter.id, "acknowledged");
        daemon.wait_until_sent();
    }
    for daemon in &mut daemons {
        daemon.kill();
        daemon.start();
        daemon.wait_until_live();
    }
    std::thread::sleep(SILENCE);
    for (mailbox, daemon) in mailboxes.iter_mut().zip(&daemons) {
        let acknowledgements = mailbox.search("INBOX", &format!("HEADER X-Ackd \"\" TO {tag}"));
        let ids: Vec<String> = acknowledgements
            .iter()
            .map(|own| header(own, "Message-ID"))
            .collect();
        assert_eq!(ids.len(), 1, "acknowledgements: {ids:?}");
        let cases = daemon.cases();
        assert_eq!(cases.len(), 1, "{cases:?}");
        assert_eq!(cases[0]["state"], "acknowledged", "{cases:?}");
    }
}

/// A robot without any automatic sign that answers each acknowledgement under another name.
struct Robot {
    servers: Servers,
    tag: String,
    domain: &'static str,
    inboxes: Vec<Mailbox>,
    answered: BTreeSet<String>,
    written: usize,
}

impl Robot {
    fn at(domain: &'static str, servers: &Servers, tag: &str) -> Self {
        Self {
            servers: servers.clone(),
            tag: tag.to_owned(),
            domain,
            inboxes: NAMES
                .map(|name| Mailbox::open(&servers.dovecot, name))
                .into(),
            answered: BTreeSet::new(),
            written: 0,
        }
    }

    /// Writes under a name, with a tag nobody has seen; perhaps as an answer.
    fn write(&mut self, name: &str, answers: Option<&str>) {
        self.written += 1;
        let (tag, domain, number) = (&self.tag, self.domain, self.written);
        let change = ["x", "bounce", "srs", "m", "prvs"][number % 5];
        let from = format!("{name}+{tag}-{change}{}@{domain}", "z".repeat(number));
        let id = format!("r{number}.{tag}@{domain}");
        let subject = format!("We have got your mail ({})", "i".repeat(number));
        let mut letter = Letter::new(&from, &format!("{HAUNTED}@agency.test"), &subject, &id);
        letter.answers = answers.map(|id| id.trim_matches(['<', '>']).to_owned());
        self.servers.deliver(&letter);
    }

    /// Answers what is new; how much it was.
    fn answer(&mut self, names: &[&str]) -> usize {
        let to = format!("{}@{}", "", self.domain);
        let mut fresh = Vec::new();
        for inbox in &mut self.inboxes {
            for mail in inbox.search("INBOX", &format!("TO {} TO {to}", self.tag)) {
                let id = header(&mail, "Message-ID");
                if self.answered.insert(id.clone()) {
                    fresh.push(id);
                }
            }
        }
        for id in &fresh {
            let name = names[self.answered.len() % names.len()];
            // An answer that names what it answers, and one that does not.
            self.write(name, Some(id));
            self.write(name, None);
        }
        fresh.len()
    }

    /// Answers until nothing comes any more, while the other side is killed again and again.
    fn rage(&mut self, names: &[&str], daemon: &mut Daemon) -> usize {
        self.write(names[self.answered.len() % names.len()], None);
        let mut silent_since = Instant::now();
        while silent_since.elapsed() < SILENCE {
            if self.answer(names) > 0 {
                daemon.wait_until_sent();
                daemon.kill();
                daemon.start();
                daemon.wait_until_live();
                silent_since = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        self.answered.len()
    }
}

#[test]
fn a_robot_under_ever_changing_names_is_stopped_by_limits_that_outlive_restarts() {
    let Some(servers) = storm::servers() else {
        return;
    };
    let mut installation = Installation::new("robot", &servers);
    installation = installation.watching(&servers.dovecot, HAUNTED);
    installation.policy = AT_ONCE.to_owned();
    installation.further = format!("\n[limits]\nbreaker = {BREAKER}\n");
    let meridian = installation.client("Meridian Books", "partner.test", &installation.alice());
    installation.clients.insert("meridian".to_owned(), meridian);
    let mut daemon = Daemon::running(&installation);
    let tag = installation.tag.clone();

    let mut robot = Robot::at("client.test", &servers, &tag);
    let got = robot.rage(&["user5"], &mut daemon);
    assert_eq!(got, 1, "tags alone dodge the limit of one sender");
    let got = robot.rage(&NAMES, &mut daemon);
    assert_eq!(got, PER_CLIENT, "acknowledgements to one client");
    let mut other = Robot::at("partner.test", &servers, &tag);
    let got = other.rage(&NAMES, &mut daemon);
    assert_eq!(
        got,
        BREAKER - PER_CLIENT,
        "acknowledgements until the breaker opened"
    );

    // The breaker stays open over a restart, and the operator is told of it once.
    daemon.kill();
    daemon.start();
    daemon.wait_until_live();
    other.write("alice", None);
    std::thread::sleep(SILENCE);
    let mut lead = Inbox::of(&servers, &installation.lead());
    let told = lead.mails();
    let subjects: Vec<_> = told.iter().filter_map(|mail| mail.subject()).collect();
    let alarms = subjects
        .iter()
        .filter(|own| own.contains("stopped acknowledging"));
    assert_eq!(alarms.count(), 1, "{subjects:?}");
    assert_eq!(
        other.answer(&NAMES),
        0,
        "acknowledged though the breaker is open"
    );
    let status = daemon.status().expect("it answers");
    assert!(
        status["alarms"].to_string().contains("acknowledgements"),
        "{status}"
    );
}
