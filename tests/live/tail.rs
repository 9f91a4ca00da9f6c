//! Reads an output as others do: from its beginning, read committed, every partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use super::{Load, PATIENCE, Site, registry};

/// A topic's values so far, of each partition in order.
pub struct Tail {
    consumer: BaseConsumer,
    topic: String,
    partitions: i32,
    pub values: Vec<Value>,
    counts: BTreeMap<(String, String), usize>,
}

impl Tail {
    pub fn of(site: &Site, name: &str) -> Tail {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &site.bootstrap)
            // One that met a partition between two leaders may not ask again before (default: five minutes).
            .set("topic.metadata.refresh.interval.ms", "5000")
            .set("group.id", format!("{}tail", site.prefix))
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .create()
            .expect("a consumer");
        let topic = site.topic(name);
        let found = consumer.fetch_metadata(Some(&topic), PATIENCE).expect("metadata");
        let partitions = found.topics().first().map_or(0, |topic| topic.partitions().len() as i32);
        assert!(partitions > 0, "{topic} does not exist");
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(&topic, partition, Offset::Beginning).expect("an offset");
        }
        consumer.assign(&list).expect("assigned");
        Tail { consumer, topic, partitions, values: Vec::new(), counts: BTreeMap::new() }
    }

    /// Waits a little for a value. True if one came.
    fn poll(&mut self) -> bool {
        if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(50)) {
            let value = message.payload().expect("no tombstones here");
            let value: Value = match value.first() {
                Some(0 | 0xc3) => registry::value(value),
                Some(_) | None => serde_json::from_slice(value).expect("JSON"),
            };
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            *self.counts.entry((text("conversation_id"), text("type"))).or_default() += 1;
            self.values.push(value);
            return true;
        }
        false
    }

    /// Until every event has come that the load makes certain.
    pub fn reach(&mut self, load: &Load) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let missing: Vec<_> = load
                .wanted
                .iter()
                .filter(|((id, kind), wanted)| {
                    self.counts.get(&(id.clone(), (*kind).to_owned())).is_none_or(|count| count < *wanted)
                })
                .map(|(event, _)| event)
                .collect();
            if missing.is_empty() {
                return;
            }
            let (count, some) = (missing.len(), &missing[..missing.len().min(5)]);
            assert!(Instant::now() < deadline, "{}: {count} events do not come: {some:?}", self.topic);
            // What is missing is worked out anew where nothing more is there, or a good deal came.
            _ = (0..100).take_while(|_| self.poll()).count();
        }
    }

    /// Until `count` values have come.
    pub fn count(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.values.len() < count {
            let found = self.values.len();
            assert!(Instant::now() < deadline, "{}: {found} of {count} values come", self.topic);
            self.poll();
        }
    }

    /// Everything that is in the topic now.
    pub fn catch_up(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        for partition in 0..self.partitions {
            let (low, high) = loop {
                match self.consumer.fetch_watermarks(&self.topic, partition, Duration::from_secs(10)) {
                    Ok(found) => break found,
                    Err(error) => assert!(Instant::now() < deadline, "{}: {error}", self.topic),
                }
            };
            while low < high && self.position(partition).is_none_or(|position| position < high) {
                assert!(Instant::now() < deadline, "{}-{partition}: not read to {high}", self.topic);
                self.poll();
            }
        }
    }

    fn position(&self, partition: i32) -> Option<i64> {
        let list = self.consumer.position().expect("positions");
        list.find_partition(&self.topic, partition).and_then(|at| at.offset().to_raw()).filter(|at| *at >= 0)
    }
}
