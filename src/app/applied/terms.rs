//! Who judged the records of a partition: what its partition record notes, with the texts that the topic of applied policies
//! still holds.

use std::sync::Arc;

use super::follow::read;
use crate::app::policy_files::under;
use crate::config::Settings;
use crate::engine::error::Error;
use crate::engine::policies::InForce;
use crate::engine::port::Topic;
use crate::engine::terms::Terms;
use crate::kafka::Names;
use crate::kafka::scan::Scan;
use crate::wire;
use crate::wire::partition::PartitionRecord;

/// Reads the notes of a partition and the texts. `own` is the policy of the settings. Errors: the cluster, or rights.
pub fn terms(
    scan: &Scan,
    names: &Names,
    partition: i32,
    own: &InForce,
    settings: &Settings,
) -> Result<Terms, Error> {
    let Some(noted) = partition_record(scan, names, partition)? else { return Ok(Terms::only(own.clone())) };
    let library = read(scan, names.of(Topic::Policies))?;
    Ok(Terms::of(noted.switches, own, |stamp| match library.policy(stamp) {
        Some(Ok(policy)) => {
            let policy = Arc::new(under(settings, policy));
            Ok(InForce { policy, stamp: stamp.to_owned(), revision: 0 })
        }
        Some(Err(problem)) => Err(problem),
        None if stamp == own.stamp => Ok(own.clone()),
        None => Err("it was not applied, but some instance's own".to_owned()),
    }))
}

/// The newest partition record: near the end of the changelog, because every commit writes one.
fn partition_record(scan: &Scan, names: &Names, partition: i32) -> Result<Option<PartitionRecord>, Error> {
    const FIRST_LOOK: i64 = 2_000;
    let name = names.of(Topic::Changelog);
    let bounds = scan.bounds(name, partition)?;
    let mut reach = FIRST_LOOK;
    loop {
        let from = bounds.low.max(bounds.end - reach);
        let mut newest = None;
        scan.read((Topic::Changelog, name), partition, from..bounds.end, |record| {
            if record.key() == Some(wire::partition::KEY) {
                newest = record.value().map(<[u8]>::to_vec);
            }
            true
        })?;
        if let Some(newest) = newest {
            return wire::partition::decode(&newest)
                .map(Some)
                .map_err(|problem| Error::Fatal(format!("{name}-{partition}: {}", problem.error)));
        }
        if from == bounds.low {
            return Ok(None);
        }
        reach *= 10;
    }
}
