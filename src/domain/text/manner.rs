//! How a text treats the other side, beside how it feels: what is said of "you", good manners, a yes, bad news.

use super::phrases::Word;
use super::roles::*;

/// What one text shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Manner {
    /// Clauses that say something of "you" and neither ask nor thank: blame, more often than not. At most two.
    pub blames: u8,
    /// Says please or thanks, or greets first.
    pub polite: bool,
    /// Begins with a yes.
    pub says_yes: bool,
    /// Something is wrong or cannot be done (read where the AI speaks).
    pub bad_news: bool,
}

/// A clause without one of these shows nothing.
pub(super) const MANNER_KEYS: Roles = YOU | POLITE | GREETING | YES | BAD_NEWS;
const BAD_NEWS: Roles = SOUR | BAD | AWFUL | CANNOT;

const BLAMES_MOST: u8 = 2;
/// Words before a bad one in which a negation makes it good news: "no problem".
const NEGATION_REACH: usize = 2;

impl Manner {
    /// One more clause of the text; `is_first` of all.
    pub(super) fn add(&mut self, words: &[Word], seen: Roles, is_question: bool, is_first: bool) {
        let Some(first) = words.first() else { return };
        self.polite |= seen & POLITE != 0 || first.is(GREETING);
        self.says_yes |= is_first && first.is(YES);
        self.bad_news |= seen & BAD_NEWS != 0 && is_bad_news(words);
        let asks_or_thanks = is_question || seen & (POLITE | GREETING | PLEASE) != 0 || asks_you(words);
        if seen & YOU != 0 && !asks_or_thanks {
            self.blames = (self.blames + 1).min(BLAMES_MOST);
        }
    }

    /// The same text, read for another language too.
    pub(super) fn or(self, other: Manner) -> Manner {
        Manner {
            blames: self.blames.max(other.blames),
            polite: self.polite || other.polite,
            says_yes: self.says_yes || other.says_yes,
            bad_news: self.bad_news || other.bad_news,
        }
    }
}

fn is_bad_news(words: &[Word]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        word.is(BAD_NEWS) && !words[at.saturating_sub(NEGATION_REACH)..at].iter().any(|before| before.is(NOT))
    })
}

/// "can you", "would you", "are you", "do you": a question without its mark.
fn asks_you(words: &[Word]) -> bool {
    words.windows(2).any(|pair| pair[0].is(CAN | WOULD | BE | YES) && pair[1].is(YOU))
}

#[cfg(test)]
mod tests {
    use super::super::{Language, Lexicon};
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Manner) {
        let lexicon = Lexicon::new(&["en".to_owned(), "de".to_owned()], &[], &[]);
        assert_eq!(lexicon.read(text, Language::Unknown).manner, expected, "{text}");
    }

    #[test]
    fn you_is_blame_unless_it_is_asked_or_thanked() {
        let nothing = Manner::default();
        check("You charged me twice. You did it again!", Manner { blames: 2, ..nothing });
        check("I told you my number", Manner { blames: 1, ..nothing });
        check("Can you book a room", nothing);
        check("what do you have on Monday", nothing);
        check("Did you find it?", nothing);
        check("thank you", Manner { polite: true, ..nothing });
        check("I need a room for two", nothing);
    }

    #[test]
    fn manners_are_a_word_of_thanks_or_a_greeting_in_front() {
        let polite = Manner { polite: true, ..Manner::default() };
        check("Hello, I need a room", polite);
        check("a room please", polite);
        check("bitte ein Zimmer", polite);
        check("Yes, that one", Manner { says_yes: true, ..Manner::default() });
    }

    #[test]
    fn bad_news_is_what_is_wrong_or_cannot_be_done() {
        let bad = Manner { bad_news: true, ..Manner::default() };
        check("Unfortunately there is no room", bad);
        check("I cannot find the booking", bad);
        check("Das Zimmer ist schrecklich", bad);
        check("No problem, the room is booked", Manner::default());
    }
}
