//! What is a request for a person, and what only sounds like one: refusals that are none, a policy's own words and languages.

use super::*;

#[test]
fn a_person_before_a_hyphen_is_a_kind_of_thing_and_a_refused_one_none() {
    check_requests(
        &["a human-operator please", "I want a human - now", "no, agent please", "No. An agent, please"],
        &[
            "I need a human-friendly invoice",
            "is it an agent-based model",
            "Ich brauche eine Mitarbeiter-Rabattkarte",
            "no agent please",
            "no human please",
        ],
    );
}
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
fn a_customer_asks_for_a_person_in_many_ways() {
    use Role::{Ai, Customer};
    for text in [
        "I want to talk to a person",
        "can you transfer me to a human?",
        "agent",
        "real person please",
        "I don't know how to talk to an operator",
        "I don't want to talk to a robot",
        "Is there anyone there I can actually talk to?",
        "please escalate this",
        "transfer me please",
        "if you still see Silver, I'd like a supervisor",
        "you are useless. get me a human",
        "Ich möchte mit einem Menschen sprechen",
        "¿Hay alguna persona con la que pueda hablar?",
        "quiero hablar con un agente",
        "I want to talk",
        "need to speak please",
        "I want to talk to an executive",
        "If not, could you please transfer me to someone who might help?",
    ] {
        check(&[says("t1", Customer, text)], &[Reason::CustomerRequest]);
    }
    check(
        &[
            says("t1", Ai, "Would you like me to connect you to a human agent?"),
            says("t2", Customer, "Yes please"),
        ],
        &[Reason::CustomerRequest],
    );
    for yes in [
        "Yes, please, as I'm sure I purchased insurance for this flight.",
        "That would be helpful. The reason I need to change it is because my plans have changed",
    ] {
        let offer = "I can transfer you to a human agent. Would you like me to do that?";
        check(&[says("t1", Ai, offer), says("t2", Customer, yes)], &[Reason::CustomerRequest]);
    }
    for offer in [
        "Press 0 to speak to an agent.",
        "Would you like to talk to an agent? Reply 0 for an agent, 1 to go on.",
    ] {
        check(&[says("t1", Ai, offer), says("t2", Customer, " 0 ")], &[Reason::CustomerRequest]);
        check(&[says("t1", Ai, offer), says("t2", Customer, "1")], &[]);
    }
    check(&[says("t1", Ai, "How many bags do you have?"), says("t2", Customer, "0")], &[]);
    let understood = |confidence| Turn {
        intent: Some("CHAT_WITH_AGENT".into()),
        confidence: Some(confidence),
        ..says("t1", Customer, "useless")
    };
    check(&[understood(0.9)], &[Reason::CustomerRequest]);
    check(&[understood(0.6)], &[]);
}

#[test]
fn who_only_asks_whether_anyone_is_there_says_little() {
    let requests: Vec<f64> = last(&[says("t1", Role::Customer, "hello? anyone there?")])
        .iter()
        .filter(|signal| signal.reason == Reason::CustomerRequest)
        .map(|signal| signal.strength)
        .collect();
    assert_eq!(requests, [0.2], "counted, and too weak to decide");
}

#[test]
fn what_only_sounds_like_it_is_no_request() {
    use Role::{Ai, Customer};
    for text in [
        "I don't want to talk to a person",
        "are you a person?",
        "am I talking to a real person",
        "can a person withdraw without a card?",
        "call my boss",
        "I spoke to an agent yesterday",
        "do not transfer me",
        "I'm a travel agent",
        "Hello agent",
        "human?",
        "I am not a robot",
        "how many people can join",
        "I'll try contacting customer service directly",
        "Okay, I'll try to find it and contact a human agent if needed",
        "Please, I really need this handled quickly",
        "I'd prefer to settle this with you rather than being transferred to someone else",
        "I can't deal with being transferred to anyone else",
        "Please don't transfer \u{2014} just submit the exchange",
        "do you have an executive suite",
        "Yes please",
        "bist du ein Mensch?",
        "ich will nicht mit einem Menschen sprechen",
    ] {
        check(&[says("t1", Customer, text)], &[]);
    }
    check(&[says("t1", Ai, "I want to talk to a person")], &[]);
    check(
        &[says("t1", Ai, "Would you like me to check your order?"), says("t2", Customer, "Yes please")],
        &[],
    );
}

#[test]
fn a_no_in_front_of_a_wish_is_an_answer() {
    check_requests(
        &[
            "No, I want to talk to an agent",
            "no I want a human",
            "No, please connect me to an agent",
            "No, transfer me to a person",
            "No, quiero hablar con un agente",
            "Nein, ich möchte mit einem Mitarbeiter sprechen",
        ],
        &[
            "I do not want to talk to an agent",
            "no i dont want a human",
            "No, please don't connect me to an agent",
            "No quiero hablar con un agente",
            "Nein, ich möchte nicht mit einem Mitarbeiter sprechen",
        ],
    );
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
    check_requests(
        &[
            "Ich komme nicht weiter ohne einen Menschen, bitte verbinden Sie mich mit einem Mitarbeiter",
            "I want to talk to someone at your company before I sign",
        ],
        &[
            "Am I speaking with a member of staff or with software?",
            "posso disdire senza parlare con un operatore?",
            "I have to talk to someone at my company before I sign",
            "debo consultarlo con alguien de mi empresa",
        ],
    );
}
