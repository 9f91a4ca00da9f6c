//! `low_confidence`: confidence under a bound for some turns, or a falling average. Missing confidence is missing, not zero.
//!
//! Strength ranks: within the same count, less confidence is stronger, also before any bound is met. Classifiers are sure
//! of much that they get wrong, so the ranking also asks the words of the customer: an intent whose name they say is
//! likelier right, words that are hardly English or too few are likelier wrong. The bounds are met by confidence alone.

use super::{Look, fired, measured, one, weak};
use crate::domain::conversation::Conversation;
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// Weight of the newest confidence in the average.
const NEWEST: f64 = 0.4;
/// Weak signals of less than this are not worth a line. Small, because classifiers that say .999 differ in it.
const NOTHING: f64 = 0.00002;

/// How much the share of the intent's name that the text says, and the share of its words that are English function words,
/// count; and what both are in an ordinary text.
const NAMED: f64 = 1.0;
const ENGLISH: f64 = 2.0;
const ORDINARY_NAMED: f64 = 0.2;
const ORDINARY_ENGLISH: f64 = 0.27;
/// A text of one word, or without any of its own, supports a confidence half as well.
const TOO_LITTLE: f64 = 0.5;
/// Shorter words of a name say nothing; words are the same from so many equal letters at their start.
const NAME_LETTERS: usize = 3;
const SAME_LETTERS: usize = 5;
/// Words of a text that an intent's name is looked for in.
const TEXT_WORDS: usize = 64;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let bounds = &look.policy.triggers.low_confidence;
    let turn = look.moment.turn;
    let confidence = turn
        .confidence
        .filter(|_| bounds.switch.enabled && matches!(turn.role, Role::Customer | Role::Ai))
        .filter(|confidence| !(turn.fallback && *confidence == 0.0))?;
    let doubt = (1.0 - confidence).powf(support(look, conversation));
    let evidence = &mut conversation.evidence;

    let before = evidence.confidence_average.map(f64::from);
    let average = before.map_or(confidence, |before| before + NEWEST * (confidence - before));
    evidence.confidence_average = Some(average as f32);
    if confidence < bounds.below {
        evidence.low_confidence.add(&turn.event_id);
    } else {
        evidence.low_confidence.clear();
    }

    let count = evidence.low_confidence.count;
    let needed = bounds.turns.max(1);
    if count >= needed {
        let depth = (bounds.below - confidence) / bounds.below;
        let turns = evidence.low_confidence.turns.clone();
        return Some(measured(
            fired(Reason::LowConfidence, 0.5 + 0.5 * depth, turns, &bounds.switch),
            confidence,
            bounds.below,
        ));
    }
    if before.is_some_and(|before| average < before) && average < bounds.average_below {
        let depth = (bounds.average_below - average) / bounds.average_below;
        let turns = if count > 0 { evidence.low_confidence.turns.clone() } else { one(turn) };
        return Some(measured(
            fired(Reason::LowConfidence, 0.5 + 0.5 * depth, turns, &bounds.switch),
            average,
            bounds.average_below,
        ));
    }
    let steps = f64::from(count.saturating_sub(1)) + doubt;
    let strength = 0.49 * steps / f64::from(needed);
    (strength >= NOTHING)
        .then(|| measured(weak(Reason::LowConfidence, strength, &bounds.switch), confidence, bounds.below))
}

/// How well the customer's words support the confidence in them: 1 where they are as usual or nothing is known of them.
fn support(look: Look<'_>, conversation: &Conversation) -> f64 {
    let Some(reading) = look.customer_text() else { return 1.0 };
    let turn = look.moment.turn;
    let named =
        turn.intent.as_deref().zip(turn.text.as_deref()).and_then(|(intent, text)| named(intent, text));
    let may_be_english = conversation.language().is_none_or(|language| language.starts_with("en"));
    let english = (may_be_english && reading.words > 0)
        .then(|| f64::from(reading.english_words) / f64::from(reading.words));
    let support = |named, english| 1.0 + NAMED * named + ENGLISH * english;
    let says_little = reading.words <= 1 || !reading.has_content;
    support(named.unwrap_or(ORDINARY_NAMED), english.unwrap_or(ORDINARY_ENGLISH))
        / support(ORDINARY_NAMED, ORDINARY_ENGLISH)
        * if says_little { TOO_LITTLE } else { 1.0 }
}

/// The share of the words of an intent's name (`ORDER_STATUS`) that a text says. `None`: the name has no words.
fn named(intent: &str, text: &str) -> Option<f64> {
    fn words(text: &str) -> impl Iterator<Item = &[u8]> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::as_bytes);
        words.filter(|word| word.len() >= NAME_LETTERS).map(|word| &word[..word.len().min(SAME_LETTERS)])
    }
    let says = |name: &[u8]| words(text).take(TEXT_WORDS).any(|word| word.eq_ignore_ascii_case(name));
    let (said, all) =
        words(intent).fold((0_u32, 0_u32), |(said, all), name| (said + u32::from(says(name)), all + 1));
    (all > 0).then(|| f64::from(said) / f64::from(all))
}
