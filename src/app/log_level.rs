//! `segue log-level`: shows or changes what a running instance logs.

use serde_json::Value;

use super::inspect::Door;
use super::render::screen::Format;

/// What to print on standard output. Errors: one message for standard error, with the instance's own remedy.
pub fn ask(door: &Door<'_>, filter: Option<&str>, format: Format) -> Result<String, String> {
    const PATH: &str = "/api/log-level";
    let (url, client, token) = (door.url, door.client()?, door.token()?);
    let reply = match filter {
        None => client.get(url, PATH, token.as_ref())?,
        Some(filter) => client.put_text(url, PATH, token.as_ref(), filter)?,
    };
    let body: Value = serde_json::from_slice(&reply.body)
        .map_err(|_| format!("{url}: answered {} without JSON; is this a Segue?", reply.status))?;
    match (reply.status, format) {
        (200, Format::Json) => Ok(format!("{body}\n")),
        (200, Format::Text) => Ok(format!("{}\n", body["level"].as_str().unwrap_or_default())),
        (status, _) => {
            let part = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            Err(format!("{url}: {} ({status}); {}", part("error"), part("remedy")))
        }
    }
}
