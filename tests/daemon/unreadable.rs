//! Messages that can't be read, on a server that plays a part: no real one hands over such
//! answers when asked to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use ackd::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::gate::closed_port;
use crate::installation::{Installation, mailbox};
use crate::people::{Letter, Servers};

/// What stands in the line that the parser fails on.
const SECRET: &str = "Anna's secret";

#[test]
fn unreadable_messages_are_listed_and_the_one_between_them_opens_its_case() {
    let nobody = closed_port("127.0.0.5");
    let mut installation = Installation::new(
        "unreadable",
        &Servers {
            dovecot: nobody.clone(),
            smtp: nobody,
        },
    );
    installation.mode = "observe";
    let letter = installation.letter("clients", "readable");
    let section = mailbox(&serve(&letter), "clients");
    let section = format!("{section}start_from = \"2026-01-01T00:00:00Z\"\n");
    installation.mailboxes.insert("clients".to_owned(), section);
    let mut daemon = Daemon::installed(&installation);
    daemon.start();

    daemon.wait_for_case(&letter.id);
    let listed = daemon.eventually("both unreadable messages to be listed", || {
        let listed = quarantine(&daemon);
        (listed.len() == 2).then_some(listed)
    });
    let told: Vec<Value> = listed.iter().map(told).collect();
    let first = "the server's answer for it could not be read";
    let third = "the server gave no valid time of receipt for it";
    assert!(
        told.contains(&json!(["clients", "INBOX", 7, 1, first])),
        "{told:?}"
    );
    assert!(
        told.contains(&json!(["clients", "INBOX", 7, 3, third])),
        "{told:?}"
    );

    let page = daemon.ask(&["quarantine"]);
    let page_text = String::from_utf8_lossy(&page.stdout).into_owned();
    assert_eq!(page.status.code(), Some(0), "{page_text}");
    assert!(
        page_text.contains(first) && page_text.contains(third),
        "{page_text}"
    );
    daemon.wait_until_live();
    let status = daemon.ask(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("2 messages could not be read"), "{status}");
    the_log_quotes_nothing(&daemon);

    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
    daemon.start();
    daemon.wait_until_live();
    assert_eq!(quarantine(&daemon), listed, "after a restart");
}

/// `ackd quarantine --json`.
fn quarantine(daemon: &Daemon) -> Vec<Value> {
    let asked = daemon.ask(&["quarantine", "--json"]);
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    let lines = said.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("JSON")
}

/// All that does not differ from run to run.
fn told(message: &Value) -> Value {
    let at = message["at"].as_str().expect("a moment");
    assert!(at.ends_with('Z'), "{message}");
    let keys: Vec<&String> = message.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 6, "{message}");
    let parts = ["mailbox", "folder", "uid_validity", "uid", "reason"];
    parts.iter().map(|key| message[*key].clone()).collect()
}

/// The parser panics on the line, and its own report of that would quote it.
fn the_log_quotes_nothing(daemon: &Daemon) {
    let panics = daemon.logged(&["ERROR", "panic at imap-proto"]);
    assert!(!panics.is_empty(), "{}", daemon.log_end());
    assert!(
        !daemon.log().contains("panicked at"),
        "{}",
        daemon.log_end()
    );
    assert!(!daemon.log().contains(SECRET), "{}", daemon.log_end());
    let aside = daemon.logged(&["WARN", "message put into quarantine"]);
    assert_eq!(aside.len(), 2, "{aside:?}");
}

/// A server whose inbox holds three messages: one it can't answer for without a line that
/// nobody can read, a client's letter, and one that it has no time of receipt for. Where it
/// listens.
fn serve(letter: &Letter) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let letter = letter.to_string();
    let date = SystemClock.now().format("%d-%b-%Y %H:%M:%S +0000");
    let date = date.to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The daemon may hang up at any time.
            let _ = converse(stream, &letter, &date);
        }
    });
    address
}

fn converse(stream: TcpStream, letter: &str, date: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    write!(stream.get_mut(), "* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
        let untagged = match command.split(' ').next() {
            Some("CAPABILITY") => "* CAPABILITY IMAP4rev1\r\n".to_owned(),
            Some("LIST") => "* LIST () \"/\" INBOX\r\n".to_owned(),
            Some("EXAMINE") => {
                "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] life\r\n* OK [UIDNEXT 4] next\r\n".to_owned()
            }
            Some("UID") => fetched(command, letter, date),
            _ => String::new(),
        };
        write!(stream.get_mut(), "{untagged}{tag} OK done\r\n")?;
        line.clear();
    }
    Ok(())
}

/// The answers to `UID FETCH 1:3 (…)`.
fn fetched(command: &str, letter: &str, date: &str) -> String {
    let set = command.split(' ').nth(2).unwrap_or_default();
    let (first, last) = set.split_once(':').unwrap_or((set, set));
    let (first, last): (u32, u32) = (
        first.parse().expect("a UID"),
        last.parse().unwrap_or(u32::MAX),
    );
    let (header, size) = (
        letter.split("\r\n\r\n").next().expect("a header"),
        letter.len(),
    );
    let section = format!(
        "BODY[HEADER.FIELDS (FROM)]<0> {{{}}}\r\n{header}\r\n\r\n",
        header.len() + 4
    );
    let answers = [
        format!("* 1 FETCH (UID 1 X-NOTE \"{SECRET}\" INTERNALDATE NIL)\r\n"),
        format!(
            "* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"{date}\" RFC822.SIZE {size} {section})\r\n"
        ),
        format!("* 3 FETCH (UID 3 FLAGS () RFC822.SIZE {size} {section})\r\n"),
    ];
    let asked = (1..)
        .zip(answers)
        .filter(|(uid, _)| (first..=last).contains(uid));
    asked.map(|(_, answer)| answer).collect()
}
