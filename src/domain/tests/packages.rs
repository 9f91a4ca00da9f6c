//! What travels with a hand-off: the example that the product is about.

use super::*;
use crate::domain::package::{Package, Source};
use crate::domain::turn::{Action, Claim, ToolStatus};

fn action(
    name: &'static str,
    status: ToolStatus,
    argument: (&'static str, &'static str),
    result: &'static str,
) -> Action<'static> {
    Action {
        name: name.into(),
        status,
        arguments: vec![(argument.0.into(), argument.1.into())],
        result: (!result.is_empty()).then(|| result.into()),
    }
}

fn case() -> Story {
    let mut story = Story::new();
    story
        .say(1_000, Role::Customer, "Hi")
        .say(2_000, Role::Customer, "My order #W2611340 says delivered and never arrived")
        .say_with(3_000, Role::Ai, |turn| turn.verification = Some(Claim { method: Some("email_code".into()), status: "passed".into() }))
        .say_with(4_000, Role::Tool, |turn| {
            turn.action = Some(action(
                "get_order",
                ToolStatus::Ok,
                ("order_id", "#W2611340"),
                r##"{"order_id":"#W2611340","amount":649.5,"delivered_at":"2026-05-02","items":[{"id":1}],"note":"x"}"##,
            ));
        })
        .say_with(5_000, Role::Customer, |turn| {
            turn.text = Some("Can I have a replacement? I want to talk to an agent".into());
            turn.sentiment = Some(-0.4);
        });
    story
}

fn facts(package: &Package) -> Vec<(&str, &str, Source)> {
    package.facts.iter().map(|fact| (&*fact.name, &*fact.value, fact.source)).collect()
}

#[test]
fn the_person_sees_the_case_at_once() {
    let story = case();
    let package = story.event(HandoffKind::Requested).package.as_deref().unwrap();
    assert_eq!(package.goal.as_deref(), Some("My order #W2611340 says delivered and never arrived"));
    assert_eq!(
        facts(package),
        [
            ("order_id", "#W2611340", Source::ToolResult),
            ("amount", "649.5", Source::ToolResult),
            ("delivered_at", "2026-05-02", Source::ToolResult),
        ]
    );
    assert_eq!(package.steps_attempted.len(), 1);
    assert_eq!(package.verification.as_ref().map(|it| &*it.status), Some("passed"));
    assert_eq!(package.open_question, package.last_customer_text);
    assert_eq!((package.completeness.score, package.completeness.missing.len()), (1.0, 0));
    assert_eq!(
        package.summary,
        "The customer says: \"My order #W2611340 says delivered and never arrived\" Known: order_id #W2611340, amount \
         649.5, delivered_at 2026-05-02. Tried: get_order: ok. Verification: passed (email_code). It stops here because \
         the customer asked for a person."
    );
    assert_eq!(package.transcript.turns.len(), 2);
    let flat: BTreeMap<_, _> = package.flat.iter().map(|(name, value)| (&**name, &**value)).collect();
    for (name, value) in
        [("order_id", "#W2611340"), ("reason", "customer_request"), ("queue", "general"), ("priority", "3")]
    {
        assert_eq!(flat.get(name), Some(&value), "{name}");
    }
}

#[test]
fn thin_context_is_a_number() {
    let mut story = Story::new();
    story.say_with(1_000, Role::Ai, |turn| turn.handoff_requested = Some("".into()));
    let package = story.event(HandoffKind::Requested).package.as_deref().unwrap();
    assert_eq!(package.completeness.score, 0.0);
    assert_eq!(
        package.completeness.missing,
        ["goal", "summary", "steps_attempted", "verification", "facts", "last_customer_text"]
    );
    assert_eq!(story.row().completeness, Some(0.0));
}

#[test]
fn a_tool_call_with_a_secret_is_a_verification_and_keeps_no_secret() {
    for (status, expected) in [(ToolStatus::Ok, "passed"), (ToolStatus::Failed, "failed")] {
        let mut story = Story::new();
        story.say_with(1_000, Role::Tool, |turn| {
            turn.action = Some(action("bank_balance", status, ("pin", "1596"), ""))
        });
        let state = story.state();
        assert_eq!(state.verification.as_ref().map(|it| &*it.status), Some(expected));
        assert!(!format!("{state:?}").contains("1596"));
    }
    let mut story = Story::new();
    story.say(1_000, Role::Ai, "Sorry, I cannot verify your identity.");
    assert_eq!(story.state().verification.as_ref().map(|it| &*it.status), Some("failed"));
}

#[test]
fn of_several_ids_the_one_the_customer_named_leads() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "order 778899 is broken");
    for (at, id) in [(2_000, "778899"), (3_000, "111"), (4_000, "222")] {
        story.say_with(at, Role::Tool, |turn| {
            turn.action = Some(action("get_order", ToolStatus::Ok, ("orderId", id), ""))
        });
    }
    let fact = &story.state().facts[0];
    assert_eq!((&*fact.value, fact.values.join(",")), ("778899", "111,222,778899".to_owned()));
    story.say_with(5_000, Role::Tool, |turn| {
        turn.action = Some(action("cancel_order", ToolStatus::Ok, ("orderId", "222"), ""))
    });
    let fact = &story.state().facts[0];
    assert_eq!((&*fact.value, fact.values.join(",")), ("222", "111,778899,222".to_owned()));
}

#[test]
fn everything_kept_has_a_limit() {
    use crate::domain::limits::*;
    let mut story = Story::new();
    for at in 0..60 {
        story.say_with(at, Role::Customer, |turn| {
            turn.text = Some("ö".repeat(5_000).into());
            turn.facts = vec![
                (format!("fact_{at}").into(), "ö".repeat(500).into()),
                ("order_id".into(), at.to_string().into()),
            ];
            turn.action = Some(action("look", ToolStatus::Ok, ("note", "x"), "y"));
            turn.summary = Some("ö".repeat(5_000).into());
        });
    }
    let state = story.state();
    assert_eq!(
        (state.seen.len(), state.recent.len(), state.steps.len(), state.facts.len()),
        (SEEN_IDS, RECENT_TURNS, STEPS, FACTS)
    );
    assert!(state.recent.iter().all(|turn| turn.text.text().chars().count() == TEXT_CHARS));
    assert!(
        state.facts.iter().all(|fact| fact.value.len() <= VALUE_BYTES && fact.values.len() <= FACT_VALUES)
    );
    assert!(state.facts.iter().any(|fact| fact.name == "order_id"), "ids stay longest");
    assert_eq!(state.ai_summary.as_ref().map(|it| it.text().chars().count()), Some(SUMMARY_CHARS));
    assert_eq!(state.goal.as_ref().map(|it| it.text().chars().count()), Some(GOAL_CHARS));
}

#[test]
fn the_customers_last_words_outlive_a_talkative_ai() {
    let mut story = Story::new();
    story.say(1_000, Role::Customer, "Where is it?");
    for at in 2..10 {
        story.say(at * 1_000, Role::Ai, "One moment.");
    }
    assert_eq!(story.state().recent[0].text.text(), "Where is it?");
}
