//! Members: a process under one transactional id, the worker that lives in it, and what workers of a scenario are made of.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use segue::app::pipeline::{ConversationSide, WindowSide};
use segue::domain::ids::Millis;
use segue::domain::policy::Policy;
use segue::engine::codec::Codec;
use segue::engine::conversations::Shadow;
use segue::engine::error::Error;
use segue::engine::policies::Board;
use segue::engine::port::{Clock, Topic, Topology};
use segue::engine::settings::{Settings, TimeSource};
use segue::engine::stats::Stats;
use segue::engine::task::Task;
use segue::engine::windows_task::WindowSettings;
use segue::engine::worker::{Round, Worker};
use segue::memory::clock::ManualClock;
use segue::memory::port::MemoryPort;

use super::scenario::{Family, Scenario};
use super::viewer::Viewer;

/// The members' view of the clock.
pub struct Ticks(pub Arc<ManualClock>);

impl Clock for Ticks {
    fn now(&self) -> Millis {
        self.0.now()
    }
}

/// A worker of either topology.
pub trait Member: Send {
    fn round(&mut self) -> Result<Round, Error>;
    /// Rounds until it is over, or gives up.
    fn run(&mut self) -> Result<(), Error>;
    fn port(&mut self) -> &mut MemoryPort;
}

impl<T: Task + Send> Member for Worker<MemoryPort, T, Ticks> {
    fn round(&mut self) -> Result<Round, Error> {
        Worker::round(self)
    }

    fn run(&mut self) -> Result<(), Error> {
        Worker::run(self, &AtomicBool::new(false))
    }

    fn port(&mut self) -> &mut MemoryPort {
        Worker::port(self)
    }
}

/// A process: one transactional id, and the member that lives under it, if one does.
pub(super) struct Slot {
    pub topology: Topology,
    /// Also begins the ids it has in its group.
    pub name: String,
    pub transactional_id: String,
    pub member: Option<Box<dyn Member>>,
    /// Asks the member what it shows to others.
    pub viewer: Option<Viewer>,
    /// What it has heard of policies.
    pub board: Option<Arc<Board>>,
    /// In the middle of a round.
    pub busy: bool,
}

/// What the workers of both topologies are made of.
pub(super) fn sides(s: &Scenario, policies: &[Arc<Policy>]) -> (ConversationSide, WindowSide) {
    let settings = Settings {
        batch_records: s.batch_records,
        batch_bytes: s.batch_bytes,
        batch_timers: s.batch_timers,
        record_bytes_max: s.record_bytes_max,
        lateness_ms: s.lateness_ms,
        restore_stuck_ms: s.restore_stuck_ms,
        time: match s.family {
            Family::Backlog => TimeSource::InputOnly,
            Family::Live => TimeSource::InputAndClock,
        },
        ..Settings::default()
    };
    let turns = Topic::Turns.default_name().to_owned();
    let names = (turns.clone(), Topic::Outcomes.default_name().to_owned());
    let stats = Arc::new(Stats::default());
    let shadows = s.shadow.map(|shadow| Shadow::new(policies[shadow].clone())).into_iter().collect();
    let policy = policies[s.policy].clone();
    let conversations =
        ConversationSide::new(settings.clone(), Board::of(policy), names, Some(turns), stats.clone())
            .shadowed_by(shadows);
    let windows = WindowSettings { final_after_ms: s.final_after_ms, ..WindowSettings::new(s.partitions) };
    let settings = Settings { gather_ms: s.gather_ms, ..settings };
    (conversations, WindowSide { settings, windows, codec: Codec::default(), stats })
}
