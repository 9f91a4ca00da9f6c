//! Little confidence, and what ranks it.

use super::*;

#[test]
fn missing_confidence_changes_nothing() {
    check(
        &[is_sure("t1", 0.4), Turn::new("t2", "c", 1_000, Role::Ai), is_sure("t3", 0.45)],
        &[Reason::LowConfidence],
    );
    check(&[is_sure("t1", 0.4), is_sure("t2", 0.9), is_sure("t3", 0.45)], &[]);
    check(&[is_sure("t1", 0.4)], &[]);
}

#[test]
fn less_confidence_is_a_stronger_signal() {
    let strengths: Vec<f64> =
        [0.9, 0.6, 0.4, 0.1].iter().map(|sure| last(&[is_sure("t1", *sure)])[0].strength).collect();
    assert!(strengths.is_sorted_by(|a, b| a < b), "{strengths:?}");
}

#[test]
fn words_that_support_the_intent_leave_less_doubt() {
    let strength = |intent: &'static str, text: &'static str| {
        let turn =
            Turn { confidence: Some(0.8), intent: Some(intent.into()), ..says("t1", Role::Customer, text) };
        let signals = last(&[turn]);
        signals.iter().find(|signal| signal.reason == Reason::LowConfidence).map(|signal| signal.strength)
    };
    let text = "what is the status of my order";
    let falling = [
        strength("REFER_EARN", "Dhanbad"),
        strength("REFER_EARN", "dhanbad jharkhand pin 826001"),
        strength("REFER_EARN", text),
        strength("order.status", text),
    ];
    assert!(falling.is_sorted_by(|a, b| a > b), "{falling:?}");
}

#[test]
fn a_confidence_of_0_in_no_answer_is_missing() {
    let abstains = |id| Turn { fallback: true, ..is_sure(id, 0.0) };
    let signals = last(&[abstains("t1"), abstains("t2")]);
    assert!(!signals.iter().any(|signal| signal.reason == Reason::LowConfidence), "{signals:?}");
}
