//! A server that plays by a script, and what the engine learns from a watch on it.
//!
//! A transcript has lines `C: …` (the client must send this; a trailing `…` stands for
//! anything, the tag is left out), `C- …` (the same for a line that has no tag) and `S: …` (the
//! server sends this; `{tag}` is the tag of the last command). `S- …` is sent without a line
//! end, `S: MESSAGE 11` stands for a message with this UID (`11 other`: with another
//! Message-ID). `EOF` closes the connection; `ETC` answers every further command with OK.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use ackd::domain::commit::{Cursor, Quarantined};
use ackd::domain::facts::{Arrived, Location};
use ackd::domain::ids::MailboxName;
use ackd::imap::{
    Account, Beginning, Order, Protection, Report, SentChoice, WatchState, tls_client, watch,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch as watching};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const LOGIN: &str = "
S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
C: LOGIN …
S: {tag} OK [CAPABILITY IMAP4rev1 IDLE] in
";

pub(crate) const EXAMINE: &str = "
C: EXAMINE \"INBOX\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
";

pub(crate) const BOTH: &str = "
C: UID FETCH 10:11 …
S: MESSAGE 10
S: MESSAGE 11
S: {tag} OK read
";

/// What the engine learned in one run.
#[derive(Default)]
pub(crate) struct Learned {
    pub(crate) uids: Vec<u32>,
    /// The Message-IDs, in the order they came.
    pub(crate) ids: Vec<String>,
    pub(crate) quarantined: Vec<Quarantined>,
    pub(crate) cursors: Vec<Cursor>,
    pub(crate) states: Vec<WatchState>,
    pub(crate) proofs: usize,
}

impl Learned {
    fn take(&mut self, report: Report) {
        match report {
            Report::Batch {
                arrived,
                quarantined,
                cursor,
                ..
            } => {
                let uid = |message: &Arrived| message.location.uid;
                self.uids.extend(arrived.iter().map(uid));
                let ids = arrived
                    .iter()
                    .filter_map(|own| own.facts.message_id.as_ref());
                self.ids.extend(ids.map(ToString::to_string));
                self.quarantined.extend(quarantined);
                self.cursors.push(cursor);
            }
            Report::State { state, .. } => self.states.push(state),
            Report::Proof { .. } => self.proofs += 1,
            _ => {}
        }
    }

    pub(crate) fn reason(&self) -> Option<&str> {
        self.states.iter().find_map(|state| match state {
            WatchState::Blind { reason } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// No cursor stands for more than what was learned with it or before.
    pub(crate) fn is_honest(&self, all: &[u32]) -> bool {
        let reached = self.cursors.iter().map(|cursor| cursor.uid_next).max();
        let known = |uid: &u32| {
            self.uids.contains(uid) || self.quarantined.iter().any(|q| q.location.uid == *uid)
        };
        let below = |uid: &&u32| reached.is_some_and(|reached| **uid < reached);
        all.iter().filter(below).all(known)
    }
}

/// The answer for one message. `what` is its UID, and its name where that is another one.
fn message(what: &str) -> String {
    let (uid, name) = what.split_once(' ').unwrap_or((what, what));
    let uid: u32 = uid.parse().expect("a UID");
    let header = format!("From: a@client.example\r\nMessage-ID: <{name}@client.example>\r\n\r\n");
    format!(
        "* {} FETCH (UID {uid} FLAGS () INTERNALDATE \"20-Nov-2026 10:00:00 +0000\" RFC822.SIZE 500 BODY[HEADER.FIELDS (FROM MESSAGE-ID)]<0> {{{}}}\r\n{header})\r\n",
        uid - 9,
        header.len()
    )
}

/// Plays one connection after the other.
async fn play(listener: TcpListener, scripts: Vec<String>) {
    for script in scripts {
        let (stream, _) = listener.accept().await.expect("a connection");
        play_one(stream, &script).await;
    }
    // Nobody is let in any more; what was learned is judged.
    std::future::pending::<()>().await;
}

async fn play_one(stream: TcpStream, script: &str) {
    let mut stream = BufReader::new(stream);
    let mut tag = String::new();
    for line in script.lines().filter(|line| !line.is_empty()) {
        if line == "EOF" {
            return;
        } else if line == "ETC" {
            return answer_everything(stream).await;
        } else if let Some(expected) = line.strip_prefix("C: ") {
            let Some((own, command)) = command(&mut stream).await else {
                return;
            };
            tag = own;
            match expected.strip_suffix('…') {
                Some(start) => assert!(command.starts_with(start), "{command:?}, not {expected:?}"),
                None => assert_eq!(command, expected),
            }
        } else if let Some(expected) = line.strip_prefix("C- ") {
            let Some(whole) = whole_line(&mut stream).await else {
                return;
            };
            assert_eq!(whole, expected);
        } else if let Some(what) = line.strip_prefix("S: MESSAGE ") {
            let _ = stream.write_all(message(what).as_bytes()).await;
        } else if let Some(text) = line.strip_prefix("S- ") {
            let _ = stream.write_all(text.as_bytes()).await;
        } else if let Some(text) = line.strip_prefix("S: ") {
            let text = text.replace("{tag}", &tag) + "\r\n";
            let _ = stream.write_all(text.as_bytes()).await;
        } else if line == "FLOOD" {
            let piece = vec![b'x'; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {}
        } else {
            panic!("no such line in a transcript: {line}");
        }
    }
}

async fn command(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let line = whole_line(stream).await?;
    let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
    Some((tag.to_owned(), command.to_owned()))
}

async fn whole_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.unwrap_or(0);
    (read > 0).then(|| line.trim_end().to_owned())
}

async fn answer_everything(mut stream: BufReader<TcpStream>) {
    let mut idle = String::new();
    while let Some((tag, command)) = command(&mut stream).await {
        let answer = if command == "IDLE" {
            idle = tag;
            "+ idling\r\n".to_owned()
        } else if tag == "DONE" {
            format!("{idle} OK done\r\n")
        } else {
            format!("{tag} OK as you wish\r\n")
        };
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

fn account(port: u16) -> Account {
    Account {
        name: MailboxName::new("clients"),
        host: "127.0.0.1".to_owned(),
        port,
        connector: ackd::imap::Connector::Network,
        protection: Protection::Plain,
        tls: tls_client(None).expect("roots"),
        username: "us".to_owned(),
        password: Arc::new(|| Ok("pw".to_owned().into())),
        folders: vec!["INBOX".to_owned()],
        sent: SentChoice::None,
        poll_every: Duration::from_millis(300),
        read_since: SystemClock.now() - chrono::Duration::days(4000),
        may_concern: Arc::new(|_| true),
        wants_text: Arc::new(|_, _, _| false),
    }
}

/// Lets the watch run against the scripts, from cursor 7/10, until `over` or our patience is.
pub(crate) async fn run_until(scripts: &[&[&str]], over: impl Fn(&Learned) -> bool) -> Learned {
    run_with(|_| {}, scripts, over).await
}

/// The same with an account of one's own choice.
pub(crate) async fn run_with(
    choose: impl FnOnce(&mut Account),
    scripts: &[&[&str]],
    over: impl Fn(&Learned) -> bool,
) -> Learned {
    let cursor = Cursor {
        uid_validity: 7,
        uid_next: 10,
        ..Cursor::default()
    };
    let beginning = Beginning {
        cursors: BTreeMap::from([("INBOX".to_owned(), cursor)]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let scripts = scripts.iter().map(|parts| parts.concat()).collect();
    let server = tokio::spawn(play(listener, scripts));
    let (report_to, mut reports) = mpsc::channel(16);
    let (_orders, order_from) = mpsc::channel::<Order>(16);
    let (_flags, flags_from) = watching::channel(Arc::new(Vec::<Location>::new()));
    let stop = CancellationToken::new();
    let clock = Arc::new(SystemClock);
    let mut account = account(port);
    choose(&mut account);
    let watching = tokio::spawn(watch(
        account,
        clock,
        beginning,
        report_to,
        order_from,
        flags_from,
        stop.clone(),
    ));
    let mut learned = Learned::default();
    let listening = async {
        while !over(&learned) {
            let Some(report) = reports.recv().await else {
                break;
            };
            learned.take(report);
        }
    };
    let in_time = timeout(PATIENCE, listening).await.is_ok();
    stop.cancel();
    assert!(
        in_time,
        "blind: {:?}, uids {:?}",
        learned.reason(),
        learned.uids
    );
    watching.await.expect("the watch itself never panics");
    if server.is_finished() {
        server.await.expect("the transcript is kept to");
    }
    learned
}

pub(crate) fn blind(learned: &Learned) -> bool {
    learned.reason().is_some()
}
