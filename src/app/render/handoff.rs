//! A hand-off event as a block of text: why, what the customer wants, what is known and what was tried.

use serde_json::Value;

use super::{Paint, Style, clean, clip, joined_at, list_at, moment, span, text_at};

/// The whole block for events that carry a package (`requested`, `offered`), one line for the others.
pub fn block(event: &Value, style: Style) -> String {
    let kind = text_at(event, "type").unwrap_or_else(|| "hand-off".to_owned());
    let id = text_at(event, "conversation_id").unwrap_or_default();
    let at = event["event_time"].as_i64().map(moment).unwrap_or_default();
    if !event["package"].is_object() {
        return line(event, &kind, &id, &at, style);
    }
    let package = &event["package"];
    let mut out = style.heading(&format!("{} {id}", kind.to_uppercase()), &at);
    let mut entry = |label: &str, text: Option<String>| {
        if let Some(text) = text {
            out.push_str(&style.entry(label, &text));
        }
    };
    entry("why", reasons(event));
    entry("goal", text_at(package, "goal"));
    entry("summary", text_at(package, "summary"));
    entry("customer", text_at(package, "last_customer_text").map(|text| format!("“{text}”")));
    entry("question", text_at(package, "open_question").map(|text| format!("“{text}”")));
    entry("verified", Some(verification(&package["verification"])));
    out.push_str(&facts(&package["facts"], style));
    out.push_str(&steps(list_at(package, "steps_attempted"), style));
    let mut entry = |label: &str, text: Option<String>| {
        if let Some(text) = text {
            out.push_str(&style.entry(label, &text));
        }
    };
    entry("mood", mood(&package["sentiment"]));
    entry("waiting", waiting(event));
    entry("route", Some(route(event)));
    entry("about", about(event));
    entry("complete", completeness(&package["completeness"]));
    out
}

fn line(event: &Value, kind: &str, id: &str, at: &str, style: Style) -> String {
    let note = text_at(event, "note").map(|note| format!(", {note}")).unwrap_or_default();
    let shown = format!("{} {id}  {}{note}", kind.to_uppercase(), route(event));
    let shown = clip(&shown, style.width.saturating_sub(super::columns(at) + 6));
    format!("{} {shown}  {}\n", style.paint(Paint::Title, "──"), style.paint(Paint::Faint, at))
}

/// The primary reason first, as the policy ordered them. Where the combination decided, what each adds to it (log-odds).
pub(super) fn reasons(event: &Value) -> Option<String> {
    let all: Vec<String> = list_at(event, "reasons").iter().map(reason).collect();
    if let (Some(strength), Some(bound)) =
        (event["combined_strength"].as_f64(), event["combined_threshold"].as_f64())
    {
        return Some(format!("together {strength:.2} at a bound of {}: {}", number(bound), all.join(", ")));
    }
    match all.split_first() {
        Some((first, [])) => Some(first.clone()),
        Some((first, others)) => Some(format!("{first}; also {}", others.join(", "))),
        None => text_at(event, "reason"),
    }
}

pub(super) fn reason(signal: &Value) -> String {
    let mut shown = text_at(signal, "reason").unwrap_or_default();
    if let Some(rule) = text_at(signal, "rule_id") {
        shown.push_str(&format!(" “{rule}”"));
    }
    match (signal["observed"].as_f64(), signal["threshold"].as_f64()) {
        (Some(observed), Some(threshold)) => {
            shown.push_str(&format!(" ({} at a bound of {})", number(observed), number(threshold)));
        }
        (Some(observed), None) => shown.push_str(&format!(" ({})", number(observed))),
        (None, Some(_) | None) => {}
    }
    shown.push_str(&signal["contribution"].as_f64().map(adds).unwrap_or_default());
    shown
}

/// What a reason adds to the combination.
pub(super) fn adds(contribution: f64) -> String {
    format!(", adds {contribution:+.2}")
}

/// At most two places, none where they are zero.
pub(super) fn number(value: f64) -> String {
    let shown = format!("{value:.2}");
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn verification(verification: &Value) -> String {
    match (text_at(verification, "method"), text_at(verification, "status")) {
        (Some(method), Some(status)) => format!("{status}, by {method}"),
        (None, Some(status)) => status,
        (Some(_) | None, None) => "no".to_owned(),
    }
}

/// Name, value and source, as a table.
pub(super) fn facts(facts: &Value, style: Style) -> String {
    let Some(facts) = facts.as_object().filter(|facts| !facts.is_empty()) else {
        return String::new();
    };
    let names = facts.keys().map(|name| super::columns(&clean(name))).max().unwrap_or(0).min(20);
    let room = style.width.saturating_sub(super::LABEL + names + 2 + 18).max(12);
    let rows: Vec<String> = facts
        .iter()
        .map(|(name, fact)| {
            let others = list_at(fact, "values").len().saturating_sub(1);
            let more = if others > 0 { format!(" (+{others})") } else { String::new() };
            let value = clip(&text_at(fact, "value").unwrap_or_default(), room - more.len()) + &more;
            let source = text_at(fact, "source").unwrap_or_default().replace('_', " ");
            let (name_pad, value_pad) = (pad(&clean(name), names), pad(&value, room));
            format!("{name_pad}  {value_pad}  {}", style.paint(Paint::Faint, &source))
        })
        .collect();
    style.lines("known", &rows)
}

pub(super) fn pad(text: &str, width: usize) -> String {
    let text = clip(text, width);
    let fill = width.saturating_sub(super::columns(&text));
    text + &" ".repeat(fill)
}

/// One line a tool call; those that did not work stand out.
pub(super) fn steps(steps: &[Value], style: Style) -> String {
    let rows: Vec<String> = steps
        .iter()
        .map(|step| {
            let status = text_at(step, "status").unwrap_or_default();
            let (mark, paint) = if status == "ok" { ("✓", None) } else { ("✗", Some(Paint::Alarm)) };
            let arguments: Vec<String> = step["arguments"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{}={}", clean(name), clean(value.as_str().unwrap_or_default())))
                .collect();
            let result = text_at(step, "result").map(|result| format!(" → {result}")).unwrap_or_default();
            let action = text_at(step, "action").unwrap_or_default();
            let failed = if status == "ok" { String::new() } else { format!(" {status}") };
            let shown = format!("{mark} {action}({}){failed}{result}", arguments.join(", "));
            let shown = clip(&shown, style.width.saturating_sub(super::LABEL));
            paint.map_or(shown.clone(), |paint| style.paint(paint, &shown))
        })
        .collect();
    style.lines("tried", &rows)
}

fn mood(sentiment: &Value) -> Option<String> {
    let (now, lowest) = (sentiment["now"].as_f64()?, sentiment["lowest"].as_f64()?);
    let trend = text_at(sentiment, "trend").unwrap_or_default();
    Some(format!("{now:+.2} now, {lowest:+.2} at its lowest, {trend}"))
}

fn waiting(event: &Value) -> Option<String> {
    let since = event["customer_waiting_since"].as_i64()?;
    let for_how_long =
        event["event_time"].as_i64().map(|now| format!(", {}", span(now - since))).unwrap_or_default();
    Some(format!("since {}{for_how_long}", moment(since)))
}

pub(super) fn route(event: &Value) -> String {
    let mut parts =
        vec![format!("queue {}", text_at(event, "queue").unwrap_or_else(|| "(default)".to_owned()))];
    parts.extend(text_at(event, "priority").map(|priority| format!("priority {priority}")));
    parts.extend(joined_at(event, "skills").map(|skills| format!("skills {skills}")));
    parts.join(", ")
}

/// Who and what it is about.
pub(super) fn about(event: &Value) -> Option<String> {
    let mut parts: Vec<String> =
        ["intent", "channel", "language"].iter().filter_map(|name| text_at(event, name)).collect();
    parts.extend(text_at(event, "customer_ref").map(|customer| format!("customer {customer}")));
    parts.extend(text_at(event, "tenant").map(|tenant| format!("tenant {tenant}")));
    parts.extend(text_at(event, "ai_agent").map(|agent| {
        let version = text_at(event, "ai_version").map(|version| format!(" {version}")).unwrap_or_default();
        format!("AI {agent}{version}")
    }));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn completeness(completeness: &Value) -> Option<String> {
    let score = completeness["score"].as_f64()?;
    let missing =
        joined_at(completeness, "missing").map(|missing| format!(", missing {missing}")).unwrap_or_default();
    Some(format!("{:.0} %{missing}", score * 100.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::render::Colour;

    const PLAIN: Style = Style { colour: Colour::Plain, width: 80 };

    fn requested() -> Value {
        json!({
            "type": "requested", "conversation_id": "c-17", "event_time": 1_764_000_012_000_i64,
            "reason": "policy", "reasons": [
                {"reason": "policy", "strength": 1.0, "rule_id": "review-high-value-replacement", "turns": ["t-8"],
                 "observed": null, "threshold": null},
                {"reason": "low_confidence", "strength": 0.8, "rule_id": null, "turns": ["t-7"], "observed": 0.31,
                 "threshold": 0.5}],
            "priority": 2, "queue": "claims", "skills": ["orders"], "language": "en", "channel": "chat",
            "customer_waiting_since": 1_764_000_000_000_i64, "tenant": "shop", "intent": "missing_delivery",
            "ai_agent": "shopbot", "ai_version": "4.2", "customer_ref": "u-9",
            "package": {
                "goal": "A replacement for order #W123", "summary": "Order #W123 is marked delivered at the front door on 24 November and the customer never received it.",
                "steps_attempted": [
                    {"action": "get_order", "arguments": {"order_id": "#W123"}, "status": "ok", "result": "delivered", "event_id": "t-4"},
                    {"action": "create_replacement", "arguments": {}, "status": "denied", "result": "needs a review", "event_id": "t-7"}],
                "verification": {"method": "email_code", "status": "passed", "event_id": "t-3"},
                "facts": {
                    "order_id": {"value": "#W123", "values": ["#W123", "#W124"], "source": "tool_argument", "event_id": "t-4"},
                    "delivered_at": {"value": "2025-11-24T10:02:00Z", "values": ["2025-11-24T10:02:00Z"], "source": "tool_result", "event_id": "t-5"}},
                "sentiment": {"now": -0.5, "lowest": -0.6, "trend": "falling"},
                "last_customer_text": "Please send\na replacement.\u{1b}[2J", "open_question": null,
                "transcript": {"topic": null, "partition": 0, "first_offset": 1, "last_offset": 8, "turns": []},
                "completeness": {"score": 0.9, "missing": ["open_question"]}}
        })
    }

    #[test]
    fn a_requested_hand_off_shows_the_whole_context() {
        let expected = "\
━━ REQUESTED c-17 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2025-11-24 16:00:12 ━━
  why       policy “review-high-value-replacement”; also low_confidence (0.31 at
            a bound of 0.5)
  goal      A replacement for order #W123
  summary   Order #W123 is marked delivered at the front door on 24 November and
            the customer never received it.
  customer  “Please send a replacement. [2J”
  verified  passed, by email_code
  known     delivered_at  2025-11-24T10:02:00Z                  tool result
            order_id      #W123 (+1)                            tool argument
  tried     ✓ get_order(order_id=#W123) → delivered
            ✗ create_replacement() denied → needs a review
  mood      -0.50 now, -0.60 at its lowest, falling
  waiting   since 2025-11-24 16:00:00, 12 s
  route     queue claims, priority 2, skills orders
  about     missing_delivery, chat, en, customer u-9, tenant shop, AI shopbot
            4.2
  complete  90 %, missing open_question
";
        let shown = block(&requested(), PLAIN);
        assert_eq!(shown, expected, "\n{shown}");
    }

    #[test]
    fn what_is_not_known_takes_no_line() {
        let event = json!({"type": "offered", "conversation_id": "c-1", "event_time": 0, "reason": "loop", "reasons": [],
            "queue": null, "priority": 3, "package": {"summary": "", "facts": {}, "steps_attempted": []}});
        let expected = "\
━━ OFFERED c-1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1970-01-01 00:00:00 ━━
  why       loop
  verified  no
  route     queue (default), priority 3
";
        let shown = block(&event, PLAIN);
        assert_eq!(shown, expected, "\n{shown}");
    }

    #[test]
    fn other_events_are_one_line() {
        let event = json!({"type": "canceled", "conversation_id": "c-1", "event_time": 0, "queue": "claims", "priority": 1,
            "note": "customer_left", "package": null});
        let expected = "── CANCELED c-1  queue claims, priority 1, customer_left  1970-01-01 00:00:00\n";
        assert_eq!(block(&event, PLAIN), expected);
    }

    #[test]
    fn colours_are_escape_codes_around_the_same_text() {
        let coloured = block(&requested(), Style { colour: Colour::Ansi, width: 80 });
        assert!(coloured.starts_with("\x1b[1;36m━━ REQUESTED c-17 ━"), "{coloured}");
        let mut bare = String::new();
        for (at, part) in coloured.split("\x1b[").enumerate() {
            bare.push_str(if at == 0 { part } else { part.split_once('m').map_or("", |(_, text)| text) });
        }
        assert_eq!(bare, block(&requested(), PLAIN));
    }
}
