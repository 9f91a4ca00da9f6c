//! A comparison for machines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Changes, Comparison, Difference, Named, Offers, Request, ended, followed, median};

impl Comparison {
    /// For a machine: one object a difference, then the counts.
    pub fn json_lines(&self) -> String {
        let mut lines = String::new();
        for (what, list) in self.lists() {
            for one in list {
                lines.push_str(&format!("{}\n", difference(what, one)));
            }
        }
        lines + &format!("{}\n", self.counts())
    }

    fn counts(&self) -> Value {
        let moved = |list: &[Difference]| median(list).map(|it| json!({ "turns": it.turns, "ms": it.ms }));
        let named = |policy: &Named| json!({ "policy": policy.name, "policy_version": policy.version });
        let (kinds, missed) = ended(&self.added);
        json!({
            "before": named(&self.before), "after": named(&self.after),
            "unchanged": self.unchanged, "same": self.same, "added": self.added.len(), "lost": self.lost.len(),
            "earlier": self.earlier.len(), "later": self.later.len(),
            "offers": { "before": offers(self.offers.0), "after": offers(self.offers.1) },
            "left_out": self.left_out.counts(),
            "other_reason": self.other_reason, "other_queue": self.other_queue,
            "earlier_median": moved(&self.earlier), "later_median": moved(&self.later),
            "lost_followed": followed(&self.lost).into_iter().collect::<BTreeMap<_, _>>(),
            "added_ended": kinds, "added_missed_handoffs": missed,
            "by_reason": changes(&self.by_reason), "by_intent": changes(&self.by_intent),
        })
    }
}

fn difference(what: &str, one: &Difference) -> Value {
    let side = |side: &Option<Request>| {
        side.as_ref().map(|it| {
            json!({ "event_time": it.at, "reason": it.reason, "intent": it.intent, "queue": it.queue,
                "trigger_event_id": it.trigger_event_id })
        })
    };
    let acting = one.acting.as_ref().map(|it| {
        json!({ "end_kind": it.end_kind, "missed_handoff": it.missed_handoff, "answered": it.answered,
            "resolved": it.resolved, "returned": it.returned, "abandoned": it.abandoned })
    });
    json!({ "change": what, "conversation_id": one.conversation_id, "episode": one.episode,
        "before": side(&one.before), "after": side(&one.after),
        "turns": one.moved.map(|it| it.turns), "ms": one.moved.map(|it| it.ms), "acting": acting })
}

fn offers(offers: Offers) -> Value {
    json!({ "made": offers.made, "led_to_handoff": offers.led_on })
}

fn changes(all: &BTreeMap<String, Changes>) -> Value {
    let row = |it: &Changes| {
        json!({ "before": it.before, "after": it.after, "added": it.added, "lost": it.lost,
            "earlier": it.earlier, "later": it.later })
    };
    Value::Object(all.iter().map(|(name, it)| (name.clone(), row(it))).collect())
}
