//! What a page shows of counters.

use std::sync::atomic::Ordering;

use prometheus::proto::MetricType;

use super::*;
use crate::domain::decision::Reason;
use crate::engine::stats::Answer;
use crate::engine::stats::OTHER_RULES;

fn page(all: Vec<Watched>) -> String {
    Telemetry::new(all, PolicySeen::default).unwrap().text().unwrap()
}

fn watched(topology: Topology, name: &str) -> Watched {
    Watched { topology, name: name.to_owned(), stats: Arc::default() }
}

/// The lines of `page` about `metric`, comments included.
fn about(page: &str, metric: &str) -> String {
    page.lines().filter(|line| line.contains(metric)).fold(String::new(), |lines, line| lines + line + "\n")
}

#[test]
fn threads_of_one_topology_are_shown_as_one() {
    let all = vec![
        watched(Topology::Conversations, "conversations-0"),
        watched(Topology::Conversations, "conversations-1"),
        watched(Topology::Windows, "metrics-0"),
    ];
    all[0].stats.transaction(Answer::Committed);
    all[1].stats.transaction(Answer::Committed);
    all[0].stats.restored_bytes.store(3, Ordering::Relaxed);
    all[1].stats.restored_bytes.store(4, Ordering::Relaxed);
    all[0].stats.ready.store(1, Ordering::Relaxed);
    all[0].stats.last_loop_at.store(2_500, Ordering::Relaxed);
    all[1].stats.last_loop_at.store(1_500, Ordering::Relaxed);
    all[2].stats.ready.store(1, Ordering::Relaxed);
    let page = page(all);
    assert_eq!(
        about(&page, "segue_restored_bytes_total"),
        "# HELP segue_restored_bytes_total Bytes of keys and values of changelog records read by restores.\n\
         # TYPE segue_restored_bytes_total counter\n\
         segue_restored_bytes_total{topology=\"conversations\"} 7\n\
         segue_restored_bytes_total{topology=\"metrics\"} 0\n"
    );
    assert_eq!(
        about(&page, "segue_transactions_total{outcome=\"committed\""),
        "segue_transactions_total{outcome=\"committed\",topology=\"conversations\"} 2\n\
         segue_transactions_total{outcome=\"committed\",topology=\"metrics\"} 0\n"
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
    one.stats.handoffs_by_reason[3].store(1, Ordering::Relaxed);
    let page = page(vec![one]);
    assert!(
        page.contains("segue_handoffs_total{reason=\"policy\",topology=\"conversations\"} 1\n"),
        "{page}"
    );
    assert_eq!(page.matches("segue_handoffs_total{").count(), Reason::ALL.len());
}

#[test]
fn a_histogram_is_cumulative_and_in_seconds() {
    let one = watched(Topology::Windows, "metrics-0");
    one.stats.commit_time.add_ms(2);
    one.stats.commit_time.add_ms(4);
    one.stats.commit_time.add_ms(61_000);
    let page = page(vec![one]);
    for line in [
        "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.001\"} 0",
        "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.002\"} 1",
        "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"0.005\"} 2",
        "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"60\"} 2",
        "segue_commit_duration_seconds_bucket{topology=\"metrics\",le=\"+Inf\"} 3",
        "segue_commit_duration_seconds_sum{topology=\"metrics\"} 61.006",
        "segue_commit_duration_seconds_count{topology=\"metrics\"} 3",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
}

#[test]
fn every_name_follows_the_conventions() {
    for named in METRICS {
        let is_counter = samples::kind(&named.read) == MetricType::COUNTER;
        assert_eq!(named.name.ends_with("_total"), is_counter, "{}", named.name);
        assert!(named.name.starts_with("segue_") && named.help.ends_with('.'), "{}", named.name);
        assert!(!named.name.contains("_ms") && !named.name.ends_with("_count"), "{}", named.name);
    }
}

#[test]
fn more_rules_than_are_told_apart_share_the_last_place() {
    let one =
        Watched { topology: Topology::Conversations, name: "conversations-0".into(), stats: Arc::default() };
    one.stats.rule_without_value(OTHER_RULES, 9);
    one.stats.rule_without_value("of-a-policy-before", 2);
    let rules = (0..130).map(|n| format!("r{n}")).collect();
    let seen = PolicySeen { rules, ..PolicySeen::default() };
    let page = Telemetry::new(vec![one], move || seen.clone()).unwrap().text().unwrap();
    assert!(page.contains("segue_rule_errors_total{rule=\"_other\",topology=\"conversations\"} 9\n"));
    assert!(page.contains("segue_rule_errors_total{rule=\"r126\",topology=\"conversations\"} 0\n"));
    assert!(
        page.contains("segue_rule_errors_total{rule=\"of-a-policy-before\",topology=\"conversations\"} 2\n")
    );
    assert!(!page.contains("\"r127\"") && !page.contains("\"r129\""));
}
