//! An IMAP server with one folder, which can be shut and opened.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ackd::domain::time::Timestamp;

/// One mail as it lies in the folder.
#[derive(Debug, Clone)]
struct Mail {
    received_at: Timestamp,
    header: String,
}

#[derive(Debug, Default)]
struct Folder {
    shut: bool,
    logins: Vec<String>,
    mails: Vec<Mail>,
    lines: Vec<TcpStream>,
}

/// A mailbox with an inbox and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox {
    folder: Arc<Mutex<Folder>>,
    /// The port it listens at, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Mailbox {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let folder = Arc::new(Mutex::new(Folder::default()));
        let served = folder.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = served.clone();
                thread::spawn(move || {
                    // The daemon may hang up at any time.
                    let _ = converse(stream, &folder);
                });
            }
        });
        Self { folder, port }
    }

    /// Nobody is let in, and who is in is put out.
    pub(crate) fn shut(&self) {
        let mut folder = self.folder.lock().expect("no panic");
        folder.shut = true;
        for line in folder.lines.drain(..) {
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn reopen(&self) {
        self.folder.lock().expect("no panic").shut = false;
    }

    /// With what words somebody has logged in, so far.
    pub(crate) fn logins(&self) -> Vec<String> {
        self.folder.lock().expect("no panic").logins.clone()
    }

    /// A mail arrives, even while nobody is let in.
    pub(crate) fn receive(&self, from: &str, id: &str, received_at: Timestamp) {
        let header = format!(
            "From: {from}\r\nTo: clients@agency.test\r\nSubject: About {id}\r\nMessage-ID: <{id}@client.test>\r\n\r\n"
        );
        let mail = Mail {
            received_at,
            header,
        };
        self.folder.lock().expect("no panic").mails.push(mail);
    }
}

fn converse(stream: TcpStream, folder: &Mutex<Folder>) -> std::io::Result<()> {
    {
        let mut folder = folder.lock().expect("no panic");
        if folder.shut {
            return stream.shutdown(Shutdown::Both);
        }
        folder.lines.push(stream.try_clone()?);
    }
    let mut stream = BufReader::new(stream);
    write!(stream.get_mut(), "* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
        let mails = {
            let mut folder = folder.lock().expect("no panic");
            if let Some(words) = command.strip_prefix("LOGIN ") {
                folder.logins.push(words.to_owned());
            }
            folder.mails.clone()
        };
        let (count, next) = (mails.len(), mails.len() + 1);
        let untagged = match command.split(' ').next() {
            Some("CAPABILITY") => "* CAPABILITY IMAP4rev1\r\n".to_owned(),
            Some("LIST") => "* LIST () \"/\" INBOX\r\n".to_owned(),
            Some("EXAMINE") => format!(
                "* {count} EXISTS\r\n* OK [UIDVALIDITY 7] life\r\n* OK [UIDNEXT {next}] next\r\n"
            ),
            Some("NOOP") => format!("* {count} EXISTS\r\n"),
            Some("UID") if command.starts_with("UID FETCH") => fetched(command, &mails),
            Some("UID") => "* SEARCH\r\n".to_owned(),
            _ => String::new(),
        };
        write!(stream.get_mut(), "{untagged}{tag} OK done\r\n")?;
        line.clear();
    }
    Ok(())
}

/// The answers to `UID FETCH SET (…)`.
fn fetched(command: &str, mails: &[Mail]) -> String {
    let set = command.split(' ').nth(2).unwrap_or_default();
    let number = |text: &str| text.parse::<usize>().unwrap_or(usize::MAX);
    let ranges: Vec<(usize, usize)> = set
        .split(',')
        .map(|part| part.split_once(':').unwrap_or((part, part)))
        .map(|(first, last)| (number(first), number(last)))
        .collect();
    let flags_only = command.ends_with("(UID FLAGS)");
    let mut answers = String::new();
    for (uid, mail) in (1..).zip(mails) {
        if !ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&uid))
        {
            continue;
        }
        if flags_only {
            answers.push_str(&format!("* {uid} FETCH (UID {uid} FLAGS ())\r\n"));
            continue;
        }
        let date = mail.received_at.format("%d-%b-%Y %H:%M:%S +0000");
        let Mail { header, .. } = mail;
        let length = header.len();
        answers.push_str(&format!(
            "* {uid} FETCH (UID {uid} FLAGS () INTERNALDATE \"{date}\" RFC822.SIZE {length} BODY[HEADER.FIELDS (FROM)]<0> {{{length}}}\r\n{header})\r\n"
        ));
    }
    answers
}
