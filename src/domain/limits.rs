//! Every bound of the domain, in one place. Lengths are bytes of UTF-8 unless the name says otherwise.

use super::ids::Millis;

/// The longest `event_id`, `conversation_id`, tenant or other identifier that is accepted.
pub const ID_BYTES: usize = 256;
/// Hashes of event ids kept a conversation, to recognise a record delivered twice.
pub const SEEN_IDS: usize = 32;
/// The last turns kept with their text.
pub const RECENT_TURNS: usize = 4;
/// Characters kept of a turn's text.
pub const TEXT_CHARS: usize = 160;
/// Tool calls kept as `steps_attempted`; the oldest go first.
pub const STEPS: usize = 12;
/// Characters kept of the goal, and of the AI's own summary.
pub const GOAL_CHARS: usize = 300;
pub const SUMMARY_CHARS: usize = 1_000;
/// Named facts kept.
pub const FACTS: usize = 24;
/// Values kept under one fact name (all ids seen, newest last).
pub const FACT_VALUES: usize = 6;
/// So many ids that were only looked up are shown; of more, none but the surest.
pub const LOOKED_UP: usize = 2;
/// Kept of one fact's value, of a step's argument and of its result.
pub const VALUE_BYTES: usize = 200;
/// Arguments kept of one tool call.
pub const STEP_ARGUMENTS: usize = 8;
/// Turn ids kept as evidence of one streak.
pub const EVIDENCE_TURNS: usize = 4;
/// The flat map for platforms that take nothing else.
pub const FLAT_BYTES: usize = 28 * 1024;
/// How far a turn may be ahead of its Kafka timestamp.
pub const FUTURE_MS: Millis = 5 * 60 * 1000;
/// Text of a turn that triggers look at (characters); the rest is not read.
pub const TEXT_READ_CHARS: usize = 4_000;
/// Characters of a delivered text, with markup and quoted mail, within which they are looked for.
pub const TEXT_DELIVERED_CHARS: usize = 4 * TEXT_READ_CHARS;
/// Moments of AI turns kept since a hand-off was requested, so that an answer that arrives late counts violations.
pub const AI_TURNS_SINCE_REQUEST: usize = 16;
/// A tool's result is read for facts up to here.
pub const RESULT_READ_BYTES: usize = 16 * 1024;
/// A tool argument that is no id is a fact only up to this length: longer ones are prose.
pub const ARGUMENT_FACT_BYTES: usize = 80;
/// Requests for a person kept while a person owns the conversation, for a return that arrives late.
pub const ASKS_KEPT: usize = 4;
/// Policies that may watch beside the acting one.
pub const SHADOW_POLICIES: usize = 8;
