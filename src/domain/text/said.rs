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
            Meaning::Declines => self.declines = true,
            Meaning::Failure => self.failure = true,
            Meaning::Refusal => self.refusal = true,
            Meaning::NoRefusal => self.no_refusal = true,
            Meaning::Complaint | Meaning::Impatience | Meaning::Sarcasm | Meaning::Mood(_) => {}
        }
    }

    /// No request is heard in this clause, whatever the rules of asking say.
    pub(super) fn hushes_requests(self) -> bool {
        self.no_request || self.declines
    }

    /// Adds what was said to a reading. The phrases of the policy's own list are never hidden.
    pub(super) fn tell(self, reading: &mut Reading) {
        let heard = !self.hushes_requests();
        let asks = (self.asks && heard).then_some(Request::Phrase);
        let elsewhere = (self.asks_elsewhere && heard).then_some(Request::OtherLanguage);
        let own = self.own_request.then_some(Request::OwnPhrase);
        reading.request = reading.request.max(asks).max(elsewhere).max(own);
        reading.declines_person |= self.declines;
        reading.danger |= self.danger && !self.no_danger;
        reading.reports_failure |= self.failure;
        reading.refuses |= self.refusal && !self.no_refusal;
    }
}
