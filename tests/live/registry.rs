//! The schema registry that `scripts/registry run` started: what the tests ask of it, and how they hold it up. And values as
//! another client reads them: by the schema that their frame names.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use segue::registry::client::{Client, Config, Login};
use segue::wire::avro::{Contract, Frame};
use serde_json::Value;

use super::{Site, send_signal};

/// See the module. One that is held up goes on when this is dropped.
pub struct Registry {
    pub url: String,
    pub client: Client,
    home: PathBuf,
    is_held: bool,
}

impl Registry {
    /// `None` (and a line that says why) where there is none; where Kafka is required, a failure.
    pub fn new(test: &str) -> Option<Registry> {
        let Ok(url) = std::env::var("SEGUE_TEST_REGISTRY") else {
            let why = format!(
                "{test} needs SEGUE_TEST_REGISTRY (scripts/registry run -- scripts/kafka run -- ...)"
            );
            assert!(std::env::var_os("SEGUE_TEST_REQUIRE_KAFKA").is_none(), "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        let home = std::env::var("SEGUE_TEST_REGISTRY_DIR")
            .expect("SEGUE_TEST_REGISTRY_DIR, from scripts/registry run");
        Some(Registry { client: client(&url), url, home: PathBuf::from(home), is_held: false })
    }

    /// The settings of an instance that uses it.
    pub fn settings(&self, site: &mut Site) {
        site.topics = "format = \"avro\"\n".to_owned();
        site.tables = format!("[registry]\nurl = \"{}\"\ntimeout = \"1s\"\n", self.url);
    }

    fn signal(&self, signal: &str) {
        let pid = fs::read_to_string(self.home.join("pid")).expect("a process id");
        send_signal(pid.trim().parse().expect("a number"), signal);
    }

    /// It answers nothing from now on.
    pub fn hold(&mut self) {
        self.signal("STOP");
        self.is_held = true;
    }

    pub fn go_on(&mut self) {
        self.signal("CONT");
        self.is_held = false;
    }

    /// Registers a schema. Its id.
    pub fn register(&self, subject: &str, schema: &str) -> u32 {
        self.client.register(subject, schema).expect("registered")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if self.is_held {
            self.go_on();
        }
    }
}

fn client(url: &str) -> Client {
    let config =
        Config { url: url.to_owned(), login: Login::None, ca_pem: None, timeout: Duration::from_secs(30) };
    Client::new(config).expect("a client")
}

thread_local! {
    static SCHEMAS: std::cell::RefCell<std::collections::BTreeMap<u32, Schema>> = std::cell::RefCell::default();
}

/// A value in a frame, by the schema that the registry has under its id, or by its fingerprint.
pub fn value(bytes: &[u8]) -> Value {
    let (frame, datum) = Frame::split(bytes).expect("a whole frame").expect("a frame");
    match frame {
        Frame::SingleObject(mark) => {
            let contract = Contract::ALL.into_iter().find(|contract| contract.fingerprint() == mark);
            read(&contract.expect("one of ours").schema(), datum)
        }
        Frame::Confluent(id) => SCHEMAS.with_borrow_mut(|schemas| {
            let schema = schemas.entry(id).or_insert_with(|| {
                let url = std::env::var("SEGUE_TEST_REGISTRY").expect("a registry");
                Schema::parse_str(&client(&url).schema(id).expect("a schema").text).expect("Avro")
            });
            read(schema, datum)
        }),
    }
}

fn read(schema: &Schema, datum: &[u8]) -> Value {
    let mut rest = datum;
    let reader = GenericDatumReader::builder(schema).build().expect("a schema");
    let value = reader.read_value(&mut rest).expect("a record of its schema");
    assert!(rest.is_empty(), "bytes follow the record");
    value.try_into().expect("JSON")
}
