//! Stretches of time that counts are kept by.

use crate::domain::ids::Millis;

/// Length of the finest grain; measures are merged by it.
pub const MINUTE_MS: Millis = 60_000;
/// Length of the coarsest grain.
pub const DAY_MS: Millis = 24 * 60 * MINUTE_MS;

/// How long a window is; all are aligned to UTC. `Late` holds, by day of arrival, what came after its window was final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    Minute,
    Quarter,
    Hour,
    Day,
    Late,
}

impl Grain {
    pub const ALL: [Grain; 5] = [Grain::Minute, Grain::Quarter, Grain::Hour, Grain::Day, Grain::Late];

    /// The wire word.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Minute => "PT1M",
            Grain::Quarter => "PT15M",
            Grain::Hour => "PT1H",
            Grain::Day => "P1D",
            Grain::Late => "late",
        }
    }

    /// The grain called `name` on the wire.
    pub fn named(name: &str) -> Option<Grain> {
        Grain::ALL.into_iter().find(|grain| grain.name() == name)
    }

    pub fn length_ms(self) -> Millis {
        match self {
            Grain::Minute => MINUTE_MS,
            Grain::Quarter => 15 * MINUTE_MS,
            Grain::Hour => 60 * MINUTE_MS,
            Grain::Day | Grain::Late => DAY_MS,
        }
    }
}

/// A stretch of event time: `[start, end)`. Ordered by end, so that what becomes final first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    end: Millis,
    grain: Grain,
}

impl Window {
    /// The window of this grain that holds the moment `at`.
    pub fn at(grain: Grain, at: Millis) -> Window {
        let length = grain.length_ms();
        Window { end: at.div_euclid(length).saturating_mul(length).saturating_add(length), grain }
    }

    pub fn grain(self) -> Grain {
        self.grain
    }

    /// First moment inside.
    pub fn start(self) -> Millis {
        self.end - self.grain.length_ms()
    }

    /// First moment after.
    pub fn end(self) -> Millis {
        self.end
    }
}

/// The start of the minute that holds `at`.
pub fn minute_of(at: Millis) -> Millis {
    Window::at(Grain::Minute, at).start()
}
