//! The mail server we hand our mail to (RFC 5321), and what it took.

use ackd::domain::ids::OutboxId;
use ackd::domain::time::Timestamp;

use crate::faults::{PostFault, PostPhase};
use crate::filing;
use crate::imap::field;
use crate::line::{End, Saying};
use crate::oracle;
use crate::world::Inner;

/// A mail the server took.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) message_id: String,
    pub(crate) row: OutboxId,
    pub(crate) to: String,
    pub(crate) header: String,
    /// When the connection was opened.
    pub(crate) dialled_at: Timestamp,
    /// In which life of the daemon.
    pub(crate) life: u32,
    /// Whether the daemon was told so without any trouble.
    pub(crate) clean: bool,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct SmtpSession {
    fault: Option<(PostPhase, PostFault)>,
    heard: Vec<u8>,
    to: Option<String>,
    in_content: bool,
    dialled_at: Timestamp,
    life: u32,
    clean: bool,
}

impl SmtpSession {
    pub(crate) fn new(world: &mut Inner, line_breaks: bool) -> Self {
        let fault = world.weather.post_fault();
        if let Some(fault) = fault {
            world.log(|| format!("smtp fault {fault:?}"));
        }
        Self {
            fault,
            heard: Vec::new(),
            to: None,
            in_content: false,
            dialled_at: world.time.truth(),
            life: world.life,
            clean: fault.is_none() && !line_breaks,
        }
    }

    pub(crate) fn greet(&mut self, _: &mut Inner, out: &mut Saying) {
        self.answer(PostPhase::Greeting, "220 post.northwind.example", out);
    }

    pub(crate) fn hear(&mut self, world: &mut Inner, bytes: &[u8], out: &mut Saying) {
        self.heard.extend_from_slice(bytes);
        loop {
            let mark: &[u8] = if self.in_content {
                b"\r\n.\r\n"
            } else {
                b"\r\n"
            };
            let found = self.heard.windows(mark.len()).position(|own| own == mark);
            let Some(at) = found else { return };
            let piece: Vec<u8> = self.heard.drain(..at + mark.len()).collect();
            let text = String::from_utf8_lossy(&piece[..at]).into_owned();
            if self.in_content {
                self.in_content = false;
                self.content(world, &text, out);
            } else {
                self.command(&text, out);
            }
            if out.end.is_some() || out.mute {
                return;
            }
        }
    }

    fn command(&mut self, line: &str, out: &mut Saying) {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("EHLO") {
            self.answer(PostPhase::Hello, "250 post.northwind.example", out);
        } else if upper.starts_with("MAIL FROM") {
            self.answer(PostPhase::Sender, "250 ok", out);
        } else if upper.starts_with("RCPT TO") {
            let address = line.split(['<', '>']).nth(1).unwrap_or("");
            self.to = Some(address.to_owned());
            self.answer(PostPhase::Recipient, "250 ok", out);
        } else if upper == "DATA" {
            self.in_content = self.answer(PostPhase::Data, "354 go ahead", out);
        } else if upper == "QUIT" {
            out.line("221 bye");
            out.end = Some(End::Closed);
        } else {
            out.line("500 what was that");
        }
    }

    /// Answers as hoped for, unless it goes wrong here. True if as hoped for.
    fn answer(&mut self, phase: PostPhase, hoped_for: &str, out: &mut Saying) -> bool {
        match self.fault.filter(|(at, _)| *at == phase) {
            None => out.line(hoped_for),
            Some((_, PostFault::Code(code))) => out.line(format!("{code} not so")),
            Some((_, PostFault::Silence { .. })) => out.mute = true,
            Some((_, PostFault::Cut { .. })) => out.end = Some(End::Reset),
        }
        self.fault.is_none_or(|(at, _)| at != phase)
    }

    fn content(&mut self, world: &mut Inner, text: &str, out: &mut Saying) {
        let header = text.split("\r\n\r\n").next().unwrap_or("").to_owned();
        let message_id = field(&header, "message-id").unwrap_or_default();
        let message_id = message_id.trim_matches(['<', '>']).to_owned();
        let row = message_id
            .strip_prefix("ackd.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|row| row.parse().ok());
        let Some(row) = row.map(OutboxId) else {
            world.complain(format!("a Message-ID that is none of ours: {message_id}"));
            return;
        };
        oracle::offered(world, row, &message_id);
        if let Some(fault) = filing::fault(world, row) {
            self.fault = Some((PostPhase::Dot, fault));
            self.clean = false;
        }
        let taken = match self.fault.filter(|(at, _)| *at == PostPhase::Dot) {
            None => true,
            Some((_, PostFault::Code(_))) => false,
            Some((_, PostFault::Silence { taken } | PostFault::Cut { taken })) => taken,
        };
        world.log(|| format!("smtp: row {row} offered, taken: {taken}"));
        if taken {
            filing::taken(world, &message_id, text);
            let delivery = Delivery {
                message_id,
                row,
                to: self.to.clone().unwrap_or_default(),
                header,
                dialled_at: self.dialled_at,
                life: self.life,
                clean: self.clean,
            };
            oracle::delivered(world, delivery);
        }
        self.answer(PostPhase::Dot, "250 taken", out);
    }
}
