//! What must be so before the engine starts: topics, rights, and inputs that meet.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Failure, names};
use crate::app::signals::Stop;
use crate::config::Settings;
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};
use crate::kafka::Properties;
use crate::kafka::partitioner_check::{self, Verdict};
use crate::kafka::topics::{self, Counts, Spec};

/// Rights and topics there and able to work, inputs partitioned alike; a cluster that is away, or does not let us in, is
/// waited for, and each reason told once. How many partitions there are; `None` if told to stop meanwhile.
/// `waiting` is told with every try.
pub fn preflight(
    settings: &Settings,
    properties: &Properties,
    topologies: &[Topology],
    stop: &Stop,
    waiting: impl Fn(),
) -> Result<Option<Counts>, Failure> {
    const AGAIN_AFTER: Duration = Duration::from_millis(500);
    /// More reasons than that are no news.
    const REASONS_MAX: usize = 30;
    let mut said = BTreeSet::new();
    while !stop.requested() {
        waiting();
        match checked(settings, properties, topologies) {
            Ok(partitions) => {
                if !said.is_empty() {
                    tracing::info!("the cluster answers");
                }
                return Ok(Some(partitions));
            }
            Err(Error::Retry(message)) => {
                // How long an attempt took is no other reason.
                let reason = message.split(" (after ").next().unwrap_or_default().to_owned();
                if said.len() < REASONS_MAX && said.insert(reason) {
                    tracing::warn!(
                        cause = message,
                        "the cluster does not answer yet; trying again until it does"
                    );
                }
                std::thread::sleep(AGAIN_AFTER);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn checked(settings: &Settings, properties: &Properties, topologies: &[Topology]) -> Result<Counts, Error> {
    let (names, properties) = (names(settings), properties.clone());
    let bootstrap = settings.kafka.bootstrap_servers.clone();
    let spec = Spec { bootstrap, properties, names, partitions: None, replication: None };
    let app = &settings.engine.application_id;
    let plans = topics::check(&spec, app, topologies)?;
    let partitions = Counts::of(&plans);
    if !topologies.contains(&Topology::Conversations) {
        // Windows read neither input.
        return Ok(partitions);
    }
    let sample =
        |topic| partitioner_check::sample(&spec.bootstrap, &spec.properties, app, spec.names.of(topic));
    match partitioner_check::compare(&sample(Topic::Turns)?, &sample(Topic::Outcomes)?) {
        Verdict::Meet => {}
        Verdict::Open(why) => tracing::info!(why, "the inputs' partitioners could not be compared"),
        Verdict::Miss(why) => {
            return Err(Error::Fatal(format!(
                "turns and outcomes of one conversation would meet different owners: {why}"
            )));
        }
    }
    Ok(partitions)
}
