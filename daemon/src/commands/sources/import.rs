//! `vedetta sources import`: the feeds of another reader.

use std::{collections::BTreeSet, process::ExitCode};

use anyhow::Context;
use serde_json::json;
use url::Url;
use vedetta_config::{NewSource, id_of};
use vedetta_domain::Source;
use vedetta_ingest::opml;

use super::{folder, toml_of};
use crate::cli::{Cli, ImportArgs};
use crate::commands::input;
use crate::output::say;

/// `sources import`.
pub fn import(cli: &Cli, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let settings = crate::commands::load(cli)?;
    let page = input::file(&args.file, None)?;
    let list = opml::read(&page.body)?;
    anyhow::ensure!(!list.is_empty(), "{} has no subscription in it; is it an OPML file?", args.file);
    let mut ids: BTreeSet<String> =
        settings.config.sources.iter().map(|source| source.id.0.clone()).collect();
    let mut urls: BTreeSet<String> =
        settings.config.sources.iter().map(|source| source.url.clone()).collect();
    let (mut new, mut known, mut unusable) = (Vec::new(), 0, Vec::new());
    for one in list {
        if !Url::parse(&one.feed).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            unusable.push(one.feed);
            continue;
        }
        if !urls.insert(one.feed.clone()) {
            known += 1;
            continue;
        }
        let name = one.title.unwrap_or_else(|| one.feed.clone());
        let base = ascii_id(&name, &one.feed);
        let id = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") });
        let id = id.take(10_000).find(|id| ids.insert(id.clone())).context("too many sources of one name")?;
        let source = Source {
            name,
            site: one.site.filter(|site| input::is_url(site)),
            language: one.language.map(|tag| tag.chars().take(2).collect::<String>().to_lowercase()),
            tags: one.folders.iter().map(|folder| id_of(folder)).filter(|tag| !tag.is_empty()).collect(),
            ..Source::new(&id, &one.feed)
        };
        new.push(NewSource::of(&source, false));
    }
    let file = if args.dry_run || new.is_empty() {
        None
    } else {
        Some(vedetta_config::add_sources(folder(cli)?, &new)?)
    };
    if cli.json {
        say!("{}", json!({ "added": new, "known": known, "unusable": unusable, "file": file }));
        return Ok(ExitCode::SUCCESS);
    }
    for address in &unusable {
        say!("left out, no web address: {address}");
    }
    say!("{} new, {known} watched already, {} left out", new.len(), unusable.len());
    match &file {
        Some(file) => say!(
            "they stand in {}; `vedetta sources verify` tries them, `systemctl reload vedetta` takes them in",
            file.display()
        ),
        None if args.dry_run => say!("nothing written (--dry-run)\n{}", toml_of(&new)?),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// An id of small letters, digits and hyphens, of the name or else of the host.
fn ascii_id(name: &str, address: &str) -> String {
    let plain =
        |text: &str| id_of(&text.chars().map(|c| if c.is_ascii() { c } else { ' ' }).collect::<String>());
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    Some(plain(name)).filter(|id| !id.is_empty()).unwrap_or_else(|| plain(&host))
}
