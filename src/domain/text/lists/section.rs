//! The sections of a list: what the entries of each say.

use crate::domain::text::courtesy::{self, Kinds};
use crate::domain::text::meaning::Meaning;
use crate::domain::text::roles::{self, Roles};

/// What the entries of a section say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::domain::text) enum Section {
    /// Words that stand in every other sentence: they tell the language, and are no word of mood in another one.
    Ordinary,
    /// Words that differ by one letter from a word of asking and are no misspelling of it: contract, parent.
    Spelled,
    Insult,
    Awful,
    Bad,
    Sour,
    /// A word of haste: it says little alone.
    Hurry,
    Good,
    Polite,
    /// "I already told you".
    ToldAlready,
    /// "That is not what I asked".
    NotAsked,
    /// "How much longer".
    Impatience,
    /// "Waste of time", "never again".
    Complaint,
    /// "Thanks for nothing".
    Sarcasm,
    /// "It still does not work".
    Failure,
    /// What an AI says that will not or cannot: "I cannot do that".
    Refusal,
    /// "I cannot find your order": in the same clause, no refusal is heard.
    NoRefusal,
    /// What an AI says that did not understand: "I didn't get that", "could you rephrase".
    NotUnderstood,
    /// What an AI says that wants something of the customer, without a question mark: "please provide your email address".
    AsksBack,
    Danger,
    /// "I'd kill for a coffee": in the same clause, no danger is heard.
    NoDanger,
    /// Asks for a person, in words that the rules of asking would not take for it.
    Request,
    /// "Do you have jobs as an agent": in the same clause, no request is heard.
    NoRequest,
    /// "Please don't transfer me": the customer wants no person.
    Declines,
    /// "Never mind", "found it": what is asked for before it is not wanted any more. No `..` in it.
    TakenBack,
    /// "I typed": what stands in quotes are the customer's own words. No `..` in it.
    OwnWords,
    /// What the AI says that offers a person, in words that the rules of offering would not take for it.
    Offers,
    /// "on the waiting list", "your router": in the same clause, no such offer is heard.
    NoOffers,
    /// A plain yes to such an offer, whatever follows.
    Agrees,
    /// What else says yes to it at the head of an answer.
    Accepts,
    /// What a short message at the edges of a conversation says (`courtesy::NAMES`).
    Courtesy(Kinds),
    /// What a word is in a sentence that asks for a person, or does not.
    Asking(Roles),
}

impl Section {
    /// Those with a name of their own.
    pub(in crate::domain::text) const NAMED: [Section; 30] = [
        Section::Ordinary,
        Section::Spelled,
        Section::Insult,
        Section::Awful,
        Section::Bad,
        Section::Sour,
        Section::Hurry,
        Section::Good,
        Section::Polite,
        Section::ToldAlready,
        Section::NotAsked,
        Section::Impatience,
        Section::Complaint,
        Section::Sarcasm,
        Section::Failure,
        Section::Refusal,
        Section::NoRefusal,
        Section::NotUnderstood,
        Section::AsksBack,
        Section::Danger,
        Section::NoDanger,
        Section::Request,
        Section::NoRequest,
        Section::Declines,
        Section::TakenBack,
        Section::OwnWords,
        Section::Offers,
        Section::NoOffers,
        Section::Agrees,
        Section::Accepts,
    ];

    /// The section with this name, which may be several names of roles.
    pub(super) fn called(name: &str) -> Option<Section> {
        if let Some(section) = Section::NAMED.into_iter().find(|section| section.name() == name) {
            return Some(section);
        }
        if let Some((_, kinds)) = courtesy::NAMES.iter().find(|(known, _)| *known == name) {
            return Some(Section::Courtesy(*kinds));
        }
        let role = |name: &str| roles::NAMES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role);
        let roles: Option<Vec<Roles>> = name.split_ascii_whitespace().map(role).collect();
        let all = roles?.into_iter().reduce(|all, role| all | role)?;
        Some(Section::Asking(all))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Section::Ordinary => "ordinary",
            Section::Spelled => "spelled",
            Section::Insult => "insult",
            Section::Awful => "awful",
            Section::Bad => "bad",
            Section::Sour => "sour",
            Section::Hurry => "hurry",
            Section::Good => "good",
            Section::Polite => "polite",
            Section::ToldAlready => "told_already",
            Section::NotAsked => "not_asked",
            Section::Impatience => "impatience",
            Section::Complaint => "complaint",
            Section::Sarcasm => "sarcasm",
            Section::Failure => "failure",
            Section::Refusal => "refusal",
            Section::NoRefusal => "no_refusal",
            Section::NotUnderstood => "not_understood",
            Section::AsksBack => "asks_back",
            Section::Danger => "danger",
            Section::NoDanger => "no_danger",
            Section::Request => "request",
            Section::NoRequest => "no_request",
            Section::Declines => "declines",
            Section::NoOffers => "no_offers",
            Section::TakenBack => "taken_back",
            Section::OwnWords => "own_words",
            Section::Offers => "offers",
            Section::Agrees => "agrees",
            Section::Accepts => "accepts",
            Section::Courtesy(_) => "courtesy",
            Section::Asking(_) => "asking",
        }
    }

    /// What a single word of the section says of mood; 0 where a word is a phrase like any other.
    pub(in crate::domain::text) fn mood(self) -> Roles {
        match self {
            Section::Insult => roles::INSULT,
            Section::Awful => roles::AWFUL,
            Section::Bad => roles::BAD,
            Section::Sour => roles::SOUR,
            Section::Hurry => roles::IMPATIENT,
            Section::Good => roles::GOOD,
            Section::Polite => roles::POLITE,
            Section::Ordinary
            | Section::Spelled
            | Section::ToldAlready
            | Section::NotAsked
            | Section::Impatience
            | Section::Complaint
            | Section::Sarcasm
            | Section::Failure
            | Section::Refusal
            | Section::NoRefusal
            | Section::NotUnderstood
            | Section::AsksBack
            | Section::Danger
            | Section::NoDanger
            | Section::Request
            | Section::NoRequest
            | Section::Declines
            | Section::NoOffers
            | Section::TakenBack
            | Section::OwnWords
            | Section::Offers
            | Section::Agrees
            | Section::Accepts
            | Section::Courtesy(_)
            | Section::Asking(_) => 0,
        }
    }

    /// What a phrase of the section means; single words that are ordinary, or play a part in asking, mean nothing alone.
    pub(in crate::domain::text) fn meaning(self) -> Option<Meaning> {
        match self {
            Section::Ordinary
            | Section::Spelled
            | Section::TakenBack
            | Section::OwnWords
            | Section::Agrees
            | Section::Accepts
            | Section::Courtesy(_)
            | Section::Asking(_) => None,
            Section::Insult
            | Section::Awful
            | Section::Bad
            | Section::Sour
            | Section::Hurry
            | Section::Good
            | Section::Polite => Some(Meaning::Mood(self.mood())),
            Section::ToldAlready | Section::Impatience => Some(Meaning::Impatience),
            Section::NotAsked | Section::Complaint => Some(Meaning::Complaint),
            Section::Sarcasm => Some(Meaning::Sarcasm),
            Section::Failure => Some(Meaning::Failure),
            Section::Refusal => Some(Meaning::Refusal),
            Section::NoRefusal => Some(Meaning::NoRefusal),
            Section::NotUnderstood => Some(Meaning::NotUnderstood),
            Section::AsksBack => Some(Meaning::AsksBack),
            Section::Danger => Some(Meaning::Danger),
            Section::NoDanger => Some(Meaning::NoDanger),
            Section::Request => Some(Meaning::Asks),
            Section::NoRequest => Some(Meaning::NoRequest),
            Section::Declines => Some(Meaning::Declines),
            Section::Offers => Some(Meaning::Offers),
            Section::NoOffers => Some(Meaning::NoOffers),
        }
    }
}
