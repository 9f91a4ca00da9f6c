//! One spelling for all: NFKC, lower case, Latin accents off. Patterns and texts pass through the same function.
//!
//! Accents come off Latin letters only: elsewhere a mark makes another letter (й is not и, kana and Indic vowels).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

/// The text as it is compared. ASCII is borrowed as it stands: the reader lowers its case by table.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    if text.chars().any(needs_composition) {
        text.nfkc().for_each(|c| push(c, &mut out));
    } else {
        text.chars().for_each(|c| push(c, &mut out));
    }
    Cow::Owned(out)
}

/// Combining marks and compatibility letters; everyday non-ASCII (accents, quotes, Cyrillic, Han, kana, emoji) is not.
fn needs_composition(c: char) -> bool {
    !matches!(c, '\0'..='\u{2ff}' | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}' | '\u{2010}'..='\u{2022}'
        | '\u{3040}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{1f300}'..='\u{1faff}')
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
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0f}' => {}
        '\u{2026}' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => out.push_str(". "),
        '\u{964}' => out.push_str(". "),
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
