//! `[team]` and `[clients.*]`: who is who.

use std::collections::{BTreeMap, BTreeSet};

use super::free_mail::shared_by_all;
use super::kinds::{
    ADDRESS, DOMAIN, LANGUAGE, LISTED_ADDRESS, NAME, SERVER_ID, TEXT, WrittenPattern, ZONE,
};
use super::promises::{ALWAYS, reference, refers};
use super::review::{Form, Found, quoted};
use super::section::Section;
use crate::domain::address::{Address, AddressPattern};
use crate::domain::ids::{CalendarName, ClientKey, PolicyName};
use crate::domain::notifications::Notifications;
use crate::domain::rules::{CheckIn, Client, SendingHours, Team};

/// After how many exchanges within five business days a call is advised.
const PHONE_HINT_AFTER: u32 = 6;

/// The language of acknowledgements where nothing tells another.
const LANGUAGE_DEFAULT: &str = "en";

/// What `[team]` says; `patterns` still without mailboxes and our own sender.
pub(super) fn team(section: &Section<'_>, calendars: &BTreeSet<String>) -> Team {
    let name = section.one("name", &TEXT).map(|found| found.value);
    let patterns = patterns(section);
    let hours = section.one("sending_hours", &NAME);
    let sending_hours = match hours {
        None => SendingHours::OfPolicy,
        Some(hours) if hours.value == ALWAYS => {
            if calendars.contains(ALWAYS) {
                let what = "\"always\" means at any time, not the calendar of that name; to mean the calendar, give it another name";
                section.review().warn(&hours, what);
            }
            SendingHours::Always
        }
        Some(hours) => {
            refers(section, &hours, "calendar", calendars.iter());
            SendingHours::Calendar(CalendarName::new(hours.value))
        }
    };
    let domain = patterns
        .iter()
        .find_map(|found| match &found.value.pattern {
            AddressPattern::Domain(domain) => Some(domain.clone()),
            _ => None,
        });
    let team = Team {
        name: name.or(domain).unwrap_or_else(|| "the team".into()),
        patterns: bare(patterns),
        escalate_to: values(section.many("escalate_to", &ADDRESS)),
        own_lists: values(section.many("own_lists", &ADDRESS)),
        auth_servers: values(section.many("auth_servers", &SERVER_ID)),
        urgent_words: values(section.many("urgent_words", &TEXT)),
        answered_flag: section.flag("answered_flag", true),
        thanks_open_case: section.flag("thanks_open_case", false),
        invitations_open_case: section.flag("invitations_open_case", false),
        phone_hint_after: section.number("phone_hint_after", &(0..=100), PHONE_HINT_AFTER),
        sending_hours,
        language: language(section),
        replies: None,
        notifications: Notifications::default(),
    };
    section.finish();
    team
}

fn language(section: &Section<'_>) -> String {
    section.takes("language", || {
        Form::of(LANGUAGE.noun).or(quoted(LANGUAGE_DEFAULT))
    });
    let found = section.one("language", &LANGUAGE);
    found.map_or_else(|| LANGUAGE_DEFAULT.to_owned(), |found| found.value)
}

/// Who claims which domains and addresses, so that nobody is two parties.
#[derive(Default)]
pub(super) struct Claims {
    claims: BTreeMap<AddressPattern, (String, String)>,
}

impl Claims {
    /// The team's own.
    pub(super) fn of_team(patterns: &[AddressPattern]) -> Self {
        let claim = |pattern: &AddressPattern| {
            let holder = ("the team".to_owned(), String::new());
            (pattern.clone(), holder)
        };
        Self {
            claims: patterns.iter().map(claim).collect(),
        }
    }

    /// Notes what a client claims; what is taken already is a problem.
    fn claim(&mut self, section: &Section<'_>, patterns: &[Found<WrittenPattern>]) {
        let client = section.path.clone();
        for found in patterns {
            let WrittenPattern { pattern, text } = &found.value;
            let shown = quoted(text);
            match self.claims.get(pattern) {
                None => {
                    let claim = (client.clone(), found.place.to_string());
                    self.claims.insert(pattern.clone(), claim);
                }
                Some((holder, _)) if *holder == client => {
                    let what = format!("{shown} is there twice; write it once");
                    section.review().warn(found, &what);
                }
                Some((holder, place)) if place.is_empty() => {
                    let what = format!("{shown} is {holder}'s own; write what only the client has");
                    section.review().refuse(found, &what);
                }
                Some((holder, place)) => {
                    let what = format!(
                        "{shown} belongs to {holder} already ({place}); write it for one of them"
                    );
                    section.review().refuse(found, &what);
                }
            }
        }
    }
}

/// What `[clients.KEY]` says.
pub(super) fn client(
    key: &str,
    section: &Section<'_>,
    policies: &BTreeSet<String>,
    claims: &mut Claims,
    escalate_to: &[Address],
) -> Client {
    let name = section.one("name", &TEXT).map(|found| found.value);
    let patterns = patterns(section);
    claims.claim(section, &patterns);
    if !section.has("domains") && !section.has("addresses") {
        section.lacks("can't be recognised by anything; write domains = [\"acme.example\"] or addresses = [\"boss@acme.example\"]");
    }
    let owners = section.some("owners", &ADDRESS);
    if !section.has("owners") {
        let example = "write owners = [\"alice@northwind.example\"]";
        let told = match escalate_to.is_empty() {
            true => "nobody would be told",
            false => "only escalate_to is told",
        };
        section.warn(&format!("has no owners, so {told}; {example}"));
    }
    let policy = reference(section, "policy", policies);
    let words = [
        ("daily", CheckIn::Daily),
        ("weekly", CheckIn::Weekly),
        ("twice-monthly", CheckIn::TwiceMonthly),
        ("monthly", CheckIn::Monthly),
    ];
    let client = Client {
        key: ClientKey::new(key),
        name: name.unwrap_or_else(|| key.to_owned()),
        patterns: bare(patterns),
        owners: values(owners),
        backups: values(section.many("backups", &ADDRESS)),
        policy: PolicyName::new(policy.map(|found| found.value).unwrap_or_default()),
        check_in: section.choice("check_in", &words),
        language: section.one("language", &LANGUAGE).map(|found| found.value),
        time_zone: section.one("time_zone", &ZONE).map(|found| found.value),
        urgent: section.flag("urgent", false),
        urgent_words: values(section.many("urgent_words", &TEXT)),
    };
    section.finish();
    client
}

/// The domains and addresses of a party; domains that belong to everybody are refused.
fn patterns(section: &Section<'_>) -> Vec<Found<WrittenPattern>> {
    let mut patterns = section.some("domains", &DOMAIN).unwrap_or_default();
    patterns.retain(|pattern| match shared_by_all(&pattern.value) {
        None => true,
        Some(told) => {
            section.review().refuse(pattern, &told);
            false
        }
    });
    patterns.extend(
        section
            .some("addresses", &LISTED_ADDRESS)
            .unwrap_or_default(),
    );
    patterns
}

fn bare(patterns: Vec<Found<WrittenPattern>>) -> Vec<AddressPattern> {
    let patterns = patterns.into_iter();
    patterns.map(|found| found.value.pattern).collect()
}

fn values<T>(found: Option<Vec<Found<T>>>) -> Vec<T> {
    let found = found.unwrap_or_default();
    found.into_iter().map(|found| found.value).collect()
}
