//! A small world for scenarios: a team, two clients, a book, an index and a mail server that
//! does as it is told. Time moves only when a line says so, and stops wherever something is
//! due on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ackd::domain::address::{Address, AddressPattern, Author};
use ackd::domain::alarm::Alarms;
use ackd::domain::book::Book;
use ackd::domain::calendar::{Calendar, Window};
use ackd::domain::case::{Case, Settlement};
use ackd::domain::change::RulesChange;
use ackd::domain::check_in::{CheckInLine, ContactKind, lines_for, mark_told};
use ackd::domain::commit::{Known, Loaded, LostTime, Quarantined, Questions};
use ackd::domain::decide::{
    self, AlarmChanges, Beginning, Decisions, Dispatch, Identity, Inquiry, Judged, Refusal,
    SentFolders, Sight,
};
use ackd::domain::digest::Digest;
use ackd::domain::draft::{Draft, MorningLetter};
use ackd::domain::facts::{Arrived, FolderRole, Location, MessageFacts};
use ackd::domain::ids::{
    CalendarName, CaseId, ClientKey, InstanceId, MailboxName, MessageId, OutboxId, PolicyName,
};
use ackd::domain::outbox::{OutboxRow, Purpose, SendVerdict};
use ackd::domain::policy::Policy;
use ackd::domain::rules::{
    AcknowledgeLimits, Client, MailboxRules, Mode, RuleParts, Rules, SendingHours, Team,
};
use ackd::domain::time::{BusinessTime, Timestamp};
use ackd::store::{MemoryStore, Store};
use chrono::TimeZone;

/// How long the engine waits for something to happen, at the longest.
const TICK: chrono::Duration = chrono::Duration::seconds(10);

/// Everything a scenario plays with.
pub(crate) struct World {
    pub(crate) rules: Rules,
    pub(crate) book: Book,
    pub(crate) now: Timestamp,
    pub(crate) transcript: Vec<String>,
    /// What the mail server says to the next mails.
    pub(crate) server: SendVerdict,
    /// What roads other than mail say.
    pub(crate) far_end: SendVerdict,
    /// The mail server takes its time: what is handed over stays on its way.
    hangs: bool,
    on_their_way: Vec<(OutboxId, String)>,
    /// How far the clock of whoever receives and dates mail runs ahead of ours now.
    clock_ahead: chrono::Duration,
    /// Mailboxes that can't be looked at.
    pub(crate) blind: BTreeSet<MailboxName>,
    /// Mailboxes that have no Sent folder.
    without_sent: BTreeSet<MailboxName>,
    /// Mail is received at the moment its line names, but seen only when its turn comes.
    pub(crate) deliver_as_of: bool,
    received_at: Option<Timestamp>,
    /// The cases that were looked up for the mail that came last.
    pub(crate) asked: BTreeSet<CaseId>,
    /// Whether what was sent is shown with its kind only.
    pub(crate) sent: Vec<(String, String)>,
    /// Every mail that was handed over, with its local recipient.
    pub(crate) drafts: Vec<(String, Draft)>,
    pub(crate) store: MemoryStore,
    /// The Message-ID of the last acknowledgement that was handed over.
    acknowledged: Option<MessageId>,
    exported: Option<(MemoryStore, Timestamp)>,
    pub(crate) identity: Identity,
    uid: u32,
    pub(crate) mails: BTreeMap<String, (MessageFacts, Timestamp)>,
}

/// What a scenario may choose.
pub(crate) struct Choice {
    pub(crate) mode: Mode,
    pub(crate) remind_before: &'static [&'static str],
    pub(crate) escalate_after: &'static [&'static str],
    pub(crate) auto_acknowledge_before: Option<&'static str>,
    pub(crate) answer_within: Option<&'static str>,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            mode: Mode::Full,
            remind_before: &["90m", "30m"],
            escalate_after: &["0m", "2h"],
            auto_acknowledge_before: Some("10m"),
            answer_within: None,
        }
    }
}

pub(crate) fn address(name: &str) -> Address {
    let domain = match name {
        "anna" | "arno" => "acme.example",
        "paul" => "partner.example",
        "eve" => "elsewhere.example",
        "helper" => "helpdesk.example",
        _ => "northwind.example",
    };
    Address::parse(&format!("{name}@{domain}")).expect("an address")
}

/// Reads `Mon 09:05`: a day of the week of 23 November 2026, in UTC; `Mon+` is the next Monday.
pub(crate) fn moment(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    let days = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+", "Tue+", "Wed+", "Thu+", "Fri+",
        "Sat+", "Sun+", "Mon++", "Tue++", "Wed++", "Thu++", "Fri++", "Sat++", "Sun++", "Mon+++",
        "Tue+++",
    ];
    let day = days.iter().position(|name| *name == day).expect("a day") as u32;
    let (hour, minute) = time.split_once(':').expect("a time");
    let (hour, minute) = (
        hour.parse().expect("an hour"),
        minute.parse().expect("a minute"),
    );
    chrono::Utc
        .with_ymd_and_hms(2026, 11, 23, hour, minute, 0)
        .single()
        .expect("a moment")
        + chrono::Duration::days(day.into())
}

fn duration(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect("a duration")
}

fn client(key: &str, domain: &str) -> (ClientKey, Client) {
    let client = Client {
        key: ClientKey::new(key),
        name: key.to_owned(),
        patterns: vec![AddressPattern::Domain(domain.to_owned())],
        owners: vec![address("alice")],
        backups: vec![],
        policy: PolicyName::new("standard"),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: false,
        urgent_words: vec![],
    };
    (client.key.clone(), client)
}

fn rules(choice: &Choice) -> Rules {
    let hours = vec![Window::parse("09:00-17:00").expect("a window")];
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
    let office = CalendarName::new("office");
    let calendar = Calendar::new(office.clone(), chrono_tz::UTC, week, vec![]);
    let durations = |texts: &[&str]| texts.iter().map(|text| duration(text)).collect();
    let policy = Policy {
        name: PolicyName::new("standard"),
        calendar: office.clone(),
        acknowledge_within: duration("3h"),
        same_business_day: true,
        urgent_within: Some(duration("1h")),
        min_lead: BusinessTime::ZERO,
        answer_within: choice.answer_within.map(duration),
        remind_before: durations(choice.remind_before),
        escalate_after: durations(choice.escalate_after),
        auto_acknowledge_before: choice.auto_acknowledge_before.map(duration),
    };
    let mailbox = |name: &str| {
        let rules = MailboxRules {
            address: Some(address(name)),
            start_from: None,
        };
        (MailboxName::new(name), rules)
    };
    Rules::new(RuleParts {
        mode: choice.mode,
        team: Team {
            name: "Northwind".into(),
            patterns: vec![AddressPattern::Domain("northwind.example".into())],
            escalate_to: vec![address("lead")],
            own_lists: vec![],
            auth_servers: vec!["mx.northwind.example".into()],
            urgent_words: vec!["urgent".into()],
            answered_flag: true,
            thanks_open_case: false,
            invitations_open_case: false,
            phone_hint_after: 6,
            sending_hours: SendingHours::OfPolicy,
            language: "en".into(),
            replies: Some(crate::replies::taken_at("clients")),
            notifications: Default::default(),
        },
        clients: [
            client("acme", "acme.example"),
            client("partner", "partner.example"),
        ]
        .into(),
        policies: [(policy.name.clone(), policy)].into(),
        calendars: [(office, Arc::new(calendar))].into(),
        mailboxes: [mailbox("clients"), mailbox("alice")].into(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    })
}

impl World {
    pub(crate) fn new(choice: &Choice) -> Self {
        let rules = rules(choice);
        let empty = Loaded {
            cases: vec![],
            last_case: 0,
            outbox: vec![],
            last_row: 0,
            cursors: vec![],
            acknowledgements: vec![],
            installation: None,
            alarms: Alarms::default(),
            absences: Default::default(),
            liaisons: Vec::new(),
            mornings: Default::default(),
        };
        let book = Book::open(empty, &rules);
        let now = moment("Mon 08:00");
        let fresh = InstanceId::new("test");
        let begun = decide::begin(&book, &rules, &beginning(&fresh), now);
        let installation = begun.commit.installation.clone().expect("a first start");
        let mut world = Self {
            rules,
            book,
            now,
            transcript: vec![],
            server: SendVerdict::Sent,
            far_end: SendVerdict::Sent,
            hangs: false,
            on_their_way: vec![],
            clock_ahead: chrono::Duration::zero(),
            blind: BTreeSet::new(),
            without_sent: BTreeSet::new(),
            deliver_as_of: false,
            received_at: None,
            asked: BTreeSet::new(),
            sent: vec![],
            drafts: vec![],
            store: MemoryStore::new(),
            acknowledged: None,
            exported: None,
            identity: Identity {
                installation,
                domain: "northwind.example".into(),
                alarm_to: vec![address("lead")],
            },
            uid: 0,
            mails: BTreeMap::new(),
        };
        world.carry_out(begun);
        world
    }

    /// Plays lines such as `Mon 09:05 | anna writes q1 to clients: Invoice wrong` and returns
    /// what was sent and what became of the cases.
    pub(crate) fn play(&mut self, script: &str) -> String {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (when, what) = line
                .split_once('|')
                .expect("a moment, a bar and what happens");
            self.received_at = self.deliver_as_of.then(|| moment(when.trim()));
            self.pass_until(moment(when.trim()));
            self.act(what.trim());
            self.run();
            self.book.check().expect("the book agrees with itself");
        }
        self.transcript.join("\n")
    }

    /// Other rules hold from now on, as after a reload. Says what they change.
    pub(crate) fn reload(&mut self, change: impl FnOnce(&mut RuleParts)) -> RulesChange {
        let rules = changed(&self.rules, change);
        let told = RulesChange::between(&self.book, &self.rules, &rules, self.now);
        self.rules = rules;
        self.book.reschedule(&self.rules);
        let fresh = InstanceId::new("another");
        let begun = decide::begin(&self.book, &self.rules, &beginning(&fresh), self.now);
        self.carry_out(begun);
        self.book.check().expect("the book agrees with itself");
        told
    }

    /// The same with a morning mail and a weekly report, both at eight.
    pub(crate) fn with_mornings(mut self) -> Self {
        self.digest(|_| {});
        self
    }

    /// Other mornings from now on, as after a reload.
    pub(crate) fn digest(&mut self, change: impl FnOnce(&mut Digest)) {
        let eight = chrono::NaiveTime::from_hms_opt(8, 0, 0).expect("eight");
        let mut digest = self.rules.digest.clone().unwrap_or(Digest {
            daily: true,
            at: eight,
            days: [true, true, true, true, true, false, false],
            weekly: true,
            weekly_to: vec![],
            weekly_on: chrono::Weekday::Mon,
            weekly_at: eight,
        });
        change(&mut digest);
        self.rules = self.rules.clone().with_digest(digest);
        self.book.reschedule(&self.rules);
        let fresh = InstanceId::new("another");
        let begun = decide::begin(&self.book, &self.rules, &beginning(&fresh), self.now);
        self.carry_out(begun);
    }

    /// Nothing runs until then: no mail is read or sent, nothing is decided.
    pub(crate) fn sleep_until(&mut self, until: &str) {
        self.now = moment(until);
        self.crash();
        self.run();
    }

    /// The machine starts anew, at whatever its clock says now.
    pub(crate) fn sleep_on(&mut self) {
        self.crash();
        self.run();
    }

    /// A message of a mailbox can't be read.
    pub(crate) fn set_aside(&mut self, reason: &str) {
        self.uid += 1;
        let mut decisions = Decisions::default();
        decisions.commit.quarantine.push(Quarantined {
            location: Location {
                mailbox: MailboxName::new("clients"),
                folder: "INBOX".into(),
                uid_validity: 1,
                uid: self.uid,
            },
            at: self.now,
            reason: reason.to_owned(),
        });
        self.carry_out(decisions);
    }

    /// Since when these mailboxes give no proof of life, as the daemon finds.
    pub(crate) fn outages(&mut self, outages: &[(&str, &str)]) {
        let named = |(name, since): &(&str, &str)| (MailboxName::new(*name), moment(since));
        let changes = AlarmChanges {
            outages: outages.iter().map(named).collect(),
            ..AlarmChanges::default()
        };
        let (book, rules) = (&self.book, &self.rules);
        let decisions = decide::alarms(book, rules, &self.identity, &[], changes, self.now);
        self.carry_out(decisions);
    }

    /// Lets time pass, stopping wherever something is due.
    pub(crate) fn pass_until(&mut self, until: Timestamp) {
        while let Some(wake) = self.next_wake().filter(|wake| *wake <= until) {
            self.now = self.now.max(wake);
            self.run();
            if self.next_wake().is_some_and(|next| next <= self.now) {
                self.now += TICK;
            }
        }
        self.now = self.now.max(until);
    }

    /// While a mail is in doubt, every tick may bring it out of it.
    fn next_wake(&self) -> Option<Timestamp> {
        let tick = self.book.outbox().is_in_doubt().then(|| self.now + TICK);
        self.book.next_wake().into_iter().chain(tick).min()
    }

    fn run(&mut self) {
        let (sight, without) = (self.sight(), self.without_sent.clone());
        let sent_folders = SentFolders {
            sight: &sight,
            without: &without,
        };
        let decisions = decide::doubts(
            &self.book,
            &self.rules,
            &self.identity,
            sent_folders,
            self.now,
        );
        self.carry_out(decisions);
        let (book, rules, now) = (&self.book, &self.rules, self.now);
        let decisions = decide::absences(book, rules, &self.identity, now);
        self.carry_out(decisions);
        let decisions = decide::due(
            &self.book,
            &self.rules,
            &self.identity,
            &self.sight(),
            self.now,
        );
        self.carry_out(decisions);
        let (book, rules, now) = (&self.book, &self.rules, self.now);
        if let Some(questions) = decide::errand_questions(book, rules, now) {
            let known = self.store.look_up(&questions).expect("answers");
            let decisions = decide::errands(book, rules, &self.identity, known, now);
            self.carry_out(decisions);
        }
        for row in self.book.outbox().sendable(self.now) {
            let keys = self.book.outbox().rows[&row].keys.clone();
            let mut known = self.known_cases(keys.iter().map(|key| key.case).collect());
            let questions = decide::row_questions(&self.book.outbox().rows[&row], &self.rules);
            known.extend(self.store.look_up(&questions).expect("answers"));
            match decide::dispatch(
                &self.book,
                &self.rules,
                &self.identity,
                &self.sight(),
                row,
                known,
                self.now,
            ) {
                Some(Dispatch::Instead(decisions)) => self.carry_out(*decisions),
                Some(Dispatch::Send { draft, .. }) => {
                    self.carry_out(decide::attempt(&self.book, row, self.now));
                    let row_now = &self.book.outbox().rows[&row];
                    let to = row_now.to.local().to_owned();
                    self.drafts.push((to, (*draft).clone()));
                    if row_now.purpose == Purpose::Acknowledgement {
                        self.acknowledged = Some(row_now.message_id.clone());
                    }
                    if self.hangs {
                        self.on_their_way.push((row, in_words(&draft)));
                    } else {
                        self.hear_of(row, in_words(&draft));
                    }
                }
                None => {}
            }
        }
    }

    /// The mail server says what became of a mail.
    fn hear_of(&mut self, row: OutboxId, what: String) {
        let known = self.book.outbox().rows.get(&row).cloned();
        let Some(OutboxRow { to, keys, road, .. }) = known else {
            return;
        };
        let verdict = match road {
            None => self.server.clone(),
            Some(_) => self.far_end.clone(),
        };
        if verdict == SendVerdict::Sent {
            let to_whom = road.map_or_else(
                || to.local().to_owned(),
                |road| {
                    let readers = road.readers.iter().map(|own| own.to.local());
                    let readers: Vec<&str> = readers.collect();
                    format!("road {} ({})", road.name, readers.join(", "))
                },
            );
            self.say(format!("{what} → {to_whom}"));
            self.sent.push((to.to_string(), what));
        }
        let known = self.known_cases(keys.iter().map(|key| key.case).collect());
        let report = decide::report(
            &self.book,
            &self.rules,
            &self.identity,
            row,
            &verdict,
            known,
            self.now,
        );
        self.carry_out(report);
    }

    fn sight(&self) -> Sight {
        let all = self
            .rules
            .mailboxes
            .keys()
            .filter(|name| !self.blind.contains(*name));
        Sight {
            looked: all.map(|name| (name.clone(), self.now)).collect(),
        }
    }

    pub(crate) fn say(&mut self, what: String) {
        self.transcript
            .push(format!("{} {what}", self.now.format("%a %H:%M")));
    }

    pub(crate) fn carry_out(&mut self, decisions: Decisions) {
        self.store
            .commit(std::slice::from_ref(&decisions.commit))
            .expect("a store in memory");
        self.book.apply(decisions.commit.clone(), &self.rules);
        for (case, until) in decisions.deferred {
            self.book.defer(case, until);
        }
        if let Some(installation) = self.book.installation() {
            self.identity.installation = installation.clone();
        }
        for note in decisions.notes {
            // What was sent stands in the transcript already, as a mail.
            if !note.what.contains(" sent to ") {
                let case = note.case.map(|case| format!(" {case}")).unwrap_or_default();
                self.say(format!("·{case} {}", note.words(true)));
            }
        }
    }

    fn act(&mut self, what: &str) {
        let (what, field) = what.split_once(" with ").unwrap_or((what, ""));
        let words: Vec<&str> = what.split_whitespace().collect();
        let subject = what
            .split_once(": ")
            .map(|(_, subject)| subject)
            .unwrap_or("Re: Invoice");
        let bare = |word: &str| word.trim_end_matches(':').to_owned();
        match words.as_slice() {
            ["wait"] => {}
            ["crash"] => self.crash(),
            ["export"] => self.exported = Some((self.store.copied(), self.now)),
            ["rebuild"] => self.rebuild(),
            [id, "is", "read", "again", "at", mailbox] => {
                let (facts, received_at) = self.mails[*id].clone();
                self.received_at = Some(received_at);
                self.deliver(facts, mailbox, FolderRole::Inbox, false);
                self.received_at = None;
            }
            ["the", "acknowledgement", "to", who, "is", "found"] => {
                let own = self.acknowledged.clone().expect("one was handed over");
                self.find_acknowledgement(who, "q1", own.as_str(), FolderRole::Sent);
            }
            [
                "somebody",
                "puts",
                "an",
                "acknowledgement",
                "of",
                id,
                "to",
                who,
                "into",
                _,
            ] => {
                let own = "ackd.1.test@northwind.example";
                self.find_acknowledgement(who, id, own, FolderRole::Inbox);
            }
            ["reopen", id] => self.reopen(id),
            ["separate", mail, "from", id] => self.separate(mail, id),
            [who, "says", "we", "met", "acme"] => {
                let said = decide::contacted(
                    &self.book,
                    &self.rules,
                    &ClientKey::new("acme"),
                    (ContactKind::Met, self.now),
                    who,
                    self.now,
                );
                self.carry_out(said.expect("a contact"));
            }
            ["phoned", id] => self.settle(id, Settlement::Phoned),
            [mailbox, "goes", "blind"] => {
                self.blind.insert(MailboxName::new(*mailbox));
            }
            [mailbox, "has", "no", "Sent", "folder"] => {
                self.without_sent.insert(MailboxName::new(*mailbox));
            }
            [mailbox, "is", "seen"] => {
                self.blind.remove(&MailboxName::new(*mailbox));
            }
            ["server", "says", word] => {
                self.server = spoken(word);
                self.hangs = false;
                for (row, what) in std::mem::take(&mut self.on_their_way) {
                    self.hear_of(row, what);
                }
            }
            ["server", "hangs"] => self.hangs = true,
            ["clocks", "run", "ahead"] => self.clock_ahead = chrono::Duration::minutes(5),
            ["clocks", "are", "right"] => self.clock_ahead = chrono::Duration::zero(),
            ["our", "clock", "falls", "back"] => {
                self.clock_ahead = chrono::Duration::hours(2);
                self.now -= self.clock_ahead;
            }
            ["our", "clock", "is", "right", "again"] => {
                self.now += std::mem::take(&mut self.clock_ahead);
            }
            [who, "answers", "mail", row, "as", id, ..] => {
                let text = what.split_once(": ").map_or("", |(_, text)| text);
                self.answer_mail(who, row, &bare(id), text, field);
            }
            [who, "answers", "our", "mail", "as", id, "for", whom] => {
                let mut facts = facts(who, id, &[&bare(whom)], None, subject);
                let to = address(who);
                let rows = self.rows();
                let ours = rows.iter().rfind(|row| row.to == to);
                facts.in_reply_to = vec![ours.expect("a mail of ours").message_id.clone()];
                self.arrive(who, &bare(whom), facts);
            }
            [who, "writes", id, "to", whom, "seen", "at", mailbox, ..] => {
                let mut facts = facts(who, id, &[&bare(whom)], None, subject);
                facts.date = Some(self.now);
                self.mails
                    .insert((*id).to_owned(), (facts.clone(), self.now));
                self.deliver(facts, &bare(mailbox), FolderRole::Inbox, false);
            }
            [who, "writes", id, "to", whom, ..] => {
                let (subject, elsewhere) = match subject.split_once(" answered at ") {
                    Some((subject, elsewhere)) => (subject, Some(elsewhere)),
                    None => (subject, None),
                };
                let mut facts = facts(who, id, &[&bare(whom)], None, subject);
                facts.reply_to.extend(elsewhere.map(|own| Author {
                    address: address(own),
                    name: None,
                }));
                self.arrive(who, &bare(whom), facts);
            }
            [who, "repeats", other, "as", id, "for", whom] => {
                let mut facts = facts(who, id, &[&bare(whom)], None, subject);
                let (same, _) = &self.mails[*other];
                facts.subject = same.subject.clone();
                facts.text = same.text.clone();
                self.arrive(who, &bare(whom), facts);
            }
            [who, "replies", "to", parent, "as", id, "for", whom, ..] => {
                let mut facts = facts(who, id, &[&bare(whom)], Some(parent), subject);
                let field = field.split_once(": ");
                facts
                    .fields
                    .extend(field.map(|(name, value)| (listed(name), value.to_owned())));
                self.arrive(who, &bare(whom), facts);
            }
            [who, "thanks", "for", parent, "as", id] => {
                let mut facts = facts(who, id, &["clients"], Some(parent), "Re: Invoice");
                facts.text = Some("Thanks!".to_owned());
                self.arrive(who, "clients", facts);
            }
            [who, "quotes", parent, "as", id, "for", whom, ..] => {
                let mut facts = facts(who, id, &[&bare(whom)], None, subject);
                let unseen = super::world::facts(who, parent, &[], None, "Invoice wrong");
                let quoted = self.mails.get(*parent).map_or(&unseen, |(mail, _)| mail);
                facts.subject = format!("AW: {}", quoted.subject);
                let quoted = quoted.text.clone().unwrap_or_default();
                facts.text = Some(format!("And so it is.\n\n> {quoted}"));
                self.arrive(who, &bare(whom), facts);
            }
            [id, "also", "arrives", "at", mailbox, "as", other] => {
                let (mut facts, _) = self.mails[*id].clone();
                facts.message_id = MessageId::parse(&format!("{other}@gateway.example"));
                facts.subject = format!("[EXTERNAL] {}", facts.subject);
                self.deliver(facts, mailbox, FolderRole::Inbox, false);
            }
            [id, "of", who, "reaches", mailbox, "through", "a", "list"] => {
                let mut facts = facts(who, id, &["clients"], None, subject);
                self.mails
                    .insert((*id).to_owned(), (facts.clone(), self.now));
                let list = "<everybody.other.example>".to_owned();
                facts.fields.push(("list-id", list));
                self.deliver(facts, mailbox, FolderRole::Inbox, false);
            }
            [id, "also", "arrives", "at", mailbox] => {
                let (mut facts, _) = self.mails[*id].clone();
                let field = field.split_once(": ");
                facts
                    .fields
                    .extend(field.map(|(name, value)| (listed(name), value.to_owned())));
                self.deliver(facts, mailbox, FolderRole::Inbox, false);
            }
            [id, "is", "flagged", "answered", "at", mailbox] => {
                let (facts, _) = self.mails[*id].clone();
                self.deliver(facts, mailbox, FolderRole::Inbox, true);
            }
            other => self.say_by_hand(other),
        }
    }

    /// A mail with the marks of our acknowledgements is read.
    fn find_acknowledgement(&mut self, who: &str, id: &str, own: &str, role: FolderRole) {
        let mut facts = facts("clients", "own", &[who], Some(id), "Re: Invoice");
        facts.message_id = MessageId::parse(own);
        facts.fields.push(("x-ackd", "test".into()));
        facts.fields.push(("auto-submitted", "auto-replied".into()));
        facts.date = Some(self.now - chrono::Duration::minutes(1));
        self.deliver(facts, "clients", role, false);
    }

    /// A colleague's automatic reply to anna is found among what was sent.
    pub(crate) fn out_of_office(&mut self, who: &str, text: &str) {
        let id = format!("away{}", self.uid);
        let mut facts = facts(who, &id, &["anna"], None, "Automatic reply: Invoice wrong");
        facts.fields.push(("auto-submitted", "auto-replied".into()));
        if let Some(text) = text.strip_prefix("(forged) ") {
            let failed = "mx.northwind.example; dmarc=fail".to_owned();
            facts.fields.push(("authentication-results", failed));
            facts.text = Some(text.to_owned());
        } else {
            facts.text = Some(text.to_owned());
        }
        self.arrive(who, "anna", facts);
    }

    /// A mail with this subject and text comes to the mailbox of the clients.
    pub(crate) fn writes(&mut self, who: &str, id: &str, subject: &str, text: &str) {
        let mut facts = facts(who, id, &["clients"], None, subject);
        facts.text = Some(text.to_owned());
        self.arrive(who, "clients", facts);
        self.run();
    }

    fn arrive(&mut self, who: &str, whom: &str, mut facts: MessageFacts) {
        facts.date = Some(self.received_at.unwrap_or(self.now) + self.clock_ahead);
        let id = facts.message_id.as_ref().expect("an id").as_str();
        let id = id.split_once('@').expect("a domain").0.to_owned();
        self.mails.insert(id, (facts.clone(), self.now));
        match address(who).domain() == "northwind.example" {
            true => self.deliver(facts, "alice", FolderRole::Sent, false),
            false => self.deliver(facts, whom, FolderRole::Inbox, false),
        }
    }

    pub(crate) fn deliver(
        &mut self,
        facts: MessageFacts,
        mailbox: &str,
        role: FolderRole,
        answered: bool,
    ) {
        self.uid += 1;
        let folder = if role == FolderRole::Sent {
            "Sent"
        } else {
            "INBOX"
        };
        let arrived = Arrived {
            location: Location {
                mailbox: MailboxName::new(mailbox),
                folder: folder.into(),
                uid_validity: 1,
                uid: self.uid,
            },
            role,
            received_at: self.received_at.unwrap_or(self.now) + self.clock_ahead,
            size: 1000,
            answered,
            facts,
        };
        let mut judged = vec![Judged::new(arrived, &self.rules)];
        self.hear_replies(&mut judged);
        let installation = self.identity.installation.clone();
        let mut inquiry = Inquiry::new(&self.book, &self.rules, &installation);
        self.asked.clear();
        while let Some(questions) = inquiry.questions(&judged) {
            self.asked.extend(&questions.cases);
            inquiry.learn(self.store.look_up(&questions).expect("answers"));
        }
        let known = inquiry.into_known();
        let decisions = decide::arrivals(
            &self.book,
            &self.rules,
            &installation,
            judged,
            known,
            self.now,
        );
        self.carry_out(decisions);
    }

    fn settle(&mut self, id: &str, how: Settlement) {
        let id = CaseId(id.parse().expect("a number"));
        let known = self.known_cases(vec![id]);
        let said = decide::settle(&self.book, &self.rules, known, id, how, "alice", self.now);
        self.carry_out(said.expect("an open case"));
    }

    fn reopen(&mut self, id: &str) {
        let id = CaseId(id.parse().expect("a number"));
        let mut known = self.known_cases(vec![id]);
        if let Some(case) = known.cases.get(&id) {
            let questions = decide::reopening_questions(case);
            known.extend(self.store.look_up(&questions).expect("answers"));
        }
        let said = decide::reopen(&self.book, &self.rules, known, id, "alice", self.now);
        self.carry_out(said.expect("a closed case"));
    }

    fn separate(&mut self, mail: &str, id: &str) {
        let (id, mail) = (
            CaseId(id.parse().expect("a number")),
            format!("{mail}@mail.example"),
        );
        match self.try_to_separate(&mail, id) {
            Ok(decisions) => self.carry_out(decisions),
            Err(refusal) => self.say(format!("refused: {refusal}")),
        }
    }

    fn try_to_separate(&mut self, mail: &str, id: CaseId) -> Result<Decisions, Refusal> {
        let mut known = self.known_cases(vec![id]);
        if let Some(case) = known.cases.get(&id) {
            let questions = decide::separation_questions(case);
            known.extend(self.store.look_up(&questions).expect("answers"));
        }
        let (book, rules) = (&self.book, &self.rules);
        let said = decide::separate(book, rules, known, id, mail, "alice", self.now);
        said.map(|(decisions, _)| decisions)
    }

    /// Everything in memory is lost; what was committed is there.
    fn crash(&mut self) {
        self.on_their_way.clear();
        let loaded = self.store.load().expect("what was committed");
        self.book = Book::open(loaded, &self.rules);
        let fresh = InstanceId::new("other");
        let begun = decide::begin(&self.book, &self.rules, &beginning(&fresh), self.now);
        self.carry_out(begun);
    }

    /// The store is lost and made anew from the last export, or from nothing.
    fn rebuild(&mut self) {
        let exported = self.exported.take();
        let lost = LostTime {
            since: exported.as_ref().map(|(_, at)| *at),
            until: self.now,
            is_listed: false,
        };
        let exported = exported.map(|(store, _)| store).unwrap_or_default();
        self.store = exported.rebuilt(lost);
        self.crash();
        // A crash begins with a commit only if something changes by it.
        self.identity.installation = self.book.installation().expect("there").clone();
    }

    /// The mails a person got, by kind.
    /// What a person would be told of check-ins this moment.
    pub(crate) fn check_ins(&self, name: &str) -> Vec<String> {
        let lines = lines_for(&address(name), &self.book, &self.rules, self.now);
        lines.iter().map(CheckInLine::words).collect()
    }

    /// A person is told of check-ins; which of them are new.
    pub(crate) fn tell_check_ins(&mut self, name: &str) -> Vec<bool> {
        let person = address(name);
        let lines = lines_for(&person, &self.book, &self.rules, self.now);
        let mut decisions = Decisions::default();
        let liaisons = &mut decisions.commit.liaisons;
        mark_told(liaisons, &person, &lines, &self.book, self.now);
        self.carry_out(decisions);
        lines.iter().map(|line| line.is_new).collect()
    }

    /// What is known of the contact with acme.
    pub(crate) fn contact(&self) -> String {
        let liaison = self.book.liaison(&ClientKey::new("acme"));
        let last = liaison.and_then(|own| own.last_contact(self.now));
        last.map_or("none".into(), |last| {
            let by = last.by.unwrap_or_default();
            let at = last.at.format("%a %H:%M");
            format!("{at} {} {by}", last.how.as_str())
        })
    }

    /// Somebody sends what a calendar program wrote.
    pub(crate) fn calendar_mail(&mut self, who: &str, id: &str, whom: &str, calendar: &str) {
        let mut facts = facts(who, id, &[whom], None, "Meeting");
        let field = ("content-type", "text/calendar; method=REQUEST".to_owned());
        facts.fields.push(field);
        facts.calendar = Some(calendar.to_owned());
        self.arrive(who, whom, facts);
        self.run();
    }

    pub(crate) fn mails_to(&self, name: &str) -> Vec<&str> {
        let to = address(name).to_string();
        self.sent
            .iter()
            .filter(|(own, _)| *own == to)
            .map(|(_, what)| what.as_str())
            .collect()
    }

    /// All cases, open and closed, the oldest first.
    pub(crate) fn all_cases(&self) -> Vec<Case> {
        let mut store = self.store.clone();
        let mut cases = store.cases(usize::MAX).expect("a store in memory");
        cases.reverse();
        cases
    }

    /// Every mail that was ever owed, as it stands now, the oldest first.
    pub(crate) fn rows(&self) -> Vec<OutboxRow> {
        self.store.outbox()
    }

    /// Why the mails of a case were judged as they were: the rules and what made them.
    pub(crate) fn verdicts(&self, case: u64) -> Vec<String> {
        let mut store = self.store.clone();
        let all = self.all_cases();
        let case = all.iter().find(|own| own.id == CaseId(case));
        let keys: Vec<_> = case
            .expect("a case")
            .messages()
            .map(|own| own.key)
            .collect();
        let questions = Questions {
            reasons: keys.clone(),
            ..Questions::default()
        };
        let kept = store.look_up(&questions).expect("answers").reasons;
        let kept = keys.iter().filter_map(|key| kept.get(key)).flatten();
        kept.map(|reason| format!("{}: {}", reason.rule, reason.evidence))
            .collect()
    }

    /// What was noted in the history of a case.
    pub(crate) fn history(&self, case: u64) -> Vec<String> {
        let mut store = self.store.clone();
        let history = store.history(CaseId(case)).expect("a store in memory");
        history.into_iter().map(|entry| entry.what).collect()
    }

    pub(crate) fn known_cases(&mut self, cases: Vec<CaseId>) -> Known {
        let questions = Questions {
            cases,
            ..Questions::default()
        };
        self.store.look_up(&questions).expect("answers")
    }

    /// The only open case.
    pub(crate) fn only_case(&self) -> &Case {
        let mut cases = self.book.cases();
        let case = cases.next().expect("an open case");
        assert!(cases.next().is_none(), "more than one case is open");
        case
    }
}

/// These rules with a change.
pub(crate) fn changed(rules: &Rules, change: impl FnOnce(&mut RuleParts)) -> Rules {
    let rules = rules.clone();
    let mut parts = RuleParts {
        mode: rules.mode,
        team: rules.team,
        clients: rules.clients,
        policies: rules.policies,
        calendars: rules.calendars,
        mailboxes: rules.mailboxes,
        limits: rules.limits,
        people: rules.people.clone(),
        keep_subjects: rules.keep_subjects,
    };
    change(&mut parts);
    let changed = Rules::new(parts);
    match rules.digest {
        Some(digest) => changed.with_digest(digest),
        None => changed,
    }
}

fn spoken(word: &str) -> SendVerdict {
    let reason = "the scenario says so".to_owned();
    match word {
        "sent" => SendVerdict::Sent,
        "later" => SendVerdict::Later { reason },
        "peace" => SendVerdict::LaterBy {
            reason,
            pause: std::time::Duration::from_secs(180),
        },
        "refused" => SendVerdict::Refused { reason },
        "unknown" => SendVerdict::Unknown { reason },
        other => panic!("no such verdict: {other}"),
    }
}

/// The facts of a mail. Parents are named with commas between them, the newest last; one with
/// an @ in it by its whole Message-ID.
pub(crate) fn facts(
    who: &str,
    id: &str,
    to: &[&str],
    parents: Option<&str>,
    subject: &str,
) -> MessageFacts {
    let message_id = |id: &str| {
        let whole = match id.contains('@') {
            true => id.to_owned(),
            false => format!("{id}@mail.example"),
        };
        MessageId::parse(&whole).expect("an id")
    };
    let references: Vec<MessageId> = parents
        .iter()
        .flat_map(|names| names.split(',').map(message_id))
        .collect();
    MessageFacts {
        message_id: Some(message_id(id)),
        in_reply_to: references.last().cloned().into_iter().collect(),
        references,
        from: vec![Author {
            address: address(who),
            name: None,
        }],
        to: to
            .iter()
            .flat_map(|names| names.split(',').map(address))
            .collect(),
        subject: subject.to_owned(),
        text: Some(format!("What {id} says is said in these words.")),
        ..MessageFacts::default()
    }
}

fn in_words(draft: &Draft) -> String {
    let lines = |kind: &str, lines: &ackd::domain::draft::CaseLines| {
        let cases: Vec<String> = lines
            .lines
            .iter()
            .map(|line| {
                let hint = match line.deserves_call {
                    true => ", better phone",
                    false => "",
                };
                let due = due_in_words(line.due_at);
                let place = line.instead_of.as_ref().map(|own| format!(" {own}"));
                let place = place.unwrap_or_default();
                format!("case {} {due}{place}{hint}", line.case)
            })
            .collect();
        format!("{kind} ({})", cases.join(", "))
    };
    match draft {
        Draft::Reminder(own) => lines("reminder", own),
        Draft::Escalation(own) => lines("escalation", own),
        Draft::Summary(own) => lines("summary", own),
        Draft::StandIn(own) => lines("stand-in", own),
        Draft::Back(own) => lines("back", own),
        Draft::Acknowledged(own) => lines("acknowledged", own),
        Draft::AcknowledgementHeld { lines: own, .. } => lines("acknowledgement held", own),
        Draft::Acknowledgement(own) => format!("acknowledgement from {}", own.from.local()),
        Draft::Confirmation(own) => format!("“{}”", own.text),
        Draft::Notice { subject, .. } => format!("notice: {subject}"),
        Draft::Morning(letter) => format!("morning mail ({})", morning_in_words(letter)),
        Draft::Weekly(letter) => {
            let (report, team) = (&letter.report, &letter.report.team);
            let (kept, due, never) = (team.kept, team.due, team.never_answered);
            let median = team.median().map_or("-".to_owned(), |own| own.to_string());
            let blind: u64 = report.blind.iter().map(|(_, minutes)| minutes).sum();
            let own = team.acknowledged;
            format!(
                "weekly report of {} ({kept} of {due} kept, median {median}, {never} never answered, \
                 {own} acknowledged, blind {blind} min)",
                letter.monday
            )
        }
    }
}

fn due_in_words(due_at: Option<Timestamp>) -> String {
    match due_at {
        Some(due_at) => format!("due {}", due_at.format("%a %H:%M")),
        None => "without a deadline".to_owned(),
    }
}

fn morning_in_words(letter: &MorningLetter) -> String {
    let mut words = Vec::new();
    let cases = letter.open.iter().map(|own| ("open", own));
    let cases = cases.chain(letter.acknowledged.iter().map(|own| ("acknowledged", own)));
    for (state, own) in cases {
        let due = due_in_words(own.line.due_at);
        let mut word = format!("case {} {state}, {due}", own.line.case);
        if let Some(until) = own.snoozed_until {
            word.push_str(&format!(", snoozed until {}", until.format("%a %H:%M")));
        }
        if let Some(taker) = &own.taken_by {
            word.push_str(&format!(", taken by {}", taker.local()));
        }
        word.extend(own.instead_of.iter().map(|whose| format!(", {whose}")));
        words.push(word);
    }
    for (client, aside) in letter.asides.iter().chain(&letter.thanks) {
        words.push(format!("{} of {client}", aside.kind.as_str()));
    }
    words.extend(letter.quarantined.iter().map(|own| own.reason.clone()));
    words.extend(
        letter
            .check_ins
            .iter()
            .map(|own| format!("check-in {}", own.name)),
    );
    words.join("; ")
}

fn beginning(fresh: &InstanceId) -> Beginning<'_> {
    static NONE: BTreeSet<OutboxId> = BTreeSet::new();
    Beginning {
        fresh,
        domain: "northwind.example",
        in_flight: &NONE,
    }
}

/// A header field by its name in the story.
pub(crate) fn listed(name: &str) -> &'static str {
    let known = ackd::domain::facts::FIELDS.iter();
    let mut known = known.filter(|known| **known == name);
    known.next().expect("a listed header field")
}
