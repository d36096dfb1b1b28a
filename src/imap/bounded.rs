//! A stream that stops a server from filling our memory.
//!
//! Vocabulary: what is *read ahead* was read from the server and is not given to the parser yet.
//!
//! The parser sets aside as many bytes as a literal announces, before one of them has come; so
//! the announcement is read here first. And it begins anew with every piece it is given: so it
//! is given one whole response at a time where that is possible, without what it needs not see.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::meter::{LITERAL_BYTES_MAX, Meter, Overflow};
use super::oddities::{is_of_no_concern, mend_status_line, repeated_fields};

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
        self.meter.begin_command();
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
        loop {
            let began = self.ready.start;
            let taken = meter.take(&self.bytes[self.measured..self.filled])?;
            self.measured += taken.bytes;
            if !taken.ended {
                if self.measured - self.ready.start == self.bytes.len() {
                    meter.is_divided = true;
                    self.ready.end = self.measured;
                }
                return Ok(!self.ready.is_empty());
            }
            self.ready.end = self.measured;
            // Where the response began is known only if none of it was given out before.
            if !std::mem::replace(&mut meter.is_divided, false) {
                let response = &mut self.bytes[began..self.measured];
                if is_of_no_concern(response) {
                    self.ready.start = self.measured;
                    continue;
                }
                mend_status_line(response);
                let echo = repeated_fields(response);
                self.echo = echo.map_or(0..0, |echo| began + echo.start..began + echo.end);
            }
            self.is_end = true;
            return Ok(true);
        }
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

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
    async fn the_parser_is_spared_what_is_of_no_concern_and_what_it_would_panic_on() {
        let server = "* FLAGS (a  b)\r\n* 3 EXISTS\r\n* \r\n* OK [ALERT]– closed\r\n* FLAGS ()\r\n";
        for step in [1, 7, 1000] {
            let given = given(server.as_bytes(), step).await;
            assert_eq!(given, ["* 3 EXISTS\r\n", "* OK [ALERT]    closed\r\n"]);
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
}
