//! The stream of client mail, and what the team answers.

use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use ackd::domain::time::Timestamp;
use tokio::time::Instant;

use crate::chance::Chance;
use crate::installation::Installation;
use crate::people::{Letter, Mailbox, Servers};

/// Promises that fall due within seconds. Of `prompt` there is one reminder and the
/// acknowledgement; of `quiet` one reminder and two escalations.
const PROMISES: &str = r#"
acknowledge_within = "12s"
urgent_within = "8s"
remind_before = ["8s"]
auto_acknowledge_before = "4s"

[policies.quiet]
calendar = "nonstop"
same_business_day = false
acknowledge_within = "8s"
remind_before = ["4s"]
escalate_after = ["0s", "3s"]
"#;

/// No limit is in the way: everybody may be acknowledged.
const LIMITS: &str = r#"
[limits]
per_sender_every = "1s"
per_client_per_hour = 1000
breaker = 10000
breaker_within = "1s"
smtp_timeout = "5s"
"#;

/// How long after its arrival the last rung of a mail is due.
pub(crate) const LADDER: Duration = Duration::from_secs(12);

/// The pause between two mails, in milliseconds.
const PAUSE: (i64, i64) = (150, 900);

/// How long the team takes to answer, in milliseconds.
const ANSWER_TIME: (i64, i64) = (300, 9_000);

/// What a mail leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Its owner is reminded, and the client has an acknowledgement.
    Acknowledged,
    /// Its owner is reminded; owner and lead hear that it is late.
    Escalated,
    /// A colleague answers.
    Answered,
}

/// A mail that a client wrote.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) letter: Letter,
    pub(crate) course: Course,
    /// When the answer is to be there.
    answer_due: Option<Instant>,
    /// Since when it is there.
    pub(crate) answered_at: Option<Timestamp>,
    /// In which mailbox it lies.
    mailbox: usize,
}

/// The clients at Harbour Hotels (acknowledged) and Meridian Books (escalated), and the team.
pub(crate) struct Traffic {
    pub(crate) servers: Servers,
    pub(crate) installation: Installation,
    users: Vec<&'static str>,
    mailboxes: Vec<Mailbox>,
    chance: Chance,
    pub(crate) written: Vec<Written>,
    next_at: Instant,
}

/// An installation for a storm, with a mailbox for each of these users.
pub(crate) fn installation(story: &str, servers: &Servers, users: &[&str]) -> Installation {
    let mut own = Installation::new(story, servers);
    own.policy = PROMISES.to_owned();
    own.further = LIMITS.to_owned();
    for user in users {
        own = own.watching(&servers.dovecot, user);
    }
    let meridian = own.client("Meridian Books", "partner.test", &own.alice());
    let meridian = meridian.replace("\"prompt\"", "\"quiet\"");
    own.clients.insert("meridian".to_owned(), meridian);
    for client in own.clients.values_mut() {
        // Everybody is somebody else, for the limits too, and reads in the same inbox.
        *client = client.replace("domains = [\"", "domains = [\"*.");
        client.push_str("urgent_words = [\"urgent\"]\n");
    }
    own
}

impl Traffic {
    pub(crate) fn new(
        servers: &Servers,
        installation: &Installation,
        users: &[&'static str],
        chance: Chance,
    ) -> Self {
        let open = |user: &&'static str| Mailbox::open(&servers.dovecot, user);
        Self {
            servers: servers.clone(),
            installation: installation.clone(),
            users: users.to_vec(),
            mailboxes: users.iter().map(open).collect(),
            chance,
            written: Vec::new(),
            next_at: Instant::now(),
        }
    }

    /// Opens the mailboxes anew, after their server was away.
    pub(crate) fn reconnect(&mut self) {
        let open = |user: &&'static str| Mailbox::open(&self.servers.dovecot, user);
        self.mailboxes = self.users.iter().map(open).collect();
    }

    /// Mail comes and is answered for some time.
    pub(crate) fn flow(&mut self, time: Duration) {
        let until = Instant::now() + time;
        loop {
            let now = Instant::now();
            self.answer(now);
            if now >= self.next_at && now < until {
                self.write();
                let pause = self.chance.between(PAUSE.0, PAUSE.1).unsigned_abs();
                self.next_at = now + Duration::from_millis(pause);
            }
            if now >= until {
                return;
            }
            let next = self.next_at.min(now + Duration::from_millis(50));
            std::thread::sleep(next.min(until).saturating_duration_since(now));
        }
    }

    /// No more mail comes; what the team is still to answer is answered.
    pub(crate) fn ebb(&mut self) {
        while self.written.iter().any(|own| own.answer_due.is_some()) {
            self.answer(Instant::now());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A client writes, by the mail server or as a copy that another program filed.
    fn write(&mut self) {
        let number = self.written.len();
        let course = self.chance.pick(&[
            Course::Acknowledged,
            Course::Acknowledged,
            Course::Escalated,
            Course::Answered,
        ]);
        let mailbox = self.chance.size(0, self.users.len() - 1);
        let (tag, word) = (self.installation.tag.clone(), word(number));
        let user = self.users[mailbox];
        let mut letter = self.installation.letter(user, &format!("m{number}"));
        letter.from = match course {
            Course::Escalated => format!("paul+{tag}@{word}.partner.test"),
            Course::Acknowledged | Course::Answered => format!("anna+{tag}@{word}.client.test"),
        };
        if self.chance.one_in(6) {
            letter.subject = format!("Urgent: {word}");
        }
        if self.chance.one_in(2) {
            self.servers.deliver(&letter);
        } else {
            let text = letter.to_string();
            self.mailboxes[mailbox].put("INBOX", &text);
            if self.mailboxes.len() > 1 && self.chance.one_in(3) {
                let other = (mailbox + 1) % self.mailboxes.len();
                self.mailboxes[other].put("INBOX", &text);
            }
        }
        let answer_due = (course == Course::Answered).then(|| {
            let time = self.chance.between(ANSWER_TIME.0, ANSWER_TIME.1);
            Instant::now() + Duration::from_millis(time.unsigned_abs())
        });
        self.written.push(Written {
            letter,
            course,
            answer_due,
            answered_at: None,
            mailbox,
        });
    }

    /// The team answers what is to be answered by now.
    fn answer(&mut self, now: Instant) {
        let ripe = |own: &&mut Written| own.answer_due.is_some_and(|at| at <= now);
        for written in self.written.iter_mut().filter(ripe) {
            let answer = written.letter.answered_by("bob@agency.test");
            self.mailboxes[written.mailbox].put("Sent", answer.to_string());
            written.answer_due = None;
            written.answered_at = Some(SystemClock.now());
        }
    }
}

/// A number in letters: addresses full of digits are taken for those of newsletters.
fn word(number: usize) -> String {
    let letters = number.to_string();
    letters
        .chars()
        .filter_map(|digit| char::from_u32(u32::from('a') + digit.to_digit(10)?))
        .collect()
}
