//! One conversation of a script: its own names, numbers and pace, step by step.

use std::borrow::Cow;

use super::cast::Cast;
use super::format::{Kind, Script, Step};
use super::random::Random;
use super::script::{DemoRecord, Timed};
use crate::domain::ids::{Millis, handoff_id};
use crate::domain::outcome::{Outcome, OutcomeKind};
use crate::domain::turn::{Action, Claim, Role, Turn};
use crate::wire;

/// A record before it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Played {
    Turn(Box<Turn<'static>>),
    Outcome(Box<Outcome<'static>>),
}

impl Played {
    /// Its event time.
    pub fn at(&self) -> Millis {
        match self {
            Played::Turn(turn) => turn.event_time,
            Played::Outcome(outcome) => outcome.event_time,
        }
    }

    /// Written.
    pub fn encode(self) -> Timed {
        let mut json = Vec::new();
        match self {
            Played::Turn(turn) => {
                wire::turn::encode(&turn, &mut json);
                let key = turn.conversation_id.into_owned();
                Timed { at_ms: turn.event_time, key, record: DemoRecord::Turn(json) }
            }
            Played::Outcome(outcome) => {
                wire::outcome::encode(&outcome, &mut json);
                let key = outcome.conversation_id.into_owned();
                Timed { at_ms: outcome.event_time, key, record: DemoRecord::Outcome(json) }
            }
        }
    }
}

/// One conversation being played.
pub struct Conversation<'a> {
    id: String,
    script: &'a Script,
    cast: Cast,
    speed: f64,
    ai_version: &'static str,
    started_at: Option<Millis>,
    now: Millis,
    turns: i64,
    outcomes: u32,
    queued_at: Option<Millis>,
    answered_at: Option<Millis>,
}

impl<'a> Conversation<'a> {
    /// Begins at `start`, with a cast drawn for it.
    pub fn new(
        id: String,
        script: &'a Script,
        start: Millis,
        speed: f64,
        random: &mut Random,
    ) -> Conversation<'a> {
        let cast = Cast::draw(random, start);
        let ai_version = *random.pick(&["4.2", "4.2", "4.3"]);
        Conversation {
            id,
            script,
            cast,
            speed,
            ai_version,
            started_at: None,
            now: start,
            turns: 0,
            outcomes: 0,
            queued_at: None,
            answered_at: None,
        }
    }

    /// Every step of the script that comes about, in order.
    pub fn play(mut self, random: &mut Random, records: &mut Vec<Played>) {
        for step in &self.script.step {
            let pace = 0.67 + 0.66 * random.unit();
            if step.chance.is_some_and(|chance| random.unit() >= chance) {
                continue;
            }
            self.now += ms(step.after * pace / self.speed);
            self.started_at.get_or_insert(self.now);
            // A step that is neither was refused when the script was read.
            match step.kind() {
                Ok(Kind::Turn(role)) => {
                    records.push(Played::Turn(Box::new(self.turn(step, role, random))));
                }
                Ok(Kind::Outcome(kind)) => {
                    records.push(Played::Outcome(Box::new(self.outcome(step, kind, random))));
                }
                Err(_) => {}
            }
        }
    }

    fn turn(&mut self, step: &Step, role: Role, random: &mut Random) -> Turn<'static> {
        self.turns += 1;
        let fill = |text: &String| -> Cow<'static, str> { self.cast.fill(text).into() };
        let text = step.text.choices();
        Turn {
            event_id: format!("{}-t{}", self.id, self.turns).into(),
            conversation_id: self.id.clone().into(),
            event_time: self.now,
            role,
            turn_seq: Some(self.turns),
            tenant: Some(self.script.tenant.clone().into()),
            channel: Some(self.script.channel.clone().into()),
            language: Some(self.script.language.clone().into()),
            text: (!text.is_empty()).then(|| fill(random.pick(text))),
            intent: step.intent.as_ref().map(fill),
            intent_confidence: step.intent_confidence,
            confidence: step.confidence,
            sentiment: step.sentiment,
            goal: step.goal.as_ref().map(fill),
            summary: step.summary.as_ref().map(fill),
            action: step.action.as_ref().map(|action| Action {
                name: action.name.clone().into(),
                status: action.status(),
                arguments: action
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.clone().into(), fill(value)))
                    .collect(),
                result: action.result.as_ref().map(fill),
            }),
            facts: step.facts.iter().map(|(name, value)| (name.clone().into(), fill(value))).collect(),
            verification: step
                .verification
                .as_ref()
                .map(|claim| Claim { method: Some(fill(&claim.method)), status: fill(&claim.status) }),
            fallback: step.fallback,
            handoff_requested: step.handoff_requested.as_ref().map(fill),
            ended: step.ended.as_ref().map(fill),
            ai_agent: Some(format!("{}bot", self.script.tenant).into()),
            ai_version: Some(self.ai_version.into()),
            customer_ref: Some(self.cast.words("customer").to_owned().into()),
            is_test: false,
            attributes: vec![("script".into(), self.script.name.clone().into())],
        }
    }

    fn outcome(&mut self, step: &Step, kind: OutcomeKind, random: &mut Random) -> Outcome<'static> {
        self.outcomes += 1;
        let waits_no_more = kind == OutcomeKind::Answered || kind == OutcomeKind::Abandoned;
        let wait_ms = self.queued_at.filter(|_| waits_no_more).map(|queued| self.now - queued);
        let hold_ms = step.hold.map(ms);
        let talk_ms = self
            .answered_at
            .filter(|_| kind == OutcomeKind::WrappedUp)
            .map(|answered| (self.now - answered - hold_ms.unwrap_or(0) - step.acw.map_or(0, ms)).max(0));
        match kind {
            OutcomeKind::Queued => self.queued_at = Some(self.now),
            OutcomeKind::Answered => self.answered_at = Some(self.now),
            OutcomeKind::Offered
            | OutcomeKind::Declined
            | OutcomeKind::Abandoned
            | OutcomeKind::CallbackRequested
            | OutcomeKind::Held
            | OutcomeKind::Retrieved
            | OutcomeKind::InfoRequested
            | OutcomeKind::Replied
            | OutcomeKind::Transferred
            | OutcomeKind::TransferredBack
            | OutcomeKind::Returned
            | OutcomeKind::WrappedUp
            | OutcomeKind::Resolved
            | OutcomeKind::Closed
            | OutcomeKind::Reopened
            | OutcomeKind::CsatRequested
            | OutcomeKind::Csat => {}
        }
        let score = step.score.choices();
        let handoff = handoff_id(&self.id, self.started_at.unwrap_or(self.now), step.episode.unwrap_or(1));
        Outcome {
            event_id: format!("{}-o{}", self.id, self.outcomes).into(),
            conversation_id: self.id.clone().into(),
            event_time: self.now,
            kind,
            handoff_id: Some(handoff.to_string().into()),
            agent_ref: self.answered_at.map(|_| self.cast.words("agent").to_owned().into()),
            queue: step.queue.clone().map(Cow::from),
            reason: step.reason.clone().map(Cow::from),
            field: step.field.clone().map(Cow::from),
            wait_ms,
            talk_ms,
            hold_ms,
            acw_ms: step.acw.map(ms),
            score: (!score.is_empty()).then(|| *random.pick(score)),
            score_max: step.score_max,
            attributes: Vec::new(),
        }
    }
}

fn ms(seconds: f64) -> Millis {
    (seconds * 1_000.0) as Millis
}
