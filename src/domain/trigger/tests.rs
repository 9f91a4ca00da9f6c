//! Triggers over whole conversations: what fires, when, and what is shown for it.

mod answers;
mod confidence;
mod frustration;
mod learned;
mod not_understood;
mod repeats;
mod requests;
mod standing;

use std::cell::OnceCell;
use std::sync::{Arc, LazyLock};

use super::{Moment, evaluate, no_response};
use crate::domain::combination::Combination;
use crate::domain::conversation::{Conversation, KeptTurn};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::hearing::{Hearing, Lists};
use crate::domain::policy::*;
use crate::domain::squeeze::Squeezed;
use crate::domain::text::Learned;
use crate::domain::turn::{Action, Role, ToolStatus, Turn};

fn switch(decision: Decision) -> Switch {
    Switch { enabled: true, decision, queue: None, priority: None }
}

const LANGUAGES: [&str; 3] = ["en", "de", "es"];

/// Compiled once for all tests.
static LISTS: LazyLock<Arc<Hearing>> = LazyLock::new(|| {
    let languages = LANGUAGES.map(str::to_owned).into();
    let lists = Lists { languages, safety_phrases: vec!["lawsuit".into()], ..Lists::default() };
    Arc::new(Hearing::new(lists, Learned::nothing()))
});

fn policy() -> Policy {
    let (now, later) = (|| switch(Decision::HandOff), || switch(Decision::Offer));
    Policy {
        name: "test".into(),
        version: "1".into(),
        triggers: Triggers {
            safety: Safety { switch: now(), phrases: vec![], learned_from: 0.9, weights_file: None },
            customer_request: CustomerRequest {
                switch: now(),
                languages: LANGUAGES.map(str::to_owned).into(),
                phrases: vec![],
                learned_from: 0.8,
                weights_file: None,
                weights_file_answer: None,
            },
            ai_request: now(),
            policy: now(),
            frustration: Frustration {
                switch: later(),
                level: 0.6,
                weights_file: None,
                weights_file_elsewhere: None,
            },
            tool_failure: ToolFailure {
                switch: later(),
                same_tool: 2,
                any_tool: 3,
                nothing_worked: true,
                given_up: true,
            },
            not_understood: NotUnderstood { switch: later(), turns: 2, by_words: true },
            low_confidence: LowConfidence { switch: later(), below: 0.5, turns: 2, average_below: 0.3 },
            loop_: Loop { switch: later(), turns: 3, similarity: 0.8 },
            no_progress: NoProgress { switch: later(), turns: 4, failure_reports: 4, after_ms: 600_000 },
            no_response: NoResponse { switch: later(), after_ms: 60_000 },
            unsupported_language: UnsupportedLanguage {
                switch: later(),
                supported: vec!["en".into(), "de".into()],
            },
        },
        combination: Combination::off(),
        rules: vec![],
        handoff: HandoffDefaults { queue: None, priority: 5, skills: vec![] },
        lifecycle: Lifecycle {
            idle_after_ms: 1,
            answer_within_ms: 1,
            reminders: 1,
            give_up_after_ms: 1,
            reminder_priority_step: 1,
            forget_after_ms: 1,
        },
        metrics: Metrics {
            sl_threshold_ms: 1,
            sl_threshold_ms_by_queue: vec![],
            short_abandon_ms: 1,
            csat_satisfied_from: 0.8,
        },
        privacy: Privacy { redact_email: false, redact_phone: false, transcript_turns: 0 },
        lexicon: LISTS.clone(),
    }
}

fn says<'a>(id: &'a str, role: Role, text: &'a str) -> Turn<'a> {
    Turn { text: Some(text.into()), ..Turn::new(id, "c", 1_000, role) }
}

fn calls<'a>(id: &'a str, name: &'a str, status: ToolStatus) -> Turn<'a> {
    Turn {
        action: Some(Action { name: name.into(), status, arguments: vec![], result: None }),
        ..Turn::new(id, "c", 1_000, Role::Tool)
    }
}

fn is_sure(id: &str, confidence: f64) -> Turn<'_> {
    Turn { confidence: Some(confidence), ..Turn::new(id, "c", 1_000, Role::Ai) }
}

fn falls_back(id: &str, fallback: bool, role: Role) -> Turn<'_> {
    Turn { fallback, ..Turn::new(id, "c", 1_000, role) }
}

/// The reasons that fire at the last of these turns.
#[track_caller]
fn check(turns: &[Turn<'_>], expected: &[Reason]) {
    let fired: Vec<Reason> =
        last(turns).into_iter().filter(Signal::fires).map(|signal| signal.reason).collect();
    assert_eq!(fired, expected, "{:?}", turns.iter().map(|turn| &turn.text).collect::<Vec<_>>());
}

fn last(turns: &[Turn<'_>]) -> Vec<Signal> {
    last_by(&policy(), turns)
}

/// A customer's first text asks for a person, or does not.
#[track_caller]
fn check_requests(requests: &[&str], others: &[&str]) {
    for text in requests {
        assert!(asks(text), "asks for a person: {text}");
    }
    for text in others {
        assert!(!asks(text), "asks for nobody: {text}");
    }
}

fn asks(text: &str) -> bool {
    last(&[says("t", Role::Customer, text)])
        .iter()
        .any(|signal| signal.reason == Reason::CustomerRequest && signal.fires())
}

fn last_by(policy: &Policy, turns: &[Turn<'_>]) -> Vec<Signal> {
    let mut conversation = Conversation::default();
    let mut signals = Vec::new();
    for (turn, at) in turns.iter().zip(1_000..) {
        let progressed = turn.role == Role::Tool;
        let turn = &Turn { event_time: at, ..turn.clone() };
        keep(turn, &mut conversation);
        signals =
            evaluate(Moment { turn, progressed, late: false }, &mut conversation, policy, &OnceCell::new())
                .signals;
    }
    signals
}

/// What the step does before it asks the triggers.
fn keep(turn: &Turn<'_>, conversation: &mut Conversation) {
    conversation.recent.push(KeptTurn {
        event_id: turn.event_id.to_string(),
        role: turn.role,
        at: turn.event_time,
        text: Squeezed::new(turn.text.as_deref().unwrap_or_default()),
    });
}

#[test]
fn danger_comes_first() {
    check(
        &[says("t1", Role::Customer, "I want to kill myself, let me talk to a person")],
        &[Reason::Safety, Reason::CustomerRequest],
    );
    check(&[says("t1", Role::Customer, "There will be a lawsuit")], &[Reason::Safety]);
}

#[test]
fn danger_in_signs_is_heard_whatever_language_the_platform_tells() {
    for (text, language) in [("我想自杀", Some("en")), ("자살하고 싶어요", Some("de")), ("死にたい", None)]
    {
        let mut turn = says("t1", Role::Customer, text);
        turn.language = language.map(Into::into);
        let said = last(&[says("t0", Role::Customer, "Wo ist mein Paket, und wann kommt es an?"), turn]);
        assert!(said.iter().any(|signal| signal.reason == Reason::Safety), "{text}");
    }
}

#[test]
fn the_ai_asks_by_flag_or_by_tool() {
    let flagged = Turn { handoff_requested: Some("".into()), ..Turn::new("t1", "c", 1_000, Role::Ai) };
    check(&[flagged], &[Reason::AiRequest]);
    check(&[calls("t1", "transfer_to_human_agents", ToolStatus::Ok)], &[Reason::AiRequest]);
}

#[test]
fn a_failure_that_is_told_ends_the_matter_only_where_the_ai_asks_for_nothing() {
    use Role::Ai;
    let told = |text| [calls("t1", "find_account", ToolStatus::Failed), says("t2", Ai, text)];
    check(&told("I'm sorry, I could not find your account."), &[Reason::ToolFailure]);
    check(&told("I could not find your account. Which email address did you use?"), &[]);
    check(&told("I could not find your account. Please provide your email address."), &[]);
    check(&told("Ich finde Ihr Konto nicht. Bitte geben Sie Ihre Kundennummer ein."), &[]);
    check(&told("One moment please, I am trying again."), &[]);
    check(&told("All our pans have a guarantee of ten years."), &[]);
}

#[test]
fn failures_count_by_tool_and_together() {
    use ToolStatus::{Denied, Failed, Ok};
    check(&[calls("t1", "a", Failed)], &[]);
    check(&[calls("t1", "a", Failed), calls("t2", "a", Denied)], &[Reason::ToolFailure]);
    check(&[calls("t1", "a", Failed), calls("t2", "a", Ok), calls("t3", "a", Failed)], &[]);
    check(
        &[calls("t1", "a", Failed), calls("t2", "b", Failed), calls("t3", "c", Failed)],
        &[Reason::ToolFailure],
    );
    use Role::{Ai, Customer};
    let sorry = says("t2", Ai, "I am sorry, the system is down.");
    check(&[calls("t1", "a", Failed), sorry.clone()], &[Reason::ToolFailure]);
    check(&[calls("t1", "a", Failed), says("t2", Ai, "It was not found. Do you have another number?")], &[]);
    check(&[calls("t0", "b", Ok), calls("t1", "a", Failed), sorry.clone()], &[]);
    let worked = [calls("t0", "b", Ok), calls("t1", "a", Failed), sorry];
    let then = |text| [&worked[..], &[says("t3", Customer, text)]].concat();
    check(&then("ok, too bad. bye"), &[Reason::ToolFailure]);
    check(&then("can you try again"), &[]);
    let signals = last(&[calls("t1", "a", Failed), calls("t2", "a", Failed)]);
    assert_eq!(
        signals,
        [Signal {
            reason: Reason::ToolFailure,
            strength: 0.5,
            rule_id: None,
            turns: vec!["t1".into(), "t2".into()],
            observed: Some(2.0),
            threshold: Some(2.0),
            decision: Decision::Offer,
        }]
    );
}

#[test]
fn standing_still_counts_customer_turns() {
    use Role::Customer;
    let turns = [
        says("t0", Customer, "hello friends"),
        says("t1", Customer, "what now"),
        says("t2", Customer, "hm then what"),
        says("t3", Customer, "any news on it"),
        says("t4", Customer, "so what is next"),
    ];
    check(&turns[..4], &[]);
    check(&turns, &[Reason::NoProgress]);
}

#[test]
fn steps_that_do_not_help_are_no_progress() {
    use Role::Customer;
    let step = |id| calls(id, "restart", ToolStatus::Ok);
    let report = |id, text| says(id, Customer, text);
    let texts = [
        "no luck, same error",
        "that didn't work",
        "the phone has still no service",
        "it is still not working",
    ];
    let mut turns = Vec::new();
    for (text, ids) in texts.iter().zip([["s1", "t1"], ["s2", "t2"], ["s3", "t3"], ["s4", "t4"]]) {
        turns.extend([step(ids[0]), report(ids[1], text)]);
    }
    check(&turns, &[Reason::NoProgress]);
    turns.extend([step("s5"), report("t5", "great, that works now")]);
    check(&turns, &[]);
}

#[test]
fn a_language_nobody_serves() {
    let in_language = |language: &'static str, text| Turn {
        language: Some(language.into()),
        ..says("t1", Role::Customer, text)
    };
    check(&[in_language("de-AT", "hallo")], &[]);
    check(&[in_language("fi", "hei")], &[Reason::UnsupportedLanguage]);
    check(&[says("t1", Role::Customer, "здравствуйте")], &[Reason::UnsupportedLanguage]);
    check(&[says("t1", Role::Customer, "naïve café")], &[]);
    // The words of one short turn are no proof; those of several, or of a long one, are.
    let [first, second] = [
        "Het pakket is nog niet bij mij aangekomen en ik heb het wel betaald",
        "Kunt u mij zeggen waar mijn bestelling nu is en wanneer het hier komt",
    ];
    check(&[says("t1", Role::Customer, first)], &[]);
    check(
        &[
            says("t1", Role::Customer, first),
            says("t2", Role::Customer, "ok"),
            says("t3", Role::Customer, second),
        ],
        &[Reason::UnsupportedLanguage],
    );
    let declared = [in_language("de", first), in_language("de", second)];
    check(&declared, &[]);
    let served = "Wo ist mein Paket, ich habe es noch nicht bekommen und es ist schon bezahlt";
    check(&[says("t1", Role::Customer, first), says("t2", Role::Customer, served)], &[]);
}

#[test]
fn waiting_is_measured_by_a_timer() {
    let waiting = Conversation { waiting_since: Some(1_000), ..Conversation::default() };
    assert_eq!(no_response(&waiting, 60_999, &policy()), None);
    assert_eq!(no_response(&Conversation::default(), 90_000, &policy()), None);
    let signal = no_response(&waiting, 61_000, &policy()).expect("the bound is met");
    assert_eq!((signal.reason, signal.strength, signal.observed), (Reason::NoResponse, 0.5, Some(60_000.0)));
}

#[test]
fn a_late_turn_has_only_its_own_triggers() {
    let policy = policy();
    let mut conversation = Conversation::default();
    let mut turn = says("t1", Role::Customer, "I want a human, you useless idiots");
    turn.confidence = Some(0.1);
    turn.fallback = true;
    let before = conversation.clone();
    let signals = evaluate(
        Moment { turn: &turn, progressed: false, late: true },
        &mut conversation,
        &policy,
        &OnceCell::new(),
    )
    .signals;
    assert_eq!(signals.iter().map(|signal| signal.reason).collect::<Vec<_>>(), [Reason::CustomerRequest]);
    assert_eq!(conversation, before);
}

#[test]
fn a_disabled_trigger_is_silent() {
    let mut policy = policy();
    policy.triggers.customer_request.switch.enabled = false;
    let turn = says("t1", Role::Customer, "I want a human");
    let found = evaluate(
        Moment { turn: &turn, progressed: false, late: false },
        &mut Conversation::default(),
        &policy,
        &OnceCell::new(),
    );
    assert!(found.signals.iter().all(|signal| !signal.fires()), "{found:?}");
}
