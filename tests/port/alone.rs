//! What a port says without a cluster.

use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Port, Topic, Topology};
use segue::kafka::{KafkaConfig, KafkaPort, Names, Properties};

use crate::corner::PATIENCE;

#[test]
fn without_a_cluster_calls_ask_for_a_retry_and_the_link_is_down() {
    // Port 1 on loopback: refused at once.
    let names = Names::new("", "nobody");
    let config = KafkaConfig {
        bootstrap: "127.0.0.1:1".into(),
        properties: Properties::default(),
        application_id: "nobody".into(),
        instance_id: "i".into(),
        thread: 0,
        topology: Topology::Windows,
        names,
        message_bytes_max: 900_000,
    };
    let mut port = KafkaPort::new(config).expect("a port");
    let link = port.link();
    let deadline = Instant::now() + PATIENCE;
    while link.last_error().is_none() {
        let answer = port.poll(Duration::ZERO, 10, &mut Vec::new());
        assert!(matches!(answer, Err(Error::Retry(_))), "{answer:?}");
        assert!(Instant::now() < deadline, "no error is remembered");
    }
    assert!(!link.connected());
    assert!(matches!(port.bounds(Topic::Deltas, 0), Err(Error::Retry(_))));
    assert!(matches!(port.partitions(Topic::Deltas), Err(Error::Retry(_))));
    port.leave().expect("leave");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused = |name: &str, value: &str| {
        let config = KafkaConfig {
            bootstrap: "127.0.0.1:1".into(),
            properties: vec![(name.to_owned(), value.to_owned())].into(),
            application_id: "nobody".into(),
            instance_id: "i".into(),
            thread: 0,
            topology: Topology::Windows,
            names: Names::new("", "nobody"),
            message_bytes_max: 900_000,
        };
        match KafkaPort::new(config) {
            Err(Error::Fatal(text)) => text,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{name} was accepted"),
        }
    };
    assert!(
        refused("isolation.level", "read_uncommitted").starts_with("kafka.properties.isolation.level cannot")
    );
    assert!(refused("no.such.property", "1").starts_with("kafka.properties.no.such.property: "));
    assert!(!refused("linger.ms", "s3cret").contains("s3cret"));
}
