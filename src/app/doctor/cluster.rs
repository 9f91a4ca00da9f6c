//! The brokers: each address, what they speak, what they allow, and their clock.

use super::{Bench, Finding, not_asked};
use crate::config::Settings;
use crate::engine::port::Topic;
use crate::kafka::examine::{self, Apis, Newest};
use crate::kafka::topics::Spec;
use crate::telemetry::process;

/// APIs that exactly-once needs: number, name, and the version that fences by generation or epoch.
const NEEDED: [(i16, &str, i16); 6] = [
    (11, "JoinGroup", 5),
    (22, "InitProducerId", 1),
    (24, "AddPartitionsToTxn", 0),
    (25, "AddOffsetsToTxn", 0),
    (26, "EndTxn", 1),
    (28, "TxnOffsetCommit", 3),
];
/// A record so far ahead of our clock is nobody's delay.
const AHEAD_MS: i64 = 60_000;

/// Every bootstrap address by itself. The brokers of the cluster, if any answers.
pub(super) fn addresses(settings: &Settings, spec: &Spec) -> (Option<Vec<(i32, String)>>, Vec<Finding>) {
    let all: Vec<&str> = settings.kafka.bootstrap_servers.split(',').map(str::trim).collect();
    let asked: Vec<_> = std::thread::scope(|scope| {
        let ask = |address| scope.spawn(move || examine::address(address, &spec.properties));
        let threads: Vec<_> = all.iter().copied().map(ask).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("asking it failed".into())))
            .collect()
    });
    let (mut brokers, mut findings) = (None, Vec::new());
    let some_answer = asked.iter().any(Result::is_ok);
    for (address, asked) in all.iter().zip(asked) {
        match asked {
            Ok(reached) => {
                let found = format!("answers in {} ms", reached.took.as_millis());
                findings.push(Finding::ok(address, &found));
                findings.push(speaks(address, &reached.apis));
                brokers.get_or_insert(reached.brokers);
            }
            Err(why) if some_answer => {
                let remedy =
                    "the others answer, so a start may work; correct kafka.bootstrap_servers or start it";
                findings.push(Finding::warning(address, &why, remedy));
            }
            Err(why) => {
                let remedy = "is it started, is the address right, and do security.protocol, certificates and login \
                              match the listener?";
                findings.push(Finding::problem(address, &why, remedy));
            }
        }
    }
    if let Some(brokers) = &brokers {
        let named: Vec<String> = brokers.iter().map(|(id, address)| format!("{id} at {address}")).collect();
        findings.push(match brokers.len() {
            0 => Finding::problem("brokers", "the cluster names none", "wait until it has started"),
            _ => Finding::ok("brokers", &named.join(", ")),
        });
        if brokers.len() > 1 && all.len() == 1 {
            let found = format!("one address of {} brokers", brokers.len());
            let remedy = "name two or three, so that a start works while one is away";
            findings.push(Finding::warning("kafka.bootstrap_servers", &found, remedy));
        }
    }
    (brokers, findings)
}

/// Whether a broker speaks what exactly-once needs.
fn speaks(address: &str, apis: &Apis) -> Finding {
    let check = format!("{address} APIs");
    if apis.is_empty() {
        return Finding::unknown(&check, "the client did not tell them");
    }
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|(key, _, version)| apis.get(key).is_none_or(|(_, most)| most < version))
        .map(|(_, name, version)| format!("{name} {version}"))
        .collect();
    if missing.is_empty() {
        let most = apis.get(&28).map_or(0, |(_, most)| *most);
        return Finding::ok(
            &check,
            &format!("transactions with group fencing (TxnOffsetCommit up to {most})"),
        );
    }
    let found = format!("it does not speak {}", missing.join(", "));
    Finding::problem(
        &check,
        &found,
        "exactly-once needs Kafka 2.5 or later, or a service that speaks the same",
    )
}

/// What the cluster has finalized.
pub(super) fn features(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("transaction.version") };
    let Some((_, address)) = seen.brokers.first() else { return not_asked("transaction.version") };
    let features = match examine::finalized(address, &bench.spec.properties) {
        None => {
            let found = "not told through TLS; `kafka-features.sh describe` shows it";
            return vec![Finding::unknown("transaction.version", found)];
        }
        Some(Err(why)) => return vec![Finding::unknown("transaction.version", &why)],
        Some(Ok(features)) => features,
    };
    let level = |name: &str| features.get(name).copied();
    let mut findings = vec![match level("transaction.version") {
        Some(level @ 2..) => Finding::ok("transaction.version", &level.to_string()),
        Some(level) => {
            let found =
                format!("{level}: the broker cannot tell a late request from one of the next transaction");
            let remedy = "on Kafka 4: kafka-features.sh upgrade --feature transaction.version=2";
            Finding::warning("transaction.version", &found, remedy)
        }
        None => Finding::ok("transaction.version", "none: a broker before 4.0, or a service of its own"),
    }];
    if let Some(level) = level("metadata.version") {
        findings.push(Finding::ok("metadata.version", &level.to_string()));
    }
    findings
}

/// The brokers' own settings that bound ours.
pub(super) fn broker_settings(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("broker settings") };
    let Some((broker, _)) = seen.brokers.first() else { return not_asked("broker settings") };
    let settings = match examine::broker_settings(&bench.spec, *broker) {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::unknown("broker settings", &error.to_string())],
    };
    let number = |name: &str| settings.get(name).and_then(|value| value.parse::<i64>().ok());
    let wanted = bench.spec.properties.get("transaction.timeout.ms");
    let wanted = wanted.and_then(|value| value.parse().ok()).unwrap_or(10_000);
    let mut findings = Vec::new();
    match number("transaction.max.timeout.ms") {
        Some(most) if most < wanted => {
            let found = format!("{most}, and transactions ask for {wanted}");
            let remedy =
                format!("raise it, or set kafka.properties.transaction.timeout.ms to {most} or less");
            findings.push(Finding::problem("transaction.max.timeout.ms", &found, &remedy));
        }
        Some(most) => findings.push(Finding::ok("transaction.max.timeout.ms", &most.to_string())),
        None => {}
    }
    for name in ["transaction.state.log.replication.factor", "offsets.topic.replication.factor"] {
        match number(name) {
            Some(copies) if copies < 3 && seen.brokers.len() >= 3 => {
                let found =
                    format!("{copies} on {} brokers: transactions stop with one of them", seen.brokers.len());
                findings.push(Finding::warning(
                    name,
                    &found,
                    "set it to 3 before the internal topic is created",
                ));
            }
            Some(copies) => findings.push(Finding::ok(name, &copies.to_string())),
            None => {}
        }
    }
    if settings.get("auto.create.topics.enable").is_some_and(|value| value == "true") {
        let found = "true: a misspelt name becomes a topic with the wrong settings";
        findings.push(Finding::warning("auto.create.topics.enable", found, "set it to false on the brokers"));
    }
    findings
}

/// Our clock against the newest records. A broker tells its own time nowhere.
pub(super) fn clock(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("clock") };
    let mut findings = Vec::new();
    for topic in [Topic::Turns, Topic::Outcomes, Topic::Changelog] {
        let Some(found) = seen.topics.get(&topic) else { continue };
        let name = bench.spec.names.of(topic);
        let group = &bench.settings.engine.application_id;
        findings.push(match examine::newest(&bench.spec, group, name, found.partitions) {
            Ok(newest) => judge(name, newest, process::now_ms()),
            Err(error) => Finding::unknown(name, &error.to_string()),
        });
    }
    findings
}

fn judge(topic: &str, newest: Option<Newest>, now: i64) -> Finding {
    let Some(newest) = newest else { return Finding::unknown(topic, "no record to compare our clock with") };
    let whose = if newest.by_broker { "a broker's" } else { "a sender's" };
    let ahead = newest.at - now;
    if ahead > AHEAD_MS {
        let found = format!("the newest record is {} s ahead of our clock, by {whose} clock", ahead / 1_000);
        let remedy = "synchronise both clocks (NTP); turns from the future become dead letters";
        return Finding::problem(topic, &found, remedy);
    }
    let age = crate::wire::fields::spell_duration((-ahead).max(0) / 1_000 * 1_000);
    Finding::ok(topic, &format!("the newest record is {age} old by our clock and {whose}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Status;

    #[test]
    fn an_old_broker_is_a_problem_that_names_what_it_lacks() {
        let with = |most| NEEDED.iter().map(|(key, _, _)| (*key, (0, most))).collect::<Apis>();
        assert_eq!(speaks("a:1", &with(9)).status, Status::Ok);
        let old = speaks("a:1", &with(2));
        assert_eq!(
            (old.status, old.found.as_str()),
            (Status::Problem, "it does not speak JoinGroup 5, TxnOffsetCommit 3")
        );
        assert_eq!(speaks("a:1", &Apis::new()).status, Status::Unknown);
    }

    #[test]
    fn only_a_record_from_the_future_speaks_against_a_clock() {
        let at = |at| Some(Newest { at, by_broker: true });
        assert_eq!(judge("t", None, 0).status, Status::Unknown);
        assert_eq!(judge("t", at(1_000_000), 1_000_000 - AHEAD_MS).status, Status::Ok);
        assert_eq!(judge("t", at(1_000_000), 1_000_000 - AHEAD_MS - 1).status, Status::Problem);
    }
}
