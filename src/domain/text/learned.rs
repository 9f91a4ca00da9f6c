//! What was learned from labelled texts, beside what the lists say: how displeasure sounds, in English and in the other languages,
//! and how a person is asked for, and danger told, in all of them.

use super::mood;
use super::read::Reading;
use super::roles::Roles;
use super::weights::{Sum, Weights, sums_of_words};

/// What a model tells of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Displeasure, in texts with English words.
    Displeasure,
    /// Displeasure, in texts that are not English.
    DispleasureElsewhere,
    /// Requests for a person, in customers' turns in which the rules hear none.
    Request,
    /// Danger to someone, in customers' turns in which the lists hear none.
    Danger,
    /// That the AI's offer of a person is taken up, in an answer in which the rules hear no yes.
    Answer,
}

impl Model {
    pub const ALL: [Model; 5] =
        [Model::Displeasure, Model::DispleasureElsewhere, Model::Request, Model::Danger, Model::Answer];

    /// As its weight file and the command line call it.
    pub fn name(self) -> &'static str {
        match self {
            Model::Displeasure => "displeasure",
            Model::DispleasureElsewhere => "displeasure-elsewhere",
            Model::Request => "request",
            Model::Danger => "danger",
            Model::Answer => "answer",
        }
    }
}

/// The models of a lexicon. One that says nothing is not asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// In the order of [`Model::ALL`].
    weights: [Weights; Model::ALL.len()],
}

/// What is known of a customer's text before the models are asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) is_english: bool,
    /// It is in a language that is on, as far as that is known.
    pub(super) is_served: bool,
    /// A phrase of the lists says that nobody asks for a person.
    pub(super) is_hushed: bool,
    /// The platform tells the customer's sentiment.
    pub(super) sentiment_told: bool,
    /// Displeasure in the words of other languages than English, as the lists hear it.
    pub(super) displeasure_elsewhere: f64,
}

impl Learned {
    /// Only the lists speak.
    pub const fn nothing() -> Learned {
        Learned { weights: [const { Weights::none() }; Model::ALL.len()] }
    }

    pub fn of(&self, model: Model) -> &Weights {
        &self.weights[model as usize]
    }

    /// The same with other weights for one model.
    pub fn with(mut self, model: Model, weights: Weights) -> Learned {
        self.weights[model as usize] = weights;
        self
    }

    /// Probability 0..1 of what one model tells of a folded text whose words play these roles; 0 where it says nothing.
    pub(super) fn share(&self, model: Model, folded: &str, roles: Roles) -> f64 {
        let weights = self.of(model);
        if weights.says_nothing() {
            return 0.0;
        }
        let [words] = sums_of_words([weights], folded);
        probability(weights.log_odds(words, weights.sum_of_roles(roles)))
    }

    /// Adds to what the lists heard in a customer's folded text. One more pass over it, for all models that are asked together.
    pub(super) fn hear(&self, folded: &str, known: Known, reading: &mut Reading) {
        let silent = Weights::none();
        let asked = |model: Model, is_asked: bool| if is_asked { self.of(model) } else { &silent };
        let hears_mood = !known.sentiment_told;
        let english = asked(Model::Displeasure, hears_mood && reading.english_words > 0);
        let elsewhere = asked(Model::DispleasureElsewhere, hears_mood && !known.is_english);
        let may_request = known.is_served && reading.request.is_none() && !reading.declines_person;
        let request = asked(Model::Request, may_request);
        let danger = asked(Model::Danger, !reading.danger);
        let models = [english, elsewhere, request, danger];
        let mut displeasure_elsewhere = known.displeasure_elsewhere;
        if models.iter().any(|weights| !weights.says_nothing()) {
            let [of_english, of_elsewhere, of_request, of_danger] = sums_of_words(models, folded);
            if !english.says_nothing() {
                let odds = LEARNED * english.over_ordinary(of_english);
                reading.displeasure = mood::at_odds(reading.displeasure, odds);
            }
            if !elsewhere.says_nothing() {
                let odds = LEARNED_ELSEWHERE * elsewhere.over_ordinary(of_elsewhere);
                displeasure_elsewhere = mood::at_odds(displeasure_elsewhere, odds);
            }
            if !request.says_nothing() {
                let against = if known.is_hushed { AGAINST } else { 0.0 };
                let odds = request.log_odds(of_request, request.sum_of_roles(reading.roles));
                reading.may_ask = probability(odds - against);
            }
            if !danger.says_nothing() {
                reading.may_be_danger = probability(danger.log_odds(of_danger, Sum::default()));
            }
        }
        reading.displeasure = reading.displeasure.max(displeasure_elsewhere);
    }
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Log-odds that a phrase of the lists takes away which says that nobody asks for a person: it may be said of one part of the text.
const AGAINST: f64 = 2.0;
/// Share of the learned log-odds of displeasure that counts beside what the lists heard: in English, where both come from
/// many texts, and in the other languages.
const LEARNED: f64 = 0.5;
const LEARNED_ELSEWHERE: f64 = 0.7;
