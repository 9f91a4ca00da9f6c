//! The features that a cluster has finalized, such as `transaction.version`: librdkafka does not tell them, so one request
//! is written by hand.
//!
//! ```text
//! ApiVersions v3: every broker answers it before a client has said who it is, on listeners without TLS
//! request   length, key 18, version 3, correlation id, client id, tags; software name and version (compact), tags
//! answer    length, correlation id, error, api keys (compact array), throttle, tags: 2 = finalized features
//! ```

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(3);
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Asks `host:port`. Levels by feature name. Errors: no connection, or an answer that is not one.
pub(super) fn finalized(address: &str) -> Result<BTreeMap<String, i16>, String> {
    let said = |error: std::io::Error| format!("{address}: {error}");
    let to =
        address.to_socket_addrs().map_err(said)?.next().ok_or_else(|| format!("{address}: no address"))?;
    let mut stream = TcpStream::connect_timeout(&to, WAIT).map_err(said)?;
    stream.set_read_timeout(Some(WAIT)).map_err(said)?;
    stream.set_write_timeout(Some(WAIT)).map_err(said)?;
    stream.write_all(&request()).map_err(said)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(said)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > ANSWER_BYTES_MAX {
        return Err(format!("{address}: this is not a Kafka listener without TLS"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(said)?;
    read(&answer).ok_or_else(|| format!("{address}: the answer to ApiVersions cannot be read"))
}

fn request() -> Vec<u8> {
    let mut body = vec![0, 18, 0, 3, 0, 0, 0, 1, 0, 5];
    body.extend(b"segue");
    body.push(0);
    for text in ["segue", env!("CARGO_PKG_VERSION")] {
        body.push(text.len() as u8 + 1);
        body.extend(text.as_bytes());
    }
    body.push(0);
    let mut request = (body.len() as u32).to_be_bytes().to_vec();
    request.extend(body);
    request
}

fn read(answer: &[u8]) -> Option<BTreeMap<String, i16>> {
    let mut from = Bytes(answer);
    from.take(4)?;
    if from.short()? != 0 {
        return None;
    }
    for _ in 1..from.varint()? {
        from.take(6)?;
        from.skip_tags()?;
    }
    from.take(4)?;
    let mut features = BTreeMap::new();
    for _ in 0..from.varint()? {
        let (tag, length) = (from.varint()?, from.varint()?);
        let mut field = Bytes(from.take(length)?);
        if tag != 2 {
            continue;
        }
        for _ in 1..field.varint()? {
            let length = field.varint()?.checked_sub(1)?;
            let name = String::from_utf8(field.take(length)?.to_vec()).ok()?;
            let (most, _least) = (field.short()?, field.short()?);
            field.skip_tags()?;
            features.insert(name, most);
        }
    }
    Some(features)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(1)?[0];
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip_tags(&mut self) -> Option<()> {
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.take(length)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finalized_features_are_read_and_the_rest_is_passed_over() {
        let mut answer = vec![0, 0, 0, 1, 0, 0]; // correlation id, no error
        answer.extend([2, 0, 18, 0, 0, 0, 4, 0]); // one api key without tags
        answer.extend([0, 0, 0, 0]); // throttle
        answer.push(2); // two tagged fields
        answer.extend([1, 8, 0, 0, 0, 0, 0, 0, 0, 9]);
        let mut features = vec![2, 20];
        features.extend(b"transaction.version");
        features.extend([0, 2, 0, 0, 0]);
        answer.extend([2, features.len() as u8]);
        answer.extend(&features);
        assert_eq!(read(&answer), Some(BTreeMap::from([("transaction.version".to_owned(), 2)])));
        for cut in 0..answer.len() {
            assert_eq!(read(&answer[..cut]), None, "cut at {cut}");
        }
        answer[5] = 35;
        assert_eq!(read(&answer), None, "an error is no answer");
    }
}
