//! From counters to samples: the labels of each metric and how the threads of a topology become one.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus::proto::{Metric, MetricType};

use super::family::{counter, gauge, label, spread};
use super::list::Read;
use super::{PolicySeen, topology_name};
use crate::domain::decision::Reason;
use crate::domain::ids::Millis;
use crate::domain::rule::RuleSet;
use crate::engine::port::{Topic, Topology};
use crate::engine::spread::Spread;
use crate::engine::stats::{Answer, InputStanding, OTHER_RULES, STAGES, Stats};

/// What the samples of one topology are read from.
pub(super) struct Sources<'a> {
    pub topology: Topology,
    pub stats: Vec<&'a Stats>,
    pub policy: &'a PolicySeen,
    /// Wall clock, epoch milliseconds.
    pub now: Millis,
}

pub(super) fn kind(read: &Read) -> MetricType {
    match read {
        Read::Count(_)
        | Read::ByReason
        | Read::ByStage
        | Read::ByAnswer
        | Read::ByChange
        | Read::ByRule
        | Read::ByShadow
        | Read::ByOutput(_) => MetricType::COUNTER,
        Read::Sum(_)
        | Read::Now(_)
        | Read::Most(_)
        | Read::All(_)
        | Read::MostMs(_)
        | Read::OldestMs(_)
        | Read::OldestOwnerMs(_)
        | Read::Sources
        | Read::LagRecords
        | Read::LagSeconds
        | Read::TimeLag
        | Read::Policy => MetricType::GAUGE,
        Read::Spread(_) => MetricType::HISTOGRAM,
    }
}

impl Sources<'_> {
    /// The samples of one metric.
    pub fn read(&self, read: &Read) -> Vec<Metric> {
        match read {
            Read::Count(field) => vec![counter(self.labels([]), self.sum(|s| field(s)))],
            Read::Now(field) => vec![gauge(self.labels([]), self.sum(|s| field(s)))],
            Read::Sum(field) => {
                let sum = self.stats.iter().map(|s| field(s).load(Relaxed) as f64).sum();
                vec![gauge(self.labels([]), sum)]
            }
            Read::Most(field) => vec![gauge(self.labels([]), self.most(*field))],
            Read::MostMs(field) => vec![gauge(self.labels([]), self.most(*field) / 1_000.0)],
            Read::All(says) => {
                vec![gauge(self.labels([]), f64::from(u8::from(self.stats.iter().all(|s| says(s)))))]
            }
            Read::OldestMs(field) => vec![gauge(self.labels([]), oldest(self.stats.iter(), *field))],
            Read::OldestOwnerMs(field) => {
                let owners = self.stats.iter().filter(|s| s.partitions.load(Relaxed) > 0);
                vec![gauge(self.labels([]), oldest(owners, *field))]
            }
            Read::Sources => vec![gauge(self.labels([]), self.stats.len() as f64)],
            Read::ByReason => {
                let names = Reason::ALL.into_iter().map(Reason::name);
                self.by("reason", names, |s| &s.handoffs_by_reason)
            }
            Read::ByStage => self.by("stage", STAGES.into_iter(), |s| &s.dead_letters),
            Read::ByAnswer => {
                self.by("outcome", Answer::ALL.into_iter().map(Answer::name), |s| &s.transactions)
            }
            Read::ByChange => {
                let one = |change, total| counter(self.labels([("change", change)]), total);
                vec![
                    one("assigned", self.sum(|s| &s.assignments)),
                    one("revoked", self.sum(|s| &s.revocations)),
                ]
            }
            Read::ByRule => self.by_rule(),
            Read::ByShadow => {
                self.by("policy", self.policy.shadows.iter().map(String::as_str), |s| &s.shadow_handoffs)
            }
            Read::ByOutput(field) => outputs(self.topology)
                .iter()
                .map(|topic| {
                    let total = self.sum(|s| &field(s)[*topic as usize]);
                    counter(self.labels([("topic", topic.key())]), total)
                })
                .collect(),
            Read::Spread(field) => {
                let all: Vec<&Spread> = self.stats.iter().map(|s| field(s)).collect();
                Spread::read(&all).map(|reading| spread(self.labels([]), &reading)).into_iter().collect()
            }
            Read::LagRecords => self.by_input(|input| Some(input.lag_records as f64)),
            Read::LagSeconds => self.by_input(|input| match (input.lag_records, input.behind_since) {
                (0, _) => Some(0.0),
                (_, since) => since.map(|since| (self.now - since).max(0) as f64 / 1_000.0),
            }),
            Read::TimeLag => self.by_time(),
            Read::Policy => vec![gauge(
                self.labels([
                    ("policy", &self.policy.name),
                    ("version", &self.policy.version),
                    ("fingerprint", &self.policy.fingerprint),
                ]),
                1.0,
            )],
        }
    }

    /// These labels and the topology, in order of their names.
    fn labels<const N: usize>(&self, own: [(&str, &str); N]) -> Vec<prometheus::proto::LabelPair> {
        let mut labels: Vec<_> = own.into_iter().collect();
        labels.push(("topology", topology_name(self.topology)));
        labels.sort_unstable();
        labels.into_iter().map(|(name, value)| label(name, value)).collect()
    }

    fn sum(&self, field: impl Fn(&Stats) -> &AtomicU64) -> f64 {
        self.stats.iter().map(|s| field(s).load(Relaxed) as f64).sum()
    }

    fn most(&self, field: fn(&Stats) -> &AtomicU64) -> f64 {
        self.stats.iter().map(|s| field(s).load(Relaxed) as f64).fold(0.0, f64::max)
    }

    /// One count a rule of the policy in force, and of each before it that had any. More rules than are told apart share
    /// the last place.
    fn by_rule(&self) -> Vec<Metric> {
        let rules = &self.policy.rules;
        let told_apart = if rules.len() > RuleSet::POSITIONS { RuleSet::POSITIONS - 1 } else { rules.len() };
        let mut counts: BTreeMap<String, u64> =
            rules[..told_apart].iter().map(|rule| (rule.clone(), 0)).collect();
        if told_apart < rules.len() {
            counts.insert(OTHER_RULES.to_owned(), 0);
        }
        for (rule, count) in self.stats.iter().flat_map(|stats| stats.rules_without_value()) {
            *counts.entry(rule).or_default() += count;
        }
        let sample = |(rule, count): (&String, &u64)| counter(self.labels([("rule", rule)]), *count as f64);
        counts.iter().map(sample).collect()
    }

    /// One count a name, by its position.
    fn by<'n>(
        &self,
        label: &str,
        names: impl Iterator<Item = &'n str>,
        field: impl Fn(&Stats) -> &[AtomicU64],
    ) -> Vec<Metric> {
        names
            .enumerate()
            .map(|(at, name)| {
                let counts = self.stats.iter().filter_map(|s| field(s).get(at));
                let total = counts.map(|count| count.load(Relaxed) as f64).sum();
                counter(self.labels([(label, name)]), total)
            })
            .collect()
    }

    fn by_input(&self, value: impl Fn(&InputStanding) -> Option<f64>) -> Vec<Metric> {
        let mut samples = Vec::new();
        for stats in &self.stats {
            for input in &stats.standing().inputs {
                let partition = input.partition.to_string();
                let labels = [("partition", partition.as_str()), ("topic", input.topic.key())];
                samples.extend(value(input).map(|value| gauge(self.labels(labels), value)));
            }
        }
        samples
    }

    fn by_time(&self) -> Vec<Metric> {
        let mut samples = Vec::new();
        for stats in &self.stats {
            for (partition, time) in &stats.standing().times {
                let behind = self.now.saturating_sub(*time) as f64 / 1_000.0;
                samples.push(gauge(self.labels([("partition", &partition.to_string())]), behind));
            }
        }
        samples
    }
}

/// In seconds; 0 for none.
fn oldest<'a>(stats: impl Iterator<Item = &'a &'a Stats>, field: fn(&Stats) -> &AtomicI64) -> f64 {
    stats.map(|s| field(s).load(Relaxed)).min().unwrap_or(0) as f64 / 1_000.0
}

/// What a topology writes.
fn outputs(topology: Topology) -> &'static [Topic] {
    match topology {
        Topology::Conversations => &[
            Topic::Events,
            Topic::Summaries,
            Topic::Shadow,
            Topic::DeadLetters,
            Topic::Changelog,
            Topic::Deltas,
        ],
        Topology::Windows => &[Topic::Metrics, Topic::DeadLetters],
    }
}
