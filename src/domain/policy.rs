//! How long we may take, and the ladder of reminders on the way.
//!
//! Vocabulary: a *policy* names a calendar, the time we may take and the rungs; a *stage* is
//! one rung of a ladder: remind, acknowledge, escalate; a *clock* is what runs for a case:
//! any response stops the acknowledge clock, only a person's answer stops the answer clock.

mod explanation;

use std::cmp::Reverse;
use std::fmt;

use super::calendar::{Calendar, CalendarError, Count};
use super::ids::{CalendarName, PolicyName};
use super::time::{BusinessTime, Timestamp};

pub use explanation::{Explanation, ExplanationStep};

/// How long we may take for a client's mail. All durations are business time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its key in the configuration.
    pub name: PolicyName,
    /// The calendar on which it counts.
    pub calendar: CalendarName,
    /// How long until the client must have a response.
    pub acknowledge_within: BusinessTime,
    /// Whether the response is due by the close of the business day the clock starts in.
    pub same_business_day: bool,
    /// In place of `acknowledge_within` for urgent mail. `None`: urgent mail has no shorter time.
    pub urgent_within: Option<BusinessTime>,
    /// Mail with less than this left before close counts as arrived at the next opening.
    pub min_lead: BusinessTime,
    /// How long until a person must have answered. `None`: no answer clock.
    pub answer_within: Option<BusinessTime>,
    /// How long before a deadline the owners are reminded.
    pub remind_before: Vec<BusinessTime>,
    /// How long after a deadline it is escalated; zero is the due moment.
    pub escalate_after: Vec<BusinessTime>,
    /// How long before the acknowledge deadline we acknowledge by ourselves. `None`: never.
    pub auto_acknowledge_before: Option<BusinessTime>,
}

/// The two clocks of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// Until the client has any response.
    Acknowledge,
    /// Until a person has answered.
    Answer,
}

/// What is done at a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Remind the owners, this long before the deadline.
    Remind(BusinessTime),
    /// Acknowledge receipt to the client (acknowledge clock only).
    Acknowledge,
    /// Tell owners and `escalate_to`, this long after the deadline.
    Escalate(BusinessTime),
}

/// One rung of the ladder of one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stage {
    /// Whose ladder.
    pub clock: Clock,
    /// What is done.
    pub step: Step,
}

impl Step {
    /// Whether it comes later on every ladder than another one: a shorter time before the
    /// deadline, or a longer one after it. Of acknowledging the team is told in other ways; it is
    /// neither earlier nor later.
    pub fn is_later_than(self, other: Self) -> bool {
        match (self, other) {
            (Self::Remind(own), Self::Remind(other)) => own < other,
            (Self::Escalate(own), Self::Escalate(other)) => own > other,
            (Self::Escalate(_), Self::Remind(_)) => true,
            (Self::Remind(_), Self::Escalate(_))
            | (Self::Acknowledge, _)
            | (_, Self::Acknowledge) => false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Remind(before) => write!(f, "remind {before} before")?,
            Step::Acknowledge => f.write_str("acknowledge")?,
            Step::Escalate(after) => write!(f, "escalate {after} after")?,
        }
        match self.clock {
            Clock::Acknowledge => Ok(()),
            Clock::Answer => f.write_str(" (answer)"),
        }
    }
}

/// A rung with the moment it falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rung {
    /// When it falls due.
    pub at: Timestamp,
    /// What is done then.
    pub stage: Stage,
}

/// The deadlines of a message under a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Where counting starts: the receipt, or the next opening.
    pub start: Timestamp,
    /// When the client must have a response.
    pub acknowledge_due: Timestamp,
    /// Whether the close of the business day made it earlier.
    pub capped: bool,
    /// When a person must have answered, if the policy has an answer clock.
    pub answer_due: Option<Timestamp>,
}

/// How many business days ahead a day with `min_lead` of open time is looked for. If all are
/// shorter, the next opening has to do: a mail must never be left without a deadline.
const MIN_LEAD_DAYS_MAX: u32 = 31;

impl Policy {
    /// The deadlines of a mail received at `received_at` (design: rules of time).
    ///
    /// Fails if the calendar has too little open time within its horizon.
    pub fn deadlines(
        &self,
        calendar: &Calendar,
        received_at: Timestamp,
        urgent: bool,
    ) -> Result<Deadlines, CalendarError> {
        let count = self.leave_lead(calendar, calendar.count_from(received_at)?)?;
        let uncapped = count.add(self.within(urgent));
        let close = self.same_business_day.then(|| count.close_of_day());
        let (acknowledge_due, capped) = match (uncapped, close) {
            (Ok(due), Some(close)) if due <= close => (due, false),
            (_, Some(close)) => (close, true),
            (uncapped, None) => (uncapped?, false),
        };
        let answer_due = self.answer_within.map(|within| count.add(within));
        Ok(Deadlines {
            start: count.start(),
            acknowledge_due,
            capped,
            answer_due: answer_due.transpose()?,
        })
    }

    /// The rungs of one clock that starts at `start` and is due at `due`, soonest first.
    /// Reminders are counted backwards and escalations forwards, both in business time; a
    /// reminder that falls on a closing is put at the next opening, one longer than the whole
    /// period at the start. `Step::Acknowledge` is only on the acknowledge clock's ladder.
    ///
    /// Rungs that fall on one moment stand in the order of their durations: the longest
    /// reminder first, the latest escalation last. Fails if there is too little open time for
    /// an escalation within the calendar's horizon.
    pub fn ladder(
        &self,
        calendar: &Calendar,
        clock: Clock,
        start: Timestamp,
        due: Timestamp,
    ) -> Result<Vec<Rung>, CalendarError> {
        let rung = |at, step| Rung {
            at,
            stage: Stage { clock, step },
        };
        let mut before: Vec<(BusinessTime, Step)> = self
            .remind_before
            .iter()
            .map(|before| (*before, Step::Remind(*before)))
            .collect();
        if clock == Clock::Acknowledge {
            let acknowledge = self.auto_acknowledge_before;
            before.extend(acknowledge.map(|before| (before, Step::Acknowledge)));
        }
        before.sort_by_key(|(before, step)| (Reverse(*before), *step));
        before.dedup();
        let mut after = self.escalate_after.clone();
        after.sort_unstable();
        after.dedup();

        let whole = calendar.elapsed(start, due);
        let mut rungs = Vec::with_capacity(before.len() + after.len());
        for (before, step) in before {
            let at = if before >= whole {
                start.min(due)
            } else {
                calendar.subtract(due, before)?.clamp(start, due)
            };
            rungs.push(rung(at, step));
        }
        for after in after {
            let at = match after {
                BusinessTime::ZERO => due,
                after => calendar.add(due, after)?,
            };
            rungs.push(rung(at, Step::Escalate(after)));
        }
        Ok(rungs)
    }

    /// The business time until the client must have a response.
    pub fn within(&self, urgent: bool) -> BusinessTime {
        match self.urgent_within {
            Some(within) if urgent => within,
            _ => self.acknowledge_within,
        }
    }

    /// Moves the start to the next business day as long as less than `min_lead` is left of
    /// its day.
    fn leave_lead<'a>(
        &self,
        calendar: &'a Calendar,
        first: Count<'a>,
    ) -> Result<Count<'a>, CalendarError> {
        if self.min_lead == BusinessTime::ZERO || first.left_of_day() >= self.min_lead {
            return Ok(first);
        }
        let next = calendar.count_from(first.close_of_day())?;
        let mut candidate = next.clone();
        for _ in 0..MIN_LEAD_DAYS_MAX {
            if candidate.left_of_day() >= self.min_lead {
                return Ok(candidate);
            }
            candidate = calendar.count_from(candidate.close_of_day())?;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
