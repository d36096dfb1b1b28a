//! The only file that reads the time.
//!
//! Everything else is told: the domain takes `now` as an argument, the shells hold a
//! [`Clock`]. Waiting is done with tokio's timers, which are monotonic and stop while the
//! machine sleeps; so deadlines are compared with the wall clock again at every tick.

use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::time::Timestamp;

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// The present moment in UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that is handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}
