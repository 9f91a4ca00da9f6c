//! What phrases say, and who says so.

use super::roles::{MOOD, Roles};

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    /// Danger to someone, or a topic the policy lists.
    Danger,
    /// "killing me softly": no danger is heard beside it.
    NoDanger,
    /// Asks for a person, in words that the rules would not take for it.
    Asks,
    /// "do you have jobs as an agent": no request is heard beside it.
    NoRequest,
    /// "please don't transfer me": the customer wants no person. No request is heard beside it.
    Declines,
    /// "not what I asked", "are you even listening".
    Complaint,
    /// "I already told you", "hurry up".
    Impatience,
    /// "thanks for nothing".
    Sarcasm,
    /// "still not working", "no luck".
    Failure,
    /// "I cannot do that".
    Refusal,
    /// "I cannot find your order": no refusal is heard beside it.
    NoRefusal,
    /// The AI says that it did not understand.
    NotUnderstood,
    /// The AI offers a person.
    Offers,
    /// "put you on the list": no such offer is heard beside it.
    NoOffers,
    /// The AI wants something of the customer.
    AsksBack,
    /// Weighs as a word of these roles does.
    Mood(Roles),
}

impl Meaning {
    /// It says whether a person is asked for.
    pub(super) fn is_of_asking(self) -> bool {
        matches!(
            self,
            Meaning::Asks | Meaning::NoRequest | Meaning::Declines | Meaning::Offers | Meaning::NoOffers
        )
    }

    /// It says something only where the AI speaks.
    pub(super) fn is_of_ai(self) -> bool {
        matches!(
            self,
            Meaning::Refusal
                | Meaning::NoRefusal
                | Meaning::NotUnderstood
                | Meaning::Offers
                | Meaning::NoOffers
                | Meaning::AsksBack
        )
    }

    /// Displeasure is heard in it, or eased by it.
    pub(super) fn is_of_mood(self) -> bool {
        match self {
            Meaning::Complaint
            | Meaning::Impatience
            | Meaning::Sarcasm
            | Meaning::Failure
            | Meaning::Mood(_) => true,
            Meaning::Danger
            | Meaning::NoDanger
            | Meaning::Asks
            | Meaning::NoRequest
            | Meaning::Declines
            | Meaning::Refusal
            | Meaning::NoRefusal
            | Meaning::NotUnderstood
            | Meaning::Offers
            | Meaning::NoOffers
            | Meaning::AsksBack => false,
        }
    }
}

/// Who says so: what hides a meaning hides only that of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whose {
    /// The English list.
    English,
    /// The list of another language.
    Elsewhere,
    /// The policy's own list: nothing hides it, but a refusal before a request.
    Policy,
}

/// A phrase's meaning, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Saying {
    pub(super) meaning: Meaning,
    pub(super) whose: Whose,
}

/// A set of meanings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meanings(u32);

impl Meanings {
    pub(super) fn has(self, meaning: Meaning) -> bool {
        self.0 & bit(meaning) != 0
    }

    /// Whether it was not there before.
    pub(super) fn insert(&mut self, meaning: Meaning) -> bool {
        let is_new = !self.has(meaning);
        self.0 |= bit(meaning);
        is_new
    }
}

/// The place of a meaning in a set.
fn bit(meaning: Meaning) -> u32 {
    match meaning {
        Meaning::Danger => 1,
        Meaning::NoDanger => 1 << 1,
        Meaning::Asks => 1 << 2,
        Meaning::NoRequest => 1 << 3,
        Meaning::Declines => 1 << 4,
        Meaning::Complaint => 1 << 5,
        Meaning::Impatience => 1 << 6,
        Meaning::Sarcasm => 1 << 7,
        Meaning::Failure => 1 << 8,
        Meaning::Refusal => 1 << 9,
        Meaning::NoRefusal => 1 << 10,
        Meaning::NotUnderstood => 1 << 11,
        Meaning::Offers => 1 << 12,
        Meaning::AsksBack => 1 << 13,
        Meaning::NoOffers => 1 << 14,
        // Roles of mood stand side by side.
        Meaning::Mood(roles) => ((roles & MOOD) >> MOOD.trailing_zeros()) as u32 * (1 << 15),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lists::Section;
    use super::*;

    #[test]
    fn each_meaning_has_a_place_of_its_own_and_is_new_once() {
        let mut meanings: Vec<Meaning> = Vec::new();
        for meaning in Section::NAMED.into_iter().filter_map(Section::meaning) {
            if !meanings.contains(&meaning) {
                meanings.push(meaning);
            }
        }
        assert_eq!(meanings.len(), 22, "15 and seven of mood");
        let mut all = Meanings::default();
        for meaning in meanings {
            assert!(!all.has(meaning) && all.insert(meaning) && !all.insert(meaning), "{meaning:?}");
        }
    }
}
