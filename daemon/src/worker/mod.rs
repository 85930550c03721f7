//! The child process that reads hostile bytes and runs the model: no network, no writes, bounded
//! memory. [`protocol`] is what both ends speak, [`server`] the child, [`client`] the daemon's end.

pub mod client;
pub mod protocol;
pub mod read;
pub mod sandbox;
pub mod server;

pub use client::{Worker, WorkerError};
pub use protocol::{Job, Setup};
