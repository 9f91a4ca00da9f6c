//! Saying the same again: in other words, in another order, by way of a third; other numbers are another answer.

use super::*;

#[test]
fn repeating_oneself_is_a_loop_for_either_side() {
    for role in [Role::Customer, Role::Ai] {
        let turns = [
            says("t1", role, "Please enter your order number"),
            says("t2", role, "please enter your order number!"),
            says("t3", role, "Please, enter your order number."),
        ];
        check(&turns[..2], &[]);
        check(&turns, &[Reason::Loop]);
    }
    let by_ai = |texts: [&'static str; 3]| {
        let [one, two, three] = texts;
        [says("t1", Role::Ai, one), says("t2", Role::Ai, two), says("t3", Role::Ai, three)]
    };
    let chinese = "您可以在“我的订单”中申请开具发票";
    check(&by_ai([chinese, "您可以在“我的订单”中申请开具发票哦。", chinese]), &[Reason::Loop]);
    check(&by_ai(["You're welcome, happy to help!"; 3]), &[]);
    check(&by_ai(["Nie ma za co, chętnie pomogę!"; 3]), &[]);
    let yes = |id| says(id, Role::Customer, "yes");
    check(&[yes("t1"), yes("t2"), yes("t3")], &[]);
    let asks = |id| Turn { intent: Some("ask_time".into()), ..Turn::new(id, "c", 1_000, Role::Ai) };
    check(&[asks("t1"), asks("t2"), asks("t3")], &[Reason::Loop]);
    let found = |id| calls(id, "find", ToolStatus::Ok);
    check(&[asks("t1"), found("f1"), asks("t2"), found("f2"), asks("t3")], &[]);
}

#[test]
fn who_says_it_in_another_order_or_with_other_endings_repeats_it() {
    let says_thrice = |texts: [&'static str; 3]| {
        let [one, two, three] = texts;
        let customer = |id, text| says(id, Role::Customer, text);
        let mut policy = policy();
        policy.triggers.loop_.similarity = 0.7;
        let signals = last_by(&policy, &[customer("t1", one), customer("t2", two), customer("t3", three)]);
        signals.iter().any(|signal| signal.reason == Reason::Loop && signal.fires())
    };
    for texts in [
        ["unblock my card please", "my card, please unblock", "please do unblock my card"],
        [
            "kitchen ka mixer exchange karna hai",
            "mixer exchange karna hai kitchen wala",
            "kitchen wala mixer exchange karna hai",
        ],
        [
            "Mein Paket ist nicht angekommen",
            "mein Paket kam nicht an, nicht angekommen",
            "das Paket ist nicht angekommen",
        ],
    ] {
        assert!(says_thrice(texts), "{texts:?}");
    }
    for texts in [
        ["card number 6035 1180 22", "card number 6035 1180 23", "card number 6035 1180 29"],
        ["where is my order", "can I change the address", "when does the shop open"],
    ] {
        assert!(!says_thrice(texts), "{texts:?}");
    }
}

#[test]
fn standing_still_is_seen_however_much_the_ai_says_in_between() {
    let mut turns = Vec::new();
    let ids: Vec<String> = (0..25).map(|id| format!("t{id}")).collect();
    for (number, id) in ids.iter().enumerate() {
        turns.push(match number % 5 {
            0 => says(
                id,
                Role::Customer,
                ["and what about it", "hm, say more", "is there more"][number / 5 % 3],
            ),
            _ => says(id, Role::Ai, "One moment."),
        });
    }
    let said = last(&turns[..21]);
    assert!(said.iter().any(|signal| signal.reason == Reason::NoProgress && signal.fires()), "{said:?}");
}

#[test]
fn a_loop_names_no_turn_that_says_something_else() {
    let again = "Where is my parcel with the blue lamp?";
    let turns = [
        says("t1", Role::Customer, again),
        says("t2", Role::Customer, "My name is Ms Anna Petersen of Hamburg"),
        says("t3", Role::Customer, again),
        says("t4", Role::Customer, "You can also write to my office instead"),
        says("t5", Role::Customer, again),
    ];
    let said = last(&turns);
    let found = said.iter().find(|signal| signal.reason == Reason::Loop).expect("three times the same");
    assert_eq!((found.observed, &found.turns[..]), (Some(3.0), &["t5".to_owned()][..]));
}
