//! The trace context of a record: read from its headers, written into those of what it caused.

use rdkafka::message::{Header, Headers, OwnedHeaders};

use crate::wire::trace::{TRACEPARENT, TRACESTATE, TraceContext};

/// The trace context that the headers name. Of a header given twice the last one stands.
pub(super) fn trace(headers: &impl Headers) -> Option<TraceContext> {
    let last = |key: &str| headers.iter().filter(|header| header.key == key).last()?.value;
    TraceContext::read(last(TRACEPARENT)?, last(TRACESTATE))
}

/// The headers of a record that this trace caused.
pub(super) fn of(trace: &TraceContext) -> OwnedHeaders {
    let parent = OwnedHeaders::new_with_capacity(2)
        .insert(Header { key: TRACEPARENT, value: Some(trace.traceparent()) });
    match trace.tracestate() {
        Some(state) => parent.insert(Header { key: TRACESTATE, value: Some(state) }),
        None => parent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_among_other_headers() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::read(parent.as_bytes(), Some(b"a=1")).unwrap();
        let others = of(&context).insert(Header { key: "content-type", value: Some("json") });
        assert_eq!(trace(&others), Some(context));
        assert_eq!(trace(&OwnedHeaders::new()), None);
        assert_eq!(
            trace(&OwnedHeaders::new().insert(Header { key: TRACEPARENT, value: None::<&str> })),
            None
        );
    }
}
