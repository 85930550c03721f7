//! `vedetta once`: one poll of every source, to its end.

use std::process::ExitCode;

use crate::output::say;
use crate::{app::App, cli::Cli};

/// Polls, reads, judges and delivers one time.
pub async fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let mut app = App::start(super::load(cli)?, true).await?;
    let waiting = app.finish_once().await;
    let stats = app.stats().await;
    app.stop().await;
    let (waiting, (stats, metrics)) = (waiting?, stats?);
    if cli.json {
        say!("{}", serde_json::to_string(&stats)?);
    } else {
        say!(
            "{} articles stored, {} without text, {} waiting, {} for a person to look at",
            stats.items_done,
            stats.items_dropped,
            stats.items_waiting,
            stats.items_quarantined
        );
        say!(
            "{} alerts; {} messages sent, {} waiting, {} given up",
            stats.alerts,
            stats.messages_sent,
            stats.messages_waiting,
            stats.messages_dead
        );
        eprint!("{metrics}");
    }
    if waiting > 0 {
        eprintln!(
            "vedetta: {waiting} channel(s) did not take their message yet; run again, or see the log above"
        );
    }
    Ok(ExitCode::SUCCESS)
}
