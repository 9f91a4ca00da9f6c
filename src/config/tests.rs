//! Settings, layer by layer: what is taken, what is refused and how it is said.

use super::*;
use crate::security::secret::Source;

fn layered(text: &str, variables: &[(&str, &str)], set: &[&str]) -> Result<Settings, String> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let set: Vec<String> = set.iter().map(|&one| one.to_owned()).collect();
    Settings::layered(Some(("segue.toml", text)), variables, &set, "box")
}

#[test]
fn without_any_layer_the_defaults_stand() {
    let settings = Settings::layered(None, [], &[], "box").unwrap();
    let mut expected = Settings::default();
    expected.engine.instance_id = "box-8080".to_owned();
    assert_eq!(settings, expected);
}

#[test]
fn each_layer_is_laid_over_the_one_before() {
    let text = r#"
[kafka]
bootstrap_servers = "a:1,b:2"
[kafka.properties]
"sasl.mechanism" = "PLAIN"
security.protocol = "sasl_ssl"
socket.keepalive.enable = true
[engine]
threads = 4
lateness_ms = 7000
forget_after = "24h"
[metrics]
splits = ["channel+queue"]
[topics]
turns = "my.turns"
prefix = "eu."
[policy]
shadow = ["canary.toml", "b.toml"]
"#;
    let variables = [
        ("SEGUE__ENGINE__THREADS", "6"),
        ("SEGUE__ENGINE__LATENESS_MS", "8000"),
        ("SEGUE__KAFKA__PROPERTIES__SASL_PASSWORD", "12"),
        ("SEGUE__KAFKA__PROPERTIES__SASL_MECHANISM", "SCRAM-SHA-256"),
        ("SEGUE__METRICS__SPLITS", "channel+queue, reason+intent"),
        ("SEGUE__LOG__FORMAT", "json"),
        ("SEGUEWAY", "1"),
        ("PATH", "/bin"),
    ];
    let set = ["engine.threads=8", "http.listen=localhost:9999", "kafka.properties.security.protocol=ssl"];
    let settings = layered(text, &variables, &set).unwrap();

    let mut expected = Settings::default();
    expected.kafka.bootstrap_servers = "a:1,b:2".into();
    expected.kafka.properties = BTreeMap::from(
        [
            ("sasl.mechanism", "SCRAM-SHA-256"),
            ("sasl.password", "12"),
            ("security.protocol", "ssl"),
            ("socket.keepalive.enable", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    expected.engine.threads = 8;
    expected.engine.lateness_ms = 8_000;
    expected.engine.forget_after_ms = Some(86_400_000);
    expected.engine.instance_id = "box-9999".into();
    expected.metrics.splits = vec!["channel+queue".into(), "reason+intent".into()];
    expected.policy.shadow = vec!["canary.toml".into(), "b.toml".into()];
    expected.topics.prefix = "eu.".into();
    expected.topics.names[0] = Some("my.turns".into());
    expected.http.listen = "localhost:9999".into();
    expected.log.format = LogFormat::Json;
    assert_eq!(settings, expected);
    assert_eq!(settings.http.address(), SocketAddr::from((Ipv4Addr::LOCALHOST, 9999)));
    assert_eq!(settings.topics.name(Topic::Turns, "app"), "eu.my.turns");
    assert_eq!(settings.topics.name(Topic::Changelog, "app"), "eu.app.state.changelog");
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_a_remedy() {
    for (text, variables, set, expected) in [
        ("[engin]\nthreads = 2", &[][..], &[][..], "segue.toml:1: engin: unknown key; did you mean engine?"),
        (
            "[engine]\nthread = 2\nbatch_record = 1",
            &[],
            &[],
            "segue.toml:2: engine.thread: unknown key; did you mean engine.threads?\n\
             segue.toml:3: engine.batch_record: unknown key; did you mean engine.batch_records?",
        ),
        (
            "[engine]\nthreads = \"2\"",
            &[],
            &[],
            "segue.toml:2: engine.threads: a whole number is wanted, not a text",
        ),
        (
            "[engine]\nthreads = 0",
            &[],
            &[],
            "segue.toml:2: engine.threads: 0 is out of range; set it from 1 to 256",
        ),
        (
            "",
            &[("SEGUE__ENGINE__TREADS", "2")],
            &[],
            "environment variable SEGUE__ENGINE__TREADS: engine.treads: unknown key; did you mean engine.threads?",
        ),
        (
            "",
            &[("SEGUE__ENGINE__THREADS", "two")],
            &["engine.threads=3"],
            "environment variable SEGUE__ENGINE__THREADS: engine.threads: a whole number is wanted, not a text",
        ),
        (
            "",
            &[("SEGUE__ENGINE", "2")],
            &[],
            "environment variable SEGUE__ENGINE: engine: a table is wanted; write [engine], not a text",
        ),
        (
            "",
            &[],
            &["http.port=1"],
            "--set http.port: http.port: unknown key; known here: listen, token_file, tls_certificate_file, tls_key_file",
        ),
        ("", &[], &["http.listen"], "--set http.listen: a value is missing; write --set section.key=value"),
        (
            "[kafka.properties]\nenable.auto.commit = true\n\"isolation.level\" = \"x\"",
            &[],
            &[],
            "segue.toml:2: kafka.properties.enable.auto.commit: exactly-once depends on it; remove it: offsets are \
             committed in the transaction\n\
             segue.toml:3: kafka.properties.isolation.level: exactly-once depends on it; remove it: it is always \
             read_committed",
        ),
        (
            "",
            &[("SEGUE__KAFKA__PROPERTIES__ACKS", "1")],
            &[],
            "environment variable SEGUE__KAFKA__PROPERTIES__ACKS: kafka.properties.acks: exactly-once depends on it; \
             remove it: it is always all",
        ),
        (
            "[topics]\nformat = \"protobuf\"",
            &[],
            &[],
            "segue.toml:2: topics.format: \"protobuf\" is not known here; write one of: json, avro",
        ),
        (
            "[registry]\nauto_register = true",
            &[],
            &[],
            "segue.toml:2: registry.auto_register: there is no registry; set registry.url, or remove it",
        ),
        (
            "[registry]\nurl = \"https://me:pa55@registry\"",
            &[],
            &[],
            "segue.toml:2: registry.url: it holds credentials; put them into registry.username and \
             registry.password_file",
        ),
        (
            "[registry]\nurl = \"registry:8081\"\nusername = \"segue\"",
            &[],
            &[],
            "segue.toml:2: registry.url: an address is wanted as http://host:port or https://host/path; change it\n\
             segue.toml:3: registry.username: a name without a password; set registry.password_file, or \
             SEGUE__REGISTRY__PASSWORD",
        ),
        (
            "[registry]\nurl = \"http://r\"\nusername = \"a\"\npassword = \"b\"",
            &[("SEGUE__REGISTRY__TOKEN", "pa55")],
            &[],
            "environment variable SEGUE__REGISTRY__TOKEN: registry.token: registry.username is set too; keep one way to \
             log in",
        ),
        (
            "[topics]\nturns = \"same\"\noutcomes = \"same\"",
            &[],
            &[],
            "segue.toml:3: topics.outcomes: same is the name of topics.turns too; give each its own",
        ),
        (
            "[topics]\nturns = \"a b\"",
            &[],
            &[],
            "segue.toml:2: topics.turns: \"a b\" cannot be a topic's name; use at most 200 letters, digits, points, \
             dashes and underscores",
        ),
        (
            "[http]\nlisten = \"127.0.0.1:1\"",
            &[("SEGUE__HTTP__LISTEN", "0.0.0.0:8080")],
            &[],
            "environment variable SEGUE__HTTP__LISTEN: http.listen: 0.0.0.0:8080 can be reached from other machines, \
             so /api and the dashboard need a token; set http.token_file, or listen on 127.0.0.1",
        ),
        (
            "[metrics]\nsplits = [\"chanel+queue\"]",
            &[],
            &[],
            "segue.toml:2: metrics.splits: \"chanel\" is not a dimension; did you mean channel?",
        ),
        (
            "[policy]\nshadow = [\"a\", \" \"]",
            &[],
            &[],
            "segue.toml:2: policy.shadow: the path of a policy file is wanted",
        ),
        (
            "[policy]\nshadow = [\"1\"]",
            &[],
            &["policy.shadow=1,2,3,4,5,6,7,8,9"],
            "--set policy.shadow: policy.shadow: 9 policies are named; at most 8 watch at a time",
        ),
        (
            "[engine]\nforget_after = \"1h\"\nforget_after_ms = 1000",
            &[],
            &[],
            "segue.toml:2: engine.forget_after: forget_after_ms is set too; remove one of the two",
        ),
        (
            "[engine]\nrecord_bytes_max = 1000000\nbatch_bytes = 70000",
            &[],
            &[],
            "segue.toml:2: engine.record_bytes_max: a record must fit into a batch; set it to engine.batch_bytes or \
             less",
        ),
    ] {
        assert_eq!(layered(text, variables, set).unwrap_err(), expected, "{text} {variables:?} {set:?}");
    }
}

#[test]
fn the_effective_settings_load_back_and_hide_secrets() {
    let text = r#"
[kafka]
ssl_key_password = "pa55"
security_protocol = "ssl"
[kafka.properties]
"sasl.username" = "segue"
"sasl.password" = "pa55"
"ssl.key.pem" = "pa55"
[registry]
url = "https://registry:8081"
username = "segue"
password = "pa55"
[policy]
file = "policy.toml"
"#;
    let settings = layered(text, &[], &[]).unwrap();
    let shown = settings.to_string();
    assert!(!shown.contains("pa55"), "{shown}");
    assert!(!format!("{settings:?}").contains("pa55"));
    let mut expected = settings.clone();
    for (name, value) in &mut expected.kafka.properties {
        if name != "sasl.username" {
            *value = "(hidden)".to_owned();
        }
    }
    expected.kafka.login.hide();
    expected.registry.password = Some("(hidden)".to_owned());
    assert_eq!(layered(&shown, &[], &[]), Ok(expected), "{shown}");
    let token =
        layered("[registry]\nurl = \"http://r\"", &[("SEGUE__REGISTRY__TOKEN", "pa55")], &[]).unwrap();
    assert!(!token.to_string().contains("pa55") && !format!("{token:?}").contains("pa55"));
    assert_eq!(token.registry.token.as_deref(), Some("pa55"));
}

#[test]
fn the_example_settings_load() {
    let text = include_str!("../../deploy/segue.toml");
    assert!(layered(text, &[], &[]).is_ok());
}

#[test]
fn a_login_that_cannot_be_is_refused_with_its_place_and_a_remedy() {
    for (lines, expected) in [
        (
            "security_protocol = \"sasl_tls\"",
            "segue.toml:2: kafka.security_protocol: \"sasl_tls\" is not known here; did you mean \"sasl_ssl\"?",
        ),
        (
            "sasl_mechanism = \"GSSAPI\"",
            "segue.toml:2: kafka.sasl_mechanism: \"GSSAPI\" is not known here; write one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER",
        ),
        (
            "security_protocol = \"sasl_ssl\"",
            "segue.toml:2: kafka.security_protocol: kafka.sasl_mechanism is missing; write one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER",
        ),
        (
            "username = \"segue\"",
            "segue.toml:2: kafka.username: it needs kafka.security_protocol = \"sasl_ssl\" (or \"sasl_plaintext\")",
        ),
        (
            "ssl_ca_file = \"ca.pem\"",
            "segue.toml:2: kafka.ssl_ca_file: it needs kafka.security_protocol = \"ssl\" or \"sasl_ssl\"",
        ),
        (
            "security_protocol = \"ssl\"\nssl_key_file = \"k\"",
            "segue.toml:3: kafka.ssl_key_file: kafka.ssl_certificate_file is missing; a certificate and its key go together",
        ),
        (
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"plain\"\nusername = \"segue\"",
            "segue.toml:3: kafka.sasl_mechanism: PLAIN needs kafka.password_file (or kafka.password from the environment, SEGUE__KAFKA__PASSWORD); set it",
        ),
        (
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nusername = \"a\"\npassword = \"b\"\n[kafka.properties]\nsasl.username = \"a\"",
            "segue.toml:4: kafka.username: kafka.properties.sasl.username is set too; remove one of the two",
        ),
        (
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"OAUTHBEARER\"\noidc_token_url = \"https://idp/token\"\noidc_client_id = \"a\"",
            "segue.toml:3: kafka.sasl_mechanism: OAUTHBEARER needs kafka.oidc_client_secret_file; set it",
        ),
        (
            "oidc_token_url = \"http://idp/token\"",
            "segue.toml:2: kafka.oidc_token_url: the client secret would travel readable; write https://",
        ),
    ] {
        assert_eq!(layered(&format!("[kafka]\n{lines}"), &[], &[]).unwrap_err(), expected, "{lines}");
    }
}

#[test]
fn a_login_becomes_properties_and_secrets_stay_in_their_files() {
    let text = "[kafka]\nsecurity_protocol = \"SASL_SSL\"\nsasl_mechanism = \"scram-sha-512\"\nusername = \"segue\"\n\
                password_file = \"p\"\nssl_ca_file = \"ca.pem\"\n[kafka.properties]\nlinger.ms = 7\n";
    let properties = layered(text, &[], &[]).unwrap().kafka.client_properties();
    let expected = [
        ("linger.ms", "7"),
        ("security.protocol", "sasl_ssl"),
        ("sasl.mechanisms", "SCRAM-SHA-512"),
        ("sasl.username", "segue"),
        ("ssl.ca.location", "ca.pem"),
    ];
    assert_eq!(properties.plain, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let file = Source::File { key: "kafka.password_file", path: "p".into() };
    assert_eq!(properties.secrets, [("sasl.password", file)]);
}

#[test]
fn traces_need_a_build_that_sends_them_and_an_address_without_a_login() {
    let with = |endpoint: &str| layered("", &[], &[&format!("telemetry.otlp_endpoint={endpoint}")]);
    let refused = with("http://user:pa55@collector:4318").unwrap_err();
    assert!(!refused.contains("pa55"), "{refused}");
    if cfg!(feature = "otel") {
        assert!(with("http://127.0.0.1:4318").is_ok());
        assert!(with("https://127.0.0.1:4318").unwrap_err().contains("plain http"));
    } else {
        assert!(with("http://127.0.0.1:4318").unwrap_err().contains("--features otel"));
    }
}
