//! An IMAP server's side of one connection (RFC 3501), speaking the real protocol.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::faults::ImapFault;
use crate::filing;
use crate::line::{End, Saying};
use crate::mailbox::{Content, Mailbox, Message};
use crate::world::Inner;

/// One connection.
#[derive(Debug)]
pub(crate) struct ImapSession {
    mailbox: String,
    heard: Vec<u8>,
    logged_in: bool,
    open: Option<Open>,
    /// The tag of the IDLE that runs.
    idling: Option<String>,
    /// The APPEND that waits for its message.
    appending: Option<Append>,
}

/// The folder that is open, as the client knows it.
#[derive(Debug)]
struct Open {
    folder: String,
    uid_validity: u32,
    /// The UIDs in the order of their sequence numbers.
    view: Vec<u32>,
    told_answered: BTreeSet<u32>,
}

#[derive(Debug)]
struct Append {
    tag: String,
    folder: String,
    size: usize,
}

impl ImapSession {
    pub(crate) fn new(mailbox: &str) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            heard: Vec::new(),
            logged_in: false,
            open: None,
            idling: None,
            appending: None,
        }
    }

    pub(crate) fn greet(&mut self, world: &mut Inner, out: &mut Saying) {
        if world.weather.one_in(40) {
            world.troubled(&self.mailbox);
            match world.weather.chance.between(0, 2) {
                0 => out.line("* BYE too many connections"),
                1 => out.mute = true,
                _ => out.line("220 this is no IMAP at all"),
            }
            if !out.mute {
                out.end = Some(End::Closed);
            }
            return;
        }
        let idle = match world.mailbox(&self.mailbox).can_idle {
            true => " IDLE",
            false => "",
        };
        out.line(format!("* OK [CAPABILITY IMAP4rev1{idle}] ready"));
    }

    pub(crate) fn hear(&mut self, world: &mut Inner, bytes: &[u8], out: &mut Saying) {
        self.heard.extend_from_slice(bytes);
        loop {
            if let Some(append) = &self.appending {
                if self.heard.len() < append.size + 2 {
                    return;
                }
                let message: Vec<u8> = self.heard.drain(..append.size + 2).collect();
                self.append(world, &message, out);
                continue;
            }
            let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") else {
                return;
            };
            let line: Vec<u8> = self.heard.drain(..end + 2).collect();
            let line = String::from_utf8_lossy(&line[..end]).into_owned();
            self.command(world, &line, out);
            if out.end.is_some() || out.mute {
                return;
            }
        }
    }

    /// Something has changed in the mailbox: an idling client hears of it at once.
    pub(crate) fn news(&mut self, world: &mut Inner, out: &mut Saying) {
        if self.idling.is_some() {
            self.sync(world, out);
        }
    }

    fn command(&mut self, world: &mut Inner, line: &str, out: &mut Saying) {
        if line.eq_ignore_ascii_case("DONE") {
            if let Some(tag) = self.idling.take() {
                out.line(format!("{tag} OK idled"));
            }
            return;
        }
        let (tag, rest) = line.split_once(' ').unwrap_or((line, ""));
        world.log(|| format!("imap {}: {}", self.mailbox, masked(rest)));
        filing::catch_up(world);
        if !out.lateness.is_zero() {
            world.troubled(&self.mailbox);
        }
        if !is_harmless(rest) {
            world.complain(format!("a command that may change a mailbox: {rest}"));
        }
        if world.mailbox_is_closed(&self.mailbox) {
            out.line("* BYE going down");
            out.end = Some(End::Closed);
            return;
        }
        if let Some(fault) = world.weather.imap_fault(rest) {
            world.troubled(&self.mailbox);
            world.log(|| format!("  fault {fault:?}"));
            if let (ImapFault::Moved, Some(open)) = (fault, &self.open) {
                world.move_away(&self.mailbox, &open.folder);
            }
            if self.misbehave(fault, tag, rest, out) {
                return;
            }
        }
        self.obey(world, tag, rest, out);
    }

    /// Does something a server should not. True if the command is not carried out.
    fn misbehave(&mut self, fault: ImapFault, tag: &str, rest: &str, out: &mut Saying) -> bool {
        match fault {
            ImapFault::No => {
                let code = match rest.starts_with("LOGIN") {
                    true => "[UNAVAILABLE] ",
                    false => "",
                };
                out.line(format!("{tag} NO {code}not now"));
                true
            }
            ImapFault::Denied => {
                out.line(format!("{tag} NO [AUTHENTICATIONFAILED] wrong"));
                true
            }
            ImapFault::Bad => {
                out.line(format!("{tag} BAD what was that"));
                true
            }
            ImapFault::Bye => {
                out.line("* BYE maintenance");
                out.end = Some(End::Closed);
                true
            }
            ImapFault::Silence => {
                out.mute = true;
                true
            }
            ImapFault::Cut(after) => {
                out.left = Some(after.max(1));
                false
            }
            ImapFault::Chatter => {
                out.line("* OK [ALERT] there is cake in the kitchen {5}");
                out.line("* FLAGS (\\Answered \\Seen)");
                out.line("a0 OK an answer to nothing");
                false
            }
            ImapFault::Unsolicited => {
                let seen = self.open.as_ref().map_or(0, |open| open.view.len());
                if seen > 0 {
                    out.line(format!("* {seen} EXISTS"));
                    out.line(format!("* {seen} FETCH (FLAGS (\\Seen))"));
                }
                false
            }
            ImapFault::Late(by) => {
                out.lateness = by;
                false
            }
            ImapFault::Moved => false,
        }
    }

    fn obey(&mut self, world: &mut Inner, tag: &str, rest: &str, out: &mut Saying) {
        let upper = rest.to_ascii_uppercase();
        if upper.starts_with("LOGIN ") {
            self.logged_in = true;
            out.line(format!("{tag} OK in"));
        } else if upper == "CAPABILITY" {
            let idle = match world.mailbox(&self.mailbox).can_idle {
                true => " IDLE",
                false => "",
            };
            out.line(format!("* CAPABILITY IMAP4rev1{idle}"));
            out.line(format!("{tag} OK that is all"));
        } else if !self.logged_in {
            out.line(format!("{tag} NO log in first"));
        } else if upper.starts_with("LIST ") {
            for (name, folder) in &world.mailbox(&self.mailbox).folders {
                let mark = if folder.is_sent { "\\Sent" } else { "" };
                out.line(format!("* LIST ({mark}) \"/\" \"{name}\""));
            }
            out.line(format!("{tag} OK listed"));
        } else if upper.starts_with("STATUS ") {
            self.status(world.mailbox(&self.mailbox), tag, rest, out);
        } else if upper.starts_with("EXAMINE ") {
            self.examine(world, tag, rest, out);
        } else if upper == "NOOP" {
            self.sync(world, out);
            out.line(format!("{tag} OK nothing done"));
        } else if upper == "IDLE" {
            out.line("+ idling");
            self.idling = Some(tag.to_owned());
            self.sync(world, out);
        } else if upper.starts_with("UID FETCH ") {
            self.fetch(world, tag, &rest["UID FETCH ".len()..], out);
        } else if upper.starts_with("UID SEARCH HEADER MESSAGE-ID ") {
            self.search(world.mailbox(&self.mailbox), tag, rest, out);
        } else if upper.starts_with("APPEND ") {
            self.begin_append(tag, rest, out);
        } else if upper == "LOGOUT" {
            out.line("* BYE");
            out.line(format!("{tag} OK"));
            out.end = Some(End::Closed);
        } else {
            world.complain(format!("a command nobody expected: {rest}"));
            out.line(format!("{tag} BAD unknown"));
        }
    }

    fn status(&self, mailbox: &Mailbox, tag: &str, rest: &str, out: &mut Saying) {
        let name = quoted(rest);
        let Some(folder) = mailbox.folders.get(name) else {
            out.line(format!("{tag} NO no such folder"));
            return;
        };
        out.line(format!(
            "* STATUS \"{name}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {})",
            folder.messages.len(),
            folder.uid_next,
            folder.uid_validity
        ));
        out.line(format!("{tag} OK so it stands"));
    }

    fn examine(&mut self, world: &mut Inner, tag: &str, rest: &str, out: &mut Saying) {
        let name = quoted(rest).to_owned();
        let mailbox = world.mailbox(&self.mailbox);
        let Some(folder) = mailbox.folders.get(&name) else {
            self.open = None;
            out.line(format!("{tag} NO no such folder"));
            return;
        };
        out.line("* FLAGS (\\Answered \\Seen \\Draft)");
        out.line(format!("* {} EXISTS", folder.messages.len()));
        out.line("* 0 RECENT");
        out.line(format!("* OK [UIDVALIDITY {}] life", folder.uid_validity));
        if mailbox.tells_uid_next {
            out.line(format!("* OK [UIDNEXT {}] next", folder.uid_next));
        }
        out.line(format!("{tag} OK [READ-ONLY] open"));
        let view = folder.messages.iter().map(|own| own.uid).collect();
        let answered = folder.messages.iter().filter(|own| own.answered);
        self.open = Some(Open {
            folder: name,
            uid_validity: folder.uid_validity,
            view,
            told_answered: answered.map(|own| own.uid).collect(),
        });
    }

    /// Tells the client what has changed in the open folder.
    fn sync(&mut self, world: &mut Inner, out: &mut Saying) {
        let Some(open) = &mut self.open else { return };
        let mailbox = world.mailbox(&self.mailbox);
        let folder = mailbox.folders.get(&open.folder);
        let Some(folder) = folder.filter(|own| own.uid_validity == open.uid_validity) else {
            out.line("* BYE the folder has gone");
            out.end = Some(End::Closed);
            return;
        };
        for at in (0..open.view.len()).rev() {
            if folder.with_uid(open.view[at]).is_none() {
                open.view.remove(at);
                out.line(format!("* {} EXPUNGE", at + 1));
            }
        }
        let last = open.view.last().copied().unwrap_or(0);
        let fresh = folder.messages.iter().filter(|own| own.uid > last);
        let before = open.view.len();
        open.view.extend(fresh.map(|own| own.uid));
        if open.view.len() > before {
            out.line(format!("* {} EXISTS", open.view.len()));
        }
        for (at, uid) in open.view.iter().enumerate() {
            let answered = folder.with_uid(*uid).is_some_and(|own| own.answered);
            if answered && open.told_answered.insert(*uid) {
                out.line(format!("* {} FETCH (FLAGS (\\Answered))", at + 1));
            }
        }
    }

    fn fetch(&mut self, world: &mut Inner, tag: &str, what: &str, out: &mut Saying) {
        let twice = world.weather.one_in(25);
        let Some(open) = &self.open else {
            out.line(format!("{tag} BAD no folder is open"));
            return;
        };
        let (set, items) = what.split_once(' ').unwrap_or((what, ""));
        if items.contains("BODY[") || items.contains("RFC822 ") {
            world.complain(format!("a FETCH that marks mail as read: {items}"));
        }
        let mailbox = world.mailbox(&self.mailbox);
        let Some(folder) = mailbox.folders.get(&open.folder) else {
            out.line(format!("{tag} NO it is gone"));
            return;
        };
        let highest = open.view.last().copied().unwrap_or(0);
        for (at, uid) in open.view.iter().enumerate() {
            let Some(message) = folder.with_uid(*uid).filter(|_| in_set(set, *uid, highest)) else {
                continue;
            };
            let response = fetched(at + 1, message, items);
            out.say(response.clone());
            if twice {
                out.say(response);
            }
        }
        self.sync(world, out);
        out.line(format!("{tag} OK fetched"));
    }

    fn search(&self, mailbox: &Mailbox, tag: &str, rest: &str, out: &mut Saying) {
        let folder = self.open.as_ref();
        let folder = folder.and_then(|open| mailbox.folders.get(&open.folder));
        let wanted = quoted(rest);
        let found = |own: &&Message| own.content.message_id == wanted;
        let all = folder.iter().flat_map(|own| &own.messages).filter(found);
        let mut line = String::from("* SEARCH");
        for message in all {
            let _ = write!(line, " {}", message.uid);
        }
        out.line(line);
        out.line(format!("{tag} OK searched"));
    }

    fn begin_append(&mut self, tag: &str, rest: &str, out: &mut Saying) {
        let size = rest.rsplit_once('{').and_then(|(_, size)| {
            let digits = size.trim_end_matches('}');
            digits.parse().ok()
        });
        let Some(size) = size else {
            out.line(format!("{tag} BAD no literal"));
            return;
        };
        self.appending = Some(Append {
            tag: tag.to_owned(),
            folder: quoted(rest).to_owned(),
            size,
        });
        out.line("+ go ahead");
    }

    fn append(&mut self, world: &mut Inner, message: &[u8], out: &mut Saying) {
        let Some(Append { tag, folder, .. }) = self.appending.take() else {
            return;
        };
        let text = String::from_utf8_lossy(message).into_owned();
        let (header, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let message_id = field(header, "message-id").unwrap_or_default();
        let message_id = message_id.trim_matches(['<', '>']).to_owned();
        let now = world.time.truth();
        // What the server itself filed while we were about to is nobody's fault.
        let lately =
            filing::files_in(world, &self.mailbox).then(|| now - chrono::Duration::seconds(60));
        let mailbox = world.mailbox_mut(&self.mailbox);
        let twice = mailbox
            .copies(&message_id)
            .any(|(_, _, own)| lately.is_none_or(|lately| own.lies_since <= lately));
        let own = mailbox.folders.get_mut(&folder).filter(|own| own.is_sent);
        match own {
            Some(own) => {
                let content = Content {
                    message_id,
                    header: format!("{header}\r\n\r\n"),
                    body: body.to_owned(),
                    is_hostile: false,
                };
                own.put(std::sync::Arc::new(content), now, now);
                out.line(format!("{tag} OK filed"));
            }
            None => {
                world.complain(format!("an APPEND to \"{folder}\""));
                out.line(format!("{tag} NO not there"));
            }
        }
        if twice {
            world.complain("a sent copy was filed twice".to_owned());
        }
    }
}

/// A FETCH response.
fn fetched(number: usize, message: &Message, items: &str) -> Vec<u8> {
    let Message { uid, content, .. } = message;
    if content.is_hostile && items.contains("HEADER") {
        return format!("* {number} FETCH (UID {uid} FLAGS (\\Seen ENVELOPE ((((\r\n").into_bytes();
    }
    let flags = if message.answered { "\\Answered" } else { "" };
    let mut line = format!("* {number} FETCH (UID {uid}");
    if items.contains("FLAGS") {
        let _ = write!(line, " FLAGS ({flags})");
    }
    if items.contains("INTERNALDATE") {
        let at = message.received_at.format("%d-%b-%Y %H:%M:%S +0000");
        let size = content.header.len() + content.body.len();
        let _ = write!(line, " INTERNALDATE \"{at}\" RFC822.SIZE {size}");
    }
    let section = items.split_once("BODY.PEEK[").and_then(|(_, rest)| {
        let (section, rest) = rest.split_once(']')?;
        Some((section, rest.starts_with('<')))
    });
    if let Some((section, partial)) = section {
        let data = match section {
            "TEXT" => &content.body,
            _ => &content.header,
        };
        let origin = if partial { "<0>" } else { "" };
        let size = data.len();
        let _ = write!(line, " BODY[{section}]{origin} {{{size}}}\r\n{data}");
    }
    line.push_str(")\r\n");
    line.into_bytes()
}

/// A header field of a message.
pub(crate) fn field(header: &str, name: &str) -> Option<String> {
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded.lines().find_map(|line| {
        let (own, value) = line.split_once(':')?;
        own.eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

fn in_set(set: &str, uid: u32, highest: u32) -> bool {
    let number = |text: &str| match text {
        "*" => highest,
        text => text.parse().unwrap_or(0),
    };
    set.split(',').any(|part| {
        let (one, other) = part.split_once(':').unwrap_or((part, part));
        let (one, other) = (number(one), number(other));
        (one.min(other)..=one.max(other)).contains(&uid)
    })
}

/// What stands between the first pair of quotation marks.
fn quoted(text: &str) -> &str {
    text.split('"').nth(1).unwrap_or("")
}

/// Whether a command only looks, or files a copy.
fn is_harmless(command: &str) -> bool {
    const ALLOWED: [&str; 11] = [
        "LOGIN",
        "CAPABILITY",
        "LIST",
        "STATUS",
        "EXAMINE",
        "NOOP",
        "IDLE",
        "UID FETCH",
        "UID SEARCH",
        "APPEND",
        "LOGOUT",
    ];
    ALLOWED.iter().any(|own| command.starts_with(own))
}

fn masked(command: &str) -> &str {
    let end = command.find(" BODY.PEEK").unwrap_or(command.len());
    match command.starts_with("LOGIN") {
        true => "LOGIN …",
        false => &command[..end],
    }
}
