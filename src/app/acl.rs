//! `segue acl`: the least rights, from the list that the program itself goes by, as kafka-acls lines, a Strimzi user or JSON.

use serde_json::{Value, json};

use super::run::{Roles, names};
use crate::cli::{Acl, AclFormat, Output, Purpose};
use crate::config::Settings;
use crate::config::login::Key;
use crate::kafka::rights::{self, Resource, Right};

/// What to print. Errors: the principal cannot be one of that format.
pub fn text(settings: &Settings, args: &Acl) -> Result<String, String> {
    let (names, app) = (names(settings), &settings.engine.application_id);
    let rights = match args.purpose {
        Purpose::Run => rights::to_run(&names, app, &Roles::of(&args.roles).topologies()),
        Purpose::Policies => rights::to_apply_policies(&names, app),
        Purpose::Topics => rights::to_create_topics(&names),
    };
    let principal = principal(&args.principal)?;
    match (args.output, args.format) {
        (Output::Json, _) => Ok(json_lines(&principal, &rights)),
        (Output::Text, AclFormat::KafkaAcls) => Ok(kafka_acls(settings, &principal, &rights)),
        (Output::Text, AclFormat::Strimzi) => strimzi(settings, args, &rights),
    }
}

/// `User:segue` of `segue`.
fn principal(name: &str) -> Result<String, String> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("--principal: a name is wanted, such as segue or User:CN=segue".to_owned());
    }
    Ok(if name.contains(':') { name.to_owned() } else { format!("User:{name}") })
}

/// How `kafka-acls` and Strimzi name a resource: its type, its name, and whether the name is a prefix.
struct Named<'a> {
    kind: &'static str,
    option: &'static str,
    name: &'a str,
    pattern: &'static str,
}

fn named(resource: &Resource) -> Named<'_> {
    match resource {
        Resource::Topic(name) => Named { kind: "topic", option: "--topic", name, pattern: "literal" },
        Resource::Group(name) => Named { kind: "group", option: "--group", name, pattern: "literal" },
        Resource::TransactionalIds(name) => {
            Named { kind: "transactionalId", option: "--transactional-id", name, pattern: "prefix" }
        }
    }
}

fn operations(right: &Right) -> Vec<&'static str> {
    right.operations.iter().map(|operation| operation.name()).collect()
}

fn json_lines(principal: &str, rights: &[Right]) -> String {
    let line = |right: &Right| {
        let Named { kind, name, pattern, .. } = named(&right.resource);
        let value: Value = json!({ "principal": principal, "resource_type": kind, "name": name, "pattern_type": pattern,
            "operations": operations(right), "why": right.why });
        format!("{value}\n")
    };
    rights.iter().map(line).collect()
}

/// One command a right, each under the reason for it.
fn kafka_acls(settings: &Settings, principal: &str, rights: &[Right]) -> String {
    let mut text =
        "# admin.properties holds the login of someone who may alter the cluster's ACLs.\n".to_owned();
    for right in rights {
        let Named { option, name, pattern, .. } = named(&right.resource);
        let prefixed = if pattern == "prefix" { " --resource-pattern-type prefixed" } else { "" };
        let operations: String =
            operations(right).into_iter().map(|operation| format!(" --operation {operation}")).collect();
        text.push_str(&format!(
            "# {}\nkafka-acls.sh --bootstrap-server {} --command-config admin.properties --add --allow-principal {}{operations} \
             {option} {}{prefixed}\n",
            right.why,
            shell_word(&settings.kafka.bootstrap_servers),
            shell_word(principal),
            shell_word(name),
        ));
    }
    text
}

/// As a POSIX shell takes it for one word.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:,=/@+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A `KafkaUser`. Its name is the principal's: Strimzi makes `User:name` of it, or `User:CN=name` where it logs in by TLS.
fn strimzi(settings: &Settings, args: &Acl, rights: &[Right]) -> Result<String, String> {
    let name = args.principal.strip_prefix("User:").unwrap_or(&args.principal);
    let name = name.strip_prefix("CN=").unwrap_or(name);
    for (option, name) in [("--principal", name), ("--cluster", args.cluster.as_str())] {
        if !is_kubernetes_name(name) {
            return Err(format!(
                "{option} {name}: Kubernetes takes at most 253 small letters, digits, dashes and points, beginning and ending \
                 with a letter or digit"
            ));
        }
    }
    let login = &settings.kafka.login;
    let property = |name: &str| settings.kafka.properties.get(name).map(String::as_str);
    let mechanism =
        login.of(Key::SaslMechanism).or(property("sasl.mechanism")).or(property("sasl.mechanisms"));
    let by_certificate = login
        .of(Key::SslCertificateFile)
        .or(property("ssl.certificate.location"))
        .or(property("ssl.keystore.location"));
    let authentication = match mechanism.map(str::to_ascii_uppercase).as_deref() {
        Some("SCRAM-SHA-512") => "  authentication:\n    type: scram-sha-512\n",
        None if by_certificate.is_some() => "  authentication:\n    type: tls\n",
        // Strimzi keeps no credentials for the others: who it is, is said by somebody else.
        Some(_) | None => "",
    };
    let mut text = format!(
        "apiVersion: kafka.strimzi.io/v1\nkind: KafkaUser\nmetadata:\n  name: {}\n  labels:\n    strimzi.io/cluster: {}\n\
         spec:\n{authentication}  authorization:\n    type: simple\n    acls:\n",
        yaml(name),
        yaml(&args.cluster),
    );
    for right in rights {
        let Named { kind, name, pattern, .. } = named(&right.resource);
        text.push_str(&format!(
            "      # {}\n      - resource:\n          type: {kind}\n          name: {}\n          patternType: {pattern}\n        \
             operations: [{}]\n        host: \"*\"\n",
            right.why,
            yaml(name),
            operations(right).join(", ")
        ));
    }
    Ok(text)
}

fn is_kubernetes_name(name: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    name.len() <= 253
        && name.chars().all(is_part)
        && is_edge(name.chars().next())
        && is_edge(name.chars().last())
}

/// In quotes: a name may look like a number. JSON's quotes are YAML's.
fn yaml(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Role, SettingsArgs};

    fn args(principal: &str, purpose: Purpose, format: AclFormat, output: Output) -> Acl {
        Acl {
            principal: principal.to_owned(),
            settings: SettingsArgs::default(),
            purpose,
            roles: vec![Role::Metrics],
            format,
            cluster: "eu".to_owned(),
            output,
        }
    }

    #[test]
    fn every_right_is_a_command_under_its_reason() {
        let settings = Settings::default();
        let found =
            text(&settings, &args("segue", Purpose::Run, AclFormat::KafkaAcls, Output::Text)).unwrap();
        let add = "kafka-acls.sh --bootstrap-server 127.0.0.1:9092 --command-config admin.properties --add \
                   --allow-principal User:segue";
        assert_eq!(
            found,
            format!(
                "# admin.properties holds the login of someone who may alter the cluster's ACLs.\n\
                 # a window is final when every partition of the turns has passed it\n\
                 {add} --operation Describe --topic conversation.turns\n\
                 # what commits add to the windows is read\n\
                 {add} --operation Read --topic segue.metric-deltas\n\
                 # windows are written, and read back at a restart\n\
                 {add} --operation Read --operation Write --topic handoff.metrics\n\
                 # records that cannot be taken are written\n\
                 {add} --operation Write --topic segue.dead-letters\n\
                 # it belongs to the group and commits its offsets\n\
                 {add} --operation Read --group segue-metrics\n\
                 # its commits are transactions; the ids end in instance and thread\n\
                 {add} --operation Write --transactional-id segue-metrics- --resource-pattern-type prefixed\n"
            )
        );
    }

    #[test]
    fn a_principal_may_be_anything_a_shell_must_not_read() {
        assert_eq!(shell_word("User:CN=segue"), "User:CN=segue");
        assert_eq!(shell_word("User:CN=a b;$(c)'d"), r"'User:CN=a b;$(c)'\''d'");
        assert!(principal("").is_err());
    }

    #[test]
    fn a_strimzi_user_has_lists_of_operations() {
        let set = ["kafka.security_protocol=ssl", "kafka.ssl_certificate_file=c", "kafka.ssl_key_file=k"];
        let settings = Settings::layered(None, [], &set.map(str::to_owned), "box").unwrap();
        let of = |name: &str| text(&settings, &args(name, Purpose::Topics, AclFormat::Strimzi, Output::Text));
        let found = of("User:CN=segue").unwrap();
        let head = "apiVersion: kafka.strimzi.io/v1\nkind: KafkaUser\nmetadata:\n  name: \"segue\"\n  labels:\n    \
                    strimzi.io/cluster: \"eu\"\nspec:\n  authentication:\n    type: tls\n  authorization:\n    type: simple\n    \
                    acls:\n";
        assert!(found.starts_with(head), "{found}");
        let one = "      - resource:\n          type: topic\n          name: \"conversation.turns\"\n          \
                   patternType: literal\n        operations: [Create, Describe, DescribeConfigs]\n        host: \"*\"\n";
        assert!(found.contains(one), "{found}");
        assert!(of("Segue_1").unwrap_err().starts_with("--principal Segue_1: Kubernetes takes"));
    }

    #[test]
    fn a_machine_gets_a_line_a_right() {
        let settings = Settings::default();
        let found = text(&settings, &args("segue", Purpose::Run, AclFormat::Strimzi, Output::Json)).unwrap();
        let lines: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines.last(),
            Some(
                &json!({ "principal": "User:segue", "resource_type": "transactionalId", "name": "segue-metrics-",
                "pattern_type": "prefix", "operations": ["Write"],
                "why": "its commits are transactions; the ids end in instance and thread" })
            )
        );
    }
}
