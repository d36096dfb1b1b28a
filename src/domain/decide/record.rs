//! For the record: what was due when a client had a response, and whether it came in time.
//!
//! It is worked out in the step that stops a clock, by the rules of that moment, and stays in the
//! history of the case whatever becomes of hours, holidays and policies later.

use super::Step;
use crate::domain::calendar::Calendar;
use crate::domain::case::{Case, CaseState, Outlook};
use crate::domain::policy::Clock;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

impl Step<'_> {
    /// Notes it for every clock that was stopped in this step.
    pub(super) fn record_what_was_due(&mut self) {
        let mut records = Vec::new();
        for (id, case) in &self.touched {
            let before = self.book.case(*id).or_else(|| self.known.cases.get(id));
            if before.is_some_and(|before| before.state == case.state) {
                continue;
            }
            let lines = what_was_due(case, self.rules);
            if lines.is_empty() {
                continue;
            }
            let known = before.map(|before| what_was_due(before, self.rules));
            let known = known.unwrap_or_default();
            let news = lines.into_iter().filter(|line| !known.contains(line));
            records.extend(news.map(|line| (*id, line)));
        }
        for (id, line) in records {
            self.history(id, line);
        }
    }
}

/// A line for each clock that does not run any more. One that goes on in another case has come to
/// no end.
fn what_was_due(case: &Case, rules: &Rules) -> Vec<String> {
    if case.joined_to().is_some() {
        return Vec::new();
    }
    let last = case.last_wait();
    let stopped = [
        (Clock::Acknowledge, last.for_response),
        (Clock::Answer, last.for_answer),
    ];
    let Some((_, _, calendar)) = rules.promise(&case.client) else {
        return Vec::new();
    };
    // Mostly both clocks ran in one state, and one look at it serves both.
    let mut seen: Option<(Case, Outlook)> = None;
    let line = |(clock, wait): (Clock, Option<(CaseState, CaseState)>)| {
        let (waited, ended) = wait?;
        if !matches!(&seen, Some((then, _)) if then.state == waited) {
            let mut then = case.clone();
            then.state = waited;
            let outlook = Outlook::of(&then, rules).ok()?;
            seen = Some((then, outlook));
        }
        let (_, outlook) = seen.as_ref()?;
        let (what, due) = match clock {
            Clock::Acknowledge => ("a response", outlook.acknowledge_due?),
            Clock::Answer => ("a person's answer", outlook.answer_due?),
        };
        let verdict = in_time(calendar, due, ended_at(&ended)?);
        let due = calendar.local_text(due);
        Some(format!("{what} was due at {due}: {verdict}"))
    };
    stopped.into_iter().filter_map(line).collect()
}

fn ended_at(state: &CaseState) -> Option<Timestamp> {
    match state {
        CaseState::Acknowledged { at, .. }
        | CaseState::Answered { at, .. }
        | CaseState::Settled { at, .. } => Some(*at),
        CaseState::New | CaseState::Waiting { .. } => None,
    }
}

fn in_time(calendar: &Calendar, due: Timestamp, at: Timestamp) -> String {
    match at <= due {
        true => format!("in time, by {}", calendar.elapsed(at, due)),
        false => format!("late, by {}", calendar.elapsed(due, at)),
    }
}
