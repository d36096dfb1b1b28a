//! Observations, counted in buckets.

/// Observations in seconds, by the least bucket that holds each.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One more than there are bounds: the last holds what is beyond all of them.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// Without observations. Upper bounds are inclusive and rise.
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    pub(super) fn observe(&mut self, seconds: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.sum += seconds;
    }

    /// Each upper bound with how many observations do not exceed it; without a bound: all.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<f64>, u64)> {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        bounds.zip(self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        }))
    }

    /// How many observations there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What they come to together, in seconds.
    pub const fn sum(&self) -> f64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_holds_what_equals_it_and_every_bucket_what_the_lower_ones_hold() {
        let mut histogram = Histogram::new(&[1.0, 5.0]);
        for seconds in [0.0, 1.0, 1.5, 5.0, 7.0] {
            histogram.observe(seconds);
        }
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets, [(Some(1.0), 2), (Some(5.0), 4), (None, 5)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 14.5));
    }
}
