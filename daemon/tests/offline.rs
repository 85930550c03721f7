//! Without a network the daemon says what it cannot reach, backs off and stays up. It runs in a network
//! namespace of its own, so that nothing leaves the machine.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::binary;

#[test]
fn the_shipped_sources_are_named_as_unreachable_and_the_daemon_stays_up() {
    let allowed = Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success());
    if !allowed {
        eprintln!("not run: this machine gives no network namespaces to its users");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // exec keeps the process id: the signal below reaches the daemon itself.
    let mut daemon = Command::new("unshare")
        .args(["-rn", binary(), "run"])
        .env("STATE_DIRECTORY", dir.path())
        .env("VEDETTA_LOG", "info")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut failed = std::collections::BTreeSet::new();
    // The pipe is closed after this: a daemon whose log nobody reads must not mind.
    let lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if line.contains("poll failed") {
            failed.insert(
                line.split("source=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("").to_owned(),
            );
        }
        if failed.len() >= 5 {
            break;
        }
    }
    assert!(failed.len() >= 5, "{failed:?}");
    assert!(daemon.try_wait().unwrap().is_none(), "it stays up");
    kill_process(Pid::from_raw(i32::try_from(daemon.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}
