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
