//! Repeat effort: a person asks for something that the package already held.
//!
//! Security questions are no repeat effort: asking again for them is often a duty.

use super::apply::is_id;
use super::package::Fact;

const SECURITY: [&str; 12] = [
    "pin",
    "password",
    "passcode",
    "otp",
    "cvv",
    "cvc",
    "ssn",
    "security",
    "secret",
    "verification",
    "dob",
    "birth",
];
/// Ends of a field's name that say how, not what.
const KINDS: [&str; 8] = ["number", "reference", "code", "num", "ids", "id", "no", "ref"];
const ASKS: [&str; 12] = [
    "what is",
    "what's",
    "whats",
    "could you",
    "can you",
    "can i",
    "may i",
    "please provide",
    "please send",
    "please share",
    "do you have",
    "i need your",
];

/// Two names for the same thing: `order_id`, `orderNumber`, `order`.
pub(super) fn same_field(given: &str, asked: &str) -> bool {
    !is_security(asked)
        && (stem(given) == stem(asked)
            || (given == "goal" && ["issue", "problem", "reason"].contains(&&*stem(asked))))
}

fn is_security(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| SECURITY.contains(&word))
        || SECURITY.iter().any(|secret| secret.len() > 3 && name.contains(secret))
}

/// The name without case, separators and kind.
fn stem(name: &str) -> String {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let cut = KINDS.iter().find_map(|kind| plain.strip_suffix(kind)).filter(|stem| !stem.is_empty());
    cut.map_or_else(|| plain.clone(), str::to_owned)
}

/// The first of the facts given that a human's text asks for. Naming its value is confirming, not asking.
pub(super) fn asked_for<'a>(
    text: &str,
    mut given: impl Iterator<Item = &'a str>,
    facts: &[Fact],
) -> Option<&'a str> {
    let lower = text.to_lowercase();
    if !lower.contains('?') && !ASKS.iter().any(|ask| lower.contains(ask)) {
        return None;
    }
    given.find(|name| {
        let confirms = facts.iter().any(|fact| fact.name == *name && text.contains(&fact.value));
        *name != "goal" && !is_security(name) && !confirms && is_named(&lower, name)
    })
}

/// `order_id` is named by "order id", "order number", "order #"; what is no id by its own words.
fn is_named(text: &str, name: &str) -> bool {
    let words = name.to_lowercase().replace(['_', '-'], " ");
    if !is_id(name) {
        return words.len() >= 4 && text.contains(&words);
    }
    let Some((noun, _)) = words.rsplit_once(' ') else { return false };
    text.match_indices(noun).any(|(at, _)| {
        let next = text[at + noun.len()..].trim_start_matches(['\'', 's', ' ']);
        next.starts_with('#')
            || KINDS.iter().any(|kind| next.split(|c: char| !c.is_alphanumeric()).next() == Some(kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::package::Source;

    #[test]
    fn a_field_has_many_names() {
        for (given, asked) in
            [("order_id", "order_number"), ("orderId", "order"), ("email", "Email"), ("goal", "issue")]
        {
            assert!(same_field(given, asked), "{given} {asked}");
        }
        for (given, asked) in [
            ("order_id", "order_date"),
            ("order_id", "user_id"),
            ("pin", "pin"),
            ("date_of_birth", "date_of_birth"),
        ] {
            assert!(!same_field(given, asked), "{given} {asked}");
        }
    }

    #[test]
    fn a_question_names_the_fact() {
        let facts = [Fact {
            name: "order_id".into(),
            value: "#W1".into(),
            values: vec!["#W1".into()],
            loose: 0,
            source: Source::Platform,
            event_id: "t".into(),
            at: 0,
        }];
        let asked = |text: &str| asked_for(text, ["order_id", "email", "pin"].into_iter(), &facts);
        assert_eq!(asked("Could you give me your order number?"), Some("order_id"));
        assert_eq!(asked("What's the order #?"), Some("order_id"));
        assert_eq!(asked("Can I have your email please"), Some("email"));
        assert_eq!(asked("Is your order number #W1?"), None);
        assert_eq!(asked("What did you order?"), None);
        assert_eq!(asked("I see the order number here."), None);
        assert_eq!(asked("what is your pin number?"), None);
    }
}
