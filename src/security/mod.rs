//! What reaching others safely takes: secrets, certificates, and the client that asks over HTTP. The only place that names
//! rustls and ureq.
//!
//! - [`secret`]: a secret that cannot be printed, and where it comes from.
//! - [`watched`]: a file that is read again when it changes.
//! - [`tls`]: certificates of others, and our own.
//! - [`client`]: one question over HTTP, one answer.
//!
//! Invariant: no error of this layer holds the content of a file, only its name and what is wrong with it.

pub mod client;
pub mod secret;
pub mod tls;
pub mod watched;
