//! A conversation in the changelog and in memory: packed, versioned bytes. The alphabet is that of [`super::packed`].
//!
//! ```text
//! version     1 byte
//! started_at  time (from 0); base of every other time
//! flags       which of the parts marked * are there, and what is true or false by itself
//! waits       variant phase, time last_at, time waiting_since*, time no_response_checked*, time worked_at*, and of a
//!             hand-off* (once more): time requested_at, option of a time closed_at, byte reminders
//! newest.at   time            newest.seq*  i64
//! profile     7 options of a word              goal, ai_summary options of a kept text
//! turns       5 counts        episode      count           summary_revision count
//! offsets     first i64, last - first i64
//! seen        prints
//! recent      list of: id event_id, variant role, time, kept text
//! steps       list of: word action, list of (word, word), variant status, option of a text result, id event_id
//! facts       list of: word name, list of word values, word value, variant source, id event_id, time, byte loose
//! verification*  option of a word method, word status, id event_id, time
//! sentiment*     f32 now, lowest, before
//! evidence*      left out where nothing is remembered; ends with the combination's peaks*: which, then a byte each
//! offer*, handoff*, end*, tally*
//! last_answer_at* time        previous* as handoff        heard* byte, byte, count words
//! added*         what layout 4 added (`added.rs`)
//! customer*      where there is evidence, what layout 9 added: flags, time customer_at*
//! ```
//!
//! What timers look at comes first: a restore of a million conversations reads no further ([`peek`]).
//! A field is one line in a `put_` function and one in the `take_` function of the same part, at the same place. A new
//! field needs a new [`VERSION`], and `take_` must go on reading the old one: what was written stays in changelogs for days.
//! Variants are stored by their place in `ALL`: append to those lists only.

mod added;
mod ending;
mod evidence;
mod handoff;

use self::ending::{put_end, put_tally, take_end, take_tally};
use self::evidence::{CUSTOMER_FROM, put_customer, put_evidence, take_customer, take_evidence};
use self::handoff::{put_handoff, put_offer, take_handoff, take_offer};
use super::Problem;
use super::packed::{self, Broken, Read, Reader, Writer};
use crate::domain::conversation::{
    Conversation, Evidence, HandoffWaits, Heard, KeptTurn, Newest, Offsets, Phase, Profile, Sentiment, Tally,
    TurnCounts, Waits,
};
use crate::domain::ids::Millis;
use crate::domain::package::{Fact, Source, StepTaken, Verification};
use crate::domain::turn::{Role, ToolStatus};

/// The layout above. 2 to 8 are read the same way: they knew fewer flags, and never set the others; up to 5 had no tension behind
/// the level of frustration, up to 6 did not say what takes an offer of the AI's up, 7 said less of it, and 8 did not keep when the
/// customer last wrote. (1 kept texts as they
/// are; it was never released.)
pub const VERSION: u8 = 9;
/// The oldest layout that is still read.
const OLDEST: u8 = 2;

/// What is there, and what is true or false by itself.
const FLAGS: usize = 16;

/// Appends the packed state.
pub fn encode(conversation: &Conversation, out: &mut Vec<u8>) {
    let c = conversation;
    let evidence = Some(&c.evidence).filter(|evidence| **evidence != Evidence::default());
    let tally = Some(&c.tally).filter(|tally| **tally != Tally::default());
    let mut writer = Writer::new(out);
    let w = &mut writer;
    w.byte(VERSION);
    w.time(c.started_at);
    w.set_base(c.started_at);
    w.flags([
        c.profile.is_test,
        c.newest.seq.is_some(),
        c.verification.is_some(),
        c.sentiment.is_some(),
        c.waiting_since.is_some(),
        evidence.is_some(),
        c.offer.is_some(),
        c.handoff.is_some(),
        c.end.is_some(),
        tally.is_some(),
        c.last_answer_at.is_some(),
        c.no_response_checked.is_some(),
        c.previous.is_some(),
        c.worked_at.is_some(),
        added::is_there(c),
        c.heard.is_some(),
    ]);
    put_waits(w, c.waits());
    w.time(c.newest.at);
    w.flagged(c.newest.seq, Writer::signed);
    put_profile(w, &c.profile);
    w.kept_option(c.goal.as_ref());
    w.kept_option(c.ai_summary.as_ref());
    for count in [c.turns.customer, c.turns.ai, c.turns.tool, c.turns.human, c.turns.system] {
        w.count(u64::from(count));
    }
    w.count(u64::from(c.episode));
    w.count(u64::from(c.summary_revision));
    w.signed(c.offsets.first);
    w.signed(c.offsets.last.wrapping_sub(c.offsets.first));
    w.prints(&c.seen);
    w.list(&c.recent, put_recent);
    w.list(&c.steps, put_step);
    w.list(&c.facts, put_fact);
    w.flagged(c.verification.as_ref(), put_verification);
    w.flagged(c.sentiment, put_sentiment);
    w.flagged(evidence, put_evidence);
    w.flagged(c.offer.as_ref(), put_offer);
    w.flagged(c.handoff.as_deref(), put_handoff);
    w.flagged(c.end.as_deref(), put_end);
    w.flagged(tally, put_tally);
    w.flagged(c.last_answer_at, Writer::time);
    w.flagged(c.previous.as_deref(), put_handoff);
    w.flagged(c.heard, put_heard);
    if added::is_there(c) {
        added::put(w, c);
    }
    if let Some(evidence) = evidence {
        put_customer(w, evidence);
    }
}

/// Reads it back. Errors: the bytes are not a state this version can read.
pub fn decode(bytes: &[u8]) -> Result<Box<Conversation>, Problem> {
    packed::read(bytes, take)
}

/// Reads no further than the timers look. Errors: the bytes do not begin as a state this version can read.
pub fn peek(bytes: &[u8]) -> Result<Waits, Problem> {
    packed::read_head(bytes, |r| Ok(take_head(r)?.waits))
}

/// The part of the layout down to `waits`.
struct Head {
    layout: u8,
    started_at: Millis,
    flags: [bool; FLAGS],
    waits: Waits,
}

fn take_head(r: &mut Reader<'_>) -> Read<Head> {
    let layout = r.byte()?;
    if !(OLDEST..=VERSION).contains(&layout) {
        return Err(Broken::Version);
    }
    let started_at = r.time()?;
    r.set_base(started_at);
    let flags: [bool; FLAGS] = r.flags()?;
    let [_, _, _, _, is_waiting, _, _, has_handoff, _, _, _, has_no_response, _, has_worked, _, _] = flags;
    let waits = Waits {
        phase: r.variant(&Phase::ALL)?,
        last_at: r.time()?,
        waiting_since: is_waiting.then(|| r.time()).transpose()?,
        no_response_checked: has_no_response.then(|| r.time()).transpose()?,
        worked_at: has_worked.then(|| r.time()).transpose()?,
        handoff: has_handoff.then(|| take_handoff_waits(r)).transpose()?,
    };
    Ok(Head { layout, started_at, flags, waits })
}

fn take(r: &mut Reader<'_>) -> Read<Box<Conversation>> {
    let Head { layout, started_at, flags, waits } = take_head(r)?;
    let [
        is_test,
        has_seq,
        has_verification,
        has_sentiment,
        _,
        has_evidence,
        has_offer,
        has_handoff,
        has_end,
        has_tally,
        has_answer,
        _,
        has_previous,
        _,
        has_added,
        has_heard,
    ] = flags;
    let newest = Newest { at: r.time()?, seq: has_seq.then(|| r.signed()).transpose()? };
    let mut conversation = Box::new(Conversation {
        started_at,
        last_at: waits.last_at,
        newest,
        profile: Profile { is_test, ..take_profile(r)? },
        goal: r.kept_option()?,
        ai_summary: r.kept_option()?,
        turns: take_counts(r)?,
        episode: r.small()?,
        summary_revision: r.small()?,
        offsets: take_offsets(r)?,
        phase: waits.phase,
        seen: r.prints()?,
        recent: r.list(take_recent)?,
        steps: r.list(take_step)?,
        facts: r.list(take_fact)?,
        verification: has_verification.then(|| take_verification(r)).transpose()?,
        sentiment: has_sentiment.then(|| take_sentiment(r)).transpose()?,
        waiting_since: waits.waiting_since,
        worked_at: waits.worked_at,
        evidence: has_evidence.then(|| take_evidence(r, layout)).transpose()?.unwrap_or_default(),
        offer: has_offer.then(|| take_offer(r)).transpose()?,
        handoff: has_handoff.then(|| take_handoff(r).map(Box::new)).transpose()?,
        end: has_end.then(|| take_end(r).map(Box::new)).transpose()?,
        tally: has_tally.then(|| take_tally(r)).transpose()?.unwrap_or_default(),
        last_answer_at: has_answer.then(|| r.time()).transpose()?,
        no_response_checked: waits.no_response_checked,
        previous: has_previous.then(|| take_handoff(r).map(Box::new)).transpose()?,
        heard: has_heard.then(|| take_heard(r)).transpose()?,
    });
    if has_added {
        added::take_into(&mut conversation, r)?;
    }
    if has_evidence && layout >= CUSTOMER_FROM {
        take_customer(&mut conversation.evidence, r)?;
    }
    Ok(conversation)
}

fn put_waits(w: &mut Writer<'_, '_>, waits: Waits) {
    w.byte(waits.phase as u8);
    w.time(waits.last_at);
    w.flagged(waits.waiting_since, Writer::time);
    w.flagged(waits.no_response_checked, Writer::time);
    w.flagged(waits.worked_at, Writer::time);
    w.flagged(waits.handoff, |w, handoff| {
        w.time(handoff.requested_at);
        w.option(handoff.closed_at, Writer::time);
        w.byte(handoff.reminders);
    });
}

fn take_handoff_waits(r: &mut Reader<'_>) -> Read<HandoffWaits> {
    Ok(HandoffWaits { requested_at: r.time()?, closed_at: r.option(Reader::time)?, reminders: r.byte()? })
}

fn put_profile<'s>(w: &mut Writer<'_, 's>, profile: &'s Profile) {
    w.word_option(profile.tenant.as_deref());
    w.word_option(profile.channel.as_deref());
    w.word_option(profile.language.as_deref());
    w.word_option(profile.intent.as_deref());
    w.word_option(profile.ai_agent.as_deref());
    w.word_option(profile.ai_version.as_deref());
    w.word_option(profile.customer_ref.as_deref());
}

fn take_profile(r: &mut Reader<'_>) -> Read<Profile> {
    Ok(Profile {
        tenant: r.word_option()?,
        channel: r.word_option()?,
        language: r.word_option()?,
        intent: r.word_option()?,
        ai_agent: r.word_option()?,
        ai_version: r.word_option()?,
        customer_ref: r.word_option()?,
        is_test: false,
    })
}

fn put_heard(w: &mut Writer<'_, '_>, heard: Heard) {
    heard.code.into_iter().for_each(|letter| w.byte(letter));
    w.count(u64::from(heard.words));
}

fn take_heard(r: &mut Reader<'_>) -> Read<Heard> {
    Ok(Heard { code: [r.byte()?, r.byte()?], words: r.small()? })
}

fn take_counts(r: &mut Reader<'_>) -> Read<TurnCounts> {
    Ok(TurnCounts {
        customer: r.small()?,
        ai: r.small()?,
        tool: r.small()?,
        human: r.small()?,
        system: r.small()?,
    })
}

fn take_offsets(r: &mut Reader<'_>) -> Read<Offsets> {
    let first = r.signed()?;
    Ok(Offsets { first, last: first.wrapping_add(r.signed()?) })
}

fn put_recent<'s>(w: &mut Writer<'_, 's>, turn: &'s KeptTurn) {
    w.id(&turn.event_id);
    w.byte(turn.role as u8);
    w.time(turn.at);
    w.kept(&turn.text);
}

fn take_recent(r: &mut Reader<'_>) -> Read<KeptTurn> {
    Ok(KeptTurn { event_id: r.id()?, role: r.variant(&Role::ALL)?, at: r.time()?, text: r.kept()? })
}

fn put_step<'s>(w: &mut Writer<'_, 's>, step: &'s StepTaken) {
    w.word(&step.action);
    w.list(&step.arguments, |w, (name, value)| {
        w.word(name);
        w.word(value);
    });
    w.byte(step.status as u8);
    w.text_option(step.result.as_deref());
    w.id(&step.event_id);
}

fn take_step(r: &mut Reader<'_>) -> Read<StepTaken> {
    Ok(StepTaken {
        action: r.word()?,
        arguments: r.list(|r| Ok((r.word()?, r.word()?)))?,
        status: r.variant(&ToolStatus::ALL)?,
        result: r.text_option()?,
        event_id: r.id()?,
    })
}

fn put_fact<'s>(w: &mut Writer<'_, 's>, fact: &'s Fact) {
    w.word(&fact.name);
    w.words(&fact.values);
    w.word(&fact.value);
    w.byte(fact.source as u8);
    w.id(&fact.event_id);
    w.time(fact.at);
    w.byte(fact.loose);
}

fn take_fact(r: &mut Reader<'_>) -> Read<Fact> {
    let fact = Fact {
        name: r.word()?,
        values: r.words()?,
        value: r.word()?,
        source: r.variant(&Source::ALL)?,
        event_id: r.id()?,
        at: r.time()?,
        loose: r.byte()?,
    };
    if usize::from(fact.loose) > fact.values.len() { Err(Broken::List) } else { Ok(fact) }
}

fn put_verification<'s>(w: &mut Writer<'_, 's>, verification: &'s Verification) {
    w.word_option(verification.method.as_deref());
    w.word(&verification.status);
    w.id(&verification.event_id);
    w.time(verification.at);
}

fn take_verification(r: &mut Reader<'_>) -> Read<Verification> {
    Ok(Verification { method: r.word_option()?, status: r.word()?, event_id: r.id()?, at: r.time()? })
}

fn put_sentiment(w: &mut Writer<'_, '_>, sentiment: Sentiment) {
    w.single(sentiment.now);
    w.single(sentiment.lowest);
    w.single(sentiment.before);
}

fn take_sentiment(r: &mut Reader<'_>) -> Read<Sentiment> {
    Ok(Sentiment { now: r.single()?, lowest: r.single()?, before: r.single()? })
}

#[cfg(test)]
mod tests;
