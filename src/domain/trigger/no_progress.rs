//! `no_progress`: too many customer turns, or too much time, without a new fact, step or intent.
//!
//! A step after which the customer says that it still fails was none: troubleshooting without success counts on. Time
//! counts only while the customer keeps writing without anything new: a pause alone is no standstill. The reports that it
//! still fails are also counted by themselves, over the whole episode: steps may help with one thing and not with another.

use super::{Look, counted, fired, one};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::turn::Role;

/// Who writes after a longer pause was away: that time does not count.
const PAUSE_MS: Millis = 5 * 60_000;
/// Turns without progress before time counts.
const TURNS_BEFORE_TIME: u16 = 2;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.no_progress;
    let turn = look.moment.turn;
    if !bounds.switch.enabled {
        return None;
    }
    let evidence = &mut conversation.evidence;
    let before = *evidence.progress_at.get_or_insert(turn.event_time);
    if look.moment.progressed {
        evidence.progress_at = Some(turn.event_time);
    }
    if turn.role != Role::Customer {
        return None;
    }
    let last_word_at = evidence.customer_at.replace(turn.event_time);
    let moved_on = look.moment.progressed || last_word_at.is_none_or(|at| before > at);
    let still_fails = look.reading.is_some_and(|reading| reading.reports_failure);
    if moved_on && !still_fails {
        evidence.turns_without_progress = 0;
        return None;
    }
    evidence.turns_without_progress = evidence.turns_without_progress.saturating_add(1);
    if still_fails {
        evidence.failure_reports.add(&turn.event_id);
        let (reports, bound) = (&evidence.failure_reports, bounds.failure_reports);
        if reports.count >= bound {
            return counted(Reason::NoProgress, reports.count, bound, &reports.turns, &bounds.switch);
        }
    }
    let away_ms = last_word_at.map_or(0, |at| turn.event_time - at);
    let before =
        if away_ms >= PAUSE_MS { before.saturating_add(away_ms).min(turn.event_time) } else { before };
    evidence.progress_at = Some(before);
    let turns = evidence.turns_without_progress;
    let waited_ms = turn.event_time - before;
    if turns < bounds.turns && turns >= TURNS_BEFORE_TIME && waited_ms >= bounds.after_ms {
        let mut signal = fired(Reason::NoProgress, 0.5, one(turn), &bounds.switch);
        (signal.observed, signal.threshold) = (Some(waited_ms as f64), Some(bounds.after_ms as f64));
        return Some(signal);
    }
    let shown = if turns >= bounds.turns { one(turn) } else { Vec::new() };
    counted(Reason::NoProgress, turns, bounds.turns, &shown, &bounds.switch)
}
