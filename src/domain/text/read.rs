//! One pass over a text: words to roles and hashes, clauses to findings.

use super::Lexicon;
use super::fold::{Script, fold, script};
use super::mood::Mood;
use super::phrases::{Meaning, Word};
use super::print::Sketch;
use super::request::{self, Clause};
use super::roles::*;
use crate::domain::limits::TEXT_READ_CHARS;

/// What one text says to the triggers.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Reading {
    /// The customer asks for a person.
    pub asks_person: bool,
    /// The text offers one (read where the AI speaks).
    pub offers_person: bool,
    /// A short yes.
    pub agrees: bool,
    /// Danger to someone, or a topic of the policy's list.
    pub danger: bool,
    /// Reports that something still fails.
    pub reports_failure: bool,
    /// Displeasure in the words, 0..1.
    pub displeasure: f64,
    /// What the text is compared by (see [`super::similarity`]); 0 where there are no words.
    pub print: u64,
    pub words: u32,
    /// Says something of its own: not only yes, no, thanks, hello or a number.
    pub has_content: bool,
    /// The script it is written in, where that is plain to see and not Latin.
    pub script: Option<Script>,
}

/// Words of a clause that are looked at together; a longer one is cut.
const CLAUSE_WORDS: usize = 64;
/// Two function words make a text English: homographs of other languages are not looked for in it.
const ENGLISH_WORDS: u32 = 2;

const SPACE: u8 = 0;
const APOSTROPHE: u8 = 1;
const COMMA_MARK: u8 = 2;
const STOP: u8 = 3;
const QUESTION: u8 = 4;
const EXCLAIM: u8 = 5;

/// Byte to what it is: letters and digits to themselves in lower case, everything else to a kind of gap.
const FOLDED: [u8; 256] = {
    let mut table = [SPACE; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b >= 0x80 {
            table[byte] = b.to_ascii_lowercase();
        }
        byte += 1;
    }
    table[b'\'' as usize] = APOSTROPHE;
    table[b'`' as usize] = APOSTROPHE;
    table[b',' as usize] = COMMA_MARK;
    table[b':' as usize] = COMMA_MARK;
    table[b'(' as usize] = COMMA_MARK;
    table[b')' as usize] = COMMA_MARK;
    table[b'.' as usize] = STOP;
    table[b';' as usize] = STOP;
    table[b'\n' as usize] = STOP;
    table[b'?' as usize] = QUESTION;
    table[b'!' as usize] = EXCLAIM;
    table
};

const HASH_START: u32 = 0x811c_9dc5;
const HASH_STEP: u32 = 0x0100_0193;

pub(super) fn hash_of(word: &str) -> u32 {
    word.bytes().fold(HASH_START, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(HASH_STEP))
}

/// The words of a folded phrase, spelled as the reader spells them.
pub(super) fn words_of(phrase: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for byte in phrase.char_indices() {
        let kind = if byte.1.is_ascii() { FOLDED[byte.1 as usize] } else { 0x80 };
        let word = words.last_mut().filter(|word| !word.is_empty());
        match (kind, word) {
            (APOSTROPHE, Some(word)) if elides(word.as_bytes()) => words.push(String::new()),
            (APOSTROPHE, _) => {}
            (SPACE..=EXCLAIM, Some(_)) => words.push(String::new()),
            (SPACE..=EXCLAIM, None) => {}
            (_, Some(word)) => word.push(byte.1.to_ascii_lowercase()),
            (_, None) => words.last_mut().expect("begins with one word").push(byte.1.to_ascii_lowercase()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether an apostrophe after these letters ends a word (l'agent, d'un, dell'operatore, i'm) or is dropped (don't).
fn elides(word: &[u8]) -> bool {
    word.len() == 1 || word == b"qu" || word == b"un" || word.ends_with(b"ll")
}

pub(super) fn read(lexicon: &Lexicon, text: &str) -> Reading {
    let text = shorten(text);
    let folded = fold(text);
    let mut reader = Reader::new(lexicon, &lexicon.english);
    reader.run(folded.as_bytes());
    let mut reading = reader.finish();
    reading.script = script(text);
    if reading.asks_person || reader.english_words >= ENGLISH_WORDS {
        return reading;
    }
    if let Some(others) = &lexicon.others {
        let mut other = Reader::new(lexicon, others);
        other.foreign = true;
        other.run(folded.as_bytes());
        reading.asks_person |= other.found.asks_person;
        reading.offers_person |= other.found.offers_person;
        reading.agrees |= other.found.agrees;
        reading.displeasure = reading.displeasure.max(other.mood.displeasure());
        reading.has_content &= other.finish().has_content;
    }
    if let Some(unspaced) = &lexicon.unspaced {
        reading.asks_person |= unspaced.asks(&folded);
    }
    reading
}

/// The first [`TEXT_READ_CHARS`] characters.
fn shorten(text: &str) -> &str {
    if text.len() <= TEXT_READ_CHARS {
        return text;
    }
    text.char_indices().nth(TEXT_READ_CHARS).map_or(text, |(end, _)| &text[..end])
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    trie: &'a super::trie::Trie,
    /// Reads another language than English.
    foreign: bool,
    clause: [Word; CLAUSE_WORDS],
    len: usize,
    seen: Roles,
    clauses: u32,
    english_words: u32,
    words: u32,
    content_words: u32,
    sketch: Sketch,
    mood: Mood,
    found: Reading,
}

impl<'a> Reader<'a> {
    fn new(lexicon: &'a Lexicon, trie: &'a super::trie::Trie) -> Reader<'a> {
        Reader {
            lexicon,
            trie,
            foreign: false,
            clause: [Word::default(); CLAUSE_WORDS],
            len: 0,
            seen: 0,
            clauses: 0,
            english_words: 0,
            words: 0,
            content_words: 0,
            sketch: Sketch::EMPTY,
            mood: Mood::default(),
            found: Reading::default(),
        }
    }

    fn run(&mut self, bytes: &[u8]) {
        let mut i = 0;
        let mut mark: Roles = 0;
        while i < bytes.len() {
            let kind = FOLDED[bytes[i] as usize];
            if kind > EXCLAIM {
                i = self.word(bytes, i, mark);
                mark = 0;
                continue;
            }
            i += 1;
            match kind {
                COMMA_MARK => mark = COMMA,
                // 3.50, example.com, e.g.: no end of a clause.
                STOP if bytes.get(i).is_some_and(|next| FOLDED[*next as usize] > EXCLAIM) && bytes[i - 1] == b'.' => {}
                STOP => self.end_clause(false, bytes, i),
                QUESTION | EXCLAIM => {
                    self.mood.mark(kind == QUESTION, bytes.get(i).is_some_and(|next| matches!(next, b'?' | b'!')));
                    self.end_clause(kind == QUESTION, bytes, i);
                }
                SPACE | APOSTROPHE => {}
                _ => {}
            }
        }
        self.end_clause(false, bytes, bytes.len());
    }

    /// Reads the word that begins at `start`; returns where it ends.
    #[inline]
    fn word(&mut self, bytes: &[u8], start: usize, mark: Roles) -> usize {
        let mut walk = super::trie::Walk::START;
        let mut hash = HASH_START;
        let mut i = start;
        while i < bytes.len() {
            let byte = FOLDED[bytes[i] as usize];
            if byte > EXCLAIM {
                hash = (hash ^ u32::from(byte)).wrapping_mul(HASH_STEP);
                self.trie.step(&mut walk, byte);
            } else if byte != APOSTROPHE || elides(&bytes[start..i]) {
                break;
            }
            i += 1;
        }
        let roles = self.trie.finish(walk);
        self.sketch.add(hash);
        self.words += 1;
        self.english_words += u32::from(roles & ENGLISH != 0);
        self.content_words += u32::from(roles & (YES | NOT | GREETING | POLITE) == 0 && i - start >= 4);
        if self.len == CLAUSE_WORDS {
            self.end_clause(false, bytes, i);
        }
        self.clause[self.len] = Word { roles: roles | mark, hash };
        self.len += 1;
        self.seen |= roles;
        i
    }

    fn end_clause(&mut self, question: bool, bytes: &[u8], at: usize) {
        if self.len == 0 {
            return;
        }
        let words = &self.clause[..self.len];
        let whole = self.clauses == 0 && bytes[at..].iter().all(|byte| FOLDED[*byte as usize] <= EXCLAIM);
        let clause = Clause { words, seen: self.seen, whole, question };
        if self.seen & REQUEST_KEYS != 0 {
            if self.foreign {
                self.found.asks_person |= super::others::asks(clause);
                self.found.offers_person |= super::others::offers(clause);
            } else {
                self.found.asks_person |= request::asks(clause);
                self.found.offers_person |= request::offers(clause);
            }
        }
        if self.clauses == 0 && self.seen & (YES | PLEASE) != 0 {
            self.found.agrees = request::agrees(clause);
        }
        if self.seen & PHRASE != 0 && !self.foreign {
            for (at, word) in words.iter().enumerate() {
                if word.is(PHRASE) {
                    self.lexicon.phrases.at(&words[at..]).for_each(|meaning| match meaning {
                        Meaning::Danger => self.found.danger = true,
                        Meaning::Request => self.found.asks_person = true,
                        Meaning::Failure => self.found.reports_failure = true,
                        Meaning::Complaint => self.mood.complain(),
                        Meaning::Impatience => self.mood.press(),
                    });
                }
            }
        }
        if self.seen & MOOD != 0 {
            self.mood.add(words);
        }
        self.clauses += 1;
        self.len = 0;
        self.seen = 0;
    }

    fn finish(&self) -> Reading {
        Reading {
            displeasure: self.mood.displeasure(),
            print: self.sketch.finish(),
            words: self.words,
            has_content: self.words >= 3 || self.content_words > 0,
            ..self.found
        }
    }
}
