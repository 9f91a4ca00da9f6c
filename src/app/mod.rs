//! The composition root: what the commands of the program are made of.
//!
//! [`pipeline`] puts both topologies together over any log; [`embedded`] does so over the log in memory (`demo`, `replay`),
//! [`run`] over Kafka. The rest is what a user sees.

pub mod acl;
pub mod applied;
pub mod commands;
pub mod comparison;
pub mod demo;
pub mod doctor;
pub mod embedded;
pub mod explain;
pub mod healthcheck;
pub mod hear;
pub mod inspect;
pub mod learn;
pub mod left_out;
pub mod log_level;
pub mod outputs;
pub mod pipeline;
pub mod policy_files;
pub mod policy_test;
pub mod print;
pub mod render;
pub mod replay;
pub mod replay_files;
pub mod run;
pub mod schemas;
pub mod signals;
pub mod stretch;
pub mod strimzi;
pub mod tune;
