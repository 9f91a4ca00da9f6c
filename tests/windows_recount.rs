//! Windows equal a recount of the facts: any measures, split into any commits, partitions, batches, aborts and restarts.

mod recount;

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use segue::domain::cells::Cells;
use segue::domain::ids::Millis;
use segue::domain::measure::{Counter, Measure, Place, Quantity, WAIT_BUCKETS};
use segue::domain::window::{Dimension, Grain};
use segue::engine::deltas::{DeltaBuffer, SourceTime, TellAll};
use segue::engine::windows::{WindowSettings, WindowStore};
use segue::wire::delta::PartitionTime;
use segue::wire::{delta, window};

const DAY: Millis = 24 * 60 * 60_000;

/// One commit of a conversation thread: what it counts, by source partition, and how far time is.
#[derive(Clone, Debug)]
struct Commit {
    measures: Vec<(i32, Measure)>,
    times: Vec<Millis>,
    tells_all: bool,
    /// The first attempt is aborted and made again.
    is_aborted: bool,
}

/// What the owner of a window partition does next.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Commit,
    Abort,
    Restart,
}

/// One owner with its logs: deltas in, rows out, and the metadata of its committed offset.
struct Owner {
    partition: i32,
    settings: WindowSettings,
    store: WindowStore,
    deltas: VecDeque<Vec<u8>>,
    rows: Vec<(String, Vec<u8>)>,
    horizon: Option<Millis>,
}

impl Owner {
    fn new(partition: i32, settings: WindowSettings) -> Owner {
        let store = WindowStore::new(partition, settings);
        Owner { partition, settings, store, deltas: VecDeque::new(), rows: Vec::new(), horizon: None }
    }

    fn batch(&mut self, size: usize, turn: Turn) {
        let size = size.min(self.deltas.len());
        for bytes in self.deltas.iter().take(size) {
            self.store.stage(&delta::decode(bytes).expect("our own delta"));
        }
        let rows = self.store.rows_to_write();
        match turn {
            Turn::Commit => {
                self.deltas.drain(..size);
                self.horizon = self.store.horizon();
                self.rows.extend(rows.iter().map(|row| {
                    let mut bytes = Vec::new();
                    window::encode(row, &mut bytes);
                    (row.window_id(), bytes)
                }));
                self.store.commit();
            }
            Turn::Abort => self.store.rollback(),
            Turn::Restart => {
                self.store = WindowStore::new(self.partition, self.settings);
                for (key, value) in &self.rows {
                    self.store.restore(key.as_bytes(), Some(value)).expect("our own row");
                }
                if let Some(horizon) = self.horizon {
                    self.store.set_horizon(horizon);
                }
            }
        }
    }

    fn finish(&mut self) {
        self.batch(usize::MAX, Turn::Commit);
        while self.store.is_behind() {
            self.batch(0, Turn::Commit);
        }
    }
}

fn place() -> impl Strategy<Value = Place> {
    let value = |values: &'static [&'static str]| {
        prop::option::weighted(0.8, prop::sample::select(values)).prop_map(|value| value.map(str::to_owned))
    };
    let words =
        (value(&["acme", "b/c", "_all"]), value(&["chat", "voice", "_none", ""]), value(&["claims", "a=b"]));
    (words, value(&["safety", "loop"]), value(&["returns", "_other"])).prop_map(
        |((tenant, channel, queue), reason, intent)| Place {
            tenant,
            channel,
            queue,
            reason,
            intent,
            ai_version: None,
            policy: None,
        },
    )
}

fn measure() -> impl Strategy<Value = Measure> {
    let quantity = prop_oneof![
        prop::sample::select(&[Counter::Queued, Counter::Handoffs, Counter::WaitMsSum][..])
            .prop_map(Quantity::Count),
        (0..WAIT_BUCKETS as u8).prop_map(Quantity::Wait),
    ];
    let threshold = prop::option::of(prop::sample::select(&[20_000, 30_000][..]));
    (quantity, -2..4_i64, 0..3 * DAY, place(), threshold, prop::option::of(Just(5_000))).prop_map(
        |(quantity, amount, at, place, sl_threshold_ms, short_abandon_ms)| Measure {
            quantity,
            amount,
            at,
            place,
            sl_threshold_ms,
            short_abandon_ms,
        },
    )
}

const SOURCES: i32 = 3;

fn commit() -> impl Strategy<Value = Commit> {
    let measures = prop::collection::vec((0..SOURCES, measure()), 0..6);
    let times = prop::collection::vec(0..3 * DAY, SOURCES as usize);
    (measures, times, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(measures, times, tells_all, is_aborted)| Commit { measures, times, tells_all, is_aborted },
    )
}

fn turns() -> impl Strategy<Value = Vec<(usize, Turn)>> {
    let turn = prop_oneof![4 => Just(Turn::Commit), 1 => Just(Turn::Abort), 1 => Just(Turn::Restart)];
    prop::collection::vec((0..4_usize, turn), 0..24)
}

/// Runs the commits through `owners` partitions; the last commit tells every owner that all sources are at `end`.
fn run(
    commits: &[Commit],
    turns: &[(usize, Turn)],
    owners: i32,
    settings: WindowSettings,
    end: Millis,
) -> Vec<Owner> {
    let mut all = (0..owners).map(|partition| Owner::new(partition, settings)).collect::<Vec<_>>();
    let mut buffer = DeltaBuffer::default();
    let mut told = vec![0; SOURCES as usize];
    let mut turns = turns.iter();
    let last = Commit {
        measures: Vec::new(),
        times: vec![end; SOURCES as usize],
        tells_all: true,
        is_aborted: false,
    };
    for commit in commits.iter().chain([&last]) {
        if commit.is_aborted {
            commit.measures.iter().for_each(|(source, measure)| buffer.add(*source, measure));
            buffer.clear();
        }
        commit.measures.iter().for_each(|(source, measure)| buffer.add(*source, measure));
        for (told, time) in told.iter_mut().zip(&commit.times) {
            *told = (*told).max(*time);
        }
        let time = |(partition, time): (i32, &Millis)| SourceTime {
            partition,
            partition_time: PartitionTime::At(*time),
        };
        let times = (0..).zip(&told).map(time);
        let tell_all = if commit.tells_all { TellAll::Yes } else { TellAll::No };
        for (owner, delta) in buffer.drain(owners, &times.collect::<Vec<_>>(), tell_all) {
            let mut bytes = Vec::new();
            delta::encode(&delta, &mut bytes);
            all[owner as usize].deltas.push_back(bytes);
        }
        for owner in &mut all {
            if let Some((size, turn)) = turns.next() {
                owner.batch(*size, *turn);
            }
        }
    }
    all.iter_mut().for_each(Owner::finish);
    all
}

/// The last revision of every row, as a reader of the topic sees it; revisions grow by one, and nothing follows a final row.
fn last_rows(owners: &[Owner]) -> BTreeMap<String, window::WindowRow> {
    let mut rows: BTreeMap<String, window::WindowRow> = BTreeMap::new();
    for (id, bytes) in owners.iter().flat_map(|owner| &owner.rows) {
        let row = window::decode(bytes).expect("our own row");
        assert_eq!(*id, row.window_id());
        let before = rows.insert(id.clone(), row.clone());
        assert_eq!(row.revision, before.as_ref().map_or(0, |before| before.revision) + 1, "{id}");
        assert!(before.is_none_or(|before| !before.is_final), "{id} was final");
    }
    rows
}

/// What stands in the rows; a row of zeros equals no row.
fn contents(rows: &BTreeMap<String, window::WindowRow>) -> BTreeMap<String, Cells> {
    let rows = rows.iter().filter(|(_, row)| !row.cells.is_zero());
    rows.map(|(id, row)| (id.clone(), row.cells.clone())).collect()
}

/// Per labels and quantity: what the rows of one grain and the late rows add up to.
fn totals(rows: &BTreeMap<String, window::WindowRow>, grain: Grain) -> BTreeMap<(String, Quantity), i64> {
    let waits = (0..WAIT_BUCKETS as u8).map(Quantity::Wait);
    let quantities = Counter::ALL.iter().copied().map(Quantity::Count).chain(waits).collect::<Vec<_>>();
    let mut totals = BTreeMap::new();
    for row in rows.values().filter(|row| [grain, Grain::Late].contains(&row.window.grain())) {
        let labels = Dimension::ALL.map(|dimension| row.slot.label(dimension).to_owned()).join("|");
        for quantity in &quantities {
            *totals.entry((labels.clone(), *quantity)).or_insert(0) += row.cells.get(*quantity);
        }
    }
    totals.retain(|_, amount| *amount != 0);
    totals
}

proptest! {
    #[test]
    fn rows_equal_the_recount(
        commits in prop::collection::vec(commit(), 0..12), turns in turns(), owners in 1..4_i32,
    ) {
        // Nothing is late: what becomes final is older than any measure can be, until the end.
        let settings = WindowSettings { final_after_ms: 3 * DAY, final_rows_max: 20, ..WindowSettings::new(SOURCES) };
        let all = run(&commits, &turns, owners, settings, 7 * DAY);
        let rows = last_rows(&all);
        let expected = recount::recount(commits.iter().flat_map(|commit| &commit.measures).map(|(_, measure)| measure));
        prop_assert_eq!(contents(&rows), contents(&expected));
        prop_assert!(rows.values().all(|row| row.is_final));
        prop_assert!(all.iter().all(|owner| owner.store.open_rows() == 0));
    }

    #[test]
    fn one_grain_plus_late_is_everything(
        commits in prop::collection::vec(commit(), 0..12), turns in turns(), owners in 1..4_i32,
    ) {
        let settings = WindowSettings { final_after_ms: DAY / 24, final_rows_max: 20, ..WindowSettings::new(SOURCES) };
        let rows = last_rows(&run(&commits, &turns, owners, settings, 3 * DAY));
        let expected = recount::recount(commits.iter().flat_map(|commit| &commit.measures).map(|(_, measure)| measure));
        for grain in [Grain::Quarter, Grain::Hour, Grain::Day] {
            prop_assert_eq!(totals(&rows, grain), totals(&expected, grain));
        }
    }

    #[test]
    fn limits_lose_nothing(
        commits in prop::collection::vec(commit(), 0..12), turns in turns(), owners in 1..4_i32,
    ) {
        let settings = WindowSettings { values_max: 1, rows_max: 30, ..WindowSettings::new(SOURCES) };
        let rows = last_rows(&run(&commits, &turns, owners, settings, 3 * DAY));
        let expected = recount::recount(commits.iter().flat_map(|commit| &commit.measures).map(|(_, measure)| measure));
        // Over all tenants and values of a split.
        let by_split = |rows: &BTreeMap<String, window::WindowRow>| {
            let mut sums = BTreeMap::new();
            for ((labels, quantity), amount) in totals(rows, Grain::Day) {
                let split = labels.split('|').map(|label| label == "_all").collect::<Vec<_>>();
                *sums.entry((split, quantity)).or_insert(0) += amount;
            }
            sums.retain(|_, amount| *amount != 0);
            sums
        };
        prop_assert_eq!(by_split(&rows), by_split(&expected));
    }
}
