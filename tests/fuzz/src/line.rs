//! A connection whose other end has said everything beforehand.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the other end does when it has said everything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It closes the connection.
    Closes,
    /// It stays, and says nothing any more.
    Hushes,
}

/// Our end of such a connection.
pub struct Line {
    said: Vec<u8>,
    given: usize,
    /// How many bytes come at once.
    piece: usize,
    end: End,
    heard: Heard,
}

/// What was written into connections.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// All of it.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("nobody panics in between").clone()
    }
}

impl Line {
    /// A connection on which `said` comes in pieces of so many bytes.
    pub fn new(said: &[u8], piece: usize, end: End, heard: Heard) -> Self {
        Self {
            said: said.to_vec(),
            given: 0,
            piece: piece.max(1),
            end,
            heard,
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.said.len() - self.given;
        let count = left.min(self.piece).min(buffer.remaining());
        if count == 0 && buffer.remaining() > 0 && self.end == End::Hushes {
            return Poll::Pending;
        }
        let given = self.given;
        buffer.put_slice(&self.said[given..given + count]);
        self.given += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut heard = self.heard.0.lock().expect("nobody panics in between");
        heard.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
