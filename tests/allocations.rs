//! Reading a customer's turn in which nothing fires takes no memory where the text is ASCII, and one buffer where it is not.

use segue::domain::text::{Language, Lexicon};
use segue::wire::weights::built_in;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn allocations(read: impl FnOnce()) -> u64 {
    let before = dhat::HeapStats::get().total_blocks;
    read();
    dhat::HeapStats::get().total_blocks - before
}

#[test]
fn reading_where_nothing_fires_takes_no_memory() {
    let languages = "de en es fr hi id it ja ko nl pl pt ru tr vi zh".split(' ').map(str::to_owned);
    let lexicon = Lexicon::new(&languages.collect::<Vec<_>>(), &[], &[]).with_learned(built_in());
    let _profiler = dhat::Profiler::builder().testing().build();
    for (text, most) in [
        ("Hi, I ordered a pair of shoes last week and they have not arrived yet, can you check?", 0),
        ("order 12345", 0),
        ("I'd like to know when my parcel will be here, please talk me through it", 0),
        ("Ich habe letzte Woche Schuhe bestellt und sie sind noch nicht da, wo ist mein Paket", 0),
        ("can i plz knwo the opning hours", 0),
        ("Eu fiz um pedido na semana passada e ainda não chegou, onde está?", 1),
        ("Мой заказ ещё не пришёл, где он?", 1),
        ("我上周买的鞋子还没有到，请帮我查一下", 1),
    ] {
        for language in [Language::Unknown, Language::Earlier("de"), Language::Declared("en")] {
            let mut reading = None;
            let taken = allocations(|| reading = Some(lexicon.read(text, language)));
            assert!(taken <= most, "{taken} allocations, {language:?}: {text}");
            let reading = reading.expect("read");
            assert!(!reading.asks_person() && !reading.danger, "nothing fires: {text}");
        }
        let taken = allocations(|| {
            std::hint::black_box(lexicon.read_customer(text, Language::Unknown, false));
        });
        assert!(taken <= most, "{taken} allocations with the learned weights: {text}");
    }
}
