//! One flat row a conversation, rewritten with a growing revision.

use super::ids::Millis;

/// A row of `conversation.summaries`. `None` is unknown or not happened; durations are milliseconds.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SummaryRow {
    pub conversation_id: String,
    pub tenant: Option<String>,
    pub channel: Option<String>,
    pub language: Option<String>,
    pub intent: Option<String>,
    pub ai_agent: Option<String>,
    pub ai_version: Option<String>,
    pub customer_ref: Option<String>,
    pub is_test: bool,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
    /// `resolved_confirmed`, `resolved_assumed`, `abandoned`, `unengaged`, `handed_off` or `open`.
    pub end_kind: &'static str,
    pub turns_customer: u32,
    pub turns_ai: u32,
    pub turns_tool: u32,
    pub turns_human: u32,
    pub turns_system: u32,
    pub handoffs: u32,
    pub first_reason: Option<&'static str>,
    /// Comma list in published order.
    pub reasons: String,
    pub queue: Option<String>,
    pub requested_at: Option<Millis>,
    pub answered_at: Option<Millis>,
    pub wait_ms: Option<Millis>,
    pub talk_ms: Millis,
    pub hold_ms: Millis,
    pub acw_ms: Millis,
    pub transfers: u32,
    pub resolved: bool,
    pub reopened: u32,
    pub csat: Option<f64>,
    pub repeat_requests: u32,
    pub violations: u32,
    pub missed_handoff: bool,
    pub sentiment_lowest: Option<f64>,
    pub completeness: Option<f64>,
    /// Comma list.
    pub completeness_missing: String,
    pub policy_version: String,
    pub revision: u32,
    pub is_final: bool,
}
