//! `safety`: the customer's words tell of danger to someone, or of a topic the policy lists. Where the lists hear nothing, what was
//! learned from labelled texts may; its strength is then the probability. Always first.

use super::{Look, fired, measured, one};
use crate::domain::decision::{Reason, Signal};

pub(super) fn signal(look: Look<'_>) -> Option<Signal> {
    let safety = &look.policy.triggers.safety;
    let reading = look.customer_text().filter(|_| safety.switch.enabled)?;
    if reading.danger {
        return Some(fired(Reason::Safety, 1.0, one(look.moment.turn), &safety.switch));
    }
    let learned = reading.learned_danger(safety.learned_from)?;
    let signal = fired(Reason::Safety, learned, one(look.moment.turn), &safety.switch);
    Some(measured(signal, learned, safety.learned_from))
}
