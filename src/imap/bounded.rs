//! A stream that stops a server from filling our memory.
//!
//! Vocabulary: a *literal* is announced as `{n}` at the end of a line and followed by `n`
//! bytes (RFC 3501, section 4.3); a *status line* (`* OK …`, `a1 NO …`, `+ …`) never ends in
//! one, whatever its words look like.
//!
//! The parser behind it sets aside as many bytes as a literal announces, before one of them
//! has come; so the announcement is read here first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::domain::facts::HEADER_BYTES_MAX;

/// The longest literal that is read. Header and text are asked for with an upper limit, so
/// an honest server stays below it.
pub(crate) const LITERAL_BYTES_MAX: usize = HEADER_BYTES_MAX + 4096;

/// The longest line that is read. The longest honest ones are answers to SEARCH.
pub(crate) const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that are read while one command runs.
pub(crate) const COMMAND_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// How much of a line is kept to tell a status line.
const LINE_START_BYTES: usize = 24;

/// What went beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overflow {
    /// A literal.
    #[error("the server announced a piece of {0} bytes, more than {LITERAL_BYTES_MAX}")]
    Literal(u64),
    /// A line.
    #[error("the server sent a line longer than {LINE_BYTES_MAX} bytes")]
    Line,
    /// Everything a command was answered with.
    #[error("the server answered one command with more than {COMMAND_BYTES_MAX} bytes")]
    Command,
}

/// A stream whose reading side is limited. Writing is passed through.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    inner: S,
    meter: Meter,
}

impl<S> Bounded<S> {
    /// Wraps a stream.
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            meter: Meter::default(),
        }
    }

    /// Begins to count the bytes of a command anew.
    pub(crate) fn begin_command(&mut self) {
        self.meter.command = 0;
    }

    /// The stream itself.
    pub(crate) fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // A second fence, should the parser ever see a literal where the meter saw none.
        if buffer.remaining() > LITERAL_BYTES_MAX + 64 * 1024 {
            let overflow = Overflow::Literal(buffer.remaining() as u64);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, overflow)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        let outcome = this.meter.take(&buffer.filled()[before..]);
        Poll::Ready(outcome.map_err(|over| io::Error::new(io::ErrorKind::InvalidData, over)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// Counts what passes and knows where in the grammar it is.
#[derive(Debug, Default)]
struct Meter {
    command: u64,
    /// Bytes of the current literal that are still to come.
    literal: u64,
    /// Bytes of the current line so far.
    line: usize,
    start: Vec<u8>,
    end: Vec<u8>,
    /// Whether the line goes on after a literal: then it is no status line.
    continued: bool,
}

impl Meter {
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Overflow> {
        self.command += bytes.len() as u64;
        if self.command > COMMAND_BYTES_MAX {
            return Err(Overflow::Command);
        }
        while !bytes.is_empty() {
            if self.literal > 0 {
                let skipped = bytes
                    .len()
                    .min(usize::try_from(self.literal).unwrap_or(usize::MAX));
                self.literal -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            let newline = bytes.iter().position(|byte| *byte == b'\n');
            let piece = &bytes[..newline.map_or(bytes.len(), |at| at + 1)];
            self.add_to_line(piece)?;
            if newline.is_some() {
                self.end_line()?;
            }
            bytes = &bytes[piece.len()..];
        }
        Ok(())
    }

    fn add_to_line(&mut self, piece: &[u8]) -> Result<(), Overflow> {
        self.line += piece.len();
        if self.line > LINE_BYTES_MAX {
            return Err(Overflow::Line);
        }
        let room = LINE_START_BYTES.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&piece[..piece.len().min(room)]);
        let tail = &piece[piece.len().saturating_sub(LINE_START_BYTES)..];
        self.end.extend_from_slice(tail);
        let surplus = self.end.len().saturating_sub(LINE_START_BYTES);
        self.end.drain(..surplus);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Overflow> {
        let announced = announced_literal(&self.end);
        if let Some(size) = announced
            && size > LITERAL_BYTES_MAX as u64
        {
            return Err(Overflow::Literal(size));
        }
        let status = !self.continued && is_status_line(&self.start);
        self.literal = announced.filter(|_| !status).unwrap_or(0);
        self.continued = announced.is_some() && !status;
        self.line = 0;
        self.start.clear();
        self.end.clear();
        Ok(())
    }
}

/// The `n` of a line that ends in `{n}` or `{n+}`.
fn announced_literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (head, number) = line.split_at(line.len() - digits);
    if digits == 0 {
        return None;
    }
    // So many digits that the brace is out of sight are too many in any case.
    if head.is_empty() {
        return Some(u64::MAX);
    }
    head.ends_with(b"{").then(|| {
        let number = std::str::from_utf8(number).unwrap_or("");
        number.parse().unwrap_or(u64::MAX)
    })
}

/// Whether a line is `+ …` or has OK, NO, BAD, BYE or PREAUTH as its second word.
fn is_status_line(start: &[u8]) -> bool {
    if start.first() == Some(&b'+') {
        return true;
    }
    let word = start
        .split(|byte| byte.is_ascii_whitespace())
        .nth(1)
        .unwrap_or(b"");
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(bytes: &[u8], step: usize) -> Result<(), Overflow> {
        let mut meter = Meter::default();
        bytes.chunks(step).try_for_each(|piece| meter.take(piece))
    }

    #[test]
    fn a_huge_literal_is_refused_before_it_comes() {
        let line = b"* 1 FETCH (UID 1 BODY[HEADER] {500000000}\r\n";
        for step in [1, 7, 100] {
            assert_eq!(feed(line, step), Err(Overflow::Literal(500_000_000)));
        }
        let digits = b"* 1 FETCH (BODY[] {99999999999999999999999999999999999}\r\n";
        assert!(matches!(feed(digits, 3), Err(Overflow::Literal(_))));
    }

    #[test]
    fn a_status_line_cannot_hide_a_literal() {
        let hidden = b"* OK hello {60}\r\n* 1 FETCH (UID 1 BODY[HEADER] {500000000}\r\n";
        assert_eq!(feed(hidden, 5), Err(Overflow::Literal(500_000_000)));
    }

    #[test]
    fn what_stands_inside_a_literal_is_not_ours_to_judge() {
        let header = b"Subject: {500000000}\r\n\r\n";
        let mut bytes = format!("* 1 FETCH (BODY[HEADER] {{{}}}\r\n", header.len()).into_bytes();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(b" UID 1)\r\na1 OK done\r\n");
        for step in [1, 10, 1000] {
            assert_eq!(feed(&bytes, step), Ok(()));
        }
    }

    #[test]
    fn an_endless_line_is_cut_off() {
        let line = vec![b'x'; LINE_BYTES_MAX + 1];
        assert_eq!(feed(&line, 4096), Err(Overflow::Line));
    }
}
