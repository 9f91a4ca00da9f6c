//! One spelling for all: NFKC, lower case, Latin accents off. Patterns and texts pass through the same function.
//!
//! Accents come off Latin letters only: elsewhere a mark makes another letter (й is not и, kana and Indic vowels). But ё is
//! typed as е, and Devanagari without its nukta and with one nasal sign for two, by nearly everybody.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

/// The text as it is compared. ASCII is borrowed as it stands: the reader lowers its case by table.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if is_stretched(text) { Cow::Owned(shrink(text)) } else { Cow::Borrowed(text) };
    }
    let mut out = String::with_capacity(text.len());
    if text.chars().any(needs_composition) {
        text.nfkc().for_each(|c| push(c, &mut out));
    } else {
        text.chars().for_each(|c| push(c, &mut out));
    }
    let out = unmask(out);
    Cow::Owned(if is_stretched(&out) { shrink(&out) } else { out })
}

/// A letter stands three times or more in a row (humaaan): hardly a word is written so (Schifffahrt), and all are compared as they are folded.
fn is_stretched(text: &str) -> bool {
    text.as_bytes().windows(3).any(|three| {
        let [one, two, last] = [three[0], three[1], three[2]];
        one == two && two == last && one.is_ascii_alphabetic()
    }) || (!text.is_ascii() && Runs(text.chars()).any(|(c, count)| count >= STRETCHED && c.is_alphabetic()))
}

/// From so many equal letters on.
const STRETCHED: usize = 3;

/// Each stretched letter once.
fn shrink(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, count) in Runs(text.chars()) {
        let kept = if count >= STRETCHED && c.is_alphabetic() { 1 } else { count };
        out.extend(std::iter::repeat_n(c, kept));
    }
    out
}

/// Characters with how often each stands in a row.
struct Runs<'t>(std::str::Chars<'t>);

impl Iterator for Runs<'_> {
    type Item = (char, usize);

    fn next(&mut self) -> Option<(char, usize)> {
        let first = self.0.next()?;
        let more = self.0.clone().take_while(|c| *c == first).count();
        if more > 0 {
            self.0.nth(more - 1);
        }
        Some((first, more + 1))
    }
}

/// Words that mix Latin letters with letters of another script that look like Latin ones are written in one script: who hides a
/// word from a reader (аgent with a Cyrillic а), or has both on the keyboard, means the word. One with a Cyrillic letter that no
/// Latin one looks like is Cyrillic, others are Latin.
fn unmask(folded: String) -> String {
    // Nothing else stands between words that are folded.
    let between = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
    if !folded.bytes().any(|byte| GREEK_OR_CYRILLIC.contains(&byte))
        || !folded.split(between).any(|word| is_masked(word) || is_cyrillic(word))
    {
        return folded;
    }
    let mut out = String::with_capacity(folded.len());
    for word in folded.split_inclusive(between) {
        if is_masked(word.trim_end_matches(between)) {
            out.extend(word.chars().map(|c| latin_lookalike(c).unwrap_or(c)));
        } else if is_cyrillic(word.trim_end_matches(between)) {
            out.extend(word.chars().map(|c| cyrillic_lookalike(c).unwrap_or(c)));
        } else {
            out.push_str(word);
        }
    }
    out
}

fn is_masked(word: &str) -> bool {
    let all = || word.chars();
    all().any(|c| latin_lookalike(c).is_some())
        && all().any(|c| c.is_ascii_alphabetic())
        && all().all(|c| c.is_ascii() || latin_lookalike(c).is_some())
}

/// A Cyrillic word with Latin letters in it, all of which look like Cyrillic ones.
fn is_cyrillic(word: &str) -> bool {
    let all = || word.chars();
    let is_own = |c: char| matches!(c, 'а'..='я') && latin_lookalike(c).is_none();
    all().any(|c| c.is_ascii_alphabetic())
        && all().any(is_own)
        && all().all(|c| matches!(c, 'а'..='я') || cyrillic_lookalike(c).is_some())
}

/// The Cyrillic letter that a Latin one looks like, in lower or upper case.
fn cyrillic_lookalike(c: char) -> Option<char> {
    Some(match c {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' => 'е',
        'h' => 'н',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' => 'у',
        _ => return None,
    })
}

/// Bytes that letters of [`latin_lookalike`] begin with.
const GREEK_OR_CYRILLIC: std::ops::RangeInclusive<u8> = 0xcd..=0xd4;

/// The Latin letter that a Cyrillic or Greek one looks like, in lower or upper case.
fn latin_lookalike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'н' | 'һ' | 'η' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' => 'y',
        _ => return None,
    })
}

/// Combining marks and compatibility letters; everyday non-ASCII (accents, quotes, Cyrillic, Devanagari, Han, kana, Hangul,
/// full-width marks, emoji) is not: it stands composed already, or [`push`] does not care.
fn needs_composition(c: char) -> bool {
    !matches!(c, '\0'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}' | '\u{900}'..='\u{97f}'
        | '\u{2010}'..='\u{2022}' | '\u{3001}' | '\u{3002}' | '\u{3040}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}' | '\u{ff0c}' | '\u{ff1f}' | '\u{1f300}'..='\u{1faff}')
}

fn push(c: char, out: &mut String) {
    match c {
        '\0'..='\x7f' => out.push(c.to_ascii_lowercase()),
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' => out.push('\''),
        // Letters that decompose into nothing shorter.
        'ß' => out.push_str("ss"),
        'ı' => out.push('i'),
        'ł' | 'Ł' => out.push('l'),
        'đ' | 'Đ' => out.push('d'),
        'ø' | 'Ø' => out.push('o'),
        'æ' | 'Æ' => out.push_str("ae"),
        'œ' | 'Œ' => out.push_str("oe"),
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
            let mut base = c;
            decompose_canonical(c, |part| {
                if part.is_ascii_alphabetic() {
                    base = part;
                }
            });
            out.extend(base.to_lowercase());
        }
        // Invisible: they hide words from a matcher and say nothing.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e007f}'
        | '\u{e0100}'..='\u{e01ef}' => {}
        'ё' | 'Ё' => out.push('е'),
        '\u{93c}' => {}
        '\u{901}' => out.push('\u{902}'),
        '\u{929}' | '\u{931}' | '\u{934}' | '\u{958}'..='\u{95f}' => decompose_canonical(c, |part| {
            if part != '\u{93c}' {
                out.push(part);
            }
        }),
        // Accents that no letter has: heaped on Latin letters they hide words too.
        '\u{300}'..='\u{36f}' if out.ends_with(|last: char| last.is_ascii_alphabetic()) => {}
        // Where the voice rises: what makes another letter stands composed by now.
        '\u{300}' | '\u{301}' if out.ends_with(|last: char| matches!(last, 'а'..='я')) => {}
        '\u{2026}' | '\u{3002}' | '\u{964}' | '\u{965}' => out.push_str(". "),
        // A dash between words parts them as a comma does; one between numbers does not.
        '\u{2014}' => out.push_str(", "),
        '\u{2013}' if out.ends_with(' ') => out.push_str(", "),
        '\u{3001}' | '\u{ff0c}' => out.push_str(", "),
        '\u{ff01}' => out.push_str("! "),
        '\u{ff1f}' | '\u{61f}' => out.push_str("? "),
        // Letters and signs without upper case, of scripts that are met often: what is known of all others takes a search.
        '\u{900}'..='\u{963}'
        | '\u{966}'..='\u{97f}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => out.push(c),
        _ if c.is_alphanumeric() || is_mark(c) => out.extend(c.to_lowercase()),
        _ => out.push(' '),
    }
}

/// Signs that belong to a word without being letters (virama, nukta, combining accents).
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}' | '\u{3099}' | '\u{309a}')
}

/// A script that a reader can tell at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    Arabic,
    Cyrillic,
    Devanagari,
    Greek,
    Han,
    Hangul,
    Hebrew,
    Kana,
    Thai,
}

impl Script {
    /// ISO 639-1 codes of the languages written in it.
    pub fn languages(self) -> &'static [&'static str] {
        match self {
            Script::Arabic => &["ar", "fa", "ur", "ps", "ug", "sd", "ku"],
            Script::Cyrillic => &["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "uz"],
            Script::Devanagari => &["hi", "mr", "ne", "sa"],
            Script::Greek => &["el"],
            Script::Han => &["zh", "ja", "ko"],
            Script::Hangul => &["ko"],
            Script::Hebrew => &["he", "yi", "iw"],
            Script::Kana => &["ja"],
            Script::Thai => &["th"],
        }
    }

    fn of(c: char) -> Option<Script> {
        match c {
            '\u{370}'..='\u{3ff}' => Some(Script::Greek),
            '\u{400}'..='\u{52f}' => Some(Script::Cyrillic),
            '\u{590}'..='\u{5ff}' => Some(Script::Hebrew),
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Some(Script::Arabic),
            '\u{900}'..='\u{97f}' => Some(Script::Devanagari),
            '\u{e00}'..='\u{e7f}' => Some(Script::Thai),
            '\u{3040}'..='\u{30ff}' => Some(Script::Kana),
            '\u{4e00}'..='\u{9fff}' => Some(Script::Han),
            '\u{ac00}'..='\u{d7af}' => Some(Script::Hangul),
            _ => None,
        }
    }
}

/// The script most of the text is written in, if that is plain to see: at least four letters of it, and twice as many as
/// Latin ones. Kana decides over Han, because Japanese has both.
pub(super) fn script(text: &str) -> Option<Script> {
    let (mut latin, mut counts) = (0_usize, [(Script::Greek, 0_usize); 9]);
    for c in text.chars() {
        if let Some(script) = Script::of(c) {
            counts[script as usize] = (script, counts[script as usize].1 + 1);
        } else if c.is_alphabetic() {
            latin += 1;
        }
    }
    let han = counts[Script::Han as usize].1;
    if counts[Script::Kana as usize].1 > 0 {
        counts[Script::Kana as usize].1 += han;
    }
    let (script, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= 4 && count >= 2 * latin).then_some(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for (text, folded) in [
            ("Möchte", "mochte"),
            ("Straße", "strasse"),
            ("człowiekiem", "czlowiekiem"),
            ("¿Hay alguien?", " hay alguien?"),
            ("İnsan ile görüşmek", "insan ile gorusmek"),
            ("e\u{301}tat", "etat"),
            ("don’t", "don't"),
            ("ＡＧＥＮＴ", "agent"),
            ("мой", "мой"),
            ("a\u{200b}gent", "agent"),
            ("\u{202e}a\u{2066}gen\u{fe00}t\u{e0041}", "agent"),
            ("a\u{301}\u{302}\u{303}\u{334}g\u{336}e\u{336}nt", "agent"),
            ("аgеnt, НUMАN", "agent, human"),
            ("ещё Ёлка", "еще елка"),
            ("ज़रूर, सड़क हाँ", "जरूर, सडक हां"),
            ("\u{095b}रूर ज\u{93c}रूर", "जरूर जरूर"),
            ("好，真人、人工！谢谢？", "好, 真人, 人工! 谢谢? "),
            ("상담원 \u{1109}\u{1161}\u{11bc}담원", "상담원 상담원"),
            ("оператор CRMка смс Ωmega", "оператор crmka смс ωmega"),
            ("Cоeдинитe c oпеpатopoм, дa", "соедините c оператором, да"),
            ("опера\u{301}тор чей", "оператор чей"),
            ("a\u{3164}gen\u{206a}t\u{e0101}", "agent"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_script_is_named_only_where_it_is_plain() {
        for (text, expected) in [
            ("hello", None),
            ("naïve café", None),
            ("мне нужен оператор", Some(Script::Cyrillic)),
            ("私は人間と話したい", Some(Script::Kana)),
            ("我要找人工客服", Some(Script::Han)),
            ("my name is Ольга and I need help", None),
        ] {
            assert_eq!(script(text), expected, "{text}");
        }
    }
}
