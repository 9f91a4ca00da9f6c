//! What a seed decides before anything runs: the cluster, the bounds, and how much goes wrong.

use segue::domain::ids::Millis;
use segue::memory::faults::Call;

use super::rng::Rng;

pub const DAY: Millis = 24 * 3_600_000;

/// So many records of a changelog are read at once.
pub const ONE_PIECE: usize = 4_000;

/// More timers than a workload has.
pub const MANY_TIMERS: usize = 20_000;

/// Where the input is when the members start, and what moves time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Both inputs are complete before anyone starts: their order is strict, and the machine's clock plays no part.
    Backlog,
    /// Turns alone, appended while the members run, at most the lateness behind; idle partitions advance with the clock.
    Live,
}

/// The draw.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub family: Family,
    pub partitions: i32,
    pub delta_partitions: i32,
    /// At most so many members at a time.
    pub conversation_members: usize,
    pub window_members: usize,
    /// Which of the fixtures' policies.
    pub policy: usize,
    /// Which of them are applied while members run, one after the other.
    pub applied: Vec<usize>,
    /// Decides when, and who hears of it when.
    pub news: u64,
    /// Which of them watches, if one does; it may be the acting one.
    pub shadow: Option<usize>,
    pub conversations: u64,
    pub lateness_ms: Millis,
    pub batch_records: usize,
    pub batch_bytes: usize,
    /// Few only where no policy is applied: who takes a partition over with timers left may know a newer policy alone.
    pub batch_timers: usize,
    pub record_bytes_max: usize,
    pub gather_ms: Millis,
    pub restore_stuck_ms: Millis,
    pub send_buffer_records: usize,
    /// Records of a changelog that one read hands over.
    pub restore_chunk_records: usize,
    pub final_after_ms: Millis,
    pub session_timeout_ms: Option<Millis>,
    pub transaction_timeout_ms: Option<Millis>,
    /// Steps of the scheduler while things go wrong, in each of the two acts.
    pub steps: u64,
    /// How often things go wrong, in percent of the usual.
    pub intensity: u64,
    /// The call that goes wrong much more often than the others.
    pub weak_spot: Call,
    /// How often in a thousand calls other members act in the middle of one's round.
    pub interludes: u64,
}

impl Scenario {
    pub fn draw(seed: u64, policies: usize) -> (Scenario, Rng) {
        let mut rng = Rng::new(seed);
        let mut other = Rng::new(!seed);
        let r = &mut rng;
        let family = r.weighted(&[(7, Family::Backlog), (3, Family::Live)]);
        let timeouts = match family {
            Family::Backlog => (Some(10_000), Some(5_000)),
            Family::Live => (None, None),
        };
        let mut scenario = Scenario {
            family,
            partitions: r.weighted(&[(2, 1), (3, 2), (3, 3), (1, 4)]),
            delta_partitions: r.weighted(&[(2, 1), (3, 2), (2, 3)]),
            conversation_members: r.weighted(&[(2, 1), (4, 2), (3, 3)]),
            window_members: r.weighted(&[(3, 1), (2, 2)]),
            policy: r.index(policies),
            conversations: r.below(6) + 2,
            lateness_ms: *r.pick(&[5_000, 5_000, 0, 600_000]),
            batch_records: *r.pick(&[1, 2, 3, 5, 8, 20, 20_000]),
            batch_bytes: *r.pick(&[1, 500, 32 << 20, 32 << 20]),
            batch_timers: MANY_TIMERS,
            record_bytes_max: *r.pick(&[900_000, 900_000, 24_000]),
            gather_ms: *r.pick(&[0, 0, 30]),
            restore_stuck_ms: *r.pick(&[30_000, 50]),
            send_buffer_records: *r.pick(&[1, 2, 5, 1_000]),
            restore_chunk_records: *other.pick(&[1, 3, ONE_PIECE, ONE_PIECE]),
            shadow: other.often(750).then(|| other.index(policies)),
            applied: (0..*other.pick(&[0, 0, 1, 2, 3])).map(|_| other.index(policies)).collect(),
            news: other.below(1 << 32),
            final_after_ms: *r.pick(&[4_000 * DAY, 4_000 * DAY, DAY, 600_000]),
            session_timeout_ms: timeouts.0,
            transaction_timeout_ms: timeouts.1,
            steps: *r.pick(&[30, 100, 200, 400]),
            intensity: *r.pick(&[0, 30, 100, 100, 200]),
            weak_spot: *r.pick(&Call::ALL),
            interludes: *r.pick(&[0, 5, 20, 60]),
        };
        if scenario.applied.is_empty() {
            scenario.batch_timers = *other.pick(&[1, 2, 5, MANY_TIMERS]);
        } else {
            // Small records fill a batch with what its timers count, and leave the other timers too.
            scenario.record_bytes_max = 900_000;
        }
        (scenario, rng)
    }
}
