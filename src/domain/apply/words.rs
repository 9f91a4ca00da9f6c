//! Ids in the customer's own words: a noun that names a kind of id, a few link words, and a token that holds a digit; or
//! a lone number where the AI has just asked for one. English nouns, small and honest.

/// Noun, and the fact it names.
const KINDS: [(&str, &str); 16] = [
    ("order", "order_id"),
    ("purchase", "order_id"),
    ("invoice", "invoice_id"),
    ("bill", "invoice_id"),
    ("account", "account_number"),
    ("reservation", "reservation_id"),
    ("booking", "reservation_id"),
    ("confirmation", "confirmation_number"),
    ("ticket", "ticket_id"),
    ("case", "case_id"),
    ("claim", "claim_id"),
    ("policy", "policy_number"),
    ("customer", "customer_id"),
    ("member", "member_id"),
    ("user", "user_id"),
    ("tracking", "tracking_number"),
];
const LINKS: [&str; 16] = [
    "number",
    "no",
    "nr",
    "num",
    "id",
    "code",
    "ref",
    "reference",
    "is",
    "was",
    "the",
    "my",
    "it's",
    "its",
    "with",
    "of",
];

/// Calls `found(fact name, value)` for each id. `asked` is what the AI said last.
pub(super) fn ids(text: &str, asked: Option<&str>, mut found: impl FnMut(&str, &str)) {
    let mut kind = None;
    let mut links = 0;
    let mut named = false;
    for raw in text.split([' ', '\t', '\n', ',', ';', ':', '(', ')', '"']) {
        let token = raw.trim_matches(|c: char| !c.is_alphanumeric() && c != '#').trim_end_matches('#');
        if token.is_empty() || token == "#" {
            continue;
        }
        if let Some(name) = kind_of(token) {
            (kind, links) = (Some(name), 0);
        } else if is_code(token) {
            if let Some(name) = kind.take() {
                named = true;
                found(name, token);
            }
        } else if links < 4 && LINKS.iter().any(|link| token.eq_ignore_ascii_case(link)) {
            links += 1;
        } else {
            kind = None;
        }
    }
    if !named && let Some(name) = asked.and_then(asked_for) {
        lone_number(text, |number| found(name, number));
    }
}

fn kind_of(token: &str) -> Option<&'static str> {
    let token = token.split(['#', '\'']).next().unwrap_or(token);
    KINDS.iter().find(|(noun, _)| token.eq_ignore_ascii_case(noun)).map(|(_, name)| *name)
}

/// Long enough and with a digit: `#W123`, `00123842`, `Z7GOZK1`. Not `2nd`, not `10am`, not an amount or a date.
fn is_code(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let body = token.trim_start_matches('#');
    digits >= 1
        && body.len() >= 4
        && body.len() <= 40
        && (digits >= 3 || body.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()))
        && body.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// The kind of id that a question asks for: the last noun of the list in it.
fn asked_for(text: &str) -> Option<&'static str> {
    text.split(|c: char| !c.is_alphanumeric()).rev().find_map(kind_of)
}

/// The only long number of a text.
fn lone_number(text: &str, found: impl FnOnce(&str)) {
    let mut numbers = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .map(|token| token.trim_matches(|c: char| !c.is_alphanumeric() && c != '#'))
        .filter(|token| {
            let body = token.trim_start_matches('#');
            (6..=16).contains(&body.len()) && body.bytes().all(|byte| byte.is_ascii_digit())
        });
    if let (Some(number), None) = (numbers.next(), numbers.next()) {
        found(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, asked: Option<&str>, expected: &[(&str, &str)]) {
        let mut seen = Vec::new();
        ids(text, asked, |name, value| seen.push((name.to_owned(), value.to_owned())));
        let expected: Vec<_> = expected.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn an_id_is_named_by_the_noun_before_it() {
        check("cancel order 113542617735902?", None, &[("order_id", "113542617735902")]);
        check("my order number is #W2611340, please", None, &[("order_id", "#W2611340")]);
        check("invoice #85632", None, &[("invoice_id", "#85632")]);
        check("where is bill 00123842", None, &[("invoice_id", "00123842")]);
        check("Katarina, and my account number is  351531510.", None, &[("account_number", "351531510")]);
        check(
            "reservation Z7GOZ1 and order 7788",
            None,
            &[("reservation_id", "Z7GOZ1"), ("order_id", "7788")],
        );
    }

    #[test]
    fn other_numbers_are_no_ids() {
        for text in [
            "I ordered it 3 days ago for 500 dollars",
            "my order arrived at 10am",
            "call 5551234567",
            "order two of them",
            "the order cost $649.99",
        ] {
            check(text, None, &[]);
        }
    }

    #[test]
    fn a_lone_number_answers_the_question_before_it() {
        let asked = Some("Can you tell me your account number, please?");
        check("it's 85731890", asked, &[("account_number", "85731890")]);
        check("85731890 or 85731891", asked, &[]);
        check("85731890", Some("How can I help?"), &[]);
    }
}
