//! The binary from outside: one test binary, one file per promise.

mod crash;
mod input;
mod offline;
mod reload;
mod support;
mod whole_path;
