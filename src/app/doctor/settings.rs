//! Settings that can be read and are still a mistake; the policy file.

use std::path::Path;

use super::{Bench, Finding};
use crate::app::policy_files::{load_policy, load_shadows};
use crate::app::run::Failure;
use crate::config::Settings;

/// What is in force, and combinations that are suspicious.
pub(super) fn combinations(bench: &Bench) -> Vec<Finding> {
    let settings = &bench.settings;
    let engine = &settings.engine;
    let summary = format!(
        "application_id {}, instance_id {}, {} + {} threads, brokers {}",
        engine.application_id,
        engine.instance_id,
        engine.threads,
        engine.metrics_threads,
        settings.kafka.bootstrap_servers
    );
    let mut findings = vec![Finding::ok("effective settings", &summary)];
    if engine.join_wait_ms != 0 {
        let found =
            "waiting for the other input is not available in this version, and `segue run` refuses it";
        findings.push(Finding::problem("engine.join_wait_ms", found, "leave it at 0"));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if engine.threads + engine.metrics_threads > 2 * cores + 1 {
        let found =
            format!("{} threads on {cores} cores only take turns", engine.threads + engine.metrics_threads);
        let remedy = format!("lower engine.threads to about {cores}, and add instances instead");
        findings.push(Finding::warning("engine.threads", &found, &remedy));
    }
    if engine.accept_gap {
        let found = "input that is deleted before it was read is jumped over, and only counted";
        let remedy = "remove it once the gap it was set for is passed; `--accept-gap` does it for one start";
        findings.push(Finding::warning("engine.accept_gap", found, remedy));
    }
    if settings.dead_letters.include_value {
        let found = "dead letters carry the original bytes, which may hold personal data";
        let remedy = "set it to false, or restrict who reads the dead-letter topic";
        findings.push(Finding::warning("dead_letters.include_value", found, remedy));
    }
    if settings.log.level.to_ascii_lowercase().contains("trace") {
        let found = format!("log.level = \"{}\" writes a line for nearly every call", settings.log.level);
        let remedy = "use info, and `segue log-level` while something is being looked for";
        findings.push(Finding::warning("log.level", &found, remedy));
    }
    findings.extend(security(settings));
    findings.extend(timeouts(settings));
    findings
}

fn security(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Those of `[kafka]` and of `[kafka.properties]`.
    let properties = settings.kafka.client_properties();
    let protocol = properties.get("security.protocol").unwrap_or("plaintext").to_ascii_lowercase();
    let has = |prefix: &str| settings.kafka.properties.keys().any(|name| name.starts_with(prefix));
    if has("sasl.") && !protocol.starts_with("sasl") {
        let found = format!("sasl.* is set, and security.protocol is {protocol}: nobody logs in");
        findings.push(Finding::warning("security.protocol", &found, "set it to sasl_ssl"));
    }
    if has("ssl.") && !protocol.ends_with("ssl") {
        let found = format!("ssl.* is set, and security.protocol is {protocol}: nothing is encrypted");
        findings.push(Finding::warning("security.protocol", &found, "set it to ssl or sasl_ssl"));
    }
    let login = properties.get("sasl.mechanism").or(properties.get("sasl.mechanisms"));
    if protocol == "sasl_plaintext" && login.is_some_and(|mechanism| mechanism.eq_ignore_ascii_case("plain"))
    {
        let found = "PLAIN over sasl_plaintext sends the password in the clear";
        findings.push(Finding::warning("security.protocol", found, "set it to sasl_ssl"));
    }
    let off = |name| properties.get(name).is_some_and(|value| matches!(value, "false" | "none"));
    for name in ["enable.ssl.certificate.verification", "ssl.endpoint.identification.algorithm"] {
        if off(name) {
            let found = "the broker's identity is not checked: anyone between can read and change everything";
            findings.push(Finding::warning(name, found, "remove it, and set ssl.ca.location"));
        }
    }
    findings
}

fn timeouts(settings: &Settings) -> Vec<Finding> {
    let properties = settings.kafka.client_properties();
    let number =
        |name, default: u64| properties.get(name).and_then(|value| value.parse().ok()).unwrap_or(default);
    let mut findings = Vec::new();
    let (session, beat) = (number("session.timeout.ms", 15_000), number("heartbeat.interval.ms", 1_000));
    if session < 3 * beat {
        let found =
            format!("session.timeout.ms {session} is less than three of heartbeat.interval.ms {beat}");
        let remedy = "one lost heartbeat ends the membership: raise the one or lower the other";
        findings.push(Finding::warning("session.timeout.ms", &found, remedy));
    }
    let transaction = number("transaction.timeout.ms", 10_000);
    if transaction > 60_000 {
        let found =
            format!("{transaction} ms: a killed instance holds readers and its successor up for so long");
        findings.push(Finding::warning("transaction.timeout.ms", &found, "leave it at 10000"));
    }
    findings
}

/// The policy that would be in force, and those in its shadow.
pub(super) fn policy(bench: &Bench) -> Vec<Finding> {
    let remedy = "correct it; `segue policy check` says when it is right";
    let problems = |failure: Failure| {
        let found = |line: &str| Finding::problem("policy", line, remedy);
        failure.message.lines().map(found).collect::<Vec<_>>()
    };
    let file = bench.settings.policy.file.as_deref();
    let shown = file.unwrap_or("built-in");
    let mut findings = match load_policy(file.map(Path::new)) {
        Ok(policy) => {
            let found = format!("{shown}, version {}, {} rules", policy.version, policy.rules.len());
            vec![Finding::ok("policy", &found)]
        }
        Err(failure) => problems(failure),
    };
    match load_shadows(&bench.settings.policy.shadow) {
        Ok(shadows) => findings.extend(shadows.iter().map(|policy| {
            let found = format!("{}, in the shadow, {} rules", policy.label(), policy.rules.len());
            Finding::ok("policy", &found)
        })),
        Err(failure) => findings.extend(problems(failure)),
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Status;

    fn check(text: &str, expected: &[(&str, Status)]) {
        let settings = Settings::layered(Some(("segue.toml", text)), [], &[], "box").unwrap();
        let found: Vec<(String, Status)> =
            security(&settings).into_iter().chain(timeouts(&settings)).map(|f| (f.check, f.status)).collect();
        let expected: Vec<(String, Status)> =
            expected.iter().map(|(check, status)| ((*check).to_owned(), *status)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn suspicious_combinations_are_warnings() {
        let properties = |lines: &str| format!("[kafka.properties]\n{lines}");
        check("", &[]);
        check(
            &properties(
                "security.protocol = \"sasl_ssl\"\nsasl.mechanism = \"PLAIN\"\nsasl.username = \"x\"\nsasl.password = \"x\"",
            ),
            &[],
        );
        check(&properties("sasl.username = \"x\""), &[("security.protocol", Status::Warning)]);
        check(&properties("ssl.ca.location = \"x\""), &[("security.protocol", Status::Warning)]);
        check(
            &properties(
                "security.protocol = \"sasl_plaintext\"\nsasl.mechanisms = \"PLAIN\"\nsasl.username = \"x\"\nsasl.password = \"x\"",
            ),
            &[("security.protocol", Status::Warning)],
        );
        check(
            &properties("security.protocol = \"ssl\"\nenable.ssl.certificate.verification = false"),
            &[("enable.ssl.certificate.verification", Status::Warning)],
        );
        check(&properties("session.timeout.ms = 2000"), &[("session.timeout.ms", Status::Warning)]);
        check(&properties("transaction.timeout.ms = 600000"), &[("transaction.timeout.ms", Status::Warning)]);
    }
}
