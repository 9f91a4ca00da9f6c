//! What becomes of the AI's offer of a person by the customer's answer: pairs that were written without sight of the rules, a line
//! each `{"lang", "kind", "ai", "text"}`.
//!
//! `tests/sentences/answers/seen` was looked at while rules and lists were written. `fresh`, by other authors who were asked in other words, only
//! counts: it tells how the rules do on what they have not seen. (`--nocapture` prints a table. Do not look at the fresh ones.)

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use segue::domain::decision::{Mode, Reason};
use segue::domain::policy::Policy;
use segue::domain::turn::{Role, Turn};
use segue::domain::{Context, Input, step};
use segue::wire::policy::built_in;
use serde::Deserialize;

/// The least share of `accepts` that is heard, and the most of the other kinds that is taken for it, of all languages together:
/// seen, fresh.
const BOUNDS: [(&str, [f64; 2]); 5] = [
    ("accepts", [0.54, 0.48]),
    ("declines", [0.08, 0.07]),
    ("not_offered", [0.015, 0.005]),
    ("other", [0.03, 0.02]),
    ("other_yes", [0.06, 0.045]),
];

#[derive(Deserialize)]
struct Pair {
    lang: String,
    kind: String,
    ai: String,
    text: String,
}

/// Whether a person is asked for by the answer.
fn asks(policy: &Policy, pair: &Pair) -> bool {
    let said = [(Role::Ai, &pair.ai), (Role::Customer, &pair.text)];
    let mut conversation = None;
    let mut asks = false;
    for (offset, (role, text)) in (0..).zip(said) {
        let turn = Turn {
            text: Some(text.into()),
            ..Turn::new(["ai", "customer"][offset as usize], "c", 1_000 * offset, role)
        };
        let context = Context {
            policy,
            mode: Mode::Live,
            reading: &OnceCell::new(),
            partition: 0,
            offset: Some(offset),
            partition_time: 0,
            lateness_ms: 0,
        };
        let step = step("c", conversation, Input::Turn(&turn), context).expect("a turn that can be taken");
        asks = step.signals.iter().any(|signal| signal.reason == Reason::CustomerRequest && signal.fires());
        conversation = step.after;
    }
    asks
}

fn pair(ai: &str, text: &str) -> Pair {
    Pair { lang: String::new(), kind: String::new(), ai: ai.to_owned(), text: text.to_owned() }
}

#[test]
fn an_offer_is_taken_up_in_languages_with_other_scripts_and_without_spaces() {
    let policy = built_in();
    let menu = "请选择：1 查物流 2 申请退货 3 人工服务";
    for (ai, text, expected) in [
        ("需要为您转接人工客服吗？", "好的", true),
        ("オペレーターにおつなぎしましょうか？", "お願いします", true),
        ("상담원에게 연결해 드릴까요?", "네 부탁드려요", true),
        ("Соединить вас с оператором?", "да, пожалуйста", true),
        (menu, "3", true),
        (menu, "2", false),
        ("ケーキのプレートはこちらでよろしいですか？スタッフにおつなぎすることもできます。", "はい", false),
        ("需要为您转接人工客服吗？", "不用", false),
        ("料金は1、故障は2、オペレーターは3を押してください", "3", true),
        ("料金は1、故障は2、オペレーターは3を押してください", "1", false),
        ("查账单请按1，转人工请按2", "2", true),
        ("查账单请按1，转人工请按2", "1", false),
        ("需要为您转接人工客服吗？", "好像可以了", false),
        ("상담원을 연결해 드릴까요?", "예전에도 이랬는데 그냥 풀렸어요", false),
        ("¿Quiere que le pase con un agente?", "vale, ya funciona", false),
    ] {
        assert_eq!(asks(&policy, &pair(ai, text)), expected, "{ai} {text}");
    }
}

#[test]
fn answers_written_without_sight_of_the_rules_are_understood() {
    let policy = built_in();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences/answers");
    let mut counts: BTreeMap<(String, String, usize), [u32; 2]> = BTreeMap::new();
    for (set, name) in ["seen", "fresh"].into_iter().enumerate() {
        for entry in fs::read_dir(folder.join(name)).expect("the folder of pairs") {
            let file = entry.expect("an entry").path();
            let text = fs::read_to_string(&file).expect("a file of text");
            for (line, pair) in (1..).zip(text.lines()) {
                let pair: Pair = serde_json::from_str(pair)
                    .unwrap_or_else(|error| panic!("{}:{line}: {error}", file.display()));
                let asks = u32::from(asks(&policy, &pair));
                for lang in [pair.lang.as_str(), "all"] {
                    let count = counts.entry((pair.kind.clone(), lang.to_owned(), set)).or_default();
                    *count = [count[0] + asks, count[1] + 1];
                }
            }
        }
    }
    for ((kind, lang, set), [asks, all]) in &counts {
        println!("{kind:12} {lang:9} {:6} {asks} of {all}", ["seen", "fresh"][*set]);
    }
    let mut missed = Vec::new();
    for (kind, bounds) in BOUNDS {
        for (set, bound) in bounds.into_iter().enumerate() {
            let [asks, all] = counts[&(kind.to_owned(), "all".to_owned(), set)];
            let share = f64::from(asks) / f64::from(all);
            let holds = if kind == "accepts" { share >= bound } else { share <= bound };
            if !holds {
                missed.push(format!(
                    "{kind}, {}: {share:.3} ask for a person, bound {bound}",
                    ["seen", "fresh"][set]
                ));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(
        counts.keys().filter(|(_, lang, _)| lang == "all").count(),
        2 * BOUNDS.len(),
        "every kind has a bound"
    );
}
