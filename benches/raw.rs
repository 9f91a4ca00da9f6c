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

use std::env;
use std::process::exit;
use std::time::{SystemTime, UNIX_EPOCH};

mod backlog;
#[path = "raw/clients.rs"]
mod clients;
#[path = "raw/latency.rs"]
mod latency;
#[path = "raw/throughput.rs"]
mod throughput;
#[path = "raw/topics.rs"]
mod topics;

use latency::{probe, serve};
use throughput::consume;
use topics::{create, fill, produce, sizes};

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
