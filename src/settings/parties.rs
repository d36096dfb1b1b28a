//! `[team]` and `[clients.*]`: who is who.

use std::collections::{BTreeMap, BTreeSet};

use super::free_mail::shared_by_all;
use super::kinds::{ADDRESS, DOMAIN, LANGUAGE, LISTED_ADDRESS, NAME, SERVER_ID, TEXT};
use super::promises::{ALWAYS, refers};
use super::review::{Found, quoted};
use super::section::Section;
use crate::domain::address::{Address, AddressPattern};
use crate::domain::ids::{CalendarName, ClientKey, PolicyName};
use crate::domain::rules::{CheckIn, Client, SendingHours, Team};

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
    let domain = patterns.iter().find_map(|pattern| match &pattern.value {
        AddressPattern::Domain(domain) => Some(domain.clone()),
        _ => None,
    });
    let team = Team {
        name: name.or(domain).unwrap_or_else(|| "the team".into()),
        patterns: values(Some(patterns)),
        escalate_to: values(section.many("escalate_to", &ADDRESS)),
        own_lists: values(section.many("own_lists", &ADDRESS)),
        auth_servers: values(section.many("auth_servers", &SERVER_ID)),
        urgent_words: values(section.many("urgent_words", &TEXT)),
        answered_flag: section.flag("answered_flag", true),
        thanks_open_case: section.flag("thanks_open_case", false),
        invitations_open_case: section.flag("invitations_open_case", false),
        sending_hours,
    };
    section.finish();
    team
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
    fn claim(&mut self, section: &Section<'_>, patterns: &[Found<AddressPattern>]) {
        let client = section.path.clone();
        for pattern in patterns {
            let shown = shown(&pattern.value);
            match self.claims.get(&pattern.value) {
                None => {
                    let claim = (client.clone(), pattern.place.to_string());
                    self.claims.insert(pattern.value.clone(), claim);
                }
                Some((holder, _)) if *holder == client => {
                    let what = format!("{shown} is there twice; write it once");
                    section.review().warn(pattern, &what);
                }
                Some((holder, place)) if place.is_empty() => {
                    let what = format!("{shown} is {holder}'s own; write what only the client has");
                    section.review().refuse(pattern, &what);
                }
                Some((holder, place)) => {
                    let what = format!(
                        "{shown} belongs to {holder} already ({place}); write it for one of them"
                    );
                    section.review().refuse(pattern, &what);
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
        match escalate_to.is_empty() {
            true => section.lacks(&format!(
                "has no owners, so nobody would be told; {example}"
            )),
            false => section.warn(&format!(
                "has no owners, so only escalate_to is told; {example}"
            )),
        }
    }
    let policy = section.required("policy", &NAME);
    let policy = policy.filter(|found| refers(section, found, "policy", policies.iter()));
    let words = [
        ("daily", CheckIn::Daily),
        ("weekly", CheckIn::Weekly),
        ("twice-monthly", CheckIn::TwiceMonthly),
        ("monthly", CheckIn::Monthly),
    ];
    let client = Client {
        key: ClientKey::new(key),
        name: name.unwrap_or_else(|| key.to_owned()),
        patterns: values(Some(patterns)),
        owners: values(owners),
        backups: values(section.many("backups", &ADDRESS)),
        policy: PolicyName::new(policy.map(|found| found.value).unwrap_or_default()),
        check_in: section.choice("check_in", &words),
        language: section.one("language", &LANGUAGE).map(|found| found.value),
        urgent: section.flag("urgent", false),
        urgent_words: values(section.many("urgent_words", &TEXT)),
    };
    section.finish();
    client
}

/// The domains and addresses of a party; domains that belong to everybody are refused.
fn patterns(section: &Section<'_>) -> Vec<Found<AddressPattern>> {
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

fn shown(pattern: &AddressPattern) -> String {
    match pattern {
        AddressPattern::Address(address) => quoted(&address.to_string()),
        AddressPattern::Domain(domain) => quoted(domain),
        AddressPattern::Subdomains(domain) => quoted(&format!("*.{domain}")),
    }
}

fn values<T>(found: Option<Vec<Found<T>>>) -> Vec<T> {
    let found = found.unwrap_or_default();
    found.into_iter().map(|found| found.value).collect()
}
