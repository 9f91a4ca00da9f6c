//! The text layer alone: what reading one turn costs, by kind of text and by what is known of its language.
//!
//! ```text
//! cargo bench --bench text
//! ```
//!
//! `read` is what the lists cost, `customer` the same with the learned models, as for a customer whose sentiment the platform
//! does not tell and whose language is known by now.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use segue::domain::text::{Language, Lexicon};
use segue::wire::weights::built_in;

const ENGLISH: &str = "Hi, I ordered a pair of shoes last week and they have not arrived yet, can you check?";
const TEXTS: [(&str, &str); 8] = [
    ("English", ENGLISH),
    ("English, short", "order 12345"),
    ("English, asks", "can you please let me talk to a real person about this"),
    (
        "German",
        "Ich habe letzte Woche ein Paar Schuhe bestellt und sie sind noch nicht da, wo ist mein Paket?",
    ),
    ("Portuguese", "Eu fiz um pedido na semana passada e ainda não chegou, onde está?"),
    ("Polish", "Zamówiłem buty w zeszłym tygodniu i jeszcze nie doszły, gdzie jest moja paczka?"),
    ("Hindi", "मैंने पिछले हफ्ते जूते मंगवाए थे और वे अभी तक नहीं आए, कृपया देखिए"),
    ("Chinese", "我上周买的鞋子还没有到，请帮我查一下"),
];

fn lexicon() -> Lexicon {
    let languages = "de en es fr hi id it ja ko nl pl pt ru tr vi zh".split(' ').map(str::to_owned);
    Lexicon::new(&languages.collect::<Vec<_>>(), &[], &[])
}

fn reading(criterion: &mut Criterion) {
    let lexicon = lexicon();
    let mut group = criterion.benchmark_group("read");
    for (name, text) in TEXTS {
        let own = lexicon.read(text, Language::Unknown).language.unwrap_or("en");
        for (known, language) in [("unknown", Language::Unknown), ("earlier", Language::Earlier(own))] {
            group.bench_with_input(BenchmarkId::new(known, name), text, |bench, text| {
                bench.iter(|| lexicon.read(black_box(text), language));
            });
        }
    }
    group.finish();
    let (lexicon, mut group) = (lexicon.with_learned(built_in()), criterion.benchmark_group("customer"));
    for (name, text) in TEXTS {
        let own = lexicon.read(text, Language::Unknown).language.unwrap_or("en");
        group.bench_with_input(name, text, |bench, text| {
            bench.iter(|| lexicon.read_customer(black_box(text), Language::Earlier(own), false));
        });
    }
    group.finish();
}

fn hostile(criterion: &mut Criterion) {
    let lexicon = lexicon();
    let mut group = criterion.benchmark_group("hostile");
    for (name, text) in [
        ("long turn", ENGLISH.repeat(50)),
        ("1 MB of hidden letters", "a\u{200b}".repeat(250_000)),
        ("10,000 emoji", "😡".repeat(10_000)),
    ] {
        group.bench_function(name, |bench| {
            bench.iter(|| lexicon.read(black_box(&text), Language::Unknown));
        });
    }
    group.finish();
}

fn compiling(criterion: &mut Criterion) {
    criterion.bench_function("compile all lists", |bench| bench.iter(lexicon));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(1))
        .warm_up_time(std::time::Duration::from_millis(300)).without_plots();
    targets = reading, hostile, compiling
}
criterion_main!(benches);
