//! Chance: one seed, one order of draws, one world.

/// Where every draw of a world comes from.
#[derive(Debug, Clone)]
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A branch of its own: what is drawn from it moves nothing elsewhere.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.0.fork())
    }

    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.0.u32(..count.max(1)) == 0
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high.max(low))
    }

    pub(crate) fn size(&mut self, low: usize, high: usize) -> usize {
        self.0.usize(low..=high.max(low))
    }

    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.usize(..all.len())]
    }

    /// Mostly small, now and then large: where a connection breaks.
    pub(crate) fn depth(&mut self, most: usize) -> usize {
        let magnitude = self.0.u32(0..=most.max(1).ilog2());
        self.0.usize(..=(1_usize << magnitude).min(most))
    }

    pub(crate) fn seconds(&mut self, low: i64, high: i64) -> chrono::Duration {
        chrono::Duration::seconds(self.between(low, high))
    }
}
