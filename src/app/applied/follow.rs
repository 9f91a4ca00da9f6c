//! Follows the topic of applied policies: a thread of its own looks every second and tells the board.
//!
//! 1. Nothing is judged before the first look: an instance that starts knows what is in force.
//! 2. A look goes to the end that the topic had when it began.
//! 3. A text that cannot be used is told, and the policy in force stays.

use std::sync::Arc;
use std::time::Duration;

use super::library::Library;
use crate::app::policy_files::under;
use crate::app::run::{Failure, names, properties};
use crate::app::signals::Stop;
use crate::config::Settings;
use crate::engine::error::Error;
use crate::engine::policies::{Board, InForce};
use crate::engine::port::Topic;
use crate::kafka::policies;
use crate::kafka::scan::Scan;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Looks once, then goes on in the background until the process ends. `own` is what the process was
/// started with; `waiting` is told with every try. False: told to stop meanwhile. Errors: settings, or a cluster that does
/// not let us read.
pub fn follow(
    settings: &Settings,
    own: InForce,
    board: Arc<Board>,
    stop: &Stop,
    waiting: impl Fn(),
) -> Result<bool, Failure> {
    let mut follower = Follower::new(settings, own, board)?;
    let mut complained = false;
    loop {
        waiting();
        if stop.requested() {
            return Ok(false);
        }
        match follower.look() {
            Ok(()) => break,
            Err(Error::Retry(cause)) => {
                if !std::mem::replace(&mut complained, true) {
                    tracing::warn!(
                        cause,
                        "the applied policies cannot be read yet; trying again until they can"
                    );
                }
                std::thread::sleep(AGAIN_AFTER);
            }
            Err(error) => return Err(error.into()),
        }
    }
    follower.compare();
    let stop = stop.flag();
    let go_on = move || {
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            std::thread::sleep(LOOK_EVERY);
            follower.look_again();
        }
    };
    std::thread::Builder::new()
        .name("policies".to_owned())
        .spawn(go_on)
        .map_err(|error| Failure::running(format!("cannot start a thread: {error}")))?;
    Ok(true)
}

/// Everything that the topic holds now. Records that cannot be used are passed over.
pub fn read(scan: &Scan, topic: &str) -> Result<Library, Error> {
    let mut library = Library::of(topic);
    policies::read(scan, topic, policies::bounds(scan, topic)?, |offset, record| {
        // Whoever wants that text is told then.
        let _ = library.take(offset, record);
    })?;
    Ok(library)
}

struct Follower {
    scan: Scan,
    settings: Settings,
    own: InForce,
    library: Library,
    /// The next offset.
    position: i64,
    board: Arc<Board>,
    complained: bool,
}

impl Follower {
    fn new(settings: &Settings, own: InForce, board: Arc<Board>) -> Result<Follower, Failure> {
        let properties = properties(settings)?;
        let scan =
            Scan::new(&settings.kafka.bootstrap_servers, &properties, &settings.engine.application_id)?;
        Ok(Follower {
            scan,
            settings: settings.clone(),
            own,
            library: Library::of(names(settings).of(Topic::Policies)),
            position: 0,
            board,
            complained: false,
        })
    }

    fn look(&mut self) -> Result<(), Error> {
        let topic = self.library.topic().to_owned();
        let there = policies::bounds(&self.scan, &topic)?;
        if there.end < self.position {
            tracing::error!(
                topic,
                end = there.end,
                expected = self.position,
                "the topic of policies was made anew; the policy in force stays until the instances are started again"
            );
            self.position = there.end;
        }
        let Follower { scan, library, board, .. } = self;
        let (mut another, offsets) = (false, there.start.max(self.position)..there.end);
        policies::read(scan, &topic, offsets, |offset, record| match library.take(offset, record) {
            Ok(news) => another |= news,
            Err(problem) => {
                // Of a text that was not to come into force nobody notes a revision.
                board.refuse(offset + 1);
                tracing::error!(
                    topic,
                    offset,
                    problem,
                    "an applied policy cannot be used; the one in force stays"
                )
            }
        })?;
        self.position = there.end;
        let under = |policy| under(&self.settings, policy);
        if another && let Some(in_force) = self.library.in_force(&self.own, under) {
            self.put(in_force);
        }
        self.board.looked();
        Ok(())
    }

    fn put(&self, in_force: InForce) {
        let InForce { policy, stamp, revision } = in_force.clone();
        if self.board.put(in_force) {
            let (name, is_own) = (&policy.name, stamp == self.own.stamp);
            let what = if is_own {
                "the policy of our settings is in force"
            } else {
                "an applied policy comes into force"
            };
            tracing::info!(policy = stamp, name, revision, "{what}");
        }
    }

    /// A file that says something else than what was applied is no error: it would be in force if nothing was applied.
    fn compare(&self) {
        let newest = self.board.newest();
        let own = &self.own;
        if newest.revision > 0 && newest.stamp != own.stamp {
            tracing::warn!(
                in_force = newest.stamp,
                own = own.stamp,
                file = own.policy.name,
                "the policy of our settings is not in force: another one was applied (`segue policy apply`)"
            );
        }
    }

    fn look_again(&mut self) {
        match self.look() {
            Ok(()) => {
                if std::mem::take(&mut self.complained) {
                    tracing::info!("the applied policies can be read again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!(%error, "the applied policies cannot be read; the one in force stays");
                }
            }
        }
    }
}
