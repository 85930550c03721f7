//! Killing the daemon or its worker never loses an alert and never tells one twice to a receiver that
//! drops repeated keys. Where to kill is said in requests that the site has answered, not in seconds.

use rustix::process::{Signal, kill_process};

use crate::support::{Scene, signal, soon, terminate, worker_of};

/// Kills in the test run; `VEDETTA_KILLS` asks for more, at other moments.
fn rounds() -> u64 {
    let kills =
        std::env::var("VEDETTA_KILLS").ok().and_then(|kills| kills.parse::<usize>().ok()).unwrap_or(0);
    kills.div_ceil(MOMENTS.len()).max(1) as u64
}

/// Requests after which the victim is killed: at the first poll, among the pages, at the last ones.
const MOMENTS: &[u64] = &[1, 4, 7, 11, 16, 24];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_killed_at_any_moment_loses_nothing() {
    for round in 0..rounds() {
        killed_again_and_again(round).await;
    }
}

async fn killed_again_and_again(round: u64) {
    let scene = Scene::new().await;
    let mut answered = 0;
    for moment in MOMENTS {
        let mut daemon = scene.daemon();
        // Other moments in every round, the same ones in every run.
        let wanted = answered + moment + round * 7919 % 5;
        soon("the requests", scene.site.until(|counts| counts.values().sum::<u64>() >= wanted)).await;
        signal(&daemon, Signal::KILL);
        daemon.wait().await.unwrap();
        answered = scene.site.feed_requests() + scene.site.page_requests();
    }
    let daemon = scene.daemon();
    soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;
    terminate(&scene, daemon).await;
    assert_eq!(scene.told(), scene.expected.events());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_killed_over_its_outbox_repeats_the_same_message() {
    let scene = Scene::new().await;
    let events = scene.expected.events().len();
    for told in 1..=events {
        let mut daemon = scene.daemon();
        soon("an alert", scene.receiver.until(told)).await;
        // The receiver has it; whether the daemon has written that down is chance.
        signal(&daemon, Signal::KILL);
        daemon.wait().await.unwrap();
    }
    let daemon = scene.daemon();
    soon("the alerts", scene.receiver.until(events)).await;
    terminate(&scene, daemon).await;
    assert_eq!(scene.told(), scene.expected.events());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_killed_is_started_again_and_loses_nothing() {
    let scene = Scene::new().await;
    let daemon = scene.daemon();
    for moment in [2, 8, 14] {
        soon("the requests", scene.site.until(|counts| counts.values().sum::<u64>() >= moment)).await;
        if let Some(worker) = worker_of(&daemon) {
            // It may have died by itself between the look and the kill; then there is nothing to kill.
            let _ = kill_process(worker, Signal::KILL);
        }
    }
    soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;
    terminate(&scene, daemon).await;
    assert_eq!(scene.told(), scene.expected.events());
}

/// A text that ends the worker, by an abort as of C++, a stack overflow or a panic, costs itself and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_kills_the_worker_is_put_aside_alone() {
    for death in ["abort Zahedan", "overflow Zahedan", "panic Zahedan"] {
        let scene = Scene::new().await;
        let mut daemon = scene.daemon_with("VEDETTA_TEST_DEATH", death);
        soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;
        soon("the health alert", async {
            let mut count = 1;
            loop {
                scene.receiver.until_health(count).await;
                let told = scene.receiver.health();
                if told
                    .iter()
                    .any(|told| told.text.contains("killed the worker") && told.text.contains("chabahar"))
                {
                    break;
                }
                count = told.len() + 1;
            }
        })
        .await;
        assert!(daemon.try_wait().unwrap().is_none(), "{death}: the daemon stays up");
        assert_eq!(scene.told(), scene.expected.events(), "{death}");
        terminate(&scene, daemon).await;
    }
}
