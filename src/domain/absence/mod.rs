//! Who is away, since when and until when.
//!
//! Vocabulary: an *absence* is a time in which somebody can't be reminded; it is known from the
//! configuration, from somebody's *word*, or from the person's own out-of-office reply seen in the
//! stream ([`OutOfOffice`]). Who is *away* has an absence at the present moment. Absences from the
//! configuration are worked out anew each time; the others are on disk ([`Absences`]).

mod days;
mod out_of_office;
mod written_dates;

use super::address::Address;
use super::calendar::Calendar;
use super::rules::{Client, Rules, SendingHours};
use super::time::Timestamp;

pub use days::{AWAY_DAYS_MAX, AwayDays, AwayDaysError, start_of_day};
pub use out_of_office::{OutOfOffice, absence_needs_text};

/// How many absences are kept; the ones that end first make room.
pub const ABSENCES_MAX: usize = 1000;

/// Where an absence is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbsenceSource {
    /// It stands in `[people.*]`.
    Configuration,
    /// Somebody said so.
    Word,
    /// The person's own out-of-office reply was seen.
    OutOfOffice,
}

impl AbsenceSource {
    /// The word used in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Word => "word",
            Self::OutOfOffice => "out-of-office",
        }
    }
}

/// A time in which somebody is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Who.
    pub person: Address,
    /// From this moment on.
    pub from: Timestamp,
    /// The first moment of being back.
    pub until: Timestamp,
    /// Where it is known from.
    pub source: AbsenceSource,
}

impl Absence {
    /// Whether it covers this moment.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// Somebody who is away now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// Who.
    pub person: Address,
    /// The first moment of being back, as far as is known.
    pub until: Timestamp,
}

/// Somebody said that a person is back before the end of an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackAgain {
    /// Who.
    pub person: Address,
    /// What began up to this moment counts no more.
    pub at: Timestamp,
    /// Out-of-office replies seen before this moment count no more either: they are often
    /// forgotten.
    pub replies_until: Timestamp,
}

/// What is kept of absences beside the configuration. On disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Absences {
    /// What was said or seen.
    pub kept: Vec<Absence>,
    /// Who is back before the end.
    pub back: Vec<BackAgain>,
    /// Those who were away when it was last looked, whose stand-ins know of it.
    pub away: Vec<Away>,
    /// When that was.
    pub settled_at: Timestamp,
}

impl Absences {
    /// All absences that are known, the configured ones among them.
    pub fn all(&self, rules: &Rules) -> Vec<Absence> {
        let mut all: Vec<Absence> = Vec::new();
        for person in rules.people.values() {
            let calendar = calendar_of(rules, &person.address);
            for days in &person.away {
                let (from, until) = days.span(calendar);
                all.push(Absence {
                    person: person.address.clone(),
                    from,
                    until,
                    source: AbsenceSource::Configuration,
                });
            }
        }
        all.extend(self.kept.iter().cloned());
        all.retain(|absence| !self.is_over(absence));
        all
    }

    /// Who is away at a moment, each once.
    pub fn away_at(&self, rules: &Rules, now: Timestamp) -> Vec<Away> {
        let all = self.all(rules);
        let mut away: Vec<Away> = Vec::new();
        for absence in all.iter().filter(|own| own.covers(now)) {
            if is_away(&away, &absence.person) {
                continue;
            }
            // One that begins where another ends goes on with it.
            let mut until = absence.until;
            let of_person = || all.iter().filter(|own| own.person == absence.person);
            while let Some(later) = of_person()
                .filter(|own| own.from <= until && own.until > until)
                .map(|own| own.until)
                .max()
            {
                until = later;
            }
            let person = absence.person.clone();
            away.push(Away { person, until });
        }
        away
    }

    /// The next moment after `at` at which somebody goes away or comes back.
    pub fn next_change(&self, rules: &Rules, at: Timestamp) -> Option<Timestamp> {
        let all = self.all(rules);
        let moments = all.iter().flat_map(|own| [own.from, own.until]);
        moments.filter(|moment| *moment > at).min()
    }

    /// Drops what has passed, and makes room for another one.
    pub fn tidy(&mut self, now: Timestamp) {
        self.kept.retain(|own| own.until > now);
        self.back.retain(|own| own.replies_until > now);
        while self.kept.len() >= ABSENCES_MAX {
            let first = self.kept.iter().enumerate();
            let first = first.min_by_key(|(_, own)| own.until).map(|(at, _)| at);
            first.map(|at| self.kept.swap_remove(at));
        }
    }

    /// Whether somebody said that the person is back.
    fn is_over(&self, absence: &Absence) -> bool {
        let of_person = |own: &&BackAgain| own.person == absence.person;
        self.back.iter().filter(of_person).any(|own| {
            absence.from <= own.at
                || (absence.source == AbsenceSource::OutOfOffice
                    && absence.from < own.replies_until)
        })
    }
}

/// Whether somebody is among those who are away.
pub fn is_away(away: &[Away], person: &Address) -> bool {
    away.iter().any(|own| own.person == *person)
}

/// Who answers for a client while these are away: its owners, as far as they are here; else who
/// stands in for them. Without owners, those who hear of broken promises.
pub fn answering(client: &Client, rules: &Rules, away: &[Away]) -> Vec<Address> {
    if client.owners.is_empty() {
        return leads(rules, away);
    }
    match present(&client.owners, away) {
        nobody if nobody.is_empty() => in_place_of_owners(client, rules, away),
        here => here,
    }
}

/// Who stands in where all owners of a client are away: the backups, else those who hear of
/// broken promises.
pub fn in_place_of_owners(client: &Client, rules: &Rules, away: &[Away]) -> Vec<Address> {
    match present(&client.backups, away) {
        nobody if nobody.is_empty() => leads(rules, away),
        here => here,
    }
}

/// Those who hear of broken promises; if all of them are away, all of them.
pub fn leads(rules: &Rules, away: &[Away]) -> Vec<Address> {
    match present(&rules.team.escalate_to, away) {
        nobody if nobody.is_empty() => rules.team.escalate_to.clone(),
        here => here,
    }
}

/// Those of some people who are not away.
pub fn present(people: &[Address], away: &[Away]) -> Vec<Address> {
    let here = people.iter().filter(|person| !is_away(away, person));
    here.cloned().collect()
}

/// The calendar by which a person's days begin and end, and their mornings: that of the sending
/// hours, else of the first client, by key, they answer for, else of the first client, else of
/// the first policy.
pub fn calendar_of<'a>(rules: &'a Rules, person: &Address) -> Option<&'a Calendar> {
    if let SendingHours::Calendar(name) = &rules.team.sending_hours {
        return rules.calendars.get(name).map(|own| &**own);
    }
    let mut clients = rules.clients.values();
    let own = clients.find(|own| own.owners.contains(person) || own.backups.contains(person));
    let own = own.or_else(|| rules.clients.values().next());
    let policy = own.and_then(|client| rules.policies.get(&client.policy));
    let policy = policy.or_else(|| rules.policies.values().next())?;
    rules.calendars.get(&policy.calendar).map(|own| &**own)
}

/// Whether mail about cases may go to this person: an owner, a backup, one of those who hear of
/// broken promises, or one of whom the configuration has something to say.
pub fn is_of_the_ladder(rules: &Rules, person: &Address) -> bool {
    let of_client =
        |client: &Client| client.owners.contains(person) || client.backups.contains(person);
    rules.team.escalate_to.contains(person)
        || rules.people.values().any(|own| own.address == *person)
        || rules.clients.values().any(of_client)
}

/// What mails call a person: the configured name, else the first part of the address with a
/// capital.
pub fn name_of(rules: &Rules, person: &Address) -> String {
    let mut people = rules.people.values();
    if let Some(known) = people.find(|own| own.address == *person) {
        return known.name.clone();
    }
    let local = person.local();
    let first = local.split(['.', '+', '_', '-']).next().unwrap_or(local);
    let mut letters = first.chars();
    let capital = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", capital.unwrap_or_default(), letters.as_str())
}

/// The last day of an absence as people say it: `3 January`, in the person's zone.
pub fn last_day(rules: &Rules, away: &Away) -> String {
    let before = away.until - chrono::Duration::seconds(1);
    let zone = calendar_of(rules, &away.person).map_or(chrono_tz::UTC, |own| own.zone);
    before.with_timezone(&zone).format("%-d %B").to_string()
}

#[cfg(test)]
mod tests;
