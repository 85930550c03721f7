//! `vedetta sources verify`: every source tried, in parallel and politely.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use vedetta_config::NewSource;
use vedetta_domain::{Source, SourceId};
use vedetta_ingest::Fetcher;

use super::{
    fetcher, folder,
    look::{At, find},
};
use crate::cli::{Cli, VerifyArgs};
use crate::output::say;

/// Sources that are verified at once; each host is asked as slowly as ever.
const AT_ONCE: usize = 32;

/// How one source did.
#[derive(Serialize)]
struct Verdict {
    id: SourceId,
    /// `ok`, `moved` (a redirect leads elsewhere), `found` (another address on its site) or `failed`.
    status: &'static str,
    url: String,
    /// Where the entries are, if elsewhere.
    now_at: Option<String>,
    format: Option<&'static str>,
    entries: usize,
    newest: Option<Timestamp>,
    note: Option<String>,
    #[serde(skip)]
    correction: Option<NewSource>,
}

/// `sources verify`.
pub async fn verify(cli: &Cli, args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::load(cli)?;
    let target = args.write.then(|| folder(cli)).transpose()?;
    let wanted: Vec<Source> = settings
        .config
        .sources
        .iter()
        .filter(|source| args.ids.is_empty() || args.ids.contains(&source.id.0))
        .cloned()
        .collect();
    let unknown = args.ids.iter().find(|id| !wanted.iter().any(|source| source.id.0 == **id));
    if let Some(id) = unknown {
        anyhow::bail!("{id:?} is no id of a source; `vedetta sources list` shows them");
    }
    let fetcher = Arc::new(fetcher(&settings)?);
    let bar = progress(wanted.len() as u64);
    let mut verdicts: Vec<Verdict> = stream::iter(wanted)
        .map(|source| {
            let fetcher = fetcher.clone();
            let bar = bar.clone();
            async move {
                let verdict = check(&fetcher, source).await;
                bar.inc(1);
                verdict
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    bar.finish_and_clear();
    verdicts.sort_by(|a, b| a.id.cmp(&b.id));
    let corrections: Vec<NewSource> =
        verdicts.iter().filter_map(|verdict| verdict.correction.clone()).collect();
    let file = target.map(|folder| vedetta_config::write_verified(folder, &corrections)).transpose()?;
    report(cli, args.report.as_ref(), &verdicts, corrections.len(), file.as_deref())?;
    let failed = verdicts.iter().filter(|verdict| verdict.status == "failed").count();
    Ok(ExitCode::from(u8::from(failed > 0)))
}

async fn check(fetcher: &Fetcher, source: Source) -> Verdict {
    let found = find(fetcher, &source, Timestamp::now()).await;
    let mut verdict = Verdict {
        id: source.id.clone(),
        status: "failed",
        url: source.url.clone(),
        now_at: None,
        format: None,
        entries: 0,
        newest: None,
        note: None,
        correction: None,
    };
    match found {
        Err(error) => verdict.note = Some(format!("{error:#}")),
        Ok((found, at)) => {
            verdict.entries = found.feed.entries.len();
            verdict.newest = found.feed.entries.iter().filter_map(|entry| entry.published).max();
            verdict.format = Some(found.format);
            let same = found.url == source.url && found.kind == source.kind;
            verdict.status = match at {
                _ if same => "ok",
                At::Configured => "moved",
                At::Site => "found",
            };
            if !same {
                verdict.note = Some(found.by);
                verdict.now_at = Some(found.url.clone());
                let corrected = Source { url: found.url, kind: found.kind, ..source };
                verdict.correction = Some(NewSource::of(&corrected, true));
            }
        }
    }
    verdict
}

fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} sources, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn report(
    cli: &Cli,
    path: Option<&PathBuf>,
    verdicts: &[Verdict],
    corrections: usize,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let count = |status: &str| verdicts.iter().filter(|verdict| verdict.status == status).count();
    let whole = json!({
        "at": Timestamp::now(), "ok": count("ok"), "moved": count("moved"), "found": count("found"),
        "failed": count("failed"), "sources": verdicts, "corrections": file,
    });
    if let Some(path) = path {
        std::fs::write(path, format!("{whole:#}\n"))
            .with_context(|| format!("the report cannot be written to {}", path.display()))?;
    }
    if cli.json {
        say!("{whole}");
        return Ok(());
    }
    for verdict in verdicts {
        let newest = verdict.newest.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        say!(
            "{:7} {:28} {:4} entries, newest {newest:10}  {}",
            verdict.status,
            verdict.id.0,
            verdict.entries,
            verdict.url
        );
        if let Some(address) = &verdict.now_at {
            say!("        now at {address}");
        }
        if let Some(note) = &verdict.note {
            say!("        {note}");
        }
    }
    say!(
        "{} ok, {} moved, {} found elsewhere on their site, {} failed",
        count("ok"),
        count("moved"),
        count("found"),
        count("failed")
    );
    match file {
        Some(file) => say!("{corrections} correction(s) stand in {}", file.display()),
        None if corrections > 0 => {
            say!("--write takes the {corrections} new address(es) into the configuration")
        }
        None => {}
    }
    Ok(())
}
