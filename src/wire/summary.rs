//! A summary row on the wire: flat, every column always there. Contract: `schemas/conversation-summary.avsc`.

use super::json::Object;
use crate::domain::summary::SummaryRow;

/// Appends the row as JSON.
pub fn encode(row: &SummaryRow, out: &mut Vec<u8>) {
    let mut o = Object::begin(out);
    o.field("conversation_id", &row.conversation_id);
    o.field("tenant", &row.tenant);
    o.field("channel", &row.channel);
    o.field("language", &row.language);
    o.field("intent", &row.intent);
    o.field("ai_agent", &row.ai_agent);
    o.field("ai_version", &row.ai_version);
    o.field("customer_ref", &row.customer_ref);
    o.field("is_test", row.is_test);
    o.field("started_at", row.started_at);
    o.field("ended_at", row.ended_at);
    o.field("end_kind", row.end_kind);
    o.field("turns_customer", row.turns_customer);
    o.field("turns_ai", row.turns_ai);
    o.field("turns_tool", row.turns_tool);
    o.field("turns_human", row.turns_human);
    o.field("turns_system", row.turns_system);
    o.field("handoffs", row.handoffs);
    o.field("first_reason", row.first_reason);
    o.field("reasons", &row.reasons);
    o.field("queue", &row.queue);
    o.field("requested_at", row.requested_at);
    o.field("answered_at", row.answered_at);
    o.field("wait_ms", row.wait_ms);
    o.field("talk_ms", row.talk_ms);
    o.field("hold_ms", row.hold_ms);
    o.field("acw_ms", row.acw_ms);
    o.field("transfers", row.transfers);
    o.field("resolved", row.resolved);
    o.field("reopened", row.reopened);
    o.field("csat", row.csat);
    o.field("repeat_requests", row.repeat_requests);
    o.field("violations", row.violations);
    o.field("missed_handoff", row.missed_handoff);
    o.field("sentiment_lowest", row.sentiment_lowest);
    o.field("completeness", row.completeness);
    o.field("completeness_missing", &row.completeness_missing);
    o.field("policy_version", &row.policy_version);
    o.field("revision", row.revision);
    o.field("is_final", row.is_final);
    o.end();
}
