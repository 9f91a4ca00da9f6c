//! The threads of a run: what each is built from, and in which order they start.

use std::sync::Arc;

use super::counted::Counted;
use super::{Failure, Role, Roles, Until, names};
use crate::app::pipeline::{ConversationSide, Crew, SystemClock, WindowSide};
use crate::app::signals::Stop;
use crate::config::Settings;
use crate::domain::window::Split;
use crate::engine;
use crate::engine::codec::Codec;
use crate::engine::conversations::Shadow;
use crate::engine::finish::Finish;
use crate::engine::policies::Board;
use crate::engine::port::{Clock, Topic, Topology};
use crate::engine::settings::{DeadLetterValues, Gaps, TimeSource};
use crate::engine::windows_task::WindowSettings;
use crate::kafka::topics::Counts;
use crate::kafka::{KafkaConfig, KafkaPort, Properties};

/// Everything the threads are built from.
pub struct Site {
    kafka: KafkaConfig,
    counted: Counted,
    partitions: Counts,
    conversations: ConversationSide,
    windows: WindowSide,
}

impl Site {
    /// From settings that were checked, on a cluster that answered.
    pub fn new(
        settings: &Settings,
        properties: Properties,
        until: Until,
        policies: Arc<Board>,
        partitions: Counts,
        counted: Counted,
    ) -> Site {
        let engine = engine_settings(settings, until);
        let kafka = KafkaConfig {
            bootstrap: settings.kafka.bootstrap_servers.clone(),
            properties,
            application_id: settings.engine.application_id.clone(),
            instance_id: settings.engine.instance_id.clone(),
            thread: 0,
            topology: Topology::Conversations,
            names: names(settings),
            message_bytes_max: settings.engine.record_bytes_max + 4096,
        };
        let name = |topic| kafka.names.of(topic).to_owned();
        let inputs = (name(Topic::Turns), name(Topic::Outcomes));
        let windows = WindowSettings {
            final_after_ms: settings.metrics.final_after_ms,
            values_max: settings.metrics.values_max,
            ..WindowSettings::new(partitions.turns)
        };
        let gather_ms = match until {
            Until::Told => settings.metrics.interval_ms,
            Until::CaughtUp => 0,
        };
        let topic = Some(name(Topic::Turns));
        Site {
            counted,
            partitions,
            conversations: ConversationSide::new(engine.clone(), policies, inputs, topic, Arc::default()),
            windows: WindowSide {
                settings: engine::settings::Settings { gather_ms, ..engine },
                windows,
                codec: Codec::default(),
                stats: Arc::default(),
            },
            kafka,
        }
    }

    /// The same with policies that watch.
    pub fn shadowed_by(self, shadows: Vec<Shadow>) -> Site {
        Site { conversations: self.conversations.shadowed_by(shadows), ..self }
    }

    /// The same with these formats and schemas.
    pub fn speaking(self, codec: Codec) -> Site {
        let conversations = self.conversations.speaking(codec.clone());
        Site { conversations, windows: WindowSide { codec, ..self.windows }, ..self }
    }

    /// Runs what has a role here until told to stop.
    pub fn until_told(&self, roles: Roles, queries: Queries, stop: &Stop) -> Result<(), Failure> {
        let mut crew = Crew::new(stop.flag());
        if roles.conversations == Role::Here {
            self.start_conversations(&mut crew, queries, None);
        }
        if roles.metrics == Role::Here {
            self.start_windows(&mut crew, None);
        }
        crew.join().map_err(Failure::from)
    }

    /// First the conversations, then the windows: what the windows must read is complete when the conversations are done.
    pub fn until_caught_up(&self, roles: Roles, queries: Queries, stop: &Stop) -> Result<(), Failure> {
        if roles.conversations == Role::Here {
            let mut crew = Crew::new(stop.flag());
            let finish = Finish::new(self.partitions.turns);
            self.start_conversations(&mut crew, queries, Some(Arc::new(finish)));
            crew.join()?;
        }
        if roles.metrics == Role::Here && !stop.requested() {
            let mut crew = Crew::new(stop.flag());
            self.start_windows(&mut crew, Some(Arc::new(Finish::new(self.partitions.deltas))));
            crew.join()?;
        }
        Ok(())
    }

    fn start_conversations(&self, crew: &mut Crew, queries: Queries, finish: Option<Arc<Finish>>) {
        for (thread, (queries, stats)) in queries.into_iter().zip(&self.counted.conversations).enumerate() {
            let config = KafkaConfig { thread, topology: Topology::Conversations, ..self.kafka.clone() };
            let (finish, side) = (finish.clone(), self.conversations.counting(stats.clone()));
            crew.start(format!("conversations-{thread}"), move |stop| {
                let writer = config.transactional_id();
                let port = KafkaPort::new(config)?;
                side.worker(port, SystemClock, writer, Some(queries), finish).run(stop)
            });
        }
    }

    fn start_windows(&self, crew: &mut Crew, finish: Option<Arc<Finish>>) {
        for (thread, stats) in self.counted.windows.iter().enumerate() {
            let config = KafkaConfig { thread, topology: Topology::Windows, ..self.kafka.clone() };
            let (finish, side) =
                (finish.clone(), WindowSide { stats: stats.clone(), ..self.windows.clone() });
            crew.start(format!("metrics-{thread}"), move |stop| {
                let writer = config.transactional_id();
                let port = KafkaPort::new(config)?;
                side.worker(port, SystemClock, writer, finish).run(stop)
            });
        }
    }
}

/// Where each thread is asked for conversations.
type Queries = Vec<std::sync::mpsc::Receiver<engine::view::Query>>;

fn engine_settings(settings: &Settings, until: Until) -> engine::settings::Settings {
    let own = &settings.engine;
    engine::settings::Settings {
        batch_records: own.batch_records,
        batch_bytes: own.batch_bytes,
        record_bytes_max: own.record_bytes_max,
        lateness_ms: own.lateness_ms,
        gather_ms: match own.transactions_per_second {
            0 => 0,
            per_second => 1_000 / i64::from(per_second),
        },
        time: match until {
            Until::Told => TimeSource::InputAndClock,
            Until::CaughtUp => TimeSource::InputOnly,
        },
        gaps: if own.accept_gap { Gaps::Accept } else { Gaps::Refuse },
        dead_letter_alarm: own.dead_letter_alarm,
        dead_letter_values: if settings.dead_letters.include_value {
            DeadLetterValues::Include
        } else {
            DeadLetterValues::LeaveOut
        },
        splits: Split::standard()
            .into_iter()
            .chain(settings.metrics.splits.iter().filter_map(|name| Split::named(name)))
            .collect(),
        started_at: SystemClock.now(),
        ..engine::settings::Settings::default()
    }
}
