//! A committed conversation as the HTTP API shows it: one JSON object, for a person or a tool that looks in.
//!
//! Everything in the state is redacted already. What the triggers remember (prints, streaks) is not shown; shape:
//! `{"conversation_id","partition","phase","episode","started_at","last_at","profile":{},"goal","ai_summary","turns":{},
//! "waiting_since","facts":{name:{"value","values","source","event_id","at"}},"steps":[],"verification":{},"sentiment":{},
//! "recent":[],"offer":{},"handoff":{},"end":{},"tally":{},"transcript":{},"summary_revision"}`; times are epoch ms.

mod handoff;
mod package;

use serde::Serialize;

use crate::domain::conversation::{Conversation, End, KeptTurn, Profile, Sentiment, Tally, TurnCounts};
use crate::domain::decision::Reason;
use crate::domain::squeeze::Squeezed;
use handoff::{HandoffView, OfferView, handoff, offer};
use package::{Facts, StepView, VerificationView, step, verification};

/// Appends the view.
pub fn encode(conversation_id: &str, partition: i32, conversation: &Conversation, out: &mut Vec<u8>) {
    let c = conversation;
    let view = View {
        conversation_id,
        partition,
        phase: c.phase.name(),
        episode: c.episode,
        started_at: c.started_at,
        last_at: c.last_at,
        profile: profile(&c.profile),
        goal: c.goal.as_ref().map(Squeezed::text),
        ai_summary: c.ai_summary.as_ref().map(Squeezed::text),
        turns: turns(&c.turns),
        waiting_since: c.waiting_since,
        facts: Facts(&c.facts),
        steps: c.steps.iter().map(step).collect(),
        verification: c.verification.as_ref().map(verification),
        sentiment: c.sentiment.as_ref().map(sentiment),
        recent: c.recent.iter().map(recent).collect(),
        offer: c.offer.as_ref().map(offer),
        handoff: c.handoff.as_deref().map(handoff),
        end: c.end.as_deref().map(end),
        tally: tally(&c.tally),
        transcript: TranscriptView { partition, first_offset: c.offsets.first, last_offset: c.offsets.last },
        summary_revision: c.summary_revision,
    };
    // A failure would be a map key that is no string; there is none. An empty answer is still an honest one.
    if let Ok(json) = serde_json::to_vec(&view) {
        out.extend_from_slice(&json);
    }
}

#[derive(Serialize)]
struct View<'a> {
    conversation_id: &'a str,
    partition: i32,
    phase: &'static str,
    episode: u32,
    started_at: i64,
    last_at: i64,
    profile: ProfileView<'a>,
    goal: Option<String>,
    ai_summary: Option<String>,
    turns: TurnsView,
    waiting_since: Option<i64>,
    facts: Facts<'a>,
    steps: Vec<StepView<'a>>,
    verification: Option<VerificationView<'a>>,
    sentiment: Option<SentimentView>,
    recent: Vec<RecentView<'a>>,
    offer: Option<OfferView<'a>>,
    handoff: Option<HandoffView<'a>>,
    end: Option<EndView>,
    tally: TallyView<'a>,
    transcript: TranscriptView,
    summary_revision: u32,
}

#[derive(Serialize)]
struct ProfileView<'a> {
    tenant: Option<&'a str>,
    channel: Option<&'a str>,
    language: Option<&'a str>,
    intent: Option<&'a str>,
    ai_agent: Option<&'a str>,
    ai_version: Option<&'a str>,
    customer_ref: Option<&'a str>,
    is_test: bool,
}

fn profile(profile: &Profile) -> ProfileView<'_> {
    ProfileView {
        tenant: profile.tenant.as_deref(),
        channel: profile.channel.as_deref(),
        language: profile.language.as_deref(),
        intent: profile.intent.as_deref(),
        ai_agent: profile.ai_agent.as_deref(),
        ai_version: profile.ai_version.as_deref(),
        customer_ref: profile.customer_ref.as_deref(),
        is_test: profile.is_test,
    }
}

#[derive(Serialize)]
struct TurnsView {
    customer: u32,
    ai: u32,
    tool: u32,
    human: u32,
    system: u32,
}

fn turns(turns: &TurnCounts) -> TurnsView {
    TurnsView {
        customer: turns.customer,
        ai: turns.ai,
        tool: turns.tool,
        human: turns.human,
        system: turns.system,
    }
}

#[derive(Serialize)]
struct SentimentView {
    now: f64,
    lowest: f64,
    before: f64,
}

/// Kept as `f32`; shown to four places, so that 0.3 is not 0.30000001192092896.
fn sentiment(mood: &Sentiment) -> SentimentView {
    let shown = |value: f32| (f64::from(value) * 10_000.0).round() / 10_000.0;
    SentimentView { now: shown(mood.now), lowest: shown(mood.lowest), before: shown(mood.before) }
}

#[derive(Serialize)]
struct RecentView<'a> {
    event_id: &'a str,
    role: &'static str,
    at: i64,
    text: String,
}

fn recent(turn: &KeptTurn) -> RecentView<'_> {
    RecentView { event_id: &turn.event_id, role: turn.role.name(), at: turn.at, text: turn.text.text() }
}

#[derive(Serialize)]
struct EndView {
    at: i64,
    kind: &'static str,
    missed_handoff: bool,
}

fn end(end: &End) -> EndView {
    EndView { at: end.at, kind: end.kind.name(), missed_handoff: end.missed }
}

#[derive(Serialize)]
struct TallyView<'a> {
    handoffs: u32,
    first_reason: Option<&'static str>,
    reasons: Vec<&'static str>,
    requested_at: Option<i64>,
    answered_at: Option<i64>,
    wait_ms: Option<i64>,
    talk_ms: i64,
    hold_ms: i64,
    acw_ms: i64,
    transfers: u32,
    resolved: bool,
    reopened: u32,
    csat: Option<f64>,
    repeat_requests: u32,
    violations: u32,
    completeness: Option<f64>,
    completeness_missing: &'a [String],
}

fn tally(tally: &Tally) -> TallyView<'_> {
    TallyView {
        handoffs: tally.handoffs,
        first_reason: tally.first_reason.map(Reason::name),
        reasons: tally.reasons.iter().map(|reason| reason.name()).collect(),
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
        completeness: tally.completeness.as_ref().map(|(score, _)| *score),
        completeness_missing: tally.completeness.as_ref().map_or(&[], |(_, missing)| missing),
    }
}

#[derive(Serialize)]
struct TranscriptView {
    partition: i32,
    first_offset: i64,
    last_offset: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation::{Handoff, Newest, Offsets, Phase};
    use crate::domain::decision::{Decision, Signal};
    use crate::domain::package::{Fact, Source, StepTaken};
    use crate::domain::turn::{Role, ToolStatus};

    fn conversation() -> Conversation {
        let found = Signal {
            reason: Reason::Policy,
            strength: 1.0,
            rule_id: Some("review".into()),
            turns: vec!["t-2".into()],
            observed: None,
            threshold: None,
            decision: Decision::HandOff,
        };
        let handoff = Handoff {
            id: crate::domain::ids::handoff_id("c-1", 1_000, 1),
            episode: 1,
            requested_at: 2_000,
            signals: vec![found],
            priority: 2,
            queue: Some("claims".into()),
            skills: vec!["orders".into()],
            policy_version: "7".into(),
            customer_waiting_since: 1_000,
            tenant: None,
            channel: None,
            intent: None,
            ai_version: None,
            outcome_queue: None,
            queued_at: None,
            answered_at: None,
            closed_at: None,
            reminders: 0,
            ai_turns: Vec::new(),
            replies: 0,
            facts_given: vec!["order_id".into()],
            ..Handoff::default()
        };
        let fact = Fact {
            loose: 0,
            name: "order_id".into(),
            value: "#W1".into(),
            values: vec!["#W1".into()],
            source: Source::Platform,
            event_id: "t-1".into(),
            at: 1_000,
        };
        let step = StepTaken {
            action: "get_order".into(),
            arguments: vec![("order_id".into(), "#W1".into())],
            status: ToolStatus::Ok,
            result: None,
            event_id: "t-2".into(),
        };
        Conversation {
            started_at: 1_000,
            last_at: 2_000,
            goal: Some(Squeezed::new("a replacement")),
            turns: TurnCounts { customer: 1, tool: 1, ..TurnCounts::default() },
            newest: Newest::default(),
            recent: vec![KeptTurn {
                event_id: "t-1".into(),
                role: Role::Customer,
                at: 1_000,
                text: Squeezed::new("hi"),
            }],
            steps: vec![step],
            facts: vec![fact],
            sentiment: Some(Sentiment { now: -0.3, lowest: -0.3, before: 0.1 }),
            waiting_since: Some(1_000),
            phase: Phase::Requested,
            episode: 1,
            handoff: Some(Box::new(handoff)),
            offsets: Offsets { first: 10, last: 11 },
            summary_revision: 1,
            ..Conversation::default()
        }
    }

    #[test]
    fn the_view_holds_what_a_person_looks_for_and_nothing_the_triggers_keep() {
        let mut out = Vec::new();
        encode("c-1", 3, &conversation(), &mut out);
        let expected = concat!(
            r##"{"conversation_id":"c-1","partition":3,"phase":"requested","episode":1,"started_at":1000,"last_at":2000,"##,
            r##""profile":{"tenant":null,"channel":null,"language":null,"intent":null,"ai_agent":null,"ai_version":null,"##,
            r##""customer_ref":null,"is_test":false},"goal":"a replacement","ai_summary":null,"##,
            r##""turns":{"customer":1,"ai":0,"tool":1,"human":0,"system":0},"waiting_since":1000,"##,
            r##""facts":{"order_id":{"value":"#W1","values":["#W1"],"source":"platform","event_id":"t-1","at":1000}},"##,
            r##""steps":[{"action":"get_order","arguments":{"order_id":"#W1"},"status":"ok","result":null,"event_id":"t-2"}],"##,
            r##""verification":null,"sentiment":{"now":-0.3,"lowest":-0.3,"before":0.1},"##,
            r##""recent":[{"event_id":"t-1","role":"customer","at":1000,"text":"hi"}],"offer":null,"##,
            r##""handoff":{"handoff_id":"ID","episode":1,"requested_at":2000,"reason":"policy","##,
            r##""reasons":[{"reason":"policy","strength":1.0,"rule_id":"review","turns":["t-2"],"observed":null,"threshold":null,"##,
            r##""contribution":null}],"combined_strength":null,"combined_threshold":null,"##,
            r##""policy_version":"7","priority":2,"queue":"claims","outcome_queue":null,"skills":["orders"],"##,
            r##""customer_waiting_since":1000,"queued_at":null,"answered_at":null,"closed_at":null,"reminders":0,"##,
            r##""replies":0,"facts_given":["order_id"],"reasked":false,"resolved":false},"end":null,"##,
            r##""tally":{"handoffs":0,"first_reason":null,"reasons":[],"requested_at":null,"answered_at":null,"wait_ms":null,"##,
            r##""talk_ms":0,"hold_ms":0,"acw_ms":0,"transfers":0,"resolved":false,"reopened":0,"csat":null,"##,
            r##""repeat_requests":0,"violations":0,"completeness":null,"completeness_missing":[]},"##,
            r##""transcript":{"partition":3,"first_offset":10,"last_offset":11},"summary_revision":1}"##,
        );
        let id = crate::domain::ids::handoff_id("c-1", 1_000, 1).to_string();
        assert_eq!(String::from_utf8(out).unwrap(), expected.replace("ID", &id));
    }
}
