//! What Segue says about itself: logs to standard error, metrics for Prometheus, traces for OpenTelemetry. Never the text
//! of a turn.
//!
//! Logs and metrics are an API: a failure is logged once, where it is handled, and a metric is never renamed.

pub mod logs;
pub mod metrics;
pub mod process;
pub mod traces;

pub use logs::{LogFormat, Logs, start_logs};
