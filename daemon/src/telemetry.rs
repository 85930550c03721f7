//! Logs for the journal or a terminal, and counters.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `VEDETTA_LOG` takes `tracing` filters; the default is `info`.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("VEDETTA_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sled=warn,html5ever=off,selectors=off,trafilatura=off"));
    let terminal = std::io::stderr().is_terminal();
    let format = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A reader of the log that went away must not end the daemon.
        .log_internal_errors(false);
    let format = format.with_target(false).with_ansi(terminal);
    // journald has its own clock: `JOURNAL_STREAM` says that it is listening.
    let journald = std::env::var_os("JOURNAL_STREAM").is_some();
    let started = match (json, journald) {
        (true, _) => format.json().try_init(),
        (false, true) => format.without_time().try_init(),
        (false, false) => format.try_init(),
    };
    // A second start in one process (tests) keeps the first.
    drop(started);
}

/// Counters with bounded labels: kinds, never addresses.
#[derive(Debug, Default)]
pub struct Metrics {
    counts: Mutex<BTreeMap<(&'static str, String), u64>>,
}

impl Metrics {
    fn add(&self, name: &'static str, label: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((name, label.to_owned())).or_default() += 1;
    }

    /// A page or feed could not be had.
    pub fn fetch_failed(&self, kind: &str) {
        self.add("vedetta_fetch_failures_total", kind);
    }

    /// Bytes that are no feed or no article.
    pub fn refused(&self, kind: &str) {
        self.add("vedetta_reads_refused_total", kind);
    }

    /// The worker died.
    pub fn worker_died(&self) {
        self.add("vedetta_worker_deaths_total", "");
    }

    /// A poll was answered.
    pub fn polled(&self, outcome: &'static str) {
        self.add("vedetta_polls_total", outcome);
    }

    /// An article was committed on a rung of the ladder.
    pub fn committed(&self, rung: &str) {
        self.add("vedetta_articles_total", rung);
    }

    /// A message left, or failed to.
    pub fn delivered(&self, outcome: &'static str) {
        self.add("vedetta_messages_total", outcome);
    }

    /// All counters as `name{label="…"} value` lines, sorted, and the most memory that the process has held.
    pub fn render(&self) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = counts.iter().map(|((name, label), count)| match label.as_str() {
            "" => format!("{name} {count}\n"),
            label => format!("{name}{{kind=\"{label}\"}} {count}\n"),
        });
        let peak = memory_peak().map(|bytes| format!("vedetta_memory_peak_bytes {bytes}\n"));
        lines.chain(peak).collect()
    }
}

/// The most memory that this process has held in RAM, in bytes; `None` where the system does not say.
fn memory_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
