//! The rows of windows that are not final, with an undo log of what is staged.
//!
//! Bounded: a split of a tenant keeps at most `values_max` values a window; from `rows_max` rows on, what has no row yet
//! is folded (see [`OpenRows::place`]). Counts are never dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::domain::cells::Cells;
use crate::domain::ids::Millis;
use crate::domain::window::{OTHER, Slot, Split, Window};
use crate::wire::delta::Increment;
use crate::wire::window::WindowRow;

/// A row in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    cells: Cells,
    /// Last written revision; 0 if it never was.
    revision: u64,
    /// Its state before is in the undo log.
    is_staged: bool,
}

/// A split of a tenant: its rows by value. Never iterated without sorting.
type Values = HashMap<Arc<str>, Box<Row>>;
type Frame = HashMap<(Split, Arc<str>), Values>;

/// Limits of [`OpenRows`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) values_max: usize,
    pub(super) rows_max: usize,
}

/// Source of truth for the open rows. `add` stages; `commit` makes it real, `rollback` forgets it.
#[derive(Debug)]
pub(super) struct OpenRows {
    bounds: Bounds,
    /// Label of the tenant that takes what is beyond `rows_max`; of this partition alone, because a row has one owner.
    tenant_other: Arc<str>,
    windows: BTreeMap<Window, Frame>,
    len: usize,
    /// Each staged row as it was; `None`: there was none.
    before: BTreeMap<(Window, Slot), Option<Box<Row>>>,
    /// Increments since start that `rows_max` has folded, and those of what is staged.
    folded: u64,
    folding: u64,
}

impl OpenRows {
    pub(super) fn new(bounds: Bounds, partition: i32) -> OpenRows {
        let tenant_other = Arc::from(format!("{OTHER}_{partition}"));
        let (windows, before) = (BTreeMap::new(), BTreeMap::new());
        OpenRows { bounds, tenant_other, windows, len: 0, before, folded: 0, folding: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn folded(&self) -> u64 {
        self.folded
    }

    /// Stages one increment in one window.
    pub(super) fn add(&mut self, window: Window, increment: &Increment) {
        let slot = self.place(window, &increment.slot);
        self.folding += u64::from(slot.tenant != increment.slot.tenant);
        let frame = self.windows.entry(window).or_default();
        let values = frame.entry((slot.split, Arc::clone(&slot.tenant))).or_default();
        let row = values.get_mut(&slot.value);
        if row.as_ref().is_none_or(|row| !row.is_staged) {
            self.before.insert((window, slot.clone().into_owned()), row.map(|row| row.clone()));
        }
        let row = values.entry(Arc::clone(&slot.value)).or_insert_with(|| {
            self.len += 1;
            Box::default()
        });
        row.is_staged = true;
        row.cells.add(increment.quantity, increment.amount);
        row.cells.sl_threshold = row.cells.sl_threshold.meet(increment.sl_threshold_ms);
        row.cells.short_abandon = row.cells.short_abandon.meet(increment.short_abandon_ms);
    }

    /// The row that takes what belongs to `slot`:
    ///
    /// 1. its own, if it is there or there is room for it;
    /// 2. beyond `values_max`: the tenant's `_other`;
    /// 3. beyond `rows_max`: the tenant's `_other` if it is there, else `_other` of the tenant `_other_<partition>`. That
    ///    one and the total are always made, so at most one row a window and split stands above the limit.
    fn place<'a>(&self, window: Window, slot: &'a Slot) -> Cow<'a, Slot> {
        let frame = self.windows.get(&window);
        let values = frame.and_then(|frame| frame.get(&(slot.split, Arc::clone(&slot.tenant))));
        let other = slot.split.value_other();
        let has = |value: &str| values.is_some_and(|values| values.contains_key(value));
        let own_values = values.map_or(0, HashMap::len) - usize::from(has(&other));
        let has_room = self.len < self.bounds.rows_max || slot.split == Split::TOTAL;
        let fits = !slot.split.has_values() || own_values < self.bounds.values_max;
        if has(&slot.value) || (fits && has_room) {
            return Cow::Borrowed(slot);
        }
        let tenant = if has(&other) || has_room { &slot.tenant } else { &self.tenant_other };
        Cow::Owned(Slot { split: slot.split, tenant: Arc::clone(tenant), value: Arc::from(other) })
    }

    /// How far the horizon may move towards `target` in one commit without finishing more than `rows_max` rows (or the
    /// rows of one moment, if they are more).
    pub(super) fn reachable(&self, target: Millis, rows_max: usize) -> Millis {
        let (mut finished, mut rows) = (None, 0);
        for (window, frame) in self.windows.iter().take_while(|(window, _)| window.end() <= target) {
            rows += frame.values().map(HashMap::len).sum::<usize>();
            match finished {
                Some(end) if rows > rows_max && window.end() > end => return end,
                Some(_) | None => finished = Some(window.end()),
            }
        }
        target
    }

    /// Rows whose numbers differ from the last written ones, and every row of a window that ended at or before
    /// `horizon`; with their new revisions, in order of window and slot. Saying it twice gives the same.
    pub(super) fn next_revisions(&mut self, horizon: Option<Millis>) -> Vec<WindowRow> {
        let mut rows = Vec::new();
        let is_final = |window: Window| horizon.is_some_and(|horizon| window.end() <= horizon);
        for (window, frame) in self.windows.iter().take_while(|(window, _)| is_final(**window)) {
            let worth = |row: &Row| row.revision > 0 || !row.cells.is_blank();
            rows.extend(sorted(frame).into_iter().filter(|(_, row)| worth(row)).map(|(slot, row)| {
                let (window, cells, revision) = (*window, row.cells.clone(), row.revision + 1);
                WindowRow { window, slot, revision, is_final: true, cells }
            }));
        }
        for ((window, slot), before) in self.before.iter().filter(|((window, _), _)| !is_final(*window)) {
            let frame = self.windows.get_mut(window);
            let values = frame.and_then(|frame| frame.get_mut(&(slot.split, Arc::clone(&slot.tenant))));
            let Some(row) = values.and_then(|values| values.get_mut(&slot.value)) else { continue };
            let is_changed =
                before.as_ref().map_or(!row.cells.is_blank(), |before| before.cells != row.cells);
            if is_changed {
                row.revision = before.as_ref().map_or(0, |before| before.revision) + 1;
                let (window, slot, cells) = (*window, slot.clone(), row.cells.clone());
                rows.push(WindowRow { window, slot, revision: row.revision, is_final: false, cells });
            }
        }
        rows
    }

    /// What is staged is real now. Rows of final windows leave, and rows that were never written and hold nothing.
    pub(super) fn commit(&mut self, horizon: Option<Millis>) {
        self.folded += std::mem::take(&mut self.folding);
        for ((window, slot), _) in std::mem::take(&mut self.before) {
            let is_nothing = self.row_mut(window, &slot).is_some_and(|row| {
                row.is_staged = false;
                row.revision == 0 && row.cells.is_blank()
            });
            if is_nothing {
                self.set(window, &slot, None);
            }
        }
        while let Some(first) = self.windows.first_entry() {
            if horizon.is_none_or(|horizon| first.key().end() > horizon) {
                break;
            }
            self.len -= first.remove().values().map(HashMap::len).sum::<usize>();
        }
    }

    /// What is staged never was.
    pub(super) fn rollback(&mut self) {
        self.folding = 0;
        for ((window, slot), row) in std::mem::take(&mut self.before) {
            self.set(window, &slot, row);
        }
    }

    /// Takes a row over as it was last written.
    pub(super) fn restore(&mut self, written: WindowRow) {
        let WindowRow { window, slot, revision, is_final, cells } = written;
        let row = (!is_final).then(|| Box::new(Row { cells, revision, is_staged: false }));
        self.set(window, &slot, row);
    }

    /// Forgets the row with this id.
    pub(super) fn remove(&mut self, window: Window, window_id: &str) {
        let rows = self.windows.get(&window).map(|frame| written(window, frame)).unwrap_or_default();
        for row in rows.into_iter().filter(|row| row.window_id() == window_id) {
            self.set(window, &row.slot, None);
        }
    }

    /// All rows as last written, in order of window and slot; what is staged counts as written.
    pub(super) fn all(&self) -> Vec<WindowRow> {
        self.windows.iter().flat_map(|(window, frame)| written(*window, frame)).collect()
    }

    fn row_mut(&mut self, window: Window, slot: &Slot) -> Option<&mut Row> {
        let values = self.windows.get_mut(&window)?.get_mut(&(slot.split, Arc::clone(&slot.tenant)))?;
        values.get_mut(&slot.value).map(Box::as_mut)
    }

    fn set(&mut self, window: Window, slot: &Slot, row: Option<Box<Row>>) {
        let group = (slot.split, Arc::clone(&slot.tenant));
        if let Some(row) = row {
            let values = self.windows.entry(window).or_default().entry(group).or_default();
            self.len += usize::from(values.insert(Arc::clone(&slot.value), row).is_none());
            return;
        }
        let Some(frame) = self.windows.get_mut(&window) else { return };
        let Some(values) = frame.get_mut(&group) else { return };
        self.len -= usize::from(values.remove(&slot.value).is_some());
        if values.is_empty() {
            frame.remove(&group);
        }
        if frame.is_empty() {
            self.windows.remove(&window);
        }
    }
}

fn sorted(frame: &Frame) -> Vec<(Slot, &Row)> {
    let groups = frame.iter().flat_map(|((split, tenant), values)| {
        values.iter().map(|(value, row)| {
            let slot = Slot { split: *split, tenant: Arc::clone(tenant), value: Arc::clone(value) };
            (slot, row.as_ref())
        })
    });
    let mut rows = groups.collect::<Vec<_>>();
    rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    rows
}

fn written(window: Window, frame: &Frame) -> Vec<WindowRow> {
    let rows = sorted(frame).into_iter();
    rows.map(|(slot, Row { cells, revision, .. })| WindowRow {
        window,
        slot,
        revision: *revision,
        is_final: false,
        cells: cells.clone(),
    })
    .collect()
}
