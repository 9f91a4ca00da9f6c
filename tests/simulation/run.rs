//! One seed from start to verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use segue::domain::policy::Policy;
use segue::engine::finish::Finish;
use segue::engine::port::Topology;
use segue::wire;

use super::scenario::{Family, Scenario};
use super::verdict;
use super::workload;
use super::world::World;

/// What many seeds share, because it is slow to make.
pub struct Fixtures {
    pub policies: Vec<Arc<Policy>>,
}

/// Short timers, so that much happens in few records.
const HASTY: &str = r#"
version = "hasty"
[triggers.no_response]
after_ms = 20000
[triggers.frustration]
decision = "hand_off"
level = 0.3
[triggers.not_understood]
turns = 1
decision = "offer"
[lifecycle]
idle_after_ms = 120000
answer_within_ms = 30000
reminders = 2
give_up_after_ms = 600000
forget_after_ms = 3600000
"#;

impl Fixtures {
    pub fn new() -> Fixtures {
        let hasty = wire::policy::load("hasty.toml", HASTY).expect("a valid policy");
        Fixtures { policies: vec![Arc::new(wire::policy::built_in()), Arc::new(hasty)] }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    Silent,
    /// Every step on standard output.
    Aloud,
}

/// A number from the environment.
pub fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")),
        Err(_) => default,
    }
}

/// Plays one seed; panics with the seed and how to see it again if the verdict is not clean.
pub fn check(seed: u64, fixtures: &Fixtures) {
    told(seed, fixtures, Telling::Silent);
}

pub fn told(seed: u64, fixtures: &Fixtures, telling: Telling) {
    let played = catch_unwind(AssertUnwindSafe(|| play(seed, fixtures, telling).1));
    let verdict = played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(panic.downcast_ref().copied()).unwrap_or("(no text)")))
    });
    if let Err(why) = verdict {
        panic!(
            "seed {seed} failed: {why}\nsee it again: SEED={seed} cargo test --release --test simulation one_seed -- --nocapture"
        );
    }
}

/// The whole log that a seed writes.
pub fn log_of(seed: u64, fixtures: &Fixtures) -> Vec<u8> {
    play(seed, fixtures, Telling::Silent).0.log()
}

fn play(seed: u64, fixtures: &Fixtures, telling: Telling) -> (Arc<World>, Result<(), String>) {
    let (scenario, mut rng) = Scenario::draw(seed, fixtures.policies.len());
    let input = workload::draw(&scenario, &mut rng);
    if telling == Telling::Aloud {
        println!("{scenario:#?}");
    }
    let world = World::new(scenario, rng, &fixtures.policies, input, telling == Telling::Aloud);
    let played = acts(&world);
    let verdict = played.and_then(|()| verdict::judge(&world, &fixtures.policies));
    (world, verdict)
}

fn acts(world: &Arc<World>) -> Result<(), String> {
    let partitions = world.scenario.partitions;
    match world.scenario.family {
        Family::Backlog => while world.append_next() {},
        Family::Live => live(world)?,
    }
    world.set_finish(Topology::Conversations, Some(Arc::new(Finish::new(partitions))));
    rough(world)?;
    end(world)
}

/// Conversations come to an end, then windows; nothing is left open.
pub fn end(world: &Arc<World>) -> Result<(), String> {
    until_over(world, Topology::Conversations)?;
    world.dismiss(Topology::Windows);
    world.set_finish(Topology::Windows, Some(Arc::new(Finish::new(world.scenario.delta_partitions))));
    rough(world)?;
    until_over(world, Topology::Windows)?;
    // A transaction that a stranger left open would hide the ends of the topics from the verdict.
    world.calm();
    Ok(())
}

/// Members run, in rough times and then in calm ones, while turns arrive; then all leave, to come back for a bounded run.
fn live(world: &Arc<World>) -> Result<(), String> {
    rough(world)?;
    while world.append_next() {
        world.calm_rounds(Topology::Conversations, 0)?;
    }
    for _ in 0..world.draw(|rng| rng.below(60)) {
        let tick_ms = world.draw(|rng| rng.between(500, 20_000));
        world.calm_rounds(Topology::Conversations, tick_ms)?;
    }
    world.dismiss(Topology::Conversations);
    Ok(())
}

fn rough(world: &Arc<World>) -> Result<(), String> {
    for _ in 0..world.scenario.steps {
        world.step();
        world.failure().map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Without faults everybody must come to an end.
pub fn until_over(world: &Arc<World>, topology: Topology) -> Result<(), String> {
    const ROUNDS: usize = 5_000;
    for _ in 0..ROUNDS {
        if world.is_over(topology) {
            world.dismiss(topology);
            return Ok(());
        }
        world.calm_rounds(topology, 5)?;
    }
    Err(format!("{topology:?} do not come to an end in {ROUNDS} calm rounds"))
}
