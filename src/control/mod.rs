//! The local socket: how `ackd status`, `ackd cases`, `ackd case`, `ackd outbox` and
//! `ackd quarantine` speak with the daemon.
//!
//! Vocabulary:
//! - a [`Request`] is what somebody on this machine asks of the running daemon;
//! - a [`Call`] is a request on its way to the engine, with the place its answer goes to;
//! - a *view* ([`view`]) is what the engine shows of itself: plain data with JSON names;
//! - an [`Answer`] is a view, or a [`Refusal`] in words.
//!
//! The protocol is HTTP/1.1 with JSON bodies over a Unix socket, one request per connection,
//! so that it can be tried by hand:
//!
//! ```sh
//! curl --unix-socket /run/ackd/ackd.sock http://ackd/v1/cases?client=acme
//! ```
//!
//! Its routes are [`ROUTES`]; `docs/api.md` describes each, and a test sees to it that it does.
//! Who may connect is the file's permissions: the owner and the group, nobody else.

mod absence;
mod callers;
mod check_in;
mod client;
mod filter;
mod limits;
pub mod metrics;
mod monitor;
mod query;
mod route;
mod server;
mod snooze;
pub mod view;

pub use check_in::CheckInWord;
pub use client::ask;
pub use filter::CaseFilter;
pub use limits::{
    ANSWER_TIME_MAX, BY_CHARACTERS_MAX, CONNECTION_TIME_MAX, CONNECTIONS_MAX, MOVED_LISTED_MAX,
    OUTBOX_LISTED_MAX, QUARANTINE_LISTED_MAX, REQUEST_BODY_BYTES_MAX, REQUEST_FIELDS_MAX,
    REQUEST_HEAD_BYTES_MAX, REQUEST_TIME_MAX,
};
pub use monitor::{MonitorListener, PROBES, Pulse, answer_probe};
pub use route::ROUTES;
pub use server::{ControlSocket, answer_caller, serve};
pub use snooze::{SnoozeTime, SnoozeTimeError};

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::sync::oneshot;

use crate::domain::absence::AwayDays;
use crate::domain::address::Address;
use crate::domain::case::Settlement;
use crate::domain::ids::{CaseId, ClientKey, OutboxId};
use metrics::Reading;
use view::{
    AbsenceView, CaseDetail, CaseView, CheckInView, Done, ExportView, OwedMailView,
    QuarantinedView, ReloadView, StatusView, VerifyView,
};

/// What somebody on this machine asks of the daemon.
///
/// Where a request changes something, `by` says who asked: at most
/// [`BY_CHARACTERS_MAX`] printable characters. An empty `by` is filled in by the
/// server, so that the engine always has a name for the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// How the daemon is.
    Status,
    /// The cases, soonest due first.
    Cases(CaseFilter),
    /// One case with all that is known of it.
    Case {
        /// Which.
        id: CaseId,
    },
    /// The messages that could not be read, newest first, at most [`QUARANTINE_LISTED_MAX`].
    Quarantine,
    /// The mail we owe and have not sent, what waits for a person first, at most
    /// [`OUTBOX_LISTED_MAX`].
    Outbox,
    /// What the daemon counts and shows of itself to monitoring systems.
    Metrics,
    /// Whether what the daemon has in memory agrees with itself.
    Verify,
    /// Write an export now.
    Export,
    /// Read the configuration again.
    Reload {
        /// Only say what it would change.
        dry_run: bool,
        /// Who says so.
        by: String,
    },
    /// No answer is owed any more.
    Settle {
        /// Which case.
        id: CaseId,
        /// In what way.
        how: Settlement,
        /// Who says so.
        by: String,
    },
    /// What had closed the case does not count: the client waits as if nobody had answered.
    Reopen {
        /// Which case.
        id: CaseId,
        /// Who says so.
        by: String,
    },
    /// A mail, and what answers it, belong to a conversation of their own: they become a case
    /// of their own.
    Separate {
        /// Which case holds the mail.
        id: CaseId,
        /// The Message-ID of the client's mail, with or without angle brackets.
        message_id: String,
        /// Who says so.
        by: String,
    },
    /// Remind nobody for a while. The clocks run on.
    Snooze {
        /// Which case.
        id: CaseId,
        /// For how long.
        time: SnoozeTime,
        /// Who says so.
        by: String,
    },
    /// Make the case urgent.
    Urgent {
        /// Which case.
        id: CaseId,
        /// Who says so.
        by: String,
    },
    /// Remind somebody else of the case from now on.
    Assign {
        /// Which case.
        id: CaseId,
        /// A person of the team; `None`: the client's owners again.
        to: Option<Address>,
        /// Who says so.
        by: String,
    },
    /// Who is away, and will be.
    Absences {
        /// Only this person: a key, an address or its first part.
        person: Option<String>,
    },
    /// Somebody is away.
    Away {
        /// Who: a key, an address or its first part.
        person: String,
        /// On which days.
        days: AwayDays,
        /// Who says so.
        by: String,
    },
    /// Somebody is back.
    Back {
        /// Who: a key, an address or its first part.
        person: String,
        /// Who says so.
        by: String,
    },
    /// How it stands with the clients that were promised check-ins, the soonest due first.
    CheckIns {
        /// Only this client.
        client: Option<ClientKey>,
    },
    /// Say something about the check-ins with a client.
    CheckIn {
        /// Which client.
        client: ClientKey,
        /// What.
        word: CheckInWord,
        /// Who says so.
        by: String,
    },
    /// Say something about a mail we owe.
    Mail {
        /// Which mail.
        id: OutboxId,
        /// What.
        word: MailWord,
        /// Who says so.
        by: String,
    },
}

/// What can be said about a mail we owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailWord {
    /// Try it again now.
    Retry,
    /// Send it although the client may have it.
    Release,
    /// Never send it.
    Drop,
}

/// A request on its way to the engine.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// Where the answer goes. Dropping it tells the caller that the daemon could not answer.
    /// The caller may have gone away meanwhile.
    pub answer: oneshot::Sender<Answer>,
}

/// What the engine says to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<StatusView>),
    /// To [`Request::Cases`].
    Cases(Vec<CaseView>),
    /// To [`Request::Case`].
    Case(Box<CaseDetail>),
    /// To [`Request::Quarantine`].
    Quarantine(Vec<QuarantinedView>),
    /// To [`Request::Outbox`].
    Outbox(Vec<OwedMailView>),
    /// To [`Request::Absences`].
    Absences(Vec<AbsenceView>),
    /// To [`Request::CheckIns`].
    CheckIns(Vec<CheckInView>),
    /// To [`Request::Metrics`], as the engine gives it.
    Metrics(Box<Reading>),
    /// To [`Request::Metrics`], as a caller gets it: the page Prometheus reads.
    Exposition(String),
    /// To [`Request::Verify`].
    Verified(VerifyView),
    /// To [`Request::Export`].
    Exported(ExportView),
    /// To [`Request::Reload`].
    Reloaded(Box<ReloadView>),
    /// To a request that changes something: it is on disk.
    Done(Done),
    /// It can't be done.
    Refused(Refusal),
}

impl Answer {
    /// There is no such case.
    pub fn no_such_case(id: CaseId) -> Self {
        Self::not_found(format!(
            "there is no case {id}; \"ackd cases --all\" lists them"
        ))
    }

    /// There is no such thing.
    pub fn not_found(words: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            status: 404,
            words: words.into(),
        })
    }

    /// The case is in a state in which this can't be done.
    pub fn conflict(words: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            status: 409,
            words: words.into(),
        })
    }

    /// The daemon can't do it now: it is starting, stopping or its store has failed.
    pub fn unavailable(words: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            status: 503,
            words: words.into(),
        })
    }
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status code (RFC 9110, section 15): 400 to 599.
    pub status: u16,
    /// What was wrong and what to do, for people.
    pub words: String,
}

/// Why the socket could not be offered or reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// Another daemon listens on it.
    #[error("another ackd is running already and listens on {}; stop it first", .socket.display())]
    InUse {
        /// The socket.
        socket: PathBuf,
    },
    /// Something that is no socket lies in its place.
    #[error("{} is not a socket; move it away, or name another path as \"socket\" in [service]", .socket.display())]
    NotASocket {
        /// The path.
        socket: PathBuf,
    },
    /// The operating system refused to make it.
    #[error("could not offer the control socket {}: {reason}", .socket.display())]
    Offer {
        /// The socket.
        socket: PathBuf,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// The operating system refused to listen for monitoring.
    #[error("could not listen on {address} for [metrics]: {reason}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// Nobody answers there.
    #[error("cannot reach ackd at {}: {reason}", .socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// Somebody answers, but not as ackd does.
    #[error("could not understand the answer from {}: {reason}; are both sides the same version of ackd?", .socket.display())]
    Answer {
        /// The socket.
        socket: PathBuf,
        /// What was odd about it.
        reason: String,
    },
}
