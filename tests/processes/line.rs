//! A bad line to a server: a proxy that delays, cuts, splits and swallows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::chance::Chance;

/// How many bytes pass before a connection is cut, at most.
const CUT_AFTER_MAX: usize = 8192;

/// How long bytes are swallowed before the line heals, in milliseconds.
const SWALLOWED_FOR: (i64, i64) = (500, 9000);

/// How long a server has to take a mail whose reply never comes back.
const TAKES_MAIL_WITHIN: Duration = Duration::from_millis(300);

/// The end of a mail's text.
const FINAL_DOT: &[u8] = b"\r\n.\r\n";

/// What becomes of one direction of a connection.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Nothing.
    Whole,
    /// Each piece is held back for some time.
    Delayed(Duration),
    /// Bytes go one by one.
    Split,
    /// It is cut after so many bytes.
    CutAfter(usize),
    /// After so many bytes nothing passes for some time.
    Swallowed(usize, Duration),
    /// It is cut in the middle of a literal.
    CutInLiteral,
    /// It is cut before the final dot of a mail.
    CutBeforeDot,
    /// The final dot passes, its reply does not.
    CutBehindDot,
}

/// What is spoken on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    Imap,
    Smtp,
}

/// A line to one server. It ends with the story.
pub(crate) struct Line {
    /// Where it begins: `host:port`.
    pub(crate) address: String,
    weather: Arc<Weather>,
    _runtime: Runtime,
}

#[derive(Debug)]
struct Weather {
    /// How often it has changed: in odd times it is rough.
    changes: AtomicU64,
    connections: AtomicU64,
    cuts: AtomicU64,
    speech: Speech,
    chance: Mutex<Chance>,
}

impl Line {
    /// On a free port; calm at first.
    pub(crate) fn to(server: &str, speech: Speech, chance: Chance) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let weather = Arc::new(Weather {
            changes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            speech,
            chance: Mutex::new(chance),
        });
        let (server, sky) = (server.to_owned(), weather.clone());
        runtime.spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                sky.connections.fetch_add(1, Ordering::Relaxed);
                let (server, sky) = (server.clone(), sky.clone());
                tokio::spawn(async move {
                    // Either side may hang up at any time.
                    let _ = pass(here, &server, &sky).await;
                });
            }
        });
        Self {
            address,
            weather,
            _runtime: runtime,
        }
    }

    /// The weather gets rough, where it was calm, or the other way round: each direction of each
    /// connection meets a fate of its own when it gets rough, none when it gets calm.
    pub(crate) fn change(&self) {
        self.weather.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// Rough weather goes on, with new fates.
    pub(crate) fn stir(&self) {
        self.weather.changes.fetch_add(2, Ordering::Relaxed);
    }

    /// How many connections there were, and how many of them were cut.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (read(&self.weather.connections), read(&self.weather.cuts))
    }
}

impl Weather {
    /// What happens to a direction from now on.
    fn fate(&self, changes: u64) -> Fate {
        if changes.is_multiple_of(2) {
            return Fate::Whole;
        }
        let mut chance = self.chance.lock().expect("nobody panics with it");
        fate(self.speech, &mut chance)
    }
}

fn fate(speech: Speech, chance: &mut Chance) -> Fate {
    let bytes = chance.depth(CUT_AFTER_MAX);
    let time = |low, high, chance: &mut Chance| {
        Duration::from_millis(chance.between(low, high).unsigned_abs())
    };
    match chance.size(0, 8) {
        0 | 1 => Fate::Whole,
        2 => Fate::Delayed(time(5, 200, chance)),
        3 => Fate::Split,
        4 => Fate::CutAfter(bytes),
        5 => Fate::Swallowed(bytes, time(SWALLOWED_FOR.0, SWALLOWED_FOR.1, chance)),
        6 => Fate::CutAfter(bytes / 16),
        _ if speech == Speech::Imap => Fate::CutInLiteral,
        7 => Fate::CutBeforeDot,
        _ => Fate::CutBehindDot,
    }
}

async fn pass(here: TcpStream, server: &str, weather: &Weather) -> std::io::Result<()> {
    let there = TcpStream::connect(server).await?;
    here.set_nodelay(true)?;
    there.set_nodelay(true)?;
    let (from_here, to_here) = here.into_split();
    let (from_there, to_there) = there.into_split();
    let is_mute = AtomicBool::new(false);
    let direction = || Direction {
        fate: Fate::Whole,
        changes: 0,
        passed: 0,
        end: Vec::new(),
        weather,
        is_mute: &is_mute,
    };
    let upward = direction().carry(from_here, to_there, false);
    let downward = direction().carry(from_there, to_here, true);
    // Whichever is cut ends the other with it; whichever ends lets the other one end by itself.
    let whole = tokio::try_join!(upward, downward);
    if whole.is_err() {
        weather.cuts.fetch_add(1, Ordering::Relaxed);
    }
    whole.map(|_| ())
}

/// One direction of a connection.
struct Direction<'a> {
    fate: Fate,
    /// The weather it was met in.
    changes: u64,
    passed: usize,
    /// The last bytes that passed: what is looked for may come in pieces.
    end: Vec<u8>,
    weather: &'a Weather,
    /// Whether the answers of the server get lost.
    is_mute: &'a AtomicBool,
}

impl Direction<'_> {
    /// Until the end, or until it is cut: then it fails.
    async fn carry(
        mut self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        is_answer: bool,
    ) -> std::io::Result<()> {
        let mut bytes = vec![0; 4096];
        loop {
            let count = from.read(&mut bytes).await?;
            if count == 0 {
                return to.shutdown().await;
            }
            if is_answer && self.is_mute.load(Ordering::Relaxed) {
                continue;
            }
            self.pass(&bytes[..count], &mut to).await?;
        }
    }

    async fn pass(&mut self, bytes: &[u8], to: &mut OwnedWriteHalf) -> std::io::Result<()> {
        let changes = self.weather.changes.load(Ordering::Relaxed);
        if self.changes != changes {
            (self.changes, self.passed) = (changes, 0);
            self.fate = self.weather.fate(changes);
        }
        let before = self.passed;
        self.passed += bytes.len();
        match self.fate {
            Fate::Whole => to.write_all(bytes).await,
            Fate::Delayed(time) => {
                tokio::time::sleep(time).await;
                to.write_all(bytes).await
            }
            Fate::Split => {
                for byte in bytes {
                    to.write_all(&[*byte]).await?;
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Fate::CutAfter(limit) if self.passed >= limit => {
                cut(&bytes[..limit.saturating_sub(before)], to).await
            }
            Fate::Swallowed(limit, time) if self.passed >= limit => {
                tokio::time::sleep(time).await;
                self.fate = Fate::Whole;
                to.write_all(bytes).await
            }
            Fate::CutAfter(_) | Fate::Swallowed(..) => to.write_all(bytes).await,
            Fate::CutInLiteral => match self.find(bytes, b"}\r\n") {
                Some(at) => cut(&bytes[..at + (bytes.len() - at) / 2], to).await,
                None => to.write_all(bytes).await,
            },
            Fate::CutBeforeDot => match self.find(bytes, FINAL_DOT) {
                Some(at) => cut(&bytes[..at.saturating_sub(3)], to).await,
                None => to.write_all(bytes).await,
            },
            Fate::CutBehindDot => match self.find(bytes, FINAL_DOT) {
                Some(_) => {
                    self.is_mute.store(true, Ordering::Relaxed);
                    to.write_all(bytes).await?;
                    tokio::time::sleep(TAKES_MAIL_WITHIN).await;
                    cut(b"", to).await
                }
                None => to.write_all(bytes).await,
            },
        }
    }

    /// Where in these bytes a mark ends, which may have begun before them.
    fn find(&mut self, bytes: &[u8], mark: &[u8]) -> Option<usize> {
        let old = self.end.len();
        self.end.extend_from_slice(bytes);
        let found = self.end.windows(mark.len()).position(|own| own == mark);
        let found = found.map(|at| (at + mark.len()).saturating_sub(old));
        let keep = self.end.len().saturating_sub(mark.len() - 1);
        self.end.drain(..keep);
        found
    }
}

/// The last bytes, and then no more in either direction.
async fn cut(last: &[u8], to: &mut OwnedWriteHalf) -> std::io::Result<()> {
    to.write_all(last).await?;
    to.flush().await?;
    Err(std::io::ErrorKind::ConnectionAborted.into())
}
