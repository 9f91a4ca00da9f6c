//! Families and samples as the `prometheus` crate wants them.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use crate::engine::spread::Reading;

pub(super) fn family(name: &str, help: &str, kind: MetricType, samples: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(samples);
    family
}

pub(super) fn label(name: &str, value: &str) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.to_owned());
    label.set_value(value.to_owned());
    label
}

pub(super) fn counter(labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut sample = Metric::from_label(labels);
    sample.set_counter(counter);
    sample
}

pub(super) fn gauge(labels: Vec<LabelPair>, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut sample = Metric::from_label(labels);
    sample.set_gauge(gauge);
    sample
}

pub(super) fn spread(labels: Vec<LabelPair>, reading: &Reading) -> Metric {
    let mut so_far = 0;
    let mut buckets = Vec::new();
    for (bound, count) in &reading.buckets {
        so_far += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(so_far);
        buckets.push(bucket);
    }
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(so_far + reading.beyond);
    histogram.set_sample_sum(reading.sum);
    let mut sample = Metric::from_label(labels);
    sample.set_histogram(histogram);
    sample
}
