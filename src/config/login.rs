//! How we log in to the cluster: keys of `[kafka]` that stand for librdkafka's properties, with better errors, and with
//! secrets that come from files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::Kafka;
use crate::domain::rule::nearest::nearest;
use crate::kafka::Properties;
use crate::kafka::oidc::Oidc;
use crate::kafka::properties::{PemFile, PemKind};
use crate::security::secret::{Secret, Source, without_final_newline};

/// One key of `[kafka]`, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    SecurityProtocol,
    SaslMechanism,
    Username,
    Password,
    PasswordFile,
    SslCaFile,
    SslCertificateFile,
    SslKeyFile,
    SslKeyPassword,
    SslKeyPasswordFile,
    OidcTokenUrl,
    OidcClientId,
    OidcClientSecret,
    OidcClientSecretFile,
    OidcScope,
    OidcCaFile,
}

impl Key {
    pub const ALL: [Key; 16] = [
        Key::SecurityProtocol,
        Key::SaslMechanism,
        Key::Username,
        Key::Password,
        Key::PasswordFile,
        Key::SslCaFile,
        Key::SslCertificateFile,
        Key::SslKeyFile,
        Key::SslKeyPassword,
        Key::SslKeyPasswordFile,
        Key::OidcTokenUrl,
        Key::OidcClientId,
        Key::OidcClientSecret,
        Key::OidcClientSecretFile,
        Key::OidcScope,
        Key::OidcCaFile,
    ];

    /// With its section, as messages name it.
    pub fn full_name(self) -> &'static str {
        match self {
            Key::SecurityProtocol => "kafka.security_protocol",
            Key::SaslMechanism => "kafka.sasl_mechanism",
            Key::Username => "kafka.username",
            Key::Password => "kafka.password",
            Key::PasswordFile => "kafka.password_file",
            Key::SslCaFile => "kafka.ssl_ca_file",
            Key::SslCertificateFile => "kafka.ssl_certificate_file",
            Key::SslKeyFile => "kafka.ssl_key_file",
            Key::SslKeyPassword => "kafka.ssl_key_password",
            Key::SslKeyPasswordFile => "kafka.ssl_key_password_file",
            Key::OidcTokenUrl => "kafka.oidc_token_url",
            Key::OidcClientId => "kafka.oidc_client_id",
            Key::OidcClientSecret => "kafka.oidc_client_secret",
            Key::OidcClientSecretFile => "kafka.oidc_client_secret_file",
            Key::OidcScope => "kafka.oidc_scope",
            Key::OidcCaFile => "kafka.oidc_ca_file",
        }
    }

    /// Within `[kafka]`.
    pub fn name(self) -> &'static str {
        self.full_name().strip_prefix("kafka.").unwrap_or_default()
    }

    /// Whether its value must not be shown, nor be given on the command line.
    pub fn is_secret(self) -> bool {
        matches!(self, Key::Password | Key::SslKeyPassword | Key::OidcClientSecret)
    }

    /// The properties that say the same: one of the two places is enough.
    fn properties(self) -> &'static [&'static str] {
        match self {
            Key::SecurityProtocol => &["security.protocol"],
            Key::SaslMechanism => &["sasl.mechanism", "sasl.mechanisms"],
            Key::Username => &["sasl.username"],
            Key::Password | Key::PasswordFile => &["sasl.password"],
            Key::SslCaFile => &["ssl.ca.location", "ssl.ca.pem"],
            Key::SslCertificateFile => &["ssl.certificate.location", "ssl.certificate.pem"],
            Key::SslKeyFile => &["ssl.key.location", "ssl.key.pem"],
            Key::SslKeyPassword | Key::SslKeyPasswordFile => &["ssl.key.password"],
            Key::OidcTokenUrl
            | Key::OidcClientId
            | Key::OidcClientSecret
            | Key::OidcClientSecretFile
            | Key::OidcScope
            | Key::OidcCaFile => &[],
        }
    }

    fn is_tls(self) -> bool {
        self.name().starts_with("ssl_")
    }

    fn is_oidc(self) -> bool {
        self.name().starts_with("oidc_")
    }
}

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

/// The values of the keys. Secrets among them are never shown.
#[derive(Clone, Default, PartialEq)]
pub struct Login([Option<String>; Key::ALL.len()]);

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.clone();
        shown.hide();
        let set = Key::ALL.into_iter().filter_map(|key| Some((key.name(), shown.of(key)?.to_owned())));
        f.debug_map().entries(set).finish()
    }
}

impl Login {
    pub fn of(&self, key: Key) -> Option<&str> {
        self.0[key as usize].as_deref()
    }

    /// Every key's name and place.
    pub fn slots(&mut self) -> impl Iterator<Item = (&'static str, &mut Option<String>)> {
        Key::ALL.into_iter().map(Key::name).zip(&mut self.0)
    }

    /// Replaces secrets by a word.
    pub fn hide(&mut self) {
        for key in Key::ALL.into_iter().filter(|key| key.is_secret()) {
            self.0[key as usize] = self.of(key).map(|_| "(hidden)".to_owned());
        }
    }

    /// What is wrong with single values: the key and what to do.
    pub fn flaws(&self) -> Vec<(Key, String)> {
        let mut flaws = Vec::new();
        for (key, all) in [(Key::SecurityProtocol, &PROTOCOLS), (Key::SaslMechanism, &MECHANISMS)] {
            if let Some(value) = self.of(key)
                && !all.iter().any(|one| one.eq_ignore_ascii_case(value))
            {
                let upper = value.to_ascii_uppercase();
                let near = nearest(value, *all).or_else(|| nearest(&upper, *all));
                let hint = match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("write one of: {}", all.join(", ")),
                };
                flaws.push((key, format!("\"{value}\" is not known here; {hint}")));
            }
        }
        if let Some(url) = self.of(Key::OidcTokenUrl) {
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
            if host.contains('@') {
                // Not the address: a password stands in it.
                let what =
                    "no name and password in the address; set oidc_client_id and oidc_client_secret_file";
                flaws.push((Key::OidcTokenUrl, what.to_owned()));
            } else if host.is_empty() || url.contains(char::is_whitespace) {
                let what =
                    "the address of a token endpoint is wanted, such as https://idp.example/oauth2/token";
                flaws.push((Key::OidcTokenUrl, what.to_owned()));
            } else if url.starts_with("http://") && !is_this_machine(host) {
                let what = "the client secret would travel readable; write https://";
                flaws.push((Key::OidcTokenUrl, what.to_owned()));
            }
        }
        flaws
    }

    /// What does not fit together: the key to change, and how. `properties` are those of `[kafka.properties]`.
    pub fn conflicts(&self, properties: &BTreeMap<String, String>) -> Vec<(Key, String)> {
        let mut found = Vec::new();
        let mut say = |key: Key, what: String| found.push((key, what));
        for key in Key::ALL.into_iter().filter(|key| self.of(*key).is_some()) {
            if let Some(property) = key.properties().iter().find(|name| properties.contains_key(**name)) {
                say(key, format!("kafka.properties.{property} is set too; remove one of the two"));
            }
        }
        for (direct, file) in [
            (Key::Password, Key::PasswordFile),
            (Key::SslKeyPassword, Key::SslKeyPasswordFile),
            (Key::OidcClientSecret, Key::OidcClientSecretFile),
        ] {
            if self.of(direct).is_some() && self.of(file).is_some() {
                say(file, format!("kafka.{} is set too; remove one of the two", direct.name()));
            }
        }
        // From here on it does not matter in which of the two places something is set.
        let value = |key: Key| {
            let property =
                || key.properties().iter().find_map(|name| properties.get(*name)).map(String::as_str);
            self.of(key).or_else(property)
        };
        let has = |key: Key| value(key).is_some();
        let protocol = value(Key::SecurityProtocol).unwrap_or("plaintext").to_ascii_lowercase();
        let mechanism = value(Key::SaslMechanism).map(str::to_ascii_uppercase);
        let (is_sasl, is_tls) = (protocol.starts_with("sasl_"), protocol.ends_with("ssl"));
        let only_with_sasl = "it needs kafka.security_protocol = \"sasl_ssl\" (or \"sasl_plaintext\")";
        if !is_sasl {
            let first = Key::ALL.into_iter().find(|key| {
                let of_sasl =
                    matches!(key, Key::SaslMechanism | Key::Username | Key::Password | Key::PasswordFile)
                        || key.is_oidc();
                of_sasl && self.of(*key).is_some()
            });
            if let Some(key) = first {
                say(key, only_with_sasl.to_owned());
            }
        }
        if !is_tls && let Some(key) = Key::ALL.into_iter().find(|key| key.is_tls() && self.of(*key).is_some())
        {
            say(key, "it needs kafka.security_protocol = \"ssl\" or \"sasl_ssl\"".to_owned());
        }
        for (one, other) in
            [(Key::SslCertificateFile, Key::SslKeyFile), (Key::SslKeyFile, Key::SslCertificateFile)]
        {
            // A key store holds both.
            if self.of(one).is_some() && !has(other) && !properties.contains_key("ssl.keystore.location") {
                say(one, format!("kafka.{} is missing; a certificate and its key go together", other.name()));
            }
        }
        if !is_sasl {
            return found;
        }
        match mechanism.as_deref() {
            None => say(
                Key::SecurityProtocol,
                format!("kafka.sasl_mechanism is missing; write one of: {}", MECHANISMS.join(", ")),
            ),
            Some("OAUTHBEARER") => {
                let secret = [Key::OidcClientSecretFile, Key::OidcClientSecret];
                for missing in [Key::OidcTokenUrl, Key::OidcClientId].into_iter().filter(|key| !has(*key)) {
                    say(Key::SaslMechanism, format!("OAUTHBEARER needs kafka.{}; set it", missing.name()));
                }
                if !secret.into_iter().any(has) {
                    say(
                        Key::SaslMechanism,
                        "OAUTHBEARER needs kafka.oidc_client_secret_file; set it".to_owned(),
                    );
                }
            }
            Some(name) => {
                if let Some(key) = Key::ALL.into_iter().find(|key| key.is_oidc() && self.of(*key).is_some()) {
                    say(
                        key,
                        format!("it is for OAUTHBEARER, and the mechanism is {name}; remove one of the two"),
                    );
                }
                let by_name = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"].contains(&name);
                if by_name && !has(Key::Username) {
                    say(Key::SaslMechanism, format!("{name} needs kafka.username; set it"));
                }
                if by_name && !has(Key::Password) && !has(Key::PasswordFile) {
                    let what = format!(
                        "{name} needs kafka.password_file (or kafka.password from the environment, \
                         SEGUE__KAFKA__PASSWORD); set it"
                    );
                    say(Key::SaslMechanism, what);
                }
            }
        }
        found
    }

    fn path(&self, key: Key) -> Option<PathBuf> {
        self.of(key).map(PathBuf::from)
    }

    fn secret(&self, direct: Key, file: Key) -> Option<Source> {
        let of_file = || self.path(file).map(|path| Source::File { key: file.full_name(), path });
        let given = self.of(direct).map(|text| Source::Given(Secret::new(without_final_newline(text))));
        given.or_else(of_file)
    }

    fn oidc(&self) -> Option<Oidc> {
        Some(Oidc {
            token_url: self.of(Key::OidcTokenUrl)?.to_owned(),
            client_id: self.of(Key::OidcClientId)?.to_owned(),
            client_secret: self.secret(Key::OidcClientSecret, Key::OidcClientSecretFile)?,
            scope: self.of(Key::OidcScope).map(str::to_owned),
            ca_file: self.path(Key::OidcCaFile),
        })
    }
}

impl Kafka {
    /// Everything the cluster's clients need beside the addresses.
    pub fn client_properties(&self) -> Properties {
        let login = &self.login;
        let mut plain: Vec<(String, String)> =
            self.properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (key, property) in [
            (Key::SecurityProtocol, "security.protocol"),
            (Key::SaslMechanism, "sasl.mechanisms"),
            (Key::Username, "sasl.username"),
            (Key::SslCaFile, "ssl.ca.location"),
            (Key::SslCertificateFile, "ssl.certificate.location"),
            (Key::SslKeyFile, "ssl.key.location"),
        ] {
            let value = login.of(key).map(|value| match key {
                Key::SecurityProtocol => value.to_ascii_lowercase(),
                Key::SaslMechanism => value.to_ascii_uppercase(),
                _ => value.to_owned(),
            });
            plain.extend(value.map(|value| (property.to_owned(), value)));
        }
        let key_password = login.secret(Key::SslKeyPassword, Key::SslKeyPasswordFile);
        let key_kind = if key_password.is_some() || self.properties.contains_key("ssl.key.password") {
            PemKind::AnyKey
        } else {
            PemKind::PlainKey
        };
        let files = [
            (Key::SslCaFile, PemKind::Certificates),
            (Key::SslCertificateFile, PemKind::Certificates),
            (Key::SslKeyFile, key_kind),
        ];
        let mut files: Vec<PemFile> = files
            .into_iter()
            .filter_map(|(key, kind)| Some(PemFile { key: key.full_name(), path: login.path(key)?, kind }))
            .collect();
        let ca = login.path(Key::OidcCaFile);
        files.extend(ca.map(|path| PemFile { key: "kafka.oidc_ca_file", path, kind: PemKind::Certificates }));
        let password = login.secret(Key::Password, Key::PasswordFile);
        let secrets = [("sasl.password", password), ("ssl.key.password", key_password)];
        Properties {
            plain,
            secrets: secrets.into_iter().filter_map(|(name, source)| Some((name, source?))).collect(),
            oidc: login.oidc(),
            files,
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
