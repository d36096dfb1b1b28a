//! What lies ahead of a case: its deadlines and rungs, worked out from state and rules.
//!
//! Nothing here is stored: a change of rules or a restart works it out anew.

use super::{Case, CaseState};
use crate::domain::address::Address;
use crate::domain::calendar::{Calendar, CalendarError};
use crate::domain::ids::OutboxId;
use crate::domain::policy::{Clock, Policy, Rung, Stage, Step};
use crate::domain::rules::{Client, Party, Rules, SendingHours};
use crate::domain::time::{BusinessTime, Timestamp};

/// The rung by which owners hear, at the end of a snooze, of what was escalated meanwhile.
pub const SNOOZE_ENDED: Step = Step::Remind(BusinessTime::ZERO);

/// What lies ahead of an open case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// When the client must have a response; `None` once it had one.
    pub acknowledge_due: Option<Timestamp>,
    /// When a person must have answered; `None` without an answer clock.
    pub answer_due: Option<Timestamp>,
    /// All rungs of the running clocks in this round of waiting, soonest first.
    pub rungs: Vec<Rung>,
}

impl Outlook {
    /// Works out what lies ahead. Empty for a closed case and for a client that is not
    /// configured any more.
    ///
    /// Fails if the calendar never opens for long enough.
    pub fn of(case: &Case, rules: &Rules) -> Result<Self, CalendarError> {
        let Some((client, policy, calendar)) = rules.promise(&case.client) else {
            return Ok(Self::default());
        };
        let mut outlook = Self::default();
        match case.state {
            CaseState::Waiting {
                since,
                answer_since,
                urgent_since,
                ..
            } => {
                let by_hand = case.urgent || client.urgent;
                let urgent_since = if by_hand { Some(since) } else { urgent_since };
                outlook.add_acknowledge_clock(policy, calendar, since, urgent_since)?;
                outlook.add_answer_clock(policy, calendar, answer_since)?;
            }
            CaseState::Acknowledged { answer_since, .. } => {
                outlook.add_answer_clock(policy, calendar, answer_since)?;
            }
            CaseState::New | CaseState::Answered { .. } | CaseState::Settled { .. } => {}
        }
        outlook.keep_sending_hours(rules, client)?;
        if let Some(until) = case.snoozed_until {
            outlook.keep_snooze(rules, client, until)?;
        }
        outlook.rungs.sort();
        Ok(outlook)
    }

    /// The soonest of its deadlines.
    pub fn due(&self) -> Option<(Timestamp, Clock)> {
        let acknowledge = self.acknowledge_due.map(|due| (due, Clock::Acknowledge));
        let answer = self.answer_due.map(|due| (due, Clock::Answer));
        acknowledge.into_iter().chain(answer).min()
    }

    /// The rungs nobody has acted upon, soonest first.
    pub fn open_rungs<'a>(&'a self, case: &'a Case) -> impl Iterator<Item = &'a Rung> {
        self.rungs.iter().filter(|rung| match rung.stage.step {
            Step::Acknowledge => case.acknowledgement.is_none() && !case.is_acknowledge_decided(),
            Step::Remind(_) | Step::Escalate(_) => !case.is_marked(rung.stage),
        })
    }

    fn add_acknowledge_clock(
        &mut self,
        policy: &Policy,
        calendar: &Calendar,
        since: Timestamp,
        urgent_since: Option<Timestamp>,
    ) -> Result<(), CalendarError> {
        let (start, due) = response_due(policy, calendar, since, urgent_since)?;
        let rungs = policy.ladder(calendar, Clock::Acknowledge, start, due)?;
        self.acknowledge_due = Some(due);
        self.rungs.extend(rungs);
        Ok(())
    }

    fn add_answer_clock(
        &mut self,
        policy: &Policy,
        calendar: &Calendar,
        since: Timestamp,
    ) -> Result<(), CalendarError> {
        let deadlines = policy.deadlines(calendar, since, false)?;
        if let Some(due) = deadlines.answer_due {
            let rungs = policy.ladder(calendar, Clock::Answer, deadlines.start, due)?;
            self.answer_due = Some(due);
            self.rungs.extend(rungs);
        }
        Ok(())
    }

    /// Owners hear nothing before the end of a snooze: reminders wait for it. Escalations go on,
    /// to whom the owners answer; where some fell into the snooze, its end is a rung of its own.
    fn keep_snooze(
        &mut self,
        rules: &Rules,
        client: &Client,
        until: Timestamp,
    ) -> Result<(), CalendarError> {
        let end = match sending_calendar(rules, client) {
            Some(hours) => sendable_at(hours, until)?,
            None => until,
        };
        let mut missed = None;
        for rung in &mut self.rungs {
            match rung.stage.step {
                Step::Remind(_) => rung.at = rung.at.max(end),
                Step::Escalate(_) if rung.at < end => missed = Some(rung.stage.clock),
                Step::Escalate(_) | Step::Acknowledge => {}
            }
        }
        self.rungs.extend(missed.map(|clock| Rung {
            at: end,
            stage: Stage {
                clock,
                step: SNOOZE_ENDED,
            },
        }));
        Ok(())
    }

    /// What falls due outside the sending hours waits for the next opening.
    fn keep_sending_hours(&mut self, rules: &Rules, client: &Client) -> Result<(), CalendarError> {
        if let Some(hours) = sending_calendar(rules, client) {
            for rung in &mut self.rungs {
                rung.at = sendable_at(hours, rung.at)?;
            }
        }
        Ok(())
    }
}

/// Where counting starts for a mail that waits since a moment, and when any response is due: a mail
/// that makes an older case urgent starts the urgent time at its own arrival, but can only bring
/// the deadline forward.
///
/// Fails if the calendar never opens for long enough.
pub fn response_due(
    policy: &Policy,
    calendar: &Calendar,
    since: Timestamp,
    urgent_since: Option<Timestamp>,
) -> Result<(Timestamp, Timestamp), CalendarError> {
    let plain = policy.deadlines(calendar, since, false)?;
    let urgent = urgent_since
        .map(|since| policy.deadlines(calendar, since, true))
        .transpose()?;
    let due = urgent.map_or(plain.acknowledge_due, |urgent| {
        urgent.acknowledge_due.min(plain.acknowledge_due)
    });
    Ok((plain.start, due))
}

/// The calendar in whose hours people may be written to about this client; `None`: at any time.
pub fn sending_calendar<'a>(rules: &'a Rules, client: &Client) -> Option<&'a Calendar> {
    let name = match &rules.team.sending_hours {
        SendingHours::Always => return None,
        SendingHours::Calendar(name) => name,
        SendingHours::OfPolicy => &rules.policies.get(&client.policy)?.calendar,
    };
    rules.calendars.get(name).map(|calendar| &**calendar)
}

/// The moment itself if people may be written to then, else the next opening. The closing
/// moment still counts: a deadline is often just there.
pub fn sendable_at(hours: &Calendar, at: Timestamp) -> Result<Timestamp, CalendarError> {
    let just_before = at - chrono::Duration::seconds(1);
    if hours.is_open(at) || hours.is_open(just_before) {
        Ok(at)
    } else {
        hours.next_open(at)
    }
}

impl Case {
    /// Who is reminded of it: the person it was assigned to, as long as they are of the team,
    /// else the client's owners. Nobody, of a client that is not configured any more.
    pub fn owners(&self, rules: &Rules) -> Vec<Address> {
        let Some(client) = rules.clients.get(&self.client) else {
            return Vec::new();
        };
        match &self.assigned_to {
            Some(person) if rules.party(person) == Party::Team => vec![person.clone()],
            Some(_) | None => client.owners.clone(),
        }
    }

    /// Whether it is decided, in this round of waiting, if the client is acknowledged: the
    /// mark carries the client's address. (A mark with an owner's address says that the owner
    /// was told why it is held.)
    pub fn is_acknowledge_decided(&self) -> bool {
        let generation = self.state.generation();
        self.marks.iter().any(|mark| {
            mark.generation == generation
                && mark.stage.step == Step::Acknowledge
                && self
                    .messages()
                    .any(|message| message.author.address == mark.recipient)
        })
    }

    /// The row of our acknowledgement, if one is owed or sent.
    pub fn acknowledgement_row(&self) -> Option<OutboxId> {
        self.acknowledgement
    }
}
