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
//! last_answer_at* time        previous* as handoff
//! combined*      of offer, handoff and previous an option of: f64 strength, f64 threshold, list of (variant reason, f64)
//! ```
//!
//! What timers look at comes first: a restore of a million conversations reads no further ([`peek`]).
//! A field is one line in a `put_` function and one in the `take_` function of the same part, at the same place. A new
//! field needs a new [`VERSION`], and `take_` must go on reading the old one: what was written stays in changelogs for days.
//! Variants are stored by their place in `ALL`: append to those lists only.

use uuid::Uuid;

use super::Problem;
use super::packed::{self, Broken, Read, Reader, Writer};
use crate::domain::combination::{COMBINED, Combined, Peaks};
use crate::domain::conversation::{
    Ask, Conversation, End, EndKind, Evidence, Failure, Handoff, HandoffWaits, KeptTurn, Newest, Offer,
    Offsets, Phase, Profile, Sentiment, Streak, Tally, TurnCounts, Waits,
};
use crate::domain::decision::{Decision, Reason, Signal};
use crate::domain::ids::Millis;
use crate::domain::measure::Place;
use crate::domain::package::{Fact, Source, StepTaken, Verification};
use crate::domain::turn::{Role, ToolStatus};

/// The layout above. 2 and 3 are read the same way: they knew fewer flags, and never set the others. (1 kept texts as they
/// are; it was never released.)
pub const VERSION: u8 = 4;
/// The oldest layout that is still read.
const OLDEST: u8 = 2;

/// What is there, and what is true or false by itself.
const FLAGS: usize = 15;

/// Appends the packed state.
pub fn encode(conversation: &Conversation, out: &mut Vec<u8>) {
    let c = conversation;
    let evidence = Some(&c.evidence).filter(|evidence| **evidence != Evidence::default());
    let combined = combined_of(c);
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
        combined.iter().any(Option::is_some),
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
    if combined.iter().any(Option::is_some) {
        combined.into_iter().for_each(|one| w.option(one, put_combined));
    }
}

/// What the combination said of offer, hand-off and the one before.
fn combined_of(c: &Conversation) -> [Option<&Combined>; 3] {
    [
        c.offer.as_ref().and_then(|offer| offer.combined.as_deref()),
        c.handoff.as_ref().and_then(|handoff| handoff.combined.as_deref()),
        c.previous.as_ref().and_then(|handoff| handoff.combined.as_deref()),
    ]
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
    started_at: Millis,
    flags: [bool; FLAGS],
    waits: Waits,
}

fn take_head(r: &mut Reader<'_>) -> Read<Head> {
    if !(OLDEST..=VERSION).contains(&r.byte()?) {
        return Err(Broken::Version);
    }
    let started_at = r.time()?;
    r.set_base(started_at);
    let flags: [bool; FLAGS] = r.flags()?;
    let [_, _, _, _, is_waiting, _, _, has_handoff, _, _, _, has_no_response, _, has_worked, _] = flags;
    let waits = Waits {
        phase: r.variant(&Phase::ALL)?,
        last_at: r.time()?,
        waiting_since: is_waiting.then(|| r.time()).transpose()?,
        no_response_checked: has_no_response.then(|| r.time()).transpose()?,
        worked_at: has_worked.then(|| r.time()).transpose()?,
        handoff: has_handoff.then(|| take_handoff_waits(r)).transpose()?,
    };
    Ok(Head { started_at, flags, waits })
}

fn take(r: &mut Reader<'_>) -> Read<Box<Conversation>> {
    let Head { started_at, flags, waits } = take_head(r)?;
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
        has_combined,
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
        evidence: has_evidence.then(|| take_evidence(r)).transpose()?.unwrap_or_default(),
        offer: has_offer.then(|| take_offer(r)).transpose()?,
        handoff: has_handoff.then(|| take_handoff(r).map(Box::new)).transpose()?,
        end: has_end.then(|| take_end(r).map(Box::new)).transpose()?,
        tally: has_tally.then(|| take_tally(r)).transpose()?.unwrap_or_default(),
        last_answer_at: has_answer.then(|| r.time()).transpose()?,
        no_response_checked: waits.no_response_checked,
        previous: has_previous.then(|| take_handoff(r).map(Box::new)).transpose()?,
    });
    if has_combined {
        take_combined_into(&mut conversation, r)?;
    }
    Ok(conversation)
}

/// As [`combined_of`].
fn take_combined_into(c: &mut Conversation, r: &mut Reader<'_>) -> Read<()> {
    let [of_offer, of_handoff, of_previous] =
        [r.option(take_combined)?, r.option(take_combined)?, r.option(take_combined)?];
    c.offer.iter_mut().for_each(|offer| offer.combined = of_offer.clone());
    c.handoff.iter_mut().for_each(|handoff| handoff.combined = of_handoff.clone());
    c.previous.iter_mut().for_each(|handoff| handoff.combined = of_previous.clone());
    Ok(())
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
    Ok(Fact {
        name: r.word()?,
        values: r.words()?,
        value: r.word()?,
        source: r.variant(&Source::ALL)?,
        event_id: r.id()?,
        at: r.time()?,
        loose: r.byte()?,
    })
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

fn put_streak<'s>(w: &mut Writer<'_, 's>, streak: &'s Streak) {
    w.count(u64::from(streak.count));
    w.ids(&streak.turns);
}

fn take_streak(r: &mut Reader<'_>) -> Read<Streak> {
    Ok(Streak { count: r.small()?, turns: r.ids()? })
}

/// The streaks of the evidence, in the order of their flags.
fn streaks(evidence: &Evidence) -> [&Streak; 7] {
    [
        &evidence.low_confidence,
        &evidence.not_understood,
        &evidence.tool_failures,
        &evidence.customer_repeats,
        &evidence.ai_repeats,
        &evidence.frustration_turns,
        &evidence.failure_reports,
    ]
}

fn put_evidence<'s>(w: &mut Writer<'_, 's>, evidence: &'s Evidence) {
    let streaks = streaks(evidence).map(|streak| Some(streak).filter(|streak| **streak != Streak::default()));
    w.flags(streaks.map(|streak| streak.is_some()));
    w.flags([
        evidence.confidence_average.is_some(),
        evidence.failing_tool.is_some(),
        evidence.progress_at.is_some(),
        evidence.frustration != 0.0,
        evidence.ai_offered_person,
        evidence.tools_worked,
        evidence.failure != Failure::None,
        evidence.peaks != Peaks::default(),
    ]);
    for streak in streaks.into_iter().flatten() {
        put_streak(w, streak);
    }
    w.flagged(evidence.confidence_average, Writer::single);
    w.flagged(evidence.failing_tool.as_ref(), |w, (tool, times)| {
        w.word(tool);
        w.count(u64::from(*times));
    });
    w.prints(&evidence.customer_prints);
    w.prints(&evidence.ai_prints);
    w.count(u64::from(evidence.turns_without_progress));
    w.flagged(evidence.progress_at, Writer::time);
    w.flagged(Some(evidence.frustration).filter(|level| *level != 0.0), Writer::single);
    w.count(u64::from(evidence.frustration_samples));
    w.flagged(Some(evidence.failure).filter(|failure| *failure != Failure::None), |w, failure| {
        w.byte(failure as u8);
    });
    w.flagged(Some(evidence.peaks).filter(|peaks| *peaks != Peaks::default()), |w, Peaks(peaks)| {
        w.flags(peaks.map(|peak| peak > 0));
        peaks.into_iter().filter(|peak| *peak > 0).for_each(|peak| w.byte(peak));
    });
}

fn take_evidence(r: &mut Reader<'_>) -> Read<Evidence> {
    let [low_confidence, not_understood, tool_failures, customer_repeats, ai_repeats, frustration, reports] =
        r.flags()?;
    let [
        has_average,
        has_failing_tool,
        has_progress,
        has_frustration,
        ai_offered_person,
        tools_worked,
        has_failure,
        has_peaks,
    ] = r.flags()?;
    let streak =
        |r: &mut Reader<'_>, is_there: bool| if is_there { take_streak(r) } else { Ok(Streak::default()) };
    Ok(Evidence {
        low_confidence: streak(r, low_confidence)?,
        not_understood: streak(r, not_understood)?,
        tool_failures: streak(r, tool_failures)?,
        customer_repeats: streak(r, customer_repeats)?,
        ai_repeats: streak(r, ai_repeats)?,
        frustration_turns: streak(r, frustration)?,
        failure_reports: streak(r, reports)?,
        confidence_average: has_average.then(|| r.single()).transpose()?,
        failing_tool: has_failing_tool.then(|| Ok((r.word()?, r.small()?))).transpose()?,
        customer_prints: r.prints()?,
        ai_prints: r.prints()?,
        turns_without_progress: r.small()?,
        progress_at: has_progress.then(|| r.time()).transpose()?,
        frustration: has_frustration.then(|| r.single()).transpose()?.unwrap_or_default(),
        frustration_samples: r.small()?,
        ai_offered_person,
        tools_worked,
        failure: has_failure.then(|| r.variant(&Failure::ALL)).transpose()?.unwrap_or_default(),
        peaks: has_peaks.then(|| take_peaks(r)).transpose()?.unwrap_or_default(),
    })
}

fn take_peaks(r: &mut Reader<'_>) -> Read<Peaks> {
    let mut peaks = Peaks::default();
    let there: [bool; COMBINED.len()] = r.flags()?;
    for (peak, _) in peaks.0.iter_mut().zip(there).filter(|(_, is_there)| *is_there) {
        *peak = r.byte()?;
    }
    Ok(peaks)
}

fn put_combined<'s>(w: &mut Writer<'_, 's>, combined: &'s Combined) {
    w.double(combined.strength);
    w.double(combined.threshold);
    w.list(&combined.contributions, |w, (reason, contribution)| {
        w.byte(*reason as u8);
        w.double(*contribution);
    });
}

fn take_combined(r: &mut Reader<'_>) -> Read<Box<Combined>> {
    let (strength, threshold) = (r.double()?, r.double()?);
    let contributions = r.list(|r| Ok((r.variant(&Reason::ALL)?, r.double()?)))?;
    Ok(Box::new(Combined { strength, threshold, contributions }))
}

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

fn put_offer<'s>(w: &mut Writer<'_, 's>, offer: &'s Offer) {
    w.flags([offer.open]);
    w.time(offer.at);
    w.list(&offer.signals, put_signal);
}

fn take_offer(r: &mut Reader<'_>) -> Read<Offer> {
    let [open] = r.flags()?;
    Ok(Offer { open, at: r.time()?, signals: r.list(take_signal)?, combined: None })
}

fn put_handoff<'s>(w: &mut Writer<'_, 's>, handoff: &'s Handoff) {
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

fn take_handoff(r: &mut Reader<'_>) -> Read<Handoff> {
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

fn put_end<'s>(w: &mut Writer<'_, 's>, end: &'s End) {
    w.flags([end.missed, end.silent]);
    w.time(end.at);
    w.byte(end.kind as u8);
    put_place(w, &end.place);
}

/// Without the policy: what a state remembers is counted by the policy whose state it is.
fn put_place<'s>(w: &mut Writer<'_, 's>, place: &'s Place) {
    w.word_option(place.tenant.as_deref());
    w.word_option(place.channel.as_deref());
    w.word_option(place.queue.as_deref());
    w.word_option(place.reason.as_deref());
    w.word_option(place.intent.as_deref());
    w.word_option(place.ai_version.as_deref());
}

fn take_place(r: &mut Reader<'_>) -> Read<Place> {
    Ok(Place {
        tenant: r.word_option()?,
        channel: r.word_option()?,
        queue: r.word_option()?,
        reason: r.word_option()?,
        intent: r.word_option()?,
        ai_version: r.word_option()?,
        policy: None,
    })
}

fn take_end(r: &mut Reader<'_>) -> Read<End> {
    let [missed, silent] = r.flags()?;
    Ok(End { at: r.time()?, kind: r.variant(&EndKind::ALL)?, missed, silent, place: take_place(r)? })
}

fn put_tally<'s>(w: &mut Writer<'_, 's>, tally: &'s Tally) {
    w.flags([tally.resolved]);
    w.count(u64::from(tally.handoffs));
    w.option(tally.first_reason, |w, reason| w.byte(reason as u8));
    w.list(&tally.reasons, |w, reason| w.byte(*reason as u8));
    w.option(tally.requested_at, Writer::time);
    w.option(tally.answered_at, Writer::time);
    w.option(tally.wait_ms, Writer::signed);
    w.signed(tally.talk_ms);
    w.signed(tally.hold_ms);
    w.signed(tally.acw_ms);
    w.count(u64::from(tally.transfers));
    w.count(u64::from(tally.reopened));
    w.option(tally.csat, Writer::double);
    w.count(u64::from(tally.repeat_requests));
    w.count(u64::from(tally.violations));
    w.option(tally.completeness.as_ref(), |w, (score, missing)| {
        w.double(*score);
        w.words(missing);
    });
    w.option(tally.first_handoff.as_deref(), put_place);
}

fn take_tally(r: &mut Reader<'_>) -> Read<Tally> {
    let [resolved] = r.flags()?;
    Ok(Tally {
        handoffs: r.small()?,
        first_reason: r.option(|r| r.variant(&Reason::ALL))?,
        reasons: r.list(|r| r.variant(&Reason::ALL))?,
        requested_at: r.option(Reader::time)?,
        answered_at: r.option(Reader::time)?,
        wait_ms: r.option(Reader::signed)?,
        talk_ms: r.signed()?,
        hold_ms: r.signed()?,
        acw_ms: r.signed()?,
        transfers: r.small()?,
        reopened: r.small()?,
        csat: r.option(Reader::double)?,
        repeat_requests: r.small()?,
        violations: r.small()?,
        completeness: r.option(|r| Ok((r.double()?, r.words()?)))?,
        first_handoff: r.option(take_place)?.map(Box::new),
        resolved,
    })
}

#[cfg(test)]
mod tests;
