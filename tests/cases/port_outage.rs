//! The port alone while its only broker is away and comes back: nothing is lost, nothing twice, and nothing is fatal.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Change, Committed, Out, Port, Record, Topic, Topology};
use segue::kafka::topics::{self, Spec};
use segue::kafka::{KafkaConfig, KafkaPort, Names, Properties};

use crate::live::{Broker, PATIENCE, Site, holds_open_transaction, until};

const WAIT: Duration = Duration::from_millis(100);

/// One engine loop without an engine: repeat what asks for it, renew what is unknown, read back what happened.
struct Loop {
    port: KafkaPort,
    records: Vec<Record>,
    seen: Vec<Error>,
}

impl Loop {
    fn poll(&mut self) -> Vec<Change> {
        match self.port.poll(WAIT, 1_000, &mut self.records) {
            Ok(changes) => changes,
            Err(error @ Error::Retry(_)) => {
                self.seen.push(error);
                Vec::new()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    fn committed(&mut self) -> Option<i64> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.port.committed(&[0]) {
                Ok(found) => return found[0].offset,
                Err(Error::Retry(text)) => assert!(Instant::now() < deadline, "{text}"),
                Err(other) => panic!("{other:?}"),
            }
            self.poll();
        }
    }

    /// Commits one event and the input offset, by whatever it takes.
    fn transaction(&mut self, value: &str, offset: i64) {
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.attempt(value, offset) {
            assert!(Instant::now() < deadline, "{error}");
            match &error {
                Error::Retry(_) | Error::Abort(_) => self.port.abort().unwrap_or_else(|e| self.seen.push(e)),
                Error::Reload(_) => {
                    while let Err(again) = self.port.renew() {
                        assert!(matches!(again, Error::Retry(_)) && Instant::now() < deadline, "{again:?}");
                        self.poll();
                    }
                    if self.committed() == Some(offset) {
                        return; // it had happened
                    }
                }
                Error::Lost(_) | Error::Fatal(_) => panic!("{error:?}"),
            }
            self.seen.push(error);
            self.poll();
        }
    }

    fn attempt(&mut self, value: &str, offset: i64) -> Result<(), Error> {
        let Some(member) = self.port.membership() else { return Err(Error::Reload("no member".into())) };
        self.port.begin()?;
        let event = Out {
            topic: Topic::Events,
            partition: Some(0),
            key: Some(b"c"),
            value: Some(value.as_bytes()),
            trace: None,
        };
        self.port.send(event)?;
        let offset =
            Committed { topic: Topic::Turns, partition: 0, offset: Some(offset), metadata: value.to_owned() };
        self.port.send_offsets(&[offset], &member)?;
        self.port.commit()
    }
}

/// The settings of a port, with its topics made.
fn config(site: &Site) -> KafkaConfig {
    let (bootstrap, application_id) = (site.bootstrap.clone(), site.application_id());
    let names = Names::new(&site.prefix, &application_id);
    let spec = Spec {
        bootstrap: bootstrap.clone(),
        properties: Properties::default(),
        names: names.clone(),
        partitions: Some(1),
        replication: Some(1),
    };
    topics::create(&spec).expect("topics");
    KafkaConfig {
        bootstrap,
        properties: Properties::default(),
        application_id,
        instance_id: "i".into(),
        thread: 0,
        topology: Topology::Conversations,
        names,
        message_bytes_max: 900_000,
    }
}

impl Loop {
    /// A port that owns the only partition.
    fn joined(config: &KafkaConfig) -> Loop {
        let port = KafkaPort::new(config.clone()).expect("a port");
        let mut joined = Loop { port, records: Vec::new(), seen: Vec::new() };
        let deadline = Instant::now() + PATIENCE;
        while joined.poll().is_empty() {
            assert!(Instant::now() < deadline, "no assignment");
        }
        joined
    }

    /// After an outage: the member may have to join again before it can commit.
    fn join_again(&mut self) {
        let (link, deadline) = (self.port.link(), Instant::now() + PATIENCE);
        while !link.connected() || self.port.membership().is_none() {
            self.poll();
            assert!(Instant::now() < deadline, "the return is not noticed");
        }
    }
}

#[test]
fn a_commit_that_nobody_answers_ends_as_unknown_and_does_not_happen_twice() {
    let Some(site) = Site::new("port-commit", 1, 1) else { return };
    let mut broker = Broker::number(1);
    let config = config(&site);
    let mut one = Loop::joined(&config);
    one.transaction("before", 1);
    let member = one.port.membership().expect("a member");
    one.port.begin().expect("begun");
    let event =
        Out { topic: Topic::Events, partition: Some(0), key: Some(b"c"), value: Some(b"in"), trace: None };
    one.port.send(event).expect("room");
    let offset = Committed { topic: Topic::Turns, partition: 0, offset: Some(2), metadata: "in".to_owned() };
    one.port.send_offsets(&[offset], &member).expect("sent");

    broker.end();
    // On a thread of its own, because it once did not come back before the broker did.
    let (tell, told) = mpsc::channel();
    let commit = thread::spawn(move || {
        let committed = one.port.commit();
        // Nobody listens where the test has failed.
        let _ = tell.send(());
        (one, committed)
    });
    told.recv_timeout(PATIENCE).expect("an answer while the broker is away");
    let (mut one, committed) = commit.join().expect("no panic");
    assert!(matches!(committed, Err(Error::Reload(_))), "{committed:?}");

    broker.start();
    one.join_again();
    one.transaction("in", 2);
    assert_eq!(one.committed(), Some(2));
    one.port.leave().expect("leave");
    assert_eq!(events(&config), ["before", "in"]);
    site.done();
}

/// What a reader sees of the only partition of the events.
fn events(config: &KafkaConfig) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut reader =
        KafkaConfig { application_id: format!("{}-reader", config.application_id), ..config.clone() };
    reader.names = config.names.clone().with(Topic::Changelog, config.names.of(Topic::Events));
    let mut reader = KafkaPort::new(reader).expect("a port");
    let target = reader.restore_start(0).expect("start");
    let mut events = Vec::new();
    let mut at = target.low;
    while at < target.high {
        let mut sink = |_: i32, _: &[u8], value: Option<&[u8]>| {
            events.push(String::from_utf8_lossy(value.unwrap_or_default()).into_owned());
        };
        at = reader.restore_poll(WAIT, &mut sink).expect("restore")[0].1;
        assert!(Instant::now() < deadline, "the restore stays at {at}");
    }
    events
}

#[test]
fn a_broker_that_dies_and_returns_costs_time_and_nothing_else() {
    let Some(site) = Site::new("port", 1, 1) else { return };
    let mut broker = Broker::number(1);
    let config = config(&site);
    let mut one = Loop::joined(&config);
    let link = one.port.link();
    let deadline = Instant::now() + PATIENCE;
    one.transaction("before", 1);
    assert!(link.connected());

    // What was decided is marked: in its restart the broker might forget to (`outage.rs`).
    until("the markers are written", || !holds_open_transaction(&site, "handoff.events"));
    one.seen.clear();
    broker.kill();
    while link.connected() {
        one.poll();
        assert!(Instant::now() < deadline, "the outage is not noticed");
    }
    assert!(link.last_error().is_some());
    one.poll();
    assert!(matches!(one.seen.last(), Some(Error::Retry(_))), "{:?}", one.seen);
    assert!(one.port.bounds(Topic::Turns, 0).is_err(), "no answer, no time");

    broker.start();
    one.join_again();
    one.transaction("after", 2);
    assert_eq!(one.committed(), Some(2));
    one.port.leave().expect("leave");
    assert_eq!(events(&config), ["before", "after"]);
    site.done();
}
