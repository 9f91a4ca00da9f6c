//! What goes, what stays, and that no card survives.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{text, value};
use crate::domain::policy::Privacy;

fn privacy(redact_email: bool, redact_phone: bool) -> Privacy {
    Privacy { redact_email, redact_phone, transcript_turns: 0 }
}

#[test]
fn secrets_go_and_the_rest_stays() {
    let all = privacy(true, true);
    for (given, expected) in [
        ("my card is 4111 1111 1111 1111", "my card is [card]"),
        ("4111-1111-1111-1111 exp 12/27 cvv 123", "[card] exp 12/27 cvv [code]"),
        ("4111111111111111 12/2027 123", "[card] 12/2027 [code]"),
        ("amex 3782 822463 10005, code 1234", "amex [card], code [code]"),
        ("４１１１１１１１１１１１１１１１", "[card]"),
        ("4\u{200b}111 1111\u{a0}1111\u{2013}1111", "[card]"),
        ("the security code is 987", "the security code is [code]"),
        ("PIN: 4321", "PIN: [code]"),
        ("{\"pin\":\"1234\"}", "{\"pin\":\"[code]\"}"),
        ("ssn 123-45-6789", "ssn [ssn]"),
        ("it is 123-45-6789.", "it is [ssn]."),
        ("my social security number is 123456789", "my social security number is [ssn]"),
        ("write to jane.doe+x@example.co.uk please", "write to [email] please"),
        ("call me at (555) 123-4567", "call me at ([phone]"),
        ("call +49 171 1234567", "call +[phone]"),
        ("my number is 415-555-2671", "my number is [phone]"),
        ("order #W1234567 arrives 2025-11-24", "order #W1234567 arrives 2025-11-24"),
        ("order 100234567", "order 100234567"),
        ("tracking 1Z999AA10123456784", "tracking 1Z999AA10123456784"),
        ("tracking 9400 1000 0000 0000 0000 00", "tracking 9400 1000 0000 0000 0000 00"),
        ("event at 1764000000000", "event at 1764000000000"),
        ("shipping 1234 units", "shipping 1234 units"),
        ("000-12-3456", "000-12-3456"),
        ("paid $45.99 and $32.50", "paid $45.99 and $32.50"),
        ("no digits here", "no digits here"),
    ] {
        assert_eq!(text(given, &all), expected, "{given}");
    }
}

/// It would not end if each run of groups were tried.
#[test]
fn a_long_run_of_single_digits_is_read_to_its_end() {
    let run = "7 ".repeat(20_000);
    assert_eq!(text(&run, &privacy(false, false)), run);
    let card = format!("{run}, card 4111 1111 1111 1111");
    assert!(text(&card, &privacy(false, false)).ends_with("card [card]"));
}

#[test]
fn email_and_phone_follow_the_setting() {
    for (redact_email, redact_phone, expected) in [
        (false, false, "a@b.de or 415-555-2671"),
        (true, false, "[email] or 415-555-2671"),
        (false, true, "a@b.de or [phone]"),
    ] {
        assert_eq!(text("a@b.de or 415-555-2671", &privacy(redact_email, redact_phone)), expected);
    }
}

#[test]
fn a_clean_text_is_borrowed() {
    assert!(matches!(text("order W12 is late, 3 days", &privacy(true, true)), Cow::Borrowed(_)));
}

#[test]
fn secret_names_give_nothing() {
    let all = privacy(true, true);
    for name in [
        "pin",
        "PIN",
        "user_pin",
        "Password",
        "SecurityAnswer1",
        "security_answer_2",
        "cvv",
        "cardCvc",
        "ssn",
        "card_number",
        "CardNumber",
        "mothers_maiden_name",
    ] {
        assert_eq!(value(name, "1234", &all), None, "{name}");
    }
    for name in
        ["order_id", "shipping_address", "opinion", "payment_method_id", "credit_card_id", "company", "zip"]
    {
        assert_eq!(value(name, "1234", &all).as_deref(), Some("1234"), "{name}");
    }
    assert_eq!(value("note", "4111111111111111", &all).as_deref(), Some("[card]"));
}

/// A number of `length` digits that begins with `head` and passes Luhn's check.
fn card(head: &str, length: usize, fill: &[u8]) -> String {
    let mut digits: Vec<u32> = head.bytes().map(|b| u32::from(b - b'0')).collect();
    digits.extend(fill.iter().take(length - 1 - digits.len()).map(|d| u32::from(*d)));
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { *d })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits.iter().map(|d| char::from(b'0' + *d as u8)).collect()
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

proptest! {
    #[test]
    fn no_card_survives_in_any_spelling(
        (head, length) in prop::sample::select(vec![
            ("4", 13), ("4", 16), ("4", 19), ("51", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("36", 14),
            ("30", 14), ("3528", 16), ("62", 16), ("62", 19), ("50", 16), ("6759", 19), ("9792", 16), ("2200", 16), ("81", 16),
        ]),
        fill in prop::collection::vec(0_u8..10, 19),
        gaps in prop::collection::vec(prop::sample::select(vec!["", "", "", " ", "-", "  ", " - ", "\u{a0}", "\u{2013}", "\t"]), 19),
        before in "[a-z,:!? ]{0,20}",
        after in "[a-z,:!? ]{0,20}",
    ) {
        let number = card(head, length, &fill);
        let mut spelled = String::new();
        for (digit, gap) in number.chars().zip(&gaps) {
            spelled.push(digit);
            spelled.push_str(gap);
        }
        let given = format!("{before} {} {after}", spelled.trim_end());
        let found = text(&given, &privacy(false, false)).into_owned();
        prop_assert_eq!(digits_of(&found), "", "{}", given);
    }

    #[test]
    fn any_text_is_read_without_panic(given in "\\PC{0,60}", digits in "[0-9 @.+()-]{0,40}") {
        let mixed = format!("{given}{digits}{given}");
        for privacy in [privacy(true, true), privacy(false, false)] {
            let once = text(&mixed, &privacy).into_owned();
            prop_assert!(once.len() <= mixed.len() + 16 * mixed.len());
        }
    }

    #[test]
    fn triage_lets_nothing_pass(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "cvv ", "PIN: ", "ssn ", "card ", "Security Code ", "call ", "+", "a@b.de ", "12", "345", "4111 ", "1111", "-", " ", "(", ")",
                "９", "\u{200b}", "is ", "Prüfziffer ", "x",
            ]),
            0..14,
        ),
        email in any::<bool>(),
        phone in any::<bool>(),
    ) {
        let given = words.concat();
        let privacy = privacy(email, phone);
        let finds = super::find::all(&given, &privacy);
        prop_assert!(finds.is_empty() || super::triage::needs_a_look(given.as_bytes(), &privacy), "{}", given);
    }
}
