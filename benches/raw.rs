//! The yardstick of `make bench`: raw rdkafka doing the same reads, the same number and size of writes and the same
//! transactions as `segue run`, and nothing else; the generator of the backlog; and the latency probe.
//!
//! ```text
//! raw produce  BOOTSTRAP TOPIC PARTITIONS TURNS LIVE              a backlog of turns
//! raw fill     BOOTSTRAP TOPIC CONVERSATIONS                   twelve turns each, one conversation after the other
//! raw create   BOOTSTRAP TOPIC PARTITIONS
//! raw sizes    BOOTSTRAP TOPIC                                    records and bytes of a topic, read committed
//! raw loop     BOOTSTRAP TOPIC GROUP MODEL_JSON THREADS           consume → transact until caught up; prints one JSON line
//! raw serve    BOOTSTRAP TOPIC GROUP                              one bare transaction a batch with the writes that segue
//!                                                                 makes (state, hand-offs, summaries, deltas), until killed
//! raw probe    BOOTSTRAP TOPIC OUT_TOPIC RATE SECONDS             latency from a turn that asks to its hand-off
//! ```

use std::collections::HashMap;
use std::env;
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use backlog::{Asks, TURNS_EACH, turn};
use segue::app::demo::random::Random;

mod backlog;

type Plain = ThreadedProducer<DefaultProducerContext>;

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["produce", bootstrap, topic, partitions, turns, live] => {
            produce(bootstrap, topic, number(partitions) as i32, number(turns), number(live));
        }
        ["fill", bootstrap, topic, conversations] => fill(bootstrap, topic, number(conversations)),
        ["create", bootstrap, topic, partitions] => create(bootstrap, topic, number(partitions) as i32),
        ["sizes", bootstrap, topic] => sizes(bootstrap, topic),
        ["loop", bootstrap, topic, group, model, threads] => {
            consume(bootstrap, topic, group, model, number(threads))
        }
        ["serve", bootstrap, topic, group] => serve(bootstrap, topic, group),
        ["probe", bootstrap, topic, out, rate, seconds] => {
            probe(bootstrap, topic, out, number(rate), number(seconds))
        }
        _ => {
            // `cargo test --benches` runs this without arguments: nothing to do.
            eprintln!("raw: see the head of benches/raw.rs for its commands");
        }
    }
}

fn number(word: &str) -> u64 {
    word.replace('_', "").parse().unwrap_or_else(|_| {
        eprintln!("raw: {word:?} is not a number");
        exit(2)
    })
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

fn plain_producer(bootstrap: &str) -> Plain {
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

fn send(producer: &Plain, topic: &str, partition: Option<i32>, key: &str, value: &[u8]) {
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

fn produce(bootstrap: &str, topic: &str, _partitions: i32, turns: u64, live: u64) {
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
fn fill(bootstrap: &str, topic: &str, conversations: u64) {
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

fn create(bootstrap: &str, topic: &str, partitions: i32) {
    use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
    let admin: AdminClient<rdkafka::client::DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("an admin client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    runtime.block_on(admin.create_topics([&topic], &AdminOptions::new())).expect("the topic is created");
}

fn sizes(bootstrap: &str, topic: &str) {
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

/// What `segue run` wrote for each turn, so that the raw loop writes as much.
#[derive(Clone)]
struct Model {
    /// Topic, records a turn, bytes a record.
    writes: Vec<(String, f64, usize)>,
    batch: usize,
}

impl Model {
    fn parse(text: &str) -> Model {
        let value: serde_json::Value = serde_json::from_str(text).expect("the model is JSON");
        let writes = value["writes"].as_array().into_iter().flatten().map(|write| {
            let topic = write["topic"].as_str().unwrap_or_default().to_owned();
            (topic, write["per_turn"].as_f64().unwrap_or(0.0), write["bytes"].as_u64().unwrap_or(0) as usize)
        });
        Model { writes: writes.collect(), batch: value["batch"].as_u64().unwrap_or(20_000) as usize }
    }
}

fn eos_consumer(bootstrap: &str, group: &str) -> BaseConsumer {
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

fn eos_producer(bootstrap: &str, id: &str) -> Plain {
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
fn commit(producer: &Plain) {
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

fn partition_count(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).expect("metadata");
    metadata.topics()[0].partitions().len() as i32
}

fn end_offsets(consumer: &BaseConsumer, topic: &str) -> u64 {
    (0..partition_count(consumer, topic))
        .map(|partition| {
            consumer.fetch_watermarks(topic, partition, Duration::from_secs(10)).expect("watermarks").1 as u64
        })
        .sum()
}

fn consume(bootstrap: &str, topic: &str, group: &str, model: &str, threads: u64) {
    let model = Model::parse(model);
    let seen = Arc::new(AtomicU64::new(0));
    let transactions = Arc::new(AtomicU64::new(0));
    let total = end_offsets(&eos_consumer(bootstrap, &format!("{group}-probe")), topic);
    let first = Arc::new(std::sync::OnceLock::new());
    let partitions = partition_count(&eos_consumer(bootstrap, &format!("{group}-count")), topic);
    let settled = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..threads)
        .map(|thread| {
            let (bootstrap, topic, group) = (bootstrap.to_owned(), topic.to_owned(), group.to_owned());
            let (model, seen, transactions, first, settled) =
                (model.clone(), seen.clone(), transactions.clone(), first.clone(), settled.clone());
            std::thread::spawn(move || {
                let consumer = eos_consumer(&bootstrap, &group);
                let producer = eos_producer(&bootstrap, &format!("{group}-raw-{thread}"));
                consumer.subscribe(&[&topic]).expect("subscribe");
                let mut early = settle(&consumer, partitions / threads as i32, &settled, threads);
                let filler = vec![b'x'; 1 << 20];
                let mut owed: Vec<f64> = vec![0.0; model.writes.len()];
                while seen.load(Ordering::Relaxed) < total {
                    let mut batch = std::mem::take(&mut early);
                    batch.extend(gather(&consumer, model.batch));
                    if batch.is_empty() {
                        continue;
                    }
                    first.get_or_init(Instant::now);
                    producer.begin_transaction().expect("begin");
                    let mut next: HashMap<i32, i64> = HashMap::new();
                    for (partition, offset, key) in &batch {
                        next.insert(*partition, offset + 1);
                        for (owed, (topic, per_turn, bytes)) in owed.iter_mut().zip(&model.writes) {
                            *owed += per_turn;
                            while *owed >= 1.0 {
                                *owed -= 1.0;
                                send(&producer, topic, Some(*partition), key, &filler[..*bytes]);
                            }
                        }
                    }
                    send_offsets(&producer, &consumer, &topic, &next);
                    commit(&producer);
                    transactions.fetch_add(1, Ordering::Relaxed);
                    seen.fetch_add(batch.len() as u64, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("a raw worker");
    }
    let seconds = first.get().map_or(0.0, |first| first.elapsed().as_secs_f64());
    let turns = seen.load(Ordering::Relaxed);
    let cpu = cpu_seconds();
    println!(
        "{}",
        serde_json::json!({ "turns": turns, "seconds": seconds, "turns_per_second": turns as f64 / seconds,
            "cpu_seconds": cpu, "transactions": transactions.load(Ordering::Relaxed) })
    );
}

/// Polls until this member has its share and all others have theirs: no rebalance comes after. Returns what was read early.
fn settle(consumer: &BaseConsumer, share: i32, settled: &AtomicU64, threads: u64) -> Vec<(i32, i64, String)> {
    let mut early = Vec::new();
    let mine = || -> Vec<i32> {
        let list = consumer.assignment().expect("an assignment");
        consumer.pause(&list).expect("pause");
        list.elements().iter().map(|element| element.partition()).collect()
    };
    let (mut counted, give_up) = (false, Instant::now() + Duration::from_secs(60));
    while settled.load(Ordering::SeqCst) < threads {
        assert!(Instant::now() < give_up, "the members do not settle");
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) {
            let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
            early.push((message.partition(), message.offset(), key));
        }
        if !counted && mine().len() == share as usize {
            counted = true;
            settled.fetch_add(1, Ordering::SeqCst);
        }
    }
    let kept = mine();
    early.retain(|(partition, _, _)| kept.contains(partition));
    consumer.resume(&consumer.assignment().expect("an assignment")).expect("resume");
    early
}

/// Everything that is there, up to a bound: the same natural batching as the engine's.
fn gather(consumer: &BaseConsumer, most: usize) -> Vec<(i32, i64, String)> {
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

fn send_offsets(producer: &Plain, consumer: &BaseConsumer, topic: &str, next: &HashMap<i32, i64>) {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in next {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).expect("an offset");
    }
    let metadata = consumer.group_metadata().expect("a member");
    producer.send_offsets_to_transaction(&list, &metadata, Duration::from_secs(30)).expect("offsets");
}

/// Latency's yardstick: every batch is one transaction; a turn that asks (its id says so) causes one record.
fn serve(bootstrap: &str, topic: &str, group: &str) {
    let consumer = eos_consumer(bootstrap, group);
    let producer = eos_producer(bootstrap, &format!("{group}-serve"));
    consumer.subscribe(&[topic]).expect("subscribe");
    let partitions = partition_count(&consumer, topic);
    let out = format!("{topic}.raw-out");
    let state = vec![b'x'; 300];
    loop {
        let batch = gather(&consumer, 20_000);
        if batch.is_empty() {
            continue;
        }
        producer.begin_transaction().expect("begin");
        let mut next: HashMap<i32, i64> = HashMap::new();
        for (partition, offset, key) in &batch {
            next.insert(*partition, offset + 1);
            send(&producer, &format!("{topic}.raw-state"), Some(*partition), key, &state);
            if key.starts_with("ask-") {
                send(&producer, &out, None, key, &state);
                send(&producer, &format!("{topic}.raw-summaries"), None, key, &state);
            }
        }
        for partition in 0..partitions {
            send(&producer, &format!("{topic}.raw-deltas"), Some(partition), "", &state);
        }
        send_offsets(&producer, &consumer, topic, &next);
        commit(&producer);
    }
}

/// Produces turns at `rate` a second; one in twenty is a conversation that asks for a person. Prints p50 and p99 of the time
/// from producing such a turn to reading its record with read_committed.
fn probe(bootstrap: &str, topic: &str, out: &str, rate: u64, seconds: u64) {
    let reader = eos_consumer(bootstrap, &format!("probe-{}", now_ms()));
    reader.subscribe(&[out]).expect("subscribe");
    let run = now_ms();
    let bootstrap = bootstrap.to_owned();
    let topic = topic.to_owned();
    let sent: Arc<std::sync::Mutex<HashMap<String, Instant>>> = Arc::default();
    // The reader must have its partitions before the first turn that counts.
    while reader.assignment().map_or(0, |list| list.count()) == 0 {
        reader.poll(Duration::from_millis(50));
    }
    let producing = {
        let sent = sent.clone();
        std::thread::spawn(move || {
            let producer = plain_producer(&bootstrap);
            let mut dice = Random::new(11);
            let start = Instant::now();
            for index in 0..rate * seconds {
                let due = Duration::from_micros(index * 1_000_000 / rate);
                while start.elapsed() < due {
                    std::thread::sleep(Duration::from_micros(200));
                }
                let asks = if index.is_multiple_of(20) { Asks::ForAPerson } else { Asks::Nothing };
                let id = match asks {
                    Asks::ForAPerson => format!("ask-{run}-{index}"),
                    Asks::Nothing => format!("calm-{run}-{}", index % 500),
                };
                let value = turn(
                    &id,
                    if asks == Asks::ForAPerson { 0 } else { index / 500 },
                    now_ms(),
                    &mut dice,
                    asks,
                );
                if asks == Asks::ForAPerson {
                    sent.lock().expect("no panic").insert(id.clone(), Instant::now());
                }
                send(&producer, &topic, None, &id, value.as_bytes());
            }
            producer.flush(Duration::from_secs(30)).expect("flushed");
        })
    };
    let mut latencies = Vec::new();
    let expected = (rate * seconds).div_ceil(20) as usize;
    let give_up = Instant::now() + Duration::from_secs(seconds + 30);
    while latencies.len() < expected && Instant::now() < give_up {
        if let Some(Ok(message)) = reader.poll(Duration::from_millis(50)) {
            let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
            if let Some(at) = sent.lock().expect("no panic").remove(&key) {
                latencies.push(at.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    producing.join().expect("the producer");
    latencies.sort_by(f64::total_cmp);
    let at = |share: f64| {
        latencies.get(((latencies.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(f64::NAN)
    };
    println!(
        "{}",
        serde_json::json!({ "expected": expected, "seen": latencies.len(), "p50_ms": at(0.5), "p99_ms": at(0.99) })
    );
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
