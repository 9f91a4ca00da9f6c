//! `customer_request`: the customer asks for a person, or says yes to the AI's offer of one.

use super::{Look, fired, one};
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Reason, Signal};
use crate::domain::turn::Role;

/// How sure words are, and how sure a yes is.
const ASKED: f64 = 0.95;
const AGREED: f64 = 0.85;

pub(super) fn signal(look: Look<'_>, conversation: &mut Conversation) -> Option<Signal> {
    let switch = &look.policy.triggers.customer_request.switch;
    let reading = look.reading?;
    let turn = look.moment.turn;
    if turn.role == Role::Ai {
        if !look.moment.late {
            conversation.evidence.ai_offered_person = reading.offers_person;
        }
        return None;
    }
    let offered = conversation.evidence.ai_offered_person || conversation.phase == Phase::Offered;
    let strength = match () {
        () if reading.asks_person => ASKED,
        () if offered && reading.agrees && !look.moment.late => AGREED,
        () => return None,
    };
    switch.enabled.then(|| fired(Reason::CustomerRequest, strength, one(turn), switch))
}
