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
    /// What was heard, in words.
    pub fn means(self) -> &'static str {
        match self {
            Request::Presence => "whether anybody is there",
            Request::Escalation => "to escalate",
            Request::NoBot => "for no bot",
            Request::Phrase => "by a phrase of the lists",
            Request::Somebody => "for somebody",
            Request::OtherLanguage => "by the rules for other languages",
            Request::Staff => "for a person by their role, a real one, or a service desk",
            Request::OwnPhrase => "by a phrase of the policy",
        }
    }

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
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Evidence {
    /// How its words ask, if they do.
    pub request: Option<Request>,
    /// It says yes to an offer of the AI's.
    pub agrees: bool,
    /// The learned probability that it asks, where that counts.
    pub learned: Option<f64>,
}

/// Share of the turns that say yes to an offer in which the person is wanted.
const AGREED: f64 = 0.63;

impl Evidence {
    /// Probability 0..1 that a person is asked for: the surer of words and yes, as counted, and of what was learned. `None`
    /// where there is none of them.
    pub fn probability(self) -> Option<f64> {
        let ways = [self.request.map(Request::share), self.agrees.then_some(AGREED), self.learned];
        ways.into_iter().flatten().reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_words_and_a_yes_the_surer_one_decides() {
        let says = |request, agrees| Evidence { request, agrees, learned: None }.probability();
        let learned = Evidence { request: None, agrees: true, learned: Some(0.8) };
        assert_eq!(learned.probability(), Some(0.8));
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
