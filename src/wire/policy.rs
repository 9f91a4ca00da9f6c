//! A policy file: TOML laid over the built-in policy, which is such a file too (`policy/built_in.toml`).
//!
//! What a file does not name keeps its built-in value; `rules` replaces the built-in list. Unknown keys, wrong types,
//! values out of range and rules that cannot be are refused, all of them together: `file:line: key: what and remedy`; then what
//! makes no sense together (`sense`).

mod keys;
pub mod languages;
mod sense;

use std::sync::Arc;

use crate::domain::decision::Decision;
use crate::domain::hearing::{Hearing, Lists};
use crate::domain::ids;
use crate::domain::policy::{Policy, Triggers};
use crate::domain::rule::Rule;
use crate::domain::text::Model;

use super::document::{self, Entry, Place};
use super::fields::{Reader, Writer};

/// The text of the built-in policy.
pub const BUILT_IN: &str = include_str!("policy/built_in.toml");

/// The name the built-in policy has in events.
pub const BUILT_IN_NAME: &str = "built-in";

/// Rules a policy may have.
const RULES: usize = 500;

/// The built-in policy.
pub fn built_in() -> Policy {
    let mut policy = keys::blank();
    if let Err(problems) = lay(BUILT_IN_NAME, BUILT_IN, &mut policy) {
        unreachable!("the built-in policy is part of the program and its tests load it: {problems}");
    }
    policy.name = BUILT_IN_NAME.to_owned();
    policy
}

/// Reads a policy text laid over the built-in one. `file` is used in messages (file:line: key: what and remedy) and, without its folder, as the
/// policy's name. Errors: every problem, a line each.
pub fn load(file: &str, text: &str) -> Result<Policy, String> {
    let (policy, written) = laid(file, text)?;
    let mut problems = sense::problems(&policy, &written);
    problems.sort_by_key(|(place, _)| place.line);
    let lines: Vec<String> = problems.iter().map(|(place, what)| format!("{place}: {what}")).collect();
    if lines.is_empty() { Ok(policy) } else { Err(lines.join("\n")) }
}

/// The same of a policy that was put in force: what makes no sense together is taken as it was then.
pub fn read_back(file: &str, text: &str) -> Result<Policy, String> {
    laid(file, text).map(|(policy, _)| policy)
}

/// A text laid over the built-in policy, and what the text names.
fn laid(file: &str, text: &str) -> Result<(Policy, Vec<Entry>), String> {
    let mut policy = built_in();
    let written = lay(file, text, &mut policy)?;
    policy.name = file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
    Ok((policy, written))
}

/// What is doubtful in a policy that can be used, a line each.
pub fn warnings(file: &str, policy: &Policy) -> Vec<String> {
    let version = built_in().version;
    let looks_built_in = || {
        format!(
            "{file}: version: it calls itself {version} in every event, as the built-in policy does; write version = \"1\" or \
             another name of yours above the first table"
        )
    };
    (policy.version == version).then(looks_built_in).into_iter().collect()
}

/// Checks a policy text. What `segue policy check` says: one line where all is well, else every problem.
pub fn check(file: &str, text: &str) -> Result<String, String> {
    load(file, text).map(|policy| valid(file, &policy))
}

/// What is said of a policy that was read.
pub fn valid(file: &str, policy: &Policy) -> String {
    let rules = policy.rules.len();
    let noun = if rules == 1 { "rule" } else { "rules" };
    format!("{file}: policy {} is valid: {rules} {noun}", policy.version)
}

/// The whole policy as TOML that loads back to the same policy.
pub fn show(policy: &Policy) -> String {
    let mut writer = Writer::default();
    writer.text.push_str(&format!("# The policy in force: {}.\n", policy.name.replace('\n', " ")));
    let mut copy = keys::copy(policy);
    keys::head(&mut copy, &mut writer);
    if policy.rules.is_empty() {
        writer.text.push_str("rules = []\n");
    }
    keys::body(&mut copy, &mut writer);
    for rule in &policy.rules {
        writer.element("rules");
        keys::rule(&mut RuleText::of(rule), &mut writer);
    }
    writer.text
}

/// The key that names the weight file of a model.
pub fn weights_key(model: Model) -> &'static str {
    match model {
        Model::Displeasure => "triggers.frustration.weights_file",
        Model::DispleasureElsewhere => "triggers.frustration.weights_file_elsewhere",
        Model::Request => "triggers.customer_request.weights_file",
        Model::Danger => "triggers.safety.weights_file",
        Model::Answer => "triggers.customer_request.weights_file_answer",
    }
}

/// Eight hexadecimal digits that stand for everything the policy says, its weights included, whatever it is called: two
/// policies of one version that differ are told apart.
pub fn fingerprint(policy: &Policy) -> String {
    let shown = show(policy);
    // Its first line is the name.
    let mut print = ids::print(shown.split_once('\n').map_or("", |(_, said)| said));
    for (place, model) in (0..).zip(Model::ALL) {
        if policy.triggers.weights_file(model).is_some() {
            let weights = super::weights::write(model, policy.lexicon.learned().of(model));
            // Two models of the same weights must not cancel out.
            print ^= ids::print_bytes(&weights).rotate_left(place);
        }
    }
    format!("{:08x}", (print >> 32) ^ (print & 0xffff_ffff))
}

/// `version@hash8`: what an applied policy is called.
pub fn stamp(policy: &Policy) -> String {
    format!("{}@{}", policy.version, fingerprint(policy))
}

/// A rule before its condition is compiled.
#[derive(Clone, Debug, PartialEq)]
struct RuleText {
    id: String,
    when: String,
    decision: Decision,
    queue: Option<String>,
    priority: Option<i64>,
    skills: Vec<String>,
}

impl RuleText {
    fn blank() -> RuleText {
        RuleText {
            id: String::new(),
            when: String::new(),
            decision: Decision::HandOff,
            queue: None,
            priority: None,
            skills: Vec::new(),
        }
    }

    fn of(rule: &Rule) -> RuleText {
        RuleText {
            id: rule.id.clone(),
            when: rule.when.clone(),
            decision: rule.decision,
            queue: rule.queue.clone(),
            priority: rule.priority,
            skills: rule.skills.clone(),
        }
    }
}

/// Lays a text over `policy`, and says what it names.
fn lay(file: &str, text: &str, policy: &mut Policy) -> Result<Vec<Entry>, String> {
    let written = document::parse(file, text)?;
    let mut reader = Reader::new(written.clone());
    keys::head(policy, &mut reader);
    keys::body(policy, &mut reader);
    if let Some(rules) = rules(&mut reader) {
        policy.rules = rules;
    }
    reader.finish()?;
    let Triggers { customer_request, safety, .. } = &policy.triggers;
    let lists = Lists {
        languages: customer_request.languages.clone(),
        request_phrases: customer_request.phrases.clone(),
        safety_phrases: safety.phrases.clone(),
    };
    policy.lexicon = Arc::new(Hearing::new(lists, super::weights::built_in()));
    Ok(written)
}

/// Reads `[[rules]]`; `None` where the text has none. A rule that cannot be is a problem of the reader and left out.
fn rules(reader: &mut Reader) -> Option<Vec<Rule>> {
    let mut ids: Vec<(String, Place)> = Vec::new();
    let rules = reader.list("rules", |reader, place| {
        let (at, when_line) = reader.place_of("when").unwrap_or((place.clone(), place.line));
        let id_at = reader.place_of("id").map_or_else(|| place.clone(), |(at, _)| at);
        let mut text = RuleText::blank();
        keys::rule(&mut text, reader);
        if text.id.is_empty() {
            reader.problem(&id_at, "rules: a rule needs an id; write id = \"what-it-is-for\"".to_owned());
            return None;
        }
        if let Some((_, first)) = ids.iter().find(|(id, _)| *id == text.id) {
            let what = format!(
                "rule \"{}\": the id is taken by the rule at {first}; give every rule its own",
                text.id
            );
            reader.problem(&id_at, what);
        }
        ids.push((text.id.clone(), id_at.clone()));
        if text.when.trim().is_empty() {
            let what = format!(
                "rule \"{}\": a rule needs a condition; write when = 'turn.intent == \"...\"'",
                text.id
            );
            reader.problem(&at, what);
            return None;
        }
        match Rule::new(text.id.clone(), text.when, text.decision) {
            Ok(rule) => {
                let place = Place { line: when_line, ..at }.to_string();
                Some(Rule { place, queue: text.queue, priority: text.priority, skills: text.skills, ..rule })
            }
            Err(flaw) => {
                let place = Place { line: when_line + flaw.line, ..at };
                reader.problem(&place, format!("rule \"{}\": {}", text.id, flaw.message));
                None
            }
        }
    })?;
    if rules.len() > RULES
        && let Some((_, place)) = ids.get(RULES)
    {
        reader
            .problem(&place.clone(), format!("rules: there are {}; at most {RULES} are taken", rules.len()));
    }
    Some(rules.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
