//! Topics: created once, counted, refused where they cannot work, and how their keys are spread.

use segue::engine::error::Error;
use segue::engine::port::{Out, Port, Topic, Topology};
use segue::kafka::KafkaPort;
use segue::kafka::partitioner_check::{self, Partitioner, Verdict};
use segue::kafka::topics::{self, Spec, State};

use crate::corner::*;

#[test]
fn topics_are_created_once_and_what_cannot_work_is_named() {
    let Some(corner) = Corner::new("topics", 3) else { return };
    let check = |spec: &Spec| {
        topics::check(spec, &corner.application_id, &[Topology::Conversations, Topology::Windows])
    };
    let plans = topics::create(&corner.spec).expect("again");
    assert!(plans.iter().all(|plan| plan.state == State::Exists), "{plans:?}");
    let counts: Vec<i32> = plans.iter().map(|plan| plan.partitions).collect();
    assert_eq!(counts, [3, 3, 3, 3, 3, 3, 3, 1, 3, 3]);
    assert_eq!(check(&corner.spec), Ok(plans));

    // Events are deleted by age and the changelog is state: neither can be the other.
    let [events, changelog] = [Topic::Events, Topic::Changelog].map(|topic| corner.spec.names.of(topic));
    let names = corner.spec.names.clone().with(Topic::Changelog, events).with(Topic::Events, changelog);
    let Err(Error::Fatal(text)) = check(&Spec { names, ..corner.spec.clone() }) else { panic!("accepted") };
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            format!("topic {changelog}: compaction would lose records: set cleanup.policy=delete"),
            format!(
                "topic {events}: its records are state, and retention would delete them: set cleanup.policy=compact"
            ),
        ]
    );
    let names = corner.spec.names.clone().with(Topic::Shadow, events);
    let Err(Error::Fatal(text)) = check(&Spec { names, ..corner.spec.clone() }) else { panic!("accepted") };
    assert_eq!(text, format!("topic {events}: it has two roles: give each its own name under [topics]"));
    let missing =
        Spec { names: corner.spec.names.clone().with(Topic::Turns, "no.such.topic"), ..corner.spec.clone() };
    let Err(Error::Fatal(text)) = check(&missing) else { panic!("accepted") };
    assert_eq!(text, "topic no.such.topic is missing: create it with `segue topics create`");
}

#[test]
fn the_port_counts_partitions_and_names_a_topic_that_is_missing() {
    let Some(corner) = Corner::new("counts", 3) else { return };
    let mut config = corner.config("p");
    config.names = config.names.with(Topic::Shadow, "no.such.topic");
    let mut port = KafkaPort::new(config).expect("a port");
    assert_eq!(retry(|| port.partitions(Topic::Deltas)), Ok(3));
    let missing = retry(|| port.partitions(Topic::Shadow));
    assert!(
        matches!(&missing, Err(Error::Fatal(text)) if text.contains("segue topics create")),
        "{missing:?}"
    );
}

#[test]
fn the_partitioner_of_an_input_is_recognised_from_its_keys() {
    let Some(corner) = Corner::new("partitioner", 6) else { return };
    let mut writer = corner.side("w");
    ready(&mut writer);
    writer.begin().expect("begin");
    for n in 0..50 {
        let key = format!("c-{n}");
        writer.send(out(Topic::Turns, &key, "v")).expect("send");
        // As a program does that leaves librdkafka's partitioner as it is: wrong for most keys.
        let elsewhere = Out { partition: Some(n % 6), ..out(Topic::Outcomes, &key, "v") };
        writer.send(elsewhere).expect("send");
    }
    writer.commit().expect("commit");
    let sample = |topic| {
        let names = &corner.spec.names;
        retry(|| {
            partitioner_check::sample(
                &corner.spec.bootstrap,
                &corner.spec.properties,
                &corner.application_id,
                names.of(topic),
            )
        })
        .expect("a sample")
    };
    let (turns, outcomes) = (sample(Topic::Turns), sample(Topic::Outcomes));
    assert_eq!((turns.keys.len(), outcomes.keys.len()), (50, 50));
    assert_eq!(partitioner_check::recognise(&turns), Partitioner::Murmur2);
    assert!(matches!(partitioner_check::compare(&turns, &outcomes), Verdict::Miss(_)));
}
