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
        ("Shall I put you through to our notary?", "yes please"),
        ("Ms Patel is our nurse. Type Y to be put through to her.", "Y"),
        ("¿Quiere que le pase con un agente?", "Hola, sí, por favor"),
        ("Soll ich Sie mit einer Kollegin verbinden?", "Hallo, ja"),
        ("Would you like to talk to an agent?", "<p>yes please</p>"),
        ("Press 2 for an agent.", "no, 2"),
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
        ("Would you like me to transfer you to an agent?", "yes it's just unlocked itself"),
        ("Would you like me to transfer you to an agent?", "Yes?"),
        ("Would you like me to transfer you to an agent?", "\u{1f44d}\u{1f44e}?"),
        ("Press 2 for an agent.", "not 2"),
        ("Type AGENT to talk to one of us.", "I don't need agent"),
        ("Soll ich Sie mit einem Kollegen verbinden?", "ja, jetzt geht es wieder"),
        ("From 0 to 10, how likely are you to recommend our agents?", "10"),
        ("1. Track my order 2. Change your account manager", "2"),
        ("If you feel sick, please contact your doctor.", "ok thanks"),
        ("Did you speak to our pharmacist about the dose?", "yes"),
        ("One of our agents can call you before it arrives. Is this number right?", "yes"),
        ("You can talk to our notary. Shall I send the draft to your old address?", "yes, send the draft"),
        (
            "Would you like to talk to an agent?",
            "That would be great if my order could just arrive by Friday",
        ),
        ("Would you like to talk to an agent?", "That's a good idea, I will do that"),
    ] {
        assert!(!takes_up(offer, answer), "{offer} {answer}");
    }
}

#[test]
fn the_place_of_an_option_takes_an_offer_up() {
    for (offer, answer) in [
        (
            "I can keep explaining here, or have one of our agents call you. Which would you prefer?",
            "the latter",
        ),
        ("Shall I send the link again, or connect you to an agent?", "the second one please"),
        ("There are two ways: 1. I send the form 2. An agent calls you", "second"),
        ("1. Track my order 2. Return an item 3. Talk to an agent", "the last one"),
        ("Shall I connect you to an agent, or send the link again?", "the first one"),
        (
            "Shall I send the link again, or connect you to an agent?",
            "the second one, I tried that link twice today and it never loads",
        ),
    ] {
        assert!(takes_up(offer, answer), "{offer} {answer}");
    }
    for (offer, answer) in [
        ("Shall I connect you to an agent, or would you rather get the form by email?", "the latter"),
        ("Shall I send the link again, or connect you to an agent?", "the first one"),
        ("Shall I send the link again, or connect you to an agent?", "not the second one"),
        ("Would you like to talk to an agent?", "I had a second cup of coffee before it arrived broken"),
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
        ("Press 1 for sales or 2 to speak to an agent.", "2", "1"),
        ("To speak to an agent press 0, to check your balance press 1.", "0", "1"),
        ("Reply 1 for bills, 2 for moving home, 9 for an operator.", "9", "1"),
        ("1 - Bills\n2 - Moving\n3 - Talk to an agent\nPlease choose.", "3", "1"),
        ("1: Bills / 2: Moving / 3: Agent", "3", "2"),
        ("1\u{fe0f}\u{20e3} Facturas\n2\u{fe0f}\u{20e3} Hablar con un agente", "2", "1"),
        ("Für Rechnungen die 1 drücken, für einen Mitarbeiter die 2 drücken.", "2", "1"),
        ("I can connect you to a colleague. 1) Yes 2) No, go on here", "1", "2"),
        ("Type A for bills, B for moving home, C to talk to an agent.", "C", "B"),
        ("1. Track my order 2. Talk to an agent", "I have tried that, so 2", "I have tried that, so 1"),
        ("Für einen Mitarbeiter 9 drücken, für Rechnungen 1 drücken.", "9", "1"),
    ] {
        assert!(takes_up(offer, answer), "{offer} {answer}");
        assert!(!takes_up(offer, other), "{offer} {other}");
    }
}

/// Whether a person is asked for by the last of these words, of the AI and the customer in turn, the customer first.
fn asks_at_the_end(said: &[&str]) -> bool {
    let ids = ["t1", "t2", "t3", "t4", "t5", "t6"];
    let turns: Vec<_> = said
        .iter()
        .enumerate()
        .map(|(at, text)| says(ids[at], if at % 2 == 0 { Role::Customer } else { Role::Ai }, text))
        .collect();
    last(&turns).iter().any(|signal| signal.reason == Reason::CustomerRequest && signal.fires())
}

#[test]
fn an_offer_outlives_the_customers_question_about_it_until_something_else_is_asked() {
    let offer = "I can put you through to an agent for that. Would you like me to?";
    for (between, expected) in [
        (["how long is the wait?", "About five minutes. Shall I go ahead?"], true),
        (["how long is the wait?", "About five minutes at the moment."], true),
        (
            ["how long is the wait?", "About five minutes. Do you want me to send you the form instead?"],
            false,
        ),
        (
            ["can you upgrade it?", "I can. Please confirm if you would like to proceed with the upgrade."],
            false,
        ),
        (["I would rather upgrade it", "I can do that."], false),
    ] {
        let [asked, told] = between;
        let said = ["I can't change my seat", offer, asked, told, "yes please"];
        assert_eq!(asks_at_the_end(&said), expected, "{between:?}");
    }
}

#[test]
fn what_repeats_the_option_of_a_person_takes_it_up_and_what_repeats_another_does_not() {
    let options = "I can connect you to Ms Petersen from the claims desk, or send you the form by email.";
    let question = "Shall I block the card now? You can also talk to our fraud specialist Mr Okafor.";
    for (offer, answer, expected) in [
        (options, "Ms Petersen please", true),
        (options, "the claims desk then, that was no help", true),
        (options, "the form by email please", false),
        (options, "Petersen is no help, forget it", false),
        (options, "who is Ms Petersen?", false),
        (
            options,
            "I have told Ms Petersen about this at least ten times in the last two weeks already",
            false,
        ),
        (question, "mr okafor", true),
        (question, "block the card please", false),
        (question, "yes, block it", false),
        ("Soll ich Sie mit Frau Kaya verbinden oder die Rechnung noch einmal schicken?", "Frau Kaya", true),
        (
            "Soll ich Sie mit Frau Kaya verbinden oder die Rechnung noch einmal schicken?",
            "die Rechnung",
            false,
        ),
    ] {
        assert_eq!(takes_up(offer, answer), expected, "{offer} {answer}");
    }
}
