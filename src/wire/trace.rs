//! The W3C trace context of a record: its headers `traceparent` and `tracestate`, carried as they came.
//!
//! ```text
//! traceparent  <version 2 hex>-<trace id 32 hex>-<parent id 16 hex>-<flags 2 hex>, lower case, ids not all zero;
//!              version ff is none; a version that we do not know may go on behind a further dash
//! tracestate   a list that only its writers understand: 512 visible bytes at most, or it is left out
//! ```
//! Invariant: what is not a valid `traceparent` is no trace context at all, and never an error.

/// The header names.
pub const TRACEPARENT: &str = "traceparent";
pub const TRACESTATE: &str = "tracestate";

/// Bytes of a `traceparent` of the version that is known.
const PARENT_BYTES: usize = 55;
/// The most that is kept of either header.
const BYTES_MAX: usize = 512;

/// A valid trace context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    traceparent: Box<str>,
    tracestate: Option<Box<str>>,
}

impl TraceContext {
    /// Reads both headers. `None`: there is no valid `traceparent`.
    pub fn read(traceparent: &[u8], tracestate: Option<&[u8]>) -> Option<TraceContext> {
        let traceparent = std::str::from_utf8(traceparent).ok()?.trim();
        is_traceparent(traceparent).then(|| TraceContext {
            traceparent: traceparent.into(),
            tracestate: tracestate.and_then(readable_state).map(Into::into),
        })
    }

    pub fn traceparent(&self) -> &str {
        &self.traceparent
    }

    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.traceparent[3..35]
    }

    /// 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        &self.traceparent[36..52]
    }

    /// Two hexadecimal digits; the last bit: the trace is recorded.
    pub fn flags(&self) -> &str {
        &self.traceparent[53..55]
    }
}

fn is_traceparent(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = |part: &str| hex(part) && part.bytes().any(|byte| byte != b'0');
    if text.len() < PARENT_BYTES
        || text.len() > BYTES_MAX
        || !text.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return false;
    }
    let dashes = [2, 35, 52].iter().all(|at| text.as_bytes()[*at] == b'-');
    let (version, rest) = (&text[..2], &text[PARENT_BYTES..]);
    let ends_well = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    dashes
        && hex(version)
        && version != "ff"
        && id(&text[3..35])
        && id(&text[36..52])
        && hex(&text[53..55])
        && ends_well
}

fn readable_state(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (!text.is_empty() && text.len() <= BYTES_MAX && visible).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_context_is_carried_as_it_came() {
        let read = TraceContext::read(PARENT.as_bytes(), Some(b"a=1,b=2")).unwrap();
        assert_eq!((read.traceparent(), read.tracestate()), (PARENT, Some("a=1,b=2")));
        assert_eq!(read.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((read.span_id(), read.flags()), ("00f067aa0ba902b7", "01"));
    }

    #[test]
    fn what_is_no_traceparent_is_no_context() {
        let with = |at: usize, by: &str| format!("{}{by}{}", &PARENT[..at], &PARENT[at + by.len()..]);
        for (text, valid) in [
            (PARENT.to_owned(), true),
            (with(0, "01"), true),
            (format!("{}-more", with(0, "01")), true),
            (format!("{PARENT}-more"), false),
            (with(0, "ff"), false),
            (with(0, "0g"), false),
            (with(3, "4BF9"), false),
            (with(3, &"0".repeat(32)), false),
            (with(36, &"0".repeat(16)), false),
            (with(35, "_"), false),
            (PARENT[..54].to_owned(), false),
            (format!("01{}-{}", &PARENT[2..], "x".repeat(600)), false),
            ("00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(TraceContext::read(text.as_bytes(), None).is_some(), valid, "{text}");
        }
        assert_eq!(TraceContext::read(&[0xff; 55], None), None);
    }

    #[test]
    fn a_tracestate_that_cannot_be_is_left_out() {
        let state = |bytes: &[u8]| {
            TraceContext::read(PARENT.as_bytes(), Some(bytes)).unwrap().tracestate().map(str::to_owned)
        };
        assert_eq!(state(b" a=1 "), Some("a=1".to_owned()));
        for wrong in [&b""[..], b"a=\n1", &[b'a'; 513], &[0xff]] {
            assert_eq!(state(wrong), None, "{wrong:?}");
        }
    }
}
