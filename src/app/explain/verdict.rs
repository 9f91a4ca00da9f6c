//! What the policy did at a moment, and why it did no more: read off the states before and after it.

use super::history::{Did, Event};
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Decision, Signal};
use crate::domain::turn::Turn;

/// What is known of a moment.
pub struct Case<'a> {
    /// `None`: an outcome.
    pub turn: Option<&'a Turn<'a>>,
    pub before: Option<&'a Conversation>,
    pub after: Option<&'a Conversation>,
    /// `None`: the triggers were not asked.
    pub signals: Option<&'a [Signal]>,
    /// Strength of the combination, where the turn raised a peak of it.
    pub combined: Option<f64>,
    /// What that strength wants; `None`: it met no bound.
    pub together: Option<Decision>,
    /// What the record caused.
    pub events: &'a [Event],
    /// Why it could not be taken.
    pub refused: Option<&'a str>,
}

/// What was done, and the reason in words.
pub fn judge(case: &Case<'_>) -> (Did, String) {
    if let Some(refused) = case.refused {
        return (Did::Refuse, format!("the record was not taken: {refused}"));
    }
    let told = |kind: &str| case.events.iter().any(|event| event.kind == kind);
    let kinds: Vec<&str> = case.events.iter().map(|event| event.kind.as_str()).collect();
    let Some(turn) = case.turn else {
        return match (told("requested"), kinds.is_empty()) {
            (true, _) => {
                (Did::HandOff, "what the customer asked for after a return that came late".to_owned())
            }
            (false, true) => (Did::None, "it is noted".to_owned()),
            (false, false) => (Did::None, kinds.join(", ")),
        };
    };
    let Some(signals) = case.signals else {
        return (Did::Duplicate, "a record with this event_id was taken before".to_owned());
    };
    let fired: Vec<&Signal> = signals.iter().filter(|signal| signal.fires()).collect();
    let strongest = fired.iter().map(|signal| signal.decision).max();
    let wanted = strongest.max(case.together);
    let together = case.events.iter().find_map(|event| together(event, case.combined));
    let was_offered = case.before.is_some_and(|before| before.phase == Phase::Offered);
    if told("requested") {
        let why = match (strongest, together) {
            (Some(Decision::HandOff), _) => names(&fired, Decision::HandOff),
            (Some(Decision::Offer | Decision::Observe) | None, Some(together)) => together,
            (Some(Decision::Offer), None) if was_offered => {
                format!("a second signal after the offer: {}", names(&fired, Decision::Offer))
            }
            (Some(Decision::Offer | Decision::Observe) | None, None) => {
                "the customer accepts the offer".to_owned()
            }
        };
        return (Did::HandOff, why);
    }
    if told("offered") {
        let why = together.unwrap_or_else(|| names(&fired, Decision::Offer));
        return (Did::Offer, format!("the customer is asked first: {why}"));
    }
    let Some(after) = case.after else { return (Did::None, "nothing met its bound".to_owned()) };
    let closed = was_offered && after.phase == Phase::Ai;
    match wanted {
        None if closed => (Did::None, "nothing met its bound; the offer is closed".to_owned()),
        None if kinds.is_empty() => (Did::None, "nothing met its bound".to_owned()),
        None => (Did::None, format!("nothing met its bound; {}", kinds.join(", "))),
        Some(Decision::Observe) => {
            (Did::Observe, format!("the policy only observes {}", names(&fired, Decision::Observe)))
        }
        Some(Decision::Offer | Decision::HandOff) => (Did::Hold, held(case, turn, after, wanted)),
    }
}

/// Where the combination decided the event at this turn: what it rests on. (An offer's that is accepted later was met before.)
fn together(event: &Event, combined: Option<f64>) -> Option<String> {
    let strength =
        event.combined_strength.filter(|strength| event.is_decision() && Some(*strength) == combined)?;
    let adds = event.reasons.iter().filter(|reason| reason.contribution.is_some());
    let names: Vec<&str> = adds.map(|reason| reason.reason).collect();
    let bound = event.combined_threshold.unwrap_or_default();
    Some(format!("{} together, {strength:.2} at a bound of {bound}", names.join(", ")))
}

/// Why what met its bound led to no decision.
fn held(case: &Case<'_>, turn: &Turn<'_>, after: &Conversation, wanted: Option<Decision>) -> String {
    let told = |kind: &str| case.events.iter().any(|event| event.kind == kind);
    // The same turn may have ended what stood in the way.
    let phase = match after.phase {
        Phase::Ended if told("canceled") => Phase::Requested,
        Phase::Ended if told("completed") => Phase::Human,
        phase => phase,
    };
    let was_offered = case.before.is_some_and(|before| before.phase == Phase::Offered);
    let closed_at = after.handoff.as_ref().and_then(|handoff| handoff.closed_at);
    let ended_before = case.before.is_some_and(|before| before.phase == Phase::Ended);
    match phase {
        Phase::Requested => {
            format!("a hand-off of episode {} is under way, and an episode has one", after.episode)
        }
        Phase::Human => "a person owns the conversation".to_owned(),
        Phase::Ended if ended_before => "the conversation has ended".to_owned(),
        Phase::Offered => "the customer is asked already, and this is nothing new".to_owned(),
        Phase::Ai if was_offered => "the customer says no to the offer, and an episode has one".to_owned(),
        Phase::Ai | Phase::Ended => match wanted {
            _ if closed_at.is_some_and(|closed| turn.event_time <= closed) => {
                "the turn is of an episode that is over".to_owned()
            }
            Some(Decision::Offer) if after.offer.is_some() => {
                "an offer was made in this episode, and an episode has one".to_owned()
            }
            Some(Decision::Offer) if after.evidence.person_declined => {
                "the customer wants no person, and is offered none until they ask".to_owned()
            }
            Some(Decision::Observe | Decision::Offer | Decision::HandOff) | None => {
                "the conversation stands as it was".to_owned()
            }
        },
    }
}

/// The signals that want `decision`.
fn names(fired: &[&Signal], decision: Decision) -> String {
    let named: Vec<String> = fired
        .iter()
        .filter(|signal| signal.decision == decision)
        .map(|signal| match &signal.rule_id {
            Some(rule) => format!("rule “{rule}”"),
            None => signal.reason.name().to_owned(),
        })
        .collect();
    named.join(", ")
}
