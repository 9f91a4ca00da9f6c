//! What a policy file says that nobody can mean: each value may be, and what they say together makes no sense.
//!
//! Only what somebody writes is looked at so. A policy that was put in force by an earlier version is read back as it was
//! ([`super::read_back`]): an upgrade must not take it out of force.

use super::languages;
use crate::domain::combination::NEVER;
use crate::domain::policy::Policy;
use crate::domain::text::{Language, Request};
use crate::wire::document::{Entry, Item, Place, find};
use crate::wire::fields::spell_duration;

/// Every problem, with its place; `written` is what the file itself names.
pub fn problems(policy: &Policy, written: &[Entry]) -> Vec<(Place, String)> {
    let mut problems = Vec::new();
    problems.extend(bounds(policy, written));
    problems.extend(times(policy, written));
    // Weights of one's own may hear a language that nothing else is heard in.
    if find(written, &["triggers", "customer_request", "weights_file"]).is_none() {
        let languages = texts(written, &["triggers", "customer_request", "languages"]);
        let unheard = |tag: &str| languages::heard(tag).err();
        problems.extend(told("triggers.customer_request.languages", languages, unheard));
    }
    let asked: Vec<(&Place, &str)> = texts(written, &["triggers", "customer_request", "phrases"]).collect();
    problems.extend(told("triggers.customer_request.phrases", asked.iter().copied(), |phrase| {
        wordless(phrase).or_else(|| refused(phrase, &asked, policy))
    }));
    let dangers = texts(written, &["triggers", "safety", "phrases"]);
    problems.extend(told("triggers.safety.phrases", dangers, wordless));
    problems
}

/// Nobody is ever asked where a person is requested first.
fn bounds(policy: &Policy, written: &[Entry]) -> Option<(Place, String)> {
    let combination = &policy.combination;
    let (offer, hand_off) = (combination.offer, combination.hand_off);
    if !combination.enabled || offer >= NEVER || offer <= hand_off {
        return None;
    }
    let at = |key| find(written, &["combination", key]);
    let (key, entry) =
        at("hand_off").map(|entry| ("hand_off", entry)).or(at("offer").map(|it| ("offer", it)))?;
    let what = format!(
        "combination.{key}: offer ({offer}) is above hand_off ({hand_off}), so no customer is ever asked; set offer to \
         {hand_off} or less, or to 1.0 to hand off only"
    );
    Some((entry.place.clone(), what))
}

/// A conversation would be forgotten before its silence ends it.
fn times(policy: &Policy, written: &[Entry]) -> Option<(Place, String)> {
    let lifecycle = &policy.lifecycle;
    let (forget, idle) = (lifecycle.forget_after_ms, lifecycle.idle_after_ms);
    if forget >= idle {
        return None;
    }
    let at = |keys: [&'static str; 2]| {
        keys.into_iter().find_map(|key| find(written, &["lifecycle", key]).map(|entry| (key, entry)))
    };
    let (key, entry) =
        at(["forget_after_ms", "forget_after"]).or_else(|| at(["idle_after_ms", "idle_after"]))?;
    let [forget, idle] = [forget, idle].map(spell_duration);
    let what = format!(
        "lifecycle.{key}: forget_after ({forget}) is shorter than idle_after ({idle}), so a conversation is forgotten sooner \
         than its silence ends it; set forget_after to {idle} or more"
    );
    Some((entry.place.clone(), what))
}

/// Words are all that is looked for.
fn wordless(phrase: &str) -> Option<String> {
    let what = || format!("\"{phrase}\" holds no word, so it is never found; write words, or remove it");
    (!phrase.chars().any(char::is_alphanumeric)).then(what)
}

/// A phrase that asks for a person in words that say that none is wanted is never heard.
fn refused(phrase: &str, all: &[(&Place, &str)], policy: &Policy) -> Option<String> {
    let reading = policy.lexicon.read_customer(&phrase.replace(" .. ", " "), Language::Unknown, true);
    if reading.request == Some(Request::OwnPhrase) {
        return None;
    }
    let lower = phrase.to_lowercase();
    let within = all.iter().map(|(_, other)| *other);
    let within = within.filter(|other| *other != phrase).find(|other| lower.contains(&other.to_lowercase()));
    let why = match within {
        Some(other) if reading.request.is_none() => format!("refuses \"{other}\", which stands here too"),
        Some(_) | None if reading.declines_person => "says that no person is wanted".to_owned(),
        Some(_) | None => return None,
    };
    Some(format!(
        "\"{phrase}\" {why}, so it asks for none; remove it (a no before a phrase is heard as a no), or write what is said by \
         who wants a person"
    ))
}

/// The texts of a list that the file names, each with its place.
fn texts<'a>(written: &'a [Entry], path: &[&str]) -> impl Iterator<Item = (&'a Place, &'a str)> {
    let elements = match find(written, path).map(|entry| &entry.value) {
        Some(Item::List(elements)) => elements.as_slice(),
        Some(_) | None => &[],
    };
    elements.iter().filter_map(|element| Some((&element.place, element.value.text()?)))
}

/// What is wrong with each of them, under their key.
fn told<'a>(
    key: &str,
    texts: impl Iterator<Item = (&'a Place, &'a str)>,
    wrong: impl Fn(&str) -> Option<String>,
) -> Vec<(Place, String)> {
    let problem = |(place, text): (&Place, &str)| Some((place.clone(), format!("{key}: {}", wrong(text)?)));
    texts.filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use crate::wire::policy::{load, read_back};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let told = load("p.toml", text).err().unwrap_or_default();
        assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{text}");
        assert!(read_back("p.toml", text).is_ok(), "what was in force stays in force: {text}");
    }

    #[test]
    fn an_offer_that_never_comes_is_refused() {
        let told = |line, key, offer, hand_off| {
            format!(
                "p.toml:{line}: combination.{key}: offer ({offer}) is above hand_off ({hand_off}), so no customer is ever \
                 asked; set offer to {hand_off} or less, or to 1.0 to hand off only"
            )
        };
        check("[combination]\noffer = 0.9\nhand_off = 0.5\n", &[&told(3, "hand_off", "0.9", "0.5")]);
        check("[combination]\nhand_off = 0.5\n", &[&told(2, "hand_off", "0.7", "0.5")]);
        for fine in
            ["offer = 1.0\nhand_off = 0.5", "offer = 0.5\nhand_off = 0.5", "enabled = false\nhand_off = 0.1"]
        {
            check(&format!("[combination]\n{fine}\n"), &[]);
        }
    }

    #[test]
    fn what_is_forgotten_before_it_ends_is_refused() {
        check(
            "[lifecycle]\nidle_after = \"30m\"\nforget_after = \"10m\"\n",
            &[
                "p.toml:3: lifecycle.forget_after: forget_after (10 min) is shorter than idle_after (30 min), so a conversation \
               is forgotten sooner than its silence ends it; set forget_after to 30 min or more",
            ],
        );
        check("[lifecycle]\nidle_after = \"30m\"\nforget_after = \"30m\"\n", &[]);
    }

    #[test]
    fn phrases_that_are_never_heard_are_refused_each_with_its_line() {
        let request = "triggers.customer_request.phrases";
        let wordless = "holds no word, so it is never found; write words, or remove it";
        let no = "so it asks for none; remove it (a no before a phrase is heard as a no), or write what is said by who wants a \
                  person";
        check(
            "[triggers.customer_request]\nphrases = [\"...\",\n\"beam me up\",\n\"do not beam me up\",\n\"please don't \
             transfer me\"]\n[triggers.safety]\nphrases = [\"?!\"]\n",
            &[
                &format!("p.toml:2: {request}: \"...\" {wordless}"),
                &format!(
                    "p.toml:4: {request}: \"do not beam me up\" refuses \"beam me up\", which stands here too, {no}"
                ),
                &format!(
                    "p.toml:5: {request}: \"please don't transfer me\" says that no person is wanted, {no}"
                ),
                &format!("p.toml:7: triggers.safety.phrases: \"?!\" {wordless}"),
            ],
        );
        let fine = [
            "beam me up",
            "front desk",
            "put .. through",
            "転送して",
            "ขอสาย",
            "no more bots",
            "gebt mir wen",
            "支配人",
        ];
        check(&format!("[triggers.customer_request]\nphrases = {fine:?}\n"), &[]);
    }

    #[test]
    fn a_language_that_nothing_is_heard_in_is_refused() {
        check(
            "[triggers.customer_request]\nlanguages = [\"de\", \"xx\"]\n",
            &[
                "p.toml:2: triggers.customer_request.languages: \"xx\" is no language that requests are heard in; write one of \
               en, de, fr, es, it, pt, nl, pl, tr, vi, id, ru, hi, zh, ja, ko",
            ],
        );
        check("[triggers.customer_request]\nlanguages = [\"sv\"]\nweights_file = \"sv.weights\"\n", &[]);
        // The AI may serve any, and the platform says which one it is.
        check("[triggers.unsupported_language]\nsupported = [\"fi\"]\n", &[]);
    }
}
