//! The binary from outside: one test binary, one file per promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod archive;
mod crash;
mod hostile;
mod input;
mod model;
mod offline;
mod reload;
mod report;
mod sources;
mod stories;
mod support;
mod whole_path;
