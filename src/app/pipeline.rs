//! Both topologies put together over any log: what `run`, `demo` and `replay` have in common.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::domain::ids::Millis;
use crate::engine::codec::Codec;
use crate::engine::conversations::{Conversations, Observer, Shadow, Shared};
use crate::engine::error::Error;
use crate::engine::finish::Finish;
use crate::engine::policies::Board;
use crate::engine::port::{Clock, Port, Topic, Topology};
use crate::engine::settings::Settings;
use crate::engine::stats::Stats;
use crate::engine::view::Query;
use crate::engine::windows_task::{WindowSettings, Windows};
use crate::engine::worker::{Parts, Worker};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        jiff::Timestamp::now().as_millisecond()
    }
}

/// What the conversations' workers share.
pub struct ConversationSide {
    pub shared: Arc<Shared>,
    pub observer: Option<Observer>,
}

impl ConversationSide {
    /// `inputs`: the names of the turns and outcomes topics, for dead letters; `transcript_topic` as in [`Shared`].
    pub fn new(
        settings: Settings,
        policies: Arc<Board>,
        inputs: (String, String),
        transcript_topic: Option<String>,
        stats: Arc<Stats>,
    ) -> ConversationSide {
        let (turns_name, outcomes_name) = inputs;
        let codec = Codec::default();
        let shadows = Vec::new();
        let shared = Shared {
            settings,
            policies,
            past: None,
            shadows,
            stats,
            transcript_topic,
            turns_name,
            outcomes_name,
            codec,
        };
        ConversationSide { shared: Arc::new(shared), observer: None }
    }

    /// The same side but for what `change` makes different.
    pub fn changed(&self, change: impl FnOnce(&mut Shared)) -> ConversationSide {
        let mut shared = (*self.shared).clone();
        change(&mut shared);
        ConversationSide { shared: Arc::new(shared), observer: self.observer.clone() }
    }

    /// The same side with policies that watch.
    pub fn shadowed_by(&self, shadows: Vec<Shadow>) -> ConversationSide {
        self.changed(|shared| shared.shadows = shadows)
    }

    /// The same side where others tell of the policy in force.
    pub fn told_by(&self, policies: Arc<Board>) -> ConversationSide {
        self.changed(|shared| shared.policies = policies)
    }

    /// The same side with other formats and schemas than JSON and our own.
    pub fn speaking(&self, codec: Codec) -> ConversationSide {
        self.changed(|shared| shared.codec = codec)
    }

    /// The same side for another thread, which counts by itself.
    pub fn counting(&self, stats: Arc<Stats>) -> ConversationSide {
        self.changed(|shared| shared.stats = stats)
    }

    /// One thread's worker. `writer` names it in commits.
    pub fn worker<P: Port, C: Clock>(
        &self,
        port: P,
        clock: C,
        writer: String,
        queries: Option<Receiver<Query>>,
        finish: Option<Arc<Finish>>,
    ) -> Worker<P, Conversations, C> {
        let (shared, observer) = (self.shared.clone(), self.observer.clone());
        let parts = Parts {
            topology: Topology::Conversations,
            settings: Settings { writer, ..self.shared.settings.clone() },
            stats: self.shared.stats.clone(),
            new_task: Box::new(move |partition| {
                Conversations::new(partition, shared.clone(), observer.clone())
            }),
            queries,
            finish,
        };
        Worker::new(port, clock, parts)
    }
}

/// What the windows' workers share.
#[derive(Clone)]
pub struct WindowSide {
    pub settings: Settings,
    pub windows: WindowSettings,
    pub codec: Codec,
    pub stats: Arc<Stats>,
}

impl WindowSide {
    /// One thread's worker.
    pub fn worker<P: Port, C: Clock>(
        &self,
        port: P,
        clock: C,
        writer: String,
        finish: Option<Arc<Finish>>,
    ) -> Worker<P, Windows, C> {
        let (windows, codec, stats) = (self.windows, self.codec.clone(), self.stats.clone());
        let deltas_name = port.name(Topic::Deltas);
        let parts = Parts {
            topology: Topology::Windows,
            settings: Settings { writer, ..self.settings.clone() },
            stats: self.stats.clone(),
            new_task: Box::new(move |partition| {
                Windows::new((partition, deltas_name.clone()), windows, codec.clone(), stats.clone())
            }),
            queries: None,
            finish,
        };
        Worker::new(port, clock, parts)
    }
}

/// Threads of one topology, and the first error any of them met.
pub struct Crew {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl Crew {
    /// `stop` ends all of them in order; one that fails for good sets it, so that the others leave too.
    pub fn new(stop: Arc<AtomicBool>) -> Crew {
        Crew { threads: Vec::new(), stop, failure: Arc::default() }
    }

    /// Starts a thread that builds its worker (ports belong to one thread) and runs it.
    pub fn start(
        &mut self,
        name: String,
        work: impl FnOnce(&AtomicBool) -> Result<(), Error> + Send + 'static,
    ) {
        let (stop, failure) = (self.stop.clone(), self.failure.clone());
        let thread = std::thread::Builder::new().name(name.clone()).spawn(move || {
            if let Err(error) = work(&stop) {
                tracing::error!(%error, thread = name, "stopped");
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stop.store(true, Ordering::SeqCst);
            }
        });
        match thread {
            Ok(thread) => self.threads.push(thread),
            Err(error) => {
                let error = Error::Fatal(format!("cannot start a thread: {error}"));
                self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                self.stop.store(true, Ordering::SeqCst);
            }
        }
    }

    /// Waits for all. Errors: the first that any met; a thread that panicked is one.
    pub fn join(self) -> Result<(), Error> {
        let mut panicked = false;
        for thread in self.threads {
            panicked |= thread.join().is_err();
        }
        if let Some(error) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        if panicked {
            return Err(Error::Fatal("a worker thread panicked: this is a bug in segue".to_owned()));
        }
        Ok(())
    }
}

/// Both ends of `count` bounded query channels.
pub fn query_channels(count: usize) -> (Vec<SyncSender<Query>>, Vec<Receiver<Query>>) {
    const WAITING: usize = 64;
    (0..count).map(|_| sync_channel(WAITING)).unzip()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;
    use crate::engine::port::Out;
    use crate::memory::broker::{self, Broker};
    use crate::memory::clock::ManualClock;
    use crate::memory::port::MemoryPort;
    use crate::wire::avro::{Away, Reader, Registry, Writer};

    /// A registry that does not answer.
    struct Silent;

    impl Registry for Silent {
        fn writer(&self, _id: u32) -> Result<Writer, Away> {
            Err(Away)
        }
    }

    struct Ticks(Arc<ManualClock>);

    impl Clock for Ticks {
        fn now(&self) -> Millis {
            self.0.now()
        }
    }

    fn side(codec: Codec) -> WindowSide {
        let (settings, windows) = (Settings::default(), WindowSettings::new(1));
        WindowSide { settings, windows, codec, stats: Arc::default() }
    }

    #[test]
    fn rows_whose_schema_cannot_be_fetched_are_read_again_after_a_while_and_not_without_end() {
        let clock = Arc::new(ManualClock::new(0));
        let broker = Broker::new(broker::Settings::new(1), clock.clone());
        let framed = Some(&[0, 0, 0, 0, 7, 1][..]);
        let row =
            Out { topic: Topic::Metrics, partition: Some(0), key: Some(b"w"), value: framed, trace: None };
        broker.append(row, None).expect("appended");
        let side = side(Codec { reader: Reader::new(Vec::new(), Arc::new(Silent)), ..Codec::default() });
        let port = MemoryPort::new(broker, Topology::Windows, "w-0", "w");
        let mut worker = side.worker(port, Ticks(clock.clone()), "w-0".to_owned(), None);
        let mut reloads = || {
            (0..20).for_each(|_| _ = worker.round().expect("a round"));
            side.stats.reloads.load(Relaxed)
        };
        assert_eq!(reloads(), 1);
        clock.advance(1_000);
        assert_eq!(reloads(), 2);
    }
}
