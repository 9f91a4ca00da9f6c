//! Phrases: runs of words that mean something only together. Kept as word hashes, found by their longest word that is no
//! everyday word, so that an ordinary text finds few.

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
    /// "thanks for nothing".
    Sarcasm,
    /// "still not working", "no luck".
    Failure,
    /// "I cannot do that".
    Refusal,
    /// Weighs as a word of these roles does.
    Mood(super::roles::Roles),
}

#[derive(Debug)]
struct Phrase {
    words: Box<[u32]>,
    /// The word it is found by.
    anchor: usize,
    meaning: Meaning,
}

/// All phrases of a lexicon, sorted by their anchor.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    sorted: Vec<Phrase>,
}

impl Phrases {
    /// Compiles phrases given as words; also returns the words they are found by. An empty phrase is left out.
    pub(super) fn new(
        phrases: impl Iterator<Item = (Vec<String>, Meaning)>,
        is_everyday: impl Fn(&str) -> bool,
    ) -> (Phrases, Vec<String>) {
        let (mut sorted, mut anchors) = (Vec::new(), Vec::new());
        for (words, meaning) in phrases {
            let rarity = |at: &usize| (!is_everyday(&words[*at]), words[*at].len());
            let Some(anchor) = (0..words.len()).max_by_key(rarity) else { continue };
            let hashes = words.iter().map(|word| short(super::words::hash_of(word))).collect();
            sorted.push(Phrase { words: hashes, anchor, meaning });
            anchors.extend(words.into_iter().nth(anchor));
        }
        sorted.sort_by_key(|phrase: &Phrase| phrase.words[phrase.anchor]);
        (Phrases { sorted }, anchors)
    }

    /// Meanings of the phrases whose anchor is the word at `at`.
    pub(super) fn at<'a>(&'a self, words: &'a [Word], at: usize) -> impl Iterator<Item = Meaning> + 'a {
        let anchor = words[at].hash;
        let start = self.sorted.partition_point(|phrase| phrase.words[phrase.anchor] < anchor);
        self.sorted[start..]
            .iter()
            .take_while(move |phrase| phrase.words[phrase.anchor] == anchor)
            .filter(move |phrase| {
                let run =
                    at.checked_sub(phrase.anchor).and_then(|from| words.get(from..from + phrase.words.len()));
                run.is_some_and(|run| run.iter().zip(&phrase.words).all(|(word, hash)| word.hash == *hash))
            })
            .map(|phrase| phrase.meaning)
    }
}

/// What a clause keeps of a word's hash.
#[inline]
pub(super) fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// One word of a clause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    pub(super) roles: super::roles::Roles,
    pub(super) hash: u32,
}

impl Word {
    pub(super) fn is(self, roles: super::roles::Roles) -> bool {
        self.roles & roles != 0
    }
}
