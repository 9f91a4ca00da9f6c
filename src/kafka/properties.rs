//! librdkafka's properties as the settings want them: plain ones, and secrets, which are read when a client is made.

use std::path::PathBuf;

use super::oidc::Oidc;
use super::refused;
use crate::engine::error::Error;
use crate::security::secret::{Secret, Source};
use crate::security::tls;

/// Properties by name, over our defaults; those of [`refused`](super::refused()) are not accepted.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Properties {
    pub plain: Vec<(String, String)>,
    /// Property and where its value is.
    pub secrets: Vec<(&'static str, Source)>,
    /// Who gives out tokens, where the mechanism is OAUTHBEARER.
    pub oidc: Option<Oidc>,
    /// Files that librdkafka will read, with the settings that name them: looked at before it does.
    pub files: Vec<PemFile>,
}

/// A PEM file that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    pub key: &'static str,
    pub path: PathBuf,
    pub kind: PemKind,
}

/// What must be in a PEM file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PemKind {
    Certificates,
    /// A private key that is not encrypted, because there is no passphrase for it.
    PlainKey,
    /// A private key, encrypted or not.
    AnyKey,
}

/// Values of secret properties stay hidden.
impl std::fmt::Debug for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |(name, value): &(String, String)| {
            (name.clone(), if refused::is_secret(name) { "(hidden)".to_owned() } else { value.clone() })
        };
        f.debug_struct("Properties")
            .field("plain", &self.plain.iter().map(shown).collect::<Vec<_>>())
            .field("secrets", &self.secrets)
            .field("oidc", &self.oidc)
            .finish_non_exhaustive()
    }
}

impl From<Vec<(String, String)>> for Properties {
    fn from(plain: Vec<(String, String)>) -> Properties {
        Properties { plain, ..Properties::default() }
    }
}

impl Properties {
    /// Refuses what a user may not set.
    pub(super) fn accept(&self) -> Result<(), Error> {
        for (name, _) in &self.plain {
            if let Some(why) = refused::refused(name) {
                return Err(Error::Fatal(format!("kafka.properties.{name} cannot be set: {why}")));
            }
        }
        Ok(())
    }

    /// Whether every file is there and holds what it must, before anything is connected. Errors: every problem, a line each.
    pub fn check(&self) -> Result<(), String> {
        let secrets = self.secrets.iter().map(|(_, source)| source);
        let of_oidc = self.oidc.iter().map(|oidc| &oidc.client_secret);
        let mut problems: Vec<String> =
            secrets.chain(of_oidc).filter_map(|source| source.read().err()).collect();
        problems.extend(self.files.iter().filter_map(|file| file.check().err()));
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    /// All of them, secrets as they are now. Errors: a file cannot be read just now.
    pub(super) fn resolve(&self) -> Result<Vec<(String, String)>, Error> {
        let mut all = self.plain.clone();
        for (name, source) in &self.secrets {
            let secret = source.read().map_err(Error::Retry)?;
            all.push(((*name).to_owned(), secret.reveal().to_owned()));
        }
        Ok(all)
    }

    /// A plain property's value: the last one, as librdkafka takes it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.plain.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Name and password as they are now, where a file may have changed the password. `None` where none can.
    pub(super) fn credentials(&self) -> Option<(String, Secret)> {
        let source =
            self.secrets.iter().find(|(name, _)| *name == "sasl.password").map(|(_, source)| source)?;
        match source {
            Source::Given(_) => None,
            Source::File { .. } => Some((self.get("sasl.username")?.to_owned(), source.read().ok()?)),
        }
    }
}

impl PemFile {
    fn check(&self) -> Result<(), String> {
        match self.kind {
            PemKind::Certificates => tls::certificates(self.key, &self.path).map(|_| ()),
            PemKind::AnyKey => tls::key_kind(self.key, &self.path).map(|_| ()),
            PemKind::PlainKey => match tls::key_kind(self.key, &self.path)? {
                tls::KeyKind::Plain => Ok(()),
                tls::KeyKind::Encrypted => Err(format!(
                    "{} = \"{}\": the key is encrypted; set kafka.ssl_key_password_file",
                    self.key,
                    self.path.display()
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exactly_once_depends_on_is_refused_with_a_reason() {
        let set = |name: &str| {
            let both = vec![("linger.ms".to_owned(), "1".to_owned()), (name.to_owned(), "x".to_owned())];
            Properties::from(both).accept()
        };
        assert_eq!(set("sasl.username"), Ok(()));
        let refused = ["isolation.level", "transactional.id", "acks", "enable.sasl.oauthbearer.unsecure.jwt"];
        for name in refused {
            let Err(Error::Fatal(text)) = set(name) else { panic!("{name} was accepted") };
            assert!(text.starts_with(&format!("kafka.properties.{name} cannot be set: ")), "{text}");
        }
    }

    #[test]
    fn no_secret_is_in_the_debug_output() {
        let properties = Properties {
            plain: vec![("sasl.password".into(), "pa55".into()), ("sasl.username".into(), "segue".into())],
            secrets: vec![("ssl.key.password", Source::Given(Secret::new("pa55")))],
            ..Properties::default()
        };
        let shown = format!("{properties:?}");
        assert!(!shown.contains("pa55") && shown.contains("segue"), "{shown}");
    }
}
