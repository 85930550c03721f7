//! What the worker may not do: reach the network, write a file, start a program, outgrow its memory.
//!
//! Each guard is taken where the kernel has it; the names of those it lacks are returned, and the
//! daemon tells the operator.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr, RulesetStatus};
use rustix::process::{Resource, Rlimit, Signal};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// System calls that open a way out. They answer "not permitted" rather than kill: a library that
/// merely tries goes on.
const FORBIDDEN: &[i64] = &[
    41,  // socket
    42,  // connect
    43,  // accept
    49,  // bind
    50,  // listen
    53,  // socketpair
    59,  // execve
    101, // ptrace
    288, // accept4
    310, // process_vm_readv
    311, // process_vm_writev
    322, // execveat
    425, // io_uring_setup
];

/// Ends the worker when the daemon dies, however it dies.
pub fn die_with_parent() -> Option<String> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .err()
        .map(|error| format!("parent death signal: {error}"))
}

/// Takes every guard; call it after the model is loaded and before the first job.
pub fn enter(memory_limit_mb: u64) -> Vec<String> {
    let mut missing = Vec::new();
    let bytes = memory_limit_mb << 20;
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    // Data, not address space: libtorch maps far more than it uses.
    if let Err(error) = rustix::process::setrlimit(Resource::Data, limit) {
        missing.push(format!("memory limit: {error}"));
    }
    match no_files() {
        Ok(RulesetStatus::FullyEnforced) => {}
        Ok(status) => missing.push(format!("landlock: {status:?}")),
        Err(error) => missing.push(format!("landlock: {error}")),
    }
    if let Err(error) = no_network() {
        missing.push(format!("seccomp: {error}"));
    }
    missing
}

/// Landlock with no rule at all: no file can be opened, for reading or for writing.
fn no_files() -> Result<RulesetStatus, landlock::RulesetError> {
    let status = Ruleset::default().handle_access(AccessFs::from_all(ABI::V1))?.create()?.restrict_self()?;
    Ok(status.ruleset)
}

#[cfg(target_arch = "x86_64")]
fn no_network() -> Result<(), seccompiler::Error> {
    let rules: BTreeMap<i64, _> = FORBIDDEN.iter().map(|&call| (call, Vec::new())).collect();
    // EPERM.
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(1), TargetArch::x86_64)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)
}

#[cfg(not(target_arch = "x86_64"))]
fn no_network() -> Result<(), String> {
    Err("the list of system calls is written for x86-64 only".into())
}
