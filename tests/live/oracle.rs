//! The comparison with `segue replay` of the same input: every event of every conversation in order, and every window row.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Instance, Line, Load, SEGUE, Site, Tail, Writer};

impl Site {
    /// The end of a run: the last turn, all instances stop in order, a bounded run does what is left; then live equals replay.
    pub fn finish(
        &self,
        mut load: Load,
        writer: &Writer,
        instances: impl IntoIterator<Item = Instance>,
        mut events: Tail,
    ) {
        writer.turns(&load.end());
        writer.flush();
        events.reach(&load);
        // All at once: none takes over what another leaves.
        let mut instances: Vec<Instance> = instances.into_iter().collect();
        instances.iter().for_each(|instance| instance.signal("TERM"));
        instances.iter_mut().for_each(Instance::end_in_order);
        self.ok(Command::new(SEGUE).args(["run", "--until-caught-up", "--config"]).arg(self.config("last")));
        self.compare(&load, events);
    }

    /// What has been published equals what a replay makes of the load.
    pub fn compare(&self, load: &Load, mut events: Tail) {
        events.catch_up();
        let mut rows = Tail::of(self, "handoff.metrics");
        rows.catch_up();
        let file = |name: &str| self.folder.join(name);
        write_lines(&file("turns.jsonl"), &load.turns);
        write_lines(&file("outcomes.jsonl"), &load.outcomes);
        self.ok(Command::new(SEGUE)
            .args(["replay", "--partitions", &self.partitions.to_string(), "--turns"])
            .arg(file("turns.jsonl"))
            .arg("--outcomes")
            .arg(file("outcomes.jsonl"))
            .arg("--decisions")
            .arg(file("decisions.jsonl"))
            .arg("--metrics")
            .arg(file("metrics.jsonl")));
        let expected = read_lines(&file("decisions.jsonl"));
        let asked: usize =
            load.wanted.iter().filter(|((_, kind), _)| *kind == "requested").map(|(_, count)| count).sum();
        let requested = expected.iter().filter(|event| event["type"] == "requested").count();
        assert!(requested >= asked, "a replay requests what was asked for: {requested} of {asked}");
        self.same("events of a conversation", by_conversation(events.values), by_conversation(expected));
        // Those of the acting policy.
        rows.values.retain(|row| row["policy"] == "_all");
        self.same("rows", last_rows(rows.values), last_rows(read_lines(&file("metrics.jsonl"))));
    }

    /// What a shadow policy has published equals what a replay of the load that was compared last makes of it, acting.
    pub fn compare_shadow(&self, policy: &Path) {
        let mut told = Tail::of(self, "handoff.shadow-events");
        told.catch_up();
        let file = |name: &str| self.folder.join(name);
        self.ok(Command::new(SEGUE)
            .args(["replay", "--partitions", &self.partitions.to_string(), "--turns"])
            .arg(file("turns.jsonl"))
            .arg("--outcomes")
            .arg(file("outcomes.jsonl"))
            .arg("--policy")
            .arg(policy)
            .arg("--decisions")
            .arg(file("shadow.jsonl")));
        let mut expected = read_lines(&file("shadow.jsonl"));
        assert!(!expected.is_empty(), "the policy hands off");
        expected.iter_mut().for_each(|event| event["mode"] = "shadow".into());
        self.same("shadow events", by_conversation(told.values), by_conversation(expected));
    }

    fn same<T: PartialEq + Debug>(
        &self,
        what: &str,
        live: BTreeMap<String, T>,
        replayed: BTreeMap<String, T>,
    ) {
        let keys: std::collections::BTreeSet<&String> = live.keys().chain(replayed.keys()).collect();
        let differ: Vec<&String> =
            keys.into_iter().filter(|key| live.get(*key) != replayed.get(*key)).collect();
        let Some(first) = differ.first() else { return };
        panic!(
            "{what}: {} of {} differ from the replay, {:?} ...\nlive:   {:?}\nreplay: {:?}\nlogs are in {}",
            differ.len(),
            replayed.len(),
            &differ[..differ.len().min(8)],
            live.get(*first),
            replayed.get(*first),
            self.folder.display()
        );
    }
}

fn write_lines(path: &Path, lines: &[Line]) {
    let text: String = lines.iter().flat_map(|line| [line.json.as_str(), "\n"]).collect();
    fs::write(path, text).expect("an input file");
}

fn read_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("replay has written it");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Events by conversation, in order, without the coordinates of the transcript.
fn by_conversation(events: Vec<Value>) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut event in events {
        if let Some(transcript) = event.pointer_mut("/package/transcript").and_then(Value::as_object_mut) {
            for name in ["topic", "partition", "first_offset", "last_offset"] {
                transcript.remove(name);
            }
        }
        let id = event["conversation_id"].as_str().unwrap_or_default().to_owned();
        found.entry(id).or_default().push(event);
    }
    found
}

/// The last row of each window, without how often it was written; a row of zeros equals no row.
fn last_rows(rows: Vec<Value>) -> BTreeMap<String, Value> {
    let mut last: BTreeMap<String, Value> = rows
        .into_iter()
        .map(|mut row| {
            for name in ["revision", "is_final"] {
                row.as_object_mut().expect("a row").remove(name);
            }
            (row["window_id"].as_str().unwrap_or_default().to_owned(), row)
        })
        .collect();
    last.retain(|_, row| row.as_object().expect("a row").iter().any(|(name, value)| counts(name, value)));
    last
}

/// Whether a field is a counter that counts something; times and parameters are none.
fn counts(name: &str, value: &Value) -> bool {
    let parameter =
        name.starts_with("window_") || name.ends_with("threshold_ms") || name == "short_abandon_ms";
    !parameter && value.as_i64().is_some_and(|count| count != 0)
}
