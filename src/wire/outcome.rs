//! An outcome on the wire: the design's native JSON.
use super::Problem;
use crate::domain::outcome::Outcome;

/// Reads one outcome.
pub fn decode(_bytes: &[u8]) -> Result<Outcome<'_>, Problem> {
    todo!("in work")
}

/// The event time alone.
pub fn peek_event_time(_bytes: &[u8]) -> Option<i64> {
    todo!("in work")
}

/// Writes one outcome as native JSON.
pub fn encode(_outcome: &Outcome<'_>, _out: &mut Vec<u8>) {
    todo!("in work")
}
