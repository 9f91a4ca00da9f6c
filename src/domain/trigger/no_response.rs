//! `no_response`: the customer waits and nobody answers. Asked at a timer, not at a turn.

use super::fired;
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::policy::Policy;
use crate::domain::turn::Role;

pub(super) fn signal(conversation: &Conversation, due: Millis, policy: &Policy) -> Option<Signal> {
    let bounds = &policy.triggers.no_response;
    let since = conversation.waiting_since.filter(|_| bounds.switch.enabled)?;
    match conversation.phase {
        Phase::Ai | Phase::Offered => {}
        Phase::Requested | Phase::Human | Phase::Ended => return None,
    }
    let waited_ms = due - since;
    if waited_ms < bounds.after_ms {
        return None;
    }
    let asked = conversation.recent.iter().filter(|kept| kept.role == Role::Customer && kept.at >= since);
    let turns = asked.map(|kept| kept.event_id.clone()).collect();
    let ratio = waited_ms as f64 / bounds.after_ms.max(1) as f64;
    let mut signal = fired(Reason::NoResponse, 0.5 * ratio, turns, &bounds.switch);
    (signal.observed, signal.threshold) = (Some(waited_ms as f64), Some(bounds.after_ms as f64));
    Some(signal)
}
