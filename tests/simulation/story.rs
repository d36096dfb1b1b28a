//! What happens in one world: who writes when, and what goes wrong besides.

use std::sync::Arc;
use std::time::Duration;

use ackd::domain::rules::Mode;
use ackd::domain::time::Timestamp;
use chrono::{NaiveDate, TimeZone};

use crate::chance::Chance;
use crate::house::House;
use crate::letters::{Conversation, Headers, Kind, Letter, Letters};
use crate::mailbox::{Folder, Mailbox};

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A copy of a letter is put into a folder.
    Post {
        letter: String,
        mailbox: &'static str,
        folder: &'static str,
    },
    /// Somebody's program marks a letter as answered.
    Flag(String),
    /// Somebody moves a copy of a letter from the inbox.
    Move {
        letter: String,
        mailbox: &'static str,
        to: &'static str,
    },
    /// Somebody deletes a copy of a letter.
    Delete {
        letter: String,
        mailbox: &'static str,
    },
    /// The server gives a folder new UIDs.
    Renumber {
        mailbox: &'static str,
        folder: &'static str,
    },
    Backup(&'static str),
    Restore(&'static str),
    /// Every connection to a mailbox breaks.
    Cut(&'static str),
    /// A mailbox's server is down for a while.
    Close(&'static str, chrono::Duration),
    /// The daemon's clock goes wrong by this much.
    Skew(chrono::Duration),
    /// The daemon's clock stands still.
    Freeze,
    /// The daemon's clock is right again.
    Right,
    /// The machine sleeps.
    Sleep(chrono::Duration),
    /// The machine fails after so many further steps on the wires; it is off for so long.
    Crash(u32, chrono::Duration),
    /// The daemon is stopped in good order, and started again later.
    Stop(chrono::Duration),
    /// The weather changes: on the wires and the disk, and at the mail server.
    Weather(u32, u32),
}

/// How bad a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Climate {
    /// Nothing goes wrong: everything must be on time.
    Calm,
    /// Servers, lines and the disk fail; clocks are right.
    Rough,
    /// Clocks go wrong, too.
    Mad,
}

/// One world's story.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) climate: Climate,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// What happens, in order.
    pub(crate) acts: Vec<(Timestamp, Act)>,
    /// How the house stands in each life of the daemon; the last for all further ones.
    pub(crate) houses: Vec<House>,
    pub(crate) letters: Letters,
    pub(crate) mailboxes: Vec<(String, Mailbox)>,
}

const MAILBOXES: [&str; 3] = ["clients", "alice", "bob"];

/// Zones and days on which clocks change, or near a holiday, or like any other.
const PLACES: [(chrono_tz::Tz, (i32, u32, u32)); 7] = [
    (chrono_tz::Europe::London, (2026, 11, 23)),
    (chrono_tz::Europe::London, (2026, 10, 23)),
    (chrono_tz::Europe::Berlin, (2026, 3, 27)),
    (chrono_tz::America::New_York, (2026, 10, 30)),
    (chrono_tz::Asia::Kolkata, (2026, 11, 24)),
    (chrono_tz::Australia::Lord_Howe, (2026, 10, 2)),
    (chrono_tz::UTC, (2026, 12, 24)),
];

impl Story {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let climate = chance.pick(&[
            Climate::Calm,
            Climate::Rough,
            Climate::Rough,
            Climate::Rough,
            Climate::Mad,
        ]);
        let (zone, (year, month, day)) = chance.pick(&PLACES);
        let date = NaiveDate::from_ymd_opt(year, month, day).expect("a date");
        let morning = date.and_hms_opt(7, 45, 0).expect("a time");
        let morning = zone.from_local_datetime(&morning).earliest();
        let start = morning.expect("no gap in the morning").to_utc() + chance.seconds(0, 9_000);
        let hours = chance.between(2, 5);
        let mut story = Self {
            climate,
            start,
            end: start + chrono::Duration::hours(hours),
            acts: Vec::new(),
            houses: Vec::new(),
            letters: Letters::default(),
            mailboxes: Vec::new(),
        };
        story.build_house(chance, zone, date);
        for _ in 0..chance.between(1, 4) {
            Correspondence::begin(&mut story, chance).take_place(chance);
        }
        for _ in 0..chance.between(0, 3) {
            story.noise(chance);
        }
        if climate != Climate::Calm {
            story.trouble(chance);
            if climate == Climate::Mad {
                story.mad_clocks(chance);
            }
        }
        story.acts.sort_by_key(|(at, _)| *at);
        story
    }

    fn build_house(&mut self, chance: &mut Chance, zone: chrono_tz::Tz, date: NaiveDate) {
        let count = chance.size(1, MAILBOXES.len());
        let mut house = House {
            mode: Mode::Full,
            zone,
            poll_every: Duration::from_secs(chance.between(500, 1_500).unsigned_abs()),
            holiday: chance.one_in(3).then(|| date + chrono::Days::new(1)),
            answer_within: chance.pick(&[None, Some("4h")]),
            round_the_clock: chance.one_in(4),
            mailboxes: MAILBOXES[..count].to_vec(),
        };
        self.houses.push(house.clone());
        if self.climate != Climate::Calm {
            for _ in 0..3 {
                if chance.one_in(5) {
                    house.mode = chance.pick(&[Mode::Observe, Mode::Remind, Mode::Full]);
                }
                if self.climate == Climate::Mad && chance.one_in(4) {
                    house.zone = chance.pick(&[chrono_tz::UTC, chrono_tz::Europe::Lisbon]);
                }
                self.houses.push(house.clone());
            }
        }
        for name in &house.mailboxes {
            let mut folders = std::collections::BTreeMap::new();
            let validity = u32::try_from(chance.between(1, 1_000)).expect("small");
            for (folder, is_sent, is_watched) in [
                ("INBOX", false, true),
                ("Projects", false, *name == "clients"),
                ("Archive", false, false),
                ("Sent", true, true),
            ] {
                folders.insert(
                    folder.to_owned(),
                    Folder::new(validity, is_sent, is_watched),
                );
            }
            let mailbox = Mailbox {
                folders,
                backup: None,
                can_idle: !chance.one_in(4),
                tells_uid_next: !chance.one_in(5),
                closed_until: None,
                troubled_at: None,
            };
            self.mailboxes.push(((*name).to_owned(), mailbox));
        }
    }

    pub(crate) fn watched(&self) -> &[&'static str] {
        &self.houses[0].mailboxes
    }

    /// A moment of the story.
    fn moment(&self, chance: &mut Chance) -> Timestamp {
        self.start + chance.seconds(60, (self.end - self.start).num_seconds())
    }

    fn add(&mut self, at: Timestamp, act: Act) {
        self.acts.push((at, act));
    }

    /// Mail that is nobody's case.
    fn noise(&mut self, chance: &mut Chance) {
        let number = self.letters.by_id.len();
        let at = self.moment(chance);
        let mut headers = Headers {
            id: format!("noise-{number}@elsewhere.example"),
            from: "Eve <eve@elsewhere.example>".to_owned(),
            to: vec!["clients@northwind.example".to_owned()],
            subject: format!("Offer {number}"),
            text: format!("Offer {number} ends tonight."),
            ..Headers::default()
        };
        let mut kind = Kind::Machine;
        match chance.between(0, 4) {
            0 => kind = Kind::Noise,
            1 => {
                kind = Kind::Noise;
                headers.from = "Bob <bob@northwind.example>".to_owned();
            }
            2 => {
                headers.from = "Anna <anna@acme.example>".to_owned();
                headers.more.push("Auto-Submitted: auto-replied".to_owned());
            }
            3 => {
                headers.from = "Acme <no-reply@acme.example>".to_owned();
            }
            _ => {
                headers.from = "Paul <paul@beta.example>".to_owned();
                headers.more.push("List-Id: <news.beta.example>".to_owned());
                headers.more.push("Precedence: list".to_owned());
            }
        }
        self.letters.conversations.push(Conversation {
            contact: "eve@elsewhere.example".to_owned(),
            owner: String::new(),
            is_acknowledged_to: false,
        });
        let conversation = self.letters.conversations.len() - 1;
        let letter = Letter {
            kind,
            conversation,
            at,
            arrived: None,
            may_acknowledge: false,
            content: Arc::new(headers.content(at, false)),
        };
        self.letters.by_id.insert(headers.id.clone(), letter);
        let mailbox = chance.pick(self.watched());
        let letter = headers.id;
        let folder = "INBOX";
        self.add(
            at,
            Act::Post {
                letter,
                mailbox,
                folder,
            },
        );
    }

    /// What goes wrong with servers and machines.
    fn trouble(&mut self, chance: &mut Chance) {
        let watched = self.watched().to_vec();
        let force = |chance: &mut Chance| {
            let wires = u32::try_from(chance.pick(&[0, 1, 2, 4, 4])).expect("small");
            let post = u32::try_from(chance.pick(&[0, 2, 4, 6])).expect("small");
            Act::Weather(wires, post)
        };
        let first = force(chance);
        self.add(self.start, first);
        for _ in 0..chance.between(0, 7) {
            let at = self.moment(chance);
            let mailbox = chance.pick(&watched);
            let down = match chance.one_in(4) {
                true => chance.seconds(600, 30_000),
                false => chance.seconds(1, 300),
            };
            let act = match chance.between(0, 11) {
                0 => Act::Renumber {
                    mailbox,
                    folder: chance.pick(&["INBOX", "Sent"]),
                },
                1 | 2 => {
                    let back = at + chance.seconds(60, 9_000);
                    self.add(back.min(self.end), Act::Restore(mailbox));
                    Act::Backup(mailbox)
                }
                3 => Act::Cut(mailbox),
                4 => Act::Close(mailbox, down),
                5..=7 => Act::Crash(u32::try_from(chance.depth(400)).expect("small"), down),
                8 => Act::Stop(down),
                9 => Act::Sleep(down),
                _ => force(chance),
            };
            self.add(at, act);
        }
    }

    fn mad_clocks(&mut self, chance: &mut Chance) {
        for _ in 0..chance.between(1, 3) {
            let at = self.moment(chance);
            let act = match chance.between(0, 3) {
                0 => Act::Freeze,
                1 => Act::Skew(chance.seconds(-40, 40)),
                _ => Act::Skew(chance.seconds(-20_000, 20_000)),
            };
            self.add(at, act);
            let right = at + chance.seconds(5, 7_000);
            self.add(right.min(self.end), Act::Right);
        }
    }
}

/// One conversation while it is made up.
struct Correspondence<'a> {
    story: &'a mut Story,
    number: usize,
    contact: &'static str,
    subject: String,
    ids: Vec<String>,
    at: Timestamp,
}

impl<'a> Correspondence<'a> {
    fn begin(story: &'a mut Story, chance: &mut Chance) -> Self {
        let number = story.letters.conversations.len();
        let contact = chance.pick(&[
            "anna@acme.example",
            "arno@acme.example",
            "paul@beta.example",
        ]);
        let is_acme = contact.ends_with("acme.example");
        story.letters.conversations.push(Conversation {
            contact: contact.to_owned(),
            owner: if is_acme { "alice" } else { "bob" }.to_owned() + "@northwind.example",
            is_acknowledged_to: is_acme,
        });
        let at = story.moment(chance);
        let urgent = if chance.one_in(6) { "urgent: " } else { "" };
        Self {
            story,
            number,
            contact,
            subject: format!("{urgent}Order {number}"),
            ids: Vec::new(),
            at,
        }
    }

    fn take_place(mut self, chance: &mut Chance) {
        if chance.one_in(8) {
            self.at = self.story.start - chance.seconds(600, 90_000);
            self.client(chance, Kind::Old);
            return;
        }
        self.client(chance, Kind::Client);
        for _ in 0..chance.between(0, 3) {
            self.at += chance.seconds(90, 9_000);
            if self.at > self.story.end {
                return;
            }
            match chance.between(0, 9) {
                0..=3 => self.team(chance, Kind::Reply),
                4 => self.team(chance, Kind::NewThread),
                5 => {
                    if let Some(letter) = self.ids.first().cloned() {
                        self.story.add(self.at, Act::Flag(letter));
                    }
                }
                6 if self.ids.len() > 1 => self.client(chance, Kind::Thanks),
                _ => self.client(chance, Kind::Client),
            }
        }
    }

    fn next_id(&self, domain: &str) -> String {
        let number = self.story.letters.by_id.len();
        format!("m{number}.{}@{domain}", self.number)
    }

    fn client(&mut self, chance: &mut Chance, kind: Kind) {
        let (name, domain) = self.contact.split_once('@').expect("an address");
        let mut more = Vec::new();
        let mut may_acknowledge = self.story.letters.conversations[self.number].is_acknowledged_to;
        if chance.one_in(9) {
            more.push("X-Auto-Response-Suppress: All".to_owned());
            may_acknowledge = false;
        }
        if chance.one_in(12) {
            let failed = "Authentication-Results: mx.northwind.example; dmarc=fail";
            more.push(failed.to_owned());
            may_acknowledge = false;
        }
        let re = if self.ids.is_empty() { "" } else { "Re: " };
        let id = self.next_id(domain);
        let headers = Headers {
            from: format!("{name} <{}>", self.contact),
            to: vec!["Clients <clients@northwind.example>".to_owned()],
            subject: format!("{re}{}", self.subject),
            references: self.ids.clone(),
            more,
            text: match kind {
                Kind::Thanks => "Thanks!".to_owned(),
                _ => format!("The crate of {id} is broken, what now?"),
            },
            id,
        };
        let is_hostile = self.story.climate != Climate::Calm && chance.one_in(40);
        self.remember(&headers, kind, may_acknowledge, is_hostile);
        let arrives = self.at + chance.seconds(0, 60);
        let watched = self.story.watched().to_vec();
        self.post(&headers.id, arrives, "clients", "INBOX");
        if chance.one_in(4) {
            let other = chance.pick(&watched);
            if other != "clients" {
                let later = arrives + chance.seconds(0, 90);
                self.post(&headers.id, later, other, "INBOX");
            }
        }
        if chance.one_in(6) {
            let to = chance.pick(&["Projects", "Archive"]);
            let at = arrives + chance.seconds(0, 4_000);
            let letter = headers.id.clone();
            let mailbox = "clients";
            self.story.add(
                at,
                Act::Move {
                    letter,
                    mailbox,
                    to,
                },
            );
        } else if chance.one_in(25) {
            let at = arrives + chance.seconds(0, 4_000);
            let letter = headers.id.clone();
            let mailbox = "clients";
            self.story.add(at, Act::Delete { letter, mailbox });
        }
    }

    fn team(&mut self, chance: &mut Chance, kind: Kind) {
        let watched = self.story.watched().to_vec();
        let mailbox = chance.pick(&watched);
        let id = self.next_id("northwind.example");
        let is_reply = kind == Kind::Reply;
        let headers = Headers {
            from: format!("{mailbox} <{mailbox}@northwind.example>"),
            to: vec![self.contact.to_owned()],
            subject: match is_reply {
                true => format!("Re: {}", self.subject),
                false => format!("About {}", self.number),
            },
            references: if is_reply { self.ids.clone() } else { vec![] },
            more: vec![],
            text: format!("We send another one, says {id}."),
            id,
        };
        self.remember(&headers, kind, false, false);
        if !is_reply {
            self.ids.pop();
        }
        let filed = self.at + chrono::Duration::seconds(chance.pick(&[0, 0, 0, 5, 300]));
        self.post(&headers.id, filed, mailbox, "Sent");
        if chance.one_in(5) {
            let copied = self.at + chance.seconds(0, 60);
            let to = chance.pick(&watched);
            self.post(&headers.id, copied, to, "INBOX");
        }
    }

    fn remember(&mut self, headers: &Headers, kind: Kind, may_acknowledge: bool, hostile: bool) {
        let letter = Letter {
            kind,
            conversation: self.number,
            at: self.at,
            arrived: None,
            may_acknowledge,
            content: Arc::new(headers.content(self.at, hostile)),
        };
        self.story.letters.by_id.insert(headers.id.clone(), letter);
        self.ids.push(headers.id.clone());
    }

    fn post(&mut self, id: &str, at: Timestamp, mailbox: &'static str, folder: &'static str) {
        let letter = id.to_owned();
        self.story.add(
            at,
            Act::Post {
                letter,
                mailbox,
                folder,
            },
        );
    }
}
