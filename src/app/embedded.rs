//! The whole engine over the embedded log: what `segue demo` and `segue replay` run on. The same workers as on Kafka.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::pipeline::{ConversationSide, Crew, SystemClock, WindowSide};
use crate::domain::policy::Policy;
use crate::engine::codec::Codec;
use crate::engine::conversations::{Observer, Shadow};
use crate::engine::error::Error;
use crate::engine::finish::Finish;
use crate::engine::policies::Board;
use crate::engine::port::{Clock, Record, Topic, Topology};
use crate::engine::settings::{Settings, TimeSource};
use crate::engine::stats::Stats;
use crate::engine::windows_task::WindowSettings;
use crate::memory::Isolation;
use crate::memory::broker::{self, Broker};
use crate::memory::port::MemoryPort;

/// Records looked at together.
const PAGE: usize = 4_096;

/// An embedded log and the two sides of the engine.
pub struct Embedded {
    pub broker: Arc<Broker>,
    pub conversations: ConversationSide,
    pub windows: WindowSide,
    partitions: i32,
}

/// Where the input comes from: what transcripts point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file: the transcript has no topic, its offsets are line numbers.
    File,
    /// The embedded topic.
    Log,
}

impl Embedded {
    /// An empty log with `partitions` partitions a topic.
    pub fn new(partitions: i32, policy: Arc<Policy>, origin: Origin, time: TimeSource) -> Embedded {
        let broker = Broker::new(broker::Settings::new(partitions), Arc::new(SystemClock));
        let settings =
            Settings { time, poll_wait_ms: 20, started_at: SystemClock.now(), ..Settings::default() };
        let names = |topic: Topic| topic.default_name().to_owned();
        let transcript = match origin {
            Origin::File => None,
            Origin::Log => Some(names(Topic::Turns)),
        };
        let inputs = (names(Topic::Turns), names(Topic::Outcomes));
        Embedded {
            broker,
            conversations: ConversationSide::new(
                settings.clone(),
                Board::of(policy),
                inputs,
                transcript,
                Arc::default(),
            ),
            windows: WindowSide {
                settings,
                windows: WindowSettings::new(partitions),
                codec: Codec::default(),
                stats: Arc::new(Stats::default()),
            },
            partitions,
        }
    }

    /// Watches every turn as it is taken.
    pub fn watched_by(mut self, observer: Observer) -> Embedded {
        self.conversations.observer = Some(observer);
        self
    }

    /// Other policies watch the same stream; what they would do goes to [`Topic::Shadow`].
    pub fn shadowed_by(mut self, shadows: Vec<Shadow>) -> Embedded {
        self.conversations = self.conversations.shadowed_by(shadows);
        self
    }

    fn port(&self, topology: Topology, thread: usize) -> Result<MemoryPort, Error> {
        let name = match topology {
            Topology::Conversations => format!("segue-embedded-{thread}"),
            Topology::Windows => format!("segue-metrics-embedded-{thread}"),
        };
        Ok(MemoryPort::new(self.broker.clone(), topology, &name, &name))
    }

    /// Takes everything that is in the log, moves time to its end, then folds the windows. Errors: see [`Crew::join`].
    pub fn run_to_end(&self, threads: usize, stop: Arc<AtomicBool>) -> Result<(), Error> {
        let finish = Arc::new(Finish::new(self.partitions));
        self.start_conversations(threads, stop.clone(), Some(finish))?.join()?;
        let finish = Arc::new(Finish::new(self.partitions));
        self.start_windows(stop, Some(finish))?.join()
    }

    /// Starts the conversations' threads.
    pub fn start_conversations(
        &self,
        threads: usize,
        stop: Arc<AtomicBool>,
        finish: Option<Arc<Finish>>,
    ) -> Result<Crew, Error> {
        let mut crew = Crew::new(stop);
        for thread in 0..threads {
            let port = self.port(Topology::Conversations, thread)?;
            let writer = format!("embedded-{thread}");
            let mut worker = self.conversations.worker(port, SystemClock, writer, None, finish.clone());
            crew.start(format!("conversations-{thread}"), move |stop| worker.run(stop));
        }
        Ok(crew)
    }

    /// Starts the windows' thread.
    pub fn start_windows(&self, stop: Arc<AtomicBool>, finish: Option<Arc<Finish>>) -> Result<Crew, Error> {
        let mut crew = Crew::new(stop);
        let port = self.port(Topology::Windows, 0)?;
        let mut worker = self.windows.worker(port, SystemClock, "embedded".to_owned(), finish);
        crew.start("metrics-0".to_owned(), move |stop| worker.run(stop));
        Ok(crew)
    }

    /// The values of a topic, read committed, partition by partition in offset order.
    pub fn values(&self, topic: Topic) -> Vec<Vec<u8>> {
        let mut values = Vec::new();
        self.each(topic, |value| values.push(value.to_vec()));
        values
    }

    /// Shows the same values to `see`, a page at a time.
    pub fn each(&self, topic: Topic, mut see: impl FnMut(&[u8])) {
        for partition in 0..self.broker.partitions(topic) {
            let mut from = 0;
            loop {
                let page = self.broker.read(topic, partition, from, Isolation::Committed, PAGE);
                page.records.iter().filter_map(Record::value).for_each(&mut see);
                if page.position <= from {
                    break;
                }
                from = page.position;
            }
        }
    }
}
