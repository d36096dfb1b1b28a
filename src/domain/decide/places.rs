//! Who is told of a case at a moment, and in whose place: the only answer to that question.
//!
//! Vocabulary: the *ladder* of a case goes from whoever took it, or the client's owners, by the
//! backups to those who hear of broken promises. Whoever is away is passed over. A *stand-in* is
//! told in the place of somebody who is away.

use crate::domain::absence::{Away, in_place_of_owners, last_day, leads, name_of, present};
use crate::domain::address::Address;
use crate::domain::case::Case;
use crate::domain::rules::{Client, Party, Rules};

/// Somebody who is told of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Who.
    pub person: Address,
    /// In whose place, if not in their own.
    pub instead_of: Vec<Away>,
}

/// Whom a mail about a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circle {
    /// Those who answer.
    Owners,
    /// Those who hear of a broken promise too.
    Escalation,
}

/// Who is told of a case while these are away, each once, by address.
///
/// Whoever took the case, or the client's owners as far as they are not away; without owners those
/// who hear of broken promises. If all of them are:
/// of a case that somebody took, the client's owners; else the backups; else those who hear of
/// broken promises; if these are away too, they hear of it all the same, for somebody must. An
/// escalation goes to those who hear of broken promises besides.
pub fn places(case: &Case, rules: &Rules, away: &[Away], circle: Circle) -> Vec<Place> {
    let Some(client) = rules.clients.get(&case.client) else {
        return Vec::new();
    };
    let owners = case.owners(rules);
    let here = present(&owners, away);
    let mut told: Vec<Place> = Vec::new();
    if owners.is_empty() {
        for person in leads(rules, away) {
            add(&mut told, person, &[]);
        }
    } else if here.is_empty() {
        let gone = |person: &Address| away.iter().find(|own| own.person == *person).cloned();
        let instead_of: Vec<Away> = owners.iter().filter_map(gone).collect();
        for person in stand_ins(case, client, rules, away) {
            add(&mut told, person, &instead_of);
        }
    } else {
        for person in here {
            add(&mut told, person, &[]);
        }
    }
    if circle == Circle::Escalation {
        for person in leads(rules, away) {
            add(&mut told, person, &[]);
        }
    }
    told.sort_unstable_by(|one, other| one.person.cmp(&other.person));
    told
}

/// Who stands in where all who answer for a case are away.
fn stand_ins(case: &Case, client: &Client, rules: &Rules, away: &[Away]) -> Vec<Address> {
    let taken = case.assigned_to.as_ref();
    if taken.is_some_and(|person| rules.party(person) == Party::Team) {
        let owners = present(&client.owners, away);
        if !owners.is_empty() {
            return owners;
        }
    }
    match in_place_of_owners(client, rules, away) {
        none if none.is_empty() => case.owners(rules),
        others => others,
    }
}

fn add(told: &mut Vec<Place>, person: Address, instead_of: &[Away]) {
    if told.iter().any(|own| own.person == person) {
        return;
    }
    // Nobody stands in for himself.
    let others = instead_of.iter().filter(|own| own.person != person);
    let instead_of = others.cloned().collect();
    told.push(Place { person, instead_of });
}

impl Place {
    /// In whose place, for people: `for Alice, away until 3 January`. `None` in one's own.
    pub fn in_words(&self, rules: &Rules) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        for away in &self.instead_of {
            let (name, day) = (name_of(rules, &away.person), last_day(rules, away));
            words.push(format!("{name}, away until {day}"));
        }
        (!words.is_empty()).then(|| format!("for {}", words.join(", and ")))
    }
}
