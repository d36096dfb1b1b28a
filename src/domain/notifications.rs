//! Who is told of what by which road: the matrix of occasions and people.
//!
//! Vocabulary: an *occasion* is something the team is told of; a *road* is a way to tell it; mail
//! is one of them, and all there is unless the configuration names others.

use std::collections::BTreeMap;

use super::address::Address;
use super::ids::RoadName;
use super::outbox::{Purpose, StageKey};
use super::policy::Step;
use super::time::BusinessTime;

/// What the team is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// A deadline comes near.
    Remind,
    /// A deadline is here: the rung `"0m"` of `escalate_after`.
    Due,
    /// A deadline has passed for longer: the later rungs.
    Escalate,
    /// The client was acknowledged.
    Acknowledged,
    /// An acknowledgement to the client was held back.
    Held,
}

impl Occasion {
    /// All of them, in the order in which a case comes to them.
    pub const ALL: [Self; 5] = [
        Self::Remind,
        Self::Due,
        Self::Escalate,
        Self::Acknowledged,
        Self::Held,
    ];

    /// The word for it, in the configuration and in payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remind => "remind",
            Self::Due => "due",
            Self::Escalate => "escalate",
            Self::Acknowledged => "acknowledged",
            Self::Held => "held",
        }
    }

    /// For which occasion a message tells of a rung. `None`: it always goes by mail.
    pub const fn of(purpose: &Purpose, key: &StageKey) -> Option<Self> {
        match purpose {
            Purpose::Reminder | Purpose::Escalation => Some(match key.stage.step {
                Step::Remind(_) | Step::Acknowledge => Self::Remind,
                Step::Escalate(BusinessTime::ZERO) => Self::Due,
                Step::Escalate(_) => Self::Escalate,
            }),
            Purpose::Acknowledged => Some(Self::Acknowledged),
            Purpose::AcknowledgementHeld { .. } => Some(Self::Held),
            Purpose::Acknowledgement
            | Purpose::Summary
            | Purpose::StandIn
            | Purpose::Back
            | Purpose::Morning { .. }
            | Purpose::Weekly { .. }
            | Purpose::Confirmation { .. }
            | Purpose::Notice { .. }
            | Purpose::Alarm { .. } => None,
        }
    }
}

/// By which roads somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Whether by mail.
    pub mail: bool,
    /// By which others, each once, in the order of the configuration.
    pub roads: Vec<RoadName>,
}

impl Choice {
    /// By mail alone.
    pub const MAIL: Self = Self {
        mail: true,
        roads: Vec::new(),
    };
}

/// What is chosen for each [`Occasion`], in the order of [`Occasion::ALL`]; `None`: nothing is.
pub type Choices = [Option<Choice>; 5];

/// The matrix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notifications {
    /// What holds for everybody who has chosen nothing else.
    pub everybody: Choices,
    /// What people have chosen for themselves.
    pub people: BTreeMap<Address, Choices>,
}

impl Notifications {
    /// By which roads somebody is told: as chosen for him, else for everybody, else by mail.
    pub fn choice(&self, occasion: Occasion, person: &Address) -> &Choice {
        let place = occasion as usize;
        let own = self.people.get(person);
        own.and_then(|own| own[place].as_ref())
            .or(self.everybody[place].as_ref())
            .unwrap_or(const { &Choice::MAIL })
    }
}
