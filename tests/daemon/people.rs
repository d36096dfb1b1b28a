//! Where the servers are, and the people who write and read there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use mail_parser::{Message, MessageParser};

use crate::daemon::Daemon;

/// How long a server may take for one answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// The address in an environment variable. Without one the story is skipped; where servers
/// are required it fails.
pub(crate) fn server(variable: &str) -> Option<String> {
    let address = std::env::var(variable).ok();
    if address.is_none() {
        let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|value| value == "required");
        assert!(!required, "{variable} is not set, and servers are required");
        println!("skipped: {variable} is not set");
    }
    address
}

/// The servers every story needs.
#[derive(Debug, Clone)]
pub(crate) struct Servers {
    /// Dovecot, plain.
    pub(crate) dovecot: String,
    /// Postfix, plain; delivers to Dovecot.
    pub(crate) smtp: String,
}

impl Servers {
    pub(crate) fn named() -> Option<Self> {
        Some(Self {
            dovecot: server("ACKD_TEST_IMAP_DOVECOT")?,
            smtp: server("ACKD_TEST_SMTP")?,
        })
    }

    /// A mail comes from outside, by SMTP.
    pub(crate) fn deliver(&self, letter: &Letter) {
        let mut smtp = Lines::connect(&self.smtp);
        smtp.expect("220");
        for (command, code) in [
            ("EHLO client.test".to_owned(), "250"),
            (format!("MAIL FROM:<{}>", letter.from), "250"),
            (format!("RCPT TO:<{}>", letter.to), "250"),
            ("DATA".to_owned(), "354"),
            (format!("{letter}\r\n."), "250"),
            ("QUIT".to_owned(), "221"),
        ] {
            smtp.say(&command);
            smtp.expect(code);
        }
    }
}

/// A word found nowhere else, for the addresses and Message-IDs of a story. Letters only:
/// addresses full of digits are taken for those of newsletters.
pub(crate) fn tag(story: &str) -> String {
    let mut moment = SystemClock.now().timestamp_micros().unsigned_abs();
    let mut tag = format!("{story}-");
    for _ in 0..8 {
        tag.push(char::from(b'a' + (moment % 26) as u8));
        moment /= 26;
    }
    tag
}

/// A mail as people write it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    /// Without brackets.
    pub(crate) id: String,
    /// The mail it answers, without brackets.
    pub(crate) answers: Option<String>,
    /// What it says.
    pub(crate) text: String,
}

impl Letter {
    pub(crate) fn new(from: &str, to: &str, subject: &str, id: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            subject: subject.to_owned(),
            id: id.to_owned(),
            answers: None,
            text: "Hello,\r\n\r\nplease see the subject.".to_owned(),
        }
    }

    /// The answer to this mail, by somebody of the team.
    pub(crate) fn answered_by(&self, colleague: &str) -> Self {
        Self {
            from: colleague.to_owned(),
            to: self.from.clone(),
            subject: format!("Re: {}", self.subject),
            id: format!("answer.{}", self.id),
            answers: Some(self.id.clone()),
            text: self.text.clone(),
        }
    }
}

impl std::fmt::Display for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let date = SystemClock.now().to_rfc2822();
        let Self {
            from,
            to,
            subject,
            id,
            text,
            ..
        } = self;
        write!(f, "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n")?;
        write!(f, "Message-ID: <{id}>\r\nDate: {date}\r\n")?;
        if let Some(id) = &self.answers {
            write!(f, "In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n")?;
        }
        write!(f, "\r\n{text}\r\n")
    }
}

/// A mailbox in the hands of its user.
#[derive(Debug)]
pub(crate) struct Mailbox {
    lines: Lines,
    commands: u32,
}

impl Mailbox {
    pub(crate) fn open(server: &str, user: &str) -> Self {
        let mut lines = Lines::connect(server);
        lines.line();
        let mut mailbox = Self { lines, commands: 0 };
        mailbox.run(&format!("LOGIN {user} pw"));
        mailbox
    }

    /// Files a message in a folder, as mail programs and deliveries do.
    pub(crate) fn put(&mut self, folder: &str, message: impl AsRef<[u8]>) {
        let message = message.as_ref();
        self.commands += 1;
        let tag = format!("p{}", self.commands);
        self.lines
            .say(&format!("{tag} APPEND {folder} {{{}}}", message.len()));
        while !self.lines.line().starts_with(b"+") {}
        self.lines.write(message);
        self.lines.say("");
        self.until(&tag);
    }

    /// Opens a folder as mail programs do. Courier numbers a folder for good only then.
    pub(crate) fn select(&mut self, folder: &str) {
        self.run(&format!("SELECT {folder}"));
    }

    /// The messages of a folder that are addressed to somebody whose address holds `whom`.
    pub(crate) fn to(&mut self, folder: &str, whom: &str) -> Vec<Message<'static>> {
        self.search(folder, &format!("TO {whom}"))
    }

    /// The messages of a folder that a search finds, oldest first.
    pub(crate) fn search(&mut self, folder: &str, criteria: &str) -> Vec<Message<'static>> {
        self.run(&format!("EXAMINE {folder}"));
        let found = self.run(&format!("UID SEARCH {criteria}"));
        let found = String::from_utf8_lossy(&found).into_owned();
        let line = found.lines().find_map(|line| line.strip_prefix("* SEARCH"));
        let uids: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
        uids.into_iter().map(|uid| self.fetch(uid)).collect()
    }

    fn fetch(&mut self, uid: &str) -> Message<'static> {
        let said = self.run(&format!("UID FETCH {uid} (BODY.PEEK[])"));
        let open = said.iter().position(|byte| *byte == b'{').expect("a size");
        let close = said.iter().position(|byte| *byte == b'}').expect("a size");
        let size = String::from_utf8_lossy(&said[open + 1..close]).into_owned();
        let size: usize = size.parse().expect("a size");
        let start = close + "}\r\n".len();
        let message = MessageParser::default().parse(&said[start..start + size]);
        message.expect("a message").into_owned()
    }

    fn run(&mut self, command: &str) -> Vec<u8> {
        self.commands += 1;
        let tag = format!("p{}", self.commands);
        self.lines.say(&format!("{tag} {command}"));
        self.until(&tag)
    }

    /// Everything up to the tagged answer, literals included.
    fn until(&mut self, tag: &str) -> Vec<u8> {
        let mut said = Vec::new();
        loop {
            let line = self.lines.line();
            said.extend_from_slice(&line);
            let text = String::from_utf8_lossy(&line);
            if let Some(status) = text.strip_prefix(&format!("{tag} ")) {
                assert!(status.starts_with("OK"), "{}", status.trim_end());
                return said;
            }
            let literal = text.trim_end().strip_suffix('}');
            let size = literal.and_then(|line| line.rsplit_once('{')?.1.parse().ok());
            if let Some(size) = size {
                said.extend(self.lines.bytes(size));
            }
        }
    }
}

/// The mails of one person, who may share a mailbox with others.
#[derive(Debug)]
pub(crate) struct Inbox {
    mailbox: Mailbox,
    address: String,
}

impl Inbox {
    /// The mails to an address, in the inbox of the user before its `+`.
    pub(crate) fn of(servers: &Servers, address: &str) -> Self {
        let (user, _) = address.split_once('+').expect("user+tag");
        Self {
            mailbox: Mailbox::open(&servers.dovecot, user),
            address: address.to_owned(),
        }
    }

    /// The mails that are there now, oldest first.
    pub(crate) fn mails(&mut self) -> Vec<Message<'static>> {
        self.mailbox.to("INBOX", &self.address)
    }

    /// Those that tell of a client's mail.
    pub(crate) fn about(&mut self, id: &str) -> Vec<Message<'static>> {
        let mut mails = self.mails();
        mails.retain(|mail| tells_of(mail, id));
        mails
    }

    /// Waits until one mail tells of a client's mail.
    pub(crate) fn wait_for(&mut self, daemon: &Daemon, id: &str) -> Message<'static> {
        let what = format!("a mail to {} about {id}", self.address);
        daemon.eventually(&what, || self.about(id).pop())
    }
}

/// Whether a mail names a client's mail, in its text or as what it answers.
pub(crate) fn tells_of(mail: &Message<'_>, id: &str) -> bool {
    text(mail).contains(id) || header(mail, "In-Reply-To").contains(id)
}

/// What people read: the Message-IDs a mail tells of are in its text.
pub(crate) fn text(message: &Message<'_>) -> String {
    let body = message.body_text(0).unwrap_or_default();
    format!("{}\n\n{body}", message.subject().unwrap_or_default())
}

/// A header as it stands in the message.
pub(crate) fn header(message: &Message<'_>, name: &str) -> String {
    let raw = message.header_raw(name).unwrap_or_default();
    raw.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A connection that speaks in lines.
#[derive(Debug)]
struct Lines(BufReader<TcpStream>);

impl Lines {
    fn connect(server: &str) -> Self {
        let stream = TcpStream::connect(server).expect("the server runs");
        let limit = Some(ANSWER_TIME_MAX);
        stream.set_read_timeout(limit).expect("a time-out");
        Self(BufReader::new(stream))
    }

    fn say(&mut self, line: &str) {
        self.write(format!("{line}\r\n").as_bytes());
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("writable");
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).expect("an answer");
        assert!(!line.is_empty(), "the server has hung up");
        line
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).expect("a literal");
        bytes
    }

    /// Reads an SMTP reply, all its lines.
    fn expect(&mut self, code: &str) {
        loop {
            let line = self.line();
            let line = String::from_utf8_lossy(&line).into_owned();
            assert!(line.starts_with(code), "expected {code}: {line}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}
