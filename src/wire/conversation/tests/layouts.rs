//! The layouts that are read, and the bytes of the one that is written.

use super::*;

/// A state with evidence that remembers nothing of the customer's last turn, as layouts before 9 had it.
fn packed_as(version: u8, state: &Conversation) -> Vec<u8> {
    let mut bytes = packed(state);
    assert_eq!(bytes.pop(), Some(0), "nothing is remembered");
    bytes[0] = version;
    bytes
}

#[test]
fn the_versions_before_are_still_read() {
    for version in OLDEST..VERSION {
        let bytes = packed_as(version, &typical());
        assert_eq!(decode(&bytes).ok(), Some(Box::new(typical())), "{version}");
    }
}

#[test]
fn a_state_that_knows_nothing_new_has_the_bytes_of_the_version_before() {
    // The print that layout 3 was pinned by.
    let bytes = packed_as(3, &typical());
    assert_eq!(print(&bytes), 3_630_841_119_456_938_080);
}

#[test]
fn frustration_without_tension_is_read_from_the_layouts_before() {
    let level = Evidence { frustration: 0.5, frustration_samples: 3, ..Evidence::default() };
    let old = Conversation { evidence: level.clone(), ..Conversation::default() };
    let tense = Evidence { tension: 1.5, ..level };
    let mut bytes = packed_as(5, &Conversation { evidence: tense, ..Conversation::default() });
    let tension = 1.5_f32.to_le_bytes();
    let at = bytes.windows(4).position(|four| four == tension).expect("it is written");
    bytes.drain(at..at + 4);
    assert_eq!(decode(&bytes), Ok(Box::new(old)));
}

#[test]
fn an_offer_of_the_layouts_before_is_one_that_a_yes_takes_up() {
    let offered = |by_yes, by_word| {
        let offer = AiOffer { by_yes, by_word, ..AiOffer::PLAIN };
        let evidence = Evidence { ai_offer: Some(offer), ..Evidence::default() };
        Conversation { evidence, ..Conversation::default() }
    };
    let mut bytes = packed_as(7, &offered(false, 63));
    let at = bytes
        .windows(4)
        .rposition(|four| four == [126, 0, 0, 0])
        .expect("the word, no yes, place or own words");
    bytes.drain(at + 1..at + 4);
    assert_eq!(decode(&bytes), Ok(Box::new(offered(false, 63))));
    bytes.remove(at);
    bytes[0] = 6;
    assert_eq!(decode(&bytes), Ok(Box::new(offered(true, 0))));
}

#[test]
fn the_bytes_of_this_version_are_pinned() {
    // A changed print means that states already written can no longer be read: raise VERSION and read both.
    assert_eq!((VERSION, print(&packed(&typical()))), (9, 4_007_592_930_265_877_030));
}

#[test]
fn another_version_is_refused() {
    for bytes in [&[][..], &[0], &[2, 0, 0], b"{\"a\":1}"] {
        assert_eq!(decode(bytes).unwrap_err().stage, "decode");
    }
}
