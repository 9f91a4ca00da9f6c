//! What `segue doctor` asks a cluster: each address by itself, the APIs and features of the brokers, their settings, the
//! group's members and the newest records. Every question only reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, ResourceSpecifier};
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{Message, Timestamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::link::{Link, Quiet};
use super::topics::{Spec, block_on, connect};
use super::{Properties, error, features, settings};
use crate::domain::ids::Millis;
use crate::engine::error::Error;

const ADDRESS_WAIT: Duration = Duration::from_secs(5);
const ANSWER_WAIT: Duration = Duration::from_secs(10);
const NEWEST_WAIT: Duration = Duration::from_secs(3);
/// Events of a failed client that are looked at.
const EVENTS: usize = 50;
/// Partitions of a topic whose newest records are looked at.
const NEWEST_PARTITIONS: i32 = 16;

/// The first and last version of an API that a broker speaks, by the API's number.
pub type Apis = BTreeMap<i16, (i16, i16)>;

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Brokers that the cluster has, as it says.
    pub brokers: Vec<(i32, String)>,
    pub took: Duration,
    pub apis: Apis,
}

/// Connects to one address as the instance would, with all its security. Errors: why it cannot.
pub fn address(address: &str, properties: &Properties) -> Result<Reached, String> {
    let link = Arc::new(Link::new(properties));
    let context = Listening { link: link.clone(), apis: Mutex::default() };
    let mut config = settings::client(address, properties).map_err(|error| error.to_string())?;
    config.set("debug", "feature").set_log_level(RDKafkaLogLevel::Debug);
    let client: BaseConsumer<Listening> = config
        .create_with_context(context)
        .map_err(|failure| error::of_client("client", &failure).to_string())?;
    link.log_in(client.client())?;
    let began = Instant::now();
    let metadata = client.fetch_metadata(None, ADDRESS_WAIT).map_err(|failure| {
        // Events of the client are served by polls, one at a time, and tell more than "timed out".
        for _ in 0..EVENTS {
            drop(client.poll(Duration::from_millis(5)));
        }
        link.last_error().unwrap_or_else(|| failure.to_string())
    })?;
    let brokers = metadata.brokers().iter().map(|b| (b.id(), format!("{}:{}", b.host(), b.port()))).collect();
    let took = began.elapsed();
    drop(client.poll(Duration::from_millis(50)));
    let apis = client.context().apis.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Reached { brokers, took, apis })
}

/// Levels of the features that the cluster has finalized, by name. `None` for listeners that speak TLS first.
pub fn finalized(address: &str, properties: &Properties) -> Option<Result<BTreeMap<String, i16>, String>> {
    let protocol = properties.get("security.protocol");
    let encrypted = protocol.is_some_and(|value| value.to_ascii_lowercase().ends_with("ssl"));
    (!encrypted).then(|| features::finalized(address))
}

/// Reads the versions from librdkafka's debug lines, the only place where it tells them.
struct Listening {
    link: Arc<Link>,
    apis: Mutex<Apis>,
}

impl ClientContext for Listening {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.link.token()
    }

    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        if facility == "APIVERSION"
            && let Some((key, versions)) = api(text)
        {
            self.apis.lock().unwrap_or_else(PoisonError::into_inner).insert(key, versions);
        }
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        // Before that all are down, it is told why this one is.
        if error.rdkafka_error_code() != Some(rdkafka::error::RDKafkaErrorCode::AllBrokersDown) {
            self.link.remember(reason);
        }
    }
}

impl ConsumerContext for Listening {}

/// `..  ApiKey Produce (0) Versions 0..13`.
fn api(line: &str) -> Option<(i16, (i16, i16))> {
    let (_, rest) = line.split_once("ApiKey ")?;
    let (_, rest) = rest.split_once('(')?;
    let (key, rest) = rest.split_once(')')?;
    let (least, most) = rest.trim().strip_prefix("Versions ")?.split_once("..")?;
    Some((key.parse().ok()?, (least.parse().ok()?, most.trim().parse().ok()?)))
}

/// Settings of one broker by name. Errors: it may not be asked, mostly.
pub fn broker_settings(spec: &Spec, broker: i32) -> Result<BTreeMap<String, String>, Error> {
    let admin = connect(spec)?.admin()?;
    let options = AdminOptions::new().request_timeout(Some(ANSWER_WAIT));
    let about = format!("settings of broker {broker}");
    let answers = block_on(admin.describe_configs(&[ResourceSpecifier::Broker(broker)], &options))
        .map_err(|failure| error::of_client(&about, &failure))?;
    let answer = answers.into_iter().next().ok_or_else(|| Error::Retry(format!("{about}: no answer")))?;
    let resource = answer.map_err(|code| error::of_code(&about, code))?;
    Ok(resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
}

/// The newest timestamp of a topic's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    pub at: Millis,
    /// The broker's clock wrote it, not a sender's.
    pub by_broker: bool,
}

/// Looks at the last records of up to sixteen partitions. `None`: there is no record.
pub fn newest(spec: &Spec, group: &str, topic: &str, partitions: i32) -> Result<Option<Newest>, Error> {
    let mut config = settings::client(&spec.bootstrap, &spec.properties)?;
    // A consumer must have a group; one that is assigned by hand does not join it, and this one commits nothing.
    config.set("group.id", group).set("enable.auto.commit", "false");
    config.set("allow.auto.create.topics", "false").set("isolation.level", "read_uncommitted");
    config.set("fetch.wait.max.ms", "10");
    let failed = |failure: &KafkaError| error::of_client(topic, failure);
    let reader = Quiet::asker(&config, &spec.properties, "client")?;
    let (mut list, mut left) = (TopicPartitionList::new(), 0);
    for partition in 0..partitions.min(NEWEST_PARTITIONS) {
        let (low, high) = reader.fetch_watermarks(topic, partition, ANSWER_WAIT).map_err(|e| failed(&e))?;
        if high > low {
            // The last one may be a marker, which no reader is given.
            let from = Offset::Offset((high - 2).max(low));
            list.add_partition_offset(topic, partition, from).map_err(|e| failed(&e))?;
            left += 1;
        }
    }
    if left == 0 {
        return Ok(None);
    }
    reader.assign(&list).map_err(|e| failed(&e))?;
    let deadline = Instant::now() + NEWEST_WAIT;
    let mut newest: Option<Newest> = None;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < left && Instant::now() < deadline {
        let Some(polled) = reader.poll(Duration::from_millis(100)) else { continue };
        let message = polled.map_err(|e| failed(&e))?;
        seen.insert(message.partition());
        let (at, by_broker) = match message.timestamp() {
            Timestamp::NotAvailable => continue,
            Timestamp::CreateTime(at) => (at, false),
            Timestamp::LogAppendTime(at) => (at, true),
        };
        if newest.is_none_or(|known| known.at < at) {
            newest = Some(Newest { at, by_broker });
        }
    }
    Ok(newest)
}

/// Records of a topic between its low and its high watermarks, over all partitions.
pub fn records(spec: &Spec, topic: &str, partitions: i32) -> Result<i64, Error> {
    let config = settings::client(&spec.bootstrap, &spec.properties)?;
    let client = Quiet::asker(&config, &spec.properties, "client")?;
    let mut sum = 0;
    for partition in 0..partitions {
        let (low, high) = client
            .fetch_watermarks(topic, partition, ANSWER_WAIT)
            .map_err(|failure| error::of_client(topic, &failure))?;
        sum += high - low;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_client_s_lines() {
        let line =
            "[thrd:127.0.0.1:9092/bootstrap]: 127.0.0.1:9092/1:   ApiKey TxnOffsetCommit (28) Versions 0..5";
        assert_eq!(api(line), Some((28, (0, 5))));
        for other in
            ["Broker API support:", " Feature MsgVer1: Produce (2..2) supported by broker", "ApiKey x (y"]
        {
            assert_eq!(api(other), None, "{other}");
        }
    }
}
