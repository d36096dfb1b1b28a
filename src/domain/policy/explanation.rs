//! Why a deadline is what it is, in words.

use super::super::calendar::{Calendar, CalendarError, ClockChange, Holiday, Span};
use super::super::time::{BusinessTime, Timestamp};
use super::{Deadlines, Policy};

/// Of a longer way, only so many windows at its beginning and at its end are told.
const WINDOWS_TOLD_MAX: usize = 30;

/// The deadlines of a mail, and everything that shaped the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The deadlines, just as [`Policy::deadlines`] names them.
    pub deadlines: Deadlines,
    /// What led to the acknowledge deadline, in the order of time.
    pub steps: Vec<ExplanationStep>,
}

/// One thing that shaped a deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationStep {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, with times in the calendar's zone.
    pub what: String,
}

impl Policy {
    /// [`Policy::deadlines`], explained: the opening, the holidays on the way, the hours that
    /// were used, and whether urgency, `min_lead` or the close of the day came into it.
    ///
    /// Fails if the calendar has too little open time within its horizon.
    pub fn explain(
        &self,
        calendar: &Calendar,
        received_at: Timestamp,
        urgent: bool,
    ) -> Result<Explanation, CalendarError> {
        let deadlines = self.deadlines(calendar, received_at, urgent)?;
        let mut story = Story {
            policy: self,
            calendar,
            received_at,
            urgent,
            deadlines,
            steps: Vec::new(),
        };
        story.tell_arrival()?;
        story.tell_holidays();
        story.tell_promise();
        story.tell_counting(self.within(urgent));
        story.tell_due();
        let mut steps = story.steps;
        // Stable: what happens at one moment stays in the order in which it was told.
        steps.sort_by_key(|step| step.at);
        Ok(Explanation { deadlines, steps })
    }
}

struct Story<'a> {
    policy: &'a Policy,
    calendar: &'a Calendar,
    received_at: Timestamp,
    urgent: bool,
    deadlines: Deadlines,
    steps: Vec<ExplanationStep>,
}

impl Story<'_> {
    fn tell(&mut self, at: Timestamp, what: String) {
        self.steps.push(ExplanationStep { at, what });
    }

    /// From the receipt to the moment where counting starts.
    fn tell_arrival(&mut self) -> Result<(), CalendarError> {
        let first = self.calendar.count_from(self.received_at)?;
        let start = self.deadlines.start;
        let name = &self.calendar.name;
        if start == self.received_at {
            let what = "received, in opening hours: counting starts at once";
            self.tell(start, what.to_owned());
            return Ok(());
        }
        let arrival = if first.start() == self.received_at {
            "received, in opening hours".to_owned()
        } else {
            format!("received, while \"{name}\" is closed")
        };
        self.tell(self.received_at, arrival);
        if first.start() != start {
            let what = format!(
                "min_lead: only {} of business time left before the close at {}, less than {}: counts as arrived at the next opening",
                first.left_of_day(),
                self.local(first.close_of_day()),
                self.policy.min_lead
            );
            self.tell(first.start(), what);
        }
        let what = format!("opening: counting starts at {}", self.local(start));
        self.tell(start, what);
        Ok(())
    }

    /// The holidays without which the hours on the way to the deadline, or the deadline itself,
    /// would be others.
    fn tell_holidays(&mut self) {
        let calendar = self.calendar;
        // The hours of a date may run on into the next.
        let from = calendar.local_date(self.received_at);
        let from = from.pred_opt().unwrap_or(from);
        let to = calendar.local_date(self.deadlines.acknowledge_due);
        let holidays = calendar.holidays(from, to);
        let holidays: Vec<&Holiday> = holidays
            .filter(|holiday| calendar.is_changed_by(holiday) && self.is_shaped_by(holiday))
            .collect();
        for holiday in holidays {
            let at = calendar.first_moment_of(holiday.date);
            let at = at.map_or(self.received_at, |at| at.max(self.received_at));
            let name = match &holiday.name {
                Some(name) => format!("holiday \"{name}\""),
                None => "holiday".to_owned(),
            };
            let date = holiday.date.format("%a %Y-%m-%d");
            let what = if holiday.hours.is_empty() {
                format!("{name} on {date}: closed")
            } else {
                let hours: Vec<String> = holiday.hours.iter().map(ToString::to_string).collect();
                format!("{name} on {date}: open {} instead", hours.join(", "))
            };
            self.tell(at, what);
        }
    }

    fn is_shaped_by(&self, holiday: &Holiday) -> bool {
        let usual = self.calendar.without_holiday(holiday.date);
        let deadlines = self.policy.deadlines(&usual, self.received_at, self.urgent);
        let due = self.deadlines.acknowledge_due;
        let on_the_way = |calendar: &Calendar| -> Vec<Span> {
            calendar.spans_between(self.received_at, due).collect()
        };
        !deadlines.is_ok_and(|deadlines| {
            deadlines.start == self.deadlines.start && deadlines.acknowledge_due == due
        }) || on_the_way(&usual) != on_the_way(self.calendar)
    }

    /// How much may pass.
    fn tell_promise(&mut self) {
        let within = self.policy.within(self.urgent);
        let what = match (self.urgent, self.policy.urgent_within) {
            (true, Some(_)) => format!("urgent: {within} of business time to respond"),
            (true, None) => format!(
                "urgent, but the policy has no urgent_within: {within} of business time to respond"
            ),
            (false, _) => format!("{within} of business time to respond"),
        };
        self.tell(self.deadlines.start, what);
    }

    /// Window after window, up to the deadline; of very many, those in the middle as one.
    fn tell_counting(&mut self, within: BusinessTime) {
        let (start, due) = (self.deadlines.start, self.deadlines.acknowledge_due);
        let spans: Vec<Span> = self.calendar.spans_between(start, due).collect();
        let mut told = 0..spans.len();
        if spans.len() > 2 * WINDOWS_TOLD_MAX {
            told = WINDOWS_TOLD_MAX..spans.len() - WINDOWS_TOLD_MAX;
        }
        let mut used = 0;
        for (number, span) in spans.iter().enumerate() {
            let here = self.calendar.elapsed(span.open, span.close).seconds();
            used += here;
            let left = BusinessTime::from_seconds(within.seconds().saturating_sub(used));
            if told.len() == spans.len() || !told.contains(&number) {
                let here = BusinessTime::from_seconds(here);
                self.tell(span.open, self.window(*span, here, left));
            } else if number + 1 == told.end {
                let until = self.local(span.close);
                let what = format!("{} more windows until {until}, {left} left", told.len());
                self.tell(span.open, what);
            }
        }
    }

    fn window(&self, span: Span, used: BusinessTime, left: BusinessTime) -> String {
        let calendar = self.calendar;
        let date = calendar.local_date(span.open);
        let close = match calendar.local_date(span.close) == date {
            true => calendar.local_time_text(span.close),
            false => self.local(span.close),
        };
        let open = self.local(span.open);
        let changes = calendar.days(date, 2).filter_map(|day| day.clock_change);
        let within = |change: &ClockChange| span.open < change.at && change.at < span.close;
        let change = changes.filter(within).map(|change| format!(" ({change})"));
        let change: String = change.collect();
        format!("window: {used} used from {open} to {close}{change}, {left} left")
    }

    /// The cap, if it came into it, and the deadline.
    fn tell_due(&mut self) {
        let due = self.deadlines.acknowledge_due;
        if self.deadlines.capped {
            let uncapped = self
                .calendar
                .add(self.deadlines.start, self.policy.within(self.urgent));
            let instead = uncapped.map_or_else(
                |_| "far beyond it".to_owned(),
                |uncapped| format!("at {}", self.local(uncapped)),
            );
            let what = format!(
                "cap: the business day closes at {}; without same_business_day it would be due {instead}",
                self.local(due)
            );
            self.tell(due, what);
        }
        self.tell(due, "due".to_owned());
    }

    fn local(&self, at: Timestamp) -> String {
        self.calendar.local_text(at)
    }
}
