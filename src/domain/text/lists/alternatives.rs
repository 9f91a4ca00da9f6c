//! Alternatives in an entry of a list: `(speak|talk) to (a|the) (real|) person` stands for eight phrases.
//!
//! What stands in a group is text as outside of it: several words, a piece of one, or nothing. Groups multiply and are not nested.
//! Brackets of full width stand for themselves.

/// An entry that stands for more can no longer be looked over.
const MOST: usize = 400;

/// The entries of a line, which commas separate. A comma in a group separates none: it is told when the entry is expanded.
pub(super) fn entries(line: &str) -> impl Iterator<Item = &str> {
    let mut in_group = false;
    let is_end = move |c: char| {
        in_group = if in_group { c != ')' } else { c == '(' };
        c == ',' && !in_group
    };
    line.split(is_end).map(str::trim)
}

/// All that an entry stands for, in the order of its alternatives. Errors: what is wrong with its groups, and what to do.
pub(super) fn expand(entry: &str) -> Result<Vec<String>, &'static str> {
    let mut pieces = entry.split('(');
    let mut expanded = vec![outside(pieces.next().unwrap_or_default())?.to_owned()];
    for piece in pieces {
        let (group, behind) =
            piece.split_once(')').ok_or("a group is not closed, or another begins in it; write (a|b)")?;
        let (alternatives, behind) = (alternatives(group)?, outside(behind)?);
        if expanded.len() * alternatives.len() > MOST {
            return Err("it stands for more than 400 phrases; write several entries");
        }
        expanded = expanded
            .iter()
            .flat_map(|text| {
                alternatives.iter().map(move |alternative| [text, *alternative, behind].concat())
            })
            .collect();
    }
    let texts: Vec<String> = expanded.into_iter().map(in_single_spaces).collect();
    if texts.len() > 1 && texts.iter().any(String::is_empty) {
        return Err("all of it may be missing; write a word that stands in every alternative");
    }
    Ok(texts)
}

/// The alternatives of a group.
fn alternatives(group: &str) -> Result<Vec<&str>, &'static str> {
    let alternatives: Vec<&str> = group.split('|').collect();
    match alternatives.as_slice() {
        _ if group.contains(',') => Err("a comma stands in a group; put | between alternatives"),
        [_, _, ..] => Ok(alternatives),
        _ => Err("a group has fewer than two alternatives; write (a|b), or (a|) for what may be missing"),
    }
}

/// Text that belongs to no group.
fn outside(text: &str) -> Result<&str, &'static str> {
    if text.contains([')', '|']) {
        return Err("| and ) stand only in a group; write (a|b)");
    }
    Ok(text)
}

/// An empty alternative leaves the spaces on both sides of it.
fn in_single_spaces(text: String) -> String {
    if text.trim() == text && !text.contains("  ") {
        return text;
    }
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entry: &str, expected: &[&str]) {
        assert_eq!(expand(entry).unwrap_or_else(|wrong| panic!("{entry}: {wrong}")), expected, "{entry}");
    }

    #[test]
    fn groups_multiply_and_the_last_one_changes_first() {
        check("halt die klappe", &["halt die klappe"]);
        check(
            "(beni|bizi) (arayın|arar mısınız)",
            &["beni arayın", "beni arar mısınız", "bizi arayın", "bizi arar mısınız"],
        );
        check("kann (|dir|ihnen) .. nicht", &["kann .. nicht", "kann dir .. nicht", "kann ihnen .. nicht"]);
    }

    #[test]
    fn an_alternative_may_be_empty_and_leaves_one_space_or_none() {
        check("(bir |)temsilci", &["bir temsilci", "temsilci"]);
        check(
            "(bir|) temsilci (lütfen|)",
            &["bir temsilci lütfen", "bir temsilci", "temsilci lütfen", "temsilci"],
        );
        check("merhaba( de|)", &["merhaba de", "merhaba"]);
        check("not (a|) bot", &["not a bot", "not bot"]);
    }

    #[test]
    fn an_alternative_may_be_a_piece_of_a_word_or_end_in_a_stem() {
        check("l'(agent|opérateur)", &["l'agent", "l'opérateur"]);
        check("(转|轉)(人工|客服)", &["转人工", "转客服", "轉人工", "轉客服"]);
        check("（棒）", &["（棒）"]);
        check("(sprech|red)-", &["sprech-", "red-"]);
        check("sprech(en|-)", &["sprechen", "sprech-"]);
    }

    #[test]
    fn what_is_wrong_with_a_group_is_told() {
        let told = |entry: &str| expand(entry).expect_err(entry);
        for entry in ["a (b|c", "a (b|(c|d))", "(", "(a|b) (c"] {
            assert!(told(entry).starts_with("a group is not closed"), "{entry}");
        }
        for entry in ["a | b", "a) b", "(a|b)) c", "(a|b) c|d"] {
            assert!(told(entry).starts_with("| and ) stand only in a group"), "{entry}");
        }
        for entry in ["a ()", "(a) b"] {
            assert!(told(entry).starts_with("a group has fewer than two"), "{entry}");
        }
        assert!(told("(a, b|c)").starts_with("a comma stands in a group"));
        let ten = "(0|1|2|3|4|5|6|7|8|9)";
        assert_eq!(expand(&format!("(a|b|c|d) {ten} {ten}")).map(|all| all.len()), Ok(MOST));
        assert!(told(&format!("(a|b|c|d|e) {ten} {ten}")).contains(&format!("more than {MOST} phrases")));
        assert!(told("(a|) (b|)").starts_with("all of it may be missing"));
    }

    #[test]
    fn a_comma_in_a_group_ends_no_entry() {
        let found: Vec<&str> = entries("a, (b|c) d ,(e, f)(g, h").collect();
        assert_eq!(found, ["a", "(b|c) d", "(e, f)(g, h"]);
    }
}
