//! `customer_request`: the customer asks for a person, or says yes to the AI's offer of one, or the platform has understood
//! that they ask (an intent whose name says so). Where the rules hear nothing, what was learned from
//! labelled texts may. Its strength is the probability that they do.
//!
//! Who says that they want no person is not offered one, until they ask.

use super::{Answer, Look, fired, language, measured, one, weak};
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::decision::{Reason, Signal};
use crate::domain::text::{AiOffer, Evidence, LEARNED_YES_FROM, Reading, is_question};
use crate::domain::turn::{Role, Turn};

/// Share of the turns with such an intent in which a person is asked for (docs/learning.md).
const UNDERSTOOD: f64 = 0.7;
/// A platform that is less sure of its intent has not understood. One that does not say how sure it is has decided.
const SURE: f64 = 0.7;

/// Where a person was offered, what was learned counts from this probability on: many more ask then.
const OFFERED_FROM: f64 = 0.7;

/// What one does with a person, and who that is, in the name of an intent.
const VERBS: [&str; 13] = [
    "talk", "chat", "speak", "connect", "contact", "transfer", "reach", "request", "want", "need", "live",
    "human", "real",
];
const PEOPLE: [&str; 9] = [
    "agent",
    "human",
    "person",
    "representative",
    "operator",
    "supervisor",
    "manager",
    "advisor",
    "executive",
];
/// Words of such a name that say nothing else.
const OTHERS: [&str; 12] =
    ["to", "with", "a", "an", "the", "for", "my", "us", "customer", "service", "support", "now"];

/// What the customer says to the offer of a person that was made last. A late turn answers none.
pub(super) fn answer(look: Look<'_>, conversation: &Conversation) -> Option<Answer> {
    let turn = look.moment.turn;
    let (text, reading) = turn.text.as_deref().zip(look.customer_text()).filter(|_| !look.moment.late)?;
    let (lexicon, language) = (&look.policy.lexicon, language(turn, conversation));
    let was_offered = conversation.phase == Phase::Offered || conversation.evidence.ai_offer.is_some();
    let asks_models = look.policy.triggers.customer_request.learned_from < 1.0;
    let may_take_up =
        |offer| asks_models && lexicon.may_take_up(text, language, reading, offer) >= LEARNED_YES_FROM;
    match offer(conversation) {
        Some(offer) if lexicon.takes_up(text, language, reading, offer) => Some(Answer::Yes),
        Some(offer) if may_take_up(offer) => Some(Answer::Yes),
        Some(_) | None => (was_offered && lexicon.says_no(text, language.code())).then_some(Answer::No),
    }
}

/// `answer`: see [`answer`].
pub(super) fn signal(
    look: Look<'_>,
    answer: Option<Answer>,
    conversation: &mut Conversation,
) -> Option<Signal> {
    let agrees = answer == Some(Answer::Yes);
    let switch = &look.policy.triggers.customer_request.switch;
    let turn = look.moment.turn;
    if turn.role == Role::Ai {
        if let (Some(reading), false) = (look.reading, look.moment.late) {
            conversation.evidence.ai_offer = reading.offer.or_else(|| goes_on(turn, conversation, reading));
        }
        return None;
    }
    if turn.role != Role::Customer {
        return None;
    }
    let is_offered = !look.moment.late && offer(conversation).is_some();
    let bound = look.policy.triggers.customer_request.learned_from;
    let bound = if is_offered && bound < 1.0 { bound.min(OFFERED_FROM) } else { bound };
    let learned = look.reading.and_then(|reading| reading.learned_request(bound));
    let understood = is_understood(turn).then_some(UNDERSTOOD);
    let said =
        look.reading.and_then(|reading| Evidence { request: reading.request, agrees, learned }.probability());
    if let (Some(reading), false) = (look.reading, look.moment.late) {
        let evidence = &mut conversation.evidence;
        let asks = reading.asks_person() || learned.is_some() || agrees || understood.is_some();
        evidence.person_declined = !asks && (evidence.person_declined || reading.declines_person);
        if answer != Some(Answer::Yes) && (reading.declines_person || answer == Some(Answer::No)) {
            evidence.ai_offer = None;
        }
    }
    let strength = [said, understood].into_iter().flatten().reduce(f64::max).filter(|_| switch.enabled)?;
    if learned == Some(strength) {
        let signal = fired(Reason::CustomerRequest, strength, one(turn), switch);
        return Some(measured(signal, strength, bound));
    }
    Some(if strength >= Signal::FIRES {
        fired(Reason::CustomerRequest, strength, one(turn), switch)
    } else {
        weak(Reason::CustomerRequest, strength, switch)
    })
}

/// The offer of a person that the customer may take up: the AI's, or our own, which the AI has said nothing to yet.
fn offer(conversation: &Conversation) -> Option<AiOffer> {
    let ours = conversation.offer.as_ref().filter(|_| conversation.phase == Phase::Offered);
    let is_answered = |at| conversation.recent.iter().any(|kept| kept.role == Role::Ai && kept.at > at);
    let ours = ours.filter(|offer| !is_answered(offer.at)).map(|_| AiOffer::PLAIN);
    conversation.evidence.ai_offer.or(ours)
}

/// The AI goes on without an offer in its words. One that it has made stands until the customer answers, a question of theirs
/// apart ("how long is the wait?"), and a yes means it until something else is asked. Our own stands too; a question that
/// speaks of a person makes it, in words that no rule knows.
fn goes_on(turn: &Turn<'_>, conversation: &Conversation, reading: &Reading) -> Option<AiOffer> {
    let before = conversation.recent.iter().rev().find(|kept| kept.event_id != turn.event_id);
    let asks = (reading.asks_back || turn.text.as_deref().is_some_and(is_question)) && !reading.refers_back;
    let is_open = || {
        before.is_some_and(|kept| match kept.role {
            Role::Ai => true,
            Role::Customer => is_question(&kept.text.text()),
            Role::Tool | Role::Human | Role::System => false,
        })
    };
    let made = conversation.evidence.ai_offer.filter(|_| is_open());
    let made = made.map(|offer| AiOffer { by_yes: offer.by_yes && !asks, ..offer });
    let ours = conversation.phase == Phase::Offered && (!asks || reading.speaks_of_persons());
    made.or(ours.then_some(AiOffer::PLAIN))
}

/// The platform says, surely enough, that the customer asks for a person.
fn is_understood(turn: &Turn<'_>) -> bool {
    let sure = turn.intent_confidence.or(turn.confidence).is_none_or(|confidence| confidence >= SURE);
    sure && turn.intent.as_deref().is_some_and(names_a_request)
}

/// `talk_to_agent`, `CHAT_WITH_AN_AGENT`, `human.handoff`; not `agent_hours`.
fn names_a_request(intent: &str) -> bool {
    let words = || intent.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let is = |list: &[&str], word: &str| {
        list.iter().any(|one| word.trim_end_matches(['s', 'S']).eq_ignore_ascii_case(one))
    };
    let names = |list: &[&str]| words().any(|word| is(list, word));
    names(&PEOPLE)
        && words().any(|word| is(&VERBS, word) || is_handoff(word))
        && words().count() > 1
        && words().all(|word| is(&VERBS, word) || is(&PEOPLE, word) || is(&OTHERS, word) || is_handoff(word))
}

fn is_handoff(word: &str) -> bool {
    ["handoff", "handover", "escalation", "escalate", "takeover"]
        .iter()
        .any(|one| word.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::names_a_request;

    #[test]
    fn an_intent_says_by_its_name_that_a_person_is_asked_for() {
        for name in [
            "CHAT_WITH_AGENT",
            "chat-with-an-agent",
            "talk_to_human",
            "transfer_agent",
            "human.handoff",
            "contact_human_agent",
        ] {
            assert!(names_a_request(name), "{name}");
        }
        for name in [
            "agent",
            "agent_hours",
            "contact_number",
            "find_real_estate_agent",
            "talk_to_bot",
            "live_scores",
            "",
        ] {
            assert!(!names_a_request(name), "{name}");
        }
    }
}
