//! Which conversations needed a person: said by hand, or by what became of them.
//!
//! By outcomes (`--outcomes`): a conversation *needed* a person where one answered it and resolved it; it did *not* where the
//! desktop never heard of it, no person wrote in it, and it ended contained (`resolved_confirmed`, `resolved_assumed`).
//! Nothing is said of the others: who gave up, who was answered and not helped, who is still open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::watch::{At, Track, Watched};
use crate::app::replay_files::{Lines, not_json, remedied};
use crate::domain::ids::{self, Millis};
use crate::domain::outcome::OutcomeKind;
use crate::wire;

/// What is known of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    pub needed: bool,
    /// From where on a person was right: the labelled turn, else the last.
    pub right: At,
    /// Conversations of one group are never on both sides of a check.
    pub group: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    conversation_id: String,
    handoff: bool,
    event_id: Option<String>,
    /// From 1.
    turn: Option<usize>,
    group: Option<String>,
}

/// Labels by place of their conversation. Errors: a file cannot be read, a line is none, or names what is not in the turns;
/// with file and line.
pub fn read(file: &Path, watched: &Watched) -> Result<Vec<Option<Label>>, String> {
    let mut labels: Vec<Option<(Label, u64)>> = vec![None; watched.conversations.len()];
    let mut lines = Lines::open(file)?;
    let mut line = Vec::new();
    while let Some(number) = lines.next_into(&mut line)? {
        let told = |what: String| format!("{}:{number}: {what}", file.display());
        let said: Line = serde_json::from_slice(&line).map_err(|error| {
            let what = not_json(&line, &error);
            told(format!(
                "{what}; a line is {{\"conversation_id\": \"..\", \"handoff\": true|false}}, and may have \"turn\": 7 or \
                 \"event_id\": \"..\", and \"group\": \"..\""
            ))
        })?;
        let id = &said.conversation_id;
        let place = watched.find(id).ok_or_else(|| {
            told(format!("conversation_id: {id:?} has no turn in the files of --turns; remove the line, or add its turns"))
        })?;
        if let Some((_, first)) = labels[place] {
            return Err(told(format!("conversation_id: {id:?} has a label on line {first}; leave one")));
        }
        let label = label(&said, &watched.conversations[place]).map_err(told)?;
        labels[place] = Some((label, number));
    }
    let name = file.display();
    check(labels.into_iter().map(|label| label.map(|(label, _)| label)).collect(), &name.to_string())
}

fn label(said: &Line, track: &Track) -> Result<Label, String> {
    let id = &said.conversation_id;
    let turn =
        match (&said.event_id, said.turn) {
            (Some(event_id), _) => {
                let known = track.turns.iter().position(|met| met.event_id == *event_id);
                Some(known.ok_or_else(|| {
                    format!("event_id: {id:?} has no turn {event_id:?}; name one of its turns")
                })?)
            }
            (None, Some(turn)) if (1..=track.turns.len()).contains(&turn) => Some(turn - 1),
            (None, Some(turn)) => {
                let all = track.turns.len();
                return Err(format!("turn: {id:?} has no turn {turn}; write 1 to {all}"));
            }
            (None, None) => None,
        };
    let right = turn.map_or_else(|| track.last(), |turn| track.at_turn(turn));
    let group = ids::print(said.group.as_deref().unwrap_or(id));
    Ok(Label { needed: said.handoff, right, group })
}

/// What the desktop says of a conversation.
#[derive(Clone, Copy, Default)]
struct Fate {
    first_at: Millis,
    answered: bool,
    resolved: bool,
}

/// Labels from outcomes; see the module. Errors as for [`read`]; outcomes of conversations without turns are passed over.
pub fn derive(files: &[PathBuf], watched: &Watched) -> Result<Vec<Option<Label>>, String> {
    let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
    for file in files {
        let mut lines = Lines::open(file)?;
        let mut line = Vec::new();
        while let Some(number) = lines.next_into(&mut line)? {
            let outcome = wire::outcome::decode(&line).map_err(|problem| {
                let field = problem.field.map(|field| format!("{field}: ")).unwrap_or_default();
                format!("{}:{number}: {field}{}", file.display(), remedied(&problem.error))
            })?;
            let Some(place) = watched.find(&outcome.conversation_id) else { continue };
            let at = outcome.event_time;
            let fate = fates.entry(place).or_insert(Fate { first_at: at, ..Fate::default() });
            fate.first_at = fate.first_at.min(at);
            fate.answered |= outcome.kind == OutcomeKind::Answered;
            fate.resolved |= outcome.kind == OutcomeKind::Resolved;
        }
    }
    let labels =
        watched.conversations.iter().enumerate().map(|(place, track)| derived(track, fates.get(&place)));
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    check(labels.collect(), &names.join(", "))
}

fn derived(track: &Track, fate: Option<&Fate>) -> Option<Label> {
    let contained = matches!(track.end_kind.as_str(), "resolved_confirmed" | "resolved_assumed");
    let (needed, right) = match fate {
        Some(fate) if fate.answered && fate.resolved => {
            let before = track.turns.iter().rposition(|met| met.latest <= fate.first_at);
            (true, before.map_or_else(|| track.last(), |turn| track.at_turn(turn)))
        }
        None if contained && !track.person_wrote => (false, track.last()),
        Some(_) | None => return None,
    };
    Some(Label { needed, right, group: ids::print(&track.id) })
}

/// There is something to learn from.
fn check(labels: Vec<Option<Label>>, name: &str) -> Result<Vec<Option<Label>>, String> {
    let count = |needed: bool| labels.iter().flatten().filter(|label| label.needed == needed).count();
    match (count(true), count(false)) {
        (0, 0) => {
            Err(format!("{name}: no conversation of --turns is labelled; nothing can be tuned or learned"))
        }
        (0, _) => Err(format!("{name}: no label says that a person was needed; add such conversations")),
        (_, 0) => Err(format!(
            "{name}: every label says that a person was needed; add conversations that needed none"
        )),
        (_, _) => Ok(labels),
    }
}
