//! The spans of a trace, each a function: what is worth a line in a waterfall, and never the text of a turn.
//!
//! ```text
//! batch         what a round takes and commits; a round that takes nothing has none
//! ├ handoff     a decision to hand off; linked to the trace that the turn's headers name
//! └ commit      begin, send, offsets, commit: by the numbers of COMMIT
//! restore       a partition, from its assignment until it works
//! ```
//! All are of the target [`TARGET`], which nobody listens to unless traces are exported: then they cost a comparison.

use tracing::Span;
use tracing::span::EnteredSpan;

use super::port::Topology;
use crate::domain::decision::{HandoffEvent, Reason};
use crate::wire::trace::TraceContext;

/// What exporters of traces listen to, and logs do not.
pub const TARGET: &str = "segue::trace";

pub(super) fn batch(topology: Topology, records: usize) -> Span {
    if records == 0 {
        return Span::none();
    }
    tracing::info_span!(target: TARGET, parent: None, "batch", topology = ?topology, records)
}

pub(super) fn commit(records: usize, partitions: usize) -> Span {
    tracing::info_span!(target: TARGET, "commit", records, partitions)
}

/// A numbered step of COMMIT.
pub(super) fn begin() -> Span {
    tracing::info_span!(target: TARGET, "commit.begin")
}

pub(super) fn send() -> Span {
    tracing::info_span!(target: TARGET, "commit.send")
}

pub(super) fn offsets() -> Span {
    tracing::info_span!(target: TARGET, "commit.offsets")
}

pub(super) fn end() -> Span {
    tracing::info_span!(target: TARGET, "commit.end")
}

/// One step ends, the next begins.
pub(super) fn then(before: EnteredSpan, next: fn() -> Span) -> EnteredSpan {
    drop(before);
    next().entered()
}

pub(super) fn restore(topology: Topology, partition: i32) -> Span {
    tracing::info_span!(target: TARGET, parent: None, "restore", topology = ?topology, partition)
}

/// A hand-off was decided. `cause`: the trace of the record that made it.
pub(super) fn handoff(event: &HandoffEvent, reason: Reason, cause: Option<&TraceContext>) {
    let span = tracing::info_span!(
        target: TARGET,
        "handoff",
        otel.kind = "producer",
        segue.handoff_id = %event.handoff_id,
        segue.conversation_id = %event.conversation_id,
        segue.reason = reason.name(),
    );
    if let Some(cause) = cause {
        link(&span, cause);
    }
}

#[cfg(feature = "otel")]
fn link(span: &Span, cause: &TraceContext) {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    let (Ok(trace), Ok(parent), Ok(flags)) = (
        TraceId::from_hex(cause.trace_id()),
        SpanId::from_hex(cause.span_id()),
        u8::from_str_radix(cause.flags(), 16),
    ) else {
        return;
    };
    let state = cause.tracestate().and_then(|state| state.parse::<TraceState>().ok()).unwrap_or_default();
    span.add_link(SpanContext::new(trace, parent, TraceFlags::new(flags), true, state));
}

#[cfg(not(feature = "otel"))]
fn link(_span: &Span, _cause: &TraceContext) {}
