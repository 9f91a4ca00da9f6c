//! One pass over a text: words to roles and hashes, clauses to findings.

use super::Lexicon;
use super::evidence::Request;
use super::fold::Script;
use super::manner::MANNER_KEYS;
use super::meaning::{Meaning, Meanings, Saying, Whose};
use super::mood::Mood;
use super::offer::Offering;
use super::others;
use super::phrases::{Word, short};
use super::print::Sketch;
use super::read::Reading;
use super::request::{self, Clause};
use super::roles::*;
use super::said::{Elsewhere, Said};
use super::trie::Trie;
use super::typos::Typos;
use super::words::{Scan, Table, elides, hash_at};

/// Words of a clause that are looked at together; a longer one is cut.
pub(super) const CLAUSE_WORDS: usize = 64;
/// So many, and a third of all words, leave no doubt in a text without accents.
const PLAIN_ENGLISH_WORDS: u32 = 4;
/// More words than these behind a sentence are about something of their own.
const COURTESY_WORDS: usize = 3;
/// In a longer text no typos are looked for; in a shorter one, always.
const TYPOS_WORDS: u32 = 30;
const SHORT_WORDS: u32 = 6;
/// First bytes of kana, Han and Hangul: what stands there between spaces is more than a word.
const UNSPACED_LEADS: std::ops::RangeInclusive<u8> = 0xe3..=0xed;
/// A shorter word says nothing of its own.
const CONTENT_LETTERS: usize = 4;

/// A phrase of the policy that asks for a person.
const OWN_REQUEST: Saying = Saying { meaning: Meaning::Asks, whose: Whose::Policy };

/// Something is refused in the same part of a clause, before this word.
fn refuses_before(words: &[Word], at: usize) -> bool {
    let from = (0..=at).rev().find(|at| words[*at].is(COMMA)).unwrap_or(0);
    words[from..at].iter().any(|word| word.is(NOT | REFUSE))
}

/// "no human please"; not "no, human please".
fn is_short_refusal(words: &[Word]) -> bool {
    matches!(words, [no, person, _] if no.is(NOT) && !person.is(COMMA))
}

/// Something is refused in the clause, and not only answered: "nein, ...".
fn refuses(words: &[Word]) -> bool {
    let is_answer = |at: usize| words.get(at + 1).is_some_and(|next| next.is(COMMA));
    (0..words.len()).any(|at| words[at].is(NOT | REFUSE) && !is_answer(at))
}

/// Reads one text once, with the words of one language or of several together.
pub(super) struct Reader<'a> {
    lexicon: &'a Lexicon,
    /// Reads these words instead of English: those of requests, and those of mood.
    others: Option<(&'a Trie, &'a Table)>,
    /// Takes misspelled words of asking for what they may mean.
    typos: Option<&'a Typos>,
    clause: [Word; CLAUSE_WORDS],
    len: usize,
    seen: Roles,
    /// What was seen in the clauses before.
    pub(super) seen_before: Roles,
    clauses: u32,
    /// The clauses in which a phrase says that nobody asks for a person; from the 64th on they are one.
    pub(super) hushed: u64,
    /// The same where a phrase of another language offers a person.
    offered: u64,
    /// The same where a phrase of the policy asks for a person, and where such a phrase stands behind a refusal.
    pub(super) own_asked: u64,
    pub(super) own_refused: u64,
    /// What the text offers, where the AI says it.
    pub(super) offering: Offering,
    pub(super) by_ai: bool,
    /// What the phrases of other languages say.
    pub(super) elsewhere: Elsewhere,
    pub(super) english_words: u32,
    words: u32,
    content_words: u32,
    sketch: Sketch,
    pub(super) mood: Mood,
    pub(super) found: Reading,
}

impl<'a> Reader<'a> {
    /// For English, and what is the same in all languages.
    pub(super) fn new(lexicon: &'a Lexicon) -> Reader<'a> {
        Reader {
            lexicon,
            others: None,
            typos: None,
            clause: [Word::default(); CLAUSE_WORDS],
            len: 0,
            seen: 0,
            seen_before: 0,
            clauses: 0,
            hushed: 0,
            offered: 0,
            own_asked: 0,
            own_refused: 0,
            offering: Offering::default(),
            by_ai: false,
            elsewhere: Elsewhere::default(),
            english_words: 0,
            words: 0,
            content_words: 0,
            sketch: Sketch::EMPTY,
            mood: Mood::default(),
            found: Reading::default(),
        }
    }

    /// The same for what the AI says: it may offer a person.
    pub(super) fn by_ai(self, by_ai: bool) -> Reader<'a> {
        Reader { by_ai, ..self }
    }

    /// The same, and misspelled words of asking are read as what they may mean.
    pub(super) fn with_typos(self, typos: &'a Typos) -> Reader<'a> {
        Reader { typos: Some(typos), ..self }
    }

    /// A second one, for the words of other languages: it knows the phrases that this one has found.
    pub(super) fn of_others(&self, words: (&'a Trie, &'a Table)) -> Reader<'a> {
        let mood = self.mood.of_phrases();
        Reader {
            others: Some(words),
            mood,
            hushed: self.hushed,
            offered: self.offered,
            own_asked: self.own_asked,
            by_ai: self.by_ai,
            ..Reader::new(self.lexicon)
        }
    }

    pub(super) fn run(&mut self, bytes: &[u8]) {
        let mut scan = Scan::new(bytes);
        let mut at = 0;
        while let Some((start, end)) = scan.next(at) {
            // Nearly all gaps are one space.
            let mark = if start == at + 1 && bytes[at] == b' ' { 0 } else { self.gap(bytes, at, start) };
            let is_joined = bytes[at..start] == *b"-";
            at = end;
            if bytes.get(end).is_some_and(|byte| matches!(byte, b'\'' | b'`')) {
                at = self.word_with_apostrophe(bytes, start, end, mark);
            } else {
                self.word(bytes, start, end, mark);
            }
            if is_joined {
                self.join();
            }
        }
        self.gap(bytes, at, bytes.len());
        self.end_clause(false, bytes, bytes.len());
    }

    /// A hyphen stands before the last word: a person in front of it only says what kind of thing that is ("human-friendly").
    fn join(&mut self) {
        if let [.., person, thing] = &mut self.clause[..self.len]
            && thing.is(LONG)
            && !thing.is(ANYBODY | SERVICE | REAL | PLEASE)
        {
            person.roles &= !(ANYBODY | SERVICE | BARE);
        }
    }

    /// What stands between two words: it may end a clause, or mark the next word.
    fn gap(&mut self, bytes: &[u8], from: usize, to: usize) -> Roles {
        let mut mark = 0;
        for at in from..to {
            match bytes[at] {
                b',' | b':' | b'(' | b')' => mark = COMMA,
                // 3.50, example.com, e.g.: no end of a clause.
                b'.' if at + 1 == to && to < bytes.len() => {}
                b'.' | b';' | b'\n' => self.end_clause(false, bytes, at),
                byte @ (b'?' | b'!') => {
                    if byte == b'?' && bytes.get(at + 1).is_some_and(|next| matches!(next, b'?' | b'!')) {
                        self.mood.wonder();
                    }
                    self.end_clause(byte == b'?', bytes, at);
                }
                _ => {}
            }
        }
        mark
    }

    #[inline]
    fn word(&mut self, bytes: &[u8], start: usize, end: usize, mark: Roles) {
        let hash = hash_at(bytes, start, end);
        let roles = self.roles_of(&bytes[start..end], hash);
        self.draw(bytes, start, end, hash);
        self.push(roles, short(hash), end - start, mark, bytes, end);
    }

    /// Adds a word to what the text is compared by. Only the first pass over a text tells that.
    #[inline]
    fn draw(&mut self, bytes: &[u8], start: usize, end: usize, hash: u64) {
        if self.others.is_some() || self.typos.is_some() {
            return;
        }
        if UNSPACED_LEADS.contains(&bytes[start]) {
            self.sketch.add_signs(&bytes[start..end]);
        } else {
            self.sketch.add(bytes, start, end, hash);
        }
    }

    #[inline]
    fn roles_of(&self, word: &[u8], hash: u64) -> Roles {
        let roles = match self.others {
            None => self.lexicon.english.roles_of(hash),
            Some((requests, moods)) => requests.roles_of(word) | moods.roles_of(hash),
        };
        match self.typos.filter(|_| roles == 0) {
            Some(typos) => typos.roles_of(word, hash),
            None => roles,
        }
    }

    /// don't → dont; i'm → i m. Returns where it ends.
    fn word_with_apostrophe(&mut self, bytes: &[u8], start: usize, end: usize, mark: Roles) -> usize {
        if elides(&bytes[start..end]) {
            self.word(bytes, start, end, mark);
            return end + 1;
        }
        let mut joined = [0_u8; 32];
        let (mut len, mut at) = (0, start);
        while at < bytes.len() && len < joined.len() {
            match bytes[at] {
                b'\'' | b'`' => {}
                byte if byte.is_ascii_alphanumeric() || byte >= 0x80 => {
                    joined[len] = byte;
                    len += 1;
                }
                _ => break,
            }
            at += 1;
        }
        let hash = hash_at(&joined, 0, len);
        let roles = self.roles_of(&joined[..len], hash);
        self.draw(&joined, 0, len, hash);
        self.push(roles, short(hash), len, mark, bytes, at);
        at
    }

    #[inline]
    fn push(&mut self, roles: Roles, hash: u32, letters: usize, mark: Roles, bytes: &[u8], end: usize) {
        if self.len == CLAUSE_WORDS {
            self.end_clause(false, bytes, end);
        }
        let long = if letters >= CONTENT_LETTERS { LONG } else { 0 };
        self.clause[self.len] = Word { roles: roles | mark | long, hash };
        self.len += 1;
        self.seen |= roles;
    }

    /// What is counted word by word.
    fn count(&mut self) {
        let (mut english, mut content) = (0, 0);
        for word in &self.clause[..self.len] {
            english += u32::from(word.is(ENGLISH));
            content += u32::from(word.roles & (YES | NOT | GREETING | POLITE | LONG) == LONG);
        }
        self.words += self.len as u32;
        self.english_words += english;
        self.content_words += content;
    }

    fn end_clause(&mut self, question: bool, bytes: &[u8], at: usize) {
        if self.len == 0 {
            return;
        }
        self.count();
        let words = &self.clause[..self.len];
        let is_last = !bytes[at..].iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        let whole = is_last || self.only_courtesy(&bytes[at..]);
        let clause = Clause { words, seen: self.seen, whole, question };
        let here = 1_u64 << self.clauses.min(u64::BITS - 1);
        let mut is_hushed = self.others.is_some() && self.hushed & here != 0;
        let mut offers = self.others.is_some() && self.offered & here != 0;
        let marks = if self.by_ai { PHRASE | AI_PHRASE } else { PHRASE };
        if self.seen & marks != 0 {
            let mut said = Said::default();
            for at in (0..words.len()).filter(|at| words[*at].is(marks)) {
                let mut heard = Meanings::default();
                let of_ai = self.by_ai.then(|| self.lexicon.ai_phrases.at(words, at));
                for saying in self.lexicon.phrases.at(words, at).chain(of_ai.into_iter().flatten()) {
                    if saying.meaning == Meaning::Asks && is_short_refusal(words) {
                        continue;
                    }
                    said.add(saying);
                    // Lists of several languages may hold one phrase, and one list a phrase with a gap and without.
                    if heard.insert(saying.meaning) {
                        self.mood.hear(saying.meaning);
                    }
                    if saying == OWN_REQUEST {
                        self.own_asked |= here;
                        self.own_refused |= if refuses_before(words, at) { here } else { 0 };
                    }
                }
            }
            said.tell(&mut self.found);
            self.hushed |= if said.hushes_others() { here } else { 0 };
            is_hushed |= said.hushes_english();
            self.offered |= if said.offers_elsewhere() { here } else { 0 };
            offers |= said.offers_in_english() && self.seen & CANNOT == 0;
            said.tell_elsewhere(&mut self.elsewhere);
        }
        if self.others.is_some() && self.own_asked & here != 0 && refuses(words) {
            self.own_refused |= here;
        }
        let keys = if self.by_ai { REQUEST_KEYS | TRADE } else { REQUEST_KEYS };
        let wishes_to_talk = whole && self.seen & TALK != 0 && self.seen & (WANT | LIKE) != 0;
        if (self.seen & keys != 0 || wishes_to_talk) && !is_hushed {
            let asked = match self.others {
                None => request::asked(clause),
                Some(_) => others::asks(clause).then_some(Request::OtherLanguage),
            };
            self.found.request = self.found.request.max(asked);
            offers |= self.by_ai
                && if self.others.is_none() { request::offers(clause) } else { others::offers(clause) };
            self.found.declines_person |= asked.is_none()
                && self.seen & (NOT | CANNOT) != 0
                && if self.others.is_none() { request::declines(clause) } else { others::declines(clause) };
        }
        if self.by_ai {
            self.offering.meet(clause, offers && !request::asks_what_was(words));
        }
        if self.seen & STILL != 0 && self.seen & (NOT | CANNOT | SOUR | BAD) != 0 {
            self.found.reports_failure = true;
        }
        if self.seen & (MOOD | NOT | CANNOT) != 0 {
            self.mood.add(words);
        }
        if self.seen & MANNER_KEYS != 0 {
            self.found.manner.add(words, self.seen, question, self.clauses == 0);
        }
        self.clauses += 1;
        self.len = 0;
        self.seen_before |= self.seen;
        self.seen = 0;
    }

    /// Nothing follows but "now!", "please", "thanks".
    fn only_courtesy(&self, rest: &[u8]) -> bool {
        let (mut scan, mut at) = (Scan::new(rest), 0);
        for _ in 0..COURTESY_WORDS {
            let Some((start, end)) = scan.next(at) else { return true };
            if self.roles_of(&rest[start..end], hash_at(rest, start, end)) & (PLEASE | GREETING) == 0 {
                return false;
            }
            at = end;
        }
        scan.next(at).is_none()
    }

    /// The language of the text that was read; plain English is told without counting.
    pub(super) fn language(
        &self,
        text: &str,
        folded: &str,
        script: Option<Script>,
        earlier: Option<&str>,
    ) -> Option<&'static str> {
        let is_plain = text.is_ascii()
            && self.english_words >= PLAIN_ENGLISH_WORDS
            && 3 * self.english_words >= self.words;
        if is_plain {
            Some("en")
        } else {
            self.lexicon.languages.of(text, folded.as_bytes(), script, earlier)
        }
    }

    /// A text read as it is written asks nobody, and it is short or one of its words has to do with asking.
    pub(super) fn may_mean_to_ask(&self) -> bool {
        self.found.request.is_none()
            && (self.words <= SHORT_WORDS
                || self.words <= TYPOS_WORDS && self.seen_before & (TALK | ANYBODY | SERVICE | WANT) != 0)
    }

    /// What was found, as far as one pass can tell.
    pub(super) fn finish(&self) -> Reading {
        Reading {
            displeasure: self.mood.displeasure(),
            print: self.sketch.finish(),
            words: self.words,
            english_words: self.english_words,
            offer: self.offering.made(None),
            refers_back: self.offering.refers_back(),
            has_content: self.words >= 3 || self.content_words > 0,
            ..self.found
        }
    }
}
