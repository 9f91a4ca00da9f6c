//! Phrases: runs of words that mean something only together. `..` in a phrase stands for up to [`GAP`] words of any kind.
//!
//! A phrase is found by its anchor, its longest word that is no everyday word, together with the word beside it: so a word that
//! stands in thousands of phrases leads to the few that its neighbour fits.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use super::meaning::Saying;
use super::reader::CLAUSE_WORDS;
use super::roles::{COMMA, Roles};
use super::words::{hash_of, mix, words_of};

/// Words that `..` may stand for.
const GAP: usize = 4;

/// A word of a phrase: its hash, of which the lowest bit says whether `..` stands before it.
#[derive(Clone, Copy, Debug)]
struct Part(u32);

impl Part {
    fn new(word: &str, after_gap: bool) -> Part {
        Part(unmarked(short(hash_of(word))) | u32::from(after_gap))
    }

    fn is(self, word: Word) -> bool {
        unmarked(self.0) == unmarked(word.hash)
    }

    fn is_after_gap(self) -> bool {
        self.0 & 1 == 1
    }
}

fn unmarked(hash: u32) -> u32 {
    hash & !1
}

/// What is seen of a phrase where its anchor stands.
#[derive(Clone, Copy, Debug)]
enum Beside {
    /// Nothing is known of the words beside it: it is one word, or has gaps on both sides.
    Any,
    Before(u32),
    Behind(u32),
}

/// What a phrase is found by.
fn key(anchor: u32, beside: Beside) -> u32 {
    let (side, hash) = match beside {
        Beside::Any => (1, 0),
        Beside::Before(hash) => (2, unmarked(hash)),
        Beside::Behind(hash) => (3, unmarked(hash)),
    };
    short(mix(u64::from(unmarked(anchor)), side << u32::BITS | u64::from(hash)))
}

/// Where a phrase's parts are, and what it says.
#[derive(Clone, Copy, Debug)]
struct Phrase {
    /// Its first part.
    from: u32,
    len: u8,
    /// The part it is found by, of its own.
    anchor: u8,
    /// Index into `sayings`.
    saying: u16,
}

/// Bits of a key for which `starts` says where they begin.
const START_BITS: u32 = 16;

/// All phrases of a lexicon. Invariant: `keys` is sorted and says by what each of `phrases` is found; `starts[b]..starts[b + 1]`
/// are those whose first [`START_BITS`] bits are `b`.
#[derive(Debug)]
pub(super) struct Phrases {
    starts: Box<[u32]>,
    keys: Box<[u32]>,
    phrases: Box<[Phrase]>,
    /// Of all phrases, one behind another.
    parts: Box<[Part]>,
    /// Each once.
    sayings: Vec<Saying>,
}

impl Phrases {
    /// Compiles folded phrases; also returns the words they are found by. One without a word is left out, and one of more words
    /// than a clause has.
    pub(super) fn new<'a>(
        all: impl Iterator<Item = (&'a str, Saying)>,
        is_everyday: impl Fn(&str) -> bool,
    ) -> (Phrases, HashSet<String>) {
        let (mut sorted, mut parts, mut anchors) = (Vec::new(), Vec::new(), HashSet::new());
        let mut sayings = Sayings::default();
        for (phrase, saying) in all {
            let words = parts_of(phrase);
            let rarity = |at: &usize| (!is_everyday(&words[*at].0), words[*at].0.len());
            let anchor = (0..words.len()).max_by_key(rarity);
            let Some(anchor) = anchor.filter(|_| words.len() <= CLAUSE_WORDS) else { continue };
            let from = parts.len();
            parts.extend(words.iter().map(|(word, after_gap)| Part::new(word, *after_gap)));
            let found_by = found_by(&parts[from..], anchor);
            let (from, len, anchor_at) = (from as u32, words.len() as u8, anchor as u8);
            sorted
                .push((found_by, Phrase { from, len, anchor: anchor_at, saying: sayings.index_of(saying) }));
            let word = &*words[anchor].0;
            if !anchors.contains(word) {
                anchors.insert(word.to_owned());
            }
        }
        sorted.sort_by_key(|(key, _)| *key);
        let (keys, phrases): (Vec<u32>, Vec<Phrase>) = sorted.into_iter().unzip();
        let start = |first: u32| keys.partition_point(|key| first_bits(*key) < first as usize) as u32;
        let starts = (0..=1 << START_BITS).map(start).collect();
        let phrases = Phrases {
            starts,
            keys: keys.into(),
            phrases: phrases.into(),
            parts: parts.into(),
            sayings: sayings.all,
        };
        (phrases, anchors)
    }

    /// What the phrases say whose anchor is the word at `at`.
    pub(super) fn at<'a>(&'a self, words: &'a [Word], at: usize) -> impl Iterator<Item = Saying> + 'a {
        let before = at.checked_sub(1).map(|before| Beside::Before(words[before].hash));
        let behind = words.get(at + 1).map(|behind| Beside::Behind(behind.hash));
        [Some(Beside::Any), before, behind]
            .into_iter()
            .flatten()
            .flat_map(move |beside| self.found_by(key(words[at].hash, beside)))
            .filter(move |phrase| self.stands_at(phrase, words, at))
            .map(|phrase| self.sayings[usize::from(phrase.saying)])
    }

    fn found_by(&self, key: u32) -> impl Iterator<Item = &Phrase> {
        let [start, end] = [0, 1].map(|more| self.starts[first_bits(key) + more] as usize);
        (start..end).filter(move |place| self.keys[*place] == key).map(|place| &self.phrases[place])
    }

    /// The phrase stands in the clause, its anchor at `at`. One of asking is no phrase with a comma in it: "no, I want an agent".
    fn stands_at(&self, phrase: &Phrase, words: &[Word], at: usize) -> bool {
        let from = phrase.from as usize;
        let parts = &self.parts[from..from + usize::from(phrase.len)];
        let has_comma =
            |(start, end): (usize, usize)| words[start + 1..=end].iter().any(|word| word.is(COMMA));
        place(parts, usize::from(phrase.anchor), words, at).is_some_and(|place| {
            !self.sayings[usize::from(phrase.saying)].meaning.is_of_asking() || !has_comma(place)
        })
    }
}

/// What a phrase of these parts is found by.
fn found_by(parts: &[Part], anchor: usize) -> u32 {
    let before = anchor.checked_sub(1).filter(|_| !parts[anchor].is_after_gap());
    let behind = parts.get(anchor + 1).filter(|next| !next.is_after_gap());
    let beside = match (before, behind) {
        (Some(before), _) => Beside::Before(parts[before].0),
        (None, Some(behind)) => Beside::Behind(behind.0),
        (None, None) => Beside::Any,
    };
    key(parts[anchor].0, beside)
}

/// Distinct sayings, as they are met.
#[derive(Default)]
struct Sayings {
    all: Vec<Saying>,
    known: HashMap<Saying, u16>,
}

impl Sayings {
    fn index_of(&mut self, saying: Saying) -> u16 {
        *self.known.entry(saying).or_insert_with(|| {
            self.all.push(saying);
            (self.all.len() - 1) as u16
        })
    }
}

/// The first and the last word of a phrase, if its anchor stands at `at` and the other words where they belong.
fn place(parts: &[Part], anchor: usize, words: &[Word], at: usize) -> Option<(usize, usize)> {
    let (before, from) = parts.split_at(anchor);
    let (anchor, behind) = from.split_first().filter(|(anchor, _)| anchor.is(words[at]))?;
    let start = first_of(before, words, at, anchor.is_after_gap())?;
    Some((start, last_of(behind, words, at)?))
}

/// Places in a clause, a bit each.
type Places = u64;
const _: () = assert!(CLAUSE_WORDS <= Places::BITS as usize);

/// Those of the places where this part stands.
fn standing(part: Part, words: &[Word], mut places: Places) -> Places {
    let mut found = 0;
    while places != 0 {
        let at = places.trailing_zeros() as usize;
        places &= places - 1;
        found |= Places::from(words.get(at).is_some_and(|word| part.is(*word))) << at;
    }
    found
}

/// Steps from a word to the next one of a phrase.
fn steps(gap: bool) -> std::ops::RangeInclusive<usize> {
    1..=if gap { 1 + GAP } else { 1 }
}

/// The last place where the words of `parts`, in their order, begin before the word at `place`; `gap`: `..` stands before that one.
fn first_of(parts: &[Part], words: &[Word], place: usize, mut gap: bool) -> Option<usize> {
    let mut places: Places = 1 << place;
    for part in parts.iter().rev() {
        places = standing(*part, words, steps(gap).fold(0, |all, step| all | places >> step));
        gap = part.is_after_gap();
    }
    places.checked_ilog2().map(|at| at as usize)
}

/// The first place where they end behind the word at `place`.
fn last_of(parts: &[Part], words: &[Word], place: usize) -> Option<usize> {
    let mut places: Places = 1 << place;
    for part in parts {
        places = standing(*part, words, steps(part.is_after_gap()).fold(0, |all, step| all | places << step));
    }
    (places != 0).then_some(places.trailing_zeros() as usize)
}

fn first_bits(key: u32) -> usize {
    (key >> (u32::BITS - START_BITS)) as usize
}

/// The words of a phrase, and whether `..` stands before each.
fn parts_of(phrase: &str) -> Vec<(Cow<'_, str>, bool)> {
    let mut parts = Vec::new();
    for run in phrase.split("..") {
        let is_first = parts.is_empty();
        let words = words_of(run).into_iter().enumerate();
        parts.extend(words.map(|(at, word)| (word, at == 0 && !is_first)));
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
    pub(super) roles: Roles,
    pub(super) hash: u32,
}

impl Word {
    pub(super) fn is(self, roles: Roles) -> bool {
        self.roles & roles != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::meaning::{Meaning, Whose};
    use super::*;

    #[test]
    fn a_gap_stands_for_up_to_four_words_on_either_side_of_the_anchor() {
        let too_long = "word ".repeat(CLAUSE_WORDS + 1);
        let phrases = ["swallowed .. battery", "told you .. times", "a b", "hurry you", &too_long];
        let saying = Saying { meaning: Meaning::Danger, whose: Whose::English };
        let all = phrases.into_iter().map(|phrase| (phrase, saying));
        let (phrases, anchors) = Phrases::new(all, |word| matches!(word, "you" | "told"));
        assert_eq!(anchors, ["swallowed", "times", "b", "hurry"].map(str::to_owned).into());
        let found = |text: &str| {
            let words: Vec<Word> =
                words_of(text).iter().map(|word| Word { roles: 0, hash: short(hash_of(word)) }).collect();
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
            ("hurry you", 1),
            ("hurry told you", 0),
            ("you hurry", 0),
        ] {
            assert_eq!(found(text), count, "{text}");
        }
    }

    #[test]
    fn a_phrase_of_many_gaps_takes_no_longer_than_its_words() {
        let phrase = format!("zzz .. {}zebra", "help .. ".repeat(30));
        let saying = Saying { meaning: Meaning::Danger, whose: Whose::Policy };
        let (phrases, _) = Phrases::new([(phrase.as_str(), saying)].into_iter(), |_| false);
        let text = format!("{} zebra", "help ".repeat(CLAUSE_WORDS - 1));
        let words: Vec<Word> =
            words_of(&text).iter().map(|word| Word { roles: 0, hash: short(hash_of(word)) }).collect();
        assert_eq!((0..words.len()).map(|at| phrases.at(&words, at).count()).sum::<usize>(), 0);
    }
}
