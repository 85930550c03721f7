//! `vedetta try feed`: what a poll would bring.

use jiff::Timestamp;
use serde_json::json;
use vedetta_domain::{PageRules, SourceKind};

use crate::output::say;
use crate::{
    cli::{Form, Input},
    commands::input,
    settings::Settings,
};

/// Prints the feed as one JSON object.
pub fn run(what: &Input, settings: &Settings) -> anyhow::Result<()> {
    let page = input::read(&what.input, what.url.as_deref(), settings)?;
    let kind = match what.form {
        Form::Feed => SourceKind::Feed,
        Form::Listing => SourceKind::Listing,
        Form::Sitemap => SourceKind::Sitemap,
    };
    let feed = vedetta_ingest::read_source(kind, &page, &PageRules::default(), Timestamp::now())?;
    let entries: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.key, "url": entry.url, "title": entry.title,
                "published": entry.published, "summary": entry.summary,
            })
        })
        .collect();
    for repair in &feed.repairs {
        eprintln!("vedetta: repaired: {repair}");
    }
    say!("{}", json!({ "title": feed.title, "entries": entries }));
    Ok(())
}
