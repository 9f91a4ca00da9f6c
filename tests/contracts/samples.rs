//! One of every record, for what pins the contracts.

use std::path::{Path, PathBuf};

use segue::domain::cells::{Cells, Threshold};
use segue::domain::combination::Combined;
use segue::domain::decision::{Decision, HandoffEvent, HandoffKind, Mode, Reason, Signal};
use segue::domain::ids;
use segue::domain::measure::{Counter, Quantity};
use segue::domain::outcome::{Outcome, OutcomeKind};
use segue::domain::package::{
    Completeness, Fact, Mood, Package, RecentTurn, Source, StepTaken, Transcript, Verification,
};
use segue::domain::summary::SummaryRow;
use segue::domain::turn::{Action, Claim, Role, ToolStatus, Turn};
use segue::domain::window::{Dimension, Grain, Slot, Split, Window};
use segue::wire::dead_letter;
use segue::wire::window::WindowRow;

pub const AT: i64 = 1_764_000_000_000;

pub fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

pub fn golden(name: &str) -> Vec<u8> {
    std::fs::read(schemas().join("golden").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub fn full_turn() -> Turn<'static> {
    Turn {
        turn_seq: Some(3),
        text: Some("It says delivered, but \"nothing\" arrived 😕".into()),
        channel: Some("chat".into()),
        language: Some("en".into()),
        tenant: Some("default".into()),
        intent: Some("missing_delivery".into()),
        intent_confidence: Some(0.93),
        confidence: Some(0.88),
        sentiment: Some(-0.4),
        goal: Some("find the parcel".into()),
        action: Some(Action {
            name: "get_order".into(),
            status: ToolStatus::Ok,
            arguments: vec![("order_id".into(), "#W123".into())],
            result: Some("delivered 2025-11-20".into()),
        }),
        facts: vec![("order_id".into(), "#W123".into())],
        verification: Some(Claim { method: Some("email_code".into()), status: "passed".into() }),
        ai_agent: Some("shopbot".into()),
        ai_version: Some("4.2".into()),
        customer_ref: Some("u-9".into()),
        ..Turn::new("t-3", "c-17", AT, Role::Customer)
    }
}

pub fn full_outcome() -> Outcome<'static> {
    Outcome {
        event_id: "o-1".into(),
        conversation_id: "c-17".into(),
        event_time: AT + 60_000,
        kind: OutcomeKind::Csat,
        handoff_id: Some("5b0a3f0e-6d0f-5c41-9a5e-0f6f3a1c2b4d".into()),
        agent_ref: Some("a-4".into()),
        queue: Some("claims".into()),
        reason: Some("wrapped".into()),
        field: Some("order_id".into()),
        wait_ms: Some(41_000),
        talk_ms: Some(300_000),
        hold_ms: Some(0),
        acw_ms: Some(20_000),
        score: Some(4.5),
        score_max: Some(5.0),
        attributes: vec![("site".into(), "north".into())],
    }
}

pub fn signals() -> Vec<Signal> {
    vec![
        Signal {
            reason: Reason::Policy,
            strength: 1.0,
            rule_id: some("review-high-value-replacement"),
            turns: vec!["t-3".to_owned()],
            observed: None,
            threshold: None,
            decision: Decision::HandOff,
        },
        Signal {
            reason: Reason::LowConfidence,
            strength: 0.75,
            rule_id: None,
            turns: vec!["t-2".to_owned(), "t-3".to_owned()],
            observed: Some(0.31),
            threshold: Some(0.5),
            decision: Decision::Observe,
        },
    ]
}

pub fn package() -> Package {
    let fact = |name: &str, values: &[&str], source, event_id: &str| Fact {
        loose: 0,
        name: name.to_owned(),
        value: (*values.last().expect("a value")).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        source,
        event_id: event_id.to_owned(),
        at: AT + 40_000,
    };
    Package {
        goal: some("find the parcel"),
        summary:
            "The order #W123 shows as delivered and never arrived. A replacement needs a person's review."
                .to_owned(),
        steps_attempted: vec![StepTaken {
            action: "get_order".to_owned(),
            arguments: vec![("order_id".to_owned(), "#W123".to_owned())],
            status: ToolStatus::Ok,
            result: some("delivered 2025-11-20"),
            event_id: "t-2".to_owned(),
        }],
        verification: Some(Verification {
            method: some("email_code"),
            status: "passed".to_owned(),
            event_id: "t-1".to_owned(),
            at: AT + 20_000,
        }),
        facts: vec![
            fact("order_id", &["#W12", "#W123"], Source::ToolArgument, "t-2"),
            fact("amount", &["612.50"], Source::Platform, "t-2"),
        ],
        sentiment: Some(Mood { now: -0.4, lowest: -0.6, trend: "falling" }),
        last_customer_text: some("It says delivered, but \"nothing\" arrived 😕"),
        open_question: some("Where is my parcel?"),
        transcript: Transcript {
            partition: 3,
            first_offset: 88_120,
            last_offset: 88_960,
            turns: vec![RecentTurn {
                event_id: "t-3".to_owned(),
                role: Role::Customer,
                at: AT + 60_000,
                text: "It says delivered, but \"nothing\" arrived 😕".to_owned(),
            }],
        },
        completeness: Completeness { score: 0.875, missing: vec!["agent_notes"] },
        flat: vec![("order_id".to_owned(), "#W123".to_owned()), ("amount".to_owned(), "612.50".to_owned())],
    }
}

pub fn requested() -> HandoffEvent {
    HandoffEvent {
        kind: HandoffKind::Requested,
        handoff_id: ids::handoff_id("c-17", AT, 1),
        conversation_id: "c-17".to_owned(),
        episode: 1,
        event_time: AT + 60_000,
        trigger_event_id: some("t-3"),
        reasons: signals(),
        combined: None,
        policy: "policy.toml".to_owned(),
        policy_version: "7".to_owned(),
        mode: Mode::Live,
        priority: 2,
        queue: some("claims"),
        skills: vec!["orders".to_owned()],
        customer_waiting_since: Some(AT + 60_000),
        tenant: some("default"),
        channel: some("chat"),
        language: some("en"),
        intent: some("missing_delivery"),
        ai_agent: some("shopbot"),
        ai_version: some("4.2"),
        customer_ref: some("u-9"),
        is_test: false,
        note: None,
        package: Some(Box::new(package())),
    }
}

/// An offer that several signals made together, none of them alone.
pub fn together() -> HandoffEvent {
    let weak = |reason, strength, turns: &[&str], observed, threshold| Signal {
        reason,
        strength,
        rule_id: None,
        turns: turns.iter().map(|turn| (*turn).to_owned()).collect(),
        observed,
        threshold,
        decision: Decision::HandOff,
    };
    HandoffEvent {
        kind: HandoffKind::Offered,
        reasons: vec![
            weak(Reason::ToolFailure, 0.25, &["t-2"], None, None),
            weak(Reason::Loop, 0.375, &["t-1", "t-3"], Some(2.0), Some(3.0)),
        ],
        combined: Some(Box::new(Combined {
            strength: 0.5625,
            threshold: 0.5,
            contributions: vec![(Reason::ToolFailure, 0.75), (Reason::Loop, 0.625)],
        })),
        ..requested()
    }
}

/// An event about which nothing is known but what must be.
pub fn canceled() -> HandoffEvent {
    HandoffEvent {
        kind: HandoffKind::Canceled,
        trigger_event_id: None,
        reasons: vec![],
        mode: Mode::Shadow,
        queue: None,
        skills: vec![],
        customer_waiting_since: None,
        tenant: None,
        channel: None,
        language: None,
        intent: None,
        ai_agent: None,
        ai_version: None,
        customer_ref: None,
        note: some("customer_left"),
        package: None,
        ..requested()
    }
}

pub fn row() -> SummaryRow {
    SummaryRow {
        conversation_id: "c-17".to_owned(),
        tenant: some("default"),
        channel: some("chat"),
        language: some("en"),
        intent: some("missing_delivery"),
        ai_agent: some("shopbot"),
        ai_version: some("4.2"),
        customer_ref: some("u-9"),
        is_test: false,
        started_at: AT,
        ended_at: Some(AT + 900_000),
        end_kind: "handed_off",
        turns_customer: 4,
        turns_ai: 3,
        turns_tool: 2,
        turns_human: 1,
        turns_system: 0,
        handoffs: 1,
        first_reason: Some("policy"),
        reasons: "policy,low_confidence".to_owned(),
        queue: some("claims"),
        requested_at: Some(AT + 60_000),
        answered_at: Some(AT + 101_000),
        wait_ms: Some(41_000),
        talk_ms: 300_000,
        hold_ms: 0,
        acw_ms: 20_000,
        transfers: 0,
        resolved: true,
        reopened: 0,
        csat: Some(4.5),
        repeat_requests: 1,
        violations: 0,
        missed_handoff: false,
        sentiment_lowest: Some(-0.6),
        completeness: Some(0.875),
        completeness_missing: "agent_notes".to_owned(),
        policy_version: "7".to_owned(),
        revision: 3,
        is_final: true,
    }
}

pub fn open_row() -> SummaryRow {
    SummaryRow {
        conversation_id: "c-18".to_owned(),
        started_at: AT,
        end_kind: "open",
        revision: 1,
        ..SummaryRow::default()
    }
}

pub fn letter() -> dead_letter::DeadLetter<'static> {
    dead_letter::DeadLetter {
        topic: "conversation.turns",
        partition: 3,
        offset: 88_961,
        timestamp: Some(AT),
        key: Some(b"c-17"),
        stage: "validate",
        error: "role: is missing",
        field: Some("role"),
        value: Some(b"{\"event_id\":\"t-1\"}"),
    }
}

/// Every name of a turn has a value.
pub fn turn_with_everything() -> Turn<'static> {
    Turn {
        summary: Some("so far".into()),
        fallback: true,
        handoff_requested: Some("too hard".into()),
        ended: Some("resolved".into()),
        is_test: true,
        attributes: vec![("plan".into(), "gold".into())],
        ..full_turn()
    }
}

/// The row of `metric-window.valid.json`.
pub fn window_row() -> WindowRow {
    let mut cells = Cells::default();
    cells.sl_threshold = Threshold::One(20_000);
    for (amount, counter) in (1..).zip(Counter::ALL) {
        cells.add(Quantity::Count(*counter), amount);
    }
    cells.add(Quantity::Wait(2), 7);
    cells.short_abandon = Threshold::Mixed;
    WindowRow {
        window: Window::at(Grain::Quarter, 1_764_065_700_000),
        slot: Slot::new(Split::within_tenant(&[Dimension::Channel]), "acme", "chat"),
        revision: 3,
        is_final: false,
        cells,
    }
}
