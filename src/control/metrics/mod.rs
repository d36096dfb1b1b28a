//! What the daemon counts and shows of itself to monitoring systems.
//!
//! Vocabulary: a [`Tally`] counts what has happened since the start; a [`Reading`] is a tally
//! with what the book says at one moment, plain data that the engine gives away in one message;
//! the *exposition* ([`exposition`]) is the page Prometheus reads, written elsewhere than in the
//! engine. A *metric* is one line of [`METRICS`]; `docs/monitoring.md` describes each, and a
//! test sees to it that it does.
//!
//! No label holds an address, a subject or a name of a client: there are as many series as
//! there are mailboxes and words in this module.

mod exposition;
mod histogram;
mod metric;

pub use exposition::exposition;
pub use histogram::Histogram;
pub use metric::{METRICS, Metric, MetricKind};

use std::collections::BTreeMap;
use std::time::Duration;

use super::view::{CaseCounts, MailboxState};
use crate::domain::classify::{Kind, Sender};
use crate::domain::outbox::{OutboxRow, Purpose, SendVerdict};
use crate::domain::policy::{Clock, Stage, Step};
use crate::domain::rules::Mode;
use crate::domain::time::{BusinessTime, Timestamp};

/// All that is shown, as of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The version of the program.
    pub version: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// What may be sent.
    pub mode: Mode,
    /// How many alarms last.
    pub alarms: u64,
    /// How many events wait for the engine.
    pub queue: u64,
    /// The mailboxes, by name.
    pub mailboxes: Vec<MailboxReading>,
    /// How many messages are set aside; counting ends where listing does.
    pub quarantined: u64,
    /// The open cases.
    pub cases: CaseCounts,
    /// Deadlines that have passed, by clock.
    pub overdue: BTreeMap<Clock, u64>,
    /// Deadlines within the next hour, by clock.
    pub due_within_hour: BTreeMap<Clock, u64>,
    /// The mail we owe, by the words of [`OUTBOX_STATES`].
    pub outbox: BTreeMap<&'static str, u64>,
    /// What has happened since the start.
    pub tally: Tally,
}

/// One mailbox at the moment of a [`Reading`].
#[derive(Debug, Clone, PartialEq)]
pub struct MailboxReading {
    /// Its name.
    pub name: String,
    /// How it is doing.
    pub state: MailboxState,
    /// Whether it was read to its end since the start, or since the machine slept.
    pub is_caught_up: bool,
    /// How long ago it gave its last proof of life; without any, how long we have watched.
    pub unproved_for: Duration,
    /// How many messages were read since the start.
    pub messages_seen: u64,
}

impl Reading {
    /// Why the daemon can't do all of its work, in words; empty if it can. (That it answers at
    /// all says that its store is open.)
    pub fn not_ready(&self) -> Vec<String> {
        let reasons = self.mailboxes.iter().filter_map(|mailbox| {
            let name = &mailbox.name;
            match (mailbox.state, mailbox.is_caught_up) {
                (MailboxState::Blind, _) => Some(format!("mailbox \"{name}\" is blind")),
                (_, false) => Some(format!("mailbox \"{name}\" is not read to its end yet")),
                (MailboxState::Live | MailboxState::CatchingUp, true) => None,
            }
        });
        reasons.collect()
    }
}

/// The states a mail we owe can be in, as [`Reading::outbox`] names them.
pub const OUTBOX_STATES: [&str; 5] = ["queued", "sending", "uncertain", "held", "given_up"];

/// What has happened since the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    messages: BTreeMap<(Sender, Kind), u64>,
    opened: u64,
    reopened: u64,
    sent: BTreeMap<&'static str, u64>,
    stages: BTreeMap<(Clock, &'static str), u64>,
    failures: BTreeMap<(&'static str, &'static str), u64>,
    answered: Histogram,
    answered_business: Histogram,
    commits: Histogram,
    events: Histogram,
    lags: Histogram,
}

/// From five minutes to three days: how long clients wait.
const WAITS: &[f64] = &[
    300.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 14400.0, 28800.0, 57600.0, 86400.0, 172_800.0,
    259_200.0,
];

/// From a millisecond to ten seconds: how long the disk and the engine take.
const WORK: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// From half a second to a day: how late something due can be, after an outage too.
const LAGS: &[f64] = &[
    0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0,
];

impl Default for Tally {
    fn default() -> Self {
        Self {
            messages: BTreeMap::new(),
            opened: 0,
            reopened: 0,
            sent: BTreeMap::new(),
            stages: BTreeMap::new(),
            failures: BTreeMap::new(),
            answered: Histogram::new(WAITS),
            answered_business: Histogram::new(WAITS),
            commits: Histogram::new(WORK),
            events: Histogram::new(WORK),
            lags: Histogram::new(LAGS),
        }
    }
}

impl Tally {
    /// So many messages of a sender were judged to be of a kind.
    pub fn messages(&mut self, sender: Sender, kind: Kind, count: u64) {
        *self.messages.entry((sender, kind)).or_default() += count;
    }

    /// A client's mail opened a case.
    pub fn case_opened(&mut self) {
        self.opened += 1;
    }

    /// A client's mail opened a case again.
    pub fn case_reopened(&mut self) {
        self.reopened += 1;
    }

    /// A person answered after so long, by the clock on the wall and in business time.
    pub fn answered(&mut self, elapsed: Duration, business: Option<BusinessTime>) {
        self.answered.observe(elapsed.as_secs_f64());
        if let Some(business) = business {
            let business = Duration::from_secs(business.seconds());
            self.answered_business.observe(business.as_secs_f64());
        }
    }

    /// An attempt to send a mail of ours is over.
    pub fn attempted(&mut self, row: &OutboxRow, verdict: &SendVerdict) {
        let purpose = purpose_word(&row.purpose);
        let outcome = match verdict {
            SendVerdict::Sent => {
                *self.sent.entry(purpose).or_default() += 1;
                return self.stages_sent(row);
            }
            SendVerdict::Later { .. } | SendVerdict::LaterBy { .. } => "later",
            SendVerdict::Refused { .. } => "refused",
            SendVerdict::Unknown { .. } => "unknown",
        };
        let route = match row.purpose.second_route() {
            None if row.road.is_some() => "road",
            None => "mail",
            Some(_) => "second",
        };
        *self.failures.entry((route, outcome)).or_default() += 1;
    }

    fn stages_sent(&mut self, row: &OutboxRow) {
        for stage in stages_of(row) {
            let stage = (stage.clock, stage_word(stage));
            *self.stages.entry(stage).or_default() += 1;
        }
    }

    /// A commit was on disk after so long.
    pub fn committed(&mut self, took: Duration) {
        self.commits.observe(took.as_secs_f64());
    }

    /// The engine has dealt with an event.
    pub fn dealt_with(&mut self, took: Duration) {
        self.events.observe(took.as_secs_f64());
    }

    /// What was due was acted upon so late.
    pub fn acted(&mut self, late: Duration) {
        self.lags.observe(late.as_secs_f64());
    }
}

/// The stages of a ladder, as metrics and logs name them.
const STAGES: [&str; 4] = ["remind", "acknowledge", "due", "escalate"];

/// The rungs a mail of ours stands for; none, if it is about cases as a whole.
pub fn stages_of(row: &OutboxRow) -> impl Iterator<Item = Stage> {
    let keys = match row.purpose {
        Purpose::Reminder | Purpose::Escalation | Purpose::Acknowledgement => row.keys.as_slice(),
        Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back
        | Purpose::Morning { .. }
        | Purpose::Weekly { .. }
        | Purpose::Confirmation { .. }
        | Purpose::Notice { .. }
        | Purpose::Alarm { .. } => &[],
    };
    keys.iter().map(|key| key.stage)
}

/// The stage of a rung, as metrics and logs name it, without its duration.
pub fn stage_word(stage: Stage) -> &'static str {
    match stage.step {
        Step::Remind(_) => "remind",
        Step::Acknowledge => "acknowledge",
        Step::Escalate(BusinessTime::ZERO) => "due",
        Step::Escalate(_) => "escalate",
    }
}

/// A clock, as metrics and logs name it.
pub const fn clock_word(clock: Clock) -> &'static str {
    match clock {
        Clock::Acknowledge => "acknowledge",
        Clock::Answer => "answer",
    }
}

/// What mails of ours are for, as metrics and logs name it.
const PURPOSES: [&str; 11] = [
    "reminder",
    "escalation",
    "acknowledgement",
    "acknowledged",
    "acknowledgement_held",
    "summary",
    "morning",
    "weekly",
    "confirmation",
    "notice",
    "alarm",
];

/// What a mail of ours is for, as metrics and logs name it.
pub const fn purpose_word(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Reminder => "reminder",
        Purpose::Escalation => "escalation",
        Purpose::Acknowledgement => "acknowledgement",
        Purpose::Acknowledged => "acknowledged",
        Purpose::AcknowledgementHeld { .. } => "acknowledgement_held",
        Purpose::Summary => "summary",
        Purpose::StandIn => "stand_in",
        Purpose::Back => "back",
        Purpose::Morning { .. } => "morning",
        Purpose::Weekly { .. } => "weekly",
        Purpose::Confirmation { .. } => "confirmation",
        Purpose::Notice { .. } => "notice",
        Purpose::Alarm { .. } => "alarm",
    }
}
