//! The binary.

use std::process::ExitCode;

/// The store's many small rows leave glibc's heap twice as large as what is in it; a daemon runs for months.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    vedetta::main()
}
