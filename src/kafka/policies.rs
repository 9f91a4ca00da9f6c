//! The topic of applied policies: written by `segue policy apply`, read by every instance.

use std::ops::Range;
use std::time::Duration;

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};

use super::Feed;
use super::scan::Scan;
use crate::engine::error::Error;
use crate::engine::port::Topic;
use crate::wire::applied::{Applied, NAME_HEADER, STAMP_HEADER};

const FINISH_WITHIN: Duration = Duration::from_secs(30);
/// The topic has one.
const PARTITION: i32 = 0;

/// Writes the records in their order and waits until all are in the cluster. Errors: it refuses one, or does not answer.
pub fn write(feed: &Feed, records: &[Applied]) -> Result<(), Error> {
    for record in records {
        let texts = [(STAMP_HEADER, &record.stamp), (NAME_HEADER, &record.name)];
        let headers = texts.into_iter().fold(OwnedHeaders::new(), |headers, (key, text)| match text {
            Some(text) => headers.insert(Header { key, value: Some(text) }),
            None => headers,
        });
        feed.send_with(Topic::Policies, &record.key, record.value.as_deref(), headers)?;
    }
    feed.finish(FINISH_WITHIN)
}

/// Readable offsets of the topic.
pub fn bounds(scan: &Scan, topic: &str) -> Result<Range<i64>, Error> {
    let bounds = scan.bounds(topic, PARTITION)?;
    Ok(bounds.low..bounds.end)
}

/// Hands over the records of these offsets, each with its offset.
pub fn read(
    scan: &Scan,
    topic: &str,
    offsets: Range<i64>,
    mut take: impl FnMut(i64, Applied),
) -> Result<(), Error> {
    scan.messages(topic, PARTITION, offsets, |message| {
        take(message.offset(), applied(message));
        true
    })
}

fn applied(message: &BorrowedMessage<'_>) -> Applied {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let header = |key: &str| {
        let headers = message.headers()?;
        headers.iter().filter(|header| header.key == key).last()?.value.map(text)
    };
    Applied {
        key: message.key().map(text).unwrap_or_default(),
        value: message.payload().map(<[u8]>::to_vec),
        stamp: header(STAMP_HEADER),
        name: header(NAME_HEADER),
    }
}
