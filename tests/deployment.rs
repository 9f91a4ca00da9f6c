//! What `deploy/` says is what the program does: its settings load, its command lines parse, its topics are those that
//! `segue topics` creates, its metrics are those that exist, and every alert has a runbook and a test.
//!
//! No tool is needed; `make deploy-check` does what needs one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use segue::app::render::screen::Format;
use segue::app::render::{Colour, Style};
use segue::app::{acl, policy_test, strimzi};
use segue::cli::{Cli, Command};
use segue::config::{Settings, login};
use segue::engine::port::Topic;
use segue::kafka::{Names, topics};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files under `folder` whose name ends so, from the root of the package.
fn files(folder: &str, ending: &str) -> Vec<String> {
    fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join(folder), ending, &mut found);
    let mut names: Vec<String> =
        found.iter().map(|path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Every word of `text` that begins with `start` and goes on with letters that `more` takes.
fn words(text: &str, start: &str, more: impl Fn(char) -> bool) -> BTreeSet<String> {
    text.match_indices(start)
        .filter(|(at, _)| !text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
        .map(|(at, _)| text[at..].chars().take_while(|c| more(*c)).collect())
        .collect()
}

// --- settings and command lines ------------------------------------------------------------------------------------------

/// A policy is TOML as well; everything else of that kind is a settings file.
#[test]
fn every_settings_file_loads() {
    let files: Vec<String> =
        files("deploy", ".toml").into_iter().filter(|file| !file.starts_with("deploy/policies/")).collect();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let read = Settings::layered(Some((file.as_str(), text(&file).as_str())), [], &[], "host");
        assert!(read.is_ok(), "{}", read.unwrap_err());
    }
}

#[test]
fn every_variable_that_is_named_is_a_setting() {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut seen = BTreeSet::new();
    let named = ["docker-compose.yml", "README.md"].map(str::to_owned).into_iter();
    for file in named.chain(files("deploy", "")).chain(files("docs", "")) {
        // The pattern of the name itself, and the example of a secret whose value is up to the reader.
        let patterns = ["SEGUE__SECTION__KEY", "SEGUE__"];
        let names = words(&text(&file), "SEGUE__", is_part);
        for name in names.into_iter().filter(|name| !patterns.contains(&name.as_str())) {
            let value = if name.ends_with("_LISTEN") { "127.0.0.1:8080" } else { "1" };
            if let Err(refused) = Settings::layered(None, [(name.clone(), value.to_owned())], &[], "host") {
                assert!(
                    !refused.contains("unknown") && !refused.contains("did you mean"),
                    "{file}: {refused}"
                );
            }
            seen.insert(name);
        }
    }
    assert!(seen.contains("SEGUE__ENGINE__INSTANCE_ID"), "{seen:?}");
}

#[test]
fn every_case_of_a_policy_that_is_shipped_passes() {
    let files: Vec<PathBuf> =
        files("deploy/policies", ".cases.toml").iter().map(|file| root().join(file)).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let style = Style { colour: Colour::Plain, width: 100 };
    let report =
        policy_test::test(&files, None, Format::Text, style).unwrap_or_else(|it| panic!("{}", it.message));
    assert!(report.failed == 0 && report.passed > 25, "{}", report.shown);
}

/// The keys under which `src/config/keys.rs` reads settings, section and all.
fn setting_keys() -> BTreeSet<String> {
    let source = text("src/config/keys.rs");
    let parts = source.split(", &mut ").collect::<Vec<_>>();
    let mut keys = BTreeSet::new();
    for pair in parts.windows(2) {
        let Some(name) = pair[0].strip_suffix('"').and_then(|before| before.rsplit('"').next()) else {
            continue;
        };
        let section: String = pair[1].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        keys.insert(format!("{section}.{name}"));
    }
    keys.extend(login::Key::ALL.map(|key| key.full_name().to_owned()));
    keys.extend(Topic::ALL.map(|topic| format!("topics.{}", topic.key())));
    assert!(keys.len() > 60, "src/config/keys.rs cannot be read: {keys:?}");
    keys
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let page = text("docs/settings.md");
    let mut documented = BTreeSet::new();
    let rows = page.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    let mut defaults = BTreeSet::new();
    for row in rows.filter(|row| row.len() == 6) {
        let Some(key) = row[1].strip_prefix('`').and_then(|key| key.strip_suffix('`')) else { continue };
        documented.insert(key.to_owned());
        defaults.insert(format!("{key} = {}", row[2].trim_matches('`')));
    }
    assert_eq!(documented, setting_keys());
    let mut section = "";
    let shown = Settings::layered(None, [], &[], "host").unwrap().effective();
    for line in shown.lines().filter(|line| !line.starts_with("instance_id")) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((setting, _)) =
            line.split_once("  #").or(Some((line, ""))).filter(|(it, _)| !it.is_empty())
        {
            assert!(defaults.contains(&format!("{section}.{setting}")), "{section}.{setting}");
        }
    }
}

/// Lines `segue ...` of shell blocks, up to a pipe or a comment, options with values in quotes taken whole.
fn command_lines(markdown: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in markdown.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            is_shell = kind == "sh";
            continue;
        }
        let Some(command) = line.trim_start().strip_prefix("segue ").filter(|_| is_shell) else { continue };
        let end = command.find([';', '|', '>', '#', '&']).unwrap_or(command.len());
        let words = command[..end].trim_end_matches('\\').split_whitespace();
        lines.push(words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect());
    }
    lines
}

#[test]
fn every_command_line_that_is_shown_parses() {
    let mut count = 0;
    let named = ["README.md"].map(str::to_owned).into_iter();
    for file in named.chain(files("deploy", ".md")).chain(files("docs", ".md")) {
        for line in command_lines(&text(&file)) {
            let parsed = Cli::try_parse_from(std::iter::once("segue".to_owned()).chain(line.clone()));
            assert!(parsed.is_ok(), "{file}: segue {}: {}", line.join(" "), parsed.unwrap_err());
            count += 1;
        }
    }
    assert!(count > 10, "only {count} command lines found");
}

/// `command: ["topics", ...]` of the compose file: those that the program itself takes.
#[test]
fn every_command_of_the_compose_file_parses() {
    let compose = text("docker-compose.yml");
    let commands: Vec<Vec<String>> = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("command: "))
        .map(|list| serde_json::from_str(list).unwrap())
        .collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    for command in commands {
        let parsed = Cli::try_parse_from(std::iter::once("segue".to_owned()).chain(command.clone()));
        assert!(parsed.is_ok(), "{command:?}: {}", parsed.unwrap_err());
    }
}

// --- topics --------------------------------------------------------------------------------------------------------------

#[test]
fn strimzi_s_topics_are_those_that_the_program_plans() {
    let planned = topics::design(&Names::new("", "segue"), Some(12), Some(3));
    assert_eq!(
        text("deploy/strimzi/topics.yaml"),
        strimzi::topics(&planned, "my-cluster"),
        "segue topics plan --strimzi my-cluster --partitions 12 --replication-factor 3 > deploy/strimzi/topics.yaml"
    );
}

#[test]
fn the_chart_s_topics_are_those_that_the_program_plans() {
    // One copy, because the chart adds min.insync.replicas by its own value.
    let planned = topics::design(&Names::new("", "<app>"), Some(12), Some(1));
    let charted = json("deploy/helm/segue/files/topics.json");
    let charted: Vec<_> = charted.as_array().unwrap().iter().collect();
    assert_eq!(charted.len(), planned.len());
    for (chart, plan) in charted.into_iter().zip(planned) {
        let configs: serde_json::Map<_, _> =
            plan.configs.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
        assert_eq!(chart["name"], plan.name);
        assert_eq!(chart["partitions"].as_i64().unwrap_or(12), i64::from(plan.partitions), "{}", plan.name);
        assert_eq!(chart["configs"], Value::Object(configs), "{}", plan.name);
        // The key under [topics] by which a user renames it.
        let rename = format!("topics.{}=other", chart["key"].as_str().unwrap());
        assert!(Settings::layered(None, [], &[rename], "host").is_ok(), "{}", plan.name);
    }
}

#[test]
fn strimzi_s_user_may_do_what_the_program_says_it_needs() {
    let command = "segue acl --principal segue --format strimzi --cluster my-cluster";
    let Command::Acl(args) = Cli::parse_from(command.split(' ')).command else { panic!("{command}") };
    let set =
        ["security_protocol=sasl_ssl", "sasl_mechanism=SCRAM-SHA-512", "username=segue", "password_file=p"];
    let set = set.map(|setting| format!("kafka.{setting}"));
    let settings = Settings::layered(None, [], &set, "host").unwrap();
    assert_eq!(text("deploy/strimzi/user.yaml"), acl::text(&settings, &args).unwrap(), "{command}");
}

// --- metrics, alerts, dashboard ------------------------------------------------------------------------------------------

const ALERTS: &str = "deploy/prometheus/alerts.yml";
const ALERT_TESTS: &str = "deploy/prometheus/alerts_test.yml";
const DASHBOARD: &str = "deploy/grafana/segue.json";

/// The names of docs/metrics.md, a histogram's series included.
fn documented(table: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in table.lines() {
        let mut cells = line.split('|').map(str::trim);
        let Some(name) = cells.nth(1).and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`')) else {
            continue;
        };
        match cells.next() {
            Some("histogram") => {
                names.extend(["_bucket", "_sum", "_count"].map(|ending| format!("{name}{ending}")));
            }
            Some(_) | None => _ = names.insert(name.to_owned()),
        }
    }
    assert!(names.len() > 20, "docs/metrics.md has no table that can be read");
    names
}

#[test]
fn every_metric_that_is_used_is_documented() {
    let documented = documented(&text("docs/metrics.md"));
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    for file in [ALERTS, ALERT_TESTS, DASHBOARD] {
        let text = text(file);
        let used: BTreeSet<String> =
            words(&text, "segue_", is_part).into_iter().chain(words(&text, "process_", is_part)).collect();
        let unknown: Vec<_> = used.difference(&documented).collect();
        assert!(unknown.is_empty(), "{file} uses metrics that docs/metrics.md does not have: {unknown:?}");
        assert!(used.len() > 10, "{file}: {used:?}");
    }
}

fn alerts() -> BTreeSet<String> {
    text(ALERTS).lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect()
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let runbooks = text("docs/runbooks.md");
    let sections: BTreeSet<String> = runbooks
        .lines()
        .filter_map(|line| line.strip_prefix("## Segue"))
        .map(|name| format!("Segue{name}"))
        .collect();
    assert_eq!(sections, alerts());
    for name in alerts() {
        let link = format!("runbook_url: docs/runbooks.md#{}\n", name.to_lowercase());
        assert_eq!(text(ALERTS).matches(&link).count(), 1, "{name} has no link to its runbook");
    }
    for part in ["**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Mending.**"] {
        assert_eq!(runbooks.matches(part).count(), sections.len(), "{part}");
    }
}

#[test]
fn every_alert_fires_in_a_test() {
    let tests = text(ALERT_TESTS);
    let untested: Vec<String> =
        alerts().into_iter().filter(|name| !tests.contains(&format!("alertname=\"{name}\""))).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn every_panel_says_what_it_shows_and_asks_the_chosen_prometheus() {
    let dashboard = json(DASHBOARD);
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 30);
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap();
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().unwrap() {
            let asks = target["expr"].as_str().unwrap();
            assert!(asks.contains("instance=~\"$instance\"") || asks.contains("ALERTS"), "{title}: {asks}");
        }
    }
}

// --- the chart -----------------------------------------------------------------------------------------------------------

#[test]
fn the_chart_carries_the_same_alerts_and_dashboard() {
    for (original, copy) in [
        (ALERTS, "deploy/helm/segue/files/alerts.yml"),
        (DASHBOARD, "deploy/helm/segue/files/dashboard.json"),
    ] {
        assert!(text(original) == text(copy), "they differ: cp {original} {copy}");
    }
}

#[test]
fn the_chart_is_of_this_version_and_its_readme_has_every_value() {
    let chart = text("deploy/helm/segue/Chart.yaml");
    assert!(chart.contains(&format!("appVersion: \"{}\"\n", env!("CARGO_PKG_VERSION"))), "{chart}");
    let (readme, schema) =
        (text("deploy/helm/segue/README.md"), json("deploy/helm/segue/values.schema.json"));
    for name in schema["properties"].as_object().unwrap().keys().filter(|name| *name != "global") {
        assert!(readme.contains(&format!("| `{name}")), "{name} is not in the chart's README");
    }
}
