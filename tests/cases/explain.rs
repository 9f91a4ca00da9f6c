//! `segue policy explain` against what a running instance has published.

use std::fs;
use std::process::{Command, Output};

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use crate::live::{Load, PATIENCE, SEGUE, Site, Tail, Writer};

const POLICY: &str = "version = \"7\"\n";

/// Asks for JSON: the exit code, the document (null if there is none), and standard error.
fn explain(site: &Site, id: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(SEGUE);
    command.args(["policy", "explain", "--output", "json", "--conversation", id, "--config"]);
    let Output { status, stdout, stderr } =
        command.arg(site.config("explain")).args(more).output().expect("segue starts");
    let document = serde_json::from_slice(&stdout).unwrap_or_default();
    (status.code(), document, String::from_utf8_lossy(&stderr).into_owned())
}

fn verdicts(document: &Value) -> Vec<(&str, &str)> {
    let events = document["published"]["events"].as_array().expect("published events").iter();
    events
        .map(|event| {
            (event["type"].as_str().unwrap_or_default(), event["verdict"].as_str().unwrap_or_default())
        })
        .collect()
}

#[test]
fn what_was_published_is_explained_and_what_differs_is_told() {
    let Some(mut site) = Site::new("explain", 3, 1) else { return };
    site.create_topics(1);
    let policy = site.folder.join("policy.toml");
    fs::write(&policy, POLICY).expect("a policy");
    site.tables = format!("[policy]\nfile = \"{}\"\n", policy.display());
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let mut instance = site.start("one");
    writer.turns(&load.turns(60));
    events.reach(&load);
    writer.outcomes(&load.outcomes());
    events.reach(&load);
    writer.turns(&load.end());
    events.reach(&load);
    instance.stop();
    // Timers of all partitions that are due by the last turn.
    site.ok(Command::new(SEGUE).args(["run", "--until-caught-up", "--config"]).arg(site.config("last")));

    // The first asks for a person, and its hand-off is closed; the second is left without an answer; the third is helped.
    let (code, asked, error) = explain(&site, "c-000000", &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert_eq!(
        verdicts(&asked),
        [("requested", "same"), ("accepted", "same"), ("completed", "same")],
        "{asked:#}"
    );
    assert_eq!(asked["decisions"][0]["why"], "customer_request");
    assert_eq!(asked["policy"]["version"], "7");
    assert_eq!(asked["input"]["doubts"], serde_json::json!([]));
    let (code, waited, _) = explain(&site, "c-000001", &[]);
    assert_eq!(code, Some(0));
    assert!(verdicts(&waited).iter().all(|(_, verdict)| *verdict == "same"), "{waited:#}");
    assert_eq!(waited["decisions"][0]["why"], "the customer waited and nobody answered");
    let (code, helped, _) = explain(&site, "c-000002", &[]);
    assert_eq!((code, verdicts(&helped)), (Some(0), vec![]));
    assert_eq!(helped["why_not"]["end"]["kind"], "resolved_confirmed");

    // Another policy decides otherwise, and both are named.
    let other = site.folder.join("other.toml");
    fs::write(&other, "version = \"8\"\n[triggers.customer_request]\ndecision = \"observe\"\n")
        .expect("a policy");
    let (code, differs, _) = explain(&site, "c-000000", &["--policy", other.to_str().expect("a path")]);
    assert_eq!(code, Some(0));
    assert_eq!(differs["published"]["other_policies"], serde_json::json!(["policy.toml 7"]));
    assert_eq!(verdicts(&differs)[0], ("requested", "not_reproduced"), "{differs:#}");

    // An id that is not there; a limit that leaves older records out; a beginning that retention has taken.
    let (code, _, error) = explain(&site, "c-O00000", &[]);
    assert!(code == Some(1) && error.contains("did you mean c-0000"), "{error}");
    let (code, _, error) = explain(&site, "c-000000", &["--scan-limit", "1"]);
    assert!(code == Some(1) && error.contains("no turn of this conversation"), "{error}");
    let requested =
        events.values.iter().find(|event| event["conversation_id"] == "c-000000").expect("its event");
    let transcript = &requested["package"]["transcript"];
    let partition = transcript["partition"].as_i64().expect("a partition") as i32;
    let first = transcript["first_offset"].as_i64().expect("an offset");
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&site.topic("conversation.turns"), partition, Offset::Offset(first + 1))
        .expect("an offset");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &site.bootstrap).create().expect("an admin client");
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(admin.delete_records(&list, &options))
        .expect("deleted");
    let (code, cut, _) = explain(&site, "c-000000", &[]);
    let doubt = cut["input"]["doubts"][0].as_str().unwrap_or_default();
    assert!(
        code == Some(0) && doubt.starts_with(&format!("its first turn was at offset {first}")),
        "{cut:#}"
    );
    site.done();
}
