//! Logins: every way in works, and every way that fails is one message that says what to do, while readiness says no.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;

use crate::live::{Instance, Load, SEGUE, Secure, Site, Tail, Writer, until};

/// A token endpoint that gives everyone the same token. Its thread ends with the test's process.
fn token_endpoint(token: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/token", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
            let mut length = 0;
            let mut knows = false;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() || line.trim_end().is_empty() {
                    break;
                }
                let line = line.trim_end().to_ascii_lowercase();
                length =
                    line.strip_prefix("content-length: ").map_or(length, |n| n.parse().expect("a length"));
                // segue:of-the-client
                knows |= line.ends_with("basic c2vndwu6b2ytdghllwnsawvuda==");
            }
            let mut form = vec![0; length];
            if reader.read_exact(&mut form).is_err() {
                continue;
            }
            let (status, body) = if knows && form.starts_with(b"grant_type=client_credentials") {
                ("200 OK", format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#))
            } else {
                ("401 Unauthorized", r#"{"error":"invalid_client"}"#.to_owned())
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            // Whoever asked and went away is not missed.
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    url
}

fn oidc(site: &Site, secure: &Secure, url: &str, secret: &str) -> String {
    let file = site.folder.join("client-secret");
    fs::write(&file, secret).expect("a secret file");
    format!(
        "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"OAUTHBEARER\"\nssl_ca_file = \"{}\"\noidc_token_url = \"{url}\"\n\
         oidc_client_id = \"segue\"\noidc_client_secret_file = \"{}\"\n",
        secure.file("ca.pem"),
        file.display()
    )
}

fn mutual(secure: &Secure, key: &str, more: &str) -> String {
    format!(
        "security_protocol = \"ssl\"\nssl_ca_file = \"{}\"\nssl_certificate_file = \"{}\"\nssl_key_file = \"{}\"\n{more}",
        secure.file("ca.pem"),
        secure.file("client.pem"),
        secure.file(key)
    )
}

#[test]
fn secure_every_login_runs_the_job() {
    let Some((mut site, secure)) = Secure::site("secure-logins", 1) else { return };
    site.create_topics(1);
    let token = fs::read_to_string(secure.file("token.jwt")).expect("a token");
    let key_password = site.folder.join("key-password");
    fs::write(&key_password, crate::live::KEY_PASSWORD).expect("a key password");
    let encrypted = format!("ssl_key_password_file = \"{}\"\n", key_password.display());
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut events = Tail::of(&site, "handoff.events");
    let mut last: Option<Instance> = None;
    for (number, (listener, principal, login)) in [
        ("SECURED", "segue", secure.by_password(&site, "SCRAM-SHA-256", "segue")),
        ("SECURED", "segue-plain", secure.by_password(&site, "PLAIN", "segue-plain")),
        ("SECURED", "segue-oidc", oidc(&site, &secure, &token_endpoint(token), "of-the-client\n")),
        ("MUTUAL", "segue-mtls", mutual(&secure, "client.key", "")),
        ("MUTUAL", "segue-mtls", mutual(&secure, "client-encrypted.key", &encrypted)),
    ]
    .into_iter()
    .enumerate()
    {
        secure.grant(&Secure::rights(&site, principal, &[]));
        (site.front, site.kafka) = (secure.at(listener), login);
        // The one before leaves only when this one is there: each does what the other did.
        let instance = site.start(&format!("instance-{number}"));
        writer.turns(&load.turns(30));
        events.reach(&load);
        instance.until_ready();
        if let Some(mut before) = last.replace(instance) {
            before.stop();
        }
    }
    site.finish(load, &writer, last, events);
    site.done();
}

/// Waits until exactly this is told, and sees that it is told once, and that the instance is alive and not ready.
fn check(site: &Site, name: &str, expected: &str) -> Instance {
    let mut instance = site.start(name);
    let warned = |instance: &Instance| -> Vec<String> {
        let lines = instance.log().into_iter().filter(|line| line["level"] == "WARN");
        lines.filter_map(|line| Some(line["cause"].as_str()?.to_owned())).collect()
    };
    until(&format!("{name}: {expected}; its log: {}", instance.path().display()), || {
        warned(&instance).iter().any(|cause| cause.contains(expected))
    });
    assert_eq!(instance.ready(), Some(503), "{name}");
    assert_eq!(warned(&instance).len(), 1, "{name}: {}", instance.path().display());
    instance.stop();
    instance
}

#[test]
fn secure_every_trouble_is_one_message_that_says_what_to_do() {
    let Some((mut site, secure)) = Secure::site("secure-trouble", 1) else { return };
    let plaintext = site.bootstrap.clone();
    let scram = secure.by_password(&site, "SCRAM-SHA-512", "segue");
    let wrong_password = site.folder.join("wrong-password");
    fs::write(&wrong_password, "wr0ng-and-secret").expect("a password file");
    let wrong = scram
        .replace(&site.folder.join("password").display().to_string(), &wrong_password.display().to_string());
    let tls = |ca: &str| format!("security_protocol = \"ssl\"\nssl_ca_file = \"{}\"\n", secure.file(ca));
    let token = fs::read_to_string(secure.file("token.jwt")).expect("a token");
    for (name, front, login, expected) in [
        (
            "password",
            secure.at("SECURED"),
            wrong.clone(),
            "refuses the login; check kafka.username and kafka.password_file",
        ),
        (
            "authority",
            secure.at("MUTUAL"),
            tls("other-ca.pem"),
            "is of an authority that is not known here; name the authority's certificate in kafka.ssl_ca_file",
        ),
        ("expired", secure.at("EXPIRED"), tls("ca.pem"), "has expired; renew it on the broker"),
        (
            "elsewhere",
            secure.at("ELSEWHERE"),
            tls("ca.pem"),
            "is for another name; write a name into kafka.bootstrap_servers",
        ),
        (
            "no-tls-there",
            plaintext,
            tls("ca.pem"),
            "does not speak TLS on this port; set kafka.security_protocol",
        ),
        (
            "tls-there",
            secure.at("EXPIRED"),
            String::new(),
            "as a TLS listener does; set kafka.security_protocol",
        ),
        ("certificate-wanted", secure.at("MUTUAL"), tls("ca.pem"), "wants a certificate of ours"),
        ("login-wanted", secure.at("CLEAR"), String::new(), "kafka.security_protocol"),
        (
            "client-secret",
            secure.at("SECURED"),
            oidc(&site, &secure, &token_endpoint(token), "wr0ng-and-secret"),
            "gives no token (401 invalid_client); check kafka.oidc_client_id",
        ),
        (
            "nobody-there",
            secure.at("SECURED"),
            oidc(&site, &secure, "http://127.0.0.1:1/token", "wr0ng-and-secret"),
            "http://127.0.0.1:1/token: ",
        ),
    ] {
        (site.front, site.kafka) = (front, login);
        check(&site, name, expected);
    }
    assert!(!site.logged().contains("wr0ng-and-secret"), "a secret is in a log in {}", site.folder.display());

    // The right password, written into the file while the program runs, is taken.
    (site.front, site.kafka) = (secure.at("SECURED"), wrong);
    let mut instance = site.start("mended");
    until("the login is refused", || instance.has_logged("the cluster does not answer yet"));
    fs::write(&wrong_password, crate::live::PASSWORD).expect("a password file");
    // It is let in, and stands before rights that nobody granted.
    until("it is let in", || site.logged().contains("the cluster refuses us"));
    instance.stop();
    site.done();
}

#[test]
fn secure_an_instance_is_asked_over_tls_with_its_token() {
    let Some((mut site, secure)) = Secure::site("secure-http", 1) else { return };
    site.create_topics(1);
    let token = site.folder.join("token");
    fs::write(&token, "0pen-sesame\n").expect("a token");
    let listen = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    site.http = format!(
        "listen = \"{listen}\"\ntoken_file = \"{}\"\ntls_certificate_file = \"{}\"\ntls_key_file = \"{}\"\n",
        token.display(),
        secure.file("server.pem"),
        secure.file("server.key")
    );
    let (mut load, writer) = (Load::new(), Writer::new(&site));
    let mut instance = site.start("one");
    let mut events = Tail::of(&site, "handoff.events");
    writer.turns(&load.turns(30));
    events.reach(&load);
    let inspect = |arguments: &[&str]| {
        let config = site.config("inspect");
        let output = Command::new(SEGUE)
            .args(["inspect", "c-000000", "--config"])
            .arg(config)
            .args(arguments)
            .output()
            .expect("segue starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let ca = secure.file("ca.pem");
    until("the conversation is shown", || inspect(&["--ca-file", &ca]).0 == Some(0));
    let (code, _, error) = inspect(&[]);
    assert!(code == Some(1) && error.contains("name the authority's certificate by --ca-file"), "{error}");
    let other = site.folder.join("other-token");
    fs::write(&other, "0ther").expect("a token");
    let (code, _, error) = inspect(&["--ca-file", &ca, "--token-file", &other.display().to_string()]);
    assert!(code == Some(1) && error.contains("the token is missing or wrong (401)"), "{error}");
    instance.stop();
    assert!(!site.logged().contains("0pen-sesame"));
    site.done();
}
