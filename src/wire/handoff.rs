//! A hand-off event on the wire.
use crate::domain::decision::{HandoffEvent, Signal};
use crate::domain::package::Package;

/// Appends the event as JSON. `transcript_topic` is null when a file is replayed.
pub fn encode(_event: &HandoffEvent, _transcript_topic: Option<&str>, _out: &mut Vec<u8>) {
    todo!("in work")
}

/// Appends `{"conversation_id","package","flat"}` (a line of `segue replay --packages`).
pub fn encode_package(_conversation_id: &str, _package: &Package, _transcript_topic: Option<&str>, _out: &mut Vec<u8>) {
    todo!("in work")
}

/// Appends `{"conversation_id","event_id","signals":[...]}` (a line of `segue replay --signals`).
pub fn encode_signals(_conversation_id: &str, _event_id: &str, _signals: &[Signal], _out: &mut Vec<u8>) {
    todo!("in work")
}
