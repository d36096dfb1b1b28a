//! The house the daemon serves: a team, two clients, their policies, and its settings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ackd::domain::address::{Address, AddressPattern, Author};
use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::draft::Templates;
use ackd::domain::ids::{CalendarName, ClientKey, MailboxName, PolicyName};
use ackd::domain::policy::Policy;
use ackd::domain::rules::{
    AcknowledgeLimits, Client, MailboxRules, Mode, RuleParts, Rules, SendingHours, Team,
};
use ackd::domain::time::BusinessTime;
use ackd::settings::{
    AlarmSettings, FileSent, Limits, MailboxSettings, PasswordSource, SentFolder, ServiceSettings,
    Settings, SmtpSettings, TlsMode,
};
use chrono::NaiveDate;

/// What may differ from life to life.
#[derive(Debug, Clone)]
pub(crate) struct House {
    pub(crate) mode: Mode,
    pub(crate) zone: chrono_tz::Tz,
    pub(crate) poll_every: Duration,
    pub(crate) holiday: Option<NaiveDate>,
    pub(crate) answer_within: Option<&'static str>,
    pub(crate) round_the_clock: bool,
    pub(crate) mailboxes: Vec<&'static str>,
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn time(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect("a duration")
}

fn times(texts: &[&str]) -> Vec<BusinessTime> {
    texts.iter().map(|text| time(text)).collect()
}

impl House {
    fn calendar(&self) -> Calendar {
        let hours = match self.round_the_clock {
            true => vec!["00:00-24:00"],
            false => vec!["09:00-13:00", "14:00-17:30"],
        };
        let hours = hours.into_iter().map(Window::parse);
        let hours: Vec<Window> = hours.map(|own| own.expect("a window")).collect();
        let all_week = self.round_the_clock;
        let week = std::array::from_fn(|day| match day < 5 || all_week {
            true => hours.clone(),
            false => vec![],
        });
        let holiday = self.holiday.map(|date| Holiday {
            date,
            name: Some("a day off".to_owned()),
            hours: vec![],
        });
        let name = CalendarName::new("office");
        Calendar::new(name, self.zone, week, holiday.into_iter().collect())
    }

    fn policy(&self, name: &str, acknowledges: bool) -> Policy {
        Policy {
            name: PolicyName::new(name),
            calendar: CalendarName::new("office"),
            acknowledge_within: time("3h"),
            same_business_day: !self.round_the_clock,
            urgent_within: Some(time("1h")),
            min_lead: BusinessTime::ZERO,
            answer_within: self.answer_within.map(time),
            remind_before: times(&["90m", "30m"]),
            escalate_after: times(&["0m", "2h"]),
            auto_acknowledge_before: acknowledges.then(|| time("10m")),
        }
    }

    pub(crate) fn rules(&self) -> Rules {
        let policies = [self.policy("standard", true), self.policy("by-hand", false)];
        let policies = policies.map(|policy| (policy.name.clone(), policy));
        let mailboxes = self.mailboxes.iter().map(|name| {
            let rules = MailboxRules {
                address: Some(address(&format!("{name}@northwind.example"))),
                start_from: None,
            };
            (MailboxName::new(*name), rules)
        });
        let calendar = self.calendar();
        Rules::new(RuleParts {
            mode: self.mode,
            team: Team {
                name: "Northwind".into(),
                patterns: vec![AddressPattern::Domain("northwind.example".into())],
                escalate_to: vec![address("lead@northwind.example")],
                own_lists: vec![],
                auth_servers: vec!["mx.northwind.example".into()],
                urgent_words: vec!["urgent".into()],
                answered_flag: true,
                thanks_open_case: false,
                invitations_open_case: false,
                phone_hint_after: 6,
                sending_hours: SendingHours::OfPolicy,
                language: "en".into(),
                replies: None,
                notifications: Default::default(),
            },
            clients: [
                client("acme", "acme.example", "alice", "standard"),
                client("beta", "beta.example", "bob", "by-hand"),
            ]
            .into(),
            policies: policies.into(),
            calendars: [(calendar.name.clone(), Arc::new(calendar))].into(),
            mailboxes: mailboxes.collect(),
            limits: AcknowledgeLimits::default(),
            people: Default::default(),
            keep_subjects: true,
        })
    }

    pub(crate) fn settings(&self) -> Settings {
        let mailboxes = self.mailboxes.iter().map(|name| self.mailbox(name));
        let mailboxes: BTreeMap<_, _> = mailboxes.map(|own| (own.name.clone(), own)).collect();
        Settings {
            file: PathBuf::from("simulation.toml"),
            folder: PathBuf::from("."),
            service: ServiceSettings {
                export_every: std::time::Duration::from_secs(24 * 3600),
                exports_kept: 7,
                state_dir: PathBuf::from("."),
                mode: self.mode,
                socket: PathBuf::from("ackd.sock"),
                blind_after: Duration::from_secs(2_400),
                keep: Duration::from_secs(400 * 86_400),
            },
            smtp: Some(SmtpSettings {
                host: "post".to_owned(),
                port: 25,
                tls: TlsMode::None,
                username: None,
                password: None,
                from: Author {
                    address: address("ackd@northwind.example"),
                    name: None,
                },
                ca_file: None,
            }),
            alarm: AlarmSettings::default(),
            mailboxes,
            roads: Default::default(),
            log: Default::default(),
            metrics: Default::default(),
            limits: Limits::default(),
            holiday_files: vec![],
            templates: Arc::new(Templates::embedded()),
            rules: Arc::new(self.rules()),
        }
    }

    fn mailbox(&self, name: &str) -> MailboxSettings {
        let folders = match name {
            "clients" => vec!["INBOX".to_owned(), "Projects".to_owned()],
            _ => vec!["INBOX".to_owned()],
        };
        MailboxSettings {
            name: MailboxName::new(name),
            host: format!("{name}.imap"),
            port: 143,
            tls: TlsMode::None,
            address: Some(address(&format!("{name}@northwind.example"))),
            username: name.to_owned(),
            password: PasswordSource::Plain("secret".to_owned().into()),
            folders,
            sent: SentFolder::Auto,
            poll_every: self.poll_every,
            file_sent: FileSent::Auto,
            start_from: None,
            ca_file: None,
        }
    }
}

fn client(key: &str, domain: &str, owner: &str, policy: &str) -> (ClientKey, Client) {
    let client = Client {
        key: ClientKey::new(key),
        name: key.to_owned(),
        patterns: vec![AddressPattern::Domain(domain.to_owned())],
        owners: vec![address(&format!("{owner}@northwind.example"))],
        backups: vec![],
        policy: PolicyName::new(policy),
        check_in: None,
        language: None,
        time_zone: None,
        urgent: false,
        urgent_words: vec![],
    };
    (client.key.clone(), client)
}
