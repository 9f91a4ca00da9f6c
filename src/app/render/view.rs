//! One conversation, as the API shows it, for a person.

use serde_json::Value;

use super::{Style, handoff, joined_at, list_at, moment, span, text_at};

/// The block of `segue inspect`.
pub fn block(view: &Value, style: Style) -> String {
    let id = text_at(view, "conversation_id").unwrap_or_default();
    let phase = text_at(view, "phase").unwrap_or_default();
    let last = view["last_at"].as_i64().map(moment).unwrap_or_default();
    let mut out = style.heading(&format!("{id} {}", phase.to_uppercase()), &last);
    let mut entry = |label: &str, text: Option<String>| {
        if let Some(text) = text {
            out.push_str(&style.entry(label, &text));
        }
    };
    entry("life", life(view));
    entry("about", handoff::about(&view["profile"]));
    entry("goal", text_at(view, "goal"));
    entry("summary", text_at(view, "ai_summary"));
    entry(
        "waiting",
        view["waiting_since"].as_i64().map(|since| format!("the customer waits since {}", moment(since))),
    );
    entry("verified", Some(handoff::verification(&view["verification"])));
    out.push_str(&handoff::facts(&view["facts"], style));
    out.push_str(&handoff::steps(list_at(view, "steps"), style));
    out.push_str(&recent(list_at(view, "recent"), style));
    let mut entry = |label: &str, text: Option<String>| {
        if let Some(text) = text {
            out.push_str(&style.entry(label, &text));
        }
    };
    entry("offer", offer(&view["offer"]));
    entry("hand-off", request(&view["handoff"]));
    entry("why", handoff::reasons(&view["handoff"]));
    entry("route", view["handoff"].is_object().then(|| handoff::route(&view["handoff"])));
    entry("since", since_then(&view["handoff"]));
    entry("end", end(&view["end"]));
    entry("so far", so_far(&view["tally"]));
    entry("log", transcript(&view["transcript"]));
    out
}

fn life(view: &Value) -> Option<String> {
    let (started, last) = (view["started_at"].as_i64()?, view["last_at"].as_i64()?);
    let turns: Vec<String> = ["customer", "ai", "tool", "human", "system"]
        .iter()
        .filter_map(|role| view["turns"][role].as_i64().filter(|n| *n > 0).map(|n| format!("{n} {role}")))
        .collect();
    let episode = text_at(view, "episode").unwrap_or_default();
    let turns = if turns.is_empty() { "no".to_owned() } else { turns.join(", ") };
    Some(format!("since {}, {}; turns: {turns}; episode {episode}", moment(started), span(last - started)))
}

fn recent(turns: &[Value], style: Style) -> String {
    let mut rows = Vec::new();
    for turn in turns {
        let role = text_at(turn, "role").unwrap_or_default();
        let text = text_at(turn, "text").unwrap_or_default();
        let room = style.width.saturating_sub(super::LABEL + 10);
        for (at, line) in super::wrap(&text, room).into_iter().enumerate() {
            rows.push(if at == 0 { format!("{role:<9} {line}") } else { format!("{:<9} {line}", "") });
        }
    }
    style.lines("turns", &rows)
}

fn offer(offer: &Value) -> Option<String> {
    let at = moment(offer["at"].as_i64()?);
    let state = if offer["open"] == true { "open" } else { "no longer open" };
    Some(format!("made {at}, {state}"))
}

fn request(handoff: &Value) -> Option<String> {
    let at = moment(handoff["requested_at"].as_i64()?);
    Some(format!("requested {at}, id {}", text_at(handoff, "handoff_id").unwrap_or_default()))
}

fn since_then(handoff: &Value) -> Option<String> {
    let moments = [("queued", "queued_at"), ("answered", "answered_at"), ("closed", "closed_at")];
    let mut parts: Vec<String> = moments
        .iter()
        .filter_map(|(word, name)| Some(format!("{word} {}", moment(handoff[name].as_i64()?))))
        .collect();
    let count = |name: &str| handoff[name].as_i64().filter(|n| *n > 0);
    parts.extend(count("reminders").map(|n| format!("unanswered {n}×")));
    parts.extend(count("replies").map(|n| format!("replies {n}")));
    parts.extend((handoff["reasked"] == true).then(|| "asked again for what was known".to_owned()));
    parts.extend((handoff["resolved"] == true).then(|| "resolved".to_owned()));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn end(end: &Value) -> Option<String> {
    let kind = text_at(end, "kind")?.replace('_', " ");
    let missed = if end["missed_handoff"] == true { ", a missed hand-off" } else { "" };
    Some(format!("{} {kind}{missed}", moment(end["at"].as_i64()?)))
}

fn so_far(tally: &Value) -> Option<String> {
    let mut parts = Vec::new();
    for (name, words) in [
        ("handoffs", "hand-offs"),
        ("transfers", "transfers"),
        ("reopened", "reopened"),
        ("repeat_requests", "repeat requests"),
        ("violations", "bot turns over a person"),
    ] {
        parts.extend(tally[name].as_i64().filter(|n| *n > 0).map(|n| format!("{words} {n}")));
    }
    parts.extend(joined_at(tally, "reasons").map(|reasons| format!("reasons {reasons}")));
    for (name, words) in
        [("wait_ms", "waited"), ("talk_ms", "talked"), ("hold_ms", "on hold"), ("acw_ms", "wrap-up")]
    {
        parts.extend(tally[name].as_i64().filter(|ms| *ms > 0).map(|ms| format!("{words} {}", span(ms))));
    }
    parts.extend(text_at(tally, "csat").map(|score| format!("score {score}")));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn transcript(transcript: &Value) -> Option<String> {
    let at = |name: &str| transcript[name].as_i64();
    Some(format!("partition {}, offsets {} to {}", at("partition")?, at("first_offset")?, at("last_offset")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::render::Colour;

    #[test]
    fn a_conversation_is_shown_with_its_hand_off() {
        let view = json!({
            "conversation_id": "c-1", "partition": 3, "phase": "human", "episode": 1, "started_at": 0, "last_at": 185_000,
            "profile": {"tenant": "shop", "channel": "chat", "language": "en", "intent": "return_item", "ai_agent": null,
                "ai_version": null, "customer_ref": "u-1", "is_test": false},
            "goal": "To return a kettle", "ai_summary": null,
            "turns": {"customer": 2, "ai": 1, "tool": 1, "human": 0, "system": 0}, "waiting_since": 120_000,
            "facts": {"order_id": {"value": "#W1", "values": ["#W1"], "source": "platform", "event_id": "t-1", "at": 0}},
            "steps": [{"action": "create_return", "arguments": {"order_id": "#W1"}, "status": "failed", "result": "503", "event_id": "t-2"}],
            "verification": null, "sentiment": null,
            "recent": [{"event_id": "t-1", "role": "customer", "at": 0, "text": "please start a return for #W1, the lid does not close and the cable is loose"}],
            "offer": null,
            "handoff": {"handoff_id": "6f", "episode": 1, "requested_at": 120_000, "reason": "tool_failure",
                "reasons": [{"reason": "tool_failure", "strength": 1.0, "rule_id": null, "turns": [], "observed": 3.0, "threshold": 3.0}],
                "priority": 3, "queue": "general", "skills": [], "queued_at": 121_000, "answered_at": 180_000, "closed_at": null,
                "reminders": 0, "replies": 1, "reasked": true, "resolved": false},
            "end": null,
            "tally": {"handoffs": 1, "reasons": ["tool_failure"], "wait_ms": 59_000, "talk_ms": 0, "csat": null, "violations": 0},
            "transcript": {"partition": 3, "first_offset": 10, "last_offset": 14}
        });
        let expected = "\
━━ c-1 HUMAN ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1970-01-01 00:03:05 ━━
  life      since 1970-01-01 00:00:00, 3 min 5 s; turns: 2 customer, 1 ai, 1
            tool; episode 1
  about     return_item, chat, en, customer u-1, tenant shop
  goal      To return a kettle
  waiting   the customer waits since 1970-01-01 00:02:00
  verified  no
  known     order_id  #W1                                       platform
  tried     ✗ create_return(order_id=#W1) failed → 503
  turns     customer  please start a return for #W1, the lid does not close and
                      the cable is loose
  hand-off  requested 1970-01-01 00:02:00, id 6f
  why       tool_failure (3 at a bound of 3)
  route     queue general, priority 3
  since     queued 1970-01-01 00:02:01, answered 1970-01-01 00:03:00, replies 1,
            asked again for what was known
  so far    hand-offs 1, reasons tool_failure, waited 59 s
  log       partition 3, offsets 10 to 14
";
        let shown = block(&view, Style { colour: Colour::Plain, width: 80 });
        assert_eq!(shown, expected, "\n{shown}");
    }
}
