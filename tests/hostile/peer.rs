//! A mail server that plays a part, in a thread for each connection. What it sends it makes up
//! while it sends it, so that a hundred megabytes cost no memory here.
//!
//! Vocabulary: a *part* is what a server plays: its greeting, its folders, and whatever it
//! does otherwise than an honest server would. UIDs count from one without gaps.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use ackd::domain::facts::{HEADER_BYTES_MAX, TEXT_BYTES_MAX};

/// How often an idling server looks whether there is news.
const NEWS_EVERY: Duration = Duration::from_millis(10);

/// A message in a folder.
#[derive(Clone)]
pub(crate) enum Message {
    /// One that the server hands over as an honest one does.
    Letter {
        /// The header block, with its empty line.
        header: Vec<u8>,
        /// The text; an honest server sends the beginning only.
        text: Vec<u8>,
        /// RFC822.SIZE.
        size: u32,
    },
    /// Whatever is sent in place of an answer: by sequence number and UID.
    Instead(Saying),
}

/// Says something about the message with this UID.
pub(crate) type Saying = Arc<dyn Fn(u32, &mut dyn Write) -> io::Result<()> + Send + Sync>;

/// A folder: how many messages it holds by now, and each by its UID.
#[derive(Clone)]
pub(crate) struct Folder {
    pub(crate) name: &'static str,
    pub(crate) count: Arc<AtomicU32>,
    pub(crate) message: Arc<dyn Fn(u32) -> Message + Send + Sync>,
    /// What the server says in EXAMINE and STATUS, if it does not say the truth.
    pub(crate) claims: Option<(u32, u32)>,
    /// Whether it tells another receipt of a message each time it is asked.
    pub(crate) has_odd_dates: bool,
    /// When each message was asked for first, which is when it came.
    receipts: Arc<Mutex<BTreeMap<u32, String>>>,
}

impl Folder {
    pub(crate) fn new(
        name: &'static str,
        count: u32,
        message: impl Fn(u32) -> Message + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            count: Arc::new(AtomicU32::new(count)),
            message: Arc::new(message),
            claims: None,
            has_odd_dates: false,
            receipts: Arc::default(),
        }
    }

    /// The INTERNALDATE of a message.
    fn receipt(&self, uid: u32) -> String {
        let now = received_now();
        if self.has_odd_dates {
            return now;
        }
        let mut receipts = self.receipts.lock().expect("no one panics here");
        receipts.entry(uid).or_insert(now).clone()
    }

    fn exists(&self) -> u32 {
        self.claims
            .map_or(self.count.load(Ordering::Relaxed), |(exists, _)| exists)
    }

    fn uid_next(&self) -> u32 {
        let honest = self.count.load(Ordering::Relaxed) + 1;
        self.claims.map_or(honest, |(_, next)| next)
    }
}

/// Looks at each command first: its tag and the rest of the line. True if it was answered.
pub(crate) type Whim = Arc<dyn Fn(&str, &str, &mut dyn Write) -> io::Result<bool> + Send + Sync>;

/// What a server plays.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) greeting: Vec<u8>,
    pub(crate) capabilities: &'static str,
    pub(crate) folders: Vec<Folder>,
    pub(crate) whim: Whim,
}

impl Part {
    /// An honest server with these folders.
    pub(crate) fn honest(folders: Vec<Folder>) -> Self {
        Self {
            greeting: b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n".to_vec(),
            capabilities: "IMAP4rev1 IDLE",
            folders,
            whim: Arc::new(|_, _, _| Ok(false)),
        }
    }

    /// With a whim.
    pub(crate) fn but(
        mut self,
        whim: impl Fn(&str, &str, &mut dyn Write) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        self.whim = Arc::new(whim);
        self
    }

    /// Plays from now on; where it listens.
    pub(crate) fn play(self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let part = self.clone();
                // The daemon may hang up at any time.
                thread::spawn(move || part.converse(stream));
            }
        });
        port
    }

    fn converse(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut out = io::BufWriter::with_capacity(64 * 1024, stream);
        out.write_all(&self.greeting)?;
        out.flush()?;
        let mut open = 0;
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            let (tag, command) = line.trim_end().split_once(' ').unwrap_or_default();
            if !(self.whim)(tag, command, &mut out)? {
                if command == "IDLE" {
                    idle(&self.folders[open], tag, &mut lines, &mut out)?;
                } else {
                    self.answer(tag, command, &mut open, &mut out)?;
                }
            }
            out.flush()?;
            line.clear();
        }
        Ok(())
    }

    fn answer(
        &self,
        tag: &str,
        command: &str,
        open: &mut usize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let named = |folder: &Folder| command.contains(&format!("\"{}\"", folder.name));
        let place = self.folders.iter().position(named);
        match command.split(' ').next().unwrap_or_default() {
            "CAPABILITY" => write!(out, "* CAPABILITY {}\r\n", self.capabilities)?,
            "LIST" => {
                for folder in &self.folders {
                    let special = if folder.name == "Sent" { "\\Sent" } else { "" };
                    write!(out, "* LIST ({special}) \"/\" \"{}\"\r\n", folder.name)?;
                }
            }
            "STATUS" => {
                let folder = &self.folders[place.unwrap_or(0)];
                let (exists, next) = (folder.exists(), folder.uid_next());
                write!(
                    out,
                    "* STATUS \"{}\" (MESSAGES {exists} UIDNEXT {next} UIDVALIDITY 7)\r\n",
                    folder.name
                )?;
            }
            "EXAMINE" => {
                *open = place.unwrap_or(0);
                let folder = &self.folders[*open];
                let (exists, next) = (folder.exists(), folder.uid_next());
                write!(
                    out,
                    "* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] life\r\n* OK [UIDNEXT {next}] next\r\n"
                )?;
            }
            "NOOP" => write!(out, "* {} EXISTS\r\n", self.folders[*open].exists())?,
            "UID" if command.starts_with("UID FETCH ") => {
                fetch(&self.folders[*open], command, out)?
            }
            "UID" => write!(out, "* SEARCH 1\r\n")?,
            _ => {}
        }
        write!(out, "{tag} OK done\r\n")
    }
}

fn fetch(folder: &Folder, command: &str, out: &mut dyn Write) -> io::Result<()> {
    let count = folder.count.load(Ordering::Relaxed);
    let set = command.split(' ').nth(2).unwrap_or_default();
    for range in set.split(',') {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let first: u32 = first.parse().unwrap_or(count);
        let last: u32 = last.parse().unwrap_or(u32::MAX).min(count);
        for uid in first.max(1)..=last {
            match (folder.message)(uid) {
                Message::Instead(say) => say(uid, out)?,
                Message::Letter { header, text, size } => {
                    if command.contains("TEXT") {
                        let text = &text[..text.len().min(TEXT_BYTES_MAX)];
                        text_answer(uid, text, out)?;
                    } else if command.contains("HEADER") {
                        let beginning = (size, folder.receipt(uid));
                        header_answer(uid, &header, beginning, out)?;
                    } else {
                        let receipt = folder.receipt(uid);
                        write!(out, "* {uid} FETCH (UID {uid} FLAGS () {receipt})\r\n")?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn header_answer(
    uid: u32,
    header: &[u8],
    (size, receipt): (u32, String),
    out: &mut dyn Write,
) -> io::Result<()> {
    let header = &header[..header.len().min(HEADER_BYTES_MAX)];
    write!(
        out,
        "* {uid} FETCH (UID {uid} FLAGS () {receipt} RFC822.SIZE {size} BODY[HEADER.FIELDS (FROM TO)]<0> {{{}}}\r\n",
        header.len()
    )?;
    out.write_all(header)?;
    out.write_all(b")\r\n")
}

fn text_answer(uid: u32, text: &[u8], out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "* {uid} FETCH (UID {uid} BODY[TEXT]<0> {{{}}}\r\n",
        text.len()
    )?;
    out.write_all(text)?;
    out.write_all(b")\r\n")
}

/// The INTERNALDATE of a message that has just come.
pub(crate) fn received_now() -> String {
    let date = SystemClock.now().format("%d-%b-%Y %H:%M:%S +0000");
    format!("INTERNALDATE \"{date}\"")
}

/// Tells of new messages until the client says DONE.
fn idle(
    folder: &Folder,
    tag: &str,
    lines: &mut BufReader<TcpStream>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(b"+ idling\r\n")?;
    out.flush()?;
    let mut told = folder.exists();
    let mut line = String::new();
    lines.get_ref().set_read_timeout(Some(NEWS_EVERY))?;
    loop {
        match lines.read_line(&mut line) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => break,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        let now = folder.exists();
        if now != told {
            told = now;
            write!(out, "* {now} EXISTS\r\n")?;
            out.flush()?;
        }
    }
    lines.get_ref().set_read_timeout(None)?;
    write!(out, "{tag} OK done\r\n")
}
