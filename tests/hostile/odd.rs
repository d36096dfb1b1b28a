//! Odd greetings and responses: the watch goes live, or says clearly why it can't.
//!
//! `ACKD_CORPUS` names a folder with more of them, as servers have been seen to send
//! (`imap/greetings.tsv`, `imap_odd_responses.json`, `imap/mailkit-server-responses/`); without
//! it, that test says that it skips.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use ackd::domain::facts::Location;
use ackd::domain::ids::MailboxName;
use ackd::imap::{
    Account, Beginning, Order, Protection, Report, SentChoice, WatchState, tls_of_nobody, watch,
};
use tokio::sync::{mpsc, watch as watching};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::letters::letter;
use crate::peer::{Folder, Part};

/// How long a watch may take to know what it thinks of a server that answers at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a watch.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Every folder was looked at; so many messages were read.
    Live(usize),
    /// Why it could not be looked at.
    Blind(String),
}

/// Watches a server until it is live or blind.
async fn outcome(part: Part) -> Outcome {
    let account = Account {
        name: MailboxName::new("odd"),
        host: "127.0.0.1".to_owned(),
        port: part.play(),
        connector: ackd::imap::Connector::Network,
        protection: Protection::Plain,
        tls: tls_of_nobody().expect("no roots are needed"),
        username: "us".to_owned(),
        password: Arc::new(|| Ok("pw".to_owned().into())),
        folders: vec!["INBOX".to_owned()],
        sent: SentChoice::Auto,
        poll_every: Duration::from_secs(60),
        read_since: SystemClock.now() - chrono::Duration::days(30),
        may_concern: Arc::new(|_| true),
        wants_text: Arc::new(|_, _, _| false),
    };
    let (report_to, mut reports) = mpsc::channel(16);
    let (_orders, order_from) = mpsc::channel::<Order>(16);
    let (_flags, flags_from) = watching::channel(Arc::new(Vec::<Location>::new()));
    let stop = CancellationToken::new();
    let (clock, beginning) = (Arc::new(SystemClock), Beginning::default());
    let watching = tokio::spawn(watch(
        account,
        clock,
        beginning,
        report_to,
        order_from,
        flags_from,
        stop.clone(),
    ));
    let listening = async {
        let mut read = 0;
        while let Some(report) = reports.recv().await {
            match report {
                Report::Batch { arrived, .. } => read += arrived.len(),
                Report::Proof { .. } => return Outcome::Live(read),
                Report::State {
                    state: WatchState::Blind { reason },
                    ..
                } => return Outcome::Blind(reason),
                _ => {}
            }
        }
        panic!("the watch ended by itself");
    };
    let outcome = timeout(PATIENCE, listening)
        .await
        .expect("neither live nor blind");
    stop.cancel();
    watching.await.expect("the watch itself never panics");
    outcome
}

fn honest() -> Part {
    Part::honest(vec![Folder::new("INBOX", 2, |uid| letter("odd", uid))])
}

fn greeting(bytes: &[u8]) -> Part {
    Part {
        greeting: bytes.to_vec(),
        ..honest()
    }
}

/// A server that says this too when a folder is opened.
fn on_opening(bytes: &[u8]) -> Part {
    let bytes = bytes.to_vec();
    honest().but(move |_, command, out| {
        if command.starts_with("EXAMINE") {
            out.write_all(&bytes)?;
        }
        Ok(false)
    })
}

#[tokio::test]
async fn odd_greetings_are_understood_or_refused_in_words() {
    let live: [&[u8]; 10] = [
        b"* OK ready\r\n",
        b"* OK\r\n",
        b"* ok ready\r\n",
        b"* OK [CAPABILITY IMAP4rev1]\r\n",
        b"* PREAUTH in already\r\n",
        b"* OK \xff\xfe ready \xe9\r\n",
        b"* OK [ALERT]\xe2\x80\x93 moving house\r\n",
        b"* OK [ALERT]\xff moving house\r\n",
        b"* OK [REFERRAL imap://elsewhere.test/] try there {12}\r\n",
        b"* FLAGS ()\r\n* OK ready\r\n",
    ];
    for bytes in live {
        let words = String::from_utf8_lossy(bytes);
        assert_eq!(outcome(greeting(bytes)).await, Outcome::Live(2), "{words}");
    }
    let long = [b"* OK ".to_vec(), vec![b'x'; 1024 * 1024], b"\r\n".to_vec()].concat();
    let blind: [(&[u8], &str); 6] = [
        (b"* BYE too many connections\r\n", "too many connections"),
        (b"* NO not today\r\n", "not today"),
        (b"220 mail.test ESMTP\r\n", "no valid IMAP"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no valid IMAP"),
        (b"\x16\x03\x01\x00\x05\r\n", "no valid IMAP"),
        (&long, "a line longer than"),
    ];
    for (bytes, reason) in blind {
        match outcome(greeting(bytes)).await {
            Outcome::Blind(told) => assert!(told.contains(reason), "{told:?} lacks {reason:?}"),
            Outcome::Live(_) => panic!("live, not: {reason}"),
        }
    }
}

#[tokio::test]
async fn odd_responses_do_not_blind_a_mailbox() {
    let harmless: [&[u8]; 20] = [
        b"* FLAGS (a  b)\r\n",
        b"* FLAGS (\xfcberf\xe4llig)\r\n",
        b"* OK [PERMANENTFLAGS (\\* b  \xff)] flags\r\n",
        b"* 3 RECENT\r\n",
        b"* NAMESPACE NIL NIL NIL\r\n",
        b"* ESEARCH (TAG \"a1\") UID\r\n",
        b"* VANISHED (EARLIER) 1:9\r\n",
        b"* \r\n",
        b"\r\n",
        b"* OK [UNKNOWN (x) \"]\"] words\r\n",
        b"* OK [ALERT]\r\n",
        b"* OK [ALERT]\xe2\x80\x93\r\n",
        b"* NO [OVERQUOTA] full\r\n",
        b"* BAD something inside\r\n",
        b"* STATUS INBOX ()\r\n",
        b"* CAPABILITY IMAP4rev1 IDLE\r\n",
        b"a99 OK another one's\r\na1 NO an old one's\r\n",
        b"* 1 FETCH (FLAGS (\\Seen) MODSEQ (12))\r\n",
        b"* METADATA \"\" (/shared/comment \"\xff\")\r\n",
        b"* QUOTAROOT\r\n* ID (\"name\")\r\n",
    ];
    for bytes in harmless {
        let words = String::from_utf8_lossy(bytes);
        assert_eq!(
            outcome(on_opening(bytes)).await,
            Outcome::Live(2),
            "{words}"
        );
    }
    // As deep as is let through: the parser must come back up from there.
    let structure = format!(" BODYSTRUCTURE {}", "(".repeat(32));
    let hidden = format!("* 1 FETCH (X y{{{}}}\r\n{structure}\r\n", structure.len());
    let hidden = hidden.into_bytes();
    for (bytes, reason) in [
        (&b"* BYE for today\r\n"[..], "for today"),
        (b"hello\r\n", "no valid IMAP"),
        (b"* LIST (((\r\n", "no valid IMAP"),
        (b"* 1 FETCH (UID 1 ENVELOPE ((((\r\n", "ends in the middle"),
        (
            b"* 1 FETCH (UID 1 BODYSTRUCTURE ((((\r\n",
            "nobody had asked for",
        ),
        (b"* 1 FETCH (INTERNALDATE NIL)\r\n", "the parser failed"),
        (&hidden, "could not be read"),
    ] {
        match outcome(on_opening(bytes)).await {
            Outcome::Blind(told) => assert!(told.contains(reason), "{told:?} lacks {reason:?}"),
            Outcome::Live(_) => panic!("live, not: {reason}"),
        }
    }
}

/// Whether a line of a transcript answers a command of its own.
fn is_tagged(line: &[u8]) -> bool {
    let tag = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    let number = tag.strip_prefix(b"A").unwrap_or_default();
    number.len() >= 4 && number.iter().all(u8::is_ascii_digit)
}

/// Those that servers have been seen to send.
#[tokio::test]
async fn what_servers_were_seen_to_send_is_understood_or_refused_in_words() {
    let Some(folder) = std::env::var_os("ACKD_CORPUS").map(PathBuf::from) else {
        println!("skipped: ACKD_CORPUS names no folder");
        return;
    };
    let mut played = Vec::new();
    let greetings = std::fs::read_to_string(folder.join("imap/greetings.tsv"));
    for row in greetings.expect("readable").lines().skip(1) {
        let words = row.split('\t').nth(1).expect("a greeting");
        played.push((
            words.to_owned(),
            greeting(format!("{words}\r\n").as_bytes()),
        ));
    }
    let odd = std::fs::read_to_string(folder.join("imap_odd_responses.json"));
    let odd: Vec<serde_json::Value> = serde_json::from_str(&odd.expect("readable")).expect("JSON");
    for row in odd {
        // Of one that was cut off behind an announced literal nothing could be said but that
        // the rest never came.
        if let Some(words) = row["response"].as_str()
            && !words.trim_end().ends_with('}')
        {
            let line = format!("{}\r\n", words.trim_end());
            played.push((words.to_owned(), on_opening(line.as_bytes())));
        }
    }
    let transcripts = std::fs::read_dir(folder.join("imap/mailkit-server-responses"));
    for entry in transcripts.expect("readable") {
        let path = entry.expect("readable").path();
        let bytes = std::fs::read(&path).expect("readable");
        // The files have the line ends of text files.
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let untagged: Vec<u8> = lines
            .filter(|line| !is_tagged(line) && !line.starts_with(b"+") && !line.is_empty())
            .flat_map(|line| [line, b"\r\n"].concat())
            .collect();
        played.push((path.display().to_string(), on_opening(&untagged)));
    }
    let (mut live, count) = (0, played.len());
    for (name, part) in played {
        println!("{name}");
        match outcome(part).await {
            Outcome::Live(_) => live += 1,
            Outcome::Blind(reason) => {
                println!("blind: {reason}: {name}");
                assert!(!reason.is_empty(), "{name}");
            }
        }
    }
    println!("{live} of {count} are live");
}
