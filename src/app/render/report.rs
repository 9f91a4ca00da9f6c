//! The closing report of a demo or replay: hand-offs by reason, volume, rates and what followed.
//!
//! Rates are computed here and only here, from additive counters, and always stand beside what they were made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Style, clean, span};
use crate::app::left_out::LeftOut;

const DIMENSIONS: [&str; 6] = ["tenant", "channel", "queue", "reason", "intent", "ai_version"];
const MINUTE_MS: i64 = 60_000;
/// Columns of the volume line.
const SPARKS: usize = 48;

/// Collects events and window rows as they are written.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Live `requested` events by primary reason, test conversations left out.
    reasons: BTreeMap<String, u64>,
    /// Total rows of a day, and late ones: window id → counters. The last revision stands.
    totals: BTreeMap<String, BTreeMap<String, i64>>,
    /// Conversations started by minute: window start → count.
    minutes: BTreeMap<i64, i64>,
    /// Live offers of a person, test conversations left out.
    offers: usize,
    /// Ids under which they were made.
    offered: BTreeSet<String>,
    /// Offers after which a hand-off was requested.
    led_on: usize,
    /// What the report does not cover.
    left_out: Option<String>,
}

impl Report {
    /// Takes a hand-off event.
    pub fn event(&mut self, event: &Value) {
        if event["mode"] == "shadow" || event["is_test"] == true {
            return;
        }
        let id = event["handoff_id"].as_str();
        match event["type"].as_str() {
            Some("requested") => {
                self.led_on += usize::from(id.is_some_and(|id| self.offered.remove(id)));
                if let Some(reason) = event["reason"].as_str() {
                    *self.reasons.entry(clean(reason)).or_default() += 1;
                }
            }
            Some("offered") => {
                self.offers += 1;
                self.offered.extend(id.map(str::to_owned));
            }
            Some(_) | None => {}
        }
    }

    /// Takes what the replay could not take.
    pub fn left_out(&mut self, left_out: &LeftOut) {
        self.left_out = left_out.summary();
    }

    /// Takes a metric window row; only totals matter here.
    pub fn window(&mut self, row: &Value) {
        if DIMENSIONS.iter().any(|dimension| row[dimension] != "_all") {
            return;
        }
        match (row["grain"].as_str(), row["window_id"].as_str()) {
            (Some("P1D" | "late"), Some(id)) => {
                let counters = row.as_object().into_iter().flatten();
                let counters =
                    counters.filter_map(|(name, value)| Some((name.clone(), value.as_i64()?))).collect();
                self.totals.insert(id.to_owned(), counters);
            }
            (Some("PT1M"), Some(_)) => {
                if let (Some(start), Some(n)) =
                    (row["window_start"].as_i64(), row["conversations_started"].as_i64())
                {
                    self.minutes.insert(start, n);
                }
            }
            (Some(_) | None, _) => {}
        }
    }

    fn total(&self, counter: &str) -> i64 {
        self.totals.values().filter_map(|row| row.get(counter)).sum()
    }

    /// The report; a part for which nothing was collected is left out.
    pub fn render(&self, style: Style) -> String {
        let mut out = style.heading("REPORT", "UTC");
        out.push_str(&left_out(self.left_out.as_deref(), style));
        out.push_str(&self.by_reason(style));
        out.push_str(&self.offers(style));
        if !self.totals.is_empty() {
            out.push_str(&self.volume(style));
            out.push_str(&self.rates(style));
            out.push_str(&self.afterwards(style));
        }
        out
    }

    fn by_reason(&self, style: Style) -> String {
        let all: u64 = self.reasons.values().sum();
        let mut out = style.entry("hand-offs", &all.to_string());
        let mut reasons: Vec<(&String, u64)> = self.reasons.iter().map(|(reason, n)| (reason, *n)).collect();
        // Most first; of equal counts, the order of the alphabet that the map gave them.
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let most = reasons.first().map_or(1, |(_, n)| *n);
        let room = style.width.saturating_sub(48).max(10) as u64;
        for (reason, n) in reasons {
            let bar = "█".repeat((n * room).div_ceil(most) as usize);
            out.push_str(&format!(
                "            {reason:<20} {n:>5} {:>4.0} %  {bar}\n",
                share(n as i64, all as i64)
            ));
        }
        out
    }

    fn offers(&self, style: Style) -> String {
        if self.offers == 0 {
            return String::new();
        }
        let declined = if self.totals.is_empty() {
            String::new()
        } else {
            format!(", {} declined", self.total("offers_declined"))
        };
        let text = format!("{} made, {} led to a hand-off{declined}", self.offers, self.led_on);
        style.entry("offers", &text)
    }

    fn volume(&self, style: Style) -> String {
        let text = format!(
            "{} conversations started, {} engaged, {} closed",
            self.total("conversations_started"),
            self.total("conversations_engaged"),
            self.total("conversations_closed"),
        );
        let mut out = style.entry("volume", &text);
        if let Some((each, line)) = sparks(&self.minutes) {
            out.push_str(&style.entry("", &format!("{line}  one column is {}", span(each * MINUTE_MS))));
        }
        out
    }

    fn rates(&self, style: Style) -> String {
        let engaged = self.total("conversations_engaged");
        let closed = self.total("conversations_closed");
        let mut rows = vec![rate("handed off", self.total("handoff_conversations"), engaged, "engaged")];
        for (label, counter) in [
            ("contained, confirmed", "contained_confirmed"),
            ("contained, assumed", "contained_assumed"),
            ("customer gave up", "contained_abandoned"),
            ("never engaged", "unengaged"),
            ("closed, handed off", "closed_handed_off"),
        ] {
            rows.push(rate(label, self.total(counter), closed, "closed"));
        }
        rows.push(rate("missed hand-offs", self.total("missed_handoffs"), closed, "closed"));
        style.lines("rates", &rows)
    }

    fn afterwards(&self, style: Style) -> String {
        let (answered, handled) = (self.total("answered"), self.total("handled"));
        let mut rows = vec![rate("answered", answered, self.total("queued"), "queued")];
        rows.push(rate("in service level", self.total("answered_in_sl"), answered, "answered"));
        rows.push(rate("resolved", self.total("resolved"), answered, "answered"));
        rows.push(rate("asked again", self.total("handoff_conversations_reasked"), answered, "answered"));
        rows.push(rate("satisfied", self.total("csat_satisfied"), self.total("csat_responses"), "scores"));
        if answered > 0 {
            rows.push(format!("{:<22} {}", "mean wait", span(self.total("wait_ms_sum") / answered)));
        }
        if handled > 0 {
            let work = self.total("talk_ms_sum") + self.total("hold_ms_sum") + self.total("acw_ms_sum");
            rows.push(format!("{:<22} {}", "mean handle time", span(work / handled)));
        }
        rows.push(format!("{:<22} {}", "bot over a person", self.total("violations")));
        style.lines("after", &rows)
    }
}

/// What a page about a replay does not cover; nothing where it covers everything.
pub(super) fn left_out(summary: Option<&str>, style: Style) -> String {
    let text = summary.map(|summary| format!("{summary}; what is shown does not cover them"));
    text.map_or_else(String::new, |text| style.entry("left out", &text))
}

/// `label  12.5 %  1 of 8 closed`; no percentage of nothing.
pub(super) fn rate(label: &str, part: i64, whole: i64, of: &str) -> String {
    if whole == 0 {
        return format!("{label:<22}      –  {part} of 0 {of}");
    }
    format!("{label:<22} {:>5.1} %  {part} of {whole} {of}", share(part, whole))
}

fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Minutes a column, and the columns; `None` with fewer than two minutes to show.
fn sparks(minutes: &BTreeMap<i64, i64>) -> Option<(i64, String)> {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let first = *minutes.first_key_value()?.0;
    let span_minutes = (minutes.last_key_value()?.0 - first) / MINUTE_MS + 1;
    if span_minutes < 2 {
        return None;
    }
    let each = (span_minutes + SPARKS as i64 - 1) / SPARKS as i64;
    let mut columns = vec![0; ((span_minutes + each - 1) / each) as usize];
    for (start, n) in minutes {
        columns[((start - first) / MINUTE_MS / each) as usize] += n.max(&0);
    }
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let level = |n: &i64| LEVELS[((n * 8 + most - 1) / most) as usize];
    Some((each, columns.iter().map(level).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::render::Colour;

    const PLAIN: Style = Style { colour: Colour::Plain, width: 80 };

    fn row(grain: &str, id: &str, start: i64, counters: Value) -> Value {
        let mut row = json!({"window_id": id, "grain": grain, "window_start": start, "tenant": "_all", "channel": "_all",
            "queue": "_all", "reason": "_all", "intent": "_all", "ai_version": "_all"});
        for (name, value) in counters.as_object().unwrap() {
            row[name] = value.clone();
        }
        row
    }

    #[test]
    fn the_report_counts_the_last_revision_of_totals_and_shows_what_a_rate_is_made_of() {
        let mut report = Report::default();
        for (reason, kind, test) in [
            ("policy", "requested", false),
            ("loop", "requested", false),
            ("policy", "requested", false),
            ("policy", "unanswered", false),
            ("policy", "requested", true),
        ] {
            report.event(&json!({"type": kind, "reason": reason, "mode": "live", "is_test": test}));
        }
        for (kind, id) in [("offered", "a"), ("offered", "b"), ("offered", "c"), ("canceled", "a")] {
            report.event(&json!({"type": kind, "reason": "loop", "handoff_id": id}));
        }
        report.event(&json!({"type": "requested", "reason": "loop", "handoff_id": "b"}));
        report.window(&row("P1D", "day", 0, json!({"conversations_started": 1})));
        report.window(&row(
            "P1D",
            "day",
            0,
            json!({"conversations_started": 9, "conversations_engaged": 8, "conversations_closed": 9, "handoff_conversations": 3,
                "contained_confirmed": 4, "contained_assumed": 1, "contained_abandoned": 1, "unengaged": 1, "closed_handed_off": 2,
                "queued": 3, "answered": 2, "answered_in_sl": 1, "resolved": 2, "wait_ms_sum": 90_000, "handled": 2,
                "talk_ms_sum": 300_000, "acw_ms_sum": 60_000, "violations": 1, "offers_declined": 1}),
        ));
        report.window(&row("late", "late-day", 0, json!({"csat_responses": 2, "csat_satisfied": 1})));
        let mut split = row("P1D", "split", 0, json!({"conversations_started": 100}));
        split["channel"] = json!("chat");
        report.window(&split);
        for (minute, n) in [(0, 1), (1, 4), (3, 8)] {
            report.window(&row("PT1M", "minute", minute * MINUTE_MS, json!({"conversations_started": n})));
        }
        let expected = "\
━━ REPORT ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ UTC ━━
  hand-offs 4
            loop                     2   50 %  ████████████████████████████████
            policy                   2   50 %  ████████████████████████████████
  offers    3 made, 1 led to a hand-off, 1 declined
  volume    9 conversations started, 8 engaged, 9 closed
            ▁▄ █ one column is 1 min
  rates     handed off              37.5 %  3 of 8 engaged
            contained, confirmed    44.4 %  4 of 9 closed
            contained, assumed      11.1 %  1 of 9 closed
            customer gave up        11.1 %  1 of 9 closed
            never engaged           11.1 %  1 of 9 closed
            closed, handed off      22.2 %  2 of 9 closed
            missed hand-offs         0.0 %  0 of 9 closed
  after     answered                66.7 %  2 of 3 queued
            in service level        50.0 %  1 of 2 answered
            resolved               100.0 %  2 of 2 answered
            asked again              0.0 %  0 of 2 answered
            satisfied               50.0 %  1 of 2 scores
            mean wait              45 s
            mean handle time       3 min
            bot over a person      1
";
        let shown = report.render(PLAIN);
        assert_eq!(shown, expected, "\n{shown}");
    }

    #[test]
    fn a_report_says_what_it_does_not_cover() {
        let left_out = Some("3 records could not be taken: 2 late, 1 decode".to_owned());
        let expected = "\
━━ REPORT ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ UTC ━━
  left out  3 records could not be taken: 2 late, 1 decode; what is shown does
            not cover them
  hand-offs 0
";
        assert_eq!(Report { left_out, ..Report::default() }.render(PLAIN), expected);
    }

    #[test]
    fn a_report_of_nothing_says_so() {
        let expected = "\
━━ REPORT ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ UTC ━━
  hand-offs 0
";
        assert_eq!(Report::default().render(PLAIN), expected);
    }

    #[test]
    fn a_long_time_fits_into_the_columns() {
        let minutes = (0..1_000).map(|minute| (minute * MINUTE_MS, 1)).collect();
        let (each, line) = sparks(&minutes).unwrap();
        assert_eq!((each, line.chars().count()), (21, 48));
        assert_eq!(sparks(&BTreeMap::from([(0, 5)])), None);
    }
}
