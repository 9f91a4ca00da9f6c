//! Throughput's yardstick: consume, write as much as `segue run` wrote, commit; until all is read.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::Producer;

use crate::clients::{commit, eos_consumer, eos_producer, gather, partition_count, send, send_offsets};

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

fn end_offsets(consumer: &BaseConsumer, topic: &str) -> u64 {
    (0..partition_count(consumer, topic))
        .map(|partition| {
            consumer.fetch_watermarks(topic, partition, Duration::from_secs(10)).expect("watermarks").1 as u64
        })
        .sum()
}

pub fn consume(bootstrap: &str, topic: &str, group: &str, model: &str, threads: u64) {
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

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
