//! `vedetta store`, `backup`, `export` and `import`: the archive on disk.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;
use vedetta_store::{Archive, Commit, Form, LocalStore, OpenOptions, Store as _};

use crate::{
    cli::{Cli, ExportArgs, StoreCommand},
    output::say,
};

/// Level of an export's compression.
const LEVEL: i32 = 9;

/// Looks at the store, checks it or makes its index anew.
pub async fn run(cli: &Cli, command: &StoreCommand) -> anyhow::Result<ExitCode> {
    let dir = super::load(cli)?.config.general.data_dir;
    match command {
        StoreCommand::Stats => stats(cli, &dir),
        StoreCommand::Check => check(cli, &dir),
        StoreCommand::Rebuild => rebuild(cli, &dir).await,
    }
}

fn stats(cli: &Cli, dir: &Path) -> anyhow::Result<ExitCode> {
    let segments = Archive::open(dir)?.segments()?;
    let bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    if cli.json {
        say!("{}", json!({ "folder": dir, "bytes": bytes, "segments": segments }));
        return Ok(ExitCode::SUCCESS);
    }
    for segment in &segments {
        let form = match segment.form {
            Form::Open => "open",
            Form::Sealed => "sealed",
        };
        let begun =
            segment.begun.map_or_else(|| "unknown".into(), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
        say!("{:>10}  {form:<6}  from {begun:<16}  {:>8.1} MB", segment.number, megabytes(segment.bytes));
    }
    say!("{} segments, {:.1} MB in {}", segments.len(), megabytes(bytes), dir.display());
    Ok(ExitCode::SUCCESS)
}

fn check(cli: &Cli, dir: &Path) -> anyhow::Result<ExitCode> {
    let checked = Archive::open(dir)?.check()?;
    if cli.json {
        say!("{}", serde_json::to_string(&checked)?);
    } else {
        say!("{} records, {} articles", checked.records, checked.articles);
        for damage in &checked.damage {
            say!(
                "damaged at {}: {} bytes cannot be read; restore the segment from a backup if there is one",
                damage.at,
                damage.bytes
            );
        }
    }
    Ok(if checked.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn rebuild(cli: &Cli, dir: &Path) -> anyhow::Result<ExitCode> {
    let options = OpenOptions { rebuild: true, ..OpenOptions::default() };
    let (store, report) = open(dir, options).await?;
    let stats = store.stats().await?;
    store.close().await;
    if cli.json {
        say!("{}", json!({ "records": report.replayed, "rows": stats }));
    } else {
        say!(
            "the index was made anew from {} records: {} articles, {} items waiting, {} alerts. The old one lies beside it \
             and can be deleted.",
            report.replayed,
            stats.items_done,
            stats.items_waiting,
            stats.alerts
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the store for a command that changes it.
async fn open(dir: &Path, options: OpenOptions) -> anyhow::Result<(LocalStore, vedetta_store::OpenReport)> {
    let dir = dir.to_owned();
    Ok(tokio::task::spawn_blocking(move || LocalStore::open(&dir, &options)).await??)
}

/// Copies the archive into an empty folder, beside a running daemon.
pub fn backup(cli: &Cli, to: &Path) -> anyhow::Result<ExitCode> {
    let dir = super::load(cli)?.config.general.data_dir;
    let (segments, bytes) = Archive::open(&dir)?.backup(to)?;
    if cli.json {
        say!("{}", json!({ "segments": segments, "bytes": bytes, "folder": to }));
    } else {
        say!(
            "{segments} segments, {:.1} MB copied to {}; to restore, make it the data_dir: its index is made anew",
            megabytes(bytes),
            to.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes every article with its text as a line of JSON.
pub fn export(cli: &Cli, args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let dir = super::load(cli)?.config.general.data_dir;
    let archive = Archive::open(&dir)?;
    let file = File::create_new(&args.file)
        .with_context(|| format!("cannot create {}; name a file that is not there", args.file.display()))?;
    let mut out = zstd::Encoder::new(BufWriter::new(file), LEVEL)?;
    let (bar, mut count) = (progress("exported"), 0u64);
    let mut failed = None;
    let since =
        args.since_days.map(|days| Timestamp::now() - jiff::SignedDuration::from_hours(24 * i64::from(days)));
    let damage = archive.commits(|commit| {
        if failed.is_some() || since.is_some_and(|since| commit.at < since) {
            return Ok(());
        }
        match serde_json::to_vec(&commit).map_err(io::Error::other).and_then(|mut line| {
            line.push(b'\n');
            out.write_all(&line)
        }) {
            Ok(()) => count += 1,
            Err(error) => failed = Some(error),
        }
        bar.set_position(count);
        Ok(())
    })?;
    if let Some(error) = failed {
        return Err(error).with_context(|| format!("cannot write {}", args.file.display()));
    }
    out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    bar.finish_and_clear();
    for damage in &damage {
        eprintln!("vedetta: damaged at {}: {} bytes cannot be read", damage.at, damage.bytes);
    }
    say!("{count} articles written to {}", args.file.display());
    Ok(if damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Takes the articles of an export in. They never alert, and one that is there already stays.
pub async fn import(cli: &Cli, file: &Path) -> anyhow::Result<ExitCode> {
    let dir = super::load(cli)?.config.general.data_dir;
    let reading = || format!("cannot read {}; it must be what `vedetta export` wrote", file.display());
    let lines =
        BufReader::new(zstd::Decoder::new(File::open(file).with_context(reading)?).with_context(reading)?);
    let (store, _) = open(&dir, OpenOptions::default()).await?;
    let (bar, mut taken, mut known) = (progress("imported"), 0u64, 0u64);
    let imported: anyhow::Result<()> = async {
        for (n, line) in lines.lines().enumerate() {
            let line = line.with_context(reading)?;
            let commit: Commit = serde_json::from_str(&line)
                .with_context(|| format!("line {} of {} is no article", n + 1, file.display()))?;
            // An article that was tagged again stands there twice, the better one later.
            if store.article(commit.item.id).await?.is_some_and(|row| row.at >= commit.at) {
                known += 1;
                continue;
            }
            ensure!(!commit.telling.url.is_empty(), "line {} has no address", n + 1);
            store.commit(Commit { alerts: Vec::new(), joins: Vec::new(), expected: None, ..commit }).await?;
            taken += 1;
            bar.set_position(taken);
        }
        Ok(())
    }
    .await;
    store.close().await;
    bar.finish_and_clear();
    say!("{taken} articles taken in, {known} were there already");
    imported.map(|()| ExitCode::SUCCESS)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn progress(verb: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {pos} {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::no_length().with_style(style).with_message(verb)
}
