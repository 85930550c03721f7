//! A sample site, a receiver and a daemon between them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command as AsyncCommand},
    time,
};
use vedetta::demo::{
    config,
    receiver::Receiver,
    site::{Expected, Site},
};

/// Longest wait for anything; a machine under load loads the model slowly.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The binary under test.
pub fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_vedetta")
}

/// Runs the binary to its end.
pub fn vedetta(args: &[&str], input: &[u8]) -> Output {
    use std::io::Write;
    let mut child = Command::new(binary())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads no input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Site, receiver and configuration of one test.
pub struct Scene {
    pub site: Site,
    pub receiver: Receiver,
    pub expected: Expected,
    pub dir: TempDir,
}

impl Scene {
    pub async fn new() -> Self {
        let (site, receiver) = (Site::start().await.unwrap(), Receiver::start().await.unwrap());
        let dir = tempfile::tempdir().unwrap();
        config::write(dir.path(), &site, &receiver).unwrap();
        Self { site, receiver, expected: Expected::load().unwrap(), dir }
    }

    /// A running daemon.
    pub fn daemon(&self) -> Child {
        self.daemon_with("VEDETTA_LOG", "error")
    }

    /// A running daemon with one more variable in its environment.
    pub fn daemon_with(&self, name: &str, value: &str) -> Child {
        AsyncCommand::new(binary())
            .args(["run", "--config"])
            .arg(self.dir.path())
            .env("VEDETTA_LOG", "error")
            .env(name, value)
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// A file of the configuration.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The events that were told, sorted.
    pub fn told(&self) -> Vec<String> {
        let alerts = self.receiver.alerts();
        let mut events: Vec<String> = alerts
            .iter()
            .map(|alert| self.expected.event_of(&alert.url).unwrap_or("unknown").to_owned())
            .collect();
        events.sort();
        events
    }
}

/// Awaits `what` within the test's patience.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}

pub fn signal(child: &Child, signal: Signal) {
    kill_process(pid(child), signal).unwrap();
}

pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id().expect("the daemon runs")).unwrap()).unwrap()
}

/// Ends a daemon as systemd would; it must obey within its 30 seconds.
pub async fn terminate(scene: &Scene, mut daemon: Child) {
    // One that has polled listens to signals; one that has just been started may not yet.
    soon("a poll", scene.site.until_polled(scene.site.feed_requests() + 1)).await;
    signal(&daemon, Signal::TERM);
    let status =
        time::timeout(Duration::from_secs(30), daemon.wait()).await.expect("SIGTERM ends it within 30 s");
    assert!(status.unwrap().success());
}

/// The worker process of a daemon, if it stands.
pub fn worker_of(daemon: &Child) -> Option<Pid> {
    let id = daemon.id()?;
    let children = std::fs::read_to_string(Path::new("/proc").join(format!("{id}/task/{id}/children")))
        .unwrap_or_default();
    let mut all: Vec<i32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    // Children are listed by the thread that made them: the runtime's threads make them too.
    for task in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        let more = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(more.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    all.into_iter().find_map(Pid::from_raw)
}
