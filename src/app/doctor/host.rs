//! This machine: the port, the token file, and memory against what the state may need.

use std::net::TcpListener;
use std::path::Path;

use super::{Bench, Finding, not_asked};
use crate::app::healthcheck::own_target;
use crate::app::inspect::Door;
use crate::engine::port::Topic;
use crate::http::access;
use crate::kafka::examine;
use crate::security::secret::others_may_read;

/// Resident memory of a conversation, measured (see the README), with room.
const CONVERSATION_BYTES: u64 = 1_000;
/// Of a thread: fetched and queued records, its clients, its batch.
const THREAD_BYTES: u64 = 400 << 20;

pub(super) fn host(bench: &Bench) -> Vec<Finding> {
    let mut findings = vec![port(bench)];
    if let Some(file) = &bench.settings.http.token_file {
        findings.push(token(Path::new(file)));
    }
    findings
}

fn port(bench: &Bench) -> Finding {
    let listen = &bench.settings.http.listen;
    let name = format!("http.listen {listen}");
    match TcpListener::bind(bench.settings.http.address()) {
        Ok(_released) => Finding::ok(&name, "free"),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let target = own_target(&bench.settings.http, None);
            let door = Door { url: &target.url, token_file: None, ca_file: target.ca_file.as_deref() };
            let is_segue = door
                .client()
                .and_then(|client| client.get(&target.url, "/healthz", None))
                .is_ok_and(|reply| String::from_utf8_lossy(&reply.body).contains("seconds_since_last_loop"));
            if is_segue {
                Finding::ok(&name, "in use by an instance of Segue that answers there")
            } else {
                let remedy = "stop the other process, or choose another port";
                Finding::problem(&name, "another process listens there", remedy)
            }
        }
        Err(error) => {
            let remedy = "choose an address of this machine and a port above 1023";
            Finding::problem(&name, &error.to_string(), remedy)
        }
    }
}

fn token(file: &Path) -> Finding {
    if let Err(why) = access::read_token(file) {
        return Finding::problem("http.token_file", &why, "write a token into it: `openssl rand -hex 32`");
    }
    let shown = file.display();
    if others_may_read(file) {
        let remedy = format!("chmod o-r {shown}");
        return Finding::warning(
            "http.token_file",
            &format!("{shown} can be read by everyone here"),
            &remedy,
        );
    }
    Finding::ok("http.token_file", &format!("{shown} holds a token"))
}

/// The limit of our cgroup or the machine, against the most that the changelog can bring.
pub(super) fn memory(bench: &Bench) -> Vec<Finding> {
    let Some(limit) = limit_bytes() else {
        return vec![Finding::unknown("memory", "this system does not tell its limit")];
    };
    let Some(seen) = &bench.seen else { return not_asked("memory") };
    let Some(changelog) = seen.topics.get(&Topic::Changelog) else {
        return vec![Finding::ok("memory", &format!("limit {}, and no state yet", mib(limit)))];
    };
    let name = bench.spec.names.of(Topic::Changelog);
    let records = match examine::records(&bench.spec, name, changelog.partitions) {
        Ok(records) => records.max(0).unsigned_abs(),
        Err(error) => return vec![Finding::unknown("memory", &error.to_string())],
    };
    let engine = &bench.settings.engine;
    let threads = (engine.threads + engine.metrics_threads) as u64;
    vec![judge(limit, records, threads)]
}

fn judge(limit: u64, records: u64, threads: u64) -> Finding {
    let (fixed, state) = (threads * THREAD_BYTES, records * CONVERSATION_BYTES);
    let found = format!(
        "limit {}; at most {} for {records} changelog records and {} for {threads} threads at full load",
        mib(limit),
        mib(state),
        mib(fixed)
    );
    if state > limit * 8 / 10 {
        let remedy = "if one instance must hold all conversations (the last one alone will), raise the limit; the \
                      changelog may hold old values of the same conversations, so look at segue_state_bytes too";
        return Finding::warning("memory", &found, remedy);
    }
    if state + fixed > limit {
        let remedy = "raise the limit, or lower engine.threads and queued.max.messages.kbytes";
        return Finding::warning("memory", &found, remedy);
    }
    Finding::ok("memory", &found)
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// cgroup v2, then v1, then the machine.
fn limit_bytes() -> Option<u64> {
    let number = |file: &str| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let machine = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    let machine = machine();
    let group =
        number("/sys/fs/cgroup/memory.max").or_else(|| number("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    // A group without a limit says so with a number beyond every machine.
    match (group, machine) {
        (Some(group), Some(machine)) => Some(group.min(machine)),
        (group, machine) => group.or(machine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Status;

    #[test]
    fn memory_is_judged_by_state_first_and_threads_second() {
        let gib = 1 << 30;
        assert_eq!(judge(4 * gib, 100_000, 3).status, Status::Ok);
        assert_eq!(judge(gib, 100_000, 3).status, Status::Warning);
        let many = judge(4 * gib, 4_000_000, 3);
        assert!(many.status == Status::Warning && many.remedy.unwrap().contains("segue_state_bytes"));
    }
}
