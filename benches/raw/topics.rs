//! Topics of a run: created, filled with turns, and measured.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::message::Message;
use rdkafka::producer::Producer;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use segue::app::demo::random::Random;

use crate::backlog::{self, Asks, TURNS_EACH, turn};
use crate::clients::{eos_consumer, plain_producer, send};
use crate::now_ms;

pub fn produce(bootstrap: &str, topic: &str, _partitions: i32, turns: u64, live: u64) {
    let producer = plain_producer(bootstrap);
    let mut bytes = 0;
    for made in backlog::turns(live, now_ms() - 3_600_000).take(turns as usize) {
        bytes += made.value.len() as u64;
        send(&producer, topic, None, &made.id, made.value.as_bytes());
    }
    producer.flush(Duration::from_secs(120)).expect("the backlog is written");
    println!("{}", serde_json::json!({ "turns": turns, "bytes_each": bytes / turns }));
}

/// Conversations that are all live at the end. One after the other, so that a commit holds many of them whole and the
/// changelog is nearly what compaction would leave of it.
pub fn fill(bootstrap: &str, topic: &str, conversations: u64) {
    let producer = plain_producer(bootstrap);
    let (mut dice, start) = (Random::new(7), now_ms() - 600_000);
    for conversation in 0..conversations {
        let id = format!("c-{conversation:08}-7f3a");
        for seq in 0..TURNS_EACH {
            let value = turn(&id, seq, start + seq as i64 * 10_000, &mut dice, Asks::Nothing);
            send(&producer, topic, None, &id, value.as_bytes());
        }
    }
    producer.flush(Duration::from_secs(120)).expect("the turns are written");
    println!(
        "{}",
        serde_json::json!({ "turns": conversations * TURNS_EACH, "conversations": conversations })
    );
}

pub fn create(bootstrap: &str, topic: &str, partitions: i32) {
    use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
    let admin: AdminClient<rdkafka::client::DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("an admin client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    runtime.block_on(admin.create_topics([&topic], &AdminOptions::new())).expect("the topic is created");
}

pub fn sizes(bootstrap: &str, topic: &str) {
    let consumer = eos_consumer(bootstrap, &format!("sizes-{}", now_ms()));
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).expect("metadata");
    let mut list = TopicPartitionList::new();
    let mut ends = HashMap::new();
    for partition in metadata.topics()[0].partitions() {
        let (low, high) =
            consumer.fetch_watermarks(topic, partition.id(), Duration::from_secs(10)).expect("watermarks");
        if high > low {
            list.add_partition_offset(topic, partition.id(), Offset::Beginning).expect("an offset");
            ends.insert(partition.id(), high);
        }
    }
    consumer.assign(&list).expect("assign");
    let (mut records, mut bytes) = (0u64, 0u64);
    while !ends.is_empty() {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            records += 1;
            bytes += message.payload().map_or(0, <[u8]>::len) as u64;
        } else {
            // Markers at the end move the position without a record.
            let reached: Vec<(i32, i64)> = consumer
                .position()
                .expect("position")
                .elements()
                .iter()
                .filter_map(|element| Some((element.partition(), element.offset().to_raw()?)))
                .collect();
            ends.retain(|partition, end| !reached.iter().any(|(p, at)| p == partition && at >= end));
        }
    }
    println!("{}", serde_json::json!({ "records": records, "bytes": bytes }));
}
