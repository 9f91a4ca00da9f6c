//! Every Prometheus metric, by name. Read from the engine's counters at each scrape; nothing is counted twice.
//!
//! Names end in their base unit, counters in `_total`. Labels are closed lists, partitions, or the ids of the policy's
//! rules: never a conversation, a customer or free text. The list is `metrics/list.rs`; `docs/metrics.md` is for people,
//! and a test compares it with a running instance.

mod family;
mod host;
mod list;
mod samples;

use std::collections::HashMap;
use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Encoder, Registry, TextEncoder};

use super::process;
use crate::engine::policies::InForce;
use crate::engine::port::Topology;
use crate::engine::stats::Stats;
use family::family;
use list::{About, METRICS};
use samples::{Sources, kind};

/// One source of numbers: a topology's counters, or those of one of its threads.
#[derive(Clone, Debug)]
pub struct Watched {
    pub topology: Topology,
    /// How `/healthz` calls it, e.g. `conversations-0`.
    pub name: String,
    pub stats: Arc<Stats>,
}

/// What metrics tell of the policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySeen {
    pub name: String,
    pub version: String,
    /// What it says ([`crate::wire::policy::fingerprint`]).
    pub fingerprint: String,
    /// Ids of its rules, in order.
    pub rules: Vec<String>,
    /// `name@version` of each shadow policy, in order.
    pub shadows: Vec<String>,
}

impl PolicySeen {
    /// `shadows`: their labels.
    pub fn of(acting: &InForce, shadows: &[String]) -> PolicySeen {
        let policy = &acting.policy;
        PolicySeen {
            name: policy.name.clone(),
            version: policy.version.clone(),
            fingerprint: acting.fingerprint().to_owned(),
            rules: policy.rules.iter().map(|rule| rule.id.clone()).collect(),
            shadows: shadows.to_vec(),
        }
    }
}

/// The label value of a topology.
pub fn topology_name(topology: Topology) -> &'static str {
    match topology {
        Topology::Conversations => "conversations",
        Topology::Windows => "metrics",
    }
}

/// What `/metrics` shows. Owns the registry.
#[derive(Debug)]
pub struct Telemetry {
    registry: Registry,
    watched: Vec<Watched>,
}

impl Telemetry {
    /// Several sources of one topology are shown as one.
    /// `policy` is asked at each scrape.
    pub fn new(
        watched: Vec<Watched>,
        policy: impl Fn() -> PolicySeen + Send + Sync + 'static,
    ) -> Result<Telemetry, prometheus::Error> {
        let registry = Registry::new();
        let descs = METRICS.iter().map(|named| describe(named.name, named.help)).collect::<Result<_, _>>()?;
        registry.register(Box::new(Engine { descs, watched: watched.clone(), policy: Box::new(policy) }))?;
        registry.register(Box::new(host::Host::new()?))?;
        Ok(Telemetry { registry, watched })
    }

    pub fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// The text exposition format.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    pub fn content_type() -> &'static str {
        prometheus::TEXT_FORMAT
    }
}

/// A registry tells its collectors apart by their descriptions.
fn describe(name: &str, help: &str) -> Result<Desc, prometheus::Error> {
    Desc::new(name.to_owned(), help.to_owned(), Vec::new(), HashMap::new())
}

/// The engine's counters as metric families.
struct Engine {
    descs: Vec<Desc>,
    watched: Vec<Watched>,
    policy: Box<dyn Fn() -> PolicySeen + Send + Sync>,
}

impl Collector for Engine {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let (now, policy) = (process::now_ms(), (self.policy)());
        let of = |topology| Sources {
            topology,
            stats: self.watched.iter().filter(|w| w.topology == topology).map(|w| w.stats.as_ref()).collect(),
            policy: &policy,
            now,
        };
        let all = [of(Topology::Conversations), of(Topology::Windows)];
        METRICS
            .iter()
            .map(|named| {
                let about_it = |sources: &&Sources<'_>| match named.about {
                    About::Both => true,
                    About::Conversations => sources.topology == Topology::Conversations,
                };
                let shown = all.iter().filter(about_it).filter(|sources| !sources.stats.is_empty());
                let samples = shown.flat_map(|sources| sources.read(&named.read)).collect();
                family(named.name, named.help, kind(&named.read), samples)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
