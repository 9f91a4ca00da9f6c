//! Other languages than English: one set of rules, because the roles are the same and only the words differ. Languages that
//! write no spaces are matched by substring.

use std::iter;

use aho_corasick::{AhoCorasick, MatchKind};

use super::lists::{ASKED_ANYWHERE, List};
use super::phrases::Word;
use super::request::{Clause, serves};
use super::roles::*;
use super::trie::Trie;

/// Words between a person and the verb or wish that belongs to it, before it; behind it in verb-final languages.
const BEFORE: usize = 6;
const BEHIND: usize = 5;

/// The primary part of a language tag: `en` of `en-IN`.
pub fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// A language whose words are found anywhere in a text, not between spaces.
pub(super) fn is_found_anywhere(code: &str) -> bool {
    ASKED_ANYWHERE.contains(&code)
}

/// Words of asking: by language where a text's is known, else all together. (`no` refuses in Spanish and is `in the` in
/// Portuguese.)
#[derive(Debug)]
pub(super) struct Others {
    each: Vec<(&'static str, Trie)>,
    all: Trie,
}

impl Others {
    /// The words of those of the lists that are neither English nor found anywhere; `None` if there are none.
    pub(super) fn new(lists: &[&List]) -> Option<Others> {
        let spaced = || lists.iter().filter(|list| list.code != "en" && !ASKED_ANYWHERE.contains(&list.code));
        spaced().next()?;
        let known = spaced().map(|list| (list.code, Trie::new(list.asking())));
        // No word of another language in a text that is known to be in one of these.
        let found_anywhere = ASKED_ANYWHERE.iter().map(|code| (*code, Trie::new(iter::empty())));
        let each = known.chain(found_anywhere).collect();
        Some(Others { each, all: Trie::new(spaced().flat_map(|list| list.asking())) })
    }

    /// The words to read a text by whose language (ISO 639-1) is this, or is not known.
    pub(super) fn of(&self, language: Option<&str>) -> &Trie {
        let known = language.and_then(|code| self.each.iter().find(|(each, _)| *each == code));
        known.map_or(&self.all, |(_, words)| words)
    }
}

/// The customer asks for a person in this clause.
pub(super) fn asks(clause: Clause<'_>) -> bool {
    let Clause { words, seen, whole, question } = clause.wished();
    if seen & BOT != 0 && seen & (WANT | TALK | LIKE) != 0 && seen & BE == 0 && bot_is_refused(words) {
        return true;
    }
    let asks_what_you_are = seen & BE != 0 && seen & (WANT | CAN | PLEASE) == 0;
    if asks_what_you_are {
        return false;
    }
    if is_refused(words, seen) {
        return wishes_apart(words);
    }
    ((whole || seen & PLEASE != 0) && is_bare(words, question))
        || (0..words.len()).any(|at| words[at].is(ANYBODY | SERVICE) && is_asked_for(words, at))
}

/// The customer wants no person: what [`asks`] would take for a request, refused.
pub(super) fn declines(clause: Clause<'_>) -> bool {
    let Clause { words, seen, question, .. } = clause;
    !question
        && seen & (BOT | BE) == 0
        && is_refused(words, seen)
        && !wishes_apart(words)
        && (0..words.len()).any(|at| words[at].is(ANYBODY) && is_asked_for(words, at))
}

/// "so komme ich nicht weiter, ich will einen Menschen": the wish stands between commas by itself, without a negation.
fn wishes_apart(words: &[Word]) -> bool {
    words.chunk_by(|_, next| !next.is(COMMA)).any(|part| {
        let seen = part.iter().fold(0, |seen, word| seen | word.roles);
        seen & NOT == 0
            && seen & (WANT | CAN | PLEASE) != 0
            && (0..part.len()).any(|at| part[at].is(ANYBODY | SERVICE) && is_asked_for(part, at))
    })
}

fn is_refused(words: &[Word], seen: Roles) -> bool {
    seen & NOT != 0 && seen & (KNOW | CAN) == 0 && (!words[0].is(NOT) || is_unwanted(words))
}

/// The AI offers a person in this clause.
pub(super) fn offers(clause: Clause<'_>) -> bool {
    let Clause { words, seen, question, .. } = clause;
    let possible = question || seen & (CAN | WOULD | WANT | IF | KEY) != 0;
    let brings =
        |at: usize| around(words, at, TALK | TRANSFER | KEY) || (question && words[at].is(STAFF | SERVICE));
    let is_person = |at: usize| words[at].is(ANYBODY | SERVICE) || serves(words, at);
    possible && seen & NOT == 0 && (0..words.len()).any(|at| is_person(at) && brings(at))
}

impl<'a> Clause<'a> {
    /// "si no funciona quiero un agente": behind a condition, from the wish on.
    fn wished(self) -> Clause<'a> {
        if !self.words[0].is(IF) {
            return self;
        }
        let is_wish = |at: &usize| self.words[*at].is(WANT | TALK) && !self.words[at - 1].is(NOT);
        match (1..self.words.len()).find(is_wish) {
            Some(from) => {
                let words = &self.words[from..];
                Clause {
                    words,
                    seen: words.iter().fold(0, |seen, word| seen | word.roles),
                    whole: false,
                    ..self
                }
            }
            None => self,
        }
    }
}

fn is_asked_for(words: &[Word], at: usize) -> bool {
    let beside = &words[at.saturating_sub(2)..(at + 4).min(words.len())];
    let is_desk = words[at].is(SERVICE) && beside.iter().any(|word| word.is(CUSTOMER | REAL));
    if !words[at].is(ANYBODY) && !is_desk {
        return false;
    }
    if at > 0 && words[at - 1].is(MINE) {
        return false;
    }
    let near = &words[at.saturating_sub(3)..(at + 4).min(words.len())];
    let is_real = near.iter().any(|word| word.is(REAL));
    let is_enough = words[at].is(STAFF) || is_desk || is_real;
    around(words, at, TALK)
        || (is_enough && before(words, at, WANT | BRING | HELP))
        || (is_enough && words[at].is(STAFF) && behind(words, at, WANT))
        || (before(words, at, THERE) && (is_real || behind(words, at, TALK | THERE)))
}

/// "no quiero hablar con una persona": the refusal stands before the only wish of its part. "No, quiero..." and "no entiendo,
/// quiero..." are wishes.
fn is_unwanted(words: &[Word]) -> bool {
    let end = (1..words.len()).find(|at| words[*at].is(COMMA)).unwrap_or(words.len());
    let part = &words[..end];
    let wishes = part.iter().filter(|word| word.is(WANT)).count();
    matches!(part, [no, wish, ..] if no.is(NOT) && wish.is(WANT) && wishes == 1)
}

/// "no quiero hablar con un robot": a refusal not far before the bot, in the same thought.
fn bot_is_refused(words: &[Word]) -> bool {
    (0..words.len()).any(|at| words[at].is(BOT) && before(words, at, NOT | REFUSE))
}

/// Nothing but the person, described and asked for politely.
fn is_bare(words: &[Word], question: bool) -> bool {
    let fits = |word: &Word| word.is(STAFF | PERSON | SERVICE | CUSTOMER | REAL | DESCRIBES | PLEASE | YES);
    let has = |roles| words.iter().any(|word| word.is(roles));
    let named =
        has(BARE) || (has(SERVICE) && has(CUSTOMER | REAL)) || (has(STAFF | PERSON) && has(REAL | PLEASE));
    // "no" is a yes in Polish. "No, agent please" wants one.
    let is_answer = |at: usize| words.get(at + 1).is_some_and(|next| next.is(COMMA));
    let refuses = (0..words.len()).any(|at| words[at].is(NOT) && !is_answer(at));
    words.len() <= 5
        && words.iter().all(fits)
        && named
        && !refuses
        && !(question && !has(PLEASE) && !has(SERVICE))
}

fn around(words: &[Word], at: usize, roles: Roles) -> bool {
    before(words, at, roles) || behind(words, at, roles)
}

/// One of the roles stands before, with no comma between.
fn before(words: &[Word], at: usize, roles: Roles) -> bool {
    let from = at.saturating_sub(BEFORE);
    let start = (from + 1..=at).rev().find(|i| words[*i].is(COMMA)).unwrap_or(from);
    words[start..at].iter().any(|word| word.is(roles))
}

/// One of the roles stands behind, with no comma between.
fn behind(words: &[Word], at: usize, roles: Roles) -> bool {
    words[at + 1..(at + 1 + BEHIND).min(words.len())]
        .iter()
        .take_while(|word| !word.is(COMMA))
        .any(|word| word.is(roles))
}

/// Patterns of languages without spaces (and those whose words are two syllables apart).
#[derive(Debug)]
pub(super) struct Unspaced {
    patterns: AhoCorasick,
    /// Of each pattern: its language, and its roles.
    known: Vec<(&'static str, Roles)>,
}

/// Languages in which the wish stands behind what is wished for.
const WISH_FOLLOWS: [&str; 2] = ["ja", "ko"];
/// Letters between a person and the wish for one ("我要一个人工", "担当者をお願い"); farther apart, the person wishes for something.
const WISH_NEAR: usize = 4;

impl Unspaced {
    /// The patterns of those of the lists whose words are found anywhere; `None` if there are none.
    pub(super) fn new(lists: &[&List]) -> Option<Unspaced> {
        let asked = lists.iter().filter(|list| ASKED_ANYWHERE.contains(&list.code));
        let entries = asked.flat_map(|list| list.asking().map(|(word, roles)| (word, (list.code, roles))));
        let (patterns, known): (Vec<&str>, Vec<_>) = entries.unzip();
        if patterns.is_empty() {
            return None;
        }
        let patterns = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns).ok()?;
        Some(Unspaced { patterns, known })
    }

    /// The roles that occur in a folded sentence, and whether it asks for a person. A person and a verb of talking may stand anywhere in it, a wish must stand near
    /// the person; a part between commas that negates does not count.
    pub(super) fn read(&self, sentence: &str) -> (Roles, bool) {
        let (mut asked, mut refused, mut wished) = (0, 0, false);
        for part in sentence.split([',', ':']) {
            let (seen, wish) = self.seen(part);
            let is_refused = seen & (NOT | REFUSE | BE | MINE) != 0;
            *(if is_refused { &mut refused } else { &mut asked }) |= seen;
            wished |= wish && !is_refused;
        }
        let person = asked & ANYBODY != 0;
        let is_wished = wished || asked & (TALK | BRING) != 0 || (asked & THERE != 0 && asked & REAL != 0);
        let bot_is_refused = refused & BOT != 0
            && refused & (NOT | REFUSE) != 0
            && (person || (asked | refused) & (TALK | WANT) != 0);
        let is_bare = asked & STAFF != 0
            && refused == 0
            && sentence.chars().filter(|c| c.is_alphanumeric()).count() <= BARE_LETTERS;
        (asked | refused, bot_is_refused || (person && (is_wished || is_bare)))
    }

    /// The parts of a sentence: between commas, and between what stands for "or" and its like; and whether "or" stands beside each.
    pub(super) fn parts<'t>(&self, sentence: &'t str) -> Vec<(&'t str, bool)> {
        let mut parts = Vec::new();
        for piece in sentence.split([',', ':']) {
            let (mut from, mut is_option) = (0, false);
            for found in self.patterns.find_iter(piece) {
                let roles = self.known[found.pattern().as_usize()].1;
                if roles & (JOIN | OR) != 0 {
                    let is_or = roles & OR != 0;
                    // "A, or B": the option before stands before the comma.
                    if piece[from..found.start()].trim().is_empty() {
                        parts.last_mut().into_iter().for_each(|(_, option): &mut (_, bool)| *option |= is_or);
                    } else {
                        parts.push((&piece[from..found.start()], is_option || is_or));
                    }
                    (from, is_option) = (found.end(), is_or);
                }
            }
            parts.push((&piece[from..], is_option));
        }
        parts
    }

    /// A part of a sentence negates something.
    pub(super) fn refuses(&self, part: &str) -> bool {
        self.seen(part).0 & (NOT | REFUSE) != 0
    }

    /// The roles that occur in a part of a sentence, and whether a wish for a person does.
    fn seen(&self, part: &str) -> (Roles, bool) {
        let (mut seen, mut wish) = (0, false);
        let (mut after_person, mut after_wish) = (None, None);
        let is_near = |end: Option<usize>, start: usize| {
            end.is_some_and(|end| part[end..start].chars().count() <= WISH_NEAR)
        };
        for found in self.patterns.find_iter(part) {
            let (code, roles) = self.known[found.pattern().as_usize()];
            let follows = WISH_FOLLOWS.contains(&code);
            wish |= roles & ANYBODY != 0 && !follows && is_near(after_wish, found.start());
            wish |= roles & WANT != 0 && follows && is_near(after_person, found.start());
            after_person = if roles & ANYBODY != 0 { Some(found.end()) } else { after_person };
            after_wish = if roles & WANT != 0 { Some(found.end()) } else { after_wish };
            seen |= roles;
        }
        (seen, wish)
    }
}

/// Letters of a sentence that is hardly more than the person.
const BARE_LETTERS: usize = 8;

/// Particles that end a question.
const ASKING: [char; 4] = ['か', '吗', '嗎', '呢'];

/// The sentences of a folded text, and whether each is a question.
pub(super) fn sentences(folded: &str) -> impl Iterator<Item = (&str, bool)> {
    const ENDS: [char; 6] = ['.', '!', '?', ';', '\n', '\u{3002}'];
    folded.split_inclusive(ENDS).map(|sentence| {
        let said = sentence.trim_end_matches(ENDS);
        (said, sentence.ends_with('?') || said.trim_end().ends_with(ASKING))
    })
}
