//! A policy that is applied while instances run: heard by all, kept by whoever takes over, explained with the text that was in
//! force.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::live::{Load, SEGUE, Site, Tail, Writer, says, until};

const OWN: &str = "version = \"7\"\n";
const APPLIED: &str = "version = \"8\"\n[triggers.customer_request]\nqueue = \"by-request\"\n";

/// Exit code, standard output as JSON (null if it is none), standard error.
fn segue(site: &Site, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(SEGUE);
    command.args(arguments).args(["--output", "json", "--config"]).arg(site.config("tool"));
    let Output { status, stdout, stderr } = command.output().expect("segue starts");
    let json = serde_json::from_slice(&stdout).unwrap_or_default();
    (status.code(), json, String::from_utf8_lossy(&stderr).into_owned())
}

fn of<'e>(events: &'e Tail, conversation: &str) -> &'e Value {
    let is_it = |event: &&Value| event["conversation_id"] == conversation;
    events.values.iter().find(is_it).unwrap_or_else(|| panic!("an event of {conversation}"))
}

/// Events that a turn caused, whole, in an order of their own.
fn by_turns(events: &[Value]) -> Vec<String> {
    let caused = events.iter().filter(|event| event["trigger_event_id"].is_string());
    let mut lines: Vec<String> = caused.map(Value::to_string).collect();
    lines.sort();
    lines
}

fn explained(site: &Site, conversation: &str) -> (Value, Value, Value) {
    let (code, said, error) = segue(site, &["policy", "explain", "--conversation", conversation]);
    assert_eq!(code, Some(0), "{error}");
    let verdicts = said["published"]["events"].as_array().expect("events").iter();
    assert!(verdicts.clone().count() > 0 && verdicts.clone().all(|one| one["verdict"] == "same"), "{said:#}");
    assert_eq!(said["published"]["other_policies"], serde_json::json!([]), "{said:#}");
    (said["policy"]["version"].clone(), said["earlier_policies"].clone(), said["input"]["doubts"].clone())
}

#[test]
fn an_applied_policy_is_in_force_everywhere_until_it_is_taken_back() {
    let Some(mut site) = Site::new("policies", 3, 1) else { return };
    site.create_topics(1);
    let [own, applied] = [("own.toml", OWN), ("applied.toml", APPLIED)].map(|(name, text)| {
        let file = site.folder.join(name);
        fs::write(&file, text).expect("a policy");
        file.display().to_string()
    });
    site.tables = format!("[policy]\nfile = \"{own}\"\n");
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let mut one = site.start("one");
    let first = load.turns(30);
    writer.turns(&first);
    events.reach(&load);
    let asked: Vec<&Value> =
        events.values.iter().filter(|event| event["reason"] == "customer_request").collect();
    assert!(
        asked.iter().all(|event| (&event["policy_version"], &event["queue"]) == (&"7".into(), &Value::Null))
    );
    let early = asked[0]["conversation_id"].as_str().expect("an id").to_owned();
    let known = events.values.len();

    // What cannot be used is not written; what is written is in force; the same once more is nothing new.
    let (code, _, error) = segue(&site, &["policy", "apply", "--show"]);
    assert!(code == Some(1) && error.contains("no policy is applied"), "{error}");
    let broken = site.folder.join("broken.toml");
    fs::write(&broken, "verison = \"9\"\n").expect("a file");
    let (code, _, error) = segue(&site, &["policy", "apply", broken.to_str().expect("a path")]);
    assert!(code == Some(2) && error.contains("broken.toml:1: verison"), "{error}");
    let (code, done, error) = segue(&site, &["policy", "apply", &applied]);
    assert_eq!((code, &done["written"], &done["before"]), (Some(0), &true.into(), &Value::Null), "{error}");
    let stamp = done["policy"].as_str().expect("a stamp").to_owned();
    assert!(stamp.starts_with("8@") && stamp.len() == 10, "{stamp}");
    let (_, again, _) = segue(&site, &["policy", "apply", &applied]);
    assert_eq!((&again["written"], &again["revision"]), (&false.into(), &done["revision"]));
    until("every partition is under it", || {
        // Each once, unless the group moves it in between.
        let log = one.log();
        let switched = log.iter().filter(|line| says(line, "another policy is in force"));
        switched.filter_map(|line| line["partition"].as_i64()).collect::<BTreeSet<_>>() == (0..3).collect()
    });
    let info = format!("segue_policy_info{{fingerprint=\"{}\",policy=\"applied.toml\"", &stamp[2..]);
    until("the metrics say so", || one.get("/metrics").is_some_and(|(_, page)| page.contains(&info)));

    // Whoever takes over goes on with it, though its own file says something else.
    one.kill();
    let two = site.start("two");
    writer.turns(&load.turns(30));
    events.reach(&load);
    let later: Vec<&Value> = events.values[known..]
        .iter()
        .filter(|event| event["reason"] == "customer_request" && event["type"] == "requested")
        .collect();
    assert!(!later.is_empty());
    let by =
        |event: &Value| (event["policy_version"].clone(), event["policy"].clone(), event["queue"].clone());
    for event in &later {
        assert_eq!(by(event), ("8".into(), "applied.toml".into(), "by-request".into()), "{event:#}");
    }
    assert!(two.has_logged(
        "the policy of our settings is not in force: another one was applied (`segue policy apply`)"
    ));
    let late = later[0]["conversation_id"].as_str().expect("an id").to_owned();
    assert_eq!(explained(&site, &early), ("7".into(), serde_json::json!([]), serde_json::json!([])));
    assert_eq!(explained(&site, &late), ("8".into(), serde_json::json!([]), serde_json::json!([])));
    let (_, shown, _) = segue(&site, &["policy", "apply", "--show"]);
    assert_eq!((&shown["policy"], &shown["name"]), (&Value::from(stamp.as_str()), &"applied.toml".into()));
    assert!(shown["text"].as_str().is_some_and(|text| text.contains("queue = \"by-request\"")), "{shown:#}");

    // A text that somebody else put there and nobody can read changes nothing.
    writer.policy("verison = \"9\"");
    until("it is refused", || two.has_logged("an applied policy cannot be used; the one in force stays"));
    let (code, done, error) = segue(&site, &["policy", "apply", "--withdraw"]);
    assert_eq!((code, &done["policy"]), (Some(0), &Value::Null), "{error}");
    until("the own policy is in force again", || {
        two.get("/metrics").is_some_and(|(_, page)| page.contains("policy=\"own.toml\""))
    });
    let known = events.values.len();
    writer.turns(&load.turns(12));
    events.reach(&load);
    assert!(events.values[known..].iter().any(|event| by(event).0 == "7"));
    assert_eq!(of(&events, &late)["policy_version"], "8");
    drop(one);
    let mut two = two;
    two.stop();

    // A replay of the topics goes by the policies that were in force: what turns caused comes out as it was published.
    let decisions = site.folder.join("decisions.jsonl");
    let mut replay = Command::new(SEGUE);
    replay.args(["replay", "--config"]).arg(site.config("tool")).arg("--decisions").arg(&decisions);
    site.ok(&mut replay);
    let replayed = fs::read_to_string(&decisions).expect("events");
    let replayed: Vec<Value> =
        replayed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(by_turns(&replayed), by_turns(&events.values));
    site.done();
}
