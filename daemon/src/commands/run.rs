//! `vedetta run`: load, build, announce, wait for a signal, drain under a deadline.

use std::process::ExitCode;

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use crate::{app::App, cli::Cli, notify, settings::Settings};

/// Runs the daemon until SIGTERM or SIGINT.
pub async fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let (mut terminate, mut interrupt, mut hangup) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?);
    let settings = super::load(cli)?;
    let status = describe(&settings);
    let mut app = App::start(settings, false).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), status, "vedetta is running");
    notify::say(&[NotifyState::Ready, NotifyState::Status(&status)]);
    let failed = loop {
        tokio::select! {
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            _ = hangup.recv() => reload(cli, &app).await,
            why = app.failed() => break Some(why),
        }
    };
    if let Some(why) = &failed {
        tracing::error!(why = format!("{why:#}"), "the daemon cannot go on; it ends, to be started anew");
    }
    notify::say(&[NotifyState::Stopping]);
    tracing::info!("stopping: no new work, begun work ends");
    app.stop().await;
    tracing::info!("stopped");
    failed.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Checks first; what is bad never replaces what is good.
async fn reload(cli: &Cli, app: &App) {
    match sd_notify::NotifyState::monotonic_usec_now() {
        Ok(now) => notify::say(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock for systemd"),
    }
    match super::load(cli) {
        Ok(settings) => {
            let status = describe(&settings);
            app.reload(settings);
            tracing::info!(status, "configuration reloaded");
            notify::say(&[NotifyState::Ready, NotifyState::Status(&status)]);
        }
        Err(error) => {
            app.reload_refused(&error).await;
            notify::say(&[NotifyState::Ready, NotifyState::Status("running; the last reload was refused")]);
        }
    }
}

fn describe(settings: &Settings) -> String {
    format!(
        "{} sources, {} watches, {} channels, {} entities",
        settings.config.sources.len(),
        settings.watches.len(),
        settings.channels.len(),
        settings.config.entities.len()
    )
}
