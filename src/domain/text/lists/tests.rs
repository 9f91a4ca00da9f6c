//! What the lists hold: every file parses, every sentence says what it claims, and collisions between languages are known.

use std::collections::{BTreeSet, HashMap};

use super::super::AiOffer;
use super::super::{Language, Lexicon, moods};
use super::*;

fn lexicon() -> Lexicon {
    let languages: Vec<String> = FILES.iter().map(|(code, _)| (*code).to_owned()).collect();
    Lexicon::new(&languages, &[], &[])
}

/// What each sentence of a list says, and the sentence.
fn sentences(code: &str) -> Vec<(&'static str, &'static str)> {
    let (_, text) = FILES.into_iter().find(|(file, _)| *file == code).expect("a file a list");
    let (_, sentences) = text.split_once("[sentences]\n").expect("every list has sentences");
    sentences.lines().filter_map(|line| line.split_once(": ")).collect()
}

/// The least displeasure of an angry text, and the most of a calm one.
const ANGRY: f64 = 0.35;
const ANGRY_NOT: f64 = 0.3;

#[test]
fn every_list_parses() {
    for (code, text) in FILES {
        if let Err(wrong) = parse(code, text) {
            panic!("{wrong}");
        }
    }
}

#[test]
fn a_bad_entry_is_told_with_its_file_and_line() {
    let told = |text: &str| parse("xx", text).map(|_| ()).expect_err(text);
    assert_eq!(
        told("[insult]\nidiot,\n\n[ordinary]\ntwo words\n[bad]\nstem-\n[sentences]\nno colon"),
        "xx.list:2: an entry has no letters; a comma stands between two entries and not behind the last\n\
         xx.list:5: \"two words\": this section holds single words; put a comma between them\n\
         xx.list:7: \"stem-\": no stem can stand here; write the words out\n\
         xx.list:9: a sentence is written as `angry: text`"
    );
    let sections = told("early\n[swearing]");
    assert!(sections.starts_with("xx.list:1: an entry stands before the first section"), "{sections}");
    assert!(
        sections.contains("\nxx.list:2: [swearing] is no section; known are [ordinary] [spelled] [insult]"),
        "{sections}"
    );
}

#[test]
fn alternatives_stand_for_entries_of_their_line() {
    let list = parse("de", "[talk]\n(sprech|red)-, ruf(en|t)\n[bad]\n\n(sehr|) müde").expect("a list");
    let told: Vec<(usize, &str)> =
        list.entries.iter().map(|entry| (entry.line, entry.text.as_str())).collect();
    assert_eq!(told, [(2, "sprech-"), (2, "red-"), (2, "rufen"), (2, "ruft"), (5, "sehr mude"), (5, "mude")]);
    assert_eq!(
        parse("de", "[bad]\nwut, (a|b\n[ordinary]\n(guten|) tag").map(|_| ()).expect_err("two bad entries"),
        "de.list:2: \"(a|b\": a group is not closed, or another begins in it; write (a|b)\n\
         de.list:4: \"guten tag\": this section holds single words; put a comma between them"
    );
}

#[test]
fn an_entry_that_stands_twice_in_a_section_is_kept_once() {
    let list = parse("de", "[bad]\nmüde, mude\n(Müde|matt)\n[sour]\nmüde").expect("a list");
    let kept: Vec<(Section, usize, &str)> =
        list.entries.iter().map(|entry| (entry.section, entry.line, entry.text.as_str())).collect();
    assert_eq!(kept, [(Section::Bad, 2, "mude"), (Section::Bad, 3, "matt"), (Section::Sour, 5, "mude")]);
}

/// They are told apart here only: what parses keeps an entry once.
#[test]
fn no_section_of_a_file_holds_an_entry_twice() {
    let mut wrong = Vec::new();
    for (code, text) in FILES {
        let mut lines = HashMap::new();
        for Entry { section, text, line, .. } in entries(code, text).expect("every list parses") {
            if let Some(first) = lines.insert((section, text.clone()), line) {
                wrong.push(format!("{code}.list:{first} and {line}: \"{text}\" stands twice in a section"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the sentence says what it claims, with its language known and not known.
fn holds(lexicon: &Lexicon, says: &str, text: &str, language: Language<'_>) -> Result<(), String> {
    let reading = lexicon.read(text, language);
    let holds = match says {
        "asks" => reading.asks_person(),
        "calm" => !reading.asks_person() && !reading.danger && reading.displeasure < ANGRY_NOT,
        "angry" => !reading.asks_person() && reading.displeasure >= ANGRY,
        "refuses" => reading.refuses,
        "puzzled" => reading.not_understood,
        "offers" => reading.offer.is_some_and(|offer| offer.by_yes),
        "accepts" => lexicon.takes_up(text, language, &reading, AiOffer::PLAIN),
        "wants" => reading.asks_back,
        "fails" => reading.reports_failure,
        "danger" => reading.danger,
        unknown => {
            return Err(format!(
                "{unknown}: a sentence asks, refuses, fails, offers, accepts, wants, is calm, angry, puzzled or a danger"
            ));
        }
    };
    if holds { Ok(()) } else { Err(format!("{language:?} {says}: {text} ({reading:?})")) }
}

#[test]
fn every_sentence_says_what_its_list_claims() {
    let lexicon = lexicon();
    let mut wrong = Vec::new();
    for list in all() {
        let sentences = sentences(list.code);
        assert!(sentences.len() >= 12, "{}: {} sentences", list.code, sentences.len());
        for (says, text) in sentences {
            wrong.extend(holds(&lexicon, says, text, Language::Declared(list.code)).err());
            wrong.extend(holds(&lexicon, says, text, Language::Unknown).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_ai_that_does_not_refuse_and_a_customer_who_is_calm_say_so() {
    let lexicon = lexicon();
    for list in all() {
        for (says, text) in
            sentences(list.code).into_iter().filter(|(says, _)| matches!(*says, "calm" | "asks"))
        {
            let reading = lexicon.read(text, Language::Declared(list.code));
            let is_bad = reading.refuses || reading.not_understood || reading.danger;
            assert!(!is_bad, "{} {says}: {text}", list.code);
        }
    }
}

/// A sentence of a list is never taken for another language's, and most are recognised.
#[test]
fn a_sentence_is_in_the_language_of_its_list_or_in_none() {
    let lexicon = lexicon();
    let (mut wrong, mut known, mut texts) = (Vec::new(), 0, 0);
    for list in all() {
        for (_, text) in sentences(list.code) {
            let found = lexicon.read(text, Language::Unknown).language;
            texts += 1;
            known += usize::from(found == Some(list.code));
            if found.is_some_and(|found| found != list.code) {
                wrong.push(format!("{}, not {found:?}: {text}", list.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(10 * known >= 6 * texts, "{known} of {texts}");
}

#[test]
fn a_language_that_others_tell_stands_for_a_text_that_does_not() {
    let lexicon = lexicon();
    let angry = |text: &str, language| lexicon.read(text, language).displeasure >= ANGRY;
    // An insult in French, `with` in Spanish; thick in German, an insult in English.
    for (text, language, expected) in [
        ("con", Language::Unknown, false),
        ("con", Language::Declared("es-MX"), false),
        ("con", Language::Declared("fr-FR"), true),
        ("con", Language::Earlier("fr"), true),
        ("dick", Language::Unknown, true),
        ("dick", Language::Earlier("de"), false),
        ("dick", Language::Declared("en"), true),
    ] {
        assert_eq!(angry(text, language), expected, "{text} {language:?}");
    }
}

/// Words of mood that are ordinary in another language: they count only where the text's language is known. A new one is
/// written here once somebody has looked at it.
const COLLISIONS: &[(&str, &str, &[&str])] = &[
    ("en", "bad", &["de"]),
    ("en", "best", &["nl"]),
    ("en", "cute", &["it"]),
    ("en", "dick", &["de"]),
    ("en", "excuse", &["fr"]),
    ("en", "gross", &["de"]),
    ("en", "hell", &["de"]),
    ("en", "lack", &["de"]),
    ("en", "lame", &["fr"]),
    ("en", "lied", &["de", "nl"]),
    ("en", "lies", &["de", "nl"]),
    ("en", "rude", &["fr", "nl"]),
    ("en", "sad", &["pl"]),
    ("en", "ty", &["pl"]),
    ("en", "wonder", &["nl"]),
    ("es", "bien", &["fr"]),
    ("es", "mal", &["de", "pt"]),
    ("fr", "bien", &["es"]),
    ("fr", "con", &["en", "es", "it"]),
    ("fr", "mal", &["de", "pt"]),
    ("it", "male", &["en"]),
    ("pt", "mal", &["de"]),
];

#[test]
fn a_word_of_mood_that_is_harmless_in_another_language_is_known_here() {
    let lists = all();
    let ordinary = moods::ordinary(&lists);
    let found: BTreeSet<(String, String, Vec<&str>)> = lists
        .iter()
        .flat_map(|list| list.entries.iter().map(move |entry| (list.code, entry)))
        .filter(|(_, entry)| entry.section.meaning().is_some())
        .map(|(code, entry)| {
            (code.to_owned(), entry.text.clone(), moods::harmless_in(entry, code, &ordinary))
        })
        .filter(|(_, _, harmless)| !harmless.is_empty())
        .collect();
    let known: BTreeSet<(String, String, Vec<&str>)> = COLLISIONS
        .iter()
        .map(|(code, word, harmless)| ((*code).to_owned(), (*word).to_owned(), harmless.to_vec()))
        .collect();
    assert!(found == known, "{found:#?}");
}

#[test]
fn what_only_an_ai_says_is_not_looked_for_in_a_customers_words() {
    let lexicon = lexicon();
    for text in [
        "Sorry, I didn't get that. I cannot do that.",
        "Das habe ich nicht verstanden. Das kann ich leider nicht.",
    ] {
        let (ai, customer) =
            (lexicon.read(text, Language::Unknown), lexicon.read_customer(text, Language::Unknown, true));
        assert!(ai.not_understood && ai.refuses, "{text}");
        assert!(!customer.not_understood && !customer.refuses, "{text}");
    }
}
