//! The rules of the house: who the team is, who the clients are, what is promised to them.
//!
//! Vocabulary: [`Rules`] is everything the domain needs to know from the configuration. It
//! never changes; a reload makes a new one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::absence::AwayDays;
use super::address::{Address, AddressPattern};
use super::calendar::Calendar;
use super::digest::Digest;
use super::ids::{CalendarName, ClientKey, MailboxName, PersonKey, PolicyName};
use super::notifications::Notifications;
use super::policy::Policy;
use super::reply::Replies;
use super::time::Timestamp;

/// What we are allowed to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Nothing.
    Observe,
    /// Mail to the team.
    Remind,
    /// Mail to the team, and acknowledgements to clients.
    Full,
}

impl Mode {
    /// The word used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Remind => "remind",
            Self::Full => "full",
        }
    }
}

/// The people whose promise it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Team {
    /// The team's name, for mails to clients.
    pub name: String,
    /// Its domains and addresses; the addresses of the mailboxes are among them.
    pub patterns: Vec<AddressPattern>,
    /// Who hears of broken promises, beside the owners.
    pub escalate_to: Vec<Address>,
    /// Mailing lists that are the team's own front door.
    pub own_lists: Vec<Address>,
    /// The authserv-ids (RFC 8601, section 2.5) whose `Authentication-Results` we believe, lower case.
    pub auth_servers: Vec<String>,
    /// Words in a subject that make a mail urgent.
    pub urgent_words: Vec<String>,
    /// Whether `\Answered` counts as evidence of an answer.
    pub answered_flag: bool,
    /// Whether a short "thanks" after our answer opens the case again.
    pub thanks_open_case: bool,
    /// Whether an invitation (METHOD:REQUEST) opens a case.
    pub invitations_open_case: bool,
    /// How many exchanges within five business days earn a case the hint to pick up the phone;
    /// zero: none.
    pub phone_hint_after: u32,
    /// When people may be written to.
    pub sending_hours: SendingHours,
    /// The language (ISO 639-1, lower case) of acknowledgements where neither the client's file
    /// nor the mail tells one.
    pub language: String,
    /// How our mails to the team can be answered. `None`: not at all.
    pub replies: Option<Replies>,
    /// By which roads people are told of what.
    pub notifications: Notifications,
}

/// When people may be written to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SendingHours {
    /// In the hours of the client's policy's calendar.
    #[default]
    OfPolicy,
    /// In the hours of this calendar.
    Calendar(CalendarName),
    /// At any time.
    Always,
}

/// How often a client is to hear from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckIn {
    /// Every business day.
    Daily,
    /// Every week.
    Weekly,
    /// From the 1st to the 15th, and from the 16th to the end of the month.
    TwiceMonthly,
    /// Every month.
    Monthly,
}

impl CheckIn {
    /// The word used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::TwiceMonthly => "twice-monthly",
            Self::Monthly => "monthly",
        }
    }
}

/// An organisation the team serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its key in the configuration.
    pub key: ClientKey,
    /// Its name, for people.
    pub name: String,
    /// Its domains and addresses.
    pub patterns: Vec<AddressPattern>,
    /// Who is reminded.
    pub owners: Vec<Address>,
    /// Who is reminded when the owners are away.
    pub backups: Vec<Address>,
    /// What is promised to it.
    pub policy: PolicyName,
    /// How often it is to hear from us.
    pub check_in: Option<CheckIn>,
    /// The language (ISO 639-1, lower case) it is written to in; `None`: the mail's, else the
    /// team's.
    pub language: Option<String>,
    /// The zone in which it is told times; `None`: that of its policy's calendar.
    pub time_zone: Option<chrono_tz::Tz>,
    /// Whether all its mail is urgent.
    pub urgent: bool,
    /// Words in a subject that make its mail urgent, beside the team's.
    pub urgent_words: Vec<String>,
}

/// Somebody of the team, as far as the configuration has something to say of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their key in the configuration.
    pub key: PersonKey,
    /// Their name, for people.
    pub name: String,
    /// Their address; no two people have the same.
    pub address: Address,
    /// When they are away, as the file says.
    pub away: Vec<AwayDays>,
}

/// The limits of acknowledging (design: "1 per sender per 24 h …").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcknowledgeLimits {
    /// At most one acknowledgement to one sender within this time.
    pub per_sender_every: Duration,
    /// How many to one client within an hour.
    pub per_client_per_hour: u32,
    /// How many in all within `breaker_within` before the breaker opens.
    pub breaker: u32,
    /// The span over which the breaker counts.
    pub breaker_within: Duration,
    /// How long the breaker stays open.
    pub breaker_reset: Duration,
}

impl Default for AcknowledgeLimits {
    fn default() -> Self {
        Self {
            per_sender_every: Duration::from_secs(24 * 3600),
            per_client_per_hour: 5,
            breaker: 20,
            breaker_within: Duration::from_secs(600),
            breaker_reset: Duration::from_secs(3600),
        }
    }
}

/// What the domain needs to know of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRules {
    /// The address clients write to.
    pub address: Option<Address>,
    /// Nothing older ever opens a case or causes a mail. `None`: the mailbox's first start.
    pub start_from: Option<Timestamp>,
}

/// Everything the domain needs to know from the configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What we may send.
    pub mode: Mode,
    /// The team.
    pub team: Team,
    /// The clients by key.
    pub clients: BTreeMap<ClientKey, Client>,
    /// The people of whom the file says something, by key.
    pub people: BTreeMap<PersonKey, Person>,
    /// The policies by name. Every client's policy is among them.
    pub policies: BTreeMap<PolicyName, Policy>,
    /// The calendars by name. Every policy's calendar is among them.
    pub calendars: BTreeMap<CalendarName, Arc<Calendar>>,
    /// The mailboxes by name.
    pub mailboxes: BTreeMap<MailboxName, MailboxRules>,
    /// The limits of acknowledging.
    pub limits: AcknowledgeLimits,
    /// Whether subjects are kept in the store.
    pub keep_subjects: bool,
    /// Who is told how things stand, and when. `None`: nobody.
    pub digest: Option<Digest>,
    directory: Directory,
}

/// Who an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party<'a> {
    /// The team.
    Team,
    /// This client.
    Client(&'a ClientKey),
    /// Neither.
    Stranger,
}

/// The parts from which [`Rules`] are made.
#[derive(Debug, Clone)]
pub struct RuleParts {
    /// See [`Rules::mode`].
    pub mode: Mode,
    /// See [`Rules::team`].
    pub team: Team,
    /// See [`Rules::clients`].
    pub clients: BTreeMap<ClientKey, Client>,
    /// See [`Rules::people`].
    pub people: BTreeMap<PersonKey, Person>,
    /// See [`Rules::policies`].
    pub policies: BTreeMap<PolicyName, Policy>,
    /// See [`Rules::calendars`].
    pub calendars: BTreeMap<CalendarName, Arc<Calendar>>,
    /// See [`Rules::mailboxes`].
    pub mailboxes: BTreeMap<MailboxName, MailboxRules>,
    /// See [`Rules::limits`].
    pub limits: AcknowledgeLimits,
    /// See [`Rules::keep_subjects`].
    pub keep_subjects: bool,
}

impl Rules {
    /// Puts the parts together and indexes who is who.
    pub fn new(parts: RuleParts) -> Self {
        let directory = Directory::new(&parts);
        let RuleParts {
            mode,
            team,
            clients,
            people,
            policies,
            calendars,
            mailboxes,
            limits,
            keep_subjects,
        } = parts;
        Self {
            mode,
            team,
            clients,
            people,
            policies,
            calendars,
            mailboxes,
            limits,
            keep_subjects,
            digest: None,
            directory,
        }
    }

    /// The same with morning and weekly mails.
    #[must_use]
    pub fn with_digest(self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            ..self
        }
    }

    /// Who an address belongs to. The team comes first; then an address beats a domain and
    /// the longest domain wins.
    pub fn party(&self, address: &Address) -> Party<'_> {
        match self.directory.find(address) {
            Some(Holder::Team) => Party::Team,
            Some(Holder::Client(key)) => Party::Client(key),
            None => Party::Stranger,
        }
    }

    /// The policy and calendar of a client. `None` if the client is not configured (any more).
    pub fn promise(&self, client: &ClientKey) -> Option<(&Client, &Policy, &Calendar)> {
        let client = self.clients.get(client)?;
        let policy = self.policies.get(&client.policy)?;
        let calendar = self.calendars.get(&policy.calendar)?;
        Some((client, policy, calendar))
    }
}

/// Finds the holder of an address in a few hash look-ups, however many clients there are.
#[derive(Debug, Clone, Default)]
struct Directory {
    addresses: BTreeMap<Address, Holder>,
    domains: BTreeMap<String, Holder>,
    subdomains: BTreeMap<String, Holder>,
}

#[derive(Debug, Clone)]
enum Holder {
    Team,
    Client(ClientKey),
}

impl Directory {
    fn new(parts: &RuleParts) -> Self {
        let mut directory = Self::default();
        for client in parts.clients.values() {
            for pattern in &client.patterns {
                directory.put(pattern, Holder::Client(client.key.clone()));
            }
        }
        // Last, so that the team wins where somebody is both.
        for pattern in &parts.team.patterns {
            directory.put(pattern, Holder::Team);
        }
        directory
    }

    fn put(&mut self, pattern: &AddressPattern, holder: Holder) {
        match pattern {
            AddressPattern::Address(address) => {
                self.addresses.insert(address.clone(), holder);
            }
            AddressPattern::Domain(domain) => {
                self.domains.insert(domain.clone(), holder);
            }
            AddressPattern::Subdomains(domain) => {
                self.subdomains.insert(domain.clone(), holder);
            }
        }
    }

    fn find(&self, address: &Address) -> Option<&Holder> {
        if let Some(holder) = self.addresses.get(address) {
            return Some(holder);
        }
        let mut domain = address.domain();
        if let Some(holder) = self.domains.get(domain) {
            return Some(holder);
        }
        while let Some((_, parent)) = domain.split_once('.') {
            if let Some(holder) = self.subdomains.get(parent) {
                return Some(holder);
            }
            domain = parent;
        }
        None
    }
}
