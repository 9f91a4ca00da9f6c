//! What a policy hears in a text, for people.

use serde_json::Value;

use super::{Paint, Style, clean, joined_at, list_at, text_at};

/// One text.
pub fn block(heard: &Value, style: Style) -> String {
    let text = text_at(heard, "text").unwrap_or_default();
    let mut out = format!("{}\n", style.paint(Paint::Title, &text));
    let language = text_at(heard, "language").unwrap_or_else(|| "does not tell".to_owned());
    out.push_str(&style.lines("language", &[language]));
    out.push_str(&if heard["by"] == "ai" { ai(heard, style) } else { customer(heard, style) });
    out.push_str(&style.lines("off", &off(heard)));
    out
}

/// What is heard and leads to nothing under this policy.
fn off(heard: &Value) -> Vec<String> {
    let triggers = list_at(heard, "off").iter().filter_map(Value::as_str);
    let mut lines: Vec<String> = triggers
        .map(|name| format!("{name} is off in this policy: what is heard of it leads to nothing"))
        .collect();
    if heard["heard_languages"].is_array() {
        let language = text_at(heard, "language").unwrap_or_default();
        let heard = joined_at(heard, "heard_languages").unwrap_or_else(|| "none".to_owned());
        lines.push(format!(
            "requests in {language} are not listened to in this policy (customer_request.languages: {heard})"
        ));
    }
    lines
}

fn ai(heard: &Value, style: Style) -> String {
    let said = [
        ("offers_person", "offers a person"),
        ("yes_takes_it_up", "a yes takes it up"),
        ("refuses", "refuses"),
        ("not_understood", "did not understand"),
        ("danger", "danger"),
    ];
    style.lines("says", &marks(heard, &said))
}

fn customer(heard: &Value, style: Style) -> String {
    let mut out = style.lines("person", &[person(heard)]);
    out.push_str(&style.lines("words", &words(&heard["learned"])));
    if let Some((share, from)) = numbers(&heard["learned_danger"]) {
        let is_heard = if heard["danger"] == true { "heard, as learned" } else { "not heard; learned:" };
        out.push_str(&style.lines("danger", &[format!("{is_heard} {share:.2}, counts from {from}")]));
        out.push_str(&style.lines("words", &words(&heard["learned_danger"])));
    }
    if let Some((share, from)) = numbers(&heard["learned_answer"]) {
        let is_taken_up =
            if heard["agrees"] == true { "taken up, as learned" } else { "not taken up; learned:" };
        out.push_str(&style.lines("offer", &[format!("{is_taken_up} {share:.2}, counts from {from}")]));
        out.push_str(&style.lines("words", &words(&heard["learned_answer"])));
    }
    let displeasure = heard["displeasure"].as_f64().unwrap_or_default();
    out.push_str(&style.lines("mood", &[format!("displeasure {displeasure:.2}")]));
    let said = [("danger", "danger"), ("reports_failure", "it still fails"), ("agrees", TAKES_UP)];
    out.push_str(&style.lines("says", &marks(heard, &said)));
    out
}

/// What a yes says where a person is offered.
const TAKES_UP: &str = "would take up an offer of a person";

/// Whether a person is asked for, and by what that is known.
fn person(heard: &Value) -> String {
    if let (Some(strength), Some(how)) = (heard["asks_person"].as_f64(), text_at(heard, "heard")) {
        return format!("asked {how} ({strength:.2})");
    }
    let declined = if heard["declines_person"] == true { "wants none" } else { "not asked for" };
    match numbers(&heard["learned"]) {
        Some((share, from)) if heard["asks_person"].is_number() => {
            format!("asked for, as learned ({share:.2}, counts from {from})")
        }
        Some((share, from)) => format!("{declined} (learned: {share:.2}, counts from {from})"),
        None => declined.to_owned(),
    }
}

/// The probability that a model gives, and from which on it counts.
fn numbers(learned: &Value) -> Option<(f64, f64)> {
    Some((learned["probability"].as_f64()?, learned["counts_from"].as_f64()?))
}

/// The words that a model goes by, on one line.
fn words(learned: &Value) -> Vec<String> {
    let words: Vec<String> = list_at(learned, "words")
        .iter()
        .filter_map(|word| Some(format!("{} {:+.1}", clean(word[0].as_str()?), word[1].as_f64()?)))
        .collect();
    if words.is_empty() { words } else { vec![words.join(", ")] }
}

/// The names of what is true.
fn marks(heard: &Value, known: &[(&str, &str)]) -> Vec<String> {
    let said: Vec<&str> =
        known.iter().filter(|(key, _)| heard[*key] == true).map(|(_, means)| *means).collect();
    if said.is_empty() { Vec::new() } else { vec![said.join(", ")] }
}

#[cfg(test)]
mod tests {
    use super::super::Colour;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_shown_with_what_is_heard_and_by_what() {
        let style = Style { colour: Colour::Plain, width: 80 };
        let learned = json!({ "text": "who can I ring?", "by": "customer", "language": "en", "danger": false,
            "asks_person": 0.91, "heard": null, "declines_person": false, "displeasure": 0.07,
            "reports_failure": false, "agrees": true, "off": ["customer_request"], "heard_languages": ["de", "fr"],
            "learned": { "probability": 0.91, "counts_from": 0.8, "words": [["ring", 2.04], ["can", -0.3]] },
            "learned_danger": { "probability": 0.04, "counts_from": 0.9, "words": [["ring", -0.5]] },
            "learned_answer": { "probability": 0.95, "counts_from": 0.9, "words": [["who", 0.4]] } });
        assert_eq!(
            block(&learned, style),
            "who can I ring?\n  language  en\n  person    asked for, as learned (0.91, counts from 0.8)\n  \
             words     ring +2.0, can -0.3\n  danger    not heard; learned: 0.04, counts from 0.9\n  \
             words     ring -0.5\n  offer     taken up, as learned 0.95, counts from 0.9\n  words     who +0.4\n  mood      displeasure 0.07\n  says      would take up an offer of a person\n  \
             off       customer_request is off in this policy: what is heard of it leads to nothing\n  \
             \x20         requests in en are not listened to in this policy (customer_request.languages: de, fr)\n"
        );
        let ai = json!({ "text": "no\u{1b}[2J", "by": "ai", "language": null, "danger": false, "offers_person": true,
            "refuses": true });
        let shown = block(&ai, style);
        assert!(
            shown.ends_with("language  does not tell\n  says      offers a person, refuses\n"),
            "{shown}"
        );
        assert!(!shown.contains('\u{1b}'), "no control characters");
    }
}
