//! A mailbox on loopback: a server for the user `clients@northwind.example` with the password `pw`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server for one mailbox.
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    heard: Arc<Mutex<String>>,
}

#[derive(Clone)]
struct Contents {
    folders: Vec<&'static str>,
    headers: Vec<String>,
}

impl Mailbox {
    /// With these folders besides INBOX, and letters in INBOX from these authors.
    pub(crate) fn start(folders: &[&'static str], authors: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let letter = |author: &&str| {
            format!("From: {author}\r\nTo: clients@northwind.example\r\nSubject: Order\r\n\r\n")
        };
        let contents = Contents {
            folders: folders.to_vec(),
            headers: authors.iter().map(letter).collect(),
        };
        let heard = Arc::new(Mutex::new(String::new()));
        let ears = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (contents, ears) = (contents.clone(), ears.clone());
                thread::spawn(move || {
                    // The client hangs up without a farewell.
                    let _ = converse(stream, &contents, &ears);
                });
            }
        });
        Self { port, heard }
    }

    /// Everything that was said to it.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().expect("no panic").clone()
    }
}

fn converse(stream: TcpStream, own: &Contents, ears: &Mutex<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    write!(stream.get_mut(), "* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
    let mut line = String::new();
    let mut open = false;
    while stream.read_line(&mut line)? > 0 {
        let said = std::mem::take(&mut line);
        ears.lock().expect("no panic").push_str(&said);
        let (tag, command) = said.trim_end().split_once(' ').unwrap_or((&said, ""));
        let mut answer = String::new();
        let mut verdict = "OK done";
        if command.starts_with("LOGIN") {
            if command != "LOGIN \"clients@northwind.example\" \"pw\"" {
                verdict = "NO [AUTHENTICATIONFAILED] wrong";
            }
        } else if command.starts_with("LIST") {
            for folder in ["INBOX"].iter().chain(&own.folders) {
                answer.push_str(&format!("* LIST () \"/\" \"{folder}\"\r\n"));
            }
        } else if let Some(folder) = command.strip_prefix("EXAMINE ") {
            open = folder == "\"INBOX\"";
            let count = if open { own.headers.len() } else { 0 };
            let is_there = open
                || own
                    .folders
                    .iter()
                    .any(|name| folder.trim_matches('"') == *name);
            if is_there {
                answer = format!(
                    "* {count} EXISTS\r\n* OK [UIDVALIDITY 1] life\r\n* OK [UIDNEXT {}] next\r\n",
                    count + 1
                );
            } else {
                verdict = "NO there is no such folder";
            }
        } else if command.starts_with("UID SEARCH") {
            let uids = (1..=own.headers.len()).map(|uid| format!(" {uid}"));
            answer = format!("* SEARCH{}\r\n", uids.collect::<String>());
        } else if command.starts_with("UID FETCH") && open {
            for (header, uid) in own.headers.iter().zip(1..) {
                let length = header.len();
                answer.push_str(&format!("* {uid} FETCH (UID {uid} FLAGS () INTERNALDATE \"20-Nov-2026 10:00:00 +0000\" RFC822.SIZE 500 BODY[HEADER.FIELDS (FROM)]<0> {{{length}}}\r\n{header})\r\n"));
            }
        }
        write!(stream.get_mut(), "{answer}{tag} {verdict}\r\n")?;
    }
    Ok(())
}
