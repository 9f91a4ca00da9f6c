//! One flat row a conversation, rewritten with a growing revision.

use super::conversation::Conversation;
use super::decision::Reason;
use super::ids::Millis;
use super::package::decimals;
use super::policy::Policy;

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

/// The row of a conversation as it stands, under its current revision.
pub(super) fn row(conversation_id: &str, state: &Conversation, policy: &Policy) -> SummaryRow {
    let (profile, turns, tally) = (state.profile.clone(), state.turns, &state.tally);
    let handoff = state.handoff.as_ref();
    let (completeness, missing) =
        tally.completeness.as_ref().map(|(score, missing)| (*score, missing.join(","))).unzip();
    SummaryRow {
        conversation_id: conversation_id.to_owned(),
        tenant: profile.tenant,
        channel: profile.channel,
        language: state.language().map(str::to_owned),
        intent: profile.intent,
        ai_agent: profile.ai_agent,
        ai_version: profile.ai_version,
        customer_ref: profile.customer_ref,
        is_test: profile.is_test,
        started_at: state.started_at,
        ended_at: state.end.as_ref().map(|end| end.at),
        end_kind: state.end.as_ref().map_or("open", |end| end.kind.name()),
        turns_customer: turns.customer,
        turns_ai: turns.ai,
        turns_tool: turns.tool,
        turns_human: turns.human,
        turns_system: turns.system,
        handoffs: tally.handoffs,
        first_reason: tally.first_reason.map(Reason::name),
        reasons: tally.reasons.iter().map(|reason| reason.name()).collect::<Vec<_>>().join(","),
        queue: handoff.and_then(|handoff| handoff.outcome_queue.clone().or_else(|| handoff.queue.clone())),
        requested_at: tally.requested_at,
        answered_at: tally.answered_at,
        wait_ms: tally.wait_ms,
        talk_ms: tally.talk_ms,
        hold_ms: tally.hold_ms,
        acw_ms: tally.acw_ms,
        transfers: tally.transfers,
        resolved: tally.resolved,
        reopened: tally.reopened,
        csat: tally.csat,
        repeat_requests: tally.repeat_requests,
        violations: tally.violations,
        missed_handoff: state.end.as_ref().is_some_and(|end| end.missed),
        sentiment_lowest: state.sentiment.map(|sentiment| decimals(sentiment.lowest)),
        completeness,
        completeness_missing: missing.unwrap_or_default(),
        policy_version: handoff
            .map_or_else(|| policy.version.clone(), |handoff| handoff.policy_version.clone()),
        revision: state.summary_revision,
        is_final: false,
    }
}
