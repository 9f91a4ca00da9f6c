//! The metric windows of one delta partition. Pure: no log, no clock; time is what the deltas tell.
//!
//! Source of truth for: every row that is not final, and for what is final. The output topic is its changelog: a store
//! is rebuilt from the last row of each window that is not final, and from the horizon, which the caller keeps in the
//! metadata of its committed offset.
//!
//! # The loop around it
//!
//! ```text
//! 1 restore() each record of the output partition, set_horizon() from the offset metadata
//! 2 stage() each delta of a batch
//! 3 rows_to_write() into the transaction, and horizon() into the offset metadata
//! 4 commit() after the transaction did, rollback() after it did not; then 2 again, and at once if is_behind()
//! ```
//!
//! Nothing is staged between 3 and 4.
//!
//! # Finality
//!
//! A window is final when every conversation partition has told, since start, a time at least `final_after_ms` past its
//! end, or is empty (`horizon.rs` says how far that is). The *horizon* is the end of what is final; it never goes back. It
//! moves in step 3, so the deltas of a batch are never late by each other.
//!
//! An increment whose *minute* is final goes to the `late` row of the day it arrived and to no other row, even if the hour
//! or the day around the minute are still open: so for every grain the sum of its rows and the late rows is everything.
//!
//! # Limits
//!
//! `values_max` values a split, tenant and window, in order of arrival; the rest in `_other`. `rows_max` open rows (about
//! 550 bytes each): beyond it no new row is made but those of the total; new values go to the tenant's `_other` where that
//! is open, and otherwise, like new tenants, to the tenant `_other_<partition>`. Sums stay exact, only the attribution is
//! coarser, until windows become final and make room. One commit finishes about `final_rows_max` rows; then the store
//! [`is_behind`](WindowStore::is_behind) and goes on with the next commit, without waiting for deltas.

mod horizon;
mod rows;

use crate::domain::ids::Millis;
use crate::domain::window::{Grain, MINUTE_MS, Window};
use crate::wire::Problem;
use crate::wire::delta::Delta;
use crate::wire::window::{self, WindowRow};
use horizon::Horizon;
use rows::{Bounds, OpenRows};

/// What a store is told about its surroundings, and its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSettings {
    /// Partitions of the conversation topology: all must have told their time before anything becomes final.
    pub sources: i32,
    /// `metrics.final_after`.
    pub final_after_ms: Millis,
    pub values_max: usize,
    pub rows_max: usize,
    /// Rows that one commit makes final, about.
    pub final_rows_max: usize,
}

impl WindowSettings {
    /// The defaults, for this many conversation partitions.
    pub fn new(sources: i32) -> WindowSettings {
        let final_after_ms = 24 * 60 * MINUTE_MS;
        WindowSettings { sources, final_after_ms, values_max: 200, rows_max: 200_000, final_rows_max: 10_000 }
    }
}

/// The windows of one delta partition.
#[derive(Debug)]
pub struct WindowStore {
    settings: WindowSettings,
    rows: OpenRows,
    horizon: Horizon,
    /// The horizon before what is staged; `None`: nothing is.
    horizon_before: Option<Horizon>,
}

impl WindowStore {
    /// An empty store of delta partition `partition`.
    pub fn new(partition: i32, settings: WindowSettings) -> WindowStore {
        let WindowSettings { sources, final_after_ms, values_max, rows_max, .. } = settings;
        let rows = OpenRows::new(Bounds { values_max, rows_max }, partition);
        WindowStore { settings, rows, horizon: Horizon::new(sources, final_after_ms), horizon_before: None }
    }

    /// Takes over one record of the output partition, in offset order; later ones replace earlier ones. A final row stays
    /// out of memory and moves the horizon over its window, so that no lost metadata opens it again.
    ///
    /// Errors: the value is not a row that this version reads.
    pub fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Problem> {
        let Some(value) = value else {
            // Not ours (we write no tombstones): someone deleted a row, and means it.
            let window_id = String::from_utf8_lossy(key);
            if let Some(window) = window::window_of(&window_id) {
                self.rows.remove(window, &window_id);
            }
            return Ok(());
        };
        let row = window::decode(value)?;
        if row.is_final {
            self.horizon.advance(row.window.end());
        }
        self.rows.restore(row);
        Ok(())
    }

    /// The horizon as it was committed; never moves it back.
    pub fn set_horizon(&mut self, horizon: Millis) {
        self.horizon.advance(horizon);
    }

    /// Every window that ended at or before this is final; `None` before the first. To be committed with the rows of
    /// [`rows_to_write`](WindowStore::rows_to_write).
    pub fn horizon(&self) -> Option<Millis> {
        self.horizon.at()
    }

    /// Folds one delta into the windows, not yet for real.
    pub fn stage(&mut self, delta: &Delta) {
        self.horizon_before.get_or_insert_with(|| self.horizon.clone());
        for section in &delta.sections {
            for increment in &section.increments {
                if self.horizon.is_past(increment.minute_start.saturating_add(MINUTE_MS)) {
                    // A day that is itself final is not written again: the first open one takes it.
                    let told = section.partition_time.ms();
                    let arrival = self.horizon.at().map_or(told, |at| at.max(told));
                    self.rows.add(Window::at(Grain::Late, arrival), increment);
                } else {
                    for grain in increment.slot.split.grains() {
                        self.rows.add(Window::at(*grain, increment.minute_start), increment);
                    }
                }
            }
            self.horizon.hear(section.source_partition, section.partition_time);
        }
    }

    /// The rows that must be written in this commit, each with its next revision: those that differ from what was last
    /// written, and those of windows that are final now. A row of zeros that was never written is not among them, unless
    /// it has seen a threshold (a correction left it so; the next revision needs it).
    pub fn rows_to_write(&mut self) -> Vec<WindowRow> {
        self.horizon_before.get_or_insert_with(|| self.horizon.clone());
        if let Some(target) = self.horizon.target() {
            self.horizon.advance(self.rows.reachable(target, self.settings.final_rows_max));
        }
        self.rows.next_revisions(self.horizon.at())
    }

    /// The rows are written: what is staged is real, final rows leave memory.
    pub fn commit(&mut self) {
        self.horizon_before = None;
        self.rows.commit(self.horizon.at());
    }

    /// The rows are not written: forgets what is staged, times heard included. The same deltas will come again.
    pub fn rollback(&mut self) {
        if let Some(before) = self.horizon_before.take() {
            self.horizon = before;
        }
        self.rows.rollback();
    }

    /// Whether windows are final by the times heard that no commit has finished yet.
    pub fn is_behind(&self) -> bool {
        self.horizon.target() > self.horizon.at()
    }

    /// Open rows in memory.
    pub fn open_rows(&self) -> usize {
        self.rows.len()
    }

    /// Committed increments that `rows_max` has put under another tenant, since start. Worth an alarm.
    pub fn folded(&self) -> u64 {
        self.rows.folded()
    }

    /// The open rows in order of window and slot, for a view. Call it while nothing is staged.
    pub fn rows(&self) -> Vec<WindowRow> {
        self.rows.all()
    }
}

#[cfg(test)]
mod tests;
