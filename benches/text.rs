//! The text layer alone: what reading one turn costs, by kind of text and by what is known of its language.
//!
//! ```text
//! cargo bench --bench text
//! ```

use std::hint::black_box;
use std::time::Instant;

use segue::domain::text::{Language, Lexicon};

/// The best of so many runs counts: a busy machine only adds.
const RUNS: usize = 15;
/// Bytes read in one run.
const BYTES: usize = 200_000;

fn main() {
    let languages = "de en es fr hi id it ja ko nl pl pt ru tr vi zh".split(' ').map(str::to_owned);
    let began = Instant::now();
    let lexicon = Lexicon::new(&languages.collect::<Vec<_>>(), &[], &[]);
    println!("compiled in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    let english =
        "Hi, I ordered a pair of shoes last week and they have not arrived yet, can you check?".to_owned();
    let german =
        "Ich habe letzte Woche ein Paar Schuhe bestellt und sie sind noch nicht da, wo ist mein Paket?"
            .to_owned();
    let texts = [
        ("English turn", english.clone()),
        ("short turn", "order 12345".to_owned()),
        ("German turn", german),
        ("Portuguese turn", "Eu fiz um pedido na semana passada e ainda não chegou, onde está?".to_owned()),
        ("Chinese turn", "我上周买的鞋子还没有到，请帮我查一下".to_owned()),
        ("long turn", english.repeat(50)),
        ("1 MB of hidden letters", "a\u{200b}".repeat(250_000)),
        ("10,000 emoji", "😡".repeat(10_000)),
    ];
    println!("{:<24} {:>12} {:>12} {:>12}", "µs a turn", "unknown", "earlier: de", "declared: en");
    for (name, text) in &texts {
        let cost = |language| best(&lexicon, text, language);
        let (unknown, earlier) = (cost(Language::Unknown), cost(Language::Earlier("de")));
        println!("{name:<24} {unknown:>12.2} {earlier:>12.2} {:>12.2}", cost(Language::Declared("en")));
    }
}

/// Microseconds to read the text once.
fn best(lexicon: &Lexicon, text: &str, language: Language<'_>) -> f64 {
    let times = (BYTES / text.len()).max(1);
    let run = || {
        let began = Instant::now();
        for _ in 0..times {
            black_box(lexicon.read(black_box(text), language));
        }
        began.elapsed().as_secs_f64() * 1e6 / times as f64
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}
