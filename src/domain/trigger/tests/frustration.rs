//! Displeasure over a conversation: what lasts or breaks out fires, one angry turn does not.

use super::*;

#[test]
fn tension_grows_with_blame_and_bad_news_and_eases_with_kindness() {
    use Role::{Ai, Customer};
    let strength = |answer: &'static str, text: &'static str| {
        let turns =
            [says("t1", Customer, "A room for two"), says("t2", Ai, answer), says("t3", Customer, text)];
        last(&turns)[0].strength
    };
    let rising = [
        strength("Which day?", "yes, Monday please"),
        strength("Which day?", "on Monday"),
        strength("I cannot find any room.", "on Monday"),
        strength("I cannot find any room.", "on Monday, you had one"),
    ];
    assert!(rising.is_sorted_by(|a, b| a < b) && rising[3] < Signal::FIRES, "{rising:?}");
}

#[test]
fn anger_has_to_last() {
    let angry = |id, text| says(id, Role::Customer, text);
    let rant = [
        angry("t1", "This is ridiculous, you useless idiot"),
        angry("t2", "what a pathetic joke, not what I asked"),
        angry("t3", "absolutely terrible, are you even listening??"),
    ];
    check(
        &[
            says("t0", Role::Customer, "thanks, that is great"),
            says("t1", Role::Customer, "This is ridiculous"),
        ],
        &[],
    );
    check(&rant, &[Reason::Frustration]);
    let sad = |id, sentiment| Turn { sentiment: Some(sentiment), ..says(id, Role::Customer, "fine") };
    check(&[sad("t1", -0.9), sad("t2", -0.9), sad("t3", -1.0)], &[Reason::Frustration]);
    check(&[sad("t1", 0.9), sad("t2", -0.9)], &[]);
}

#[test]
fn anger_that_breaks_out_after_trouble_needs_less_than_anger_alone() {
    use Role::{Ai, Customer};
    let furious = Turn { sentiment: Some(-1.0), ..says("t5", Customer, "you lied to me, you took my rank") };
    let trouble = [
        says("t1", Customer, "lost my skins after the patch"),
        says("t2", Ai, "Unfortunately I cannot find them. Please restart the launcher."),
        says("t3", Customer, "you told me that already, you took my rank too"),
        says("t4", Ai, "I cannot find that either, sorry."),
        furious.clone(),
    ];
    let fires = |turns: &[Turn<'_>]| {
        let signals = last(turns);
        let signal = signals.into_iter().find(|signal| signal.reason == Reason::Frustration);
        signal.is_some_and(|signal| signal.fires())
    };
    assert!(fires(&trouble));
    assert!(!fires(&[says("t1", Customer, "A room for two"), furious]));
    let mut never = policy();
    never.triggers.frustration.level = 1.0;
    assert!(last_by(&never, &trouble).iter().all(|signal| signal.strength < Signal::FIRES));
}
