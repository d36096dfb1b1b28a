//! The morning mail and the weekly one: when they are due, and what is kept for them.
//!
//! Vocabulary: a *morning* is the moment of a day at which a person is told how things stand; it
//! *lasts* until the close of that day, and a mail that could not be written by then is not
//! written any more: the next one covers it. An *aside* is a mail of a client that opened no
//! case. When mornings come is derived from rules and calendar; on disk is only which day was
//! the last for whom ([`Mornings`]), so that nobody gets two mails for one day.

mod schedule;

pub use schedule::{
    Morning, Week, last_week, morning_of, morning_on, mornings_set_right, next_errand,
    next_morning, next_week, readers, team_calendar, week_of, week_readers,
};

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::address::{Address, Author};
use super::classify::Kind;
use super::ids::{ClientKey, MailboxName, MessageKey};
use super::time::Timestamp;

/// `[digest]`: who is told how things stand, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Whether there is a morning mail. Without it only check-ins are told of.
    pub daily: bool,
    /// When it comes, in the zone of the reader's calendar.
    pub at: NaiveTime,
    /// On which days, from Monday on; never on one on which the calendar is closed.
    pub days: [bool; 7],
    /// Whether there is a weekly mail.
    pub weekly: bool,
    /// Who gets the weekly mail. Empty: those who hear of broken promises.
    pub weekly_to: Vec<Address>,
    /// On which day; if the calendar is closed then, on the next one it is open.
    pub weekly_on: Weekday,
    /// When, in the zone of the team's calendar.
    pub weekly_at: NaiveTime,
}

/// What is kept for the morning and weekly mails. On disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mornings {
    /// Since when there are morning mails. `None`: there are none yet.
    pub since: Option<Timestamp>,
    /// The last morning of each person.
    pub told: BTreeMap<Address, LastMorning>,
    /// The Monday of the last week each person had a report of, or that was passed over.
    pub weekly: BTreeMap<Address, NaiveDate>,
    /// When mailboxes gave no proof of life, the oldest first; at most [`BLIND_MAX`].
    pub blind: Vec<BlindTime>,
}

/// The last morning of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastMorning {
    /// The day, in the zone of the person's calendar.
    pub day: NaiveDate,
    /// What came in before this moment was told.
    pub covers: Timestamp,
}

/// A time in which a mailbox gave no proof of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindTime {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// How many blind times are kept, the newest.
pub const BLIND_MAX: usize = 500;

/// How long blind times are kept: what a weekly report may still tell of.
pub const BLIND_KEPT: chrono::Duration = chrono::Duration::days(35);

/// How long the last mornings of people who get none any more are kept.
const TOLD_KEPT_DAYS: i64 = 60;

/// A client's mail that opened no case. On disk only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// When we learned of it.
    pub at: Timestamp,
    /// Which mail.
    pub message: MessageKey,
    /// Whose.
    pub client: ClientKey,
    /// What it was.
    pub kind: AsideKind,
    /// Who wrote it, as far as that is known.
    pub from: Option<Author>,
    /// Its subject, shortened; empty if subjects are not kept.
    pub subject: String,
}

/// What kind of mail opened no case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AsideKind {
    /// A short thanks.
    Thanks,
    /// Mail of this kind.
    Mail(Kind),
}

impl AsideKind {
    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thanks => "thanks",
            Self::Mail(Kind::Human) => "mail",
            Self::Mail(Kind::AutoReply) => "automatic reply",
            Self::Mail(Kind::Bounce) => "undeliverable",
            Self::Mail(Kind::Receipt) => "read receipt",
            Self::Mail(Kind::Calendar) => "meeting",
            Self::Mail(Kind::MailingList) => "mailing list",
            Self::Mail(Kind::Bulk) => "mass mail",
            Self::Mail(Kind::Notification) => "notification",
            Self::Mail(Kind::Own) => "a mail of ackd",
        }
    }
}

/// How many asides are read for one mail, the newest.
pub const ASIDES_MAX: usize = 1000;

/// How far back a morning mail tells of asides, at most.
pub const ASIDES_BACK: chrono::Duration = chrono::Duration::days(7);

impl Mornings {
    /// Takes down that this was a person's last morning.
    pub fn tell(&mut self, person: &Address, last: LastMorning) {
        let oldest = last.day - chrono::Duration::days(TOLD_KEPT_DAYS);
        self.told.retain(|_, known| known.day >= oldest);
        self.told.insert(person.clone(), last);
    }

    /// Takes down a time in which a mailbox was blind.
    pub fn was_blind(&mut self, blind: BlindTime) {
        let oldest = blind.until - BLIND_KEPT;
        self.blind.push(blind);
        self.blind.retain(|own| own.until >= oldest);
        let too_many = self.blind.len().saturating_sub(BLIND_MAX);
        self.blind.drain(..too_many);
    }

    /// From which moment on a person has not been told what came in.
    pub fn untold_since(&self, person: &Address, now: Timestamp) -> Timestamp {
        let told = self.told.get(person).map(|last| last.covers);
        let since = told.or(self.since).unwrap_or(now);
        since.max(now - ASIDES_BACK)
    }
}
