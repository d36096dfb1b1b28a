//! `[people.*]`: what there is to say of somebody of the team.

use std::collections::BTreeMap;

use super::kinds::{ADDRESS, TEXT};
use super::review::quoted;
use super::section::{Kind, Section};
use crate::domain::absence::AwayDays;
use crate::domain::address::Address;
use crate::domain::ids::PersonKey;
use crate::domain::rules::Person;

/// Days on which somebody is away.
const AWAY_DAYS: Kind<AwayDays> = Kind {
    noun: "a span of days",
    example: "2026-12-20..2027-01-03",
    read: |text| AwayDays::parse(text).map_err(|error| error.to_string()),
};

/// What `[people.*]` says. Somebody without an address is left out; the review knows.
pub(super) fn people(root: &Section<'_>) -> BTreeMap<PersonKey, Person> {
    let mut people: BTreeMap<PersonKey, Person> = BTreeMap::new();
    for (key, section) in root.named("people", "alice") {
        let person = person(&key, &section, &people);
        section.finish();
        if let Some(person) = person {
            people.insert(person.key.clone(), person);
        }
    }
    people
}

fn person(key: &str, section: &Section<'_>, known: &BTreeMap<PersonKey, Person>) -> Option<Person> {
    let name = section.one("name", &TEXT).map(|found| found.value);
    let address = section.required("address", &ADDRESS);
    let away = section.many("away", &AWAY_DAYS).unwrap_or_default();
    let address = address?;
    if let Some(other) = known.values().find(|other| other.address == address.value) {
        let shown = quoted(&address.value.to_string());
        let what = format!(
            "{shown} is the address of people.{} already; write all of one person into one table",
            other.key
        );
        section.review().refuse(&address, &what);
    }
    let local = address.value.local();
    Some(Person {
        key: PersonKey::new(key),
        name: name.unwrap_or_else(|| name_of(key, local)),
        away: away.into_iter().map(|found| found.value).collect(),
        address: address.value,
    })
}

/// The addresses of people, for judging whom we write to.
pub(super) fn addresses(root: &Section<'_>) -> Vec<super::review::Found<Address>> {
    let people = root.named("people", "alice").into_iter();
    let found = people.filter_map(|(_, section)| section.one("address", &ADDRESS));
    found.collect()
}

/// A name for people, of the key: `alice` is Alice. A key that is an address gives its first part.
fn name_of(key: &str, local: &str) -> String {
    let key = if key.contains('@') { local } else { key };
    let mut letters = key.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    fn told(text: &str) -> Result<BTreeMap<PersonKey, Person>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ackd.toml");
        let text = format!("[service]\nstate_dir = \"/var/lib/ackd\"\n{text}");
        std::fs::write(&file, text).expect("a file");
        let loaded = load(&file, &[]);
        let problems = |all: Vec<super::super::Problem>| {
            let all = all.iter().map(ToString::to_string);
            all.collect::<Vec<_>>().join("\n")
        };
        loaded
            .map(|loaded| loaded.settings.rules.people.clone())
            .map_err(problems)
    }

    #[test]
    fn a_person_has_an_address_a_name_and_days_away() {
        let people = told(
            "[people.alice]\naddress = \"alice@northwind.example\"\naway = [\"2026-12-20..2027-01-03\", \"2027-02-01\"]\n",
        )
        .expect("good people");
        let alice = &people[&PersonKey::new("alice")];
        assert_eq!(alice.name, "Alice");
        assert_eq!(alice.away.len(), 2);
        assert_eq!(alice.away[0].to_string(), "2026-12-20..2027-01-03");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let told = told(
            "[people.alice]\naddress = \"alice@northwind.example\"\naway = [\"Christmas\", \"2027-01-03..2026-12-20\"]\n[people.bob]\nname = \"Bob\"\n[people.zoe]\naddress = \"alice@northwind.example\"\nowner = true\n",
        )
        .expect_err("many problems");
        for word in [
            "people.alice.away: \"Christmas\" is no span of days",
            "write \"2026-12-20..2027-01-03\"",
            "people.bob has no address",
            "is the address of people.alice already",
            "owner",
        ] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}
