//! What never leaves: payment cards, security codes beside them, US national ids; e-mail and phone by setting. Fails closed.
//!
//! A card is 13 to 19 digits that pass Luhn's check and begin as cards do, in any spelling with spaces, dashes or invisible
//! characters, in any digits Unicode knows. Most texts are let pass by `triage` without a closer look.

use std::borrow::Cow;

use super::policy::Privacy;

mod cards;
mod digits;
mod find;
mod names;
mod triage;

#[cfg(test)]
mod tests;

/// A text without what must not leave; borrowed where nothing had to go.
pub fn text<'a>(text: &'a str, privacy: &Privacy) -> Cow<'a, str> {
    if !triage::needs_a_look(text.as_bytes(), privacy) {
        return Cow::Borrowed(text);
    }
    let finds = find::all(text, privacy);
    if finds.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(mask(text, &finds)) }
}

/// A named value (fact, tool argument); `None` where the name says that it is a secret (pin, password, security answer, cvv, ssn).
pub fn value<'a>(name: &str, value: &'a str, privacy: &Privacy) -> Option<Cow<'a, str>> {
    (!names::is_secret(name)).then(|| text(value, privacy))
}

/// The text with each find replaced by its mask. Finds are in order and do not overlap.
fn mask(text: &str, finds: &[find::Find]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for find in finds {
        out.push_str(&text[from..find.from]);
        out.push_str(find.what.mask());
        from = find.to;
    }
    out.push_str(&text[from..]);
    out
}
