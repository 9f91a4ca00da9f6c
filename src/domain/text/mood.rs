//! How displeased a text sounds: words and phrases weigh, negation turns them, and a soft bound keeps it in 0..1.

use super::phrases::Word;
use super::roles::*;

/// What has been heard so far in one text: above 0 displeasure, below it good manners and good humour.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mood {
    /// Of words and marks.
    words: f64,
    /// Of English words that are ordinary in another language ("gross").
    doubtful: f64,
    /// Of phrases: they are found once, in whatever language, and count for every reading of the text.
    phrases: f64,
}

/// What a word of each kind weighs; the heaviest kind of a word counts.
const WEIGHTS: [(Roles, f64); 8] = [
    (INSULT, 0.9),
    (AWFUL, 0.8),
    (BAD, 0.6),
    (SOUR, 0.3),
    (IMPATIENT, 0.15),
    (GOOD, -0.3),
    (POLITE, -0.15),
    (NOT | CANNOT, 0.1),
];
/// A bad word behind a negation ("not bad") weighs this share; a good one ("not helpful") weighs this much.
const NOT_BAD: f64 = 0.2;
const NOT_GOOD: f64 = 0.3;
/// Words before a word in which a negation turns it.
const NEGATION_REACH: usize = 3;

/// Weight of a text without any word of mood, and the weight that doubles the distance to 1.
const CALM: f64 = 0.05;
const HALF: f64 = 0.7;

/// Displeasure 0..1 with log-odds on top.
pub(super) fn at_odds(displeasure: f64, log_odds: f64) -> f64 {
    let odds = displeasure / (1.0 - displeasure) * log_odds.exp();
    odds / (1.0 + odds)
}

/// The kind among these roles that counts, and what it weighs.
fn heaviest(roles: Roles) -> (Roles, f64) {
    WEIGHTS.into_iter().find(|(kind, _)| kind & roles != 0).unwrap_or((0, 0.0))
}

/// A negation stands near before the word, in the same thought.
fn is_negated(words: &[Word], at: usize) -> bool {
    let near = &words[at.saturating_sub(NEGATION_REACH)..=at];
    let from = near.iter().rposition(|word| word.is(COMMA)).unwrap_or(0);
    near[from..near.len() - 1].iter().any(|before| before.is(NOT | CANNOT))
}

impl Mood {
    /// The phrases alone.
    pub(super) fn of_phrases(self) -> Mood {
        Mood { words: 0.0, doubtful: 0.0, ..self }
    }

    /// The text is not English.
    pub(super) fn forget_doubtful(&mut self) {
        self.doubtful = 0.0;
    }

    /// The words of one clause.
    pub(super) fn add(&mut self, words: &[Word]) {
        for (at, word) in words.iter().enumerate().filter(|(_, word)| word.is(MOOD | NOT | CANNOT)) {
            let (kind, weight) = heaviest(word.roles);
            // Good manners are never turned: "it did not arrive please check".
            let negated = word.is(MOOD) && kind != POLITE && is_negated(words, at);
            let heard = if word.is(DOUBTFUL) { &mut self.doubtful } else { &mut self.words };
            *heard += match negated {
                false => weight,
                true if weight > 0.0 => weight * NOT_BAD,
                true => NOT_GOOD,
            };
        }
    }

    /// "not what I asked", "are you even listening".
    pub(super) fn complain(&mut self) {
        self.phrases += 0.7;
    }

    /// "I already told you", "hurry up".
    pub(super) fn press(&mut self) {
        self.phrases += 0.35;
    }

    /// "still not working".
    pub(super) fn fail(&mut self) {
        self.phrases += 0.15;
    }

    /// "thanks for nothing".
    pub(super) fn mock(&mut self) {
        self.phrases += 0.5;
    }

    /// A phrase that weighs as much as a word of these roles.
    pub(super) fn sound(&mut self, roles: Roles) {
        self.phrases += heaviest(roles).1;
    }

    /// `??` or `?!`.
    pub(super) fn wonder(&mut self) {
        self.words += 0.2;
    }

    /// 0..1: 0.07 where nothing was heard, less for good manners, 0.5 at a weight of 0.65, towards 1 for a rant.
    pub(super) fn displeasure(&self) -> f64 {
        let weight = self.words + self.doubtful + self.phrases;
        if weight < 0.0 {
            return CALM / (CALM + HALF) / (1.0 - 4.0 * weight);
        }
        (weight + CALM) / (weight + CALM + HALF)
    }
}
