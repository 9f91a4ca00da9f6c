//! Leaving the group in order, so that the others need not wait for our session to end.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use super::KafkaPort;
use crate::engine::error::Error;
use crate::kafka::{error, ffi};

const LEAVE_WAIT: Duration = Duration::from_secs(10);
/// Of it, the part for a rebalance that is under way; and for the answer that gives a new member its id.
const WITHDRAW_WAIT: Duration = Duration::from_secs(6);
const NAMED_WAIT: Duration = Duration::from_secs(1);
const LEAVE_PAUSE: Duration = Duration::from_millis(20);

impl KafkaPort {
    /// Ends what is open and leaves. Errors: the group did not let us go in time.
    pub(super) fn leave_group(&mut self) -> Result<(), Error> {
        self.left = true;
        self.transactions.close();
        let deadline = Instant::now() + LEAVE_WAIT;
        self.withdraw();
        self.member.close_queue().map_err(|e| error::of_client("leave", &e))?;
        while !self.member.closed() {
            self.serve_leaving();
            if Instant::now() >= deadline {
                return Err(Error::Retry("the group did not let us go in time".into()));
            }
        }
        Ok(())
    }

    /// Takes back the subscription and waits until the coordinator has been told. A close alone does not tell it of a
    /// member that owns no partition, or is still joining: the others would wait for that one until its session is over.
    fn withdraw(&mut self) {
        if !self.joined {
            return;
        }
        // A member whose first request is on its way has no id yet, and could not say who leaves.
        let named_by = Instant::now() + NAMED_WAIT;
        while self.link.connected() && !self.is_member() && Instant::now() < named_by {
            self.serve_leaving();
        }
        self.member.unsubscribe();
        // In the middle of a rebalance it takes effect when that is over.
        let left_by = Instant::now() + WITHDRAW_WAIT;
        while self.is_member() && Instant::now() < left_by {
            self.serve_leaving();
        }
    }

    /// Whether the coordinator has given us an id that we have not given back.
    fn is_member(&self) -> bool {
        ffi::membership(self.member.client()).is_some_and(|found| !found.member_id.is_empty())
    }

    /// Rebalances run in here. Records that are still queued belong to the next owner.
    fn serve_leaving(&self) {
        drop(self.member.poll(LEAVE_PAUSE));
    }
}
