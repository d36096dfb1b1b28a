//! Watching a mailbox on a server that plays by a script: what goes wrong on the wire never
//! moves a cursor past what was learned, and never loses a message.
//!
//! A transcript has lines `C: …` (the client must send this; a trailing `…` stands for
//! anything, the tag is left out) and `S: …` (the server sends this; `{tag}` is the tag of the
//! last command). `EOF` closes the connection; `ETC` answers every further command with OK.

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

const LOGIN: &str = "
S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
C: LOGIN …
S: {tag} OK [CAPABILITY IMAP4rev1 IDLE] in
";

const EXAMINE: &str = "
C: EXAMINE \"INBOX\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
";

const BOTH: &str = "
C: UID FETCH 10:11 …
S: MESSAGE 10
S: MESSAGE 11
S: {tag} OK read
";

/// What the engine learned in one run.
#[derive(Default)]
struct Learned {
    uids: Vec<u32>,
    quarantined: Vec<Quarantined>,
    cursors: Vec<Cursor>,
    states: Vec<WatchState>,
    proofs: usize,
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
                self.quarantined.extend(quarantined);
                self.cursors.push(cursor);
            }
            Report::State { state, .. } => self.states.push(state),
            Report::Proof { .. } => self.proofs += 1,
            _ => {}
        }
    }

    fn reason(&self) -> Option<&str> {
        self.states.iter().find_map(|state| match state {
            WatchState::Blind { reason } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// No cursor stands for more than what was learned with it or before.
    fn is_honest(&self, all: &[u32]) -> bool {
        let reached = self.cursors.iter().map(|cursor| cursor.uid_next).max();
        let known = |uid: &u32| {
            self.uids.contains(uid) || self.quarantined.iter().any(|q| q.location.uid == *uid)
        };
        let below = |uid: &&u32| reached.is_some_and(|reached| **uid < reached);
        all.iter().filter(below).all(known)
    }
}

fn message(uid: u32) -> String {
    let header = format!("From: a@client.example\r\nMessage-ID: <{uid}@client.example>\r\n\r\n");
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
        } else if let Some(uid) = line.strip_prefix("S: MESSAGE ") {
            let text = message(uid.parse().expect("a UID"));
            let _ = stream.write_all(text.as_bytes()).await;
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
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.unwrap_or(0);
    let line = line.trim_end();
    if read == 0 {
        return None;
    }
    let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
    Some((tag.to_owned(), command.to_owned()))
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
        protection: Protection::Plain,
        tls: tls_client(None).expect("roots"),
        username: "us".to_owned(),
        password: Arc::new(|| Ok("pw".to_owned().into())),
        folders: vec!["INBOX".to_owned()],
        sent: SentChoice::None,
        poll_every: Duration::from_millis(300),
        read_since: SystemClock.now() - chrono::Duration::days(4000),
        wants_text: Arc::new(|_, _, _| false),
    }
}

/// Lets the watch run against the scripts, from cursor 7/10, until `over` or our patience is.
async fn run_until(scripts: &[&[&str]], over: impl Fn(&Learned) -> bool) -> Learned {
    let cursor = Cursor {
        uid_validity: 7,
        uid_next: 10,
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
    let watching = tokio::spawn(watch(
        account(port),
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

fn blind(learned: &Learned) -> bool {
    learned.reason().is_some()
}

fn all_read(learned: &Learned) -> bool {
    [10, 11].iter().all(|uid| learned.uids.contains(uid))
}

/// After `trouble`, nothing is claimed; on the next connection everything is read.
async fn nothing_is_lost_by(trouble: &str, reason: &str) {
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let told = learned.reason().unwrap_or_default();
    assert!(told.contains(reason), "{told:?} does not say {reason:?}");
    assert!(learned.is_honest(&[10, 11]), "{:?}", learned.cursors);
    let well = [LOGIN, EXAMINE, BOTH, "ETC"];
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble], &well], all_read).await;
    assert!(learned.is_honest(&[10, 11]), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_mailbox_is_read() {
    let learned = run_until(&[&[LOGIN, EXAMINE, BOTH, "ETC"]], |l| l.proofs > 1).await;
    assert_eq!(learned.uids, [10, 11]);
    assert_eq!(learned.cursors.last().map(|c| c.uid_next), Some(12));
    assert_eq!(learned.states, [WatchState::CatchingUp, WatchState::Live]);
}

#[tokio::test]
async fn a_connection_that_ends_in_a_message() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS- * 2 FETCH (UID 11 FLAGS (\nEOF\n";
    nothing_is_lost_by(trouble, "connection was lost").await;
}

#[tokio::test]
async fn a_connection_that_ends_between_two_messages() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nEOF\n";
    nothing_is_lost_by(trouble, "connection was lost").await;
}

#[tokio::test]
async fn a_server_that_says_goodbye() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * BYE maintenance\n";
    nothing_is_lost_by(trouble, "maintenance").await;
}

#[tokio::test]
async fn a_huge_literal_is_not_waited_for() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * 2 FETCH (UID 11 BODY[HEADER] {500000000}\nS: xyz\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("500000000 bytes"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn an_endless_line_is_not_read_to_its_end() {
    let trouble = "C: UID FETCH 10:11 …\nS- * OK \nFLOOD\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("line longer"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn a_line_that_panics_the_parser_costs_one_session() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: * OK [ALERT]– maintenance\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(reason.contains("parser"), "{reason}");
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn a_refused_fetch_is_no_empty_mailbox() {
    let trouble = "C: UID FETCH 10:11 …\nS: MESSAGE 10\nS: {tag} NO try later\n";
    let learned = run_until(&[&[LOGIN, EXAMINE, trouble]], blind).await;
    assert!(learned.reason().unwrap_or_default().contains("try later"));
    assert!(learned.cursors.is_empty(), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_message_that_is_always_refused_is_set_aside_and_the_next_one_read() {
    let refused = "C: UID FETCH 10:11 …\nS: {tag} NO broken message\n";
    let alone = "
C: UID FETCH 10:10 …
S: {tag} NO broken message
C: UID FETCH 10 (UID FLAGS)
S: * 1 FETCH (UID 10 FLAGS ())
S: {tag} OK flags
C: UID FETCH 11:11 …
S: MESSAGE 11
S: {tag} OK read
ETC
";
    let scripts: [&[&str]; 2] = [&[LOGIN, EXAMINE, refused], &[LOGIN, EXAMINE, alone]];
    let learned = run_until(&scripts, |l| l.uids.contains(&11)).await;
    assert_eq!(learned.quarantined.len(), 1);
    assert_eq!(learned.quarantined[0].location.uid, 10);
    assert!(learned.is_honest(&[10, 11]));
}

#[tokio::test]
async fn a_refused_open_or_noop_is_no_proof() {
    let refused = "C: EXAMINE \"INBOX\"\nS: {tag} NO no such folder\nC: LIST …\nS: * LIST () \"/\" Posteingang\nS: {tag} OK listed\nETC\n";
    let learned = run_until(&[&[LOGIN, refused]], blind).await;
    let reason = learned.reason().unwrap_or_default();
    assert!(
        reason.contains("\"INBOX\"") && reason.contains("Posteingang"),
        "{reason}"
    );
    assert_eq!(learned.proofs, 0);

    let tired = "C: IDLE\nS: + idling\nC: \nS: a4 OK done\nC: NOOP\nS: {tag} BAD tired\n";
    let noop = [LOGIN, EXAMINE, BOTH, tired];
    let learned = run_until(&[&noop], blind).await;
    assert!(learned.reason().unwrap_or_default().contains("tired"));
    assert_eq!(learned.proofs, 1);
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_taken_for_an_answer() {
    let noise = "
C: UID FETCH 10:11 …
S: a1 NO an old command
S: * 1 FETCH (UID 3 FLAGS (\\Seen))
S: * 1 FETCH (FLAGS (\\Seen))
S: MESSAGE 10
S: * 3 EXISTS
S: MESSAGE 11
S: * 2 EXPUNGE
S: {tag} OK read
C: UID FETCH 12:* …
S: MESSAGE 11
S: MESSAGE 12
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, EXAMINE, noise]], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.uids, [10, 11, 12]);
    assert!(learned.quarantined.is_empty());
}

#[tokio::test]
async fn a_renumbered_folder_is_read_anew() {
    let anew = "
C: EXAMINE \"INBOX\"
S: * 1 EXISTS
S: * OK [UIDVALIDITY 8] new life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 1:11 …
S: MESSAGE 10
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, anew]], |l| l.proofs > 0).await;
    assert_eq!(learned.uids, [10]);
    let reached = learned.cursors.last().map(|c| (c.uid_validity, c.uid_next));
    assert_eq!(reached, Some((8, 12)));
}

#[tokio::test]
async fn a_refused_idle_is_replaced_by_polling() {
    let refused = "C: IDLE\nS: {tag} NO not today\nC: NOOP\nS: * 3 EXISTS\nS: {tag} OK\nC: UID FETCH 12:* …\nS: MESSAGE 12\nS: {tag} OK read\nETC\n";
    let script = [LOGIN, EXAMINE, BOTH, refused];
    let learned = run_until(&[&script], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.uids, [10, 11, 12]);
}

#[tokio::test]
async fn a_push_is_read_at_once() {
    let push = "C: IDLE\nS: + idling\nS: * 3 EXISTS\nC: \nS: a4 OK done\nC: UID FETCH 12:* …\nS: MESSAGE 12\nS: {tag} OK read\nETC\n";
    let script = [LOGIN, EXAMINE, BOTH, push];
    let learned = run_until(&[&script], |l| l.uids.contains(&12)).await;
    assert_eq!(learned.cursors.last().map(|c| c.uid_next), Some(13));
}

#[tokio::test]
async fn a_refused_search_is_no_empty_folder() {
    let renumbered = "
C: EXAMINE \"INBOX\"
S: * 3000 EXISTS
S: * OK [UIDVALIDITY 8] new life
S: * OK [UIDNEXT 4000] next
S: {tag} OK [READ-ONLY] open
C: UID SEARCH UID 1:3999 SINCE …
S: * SEARCH 1200
S: {tag} NO index broken
";
    let learned = run_until(&[&[LOGIN, renumbered]], blind).await;
    assert!(
        learned
            .reason()
            .unwrap_or_default()
            .contains("index broken")
    );
    assert!(learned.cursors.is_empty(), "{:?}", learned.cursors);
}

#[tokio::test]
async fn a_batch_is_in_uid_order_whatever_order_it_came_in() {
    let texts = "
C: EXAMINE \"INBOX\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] life
S: * OK [UIDNEXT 12] next
S: {tag} OK [READ-ONLY] open
C: UID FETCH 10:11 …
S: MESSAGE 11
S: MESSAGE 10
S: {tag} OK read
ETC
";
    let learned = run_until(&[&[LOGIN, texts]], |l| l.proofs > 0).await;
    assert_eq!(learned.uids, [10, 11]);
}
