//! A comparison of two policies as a page: what changes by reason and intent, how far, and what the past says of it.

use std::collections::BTreeMap;

use super::handoff::pad;
use super::report::{left_out, rate};
use super::{Paint, Style, clean, moment, span};
use crate::app::comparison::{
    Acting, Changes, Comparison, Difference, Moved, Outcomes, Request, ended, followed, median,
};

/// Rows shown of a table; the rest is one row.
const ROWS_SHOWN: usize = 12;
const NAME_WIDTH: usize = 28;

/// The whole page, with at most `examples` of each kind of change.
pub fn page(found: &Comparison, examples: usize, style: Style) -> String {
    let names = format!(
        "{} {} → {} {}",
        found.before.name, found.before.version, found.after.name, found.after.version
    );
    let mut out = style.heading("COMPARED", &clean(&names));
    out.push_str(&left_out(found.left_out.summary().as_deref(), style));
    out.push_str(&style.lines("hand-offs", &totals(found)));
    out.push_str(&style.lines("offers", &offers(found)));
    out.push_str(&table("by reason", &found.by_reason, style));
    out.push_str(&table("by intent", &found.by_intent, style));
    for (label, list) in [("earlier", &found.earlier), ("later", &found.later)] {
        if let Some(moved) = median(list) {
            out.push_str(&style.entry(label, &format!("by {} (median)", distance(moved))));
        }
    }
    out.push_str(&style.lines("added", &endings(&found.added)));
    out.push_str(&style.lines("lost", &fates(found)));
    let rows: Vec<String> =
        found.lists().into_iter().flat_map(|(what, list)| some_of(what, list, examples)).collect();
    out.push_str(&style.lines("examples", &rows));
    out
}

fn totals(found: &Comparison) -> Vec<String> {
    let before = found.unchanged + found.lost.len() + found.earlier.len() + found.later.len();
    let after = before - found.lost.len() + found.added.len();
    let (added, lost, earlier, later) =
        (found.added.len(), found.lost.len(), found.earlier.len(), found.later.len());
    let mut rows = vec![format!(
        "{before} → {after}: {} unchanged, {added} added, {lost} lost, {earlier} earlier, {later} later",
        found.unchanged
    )];
    if found.same < found.unchanged {
        rows.push(format!(
            "unchanged: at the same moment; with the same reason and queue too: {}",
            found.same
        ));
    }
    if found.other_reason + found.other_queue > 0 {
        let (reason, queue) = (found.other_reason, found.other_queue);
        rows.push(format!(
            "of those that both make, {reason} for another reason and {queue} to another queue"
        ));
    }
    rows
}

/// Nothing where neither policy makes one.
fn offers(found: &Comparison) -> Vec<String> {
    let (before, after) = found.offers;
    if before.made + after.made == 0 {
        return Vec::new();
    }
    let (led, leads) = (before.led_on, after.led_on);
    vec![format!("{} → {}; of them led to a hand-off {led} → {leads}", before.made, after.made)]
}

/// Most changes first; of equal ones, most hand-offs, then the order of the alphabet.
fn table(label: &str, all: &BTreeMap<String, Changes>, style: Style) -> String {
    let mut rows: Vec<(String, Changes)> = all.iter().map(|(name, it)| (clean(name), *it)).collect();
    rows.sort_by_key(|(_, it)| std::cmp::Reverse((it.changed(), it.before + it.after)));
    if rows.len() > ROWS_SHOWN {
        let others = rows.split_off(ROWS_SHOWN - 1);
        let name = format!("({} others)", others.len());
        rows.push((name, others.into_iter().fold(Changes::default(), |sum, (_, it)| sum.plus(it))));
    }
    let mut lines = Vec::new();
    if !rows.is_empty() {
        let head = ["before", "added", "lost", "earlier", "later", "after"];
        let head: String = head.iter().map(|name| format!("{name:>8}")).collect();
        lines.push(style.paint(Paint::Faint, &format!("{}{head}", " ".repeat(NAME_WIDTH))));
    }
    for (name, it) in rows {
        let cell = |sign: &str, n: usize| match n {
            0 => format!("{:>8}", "·"),
            _ => format!("{:>8}", format!("{sign}{n}")),
        };
        lines.push(format!(
            "{}{}{}{}{}{}{}",
            pad(&name, NAME_WIDTH),
            cell("", it.before),
            cell("+", it.added),
            cell("−", it.lost),
            cell("", it.earlier),
            cell("", it.later),
            cell("", it.after)
        ));
    }
    style.lines(label, &lines)
}

fn distance(moved: Moved) -> String {
    let noun = if moved.turns == 1 { "turn" } else { "turns" };
    format!("{} {noun} and {}", moved.turns, span(moved.ms))
}

/// How the acting policy's conversations ended without the hand-offs that the other adds; most frequent first.
fn endings(added: &[Difference]) -> Vec<String> {
    if added.is_empty() {
        return Vec::new();
    }
    let all = added.len() as i64;
    let (kinds, missed) = ended(added);
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let mut rows = vec!["as it was, without them, the conversation ended".to_owned()];
    rows.extend(kinds.into_iter().map(|(kind, n)| rate(ending(kind), n as i64, all, "added")));
    rows.push(rate("missed hand-offs", missed as i64, all, "added"));
    rows
}

/// The words of the closing report.
fn ending(kind: &str) -> &str {
    match kind {
        "resolved_confirmed" => "contained, confirmed",
        "resolved_assumed" => "contained, assumed",
        "abandoned" => "customer gave up",
        "unengaged" => "never engaged",
        "handed_off" => "closed, handed off",
        "open" => "still open",
        other => other,
    }
}

/// What became of the hand-offs that the other policy would not make.
fn fates(found: &Comparison) -> Vec<String> {
    if found.lost.is_empty() {
        return Vec::new();
    }
    let followed = followed(&found.lost);
    if found.outcomes == Outcomes::NotGiven && followed.iter().all(|(_, n)| *n == 0) {
        return vec!["what became of them is known with --outcomes".to_owned()];
    }
    let mut rows = vec!["as it was, the hand-off was".to_owned()];
    let all = found.lost.len() as i64;
    rows.extend(followed.into_iter().map(|(what, n)| rate(what, n as i64, all, "lost")));
    rows
}

/// The first by conversation id.
fn some_of(what: &str, list: &[Difference], examples: usize) -> Vec<String> {
    let mut rows: Vec<String> =
        list.iter().take(examples).map(|one| format!("{what:<8} {}", example(one))).collect();
    if examples > 0 && list.len() > examples {
        rows.push(format!("{:<8} and {} more (--examples N, or --output json)", "", list.len() - examples));
    }
    rows
}

fn example(one: &Difference) -> String {
    let request = |it: &Request| format!("{} {}", moment(it.at), clean(&it.reason));
    let told = match (&one.before, &one.after) {
        (Some(was), Some(is)) => {
            let moved = one.moved.map(|moved| format!(", {}", distance(moved))).unwrap_or_default();
            format!("{} → {}{moved}", request(was), request(is))
        }
        (Some(only), None) | (None, Some(only)) => request(only),
        (None, None) => String::new(),
    };
    let episode = if one.episode == 1 { String::new() } else { format!(" (episode {})", one.episode) };
    let past = one.acting.as_ref().map(|acting| format!("; {}", past(acting, one))).unwrap_or_default();
    format!("{}{episode}  {told}{past}", clean(&one.conversation_id))
}

fn past(acting: &Acting, one: &Difference) -> String {
    if one.before.is_none() {
        let missed = if acting.missed_handoff { ", a missed hand-off" } else { "" };
        return format!("{}{missed}", ending(&acting.end_kind));
    }
    let marks = [
        (acting.answered, "answered"),
        (acting.resolved, "resolved"),
        (acting.returned, "returned"),
        (acting.abandoned, "abandoned"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    if marks.is_empty() { "nobody took it".to_owned() } else { marks.join(", ") }
}
