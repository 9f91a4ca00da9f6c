//! Runs of words that say something, told by the hashes of their words: no run is put together to look it up.

use hashbrown::HashMap;

use super::words::{hash_of, mix, words_of};

/// Runs of folded words and what each says. Invariant: `longest` holds the first word of every run, with the words of the longest that begins so.
#[derive(Debug)]
pub(super) struct Runs<T> {
    says: HashMap<u64, T>,
    longest: HashMap<u64, usize>,
}

impl<T: Copy> Runs<T> {
    /// Of texts whose words are taken as [`words_of`] gives them; one that is given twice says what `both` makes of the two.
    pub(super) fn new<'t>(texts: impl Iterator<Item = (&'t str, T)>, both: impl Fn(T, T) -> T) -> Runs<T> {
        let (mut says, mut longest) = (HashMap::new(), HashMap::<u64, usize>::new());
        for (text, new) in texts {
            let words = hashes(&words_of(text));
            let Some((first, run)) = words.first().zip(words.iter().copied().reduce(mix)) else { continue };
            says.entry(run).and_modify(|known| *known = both(*known, new)).or_insert(new);
            let most = longest.entry(*first).or_default();
            *most = words.len().max(*most);
        }
        Runs { says, longest }
    }

    /// The runs that these words begin with, the shorter before the longer: their words, and what they say.
    pub(super) fn at<'a>(&'a self, words: &'a [u64]) -> impl Iterator<Item = (usize, T)> + 'a {
        let longest = words.first().and_then(|first| self.longest.get(first)).copied().unwrap_or(0);
        let grown = words.iter().take(longest).scan(None, |run: &mut Option<u64>, word| {
            *run = Some(run.map_or(*word, |run| mix(run, *word)));
            *run
        });
        (1..).zip(grown).filter_map(|(count, run)| Some((count, *self.says.get(&run)?)))
    }
}

/// What words are looked up by.
pub(super) fn hashes(words: &[impl AsRef<str>]) -> Vec<u64> {
    words.iter().map(|word| hash_of(word.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_runs_at_the_head_are_found_and_none_behind_it() {
        let texts =
            [("of course", 1), ("of", 2), ("of course not", 4), ("course", 8), ("of course", 16), ("", 32)];
        let runs = Runs::new(texts.into_iter(), |one, other| one | other);
        let at = |text: &str| runs.at(&hashes(&words_of(text))).collect::<Vec<_>>();
        assert_eq!(at("of course, yes"), [(1, 2), (2, 17)]);
        assert_eq!(at("Of course not"), [(1, 2), (2, 17), (3, 4)]);
        assert_eq!(at("course of"), [(1, 8)]);
        assert_eq!(at("why of course"), []);
        assert_eq!(at(""), []);
    }
}
