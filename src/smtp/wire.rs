//! The unencrypted part of a connection, one line at a time.
//!
//! A mail server, or someone between, could send more lines along with the reply to
//! `STARTTLS`. A reader that had them in its buffer already would take them for replies given
//! under TLS (the STARTTLS injection attacks, CVE-2021-33515 among them). So nothing is
//! handed on past a line end: what was sent too early reaches the TLS handshake, which fails.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes read from one connection: replies to a handful of commands and a
/// handshake. A server that sends more is not talking SMTP.
const CONNECTION_BYTES_MAX: usize = 1024 * 1024;

/// How much is taken from the socket at once, in bytes.
const READ_BYTES: usize = 4096;

/// A connection of any kind.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug> Wire for S {}

/// Opens a stream to a server in this process: by host name and port.
pub type Open = Arc<dyn Fn(&str, u16) -> io::Result<Box<dyn Wire>> + Send + Sync>;

/// How a stream to the mail server comes about.
#[derive(Clone, Default)]
pub enum Connector {
    /// Over TCP.
    #[default]
    Network,
    /// In the memory of this process, for simulations: without sockets, and without a thread
    /// for reading the password, so that everything happens in one order.
    Memory(Open),
}

/// A connection that hands on at most one line per read.
#[derive(Debug)]
pub(super) struct LineByLine {
    stream: Box<dyn Wire>,
    peer: Option<SocketAddr>,
    waiting: Vec<u8>,
    bytes_read: usize,
}

impl LineByLine {
    /// A TCP connection.
    pub(super) fn new(stream: TcpStream) -> Self {
        let peer = stream.peer_addr().ok();
        Self::over(Box::new(stream), peer)
    }

    /// A connection that leads to nowhere outside of this process.
    pub(super) fn in_memory(stream: Box<dyn Wire>) -> Self {
        Self::over(stream, None)
    }

    fn over(stream: Box<dyn Wire>, peer: Option<SocketAddr>) -> Self {
        Self {
            stream,
            peer,
            waiting: Vec::new(),
            bytes_read: 0,
        }
    }
}

impl AsyncRead for LineByLine {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.waiting.is_empty() {
            let mut room = [0; READ_BYTES];
            let mut fresh = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut fresh))?;
            self.bytes_read += fresh.filled().len();
            if self.bytes_read > CONNECTION_BYTES_MAX {
                let error = io::Error::other("the server sent far too much");
                return Poll::Ready(Err(error));
            }
            self.waiting.extend_from_slice(fresh.filled());
        }
        let line = self.waiting.iter().position(|byte| *byte == b'\n');
        let wanted = line.map_or(self.waiting.len(), |end| end + 1);
        let count = wanted.min(out.remaining());
        out.put_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.peer.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}
