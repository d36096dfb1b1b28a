//! A mailbox and a mail server in memory.

use std::io;
use std::sync::{Arc, Mutex};

use ackd::domain::time::Timestamp;
use ackd::{imap, smtp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};

/// What a line may hold before its reader has read it, in bytes.
const LINE_BYTES: usize = 64 * 1024;

/// One mail as it lies in the folder.
#[derive(Debug, Clone)]
struct Mail {
    received_at: Timestamp,
    header: String,
    text: String,
}

#[derive(Debug, Default)]
struct World {
    shut: bool,
    mails: Vec<Mail>,
    refused: Vec<String>,
    letters: Vec<String>,
}

/// One inbox, and a mail server beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Servers(Arc<Mutex<World>>);

impl Servers {
    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.0.lock().expect("no panic")
    }

    /// A mail arrives: header fields, each on a line of its own, and its text.
    pub(crate) fn receive(&self, fields: &str, text: &str, received_at: Timestamp) {
        let lines = fields.lines().map(str::trim);
        let fields: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let header = format!("{}\r\n\r\n", fields.join("\r\n"));
        let text = text.replace('\n', "\r\n");
        let mail = Mail {
            received_at,
            header,
            text,
        };
        self.world().mails.push(mail);
    }

    /// Nobody is let into the mailbox any more; who is in notices at his next word.
    pub(crate) fn shut(&self, shut: bool) {
        self.world().shut = shut;
    }

    /// The mail server does not know this address.
    pub(crate) fn refuse(&self, address: &str) {
        self.world().refused.push(address.to_owned());
    }

    /// To whom mail was sent so far.
    pub(crate) fn letters(&self) -> Vec<String> {
        self.world().letters.clone()
    }

    pub(crate) fn imap(&self) -> imap::Connector {
        let servers = self.clone();
        imap::Connector::Memory(Arc::new(move |_, _| {
            if servers.world().shut {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = duplex(LINE_BYTES);
            tokio::spawn(mailbox(theirs, servers.clone()));
            Ok(Box::new(ours) as Box<dyn imap::Wire>)
        }))
    }

    pub(crate) fn smtp(&self) -> smtp::Connector {
        let servers = self.clone();
        smtp::Connector::Memory(Arc::new(move |_, _| {
            let (ours, theirs) = duplex(LINE_BYTES);
            tokio::spawn(post(theirs, servers.clone()));
            Ok(Box::new(ours) as Box<dyn smtp::Wire>)
        }))
    }
}

async fn mailbox(stream: DuplexStream, servers: Servers) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let ready = b"* OK [CAPABILITY IMAP4rev1] ready\r\n";
    stream.get_mut().write_all(ready).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
        let (mails, shut) = {
            let world = servers.world();
            (world.mails.clone(), world.shut)
        };
        if shut {
            return Ok(());
        }
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
        let answer = format!("{untagged}{tag} OK done\r\n");
        stream.get_mut().write_all(answer.as_bytes()).await?;
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
        let wanted = |(first, last): &(usize, usize)| (*first..=*last).contains(&uid);
        if !ranges.iter().any(wanted) {
            continue;
        }
        if flags_only {
            answers.push_str(&format!("* {uid} FETCH (UID {uid} FLAGS ())\r\n"));
            continue;
        }
        if command.contains("BODY.PEEK[TEXT]") {
            let (text, length) = (&mail.text, mail.text.len());
            answers.push_str(&format!(
                "* {uid} FETCH (UID {uid} BODY[TEXT]<0> {{{length}}}\r\n{text})\r\n"
            ));
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

async fn post(stream: DuplexStream, servers: Servers) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 post.test\r\n").await?;
    let (mut line, mut to) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        let mut answer = "250 ok\r\n".to_owned();
        if let Some(path) = command.strip_prefix("RCPT TO:<") {
            to = path.split('>').next().unwrap_or_default().to_owned();
            if servers.world().refused.contains(&to) {
                answer = format!("550 5.1.1 <{to}> unknown here\r\n");
            }
        }
        if command == "DATA" {
            stream.get_mut().write_all(b"354 go ahead\r\n").await?;
            while stream.read_line(&mut line).await? > 0 && line != ".\r\n" {
                line.clear();
            }
            line.clear();
            servers.world().letters.push(to.clone());
        }
        if command == "QUIT" {
            return stream.get_mut().write_all(b"221 bye\r\n").await;
        }
        stream.get_mut().write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
