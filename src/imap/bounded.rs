//! A stream that stops a server from filling our memory.
//!
//! Vocabulary: a *literal* is announced as `{n}` at the end of a line and followed by `n`
//! bytes (RFC 3501, section 4.3); a *status line* (`* OK …`, `a1 NO …`, `+ …`) never ends in
//! one, whatever its words look like.
//!
//! The parser behind it sets aside as many bytes as a literal announces, before one of them
//! has come; so the announcement is read here first. And it begins anew with every piece it is
//! given: so it is given one whole response at a time where that is possible, without the list
//! of header fields with which the server repeats our question.

use std::io;
use std::ops::Range;
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
    /// A response that is over, and of which the parser still wants more: something in it was
    /// opened and never closed. Waiting would be in vain.
    #[error("a response of the server ends in the middle")]
    Unended,
}

/// How many bytes are read ahead. A longer response is given out in pieces.
const AHEAD_BYTES: usize = 32 * 1024;

/// A stream whose reading side is limited. Writing is passed through.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    inner: S,
    meter: Meter,
    ahead: Ahead,
}

/// What was read and is not given out yet.
#[derive(Debug)]
struct Ahead {
    bytes: Box<[u8]>,
    /// Up to here there are bytes.
    filled: usize,
    /// Up to here they were measured.
    measured: usize,
    /// From here to there they may be given out.
    ready: Range<usize>,
    /// These are not: they repeat our question.
    echo: Range<usize>,
    /// Whether a response ends with what may be given out.
    is_end: bool,
    /// Whether a whole response was given out and not taken yet.
    is_whole: bool,
}

impl<S> Bounded<S> {
    /// Wraps a stream.
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            meter: Meter::default(),
            ahead: Ahead {
                bytes: vec![0; AHEAD_BYTES].into_boxed_slice(),
                filled: 0,
                measured: 0,
                ready: 0..0,
                echo: 0..0,
                is_end: false,
                is_whole: false,
            },
        }
    }

    /// The response that was given out last has been read.
    pub(crate) fn taken(&mut self) {
        self.ahead.is_whole = false;
    }

    /// Begins to count the bytes of a command anew.
    pub(crate) fn begin_command(&mut self) {
        self.meter.command = 0;
    }

    /// The stream itself, without what was read ahead from it.
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
        let Self {
            inner,
            meter,
            ahead,
        } = &mut *self;
        // A second fence, should the parser ever see a literal where the meter saw none.
        if buffer.remaining() > LITERAL_BYTES_MAX + 64 * 1024 {
            let overflow = Overflow::Literal(buffer.remaining() as u64);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, overflow)));
        }
        if ahead.is_whole {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                Overflow::Unended,
            )));
        }
        loop {
            if buffer.remaining() == 0 || ahead.give(buffer) {
                return Poll::Ready(Ok(()));
            }
            let measured = ahead.measure(meter);
            if measured.map_err(|over| io::Error::new(io::ErrorKind::InvalidData, over))? {
                continue;
            }
            ahead.make_room();
            let mut space = ReadBuf::new(&mut ahead.bytes[ahead.filled..]);
            ready!(Pin::new(&mut *inner).poll_read(context, &mut space))?;
            match space.filled().len() {
                // The end: what is left is not whole, which is for the parser to say.
                0 if ahead.ready.start == ahead.filled => return Poll::Ready(Ok(())),
                0 => ahead.ready.end = ahead.filled,
                count => ahead.filled += count,
            }
        }
    }
}

impl Ahead {
    /// Gives out what is ready. False if nothing is.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let before = buffer.filled().len();
        while !self.ready.is_empty() && buffer.remaining() > 0 {
            let until = if self.echo.is_empty() {
                self.ready.end
            } else if self.ready.start < self.echo.start {
                self.echo.start
            } else {
                self.ready.start = self.echo.end;
                self.echo = 0..0;
                continue;
            };
            let piece = &self.bytes[self.ready.start..until];
            let piece = &piece[..piece.len().min(buffer.remaining())];
            buffer.put_slice(piece);
            self.ready.start += piece.len();
        }
        if self.ready.is_empty() && std::mem::take(&mut self.is_end) {
            self.is_whole = true;
        }
        buffer.filled().len() > before
    }

    /// Looks for the end of the next response. True if something has become ready.
    fn measure(&mut self, meter: &mut Meter) -> Result<bool, Overflow> {
        let began = self.ready.start;
        let taken = meter.take(&self.bytes[self.measured..self.filled])?;
        self.measured += taken.bytes;
        if taken.ended {
            self.ready.end = self.measured;
            self.is_end = true;
            // Where the response began is known only if none of it was given out before.
            if !std::mem::replace(&mut meter.is_divided, false) {
                let echo = repeated_fields(&self.bytes[began..self.measured]);
                self.echo = echo.map_or(0..0, |echo| began + echo.start..began + echo.end);
            }
        } else if self.measured - self.ready.start == self.bytes.len() {
            meter.is_divided = true;
            self.ready.end = self.measured;
        }
        Ok(!self.ready.is_empty())
    }

    /// Moves what is left to the front if the end is reached.
    fn make_room(&mut self) {
        if self.ready.start == self.filled || self.filled == self.bytes.len() {
            let given = self.ready.start;
            self.bytes.copy_within(given..self.filled, 0);
            self.filled -= given;
            self.measured -= given;
            self.ready = 0..0;
        }
    }
}

/// Where a FETCH response repeats the list of header fields that were asked for, behind
/// `BODY[HEADER`. Without it the response means the same and is half as long.
fn repeated_fields(response: &[u8]) -> Option<Range<usize>> {
    const BEGINNING: &[u8] = b"BODY[HEADER";
    const FIELDS: &[u8] = b".FIELDS (";
    let line = &response[..memchr::memchr(b'\n', response)?];
    let number = line.strip_prefix(b"* ")?;
    let digits = number.iter().take_while(|b| b.is_ascii_digit()).count();
    number[digits..].strip_prefix(b" FETCH (")?;
    let start = memchr::memmem::find(line, BEGINNING)? + BEGINNING.len();
    let list = line[start..].strip_prefix(FIELDS)?;
    let length = memchr::memchr(b')', list)?;
    let end = start + FIELDS.len() + length + 1;
    line[end..].starts_with(b"]").then_some(start..end)
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
    /// Whether the beginning of the response was given out before its end came.
    is_divided: bool,
}

/// How far the meter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    bytes: usize,
    /// Whether a response ended there.
    ended: bool,
}

impl Meter {
    /// Measures up to the end of a response, or all there is.
    fn take(&mut self, all: &[u8]) -> Result<Taken, Overflow> {
        let mut bytes = all;
        let mut ended = false;
        while !bytes.is_empty() && !ended {
            if self.literal > 0 {
                let skipped = bytes
                    .len()
                    .min(usize::try_from(self.literal).unwrap_or(usize::MAX));
                self.literal -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            let newline = memchr::memchr(b'\n', bytes);
            let (piece, rest) = bytes.split_at(newline.map_or(bytes.len(), |at| at + 1));
            self.add_to_line(piece)?;
            if newline.is_some() {
                self.end_line()?;
                ended = !self.continued;
            }
            bytes = rest;
        }
        let bytes = all.len() - bytes.len();
        self.command += bytes as u64;
        if self.command > COMMAND_BYTES_MAX {
            return Err(Overflow::Command);
        }
        Ok(Taken { bytes, ended })
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
    use tokio::io::AsyncReadExt;

    use super::*;

    fn feed(bytes: &[u8], step: usize) -> Result<(), Overflow> {
        let mut meter = Meter::default();
        for mut piece in bytes.chunks(step) {
            while !piece.is_empty() {
                piece = &piece[meter.take(piece)?.bytes..];
            }
        }
        Ok(())
    }

    /// What the parser is given when the server's bytes come in pieces of `step`.
    async fn given(server: &[u8], step: usize) -> Vec<String> {
        let mut wire = tokio_test_wire(server, step);
        let mut given = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = wire.read(&mut buffer).await.expect("within the limits");
            if count == 0 {
                return given;
            }
            given.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
            wire.taken();
        }
    }

    fn tokio_test_wire(server: &[u8], step: usize) -> Bounded<impl AsyncRead + Unpin + use<>> {
        let pieces: Vec<_> = server.chunks(step).map(<[u8]>::to_vec).collect();
        let pieces = pieces
            .into_iter()
            .map(|piece| Ok::<_, io::Error>(io::Cursor::new(piece)));
        Bounded::new(tokio_util::io::StreamReader::new(
            futures_util::stream::iter(pieces),
        ))
    }

    #[tokio::test]
    async fn the_parser_gets_one_whole_response_at_a_time() {
        let server =
            b"* 3 EXISTS\r\n* 1 FETCH (BODY[HEADER] {11}\r\nSubject: a\n UID 1)\r\na1 OK\r\n* 4";
        for step in [1, 7, 1000] {
            let given = given(server, step).await;
            assert_eq!(
                given,
                [
                    "* 3 EXISTS\r\n",
                    "* 1 FETCH (BODY[HEADER] {11}\r\nSubject: a\n UID 1)\r\n",
                    "a1 OK\r\n",
                    "* 4",
                ]
            );
        }
    }

    #[tokio::test]
    async fn the_list_of_fields_is_not_given_to_the_parser_twice() {
        let server = b"* 12 FETCH (UID 1 BODY[HEADER.FIELDS (\"FROM\" TO)]<0> {35}\r\nBODY[HEADER.FIELDS (in a header)]\r\n)\r\n";
        for step in [1, 7, 1000] {
            let given = given(server, step).await;
            assert_eq!(
                given,
                [
                    "* 12 FETCH (UID 1 BODY[HEADER]<0> {35}\r\nBODY[HEADER.FIELDS (in a header)]\r\n)\r\n"
                ]
            );
        }
    }

    #[tokio::test]
    async fn a_response_longer_than_what_is_read_ahead_comes_in_pieces() {
        let long = "x".repeat(3 * AHEAD_BYTES);
        let server = format!(
            "* 1 FETCH (BODY[HEADER.FIELDS (TO)] {{{}}}\r\n{long} UID 1)\r\na1 OK\r\n",
            long.len()
        );
        for step in [1000, AHEAD_BYTES, AHEAD_BYTES + 1] {
            let given = given(server.as_bytes(), step).await;
            assert_eq!(given.concat(), server);
            assert_eq!(given.last().map(String::as_str), Some("a1 OK\r\n"));
        }
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
