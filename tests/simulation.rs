//! Ring 2: the engine against the model broker, under faults that a seed draws.
//!
//! Each seed draws a workload, a cluster and everything that goes wrong in it; an oracle computes from the input alone what
//! must have come out; a verdict compares whole outputs. Nothing here waits, and the same seed writes the same log.
//!
//! - `SEEDS=1000000 START=0 cargo test --release --test simulation seeds`: as many as you like (default 2,000).
//! - `SEED=123 cargo test --release --test simulation one_seed -- --nocapture`: one again, told step by step.

mod recount;
#[path = "simulation/mod.rs"]
mod ring;

use ring::run::{self, Fixtures, Telling};

/// Every fourth seed, so that several can run side by side.
fn every_fourth(from: u64) {
    let fixtures = Fixtures::new();
    let (start, seeds) = (run::number("START", 0), run::number("SEEDS", 2_000));
    (start..start + seeds).filter(|seed| seed % 4 == from).for_each(|seed| run::check(seed, &fixtures));
}

#[test]
fn seeds_first_quarter() {
    every_fourth(0);
}

#[test]
fn seeds_second_quarter() {
    every_fourth(1);
}

#[test]
fn seeds_third_quarter() {
    every_fourth(2);
}

#[test]
fn seeds_fourth_quarter() {
    every_fourth(3);
}

#[test]
fn one_seed() {
    let seed = run::number("SEED", 0);
    run::told(seed, &Fixtures::new(), Telling::Aloud);
}

#[test]
fn the_same_seed_writes_the_same_log() {
    let fixtures = Fixtures::new();
    for seed in 0..40 {
        let logs = [0, 1].map(|_| run::log_of(seed, &fixtures));
        assert!(logs[0] == logs[1], "seed {seed} wrote two different logs");
        assert!(!logs[0].is_empty());
    }
}
