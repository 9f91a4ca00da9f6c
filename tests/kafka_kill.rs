//! kill -9 in a loop: two instances on a real Kafka, one of them killed again and again while turns arrive.
//!
//! Afterwards every hand-off event and every window row must be what `segue replay` makes of the same turns: none lost, none
//! doubled. Needs `SEGUE_TEST_BOOTSTRAP` (`scripts/kafka run -- cargo test --release --test kafka_kill`); without it the test
//! says so and passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

const SEGUE: &str = env!("CARGO_BIN_EXE_segue");
const PARTITIONS: i32 = 4;
const KILLS: usize = 5;
const CONVERSATIONS_A_ROUND: usize = 60;
const PATIENCE: Duration = Duration::from_secs(120);

/// One run's folder, topics and settings.
struct Site {
    bootstrap: String,
    prefix: String,
    folder: PathBuf,
}

impl Site {
    fn new() -> Option<Site> {
        let Ok(bootstrap) = std::env::var("SEGUE_TEST_BOOTSTRAP") else {
            eprintln!("skipped: SEGUE_TEST_BOOTSTRAP is not set (scripts/kafka run -- ...)");
            return None;
        };
        let prefix = format!("kill-{}-", std::process::id());
        let folder = std::env::temp_dir().join(format!("segue-{prefix}"));
        fs::create_dir_all(&folder).expect("a temporary folder");
        Some(Site { bootstrap, prefix, folder })
    }

    fn config(&self, instance: &str) -> PathBuf {
        let path = self.folder.join(format!("{instance}.toml"));
        let text = format!(
            "[kafka]\nbootstrap_servers = \"{}\"\n[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n\
             \"heartbeat.interval.ms\" = \"1000\"\n[engine]\napplication_id = \"{}app\"\ninstance_id = \"{instance}\"\n\
             [topics]\nprefix = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
            self.bootstrap, self.prefix, self.prefix
        );
        fs::write(&path, text).expect("settings");
        path
    }

    fn start(&self, instance: &str) -> Child {
        let log =
            fs::File::options().create(true).append(true).open(self.folder.join(format!("{instance}.log")));
        Command::new(SEGUE)
            .args(["run", "--config"])
            .arg(self.config(instance))
            .stdout(Stdio::null())
            .stderr(log.expect("a log file"))
            .spawn()
            .expect("segue starts")
    }

    fn ok(&self, what: &mut Command) {
        let output = what.output().expect("segue starts");
        assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Turns of `count` conversations from number `first` on: every third asks for a person; all end.
fn turns(first: usize, count: usize) -> Vec<(String, String)> {
    let mut records = Vec::new();
    for seq in 0..6 {
        for number in first..first + count {
            let id = format!("c-{number:05}");
            let at = 1_760_000_000_000
                + (number / CONVERSATIONS_A_ROUND) as i64 * 120_000
                + seq * 10_000
                + number as i64 % 60;
            let (role, text) = match (seq % 2, number % 3 == 0 && seq == 4) {
                (_, true) => ("customer", "please let me talk to a human agent"),
                (0, false) => ("customer", "where is my parcel, it should have been here by now"),
                (_, false) => ("ai", "I am looking this up for you right now"),
            };
            let end = if seq == 5 { r#""resolved""# } else { "null" };
            let json = format!(
                r#"{{"event_id":"{id}-{seq}","conversation_id":"{id}","event_time":{at},"role":"{role}","turn_seq":{seq},"text":"{text}","channel":"chat","tenant":"shop","ended":{end}}}"#
            );
            records.push((id, json));
        }
    }
    records
}

fn produce(site: &Site, records: &[(String, String)]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("partitioner", "murmur2_random")
        .create()
        .expect("a producer");
    let topic = format!("{}conversation.turns", site.prefix);
    for (key, value) in records {
        producer.send(BaseRecord::to(&topic).key(key).payload(value)).expect("room in the queue");
    }
    producer.flush(PATIENCE).expect("turns are written");
}

/// Reads a topic from its beginning, read committed, and keeps reading on.
struct Tail {
    consumer: BaseConsumer,
    values: Vec<Value>,
}

impl Tail {
    fn of(site: &Site, name: &str) -> Tail {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &site.bootstrap)
            .set("group.id", format!("{}tail", site.prefix))
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .create()
            .expect("a consumer");
        let mut list = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            let topic = format!("{}{name}", site.prefix);
            list.add_partition_offset(&topic, partition, Offset::Beginning).expect("an offset");
        }
        consumer.assign(&list).expect("assigned");
        Tail { consumer, values: Vec::new() }
    }

    /// Until there are `count` values, or the patience is over.
    fn reach(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.values.len() < count && Instant::now() < deadline {
            self.poll();
        }
    }

    /// What comes until nothing has come for three seconds.
    fn drain(&mut self) {
        let mut last = Instant::now();
        while last.elapsed() < Duration::from_secs(3) {
            if self.poll() {
                last = Instant::now();
            }
        }
    }

    fn poll(&mut self) -> bool {
        match self.consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                let value = message.payload().expect("no tombstones here");
                self.values.push(serde_json::from_slice(value).expect("JSON"));
                true
            }
            Some(Err(_)) | None => false,
        }
    }
}

/// Events by conversation, in order, without the coordinates of the transcript.
fn by_conversation(events: impl Iterator<Item = Value>) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut event in events {
        if let Some(transcript) = event.pointer_mut("/package/transcript").and_then(Value::as_object_mut) {
            for name in ["topic", "partition", "first_offset", "last_offset"] {
                transcript.remove(name);
            }
        }
        found
            .entry(event["conversation_id"].as_str().unwrap_or_default().to_owned())
            .or_default()
            .push(event);
    }
    found
}

/// The last row of each window, without how often it was written.
fn last_rows(rows: impl Iterator<Item = Value>) -> BTreeMap<String, Value> {
    rows.map(|mut row| {
        let id = row["window_id"].as_str().unwrap_or_default().to_owned();
        for name in ["revision", "is_final"] {
            row.as_object_mut().expect("a row").remove(name);
        }
        (id, row)
    })
    .collect()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("replay has written it");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn killed_again_and_again_it_hands_off_every_conversation_once_and_counts_right() {
    let Some(site) = Site::new() else { return };
    let partitions = PARTITIONS.to_string();
    site.ok(Command::new(SEGUE)
        .args(["topics", "create", "--partitions", &partitions, "--replication-factor", "1", "--config"])
        .arg(site.config("one")));
    let mut instances = [("one", site.start("one")), ("two", site.start("two"))];
    let mut events = Tail::of(&site, "handoff.events");
    let mut sent = String::new();
    for round in 0..KILLS {
        let records = turns(round * CONVERSATIONS_A_ROUND, CONVERSATIONS_A_ROUND);
        let (first, second) = records.split_at(records.len() / 2);
        produce(&site, first);
        let (name, child) = &mut instances[round % 2];
        child.kill().expect("kill -9");
        child.wait().expect("it is gone");
        *child = site.start(name);
        produce(&site, second);
        records.iter().for_each(|(_, json)| _ = writeln!(sent, "{json}"));
        // The next kill meets an engine that has worked since this one.
        events.reach((round + 1) * CONVERSATIONS_A_ROUND / 3 / 2);
    }
    for (name, child) in &mut instances {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().is_ok_and(|status| status.success()));
        let status = child.wait().expect("it ends");
        assert!(status.success(), "{name} must leave in order after SIGTERM: {status}");
    }
    site.ok(Command::new(SEGUE).args(["run", "--until-caught-up", "--config"]).arg(site.config("one")));
    events.drain();
    let mut rows = Tail::of(&site, "handoff.metrics");
    rows.drain();

    let (input, decisions, metrics) = (
        site.folder.join("turns.jsonl"),
        site.folder.join("decisions.jsonl"),
        site.folder.join("metrics.jsonl"),
    );
    fs::write(&input, sent).expect("turns");
    site.ok(Command::new(SEGUE)
        .args(["replay", "--partitions", &partitions, "--turns"])
        .arg(&input)
        .arg("--decisions")
        .arg(&decisions)
        .arg("--metrics")
        .arg(&metrics));
    let expected = by_conversation(lines(&decisions).into_iter());
    let requested = expected.values().flatten().filter(|event| event["type"] == "requested").count();
    assert!(
        requested >= KILLS * CONVERSATIONS_A_ROUND / 3,
        "every third conversation asks for a person: {requested}"
    );
    let mut ids: Vec<&Value> = events
        .values
        .iter()
        .filter(|event| event["type"] == "requested")
        .map(|event| &event["handoff_id"])
        .collect();
    ids.sort_by_key(|id| id.to_string());
    ids.dedup();
    assert_eq!(ids.len(), requested, "each hand-off is requested once");
    assert_eq!(by_conversation(events.values.into_iter()), expected, "logs are in {}", site.folder.display());
    assert_eq!(last_rows(rows.values.into_iter()), last_rows(lines(&metrics).into_iter()));
    fs::remove_dir_all(&site.folder).expect("the folder is ours");
}
