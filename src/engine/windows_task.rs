//! One partition of windows: increments in, rows out.
//!
//! The output topic is the changelog: a row is its own state. The finality horizon travels in the committed offset
//! metadata, so that a window that is final stays so after a restart.

use std::sync::Arc;

use super::codec::Codec;
use super::error::Error;
use super::outbox::Outbox;
use super::port::{Record, Topic};
use super::stats::Stats;
use super::tally::Tally;
use super::task::{Resume, Task};
use super::view::Seen;
pub use super::windows::WindowSettings;
use super::windows::WindowStore;
use crate::domain::ids::Millis;
use crate::wire;
use crate::wire::dead_letter::DeadLetter;

/// See the module.
pub struct Windows {
    partition: i32,
    /// Name of the input, for dead letters.
    deltas_name: String,
    store: WindowStore,
    codec: Codec,
    stats: Arc<Stats>,
    tally: Tally,
    dirty: bool,
}

impl Windows {
    /// Without any row. `deltas_name`: the real name of the input.
    pub fn new(
        (partition, deltas_name): (i32, String),
        settings: WindowSettings,
        codec: Codec,
        stats: Arc<Stats>,
    ) -> Windows {
        Windows {
            partition,
            deltas_name,
            store: WindowStore::new(partition, settings),
            codec,
            stats,
            tally: Tally::default(),
            dirty: false,
        }
    }

    fn dead_letter(&mut self, record: &Record, error: &str, out: &mut Outbox) {
        self.tally.dead_letter("decode");
        let letter = DeadLetter {
            topic: &self.deltas_name,
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key(),
            stage: "decode",
            error,
            field: None,
            value: None,
        };
        let format = self.codec.formats.of(Topic::DeadLetters);
        out.push(Topic::DeadLetters, None, &[], |bytes| format.write(&letter, bytes));
    }
}

impl Task for Windows {
    /// Rows may be of either format, and of an older version: the topic outlives both.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Error> {
        if value.is_some_and(|value| !self.codec.reader.is_at_hand(value)) {
            return Err(Error::Retry("the schema of a metric row must be fetched first".to_owned()));
        }
        let mut scratch = Vec::new();
        let row = value.map(|value| self.codec.reader.document(value, &mut scratch)).transpose();
        row.and_then(|row| self.store.restore(key, row.map(|row| row.json))).map_err(|problem| {
            let partition = self.partition;
            Error::Fatal(format!(
                "metric row {:?} in partition {partition} cannot be read back: {}; another writer put it there, or another version",
                String::from_utf8_lossy(key),
                problem.error
            ))
        })
    }

    fn restored(&mut self, extra: &str) -> Result<Option<Resume>, Error> {
        if let Ok(horizon) = extra.parse() {
            self.store.set_horizon(horizon);
        }
        Ok(None)
    }

    fn event_time(&self, _record: &Record) -> Option<Millis> {
        None
    }

    fn take(&mut self, record: &Record, _clock: Millis, out: &mut Outbox) {
        self.dirty = true;
        match record.value().map(wire::delta::decode) {
            Some(Ok(delta)) => self.store.stage(&delta),
            Some(Err(problem)) => {
                self.dead_letter(record, &problem.error, out);
            }
            None => self.dead_letter(record, "a tombstone on the delta topic", out),
        }
    }

    fn advance(&mut self, _to: Millis, _clock: Millis, _out: &mut Outbox) {
        // Time comes with the deltas.
    }

    fn time(&self) -> Option<(Millis, Millis)> {
        None
    }

    fn wants_time(&self, _to: Millis) -> bool {
        false
    }

    fn is_dirty(&self) -> bool {
        self.dirty || self.store.is_behind()
    }

    fn seal(&mut self, _next: &[i64], _commit_number: u64, out: &mut Outbox) {
        let format = self.codec.formats.of(Topic::Metrics);
        for row in self.store.rows_to_write() {
            out.push(Topic::Metrics, Some(self.partition), row.window_id().as_bytes(), |bytes| {
                format.write(&row, bytes);
            });
        }
    }

    fn metadata(&self) -> String {
        self.store.horizon().map(|horizon| horizon.to_string()).unwrap_or_default()
    }

    fn commit(&mut self) {
        self.store.commit();
        self.tally.publish(&self.stats, &[]);
        self.dirty = false;
    }

    fn rollback(&mut self) {
        self.store.rollback();
        self.tally.forget();
        self.dirty = false;
    }

    fn seen(&self, _conversation_id: &str) -> Option<Seen> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_names_the_topic_as_it_is_called() {
        let input = (0, "eu.app.metric-deltas".to_owned());
        let mut windows = Windows::new(input, WindowSettings::new(1), Codec::default(), Arc::default());
        let mut out = Outbox::new(Vec::new());
        windows.take(&Record::new(Topic::Deltas, 0, 7, None, None, None), 0, &mut out);
        let letter = out.records().find_map(|record| record.value).map(String::from_utf8_lossy);
        assert!(letter.as_deref().is_some_and(|letter| letter.contains(r#""topic":"eu.app.metric-deltas""#)));
    }
}
