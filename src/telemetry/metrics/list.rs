//! The list: every metric of the engine, its help, and where its number stands. `docs/metrics.md` says what each is for.

use std::sync::atomic::{AtomicI64, AtomicU64};

use crate::engine::spread::Spread;
use crate::engine::stats::Stats;

/// Which topologies a metric is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Both,
    Conversations,
}

/// How a metric is read from the counters of one topology.
pub(super) enum Read {
    /// Sum over the sources.
    Count(fn(&Stats) -> &AtomicU64),
    /// Sum over the sources.
    Sum(fn(&Stats) -> &AtomicI64),
    /// Sum over the sources of what is now.
    Now(fn(&Stats) -> &AtomicU64),
    /// The largest of the sources.
    Most(fn(&Stats) -> &AtomicU64),
    /// 1 only if all sources say so.
    All(fn(&Stats) -> bool),
    /// Milliseconds, the largest of the sources, shown in seconds.
    MostMs(fn(&Stats) -> &AtomicU64),
    /// Epoch milliseconds, the oldest of the sources, shown in seconds.
    OldestMs(fn(&Stats) -> &AtomicI64),
    /// The same of the sources that own partitions.
    OldestOwnerMs(fn(&Stats) -> &AtomicI64),
    /// How many sources there are.
    Sources,
    /// One count a hand-off reason, a stage, an answer, a change, a rule, a shadow policy.
    ByReason,
    ByStage,
    ByAnswer,
    ByChange,
    ByRule,
    ByShadow,
    /// One count an output topic of the topology.
    ByOutput(fn(&Stats) -> &[AtomicU64]),
    Spread(fn(&Stats) -> &Spread),
    /// One number an input partition.
    LagRecords,
    LagSeconds,
    TimeLag,
    Policy,
}

pub(super) struct Named {
    pub name: &'static str,
    pub help: &'static str,
    pub about: About,
    pub read: Read,
}

const fn both(name: &'static str, read: Read, help: &'static str) -> Named {
    Named { name, help, about: About::Both, read }
}

const fn conversations(name: &'static str, read: Read, help: &'static str) -> Named {
    Named { name, help, about: About::Conversations, read }
}

/// In the order of `docs/metrics.md`.
pub(super) const METRICS: &[Named] = &[
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
        "segue_rule_errors_total",
        Read::ByRule,
        "Evaluations of a rule that met no value and therefore did not fire.",
    ),
    conversations(
        "segue_shadow_handoffs_total",
        Read::ByShadow,
        "Hand-offs that shadow policies would have requested.",
    ),
    conversations("segue_policy_info", Read::Policy, "The policy in force; always 1."),
    both("segue_dead_letters_total", Read::ByStage, "Records that could not be taken."),
    both(
        "segue_dead_letters_in_a_row",
        Read::Most(|s| &s.dead_letters_in_a_row),
        "Dead letters in a row on the worst partition, now.",
    ),
    both(
        "segue_gap_records_total",
        Read::Count(|s| &s.gap_records),
        "Offsets of input that were deleted before they were read.",
    ),
    both(
        "segue_outputs_total",
        Read::ByOutput(|s| &s.outputs),
        "Records written by committed transactions, by topic.",
    ),
    both(
        "segue_output_bytes_total",
        Read::ByOutput(|s| &s.output_bytes),
        "Bytes of keys and values written by committed transactions, by topic.",
    ),
    both("segue_transactions_total", Read::ByAnswer, "Transactions, by the answer they got."),
    both(
        "segue_producer_renewals_total",
        Read::Count(|s| &s.reloads),
        "Producers or partitions renewed after an unknown outcome.",
    ),
    both(
        "segue_commit_duration_seconds",
        Read::Spread(|s| s.commit_time.spread()),
        "Time of one committed transaction, from begin to the return of commit.",
    ),
    both(
        "segue_batch_records",
        Read::Spread(|s| s.batch.spread()),
        "Input records that one committed transaction took.",
    ),
    both(
        "segue_record_latency_seconds",
        Read::Spread(|s| s.latency.spread()),
        "From a record's Kafka timestamp to the commit of what it caused.",
    ),
    both("segue_lag_records", Read::LagRecords, "Offsets between what is taken and the end of the input."),
    both("segue_lag_seconds", Read::LagSeconds, "At most so old is the oldest record that is not taken yet."),
    conversations("segue_partition_time_lag_seconds", Read::TimeLag, "Our clock minus partition time."),
    both("segue_assigned_partitions", Read::Sum(|s| &s.partitions), "Partitions this instance owns."),
    both("segue_rebalances_total", Read::ByChange, "Changes of the assignment."),
    both(
        "segue_restoring_partitions",
        Read::Now(|s| &s.restoring),
        "Partitions being restored from their changelog now.",
    ),
    both(
        "segue_restore_target_records",
        Read::Now(|s| &s.restore_target),
        "Changelog offsets that the running restores have to read.",
    ),
    both("segue_restore_done_records", Read::Now(|s| &s.restore_done), "Of these, read."),
    both("segue_restores_total", Read::Count(|s| &s.restores), "Partitions restored from their changelog."),
    both(
        "segue_restored_records_total",
        Read::Count(|s| &s.restored_records),
        "Changelog records read by restores.",
    ),
    both(
        "segue_restored_bytes_total",
        Read::Count(|s| &s.restored_bytes),
        "Bytes of keys and values of changelog records read by restores.",
    ),
    both(
        "segue_last_restore_duration_seconds",
        Read::MostMs(|s| &s.restore_ms_last),
        "Time the last restore of a partition took.",
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
    both(
        "segue_ready",
        Read::All(Stats::is_ready),
        "1 while every assigned partition is restored and the broker answers, else 0.",
    ),
    both(
        "segue_broker_connected",
        Read::All(Stats::is_connected),
        "1 while the last call of every thread to the cluster was answered, else 0.",
    ),
    both(
        "segue_last_commit_timestamp_seconds",
        Read::OldestOwnerMs(|s| &s.last_commit_at),
        "When the thread that has waited longest last committed, in seconds since the epoch.",
    ),
    both(
        "segue_last_loop_timestamp_seconds",
        Read::OldestMs(|s| &s.last_loop_at),
        "When the slowest thread last finished its loop, in seconds since the epoch.",
    ),
    both("segue_threads", Read::Sources, "Worker threads that there should be."),
];
