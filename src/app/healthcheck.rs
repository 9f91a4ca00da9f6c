//! `segue healthcheck`: asks a running instance whether it is alive or ready, for containers that hold no other program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::http::client;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Every thread's loop turns.
    Alive,
    /// Everything assigned is restored, and the broker answers.
    Ready,
}

/// The base address of the instance that listens on `address`, from the same machine.
pub fn own_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// The instance's own words if the answer is yes. Errors: it is no, or there is none.
pub fn ask(url: &str, question: Question) -> Result<String, String> {
    let path = match question {
        Question::Alive => "/healthz",
        Question::Ready => "/readyz",
    };
    let reply = client::get(url, path, None)?;
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
            assert_eq!(own_url(listens.parse().unwrap()), asked);
        }
    }
}
