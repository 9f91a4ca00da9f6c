//! Phrases: runs of words that mean something only together. Kept as word hashes, found by their longest word that is no
//! everyday word, so that an ordinary text finds few. `..` in a phrase stands for up to [`GAP`] words of any kind.

use super::roles::COMMA;

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The AI wants something of the customer.
    AsksBack,
    /// Weighs as a word of these roles does.
    Mood(super::roles::Roles),
}

impl Meaning {
    /// It says whether a person is asked for.
    pub(super) fn is_of_asking(self) -> bool {
        matches!(self, Meaning::Asks | Meaning::NoRequest | Meaning::Declines | Meaning::Offers)
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
            | Meaning::AsksBack => false,
        }
    }
}

/// Who says so: what hides a meaning hides only that of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The English list.
    English,
    /// The list of another language.
    Elsewhere,
    /// The policy's own list: nothing hides it, but a refusal before a request.
    Policy,
}

/// A phrase's meaning, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saying {
    pub(super) meaning: Meaning,
    pub(super) whose: Whose,
}

/// Words that `..` may stand for.
const GAP: usize = 4;

#[derive(Debug)]
struct Phrase {
    parts: Box<[Part]>,
    /// The part it is found by.
    anchor: usize,
    saying: Saying,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    hash: u32,
    /// `..` stands before it.
    after_gap: bool,
}

/// Bits of the words that phrases are found by, for which `starts` says where they begin.
const START_BITS: u32 = 14;

/// All phrases of a lexicon. Invariant: sorted by the words they are found by, which `anchors` repeats, because a search looks
/// at those alone; `starts[b]..starts[b + 1]` are those whose first [`START_BITS`] bits are `b`.
#[derive(Debug)]
pub(super) struct Phrases {
    starts: Box<[u32]>,
    anchors: Vec<u32>,
    sorted: Vec<Phrase>,
}

impl Phrases {
    /// Compiles folded phrases; also returns the words they are found by. One without a word is left out.
    pub(super) fn new(
        phrases: impl Iterator<Item = (String, Saying)>,
        is_everyday: impl Fn(&str) -> bool,
    ) -> (Phrases, Vec<String>) {
        let (mut sorted, mut anchors) = (Vec::new(), Vec::new());
        for (phrase, saying) in phrases {
            let words = parts_of(&phrase);
            let rarity = |at: &usize| (!is_everyday(&words[*at].0), words[*at].0.len());
            let Some(anchor) = (0..words.len()).max_by_key(rarity) else { continue };
            let part = |(word, after_gap): &(String, bool)| Part {
                hash: short(super::words::hash_of(word)),
                after_gap: *after_gap,
            };
            sorted.push(Phrase { parts: words.iter().map(part).collect(), anchor, saying });
            anchors.extend(words.into_iter().nth(anchor).map(|(word, _)| word));
        }
        sorted.sort_by_key(Phrase::found_by);
        let found_by: Vec<u32> = sorted.iter().map(Phrase::found_by).collect();
        let start = |first: u32| found_by.partition_point(|known| first_bits(*known) < first as usize) as u32;
        let starts = (0..=1 << START_BITS).map(start).collect();
        (Phrases { starts, anchors: found_by, sorted }, anchors)
    }

    /// What the phrases say whose anchor is the word at `at`.
    pub(super) fn at<'a>(&'a self, words: &'a [Word], at: usize) -> impl Iterator<Item = Saying> + 'a {
        let anchor = words[at].hash;
        let [start, end] = [0, 1].map(|more| self.starts[first_bits(anchor) + more] as usize);
        (start..end)
            .filter(move |place| self.anchors[*place] == anchor)
            .map(|place| &self.sorted[place])
            .filter(move |phrase| phrase.stands_at(words, at))
            .map(|phrase| phrase.saying)
    }
}

impl Phrase {
    fn found_by(&self) -> u32 {
        self.parts[self.anchor].hash
    }

    /// The phrase stands in the clause, its anchor at `at`. One of asking is no phrase with a comma in it: "no, I want an agent".
    fn stands_at(&self, words: &[Word], at: usize) -> bool {
        let found = self.place(words, at);
        let has_comma =
            |(start, end): (usize, usize)| words[start + 1..=end].iter().any(|word| word.is(COMMA));
        found.is_some_and(|place| !self.saying.meaning.is_of_asking() || !has_comma(place))
    }

    /// Its first and last word, if its anchor stands at `at` and the other words where they belong.
    fn place(&self, words: &[Word], at: usize) -> Option<(usize, usize)> {
        let (before, from) = self.parts.split_at(self.anchor);
        let start = first_of(before, words, at, self.parts[self.anchor].after_gap)?;
        Some((start, last_of(&from[1..], words, at)?))
    }
}

/// Where the words of `parts`, in their order, begin before the word at `place`; `gap`: `..` stands before that one.
fn first_of(parts: &[Part], words: &[Word], place: usize, gap: bool) -> Option<usize> {
    let Some((part, before)) = parts.split_last() else { return Some(place) };
    let nearest = place.saturating_sub(if gap { 1 + GAP } else { 1 });
    let mut places = (nearest..place).rev().filter(|at| words[*at].hash == part.hash);
    places.find_map(|at| first_of(before, words, at, part.after_gap))
}

/// Where they end behind the word at `place`.
fn last_of(parts: &[Part], words: &[Word], place: usize) -> Option<usize> {
    let Some((part, behind)) = parts.split_first() else { return Some(place) };
    let end = words.len().min(place + if part.after_gap { 2 + GAP } else { 2 });
    let mut places = (place + 1..end).filter(|at| words[*at].hash == part.hash);
    places.find_map(|at| last_of(behind, words, at))
}

fn first_bits(hash: u32) -> usize {
    (hash >> (u32::BITS - START_BITS)) as usize
}

/// The words of a phrase, and whether `..` stands before each.
fn parts_of(phrase: &str) -> Vec<(String, bool)> {
    let mut parts: Vec<(String, bool)> = Vec::new();
    for run in phrase.split("..") {
        let is_first = parts.is_empty();
        parts.extend(
            super::words::words_of(run)
                .into_iter()
                .enumerate()
                .map(|(at, word)| (word, at == 0 && !is_first)),
        );
    }
    parts
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_stands_for_up_to_four_words_on_either_side_of_the_anchor() {
        let phrases = ["swallowed .. battery", "told you .. times", "a b"];
        let saying = Saying { meaning: Meaning::Danger, whose: Whose::English };
        let all = phrases.into_iter().map(|phrase| (phrase.to_owned(), saying));
        let (phrases, anchors) = Phrases::new(all, |word| matches!(word, "you" | "told"));
        assert_eq!(anchors, ["swallowed", "times", "b"]);
        let found = |text: &str| {
            let words: Vec<Word> = super::super::words::words_of(text)
                .iter()
                .map(|word| Word { roles: 0, hash: short(super::super::words::hash_of(word)) })
                .collect();
            (0..words.len()).map(|at| phrases.at(&words, at).count()).sum::<usize>()
        };
        for (text, count) in [
            ("he swallowed battery", 1),
            ("he swallowed one of the small battery", 1),
            ("he swallowed one of the very small battery", 0),
            ("i told you five times", 1),
            ("times i told you", 0),
            ("i told him times", 0),
            ("a c b", 0),
            ("a b a b", 2),
            ("he swallowed battery battery", 1),
            ("told told you five times times", 2),
        ] {
            assert_eq!(found(text), count, "{text}");
        }
    }
}
