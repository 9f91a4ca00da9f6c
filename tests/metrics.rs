//! `docs/metrics.md` names every metric, and no other, without a cluster. (`tests/cases/operations.rs` does the same with a
//! running instance.)

mod documented;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use segue::engine::port::{Topic, Topology};
use segue::engine::stats::{InputStanding, Standing, Stats};
use segue::telemetry::metrics::{PolicySeen, Telemetry, Watched};

fn watched(topology: Topology, topic: Topic) -> Watched {
    let stats = Arc::new(Stats::for_shadows(1));
    stats.partitions.store(1, Relaxed);
    *stats.standing() = Standing {
        inputs: vec![InputStanding { topic, partition: 3, lag_records: 2, behind_since: Some(1) }],
        times: vec![(3, 1)],
    };
    Watched { topology, name: "any".into(), stats }
}

#[test]
fn the_table_names_every_metric_with_its_type_and_labels() {
    let all = vec![watched(Topology::Conversations, Topic::Turns), watched(Topology::Windows, Topic::Deltas)];
    let policy = PolicySeen {
        name: "built-in".into(),
        version: "1".into(),
        fingerprint: "9f86d081".into(),
        rules: vec!["r".into()],
        shadows: vec!["canary.toml@2".into()],
    };
    documented::check(&Telemetry::new(all, move || policy.clone()).unwrap().text().unwrap());
}
