//! What short messages at the edges of a conversation say, on texts by an author who did not see the lists: a line each
//! `{"text", "kind"}` in `tests/sentences/edges`, a file a language.
//!
//! Every other text of a kind may be looked at (`--nocapture` prints what is read wrongly of those); the others only count.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use segue::domain::policy::Policy;
use segue::wire::policy::built_in;
use serde::Deserialize;

#[derive(Deserialize)]
struct Edge {
    text: String,
    kind: String,
}

/// The least share that is read right, of all languages together, of what was looked at and of the others.
const LEAST: [(&str, [f64; 2]); 6] = [
    ("closes", [0.72, 0.72]),
    ("gives_up", [0.89, 0.86]),
    ("greets", [0.71, 0.69]),
    ("open", [0.85, 0.91]),
    ("tries", [0.92, 0.96]),
    ("wishes", [0.97, 0.97]),
];

fn is_read_right(policy: &Policy, edge: &Edge, language: Option<&str>) -> bool {
    let (lexicon, text) = (&policy.lexicon, edge.text.as_str());
    match edge.kind.as_str() {
        "closes" => lexicon.closes(text, language),
        "open" => !lexicon.closes(text, language),
        "greets" => !lexicon.is_substantive(text, language),
        "wishes" => lexicon.is_substantive(text, language),
        "gives_up" => lexicon.gives_up(text, language),
        "tries" => !lexicon.gives_up(text, language),
        unknown => panic!("{unknown} is no kind of message"),
    }
}

#[test]
fn thanks_goodbyes_greetings_and_giving_up_are_told_from_what_waits_for_an_answer() {
    let policy = built_in();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences/edges");
    let mut scores: BTreeMap<String, [[u32; 2]; 2]> = BTreeMap::new();
    let mut by_language: BTreeMap<(String, String), [u32; 2]> = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the folder of texts") {
        let file = file.expect("an entry").path();
        let code = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a file of text");
        let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
        for line in text.lines() {
            let edge: Edge = serde_json::from_str(line).expect("a text and its kind");
            let count = of_kind.entry(edge.kind.clone()).or_default();
            let set = *count % 2;
            *count += 1;
            // With its language known and not known.
            let right = [None, Some(code.as_str())].map(|language| is_read_right(&policy, &edge, language));
            let is_right = right == [true, true];
            if set == 0 && !is_right {
                println!("{code} {}, unknown and known {right:?}: {}", edge.kind, edge.text);
            }
            let score = &mut scores.entry(edge.kind.clone()).or_default()[set];
            score[0] += u32::from(is_right);
            score[1] += 1;
            let each = by_language.entry((edge.kind, code.clone())).or_default();
            each[0] += u32::from(is_right);
            each[1] += 1;
        }
    }
    for ((kind, code), [right, all]) in by_language {
        println!("{kind:9} {code} {right:3} of {all}");
    }
    for (kind, least) in LEAST {
        let shares = scores[kind].map(|[right, all]| f64::from(right) / f64::from(all));
        println!("{kind:9} looked at {:.3}  others {:.3}", shares[0], shares[1]);
        assert!(shares[0] >= least[0] && shares[1] >= least[1], "{kind}: {shares:?} of at least {least:?}");
    }
}
