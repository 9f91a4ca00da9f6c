//! `safety`: the customer's words tell of danger to someone, or of a topic the policy lists. Always first.

use super::{Look, fired, one};
use crate::domain::decision::{Reason, Signal};

pub(super) fn signal(look: Look<'_>) -> Option<Signal> {
    let switch = &look.policy.triggers.safety.switch;
    let reading = look.customer_text()?;
    (switch.enabled && reading.danger).then(|| fired(Reason::Safety, 1.0, one(look.moment.turn), switch))
}
