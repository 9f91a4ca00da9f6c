//! What the operating system says, under the names every Prometheus client uses, and which build runs.

use prometheus::core::{Collector, Desc};
use prometheus::proto::{MetricFamily, MetricType};

use super::describe;
use super::family::{counter, family, gauge, label};
use crate::telemetry::process;

/// Optional parts that were compiled in, or nothing.
const FEATURES: &str = if cfg!(feature = "otel") { "otel" } else { "" };

pub(super) struct Host {
    descs: Vec<Desc>,
    started_at_ms: i64,
}

impl Host {
    pub fn new() -> Result<Host, prometheus::Error> {
        let descs = vec![describe("segue_build_info", "The build that runs; always 1.")?];
        Ok(Host { descs, started_at_ms: process::now_ms() })
    }
}

/// Names and helps of gauges of the process, each with the number, if it is known.
fn gauges() -> [(&'static str, &'static str, Option<u64>); 5] {
    [
        ("process_resident_memory_bytes", "Resident memory.", process::rss_bytes()),
        ("process_virtual_memory_bytes", "Virtual memory.", process::virtual_bytes()),
        ("process_open_fds", "Open file descriptors.", process::open_fds()),
        ("process_max_fds", "The most file descriptors that may be open.", process::max_fds()),
        ("process_threads", "Threads of the process.", process::threads()),
    ]
}

impl Collector for Host {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let labels = vec![label("features", FEATURES), label("version", env!("CARGO_PKG_VERSION"))];
        let started = self.started_at_ms as f64 / 1_000.0;
        let one = |name, help, kind, sample| family(name, help, kind, vec![sample]);
        let mut families = vec![
            one("segue_build_info", "The build that runs; always 1.", MetricType::GAUGE, gauge(labels, 1.0)),
            one(
                "process_start_time_seconds",
                "When the process started, in seconds since the epoch.",
                MetricType::GAUGE,
                gauge(Vec::new(), started),
            ),
        ];
        if let Some(seconds) = process::cpu_seconds() {
            let help = "User and system CPU time spent.";
            let spent = counter(Vec::new(), seconds);
            families.push(one("process_cpu_seconds_total", help, MetricType::COUNTER, spent));
        }
        for (name, help, number) in gauges() {
            let Some(number) = number else { continue };
            families.push(one(name, help, MetricType::GAUGE, gauge(Vec::new(), number as f64)));
        }
        families
    }
}
