//! The world around the daemon: what its servers, its disk and its people know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use ackd::domain::case::Case;
use ackd::domain::commit::{Installation, Quarantined};
use ackd::domain::ids::{CaseId, OutboxId};
use ackd::domain::outbox::OutboxRow;
use ackd::domain::rules::Mode;
use ackd::domain::time::Timestamp;
use chrono::SubsecRound;

use tokio::sync::Notify;

use crate::chance::Chance;
use crate::clock::Time;
use crate::faults::Weather;
use crate::filing::{self, Filing};
use crate::imap::ImapSession;
use crate::letters::Letters;
use crate::line::{Line, Peer, State};
use crate::lives::Recording;
use crate::mailbox::Mailbox;
use crate::smtp::{Delivery, SmtpSession};
use crate::story::Act;

/// A handle on the world.
#[derive(Debug, Clone)]
pub(crate) struct World(Arc<Mutex<Inner>>);

/// The world.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) time: Time,
    pub(crate) weather: Weather,
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    pub(crate) letters: Letters,
    /// What the mail server took.
    pub(crate) deliveries: Vec<Delivery>,
    /// What the mail server has yet to file, if it files what it takes.
    pub(crate) filing: Option<Filing>,
    /// What lies on the disk.
    pub(crate) kept: Kept,
    /// The newest export, if any is taken.
    pub(crate) export: Option<crate::losses::Export>,
    /// What decides about losses, where there are any.
    pub(crate) losses: Option<Chance>,
    /// Whether the store was ever lost with all exports.
    pub(crate) lost_all: bool,
    /// The present life of the daemon, from 1, and when it began.
    pub(crate) life: u32,
    pub(crate) life_began: Timestamp,
    /// When a clock last did something odd.
    pub(crate) odd_at: Option<Timestamp>,
    pub(crate) mode: Mode,
    /// Whether it is of no use to go on.
    pub(crate) is_hopeless: bool,
    /// Whether the daemon is off now.
    pub(crate) is_off: bool,
    /// The conversations of which a letter was ever marked as answered.
    pub(crate) flagged: BTreeSet<usize>,
    /// What must not be.
    pub(crate) complaints: Vec<String>,
    /// Whether what happens is written down.
    recording: Recording,
    pub(crate) transcript: Vec<String>,
    lines: Vec<(String, Weak<Mutex<State>>)>,
    /// After how many more steps on the wires the machine fails.
    pub(crate) crash_in: Option<u32>,
    crash: Arc<Notify>,
}

/// What was committed, as the oracle reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    pub(crate) commits: u64,
    pub(crate) cases: BTreeMap<CaseId, Case>,
    pub(crate) rows: BTreeMap<OutboxId, OutboxRow>,
    /// Since when the rows are in doubt that ever were.
    pub(crate) doubted: BTreeMap<OutboxId, Timestamp>,
    pub(crate) quarantine: Vec<Quarantined>,
    pub(crate) installation: Option<Installation>,
}

impl World {
    pub(crate) fn new(start: Timestamp, mut chance: Chance, recording: Recording) -> Self {
        let weather = Weather::new(chance.branch());
        Self(Arc::new(Mutex::new(Inner {
            time: Time::starting_at(start),
            weather,
            mailboxes: BTreeMap::new(),
            letters: Letters::default(),
            deliveries: Vec::new(),
            filing: None,
            kept: Kept::default(),
            export: None,
            losses: None,
            lost_all: false,
            life: 0,
            life_began: start,
            odd_at: None,
            mode: Mode::Full,
            is_hopeless: false,
            is_off: true,
            flagged: BTreeSet::new(),
            complaints: Vec::new(),
            recording,
            transcript: Vec::new(),
            lines: Vec::new(),
            crash_in: None,
            crash: Arc::new(Notify::new()),
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("one thread, and no panic in hand")
    }

    /// A line to a mailbox, if somebody answers at the door.
    pub(crate) fn dial_mailbox(&self, host: &str) -> std::io::Result<Line> {
        let name = host.split('.').next().unwrap_or(host).to_owned();
        let mut inner = self.lock();
        let refused = inner.weather.refuses() || inner.mailbox_is_closed(&name);
        if refused {
            inner.troubled(&name);
            inner.log(|| format!("imap {name}: refused"));
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        let fate = inner.weather.line_fate(false);
        if fate.breaks() || !fate.lateness.is_zero() {
            inner.troubled(&name);
        }
        inner.log(|| format!("imap {name}: connected, {fate:?}"));
        drop(inner);
        let peer = Peer::Imap(ImapSession::new(&name));
        let (line, shared) = Line::open(self.clone(), peer, fate);
        let lines = &mut self.lock().lines;
        lines.retain(|(_, line)| line.strong_count() > 0);
        lines.push((name, Arc::downgrade(&shared)));
        Ok(line)
    }

    /// A line to the mail server.
    pub(crate) fn dial_post(&self) -> std::io::Result<Line> {
        let mut inner = self.lock();
        if inner.weather.refuses() {
            inner.log(|| "smtp: refused".to_owned());
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        let fate = inner.weather.line_fate(true);
        inner.log(|| format!("smtp: connected, {fate:?}"));
        let session = SmtpSession::new(&mut inner, fate.breaks());
        drop(inner);
        Ok(Line::open(self.clone(), Peer::Smtp(session), fate).0)
    }

    /// Tells everybody who idles on a mailbox that something has changed.
    pub(crate) fn news(&self, mailbox: &str) {
        for line in self.lines_to(mailbox) {
            State::news(&line);
        }
    }

    /// Breaks every line to a mailbox.
    pub(crate) fn cut(&self, mailbox: &str) {
        self.lock().troubled(mailbox);
        for line in self.lines_to(mailbox) {
            State::cut(&line);
        }
    }

    /// Who waits for it hears when the machine fails.
    pub(crate) fn crash_notice(&self) -> Arc<Notify> {
        self.lock().crash.clone()
    }

    /// The machine fails after so many further steps on the wires.
    pub(crate) fn crash_in(&self, steps: u32) {
        self.lock().crash_in = Some(steps);
    }

    /// Lets something happen.
    pub(crate) fn act(&self, at: Timestamp, act: Act) {
        self.lock().log(|| format!("act {act:?}"));
        let changed = self.lock().change(at, act);
        if let Change::Cut(mailbox) = &changed {
            self.cut(mailbox);
        }
        if let Change::All = changed {
            let names: Vec<String> = self.lock().mailboxes.keys().cloned().collect();
            for name in names {
                self.cut(&name);
            }
        }
        if let Change::News(mailbox) = &changed {
            self.news(mailbox);
        }
    }

    /// The storm is over.
    pub(crate) fn clear_up(&self) {
        let mut inner = self.lock();
        inner.log(|| "--- the calm".to_owned());
        inner.weather.force = 0;
        inner.weather.post_force = 0;
        inner.crash_in = None;
        inner.time.set_skew(chrono::Duration::zero());
        inner.odd();
        for mailbox in inner.mailboxes.values_mut() {
            mailbox.closed_until = None;
        }
        // Some servers stay slow.
        let are_cut = inner.weather.chance.one_in(2);
        let names: Vec<String> = inner.mailboxes.keys().cloned().collect();
        drop(inner);
        for name in names.iter().filter(|_| are_cut) {
            self.cut(name);
        }
    }

    fn lines_to(&self, mailbox: &str) -> Vec<Arc<Mutex<State>>> {
        let inner = self.lock();
        let own = inner.lines.iter().filter(|(name, _)| name == mailbox);
        own.filter_map(|(_, line)| line.upgrade()).collect()
    }
}

/// Who has to hear of a change.
enum Change {
    Nobody,
    /// Those who idle on this mailbox.
    News(String),
    /// Those who are connected to this mailbox: their lines break.
    Cut(String),
    /// All who are connected.
    All,
}

impl Inner {
    /// Changes what is to change.
    fn change(&mut self, at: Timestamp, act: Act) -> Change {
        filing::catch_up(self);
        let now = self.time.truth();
        match act {
            Act::Post {
                letter,
                mailbox,
                folder,
            } => {
                let own = self.letters.by_id.get_mut(&letter).expect("a known letter");
                own.arrive(at);
                let content = own.content.clone();
                let own = self.mailbox_mut(mailbox).folders.get_mut(folder);
                let received_at = at.trunc_subsecs(0);
                own.expect("a known folder").put(content, received_at, at);
                return Change::News(mailbox.to_owned());
            }
            Act::Flag(letter) => return self.flag(&letter),
            Act::Move {
                letter,
                mailbox,
                to,
            } => {
                let folders = &mut self.mailbox_mut(mailbox).folders;
                let taken = folders.get_mut("INBOX").and_then(|own| own.take(&letter));
                if let (Some(taken), Some(to)) = (taken, folders.get_mut(to)) {
                    to.put(taken.content, taken.received_at, now);
                    let last = to.messages.last_mut().expect("just put");
                    last.answered = taken.answered;
                }
                return Change::News(mailbox.to_owned());
            }
            Act::Delete { letter, mailbox } => {
                let folder = self.mailbox_mut(mailbox).folders.get_mut("INBOX");
                folder.expect("every mailbox has one").take(&letter);
                return Change::News(mailbox.to_owned());
            }
            Act::Renumber { mailbox, folder } => {
                let own = self.mailbox_mut(mailbox).folders.get_mut(folder);
                own.expect("a known folder").renumber(now);
                return Change::Cut(mailbox.to_owned());
            }
            Act::Backup(mailbox) => {
                let mailbox = self.mailbox_mut(mailbox);
                mailbox.backup = Some(mailbox.folders.clone());
            }
            Act::Restore(mailbox) => {
                self.mailbox_mut(mailbox).restore(now);
                return Change::Cut(mailbox.to_owned());
            }
            Act::Cut(mailbox) => return Change::Cut(mailbox.to_owned()),
            Act::Close(mailbox, lasts) => {
                self.mailbox_mut(mailbox).closed_until = Some(now + lasts);
                return Change::Cut(mailbox.to_owned());
            }
            Act::Weather(force, post_force) => {
                self.weather.force = force;
                self.weather.post_force = post_force;
            }
            Act::Skew(by) => self.time.set_skew(by),
            Act::Freeze => self.time.freeze(),
            Act::Right => self.time.set_skew(chrono::Duration::zero()),
            Act::Sleep(lasts) => {
                self.time.pass(lasts);
                self.odd();
                return Change::All;
            }
            Act::Crash(..) | Act::Stop(_) => {}
        }
        self.odd();
        Change::Nobody
    }

    /// Somebody moves the newest message of a folder into another one.
    pub(crate) fn move_away(&mut self, mailbox: &str, from: &str) {
        let now = self.time.truth();
        let to = match from {
            "INBOX" => self.weather.chance.pick(&["Projects", "Archive"]),
            "Projects" => "INBOX",
            // What colleagues have sent stays where it is.
            _ => return,
        };
        let folders = &mut self.mailbox_mut(mailbox).folders;
        let taken = folders.get_mut(from).and_then(|own| own.messages.pop());
        if let (Some(taken), Some(to)) = (taken, folders.get_mut(to)) {
            to.put(taken.content, taken.received_at, now);
            let last = to.messages.last_mut().expect("just put");
            last.answered = taken.answered;
        }
    }

    /// Marks every copy of a letter in an inbox as answered.
    fn flag(&mut self, letter: &str) -> Change {
        let conversation = self.letters.by_id[letter].conversation;
        self.flagged.insert(conversation);
        for (name, mailbox) in &mut self.mailboxes {
            for folder in mailbox.folders.values_mut() {
                let mut own = folder.messages.iter_mut();
                if let Some(message) = own.find(|own| own.content.message_id == letter) {
                    message.answered = true;
                    return Change::News(name.clone());
                }
            }
        }
        Change::Nobody
    }

    /// One step further on a wire.
    pub(crate) fn step(&mut self) {
        if let Some(left) = &mut self.crash_in {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => {
                    self.crash_in = None;
                    self.crash.notify_one();
                }
            }
        }
    }

    pub(crate) fn mailbox(&self, name: &str) -> &Mailbox {
        &self.mailboxes[name]
    }

    pub(crate) fn mailbox_mut(&mut self, name: &str) -> &mut Mailbox {
        self.mailboxes.get_mut(name).expect("a known mailbox")
    }

    pub(crate) fn mailbox_is_closed(&self, name: &str) -> bool {
        let until = self.mailbox(name).closed_until;
        until.is_some_and(|until| self.time.truth() < until)
    }

    /// Something went wrong on a line to a mailbox.
    pub(crate) fn troubled(&mut self, name: &str) {
        let now = self.time.truth();
        self.mailbox_mut(name).troubled_at = Some(now);
    }

    /// A clock did something odd.
    pub(crate) fn odd(&mut self) {
        self.odd_at = Some(self.time.truth());
    }

    pub(crate) fn log(&mut self, what: impl FnOnce() -> String) {
        if self.recording == Recording::Off {
            return;
        }
        let at = self.time.truth().format("%a %d %H:%M:%S%.3f");
        let line = format!("{at} {}", what());
        match self.recording {
            Recording::Live => println!("{line}"),
            Recording::Kept | Recording::Off => self.transcript.push(line),
        }
    }

    /// The world goes on no longer.
    pub(crate) fn give_up(&mut self, why: &str) {
        self.complain(why.to_owned());
        self.is_hopeless = true;
    }

    /// Notes what must not be.
    pub(crate) fn complain(&mut self, what: String) {
        self.log(|| format!("!!! {what}"));
        let at = self.time.truth().format("%a %d %H:%M:%S");
        self.complaints.push(format!("{at}: {what}"));
    }
}
