//! Facts about one store, as tables: what is written after each batch.

use super::*;
use crate::domain::measure::{Counter, Quantity};
use crate::domain::window::{Dimension, Slot, Split};
use crate::wire::delta::{Increment, PartitionTime, Section};

const HOUR: Millis = 60 * MINUTE_MS;
const DAY: Millis = 24 * HOUR;

fn settings() -> WindowSettings {
    WindowSettings { final_after_ms: HOUR, ..WindowSettings::new(1) }
}

fn handoffs(amount: i64, at: Millis, slot: Slot) -> Increment {
    let quantity = Quantity::Count(Counter::Handoffs);
    Increment { slot, minute_start: at, quantity, amount, sl_threshold_ms: None, short_abandon_ms: None }
}

fn total() -> Slot {
    Slot::new(Split::TOTAL, "_all", "")
}

fn channel(tenant: &str, value: &str) -> Slot {
    Slot::new(Split::within_tenant(&[Dimension::Channel]), tenant, value)
}

fn delta(source_partition: i32, partition_time: Millis, increments: Vec<Increment>) -> Delta {
    let partition_time = PartitionTime::At(partition_time);
    Delta { sections: vec![Section { source_partition, partition_time, increments }] }
}

fn lines(rows: &[WindowRow]) -> Vec<String> {
    let line = |row: &WindowRow| {
        let handoffs = row.cells.get(Quantity::Count(Counter::Handoffs));
        let last = if row.is_final { " final" } else { "" };
        format!("{} r{} = {handoffs}{last}", row.window_id(), row.revision)
    };
    rows.iter().map(line).collect()
}

/// One batch of one delta, committed.
fn commit(store: &mut WindowStore, delta: &Delta) -> Vec<WindowRow> {
    store.stage(delta);
    let rows = store.rows_to_write();
    store.commit();
    rows
}

fn restarted(written: &[Vec<WindowRow>], horizon: Option<Millis>) -> WindowStore {
    let mut store = WindowStore::new(0, settings());
    for row in written.iter().flatten() {
        let mut bytes = Vec::new();
        window::encode(row, &mut bytes);
        store.restore(row.window_id().as_bytes(), Some(&bytes)).expect("our own row");
    }
    if let Some(horizon) = horizon {
        store.set_horizon(horizon);
    }
    store
}

#[test]
fn a_total_is_kept_in_all_grains_and_a_split_from_quarters_up() {
    let mut store = WindowStore::new(0, settings());
    let at = DAY + HOUR + 16 * MINUTE_MS;
    let rows = commit(
        &mut store,
        &delta(0, at, vec![handoffs(2, at, total()), handoffs(1, at, channel("a", "chat"))]),
    );
    let expected = [
        "PT1M/1970-01-02T01:16Z/_all r1 = 2",
        "PT15M/1970-01-02T01:15Z/_all r1 = 2",
        "PT15M/1970-01-02T01:15Z/a/channel=chat r1 = 1",
        "PT1H/1970-01-02T01:00Z/_all r1 = 2",
        "PT1H/1970-01-02T01:00Z/a/channel=chat r1 = 1",
        "P1D/1970-01-02/_all r1 = 2",
        "P1D/1970-01-02/a/channel=chat r1 = 1",
    ];
    assert_eq!(lines(&rows), expected);
    assert_eq!((store.rows(), store.open_rows()), (rows, 7));
}

#[test]
fn a_final_row_is_written_once_more_and_what_comes_later_goes_to_the_day_of_arrival() {
    let mut store = WindowStore::new(0, settings());
    let batches = [
        delta(0, HOUR, vec![handoffs(1, 0, channel("a", "chat"))]),
        delta(0, 2 * HOUR - 1, vec![]),
        delta(0, 2 * HOUR, vec![handoffs(5, 0, channel("a", "chat"))]),
        delta(0, 2 * HOUR, vec![handoffs(7, 0, channel("a", "chat"))]),
        delta(0, DAY + HOUR, vec![]),
        delta(0, DAY + HOUR, vec![handoffs(-1, 0, channel("a", "chat"))]),
        delta(0, 2 * DAY, vec![handoffs(-1, DAY + HOUR, channel("a", "chat"))]),
        delta(0, 3 * DAY, vec![]),
    ];
    let written = batches.iter().map(|delta| lines(&commit(&mut store, delta))).collect::<Vec<_>>();
    let chat = "a/channel=chat";
    let expected: [Vec<String>; 8] = [
        vec![
            format!("PT15M/1970-01-01T00:00Z/{chat} r1 = 1"),
            format!("PT1H/1970-01-01T00:00Z/{chat} r1 = 1"),
            format!("P1D/1970-01-01/{chat} r1 = 1"),
        ],
        vec![format!("PT15M/1970-01-01T00:00Z/{chat} r2 = 1 final")],
        // The minute is final, so the hour and the day do not take it either.
        vec![format!("PT1H/1970-01-01T00:00Z/{chat} r2 = 1 final"), format!("late/1970-01-01/{chat} r1 = 5")],
        vec![format!("late/1970-01-01/{chat} r2 = 12")],
        vec![format!("P1D/1970-01-01/{chat} r2 = 1 final"), format!("late/1970-01-01/{chat} r3 = 12 final")],
        vec![format!("late/1970-01-02/{chat} r1 = -1")],
        vec![
            format!("PT15M/1970-01-02T01:00Z/{chat} r1 = -1 final"),
            format!("PT1H/1970-01-02T01:00Z/{chat} r1 = -1 final"),
            format!("P1D/1970-01-02/{chat} r1 = -1"),
        ],
        vec![format!("P1D/1970-01-02/{chat} r2 = -1 final"), format!("late/1970-01-02/{chat} r2 = -1 final")],
    ];
    assert_eq!(written, expected);
    assert_eq!(store.open_rows(), 0);
}

#[test]
fn nothing_is_final_before_all_sources_were_heard_again() {
    let two = WindowSettings { sources: 2, ..settings() };
    let mut store = WindowStore::new(0, two);
    let mut ends = Vec::new();
    for (source, time) in [(0, 10 * HOUR), (1, 2 * HOUR), (0, 9 * HOUR), (1, 1), (1, 4 * HOUR)] {
        commit(&mut store, &delta(source, time, vec![]));
        ends.push(store.horizon());
    }
    assert_eq!(ends, [None, Some(HOUR), Some(HOUR), Some(HOUR), Some(3 * HOUR)]);

    let mut store = WindowStore::new(0, two);
    store.set_horizon(3 * HOUR);
    let late = commit(&mut store, &delta(0, 100 * HOUR, vec![handoffs(1, 2 * HOUR, channel("a", "chat"))]));
    assert_eq!(lines(&late), ["late/1970-01-05/a/channel=chat r1 = 1"]);
    assert_eq!(store.horizon(), Some(3 * HOUR));
    commit(&mut store, &delta(1, HOUR, vec![]));
    assert_eq!(store.horizon(), Some(3 * HOUR));
}

#[test]
fn a_restart_goes_on_where_the_written_rows_end() {
    let first = delta(0, HOUR, vec![handoffs(1, 0, total()), handoffs(1, HOUR, total())]);
    let second = delta(0, HOUR + 2 * MINUTE_MS, vec![handoffs(1, HOUR, total())]);
    let third = delta(0, 2 * HOUR, vec![handoffs(1, 0, total()), handoffs(1, HOUR, total())]);
    let mut store = WindowStore::new(0, settings());
    let written = vec![commit(&mut store, &first), commit(&mut store, &second)];
    // Where the metadata is lost, the final rows still say that the first minute is final, and so does the next delta.
    let mut stores = [restarted(&written, store.horizon()), restarted(&written, None)];
    assert_eq!(stores.each_ref().map(WindowStore::horizon), [Some(2 * MINUTE_MS), Some(MINUTE_MS)]);
    assert_eq!(stores.each_ref().map(WindowStore::rows), [store.rows(), store.rows()]);
    let expected = commit(&mut store, &third);
    assert_eq!(stores.each_mut().map(|store| commit(store, &third)), [expected.clone(), expected]);
}

#[test]
fn what_is_rolled_back_never_was() {
    let mut store = WindowStore::new(0, settings());
    let kept = commit(&mut store, &delta(0, HOUR, vec![handoffs(1, HOUR, total())]));
    let more =
        delta(0, 30 * HOUR, vec![handoffs(1, HOUR, total()), handoffs(1, 2 * HOUR, channel("a", "chat"))]);
    store.stage(&more);
    let first = store.rows_to_write();
    assert_eq!(store.rows_to_write(), first);
    store.rollback();
    assert_eq!((store.rows(), store.horizon(), store.open_rows()), (kept, Some(0), 4));
    assert_eq!(commit(&mut store, &more), first);
}

#[test]
fn a_row_of_zeros_is_written_only_over_another() {
    let mut store = WindowStore::new(0, settings());
    let batches = [
        vec![handoffs(1, HOUR, total()), handoffs(-1, HOUR, total())],
        vec![handoffs(1, HOUR, channel("a", "chat"))],
        vec![handoffs(2, HOUR, channel("a", "chat")), handoffs(-2, HOUR, channel("a", "chat"))],
        vec![handoffs(-1, HOUR, channel("a", "chat"))],
    ];
    let days = batches.map(|increments| {
        let rows = commit(&mut store, &delta(0, HOUR, increments));
        lines(&rows).into_iter().filter(|line| line.starts_with("P1D")).collect::<Vec<_>>()
    });
    let expected: [&[&str]; 4] =
        [&[], &["P1D/1970-01-01/a/channel=chat r1 = 1"], &[], &["P1D/1970-01-01/a/channel=chat r2 = 0"]];
    assert_eq!(days, expected);
    assert_eq!(store.open_rows(), 3);
}

#[test]
fn values_beyond_the_limit_share_a_row_in_each_window() {
    let mut store = WindowStore::new(0, WindowSettings { values_max: 2, ..settings() });
    let values = ["a", "b", "c", "_none", "a", "c"];
    let increments = values.map(|value| handoffs(1, 0, channel("t", value))).to_vec();
    let rows = commit(&mut store, &delta(0, 0, increments));
    let days = rows.into_iter().filter(|row| row.window.grain() == Grain::Day).collect::<Vec<_>>();
    let expected = [
        "P1D/1970-01-01/t/channel=_other r1 = 3",
        "P1D/1970-01-01/t/channel=a r1 = 2",
        "P1D/1970-01-01/t/channel=b r1 = 1",
    ];
    assert_eq!(lines(&days), expected);
    let next = commit(
        &mut store,
        &delta(0, 0, vec![handoffs(1, DAY, channel("t", "c")), handoffs(1, 0, channel("u", "c"))]),
    );
    let days = next.into_iter().filter(|row| row.window.grain() == Grain::Day).collect::<Vec<_>>();
    assert_eq!(lines(&days), ["P1D/1970-01-01/u/channel=c r1 = 1", "P1D/1970-01-02/t/channel=c r1 = 1"]);
}

#[test]
fn beyond_the_limit_of_rows_nothing_is_lost_but_the_tenant() {
    let mut store = WindowStore::new(7, WindowSettings { rows_max: 3, values_max: 1, ..settings() });
    let mut totals = Vec::new();
    for slot in [channel("a", "x"), channel("a", "y"), channel("b", "x"), channel("a", "x"), total()] {
        commit(&mut store, &delta(0, 0, vec![handoffs(1, 0, slot)]));
        totals.push(store.open_rows());
    }
    let days = store.rows().into_iter().filter(|row| row.window.grain() == Grain::Day).collect::<Vec<_>>();
    let expected = [
        "P1D/1970-01-01/_all r1 = 1",
        "P1D/1970-01-01/_other_7/channel=_other r2 = 2",
        "P1D/1970-01-01/a/channel=x r2 = 2",
    ];
    assert_eq!(lines(&days), expected);
    assert_eq!(totals, [3, 6, 6, 6, 10]);
    assert_eq!(store.folded(), 6);
    store.stage(&delta(0, 0, vec![handoffs(1, 0, channel("b", "x"))]));
    store.rollback();
    assert_eq!(store.folded(), 6, "what is rolled back comes again");
}

#[test]
fn many_final_rows_are_spread_over_commits() {
    let mut store = WindowStore::new(0, WindowSettings { final_rows_max: 2, ..settings() });
    let minutes = (0..5).map(|minute| handoffs(1, minute * MINUTE_MS, total())).collect::<Vec<_>>();
    let mut finished =
        vec![commit(&mut store, &delta(0, 5 * DAY, minutes)).iter().filter(|row| row.is_final).count()];
    while store.is_behind() {
        finished.push(store.rows_to_write().len());
        store.commit();
    }
    assert_eq!(finished, [2, 2, 2, 2]);
    assert_eq!((store.open_rows(), store.horizon()), (0, Some(5 * DAY - HOUR)));
}

#[test]
fn a_threshold_survives_a_restart_and_a_correction() {
    let judged = |amount, threshold| {
        let quantity = Quantity::Count(Counter::Queued);
        Increment { quantity, sl_threshold_ms: Some(threshold), ..handoffs(amount, 0, total()) }
    };
    let mut store = WindowStore::new(0, settings());
    let mut written = Vec::new();
    for increment in [judged(1, 20), judged(-1, 20), judged(1, 30), judged(0, 30)] {
        written.push(commit(&mut store, &delta(0, 0, vec![increment])));
        assert_eq!(restarted(&written, None).rows(), store.rows());
    }
    assert_eq!(written.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 4, 0]);
}

#[test]
fn a_deleted_row_is_not_restored() {
    let mut store = WindowStore::new(0, settings());
    let written = vec![commit(&mut store, &delta(0, 0, vec![handoffs(1, 0, total())]))];
    let mut again = restarted(&written, None);
    for key in ["PT1H/1970-01-01T00:00Z/_all", "PT1H/1970-01-01T00:00Z/a", "nonsense"] {
        again.restore(key.as_bytes(), None).expect("a tombstone");
    }
    let left = again.rows().into_iter().map(|row| row.window.grain()).collect::<Vec<_>>();
    assert_eq!(left, [Grain::Minute, Grain::Quarter, Grain::Day]);
    assert!(again.restore(b"PT1H", Some(b"{}")).is_err());
}
