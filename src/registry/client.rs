//! The questions, one call each. Blocking: never from an async task.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::blocking::Client as Http;
use schema_registry_converter::blocking::schema_registry as calls;
use schema_registry_converter::blocking::schema_registry::SrSettings;
use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::{
    RawError, RawRegisteredSchema, SchemaType, SrCall, SuppliedSchema,
};

use super::Error;

/// Where the registry is, and who we are.
#[derive(Clone, Debug)]
pub struct Config {
    /// `http://host:port/path`, without credentials.
    pub url: String,
    pub login: Login,
    /// Certificates that the registry's must be signed by, PEM; `None`: those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// For a whole call.
    pub timeout: Duration,
}

/// How we say who we are.
#[derive(Clone)]
pub enum Login {
    None,
    Basic { username: String, password: String },
    Bearer(String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Login::None => "None",
            Login::Basic { .. } => "Basic(hidden)",
            Login::Bearer(_) => "Bearer(hidden)",
        })
    }
}

/// A schema as the registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: u32,
    /// 0 where it was asked for by its id.
    pub version: u32,
    pub kind: Kind,
    pub text: String,
    /// What it refers to: subject and version.
    pub references: Vec<(String, u32)>,
}

/// The language of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Avro,
    Json,
    Other(String),
}

/// See the module.
pub struct Client {
    config: Config,
    settings: SrSettings,
    http: Http,
}

impl Client {
    /// Errors: the certificates cannot be used (nothing is asked yet).
    pub fn new(config: Config) -> Result<Client, Error> {
        let builder = || {
            let mut builder = Http::builder()
                .timeout(config.timeout)
                .connect_timeout(config.timeout)
                .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")));
            if let Some(pem) = &config.ca_pem {
                let certificates = Certificate::from_pem_bundle(pem).map_err(|error| {
                    Error::Refused(format!("the CA file holds no usable certificate: {error}"))
                })?;
                if certificates.is_empty() {
                    return Err(Error::Refused("the CA file holds no certificate".to_owned()));
                }
                builder = builder.tls_certs_merge(certificates);
            }
            Ok(builder)
        };
        let mut settings = SrSettings::new_builder(config.url.trim_end_matches('/').to_owned());
        settings.set_timeout(config.timeout);
        match &config.login {
            Login::None => {}
            Login::Basic { username, password } => {
                settings.set_basic_authorization(username, Some(password));
            }
            Login::Bearer(token) => {
                settings.set_token_authorization(token);
            }
        }
        let strange =
            |error: String| Error::Strange(format!("the registry's client cannot be built: {error}"));
        let settings = settings.build_with(builder()?).map_err(|error| strange(error.to_string()))?;
        let http = builder()?.build().map_err(|error| strange(error.to_string()))?;
        Ok(Client { config, settings, http })
    }

    pub fn url(&self) -> &str {
        &self.config.url
    }

    /// The schema with this id.
    pub fn schema(&self, id: u32) -> Result<Registered, Error> {
        let mut raw = self.call(SrCall::GetById(id))?;
        raw.id = Some(id);
        self.registered(raw)
    }

    /// One version of a subject.
    pub fn version(&self, subject: &str, version: u32) -> Result<Registered, Error> {
        let raw = self.call(SrCall::GetBySubjectAndVersion(subject, version))?;
        self.registered(raw)
    }

    /// All versions of a subject, oldest first; none where there is no such subject.
    pub fn versions(&self, subject: &str) -> Result<Vec<Registered>, Error> {
        match calls::get_all_versions(&self.settings, subject.to_owned()).map_err(|error| self.error(&error))
        {
            Ok(mut versions) => {
                versions.sort_unstable();
                versions.into_iter().map(|version| self.version(subject, version)).collect()
            }
            Err(Error::NoSuch(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Whether the registry would take the schema as the next version, by the subject's compatibility level.
    pub fn takes(&self, subject: &str, text: &str) -> Result<bool, Error> {
        match calls::is_compatible_schema(&self.settings, subject.to_owned(), supplied(text)) {
            Ok(takes) => Ok(takes),
            Err(error) => match self.error(&error) {
                Error::NoSuch(_) => Ok(true),
                error => Err(error),
            },
        }
    }

    /// Registers the schema. Its id.
    pub fn register(&self, subject: &str, text: &str) -> Result<u32, Error> {
        let registered = calls::post_schema(&self.settings, subject.to_owned(), supplied(text));
        registered.map(|registered| registered.id).map_err(|error| self.error(&error))
    }

    /// Sets the subject's compatibility level.
    pub fn set_compatibility(&self, subject: &str, level: &str) -> Result<(), Error> {
        let url = format!("{}/config/{subject}", self.config.url.trim_end_matches('/'));
        let body = serde_json::json!({ "compatibility": level }).to_string();
        let request =
            self.http.put(url).header("Content-Type", "application/vnd.schemaregistry.v1+json").body(body);
        let request = match &self.config.login {
            Login::None => request,
            Login::Basic { username, password } => request.basic_auth(username, Some(password)),
            Login::Bearer(token) => request.bearer_auth(token),
        };
        let answer = request.send().map_err(|error| Error::Away(said(&error)))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(self.by_status(status, 0, "the compatibility level was not set")),
        }
    }

    fn call(&self, call: SrCall<'_>) -> Result<RawRegisteredSchema, Error> {
        calls::perform_sr_call(&self.settings, call).map_err(|error| self.error(&error))
    }

    fn registered(&self, raw: RawRegisteredSchema) -> Result<Registered, Error> {
        let (Some(id), Some(text)) = (raw.id, raw.schema) else {
            return Err(self.strange("an answer without a schema"));
        };
        Ok(Registered {
            id,
            version: raw.version.unwrap_or(0),
            kind: match raw.schema_type.as_deref() {
                None | Some("AVRO") => Kind::Avro,
                Some("JSON") => Kind::Json,
                Some(other) => Kind::Other(other.to_owned()),
            },
            text,
            references: raw
                .references
                .unwrap_or_default()
                .into_iter()
                .map(|one| (one.subject, one.version))
                .collect(),
        })
    }

    fn strange(&self, what: &str) -> Error {
        Error::Strange(format!("{}: {what}; is this a schema registry? check registry.url", self.url()))
    }

    /// What an error of the client means. Its text alone tells the status.
    fn error(&self, error: &SRCError) -> Error {
        let raw = error.source().and_then(|source| source.downcast_ref::<RawError>());
        let status =
            error.error.rsplit_once("status ").and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
        match (status, raw) {
            (Some(status), Some(raw)) => self.by_status(status, raw.error_code, &raw.message),
            (Some(status), None) => self.by_status(status, 0, ""),
            (None, _) => match error.source().and_then(|source| source.downcast_ref::<reqwest::Error>()) {
                Some(cause) if cause.is_decode() && !cause.is_timeout() => {
                    self.strange("an answer that is not JSON")
                }
                Some(cause) => Error::Away(format!("{}: {}", self.url(), said(cause))),
                None => self.strange(&error.error),
            },
        }
    }

    fn by_status(&self, status: u16, code: u32, message: &str) -> Error {
        let said = format!("{} answers {status}: {message}", self.url());
        match (status, code) {
            (401 | 403, _) => Error::Refused(format!(
                "{said}; set registry.username and registry.password_file, or registry.token_file"
            )),
            (404, 40_401..=40_403) => Error::NoSuch(message.to_owned()),
            (404, _) => self.strange(&format!("answers 404 ({message})")),
            (409 | 422, _) => Error::Incompatible(message.to_owned()),
            (408 | 429 | 500.., _) => Error::Away(said),
            _ => self.strange(&format!("answers {status} ({message})")),
        }
    }
}

/// The innermost cause, which says most; never the URL, which the caller names.
fn said(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn supplied(text: &str) -> SuppliedSchema {
    SuppliedSchema::new(None, SchemaType::Avro, text.to_owned())
}
