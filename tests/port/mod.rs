//! The facts, by subject.

mod alone;
mod group;
mod reading;
mod topics;
mod transactions;
