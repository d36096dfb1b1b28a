//! Two clocks: the world's, which is right, and the daemon's, which need not be.
//!
//! Within a life of the daemon tokio's paused time drives both. Between lives, and while the
//! machine sleeps, only the world's clock goes on.

use std::sync::{Arc, Mutex};

use ackd::clock::Clock;
use ackd::domain::time::Timestamp;
use chrono::Duration;
use tokio::time::Instant;

/// Both clocks.
#[derive(Debug)]
struct Hands {
    /// The world's time when `since` was taken.
    base: Timestamp,
    /// The start of the present life, in tokio's time.
    since: Option<Instant>,
    /// By how much the daemon's clock is wrong.
    skew: Duration,
    /// What the daemon's clock shows while it stands still.
    frozen: Option<Timestamp>,
}

/// A handle on both clocks; as a [`Clock`] it is the daemon's.
#[derive(Debug, Clone)]
pub(crate) struct Time(Arc<Mutex<Hands>>);

impl Time {
    pub(crate) fn starting_at(base: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hands {
            base,
            since: None,
            skew: Duration::zero(),
            frozen: None,
        })))
    }

    /// The world's time.
    pub(crate) fn truth(&self) -> Timestamp {
        self.hands().truth()
    }

    /// Tokio's time begins to drive the clocks.
    pub(crate) fn begin_life(&self) {
        self.hands().since = Some(Instant::now());
    }

    /// The life is over; the clocks stand until they are set on.
    pub(crate) fn end_life(&self) {
        let mut hands = self.hands();
        hands.base = hands.truth();
        hands.since = None;
    }

    /// The world goes on without the daemon's timers: the machine sleeps, is off, or its disk
    /// lets everybody wait.
    pub(crate) fn pass(&self, by: Duration) {
        let mut hands = self.hands();
        hands.base += by;
    }

    /// The daemon's clock is set.
    pub(crate) fn set_skew(&self, skew: Duration) {
        let mut hands = self.hands();
        hands.skew = skew;
        hands.frozen = None;
    }

    /// The daemon's clock stands still.
    pub(crate) fn freeze(&self) {
        let shown = self.now();
        self.hands().frozen = Some(shown);
    }

    /// Whether the daemon's clock is right.
    pub(crate) fn is_right(&self) -> bool {
        let hands = self.hands();
        hands.skew == Duration::zero() && hands.frozen.is_none()
    }

    /// Tokio's time at a moment of the world.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        let left = (at - self.truth()).to_std().unwrap_or_default();
        Instant::now() + left
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0.lock().expect("nobody panics with a clock in hand")
    }
}

impl Hands {
    fn truth(&self) -> Timestamp {
        let lived = self.since.map(|since| since.elapsed()).unwrap_or_default();
        self.base + Duration::from_std(lived).expect("a short life")
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        let hands = self.hands();
        hands.frozen.unwrap_or_else(|| hands.truth() + hands.skew)
    }
}
