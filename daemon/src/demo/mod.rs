//! `vedetta demo`: the real binary, with its worker, journal, store and model, against a sample site
//! and a chat receiver on loopback. Tests use the same site and receiver.

pub mod config;
pub mod receiver;
pub mod site;

use std::{
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::{
    process::{Child, Command},
    time,
};
use vedetta_store::{LocalStore, OpenOptions, Store as _};

use crate::cli::DemoArgs;
use crate::output::say;
use receiver::Receiver;
use site::{Expected, Site};

/// Longest wait for the alerts: the model is loaded and every page read meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the demonstration; every promise that is not kept is an error.
pub async fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let expected = Expected::load()?;
    let site = Site::start().await?;
    let receiver = Receiver::start().await?;
    let temporary;
    let dir: PathBuf = match &args.keep {
        Some(dir) => dir.clone(),
        None => {
            temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
            temporary.path().to_owned()
        }
    };
    config::write(&dir, &site, &receiver)?;
    say!("sample site   {} and {}", site.main_base(), site.copy_base());
    say!("chat receiver {}", receiver.base());
    say!("store, config {}\n", dir.display());

    say!("1. The daemon polls {} articles of the Italian think tank.", expected.on("main"));
    let mut daemon = start(&dir)?;
    let wanted = expected.events();
    let arrived = watch(&mut daemon, wanted.len(), &receiver).await;
    drop(time::timeout(Duration::from_secs(20), receiver.until_chat(wanted.len())).await);
    let told = receiver.alerts();
    for text in receiver.chat_texts() {
        say!("\n{}", indent(&text));
    }
    arrived?;
    check_events(&expected, &told)?;

    say!("\n2. A second poll, and the aggregator now carries a copy of the first article.");
    site.publish_copy();
    watch_quiet(&mut daemon, &site, &expected).await?;
    stop(daemon).await?;
    let after = receiver.alerts();
    ensure!(
        after.len() == told.len(),
        "the second poll or the copy raised {} more alert(s)",
        after.len() - told.len()
    );
    ensure!(receiver.bad_signatures() == 0, "a message came with a wrong signature");
    let (stats, report) = stored(&dir).await?;
    ensure!(stats.items_waiting == 0, "{} item(s) were left waiting", stats.items_waiting);
    say!(
        "   {} polls of the feeds, {} pages read, {} articles stored, {} alerts, no new one.\n{report}",
        site.feed_requests(),
        site.page_requests(),
        stats.items_done,
        stats.alerts
    );
    say!("\nThe right events were told, once each.");
    site.stop().await;
    receiver.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Starts the daemon of this binary on the demo's configuration.
fn start(dir: &Path) -> anyhow::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["run", "--config"])
        .arg(dir)
        .env("VEDETTA_LOG", std::env::var("VEDETTA_LOG").unwrap_or_else(|_| "warn".into()))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start the daemon")
}

/// Waits until `count` alerts have come; says so on the way.
async fn watch(daemon: &mut Child, count: usize, receiver: &Receiver) -> anyhow::Result<()> {
    let bar = indicatif::ProgressBar::new_spinner().with_message("waiting for the alerts");
    bar.enable_steady_tick(Duration::from_millis(120));
    let waited = time::timeout(PATIENCE, receiver.until(count));
    let result = tokio::select! {
        waited = waited => waited.map_err(|_| {
            anyhow::anyhow!("{} of {count} alerts came within {PATIENCE:?}", receiver.alerts().len())
        }),
        status = daemon.wait() => bail!("the daemon ended early: {}", status?),
    };
    bar.finish_and_clear();
    result
}

/// Waits until both feeds were asked again and the copy's pages were read.
async fn watch_quiet(daemon: &mut Child, site: &Site, expected: &Expected) -> anyhow::Result<()> {
    tokio::select! {
        waited = time::timeout(PATIENCE, site.until_copy_read(expected)) => {
            waited.map_err(|_| anyhow::anyhow!("the copy was not read within {PATIENCE:?}"))
        }
        status = daemon.wait() => bail!("the daemon ended early: {}", status?),
    }
}

/// Ends the daemon as systemd would, and holds it to its 30 seconds.
async fn stop(mut daemon: Child) -> anyhow::Result<()> {
    let pid = daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.context("the daemon is gone")?, rustix::process::Signal::TERM)?;
    let status = time::timeout(Duration::from_secs(30), daemon.wait())
        .await
        .context("the daemon did not stop within 30 s")??;
    ensure!(status.success(), "the daemon stopped with {status}");
    Ok(())
}

fn check_events(expected: &Expected, told: &[receiver::Told]) -> anyhow::Result<()> {
    let mut events: Vec<&str> = told.iter().filter_map(|alert| expected.event_of(&alert.url)).collect();
    events.sort_unstable();
    let wanted = expected.events();
    ensure!(events == wanted, "alerts on {events:?}, expected one on each of {wanted:?}");
    Ok(())
}

async fn stored(dir: &Path) -> anyhow::Result<(vedetta_store::Stats, String)> {
    let (store, report) = LocalStore::open(&dir.join("data"), &OpenOptions::default())?;
    let stats = store.stats().await?;
    store.close().await;
    let report = match report.rebuilt {
        Some(why) => format!("   the index had to be rebuilt: {why}"),
        None => "   The store opened again as it was.".into(),
    };
    Ok((stats, report))
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("   | {line}")).collect::<Vec<_>>().join("\n")
}
