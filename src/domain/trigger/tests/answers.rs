//! What the AI offers, and whether the customer's answer takes it up.

use super::*;

/// Whether a person is asked for by `answer` right after the AI has said `offer`.
fn takes_up(offer: &str, answer: &str) -> bool {
    let said = last(&[says("t1", Role::Ai, offer), says("t2", Role::Customer, answer)]);
    said.iter().any(|signal| signal.reason == Reason::CustomerRequest && signal.fires())
}

#[test]
fn a_yes_takes_up_the_offer_that_was_asked_last() {
    for (offer, answer) in [
        ("I can't see that. Would you like me to transfer you to an agent?", "yes"),
        ("I can transfer you to an agent. Shall I?", "Sure, go ahead"),
        ("Should I send the form again, or shall I connect you to a colleague?", "the second one"),
        ("Soll ich Sie mit einer Kollegin verbinden?", "ja gern, das wäre nett"),
        ("¿Quiere que le pase con un agente?", "Sí, por favor"),
        ("Would you like to talk to an agent?", "\u{1f44d}"),
    ] {
        assert!(takes_up(offer, answer), "{offer} {answer}");
    }
}

#[test]
fn a_yes_to_something_else_takes_no_offer_up() {
    for (offer, answer) in [
        ("I can transfer you to an agent. Shall I send the return label to your old address now?", "yes"),
        ("Shall I submit the exchange? You can also talk to one of our agents.", "yes"),
        ("Reply YES to confirm the return, or let me know if you want to talk to an agent first.", "YES"),
        (
            "If that is wrong I can transfer you to an agent. Once you confirm with a clear \"yes\", I'll proceed.",
            "Yes.",
        ),
        ("Would you like me to transfer you to an agent?", "ok, but can you first tell me my balance?"),
        ("Would you like me to transfer you to an agent?", "ok but not now"),
        ("Would you like me to transfer you to an agent?", "No, go ahead with the exchange"),
        ("Soll ich Sie mit einem Kollegen verbinden?", "ja nicht"),
        ("Soll ich Sie mit einem Kollegen verbinden?", "da ist noch etwas anderes"),
        ("Would you like me to transfer you to an agent?", "Great, thanks for confirming everything"),
        ("You may need to contact a human agent.", "Okay, I'll try to find it and contact them if needed"),
        ("Would you like me to transfer you to an agent?", "no, please don't transfer me"),
    ] {
        assert!(!takes_up(offer, answer), "{offer} {answer}");
    }
}

#[test]
fn the_word_that_is_named_takes_an_offer_up_and_another_does_not() {
    for (offer, answer, other) in [
        ("Press 1 for your balance, press 2 for an agent.", "2", "1"),
        ("1. Track my order 2. Return an item 3. Talk to an agent", "3", "2"),
        ("A) start again, B) talk to a colleague", "B please", "A"),
        ("To talk to an agent, type HELPME.", "helpme", "menu"),
        ("Drücken Sie die 9 für einen Mitarbeiter.", "9", "8"),
    ] {
        assert!(takes_up(offer, answer), "{offer} {answer}");
        assert!(!takes_up(offer, other), "{offer} {other}");
    }
}
