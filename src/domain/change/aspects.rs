//! What an entry says, key by key, and how two sayings differ.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{EntryChange, entries, section};
use crate::domain::address::{Address, AddressPattern};
use crate::domain::calendar::{Calendar, Holiday, Window};
use crate::domain::digest::Digest;
use crate::domain::ids::RoadName;
use crate::domain::notifications::{Choices, Notifications, Occasion};
use crate::domain::policy::Policy;
use crate::domain::rules::{CheckIn, Client, Person, Rules, SendingHours, Team};
use crate::domain::time::BusinessTime;

/// How many parts of a list are named; the others are counted.
const NAMED_MAX: usize = 5;

/// What one key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aspect {
    /// One thing.
    One(String),
    /// A list.
    Many(Vec<String>),
    /// Something that is never shown; equal only to what is equal to it.
    Hidden(Unshown),
}

/// What must not be shown, and can be compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Unshown(String);

impl std::fmt::Debug for Unshown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unshown")
    }
}

/// What an entry says, by key. A key that is not there is not set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aspects(BTreeMap<&'static str, Aspect>);

impl Aspects {
    /// Adds a key that says one thing.
    #[must_use]
    pub fn one(mut self, key: &'static str, value: impl ToString) -> Self {
        self.0.insert(key, Aspect::One(value.to_string()));
        self
    }

    /// Adds a key that may be left out.
    #[must_use]
    pub fn maybe(self, key: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.one(key, value),
            None => self,
        }
    }

    /// Adds a key that says a list.
    #[must_use]
    pub fn many<T: ToString>(
        mut self,
        key: &'static str,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = values.into_iter().map(|value| value.to_string());
        self.0.insert(key, Aspect::Many(values.collect()));
        self
    }

    /// Adds a key of which nothing but that it changed is ever told.
    #[must_use]
    pub fn hidden(mut self, key: &'static str, value: String) -> Self {
        self.0.insert(key, Aspect::Hidden(Unshown(value)));
        self
    }

    /// Each key that says something else, in words.
    pub fn changes_to(&self, new: &Self) -> Vec<String> {
        let keys: BTreeSet<&'static str> = self.0.keys().chain(new.0.keys()).copied().collect();
        let differs = |key: &&str| self.0.get(key) != new.0.get(key);
        let keys = keys.into_iter().filter(differs);
        keys.map(|key| format!("{key}: {}", told(self.0.get(key), new.0.get(key))))
            .collect()
    }
}

fn told(old: Option<&Aspect>, new: Option<&Aspect>) -> String {
    match (old, new) {
        (Some(Aspect::Hidden(_)), _) | (_, Some(Aspect::Hidden(_))) => "changed".to_owned(),
        (Some(Aspect::Many(old)), Some(Aspect::Many(new))) => list_told(old, new),
        (old, new) => format!("{} -> {}", whole(old), whole(new)),
    }
}

fn whole(aspect: Option<&Aspect>) -> String {
    match aspect {
        None => "not set".to_owned(),
        Some(Aspect::One(value)) => value.clone(),
        Some(Aspect::Many(values)) => named(values.iter().collect(), ""),
        Some(Aspect::Hidden(_)) => "hidden".to_owned(),
    }
}

fn list_told(old: &[String], new: &[String]) -> String {
    let lacks = |list: &[String], value: &&String| !list.contains(value);
    let added: Vec<&String> = new.iter().filter(|value| lacks(old, value)).collect();
    let gone: Vec<&String> = old.iter().filter(|value| lacks(new, value)).collect();
    let parts = [(added, "+"), (gone, "-")];
    let parts = parts.into_iter().filter(|(values, _)| !values.is_empty());
    let parts: Vec<String> = parts.map(|(values, sign)| named(values, sign)).collect();
    match parts.is_empty() {
        true => "in another order".to_owned(),
        false => parts.join(", "),
    }
}

/// The first of them by name, the others by their number.
fn named(values: Vec<&String>, sign: &str) -> String {
    let more = values.len().saturating_sub(NAMED_MAX);
    let mut words: Vec<String> = values
        .into_iter()
        .take(NAMED_MAX)
        .map(|value| format!("{sign}{value}"))
        .collect();
    if more > 0 {
        words.push(format!("{sign}{more} more"));
    }
    words.join(", ")
}

/// The entries of the sections the domain knows.
pub(super) fn of_rules(old: &Rules, new: &Rules) -> Vec<EntryChange> {
    let mut all: Vec<EntryChange> = section("team", &of_team(old), &of_team(new))
        .into_iter()
        .collect();
    all.extend(section("digest", &of_digest(old), &of_digest(new)));
    let calendars = |rules: &Rules| {
        let all = rules.calendars.values();
        all.map(|own| (own.name.to_string(), of_calendar(own)))
            .collect()
    };
    all.extend(entries("calendars", &calendars(old), &calendars(new)));
    let policies = |rules: &Rules| {
        let all = rules.policies.values();
        all.map(|own| (own.name.to_string(), of_policy(own)))
            .collect()
    };
    all.extend(entries("policies", &policies(old), &policies(new)));
    let clients = |rules: &Rules| {
        let all = rules.clients.values();
        all.map(|own| (own.key.to_string(), of_client(own)))
            .collect()
    };
    all.extend(entries("clients", &clients(old), &clients(new)));
    let people = |rules: &Rules| {
        let all = rules.people.values();
        all.map(|own| (own.key.to_string(), of_person(own)))
            .collect()
    };
    all.extend(entries("people", &people(old), &people(new)));
    let (old, new) = (&old.team.notifications, &new.team.notifications);
    let everybody = |own: &Notifications| of_choices(&own.everybody);
    all.extend(section("notifications", &everybody(old), &everybody(new)));
    let people = |own: &Notifications| {
        let all = own.people.iter();
        all.map(|(person, choices)| (person.to_string(), of_choices(choices)))
            .collect()
    };
    all.extend(entries("notifications.people", &people(old), &people(new)));
    all
}

fn of_team(rules: &Rules) -> Aspects {
    let Team {
        name,
        patterns,
        escalate_to,
        own_lists,
        auth_servers,
        urgent_words,
        answered_flag,
        thanks_open_case,
        invitations_open_case,
        phone_hint_after,
        sending_hours,
        language,
        replies,
        notifications: _,
    } = &rules.team;
    // The addresses of mailboxes are the team's without being written here.
    let own: BTreeSet<&Address> = rules
        .mailboxes
        .values()
        .filter_map(|mailbox| mailbox.address.as_ref())
        .collect();
    let is_written = |pattern: &&AddressPattern| match pattern {
        AddressPattern::Address(address) => !own.contains(address),
        AddressPattern::Domain(_) | AddressPattern::Subdomains(_) => true,
    };
    of_patterns(patterns.iter().filter(is_written))
        .one("name", name)
        .many("escalate_to", escalate_to)
        .many("own_lists", own_lists)
        .many("auth_servers", auth_servers)
        .many("urgent_words", urgent_words)
        .one("answered_flag", answered_flag)
        .one("thanks_open_case", thanks_open_case)
        .one("invitations_open_case", invitations_open_case)
        .one("phone_hint_after", phone_hint_after)
        .maybe("sending_hours", hours(sending_hours))
        .one("language", language)
        .maybe("replies", replies.as_ref().map(|own| format!("{own:?}")))
}

/// By which roads somebody is told of what.
fn of_choices(choices: &Choices) -> Aspects {
    let mut aspects = Aspects::default();
    for (occasion, choice) in Occasion::ALL.iter().zip(choices) {
        let Some(choice) = choice else { continue };
        let mut roads: Vec<&str> = choice.roads.iter().map(RoadName::as_str).collect();
        if choice.mail {
            roads.insert(0, "mail");
        }
        aspects = aspects.many(occasion.as_str(), roads);
    }
    aspects
}

fn of_digest(rules: &Rules) -> Aspects {
    let Some(digest) = &rules.digest else {
        return Aspects::default();
    };
    let Digest {
        daily,
        at,
        days,
        weekly,
        weekly_to,
        weekly_on,
        weekly_at,
    } = digest;
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days = names.iter().zip(days).filter(|(_, is_on)| **is_on);
    Aspects::default()
        .one("daily", daily)
        .one("at", at.format("%H:%M"))
        .many("days", days.map(|(name, _)| name))
        .one("weekly", weekly)
        .many("weekly_to", weekly_to)
        .one("weekly_on", weekly_on)
        .one("weekly_at", weekly_at.format("%H:%M"))
}

fn hours(sending_hours: &SendingHours) -> Option<String> {
    match sending_hours {
        SendingHours::OfPolicy => None,
        SendingHours::Calendar(name) => Some(name.to_string()),
        SendingHours::Always => Some("always".to_owned()),
    }
}

fn of_patterns<'a>(patterns: impl Iterator<Item = &'a AddressPattern>) -> Aspects {
    let (mut domains, mut addresses) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern {
            AddressPattern::Address(address) => addresses.push(address.to_string()),
            AddressPattern::Domain(domain) => domains.push(domain.clone()),
            AddressPattern::Subdomains(domain) => domains.push(format!("*.{domain}")),
        }
    }
    Aspects::default()
        .many("domains", domains)
        .many("addresses", addresses)
}

fn of_calendar(calendar: &Calendar) -> Aspects {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut aspects = Aspects::default().one("time_zone", calendar.zone.name());
    for (day, windows) in DAYS.into_iter().zip(calendar.week()) {
        let written = written(windows);
        aspects = aspects.one(
            day,
            match written.is_empty() {
                true => "closed",
                false => written.as_str(),
            },
        );
    }
    let holidays = calendar.holidays(NaiveDate::MIN, NaiveDate::MAX);
    aspects.many("holidays", holidays.map(holiday))
}

fn holiday(holiday: &Holiday) -> String {
    let Holiday { date, name, hours } = holiday;
    let mut words = date.to_string();
    for part in [name.clone(), Some(written(hours))].into_iter().flatten() {
        if !part.is_empty() {
            words = format!("{words} {part}");
        }
    }
    words
}

fn written(windows: &[Window]) -> String {
    let windows: Vec<String> = windows.iter().map(ToString::to_string).collect();
    windows.join(" ")
}

fn of_policy(policy: &Policy) -> Aspects {
    let Policy {
        name: _,
        calendar,
        acknowledge_within,
        same_business_day,
        urgent_within,
        min_lead,
        answer_within,
        remind_before,
        escalate_after,
        auto_acknowledge_before,
    } = policy;
    let times =
        |times: &[BusinessTime]| -> Vec<String> { times.iter().map(ToString::to_string).collect() };
    Aspects::default()
        .one("calendar", calendar)
        .one("acknowledge_within", acknowledge_within)
        .one("same_business_day", same_business_day)
        .maybe("urgent_within", urgent_within.as_ref())
        .one("min_lead", min_lead)
        .maybe("answer_within", answer_within.as_ref())
        .many("remind_before", times(remind_before))
        .many("escalate_after", times(escalate_after))
        .maybe("auto_acknowledge_before", auto_acknowledge_before.as_ref())
}

fn of_person(person: &Person) -> Aspects {
    let Person {
        key: _,
        name,
        address,
        away,
    } = person;
    Aspects::default()
        .one("name", name)
        .one("address", address)
        .many("away", away)
}

fn of_client(client: &Client) -> Aspects {
    let Client {
        key: _,
        name,
        patterns,
        owners,
        backups,
        policy,
        check_in,
        language,
        time_zone,
        urgent,
        urgent_words,
    } = client;
    let check_in = check_in.map(CheckIn::as_str);
    of_patterns(patterns.iter())
        .one("name", name)
        .many("owners", owners)
        .many("backups", backups)
        .one("policy", policy)
        .maybe("check_in", check_in)
        .maybe("language", language.as_ref())
        .maybe("time_zone", time_zone.as_ref())
        .one("urgent", urgent)
        .many("urgent_words", urgent_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: Aspects, new: Aspects) -> Vec<String> {
        old.changes_to(&new)
    }

    #[test]
    fn of_a_list_what_came_and_what_went_is_named() {
        let none = Aspects::default;
        let list = |words: &str| none().many("folders", words.split_whitespace());
        assert_eq!(change(list("a b"), list("b c")), ["folders: +c, -a"]);
        assert_eq!(
            change(list("a b"), list("b a")),
            ["folders: in another order"]
        );
        assert_eq!(
            change(list(""), list("a b c d e f g")),
            ["folders: +a, +b, +c, +d, +e, +2 more"]
        );
        assert_eq!(change(list("a"), none()), ["folders: a -> not set"]);
        assert_eq!(change(list("a"), list("a")), [""; 0]);
    }

    #[test]
    fn what_is_hidden_is_never_shown() {
        let secret = |secret: &str| Aspects::default().hidden("password", secret.to_owned());
        let told = change(secret("one"), secret("two"));
        assert_eq!(told, ["password: changed"]);
        assert_eq!(change(secret("one"), secret("one")), [""; 0]);
        assert_eq!(
            change(Aspects::default(), secret("two")),
            ["password: changed"]
        );
        assert!(!format!("{:?}", secret("one")).contains("one"));
    }
}
