//! How far something long has come, for whoever waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far something has come. Clones tell of the same; nobody need look.
#[derive(Debug, Clone, Default)]
pub struct Headway {
    numbers: Arc<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    done: AtomicU64,
    /// Zero: not known.
    expected: AtomicU64,
}

impl Headway {
    /// How much is done, and of how much, where that is known: in bytes of an export, else in
    /// records.
    pub fn seen(&self) -> (u64, Option<u64>) {
        let done = self.numbers.done.load(Ordering::Relaxed);
        let expected = self.numbers.expected.load(Ordering::Relaxed);
        (done, (expected > 0).then_some(expected))
    }

    pub(super) fn expect(&self, expected: u64) {
        self.numbers.done.store(0, Ordering::Relaxed);
        self.numbers.expected.store(expected, Ordering::Relaxed);
    }

    /// So much is done by now.
    pub fn reach(&self, done: u64) {
        self.numbers.done.store(done, Ordering::Relaxed);
    }
}
