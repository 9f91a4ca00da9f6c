//! Where a hand-off goes: what rules and triggers ask for, else the policy's defaults.

use crate::domain::decision::{Reason, Signal};
use crate::domain::policy::Policy;

/// Queue, priority (smaller is more urgent) and skills.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routing {
    pub queue: Option<String>,
    pub priority: i64,
    pub skills: Vec<String>,
}

/// The first signal that names a queue gives it; the most urgent priority and all skills count.
pub(super) fn route(signals: &[Signal], policy: &Policy) -> Routing {
    let mut queue = None;
    let mut priority: Option<i64> = None;
    let mut skills: Vec<String> = Vec::new();
    for signal in signals {
        let switch = policy.triggers.switch(signal.reason);
        let (mut its_queue, mut its_priority) = (switch.queue.as_ref(), switch.priority);
        let rule = signal.rule_id.as_ref().and_then(|id| policy.rules.iter().find(|rule| rule.id == *id));
        if let (Reason::Policy, Some(rule)) = (signal.reason, rule) {
            its_queue = rule.queue.as_ref().or(its_queue);
            its_priority = rule.priority.or(its_priority);
            skills.extend(
                rule.skills.iter().filter(|skill| !skills.contains(skill)).cloned().collect::<Vec<_>>(),
            );
        }
        queue = queue.or(its_queue);
        priority = match (priority, its_priority) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    if skills.is_empty() {
        skills.clone_from(&policy.handoff.skills);
    }
    Routing {
        queue: queue.or(policy.handoff.queue.as_ref()).cloned(),
        priority: priority.unwrap_or(policy.handoff.priority),
        skills,
    }
}
