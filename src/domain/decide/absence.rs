//! Somebody goes away or comes back: what is said of it, what is seen of it, and who has to hear.

use std::collections::BTreeMap;

use chrono::Days;

use super::arrivals::Judged;
use super::due::KEYS_MAX;
use super::places::{Circle, places};
use super::say::name;
use super::{Decisions, Identity, LogEvent, Step, Weight, whole_case_key};
use crate::domain::absence::{
    Absence, AbsenceSource, Absences, AwayDays, BackAgain, OutOfOffice, calendar_of, is_away,
    name_of, start_of_day,
};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::commit::Known;
use crate::domain::outbox::{Purpose, StageKey};
use crate::domain::rules::{Mode, Party, Rules};
use crate::domain::time::Timestamp;

/// Why what was said of an absence can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbsenceRefusal {
    /// Nobody of the team is called so.
    #[error(
        "nobody of the team is known as \"{0}\"; name a person of [people.*], or an address of the team"
    )]
    Unknown(String),
    /// Several are.
    #[error("\"{0}\" may be {1}; write the address")]
    Ambiguous(String, String),
    /// All of the days have passed.
    #[error("{0} has passed already; write days to come")]
    Past(AwayDays),
    /// There is no absence to end.
    #[error("{0} is not away, and will not be as far as anybody said")]
    NotAway(Address),
}

/// Whom a word means: a person's key, an address of the team, or the first part of the address of
/// one owner, backup, lead or person of the configuration.
pub fn person_named(rules: &Rules, word: &str) -> Result<Address, AbsenceRefusal> {
    let word = word.trim();
    let mut people = rules.people.values();
    if let Some(person) = people.find(|own| own.key.as_str().eq_ignore_ascii_case(word)) {
        return Ok(person.address.clone());
    }
    if let Some(address) = Address::parse(word) {
        return match rules.party(&address) {
            Party::Team => Ok(address),
            Party::Client(_) | Party::Stranger => Err(AbsenceRefusal::Unknown(word.to_owned())),
        };
    }
    let clients = rules.clients.values();
    let of_clients = clients.flat_map(|own| own.owners.iter().chain(&own.backups));
    let people = rules.people.values().map(|own| &own.address);
    let all = of_clients.chain(&rules.team.escalate_to).chain(people);
    let mut found: Vec<&Address> = Vec::new();
    for address in all.filter(|own| own.local().eq_ignore_ascii_case(word)) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    match found.as_slice() {
        [] => Err(AbsenceRefusal::Unknown(word.to_owned())),
        [one] => Ok((*one).clone()),
        several => {
            let all: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(AbsenceRefusal::Ambiguous(word.to_owned(), all.join(" or ")))
        }
    }
}

/// Somebody says that a person is away on these days.
pub fn go_away(
    book: &Book,
    rules: &Rules,
    person: &Address,
    days: AwayDays,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, AbsenceRefusal> {
    let (from, until) = days.span(calendar_of(rules, person));
    if until <= now {
        return Err(AbsenceRefusal::Past(days));
    }
    let mut step = Step::new(book, rules, Known::default(), now);
    let mut absences = book.absences().clone();
    absences.tidy(now);
    absences.back.retain(|own| own.person != *person);
    let absence = Absence {
        person: person.clone(),
        from,
        until,
        source: AbsenceSource::Word,
    };
    if !absences.kept.contains(&absence) {
        absences.kept.push(absence);
    }
    step.decisions.commit.absences = Some(absences);
    let by = name(by);
    let what = |who: &str| format!("{who} is away {days}, says {by}");
    step.note_of_absence(person, what);
    Ok(step.finish())
}

/// Somebody says that a person is back. Ends what has begun, wherever it is known from; if nothing
/// has, takes back what was said of the time to come.
pub fn come_back(
    book: &Book,
    rules: &Rules,
    person: &Address,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, AbsenceRefusal> {
    let mut absences = book.absences().clone();
    absences.tidy(now);
    let away = absences.away_at(rules, now);
    let away = away.iter().find(|own| own.person == *person);
    let of_person = |own: &Absence| own.person == *person;
    let before = absences.kept.len();
    match away {
        Some(away) => {
            let replies_until = away.until;
            absences
                .kept
                .retain(|own| !(of_person(own) && own.from <= now));
            absences.back.retain(|own| own.person != *person);
            absences.back.push(BackAgain {
                person: person.clone(),
                at: now,
                replies_until,
            });
        }
        None => {
            absences.kept.retain(|own| !of_person(own));
            if absences.kept.len() == before {
                return Err(AbsenceRefusal::NotAway(person.clone()));
            }
        }
    }
    let mut step = Step::new(book, rules, Known::default(), now);
    step.decisions.commit.absences = Some(absences);
    let by = name(by);
    step.note_of_absence(person, |who| format!("{who} is back, says {by}"));
    Ok(step.finish())
}

/// Whether somebody went away or came back since stand-ins were last told.
pub fn is_absence_due(book: &Book, rules: &Rules, now: Timestamp) -> bool {
    let absences = book.absences();
    if book.absence_changes_at().is_some_and(|at| at <= now) {
        return true;
    }
    // A new configuration may say of a day long begun that somebody is away.
    let now_away = absences.away_at(rules, now);
    let same = now_away
        .iter()
        .all(|own| is_away(&absences.away, &own.person));
    !same || now_away.len() != absences.away.len()
}

/// Who went away or came back: those who have to hear of cases because of it get one mail each
/// that lists them, whatever the cases' clocks say.
pub fn absences(book: &Book, rules: &Rules, identity: &Identity, now: Timestamp) -> Decisions {
    if !is_absence_due(book, rules, now) {
        return Decisions::default();
    }
    let mut step = Step::new(book, rules, Known::default(), now);
    let mut kept = book.absences().clone();
    let before = std::mem::replace(&mut kept.away, step.away.clone());
    kept.settled_at = now;
    kept.tidy(now);
    step.decisions.commit.absences = Some(kept);
    let after = step.away.clone();
    for gone in after.iter().filter(|own| !is_away(&before, &own.person)) {
        step.note_of_absence(&gone.person, |who| format!("{who} is away now"));
    }
    for back in before.iter().filter(|own| !is_away(&after, &own.person)) {
        step.note_of_absence(&back.person, |who| format!("{who} is not away any more"));
    }
    let mut owed: BTreeMap<Address, Vec<StageKey>> = BTreeMap::new();
    for case in book.cases() {
        let told = places(case, rules, &before, Circle::Owners);
        for place in places(case, rules, &after, Circle::Owners) {
            if !told.iter().any(|own| own.person == place.person) {
                let keys = owed.entry(place.person).or_default();
                keys.push(whole_case_key(case));
            }
        }
    }
    for (person, keys) in owed {
        let returned = is_away(&before, &person) && !is_away(&after, &person);
        let purpose = match returned {
            true => Purpose::Back,
            false => Purpose::StandIn,
        };
        step.owe_list(identity, &person, &purpose, &keys);
    }
    step.finish()
}

impl Step<'_> {
    fn owe_list(
        &mut self,
        identity: &Identity,
        person: &Address,
        purpose: &Purpose,
        keys: &[StageKey],
    ) {
        let word = purpose.as_str();
        if self.rules.mode == Mode::Observe {
            let count = keys.len();
            let what = |who: &str| format!("would send a {word} to {who} about {count} case(s)");
            return self.withhold(keys.first(), person, what);
        }
        for key in keys {
            self.history(key.case, format!("{word} to {} decided", person.masked()));
        }
        for keys in keys.chunks(KEYS_MAX) {
            self.owe(identity, person.clone(), purpose.clone(), keys.to_vec());
        }
    }

    fn note_of_absence(&mut self, person: &Address, what: impl Fn(&str) -> String) {
        let who = ("a colleague", person.masked());
        let event = LogEvent::Absence;
        self.note_of_person(Weight::Event, event, None, (who.0, &who.1), what);
    }

    /// A colleague's out-of-office reply was seen: they are away until its end; where it names
    /// none, until the end of the next business day after the newest of them.
    pub(super) fn is_out_of_office(&mut self, message: &Judged, reply: &OutOfOffice) {
        let (rules, now) = (self.rules, self.now);
        let person = &reply.person;
        let from = self.not_ahead(message.arrived.received_at);
        let calendar = calendar_of(rules, person);
        let until = match reply.back_on {
            Some(day) => start_of_day(day, calendar),
            None => {
                let zone = calendar.map_or(chrono_tz::UTC, |own| own.zone);
                let today = from.with_timezone(&zone).date_naive();
                let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
                let morning = start_of_day(tomorrow, calendar);
                let opening = calendar.and_then(|own| own.next_open(morning).ok());
                let day = opening.unwrap_or(morning).with_timezone(&zone).date_naive();
                let after = day.checked_add_days(Days::new(1)).unwrap_or(day);
                start_of_day(after, calendar)
            }
        };
        if until <= now || until <= from {
            return;
        }
        let staged = self.decisions.commit.absences.take();
        let mut absences: Absences = staged.unwrap_or_else(|| self.book.absences().clone());
        let is_reply =
            |own: &Absence| own.person == *person && own.source == AbsenceSource::OutOfOffice;
        let known = absences.kept.iter().position(is_reply);
        match known.and_then(|at| absences.kept.get_mut(at)) {
            // Seen in another folder, or an older one.
            Some(known) if known.from >= from => {}
            Some(known) => {
                // A newer one says it anew: it may have been shortened or lengthened. What it
                // does not name, the last one may have.
                let goes_on = known.until >= from;
                if reply.back_on.is_some() || known.until < until || !goes_on {
                    known.until = until;
                }
                if !goes_on {
                    known.from = from;
                }
            }
            None => {
                absences.tidy(now);
                absences.kept.push(Absence {
                    person: person.clone(),
                    from,
                    until,
                    source: AbsenceSource::OutOfOffice,
                });
            }
        }
        if absences != *self.book.absences() {
            let zone = calendar.map_or(chrono_tz::UTC, |own| own.zone);
            let last = (until - chrono::Duration::seconds(1)).with_timezone(&zone);
            let day = last.format("%Y-%m-%d");
            self.note_of_absence(person, |who| {
                format!("out-of-office reply of {who} seen: away until {day}")
            });
            self.decisions.commit.absences = Some(absences);
        }
    }
}

/// What is said to whoever asked.
pub fn in_words(rules: &Rules, person: &Address) -> String {
    format!("{} ({person})", name_of(rules, person))
}
