//! What a text says, in up to three passes: English and what is the same in all languages, the other languages, and those
//! without spaces.

use super::echo;
use super::evidence::Request;
use super::fold::{Script, fold, script};
use super::learned::{Known, Learned};
use super::manner::Manner;
use super::meaning::Meaning;
use super::menu::{self, Menu};
use super::offer::{AiOffer, Offering, Sentence};
use super::others;
use super::own::grows_together;
use super::plain::plain;
use super::reader::Reader;
use super::roles::*;
use super::said::{Elsewhere, Said};
use super::vocabulary::Words;
use super::{Language, Lexicon};

/// What one text says to the triggers.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Reading {
    /// How the customer asks for a person, if they do.
    pub request: Option<Request>,
    /// Probability 0..1 that the customer asks for one, as learned from labelled texts; 0 where `request` says how, or where
    /// nobody asked the model.
    pub may_ask: f64,
    /// The customer says that they want none, and asks for none in another breath.
    pub declines_person: bool,
    /// The offer of one that the text makes (read where the AI speaks).
    pub offer: Option<AiOffer>,
    /// Danger to someone, or a topic of the policy's list.
    pub danger: bool,
    /// Probability 0..1 that it tells of danger, as learned from labelled texts; 0 where `danger` says so, or where nobody asked
    /// the model.
    pub may_be_danger: f64,
    /// Reports that something still fails.
    pub reports_failure: bool,
    /// Says that something cannot or may not be done (read where the AI speaks).
    pub refuses: bool,
    /// Says that it was not understood what the other side wants (read where the AI speaks).
    pub not_understood: bool,
    /// Wants something of the other side, in words that need no question mark (read where the AI speaks).
    pub asks_back: bool,
    /// Its question asks about what was said before the text: "shall I?" (read where the AI speaks).
    pub refers_back: bool,
    /// What was known of its language ([`Language::print`]): known otherwise it may say something else.
    pub known: u64,
    /// Displeasure in the words, 0..1.
    pub displeasure: f64,
    /// How it treats the other side.
    pub manner: Manner,
    /// What the text is compared by (see [`super::similarity`]); 0 where there are no words.
    pub print: u64,
    pub words: u32,
    /// Those that only English has so often.
    pub english_words: u32,
    /// Says something of its own: not only yes, no, thanks, hello or a number.
    pub has_content: bool,
    /// The language the words are in (ISO 639-1), where they tell and nobody else has.
    pub language: Option<&'static str>,
    /// The script it is written in, where that is plain to see and not Latin.
    pub script: Option<Script>,
    /// The roles that its words play in asking for a person, in any of the languages.
    pub(super) roles: Roles,
}

impl Reading {
    /// The customer asks for a person, as the rules hear it.
    pub fn asks_person(&self) -> bool {
        self.request.is_some()
    }

    /// Somebody is named in it, or being brought to somebody.
    pub fn speaks_of_persons(&self) -> bool {
        self.roles & (TALK | TRANSFER | ANYBODY | SERVICE) != 0
    }

    /// A word in it negates something.
    pub fn negates(&self) -> bool {
        self.roles & (NOT | CANNOT) != 0
    }

    /// The learned probability that they do, where it is at least this and the rules hear nothing. From 1 on there is none.
    pub fn learned_request(&self, from: f64) -> Option<f64> {
        counts(self.may_ask, from)
    }

    /// The customer tells of danger, as the lists hear it, or as learned with at least this probability.
    pub fn tells_danger(&self, from: f64) -> bool {
        self.danger || self.learned_danger(from).is_some()
    }

    /// The learned probability of danger, where it is at least this and the lists hear none. From 1 on there is none.
    pub fn learned_danger(&self, from: f64) -> Option<f64> {
        counts(self.may_be_danger, from)
    }
}

fn counts(probability: f64, from: f64) -> Option<f64> {
    Some(probability).filter(|share| from < 1.0 && *share >= from && *share > 0.0)
}

/// Two function words make a text English: homographs of other languages are not looked for in it. A text with letters beyond
/// ASCII whose language nothing tells needs more than one in four (`i`, `do` are Polish too).
const ENGLISH_WORDS: u32 = 2;
const ENGLISH_SHARE: u32 = 4;

/// As [`hear`] reads a text; of a customer's requests those that stand.
pub(super) fn read(
    lexicon: &Lexicon,
    text: &str,
    known: Language<'_>,
    customer: Option<(&Learned, bool)>,
) -> Reading {
    let text = &plain(text);
    let reading = hear(lexicon, text, known, customer);
    if customer.is_none() {
        return reading;
    }
    lexicon.as_it_stands(text, known, reading, |part, known| hear(lexicon, part, known, customer))
}

/// `known`: of the text's language. `customer`: for the words of one, what was learned, and whether the platform tells their
/// sentiment; without it the AI says it, and may offer a person.
fn hear(lexicon: &Lexicon, text: &str, known: Language<'_>, customer: Option<(&Learned, bool)>) -> Reading {
    let folded = fold(text);
    let mut reader = first_pass(lexicon, &folded, customer.is_none());
    let script = if text.is_ascii() { None } else { script(text) };
    let (own, language) = match known {
        Language::Declared(tag) => (None, Some(others::primary(tag))),
        Language::Earlier(_) | Language::Unknown => {
            let earlier = if let Language::Earlier(code) = known { Some(code) } else { None };
            let own = reader.language(text, &folded, script, earlier);
            (own, own.or(earlier))
        }
    };
    let is_foreign = language.is_some_and(|language| language != "en");
    if is_foreign {
        reader.mood.forget_doubtful();
    }
    let mut reading = Reading { language: own, known: known.print(), script, ..reader.finish() };
    let is_english = !is_foreign
        && reader.english_words >= ENGLISH_WORDS
        && (language.is_some() || text.is_ascii() || ENGLISH_SHARE * reader.english_words > reading.words);
    let mut elsewhere = Other::default();
    if !is_english {
        reader.elsewhere.tell(reading.request.is_some_and(Request::is_english), &mut reading);
    }
    let may_ask_elsewhere = !is_english && !reading.request.is_some_and(Request::is_english);
    if may_ask_elsewhere {
        elsewhere = read_others(lexicon, &folded, language, &reader, &mut reading);
    }
    let is_unspaced = language.map_or(!text.is_ascii(), others::is_found_anywhere);
    // What grows together is no other language, whatever the platform calls it.
    if may_ask_elsewhere && is_unspaced || !text.is_ascii() && folded.chars().any(grows_together) {
        elsewhere = elsewhere.and(read_unspaced(lexicon, &folded, &reader, &mut reading));
    }
    // In another language the words of an English refusal mean something else.
    let refused = if is_foreign { 0 } else { reader.own_refused } | elsewhere.own_refused;
    let asks_as_policy = reader.own_asked & !refused != 0;
    reading.request = reading.request.max(asks_as_policy.then_some(Request::OwnPhrase));
    read_own(lexicon, &folded, &mut reading);
    reading.declines_person &= reading.request.is_none();
    reading.roles = reader.seen_before | elsewhere.roles;
    match customer {
        Some((learned, sentiment_told)) => {
            let known = Known {
                is_english,
                is_served: lexicon.serves(language),
                is_hushed: reader.hushed != 0 || elsewhere.hushed,
                sentiment_told,
                displeasure_elsewhere: elsewhere.displeasure,
            };
            learned.hear(&folded, known, &mut reading);
        }
        None => {
            reading.displeasure = reading.displeasure.max(elsewhere.displeasure);
            let words = Words { lexicon, elsewhere: (!is_english).then_some(language) };
            let offer = by_menu(menu::read(&folded, &words), reading.offer);
            reading.offer = offer.map(|offer| {
                let (own, others) = echo::words_of_options(&folded, &words);
                AiOffer { own, others, ..offer }
            });
        }
    }
    reading
}

/// What a pass for other languages found that is not in the reading.
#[derive(Clone, Copy, Debug, Default)]
struct Other {
    displeasure: f64,
    /// Of words of asking.
    roles: Roles,
    /// The clauses in which a request in the policy's own words stands behind a refusal.
    own_refused: u64,
    /// A phrase says that nobody asks for a person.
    hushed: bool,
}

impl Other {
    fn and(self, other: Other) -> Other {
        Other {
            displeasure: self.displeasure.max(other.displeasure),
            roles: self.roles | other.roles,
            own_refused: self.own_refused | other.own_refused,
            hushed: self.hushed | other.hushed,
        }
    }
}

/// English, and what is the same in all languages; misspelled where it asks nobody as it is written.
fn first_pass<'a>(lexicon: &'a Lexicon, folded: &str, by_ai: bool) -> Reader<'a> {
    let mut reader = Reader::new(lexicon).by_ai(by_ai);
    reader.run(folded.as_bytes());
    if let Some(typos) = lexicon.typos.as_ref().filter(|_| reader.may_mean_to_ask()) {
        let mut meant = Reader::new(lexicon).with_typos(typos);
        meant.run(folded.as_bytes());
        reader.found.request = meant.found.request;
    }
    reader
}

/// The other languages: those of the text, or all.
fn read_others(
    lexicon: &Lexicon,
    folded: &str,
    language: Option<&str>,
    first: &Reader<'_>,
    reading: &mut Reading,
) -> Other {
    let Some(others) = &lexicon.others else { return Other::default() };
    let mut other = first.of_others((others.of(language), lexicon.moods.of(language)));
    other.run(folded.as_bytes());
    reading.request = reading.request.max(other.found.request);
    reading.declines_person |= other.found.declines_person;
    reading.offer = join(reading.offer, other.offering.made(Some(&first.offering)));
    reading.refers_back |= other.offering.refers_back();
    reading.manner = reading.manner.or(other.found.manner);
    let (roles, own_refused) = (other.seen_before, other.own_refused);
    let other = other.finish();
    reading.has_content &= other.has_content;
    Other { displeasure: other.displeasure, roles, own_refused, hushed: false }
}

/// An item that brings to a person is the offer. A yes is no key of it; where the menu only asks yes or no, both say so.
fn by_menu(menu: Option<Menu>, offer: Option<AiOffer>) -> Option<AiOffer> {
    match menu {
        Some(Menu::Person(key, place)) => {
            Some(AiOffer { by_yes: false, by_word: key, place, ..AiOffer::PLAIN })
        }
        Some(Menu::Yes(key)) => offer.map(|offer| AiOffer { by_word: key, ..offer }),
        None => offer,
    }
}

fn join(one: Option<AiOffer>, other: Option<AiOffer>) -> Option<AiOffer> {
    one.zip(other).map(|(one, other)| one.or(other)).or(one).or(other)
}

/// Languages without spaces, sentence by sentence.
fn read_unspaced(lexicon: &Lexicon, folded: &str, first: &Reader<'_>, reading: &mut Reading) -> Other {
    let (mut mood, mut elsewhere, mut roles) = (first.mood.of_phrases(), Elsewhere::default(), 0);
    let mut hushed = false;
    let mut offering = Offering::default();
    for (sentence, question) in others::sentences(folded) {
        let mut said = Said::default();
        for saying in lexicon.moods.unspaced(sentence) {
            said.add(saying);
            mood.hear(saying.meaning);
        }
        said.tell(reading);
        said.tell_elsewhere(&mut elsewhere);
        let words = lexicon.unspaced.as_ref();
        let (seen, asks) = words.map(|words| words.read(sentence)).unwrap_or_default();
        roles |= seen;
        // Vietnamese has its phrases among those of the languages with spaces.
        let is_hushed = said.hushes_others() || first.hushed != 0;
        hushed |= is_hushed;
        if asks && !is_hushed {
            reading.request = reading.request.max(Some(Request::OtherLanguage));
        }
        if first.by_ai {
            let is_possible = question || seen & (CAN | WANT | KEY | IF) != 0;
            let reaches = seen & (TRADE | YOURS) == TRADE && seen & (TALK | TRANSFER) != 0 && is_possible;
            let offers = (asks && question) || ((said.offers_elsewhere() || reaches) && seen & NOT == 0);
            let last = words
                .filter(|_| offers)
                .and_then(|words| words.parts(sentence).pop().map(|(part, _)| words.read(part).0));
            let seen_last = last.unwrap_or_default();
            offering.meet_unspaced(Sentence { text: sentence, question, seen, seen_last }, offers);
        }
    }
    reading.offer = join(reading.offer, offering.made(Some(&first.offering)));
    reading.refers_back |= offering.refers_back();
    elsewhere.tell(false, reading);
    Other { displeasure: mood.displeasure(), roles, own_refused: 0, hushed }
}

/// The policy's own phrases in scripts whose words grow together.
fn read_own(lexicon: &Lexicon, folded: &str, reading: &mut Reading) {
    let Some(own) = lexicon.own.as_ref().filter(|_| !folded.is_ascii()) else { return };
    for (sentence, _) in others::sentences(folded) {
        for meaning in own.find(sentence, lexicon.unspaced.as_ref()) {
            let asks = meaning == Meaning::Asks;
            reading.request = reading.request.max(asks.then_some(Request::OwnPhrase));
            reading.danger |= meaning == Meaning::Danger;
        }
    }
}
