//! The schemas of topics: what `segue run` needs to know of them at start, and `segue schemas`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::run::Failure;
use super::signals::Stop;
use crate::config::{Registry as RegistrySettings, Settings, ValueFormat};
use crate::engine::codec::{Codec, Formats, INPUTS, OUTPUTS, contract};
use crate::engine::port::Topic;
use crate::registry::cached::Cached;
use crate::registry::client::{Client, Config, Login};
use crate::registry::subjects::{self, Direction, State, Subject};
use crate::registry::{self, Error};
use crate::wire::avro::{Contract, Frame, NoRegistry, Plan, Reader};
use crate::wire::format::Format;

/// How this process reads and writes values: asks the registry, where one is set, for the ids of its outputs. A registry that
/// is away is waited for; `None` if told to stop meanwhile. Errors: a schema that is not registered or does not fit.
/// `waiting` is told with every try.
pub fn codec(settings: &Settings, stop: &Stop, waiting: impl Fn()) -> Result<Option<Codec>, Failure> {
    let more = writers(settings.registry.folder.as_deref())?;
    let Some(client) = client(&settings.registry)? else {
        let formats = OUTPUTS.into_iter().fold(Formats::default(), |formats, topic| {
            formats.with(topic, without_registry(settings.topics.format, topic))
        });
        return Ok(Some(Codec { formats, reader: Reader::new(more, Arc::new(NoRegistry)) }));
    };
    let cached = Arc::new(Cached::new(client));
    let Some(formats) = answered(stop, waiting, || formats(settings, &cached))? else { return Ok(None) };
    Ok(Some(Codec { formats, reader: Reader::new(more, cached) }))
}

fn without_registry(format: ValueFormat, topic: Topic) -> Format {
    match (format, contract(topic)) {
        (ValueFormat::Avro, Some(contract)) => Format::Avro(Frame::SingleObject(contract.fingerprint())),
        (ValueFormat::Avro | ValueFormat::Json, _) => Format::Json,
    }
}

/// Asks until the registry answers: its absence is said once. Errors: its answer, if it is no answer to go on with.
/// `waiting` is told with every try.
fn answered<T>(
    stop: &Stop,
    waiting: impl Fn(),
    mut ask: impl FnMut() -> Result<T, Asked>,
) -> Result<Option<T>, Failure> {
    const AGAIN_AFTER: Duration = Duration::from_millis(500);
    let mut said = false;
    while !stop.requested() {
        waiting();
        match ask() {
            Ok(answer) => {
                if said {
                    tracing::info!("the schema registry answers");
                }
                return Ok(Some(answer));
            }
            Err(Asked::Problem(failure)) => return Err(failure),
            Err(Asked::Registry(Error::Away(cause))) => {
                if !std::mem::replace(&mut said, true) {
                    tracing::warn!(
                        cause,
                        "the schema registry does not answer yet; trying again until it does"
                    );
                }
                std::thread::sleep(AGAIN_AFTER);
            }
            Err(Asked::Registry(error)) => return Err(failure(error)),
        }
    }
    Ok(None)
}

/// Why a start cannot go on yet, or at all.
enum Asked {
    Registry(Error),
    Problem(Failure),
}

impl From<Error> for Asked {
    fn from(error: Error) -> Asked {
        Asked::Registry(error)
    }
}

fn formats(settings: &Settings, cached: &Cached) -> Result<Formats, Asked> {
    let client = cached.client();
    // Rows are read back after a restart, whatever version wrote them.
    for version in client.versions(&subject(settings, Topic::Metrics)?.name)? {
        cached.learn(&version);
    }
    let mut formats = Formats::default();
    let mut problems = Vec::new();
    for topic in topics(settings) {
        let subject = subject(settings, topic)?;
        let mut state = subjects::state(client, &subject)?;
        if settings.registry.auto_register && subject.direction == Direction::Output {
            state = subjects::register(client, &subject, state)?;
        }
        match (subject.direction, &state) {
            (Direction::Output, State::Registered { id, .. }) => {
                formats = formats.with(topic, Format::Avro(Frame::Confluent(*id)));
            }
            (_, state) => {
                problems.extend(problem(&subject, state).map(|what| format!("{}: {what}", client.url())))
            }
        }
    }
    if problems.is_empty() {
        Ok(formats)
    } else {
        Err(Asked::Problem(Failure::settings(problems.join("\n"))))
    }
}

/// The topics whose subjects matter with these settings.
fn topics(settings: &Settings) -> Vec<Topic> {
    let mut topics = INPUTS.to_vec();
    if settings.topics.format == ValueFormat::Avro {
        topics.extend(OUTPUTS);
    }
    topics
}

fn subject(settings: &Settings, topic: Topic) -> Result<Subject, Failure> {
    let direction = if INPUTS.contains(&topic) { Direction::Input } else { Direction::Output };
    let name = settings.topics.name(topic, &settings.engine.application_id);
    match contract(topic) {
        Some(contract) => Ok(Subject::of(&name, contract, direction)),
        None => Err(Failure::running(format!("{name} has no contract: this is a bug in segue"))),
    }
}

impl From<Failure> for Asked {
    fn from(failure: Failure) -> Asked {
        Asked::Problem(failure)
    }
}

/// What is wrong with a subject, and what to do; `None` if nothing is.
fn problem(subject: &Subject, state: &State) -> Option<String> {
    const REMEDY: &str = "register it with `segue schemas register`, or set registry.auto_register = true";
    let name = &subject.name;
    match (subject.direction, state) {
        (_, State::Registered { .. }) | (Direction::Input, State::Missing | State::Behind { .. }) => None,
        (_, State::Wrong { problem, remedy }) => Some(format!("subject {name}: {problem}; {remedy}")),
        (Direction::Output, State::Missing) => Some(format!("subject {name} does not exist; {REMEDY}")),
        (Direction::Output, State::Behind { newest }) => {
            Some(format!("subject {name}: its newest version, {newest}, is not Segue's schema; {REMEDY}"))
        }
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Away(message) => Failure::running(format!("registry: {message}")),
        Error::Refused(message)
        | Error::NoSuch(message)
        | Error::Incompatible(message)
        | Error::Strange(message) => Failure::settings(format!("registry: {message}")),
    }
}

/// The client of the registry that is set; `None` without one. Errors name the key and the file.
fn client(settings: &RegistrySettings) -> Result<Option<Client>, Failure> {
    let Some(url) = settings.url.clone() else { return Ok(None) };
    let login = match (&settings.username, secret("token", &settings.token, &settings.token_file)?) {
        (_, Some(token)) => Login::Bearer(token),
        (Some(username), None) => Login::Basic {
            username: username.clone(),
            password: secret("password", &settings.password, &settings.password_file)?.unwrap_or_default(),
        },
        (None, None) => Login::None,
    };
    let ca_pem = settings.ca_file.as_deref().map(|file| read("ca_file", file)).transpose()?;
    let timeout = Duration::from_millis(settings.timeout_ms.max(1).unsigned_abs());
    let config = Config { url, login, ca_pem, timeout };
    Client::new(config).map(Some).map_err(|error| match &settings.ca_file {
        Some(file) => Failure::settings(format!("registry.ca_file: {file}: {error}")),
        None => failure(error),
    })
}

fn read(key: &str, file: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::settings(format!(
            "registry.{key}: {file}: cannot be read: {error}; check the file and its rights"
        ))
    })
}

/// A secret given itself, or by its file.
fn secret(key: &str, given: &Option<String>, file: &Option<String>) -> Result<Option<String>, Failure> {
    let Some(file) = file else { return Ok(given.clone()) };
    let key = format!("{key}_file");
    let text = String::from_utf8(read(&key, file)?).unwrap_or_default();
    match text.trim() {
        "" => Err(Failure::settings(format!(
            "registry.{key}: {file}: there is no secret in it; write it there"
        ))),
        secret => Ok(Some(secret.to_owned())),
    }
}

/// The schemas of a folder. Errors name the file.
fn writers(folder: Option<&str>) -> Result<Vec<Plan>, Failure> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let wrong =
        |file: &Path, what: String| Failure::settings(format!("registry.folder: {}: {what}", file.display()));
    let folder = Path::new(folder);
    let entries =
        std::fs::read_dir(folder).map_err(|error| wrong(folder, format!("cannot be read: {error}")))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "avsc"));
    files.sort();
    let plan = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| wrong(&file, format!("cannot be read: {error}")))?;
        Plan::parse(&text).map_err(|what| wrong(&file, what))
    };
    files.into_iter().map(plan).collect()
}

/// A subject with its state, for `segue schemas check` and `register`.
pub struct Row {
    pub subject: Subject,
    pub state: State,
    /// What is wrong and what to do.
    pub problem: Option<String>,
}

/// What `segue schemas` asks of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Check,
    Register,
}

/// Every subject of these settings, inputs first. Errors: no registry is set, or it does not answer.
pub fn rows(settings: &Settings, ask: Ask) -> Result<Vec<Row>, Failure> {
    rows_of(settings, INPUTS.into_iter().chain(OUTPUTS), ask)
}

/// The subjects that an instance with these settings needs; nothing is changed. Errors: as [`rows`].
pub fn needed(settings: &Settings) -> Result<Vec<Row>, Failure> {
    rows_of(settings, topics(settings).into_iter(), Ask::Check)
}

fn rows_of(settings: &Settings, topics: impl Iterator<Item = Topic>, ask: Ask) -> Result<Vec<Row>, Failure> {
    let Some(client) = client(&settings.registry)? else {
        return Err(Failure::settings(
            "registry.url is not set: there is no registry to ask; set it".to_owned(),
        ));
    };
    let row = |topic: Topic| -> Result<Row, Failure> {
        let subject = subject(settings, topic)?;
        let mut state = subjects::state(&client, &subject).map_err(failure)?;
        if ask == Ask::Register {
            state = subjects::register(&client, &subject, state).map_err(|error| refused(&subject, error))?;
        }
        let problem = problem(&subject, &state);
        Ok(Row { subject, state, problem })
    };
    topics.map(row).collect()
}

fn refused(subject: &Subject, error: registry::Error) -> Failure {
    let failure = failure(error);
    Failure { message: format!("subject {}: {}", subject.name, failure.message), ..failure }
}

/// A line for people.
pub fn line(row: &Row) -> String {
    let state = match &row.state {
        State::Registered { id, version } => format!("id {id}, version {version}"),
        State::Missing => "missing".to_owned(),
        State::Behind { newest } => format!("newest version {newest} is not Segue's"),
        State::Wrong { problem, .. } => format!("wrong: {problem}"),
    };
    format!("{:<44} {:<21} {state}", row.subject.name, row.subject.contract.name())
}

/// A line for machines.
pub fn json(row: &Row) -> serde_json::Value {
    let (state, id, version) = match &row.state {
        State::Registered { id, version } => ("registered", Some(id), Some(version)),
        State::Missing => ("missing", None, None),
        State::Behind { .. } => ("behind", None, None),
        State::Wrong { .. } => ("wrong", None, None),
    };
    serde_json::json!({ "subject": row.subject.name, "contract": row.subject.contract.name(), "state": state, "id": id,
        "version": version, "problem": row.problem })
}

/// Every contract with its fingerprint, a line each.
pub fn list() -> String {
    let line = |contract: &Contract| format!("{:<21} {:016x}\n", contract.name(), contract.fingerprint());
    Contract::ALL.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_registry_that_is_away_is_waited_for_and_every_try_is_told() {
        let (tries, told) = (Cell::new(0), Cell::new(0));
        let ask = || {
            tries.set(tries.get() + 1);
            if tries.get() < 2 { Err(Error::Away("refused".to_owned()).into()) } else { Ok(7) }
        };
        let found = answered(&Stop::default(), || told.set(told.get() + 1), ask);
        assert!(found.is_ok_and(|found| found == Some(7)));
        assert_eq!((tries.get(), told.get()), (2, 2));
    }
}
