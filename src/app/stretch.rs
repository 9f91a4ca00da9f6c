//! A stretch of history from a cluster: the inputs as they lie there, and which policy judged which of them.
//!
//! Invariant: nothing is written, no group is joined, no offset is committed. Everything is held in memory, as a replay holds it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::applied::terms;
use super::print::tell;
use super::replay_files::Progress;
use super::run::{Failure, names, properties};
use super::signals::Stop;
use crate::config::Settings;
use crate::domain::ids::Millis;
use crate::engine;
use crate::engine::codec::Codec;
use crate::engine::policies::{InForce, SWITCHES};
use crate::engine::port::{Record, Topic};
use crate::engine::settings::TimeSource;
use crate::engine::terms::Terms;
use crate::kafka::Names;
use crate::kafka::scan::Scan;
use crate::kafka::topics::{self, Spec};

/// See the module.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub partitions: i32,
    /// Of both inputs, each partition in its order.
    pub records: Vec<Record>,
    /// `None`: one policy judges everything.
    pub past: Option<BTreeMap<i32, Terms>>,
    /// Real names of the inputs.
    pub names: (String, String),
    pub settings: engine::settings::Settings,
    pub codec: Codec,
}

impl Stretch {
    /// The same records, without those who judged them.
    pub fn judged_by_one(&self) -> Stretch {
        Stretch { past: None, ..self.clone() }
    }
}

/// What is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// Kafka timestamps, epoch ms: from the first record that is not older, up to the first that is not.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

/// Who judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judges {
    /// Those that were in force; what is not known any more is told.
    WhoDid,
    /// The policy that is given.
    OneAlone,
}

/// Reads it. `own` is the policy of the settings, or the one that alone judges. Errors: the cluster, rights, topics that are
/// missing; told to stop.
pub fn read(
    settings: &Settings,
    own: &InForce,
    (judges, between): (Judges, Between),
    codec: Codec,
    (now, stop): (Millis, &Stop),
) -> Result<Stretch, Failure> {
    let (topics, properties) = (names(settings), properties(settings)?);
    let bootstrap = settings.kafka.bootstrap_servers.clone();
    let spec = Spec { bootstrap, properties, names: topics.clone(), partitions: None, replication: None };
    let plans = topics::plan(&spec)?;
    let partitions = topics::partitions_of(&plans, Topic::Turns)?;
    topics::partitions_of(&plans, Topic::Outcomes)?;
    let scan = Scan::new(&spec.bootstrap, &spec.properties, &settings.engine.application_id)?;
    let (mut records, mut past) = (Vec::new(), BTreeMap::new());
    for partition in 0..partitions {
        for topic in [Topic::Turns, Topic::Outcomes] {
            let name = topics.of(topic);
            let offsets = stretch(&scan, name, partition, between)?;
            let length = (offsets.end - offsets.start).max(0).unsigned_abs();
            let progress = Progress::count("reading", Some(length));
            scan.read((topic, name), partition, offsets.clone(), |record| {
                progress.set((record.offset - offsets.start).unsigned_abs());
                records.push(record);
                !stop.requested()
            })?;
            progress.finish();
            if stop.requested() {
                return Err(Failure::stopped());
            }
        }
        if judges == Judges::WhoDid {
            let terms = who_did(&scan, &topics, partition, own, settings)?;
            tell_before_notes(partition, &records, &terms);
            past.insert(partition, terms);
        }
    }
    Ok(Stretch {
        partitions,
        records,
        past: (judges == Judges::WhoDid).then_some(past),
        names: (topics.of(Topic::Turns).to_owned(), topics.of(Topic::Outcomes).to_owned()),
        settings: engine::settings::Settings {
            lateness_ms: settings.engine.lateness_ms,
            record_bytes_max: settings.engine.record_bytes_max,
            time: TimeSource::InputOnly,
            started_at: now,
            poll_wait_ms: 20,
            ..engine::settings::Settings::default()
        },
        codec,
    })
}

/// The offsets of a partition that are read.
fn stretch(scan: &Scan, name: &str, partition: i32, between: Between) -> Result<Range<i64>, Failure> {
    let bounds = scan.bounds(name, partition)?;
    let from = match between.since {
        Some(since) => scan.first_since(name, partition, since)?.unwrap_or(bounds.end),
        None => bounds.low,
    };
    let to = match between.until {
        Some(until) => scan.first_since(name, partition, until)?.unwrap_or(bounds.end),
        None => bounds.end,
    };
    Ok(from.max(bounds.low)..to.min(bounds.end))
}

/// A line about records that are older than what the partition notes of its policies.
fn tell_before_notes(partition: i32, records: &[Record], terms: &Terms) {
    let of_it = records.iter().filter(|record| record.partition == partition);
    let count = of_it.filter(|record| terms.is_before_first(record)).count();
    if count > 0 {
        let what = not_noted(&format!("{count} records"), terms);
        tell(format_args!("segue: partition {partition}: {what}"));
    }
}

/// What is said of a partition's oldest records, which are older than what it notes of its policies.
pub fn not_noted(records: &str, terms: &Terms) -> String {
    format!(
        "which policy judged its oldest {records} is not noted any more (a partition notes the last {SWITCHES}), and {} stands in",
        terms.all()[0].in_force.stamp
    )
}

fn who_did(
    scan: &Scan,
    names: &Names,
    partition: i32,
    own: &InForce,
    settings: &Settings,
) -> Result<Terms, Failure> {
    let terms = terms(scan, names, partition, own, settings)?;
    for why in terms.all().iter().filter_map(|term| term.instead_of.as_ref()) {
        tell(format_args!(
            "segue: partition {partition}: a policy that was in force is not known here, and {} stands in: {why}",
            own.stamp
        ));
    }
    Ok(terms)
}
