//! Names that say that their value is a secret.

/// Whole words of a name (camelCase, snake_case and spaces alike).
const WORDS: [&str; 18] = [
    "pin",
    "password",
    "passwd",
    "pwd",
    "passcode",
    "passphrase",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "csc",
    "cvn",
    "ssn",
    "itin",
    "otp",
    "secret",
    "pan",
    "tan",
];

/// Parts of a name without its separators.
const PARTS: [&str; 22] = [
    "password",
    "passcode",
    "passphrase",
    "passwort",
    "contrasena",
    "pinnumber",
    "pinnummer",
    "securityanswer",
    "secretanswer",
    "securitycode",
    "securityanswers",
    "socialsecurity",
    "cardnumber",
    "cardno",
    "cardnum",
    "cardcvv",
    "cardcvc",
    "kartennummer",
    "nationalid",
    "maidenname",
    "accesstoken",
    "apikey",
];

/// Names that are a secret as a whole and harmless as a part (`credit_card_id` is none).
const EXACT: [&str; 5] = ["card", "creditcard", "debitcard", "paymentcard", "cc"];

/// Whether the value under this name must not be kept.
pub(super) fn is_secret(name: &str) -> bool {
    may_be_secret(name) && is_listed(name)
}

/// The quick and certain no for most names: none of the lists' first three letters, separators and case aside.
fn may_be_secret(name: &str) -> bool {
    let (mut before, mut letters) = ([0_u8; 2], 0);
    for byte in name.bytes() {
        if !byte.is_ascii() {
            return true;
        }
        if !byte.is_ascii_alphanumeric() {
            continue;
        }
        let byte = byte.to_ascii_lowercase();
        letters += 1;
        if begins_a_secret([before[0], before[1], byte]) {
            return true;
        }
        before = [before[1], byte];
    }
    letters < 3
}

fn begins_a_secret(letters: [u8; 3]) -> bool {
    matches!(
        &letters,
        b"pin"
            | b"pas"
            | b"pwd"
            | b"cvv"
            | b"cvc"
            | b"csc"
            | b"cvn"
            | b"ssn"
            | b"iti"
            | b"otp"
            | b"sec"
            | b"pan"
            | b"tan"
            | b"con"
            | b"soc"
            | b"car"
            | b"kar"
            | b"nat"
            | b"mai"
            | b"acc"
            | b"api"
            | b"cre"
            | b"deb"
            | b"pay"
    )
}

fn is_listed(name: &str) -> bool {
    let mut plain = String::with_capacity(name.len());
    let mut words: Vec<usize> = vec![0];
    let mut previous = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous.is_lowercase()) {
            words.push(plain.len());
        }
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        }
        previous = c;
    }
    words.push(plain.len());
    let word =
        |range: &[usize]| plain[range[0]..range[1]].trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    EXACT.contains(&plain.as_str())
        || PARTS.iter().any(|part| plain.contains(part))
        || words.windows(2).any(|range| {
            let whole = &plain[range[0]..range[1]];
            WORDS.contains(&whole) || WORDS.contains(&word(range).as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_lets_no_listed_name_pass() {
        for listed in WORDS.iter().chain(&PARTS).chain(&EXACT) {
            let spaced = listed.chars().flat_map(|c| [c.to_ascii_uppercase(), '-']).collect::<String>();
            for name in [(*listed).to_owned(), format!("my_{listed}"), format!("my_{listed}2"), spaced] {
                assert_eq!(is_secret(&name), is_listed(&name), "{name}");
            }
            assert!(is_secret(listed), "{listed}");
        }
        for name in ["order_id", "amount", "delivered_at", "region"] {
            assert!(!may_be_secret(name), "{name}");
        }
    }
}
