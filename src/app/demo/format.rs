//! The format of a script file: a name, how often it is played, and its steps in order of time.
//!
//! ```toml
//! name = "order_status"
//! weight = 12                  # of all weights
//! tenant = "shop"
//! channel = "chat"
//! language = "en"
//! [[step]]
//! role = "customer"            # a turn; or `outcome = "answered"`
//! after = 20                   # seconds after the step before, give or take a third
//! text = ["one of", "these"]   # `<order>` and other places are filled per conversation
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::outcome::OutcomeKind;
use crate::domain::turn::{Role, ToolStatus};

/// The files, in the order in which they are weighed.
const FILES: [(&str, &str); 19] = [
    ("missing_delivery.toml", include_str!("scripts/missing_delivery.toml")),
    ("order_status.toml", include_str!("scripts/order_status.toml")),
    ("password_reset.toml", include_str!("scripts/password_reset.toml")),
    ("billing_card.toml", include_str!("scripts/billing_card.toml")),
    ("asks_person_en.toml", include_str!("scripts/asks_person_en.toml")),
    ("asks_person_de.toml", include_str!("scripts/asks_person_de.toml")),
    ("asks_person_es.toml", include_str!("scripts/asks_person_es.toml")),
    ("ai_asks.toml", include_str!("scripts/ai_asks.toml")),
    ("low_confidence.toml", include_str!("scripts/low_confidence.toml")),
    ("tool_outage.toml", include_str!("scripts/tool_outage.toml")),
    ("going_in_circles.toml", include_str!("scripts/going_in_circles.toml")),
    ("frustrated.toml", include_str!("scripts/frustrated.toml")),
    ("not_understood.toml", include_str!("scripts/not_understood.toml")),
    ("silent_ai.toml", include_str!("scripts/silent_ai.toml")),
    ("comes_back.toml", include_str!("scripts/comes_back.toml")),
    ("gives_up.toml", include_str!("scripts/gives_up.toml")),
    ("only_greeted.toml", include_str!("scripts/only_greeted.toml")),
    ("nobody_answers.toml", include_str!("scripts/nobody_answers.toml")),
    ("safety.toml", include_str!("scripts/safety.toml")),
];

/// One script.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub name: String,
    pub weight: u64,
    pub tenant: String,
    pub channel: String,
    pub language: String,
    pub step: Vec<Step>,
}

/// A turn or an outcome; exactly one of `role` and `outcome` is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    role: Option<String>,
    outcome: Option<String>,
    /// Seconds.
    pub after: f64,
    /// How often the step is played, 0..1; always where it is absent.
    pub chance: Option<f64>,
    pub text: OneOf<String>,
    pub intent: Option<String>,
    pub intent_confidence: Option<f64>,
    pub confidence: Option<f64>,
    pub sentiment: Option<f64>,
    pub goal: Option<String>,
    pub summary: Option<String>,
    pub fallback: bool,
    pub handoff_requested: Option<String>,
    pub ended: Option<String>,
    pub action: Option<Action>,
    pub facts: BTreeMap<String, String>,
    pub verification: Option<Verification>,
    pub queue: Option<String>,
    pub reason: Option<String>,
    pub field: Option<String>,
    /// Seconds.
    pub hold: Option<f64>,
    /// Seconds.
    pub acw: Option<f64>,
    pub score: OneOf<f64>,
    pub score_max: Option<f64>,
    /// Whose hand-off an outcome is about; 1 where it is absent.
    pub episode: Option<u32>,
}

/// One value, or several to choose from; none where it is absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOf<T> {
    One(T),
    Any(Vec<T>),
}

impl<T> Default for OneOf<T> {
    fn default() -> Self {
        OneOf::Any(Vec::new())
    }
}

impl<T> OneOf<T> {
    pub fn choices(&self) -> &[T] {
        match self {
            OneOf::One(one) => std::slice::from_ref(one),
            OneOf::Any(any) => any,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub name: String,
    status: String,
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    pub result: Option<String>,
}

impl Action {
    pub fn status(&self) -> ToolStatus {
        // Checked by `read`.
        ToolStatus::ALL.into_iter().find(|status| status.name() == self.status).unwrap_or(ToolStatus::Failed)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    pub method: String,
    pub status: String,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Turn(Role),
    Outcome(OutcomeKind),
}

impl Step {
    /// Errors: neither, both, or an unknown word.
    pub fn kind(&self) -> Result<Kind, String> {
        match (&self.role, &self.outcome) {
            (Some(role), None) => {
                let known = Role::ALL.into_iter().find(|known| known.name() == role);
                known.map(Kind::Turn).ok_or_else(|| format!("unknown role `{role}`"))
            }
            (None, Some(outcome)) => {
                let known = OutcomeKind::ALL.into_iter().find(|known| known.name() == outcome);
                known.map(Kind::Outcome).ok_or_else(|| format!("unknown outcome `{outcome}`"))
            }
            (Some(_), Some(_)) | (None, None) => Err("a step is either a `role` or an `outcome`".to_owned()),
        }
    }
}

/// The scripts built in. Errors name the file; a test makes sure that there are none.
pub fn built_in() -> Result<Vec<Script>, String> {
    FILES.iter().map(|(file, text)| read(text).map_err(|error| format!("{file}: {error}"))).collect()
}

fn read(text: &str) -> Result<Script, String> {
    let script: Script = toml::from_str(text).map_err(|error| error.to_string())?;
    for (number, step) in script.step.iter().enumerate() {
        let number = number + 1;
        step.kind().map_err(|error| format!("step {number}: {error}"))?;
        let is_known = |action: &Action| ToolStatus::ALL.iter().any(|status| status.name() == action.status);
        if step.action.as_ref().is_some_and(|action| !is_known(action)) {
            return Err(format!("step {number}: unknown action status"));
        }
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::demo::cast::PLACES;

    #[test]
    fn the_built_in_scripts_can_be_read_and_have_different_names() {
        let scripts = built_in().unwrap();
        let names: BTreeSet<&str> = scripts.iter().map(|script| script.name.as_str()).collect();
        assert_eq!(names.len(), FILES.len());
        assert!(scripts.iter().all(|script| script.weight > 0 && !script.step.is_empty()));
    }

    #[test]
    fn scripts_name_only_places_that_are_drawn() {
        for (file, text) in FILES {
            for part in text.split('<').skip(1) {
                let place = part.split('>').next().unwrap_or_default();
                assert!(PLACES.contains(&place), "{file}: <{place}>");
            }
        }
    }

    #[test]
    fn a_wrong_script_is_refused_by_step() {
        let head = "name = 'x'\nweight = 1\ntenant = 't'\nchannel = 'c'\nlanguage = 'en'\n";
        for (step, expected) in [
            ("role = 'robot'", "step 1: unknown role `robot`"),
            ("outcome = 'lost'", "step 1: unknown outcome `lost`"),
            ("after = 1", "step 1: a step is either a `role` or an `outcome`"),
            ("role = 'ai'\noutcome = 'queued'", "step 1: a step is either a `role` or an `outcome`"),
            ("role = 'tool'\naction = { name = 'x', status = 'odd' }", "step 1: unknown action status"),
        ] {
            assert_eq!(read(&format!("{head}[[step]]\n{step}")).err().as_deref(), Some(expected), "{step}");
        }
    }
}
