//! What speaks for a request, and how probable each makes it that a person is asked for.
//!
//! The shares are counts (docs/learning.md): of labelled turns in which nothing else spoke for it, how many asked. They are
//! smoothed by one turn of each kind.

/// How words ask for a person. In the order of what each is worth: of two, the greater one speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// "anyone there?": asked of whoever is there, the bot included. Alone it does not fire.
    Presence,
    /// "escalate", "escalate this": also said of quarrels.
    Escalation,
    /// "I don't want to talk to a robot", "I hate computers".
    NoBot,
    /// A phrase of the lists that asks by itself: "let a human take over", "call me back please".
    Phrase,
    /// "talk to someone": also said of life in general.
    Somebody,
    /// By the rules for other languages than English.
    OtherLanguage,
    /// A person by their role, a real one, a service desk, a bare "agent", "transfer me".
    Staff,
    /// A phrase of the policy's own list.
    OwnPhrase,
}

impl Request {
    /// Heard by the rules for English.
    pub(super) fn is_english(self) -> bool {
        !matches!(self, Request::Phrase | Request::OtherLanguage | Request::OwnPhrase)
    }

    /// Share of the turns with these words in which a person is asked for.
    fn share(self) -> f64 {
        match self {
            Request::Presence => 0.2,
            Request::Escalation | Request::NoBot => 0.5,
            Request::Phrase => 0.6,
            Request::Somebody => 0.84,
            Request::OtherLanguage => 0.87,
            Request::Staff => 0.89,
            // Not counted: the policy's author has judged.
            Request::OwnPhrase => 0.95,
        }
    }
}

/// What one turn says of a request, with what went before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Evidence {
    /// How its words ask, if they do.
    pub request: Option<Request>,
    /// It says yes to an offer of the AI's.
    pub agrees: bool,
}

/// Share of the turns that say yes to an offer in which the person is wanted.
const AGREED: f64 = 0.63;

impl Evidence {
    /// Probability 0..1 that a person is asked for, as counted: the surer of words and yes. `None` where there is neither.
    pub fn probability(self) -> Option<f64> {
        let ways = [self.request.map(Request::share), self.agrees.then_some(AGREED)];
        ways.into_iter().flatten().reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_words_and_a_yes_the_surer_one_decides() {
        let says = |request, agrees| Evidence { request, agrees }.probability();
        assert_eq!(says(None, false), None);
        assert_eq!(says(None, true), Some(AGREED));
        assert_eq!(says(Some(Request::Presence), true), Some(AGREED));
        assert_eq!(says(Some(Request::Staff), true), Some(Request::Staff.share()));
        let surer = [
            Request::Presence,
            Request::Escalation,
            Request::NoBot,
            Request::Phrase,
            Request::Somebody,
            Request::OtherLanguage,
            Request::Staff,
            Request::OwnPhrase,
        ];
        assert!(
            surer.is_sorted() && surer.is_sorted_by_key(|request| request.share()),
            "the surer one speaks"
        );
    }
}
