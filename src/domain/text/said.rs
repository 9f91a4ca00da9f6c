//! What the phrases of one clause say together: one that excepts hides the others of its kind.

use super::evidence::Request;
use super::meaning::{Meaning, Meanings, Saying, Whose};
use super::read::Reading;

/// Which meanings a clause has, by whose phrases have them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    english: Meanings,
    elsewhere: Meanings,
    policy: Meanings,
}

impl Meanings {
    /// One is there, and not what excepts it.
    fn has_without(self, meaning: Meaning, exception: Meaning) -> bool {
        self.has(meaning) && !self.has(exception)
    }

    fn hushes(self) -> bool {
        self.has(Meaning::NoRequest) || self.has(Meaning::Declines)
    }
}

impl Said {
    pub(super) fn add(&mut self, saying: Saying) {
        let said = match saying.whose {
            Whose::English => &mut self.english,
            Whose::Elsewhere => &mut self.elsewhere,
            Whose::Policy => &mut self.policy,
        };
        said.insert(saying.meaning);
    }

    fn anywhere(self, meaning: Meaning) -> bool {
        [self.english, self.elsewhere, self.policy].into_iter().any(|said| said.has(meaning))
    }

    /// No request is heard in this clause, whatever the rules of asking in English say. Whoever declines in any language
    /// means it.
    pub(super) fn hushes_english(self) -> bool {
        self.english.hushes() || self.anywhere(Meaning::Declines)
    }

    /// The same of the rules for other languages.
    pub(super) fn hushes_others(self) -> bool {
        self.english.hushes() || self.elsewhere.hushes()
    }

    /// The clause offers a person, in English.
    pub(super) fn offers_in_english(self) -> bool {
        self.english.has_without(Meaning::Offers, Meaning::NoOffers)
    }

    /// The same in another language.
    pub(super) fn offers_elsewhere(self) -> bool {
        self.elsewhere.has_without(Meaning::Offers, Meaning::NoOffers)
    }

    /// Adds what was said to a reading, but for what is said only if the text is not English.
    pub(super) fn tell(self, reading: &mut Reading) {
        let asks = self.english.has(Meaning::Asks) && !self.hushes_english();
        reading.request = reading.request.max(asks.then_some(Request::Phrase));
        reading.declines_person |= self.anywhere(Meaning::Declines);
        reading.reports_failure |= self.anywhere(Meaning::Failure);
        reading.danger |=
            self.policy.has(Meaning::Danger) || self.english.has_without(Meaning::Danger, Meaning::NoDanger);
        reading.refuses |= self.english.has_without(Meaning::Refusal, Meaning::NoRefusal);
        reading.not_understood |= self.english.has(Meaning::NotUnderstood);
        reading.asks_back |= self.english.has(Meaning::AsksBack);
    }

    /// Adds what was said if the text is not English.
    pub(super) fn tell_elsewhere(self, elsewhere: &mut Elsewhere) {
        elsewhere.asks |= self.elsewhere.has(Meaning::Asks) && !self.hushes_others();
        elsewhere.danger |= self.elsewhere.has_without(Meaning::Danger, Meaning::NoDanger);
        elsewhere.refuses |= self.elsewhere.has_without(Meaning::Refusal, Meaning::NoRefusal);
        elsewhere.not_understood |= self.elsewhere.has(Meaning::NotUnderstood);
        elsewhere.asks_back |= self.elsewhere.has(Meaning::AsksBack);
    }
}

/// What phrases of other languages say; in an English text the same words say something else, or nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Elsewhere {
    asks: bool,
    danger: bool,
    refuses: bool,
    not_understood: bool,
    asks_back: bool,
}

impl Elsewhere {
    /// `in_english`: a request was heard in English, and is not one of another language.
    pub(super) fn tell(self, in_english: bool, reading: &mut Reading) {
        let asks = self.asks && !in_english;
        reading.request = reading.request.max(asks.then_some(Request::OtherLanguage));
        reading.danger |= self.danger;
        reading.refuses |= self.refuses;
        reading.not_understood |= self.not_understood;
        reading.asks_back |= self.asks_back;
    }
}
