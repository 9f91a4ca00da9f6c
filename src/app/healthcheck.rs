//! `segue healthcheck`: asks a running instance whether it is alive or ready, for containers that hold no other program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use super::inspect::Door;
use crate::config::Http;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Every thread's loop turns.
    Alive,
    /// Everything assigned is restored, and the broker answers.
    Ready,
}

/// Where to ask, and whom to believe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `http://host:port` or `https://host:port`.
    pub url: String,
    /// The authority of the instance's certificate; `None`: the system's.
    pub ca_file: Option<PathBuf>,
}

/// The instance of these settings, from the same machine. Its own certificate is believed unless another authority is named.
pub fn own_target(http: &Http, ca_file: Option<PathBuf>) -> Target {
    let scheme = if http.tls_certificate_file.is_some() { "https" } else { "http" };
    let ca_file = ca_file.or(http.tls_certificate_file.clone().map(Into::into));
    Target { url: own_url(scheme, http.address()), ca_file }
}

/// The base address of the instance that listens on `address`, from the same machine; `scheme` is http or https.
pub fn own_url(scheme: &str, address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

/// The instance's own words if the answer is yes. Errors: it is no, or there is none.
pub fn ask(target: &Target, question: Question) -> Result<String, String> {
    let url = &target.url;
    let door = Door { url, token_file: None, ca_file: target.ca_file.as_deref() };
    let path = match question {
        Question::Alive => "/healthz",
        Question::Ready => "/readyz",
    };
    let reply = door.client()?.get(url, path, None)?;
    let said = String::from_utf8_lossy(&reply.body).trim().to_owned();
    match reply.status {
        200 => Ok(said),
        status => Err(format!("{url}{path}: {status}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_that_listens_everywhere_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("10.0.0.1:9", "http://10.0.0.1:9"),
        ] {
            assert_eq!(own_url("http", listens.parse().unwrap()), asked);
        }
    }
}
