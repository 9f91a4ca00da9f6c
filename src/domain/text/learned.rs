//! What was learned from labelled texts, beside what the lists say: how displeasure sounds, in English and in the other languages,
//! and how a person is asked for in all of them.

use super::mood;
use super::read::Reading;
use super::roles::Roles;
use super::weights::{Weights, sums_of_words};

/// What a model tells of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Displeasure, in texts with English words.
    Displeasure,
    /// Displeasure, in texts that are not English.
    DispleasureElsewhere,
    /// Requests for a person, in customers' turns in which the rules hear none.
    Request,
}

impl Model {
    pub const ALL: [Model; 3] = [Model::Displeasure, Model::DispleasureElsewhere, Model::Request];
}

/// The models of a lexicon. One that says nothing is not asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    displeasure: Weights,
    displeasure_elsewhere: Weights,
    request: Weights,
}

/// What is known of a customer's text before the models are asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// That its words play in asking for a person.
    pub(super) roles: Roles,
    pub(super) is_english: bool,
    /// It is in a language that is on, as far as that is known.
    pub(super) is_served: bool,
    /// The platform tells the customer's sentiment.
    pub(super) sentiment_told: bool,
    /// Displeasure in the words of other languages than English, as the lists hear it.
    pub(super) displeasure_elsewhere: f64,
}

impl Learned {
    /// Only the lists speak.
    pub const fn nothing() -> Learned {
        Learned {
            displeasure: Weights::none(),
            displeasure_elsewhere: Weights::none(),
            request: Weights::none(),
        }
    }

    pub fn of(&self, model: Model) -> &Weights {
        match model {
            Model::Displeasure => &self.displeasure,
            Model::DispleasureElsewhere => &self.displeasure_elsewhere,
            Model::Request => &self.request,
        }
    }

    /// The same with other weights for one model.
    pub fn with(self, model: Model, weights: Weights) -> Learned {
        match model {
            Model::Displeasure => Learned { displeasure: weights, ..self },
            Model::DispleasureElsewhere => Learned { displeasure_elsewhere: weights, ..self },
            Model::Request => Learned { request: weights, ..self },
        }
    }

    /// Adds to what the lists heard in a customer's folded text. One more pass over it, for all models that are asked together.
    pub(super) fn hear(&self, folded: &str, known: Known, reading: &mut Reading) {
        let none = Weights::none();
        let asked = |model, is_asked: bool| if is_asked { self.of(model) } else { &none };
        let hears_mood = !known.sentiment_told;
        let models = [
            asked(Model::Displeasure, hears_mood && reading.english_words > 0),
            asked(Model::DispleasureElsewhere, hears_mood && known.is_served && !known.is_english),
            asked(Model::Request, known.is_served && reading.request.is_none() && !reading.declines_person),
        ];
        let mut elsewhere = known.displeasure_elsewhere;
        if models.iter().any(|model| !model.says_nothing()) {
            let [in_english, in_others, request] = models;
            let [english_words, other_words, request_words] = sums_of_words(models, folded);
            if !in_english.says_nothing() {
                let odds = LEARNED * in_english.over_ordinary(english_words);
                reading.displeasure = mood::at_odds(reading.displeasure, odds);
            }
            if !in_others.says_nothing() {
                elsewhere =
                    mood::at_odds(elsewhere, LEARNED_ELSEWHERE * in_others.over_ordinary(other_words));
            }
            if !request.says_nothing() {
                let odds = request.log_odds(request_words, request.sum_of_roles(known.roles));
                reading.may_ask = 1.0 / (1.0 + (-odds).exp());
            }
        }
        reading.displeasure = reading.displeasure.max(elsewhere);
    }
}

/// Share of the learned log-odds of displeasure that counts beside what the lists heard: in English, where both come from
/// many texts, and in the other languages.
const LEARNED: f64 = 0.5;
const LEARNED_ELSEWHERE: f64 = 0.65;
