//! What is a request for a person, beyond the first examples: refusals that are none, a policy's own words and languages.

use super::*;
use crate::domain::hearing::{Hearing, Lists};
use crate::domain::text::Learned;

fn policy_with(lists: Lists) -> Policy {
    let mut policy =
        Policy { lexicon: std::sync::Arc::new(Hearing::new(lists, Learned::nothing())), ..policy() };
    policy.triggers.unsupported_language.switch.enabled = false;
    policy
}

fn fired(policy: &Policy, text: &str) -> Vec<Reason> {
    let signals = last_by(policy, &[says("t", Role::Customer, text)]);
    signals.into_iter().filter(Signal::fires).map(|signal| signal.reason).collect()
}

#[test]
fn a_no_in_front_of_a_wish_is_an_answer() {
    for text in [
        "No, I want to talk to an agent",
        "no I want a human",
        "No, please connect me to an agent",
        "No, transfer me to a person",
        "No, quiero hablar con un agente",
        "Nein, ich möchte mit einem Mitarbeiter sprechen",
    ] {
        assert!(asks(text), "{text}");
    }
    for text in [
        "I do not want to talk to an agent",
        "no i dont want a human",
        "No, please don't connect me to an agent",
        "No quiero hablar con un agente",
        "Nein, ich möchte nicht mit einem Mitarbeiter sprechen",
    ] {
        assert!(!asks(text), "{text}");
    }
}

#[test]
fn a_comma_parts_a_no_from_the_phrase_that_it_would_begin() {
    let polish = policy_with(Lists { languages: vec!["pl".to_owned()], ..Lists::default() });
    assert_eq!(fired(&polish, "Nie, chcę rozmawiać z konsultantem"), [Reason::CustomerRequest]);
    assert_eq!(fired(&polish, "Nie chcę rozmawiać z konsultantem"), []);
}

#[test]
fn a_policys_own_phrases_are_found_in_running_text_and_refused_like_others() {
    let own = |phrases: &[&str]| phrases.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let policy = policy_with(Lists {
        languages: own(&["en", "de", "zh", "ja"]),
        request_phrases: own(&["my banker", "meinen berater", "课长", "店長"]),
        safety_phrases: own(&["漏水", "リコール", "누수"]),
    });
    for text in ["get me my banker", "No, my banker please", "我要课长", "店長に代わってください"]
    {
        assert_eq!(fired(&policy, text), [Reason::CustomerRequest], "{text}");
    }
    for text in [
        "Please do not transfer me to my banker",
        "I don't want my banker",
        "ich will nicht an meinen berater",
        "我不要课长",
    ] {
        assert_eq!(fired(&policy, text), [], "{text}");
    }
    for text in ["厨房漏水了怎么办", "この商品はリコール対象ですか", "집중누수가 있어요"]
    {
        assert_eq!(fired(&policy, text), [Reason::Safety], "{text}");
    }
}

#[test]
fn the_languages_of_a_policy_are_those_of_requests_and_danger_is_heard_in_all() {
    let policy = policy_with(Lists { languages: vec!["en".to_owned()], ..Lists::default() });
    assert_eq!(fired(&policy, "Ich will mit einem Mitarbeiter sprechen"), []);
    assert_eq!(fired(&policy, "请转人工客服"), []);
    assert_eq!(fired(&policy, "Il y a une fuite de gaz, je vais mourir"), [Reason::Safety]);
    assert_eq!(fired(&policy, "我想自杀"), [Reason::Safety]);
}

#[test]
fn danger_is_heard_beside_a_request_in_another_language() {
    let german = Turn {
        language: Some("de".into()),
        ..says("t", Role::Customer, "Connect me to an agent. Ich will mich umbringen.")
    };
    check(&[german], &[Reason::Safety, Reason::CustomerRequest]);
}

#[test]
fn who_asks_what_they_are_talking_to_or_must_ask_somebody_else_asks_for_nobody() {
    for text in [
        "Am I speaking with a member of staff or with software?",
        "posso disdire senza parlare con un operatore?",
        "I have to talk to someone at my company before I sign",
        "debo consultarlo con alguien de mi empresa",
    ] {
        assert!(!asks(text), "{text}");
    }
    for text in [
        "Ich komme nicht weiter ohne einen Menschen, bitte verbinden Sie mich mit einem Mitarbeiter",
        "I want to talk to someone at your company before I sign",
    ] {
        assert!(asks(text), "{text}");
    }
}
