//! The regular contact that a client was promised, and whether it is kept.
//!
//! Vocabulary: a *cadence* ([`super::rules::CheckIn`]) divides the calendar into *periods*; in each of them the
//! client is to hear from a person of the team. A *contact* is such a moment: a person's mail, an
//! accepted meeting, a call. What is known of one client is its [`Liaison`]; what follows from it
//! at a moment is its [`Standing`]. Nothing of the standing is stored: no timers, only contacts.
//!
//! - `period`: the periods of a cadence, and when they are due.
//! - `meeting`: invitations and their answers, in whatever order they come.
//! - `silence`: whether a client has been silent for longer than is its habit.
//! - `phone`: whether a conversation goes back and forth so often that a call would be shorter.
//! - `lines`: what a person of the team is told in the morning.

mod lines;
mod meeting;
mod period;
mod phone;
mod silence;
mod standing;
#[cfg(test)]
mod tests;

pub use lines::{CheckInLine, CheckInMatter, lines_for, mark_told, mark_untold};
pub use meeting::{
    ATTENDEES_MAX, Edition, MEETINGS_MAX, Meeting, MeetingAnswer, MeetingNotice, NoticeKind,
    OCCURRENCES_AHEAD, OCCURRENCES_BEHIND, OCCURRENCES_MAX, Reply, Version,
};
pub use phone::deserves_call;
pub use silence::{HEARD_KEPT, Silence};
pub use standing::{Standing, StandingState, standing};

use chrono::NaiveDate;

use super::address::Address;
use super::ids::ClientKey;
use super::time::Timestamp;

/// How many marks of what was told are kept of one client, the newest.
pub const TOLD_MAX: usize = 64;

/// How long a name is kept of who said something, in characters.
const BY_CHARACTERS_MAX: usize = 100;

/// What is known of the contact with one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liaison {
    /// Which client.
    pub client: ClientKey,
    /// Since when its check-ins count: no period that had begun by then lapses.
    pub since: Timestamp,
    /// The newest contact, meetings in [`meetings`](Self::meetings) aside.
    pub last: Option<Contact>,
    /// The meetings with it, in the order of their ids; at most [`MEETINGS_MAX`].
    pub meetings: Vec<Meeting>,
    /// The days, in UTC, on which its people wrote, rising: the newest [`HEARD_KEPT`].
    pub heard_on: Vec<NaiveDate>,
    /// Whether nobody is to be reminded.
    pub paused: Option<Pause>,
    /// What was told to whom, the oldest first; at most [`TOLD_MAX`].
    pub told: Vec<Told>,
}

/// A contact with a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// In what way.
    pub how: ContactKind,
    /// Who of the team had it, by address or by the name given. `None` if that is not known.
    pub by: Option<String>,
}

/// In what way a client heard from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactKind {
    /// A person wrote to it.
    Mail,
    /// An accepted meeting.
    Meeting,
    /// Somebody says that he phoned.
    Phoned,
    /// Somebody says that he met it.
    Met,
}

impl ContactKind {
    /// The word for it in commands and mails.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Meeting => "meeting",
            Self::Phoned => "phoned",
            Self::Met => "met",
        }
    }
}

/// A time in which nobody is reminded of a client's check-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Until when. `None`: until somebody ends it.
    pub until: Option<Timestamp>,
    /// Who said so.
    pub by: String,
}

impl Pause {
    /// Whether it holds at a moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// What somebody was told of a client's check-ins, so that nobody is told twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Which matter.
    pub what: ToldMatter,
    /// The last date of the period; of a silence, the day on which the client was last heard.
    pub of: NaiveDate,
    /// Who was told.
    pub person: Address,
    /// When.
    pub at: Timestamp,
}

/// What somebody may be told of a client's check-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToldMatter {
    /// That one is due soon.
    Soon,
    /// That one has lapsed.
    Lapsed,
    /// That the client has gone quiet.
    Quiet,
}

impl Liaison {
    /// One that knows of nothing yet, and counts from this moment on.
    pub fn begun(client: ClientKey, since: Timestamp) -> Self {
        Self {
            client,
            since,
            last: None,
            meetings: Vec::new(),
            heard_on: Vec::new(),
            paused: None,
            told: Vec::new(),
        }
    }

    /// Takes down a contact. Of two, the later one counts; of two at one moment, always the same.
    pub fn take_contact(&mut self, mut contact: Contact) {
        let by = contact.by.take();
        contact.by = by.map(|by| {
            let shown = by.chars().filter(|c| !c.is_control());
            shown.take(BY_CHARACTERS_MAX).collect()
        });
        if self.last.as_ref().is_none_or(|last| *last < contact) {
            self.last = Some(contact);
        }
    }

    /// The newest contact until a moment, meetings included.
    pub fn last_contact(&self, now: Timestamp) -> Option<Contact> {
        let met = self.meetings.iter().filter_map(|own| own.last_until(now));
        let met = met.max().map(|at| Contact {
            at,
            how: ContactKind::Meeting,
            by: None,
        });
        let last = self.last.clone().filter(|last| last.at <= now);
        met.max(last)
    }

    /// The next meeting after a moment that was accepted.
    pub fn next_meeting(&self, now: Timestamp) -> Option<Timestamp> {
        let ahead = self.meetings.iter().filter_map(|own| own.next_after(now));
        ahead.min()
    }
}
