//! How the regular contact with a client is shown.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::domain::calendar::Calendar;
use crate::domain::check_in::{Contact, Standing, StandingState};
use crate::domain::rules::Client;
use crate::domain::time::Timestamp;

/// The regular contact with a client: `ackd checkins`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInView {
    /// The client's key.
    pub client: String,
    /// Its name.
    pub name: String,
    /// How often it is to hear from the team: `daily`, `weekly`, `twice-monthly`, `monthly`.
    pub cadence: String,
    /// When it last did, and how; none if that is not known.
    pub last_contact: Option<ContactView>,
    /// When the next accepted meeting begins.
    #[serde(with = "moment::option")]
    pub next_meeting_at: Option<Timestamp>,
    /// By when it is to hear from the team next; one in the past has lapsed.
    #[serde(with = "moment::option")]
    pub due_at: Option<Timestamp>,
    /// `fine`, `soon`, `lapsed` or `paused`.
    pub state: String,
    /// Until when it is paused; none if it is not, or until somebody ends it.
    #[serde(with = "moment::option")]
    pub paused_until: Option<Timestamp>,
    /// On which day (UTC) the client was last heard, if it has gone quiet: `2026-11-23`.
    pub quiet_since: Option<String>,
    /// Who is told.
    pub owners: Vec<String>,
    /// The time zone (IANA) of the client's calendar, in which people read its moments.
    pub time_zone: String,
}

/// A contact with a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactView {
    /// When.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// In what way: `mail`, `meeting`, `phoned`, `met`.
    pub how: String,
    /// Who of the team had it, if that is known.
    pub by: Option<String>,
}

impl CheckInView {
    /// How it stands with a client.
    pub fn new(client: &Client, calendar: &Calendar, stands: &Standing) -> Self {
        let paused_until = match stands.state {
            StandingState::Paused(until) => until,
            StandingState::Fine | StandingState::Soon | StandingState::Lapsed => None,
        };
        Self {
            client: client.key.as_str().to_owned(),
            name: client.name.clone(),
            cadence: stands.cadence.as_str().to_owned(),
            last_contact: stands.last.clone().map(ContactView::from),
            next_meeting_at: stands.next_meeting,
            due_at: stands.due_at,
            state: stands.state.as_str().to_owned(),
            paused_until,
            quiet_since: stands.silence.map(|silence| silence.heard_on.to_string()),
            owners: client.owners.iter().map(ToString::to_string).collect(),
            time_zone: calendar.zone.name().to_owned(),
        }
    }
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            at: contact.at,
            how: contact.how.as_str().to_owned(),
            by: contact.by,
        }
    }
}
