//! Histograms that several threads add to and a scrape reads.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of [`Durations`]' buckets, milliseconds.
const DURATIONS_MS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000];
/// Upper bounds of [`Sizes`]' buckets.
const SIZES: &[u64] = &[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];

/// Counts by upper bound, inclusive; one more bucket holds the rest.
#[derive(Debug)]
pub struct Spread {
    bounds: &'static [u64],
    /// How many of the bounds' units make one of the unit that is shown.
    scale: u64,
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// A moment of a [`Spread`].
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Upper bound, and observations in that bucket alone.
    pub buckets: Vec<(f64, u64)>,
    /// Observations above every bound.
    pub beyond: u64,
    pub sum: f64,
}

impl Spread {
    fn new(bounds: &'static [u64], scale: u64) -> Spread {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Spread { bounds, scale, buckets, sum: AtomicU64::new(0) }
    }

    fn add(&self, value: u64) {
        let bucket = self.bounds.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Several as one; nothing for none.
    pub fn read(all: &[&Spread]) -> Option<Reading> {
        let first = all.first()?;
        let count = |at: usize| all.iter().map(|one| one.buckets[at].load(Ordering::Relaxed)).sum();
        let shown = |value: u64| value as f64 / first.scale as f64;
        Some(Reading {
            buckets: first.bounds.iter().enumerate().map(|(at, bound)| (shown(*bound), count(at))).collect(),
            beyond: count(first.bounds.len()),
            sum: shown(all.iter().map(|one| one.sum.load(Ordering::Relaxed)).sum()),
        })
    }
}

/// Durations, kept in milliseconds and shown in seconds.
#[derive(Debug)]
pub struct Durations(Spread);

impl Durations {
    pub fn add_ms(&self, ms: u64) {
        self.0.add(ms);
    }

    pub fn spread(&self) -> &Spread {
        &self.0
    }
}

impl Default for Durations {
    fn default() -> Durations {
        Durations(Spread::new(DURATIONS_MS, 1_000))
    }
}

/// Numbers of records.
#[derive(Debug)]
pub struct Sizes(Spread);

impl Sizes {
    pub fn add(&self, size: usize) {
        self.0.add(size as u64);
    }

    pub fn spread(&self) -> &Spread {
        &self.0
    }
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes(Spread::new(SIZES, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_threads_are_read_as_one() {
        let (one, other) = (Durations::default(), Durations::default());
        for ms in [0, 1, 2, 60_000] {
            one.add_ms(ms);
        }
        other.add_ms(60_001);
        let read = Spread::read(&[one.spread(), other.spread()]).unwrap();
        let filled: Vec<(f64, u64)> = read.buckets.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(filled, [(0.001, 2), (0.002, 1), (60.0, 1)]);
        assert_eq!((read.beyond, read.sum), (1, 120.004));
        assert_eq!(Spread::read(&[]), None);
    }
}
