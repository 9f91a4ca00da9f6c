//! A minimal HTTP/1.1 client over a plain socket, enough to ask a running Segue. No TLS, no redirects, no keep-alive.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest body that is read.
const BODY_LIMIT: u64 = 4 * 1024 * 1024;
/// The longest status or header line.
const LINE_LIMIT: u64 = 16 * 1024;
const WAIT: Duration = Duration::from_secs(10);

/// An answer of any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Where to ask: `http://host:port`, with an optional trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    /// As in the Host header.
    authority: String,
    /// With a port.
    address: String,
}

/// Asks `base` for `path` (already percent-encoded, beginning with a slash). Errors: one message with a remedy.
pub fn get(base: &str, path: &str, token: Option<&str>) -> Result<Reply, String> {
    ask("GET", base, path, token, "")
}

/// The same with a body, as plain text.
pub fn put(base: &str, path: &str, token: Option<&str>, body: &str) -> Result<Reply, String> {
    ask("PUT", base, path, token, body)
}

fn ask(method: &str, base: &str, path: &str, token: Option<&str>, body: &str) -> Result<Reply, String> {
    let origin = origin(base)?;
    let mut stream = TcpStream::connect(&origin.address)
        .map_err(|error| format!("{base}: {error}; is `segue run` or `segue demo` running there?"))?;
    let failed = |error: std::io::Error| format!("{base}{path}: {error}");
    stream.set_read_timeout(Some(WAIT)).map_err(failed)?;
    stream.set_write_timeout(Some(WAIT)).map_err(failed)?;
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{authorization}{length}Connection: close\r\n\r\n{body}",
        origin.authority
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    read_reply(&mut BufReader::new(stream)).map_err(failed)
}

/// Encodes one segment of a path.
pub fn encode_segment(segment: &str) -> String {
    segment.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

fn origin(base: &str) -> Result<Origin, String> {
    let wrong =
        |what: &str| format!("{base}: {what}; expected http://host:port, such as http://127.0.0.1:8080");
    let rest = base.strip_prefix("http://").ok_or_else(|| wrong("only plain http is spoken"))?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.is_empty()
        || authority.contains(['/', '@', '?', '#'])
        || authority.contains(char::is_whitespace)
    {
        return Err(wrong("not an address"));
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    Ok(Origin { authority: authority.to_owned(), address })
}

fn read_reply(stream: &mut impl BufRead) -> std::io::Result<Reply> {
    let status_line = read_line(stream)?;
    let status = status_line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split_ascii_whitespace().nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| invalid("the answer is not HTTP"))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    let body = if chunked { read_chunks(stream)? } else { read_body(stream, length)? };
    Ok(Reply { status, body })
}

fn read_body(stream: &mut impl BufRead, length: Option<u64>) -> std::io::Result<Vec<u8>> {
    if length.is_some_and(|length| length > BODY_LIMIT) {
        return Err(invalid("the answer is too long"));
    }
    let mut body = Vec::new();
    stream.take(length.unwrap_or(BODY_LIMIT)).read_to_end(&mut body)?;
    if length.is_some_and(|length| length != body.len() as u64) {
        return Err(invalid("the answer was cut off"));
    }
    Ok(body)
}

fn read_chunks(stream: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| invalid("the answer has a wrong chunk"))?;
        if size == 0 {
            return Ok(body);
        }
        if size > BODY_LIMIT - body.len() as u64 {
            return Err(invalid("the answer is too long"));
        }
        body.extend(read_body(stream, Some(size))?);
        read_line(stream)?;
    }
}

fn read_line(stream: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    stream.take(LINE_LIMIT).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(invalid("the answer was cut off"));
    }
    Ok(line.trim_end().to_owned())
}

fn invalid(what: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_every_framing() {
        let read = |text: &str| read_reply(&mut text.as_bytes()).map_err(|error| error.to_string());
        let whole = |status, body: &str| Ok(Reply { status, body: body.into() });
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", whole(200, "hi")),
            ("HTTP/1.0 404 Not Found\r\n\r\nuntil the end", whole(404, "until the end")),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\n\r\n",
                whole(200, "hi!"),
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Err("the answer was cut off".into())),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                Err("the answer has a wrong chunk".into()),
            ),
            ("SSH-2.0-x\r\n", Err("the answer is not HTTP".into())),
            ("", Err("the answer was cut off".into())),
        ] {
            assert_eq!(read(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn an_origin_is_plain_http_and_a_host() {
        let of = |authority: &str, address: &str| {
            Ok(Origin { authority: authority.into(), address: address.into() })
        };
        assert_eq!(origin("http://127.0.0.1:8080/"), of("127.0.0.1:8080", "127.0.0.1:8080"));
        assert_eq!(origin("http://segue"), of("segue", "segue:80"));
        assert_eq!(origin("http://[::1]:9"), of("[::1]:9", "[::1]:9"));
        for refused in ["https://segue", "segue:8080", "http://", "http://u@h", "http://h/api", "http://a b"]
        {
            assert!(origin(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_segment_keeps_only_unreserved_characters() {
        assert_eq!(encode_segment("c-1/ü ?"), "c-1%2F%C3%BC%20%3F");
    }
}
