//! What the phrases of one clause say together: one that excepts hides the others of its kind.

use super::evidence::Request;
use super::phrases::Meaning;
use super::read::Reading;

/// Which meanings a clause has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    danger: bool,
    no_danger: bool,
    own_request: bool,
    asks: bool,
    asks_elsewhere: bool,
    no_request: bool,
    no_request_elsewhere: bool,
    declines: bool,
    failure: bool,
    refusal: bool,
    no_refusal: bool,
}

impl Said {
    pub(super) fn add(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Danger => self.danger = true,
            Meaning::NoDanger => self.no_danger = true,
            Meaning::Request => self.own_request = true,
            Meaning::Asks => self.asks = true,
            Meaning::AsksElsewhere => self.asks_elsewhere = true,
            Meaning::NoRequest => self.no_request = true,
            Meaning::NoRequestElsewhere => self.no_request_elsewhere = true,
            Meaning::Declines => self.declines = true,
            Meaning::Failure => self.failure = true,
            Meaning::Refusal => self.refusal = true,
            Meaning::NoRefusal => self.no_refusal = true,
            Meaning::Complaint | Meaning::Impatience | Meaning::Sarcasm | Meaning::Mood(_) => {}
        }
    }

    /// No request is heard in this clause, whatever the rules of asking in English say.
    pub(super) fn hushes_english(self) -> bool {
        self.no_request || self.declines
    }

    /// The same of the rules for other languages.
    pub(super) fn hushes_others(self) -> bool {
        self.no_request || self.no_request_elsewhere || self.declines
    }

    /// Asks in another language than English; in an English text these words say something else.
    pub(super) fn asks_elsewhere(self) -> bool {
        self.asks_elsewhere && !self.hushes_others()
    }

    /// Adds what was said to a reading, but for what only another language would mean by it. The phrases of the policy's own
    /// list are never hidden.
    pub(super) fn tell(self, reading: &mut Reading) {
        let asks = (self.asks && !self.hushes_english()).then_some(Request::Phrase);
        let own = self.own_request.then_some(Request::OwnPhrase);
        reading.request = reading.request.max(asks).max(own);
        reading.declines_person |= self.declines;
        reading.danger |= self.danger && !self.no_danger;
        reading.reports_failure |= self.failure;
        reading.refuses |= self.refusal && !self.no_refusal;
    }
}
