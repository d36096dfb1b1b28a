//! What mail servers say (`imap`): the whole watch of a mailbox, our command loop and the
//! bounded reader included, over connections in memory.
//!
//! An input: one byte of choices, then what the server says on the first, second … connection,
//! between lines of `%%`. It says everything at once: our tags are `a1`, `a2` …, so that it can
//! answer in advance. After its last connection it can't be reached any more, and the watch is
//! stopped. Waiting costs nothing: the clock jumps when nothing else is to be done.
//!
//! Demanded: the watch gives no connection up late, ends when it is stopped and not before;
//! cursors stand for nothing that was not told before or with them; what it says to people is
//! one line, without a password that the server repeats while we log in (before and after that
//! nobody here knows it); and on the wire there are only commands that change nothing, each one
//! line with the next tag, no password before TLS where STARTTLS is demanded.
//!
//! Let through: panics of imap-proto, which cost one session (`Watch::keep_watching`), and of
//! mail-parser, which cost one message's header (`MessageFacts::parse_if`).

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ackd::domain::commit::Cursor;
use ackd::domain::facts::Location;
use ackd::domain::ids::{MailboxName, MessageId, OutboxId};
use ackd::imap::{
    Account, Beginning, Connector, Order, Protection, Report, SentChoice, WatchState, Wire,
    tls_client, watch,
};
use chrono::TimeDelta;
use memchr::memmem;
use tokio::sync::{mpsc, watch as watching};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::line::{End, Heard, Line};
use super::{Target, team};

/// See the module.
pub const TARGET: Target = Target {
    name: "imap",
    run,
    lets_through: &["imap-proto", "mail-parser"],
};

const HUSHES: u8 = 1;
const IN_PIECES: u8 = 2;
const STARTTLS: u8 = 4;
const KNOWN_BEFORE: u8 = 8;
const FINDS_SENT: u8 = 16;
const TWO_FOLDERS: u8 = 32;
const ORDERS: u8 = 64;
const WANTS_TEXT: u8 = 128;

const BETWEEN: &[u8] = b"\n%%\n";

/// How many connections a server takes at most.
const CONNECTIONS_MAX: usize = 6;

/// The time within which the last of them is given up: for each of them silence after some
/// commands, and a long pause.
const OVER_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest text for people. It may quote a server, and name twenty folders.
const WORDS_CHARACTERS_MAX: usize = 8_000;

const PASSWORD: &str = "open sesame";
/// What may be left of it where words are cut.
const PASSWORD_BEGINS: &str = "open se";
/// `\0us\0open sesame` in base64.
const PLAIN_LOGIN: &str = "AHVzAG9wZW4gc2VzYW1l";
const COPY: &[u8] = b"Subject: copy\r\n\r\nours\r\n";

static TLS: LazyLock<Arc<rustls::ClientConfig>> =
    LazyLock::new(|| tls_client(None).expect("root certificates"));

fn run(input: &[u8]) {
    let Some((choices, said)) = input.split_first() else {
        return;
    };
    fastrand::seed(7);
    let server = Server::new(*choices, said);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let shown = runtime.block_on(watch_and_check(*choices, &server));
    let heard = server.heard.lock().expect("nobody panics in between");
    for one in heard.iter() {
        check_commands(&one.bytes(), choices & STARTTLS != 0);
    }
    let mut connections = connections(said).zip(heard.iter());
    if connections.all(|(said, heard)| says_password_at_login(said, heard)) {
        let shown = shown.iter().find(|words| words.contains(PASSWORD_BEGINS));
        assert_eq!(shown, None, "the password in words for people");
    }
}

/// What the server says, connection by connection.
fn connections(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(said);
    let next = move || {
        let said = rest?;
        let at = memmem::find(said, BETWEEN);
        rest = at.map(|at| &said[at + BETWEEN.len()..]);
        // The line end in front of the mark belongs to what is said.
        Some(at.map_or(said, |at| &said[..=at]))
    };
    std::iter::from_fn(next).take(CONNECTIONS_MAX)
}

/// Whether a server says the password, if at all, when it is known: in answer to the login. What
/// begins like it must be it.
fn says_password_at_login(said: &[u8], heard: &Heard) -> bool {
    // As words are cleaned for people.
    let said = String::from_utf8_lossy(said).replace(char::is_control, " ");
    let begun = said.matches(PASSWORD_BEGINS).count();
    begun == 0 || begun == said.matches(PASSWORD).count() && ends_with_login(&heard.bytes())
}

/// Whether the last thing that was written into a connection belongs to the login: what the
/// server said in answer was read while the password was known.
fn ends_with_login(written: &[u8]) -> bool {
    let text = String::from_utf8_lossy(written);
    let last = text.lines().last().unwrap_or_default();
    last == PLAIN_LOGIN || last.ends_with(" AUTHENTICATE PLAIN") || last.contains(" LOGIN \"us\" ")
}

/// What the server will say, connection by connection, and what it heard.
struct Server {
    lines: Arc<Mutex<VecDeque<Line>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    gone: CancellationToken,
}

impl Server {
    fn new(choices: u8, said: &[u8]) -> Self {
        let piece = if choices & IN_PIECES == 0 {
            usize::MAX
        } else {
            7
        };
        let end = if choices & HUSHES == 0 {
            End::Closes
        } else {
            End::Hushes
        };
        let (mut lines, mut heard) = (VecDeque::new(), Vec::new());
        for said in connections(said) {
            let ear = Heard::default();
            lines.push_back(Line::new(said, piece, end, ear.clone()));
            heard.push(ear);
        }
        Self {
            lines: Arc::new(Mutex::new(lines)),
            heard: Arc::new(Mutex::new(heard)),
            gone: CancellationToken::new(),
        }
    }

    fn connector(&self) -> Connector {
        let (lines, gone) = (Arc::clone(&self.lines), self.gone.clone());
        Connector::Memory(Arc::new(move |_, _| {
            let next = lines.lock().expect("nobody panics in between").pop_front();
            match next {
                Some(line) => Ok(Box::new(line) as Box<dyn Wire>),
                None => {
                    gone.cancel();
                    Err(io::ErrorKind::ConnectionRefused.into())
                }
            }
        }))
    }
}

fn account(choices: u8, connector: Connector) -> Account {
    let chosen = |choice: u8| choices & choice != 0;
    let wants_text = chosen(WANTS_TEXT);
    Account {
        name: MailboxName::new("clients"),
        host: "imap.northwind.example".to_owned(),
        port: 143,
        protection: if chosen(STARTTLS) {
            Protection::StartTls
        } else {
            Protection::Plain
        },
        connector,
        tls: Arc::clone(&TLS),
        username: "us".to_owned(),
        password: Arc::new(|| Ok(PASSWORD.to_owned().into())),
        folders: if chosen(TWO_FOLDERS) {
            vec!["INBOX".to_owned(), "Projekte/Über uns".to_owned()]
        } else {
            vec!["INBOX".to_owned()]
        },
        sent: if chosen(FINDS_SENT) {
            SentChoice::Auto
        } else {
            SentChoice::None
        },
        poll_every: Duration::from_secs(60),
        read_since: team::now() - TimeDelta::days(30),
        may_concern: Arc::new(|_| true),
        wants_text: Arc::new(move |_, _, _| wants_text),
    }
}

/// The messages whose `\Answered` is of interest.
fn flagged() -> Vec<Location> {
    let location = |uid| Location {
        mailbox: MailboxName::new("clients"),
        folder: "INBOX".to_owned(),
        uid_validity: 7,
        uid,
    };
    vec![location(3), location(5)]
}

/// Everything that was told to people on the way.
async fn watch_and_check(choices: u8, server: &Server) -> Vec<String> {
    let known = choices & KNOWN_BEFORE != 0;
    let (reports, mut reported) = mpsc::channel(16);
    let (orders, ordered) = mpsc::channel(4);
    let flags = if known { flagged() } else { Vec::new() };
    let (_flags, flags) = watching::channel(Arc::new(flags));
    let mut beginning = Beginning::default();
    if known {
        let cursor = Cursor {
            uid_validity: 7,
            uid_next: 10,
            ..Cursor::default()
        };
        beginning.cursors.insert("INBOX".to_owned(), cursor);
    }
    if choices & ORDERS != 0 {
        let copy = Order::FileSent {
            row: OutboxId(4),
            message_id: MessageId::parse("ackd.4@northwind.example").expect("an id"),
            bytes: COPY.to_vec(),
        };
        for order in [Order::Look { look: 1 }, copy] {
            orders.try_send(order).expect("room");
        }
    }
    let account = account(choices, server.connector());
    let watching = watch(
        account,
        Arc::new(team::Stopped),
        beginning,
        reports,
        ordered,
        flags,
        server.gone.clone(),
    );
    let listening = async {
        let mut shown = Vec::new();
        while let Some(report) = reported.recv().await {
            check_report(&report);
            shown.extend(words_in(report));
        }
        shown
    };
    let both = async { tokio::join!(watching, listening) };
    let (_, shown) = timeout(OVER_AFTER, both)
        .await
        .expect("a watch that gives up");
    assert!(server.gone.is_cancelled(), "the watch ended by itself");
    drop(orders);
    shown.iter().for_each(|words| check_words(words));
    shown
}

fn check_report(report: &Report) {
    match report {
        Report::Batch {
            arrived,
            quarantined,
            cursor,
            folder,
            ..
        } => {
            let arrived = arrived.iter().map(|message| &message.location);
            assert!(
                arrived.clone().is_sorted_by(|one, next| one.uid < next.uid),
                "out of order"
            );
            for location in arrived.chain(quarantined.iter().map(|message| &message.location)) {
                assert_eq!(location.folder, folder.folder, "from another folder");
                assert_eq!(
                    location.uid_validity, cursor.uid_validity,
                    "from another life"
                );
                // There is no number above the highest.
                let below = location.uid < cursor.uid_next || location.uid == u32::MAX;
                assert!(below, "a message above its cursor");
            }
        }
        Report::Answered { locations } => {
            let flags = flagged();
            assert!(
                locations.iter().all(|location| flags.contains(location)),
                "nobody asked"
            );
        }
        Report::State { .. }
        | Report::Proof { .. }
        | Report::Looked { .. }
        | Report::Filed { .. } => {}
    }
}

/// What of a report is told to people.
fn words_in(report: Report) -> Vec<String> {
    match report {
        Report::Batch { quarantined, .. } => quarantined
            .into_iter()
            .map(|message| message.reason)
            .collect(),
        Report::State {
            state: WatchState::Blind { reason },
            ..
        } => vec![reason],
        Report::Looked { outcome, .. } => outcome.err().into_iter().collect(),
        Report::Filed { outcome, .. } => outcome.err().into_iter().collect(),
        Report::Answered { .. } | Report::State { .. } | Report::Proof { .. } => Vec::new(),
    }
}

fn check_words(words: &str) {
    assert!(!words.is_empty(), "no words");
    assert!(
        !words.contains(char::is_control),
        "not one line for people: {words:?}"
    );
    assert!(
        words.chars().count() <= WORDS_CHARACTERS_MAX,
        "too long for people"
    );
}

/// Looks at everything that was written into one connection.
fn check_commands(written: &[u8], starttls: bool) {
    let mut rest = written;
    let mut tag = 0;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(COPY) {
            rest = after.strip_prefix(b"\r\n").unwrap_or(after);
            continue;
        }
        let end = memmem::find(rest, b"\r\n");
        let end = end.expect("a command that ends");
        let line = std::str::from_utf8(&rest[..end]).expect("a command in ASCII");
        let printable = |byte: &u8| (b' '..0x7f).contains(byte);
        assert!(
            line.as_bytes().iter().all(printable),
            "a command of two lines: {line:?}"
        );
        rest = &rest[end + 2..];
        if line == "DONE" || line == PLAIN_LOGIN && !starttls {
            continue;
        }
        tag += 1;
        let own = format!("a{tag} ");
        let command = line
            .strip_prefix(&own)
            .unwrap_or_else(|| panic!("no {own}: {line:?}"));
        if starttls {
            // What follows is for the handshake, whatever it is.
            assert_eq!(command, "STARTTLS", "before TLS");
            return;
        }
        assert!(is_harmless(command), "{command:?}");
    }
}

/// Whether a command changes nothing on the server, but for the filing of a copy.
fn is_harmless(command: &str) -> bool {
    const WHOLE: [&str; 5] = [
        "CAPABILITY",
        "NOOP",
        "IDLE",
        "AUTHENTICATE PLAIN",
        "LIST \"\" \"*\"",
    ];
    const BEGINNINGS: [&str; 6] = [
        "LOGIN \"us\" ",
        "EXAMINE \"",
        "STATUS \"",
        "UID FETCH ",
        "UID SEARCH ",
        "APPEND \"",
    ];
    // What it fetches it only peeks at. A folder may be called anything.
    let peeks = !command.starts_with("UID FETCH ") || !command.contains("BODY[");
    WHOLE.contains(&command) || peeks && BEGINNINGS.iter().any(|begin| command.starts_with(begin))
}
