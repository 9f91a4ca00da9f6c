//! Offer and hand-off with their signals, in a packed conversation.

use uuid::Uuid;

use crate::domain::conversation::{Ask, Handoff, Offer};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::wire::packed::{Read, Reader, Writer};

fn put_signal<'s>(w: &mut Writer<'_, 's>, signal: &'s Signal) {
    w.byte(signal.reason as u8);
    w.byte(signal.decision as u8);
    w.double(signal.strength);
    w.word_option(signal.rule_id.as_deref());
    w.ids(&signal.turns);
    w.option(signal.observed, Writer::double);
    w.option(signal.threshold, Writer::double);
}

fn take_signal(r: &mut Reader<'_>) -> Read<Signal> {
    Ok(Signal {
        reason: r.variant(&Reason::ALL)?,
        decision: r.variant(&Decision::ALL)?,
        strength: r.double()?,
        rule_id: r.word_option()?,
        turns: r.ids()?,
        observed: r.option(Reader::double)?,
        threshold: r.option(Reader::double)?,
    })
}

pub(super) fn put_offer<'s>(w: &mut Writer<'_, 's>, offer: &'s Offer) {
    w.flags([offer.open]);
    w.time(offer.at);
    w.list(&offer.signals, put_signal);
}

pub(super) fn take_offer(r: &mut Reader<'_>) -> Read<Offer> {
    let [open] = r.flags()?;
    Ok(Offer { open, at: r.time()?, signals: r.list(take_signal)?, combined: None })
}

pub(super) fn put_handoff<'s>(w: &mut Writer<'_, 's>, handoff: &'s Handoff) {
    w.flags([handoff.reasked, handoff.resolved, handoff.questions_reported]);
    w.bytes(handoff.id.as_bytes());
    w.count(u64::from(handoff.episode));
    w.time(handoff.requested_at);
    w.list(&handoff.signals, put_signal);
    w.signed(handoff.priority);
    w.word_option(handoff.queue.as_deref());
    w.words(&handoff.skills);
    w.word(&handoff.policy_version);
    w.time(handoff.customer_waiting_since);
    w.word_option(handoff.tenant.as_deref());
    w.word_option(handoff.channel.as_deref());
    w.word_option(handoff.intent.as_deref());
    w.word_option(handoff.ai_version.as_deref());
    w.word_option(handoff.outcome_queue.as_deref());
    w.option(handoff.queued_at, Writer::time);
    w.option(handoff.answered_at, Writer::time);
    w.option(handoff.closed_at, Writer::time);
    w.byte(handoff.reminders);
    w.times(&handoff.ai_turns);
    w.count(u64::from(handoff.replies));
    w.words(&handoff.facts_given);
    w.count(u64::from(handoff.replied));
    w.option(handoff.held_since, Writer::time);
    w.signed(handoff.held_ms);
    w.words(&handoff.asked_in_turns);
    w.list(&handoff.asks, |w, ask| {
        w.time(ask.at);
        w.id(&ask.event_id);
        w.list(&ask.signals, put_signal);
    });
}

pub(super) fn take_handoff(r: &mut Reader<'_>) -> Read<Handoff> {
    let [reasked, resolved, questions_reported] = r.flags()?;
    Ok(Handoff {
        id: Uuid::from_bytes(r.bytes()?),
        episode: r.small()?,
        requested_at: r.time()?,
        signals: r.list(take_signal)?,
        combined: None,
        priority: r.signed()?,
        queue: r.word_option()?,
        skills: r.words()?,
        policy: String::new(),
        policy_version: r.word()?,
        customer_waiting_since: r.time()?,
        tenant: r.word_option()?,
        channel: r.word_option()?,
        intent: r.word_option()?,
        ai_version: r.word_option()?,
        outcome_queue: r.word_option()?,
        queued_at: r.option(Reader::time)?,
        answered_at: r.option(Reader::time)?,
        closed_at: r.option(Reader::time)?,
        reminders: r.byte()?,
        ai_turns: r.times()?,
        replies: r.small()?,
        facts_given: r.words()?,
        replied: r.small()?,
        held_since: r.option(Reader::time)?,
        held_ms: r.signed()?,
        asked_in_turns: r.words()?,
        asks: r.list(|r| Ok(Ask { at: r.time()?, event_id: r.id()?, signals: r.list(take_signal)? }))?,
        questions_reported,
        reasked,
        resolved,
    })
}
