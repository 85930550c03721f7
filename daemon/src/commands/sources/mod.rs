//! `vedetta sources`: look at what is watched, try an address, take it in, check them all.

mod import;
mod look;
mod verify;

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use serde::Serialize;
use vedetta_config::NewSource;
use vedetta_domain::SourceKind;
use vedetta_http::Client;
use vedetta_ingest::{Fetcher, opml};

use crate::cli::Cli;
use crate::output::say;
use crate::settings::Settings;

pub use import::import;
pub use look::{add, test};
pub use verify::verify;

/// `sources list`.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    for source in &settings.config.sources {
        if cli.json {
            say!("{}", serde_json::to_string(source)?);
        } else {
            let language = source.language.as_deref().unwrap_or("-");
            say!("{:28} {:8} {language:3} {}", source.id.0, kind_word(source.kind), source.url);
        }
    }
    if !cli.json {
        eprintln!("{} sources", settings.config.sources.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Feed => "feed",
        SourceKind::Listing => "listing",
        SourceKind::Sitemap => "sitemap",
    }
}

/// `sources export`.
pub fn export(cli: &Cli) -> anyhow::Result<ExitCode> {
    let settings = super::load(cli)?;
    let feeds = settings.config.sources.iter().filter(|source| source.kind == SourceKind::Feed);
    let all: Vec<opml::Subscription> = feeds
        .map(|source| opml::Subscription {
            title: Some(source.name.clone()),
            feed: source.url.clone(),
            site: source.site.clone(),
            language: source.language.clone(),
            folders: Vec::new(),
        })
        .collect();
    say!("{}", opml::write("Vedetta", &all).trim_end());
    let left = settings.config.sources.len() - all.len();
    if left > 0 {
        eprintln!("vedetta: {left} source(s) without a feed are left out: the format has no word for them");
    }
    Ok(ExitCode::SUCCESS)
}

fn fetcher(settings: &Settings) -> anyhow::Result<Fetcher> {
    Ok(Fetcher::new(Client::new(settings.config.fetch_client())?, settings.config.ingest_config()))
}

/// The operator's folder, to write into.
fn folder(cli: &Cli) -> anyhow::Result<&Path> {
    super::config_path(cli)
        .filter(|path| path.is_dir())
        .context("there is no folder to write into; name your configuration's folder with --config")
}

/// The records as they would stand in a file.
fn toml_of(sources: &[NewSource]) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Rows<'a> {
        source: &'a [NewSource],
    }
    Ok(toml::to_string(&Rows { source: sources })?)
}
