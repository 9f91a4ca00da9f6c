//! `segue policy hear`: what a policy hears in single texts.

use serde_json::{Value, json};

use crate::domain::decision::Reason;
use crate::domain::policy::Policy;
use crate::domain::text::{AiOffer, Evidence, LEARNED_YES_FROM, Language, Model, Reading, primary};

/// Words that are named, at most.
const WORDS: usize = 6;

/// What is heard in a text of a customer, or of the AI: an object as the command writes it. `language`: the tag that the platform
/// would tell.
pub fn hear(policy: &Policy, text: &str, language: Option<&str>, by_ai: bool) -> Value {
    let known = language.map_or(Language::Unknown, Language::Declared);
    let common = |reading: &Reading| {
        let by = if by_ai { "ai" } else { "customer" };
        let language = language.or(reading.language);
        json!({ "text": text, "by": by, "language": language, "off": off(policy, by_ai) })
    };
    if by_ai {
        let reading = policy.lexicon.read(text, known);
        let own = json!({ "offers_person": reading.offer.is_some(),
            "yes_takes_it_up": reading.offer.map(|offer| offer.by_yes), "refuses": reading.refuses,
            "not_understood": reading.not_understood, "danger": reading.danger });
        return joined(common(&reading), own);
    }
    let reading = policy.lexicon.read_customer(text, known, false);
    let asks_from = policy.triggers.customer_request.learned_from;
    let danger_from = policy.triggers.safety.learned_from;
    let learned = |model, probability, from| learned_part(policy, model, text, probability, from);
    let evidence =
        Evidence { request: reading.request, agrees: false, learned: reading.learned_request(asks_from) };
    let agrees = policy.lexicon.takes_up(text, known, &reading, AiOffer::PLAIN);
    let asks_models = asks_from < 1.0 && !agrees;
    let may_agree =
        if asks_models { policy.lexicon.may_take_up(text, known, &reading, AiOffer::PLAIN) } else { 0.0 };
    let own = json!({
        "asks_person": evidence.probability(),
        "heard": reading.request.map(|request| request.means()),
        "learned": learned(Model::Request, reading.may_ask, asks_from),
        "declines_person": reading.declines_person,
        "danger": reading.tells_danger(danger_from),
        "learned_danger": learned(Model::Danger, reading.may_be_danger, danger_from),
        "displeasure": reading.displeasure,
        "reports_failure": reading.reports_failure,
        "agrees": agrees || may_agree >= LEARNED_YES_FROM,
        "learned_answer": learned(Model::Answer, may_agree, LEARNED_YES_FROM),
        "heard_languages": unheard(policy, language.or(reading.language)),
    });
    joined(common(&reading), own)
}

/// Triggers that go by what is said so, and are off.
fn off(policy: &Policy, by_ai: bool) -> Vec<&'static str> {
    let of_customer =
        [Reason::Safety, Reason::CustomerRequest, Reason::Frustration, Reason::NoProgress].as_slice();
    let of_ai = [Reason::CustomerRequest, Reason::NotUnderstood].as_slice();
    let heard = if by_ai { of_ai } else { of_customer }.iter();
    heard.filter(|reason| !policy.triggers.switch(**reason).enabled).map(|reason| reason.name()).collect()
}

/// The languages in which requests are heard, where the text's is none of them.
fn unheard<'a>(policy: &'a Policy, language: Option<&str>) -> Option<&'a [String]> {
    let languages = policy.triggers.customer_request.languages.as_slice();
    let is_on = |code: &str| languages.iter().any(|on| on.eq_ignore_ascii_case(primary(code)));
    language.filter(|code| !is_on(code)).map(|_| languages)
}

/// What a learned model says, where it was asked, and the words that it goes by.
fn learned_part(policy: &Policy, model: Model, text: &str, probability: f64, from: f64) -> Option<Value> {
    (probability > 0.0).then(|| {
        let mut words = policy.lexicon.learned().of(model).by_word(text);
        words.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
        words.truncate(WORDS);
        json!({ "probability": probability, "counts_from": from, "words": words })
    })
}

fn joined(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::policy::built_in;

    #[test]
    fn what_is_heard_says_by_what() {
        let policy = built_in();
        let asks = hear(&policy, "let me talk to an agent", None, false);
        assert_eq!((asks["asks_person"].as_f64(), &asks["learned"]), (Some(0.89), &Value::Null));
        assert_eq!(asks["heard"], "for a person by their role, a real one, or a service desk");
        let calm = hear(&policy, "Wo ist mein Paket?", Some("de-AT"), false);
        assert_eq!((calm["language"].as_str(), &calm["asks_person"]), (Some("de-AT"), &Value::Null));
        let words = calm["learned"]["words"].as_array().expect("the model was asked");
        assert_eq!(words.len(), 4, "{words:?}");
        let listed = hear(&policy, "I want to kill myself", None, false);
        assert_eq!((listed["danger"].as_bool(), &listed["learned_danger"]), (Some(true), &Value::Null));
        assert_eq!(
            (calm["danger"].as_bool(), calm["learned_danger"]["counts_from"].as_f64()),
            (Some(false), Some(0.85))
        );
        let refuses = hear(&policy, "I'm sorry, I cannot do that", None, true);
        assert_eq!((refuses["refuses"].as_bool(), refuses.get("asks_person")), (Some(true), None));
        let puzzled = hear(&policy, "Das habe ich leider nicht verstanden.", None, true);
        assert_eq!(puzzled["not_understood"].as_bool(), Some(true));
    }

    #[test]
    fn what_leads_to_nothing_is_told() {
        let mut policy = built_in();
        let asks = "quiero hablar con una persona";
        let told = |policy: &Policy, by_ai| {
            let heard = hear(policy, asks, None, by_ai);
            (heard["off"].clone(), heard["heard_languages"].clone())
        };
        assert_eq!(told(&policy, false), (json!([]), Value::Null));
        policy.triggers.customer_request.switch.enabled = false;
        policy.triggers.loop_.switch.enabled = false;
        policy.triggers.customer_request.languages = vec!["en".to_owned()];
        assert_eq!(told(&policy, false), (json!(["customer_request"]), json!(["en"])));
        assert_eq!(told(&policy, true), (json!(["customer_request"]), Value::Null));
    }
}
