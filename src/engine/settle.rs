//! RELOAD: a commit whose outcome is unknown is read back before anything new is processed.

use std::sync::atomic::Ordering::Relaxed;

use super::error::Error;
use super::port::{Clock, Port};
use super::task::Task;
use super::worker::{Unsettled, Worker};

impl<P: Port, T: Task, C: Clock> Worker<P, T, C> {
    pub(super) fn start_settling(&mut self, sent: Vec<(i32, String)>) {
        self.parts.stats.reloads.fetch_add(1, Relaxed);
        match &mut self.unsettled {
            Some(unsettled) => unsettled.sent.extend(sent),
            None => self.unsettled = Some(Unsettled { sent }),
        }
    }

    /// RELOAD. True once every partition of the unknown commit is settled.
    pub(super) fn settle(&mut self) -> Result<bool, Error> {
        let Some(unsettled) = self.unsettled.take() else { return Ok(true) };
        let mine: Vec<(i32, String)> =
            unsettled.sent.into_iter().filter(|(partition, _)| self.owned.contains_key(partition)).collect();
        let partitions: Vec<i32> = mine.iter().map(|(partition, _)| *partition).collect();
        let read_back = self.port.renew().and_then(|()| {
            if partitions.is_empty() { Ok(Vec::new()) } else { self.port.committed(&partitions) }
        });
        let committed = match read_back {
            Ok(committed) => committed,
            Err(error) => {
                self.unsettled = Some(Unsettled { sent: mine });
                return Err(error);
            }
        };
        let stands = |partition: i32| {
            committed
                .iter()
                .find(|c| c.partition == partition)
                .map_or("", |committed| committed.metadata.as_str())
        };
        let happened = !mine.is_empty() && mine.iter().all(|(partition, sent)| stands(*partition) == sent);
        if happened {
            self.promote(mine);
            return Ok(true);
        }
        let others: Vec<i32> = mine
            .iter()
            .map(|(partition, _)| *partition)
            .filter(|partition| {
                self.owned.get(partition).is_some_and(|owned| owned.metadata != stands(*partition))
            })
            .collect();
        self.roll_back_all()?;
        for partition in others {
            self.start_over(partition);
        }
        Ok(true)
    }

    /// Another producer has our transactional id. Once may be our own past; three times in a minute is another process.
    pub(super) fn fenced(&mut self, message: &str) -> Result<(), Error> {
        let now = self.clock.now();
        self.fenced_at.retain(|at| now - at < 60_000);
        self.fenced_at.push(now);
        if self.fenced_at.len() >= 3 {
            return Err(Error::Fatal(format!(
                "fenced three times in a minute ({message}): another process runs under this instance_id; give each its own"
            )));
        }
        if self.unsettled.is_none() {
            self.start_settling(Vec::new());
        }
        Ok(())
    }
}
