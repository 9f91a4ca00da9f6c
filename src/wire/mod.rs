//! PURE. Bytes to domain and back, one file a record type. Owns formats and their compatibility.
//!
//! What others read and write is JSON ([`json`]) or Avro ([`avro`]) by the contracts in `schemas/*.avsc`: a [`record`] names
//! its fields once, and a [`format`](mod@format) says how they are written. Conversations, which only we read, are packed ([`packed`]).

pub mod applied;
pub mod avro;
pub mod conversation;
pub mod dead_letter;
pub mod delta;
pub mod document;
pub mod fields;
pub mod format;
pub mod handoff;
pub mod json;
mod json_fields;
pub mod outcome;
pub mod packed;
pub mod partition;
pub mod policy;
pub mod record;
pub mod shadow;
pub mod summary;
pub mod trace;
pub mod turn;
pub mod view;
pub mod weights;
pub mod window;

/// Why bytes are not a record: becomes a dead letter of stage `decode` (not JSON) or `validate` (a field is wrong).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub stage: &'static str,
    pub error: String,
    pub field: Option<String>,
}
