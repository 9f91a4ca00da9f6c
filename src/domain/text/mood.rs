//! How displeased a text sounds: words and phrases weigh, negation turns them, and a soft bound keeps it in 0..1.

use super::phrases::Word;
use super::roles::*;

/// What has been heard so far in one text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mood {
    weight: f64,
}

impl Mood {
    /// The words of one clause.
    pub(super) fn add(&mut self, words: &[Word]) {
        for (at, word) in words.iter().enumerate().filter(|(_, word)| word.is(MOOD)) {
            let negated = words[at.saturating_sub(3)..at].iter().any(|before| before.is(NOT | CANNOT));
            let bad = match () {
                () if word.is(INSULT) => 0.9,
                () if word.is(AWFUL) => 0.8,
                () if word.is(BAD) => 0.6,
                () if word.is(SOUR) => 0.25,
                () if word.is(IMPATIENT) => 0.15,
                () => 0.0,
            };
            let good = f64::from(u8::from(word.is(GOOD))) * 0.3 + f64::from(u8::from(word.is(POLITE))) * 0.15;
            self.weight += match (bad > 0.0, negated) {
                (true, false) => bad,
                (true, true) => bad * 0.2,
                (false, false) => -good,
                (false, true) => 0.25,
            };
        }
    }

    /// "not what I asked", "are you even listening".
    pub(super) fn complain(&mut self) {
        self.weight += 0.7;
    }

    /// "I already told you", "hurry up".
    pub(super) fn press(&mut self) {
        self.weight += 0.35;
    }

    /// A question or exclamation mark; `again` if another follows at once.
    pub(super) fn mark(&mut self, question: bool, again: bool) {
        self.weight += if question && again { 0.2 } else { 0.0 };
    }

    /// 0..1; 0.5 at a weight of 0.7.
    pub(super) fn displeasure(&self) -> f64 {
        let weight = self.weight.max(0.0);
        weight / (weight + 0.7)
    }
}
