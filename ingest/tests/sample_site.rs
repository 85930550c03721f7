//! Extraction on the sample site's pages: every page keeps its text and loses its dress.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use vedetta_domain::{Page, PageKind, PageRules};

#[derive(Deserialize)]
struct Expected {
    article: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    site: String,
    slug: String,
    title: String,
    contains: Vec<String>,
    excludes: Vec<String>,
}

#[test]
fn every_page_keeps_its_text_and_loses_its_dress() {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/sample-site");
    let expected: Expected =
        toml::from_str(&std::fs::read_to_string(site.join("expected.toml")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for article in &expected.article {
        let file = site.join(&article.site).join("pages").join(format!("{}.html", article.slug));
        let html = std::fs::read_to_string(file).unwrap();
        let html = html
            .replace("{{BASE}}", "https://osservatorio.example")
            .replace("{{COPY}}", "https://wire.example");
        let url = format!("https://{}.example/{}/", article.site, article.slug);
        let page = Page { url, body: html.into_bytes(), ..Page::default() };
        let read = vedetta_ingest::extract(&page, &PageRules::default(), Timestamp::now()).unwrap();
        let text = read.text.replace('’', "'");
        let (slug, found) = (&article.slug, |part: &String| text.contains(&part.replace('’', "'")));
        if read.kind != PageKind::Article {
            wrong.push(format!("{slug}: kind {:?}", read.kind));
        }
        if read.title.as_deref() != Some(article.title.as_str()) {
            wrong.push(format!("{slug}: title {:?}", read.title));
        }
        wrong.extend(
            article.contains.iter().filter(|part| !found(part)).map(|part| format!("{slug}: lacks {part:?}")),
        );
        wrong.extend(
            article.excludes.iter().filter(|part| found(part)).map(|part| format!("{slug}: keeps {part:?}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
