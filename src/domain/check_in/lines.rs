//! What a person of the team is told of check-ins in the morning.

use super::silence::Silence;
use super::standing::{StandingState, standing};
use super::{Contact, Liaison, TOLD_MAX, Told, ToldMatter};
use crate::domain::absence::answering;
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::ids::ClientKey;
use crate::domain::rules::{CheckIn, Client, Rules};
use crate::domain::time::Timestamp;

/// What a person is told of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInLine {
    /// Which client.
    pub client: ClientKey,
    /// Its name.
    pub name: String,
    /// How often it is to hear from us.
    pub cadence: CheckIn,
    /// When it last did, and how.
    pub last: Option<Contact>,
    /// By when it is to. `None` for one that has gone quiet.
    pub due_at: Option<Timestamp>,
    /// What there is to tell.
    pub matter: CheckInMatter,
    /// Whether the person hears of it for the first time, today: worth a subject, or a mail.
    pub is_new: bool,
    /// The zone in which times are told: that of the client's calendar.
    pub zone: chrono_tz::Tz,
    /// What is kept once it is told ([`mark_told`]).
    mark: (ToldMatter, chrono::NaiveDate),
}

/// What there is to tell of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckInMatter {
    /// It is to hear from us soon.
    Soon,
    /// It should have heard from us.
    Lapsed,
    /// It has been silent for longer than it usually is. Told on one morning only.
    Quiet(Silence),
}

/// What a person is told of the clients he answers for at a moment ([`answering`]): what has lapsed,
/// what is due soon, who has gone quiet; the soonest due first.
pub fn lines_for(person: &Address, book: &Book, rules: &Rules, now: Timestamp) -> Vec<CheckInLine> {
    let mut lines = Vec::new();
    let away = book.absences().away_at(rules, now);
    for client in rules.clients.values() {
        if answering(client, rules, &away).contains(person) {
            lines.extend(lines_of(client, person, book, rules, now));
        }
    }
    lines.sort_unstable_by_key(|line| (line.due_at.unwrap_or(Timestamp::MAX_UTC), line.mark));
    lines
}

/// What is kept once these lines were told to a person: to be part of the commit that owes the
/// mail. `liaisons` holds those that the commit has changed already.
pub fn mark_told(
    liaisons: &mut Vec<Liaison>,
    person: &Address,
    lines: &[CheckInLine],
    book: &Book,
    now: Timestamp,
) {
    for line in lines.iter().filter(|line| line.is_new) {
        let changed = liaisons.iter().position(|own| own.client == line.client);
        let at = match (changed, book.liaison(&line.client)) {
            (Some(at), _) => at,
            (None, Some(known)) => {
                liaisons.push(known.clone());
                liaisons.len() - 1
            }
            (None, None) => continue,
        };
        let told = &mut liaisons[at].told;
        let (what, of) = line.mark;
        if told_at(told, person, line.mark).is_none() {
            let person = person.clone();
            told.push(Told {
                what,
                of,
                person,
                at: now,
            });
            let too_many = told.len().saturating_sub(TOLD_MAX);
            told.drain(..too_many);
        }
    }
}

/// What is kept once it turns out that a mail in which a person was told, decided upon at this
/// moment, does not go out: what it told is new again.
pub fn mark_untold(liaisons: &mut Vec<Liaison>, person: &Address, told_at: Timestamp, book: &Book) {
    let is_of_mail = |own: &Told| own.person == *person && own.at == told_at;
    for known in book.liaisons() {
        if known.told.iter().any(is_of_mail) {
            let mut liaison = known.clone();
            liaison.told.retain(|own| !is_of_mail(own));
            liaisons.push(liaison);
        }
    }
}

fn lines_of(
    client: &Client,
    person: &Address,
    book: &Book,
    rules: &Rules,
    now: Timestamp,
) -> Vec<CheckInLine> {
    let liaison = book.liaison(&client.key);
    let promise = rules.promise(&client.key);
    let (Some(cadence), Some(liaison), Some((_, _, calendar))) =
        (client.check_in, liaison, promise)
    else {
        return Vec::new();
    };
    let stands = standing(liaison, cadence, calendar, now);
    let line = |matter: CheckInMatter, mark: (ToldMatter, chrono::NaiveDate)| {
        let told = told_at(&liaison.told, person, mark);
        let today = calendar.local_date(now);
        CheckInLine {
            client: client.key.clone(),
            name: client.name.clone(),
            cadence,
            last: stands.last.clone(),
            due_at: stands
                .due_at
                .filter(|_| !matches!(matter, CheckInMatter::Quiet(_))),
            matter,
            // A mail is composed after it was decided upon: on the same day it is still new.
            is_new: told.is_none_or(|at| calendar.local_date(at) == today),
            zone: calendar.zone,
            mark,
        }
    };
    let mut lines = Vec::new();
    let matter = match stands.state {
        StandingState::Soon => Some(CheckInMatter::Soon),
        StandingState::Lapsed => Some(CheckInMatter::Lapsed),
        StandingState::Fine | StandingState::Paused(_) => None,
    };
    if let (Some(matter), Some(told), Some(ends)) =
        (matter, stands.state.told(), stands.period_ends)
    {
        lines.push(line(matter, (told, ends)));
    }
    if let Some(silence) = stands.silence {
        let mark = (ToldMatter::Quiet, silence.heard_on);
        let quiet = line(CheckInMatter::Quiet(silence), mark);
        lines.extend(Some(quiet).filter(|line| line.is_new));
    }
    lines
}

/// When a person was told this.
fn told_at(
    told: &[Told],
    person: &Address,
    (what, of): (ToldMatter, chrono::NaiveDate),
) -> Option<Timestamp> {
    let mut known = told.iter();
    let known = known.find(|own| own.what == what && own.of == of && own.person == *person);
    known.map(|own| own.at)
}

impl CheckInLine {
    /// The line in words, readable alone, with times in the client's zone:
    /// `Acme: check-in (weekly) due Fri 27 Nov 17:30; last contact Mon 16 Nov (mail)`.
    pub fn words(&self) -> String {
        let every = self.cadence.as_str();
        let name = &self.name;
        let local =
            |at: Timestamp, form: &str| at.with_timezone(&self.zone).format(form).to_string();
        let last = match &self.last {
            Some(last) => format!(
                "last contact {} ({})",
                local(last.at, "%a %-d %b"),
                last.how.as_str()
            ),
            None => "no contact seen yet".to_owned(),
        };
        let due = self.due_at.map(|at| local(at, "%a %-d %b %H:%M"));
        let due = due.unwrap_or_default();
        match self.matter {
            CheckInMatter::Soon => format!("{name}: check-in ({every}) due {due}; {last}"),
            CheckInMatter::Lapsed => {
                format!("{name}: check-in ({every}) was due {due}; {last}")
            }
            CheckInMatter::Quiet(silence) => format!(
                "{name} has gone quiet: nothing for {} days, where it usually writes every {}; {last}",
                silence.days,
                in_days(silence.usual_days),
            ),
        }
    }
}

fn in_days(days: i64) -> String {
    match days {
        1 => "day".to_owned(),
        _ => format!("{days} days"),
    }
}
