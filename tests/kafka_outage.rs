//! The port while its only broker is killed and comes back: nothing is lost, nothing twice, and nothing is fatal.
//!
//! Needs a cluster that nobody needs afterwards (`scripts/kafka run -- cargo test --release --test kafka_outage`), which tells
//! where its broker's process id and command line are; without it the test says so and passes.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use segue::engine::error::Error;
use segue::engine::port::{Change, Committed, Out, Port, Record, Topic, Topology};
use segue::kafka::topics::{self, Spec};
use segue::kafka::{KafkaConfig, KafkaPort, Names};

const PATIENCE: Duration = Duration::from_secs(120);
const WAIT: Duration = Duration::from_millis(100);

fn kill(home: &Path) {
    let pid = std::fs::read_to_string(home.join("pid")).expect("a process id");
    let done = Command::new("kill").args(["-9", pid.trim()]).status().expect("kill");
    assert!(done.success(), "no process {pid}");
}

/// Starts the broker again. Should the test fail, the script that started it first ends this one too.
fn start(home: &Path) -> Child {
    let command = std::fs::read_to_string(home.join("command")).expect("a command line");
    let mut parts = command.lines();
    let log = || Stdio::from(File::options().append(true).open(home.join("log")).expect("a log"));
    let child = Command::new(parts.next().expect("a program"))
        .args(parts)
        .stdin(Stdio::null())
        .stdout(log())
        .stderr(log())
        .spawn()
        .expect("a broker");
    std::fs::write(home.join("pid"), child.id().to_string()).expect("a process id file");
    child
}

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
                Error::Retry(_) => self.port.abort().unwrap_or_else(|e| self.seen.push(e)),
                Error::Abort(_) => self.port.abort().unwrap_or_else(|e| self.seen.push(e)),
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
        let event =
            Out { topic: Topic::Events, partition: Some(0), key: Some(b"c"), value: Some(value.as_bytes()) };
        self.port.send(event)?;
        let offset =
            Committed { topic: Topic::Turns, partition: 0, offset: Some(offset), metadata: value.to_owned() };
        self.port.send_offsets(&[offset], &member)?;
        self.port.commit()
    }
}

#[test]
fn a_broker_that_dies_and_returns_costs_time_and_nothing_else() {
    let (Ok(bootstrap), Ok(dir)) =
        (std::env::var("SEGUE_TEST_BOOTSTRAP"), std::env::var("SEGUE_TEST_KAFKA_DIR"))
    else {
        assert!(std::env::var_os("SEGUE_TEST_REQUIRE_KAFKA").is_none(), "a cluster is required");
        eprintln!(
            "skipped: SEGUE_TEST_BOOTSTRAP or SEGUE_TEST_KAFKA_DIR is not set (scripts/kafka run -- ...)"
        );
        return;
    };
    if bootstrap.contains(',') {
        eprintln!("skipped: the outage of one broker is none to a cluster of several");
        return;
    }
    let home = Path::new(&dir).join("1");
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    let application_id = format!("outage-{}", since_epoch.as_nanos());
    let names = Names::new(&format!("{application_id}."), &application_id);
    let spec = Spec {
        bootstrap: bootstrap.clone(),
        properties: Vec::new(),
        names: names.clone(),
        partitions: Some(1),
        replication: Some(1),
    };
    topics::create(&spec).expect("topics");
    let config = KafkaConfig {
        bootstrap,
        properties: Vec::new(),
        application_id,
        instance_id: "i".into(),
        thread: 0,
        topology: Topology::Conversations,
        names: names.clone(),
        message_bytes_max: 900_000,
    };
    let mut one =
        Loop { port: KafkaPort::new(config.clone()).expect("a port"), records: Vec::new(), seen: Vec::new() };
    let link = one.port.link();
    let deadline = Instant::now() + PATIENCE;
    while one.poll().is_empty() {
        assert!(Instant::now() < deadline, "no assignment");
    }
    one.transaction("before", 1);
    assert!(link.connected());

    one.seen.clear();
    kill(&home);
    while link.connected() {
        one.poll();
        assert!(Instant::now() < deadline, "the outage is not noticed");
    }
    assert!(link.last_error().is_some());
    one.poll();
    assert!(matches!(one.seen.last(), Some(Error::Retry(_))), "{:?}", one.seen);
    assert!(one.port.bounds(Topic::Turns, 0).is_err(), "no answer, no time");

    let mut broker = start(&home);
    while !link.connected() {
        one.poll();
        assert!(Instant::now() < deadline, "the return is not noticed");
    }
    // The member may have to join again before it can commit.
    while one.port.membership().is_none() {
        one.poll();
        assert!(Instant::now() < deadline, "no membership after the return");
    }
    one.transaction("after", 2);
    assert_eq!(one.committed(), Some(2));
    one.port.leave().expect("leave");

    // What a reader sees: each event once.
    let mut reader = KafkaConfig { application_id: format!("{}-reader", config.application_id), ..config };
    reader.names = names.clone().with(Topic::Changelog, names.of(Topic::Events));
    let mut reader = KafkaPort::new(reader).expect("a port");
    let target = reader.restore_start(0).expect("start");
    let mut events = Vec::new();
    let mut at = target.low;
    while at < target.high {
        let mut sink = |_: i32, _: &[u8], value: Option<&[u8]>| {
            events.push(String::from_utf8_lossy(value.unwrap_or_default()).into_owned());
        };
        at = reader.restore_poll(WAIT, &mut sink).expect("restore")[0].1;
        assert!(Instant::now() < deadline + PATIENCE, "the restore stays at {at}");
    }
    assert_eq!(events, ["before", "after"]);
    broker.kill().and_then(|()| broker.wait()).expect("the end of the broker");
}
