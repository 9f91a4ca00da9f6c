//! SIGTERM and SIGINT: the first asks for an orderly stop, the second ends the process at once. SIGHUP: settings that can
//! change while running are read again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// The flag that the loops look at between batches. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for code that knows no signals.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

/// The signals that stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Interrupt,
    Terminate,
}

impl Told {
    /// 128 + the signal's number, as shells report it.
    fn exit_code(self) -> i32 {
        match self {
            Told::Interrupt => 130,
            Told::Terminate => 143,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Told::Interrupt => "SIGINT",
            Told::Terminate => "SIGTERM",
        }
    }
}

/// What to do about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    /// The flag is set; the loops finish their commit and leave.
    StopInOrder,
    ExitNow(i32),
}

/// Listens from now on, in its own thread.
pub fn watch() -> io::Result<Stop> {
    let stop = Stop::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Handlers are in place when this returns: a signal right after the start is not lost.
    let (mut interrupt, mut terminate) = {
        let _in_runtime = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let flag = stop.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                let told = tokio::select! {
                    _ = interrupt.recv() => Told::Interrupt,
                    _ = terminate.recv() => Told::Terminate,
                };
                match react(&flag, told) {
                    Reaction::StopInOrder => {
                        tracing::info!(signal = told.name(), "stopping; once more stops at once")
                    }
                    Reaction::ExitNow(code) => std::process::exit(code),
                }
            }
        });
    })?;
    Ok(stop)
}

/// Calls `act` at each SIGHUP, in a thread of its own.
pub fn on_hangup(act: impl Fn() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut hangup = {
        let _in_runtime = runtime.enter();
        signal(SignalKind::hangup())?
    };
    std::thread::Builder::new().name("hangup".to_owned()).spawn(move || {
        runtime.block_on(async {
            while hangup.recv().await.is_some() {
                act();
            }
        });
    })?;
    Ok(())
}

fn react(stop: &Stop, told: Told) -> Reaction {
    if stop.0.swap(true, Ordering::Relaxed) {
        Reaction::ExitNow(told.exit_code())
    } else {
        Reaction::StopInOrder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_asks_and_the_second_insists() {
        let stop = Stop::default();
        assert!(!stop.requested());
        assert_eq!(react(&stop, Told::Terminate), Reaction::StopInOrder);
        assert!(stop.requested());
        assert_eq!(react(&stop, Told::Interrupt), Reaction::ExitNow(130));
        assert_eq!(react(&stop, Told::Terminate), Reaction::ExitNow(143));
    }

    #[test]
    fn a_stop_that_began_by_itself_is_hurried_by_the_first_signal() {
        let stop = Stop::default();
        stop.request();
        assert_eq!(react(&stop, Told::Terminate), Reaction::ExitNow(143));
    }
}
