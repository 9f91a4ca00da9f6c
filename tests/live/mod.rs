//! What the tests of the whole program on a real Kafka share: a site of one's own, instances of `segue`, and the comparison
//! with `segue replay`, which is the oracle.
//!
//! A wait has a condition and a limit; the limit only ends a test that has failed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use serde_json::Value;

mod cluster;
mod load;
mod oracle;
mod proxy;
mod registry;
mod secure;
mod tail;

pub use cluster::{Broker, all_in_sync, group_members, holds_open_transaction};
pub use load::{Line, Load, Writer};
pub use proxy::{Cut, Proxy};
pub use registry::Registry;
pub use secure::{Acl, KEY_PASSWORD, PASSWORD, Secure};
pub use tail::Tail;

pub const SEGUE: &str = env!("CARGO_BIN_EXE_segue");
/// No wait of a healthy run comes near it.
pub const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

/// The names of this process's tests.
static TAKEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Waits for a condition; fails, saying what for, when the patience is over.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", PATIENCE.as_secs());
        std::thread::park_timeout(PAUSE);
    }
}

/// One test's folder, topics and settings.
pub struct Site {
    /// Where the test's own clients connect.
    pub bootstrap: String,
    /// Where the program connects.
    pub front: String,
    pub prefix: String,
    pub folder: PathBuf,
    pub partitions: i32,
    /// Lines of TOML, whole tables, behind the settings that all tests have.
    pub tables: String,
    /// Lines of `[http]`.
    pub http: String,
    /// More lines of `[kafka]`.
    pub kafka: String,
    /// More lines of `[kafka.properties]`.
    pub properties: String,
    /// More lines of `[engine]`.
    pub engine: String,
    /// More lines of `[topics]`.
    pub topics: String,
    /// How long the group waits for a member that says nothing.
    pub session_timeout_ms: u32,
    logs: AtomicUsize,
}

impl Site {
    /// `None` (and a line that says why) where there is no cluster of `brokers`; where one is required, a failure. The topics
    /// are named after `test`: a second test of the same name finds those of the first, and fails here.
    pub fn new(test: &str, partitions: i32, brokers: usize) -> Option<Site> {
        let bootstrap = std::env::var("SEGUE_TEST_BOOTSTRAP").unwrap_or_default();
        let there = bootstrap.split(',').filter(|address| !address.is_empty()).count();
        if there != brokers {
            let why = format!(
                "{test} needs a cluster of {brokers}, SEGUE_TEST_BOOTSTRAP names {there} \
                 (scripts/kafka run --brokers {brokers} -- cargo test --release --test kafka_live)"
            );
            assert!(std::env::var_os("SEGUE_TEST_REQUIRE_KAFKA").is_none(), "{why}");
            eprintln!("skipped: {why}");
            return None;
        }
        let prefix = format!("{test}-{}-", std::process::id());
        let folder = std::env::temp_dir().join(format!("segue-{prefix}"));
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(taken.insert(test.to_owned()), "{test}: another test has this name");
        fs::create_dir_all(&folder).expect("a temporary folder");
        Some(Site {
            front: bootstrap.clone(),
            bootstrap,
            prefix,
            folder,
            partitions,
            tables: String::new(),
            http: "listen = \"127.0.0.1:0\"\n".to_owned(),
            kafka: String::new(),
            properties: String::new(),
            engine: String::new(),
            topics: String::new(),
            session_timeout_ms: 6_000,
            logs: AtomicUsize::new(0),
        })
    }

    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub fn application_id(&self) -> String {
        format!("{}app", self.prefix)
    }

    /// The settings file of an instance. Lateness is long, because how far our clock moves partition time while a fault
    /// lasts is not the oracle's to know.
    pub fn config(&self, instance: &str) -> PathBuf {
        let path = self.folder.join(format!("{instance}.toml"));
        let text = format!(
            "[kafka]\nbootstrap_servers = \"{}\"\n{}[kafka.properties]\n\"session.timeout.ms\" = \"{}\"\n\
             \"heartbeat.interval.ms\" = \"1000\"\n{}[engine]\napplication_id = \"{}\"\ninstance_id = \"{instance}\"\n\
             lateness_ms = 600000\n{}[topics]\nprefix = \"{}\"\n{}[http]\n{}[log]\n\
             format = \"json\"\n{}",
            self.front,
            self.kafka,
            self.session_timeout_ms,
            self.properties,
            self.application_id(),
            self.engine,
            self.prefix,
            self.topics,
            self.http,
            self.tables
        );
        fs::write(&path, text).expect("settings");
        path
    }

    pub fn create_topics(&self, replication: usize) {
        let (partitions, replication) = (self.partitions.to_string(), replication.to_string());
        self.ok(Command::new(SEGUE)
            .args(["topics", "create", "--partitions", &partitions, "--replication-factor", &replication])
            .arg("--config")
            .arg(self.config("topics")));
    }

    /// Creates one topic, before [`Site::create_topics`] finds it there.
    pub fn create_topic(&self, name: &str, partitions: i32) {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.bootstrap).create().expect("an admin client");
        let topic = self.topic(name);
        let new = NewTopic::new(&topic, partitions, TopicReplication::Fixed(1));
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let created = runtime.block_on(admin.create_topics([&new], &options)).expect("an answer");
        assert!(created.iter().all(Result::is_ok), "{created:?}");
    }

    /// Starts `segue run`, with a log of its own.
    pub fn start(&self, name: &str) -> Instance {
        self.start_with(name, &[])
    }

    pub fn start_with(&self, name: &str, arguments: &[&str]) -> Instance {
        let number = self.logs.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.join(format!("{number:03}-{name}.log"));
        let child = Command::new(SEGUE)
            .args(["run", "--config"])
            .arg(self.config(name))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .expect("segue starts");
        Instance { name: name.to_owned(), child, log, ended: None }
    }

    /// Runs a command that must succeed.
    pub fn ok(&self, what: &mut Command) {
        let output = what.output().expect("segue starts");
        assert!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Everything that all instances have logged.
    pub fn logged(&self) -> String {
        let mut paths: Vec<PathBuf> = fs::read_dir(&self.folder)
            .expect("our folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
            .iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
            .map(|path| fs::read_to_string(path).expect("a log"))
            .collect()
    }

    /// Nothing is kept of a test that passed.
    pub fn done(self) {
        fs::remove_dir_all(&self.folder).expect("the folder is ours");
    }
}

/// A running `segue run`. Dropping it kills it.
pub struct Instance {
    pub name: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Instance {
    /// Sends a signal by its name.
    pub fn signal(&self, signal: &str) {
        send_signal(self.child.id(), signal);
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("kill -9");
        self.ended = Some(self.child.wait().expect("it is gone"));
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        until(&format!("{} ends; its log: {}", self.name, self.log.display()), || {
            self.ended = self.ended.or(self.child.try_wait().expect("a child"));
            self.ended.is_some()
        });
        self.ended.expect("it has ended")
    }

    /// Tells it to stop, and expects that it does so in order.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.end_in_order();
    }

    /// Waits for its end after it was told to stop, and expects that it is in order.
    pub fn end_in_order(&mut self) {
        let status = self.end();
        assert!(
            status.success(),
            "{} must leave in order after SIGTERM: {status}; {}",
            self.name,
            self.log.display()
        );
    }

    /// Its log lines so far.
    pub fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.log).expect("a log");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn has_logged(&self, message: &str) -> bool {
        self.log().iter().any(|line| says(line, message))
    }

    /// Status and body of a request; `None` while it does not answer.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        get(&self.address()?, path)
    }

    /// Where it listens for HTTP; `None` while it does not.
    pub fn address(&self) -> Option<String> {
        let line = self.log().into_iter().find(|line| says(line, "http listens"))?;
        line["address"].as_str().map(str::to_owned)
    }

    /// 200 or 503, from `/readyz`.
    pub fn ready(&self) -> Option<u16> {
        self.get("/readyz").map(|(status, _)| status)
    }

    pub fn until_ready(&self) {
        until(&format!("{} is ready; its log: {}", self.name, self.log.display()), || {
            self.ready() == Some(200)
        });
    }

    /// How many partitions of the conversations it owns.
    pub fn partitions(&self) -> usize {
        let metrics = self.get("/metrics").map(|(_, body)| body).unwrap_or_default();
        metrics
            .lines()
            .filter(|line| line.starts_with("segue_assigned_partitions{topology=\"conversations\"}"))
            .filter_map(|line| line.split_whitespace().last()?.parse::<f64>().ok())
            .map(|count| count as usize)
            .sum()
    }

    pub fn path(&self) -> &Path {
        &self.log
    }
}

/// Waits until the group is at rest: everyone is ready and owns `each` partitions of the conversations.
pub fn until_settled(instances: &[Instance], each: usize) {
    until("the group is at rest", || {
        instances.iter().all(|instance| instance.ready() == Some(200) && instance.partitions() == each)
    });
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // A process that is gone already is what we want.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

pub fn says(line: &Value, message: &str) -> bool {
    line["message"].as_str().is_some_and(|said| said.starts_with(message))
}

pub fn send_signal(pid: u32, signal: &str) {
    let status = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -{signal} {pid}");
}

fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}
