//! The parts of the simulation.
//!
//! - [`rng`]: the one source of chance.
//! - [`scenario`]: what a seed decides before anything runs.
//! - [`workload`], [`words`]: what is in the inputs.
//! - [`world`]: broker, clock and members; who runs next. [`chaos`]: what goes wrong, and when.
//! - [`oracle`]: what must come out, from the input alone. [`verdict`]: whether it did.
//! - [`run`]: one seed from start to verdict. [`directed`]: the cases that have a name.

pub mod chaos;
pub mod directed;
pub mod oracle;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod verdict;
pub mod words;
pub mod workload;
pub mod world;
