//! An explanation for whoever writes policy: what was decided and why, or why nothing was; the turns; the bounds.
//!
//! `●` is a signal that fired, `○` one under its bound.

use super::{Paint, Style, clean, handoff, moment, span, wrap};
use crate::app::explain::explanation::{Decided, Explanation, PolicyUsed};
use crate::app::explain::history::{Cause, Did, Event, Heard, Moment, RuleHeard, Words};
use crate::app::explain::published::{Compared, Published, Verdict};
use crate::app::explain::why_not::{Nearest, NearestRule, Together, WhyNot};

/// Moments of a decision that are shown; of more, the last.
const MOMENTS: usize = 30;
/// Rules that are shown where nothing was decided.
const RULES: usize = 5;
/// What belongs to a moment stands under its words, behind the time.
const UNDER: &str = "         ";

/// The whole explanation.
pub fn text(explanation: &Explanation, style: Style) -> String {
    let policy = &explanation.policy;
    let named = |used: &PolicyUsed| format!("{}, version {}@{}", used.name, used.version, used.fingerprint);
    let used = named(policy);
    let mut out = style.heading(&clean(&explanation.conversation_id), &format!("policy {}", clean(&used)));
    let input = &explanation.input;
    let read =
        format!("{} turns and {} outcomes, from {}", input.turns, input.outcomes, input.from.join("; "));
    out.push_str(&style.entry("read", &read));
    for earlier in &explanation.earlier_policies {
        out.push_str(&style.entry("before", &clean(&format!("policy {}", named(earlier)))));
    }
    for doubt in &input.doubts {
        out.push_str(&style.entry("doubt", &clean(doubt)));
    }
    explanation.published.iter().for_each(|published| out.push_str(&compared(published, &used, style)));
    // The moments that were asked for are not shown twice.
    let turns = if explanation.moments.is_empty() { Detail::Shown } else { Detail::LeftOut };
    explanation.decisions.iter().for_each(|decided| out.push_str(&decision(decided, turns, style)));
    explanation.why_not.iter().for_each(|why_not| out.push_str(&nothing(why_not, style)));
    if !explanation.moments.is_empty() {
        out.push_str(&style.heading("MOMENTS", "UTC"));
        out.push_str(&style.lines("", &moments(&explanation.moments, Detail::Shown, style)));
    }
    out
}

fn decision(decided: &Decided, turns: Detail, style: Style) -> String {
    let event = &decided.event;
    let title = if event.kind == "requested" { "HAND-OFF REQUESTED" } else { "PERSON OFFERED" };
    let mut out = style.heading(title, &moment(event.event_time));
    out.push_str(&style.entry("why", &decided.why));
    let by = event.trigger_event_id.as_ref().map_or("a timer".to_owned(), |id| clean(id));
    out.push_str(&style.entry("at", &format!("{by}, episode {}", event.episode)));
    out.push_str(&style.entry("went to", &route(event)));
    out.push_str(&style.entry("hand-off", &event.handoff_id));
    let mut rows = Rows::new(style);
    event.reasons.iter().for_each(|reason| rows.signal(reason));
    if let (Some(strength), Some(bound)) = (event.combined_strength, event.combined_threshold) {
        rows.push("", &format!("● together {strength:.2} at a bound of {}", handoff::number(bound)));
    }
    out.push_str(&style.lines("signals", &rows.lines));
    for rule in &decided.rules {
        out.push_str(&self::rule(rule, style));
    }
    if turns == Detail::Shown {
        out.push_str(&led(decided, style));
    }
    let then: Vec<String> = decided.then.iter().map(later).collect();
    if !then.is_empty() {
        out.push_str(&style.entry("then", &then.join(", ")));
    }
    out
}

/// The moments that led to a decision.
fn led(decided: &Decided, style: Style) -> String {
    let first = decided.moments.len().saturating_sub(MOMENTS);
    let mut rows = moments(&decided.moments[first..], Detail::LeftOut, style);
    if first > 0 {
        rows.insert(0, style.paint(Paint::Faint, &format!("… {first} earlier (--all shows them)")));
    }
    style.lines("turns", &rows)
}

fn later(event: &Event) -> String {
    let note = event.note.as_ref().map(|note| format!(" ({})", clean(note))).unwrap_or_default();
    format!("{} {}{note}", event.kind, moment(event.event_time))
}

fn route(event: &Event) -> String {
    let queue = event.queue.as_ref().map_or("(default)".to_owned(), |queue| clean(queue));
    let mut shown = format!("queue {queue}, priority {}", event.priority);
    if !event.skills.is_empty() {
        shown.push_str(&format!(", skills {}", clean(&event.skills.join(", "))));
    }
    shown
}

/// The rule's text and the values that it met.
fn rule(rule: &RuleHeard, style: Style) -> String {
    let mut rows = Rows::new(style);
    rows.rule(rule);
    style.lines("rule", &rows.lines)
}

fn moments(moments: &[Moment], detail: Detail, style: Style) -> Vec<String> {
    let (mut rows, mut day) = (Rows::new(style), String::new());
    for moment in moments {
        let at = super::moment(moment.at);
        let (date, time) = at.split_once(' ').unwrap_or((&at, ""));
        if day != date {
            rows.push_faint("", date);
            date.clone_into(&mut day);
        }
        rows.moment(time, moment, detail);
    }
    rows.lines
}

/// Why nothing was decided.
fn nothing(why_not: &WhyNot, style: Style) -> String {
    let mut out = style.heading("NO HAND-OFF AND NO OFFER", "the nearest first; a signal fires from 0.5");
    let mut rows = Rows::new(style);
    why_not.signals.iter().for_each(|nearest| rows.nearest(nearest));
    why_not.together.iter().for_each(|together| rows.together(together));
    out.push_str(&style.lines("signals", &rows.lines));
    let mut rows = Rows::new(style);
    why_not.rules.iter().take(RULES).for_each(|nearest| rows.nearest_rule(nearest));
    if why_not.rules.len() > RULES {
        rows.push("", &format!("… {} more rules (--output json)", why_not.rules.len() - RULES));
    }
    out.push_str(&style.lines("rules", &rows.lines));
    let mut rows = Rows::new(style);
    why_not.silent.iter().for_each(|silent| rows.push("", &format!("{}: {}", silent.reason, silent.bound)));
    out.push_str(&style.lines("silent", &rows.lines));
    if !why_not.off.is_empty() {
        out.push_str(&style.entry("off", &why_not.off.join(", ")));
    }
    let end = why_not.end.as_ref().map_or("it goes on".to_owned(), |end| {
        let missed = if end.missed_handoff { ", a missed hand-off" } else { "" };
        format!("{} {}{missed}", moment(end.at), end.kind.replace('_', " "))
    });
    out + &style.entry("end", &end)
}

fn compared(published: &Published, used: &str, style: Style) -> String {
    let topic = &published.topic;
    if published.events.is_empty() {
        return style.entry("published", &format!("nothing in {topic}, as decided here"));
    }
    let mut out = if published.is_same() {
        let said = match published.events.len() {
            1 => format!("the event in {topic} is what was decided here"),
            count => format!("the {count} events in {topic} are what was decided here"),
        };
        style.entry("published", &said)
    } else {
        style.lines(
            "published",
            &published.events.iter().flat_map(|one| verdict(one, topic, style)).collect::<Vec<_>>(),
        )
    };
    if !published.other_policies.is_empty() {
        let others = clean(&published.other_policies.join("; "));
        let text = format!(
            "published by {others}, explained with {used}: --policy FILE explains with another, such as the one of that time"
        );
        out.push_str(&style.entry("doubt", &clean(&text)));
    }
    out
}

fn verdict(event: &Compared, topic: &str, style: Style) -> Vec<String> {
    let said = match event.verdict {
        Verdict::Same => "the same".to_owned(),
        Verdict::Differs => format!("differs in {}", event.differs.join(", ")),
        Verdict::NotReproduced => "was published and does not come out here".to_owned(),
        Verdict::NotPublished => format!("comes out here and is not in {topic}"),
    };
    let paint = if event.verdict == Verdict::Same { None } else { Some(Paint::Alarm) };
    let shown = format!("{} {}: {said}", event.kind, moment(event.event_time));
    let lines = wrap(&shown, style.width.saturating_sub(super::LABEL)).into_iter();
    lines.map(|line| paint.map_or(line.clone(), |paint| style.paint(paint, &line))).collect()
}

/// Whether more is shown: the turns with a decision; with a moment its rules and the turns that its signals rest on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Shown,
    LeftOut,
}

/// Lines of one label.
struct Rows {
    style: Style,
    lines: Vec<String>,
}

impl Rows {
    fn new(style: Style) -> Rows {
        Rows { style, lines: Vec::new() }
    }

    /// A text, wrapped; what follows its first line stands under it.
    fn push(&mut self, indent: &str, text: &str) {
        let room = self.style.width.saturating_sub(super::LABEL + super::columns(indent));
        self.lines.extend(wrap(text, room).into_iter().map(|line| format!("{indent}{line}")));
    }

    /// The same behind `head`, which stands on the first line alone.
    fn push_after(&mut self, head: &str, text: &str) {
        let from = self.lines.len();
        self.push(&" ".repeat(super::columns(head)), text);
        if let Some(first) = self.lines.get_mut(from) {
            *first = format!("{head}{}", first.trim_start());
        }
    }

    /// The same, faint.
    fn push_faint(&mut self, indent: &str, text: &str) {
        let from = self.lines.len();
        self.push(indent, text);
        for line in &mut self.lines[from..] {
            *line = self.style.paint(Paint::Faint, line);
        }
    }

    /// A signal and the turns it rests on.
    fn signal(&mut self, signal: &Heard) {
        self.push("", &said(signal));
        signal.turns.iter().for_each(|turn| self.push_faint("    ", &quoted(turn)));
    }

    fn rule(&mut self, rule: &RuleHeard) {
        let answer = match rule.holds {
            Some(true) => "holds".to_owned(),
            Some(false) => format!("does not hold, {} of {} terms do", rule.terms_met, rule.terms),
            None if rule.variables.iter().any(|variable| variable.is_no.is_some()) => {
                format!("meets a value that it cannot read, {} of {} terms hold", rule.terms_met, rule.terms)
            }
            None => format!("meets no value, {} of {} terms hold", rule.terms_met, rule.terms),
        };
        self.push("", &format!("“{}” {answer} ({})", clean(&rule.id), clean(place(rule))));
        for line in rule.when.lines() {
            let depth = line.len() - line.trim_start().len();
            self.push_faint(&format!("  │ {}", " ".repeat(depth)), &clean(line));
        }
        let names = rule.variables.iter().map(|variable| super::columns(&variable.name)).max().unwrap_or(0);
        for variable in &rule.variables {
            let value = variable.value.as_ref().map_or("no value".to_owned(), |value| clean(value));
            let flaw = variable.is_no.map(|wanted| format!(", which is no {wanted}")).unwrap_or_default();
            self.push_after(&format!("  {:<names$} = ", variable.name), &format!("{value}{flaw}"));
        }
    }

    /// What happened at a `time` of the day.
    fn moment(&mut self, time: &str, moment: &Moment, detail: Detail) {
        let seen = match &moment.cause {
            Cause::Turn { words, .. } => quoted(words),
            Cause::Outcome { event_id, outcome, .. } => format!("desktop {} {outcome}", clean(event_id)),
            Cause::Timer => "timer".to_owned(),
            Cause::Unreadable { offset } => format!("the record at {offset}"),
        };
        self.push_after(&format!("{time} "), &seen);
        for signal in &moment.signals {
            let shown = said(signal);
            if signal.fired {
                self.push(UNDER, &shown)
            } else {
                self.push_faint(UNDER, &shown)
            }
            if detail == Detail::Shown {
                let others =
                    signal.turns.iter().filter(|turn| Some(turn.event_id.as_str()) != moment.event_id());
                others.for_each(|turn| self.push_faint("             ", &quoted(turn)));
            }
        }
        if let Some(strength) = moment.combined.filter(|_| detail == Detail::Shown) {
            match moment.combined_decision {
                Some(decision) => self.push(UNDER, &format!("● together {strength:.2} → {decision}")),
                None => self.push_faint(UNDER, &format!("○ together {strength:.2}")),
            }
        }
        if detail == Detail::Shown {
            moment.rules.iter().for_each(|rule| self.indented_rule(rule));
        }
        self.did(moment, detail);
    }

    /// What the policy did; nothing is said where it did nothing and nothing spoke.
    fn did(&mut self, moment: &Moment, detail: Detail) {
        let did = match moment.did {
            Did::HandOff => "hand off: ",
            Did::Offer => "offer: ",
            Did::Hold => "held: ",
            Did::Observe => "observed: ",
            Did::Refuse => "refused: ",
            Did::Duplicate => "duplicate: ",
            Did::None => "",
        };
        let moved = moment.phase_before != moment.phase;
        let state = match (detail, moved) {
            (Detail::Shown, false) => format!(" ({}, episode {})", moment.phase, moment.episode),
            (Detail::Shown, true) | (Detail::LeftOut, true) => {
                format!(" ({} → {}, episode {})", moment.phase_before, moment.phase, moment.episode)
            }
            (Detail::LeftOut, false) => String::new(),
        };
        let shown = clean(&format!("→ {did}{}{state}", moment.why));
        let spoke = !moment.events.is_empty() || (detail == Detail::Shown && !moment.signals.is_empty());
        if moment.did != Did::None {
            self.push(UNDER, &shown);
        } else if moved || spoke {
            self.push_faint(UNDER, &shown);
        }
    }

    fn indented_rule(&mut self, rule: &RuleHeard) {
        let width = self.style.width.saturating_sub(UNDER.len());
        let mut inner = Rows::new(Style { width, ..self.style });
        inner.rule(rule);
        self.lines.extend(inner.lines.into_iter().map(|line| format!("{UNDER}{line}")));
    }

    fn nearest(&mut self, nearest: &Nearest) {
        let mark = if nearest.short == 0.0 { '●' } else { '○' };
        let numbers = numbers(nearest.reason, nearest.observed, nearest.threshold);
        let short = if nearest.short > 0.0 { format!(", {:.2} short", nearest.short) } else { String::new() };
        self.push("", &format!("{mark} {} {:.2}{short}{numbers}", nearest.reason, nearest.strength));
        self.push("    ", &format!("takes {}", nearest.bound));
        nearest.held.iter().for_each(|held| self.push("    ", &format!("fired, but {held}")));
        nearest.at.iter().for_each(|at| self.push_faint("    ", &quoted(at)));
    }

    fn together(&mut self, together: &Together) {
        let bound = together.threshold.map_or("it only observes".to_owned(), |bound| {
            format!("at a bound of {}", handoff::number(bound))
        });
        let mark = if together.held.is_some() { '●' } else { '○' };
        self.push("", &format!("{mark} together {:.2} ({bound})", together.strength));
        together.held.iter().for_each(|held| self.push("    ", &format!("met its bound, but {held}")));
        together.at.iter().for_each(|at| self.push_faint("    ", &quoted(at)));
    }

    fn nearest_rule(&mut self, nearest: &NearestRule) {
        self.rule(&nearest.rule);
        nearest.held.iter().for_each(|held| self.push("  ", &format!("held, but {held}")));
        nearest.at.iter().for_each(|at| self.push_faint("  ", &format!("at {}", quoted(at))));
    }
}

fn place(rule: &RuleHeard) -> &str {
    match rule.place.as_str() {
        "" => "a rule",
        place if place.starts_with("built-in:") => "a rule of the built-in policy",
        place => place,
    }
}

/// `● low_confidence 0.80 → hand_off (0.31 at a bound of 0.5)`.
fn said(signal: &Heard) -> String {
    let mark = if signal.fired { '●' } else { '○' };
    let rule = signal.rule_id.as_ref().map(|rule| format!(" “{}”", clean(rule))).unwrap_or_default();
    let decision = if signal.fired { format!(" → {}", signal.decision) } else { String::new() };
    let numbers = numbers(signal.reason, signal.observed, signal.threshold);
    let adds = signal.contribution.map(handoff::adds).unwrap_or_default();
    format!("{mark} {}{rule} {:.2}{decision}{numbers}{adds}", signal.reason, signal.strength)
}

fn numbers(reason: &str, observed: Option<f64>, threshold: Option<f64>) -> String {
    // No count has a bound so large: these are milliseconds.
    let is_time = threshold.is_some_and(|threshold| threshold >= 1_000.0)
        && matches!(reason, "no_response" | "no_progress");
    let shown = |value: f64| if is_time { span(value as i64) } else { handoff::number(value) };
    match (observed, threshold) {
        (Some(observed), Some(threshold)) => {
            format!(" ({} at a bound of {})", shown(observed), shown(threshold))
        }
        (Some(observed), None) => format!(" ({})", shown(observed)),
        (None, Some(_) | None) => String::new(),
    }
}

/// `customer t-3 “words”`.
fn quoted(words: &Words) -> String {
    let role = words.role.map(|role| format!("{role} ")).unwrap_or_default();
    let text = words.text.as_ref().map(|text| format!(" “{}”", clean(text))).unwrap_or_default();
    format!("{role}{}{text}", clean(&words.event_id))
}
