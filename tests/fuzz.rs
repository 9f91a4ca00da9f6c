//! Bytes that nobody meant to send: samples are cut, doubled, spliced and sprinkled by a seed, and every reader of the
//! program takes them. A reader may refuse; it may not panic, and what it accepts it must write down and accept again.
//!
//! Each target takes a fixed number of rounds. `SEGUE_FUZZ_MINUTES=60` runs each for so long instead (`make fuzz`), and
//! `SEGUE_FUZZ_SEED=N` begins at seed N: the seed of a failure is printed with it.

use std::path::Path;
use std::time::{Duration, Instant};

use segue::domain::limits::{TEXT_DELIVERED_CHARS, TEXT_READ_CHARS};
use segue::domain::text::{Language, Lexicon, Model, Reading};
use segue::wire::avro::Reader;
use segue::wire::{outcome, policy, turn, weights};

/// Seeds drawn one after the other, and the one that is at work.
struct Rounds {
    target: &'static str,
    seed: u64,
    last: u64,
    until: Option<Instant>,
}

impl Rounds {
    fn of(target: &'static str, count: u64) -> Rounds {
        let set = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
        let first = set("SEGUE_FUZZ_SEED").unwrap_or(1);
        let until =
            set("SEGUE_FUZZ_MINUTES").map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
        Rounds { target, seed: first - 1, last: first - 1 + count, until }
    }

    fn next(&mut self) -> Option<Dice> {
        let goes_on = self.until.map_or(self.seed < self.last, |until| Instant::now() < until);
        goes_on.then(|| {
            self.seed += 1;
            Dice(self.seed)
        })
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: seed {}: SEGUE_FUZZ_SEED={0} shows it again", self.target, self.seed);
        } else if self.until.is_some() {
            eprintln!("{}: seeds to {}", self.target, self.seed);
        }
    }
}

/// SplitMix64: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    /// A sample, changed in a few places.
    fn mutate(&mut self, samples: &[Vec<u8>], spice: &[&[u8]]) -> Vec<u8> {
        let mut bytes = samples[self.roll(samples.len())].clone();
        for _ in 0..=self.roll(6) {
            let (from, to) = (self.roll(bytes.len() + 1), self.roll(bytes.len() + 1));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 64));
            match self.roll(7) {
                0 => bytes.truncate(from),
                1 => drop(bytes.drain(from..to)),
                2 => {
                    let piece = bytes[from..to].to_vec();
                    let times = 1 + self.roll(40);
                    bytes.splice(from..from, piece.repeat(times));
                }
                3 => {
                    let other = &samples[self.roll(samples.len())];
                    let at = self.roll(other.len() + 1);
                    bytes.splice(from.., other[at..].iter().copied());
                }
                4 if from < bytes.len() => bytes[from] = self.roll(256) as u8,
                4..=6 => _ = bytes.splice(from..to, self.pick(spice).iter().copied()),
                _ => unreachable!("seven sides"),
            }
        }
        bytes
    }
}

/// Every file of these folders of the project.
fn samples(folders: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).expect(folder))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).expect("a sample")).collect()
}

const WORDS: [&str; 40] = [
    "I want to talk to a human",
    "agent",
    "are you a bot?",
    "kann ich mit einem Mitarbeiter sprechen",
    "quiero hablar con una persona",
    "я хочу поговорить с оператором",
    "我要找人工客服",
    "オペレーターに繋いでください",
    "मुझे इंसान से बात करनी है",
    "상담원 연결해 주세요",
    "müşteri temsilcisine bağlanmak istiyorum",
    "this is useless!!!",
    "I already told you",
    "don't",
    "l'agent",
    "not",
    "if",
    "yes",
    "0",
    " ",
    "\n",
    ".",
    "?!",
    "'",
    "\"",
    "\u{200b}",
    "\u{202e}",
    "\u{2066}",
    "\u{feff}",
    "\u{301}",
    "\u{334}\u{335}\u{336}",
    "а",
    "ｇ",
    "ﷺ",
    "👩\u{200d}💻",
    "\u{1f1e9}\u{1f1ea}",
    "\0",
    "\u{10ffff}",
    "x",
    "4111 1111 1111 1111",
];

fn in_bounds(reading: &Reading, text: &str) {
    assert!((0.0..=1.0).contains(&reading.displeasure), "{reading:?} of {text:?}");
    assert!((0.0..=1.0).contains(&reading.may_ask), "{reading:?} of {text:?}");
    // A character becomes at most eighteen by its compatibility spelling.
    assert!(reading.words as usize <= 18 * TEXT_READ_CHARS, "{reading:?} of {text:?}");
}

fn look_twice(lexicon: &Lexicon, text: &str) {
    let reading = lexicon.read_customer(text, Language::Unknown, false);
    in_bounds(&reading, text);
    assert_eq!(lexicon.read_customer(text, Language::Unknown, false), reading, "read again: {text:?}");
    // Markup, addresses and quoted mail are not written by who is read.
    let is_plain = !text.contains(['<', '&', '\n', '/', '@', '.', '!']);
    let limit = if is_plain { TEXT_READ_CHARS } else { TEXT_DELIVERED_CHARS };
    let start: String = text.chars().take(limit).collect();
    assert_eq!(
        lexicon.read_customer(&start, Language::Unknown, false),
        reading,
        "what stands behind the limit counts: {text:?}"
    );
}

#[test]
fn any_text_is_read_the_same_twice_and_within_bounds() {
    let (lexicon, mut rounds) = (policy::built_in().lexicon, Rounds::of("text", 20_000));
    while let Some(mut dice) = rounds.next() {
        let mut text = String::new();
        for _ in 0..dice.roll(12) {
            let times = if dice.roll(8) == 0 { dice.roll(3_000) } else { 1 };
            text.push_str(&dice.pick(&WORDS).repeat(times));
            match dice.roll(4) {
                0 => text.extend(char::from_u32(dice.roll(0x11_0000) as u32)),
                1 => {}
                _ => text.push(' '),
            }
        }
        look_twice(&lexicon, &text);
    }
}

#[test]
fn a_long_or_hostile_text_is_read_to_the_limit_and_no_further() {
    let lexicon = policy::built_in().lexicon;
    for piece in [
        "x",
        "a b ",
        "agent ",
        "\u{200b}",
        "\u{202e}",
        "👩\u{200d}💻",
        "\u{301}",
        "ﷺ",
        "аgеnt ",
        "'",
        "!?",
        "人",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        look_twice(&lexicon, &text);
        assert!(
            !lexicon.read(&format!("{text} I want to talk to a human"), Language::Unknown).asks_person(),
            "{piece:?}: no limit"
        );
    }
    look_twice(&lexicon, &"🙂".repeat(10_000));
}

#[test]
fn a_request_in_disguise_is_heard() {
    let lexicon = policy::built_in().lexicon;
    for (text, asks) in [
        ("I want to talk to a h\u{200b}u\u{200b}m\u{200b}a\u{200b}n", true),
        ("\u{202e}I want to talk to a human\u{202c}", true),
        ("I want to tаlk to a humаn", true),
        ("Ｉ ｗａｎｔ ｔｏ ｔａｌｋ ｔｏ ａ ｈｕｍａｎ", true),
        ("I want to t\u{334}a\u{335}l\u{336}k to a h\u{301}\u{302}uman", true),
        ("I want to talk to a human 🙏🙏🙏", true),
        ("𝐈 𝐰𝐚𝐧𝐭 𝐭𝐨 𝐭𝐚𝐥𝐤 𝐭𝐨 𝐚 𝐡𝐮𝐦𝐚𝐧", true),
        ("I don't want to tаlk to a hum\u{200b}an", false),
        ("are you a hum\u{200b}аn?", false),
    ] {
        assert_eq!(lexicon.read(text, Language::Unknown).asks_person(), asks, "{text}");
    }
}

#[test]
fn a_policy_that_is_accepted_is_shown_as_itself() {
    let spice = [
        "\n[triggers.loop]\n",
        "turns = 0\n",
        "= -1\n",
        "1e999",
        "nan",
        "\"",
        "'''",
        "[[rules]]\n",
        "when = 'true'\n",
        "decision = \"offer\"\n",
        "\u{0}",
        "é",
        "1h",
        "state.turns > 3 && ",
        "number(facts.a)",
        "[",
        "]",
        "((((",
        ".map(x, x)",
    ]
    .map(str::as_bytes);
    let mut samples = samples(&["deploy/policies"]);
    samples.push(policy::BUILT_IN.as_bytes().to_vec());
    let (mut rounds, mut accepted) = (Rounds::of("policy", 300), 0);
    while let Some(mut dice) = rounds.next() {
        let bytes = dice.mutate(&samples, &spice);
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        match policy::load("fuzz.toml", text) {
            Ok(loaded) => {
                accepted += 1;
                let shown = policy::show(&loaded);
                let again = policy::load("fuzz.toml", &shown).expect("what is shown is accepted");
                assert_eq!(policy::show(&again), shown);
            }
            Err(problems) => assert!(problems.contains("fuzz.toml"), "names no file: {problems}"),
        }
    }
    assert!(accepted > 0, "no mutated policy was accepted: the target tests refusals only");
}

#[test]
fn a_record_that_is_accepted_is_written_and_read_as_itself() {
    let spice = [
        "{",
        "}",
        "[[[[",
        "null",
        "-1",
        "1e400",
        "\"\"",
        "\\ud800",
        "\\u0000",
        ",",
        ":",
        "\"role\":\"ai\"",
        "\u{0}",
        "true",
        "9223372036854775807",
        "9999-99-99T00:00:00Z",
        "é",
        "\"text\":\"x\",",
    ]
    .map(str::as_bytes);
    let json = samples(&["schemas/golden/valid", "schemas/golden/older", "schemas/golden/invalid"]);
    let (mut rounds, mut accepted) = (Rounds::of("records", 60_000), 0);
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    while let Some(mut dice) = rounds.next() {
        let bytes = dice.mutate(&json, &spice);
        once.clear();
        twice.clear();
        if let Ok(turn) = turn::decode(&bytes) {
            accepted += 1;
            turn::encode(&turn, &mut once);
            turn::encode(&turn::decode(&once).expect("a turn that we wrote"), &mut twice);
            assert_eq!(once, twice);
        } else if let Ok(outcome) = outcome::decode(&bytes) {
            accepted += 1;
            outcome::encode(&outcome, &mut once);
            outcome::encode(&outcome::decode(&once).expect("an outcome that we wrote"), &mut twice);
            assert_eq!(once, twice);
        }
    }
    assert!(accepted > 0, "no mutated record was accepted: the target tests refusals only");
}

#[test]
fn any_bytes_may_claim_to_be_avro() {
    let spice: [&[u8]; 7] =
        [&[0], &[0xff; 10], &[0x80, 0x80, 0x80, 0x80, 0x10], &[0xc3, 0x01], &[2], &[1], b"x"];
    let folders = ["valid", "older", "newer", "invalid"].map(|kind| format!("schemas/golden/avro/{kind}"));
    let avro = samples(&folders.each_ref().map(String::as_str));
    let (reader, mut rounds, mut accepted) = (Reader::default(), Rounds::of("avro", 60_000), 0);
    while let Some(mut dice) = rounds.next() {
        let bytes = dice.mutate(&avro, &spice);
        let mut scratch = Vec::new();
        if let Ok(document) = reader.document(&bytes, &mut scratch) {
            // JSON is handed through unread.
            let unfolded = bytes.starts_with(&[0xc3, 0x01]);
            accepted += usize::from(unfolded);
            let read = serde_json::from_slice::<serde_json::Value>(document.json);
            assert!(!unfolded || read.is_ok(), "unfolded to no JSON: {read:?}");
        }
    }
    assert!(accepted > 0, "no mutated value was accepted: the target tests refusals only");
}

#[test]
fn any_bytes_may_claim_to_be_weights() {
    let spice: [&[u8]; 4] = [&[0], &[0xff; 4], b"\n", b"segue"];
    let written = weights::write(Model::Displeasure, weights::built_in().of(Model::Displeasure));
    let mut rounds = Rounds::of("weights", 2_000);
    while let Some(mut dice) = rounds.next() {
        let bytes = dice.mutate(std::slice::from_ref(&written), &spice);
        if let Ok(weights) = weights::parse(Model::Displeasure, bytes.clone().into()) {
            assert!(weights::write(Model::Displeasure, &weights) == bytes, "accepted and written otherwise");
        }
    }
}
