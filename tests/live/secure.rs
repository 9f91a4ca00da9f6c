//! A cluster of `scripts/kafka --secure`: its files, its listeners, and the rights of its principals, which a test gives and
//! takes by Kafka's own requests.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::{SEGUE, Site};

/// As in `scripts/secure.py`.
pub const PASSWORD: &str = "pa55-of-segue";
pub const KEY_PASSWORD: &str = "pa55-of-key";

const CREATE_ACLS: i16 = 30;
const DELETE_ACLS: i16 = 31;

/// A right, as `segue acl --output json` prints it, one operation of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    pub principal: String,
    pub resource_type: String,
    pub name: String,
    pub is_prefix: bool,
    pub operation: String,
}

/// The secured side of a test's site.
pub struct Secure {
    folder: PathBuf,
    ports: Value,
    /// Of the listener where everyone may do everything.
    open: String,
}

impl Secure {
    /// A site on the secured cluster. `None` (and a line that says why) where there is none; where one is required, a failure.
    pub fn site(test: &str, partitions: i32) -> Option<(Site, Secure)> {
        let Some(folder) = std::env::var_os("SEGUE_TEST_SECURE_DIR").map(PathBuf::from) else {
            let why = format!("{test} needs scripts/kafka run --secure (SEGUE_TEST_SECURE_DIR)");
            assert!(std::env::var_os("SEGUE_TEST_REQUIRE_KAFKA").is_none(), "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        let site = Site::new(test, partitions, 1)?;
        let ports = fs::read_to_string(folder.join("ports.json")).expect("ports");
        let ports = serde_json::from_str(&ports).expect("JSON");
        let open = site.bootstrap.clone();
        Some((site, Secure { folder, ports, open }))
    }

    /// `localhost:port` of a listener.
    pub fn at(&self, listener: &str) -> String {
        format!("localhost:{}", self.ports[listener])
    }

    pub fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Lines of `[kafka]` for one of the users with a password, over TLS. The password is in a file of the site.
    pub fn by_password(&self, site: &Site, mechanism: &str, user: &str) -> String {
        let file = site.folder.join("password");
        fs::write(&file, format!("{PASSWORD}\n")).expect("a password file");
        format!(
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"{mechanism}\"\nusername = \"{user}\"\npassword_file = \"{}\"\n\
             ssl_ca_file = \"{}\"\n",
            file.display(),
            self.file("ca.pem")
        )
    }

    /// What `segue acl` says this principal needs, operation by operation.
    pub fn rights(site: &Site, principal: &str, arguments: &[&str]) -> Vec<Acl> {
        let output = Command::new(SEGUE)
            .args(["acl", "--principal", principal, "--output", "json", "--config"])
            .arg(site.config("acl"))
            .args(arguments)
            .output()
            .expect("segue starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let rights = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let split = |right: Value| {
            let operations = right["operations"].as_array().expect("operations").clone();
            operations.into_iter().map(move |operation| Acl {
                principal: text(&right["principal"]),
                resource_type: text(&right["resource_type"]),
                name: text(&right["name"]),
                is_prefix: right["pattern_type"] == "prefix",
                operation: text(&operation),
            })
        };
        rights.flat_map(split).collect()
    }

    pub fn grant(&self, acls: &[Acl]) {
        self.ask(CREATE_ACLS, acls);
    }

    pub fn revoke(&self, acls: &[Acl]) {
        self.ask(DELETE_ACLS, acls);
    }

    /// Version 1 of both requests: a filter that names everything is written as the ACL itself.
    fn ask(&self, api: i16, acls: &[Acl]) {
        let mut body = Vec::new();
        body.extend((acls.len() as i32).to_be_bytes());
        for acl in acls {
            body.push(match acl.resource_type.as_str() {
                "topic" => 2,
                "group" => 3,
                "transactionalId" => 5,
                other => panic!("{other}"),
            });
            text(&mut body, &acl.name);
            body.push(if acl.is_prefix { 4 } else { 3 });
            text(&mut body, &acl.principal);
            text(&mut body, "*");
            body.push(match acl.operation.as_str() {
                "Read" => 3,
                "Write" => 4,
                "Create" => 5,
                "Describe" => 8,
                "DescribeConfigs" => 10,
                other => panic!("{other}"),
            });
            body.push(3); // allow
        }
        let mut request = Vec::new();
        request.extend(api.to_be_bytes());
        request.extend(1_i16.to_be_bytes());
        request.extend(7_i32.to_be_bytes());
        text(&mut request, "test");
        request.extend(body);
        let mut stream = TcpStream::connect(&self.open).expect("the open listener");
        stream.write_all(&(request.len() as i32).to_be_bytes()).expect("a request");
        stream.write_all(&request).expect("a request");
        let mut length = [0; 4];
        stream.read_exact(&mut length).expect("an answer");
        let mut answer = vec![0; i32::from_be_bytes(length) as usize];
        stream.read_exact(&mut answer).expect("an answer");
        // Correlation id, throttle time, the number of results; then the first result's error code.
        let number =
            |at: usize| i32::from_be_bytes([answer[at], answer[at + 1], answer[at + 2], answer[at + 3]]);
        assert_eq!((number(0), number(8)), (7, acls.len() as i32), "{answer:?}");
        assert_eq!((answer[12], answer[13]), (0, 0), "{answer:?}");
    }
}

fn text(into: &mut Vec<u8>, text: &str) {
    into.extend((text.len() as i16).to_be_bytes());
    into.extend(text.as_bytes());
}
