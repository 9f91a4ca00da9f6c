//! One file a family of faults.

mod avro;
mod bad_input;
mod demo;
mod explain;
mod group;
mod kill;
mod lost;
mod operations;
mod outage;
mod policies;
mod port_outage;
mod roles;
mod secure;
mod secure_logins;
mod shadow;
mod stop;
mod three_brokers;
mod transactions;
