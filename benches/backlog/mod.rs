//! The backlog of the benchmarks: conversations of twelve turns of about 600 bytes, many at a time, the same in every run.

use segue::app::demo::random::Random;

const CUSTOMER: [&str; 6] = [
    "Hi, I placed an order last week and the tracking page still says it is being prepared, could you check what is happening with it please",
    "The charger that came in the box does not fit the socket, I have tried two different outlets and neither of them worked for me",
    "I would like to change the delivery address for the order I made yesterday evening, the new flat is only two streets away",
    "Thanks, that makes sense. One more thing, can you tell me whether the blue version will be back in stock before the end of the month",
    "I have entered the code from the e-mail and it says that it has expired, could you send me a new one so that I can log in again",
    "That is fine with me, please go ahead with the exchange and let me know when I should expect the parcel to be picked up",
];
const AI: [&str; 6] = [
    "I have looked this up for you: the parcel left our warehouse this morning and the carrier expects to deliver it within two working days",
    "Thank you for the details. I can see the order in our system and I am checking with the warehouse whether the item can be replaced",
    "I have updated the delivery address on the order and you will receive a confirmation by e-mail within the next few minutes",
    "The blue version is expected back on the eighteenth. I can put you on the list so that you get a message when it arrives",
    "I have sent a new code to the e-mail address on the account. It is valid for ten minutes, please enter it on the sign-in page",
    "The exchange is booked. The carrier will pick the parcel up on Thursday between nine and twelve, nothing needs to be printed",
];
const ASKS: &str = "This is not getting anywhere, I would like to talk to a human agent please and not to a machine any longer, thank you";

/// One turn of about 600 bytes.
pub fn turn(id: &str, seq: u64, at: i64, dice: &mut Random, asks: Asks) -> String {
    let customer = seq.is_multiple_of(2);
    let text = match (customer, asks) {
        (true, Asks::ForAPerson) => ASKS,
        (true, Asks::Nothing) => CUSTOMER[dice.below(6) as usize],
        (false, _) => AI[dice.below(6) as usize],
    };
    let (role, extra) = if customer {
        ("customer", format!(r#""sentiment":0.{},"#, dice.below(9)))
    } else {
        ("ai", format!(r#""confidence":0.{},"intent_confidence":0.9,"#, 7 + dice.below(3)))
    };
    // One case a conversation: its order and its customer stay the same.
    let case = id.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let order = 100_000 + case % 900_000;
    format!(
        r##"{{"event_id":"{id}-{seq}","conversation_id":"{id}","event_time":{at},"role":"{role}","turn_seq":{seq},"text":"{text}","channel":"chat","language":"en","tenant":"shop-{}","intent":"order_status",{extra}"fallback":false,"goal":null,"summary":null,"handoff_requested":null,"ended":null,"facts":{{"order_id":"#W{order}"}},"ai_agent":"shopbot","ai_version":"4.2","customer_ref":"u-{}","is_test":false,"attributes":{{"region":"eu-west","page":"orders"}}}}"##,
        case % 3,
        case % 50_000
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Nothing,
    ForAPerson,
}

pub const TURNS_EACH: u64 = 12;

/// A turn of the backlog, with its key.
pub struct Made {
    pub id: String,
    pub value: String,
}

/// Turns of `live` conversations at a time, four a millisecond from `start` on. One conversation in fifty asks for a person,
/// at its fifth turn.
pub fn turns(live: u64, start: i64) -> impl Iterator<Item = Made> {
    let mut dice = Random::new(7);
    let mut slots: Vec<(u64, u64)> = (0..live).map(|slot| (slot, 0)).collect();
    let mut conversations = live;
    (0_i64..).map(move |index| {
        let slot = dice.below(live) as usize;
        let (conversation, seq) = slots[slot];
        let id = format!("c-{conversation:08}-7f3a");
        let asks = if conversation.is_multiple_of(50) && seq == 4 { Asks::ForAPerson } else { Asks::Nothing };
        let value = turn(&id, seq, start + index / 4, &mut dice, asks);
        slots[slot] = if seq + 1 == TURNS_EACH {
            conversations += 1;
            (conversations - 1, 0)
        } else {
            (conversation, seq + 1)
        };
        Made { id, value }
    })
}
