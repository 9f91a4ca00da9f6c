//! The step being made: the conversation under change, and what it has caused so far, in order.
//!
//! Invariants: a test conversation is decided and published, and never counted; a shadow's step makes no summary, and
//! counts nothing but its own hand-offs and offers, at a place that names its policy.

use std::borrow::Cow;

use crate::domain::conversation::{Conversation, Handoff, Offer, Phase};
use crate::domain::decision::{HandoffEvent, HandoffKind, Mode};
use crate::domain::ids::{self, Millis};
use crate::domain::measure::{Counter, Measure, Place, Quantity};
use crate::domain::package::Package;
use crate::domain::rule::RuleSet;
use crate::domain::trigger::Evaluation;
use crate::domain::{Context, Effect, Step, limits, summary};

use super::routing::Routing;

/// See the module.
pub(super) struct Draft<'a> {
    pub id: &'a str,
    pub state: Box<Conversation>,
    pub context: Context<'a>,
    /// Event time of what is being done.
    pub at: Millis,
    /// The turn or outcome that causes it; a timer has none.
    pub cause: Option<Cow<'a, str>>,
    /// What the triggers said, for the step.
    pub said: Evaluation,
    /// Who owned the conversation when they said it.
    pub weighed_in: Phase,
    effects: Vec<Effect>,
    summary_due: bool,
}

impl<'a> Draft<'a> {
    pub fn new(
        id: &'a str,
        state: Box<Conversation>,
        context: Context<'a>,
        at: Millis,
        cause: Option<&'a str>,
    ) -> Self {
        let cause = cause.map(Cow::Borrowed);
        Draft {
            id,
            state,
            context,
            at,
            cause,
            said: Evaluation::default(),
            weighed_in: Phase::default(),
            effects: Vec::new(),
            summary_due: false,
        }
    }

    /// Remembers the record, so that it is recognised when it is delivered again.
    pub fn see(&mut self, print: u64) {
        if self.state.seen.len() == limits::SEEN_IDS {
            self.state.seen.remove(0);
        }
        self.state.seen.push(print);
    }

    /// One more, now, under what the conversation is now.
    pub fn count(&mut self, counter: Counter) {
        self.add(counter, 1, self.at, place(&self.state));
    }

    /// One more of a hand-off, now, under what it was when it was requested.
    pub fn count_handoff(&mut self, counter: Counter, handoff: Place) {
        self.add(counter, 1, self.at, handoff);
    }

    pub fn add(&mut self, counter: Counter, amount: i64, at: Millis, place: Place) {
        self.measure(Measure {
            quantity: Quantity::Count(counter),
            amount,
            at,
            place,
            sl_threshold_ms: None,
            short_abandon_ms: None,
        });
    }

    pub fn measure(&mut self, measure: Measure) {
        if measure.amount == 0 || self.state.profile.is_test {
            return;
        }
        match self.context.mode {
            Mode::Live => self.effects.push(Effect::Measure(measure)),
            Mode::Shadow if measure.quantity.is_of_policy() => {
                let policy = Some(self.context.policy.label());
                let place = Place { tenant: measure.place.tenant, policy, ..Place::default() };
                self.effects.push(Effect::Measure(Measure { place, ..measure }));
            }
            Mode::Shadow => {}
        }
    }

    /// The summary row is written anew, once, at the end of the step.
    pub fn summarize(&mut self) {
        self.summary_due = self.context.mode == Mode::Live;
    }

    /// Publishes what happened to a hand-off.
    pub fn publish(
        &mut self,
        kind: HandoffKind,
        handoff: &Handoff,
        note: Option<String>,
        package: Option<Package>,
    ) {
        let named = &handoff.policy;
        let event = HandoffEvent {
            kind,
            policy: if named.is_empty() { self.context.policy.name.clone() } else { named.clone() },
            handoff_id: handoff.id,
            episode: handoff.episode,
            reasons: handoff.signals.clone(),
            combined: handoff.combined.clone(),
            policy_version: handoff.policy_version.clone(),
            priority: handoff.priority,
            queue: queue(handoff).map(str::to_owned),
            skills: handoff.skills.clone(),
            customer_waiting_since: Some(handoff.customer_waiting_since)
                .filter(|_| !handoff.person_replied()),
            tenant: handoff.tenant.clone(),
            channel: handoff.channel.clone(),
            intent: handoff.intent.clone(),
            ai_version: handoff.ai_version.clone(),
            note,
            package: package.map(Box::new),
            ..self.event(kind)
        };
        self.effects.push(Effect::Handoff(Box::new(event)));
    }

    /// Publishes that the customer is asked; the hand-off that may follow has the same id.
    pub fn publish_offer(&mut self, offer: &Offer, routing: Routing, package: Package) {
        let event = HandoffEvent {
            reasons: offer.signals.clone(),
            combined: offer.combined.clone(),
            priority: routing.priority,
            queue: routing.queue,
            skills: routing.skills,
            customer_waiting_since: self.state.waiting_since,
            package: Some(Box::new(package)),
            ..self.event(HandoffKind::Offered)
        };
        self.effects.push(Effect::Handoff(Box::new(event)));
    }

    /// An event with what the conversation and the policy say; nothing of a hand-off yet.
    fn event(&self, kind: HandoffKind) -> HandoffEvent {
        let (profile, policy) = (&self.state.profile, self.context.policy);
        HandoffEvent {
            kind,
            handoff_id: ids::handoff_id(self.id, self.state.started_at, self.state.episode),
            conversation_id: self.id.to_owned(),
            episode: self.state.episode,
            event_time: self.at,
            trigger_event_id: self.cause.as_deref().map(str::to_owned),
            reasons: Vec::new(),
            combined: None,
            policy: policy.name.clone(),
            policy_version: policy.version.clone(),
            mode: self.context.mode,
            priority: policy.handoff.priority,
            queue: None,
            skills: Vec::new(),
            customer_waiting_since: None,
            tenant: profile.tenant.clone(),
            channel: profile.channel.clone(),
            language: self.state.language().map(str::to_owned),
            intent: profile.intent.clone(),
            ai_agent: profile.ai_agent.clone(),
            ai_version: profile.ai_version.clone(),
            customer_ref: profile.customer_ref.clone(),
            is_test: profile.is_test,
            note: None,
            package: None,
        }
    }

    /// The step, with the summary row if one is due.
    pub fn finish(mut self) -> Step {
        if self.summary_due {
            self.state.summary_revision += 1;
            let row = summary::row(self.id, &self.state, self.context.policy);
            self.effects.push(Effect::Summary(Box::new(row)));
        }
        Step {
            after: Some(self.state),
            effects: self.effects,
            signals: self.said.signals,
            combined: self.said.combined,
            weighed_in: self.weighed_in,
            duplicate: false,
            rules_without_value: self.said.rules_without_value,
        }
    }

    /// The last step: the final summary row, and no conversation any more.
    pub fn forget(mut self) -> Step {
        if self.context.mode == Mode::Live {
            self.state.summary_revision += 1;
            let row = summary::row(self.id, &self.state, self.context.policy);
            self.effects.push(Effect::Summary(Box::new(summary::SummaryRow { is_final: true, ..row })));
        }
        Step {
            after: None,
            effects: self.effects,
            signals: Vec::new(),
            combined: None,
            weighed_in: self.weighed_in,
            duplicate: false,
            rules_without_value: RuleSet::default(),
        }
    }
}

/// Where counts of a conversation go: what it is now, with queue and reason of its last hand-off.
pub(super) fn place(state: &Conversation) -> Place {
    let profile = &state.profile;
    let handoff = state.handoff.as_deref();
    Place {
        tenant: profile.tenant.clone(),
        channel: profile.channel.clone(),
        queue: handoff.and_then(queue).map(str::to_owned),
        reason: handoff.map(|handoff| handoff.reason().name().to_owned()),
        intent: profile.intent.clone(),
        ai_version: profile.ai_version.clone(),
        policy: None,
    }
}

/// Where counts of a hand-off go: what it was when requested, in the queue that the last outcome named.
pub(super) fn handoff_place(handoff: &Handoff) -> Place {
    Place { queue: queue(handoff).map(str::to_owned), ..requested_place(handoff) }
}

/// The same in the queue of the request: for counts that must be taken back at the same place.
pub(super) fn requested_place(handoff: &Handoff) -> Place {
    Place {
        tenant: handoff.tenant.clone(),
        channel: handoff.channel.clone(),
        queue: handoff.queue.clone(),
        reason: Some(handoff.reason().name().to_owned()),
        intent: handoff.intent.clone(),
        ai_version: handoff.ai_version.clone(),
        policy: None,
    }
}

fn queue(handoff: &Handoff) -> Option<&str> {
    handoff.outcome_queue.as_deref().or(handoff.queue.as_deref())
}
