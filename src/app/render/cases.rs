//! Cases of a policy as they went: a line where one passed, and where one failed what was expected, what came, and why.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde_json::Value;

use super::{Paint, Style, clean, clip, count, handoff, joined_at, list_at, text_at};
use crate::domain::decision::Signal;
use crate::domain::ids::Millis;
use crate::wire::fields::spell_duration;

/// Turns shown of a case in which nothing points at one.
const TURNS_SHOWN: usize = 4;

/// What stands before the cases of a file.
pub fn head(file: &str, policy: &str, version: &str, style: Style) -> String {
    style.heading(&clean(file), &clean(&format!("policy {policy}, {version}")))
}

/// One case.
pub fn block(verdict: &Value, style: Style) -> String {
    let name = text_at(verdict, "case").unwrap_or_default();
    if verdict["passed"] == true {
        return format!("{} {name}\n", style.paint(Paint::Title, "✓"));
    }
    let place = format!("{}:{}", text_at(verdict, "file").unwrap_or_default(), verdict["line"]);
    let mut out = format!(
        "{}  {}\n",
        style.paint(Paint::Alarm, &format!("✗ {name}")),
        style.paint(Paint::Faint, &place)
    );
    out.push_str(&style.lines("expected", &expectations(verdict)));
    out.push_str(&style.lines("came", &decisions(list_at(verdict, "came"), came)));
    let differences: Vec<String> =
        list_at(verdict, "differences").iter().filter_map(Value::as_str).map(clean).collect();
    out.push_str(&style.lines("differs", &differences));
    let rules = rules_matter(verdict);
    for turn in turns(verdict) {
        let mut rows = said(turn, style);
        if rules {
            rows.extend(without_value(turn));
        }
        if rows.len() == 1 {
            rows.push("no trigger said anything".to_owned());
        }
        out.push_str(&style.lines(&format!("turn {}", turn["turn"]), &rows));
    }
    out
}

/// Rules that did not fire because what they look for is not there, or is there and cannot be read.
fn without_value(turn: &Value) -> Vec<String> {
    let unread = list_at(turn, "unread");
    let is_read = |id: &&str| unread.iter().all(|one| one["rule"] != **id);
    let ids = list_at(turn, "rules_without_value").iter().filter_map(Value::as_str).filter(is_read);
    let nothing = ids.map(clean).collect::<Vec<_>>().join(", ");
    let mut rows: Vec<String> =
        if nothing.is_empty() { Vec::new() } else { vec![format!("met no value: {nothing}")] };
    rows.extend(unread.iter().filter_map(|one| {
        let text = |name| text_at(one, name);
        let (rule, variable, value) = (text("rule")?, text("variable")?, text("value")?);
        Some(format!(
            "met a value that it cannot read: {rule}; {variable} = {value} is no {}",
            text("is_no")?
        ))
    }));
    rows
}

/// What stands after all cases.
pub fn foot(passed: usize, failed: usize, style: Style) -> String {
    let text = format!("{}: {passed} passed, {failed} failed", count(passed + failed, "case"));
    format!("{}\n", if failed == 0 { text } else { style.paint(Paint::Alarm, &text) })
}

fn expectations(verdict: &Value) -> Vec<String> {
    match &verdict["expected"] {
        Value::Null => vec!["the events that it lists".to_owned()],
        _ => decisions(list_at(verdict, "expected"), expected),
    }
}

fn decisions(all: &[Value], words: fn(&Value) -> Vec<String>) -> Vec<String> {
    if all.is_empty() {
        return vec!["neither a hand-off nor an offer".to_owned()];
    }
    all.iter().map(|one| words(one).join(", ")).collect()
}

fn expected(one: &Value) -> Vec<String> {
    let mut parts = vec![text_at(one, "decision").unwrap_or_default()];
    parts.extend(match (one["turn"].as_i64(), one["after_ms"].as_i64()) {
        (Some(turn), after_ms) => Some(when(turn, after_ms.unwrap_or(0))),
        (None, Some(after_ms)) => Some(format!("{} after a turn", spell_duration(after_ms))),
        (None, None) => None,
    });
    for (name, nothing) in [("reason", ""), ("rule", "none"), ("queue", "(default)"), ("priority", "")] {
        let value = if one[name] == "" { Some(nothing.to_owned()) } else { text_at(one, name) };
        parts.extend(value.map(|value| format!("{name} {value}")));
    }
    if one["skills"].is_array() {
        parts.push(format!("skills {}", joined_at(one, "skills").unwrap_or_else(|| "none".to_owned())));
    }
    let facts = one["facts"].as_object().into_iter().flatten();
    parts.extend(
        facts.map(|(name, value)| clean(&format!("fact {name} {}", value.as_str().unwrap_or_default()))),
    );
    parts
}

fn came(one: &Value) -> Vec<String> {
    let mut parts = vec![text_at(one, "decision").unwrap_or_default()];
    parts.extend(one["turn"].as_i64().map(|turn| when(turn, one["after_ms"].as_i64().unwrap_or(0))));
    parts.extend(handoff::reasons(one));
    parts.push(handoff::route(one));
    parts
}

/// `at turn 3`, `2 min after turn 3`.
pub fn when(turn: impl Display, after_ms: Millis) -> String {
    match after_ms {
        0 => format!("at turn {turn}"),
        _ => format!("{} after turn {turn}", spell_duration(after_ms)),
    }
}

/// A rule was expected, or nothing came: it may be that a rule looked for something that is not there.
fn rules_matter(verdict: &Value) -> bool {
    list_at(verdict, "came").is_empty()
        || list_at(verdict, "expected").iter().any(|one| one["rule"].is_string())
}

/// The turns that were expected or decided; where there are none, the last ones at which anything was said.
fn turns(verdict: &Value) -> Vec<&Value> {
    let all = list_at(verdict, "turns");
    let pointed: BTreeSet<i64> = ["expected", "came"]
        .iter()
        .flat_map(|list| list_at(verdict, list))
        .filter_map(|one| one["turn"].as_i64())
        .collect();
    if !pointed.is_empty() {
        return all
            .iter()
            .filter(|turn| turn["turn"].as_i64().is_some_and(|turn| pointed.contains(&turn)))
            .collect();
    }
    let spoke = |turn: &&Value| {
        !list_at(turn, "signals").is_empty() || !list_at(turn, "rules_without_value").is_empty()
    };
    let mut spoke: Vec<&Value> = all.iter().filter(spoke).collect();
    if spoke.is_empty() {
        spoke.extend(all.last());
    }
    spoke.split_off(spoke.len().saturating_sub(TURNS_SHOWN))
}

/// Who spoke, the words, and what each trigger said.
fn said(turn: &Value, style: Style) -> Vec<String> {
    let words = text_at(turn, "words").map(|words| format!(" “{words}”")).unwrap_or_default();
    let room = style.width.saturating_sub(super::LABEL);
    let mut rows = vec![clip(&format!("{}{words}", text_at(turn, "role").unwrap_or_default()), room)];
    for signal in list_at(turn, "signals") {
        let strength = signal["strength"].as_f64().unwrap_or_default();
        let decides = if strength >= Signal::FIRES {
            text_at(signal, "decision").unwrap_or_default()
        } else {
            "too weak".to_owned()
        };
        rows.push(format!("{strength:.2}  {}, {decides}", handoff::reason(signal)));
    }
    rows.extend(together(turn));
    rows
}

/// What the signals of the episode came to together, where a bound is set for that.
fn together(turn: &Value) -> Option<String> {
    let (strength, bound) = (turn["combined_strength"].as_f64()?, turn["combined_threshold"].as_f64()?);
    let decides = text_at(turn, "combined_decision").unwrap_or_else(|| "too weak".to_owned());
    Some(format!("{strength:.2}  together (at a bound of {}), {decides}", handoff::number(bound)))
}
