//! What systemd is told: ready, reloading, stopping, and that the daemon is alive.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time;
use tokio_util::sync::CancellationToken;
use vedetta_store::SharedStore;

/// Sends states; without systemd nothing happens.
pub fn say(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}

/// Feeds the watchdog while the store's writer answers: a store that hangs gets the daemon restarted.
pub async fn watchdog(store: SharedStore, stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return stop.cancelled().await;
    };
    let mut beat = time::interval(limit / 3);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => match time::timeout(limit / 3, store.writable()).await {
                Ok(Ok(())) => say(&[NotifyState::Watchdog]),
                Ok(Err(error)) => tracing::error!(%error, "the store does not answer; the watchdog goes unfed"),
                Err(_) => tracing::error!(limit_s = Duration::as_secs(&limit), "the store hangs; the watchdog goes unfed"),
            },
        }
    }
}
