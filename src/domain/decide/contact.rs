//! What a client heard from us: seen in mail, or said by people.

use super::say::name;
use super::{Decisions, LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::calendar::ics::meetings_from_ics;
use crate::domain::case::Settlement;
use crate::domain::check_in::{Contact, ContactKind, Liaison, MeetingNotice, NoticeKind, Pause};
use crate::domain::classify::{Kind, Sender, Verdict};
use crate::domain::commit::Known;
use crate::domain::facts::Arrived;
use crate::domain::ids::ClientKey;
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

use super::arrivals::Judged;

/// Why what was said of check-ins can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckInRefusal {
    /// No such client is configured.
    #[error("there is no client \"{0}\"; \"ackd checkins\" lists those with check-ins")]
    NoSuchClient(ClientKey),
    /// The client was promised no check-ins.
    #[error(
        "client \"{0}\" has no check-ins; write check_in = \"weekly\" into [clients.{0}] and reload"
    )]
    NoCheckIns(ClientKey),
    /// The contact is still to come.
    #[error("{0} is still to come; say it when it has happened")]
    StillToCome(String),
    /// The pause would be over already.
    #[error("{0} is over already; name a day to come")]
    Over(String),
    /// There is no pause.
    #[error("the check-ins with client \"{0}\" are not paused; nothing to do")]
    NotPaused(ClientKey),
}

/// Somebody says that he spoke with a client, or met it, at a moment.
pub fn contacted(
    book: &Book,
    rules: &Rules,
    client: &ClientKey,
    (how, at): (ContactKind, Timestamp),
    by: &str,
    now: Timestamp,
) -> Result<Decisions, CheckInRefusal> {
    let mut step = said_of(book, rules, client, now)?;
    if at > now {
        return Err(CheckInRefusal::StillToCome(local(rules, client, at)));
    }
    let by = Some(name(by));
    step.take_contact(client, Contact { at, how, by });
    let what = format!("contact with the client: {}", how.as_str());
    step.note_of_check_in(client, what);
    Ok(step.finish())
}

/// From now on nobody is reminded of a client's check-ins: until a moment, or until somebody ends
/// it.
pub fn pause_check_ins(
    book: &Book,
    rules: &Rules,
    client: &ClientKey,
    until: Option<Timestamp>,
    by: &str,
    now: Timestamp,
) -> Result<Decisions, CheckInRefusal> {
    let mut step = said_of(book, rules, client, now)?;
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(CheckInRefusal::Over(local(rules, client, until)));
    }
    let by = name(by);
    step.liaison_mut(client).paused = Some(Pause { until, by });
    step.note_of_check_in(client, "check-ins paused".to_owned());
    Ok(step.finish())
}

/// Check-ins with a client go on: those of the period that is under way count as kept.
pub fn resume_check_ins(
    book: &Book,
    rules: &Rules,
    client: &ClientKey,
    now: Timestamp,
) -> Result<Decisions, CheckInRefusal> {
    let mut step = said_of(book, rules, client, now)?;
    let liaison = step.liaison_mut(client);
    if liaison.paused.take().is_none_or(|pause| !pause.holds(now)) {
        return Err(CheckInRefusal::NotPaused(client.clone()));
    }
    liaison.since = now;
    step.note_of_check_in(client, "check-ins go on".to_owned());
    Ok(step.finish())
}

/// What a mail between a client and the team says of meetings.
pub(super) fn meetings_in(
    arrived: &Arrived,
    verdict: &Verdict,
    rules: &Rules,
) -> Vec<MeetingNotice> {
    let calendar = arrived.facts.calendar.as_deref();
    let client = verdict.client.as_ref();
    let (Some(calendar), Some(client), false) = (calendar, client, verdict.suspicious) else {
        return Vec::new();
    };
    let zone = rules.promise(client).map(|(_, _, calendar)| calendar.zone);
    meetings_from_ics(
        calendar,
        zone.unwrap_or(chrono_tz::UTC),
        arrived.received_at,
    )
}

impl Judged {
    /// Whether a client heard from us by it, or will.
    pub fn is_contact(&self) -> bool {
        is_letter(&self.verdict) || !self.meetings.is_empty()
    }
}

/// Whether a person of the team wrote to somebody of a client.
fn is_letter(verdict: &Verdict) -> bool {
    verdict.sender == Sender::Team
        && verdict.kind == Kind::Human
        && !verdict.suspicious
        && !verdict.addressed.is_empty()
}

impl Step<'_> {
    /// Takes down what a mail tells of the contact with clients: once or twice, old or new, in
    /// whatever order.
    pub(super) fn note_contact(&mut self, message: &Judged) {
        let verdict = &message.verdict;
        let arrived = &message.arrived;
        if is_letter(verdict) {
            let date = arrived.facts.date;
            let at = date.map_or(arrived.received_at, |date| date.min(arrived.received_at));
            let author = verdict.author.as_ref();
            let contact = Contact {
                at: self.not_ahead(at),
                how: ContactKind::Mail,
                by: author.map(|author| author.address.to_string()),
            };
            for person in &verdict.addressed {
                self.take_contact(&person.client, contact.clone());
            }
        }
        if verdict.sender == Sender::Client && verdict.kind == Kind::Human && !verdict.suspicious {
            self.take_heard(verdict.client.as_ref(), arrived.received_at);
        }
        for notice in &message.meetings {
            self.take_meeting(verdict, notice);
        }
    }

    /// A case is settled by a call, or by a meeting.
    pub(super) fn settled_in_person(&mut self, client: &ClientKey, how: Settlement, by: &str) {
        let how = match how {
            Settlement::Phoned => ContactKind::Phoned,
            Settlement::Met => ContactKind::Met,
            Settlement::Answered | Settlement::Dismissed | Settlement::Joined(_) => return,
        };
        let (at, by) = (self.now, Some(by.to_owned()));
        self.take_contact(client, Contact { at, how, by });
    }

    /// Begins to keep what is known of clients that were promised check-ins.
    pub(super) fn begin_liaisons(&mut self) {
        for client in self.rules.clients.values() {
            if client.check_in.is_some() && self.book.liaison(&client.key).is_none() {
                self.liaison_mut(&client.key);
            }
        }
    }

    fn take_contact(&mut self, client: &ClientKey, contact: Contact) {
        let known = self.liaison(client).and_then(|own| own.last.as_ref());
        let is_new = known.is_none_or(|known| *known < contact);
        if is_new && self.keeps(client) {
            self.liaison_mut(client).take_contact(contact);
        }
    }

    fn take_heard(&mut self, client: Option<&ClientKey>, received_at: Timestamp) {
        let at = self.not_ahead(received_at);
        let Some(client) = client.filter(|client| self.keeps(client)) else {
            return;
        };
        let day = at.date_naive();
        let known = self.liaison(client);
        if known.is_none_or(|own| !own.heard_on.contains(&day)) {
            self.liaison_mut(client).take_heard(at);
        }
    }

    /// An invitation counts if it comes from the organizer's side, an answer if it comes from
    /// the side of who gives it.
    fn take_meeting(&mut self, verdict: &Verdict, notice: &MeetingNotice) {
        let rules = self.rules;
        let now = self.now;
        let by = |address: &Address| match (rules.party(address), verdict.sender) {
            (Party::Team, Sender::Team) => true,
            (Party::Client(client), Sender::Client) => verdict.client.as_ref() == Some(client),
            (Party::Team | Party::Client(_) | Party::Stranger, _) => false,
        };
        let organizer = notice.organizer.as_ref();
        if notice.kind != NoticeKind::Reply && !organizer.is_some_and(by) {
            return;
        }
        let named = notice.attendees.iter().map(|(address, _)| address);
        let mut clients: Vec<ClientKey> = Vec::new();
        for address in named.chain(organizer) {
            if let Party::Client(client) = rules.party(address)
                && !clients.contains(client)
                && self.keeps(client)
            {
                clients.push(client.clone());
            }
        }
        for client in clients {
            let invited_by = organizer.map(|address| rules.party(address));
            let is_clients = invited_by == Some(Party::Client(&client));
            let counts = |address: &Address| {
                let is_other_side = match rules.party(address) {
                    Party::Team => is_clients,
                    Party::Client(own) => !is_clients && *own == client,
                    Party::Stranger => false,
                };
                is_other_side && (notice.kind != NoticeKind::Reply || by(address))
            };
            let is_heeded = notice.kind != NoticeKind::Reply
                || notice.attendees.iter().any(|(address, _)| counts(address));
            if is_heeded {
                self.liaison_mut(&client).take_meeting(notice, counts, now);
            }
        }
    }

    /// Whether the contact with a client is kept: of those that are, or were, promised check-ins.
    fn keeps(&self, client: &ClientKey) -> bool {
        let configured = self.rules.clients.get(client);
        configured.is_some_and(|own| own.check_in.is_some()) || self.liaison(client).is_some()
    }

    fn liaison(&self, client: &ClientKey) -> Option<&Liaison> {
        let touched = self.liaisons.get(client);
        touched.or_else(|| self.book.liaison(client))
    }

    /// The step's own copy of what is known of a client.
    fn liaison_mut(&mut self, client: &ClientKey) -> &mut Liaison {
        let known = self.book.liaison(client);
        let now = self.now;
        let own = self.liaisons.entry(client.clone());
        own.or_insert_with(|| {
            known.map_or_else(|| Liaison::begun(client.clone(), now), Liaison::clone)
        })
    }

    fn note_of_check_in(&mut self, client: &ClientKey, what: String) {
        self.note(Weight::Event, LogEvent::CheckInSaid, None, what);
        if let Some(note) = self.decisions.notes.last_mut() {
            note.client = Some(client.clone());
        }
    }
}

fn said_of<'a>(
    book: &'a Book,
    rules: &'a Rules,
    client: &ClientKey,
    now: Timestamp,
) -> Result<Step<'a>, CheckInRefusal> {
    let configured = rules.clients.get(client);
    let configured = configured.ok_or_else(|| CheckInRefusal::NoSuchClient(client.clone()))?;
    if configured.check_in.is_none() {
        return Err(CheckInRefusal::NoCheckIns(client.clone()));
    }
    Ok(Step::new(book, rules, Known::default(), now))
}

/// A moment as the client's calendar shows it.
fn local(rules: &Rules, client: &ClientKey, at: Timestamp) -> String {
    let calendar = rules.promise(client).map(|(_, _, calendar)| calendar);
    calendar.map_or_else(|| at.to_rfc3339(), |calendar| calendar.local_text(at))
}
