//! A clock that stands still until somebody moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::ids::Millis;
use crate::engine::port::Clock;

/// Virtual time, shared through an `Arc` by whoever moves it and whoever reads it.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn new(now: Millis) -> ManualClock {
        ManualClock(AtomicI64::new(now))
    }

    pub fn set(&self, now: Millis) {
        self.0.store(now, Ordering::SeqCst);
    }

    pub fn advance(&self, by_ms: Millis) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}
