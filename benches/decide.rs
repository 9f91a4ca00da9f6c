//! The decision loop alone: decode, step, stage, seal, commit, in batches, without a log or a network. What `make bench`
//! measures through Kafka, measured where a profiler sees nothing else.
//!
//! ```text
//! cargo bench --bench decide -- [TURNS] [LIVE]        default 1,000,000 turns, 50,000 conversations at a time
//! ```

use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use segue::engine::codec::Codec;
use segue::engine::conversations::{Conversations, Shared};
use segue::engine::outbox::Outbox;
use segue::engine::policies::Board;
use segue::engine::port::{Record, Topic};
use segue::engine::settings::Settings;
use segue::engine::stats::Stats;
use segue::engine::task::Task;

mod backlog;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 20_000;
const START: i64 = 1_764_000_000_000;

fn main() {
    let mut numbers = env::args().skip(1).filter_map(|arg| arg.replace('_', "").parse::<u64>().ok());
    let (turns, live) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(50_000));
    let settings = Settings::default();
    let splits = settings.splits.clone();
    let shared = Shared {
        settings,
        policies: Board::of(Arc::new(segue::wire::policy::built_in())),
        shadows: Vec::new(),
        stats: Arc::new(Stats::default()),
        transcript_topic: Some("conversation.turns".to_owned()),
        turns_name: "conversation.turns".to_owned(),
        outcomes_name: "handoff.outcomes".to_owned(),
        codec: Codec::default(),
    };
    let mut task = Conversations::new(0, Arc::new(shared), None);
    let (mut out, mut spent, mut written, mut offset) = (Outbox::new(splits), 0.0, 0, 0);
    let mut backlog = backlog::turns(live, START);
    let mut batch = Vec::with_capacity(BATCH);
    for number in 1..=turns.div_ceil(BATCH as u64) {
        batch.clear();
        for made in backlog.by_ref().take(BATCH) {
            let (key, value) = (made.id.as_bytes(), made.value.as_bytes());
            batch.push(Record::new(Topic::Turns, 0, offset, Some(START + offset), Some(key), Some(value)));
            offset += 1;
        }
        let began = Instant::now();
        for record in &batch {
            task.take(record, START, &mut out);
        }
        task.seal(&[offset, 0], number, &mut out);
        out.seal_deltas(8);
        written += black_box(out.records().filter_map(|record| record.value).map(<[u8]>::len).sum::<usize>());
        task.commit();
        out.clear();
        spent += began.elapsed().as_secs_f64();
    }
    println!(
        "{}",
        serde_json::json!({ "turns": offset, "turns_per_second": (offset as f64 / spent).round(),
            "us_per_turn": (spent * 1e8 / offset as f64).round() / 100.0, "bytes_written_per_turn": written as i64 / offset,
            "resident_bytes": segue::telemetry::process::rss_bytes() })
    );
}
