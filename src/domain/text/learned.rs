//! What was learned from labelled texts, beside what the lists say: how English speaks of displeasure, and how a person is asked
//! for in any language.

use super::mood;
use super::read::Reading;
use super::roles::Roles;
use super::weights::{Sum, Weights, sums_of_words};

/// What a model tells of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Displeasure, in texts with English words.
    Displeasure,
    /// Requests for a person, in customers' turns in which the rules hear none.
    Request,
}

impl Model {
    pub const ALL: [Model; 2] = [Model::Displeasure, Model::Request];
}

/// The models of a lexicon. One that says nothing is not asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    displeasure: Weights,
    request: Weights,
}

impl Learned {
    /// Only the lists speak.
    pub const fn nothing() -> Learned {
        Learned { displeasure: Weights::none(), request: Weights::none() }
    }

    pub fn of(&self, model: Model) -> &Weights {
        match model {
            Model::Displeasure => &self.displeasure,
            Model::Request => &self.request,
        }
    }

    /// The same with other weights for one model.
    pub fn with(self, model: Model, weights: Weights) -> Learned {
        match model {
            Model::Displeasure => Learned { displeasure: weights, ..self },
            Model::Request => Learned { request: weights, ..self },
        }
    }

    /// Adds to what the lists heard in a customer's folded text, in which these roles occur. A second pass over it, for both
    /// models together.
    pub(super) fn hear(&self, folded: &str, roles: Roles, sentiment_told: bool, reading: &mut Reading) {
        let hears_mood = !sentiment_told && reading.english_words > 0 && !self.displeasure.says_nothing();
        let hears_request =
            reading.request.is_none() && !reading.declines_person && !self.request.says_nothing();
        let (mood, request) = match (hears_mood, hears_request) {
            (true, true) => {
                let [mood, request] = sums_of_words([&self.displeasure, &self.request], folded);
                (Some(mood), Some(request))
            }
            (true, false) => (Some(sums_of_words([&self.displeasure], folded)[0]), None),
            (false, true) => (None, Some(sums_of_words([&self.request], folded)[0])),
            (false, false) => (None, None),
        };
        if let Some(words) = mood {
            let odds = self.displeasure.log_odds(words, Sum::default());
            let over_ordinary = odds - self.displeasure.head.ordinary;
            reading.displeasure = mood::at_odds(reading.displeasure, over_ordinary);
        }
        if let Some(words) = request {
            let odds = self.request.log_odds(words, self.request.sum_of_roles(roles));
            reading.may_ask = 1.0 / (1.0 + (-odds).exp());
        }
    }
}
