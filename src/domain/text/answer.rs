//! Whether a customer's answer takes up the AI's offer of a person. Asked only where an offer stands.

use std::borrow::Cow;

use super::choice;
use super::courtesy;
use super::echo;
use super::fold::fold;
use super::lists::{List, Section, UNSPACED};
use super::offer::AiOffer;
use super::others::primary;
use super::plain::plain;
use super::read::Reading;
use super::roles::*;
use super::runs::{Runs, hashes};
use super::vocabulary::{Words, breaths};
use super::words::{hash_of, words_of};
use super::{Language, Lexicon, Model, is_question};

/// Where rules and lists hear no yes to the AI's offer: the learned probability that counts.
pub const LEARNED_YES_FROM: f64 = 0.9;

/// What says yes to an offer in one language.
#[derive(Debug)]
pub(super) struct Yes {
    code: &'static str,
    /// A plain yes ([`Head::Agrees`]), and what else says so at the head of an answer.
    heads: Runs<Head>,
    /// Greetings and thanks that may stand in front.
    polite: Runs<()>,
    /// The same where words are not told apart.
    agrees: Vec<String>,
    accepts: Vec<String>,
    polite_unspaced: Vec<String>,
}

/// How an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    /// "ok", "great": it may take in what was said and no more.
    Acknowledges,
    /// "please do", "that would be great": it does, unless the same breath goes on about something.
    Accepts,
    /// "yes", whatever follows.
    Agrees,
}

/// A yes at the head of an answer, and the number of words up to its end.
type YesUpTo = (Head, usize);

/// What may stand in front of a yes, folded.
const FILLERS: &str = "oh ah aha hm hmm mhm um uh well so then now ahm na naja also pues bueno ben bon bah eh beh allora nou \
    tja ну э eee entao ay toh acha accha hey hi hello thanks thank you danke merci gracias grazie";
const FILLERS_BEFORE: usize = 3;
/// Signs that may stand before a yes where no spaces are written.
const UNSPACED_BEFORE: usize = 3;
/// An acknowledgement with more words is about something of its own, unless it asks to be passed on.
const SHORT_ANSWER: usize = 3;
const PLEAS_WITHIN: usize = 5;
/// A phrase that accepts has no more words behind it in its breath: "that would be great if you could".
const ACCEPTS_WITHIN: usize = 4;
/// Words behind a yes in which it is taken back: "ok but not now".
const TAKEN_BACK_WITHIN: usize = 3;
/// A longer answer speaks of being passed on for some other reason.
const SHORT_WORDS: usize = 8;
const SHORT_SIGNS: usize = 60;
/// Signs of a yes that may be the beginning of another word, and what ends such a yes without a pause.
const SHORT_YES: usize = 2;
const PARTICLES: [char; 13] = ['的', '啊', '吧', '呀', '呢', '哦', '嗯', '了', '啦', '요', 'ね', 'よ', 'で'];
/// Signs of a yes that is a question.
const WONDERS_SIGNS: usize = 3;
/// Thumb up, OK hand, check mark, OK button.
const THUMBS: [char; 4] = ['\u{1f44d}', '\u{1f44c}', '\u{2705}', '\u{1f197}'];

impl Yes {
    pub(super) fn new(list: &List) -> Yes {
        let is_unspaced = UNSPACED.contains(&list.code);
        let of = |section: Section| list.entries.iter().filter(move |entry| entry.section == section);
        let texts = |section| {
            let entries = of(section).filter(|_| is_unspaced);
            entries.map(|entry| words_of(&entry.text).join(" ")).collect()
        };
        let spaced = |section, head: Head| {
            of(section).filter(|_| !is_unspaced).map(move |entry| (entry.text.as_str(), head))
        };
        let polite = || {
            list.entries
                .iter()
                .filter(|entry| courtesy::may_precede_a_yes(entry.section))
                .map(|entry| entry.text.as_str())
        };
        let heads = spaced(Section::Agrees, Head::Agrees).chain(spaced(Section::Accepts, Head::Accepts));
        Yes {
            code: list.code,
            heads: Runs::new(heads, Head::max),
            polite: Runs::new(polite().map(|text| (text, ())), |(), ()| ()),
            agrees: texts(Section::Agrees),
            accepts: texts(Section::Accepts),
            polite_unspaced: polite().filter(|_| is_unspaced).map(str::to_owned).collect(),
        }
    }

    /// How an answer with these words begins, if with a yes.
    fn head(&self, folded: &str, words: &[Cow<'_, str>]) -> Option<YesUpTo> {
        if UNSPACED.contains(&self.code) {
            return self.unspaced_head(folded).then_some((Head::Agrees, 0));
        }
        let hashed = hashes(words);
        let hashed = &hashed;
        let passes_over = |at: &usize| {
            let is_filler = words
                .get(*at)
                .is_some_and(|word| FILLERS.split_ascii_whitespace().any(|filler| filler == *word));
            let polite = || self.polite.at(&hashed[*at..]).map(|(count, ())| count).last();
            if is_filler { Some(at + 1) } else { polite().map(|count| at + count) }
                .filter(|next| *next < words.len())
        };
        let starts = |from: usize| {
            let heads = self.heads.at(hashed.get(from..).unwrap_or_default());
            heads.map(move |(count, head)| match (head, count) {
                (Head::Accepts, 1) => (Head::Acknowledges, from + count),
                (head, _) => (head, from + count),
            })
        };
        std::iter::successors(Some(0), passes_over).take(1 + FILLERS_BEFORE).flat_map(starts).max()
    }

    /// A plain yes begins the text, or another one stands near its beginning; good manners may stand before it.
    fn unspaced_head(&self, folded: &str) -> bool {
        let head = said(folded);
        let polite = self.polite_unspaced.iter().filter_map(|polite| head.strip_prefix(polite.as_str()));
        let behind = polite.min_by_key(|rest| rest.len()).map(said);
        [Some(head), behind].into_iter().flatten().any(|head| self.begins(head))
    }

    fn begins(&self, head: &str) -> bool {
        let places = || head.char_indices().map(|(at, _)| at).take(UNSPACED_BEFORE + 1);
        let says = |yes: &String, from: usize| {
            head[from..].strip_prefix(yes.as_str()).is_some_and(|rest| self.ends(yes, rest))
        };
        self.agrees.iter().any(|yes| says(yes, 0))
            || places().any(|at| self.accepts.iter().any(|yes| says(yes, at)))
    }

    /// One or two signs are a yes only where no other word begins with them: 对 is one, 对方 is the other side.
    fn ends(&self, yes: &str, rest: &str) -> bool {
        let known = || [&self.agrees, &self.accepts, &self.polite_unspaced].into_iter().flatten();
        yes.chars().count() > SHORT_YES
            || !rest.starts_with(char::is_alphanumeric)
            || rest.starts_with(PARTICLES)
            || known().any(|word| rest.starts_with(word.as_str()))
    }
}

impl Lexicon {
    /// Whether an answer takes up an offer of a person: by the word that was named for it, or by a yes, where that is
    /// what a yes means, or where the answer speaks of being passed on. `reading`: the answer's, with what is known of its language.
    pub fn takes_up(&self, text: &str, language: Language<'_>, reading: &Reading, offer: AiOffer) -> bool {
        if is_thumb(text) {
            return offer.by_yes;
        }
        let text = plain(text);
        let folded = fold(&text);
        let words = words_of(&folded);
        let known = known(language, reading);
        let vocabulary = self.words(language, reading);
        if choice::chooses(&folded, offer, &vocabulary) {
            return true;
        }
        if reading.declines_person {
            return false;
        }
        if echo::echoes(&folded, offer.own, &vocabulary) {
            return true;
        }
        let roles = reading.roles;
        let speaks_of_it = reading.speaks_of_persons();
        let is_short = words.len() <= SHORT_WORDS && folded.chars().count() <= SHORT_SIGNS;
        let passes_on = roles & (TALK | TRANSFER) != 0 && roles & (NOT | CANNOT | REFUSE) == 0;
        let says_yes = match self.head(&folded, &words, known) {
            Some(_) if wonders(&folded) => false,
            Some((_, end)) if self.takes_back(&words[end..], known) => false,
            // Not of the yes itself: "nichts dagegen".
            Some((_, end)) if self.needs_nobody(&words[end..].join(" "), known) => false,
            Some((Head::Agrees, _)) => true,
            Some((Head::Accepts, end)) => {
                let plans = words[end..].iter().any(|word| vocabulary.roles_of(word) & WILL != 0);
                (goes_on_for(&folded, end) <= ACCEPTS_WITHIN && !plans) || self.pleads(&words)
            }
            Some((Head::Acknowledges, _)) => words.len() <= SHORT_ANSWER || self.pleads(&words),
            None => false,
        };
        if !speaks_of_it && echo::repeats(&folded, offer.others, &vocabulary) {
            return false;
        }
        (says_yes && (offer.by_yes || speaks_of_it)) || (passes_on && is_short && !folded.contains('?'))
    }

    /// Probability 0..1 that an answer takes up an offer of a person in which [`Lexicon::takes_up`] hears no yes, as learned from
    /// labelled texts; 0 where a yes would mean something else, and where the answer is a no. `reading`: the answer's.
    pub fn may_take_up(&self, text: &str, language: Language<'_>, reading: &Reading, offer: AiOffer) -> f64 {
        let text = plain(text);
        let folded = fold(&text);
        let means_another = || {
            !reading.speaks_of_persons()
                && echo::repeats(&folded, offer.others, &self.words(language, reading))
        };
        let refuses = || reading.declines_person || self.says_no(&text, language.code());
        if !offer.by_yes || refuses() || means_another() {
            return 0.0;
        }
        self.learned.share(Model::Answer, &folded, reading.roles)
    }

    /// The words of an answer.
    fn words<'a>(&'a self, language: Language<'a>, reading: &Reading) -> Words<'a> {
        let known = known(language, reading);
        Words { lexicon: self, elsewhere: (known != Some("en")).then_some(known) }
    }

    /// How the answer begins, if with a yes: in English, or in its own language. Where that is not known, a yes of another one
    /// says no more than an acknowledgement (`da` is a yes in Vietnamese, and `there` in German).
    fn head(&self, folded: &str, words: &[Cow<'_, str>], language: Option<&str>) -> Option<YesUpTo> {
        let is_sure = |code: &str| code == "en" || language.is_some() || UNSPACED.contains(&code);
        let meant =
            self.yes.iter().filter(|yes| yes.code == "en" || language.is_none_or(|code| code == yes.code));
        let heads = meant.filter_map(|yes| yes.head(folded, words).zip(Some(yes.code)));
        heads
            .map(|((head, end), code)| if is_sure(code) { (head, end) } else { (Head::Acknowledges, end) })
            .max()
    }

    /// "but not now", "no need".
    fn takes_back(&self, behind: &[Cow<'_, str>], language: Option<&str>) -> bool {
        let others = self.others.as_ref().map(|others| others.of(language));
        let refuses = |word: &Cow<'_, str>| {
            let elsewhere =
                others.filter(|_| language != Some("en")).map_or(0, |words| words.roles_of(word.as_bytes()));
            (self.english.roles_of(hash_of(word)) | elsewhere) & (NOT | CANNOT) != 0
        };
        behind.iter().take(TAKEN_BACK_WITHIN).any(refuses)
    }

    /// "great, connect me", and not "fine, I'll contact them".
    fn pleads(&self, words: &[Cow<'_, str>]) -> bool {
        let near = words.iter().take(PLEAS_WITHIN);
        let near = near.fold(0, |all, word| all | self.english.roles_of(hash_of(word)));
        near & TALK != 0 && near & WILL == 0
    }
}

/// The language of an answer, as far as it is known.
fn known<'a>(language: Language<'a>, reading: &Reading) -> Option<&'a str> {
    language.code().map(primary).or(reading.language)
}

/// From the first letter on.
fn said(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Words behind the first `end` words up to the end of their breath.
fn goes_on_for(folded: &str, end: usize) -> usize {
    let mut words = 0;
    for breath in breaths(folded) {
        words += words_of(breath).len();
        if words >= end {
            break;
        }
    }
    words.saturating_sub(end)
}

/// "Yes?", "네? 왜요?": the customer asks what is meant.
fn wonders(folded: &str) -> bool {
    let is_short = |before: &str| before.chars().filter(|c| c.is_alphanumeric()).count() <= WONDERS_SIGNS;
    folded.split_once('?').is_some_and(|(before, _)| is_short(before))
}

/// Thumb down, no entry, cross mark.
const NOT_THUMBS: [char; 3] = ['\u{1f44e}', '\u{26d4}', '\u{274c}'];

/// A thumb that is up, none that is down, and neither a word nor a question.
pub(super) fn is_thumb(text: &str) -> bool {
    let speaks = |c: char| c.is_alphanumeric() || NOT_THUMBS.contains(&c);
    text.contains(THUMBS) && !text.contains(speaks) && !is_question(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: bool) {
        let languages = ["zh", "ko", "ja"].map(str::to_owned);
        let lexicon = Lexicon::new(&languages, &[], &[]);
        let reading = lexicon.read_customer(answer, Language::Unknown, true);
        let takes_up = lexicon.takes_up(answer, Language::Unknown, &reading, AiOffer::PLAIN);
        assert_eq!(takes_up, expected, "{answer}");
    }

    #[test]
    fn a_sign_that_is_a_yes_alone_is_none_at_the_head_of_another_word() {
        for answer in [
            "对",
            "对的",
            "好，谢谢",
            "你好，好的",
            "可以",
            "要",
            "네",
            "네, 부탁드려요",
            "네 연결해주세요",
            "はい、お願いします",
        ] {
            check(answer, true);
        }
        for answer in [
            "行李丢了",
            "对方没有收到",
            "对账单在哪",
            "네이버 앱이 안 열려요",
            "예약 취소하고 싶어요",
            "네트워크가 끊겨요",
        ] {
            check(answer, false);
        }
    }
}
