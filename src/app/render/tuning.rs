//! What a tuning found: the trade-off, line by line, and what to put into the policy.

use super::{Paint, Style, clean, percent};
use crate::app::tune::choice::Row;
use crate::app::tune::keys::KEYS;
use crate::app::tune::search::Change;
use crate::app::tune::{Chosen, Tuned};
use crate::domain::combination::NEVER;

/// The whole page.
pub fn page(found: &Tuned, style: Style) -> String {
    let (name, version) = &found.policy;
    let mut out = style.heading("TUNED", &format!("policy {} {}", clean(name), clean(version)));
    let Row { conversations, needed, unneeded, .. } = &found.as_given;
    let labelled = needed + unneeded;
    out.push_str(&style.entry(
        "history",
        &format!(
            "{conversations} conversations, {labelled} labelled: {needed} needed a person, {unneeded} did not"
        ),
    ));
    out.push_str(&style.entry("budget", &format!("{} of all conversations", percent(found.budget))));
    let mut rows = vec![style.paint(Paint::Faint, HEAD)];
    rows.push(line(' ', "as it is", &found.as_given));
    rows.push(line(' ', "at least", &found.above));
    out.push_str(&style.lines("now", &rows));
    let mut rows = vec![style.paint(Paint::Faint, HEAD)];
    let chosen = found.chosen.as_ref();
    for (at, row) in found.curve.iter().enumerate() {
        let is_chosen = chosen.is_some_and(|chosen| chosen.row == *row);
        // Of bounds that decide the same, the highest.
        if !is_chosen && found.curve.get(at + 1).is_some_and(|next| next.decides_as(row)) {
            continue;
        }
        let shown = line(if is_chosen { '►' } else { ' ' }, &bound(row.bound), row);
        rows.push(if is_chosen { style.paint(Paint::Title, &shown) } else { shown });
    }
    out.push_str(&style.lines("trade-off", &rows));
    match chosen {
        Some(chosen) => out + &set(chosen, found, style),
        None => out,
    }
}

/// Over [`line`]'s columns.
const HEAD: &str = "  bound        handed off   share    caught  missed  false alarms   lead";

fn line(mark: char, name: &str, row: &Row) -> String {
    let lead = row.lead.map_or("-".to_owned(), |lead| lead.to_string());
    let share = 100.0 * row.share();
    format!(
        "{mark} {name:<12}{:>10}{share:>6.1} %{:>10}{:>8}{:>14}{lead:>7}",
        row.decided,
        row.caught,
        row.missed(),
        row.false_alarms
    )
}

fn bound(bound: f64) -> String {
    if bound < NEVER { super::handoff::number(bound) } else { "never".to_owned() }
}

fn set(chosen: &Chosen, found: &Tuned, style: Style) -> String {
    let mut rows = vec![style.paint(Paint::Faint, HEAD), line('►', "these", &chosen.row)];
    match chosen.held_out() {
        Some(unseen) => rows.push(line(' ', "unseen", unseen)),
        None => rows.push("  unseen: on a part of them no setting keeps within the budget".to_owned()),
    }
    let other = match chosen.changes.as_slice() {
        [] => chosen.unseen.searched.as_ref().map(|row| line(' ', "  searched", row)),
        _ => chosen.unseen.as_is.as_ref().map(|row| line(' ', "  as it is", row)),
    };
    rows.extend(other);
    let mut out = style.lines("expect", &rows);
    out.push_str(&style.entry(
        "",
        "(unseen: five parts, each with what was best on the others; expect that, not the line above it. Under it: the same \
         with the numbers of triggers searched, or as they are)",
    ));
    let numbers: Vec<String> = match chosen.changes.as_slice() {
        [] => vec![format!("none is changed ({} replays tried them)", chosen.replays)],
        changes => changes.iter().map(number).collect(),
    };
    out.push_str(&style.lines("numbers", &numbers));
    let (all, replayed) = (found.as_given.conversations, chosen.replayed);
    let same =
        if replayed == chosen.row.decided { "as above" } else { "not as above: times of turns overlap" };
    out.push_str(&style.entry("replayed", &format!("{replayed} of {all} handed off, {same}")));
    let toml: Vec<String> = if chosen.toml.is_empty() {
        vec!["nothing: the policy is the best within the budget".to_owned()]
    } else {
        chosen.toml.lines().map(str::to_owned).collect()
    };
    out + &style.lines("change", &toml)
}

/// A number that is changed, and what that gained.
fn number(change: &Change) -> String {
    let (key, gain) = (&KEYS[change.key], change.gain());
    format!(
        "{} {} → {}: {:+} caught, {:+} false alarms, {:+} handed off",
        key.dotted(),
        key.text(change.from),
        key.text(change.to),
        gain.caught,
        gain.false_alarms,
        gain.decided
    )
}
