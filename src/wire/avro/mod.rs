//! Avro: what we write, and what any writer may have written.
//!
//! Out: [`Avro`] takes the fields of a record as [`crate::wire::json::Json`] does; a [`Frame`] names the schema.
//! In: a [`Plan`] is a writer's schema made ready; [`unfold`] turns a value of it into the record's native JSON, which the
//! one decoder of that record reads. So there is one place that says what a field may hold, whatever the format, and a
//! writer's schema is resolved by names: a field that we do not know is passed over, one that is not there is absent.
//!
//! Why not a general decoder: a record is hostile until it is read. Here nothing recurses or grows without a limit, and a
//! turn takes about a microsecond. apache-avro parses the schemas, judges whether they fit, and is the oracle in the tests.

mod contract;
mod fingerprint;
mod frame;
mod plan;
mod reader;
mod sink;
mod unfold;

pub use contract::{Contract, Field, resolves};
pub use fingerprint::fingerprint_of;
pub use frame::Frame;
pub use plan::Plan;
pub use reader::{Away, Document, NoRegistry, Reader, Registry, Writer};
pub use sink::Avro;
pub use unfold::{Fault, peek, unfold};

#[cfg(test)]
mod tests;
