//! The line between the daemon and a server: a stream in memory that may break at any byte.
//!
//! Behind it sits no task but a server that answers while it is spoken to. So what the daemon
//! has written has been heard, even if the daemon is gone a moment later.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::faults::LineFate;
use crate::imap::ImapSession;
use crate::smtp::SmtpSession;
use crate::world::World;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// In good order.
    Closed,
    /// By a reset.
    Reset,
}

/// What a server says, and when it gets here.
#[derive(Debug, Default)]
pub(crate) struct Saying {
    pieces: VecDeque<(Instant, Vec<u8>)>,
    pub(crate) end: Option<End>,
    /// Nothing more is heard from this server, and it hears nothing.
    pub(crate) mute: bool,
    /// By how much everything is late.
    pub(crate) lateness: std::time::Duration,
    /// After how many more bytes the line breaks.
    pub(crate) left: Option<usize>,
}

impl Saying {
    pub(crate) fn say(&mut self, bytes: impl Into<Vec<u8>>) {
        if self.mute || self.end.is_some() {
            return;
        }
        let mut bytes = bytes.into();
        if let Some(left) = &mut self.left {
            if bytes.len() >= *left {
                bytes.truncate(*left);
                self.end = Some(End::Reset);
            }
            *left -= bytes.len().min(*left);
        }
        let at = Instant::now() + self.lateness;
        let at = self.pieces.back().map_or(at, |(last, _)| at.max(*last));
        self.pieces.push_back((at, bytes));
    }

    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.say(format!("{}\r\n", text.as_ref()));
    }
}

/// Who sits at the other end.
#[derive(Debug)]
pub(crate) enum Peer {
    Imap(ImapSession),
    Smtp(SmtpSession),
}

/// One line.
#[derive(Debug)]
pub(crate) struct State {
    world: World,
    pub(crate) peer: Peer,
    pub(crate) saying: Saying,
    heard_left: Option<usize>,
    step: usize,
    waker: Option<Waker>,
}

pub(crate) type Shared = Arc<Mutex<State>>;

impl State {
    /// Tells the server that something has changed in its mailbox.
    pub(crate) fn news(shared: &Shared) {
        let mut state = shared.lock().expect("one thread");
        let State {
            world,
            peer,
            saying,
            ..
        } = &mut *state;
        if let Peer::Imap(session) = peer {
            session.news(&mut world.lock(), saying);
        }
        state.wake();
    }

    /// Breaks the line.
    pub(crate) fn cut(shared: &Shared) {
        let mut state = shared.lock().expect("one thread");
        state.saying.pieces.clear();
        state.saying.end = Some(End::Reset);
        state.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let State {
            world,
            peer,
            saying,
            heard_left,
            ..
        } = self;
        if saying.mute || saying.end.is_some() {
            return;
        }
        let heard = heard_left.map_or(bytes.len(), |left| left.min(bytes.len()));
        let world = &mut world.lock();
        world.step();
        match peer {
            Peer::Imap(session) => session.hear(world, &bytes[..heard], saying),
            Peer::Smtp(session) => session.hear(world, &bytes[..heard], saying),
        }
        if let Some(left) = heard_left {
            *left -= heard;
            if *left == 0 {
                saying.end = Some(End::Reset);
            }
        }
    }
}

/// The daemon's end of a line.
#[derive(Debug)]
pub(crate) struct Line {
    state: Shared,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// A line on which the server has said its greeting. The daemon's end, and a handle.
    pub(crate) fn open(world: World, mut peer: Peer, fate: LineFate) -> (Self, Shared) {
        let mut saying = Saying {
            left: fate.said_left,
            lateness: fate.lateness,
            ..Saying::default()
        };
        match &mut peer {
            Peer::Imap(session) => session.greet(&mut world.lock(), &mut saying),
            Peer::Smtp(session) => session.greet(&mut world.lock(), &mut saying),
        }
        let state = Arc::new(Mutex::new(State {
            world,
            peer,
            saying,
            heard_left: fate.heard_left,
            step: fate.step,
            waker: None,
        }));
        let line = Self {
            state: state.clone(),
            sleep: None,
        };
        (line, state)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let shared = self.state.clone();
        let mut state = shared.lock().expect("one thread");
        loop {
            let step = state.step;
            let Some((at, piece)) = state.saying.pieces.front_mut() else {
                return match state.saying.end {
                    Some(End::Closed) => Poll::Ready(Ok(())),
                    Some(End::Reset) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                    None => {
                        state.waker = Some(context.waker().clone());
                        Poll::Pending
                    }
                };
            };
            if *at > Instant::now() {
                let mut sleep = Box::pin(sleep_until(*at));
                if sleep.as_mut().poll(context).is_pending() {
                    state.waker = Some(context.waker().clone());
                    self.sleep = Some(sleep);
                    return Poll::Pending;
                }
            }
            if piece.is_empty() {
                state.saying.pieces.pop_front();
                continue;
            }
            let count = piece.len().min(step).min(buffer.remaining());
            buffer.put_slice(&piece[..count]);
            piece.drain(..count);
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.state.lock().expect("one thread");
        if state.saying.end == Some(End::Reset) && state.saying.pieces.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        state.hear(bytes);
        // A reader in another task hears the answer.
        state.wake();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
