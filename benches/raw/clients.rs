//! The clients that everything here reads and writes with, set as `segue run` sets its own.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

pub type Plain = ThreadedProducer<DefaultProducerContext>;

pub fn plain_producer(bootstrap: &str) -> Plain {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "1")
        // In the order sent, retries included.
        .set("enable.idempotence", "true")
        .set("compression.type", "lz4")
        .set("queue.buffering.max.messages", "1000000")
        .create()
        .expect("a producer")
}

pub fn send(producer: &Plain, topic: &str, partition: Option<i32>, key: &str, value: &[u8]) {
    let mut record = BaseRecord::to(topic).key(key).payload(value);
    record.partition = partition;
    loop {
        match producer.send(record) {
            Ok(()) => return,
            Err((_, back)) => {
                record = back;
                producer.poll(Duration::from_millis(1));
            }
        }
    }
}

pub fn eos_consumer(bootstrap: &str, group: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("fetch.queue.backoff.ms", "25")
        .set("queued.max.messages.kbytes", "65536")
        .create()
        .expect("a consumer")
}

pub fn eos_producer(bootstrap: &str, id: &str) -> Plain {
    let producer: Plain = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", id)
        .set("transaction.timeout.ms", "10000")
        .set("linger.ms", "5")
        .set("retry.backoff.ms", "2")
        .set("compression.type", "lz4")
        .set("delivery.report.only.error", "true")
        .set("queue.buffering.max.messages", "1000000")
        .set("queue.buffering.max.kbytes", "262144")
        .set("partitioner", "murmur2_random")
        .create()
        .expect("a producer");
    producer.init_transactions(Duration::from_secs(30)).expect("init_transactions");
    producer
}

/// `commit_transaction` without the 100 ms floor of the wrapper's flush.
pub fn commit(producer: &Plain) {
    // SAFETY: the pointer is the live client's own; the call blocks until the transaction is decided and returns an owned
    // error object, which is destroyed here.
    let code = unsafe {
        let error = rdkafka_sys::rd_kafka_commit_transaction(producer.client().native_ptr(), -1);
        let code = rdkafka_sys::rd_kafka_error_code(error);
        if !error.is_null() {
            rdkafka_sys::rd_kafka_error_destroy(error);
        }
        code
    };
    assert_eq!(code, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR, "commit");
}

/// Everything that is there, up to a bound: the same natural batching as the engine's.
pub fn gather(consumer: &BaseConsumer, most: usize) -> Vec<(i32, i64, String)> {
    let mut batch = Vec::new();
    let mut wait = Duration::from_millis(100);
    while batch.len() < most {
        match consumer.poll(wait) {
            None => break,
            Some(Err(error)) => panic!("poll: {error}"),
            Some(Ok(message)) => {
                wait = Duration::ZERO;
                let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
                batch.push((message.partition(), message.offset(), key));
            }
        }
    }
    batch
}

pub fn send_offsets(producer: &Plain, consumer: &BaseConsumer, topic: &str, next: &HashMap<i32, i64>) {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in next {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("an offset");
    }
    let metadata = consumer.group_metadata().expect("a member");
    producer.send_offsets_to_transaction(&list, &metadata, Duration::from_secs(30)).expect("offsets");
}

pub fn partition_count(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).expect("metadata");
    metadata.topics()[0].partitions().len() as i32
}
