//! The composition root: what the commands of the program are made of.

pub mod demo;
pub mod inspect;
pub mod render;
pub mod replay_files;
pub mod signals;
