//! What the triggers remember, in a packed conversation.

use crate::domain::combination::{COMBINED, Peaks};
use crate::domain::conversation::{Evidence, Failure, Streak};
use crate::domain::text::{AiOffer, OptionPlace};
use crate::wire::packed::{Broken, Read, Reader, Writer};

/// The layout from which the level of frustration is followed by the tension.
const TENSION_FROM: u8 = 6;
/// The layout from which an offer of the AI's says what takes it up.
const OFFER_FROM: u8 = 7;
/// The layout from which it says where it stands among options, and what words are its own.
const OWN_WORDS_FROM: u8 = 8;
/// The layout from which the state ends with what [`put_customer`] writes.
pub(super) const CUSTOMER_FROM: u8 = 9;

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

pub(super) fn put_evidence<'s>(w: &mut Writer<'_, 's>, evidence: &'s Evidence) {
    let streaks = streaks(evidence).map(|streak| Some(streak).filter(|streak| **streak != Streak::default()));
    let [a, b, c, d, e, f, g] = streaks.map(|streak| streak.is_some());
    w.flags([a, b, c, d, e, f, g, evidence.person_declined]);
    let mood = Some([evidence.frustration, evidence.tension]).filter(|mood| *mood != [0.0, 0.0]);
    w.flags([
        evidence.confidence_average.is_some(),
        evidence.failing_tool.is_some(),
        evidence.progress_at.is_some(),
        mood.is_some(),
        evidence.ai_offer.is_some(),
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
    w.flagged(mood, |w, mood| mood.into_iter().for_each(|one| w.single(one)));
    w.count(u64::from(evidence.frustration_samples));
    w.flagged(evidence.ai_offer, put_offer);
    w.flagged(Some(evidence.failure).filter(|failure| *failure != Failure::None), |w, failure| {
        w.byte(failure as u8);
    });
    w.flagged(Some(evidence.peaks).filter(|peaks| *peaks != Peaks::default()), |w, Peaks(peaks)| {
        w.flags(peaks.map(|peak| peak > 0));
        peaks.into_iter().filter(|peak| *peak > 0).for_each(|peak| w.byte(peak));
    });
}

pub(super) fn take_evidence(r: &mut Reader<'_>, layout: u8) -> Read<Evidence> {
    let [
        low_confidence,
        not_understood,
        tool_failures,
        customer_repeats,
        ai_repeats,
        frustration,
        reports,
        person_declined,
    ] = r.flags()?;
    let [
        has_average,
        has_failing_tool,
        has_progress,
        has_mood,
        ai_offers,
        tools_worked,
        has_failure,
        has_peaks,
    ] = r.flags()?;
    let streak =
        |r: &mut Reader<'_>, is_there: bool| if is_there { take_streak(r) } else { Ok(Streak::default()) };
    let mood = |r: &mut Reader<'_>, is_there: bool| if is_there { r.single() } else { Ok(0.0) };
    Ok(Evidence {
        low_confidence: streak(r, low_confidence)?,
        not_understood: streak(r, not_understood)?,
        customer_not_understood: false,
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
        customer_at: None,
        frustration: mood(r, has_mood)?,
        tension: mood(r, has_mood && layout >= TENSION_FROM)?,
        frustration_samples: r.small()?,
        ai_offer: ai_offers.then(|| take_offer(r, layout)).transpose()?,
        person_declined,
        tools_worked,
        failure: has_failure.then(|| r.variant(&Failure::ALL)).transpose()?.unwrap_or_default(),
        peaks: has_peaks.then(|| take_peaks(r)).transpose()?.unwrap_or_default(),
    })
}

/// What is remembered of the customer's last turn, behind everything else.
pub(super) fn put_customer(w: &mut Writer<'_, '_>, evidence: &Evidence) {
    w.flags([evidence.customer_at.is_some(), evidence.customer_not_understood]);
    w.flagged(evidence.customer_at, Writer::time);
}

/// Reads it into the evidence that it belongs to.
pub(super) fn take_customer(evidence: &mut Evidence, r: &mut Reader<'_>) -> Read<()> {
    let [is_there, not_understood] = r.flags()?;
    evidence.customer_at = is_there.then(|| r.time()).transpose()?;
    evidence.customer_not_understood = not_understood;
    Ok(())
}

fn put_offer(w: &mut Writer<'_, '_>, offer: AiOffer) {
    w.count(u64::from(offer.by_word) << 1 | u64::from(offer.by_yes));
    w.byte(offer.place as u8);
    for words in [&offer.own, &offer.others] {
        let words = words.iter().take_while(|word| **word != 0);
        w.count(words.clone().count() as u64);
        words.for_each(|word| w.count(u64::from(*word)));
    }
}

fn take_offer(r: &mut Reader<'_>, layout: u8) -> Read<AiOffer> {
    if layout < OFFER_FROM {
        return Ok(AiOffer::PLAIN);
    }
    let packed = r.count()?;
    let mut offer = AiOffer { by_yes: packed & 1 != 0, by_word: (packed >> 1) as u32, ..AiOffer::PLAIN };
    if layout >= OWN_WORDS_FROM {
        offer.place = r.variant(&OptionPlace::ALL)?;
        for kept in [&mut offer.own, &mut offer.others] {
            let words = r.count()? as usize;
            // More than are kept are no state of ours.
            for place in kept.get_mut(..words).ok_or(Broken::List)? {
                *place = r.count()? as u32;
            }
        }
    }
    Ok(offer)
}

fn take_peaks(r: &mut Reader<'_>) -> Read<Peaks> {
    let mut peaks = Peaks::default();
    let there: [bool; COMBINED.len()] = r.flags()?;
    for (peak, _) in peaks.0.iter_mut().zip(there).filter(|(_, is_there)| *is_there) {
        *peak = r.byte()?;
    }
    Ok(peaks)
}
