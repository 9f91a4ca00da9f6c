//! Secrets are in nothing that the program prints, whatever is wrong with its settings. No Kafka, no network: the broker's
//! port is closed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SEGUE: &str = env!("CARGO_BIN_EXE_segue");
/// Every planted secret holds it.
const PLANTED: &str = "pl4nted";

/// Runs a command on these settings with a clean environment.
fn segue(folder: &Path, settings: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let config = folder.join("segue.toml");
    fs::write(&config, settings).expect("settings");
    let mut command = Command::new(SEGUE);
    command
        .args(arguments)
        .arg("--config")
        .arg(config)
        .envs(variables.iter().copied())
        .env("RUST_BACKTRACE", "1");
    command.stdin(Stdio::null()).output().expect("segue starts")
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Files that hold a secret, and are named by settings that want something else.
fn files(folder: &Path) -> impl Fn(&str) -> String {
    let write = |name: &str, content: &str| fs::write(folder.join(name), content).expect("a file");
    write("one-line", "pl4nted\n");
    write("two-lines", "pl4nted\npl4nted\n");
    write("empty", "");
    write("binary", "pl4nted\u{0}");
    write("token", "pl4nted token\n");
    write("broken.pem", "-----BEGIN PRIVATE KEY-----\npl4nted!\n-----END PRIVATE KEY-----\n");
    write("broken-certificate.pem", "-----BEGIN CERTIFICATE-----\npl4nted!\n-----END CERTIFICATE-----\n");
    let folder = folder.to_owned();
    move |name| format!("\"{}\"", folder.join(name).display())
}

#[test]
fn wrong_settings_are_refused_without_their_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = files(folder.path());
    let scram = "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"SCRAM-SHA-512\"\nusername = \"segue\"\n";
    let oidc = "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"OAUTHBEARER\"\noidc_client_id = \"segue\"\n";
    let tls = "[kafka]\nsecurity_protocol = \"ssl\"\n";
    let mut settings: Vec<String> = [
        "[kafka]\npassword = \"pl4nted",
        "[kafka]\npassword = pl4nted",
        "[kafka]\npassword = 'pl4nted\n",
        "[kafka]\npassword = \"\"\"pl4nted",
        "[kafka]\npassword = \"pl4nted\\q\"",
        "[kafka]\npassword \"pl4nted\"",
        "[kafka]\npassword = \"pl4nted\" pl4nted",
        "[kafka]\npassword = [\"pl4nted\"]",
        "[kafka]\npassword = { is = \"pl4nted\" }",
        "[kafka]\npassword = \"pl4nted\"\npassword = \"pl4nted\"",
        "[kafka]\npasswort = \"pl4nted\"",
        "[kafka]\npassword = \"pl4nted\"",
        "[kafka]\nkafka = \"pl4nted\"\n[kafka.password]\nx = \"pl4nted\"",
        "[kafka.properties]\n\"sasl.password\" = pl4nted",
        "[kafka.properties]\n\"sasl.password\" = [\"pl4nted\"]",
        "[kafka.properties]\n\"sasl.oauthbearer.client.secret\" = \"pl4nted\"",
        "[kafka.properties]\n\"sasl.oauthbearer.config\" = \"pl4nted\"",
        "[kafka.properties]\n\"isolation.level\" = \"x\"\n\"sasl.password\" = \"pl4nted\"",
        "[http]\nlisten = \"0.0.0.0:1\"\n[kafka.properties]\n\"ssl.key.password\" = \"pl4nted\"",
    ]
    .map(str::to_owned)
    .to_vec();
    for (head, lines) in [
        (scram, "password = \"pl4nted\"\npassword_file = \"/nowhere\"".to_owned()),
        (scram, "password = \"pl4nted\"\n[kafka.properties]\n\"sasl.password\" = \"pl4nted\"".to_owned()),
        (scram, format!("password_file = {}", file("two-lines"))),
        (scram, format!("password_file = {}", file("binary"))),
        (scram, format!("password_file = {}", file("empty"))),
        (scram, format!("password = \"pl4nted\"\nssl_ca_file = {}", file("one-line"))),
        (scram, "password = \"pl4nted\"\noidc_client_secret = \"pl4nted\"".to_owned()),
        (tls, format!("ssl_ca_file = {}", file("broken-certificate.pem"))),
        (tls, format!("ssl_certificate_file = {0}\nssl_key_file = {0}", file("one-line"))),
        (
            tls,
            format!(
                "ssl_certificate_file = {0}\nssl_key_file = {0}\nssl_key_password = \"pl4nted\"",
                file("broken.pem")
            ),
        ),
        (oidc, "oidc_token_url = \"https://segue:pl4nted@idp\"\noidc_client_secret = \"pl4nted\"".to_owned()),
        (oidc, "oidc_token_url = \"http://idp\"\noidc_client_secret = \"pl4nted\"".to_owned()),
        (oidc, format!("oidc_token_url = \"https://idp\"\noidc_client_secret_file = {}", file("two-lines"))),
        (
            oidc,
            format!(
                "oidc_token_url = \"https://idp\"\noidc_client_secret = \"pl4nted\"\noidc_ca_file = {}",
                file("one-line")
            ),
        ),
        ("[http]\n", format!("token_file = {}", file("two-lines"))),
        ("[http]\n", format!("token_file = {}", file("token"))),
        ("[http]\n", format!("tls_certificate_file = {0}\ntls_key_file = {0}", file("one-line"))),
        (
            "[http]\n",
            format!("tls_certificate_file = {0}\ntls_key_file = {0}", file("broken-certificate.pem")),
        ),
    ] {
        settings.push(format!("{head}{lines}\n"));
    }
    for text in &settings {
        let output = segue(folder.path(), text, &[], &["run"]);
        let said = printed(&output);
        assert_eq!(output.status.code(), Some(2), "{text}\n{said}");
        assert!(!said.contains(PLANTED), "{text}\n{said}");
        // Where the settings in force were logged before, an empty line ends them.
        let message = said.trim_end().rsplit("\n\n").next().unwrap_or_default();
        assert!((1..=4).contains(&message.lines().count()), "one clear message a problem: {text}\n{said}");
        // The same settings in the hands of the other commands: whatever they say of them.
        for arguments in [&["acl", "--principal", "p"][..], &["inspect", "c-1"], &["topics", "plan"]] {
            if arguments[0] == "topics" && text.starts_with("[http]") {
                continue; // nothing is wrong there for it: it would ask the cluster
            }
            let said = printed(&segue(folder.path(), text, &[], arguments));
            assert!(!said.contains(PLANTED), "{arguments:?}: {text}\n{said}");
        }
    }
}

#[test]
fn variables_and_the_command_line_are_refused_without_their_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    for (variables, set) in [
        (&[("SEGUE__KAFKA__PASWORD", PLANTED)][..], &[][..]),
        (&[("SEGUE__KAFKA", PLANTED)], &[]),
        (&[("SEGUE__KAFKA__PASSWORD", PLANTED)], &[]),
        (&[("SEGUE__KAFKA__PASSWORD__X", PLANTED)], &[]),
        (&[("SEGUE__KAFKA__PASSWORD", PLANTED)], &["kafka.password_file=/nowhere"]),
        (&[("SEGUE__KAFKA__PROPERTIES__SASL_OAUTHBEARER_CONFIG", PLANTED)], &[]),
        (&[], &["kafka.password=pl4nted"]),
        (&[], &["kafka.password:pl4nted"]),
        (&[], &["kafka.password pl4nted"]),
        (&[], &["kafka.oidc_client_secret=pl4nted"]),
        (&[], &["kafka.ssl_key_password=pl4nted"]),
        (&[], &["kafka.properties.sasl.password=pl4nted"]),
        (&[], &["kafka.properties.ssl.key.pem=pl4nted"]),
    ] {
        let mut arguments = vec!["run"];
        set.iter().for_each(|one| arguments.extend(["--set", one]));
        let output = segue(folder.path(), "", variables, &arguments);
        let said = printed(&output);
        assert_eq!(output.status.code(), Some(2), "{variables:?} {set:?}\n{said}");
        assert!(!said.contains(PLANTED), "{variables:?} {set:?}\n{said}");
    }
    let output = segue(folder.path(), "", &[], &["run", "--set", "kafka.password=pl4nted"]);
    assert_eq!(
        printed(&output),
        "--set kafka.password: every user of this machine can read the command line of a process, so a secret may not \
         be in it (and this one should be changed); use --set kafka.password_file=FILE, or the environment variable \
         SEGUE__KAFKA__PASSWORD\n"
    );
}

/// Runs until the cluster has been found away, with everything logged that can be, and returns all of it.
fn logged(folder: &Path, settings: &str, variables: &[(&str, &str)]) -> String {
    let config = folder.join("segue.toml");
    fs::write(&config, settings).expect("settings");
    let mut child = Command::new(SEGUE)
        .args(["run", "--config"])
        .arg(config)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segue starts");
    let mut lines = String::new();
    let log = BufReader::new(child.stderr.take().expect("its log"));
    for line in log.lines().map_while(Result::ok) {
        lines += &line;
        lines += "\n";
        if line.contains("the cluster does not answer yet") {
            let stopped = Command::new("kill").arg(child.id().to_string()).status();
            assert!(stopped.is_ok_and(|status| status.success()));
        }
    }
    assert!(child.wait().expect("it ends").success(), "{lines}");
    lines
}

#[test]
fn nothing_secret_is_logged_not_even_at_the_finest_level() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = files(folder.path());
    let rest = "[kafka.properties]\n\"debug\" = \"all\"\n[http]\nlisten = \"127.0.0.1:0\"\n[log]\nlevel = \"trace\"\n";
    let scram = "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\nsecurity_protocol = \"sasl_plaintext\"\n\
                 sasl_mechanism = \"SCRAM-SHA-512\"\nusername = \"segue\"\n";
    let oidc = "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\nsecurity_protocol = \"sasl_plaintext\"\n\
                sasl_mechanism = \"OAUTHBEARER\"\noidc_client_id = \"segue\"\noidc_token_url = \"http://127.0.0.1:1/\"\n";
    for (settings, variables) in [
        (format!("{scram}password_file = {}\n{rest}", file("one-line")), &[][..]),
        (format!("{scram}password = \"{PLANTED}\"\n{rest}"), &[]),
        (format!("{scram}{rest}"), &[("SEGUE__KAFKA__PASSWORD", "pl4nted\n")]),
        (
            format!("{scram}{rest}").replace("[http]", &format!("[http]\ntoken_file = {}", file("one-line"))),
            &[("SEGUE__KAFKA__PASSWORD", PLANTED)],
        ),
        (format!("{oidc}oidc_client_secret_file = {}\n{rest}", file("one-line")), &[]),
    ] {
        let said = logged(folder.path(), &settings, variables);
        assert!(said.contains("effective settings"), "{said}");
        assert!(!said.contains(PLANTED), "{settings}\n{said}");
    }
}
