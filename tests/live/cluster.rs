//! The brokers themselves: killed, stopped, started again, and asked how they are.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::{Site, send_signal, until};

const ANSWER: Duration = Duration::from_secs(10);

/// One broker that `scripts/kafka run` started. A stopped one goes on when this is dropped.
pub struct Broker {
    home: PathBuf,
    child: Option<Child>,
    stopped: bool,
}

impl Broker {
    /// By its number, from 1.
    pub fn number(number: usize) -> Broker {
        let home =
            std::env::var("SEGUE_TEST_KAFKA_DIR").expect("SEGUE_TEST_KAFKA_DIR, from scripts/kafka run");
        Broker { home: PathBuf::from(home).join(number.to_string()), child: None, stopped: false }
    }

    fn pid(&self) -> u32 {
        fs::read_to_string(self.home.join("pid")).expect("a process id").trim().parse().expect("a number")
    }

    pub fn kill(&mut self) {
        send_signal(self.pid(), "KILL");
        if let Some(child) = &mut self.child {
            child.wait().expect("it is gone");
        }
    }

    /// Ends it in order, and waits until it has.
    pub fn end(&mut self) {
        let pid = self.pid();
        send_signal(pid, "TERM");
        let state = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // One that its parent has not yet asked about is a zombie (`Z`), and gone.
        until("the broker has ended", || {
            state().rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.starts_with(" Z"))
        });
    }

    pub fn stop(&mut self) {
        send_signal(self.pid(), "STOP");
        self.stopped = true;
    }

    pub fn go_on(&mut self) {
        send_signal(self.pid(), "CONT");
        self.stopped = false;
    }

    /// Starts it again. It outlives the test; the script ends it, by the id in its pid file.
    pub fn start(&mut self) {
        let command = fs::read_to_string(self.home.join("command")).expect("a command line");
        let mut parts = command.lines();
        let log = || Stdio::from(File::options().append(true).open(self.home.join("log")).expect("a log"));
        let child = Command::new(parts.next().expect("a program"))
            .args(parts)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn()
            .expect("a broker");
        fs::write(self.home.join("pid"), child.id().to_string()).expect("a process id file");
        self.child = Some(child);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if self.stopped {
            self.go_on();
        }
    }
}

fn asker(site: &Site, isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", &site.bootstrap)
        .set("isolation.level", isolation)
        .create()
        .expect("a client")
}

/// Whether every replica of every partition is in sync, `brokers` of each.
pub fn all_in_sync(site: &Site, brokers: usize) -> bool {
    let Ok(metadata) = asker(site, "read_committed").fetch_metadata(None, ANSWER) else { return false };
    metadata.brokers().len() == brokers
        && metadata.topics().iter().flat_map(|topic| topic.partitions()).all(|partition| {
            partition.error().is_none() && partition.isr().len() == partition.replicas().len()
        })
}

/// Whether a transaction is open on any partition of a topic: its last stable offset is behind its end.
pub fn holds_open_transaction(site: &Site, topic: &str) -> bool {
    let (stable, end) = (asker(site, "read_committed"), asker(site, "read_uncommitted"));
    let high = |client: &BaseConsumer, partition| {
        client.fetch_watermarks(&site.topic(topic), partition, ANSWER).expect("watermarks").1
    };
    (0..site.partitions).any(|partition| high(&stable, partition) < high(&end, partition))
}

/// How many members a group has.
pub fn group_members(site: &Site, group: &str) -> usize {
    let asker = asker(site, "read_committed");
    let mut members = None;
    // A coordinator that was just made does not know its groups yet.
    until("the coordinator answers", || {
        let found = asker.fetch_group_list(Some(group), ANSWER);
        members = found.ok().map(|found| found.groups().iter().map(|group| group.members().len()).sum());
        members.is_some()
    });
    members.unwrap_or_default()
}
