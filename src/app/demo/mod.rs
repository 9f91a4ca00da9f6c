//! Generated conversations for `segue demo` and for load: lifelike scripts, told with other names and numbers each time.
//!
//! The same seed gives the same records, byte for byte, on every machine.

mod cast;
mod conversation;
mod format;
pub mod play;
pub mod produce;
pub mod random;
pub mod script;
