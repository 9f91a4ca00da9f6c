//! `frustration`: how displeased the customer is by now. The platform's sentiment where a turn has it, else the words.
//!
//! Two states, because a bound and a ranking want different things:
//! 1. The *level* (0..1) moves towards each customer turn, faster up than down, from calm (0). It is what `level` of the
//!    policy bounds: a single bad turn in a calm conversation says little, open anger that lasts fires.
//! 2. The *tension* adds up, and slowly forgets, what each customer turn says above or below an ordinary one. Curt turns
//!    throughout, blame, and bad news taken without a kind word raise it long before anybody is rude. Below the bound of
//!    the level the strength ranks by it.

use super::{Look, WEAKEST_UNDER, fired, weak};
use crate::domain::conversation::{Conversation, Evidence};
use crate::domain::decision::{Reason, Signal};
use crate::domain::text::Manner;
use crate::domain::turn::Role;

/// Share of the way towards a turn that is worse, or better, than the level.
const RISE: f64 = 0.5;
const FALL: f64 = 0.2;
/// A turn at least this bad is shown as evidence.
const SHOWN_FROM: f64 = 0.4;
/// Repeating oneself is displeasure too.
const REPEAT: f64 = 0.15;

/// Share of the tension that one more customer turn leaves.
const KEPT: f64 = 0.8;
/// Log-odds of displeasure of an ordinary customer turn, and the least and most that one turn's displeasure counts as.
const ORDINARY: f64 = -2.6;
const LEAST: f64 = 0.01;
/// What a turn's manner adds in the same log-odds: each clause of blame, each of good manners and a yes, and what the AI
/// had to say before it. An opening is not asked: everybody greets.
const BLAME: f64 = 4.0;
const KINDNESS: f64 = -0.7;
const BAD_NEWS: f64 = 2.5;
/// The tension at which half of the way to the bound is gone, and how far it takes to halve the rest.
const TENSE: f64 = 8.0;
const SPREAD: f64 = 4.0;
/// So much less of a level fires where open anger breaks out after tension has built up: what rises counts more than what is high.
const EASED: f64 = 0.06;
const OPEN_ANGER: f64 = 0.9;
/// Weak signals of less than this are not worth a line.
const NOTHING: f64 = 0.01;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.frustration;
    let turn = look.moment.turn;
    let evidence = &mut conversation.evidence;
    match turn.role {
        Role::Customer if bounds.switch.enabled => {}
        Role::Ai if bounds.switch.enabled => {
            hear_news(look, evidence);
            return None;
        }
        Role::Customer | Role::Ai | Role::Tool | Role::Human | Role::System => return None,
    }
    let repeats = if evidence.customer_repeats.count > 1 { REPEAT } else { 0.0 };
    let displeasure = match (turn.sentiment, look.reading) {
        (Some(sentiment), _) => (-sentiment).clamp(0.0, 1.0),
        (None, Some(reading)) => (reading.displeasure + repeats).min(1.0),
        (None, None) => return None,
    };
    let level = f64::from(evidence.frustration);
    let share = if displeasure > level { RISE } else { FALL };
    let level = level + share * (displeasure - level);
    let manner = look.reading.map(|reading| reading.manner).filter(|_| evidence.frustration_samples > 0);
    let tension = KEPT * f64::from(evidence.tension) + said(displeasure, manner.unwrap_or_default());
    evidence.frustration = level as f32;
    evidence.tension = tension as f32;
    evidence.frustration_samples = evidence.frustration_samples.saturating_add(1);
    if displeasure >= SHOWN_FROM {
        evidence.frustration_turns.add(&turn.event_id);
    }
    let rises = displeasure >= OPEN_ANGER && tension >= TENSE / 2.0 && bounds.level < 1.0;
    let bound = if rises { bounds.level - EASED } else { bounds.level };
    let mut signal = if level >= bound {
        let over = (level - bound) / (1.0 - bound).max(f64::EPSILON);
        fired(Reason::Frustration, 0.5 + 0.5 * over, evidence.frustration_turns.turns.clone(), &bounds.switch)
    } else {
        let strength = WEAKEST_UNDER / (1.0 + ((TENSE - tension) / SPREAD).exp());
        if strength < NOTHING {
            return None;
        }
        weak(Reason::Frustration, strength, &bounds.switch)
    };
    signal.observed = Some(level);
    signal.threshold = Some(bound);
    Some(signal)
}

/// What one customer turn adds to the tension.
fn said(displeasure: f64, manner: Manner) -> f64 {
    let displeasure = displeasure.clamp(LEAST, 1.0 - LEAST);
    let kind = u8::from(manner.polite) + u8::from(manner.says_yes);
    (displeasure / (1.0 - displeasure)).ln() - ORDINARY
        + BLAME * f64::from(manner.blames)
        + KINDNESS * f64::from(kind)
}

/// What the AI has to say that nobody likes to hear, a refusal, that something is wrong, or that it did not understand: the
/// customer's next turn tells how it was taken.
fn hear_news(look: Look<'_>, evidence: &mut Evidence) {
    let is_bad = look
        .reading
        .is_some_and(|reading| reading.manner.bad_news || reading.refuses || reading.not_understood);
    if is_bad && evidence.frustration_samples > 0 {
        evidence.tension += BAD_NEWS as f32;
    }
}
