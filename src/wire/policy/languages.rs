//! The languages in which requests for a person are heard, as policies and command lines name them.

use crate::domain::text::primary;

/// ISO 639-1 codes.
pub const HEARD: [&str; 16] =
    ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "vi", "id", "ru", "hi", "zh", "ja", "ko"];

/// A tag of one of them, in any case and of any region: `de`, `de-AT`, `PT_br`. Errors: the languages that there are.
pub fn heard(tag: &str) -> Result<(), String> {
    if HEARD.iter().any(|code| primary(tag).eq_ignore_ascii_case(code)) {
        return Ok(());
    }
    Err(format!("\"{tag}\" is no language that requests are heard in; write one of {}", HEARD.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_hears_them_all() {
        assert_eq!(crate::wire::policy::built_in().triggers.customer_request.languages, HEARD);
    }

    #[test]
    fn regions_and_case_do_not_matter_and_others_are_told_what_there_is() {
        for tag in ["en", "de-AT", "PT_br", "zh-Hant-TW"] {
            assert_eq!(heard(tag), Ok(()), "{tag}");
        }
        let told = "is no language that requests are heard in; write one of en, de, fr, es, it, pt, nl, pl, tr, vi, id, ru, hi, \
                    zh, ja, ko";
        for tag in ["klingon", "xx", "", "english"] {
            assert_eq!(heard(tag), Err(format!("\"{tag}\" {told}")));
        }
    }
}
