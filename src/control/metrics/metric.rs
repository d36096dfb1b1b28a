//! Every metric there is, by name.

/// One metric: what its lines say beside their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: MetricKind,
    /// What it tells, in one line.
    pub help: &'static str,
    /// Its labels, in their order.
    pub labels: &'static [&'static str],
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows, until a restart.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Observations in buckets.
    Histogram,
}

impl MetricKind {
    /// The word of the exposition format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

const fn metric(
    kind: MetricKind,
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind,
        help,
        labels,
    }
}

/// Every metric, in the order of the page.
pub const METRICS: [Metric; 24] = [
    BUILD,
    START,
    MODE,
    ALARMS,
    QUEUE,
    EVENTS,
    COMMITS,
    LAGS,
    MAILBOX_PROOF,
    MAILBOX_STATE,
    MAILBOX_MESSAGES,
    MESSAGES,
    QUARANTINED,
    OPEN_CASES,
    OVERDUE,
    DUE_SOON,
    OPENED,
    REOPENED,
    ANSWERED,
    ANSWERED_BUSINESS,
    SENT,
    STAGES_SENT,
    FAILURES,
    OUTBOX,
];

use MetricKind::{Counter, Gauge, Histogram};

pub(super) const BUILD: Metric = metric(
    Gauge,
    "ackd_build_info",
    &["version"],
    "Which ackd runs; always 1.",
);
pub(super) const START: Metric = metric(
    Gauge,
    "ackd_start_time_seconds",
    &[],
    "When ackd was started, as seconds since 1970.",
);
pub(super) const MODE: Metric = metric(
    Gauge,
    "ackd_mode",
    &["mode"],
    "What may be sent: 1 for the mode ackd is in.",
);
pub(super) const ALARMS: Metric = metric(
    Gauge,
    "ackd_alarms",
    &[],
    "Alarms that last, as ackd status lists them.",
);
pub(super) const QUEUE: Metric = metric(
    Gauge,
    "ackd_engine_queue_length",
    &[],
    "Events that wait for the engine; mailboxes hold theirs back while one does.",
);
pub(super) const EVENTS: Metric = metric(
    Histogram,
    "ackd_engine_event_seconds",
    &[],
    "How long the engine took for an event, the store included.",
);
pub(super) const COMMITS: Metric = metric(
    Histogram,
    "ackd_store_commit_seconds",
    &[],
    "How long the store took until a commit was on disk.",
);
pub(super) const LAGS: Metric = metric(
    Histogram,
    "ackd_timer_lag_seconds",
    &[],
    "How late something due was acted upon.",
);
pub(super) const MAILBOX_PROOF: Metric = metric(
    Gauge,
    "ackd_mailbox_proof_age_seconds",
    &["mailbox"],
    "How long ago the mailbox gave its last proof of life; before the first, how long it has been watched.",
);
pub(super) const MAILBOX_STATE: Metric = metric(
    Gauge,
    "ackd_mailbox_state",
    &["mailbox", "state"],
    "How the mailbox is doing: 1 for the state it is in.",
);
pub(super) const MAILBOX_MESSAGES: Metric = metric(
    Counter,
    "ackd_mailbox_messages_total",
    &["mailbox"],
    "Messages of the mailbox that were read, again after a rescan.",
);
pub(super) const MESSAGES: Metric = metric(
    Counter,
    "ackd_messages_total",
    &["sender", "kind"],
    "Messages that were judged, by whose they are and what they are.",
);
pub(super) const QUARANTINED: Metric = metric(
    Gauge,
    "ackd_quarantined_messages",
    &[],
    "Messages set aside because they could not be read; 1000 means that many or more.",
);
pub(super) const OPEN_CASES: Metric = metric(
    Gauge,
    "ackd_open_cases",
    &["state"],
    "Cases in which a client waits.",
);
pub(super) const OVERDUE: Metric = metric(
    Gauge,
    "ackd_overdue_cases",
    &["clock"],
    "Open cases whose deadline has passed.",
);
pub(super) const DUE_SOON: Metric = metric(
    Gauge,
    "ackd_due_soon_cases",
    &["clock"],
    "Open cases whose deadline is within the next hour.",
);
pub(super) const OPENED: Metric = metric(
    Counter,
    "ackd_cases_opened_total",
    &[],
    "Cases opened by a client's mail.",
);
pub(super) const REOPENED: Metric = metric(
    Counter,
    "ackd_cases_reopened_total",
    &[],
    "Cases opened again by a client's further mail.",
);
pub(super) const ANSWERED: Metric = metric(
    Histogram,
    "ackd_answer_seconds",
    &[],
    "How long clients waited for a person's answer.",
);
pub(super) const ANSWERED_BUSINESS: Metric = metric(
    Histogram,
    "ackd_answer_business_seconds",
    &[],
    "The same in business time of the client's calendar.",
);
pub(super) const SENT: Metric = metric(
    Counter,
    "ackd_mails_sent_total",
    &["purpose"],
    "Mails of ackd that a mail server (or the alarm command) took.",
);
pub(super) const STAGES_SENT: Metric = metric(
    Counter,
    "ackd_stages_sent_total",
    &["clock", "stage"],
    "Stages of cases that such mails stood for; one mail may tell of several.",
);
pub(super) const FAILURES: Metric = metric(
    Counter,
    "ackd_send_failures_total",
    &["route", "outcome"],
    "Attempts to send a mail that failed: later is tried again, refused is given up, unknown is in doubt.",
);
pub(super) const OUTBOX: Metric = metric(
    Gauge,
    "ackd_outbox_mails",
    &["state"],
    "Mail that is owed and not sent.",
);
