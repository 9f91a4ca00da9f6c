//! A summary row on the wire: flat, every column always there. Contract: `schemas/conversation-summary.avsc`.

use super::format::Format;
use super::record::{Record, Sink};
use crate::domain::summary::SummaryRow;

/// Appends the row as JSON.
pub fn encode(row: &SummaryRow, out: &mut Vec<u8>) {
    Format::Json.write(row, out);
}

impl Record for SummaryRow {
    fn fields(&self, to: &mut impl Sink) {
        to.text("conversation_id", &self.conversation_id);
        to.optional_text("tenant", self.tenant.as_deref());
        to.optional_text("channel", self.channel.as_deref());
        to.optional_text("language", self.language.as_deref());
        to.optional_text("intent", self.intent.as_deref());
        to.optional_text("ai_agent", self.ai_agent.as_deref());
        to.optional_text("ai_version", self.ai_version.as_deref());
        to.optional_text("customer_ref", self.customer_ref.as_deref());
        to.flag("is_test", self.is_test);
        to.whole("started_at", self.started_at);
        to.optional_whole("ended_at", self.ended_at);
        to.text("end_kind", self.end_kind);
        to.whole("turns_customer", i64::from(self.turns_customer));
        to.whole("turns_ai", i64::from(self.turns_ai));
        to.whole("turns_tool", i64::from(self.turns_tool));
        to.whole("turns_human", i64::from(self.turns_human));
        to.whole("turns_system", i64::from(self.turns_system));
        to.whole("handoffs", i64::from(self.handoffs));
        to.optional_text("first_reason", self.first_reason);
        to.text("reasons", &self.reasons);
        to.optional_text("queue", self.queue.as_deref());
        to.optional_whole("requested_at", self.requested_at);
        to.optional_whole("answered_at", self.answered_at);
        to.optional_whole("wait_ms", self.wait_ms);
        to.whole("talk_ms", self.talk_ms);
        to.whole("hold_ms", self.hold_ms);
        to.whole("acw_ms", self.acw_ms);
        to.whole("transfers", i64::from(self.transfers));
        to.flag("resolved", self.resolved);
        to.whole("reopened", i64::from(self.reopened));
        to.optional_double("csat", self.csat);
        to.whole("repeat_requests", i64::from(self.repeat_requests));
        to.whole("violations", i64::from(self.violations));
        to.flag("missed_handoff", self.missed_handoff);
        to.optional_double("sentiment_lowest", self.sentiment_lowest);
        to.optional_double("completeness", self.completeness);
        to.text("completeness_missing", &self.completeness_missing);
        to.text("policy_version", &self.policy_version);
        to.whole("revision", i64::from(self.revision));
        to.flag("is_final", self.is_final);
    }
}
