//! `vedetta try page`: what would be read from a page.

use jiff::Timestamp;
use serde_json::json;
use vedetta_domain::PageRules;
use vedetta_nlp::{Hints, detect};

use crate::output::say;
use crate::{cli::Input, commands::input, settings::Settings};

/// Prints the article as one JSON object.
pub fn run(what: &Input, settings: &Settings) -> anyhow::Result<()> {
    let page = input::read(&what.input, what.url.as_deref(), settings)?;
    let article = vedetta_ingest::extract(&page, &PageRules::default(), Timestamp::now())?;
    let hints = Hints { feed: None, declared: article.declared_language.clone() };
    let language = detect(&article.text, &hints);
    say!(
        "{}",
        json!({
            "title": article.title, "text": article.text, "language": language.language,
            "published": article.published, "authors": article.authors,
            "canonical_url": article.canonical_url, "kind": article.kind,
        })
    );
    Ok(())
}
