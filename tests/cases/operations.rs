//! What an operator sees: metrics of a running instance, traces carried through it, the log's level, the doctor.

use std::fs;
use std::process::{Command, Output};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use crate::documented;
use crate::live::{Instance, Load, SEGUE, Site, Tail, Writer, says, until};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const POLICY: &str = "version = \"7\"\n[[rules]]\nid = \"large-orders\"\n\
    when = 'number(facts.amount) >= 500.0'\ndecision = \"observe\"\n";

/// The value of the one sample with this name and these labels.
fn sample(instance: &Instance, start: &str) -> Option<f64> {
    let (_, page) = instance.get("/metrics")?;
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with(start)).collect();
    let values = lines.iter().filter_map(|line| line.split_whitespace().last()?.parse::<f64>().ok());
    values.reduce(|a, b| a + b)
}

#[test]
fn metrics_of_a_running_instance_are_those_of_the_table() {
    let Some(mut site) = Site::new("metrics", 2, 1) else { return };
    site.create_topics(1);
    let policy = site.folder.join("policy.toml");
    fs::write(&policy, POLICY).expect("a policy");
    // The same policy in its own shadow: every hand-off is there twice.
    site.tables = format!("[policy]\nfile = \"{0}\"\nshadow = [\"{0}\"]\n", policy.display());
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let instance = site.start("one");
    let turns = load.turns(60);
    writer.turns(&turns);
    writer.turns(&turns[..10]);
    writer.flush();
    let mut events = Tail::of(&site, "handoff.events");
    events.reach(&load);
    let is = |name: &str, value: f64| {
        until(&format!("{name} is {value}"), || sample(&instance, name) == Some(value))
    };
    is("segue_turns_total", (turns.len() + 10) as f64);
    is("segue_duplicates_total", 10.0);
    is("segue_handoffs_total", 20.0);
    is("segue_outputs_total{topic=\"events\"", 20.0);
    is("segue_shadow_handoffs_total{policy=\"policy.toml@7\"", 20.0);
    is("segue_outputs_total{topic=\"shadow_events\"", 20.0);
    is("segue_rule_errors_total{rule=\"large-orders\"", turns.len() as f64);
    is("segue_policy_info", 1.0);
    // Windows were written in transactions: markers stand at the end of the deltas, and are no lag.
    is("segue_lag_records", 0.0);
    is("segue_lag_seconds", 0.0);
    is("segue_broker_connected", 2.0);
    is("segue_restoring_partitions", 0.0);
    is("segue_dead_letters_total", 0.0);
    let (_, page) = instance.get("/metrics").expect("it answers");
    assert!(page.contains(",policy=\"policy.toml\",topology=\"conversations\",version=\"7\"} 1\n"), "{page}");
    documented::check(&page);

    // A stopped instance falls behind: its lag is what it finds when it goes on.
    instance.signal("STOP");
    let more = load.turns(30_000);
    writer.turns(&more);
    writer.flush();
    instance.signal("CONT");
    until("lag is seen", || {
        sample(&instance, "segue_lag_records{partition=\"0\",topic=\"turns\"").is_some_and(|lag| lag > 0.0)
    });
    is("segue_lag_records", 0.0);
    let mut instance = instance;
    instance.stop();
    site.done();
}

#[test]
fn the_trace_of_a_turn_goes_on_with_what_it_causes() {
    let Some(site) = Site::new("trace", 1, 1) else { return };
    site.create_topics(1);
    let instance = site.start("one");
    let writer = Writer::new(&site);
    let headers = OwnedHeaders::new()
        .insert(Header { key: "traceparent", value: Some(PARENT) })
        .insert(Header { key: "tracestate", value: Some("vendor=1") });
    let turn = |id: &str| {
        format!(
            r#"{{"event_id":"{id}","conversation_id":"{id}","event_time":1760000000000,"role":"customer","text":"please let me talk to a human agent"}}"#
        )
    };
    writer.with_headers("traced", &turn("traced"), headers.clone());
    writer.with_headers("plain", &turn("plain"), OwnedHeaders::new());
    writer.with_headers("broken", "no JSON", headers);
    writer.flush();
    for (topic, traced) in
        [("handoff.events", "traced"), ("conversation.summaries", "traced"), ("segue.dead-letters", "broken")]
    {
        let found = headers_of(&site, topic, if traced == "broken" { 1 } else { 2 });
        for (key, headers) in found {
            let expected: &[(&str, &str)] =
                if key == traced { &[("traceparent", PARENT), ("tracestate", "vendor=1")] } else { &[] };
            let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(headers, expected, "{topic} {key}");
        }
    }
    let mut instance = instance;
    instance.stop();
    site.done();
}

type Found = Vec<(String, Vec<(String, String)>)>;

/// Keys and headers of the first `count` records of a topic of one partition.
fn headers_of(site: &Site, topic: &str, count: usize) -> Found {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("group.id", format!("{}headers", site.prefix))
        .set("isolation.level", "read_committed")
        .create()
        .expect("a consumer");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&site.topic(topic), 0, Offset::Beginning).expect("an offset");
    consumer.assign(&list).expect("assigned");
    let mut found = Found::new();
    until(&format!("{count} records of {topic}"), || {
        if let Some(Ok(message)) = consumer.poll(std::time::Duration::from_millis(50)) {
            let text =
                |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).expect("text");
            let headers = message
                .headers()
                .map(|all| all.iter().map(|header| (header.key.to_owned(), text(header.value))).collect());
            found.push((text(message.key()), headers.unwrap_or_default()));
        }
        found.len() >= count
    });
    found
}

#[test]
fn the_log_level_changes_while_it_runs() {
    let Some(mut site) = Site::new("level", 1, 1) else { return };
    site.create_topics(1);
    let mut instance = site.start("one");
    instance.until_ready();
    let address = instance.log().into_iter().find(|line| says(line, "http listens")).expect("it listens");
    let url = format!("http://{}", address["address"].as_str().expect("an address"));
    let ask = |arguments: &[&str]| {
        Command::new(SEGUE).args(["log-level", "--url", &url]).args(arguments).output().expect("segue starts")
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(said(&ask(&[])), "info");
    assert_eq!(said(&ask(&["warn,segue::engine=debug"])), "warn,segue::engine=debug");
    let wrong = ask(&["loud"]);
    let error = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(1) && error.contains("`loud` is not a level"), "{error}");
    assert_eq!(said(&ask(&[])), "warn,segue::engine=debug");
    // The settings of the file count again.
    site.tables = "level = \"error\"\n".to_owned();
    site.config("one");
    instance.signal("HUP");
    until("the file's level counts", || said(&ask(&[])) == "error");
    site.tables = "level = \"loud\"\n".to_owned();
    site.config("one");
    instance.signal("HUP");
    assert_eq!(said(&ask(&["info"])), "info");
    instance.signal("HUP");
    until("wrong settings are told", || instance.has_logged("the settings were read again and are wrong"));
    assert_eq!(said(&ask(&[])), "info");
    instance.stop();
    site.done();
}

/// Runs the doctor: its exit code and its checks by area and name.
fn doctor(site: &Site, set: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let mut command = Command::new(SEGUE);
    command.args(["doctor", "--output", "json", "--config"]).arg(site.config("doctor"));
    set.iter().for_each(|one| _ = command.args(["--set", one]));
    let output = command.output().expect("segue starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = document["checks"].as_array().expect("checks").iter();
    let checks = checks
        .map(|check| {
            (
                text(check, "status"),
                text(check, "check"),
                format!("{} / {}", text(check, "found"), text(check, "remedy")),
            )
        })
        .collect();
    (output.status.code().expect("an exit code"), checks)
}

/// Whether a check of this status and name says `part`.
fn told(checks: &[(String, String, String)], status: &str, check: &str, part: &str) -> bool {
    checks.iter().any(|(s, c, said)| s == status && c.ends_with(check) && said.contains(part))
}

#[test]
fn the_doctor_finds_what_is_wrong_and_changes_nothing() {
    let Some(site) = Site::new("doctor", 3, 1) else { return };
    let (code, checks) = doctor(&site, &[]);
    assert_eq!(code, 2);
    assert!(told(&checks, "problem", "conversation.turns", "segue topics create"), "{checks:#?}");
    let (again, same) = doctor(&site, &[]);
    assert!(again == 2 && told(&same, "problem", "conversation.turns", "missing"), "it creates nothing");

    site.create_topics(1);
    let (code, checks) = doctor(&site, &[]);
    assert_eq!(code, 0, "{checks:#?}");
    for check in ["APIs", "transaction.version", "handoff.events", "topics", "effective settings"] {
        assert!(
            checks.iter().any(|(status, c, _)| status == "ok" && c.ends_with(check)),
            "{check}: {checks:#?}"
        );
    }
    assert!(told(&checks, "unknown", "transactional ids", "WRITE"));

    let alter = |topic: &str, set: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/kafka");
        site.ok(Command::new(script)
            .args(["tool", "kafka.admin.ConfigCommand", "--bootstrap-server", &site.bootstrap])
            .args([
                "--alter",
                "--entity-type",
                "topics",
                "--entity-name",
                &site.topic(topic),
                "--add-config",
                set,
            ]));
    };
    alter("conversation.turns", "retention.ms=3600000");
    alter("handoff.events", "max.message.bytes=100000");
    let state = format!("{}.state.changelog", site.application_id());
    alter(&state, "cleanup.policy=delete");
    let (code, checks) = doctor(&site, &["engine.threads=9", "dead_letters.include_value=true"]);
    assert_eq!(code, 2);
    for (status, check, part) in [
        ("warning", "conversation.turns", "set retention.ms="),
        ("problem", "handoff.events", "set max.message.bytes="),
        ("problem", ".state.changelog", "set cleanup.policy=compact"),
        ("warning", "engine.threads", "9 threads for 3 partitions"),
        ("warning", "dead_letters.include_value", "personal data"),
    ] {
        assert!(told(&checks, status, check, part), "{status} {check} {part}: {checks:#?}");
    }

    // Nobody listens there, and what only a cluster can tell is unknown.
    let (code, checks) = doctor(&site, &["kafka.bootstrap_servers=127.0.0.1:9"]);
    assert!(code == 2 && told(&checks, "problem", "127.0.0.1:9", "refused"), "{checks:#?}");
    assert!(told(&checks, "unknown", "topics", "does not answer"));
    let two = format!("kafka.bootstrap_servers={},127.0.0.1:9", site.bootstrap);
    assert!(told(&doctor(&site, &[&two]).1, "warning", "127.0.0.1:9", "the others answer"));
    let (code, checks) = doctor(&site, &["engine.threads=0"]);
    assert!(
        code == 2 && told(&checks, "problem", "settings", "0 is out of range; set it from 1 to 256"),
        "{checks:#?}"
    );
    site.done();
}

#[test]
fn the_doctor_sees_who_else_is_in_the_group() {
    let Some(site) = Site::new("doctor-group", 1, 1) else { return };
    site.create_topics(1);
    let stranger: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("group.id", site.application_id())
        .set("partition.assignment.strategy", "range")
        .create()
        .expect("a consumer");
    stranger.subscribe(&[&site.topic("conversation.turns")]).expect("subscribed");
    until("the stranger is a member", || {
        drop(stranger.poll(std::time::Duration::from_millis(50)));
        stranger.assignment().is_ok_and(|assignment| assignment.count() == 1)
    });
    let (code, checks) = doctor(&site, &[]);
    assert!(code == 2 && told(&checks, "problem", &site.application_id(), "assign by range"), "{checks:#?}");
    site.done();
}
