//! The demo's conversations in a cluster, taken by an instance that answers its own health check.

use std::process::{Command, Output};

use serde_json::Value;

use crate::live::{Instance, SEGUE, Site, until};

#[test]
fn what_the_demo_plays_into_a_cluster_is_taken_and_handed_off() {
    let Some(site) = Site::new("demo", 2, 1) else { return };
    site.create_topics(1);
    let mut instance = site.start("taker");
    instance.until_ready();
    let url = format!("http://{}", instance.address().expect("it listens"));
    let asked = segue(&["healthcheck", "--url", &url]);
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    // A member is ready before it is given partitions, and again once it has restored them.
    let ready = ["healthcheck", "--ready", "--url", &url];
    until("its own check says that it is ready", || segue(&ready).status.success());

    let config = site.config("feeder");
    let config = config.to_str().expect("a path");
    let feeding = ["demo", "--to-kafka", "--config", config, "--conversations", "40", "--rate", "60000"];
    let played =
        segue(&[feeding.as_slice(), &["--speed", "100", "--seed", "5", "--output", "json"]].concat());
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    let said = String::from_utf8(played.stdout).expect("text");
    let said: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
    let (turns, outcomes) = (said["turns"].as_f64(), said["outcomes"].as_f64());
    assert_eq!(said["conversations"], 40);
    assert!(turns > Some(100.0) && outcomes > Some(20.0), "{said}");

    // Timers keep their own time: what the desktop says of a hand-off that a timer would have made is refused.
    until("everything is taken or refused", || {
        let sum = |one, other| Some(counted(&instance, one)? + counted(&instance, other)?);
        counted(&instance, "segue_turns_total") == turns
            && sum("segue_outcomes_total", "segue_dead_letters_total") == outcomes
    });
    assert_eq!(counted(&instance, "segue_duplicates_total"), Some(0.0));
    assert!(counted(&instance, "segue_handoffs_total") > Some(10.0));

    instance.stop();
    let asked = segue(&["healthcheck", "--url", &url]);
    assert_eq!(asked.status.code(), Some(1), "{}", String::from_utf8_lossy(&asked.stderr));
    site.done();
}

fn segue(arguments: &[&str]) -> Output {
    Command::new(SEGUE).args(arguments).output().expect("segue starts")
}

/// A metric summed over its labels.
fn counted(instance: &Instance, name: &str) -> Option<f64> {
    let (_, page) = instance.get("/metrics")?;
    let values = page.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once(' '));
    values.map(|(_, value)| value.parse::<f64>().ok()).sum()
}
