//! Fallbacks in a row, by the platform's flag and by the AI's own words.

use super::*;

#[test]
fn fallbacks_count_in_a_row() {
    use Role::{Ai, Customer};
    let (yes, no) = (|id, role| falls_back(id, true, role), |id, role| falls_back(id, false, role));
    check(&[yes("t1", Ai), no("t2", Customer), yes("t3", Ai)], &[Reason::NotUnderstood]);
    check(&[yes("t1", Ai), no("t2", Ai), yes("t3", Ai)], &[]);
}

#[test]
fn an_ai_that_says_it_did_not_understand_falls_back() {
    use Role::{Ai, Customer, Human};
    let puzzled = |id, role| says(id, role, "Sorry, I didn't get that. Could you rephrase?");
    let asks = |id| says(id, Customer, "where is my blue parcel");
    let answers = |id| says(id, Ai, "It left our warehouse this morning.");
    check(&[asks("t1"), puzzled("t2", Ai), asks("t3"), puzzled("t4", Ai)], &[Reason::NotUnderstood]);
    check(&[puzzled("t1", Ai), answers("t2"), puzzled("t3", Ai)], &[]);
    check(&[puzzled("t1", Ai), puzzled("t2", Customer)], &[]);
    check(&[puzzled("t1", Ai), puzzled("t2", Human)], &[]);
    check(&[puzzled("t1", Ai), falls_back("t2", true, Ai)], &[Reason::NotUnderstood]);
    let mut deaf = policy();
    deaf.triggers.not_understood.by_words = false;
    let heard = last_by(&deaf, &[puzzled("t1", Ai), puzzled("t2", Ai)]);
    assert!(heard.iter().all(|signal| signal.reason != Reason::NotUnderstood), "{heard:?}");
}

#[test]
fn what_the_ai_says_of_a_flagged_turn_is_the_same_failure() {
    use Role::{Ai, Customer};
    let puzzled = |id| says(id, Ai, "Sorry, I didn't get that.");
    let flagged = |id| falls_back(id, true, Customer);
    check(&[flagged("t1"), puzzled("t2")], &[]);
    check(&[flagged("t1"), puzzled("t2"), flagged("t3")], &[Reason::NotUnderstood]);
    check(&[flagged("t1"), puzzled("t2"), falls_back("t3", false, Customer), puzzled("t4")], &[]);
}

#[test]
fn turns_without_words_count_by_whose_they_are() {
    let silent = |id: &'static str, role| Turn { text: None, ..falls_back(id, true, role) };
    check(
        &[
            silent("t1", Role::Customer),
            says("t2", Role::Ai, "Your parcel is on its way."),
            silent("t3", Role::Customer),
        ],
        &[Reason::NotUnderstood],
    );
}
