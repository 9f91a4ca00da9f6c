//! Whether what a reader of committed records sees is what the oracle expects: no more, no less, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use segue::domain::cells::Cells;
use segue::domain::ids::Millis;
use segue::domain::measure::{Counter, Quantity, WAIT_BUCKETS};
use segue::domain::policy::Policy;
use segue::domain::window::{Dimension, Grain};
use segue::engine::port::{Record, Topic, Topology};
use segue::engine::view::Seen;
use segue::memory::Isolation;
use segue::memory::broker::Broker;
use segue::wire::delta::PartitionTime;
use segue::wire::window::WindowRow;
use segue::wire::{self, partition};

use super::oracle::{self, Expected, Inputs, Refused, Reign, Rules};
use super::scenario::{DAY, Family};
use super::world::World;
use crate::recount::recount;

/// Every committed record ever, also where compaction has taken it since.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    topics: BTreeMap<(Topic, i32), (i64, Vec<Record>)>,
}

impl Archive {
    /// Takes over what was committed since the last time. Must be called before a compaction.
    pub fn read(&mut self, broker: &Broker, topic: Topic, partition: i32) {
        let (position, records) = self.topics.entry((topic, partition)).or_default();
        let mut fetched = broker.read(topic, partition, *position, Isolation::Committed, usize::MAX);
        *position = fetched.position;
        records.append(&mut fetched.records);
    }

    pub fn read_all(&mut self, broker: &Broker) {
        for topic in Topic::ALL {
            (0..broker.partitions(topic)).for_each(|partition| self.read(broker, topic, partition));
        }
    }

    /// Whether a committed record, ever, held this state.
    pub fn has_state(&self, id: &str, seen: &Seen) -> bool {
        let mut bytes = Vec::new();
        wire::conversation::encode(&seen.conversation, &mut bytes);
        let records = self.topics.get(&(Topic::Changelog, seen.partition)).map(|(_, records)| records);
        let holds = |record: &Record| record.key() == Some(id.as_bytes()) && record.value() == Some(&bytes);
        records.is_some_and(|records| records.iter().rev().any(holds))
    }

    /// All records of a topic, partition by partition.
    fn of(&self, topic: Topic) -> impl Iterator<Item = &Record> {
        let partitions = self.topics.iter().filter(move |((of, _), _)| *of == topic);
        partitions.flat_map(|(_, (_, records))| records)
    }

    fn by_key(&self, topic: Topic) -> BTreeMap<String, Vec<Vec<u8>>> {
        let mut by_key: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for record in self.of(topic) {
            let key = text(record.key().unwrap_or_default());
            by_key.entry(key).or_default().push(record.value().unwrap_or_default().to_vec());
        }
        by_key
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The verdict on a world that has come to rest.
pub fn judge(world: &World, policies: &[Arc<Policy>]) -> Result<(), String> {
    let archive = world.archive();
    let standings = standings(&archive)?;
    let s = &world.scenario;
    let acting = reigns(world, &standings)?;
    let rules = Rules {
        acting: &acting,
        shadow: s.shadow.map(|shadow| &*policies[shadow]),
        lateness_ms: s.lateness_ms,
        record_bytes_max: s.record_bytes_max,
    };
    let read = |topic, partition| world.broker.read_committed(topic, partition, 0);
    let inputs: Vec<Inputs> = (0..s.partitions)
        .map(|partition| Inputs {
            turns: read(Topic::Turns, partition),
            outcomes: read(Topic::Outcomes, partition),
        })
        .collect();
    let moved_by_clock = match s.family {
        Family::Live => standings.values().map(|standing| standing.partition_time).max(),
        Family::Backlog => None,
    };
    let expected = oracle::expect(&inputs, &rules, moved_by_clock);
    same("events", &expected.events, &archive.by_key(Topic::Events))?;
    same("shadow events", &expected.shadow_events, &archive.by_key(Topic::Shadow))?;
    same("summaries", &expected.summaries, &archive.by_key(Topic::Summaries))?;
    requested_once(&archive, Topic::Events)?;
    requested_once(&archive, Topic::Shadow)?;
    refused(&expected, &archive)?;
    states(&expected, &archive)?;
    stands(world, &inputs, &expected, &standings)?;
    windows(world, &expected, &archive)
}

/// Who judged the records of each partition, as it noted them: each policy is one that was applied, in the order of that.
fn reigns(
    world: &World,
    standings: &BTreeMap<i32, partition::PartitionRecord>,
) -> Result<BTreeMap<i32, Vec<Reign>>, String> {
    let inner = world.inner();
    let mut all = BTreeMap::new();
    for (at, standing) in standings {
        let switches = &standing.switches;
        let later = |pair: &[partition::Switch]| {
            pair[0].revision < pair[1].revision && pair[0].next_turns <= pair[1].next_turns
        };
        if switches.is_empty() || !switches.windows(2).all(later) {
            return Err(format!("partition {at}: these policies were in force: {switches:?}"));
        }
        let reign = |since: &partition::Switch| {
            let policy = inner.policies.policy(&since.policy)?;
            Some(Reign { since: since.clone(), policy })
        };
        let reigns: Option<Vec<Reign>> = switches.iter().map(reign).collect();
        all.insert(*at, reigns.ok_or(format!("partition {at}: nobody knows one of {switches:?}"))?);
    }
    Ok(all)
}

fn same(
    what: &str,
    expected: &BTreeMap<String, Vec<Vec<u8>>>,
    actual: &BTreeMap<String, Vec<Vec<u8>>>,
) -> Result<(), String> {
    let ids: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    for id in ids {
        let lines = |of: &BTreeMap<String, Vec<Vec<u8>>>| -> Vec<String> {
            of.get(id).map(|values| values.iter().map(|value| text(value)).collect()).unwrap_or_default()
        };
        let (expected, actual) = (lines(expected), lines(actual));
        let differ = (0..expected.len().max(actual.len())).find(|at| expected.get(*at) != actual.get(*at));
        if let Some(at) = differ {
            let none = "(nothing)".to_owned();
            return Err(format!(
                "{what} of {id} differ at number {at} of {} expected, {} seen\n  expected {}\n  seen     {}",
                expected.len(),
                actual.len(),
                expected.get(at).unwrap_or(&none),
                actual.get(at).unwrap_or(&none)
            ));
        }
    }
    Ok(())
}

/// Exactly one `requested` a hand-off, whatever crashed.
fn requested_once(archive: &Archive, topic: Topic) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for record in archive.of(topic) {
        let event: serde_json::Value = serde_json::from_slice(record.value().unwrap_or_default())
            .map_err(|error| format!("an event is no JSON: {error}"))?;
        let id = event["handoff_id"].as_str().unwrap_or_default().to_owned();
        if event["type"] == "requested" && !seen.insert(id.clone()) {
            return Err(format!("hand-off {id} was requested twice on {topic:?}"));
        }
    }
    Ok(())
}

fn refused(expected: &Expected, archive: &Archive) -> Result<(), String> {
    let letter = |record: &Record| -> Option<Refused> {
        let letter: serde_json::Value = serde_json::from_slice(record.value()?).ok()?;
        let number = |name: &str| letter[name].as_i64();
        let word = |name: &str| letter[name].as_str().map(str::to_owned);
        Some((word("topic")?, number("partition")? as i32, number("offset")?, word("stage")?))
    };
    let letters: Option<Vec<Refused>> = archive.of(Topic::DeadLetters).map(letter).collect();
    let mut actual = letters.ok_or("a dead letter cannot be read")?;
    actual.sort();
    match actual == expected.refused {
        true => Ok(()),
        false => Err(format!("dead letters\n  expected {:?}\n  seen     {actual:?}", expected.refused)),
    }
}

/// The last partition record of each changelog partition. Commit numbers grow by one a commit, nowhere a gap.
fn standings(archive: &Archive) -> Result<BTreeMap<i32, partition::PartitionRecord>, String> {
    let mut last: BTreeMap<i32, partition::PartitionRecord> = BTreeMap::new();
    for record in archive.of(Topic::Changelog).filter(|record| record.key() == Some(partition::KEY)) {
        let value = record.value().ok_or("a partition record was deleted")?;
        let now =
            partition::decode(value).map_err(|problem| format!("a partition record: {}", problem.error))?;
        let before = last.get(&record.partition);
        if now.commit_number != before.map_or(0, |before| before.commit_number) + 1 {
            return Err(format!("partition {}: commit {now:?} follows {before:?}", record.partition));
        }
        if before.is_some_and(|before| before.partition_time > now.partition_time) {
            return Err(format!("partition {}: time went back, {before:?} to {now:?}", record.partition));
        }
        last.insert(record.partition, now);
    }
    Ok(last)
}

/// The last value of every key in the changelog, as a restore would see it.
fn states(expected: &Expected, archive: &Archive) -> Result<(), String> {
    let mut actual = BTreeMap::new();
    for record in archive.of(Topic::Changelog).filter(|record| record.key() != Some(partition::KEY)) {
        let key = (record.partition, text(record.key().unwrap_or_default()));
        match record.value() {
            Some(value) => actual.insert(key, value.to_vec()),
            None => actual.remove(&key),
        };
    }
    let keys: BTreeSet<_> = expected.states.keys().chain(actual.keys()).collect();
    for key in keys {
        if expected.states.get(key) != actual.get(key) {
            let read = |of: &BTreeMap<_, Vec<u8>>| {
                let packed = |bytes: &Vec<u8>| wire::shadow::packed(bytes).unwrap_or(bytes).to_vec();
                of.get(key).map(|bytes| wire::conversation::decode(&packed(bytes)))
            };
            let (expected, actual) = (read(&expected.states), read(&actual));
            return Err(format!("state of {key:?}\n  expected {expected:?}\n  seen     {actual:?}"));
        }
    }
    Ok(())
}

/// Committed offsets are the ends of the inputs, and group and changelog say the same.
fn stands(
    world: &World,
    inputs: &[Inputs],
    expected: &Expected,
    standings: &BTreeMap<i32, partition::PartitionRecord>,
) -> Result<(), String> {
    let committed = world.broker.committed_offsets(Topology::Conversations);
    for (at, inputs) in (0..).zip(inputs) {
        let standing = standings.get(&at).ok_or(format!("partition {at} has no partition record"))?;
        let end = |records: &[Record]| records.last().map_or(0, |record| record.offset + 1);
        let ends = [(Topic::Turns, end(&inputs.turns)), (Topic::Outcomes, end(&inputs.outcomes))];
        for (topic, end) in ends {
            let found = committed.iter().find(|c| (c.topic, c.partition) == (topic, at));
            let number = found.and_then(|found| found.metadata.split('/').next().map(str::to_owned));
            if found.and_then(|found| found.offset) != Some(end)
                || number != Some(standing.commit_number.to_string())
            {
                return Err(format!(
                    "{topic:?}-{at} ends at {end}; committed is {found:?} with {standing:?}"
                ));
            }
        }
        let next = [standing.next_turns, standing.next_outcomes];
        if next != ends.map(|(_, end)| end) {
            return Err(format!("partition {at}: inputs end at {ends:?}, the changelog says {next:?}"));
        }
        if standing.partition_time != expected.time.unwrap_or(Millis::MIN) {
            return Err(format!(
                "partition {at} stands at {}, not at {:?}",
                standing.partition_time, expected.time
            ));
        }
    }
    let committed = world.broker.committed_offsets(Topology::Windows);
    for at in 0..world.scenario.delta_partitions {
        let end =
            world.broker.read_committed(Topic::Deltas, at, 0).last().map_or(0, |record| record.offset + 1);
        if committed.iter().find(|c| c.partition == at).and_then(|c| c.offset) != Some(end) {
            return Err(format!("Deltas-{at} end at {end}; committed is {committed:?}"));
        }
    }
    Ok(())
}

/// Rows equal a recount: exactly where nothing is final yet, else each grain together with what came late.
fn windows(world: &World, expected: &Expected, archive: &Archive) -> Result<(), String> {
    let rows = last_rows(archive)?;
    // What counts as late depends, live, on how far the clock had moved a partition.
    let is_counted = |quantity: &Quantity| {
        world.scenario.family == Family::Backlog || *quantity != Quantity::Count(Counter::LateEvents)
    };
    let recounted = recount(expected.measures.iter().filter(|measure| is_counted(&measure.quantity)));
    let never_final = world.scenario.final_after_ms > 1_000 * DAY;
    if never_final && rows.values().any(|row| row.is_final) {
        return Err("a row is final too early".to_owned());
    }
    let contents = |rows: &BTreeMap<String, WindowRow>| -> BTreeMap<String, Cells> {
        let cells = rows.iter().map(|(id, row)| {
            let mut cells = row.cells.clone();
            let all = quantities().filter(|quantity| !is_counted(quantity));
            all.for_each(|quantity| cells.add(quantity, -row.cells.get(quantity)));
            (id.clone(), cells)
        });
        cells.filter(|(_, cells)| !cells.is_zero()).collect()
    };
    final_in_time(world, archive)?;
    if never_final {
        return differ("window", &contents(&recounted), &contents(&rows));
    }
    for grain in [Grain::Quarter, Grain::Hour, Grain::Day] {
        let totals = |rows| totals(rows, grain, &is_counted);
        differ(&format!("{} and late", grain.name()), &totals(&recounted), &totals(&rows))?;
    }
    Ok(())
}

/// A row is final only after every conversation partition has told a time so far past its end, or, while it has no time, that
/// it was empty then. What was not in the log when the row was written cannot have been told.
fn final_in_time(world: &World, archive: &Archive) -> Result<(), String> {
    // By partition of the deltas: when the slowest of all partitions stood where, in the order of the log.
    let mut slowest: BTreeMap<i32, Vec<(Option<Millis>, Millis)>> = BTreeMap::new();
    let mut told: BTreeMap<i32, BTreeMap<i32, PartitionTime>> = BTreeMap::new();
    for record in archive.of(Topic::Deltas) {
        let delta =
            wire::delta::decode(record.value().unwrap_or_default()).map_err(|problem| problem.error)?;
        let told = told.entry(record.partition).or_default();
        told.extend(delta.sections.iter().map(|section| (section.source_partition, section.partition_time)));
        if told.len() == world.scenario.partitions as usize {
            // One that has no time yet holds none back, and tells nothing by itself.
            let times = told.values().filter(|told| matches!(told, PartitionTime::At(_)));
            let stood = times.map(|told| told.ms()).min().unwrap_or(Millis::MIN);
            slowest.entry(record.partition).or_default().push((record.timestamp, stood));
        }
    }
    for record in archive.of(Topic::Metrics) {
        let row =
            wire::window::decode(record.value().unwrap_or_default()).map_err(|problem| problem.error)?;
        let needed = row.window.end().saturating_add(world.scenario.final_after_ms);
        let stood = slowest.get(&record.partition).map(Vec::as_slice).unwrap_or_default();
        let is_told = stood.iter().any(|(at, stood)| *at <= record.timestamp && *stood >= needed);
        if row.is_final && !is_told {
            return Err(format!(
                "not all partitions had told their time when this row became final: {row:?}"
            ));
        }
    }
    Ok(())
}

fn differ<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: &BTreeMap<K, V>,
    actual: &BTreeMap<K, V>,
) -> Result<(), String> {
    let keys: BTreeSet<&K> = expected.keys().chain(actual.keys()).collect();
    match keys.into_iter().find(|key| expected.get(key) != actual.get(key)) {
        None => Ok(()),
        Some(key) => {
            let (expected, actual) = (expected.get(key), actual.get(key));
            Err(format!("{what} {key:?}\n  expected {expected:?}\n  seen     {actual:?}"))
        }
    }
}

/// The last revision of every row. Revisions grow by one, and nothing follows a final row.
fn last_rows(archive: &Archive) -> Result<BTreeMap<String, WindowRow>, String> {
    let mut rows: BTreeMap<String, WindowRow> = BTreeMap::new();
    for record in archive.of(Topic::Metrics) {
        let row =
            wire::window::decode(record.value().unwrap_or_default()).map_err(|problem| problem.error)?;
        let id = text(record.key().unwrap_or_default());
        let before = rows.insert(id.clone(), row.clone());
        let revision = before.as_ref().map_or(0, |before| before.revision) + 1;
        if id != row.window_id() || row.revision != revision || before.is_some_and(|before| before.is_final) {
            return Err(format!("row {id}: {row:?} should be revision {revision}, and follow no final row"));
        }
    }
    Ok(rows)
}

fn quantities() -> impl Iterator<Item = Quantity> {
    let waits = (0..WAIT_BUCKETS as u8).map(Quantity::Wait);
    Counter::ALL.iter().copied().map(Quantity::Count).chain(waits)
}

/// By labels and quantity: what the rows of one grain and the late rows add up to.
fn totals(
    rows: &BTreeMap<String, WindowRow>,
    grain: Grain,
    is_counted: &impl Fn(&Quantity) -> bool,
) -> BTreeMap<(String, String), i64> {
    let mut totals = BTreeMap::new();
    for row in rows.values().filter(|row| [grain, Grain::Late].contains(&row.window.grain())) {
        let labels = Dimension::ALL.map(|dimension| row.slot.label(dimension).to_owned()).join("|");
        for quantity in quantities().filter(is_counted) {
            *totals.entry((labels.clone(), format!("{quantity:?}"))).or_insert(0) += row.cells.get(quantity);
        }
    }
    totals.retain(|_, amount| *amount != 0);
    totals
}
