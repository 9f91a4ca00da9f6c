//! Latency's yardstick: a bare transaction a batch, and the probe that times a turn to its hand-off.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::message::Message;
use rdkafka::producer::Producer;
use segue::app::demo::random::Random;

use crate::backlog::{Asks, turn};
use crate::clients::{
    commit, eos_consumer, eos_producer, gather, partition_count, plain_producer, send, send_offsets,
};
use crate::now_ms;

/// Latency's yardstick: every batch is one transaction; a turn that asks (its id says so) causes one record.
pub fn serve(bootstrap: &str, topic: &str, group: &str) {
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
pub fn probe(bootstrap: &str, topic: &str, out: &str, rate: u64, seconds: u64) {
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
