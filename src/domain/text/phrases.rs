//! Phrases: runs of words that mean something only together. Kept as word hashes, found by their first word.

use super::roles::Roles;

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Danger to someone, or a topic the policy lists.
    Danger,
    /// Asks for a person (the user's own list).
    Request,
    /// "not what I asked", "are you even listening".
    Complaint,
    /// "I already told you", "hurry up".
    Impatience,
    /// "still not working", "no luck".
    Failure,
}

#[derive(Debug)]
struct Phrase {
    first: u32,
    rest: Box<[u32]>,
    meaning: Meaning,
}

/// All phrases of a lexicon, sorted by their first word.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    sorted: Vec<Phrase>,
}

impl Phrases {
    /// Compiles phrases given as hashes of their words; an empty phrase is left out.
    pub(super) fn new(phrases: impl Iterator<Item = (Vec<u32>, Meaning)>) -> Phrases {
        let mut sorted: Vec<Phrase> = phrases
            .filter_map(|(words, meaning)| {
                let (first, rest) = words.split_first()?;
                Some(Phrase { first: *first, rest: rest.into(), meaning })
            })
            .collect();
        sorted.sort_by_key(|phrase| phrase.first);
        Phrases { sorted }
    }

    /// Meanings of the phrases that begin at the head of `words`.
    pub(super) fn at<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = Meaning> + 'a {
        let first = words.first().map_or(0, |word| word.hash);
        let start = self.sorted.partition_point(|phrase| phrase.first < first);
        self.sorted[start..]
            .iter()
            .take_while(move |phrase| phrase.first == first)
            .filter(move |phrase| {
                let rest = words.get(1..=phrase.rest.len()).unwrap_or_default();
                rest.len() == phrase.rest.len() && rest.iter().zip(&phrase.rest).all(|(word, hash)| word.hash == *hash)
            })
            .map(|phrase| phrase.meaning)
    }
}

/// One word of a clause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    pub(super) roles: Roles,
    pub(super) hash: u32,
}

impl Word {
    pub(super) fn is(self, roles: Roles) -> bool {
        self.roles & roles != 0
    }
}
