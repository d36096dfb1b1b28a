//! The configuration: from files and environment to checked settings.
//!
//! Vocabulary: *raw* mirrors the file; *checked* settings hold domain types and can't be
//! wrong; a *problem* names file, line, what is wrong and what to write instead.
//!
//! The way of a value: `sources` reads files and environment and merges them into one tree
//! in which each value knows where it stands; `section` reads the tree key by key, texts by
//! their `kinds`, and notes in the `review` what is wrong; `service`, `mail`, `promises`, `digest`,
//! `parties` and `people` say which keys there are; `holidays` reads the files that `promises` names;
//! `templates` those beside it; `addressees` judges whom all of them would write to; `load` joins it all. Nothing stops at a problem. What other settings change, `change` tells.

mod addressees;
mod change;
mod digest;
mod free_mail;
mod holidays;
mod kinds;
mod load;
mod mail;
mod parties;
mod password;
mod people;
mod problem;
mod promises;
#[cfg(test)]
mod reference;
mod replies;
mod review;
mod roads;
mod section;
mod service;
mod sources;
mod surroundings;
mod templates;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::address::{Address, Author};
use crate::domain::draft::Templates;
use crate::domain::ids::{MailboxName, RoadName};
use crate::domain::roads::RoadKind;
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

pub use change::KeptKey;
pub use holidays::{
    BrokenHolidays, FileMark, GoodHolidays, HOLIDAYS_AHEAD_DAYS, HolidayFile, ending_holidays,
    holiday_copies_folder, holiday_copy,
};
pub use load::{Loaded, demands_of_run, load, load_with, service_of};
pub use password::{COMMAND_TIMEOUT, PASSWORD_BYTES_MAX};
pub use problem::{Place, Problem, Severity};
pub use sources::{DROP_IN_FOLDER, FILE_BYTES_MAX, VARIABLE_PREFIX};
pub use templates::TEMPLATE_FOLDER;

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The main file, as it was named.
    pub file: PathBuf,
    /// The folder of the main file: where relative paths begin, and where templates may lie.
    pub folder: PathBuf,
    /// `[service]`.
    pub service: ServiceSettings,
    /// `[smtp]`; absent only if the service merely observes or the file serves an offline command.
    pub smtp: Option<SmtpSettings>,
    /// `[alarm]`.
    pub alarm: AlarmSettings,
    /// `[mailboxes.*]`.
    pub mailboxes: BTreeMap<MailboxName, MailboxSettings>,
    /// `[roads.*]`.
    pub roads: BTreeMap<RoadName, RoadSettings>,
    /// `[log]`.
    pub log: LogSettings,
    /// `[metrics]`.
    pub metrics: MetricsSettings,
    /// `[limits]`, but for the domain's.
    pub limits: Limits,
    /// The files behind the calendars' holidays.
    pub holiday_files: Vec<HolidayFile>,
    /// What our mails are written by.
    pub templates: Arc<Templates>,
    /// Everything the domain needs to know.
    pub rules: Arc<Rules>,
}

impl Settings {
    /// Who hears of trouble with ackd: `[alarm] to`, or those who hear of broken promises.
    pub fn alarm_to(&self) -> &[Address] {
        match self.alarm.to.is_empty() {
            true => &self.rules.team.escalate_to,
            false => &self.alarm.to,
        }
    }
}

/// `[service]`.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where the store lies.
    pub state_dir: PathBuf,
    /// What may be sent.
    pub mode: Mode,
    /// The control socket.
    pub socket: PathBuf,
    /// How long a mailbox may give no proof of life, and the mail server take no mail.
    pub blind_after: Duration,
    /// How long closed cases and the message index are kept.
    pub keep: Duration,
    /// How often an export is written.
    pub export_every: Duration,
    /// Of how many days the last export is kept.
    pub exports_kept: u32,
}

/// `[log]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSettings {
    /// How a line looks.
    pub format: LogFormat,
    /// Whether lines name people, addresses masked.
    pub people: bool,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Words, then `key=value`.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl LogFormat {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }

    /// Reads the word for it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = [Self::Text, Self::Json].into_iter();
        all.find(|format| format.as_str() == text)
    }
}

/// `[metrics]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetricsSettings {
    /// Where monitoring systems ask. `None`: nowhere.
    pub listen: Option<SocketAddr>,
}

/// `[limits]` that are not the domain's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long one SMTP command may take.
    pub smtp_timeout: Duration,
    /// How long after a start mail waits for mailboxes to be caught up.
    pub catch_up_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            smtp_timeout: Duration::from_secs(60),
            catch_up_within: Duration::from_secs(60),
        }
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, demanded.
    StartTls,
    /// None; only to loopback.
    None,
}

/// Where a password comes from. Read anew at each login, so that it can be changed.
#[derive(Debug, Clone)]
pub enum PasswordSource {
    /// `$CREDENTIALS_DIRECTORY/name` (systemd's LoadCredential).
    Credential(String),
    /// A file nobody else can read.
    File(PathBuf),
    /// The first line a command prints; no shell.
    Command(Vec<String>),
    /// An environment variable.
    Environment(String),
    /// A plain string in the file.
    Plain(secrecy::SecretString),
}

/// `[smtp]`.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: TlsMode,
    /// Login, if the server wants one.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<PasswordSource>,
    /// The sender of mails to the team.
    pub from: Author,
    /// A root certificate beside the system's; also for mailboxes that name none.
    pub ca_file: Option<PathBuf>,
}

/// `[alarm]`.
#[derive(Debug, Clone, Default)]
pub struct AlarmSettings {
    /// Who hears of trouble. Empty: `escalate_to`.
    pub to: Vec<Address>,
    /// A second route: another mail server.
    pub smtp: Option<SmtpSettings>,
    /// A second route: a command that gets the alarm on its standard input.
    pub command: Option<Vec<String>>,
}

/// `[roads.*]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoadSettings {
    /// Its key.
    pub name: RoadName,
    /// What is at its other end.
    pub kind: RoadKind,
    /// Where the webhook is: a secret, read anew for each attempt.
    pub url: Option<PasswordSource>,
    /// What signs the payload.
    pub secret: Option<PasswordSource>,
    /// The command.
    pub command: Option<Vec<String>>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// A root certificate beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// Which folder holds the team's sent mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentFolder {
    /// By SPECIAL-USE (RFC 6154), then by usual names.
    Auto,
    /// This one.
    Named(String),
    /// There is none.
    None,
}

/// Whether we file copies of our acknowledgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSent {
    /// Unless the provider is known to do it, or the copy is there already.
    Auto,
    /// Always (unless it is there already).
    Always,
    /// Never.
    Never,
}

/// `[mailboxes.*]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MailboxSettings {
    /// Its key.
    pub name: MailboxName,
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: TlsMode,
    /// The address clients write to.
    pub address: Option<Address>,
    /// Login.
    pub username: String,
    /// Its password.
    pub password: PasswordSource,
    /// The watched folders, in order; the first one is idled on.
    pub folders: Vec<String>,
    /// The sent folder.
    pub sent: SentFolder,
    /// How often every folder is looked at, push or not.
    pub poll_every: Duration,
    /// Whether we file sent copies.
    pub file_sent: FileSent,
    /// Nothing older opens a case. `None`: the first start.
    pub start_from: Option<Timestamp>,
    /// A root certificate beside the system's: its own, else that of `[smtp]`.
    pub ca_file: Option<PathBuf>,
}
