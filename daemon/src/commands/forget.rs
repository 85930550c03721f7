//! `vedetta forget`: takes articles out of the store for good.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde_json::json;
use vedetta_dedupe::canonical_url;
use vedetta_domain::ItemId;
use vedetta_store::{Archive, LocalStore, OpenOptions, Store as _};

use crate::{cli::Cli, output::say};

/// Forgets the items with these ids, and those of which any record says these addresses.
pub async fn run(cli: &Cli, what: &[String]) -> anyhow::Result<ExitCode> {
    let dir = super::load(cli)?.config.general.data_dir;
    let (folder, asked) = (dir.clone(), what.to_vec());
    let items = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<ItemId>> {
        let archive = Archive::open(&folder)?;
        let mut items = Vec::new();
        for what in asked {
            if let Some(id) = ItemId::parse(&what) {
                items.push(id);
                continue;
            }
            let address = canonical_url(&what)
                .with_context(|| format!("{what:?} is no web address and no item's id"))?;
            let found =
                archive.items_at(|url| url == what || canonical_url(url).as_ref() == Some(&address))?;
            if found.is_empty() {
                bail!("no record says {what}");
            }
            items.extend(found);
        }
        Ok(items)
    })
    .await??;
    let opening = tokio::task::spawn_blocking(move || LocalStore::open(&dir, &OpenOptions::default()));
    let (store, _) = opening.await??;
    let forgotten = store.forget(items.clone()).await;
    store.close().await;
    let report = forgotten?;
    if cli.json {
        say!(
            "{}",
            json!({ "items": items, "records": report.records, "segments": report.segments, "damage": report.damage })
        );
    } else {
        say!(
            "{} items forgotten: {} records in {} segments were written anew without them",
            items.len(),
            report.records,
            report.segments.len()
        );
        for damage in &report.damage {
            say!(
                "damaged at {}: {} bytes cannot be read, something may remain in them",
                damage.at,
                damage.bytes
            );
        }
    }
    Ok(if report.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
