//! The limits of the control socket, all in one place.

use std::time::Duration;

/// How many connections are served at once. Further ones wait until one is free; none is
/// held for longer than half a minute.
pub const CONNECTIONS_MAX: usize = 32;

/// The longest request line and header fields together, in bytes.
pub const REQUEST_HEAD_BYTES_MAX: usize = 8 * 1024;

/// The most header fields of a request.
pub const REQUEST_FIELDS_MAX: usize = 64;

/// The longest body of a request, in bytes.
pub const REQUEST_BODY_BYTES_MAX: usize = 4 * 1024;

/// How long a caller may take to send its head, and again to send its body.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(5);

/// How many unreadable messages are listed at most, the newest ones.
pub const QUARANTINE_LISTED_MAX: usize = 1_000;

/// How many mails we owe are listed at most, those that wait for a person first.
pub const OUTBOX_LISTED_MAX: usize = 1_000;

/// How many deadlines that move, and cases that are stranded, the answer to a reload lists at most
/// of each.
pub const MOVED_LISTED_MAX: usize = 1_000;

/// How long the engine may take to answer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a connection may live, reading and writing included.
pub const CONNECTION_TIME_MAX: Duration = Duration::from_secs(30);

/// How long open connections may take to end when the daemon stops.
pub(super) const STOP_TIME_MAX: Duration = Duration::from_secs(1);

/// The pause after the operating system refused a connection (too many open files, say).
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The longest name of who asks, in characters.
pub const BY_CHARACTERS_MAX: usize = 100;

/// How long the client waits for the connection.
pub(super) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// The client's pause before it knocks again where too many wait already.
pub(super) const CONNECT_PAUSE: Duration = Duration::from_millis(50);

/// How long the client waits for the whole answer: longer than the server's own limits, so
/// that it hears the server's words if there are any.
pub(super) const ASK_TIME_MAX: Duration = Duration::from_secs(35);

/// The longest answer the client reads, in bytes.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest path of a socket, in bytes: what fits into `sockaddr_un` (unix(7)) with its
/// closing zero.
pub(super) const SOCKET_PATH_BYTES_MAX: usize = 107;
