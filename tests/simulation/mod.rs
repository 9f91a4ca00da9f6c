//! The parts of the simulation.
//!
//! - [`rng`]: the one source of chance.
//! - [`scenario`]: what a seed decides before anything runs.
//! - [`workload`], [`words`]: what is in the inputs.
//! - [`world`]: broker, clock and members. [`member`]: a process and its worker. [`calm`]: rounds in which nothing goes wrong.
//!   [`turmoil`]: who acts next, and what others do meanwhile. [`chaos`]: which calls
//!   go wrong, and how. [`viewer`]: somebody who watches what members show.
//! - `newsstand`: which policies are applied, and who hears of them when.
//! - [`oracle`]: what must come out, from the input alone. [`verdict`]: whether it did.
//! - [`run`]: one seed from start to verdict. [`directed`]: the cases that have a name.

pub mod calm;
pub mod chaos;
pub mod directed;
pub mod member;
mod newsstand;
pub mod oracle;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod turmoil;
pub mod verdict;
pub mod viewer;
pub mod words;
pub mod workload;
pub mod world;
