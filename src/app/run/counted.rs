//! What the threads of a run count, for whoever looks in from outside.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::{Role, Roles};
use crate::config::Settings;
use crate::engine::port::Topology;
use crate::engine::stats::Stats;
use crate::telemetry::metrics::Watched;
use crate::telemetry::process;

/// What each thread that runs here counts, from before it exists.
#[derive(Clone)]
pub struct Counted {
    /// A set a thread, of each topology.
    pub conversations: Vec<Arc<Stats>>,
    pub windows: Vec<Arc<Stats>>,
}

impl Counted {
    /// A set for each thread that will run; room for so many shadow policies.
    pub fn new(settings: &Settings, roles: Roles, shadows: usize) -> Counted {
        let stats = || Arc::new(Stats::for_shadows(shadows));
        let of = |role, threads: usize| match role {
            Role::Here => (0..threads).map(|_| stats()).collect(),
            Role::Elsewhere => Vec::new(),
        };
        Counted {
            conversations: of(roles.conversations, settings.engine.threads),
            windows: of(roles.metrics, settings.engine.metrics_threads),
        }
    }

    /// How many partitions of turns there are, once that is known.
    pub fn know_partitions(&self, partitions: i32) {
        for stats in &self.conversations {
            stats.partitions_all.store(i64::from(partitions), Relaxed);
        }
    }

    /// The threads do not exist yet and cannot turn their loops: who waits for the cluster is alive all the same.
    pub fn turn(&self) {
        for stats in self.conversations.iter().chain(&self.windows) {
            stats.last_loop_at.store(process::now_ms(), Relaxed);
        }
    }

    /// Every thread by the name it has in `/healthz`.
    pub fn watched(&self) -> Vec<Watched> {
        let named = |topology, name: &'static str, all: &[Arc<Stats>]| {
            let watch = move |(thread, stats): (usize, &Arc<Stats>)| Watched {
                topology,
                name: format!("{name}-{thread}"),
                stats: stats.clone(),
            };
            all.iter().enumerate().map(watch).collect::<Vec<_>>()
        };
        let mut watched = named(Topology::Conversations, "conversations", &self.conversations);
        watched.extend(named(Topology::Windows, "metrics", &self.windows));
        watched
    }
}
