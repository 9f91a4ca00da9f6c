//! One file a family of faults.

mod avro;
mod bad_input;
mod group;
mod kill;
mod outage;
mod port_outage;
mod roles;
mod stop;
mod three_brokers;
mod transactions;
