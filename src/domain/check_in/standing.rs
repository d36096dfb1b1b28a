//! How the contact with a client stands at a moment.

use chrono::NaiveDate;

use super::period::deadline_after;
use super::silence::{Silence, hear, silence};
use super::{Contact, Liaison, ToldMatter};
use crate::domain::calendar::Calendar;
use crate::domain::rules::CheckIn;
use crate::domain::time::Timestamp;

/// How the contact with a client stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How often it is to hear from us.
    pub cadence: CheckIn,
    /// The newest contact.
    pub last: Option<Contact>,
    /// The next accepted meeting.
    pub next_meeting: Option<Timestamp>,
    /// By when it is to hear from us next. `None` if the calendar never opens.
    pub due_at: Option<Timestamp>,
    /// Where that stands.
    pub state: StandingState,
    /// Whether it has gone quiet.
    pub silence: Option<Silence>,
    /// The last date of the period that asks for a contact.
    pub(super) period_ends: Option<NaiveDate>,
}

/// Where the next check-in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StandingState {
    /// There is time, or a meeting is agreed in this period.
    Fine,
    /// A quarter of the period is left, or it is the last day.
    Soon,
    /// A period is over in which the client did not hear from us.
    Lapsed,
    /// Nobody is reminded, until this moment if there is one.
    Paused(Option<Timestamp>),
}

impl StandingState {
    /// The word for it in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Soon => "soon",
            Self::Lapsed => "lapsed",
            Self::Paused(_) => "paused",
        }
    }

    /// What people are told of it.
    pub(super) const fn told(self) -> Option<ToldMatter> {
        match self {
            Self::Soon => Some(ToldMatter::Soon),
            Self::Lapsed => Some(ToldMatter::Lapsed),
            Self::Fine | Self::Paused(_) => None,
        }
    }
}

/// How the contact with a client stands.
pub fn standing(
    liaison: &Liaison,
    cadence: CheckIn,
    calendar: &Calendar,
    now: Timestamp,
) -> Standing {
    let last = liaison.last_contact(now);
    let next_meeting = liaison.next_meeting(now);
    let deadline = deadline_after(cadence, calendar, kept_until(liaison, last.as_ref(), now));
    let held = liaison.paused.as_ref().filter(|pause| pause.holds(now));
    let state = match (held, &deadline) {
        (Some(pause), _) => StandingState::Paused(pause.until),
        (None, None) => StandingState::Fine,
        (None, Some(deadline)) if now >= deadline.due_at => StandingState::Lapsed,
        (None, Some(deadline)) => {
            let is_agreed = next_meeting.is_some_and(|at| at <= deadline.due_at);
            match now >= deadline.soon_at && !is_agreed {
                true => StandingState::Soon,
                false => StandingState::Fine,
            }
        }
    };
    let silence = match held {
        Some(_) => None,
        None => silence(&liaison.heard_on, now.date_naive()),
    };
    Standing {
        cadence,
        last,
        next_meeting,
        due_at: deadline.map(|deadline| deadline.due_at),
        state,
        silence,
        period_ends: deadline.map(|deadline| deadline.period.last),
    }
}

/// The moment whose period counts as kept: the last contact, or the moment from which on check-ins
/// count, or count again.
fn kept_until(liaison: &Liaison, last: Option<&Contact>, now: Timestamp) -> Timestamp {
    let paused = liaison.paused.as_ref();
    let paused = paused.and_then(|pause| pause.until).filter(|at| *at <= now);
    let moments = [Some(liaison.since), last.map(|last| last.at), paused];
    let latest = moments.into_iter().flatten().max();
    latest.unwrap_or(liaison.since)
}

impl Liaison {
    /// Takes down that a person of the client wrote.
    pub fn take_heard(&mut self, at: Timestamp) {
        hear(&mut self.heard_on, at.date_naive());
    }
}
