//! Facts about a worker over the embedded log: what it holds, whom it asks, and what it counts.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use super::codec::Codec;
use super::conversations::{Conversations, Shared};
use super::error::Error;
use super::policies::Board;
use super::port::{Clock, Committed, Membership, Out, Topic, Topology};
use super::settings::{Gaps, Settings};
use super::stats::{Answer, Stats};
use super::worker::{Parts, Stage, Worker};
use crate::domain::ids::Millis;
use crate::memory::broker::{self, Broker, Waits};
use crate::memory::clock::ManualClock;
use crate::memory::faults::{Call, Fault, Plan, script};
use crate::memory::port::MemoryPort;
use crate::memory::producer::Producer;
use crate::wire;
use crate::wire::avro::{Away, Reader, Registry, Writer};
use crate::wire::delta::PartitionTime;

const AT: Millis = 1_764_000_000_000;

struct Ticks(Arc<ManualClock>);

impl Clock for Ticks {
    fn now(&self) -> Millis {
        self.0.now()
    }
}

struct World {
    clock: Arc<ManualClock>,
    broker: Arc<Broker>,
    stats: Arc<Stats>,
}

type Conversing = Worker<MemoryPort, Conversations, Ticks>;

impl World {
    fn new(partitions: i32) -> World {
        let clock = Arc::new(ManualClock::new(AT));
        let mut settings = broker::Settings::new(partitions);
        settings.waits = Waits::ReturnAtOnce;
        World { broker: Broker::new(settings, clock.clone()), clock, stats: Arc::default() }
    }

    fn worker(&self, settings: Settings, codec: Codec, plan: Plan) -> Conversing {
        let shared = Arc::new(Shared {
            settings: settings.clone(),
            policies: Board::of(Arc::new(wire::policy::built_in())),
            past: None,
            shadows: Vec::new(),
            stats: self.stats.clone(),
            transcript_topic: None,
            turns_name: "turns".to_owned(),
            outcomes_name: "outcomes".to_owned(),
            codec,
        });
        let parts = Parts {
            topology: Topology::Conversations,
            settings,
            stats: self.stats.clone(),
            new_task: Box::new(move |partition| Conversations::new(partition, shared.clone(), None)),
            queries: None,
            finish: None,
        };
        let port = MemoryPort::new(self.broker.clone(), Topology::Conversations, "a-0", "a");
        Worker::new(port.with_faults(plan), Ticks(self.clock.clone()), parts)
    }

    /// With nothing but these failures to tell it from any other.
    fn failing(&self, steps: Vec<(Call, u64, Fault)>) -> Conversing {
        self.worker(Settings::default(), Codec::default(), script(steps))
    }

    fn turn(&self, partition: i32, number: i64) {
        let value = format!(
            r#"{{"event_id":"t-{number}","conversation_id":"c-1","event_time":{},"role":"customer","text":"hello"}}"#,
            AT + number
        );
        self.append(partition, value.as_bytes());
    }

    fn append(&self, partition: i32, value: &[u8]) {
        let (topic, key) = (Topic::Turns, Some(&b"c-1"[..]));
        let out = Out { topic, partition: Some(partition), key, value: Some(value), trace: None };
        self.broker.append(out, Some(self.clock.now())).expect("appended");
    }
}

fn rounds(worker: &mut Conversing, count: usize) {
    (0..count).for_each(|_| _ = worker.round().expect("a round"));
}

fn runs(worker: &Conversing, partition: i32) -> bool {
    worker.owned.get(&partition).is_some_and(|owned| matches!(owned.stage, Stage::Running))
}

/// A registry that knows no schema, once it answers.
struct Slow(AtomicBool);

impl Registry for Slow {
    fn writer(&self, _id: u32) -> Result<Writer, Away> {
        if self.0.load(Relaxed) { Ok(Writer::NoSuch("gone".to_owned())) } else { Err(Away) }
    }
}

#[test]
fn what_waits_to_be_taken_is_bounded_in_bytes_and_all_of_it_is_taken_in_the_end() {
    const RECORDS: usize = 10_000;
    const BYTES: usize = 1_000;
    let world = World::new(2);
    let mut framed = vec![b'x'; BYTES];
    framed[..5].copy_from_slice(&[0, 0, 0, 0, 7]);
    (0..RECORDS).for_each(|number| world.append((number % 2) as i32, &framed));
    let registry = Arc::new(Slow(AtomicBool::new(false)));
    let codec = Codec { reader: Reader::new(Vec::new(), registry.clone()), ..Codec::default() };
    let settings = Settings { batch_bytes: 1_000_000, ..Settings::default() };
    let mut worker = world.worker(settings, codec, script(Vec::new()));
    let held = |worker: &Conversing| -> usize {
        let inputs = worker.owned.values().flat_map(|owned| &owned.lane.inputs);
        inputs.map(super::lane::Input::queued_bytes).sum()
    };
    rounds(&mut worker, 20);
    // Two batches, and one poll too many.
    assert!((2_000_000..=4_100_000).contains(&held(&worker)), "{} bytes are held", held(&worker));
    registry.0.store(true, Relaxed);
    rounds(&mut worker, 40);
    assert_eq!((held(&worker), world.stats.dead_letters[0].load(Relaxed)), (0, RECORDS as u64));
}

#[test]
fn a_question_without_answer_is_the_last_of_its_round() {
    let world = World::new(8);
    let asked: Arc<Mutex<u64>> = Arc::default();
    let counted = asked.clone();
    let plan: Plan = Box::new(move |call, _| match call {
        Call::Committed => {
            *counted.lock().expect("no panic") += 1;
            vec![Fault::Before(Error::Retry("no answer".to_owned()))]
        }
        _ => Vec::new(),
    });
    let mut worker = world.worker(Settings::default(), Codec::default(), plan);
    rounds(&mut worker, 5);
    assert_eq!(worker.owned.len(), 8);
    assert!(*asked.lock().expect("no panic") <= 5, "one a round");
}

#[test]
fn a_partition_whose_offsets_are_not_told_holds_up_no_other() {
    let world = World::new(4);
    let mut foreign = Producer::new(world.broker.clone(), "foreign");
    let nobody = Membership { generation: -1, member_id: String::new() };
    let pending = Committed { topic: Topic::Turns, partition: 0, offset: Some(0), metadata: String::new() };
    let sent =
        foreign.begin().and_then(|()| foreign.send_offsets(Topology::Conversations, &[pending], &nobody));
    assert_eq!(sent, Ok(()));
    let mut worker = world.failing(Vec::new());
    rounds(&mut worker, 10);
    assert_eq!([0, 1, 2, 3].map(|partition| runs(&worker, partition)), [false, true, true, true]);
    foreign.abort(&[]).expect("aborted");
    rounds(&mut worker, 3);
    assert!(runs(&worker, 0));
}

#[test]
fn a_partition_without_records_tells_all_windows_once_a_minute_that_it_was_empty() {
    let world = World::new(2);
    world.turn(0, 1);
    let mut worker = world.failing(Vec::new());
    let told = || -> Vec<PartitionTime> {
        let records = world.broker.read_committed(Topic::Deltas, 1, 0);
        let deltas = records.iter().map(|record| wire::delta::decode(record.value().unwrap_or_default()));
        let sections = deltas.flat_map(|delta| delta.expect("a delta").sections);
        sections
            .filter(|section| section.source_partition == 1)
            .map(|section| section.partition_time)
            .collect()
    };
    for _ in 0..90 {
        rounds(&mut worker, 3);
        world.clock.advance(1_000);
    }
    let empty = [PartitionTime::NoneAt(AT), PartitionTime::NoneAt(AT + 60_000)];
    assert_eq!(told(), empty);
    world.turn(1, 5);
    rounds(&mut worker, 3);
    assert_eq!(
        told(),
        [empty[0], empty[1], PartitionTime::At(AT + 5)],
        "its first record is older, and counts"
    );
}

#[test]
fn a_fenced_transaction_is_counted_once_and_so_is_the_producer_that_replaces_it() {
    let world = World::new(1);
    let no_answer = || Fault::Before(Error::Reload("no answer".to_owned()));
    let lost = Fault::Before(Error::Lost("fenced".to_owned()));
    let steps = vec![(Call::Commit, 2, lost), (Call::Renew, 1, no_answer()), (Call::Renew, 2, no_answer())];
    let mut worker = world.failing(steps);
    rounds(&mut worker, 3);
    world.turn(0, 1);
    rounds(&mut worker, 6);
    let answers = Answer::ALL.map(|answer| world.stats.transactions(answer));
    assert_eq!((answers, world.stats.reloads.load(Relaxed)), ([2, 0, 0, 1], 1));
}

#[test]
fn a_gap_is_counted_once_however_often_the_restore_has_to_seek() {
    let world = World::new(1);
    (0..5).for_each(|number| world.turn(0, number));
    rounds(&mut world.failing(Vec::new()), 3);
    (5..10).for_each(|number| world.turn(0, number));
    world.broker.delete_before(Topic::Turns, 0, 8).expect("deleted");
    let id = world.broker.owners(Topology::Conversations)[0].0.clone();
    assert!(world.broker.expire_member(Topology::Conversations, &id));
    let again = |nth| (Call::Seek, nth, Fault::Before(Error::Retry("still stopping".to_owned())));
    let settings = Settings { gaps: Gaps::Accept, ..Settings::default() };
    let mut worker = world.worker(settings, Codec::default(), script(vec![again(1), again(3)]));
    rounds(&mut worker, 6);
    assert!(runs(&worker, 0));
    assert_eq!(world.stats.gap_records.load(Relaxed), 3);
}
