//! Every Prometheus metric, by name. Read from the engine's counters at each scrape; nothing is counted twice.
//!
//! Names end in their base unit, counters in `_total`. The only labels are `topology`, `reason` (a closed list) and the
//! build's version: never a conversation, a customer or free text.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, Registry, TextEncoder};

use super::process;
use crate::domain::decision::Reason;
use crate::engine::port::Topology;
use crate::engine::stats::{DURATION_BOUNDS_MS, Durations, Stats};

/// One source of numbers: a topology's counters, or those of one of its threads.
#[derive(Clone, Debug)]
pub struct Watched {
    pub topology: Topology,
    /// How `/healthz` calls it, e.g. `conversations-0`.
    pub name: String,
    pub stats: Arc<Stats>,
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
    pub fn new(watched: Vec<Watched>) -> Result<Telemetry, prometheus::Error> {
        let registry = Registry::new();
        let descs = METRICS.iter().map(|named| describe(named.name, named.help)).collect::<Result<_, _>>()?;
        registry.register(Box::new(Engine { descs, watched: watched.clone() }))?;
        let descs = vec![describe(BUILD_INFO, "The build that runs; always 1.")?];
        registry.register(Box::new(Process { descs, started_at_ms: process::now_ms() }))?;
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

/// Which topologies a metric is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Both,
    Conversations,
}

/// How a metric is read from the counters of one topology.
enum Read {
    /// Sum over the sources.
    Count(fn(&Stats) -> &AtomicU64),
    /// Sum over the sources.
    Sum(fn(&Stats) -> &AtomicI64),
    /// The largest of the sources.
    Most(fn(&Stats) -> &AtomicU64),
    /// 1 only if all threads of all sources say so.
    Ready,
    /// Milliseconds, the largest of the sources, shown in seconds.
    MostMs(fn(&Stats) -> &AtomicU64),
    /// Epoch milliseconds, the oldest of the sources, shown in seconds.
    OldestMs(fn(&Stats) -> &AtomicI64),
    /// One count a hand-off reason.
    ByReason,
    Spread(fn(&Stats) -> &Durations),
}

struct Named {
    name: &'static str,
    help: &'static str,
    about: About,
    read: Read,
}

const fn both(name: &'static str, read: Read, help: &'static str) -> Named {
    Named { name, help, about: About::Both, read }
}

const fn conversations(name: &'static str, read: Read, help: &'static str) -> Named {
    Named { name, help, about: About::Conversations, read }
}

/// The list.
const METRICS: &[Named] = &[
    conversations(
        "segue_turns_total",
        Read::Count(|s| &s.turns),
        "Conversation turns processed and committed.",
    ),
    conversations(
        "segue_outcomes_total",
        Read::Count(|s| &s.outcomes),
        "Desktop outcomes processed and committed.",
    ),
    conversations(
        "segue_duplicates_total",
        Read::Count(|s| &s.duplicates),
        "Records whose event id was seen before.",
    ),
    conversations(
        "segue_late_events_total",
        Read::Count(|s| &s.late_events),
        "Records later than engine.lateness_ms.",
    ),
    conversations("segue_handoffs_total", Read::ByReason, "Hand-offs requested, by primary reason."),
    conversations("segue_offers_total", Read::Count(|s| &s.offers), "Offers of a person made to customers."),
    conversations("segue_timers_fired_total", Read::Count(|s| &s.timers), "Conversation timers that fired."),
    conversations(
        "segue_rules_without_value_total",
        Read::Count(|s| &s.rules_without_value),
        "Rule evaluations that met a missing value and therefore did not fire.",
    ),
    conversations(
        "segue_open_conversations",
        Read::Sum(|s| &s.open_conversations),
        "Conversations held in state by this instance.",
    ),
    conversations(
        "segue_state_bytes",
        Read::Sum(|s| &s.state_bytes),
        "Bytes of keys and packed conversations held by this instance.",
    ),
    both("segue_dead_letters_total", Read::Count(|s| &s.dead_letters), "Records that could not be taken."),
    both(
        "segue_dead_letters_in_a_row",
        Read::Most(|s| &s.dead_letters_in_a_row),
        "Dead letters in a row on the worst partition, now.",
    ),
    both("segue_commits_total", Read::Count(|s| &s.commits), "Transactions committed."),
    both(
        "segue_aborts_total",
        Read::Count(|s| &s.aborts),
        "Transactions aborted; their input is read again.",
    ),
    both("segue_reloads_total", Read::Count(|s| &s.reloads), "Producers renewed after an unknown outcome."),
    both(
        "segue_commit_duration_seconds",
        Read::Spread(|s| &s.commit_time),
        "Time of one transaction, from begin to the return of commit.",
    ),
    both(
        "segue_record_latency_seconds",
        Read::Spread(|s| &s.latency),
        "From a record's Kafka timestamp to the commit of what it caused.",
    ),
    both("segue_restores_total", Read::Count(|s| &s.restores), "Partitions restored from their changelog."),
    both(
        "segue_restored_records_total",
        Read::Count(|s| &s.restored_records),
        "Changelog records read by restores.",
    ),
    both(
        "segue_last_restore_duration_seconds",
        Read::MostMs(|s| &s.restore_ms_last),
        "Time the last restore of a partition took.",
    ),
    both("segue_assigned_partitions", Read::Sum(|s| &s.partitions), "Partitions this instance owns."),
    both(
        "segue_ready",
        Read::Ready,
        "1 while every assigned partition is restored and the broker answers, else 0.",
    ),
    both(
        "segue_last_loop_timestamp_seconds",
        Read::OldestMs(|s| &s.last_loop_at),
        "When the slowest thread last finished its loop, in seconds since the epoch.",
    ),
];

const BUILD_INFO: &str = "segue_build_info";

/// A registry tells its collectors apart by their descriptions.
fn describe(name: &str, help: &str) -> Result<Desc, prometheus::Error> {
    Desc::new(name.to_owned(), help.to_owned(), Vec::new(), HashMap::new())
}

/// The engine's counters as metric families.
struct Engine {
    descs: Vec<Desc>,
    watched: Vec<Watched>,
}

impl Collector for Engine {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        METRICS
            .iter()
            .map(|named| family(named.name, named.help, kind(&named.read), self.samples(named)))
            .collect()
    }
}

impl Engine {
    fn samples(&self, named: &Named) -> Vec<Metric> {
        let mut samples = Vec::new();
        for topology in [Topology::Conversations, Topology::Windows] {
            let sources: Vec<&Stats> =
                self.watched.iter().filter(|w| w.topology == topology).map(|w| w.stats.as_ref()).collect();
            let about_it = match named.about {
                About::Both => true,
                About::Conversations => topology == Topology::Conversations,
            };
            if about_it && !sources.is_empty() {
                read(&named.read, &sources, topology_name(topology), &mut samples);
            }
        }
        samples
    }
}

fn kind(read: &Read) -> MetricType {
    match read {
        Read::Count(_) | Read::ByReason => MetricType::COUNTER,
        Read::Sum(_) | Read::Most(_) | Read::Ready | Read::MostMs(_) | Read::OldestMs(_) => MetricType::GAUGE,
        Read::Spread(_) => MetricType::HISTOGRAM,
    }
}

fn read(read: &Read, sources: &[&Stats], topology: &str, samples: &mut Vec<Metric>) {
    let unsigned = |field: &fn(&Stats) -> &AtomicU64, s: &Stats| field(s).load(Ordering::Relaxed) as f64;
    let signed = |field: &fn(&Stats) -> &AtomicI64, s: &Stats| field(s).load(Ordering::Relaxed) as f64;
    let of_topology = || vec![label("topology", topology)];
    match read {
        Read::Count(field) => {
            samples.push(counter(of_topology(), sources.iter().map(|s| unsigned(field, s)).sum()));
        }
        Read::ByReason => {
            for (at, reason) in Reason::ALL.into_iter().enumerate() {
                let total =
                    sources.iter().map(|s| s.handoffs_by_reason[at].load(Ordering::Relaxed) as f64).sum();
                samples
                    .push(counter(vec![label("reason", reason.name()), label("topology", topology)], total));
            }
        }
        Read::Sum(field) => {
            samples.push(gauge(of_topology(), sources.iter().map(|s| signed(field, s)).sum()))
        }
        Read::Most(field) => {
            samples
                .push(gauge(of_topology(), sources.iter().map(|s| unsigned(field, s)).fold(0.0, f64::max)));
        }
        Read::Ready => {
            let all = sources.iter().all(|s| s.is_ready());
            samples.push(gauge(of_topology(), f64::from(u8::from(all))));
        }
        Read::MostMs(field) => {
            let most = sources.iter().map(|s| unsigned(field, s)).fold(0.0, f64::max);
            samples.push(gauge(of_topology(), most / 1_000.0));
        }
        Read::OldestMs(field) => {
            let oldest = sources.iter().map(|s| signed(field, s)).fold(f64::INFINITY, f64::min);
            samples.push(gauge(of_topology(), oldest / 1_000.0));
        }
        Read::Spread(field) => {
            let parts: Vec<_> = sources.iter().map(|s| field(s).read()).collect();
            samples.push(spread(of_topology(), &parts));
        }
    }
}

/// What the operating system says, under the names every Prometheus client uses.
struct Process {
    descs: Vec<Desc>,
    started_at_ms: i64,
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let number = |value: u64| gauge(Vec::new(), value as f64);
        let version = gauge(vec![label("version", env!("CARGO_PKG_VERSION"))], 1.0);
        let mut families = vec![
            family(BUILD_INFO, "The build that runs; always 1.", MetricType::GAUGE, vec![version]),
            family(
                "process_start_time_seconds",
                "When the process started, in seconds since the epoch.",
                MetricType::GAUGE,
                vec![gauge(Vec::new(), self.started_at_ms as f64 / 1_000.0)],
            ),
        ];
        if let Some(seconds) = process::cpu_seconds() {
            let help = "User and system CPU time spent.";
            let spent = vec![counter(Vec::new(), seconds)];
            families.push(family("process_cpu_seconds_total", help, MetricType::COUNTER, spent));
        }
        if let Some(bytes) = process::rss_bytes() {
            let help = "Resident memory.";
            families.push(family(
                "process_resident_memory_bytes",
                help,
                MetricType::GAUGE,
                vec![number(bytes)],
            ));
        }
        if let Some(open) = process::open_fds() {
            let help = "Open file descriptors.";
            families.push(family("process_open_fds", help, MetricType::GAUGE, vec![number(open)]));
        }
        families
    }
}

fn family(name: &str, help: &str, kind: MetricType, samples: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(samples);
    family
}

fn label(name: &str, value: &str) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.to_owned());
    label.set_value(value.to_owned());
    label
}

fn counter(labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut sample = Metric::from_label(labels);
    sample.set_counter(counter);
    sample
}

fn gauge(labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut sample = Metric::from_label(labels);
    sample.set_gauge(gauge);
    sample
}

type Parts = ([u64; DURATION_BOUNDS_MS.len() + 1], u64);

fn spread(labels: Vec<LabelPair>, parts: &[Parts]) -> Metric {
    let mut so_far = 0;
    let mut buckets = Vec::new();
    for (at, bound_ms) in DURATION_BOUNDS_MS.iter().enumerate() {
        so_far += parts.iter().map(|(counts, _)| counts[at]).sum::<u64>();
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound_ms as f64 / 1_000.0);
        bucket.set_cumulative_count(so_far);
        buckets.push(bucket);
    }
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(
        so_far + parts.iter().map(|(counts, _)| counts[DURATION_BOUNDS_MS.len()]).sum::<u64>(),
    );
    histogram.set_sample_sum(parts.iter().map(|(_, sum_us)| *sum_us as f64).sum::<f64>() / 1e6);
    let mut sample = Metric::from_label(labels);
    sample.set_histogram(histogram);
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(topology: Topology, name: &str) -> Watched {
        Watched { topology, name: name.to_owned(), stats: Arc::default() }
    }

    /// The lines of `page` about `metric`, comments included.
    fn about(page: &str, metric: &str) -> String {
        page.lines()
            .filter(|line| line.contains(metric))
            .fold(String::new(), |lines, line| lines + line + "\n")
    }

    #[test]
    fn threads_of_one_topology_are_shown_as_one() {
        let all = vec![
            watched(Topology::Conversations, "conversations-0"),
            watched(Topology::Conversations, "conversations-1"),
            watched(Topology::Windows, "metrics-0"),
        ];
        all[0].stats.commits.store(3, Ordering::Relaxed);
        all[1].stats.commits.store(4, Ordering::Relaxed);
        all[0].stats.ready.store(1, Ordering::Relaxed);
        all[0].stats.last_loop_at.store(2_500, Ordering::Relaxed);
        all[1].stats.last_loop_at.store(1_500, Ordering::Relaxed);
        all[2].stats.ready.store(1, Ordering::Relaxed);
        let page = Telemetry::new(all).unwrap().text().unwrap();
        assert_eq!(
            about(&page, "segue_commits_total"),
            "# HELP segue_commits_total Transactions committed.\n# TYPE segue_commits_total counter\n\
             segue_commits_total{topology=\"conversations\"} 7\nsegue_commits_total{topology=\"metrics\"} 0\n"
        );
        assert_eq!(
            about(&page, "segue_ready{"),
            "segue_ready{topology=\"conversations\"} 0\nsegue_ready{topology=\"metrics\"} 1\n"
        );
        assert_eq!(
            about(&page, "segue_last_loop_timestamp_seconds{"),
            "segue_last_loop_timestamp_seconds{topology=\"conversations\"} 1.5\n\
             segue_last_loop_timestamp_seconds{topology=\"metrics\"} 0\n"
        );
    }

    #[test]
    fn handoffs_are_shown_by_reason() {
        let one = watched(Topology::Conversations, "conversations-0");
        one.stats.handoff(Reason::Policy);
        let page = Telemetry::new(vec![one]).unwrap().text().unwrap();
        assert!(
            page.contains("segue_handoffs_total{reason=\"policy\",topology=\"conversations\"} 1\n"),
            "{page}"
        );
        assert_eq!(page.matches("segue_handoffs_total{").count(), Reason::ALL.len());
    }

    #[test]
    fn a_histogram_is_cumulative_and_in_seconds() {
        let one = watched(Topology::Windows, "metrics-0");
        one.stats.commit_time.add_us(1_500);
        one.stats.commit_time.add_us(4_000);
        one.stats.commit_time.add_us(61_000_000);
        let page = Telemetry::new(vec![one]).unwrap().text().unwrap();
        for line in [
            "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.001\"} 0",
            "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.002\"} 1",
            "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.005\"} 2",
            "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"60\"} 2",
            "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"+Inf\"} 3",
            "segue_commit_duration_seconds_sum{topology=\"metrics\"} 61.0055",
            "segue_commit_duration_seconds_count{topology=\"metrics\"} 3",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
    }

    #[test]
    fn every_name_follows_the_conventions() {
        for named in METRICS {
            let is_counter = kind(&named.read) == MetricType::COUNTER;
            assert_eq!(named.name.ends_with("_total"), is_counter, "{}", named.name);
            assert!(named.name.starts_with("segue_") && named.help.ends_with('.'), "{}", named.name);
            assert!(!named.name.contains("_ms") && !named.name.ends_with("_count"), "{}", named.name);
        }
    }
}
