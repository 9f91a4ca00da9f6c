//! The names, numbers and things of one conversation, and their places `<like_this>` in a script's words.
//!
//! Card numbers and ids are the published test ones: valid in form, so that redaction has something to find.

use jiff::Timestamp;

use super::random::Random;
use crate::domain::ids::Millis;

const FIRST: [&str; 16] = [
    "Ana", "Ben", "Chloe", "Deniz", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam",
    "Mara", "Noor", "Oskar", "Priya",
];
const LAST: [&str; 12] = [
    "Becker", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ivanov", "Jensen", "Kowalski",
    "Lopez", "Moreau",
];
const ITEM: [&str; 8] = [
    "kettle",
    "desk lamp",
    "rain jacket",
    "hiking boots",
    "coffee grinder",
    "backpack",
    "keyboard",
    "board game",
];
const COSTLY: [&str; 6] = [
    "OLED television",
    "e-bike battery",
    "camera body",
    "espresso machine",
    "gaming laptop",
    "road bike frame",
];
const CITY: [&str; 8] = ["Lisbon", "Leeds", "Bremen", "Lyon", "Turin", "Gdansk", "Malmo", "Austin"];
const CARRIER: [&str; 4] = ["ParcelFast", "NordPost", "BlueVan", "TransEx"];
const CARD: [&str; 4] =
    ["4111 1111 1111 1111", "5555 5555 5555 4444", "4000-0566-5566-5556", "378282246310005"];
const NATIONAL_ID: [&str; 2] = ["078-05-1120", "219-09-9999"];

/// Place → words.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast(Vec<(&'static str, String)>);

/// Every place a script may name.
#[cfg(test)]
pub const PLACES: [&str; 20] = [
    "first",
    "last",
    "email",
    "masked_email",
    "phone",
    "customer",
    "order",
    "account",
    "amount",
    "high",
    "item",
    "costly",
    "city",
    "carrier",
    "tracking",
    "delivered",
    "card",
    "cvv",
    "national_id",
    "agent",
];

impl Cast {
    /// Draws a cast for a conversation that starts at `start`.
    pub fn draw(random: &mut Random, start: Millis) -> Cast {
        let (first, last) = (*random.pick(&FIRST), *random.pick(&LAST));
        let mailbox = format!("{}.{}", first.to_lowercase(), last.to_lowercase());
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        let delivered = start - random.between(20, 70) as i64 * 3_600_000;
        let delivered =
            Timestamp::from_millisecond(delivered - delivered.rem_euclid(60_000)).unwrap_or_default();
        Cast(vec![
            ("masked_email", format!("{}***@example.com", &mailbox[..1])),
            ("email", format!("{mailbox}@example.com")),
            ("first", first.to_owned()),
            ("last", last.to_owned()),
            ("phone", format!("+1 202 555 01{:02}", random.below(100))),
            ("customer", format!("u-{}", random.between(1_000, 9_999))),
            ("order", format!("#W{}", random.between(1_000_000, 9_999_999))),
            ("account", format!("AC-{}", random.between(100_000, 999_999))),
            ("amount", money(random.between(1_800, 14_000))),
            ("high", money(random.between(52_000, 240_000))),
            ("item", (*random.pick(&ITEM)).to_owned()),
            ("costly", (*random.pick(&COSTLY)).to_owned()),
            ("city", (*random.pick(&CITY)).to_owned()),
            ("carrier", (*random.pick(&CARRIER)).to_owned()),
            ("tracking", format!("TRK{}", random.between(10_000_000, 99_999_999))),
            ("delivered", delivered.to_string()),
            ("card", (*random.pick(&CARD)).to_owned()),
            ("cvv", format!("{}", random.between(100, 999))),
            ("national_id", (*random.pick(&NATIONAL_ID)).to_owned()),
            ("agent", format!("agent-{:02}", random.between(1, 24))),
        ])
    }

    /// The words at `place`; empty where there is no such place.
    pub fn words(&self, place: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == place).map_or("", |(_, words)| words)
    }

    /// `text` with every place filled. What looks like a place and is none stays as it is.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(open) = rest.find('<') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let place = rest.find('>').map(|close| &rest[1..close]);
            match place.and_then(|name| self.0.iter().find(|(known, _)| *known == name)) {
                Some((name, words)) => {
                    filled.push_str(words);
                    rest = &rest[name.len() + 2..];
                }
                None => {
                    filled.push('<');
                    rest = &rest[1..];
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_drawn() {
        let cast = Cast::draw(&mut Random::new(7), 1_764_000_000_000);
        let mut names: Vec<&str> = cast.0.iter().map(|(name, _)| *name).collect();
        let mut places = PLACES.to_vec();
        names.sort_unstable();
        places.sort_unstable();
        assert_eq!(names, places);
    }

    #[test]
    fn places_are_filled_and_the_rest_is_left_alone() {
        let cast = Cast(vec![("order", "#W1".into()), ("first", "Ana".into())]);
        for (text, expected) in [
            ("<order> for <first>", "#W1 for Ana"),
            ("a < b <none> <order", "a < b <none> <order"),
            ("<<order>>", "<#W1>"),
            ("", ""),
        ] {
            assert_eq!(cast.fill(text), expected);
        }
    }
}
