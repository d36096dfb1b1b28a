//! The page Prometheus reads: the text exposition format, version 0.0.4.
//!
//! A line per value is all that is needed of it, so it is written here rather than by a
//! library: those hold the values too, in registries of atomics, where ours are read from the
//! book in one moment.

use std::fmt::{Display, Write as _};

use super::metric::{
    ALARMS, ANSWERED, ANSWERED_BUSINESS, BUILD, COMMITS, DUE_SOON, EVENTS, FAILURES, LAGS,
    MAILBOX_MESSAGES, MAILBOX_PROOF, MAILBOX_STATE, MESSAGES, MODE, OPEN_CASES, OPENED, OUTBOX,
    OVERDUE, QUARANTINED, QUEUE, REOPENED, SENT, STAGES_SENT, START,
};
use super::{Histogram, Metric, OUTBOX_STATES, PURPOSES, Reading, STAGES, clock_word};
use crate::control::view::MailboxState;
use crate::domain::classify::{Kind, Sender};
use crate::domain::policy::Clock;
use crate::domain::rules::Mode;

/// Writes a reading as text (`text/plain; version=0.0.4`). A series that has no value yet
/// stands there with zero, so that its first step is seen.
pub fn exposition(reading: &Reading) -> String {
    let mut page = Page::default();
    page.itself(reading);
    page.mailboxes(reading);
    page.cases(reading);
    page.mail(reading);
    page.text
}

const CLOCKS: [Clock; 2] = [Clock::Acknowledge, Clock::Answer];

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn itself(&mut self, reading: &Reading) {
        self.begin(&BUILD);
        self.value(&BUILD, &[&reading.version], 1);
        let started = reading.started_at.timestamp_millis() as f64 / 1000.0;
        self.single(&START, started);
        self.begin(&MODE);
        for mode in [Mode::Observe, Mode::Remind, Mode::Full] {
            let is = u64::from(mode == reading.mode);
            self.value(&MODE, &[mode.as_str()], is);
        }
        self.single(&ALARMS, reading.alarms);
        self.single(&QUEUE, reading.queue);
        self.histogram(&EVENTS, &reading.tally.events);
        self.histogram(&COMMITS, &reading.tally.commits);
        self.histogram(&LAGS, &reading.tally.lags);
    }

    fn mailboxes(&mut self, reading: &Reading) {
        self.begin(&MAILBOX_PROOF);
        for mailbox in &reading.mailboxes {
            let age = mailbox.unproved_for.as_secs_f64();
            self.value(&MAILBOX_PROOF, &[&mailbox.name], age);
        }
        self.begin(&MAILBOX_STATE);
        for mailbox in &reading.mailboxes {
            for state in [
                MailboxState::Live,
                MailboxState::CatchingUp,
                MailboxState::Blind,
            ] {
                let is = u64::from(state == mailbox.state);
                self.value(&MAILBOX_STATE, &[&mailbox.name, state.as_str()], is);
            }
        }
        self.begin(&MAILBOX_MESSAGES);
        for mailbox in &reading.mailboxes {
            self.value(&MAILBOX_MESSAGES, &[&mailbox.name], mailbox.messages_seen);
        }
        self.begin(&MESSAGES);
        for sender in Sender::ALL {
            for kind in Kind::ALL {
                let count = reading.tally.messages.get(&(sender, kind));
                let labels = [sender.as_str(), kind.as_str()];
                self.value(&MESSAGES, &labels, count.copied().unwrap_or(0));
            }
        }
        self.single(&QUARANTINED, reading.quarantined);
    }

    fn cases(&mut self, reading: &Reading) {
        self.begin(&OPEN_CASES);
        self.value(&OPEN_CASES, &["waiting"], reading.cases.waiting);
        self.value(&OPEN_CASES, &["acknowledged"], reading.cases.acknowledged);
        for (metric, counts) in [
            (&OVERDUE, &reading.overdue),
            (&DUE_SOON, &reading.due_within_hour),
        ] {
            self.begin(metric);
            for clock in CLOCKS {
                let count = counts.get(&clock).copied().unwrap_or(0);
                self.value(metric, &[clock_word(clock)], count);
            }
        }
        self.single(&OPENED, reading.tally.opened);
        self.single(&REOPENED, reading.tally.reopened);
        self.histogram(&ANSWERED, &reading.tally.answered);
        self.histogram(&ANSWERED_BUSINESS, &reading.tally.answered_business);
    }

    fn mail(&mut self, reading: &Reading) {
        let tally = &reading.tally;
        self.begin(&SENT);
        for purpose in PURPOSES {
            let count = tally.sent.get(purpose).copied().unwrap_or(0);
            self.value(&SENT, &[purpose], count);
        }
        self.begin(&STAGES_SENT);
        for clock in CLOCKS {
            for stage in STAGES {
                if (clock, stage) == (Clock::Answer, "acknowledge") {
                    // There is no such rung.
                    continue;
                }
                let count = tally.stages.get(&(clock, stage)).copied().unwrap_or(0);
                self.value(&STAGES_SENT, &[clock_word(clock), stage], count);
            }
        }
        self.begin(&FAILURES);
        for route in ["mail", "second"] {
            for outcome in ["later", "refused", "unknown"] {
                let count = tally.failures.get(&(route, outcome)).copied();
                self.value(&FAILURES, &[route, outcome], count.unwrap_or(0));
            }
        }
        self.begin(&OUTBOX);
        for state in OUTBOX_STATES {
            let count = reading.outbox.get(state).copied().unwrap_or(0);
            self.value(&OUTBOX, &[state], count);
        }
    }

    fn begin(&mut self, metric: &Metric) {
        let Metric {
            name, kind, help, ..
        } = metric;
        let kind = kind.as_str();
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn single(&mut self, metric: &Metric, value: impl Display) {
        self.begin(metric);
        self.value(metric, &[], value);
    }

    fn value(&mut self, metric: &Metric, labels: &[&str], value: impl Display) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let mut written = String::new();
        for (name, value) in metric.labels.iter().zip(labels) {
            let comma = if written.is_empty() { "" } else { "," };
            // Writing to a text never fails.
            let _ = write!(written, "{comma}{name}=\"{}\"", escaped(value));
        }
        match written.is_empty() {
            true => self.line(format_args!("{} {value}", metric.name)),
            false => self.line(format_args!("{}{{{written}}} {value}", metric.name)),
        }
    }

    fn histogram(&mut self, metric: &Metric, histogram: &Histogram) {
        self.begin(metric);
        let name = metric.name;
        for (bound, count) in histogram.buckets() {
            match bound {
                Some(bound) => self.line(format_args!("{name}_bucket{{le=\"{bound}\"}} {count}")),
                None => self.line(format_args!("{name}_bucket{{le=\"+Inf\"}} {count}")),
            }
        }
        self.line(format_args!("{name}_sum {}", histogram.sum()));
        self.line(format_args!("{name}_count {}", histogram.count()));
    }

    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to a text never fails.
        let _ = writeln!(self.text, "{words}");
    }
}

/// The value of a label: a backslash, a quote and a line break would end it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_mailbox_ends_its_label() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
