//! Where a site has its feed: what its page declares, what it links to, and where sites usually have one.

use std::collections::HashSet;

use scraper::{ElementRef, Html};
use serde::{Deserialize, Serialize};
use url::Url;
use vedetta_domain::{Page, SourceKind};

use crate::{ReadError, charset, listing::selector, plain::fold};

/// Candidates that one page yields at most.
const MOST: usize = 24;

/// Paths at which sites of all systems have a feed or a news sitemap, the likeliest first.
const USUAL: &[(&str, SourceKind)] = &[
    ("feed/", SourceKind::Feed),
    ("rss.xml", SourceKind::Feed),
    ("feed.xml", SourceKind::Feed),
    ("atom.xml", SourceKind::Feed),
    ("index.xml", SourceKind::Feed),
    ("rss", SourceKind::Feed),
    ("?format=feed&type=rss", SourceKind::Feed),
    ("feeds/posts/default", SourceKind::Feed),
    ("news-sitemap.xml", SourceKind::Sitemap),
    ("sitemap-news.xml", SourceKind::Sitemap),
    ("sitemap_news.xml", SourceKind::Sitemap),
];

/// An address that may have a site's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Absolute address.
    pub url: String,
    /// What it should be.
    pub kind: SourceKind,
    /// How it was found, in words.
    pub by: String,
}

/// The candidates of a site's page, best first.
pub fn candidates(page: &Page) -> Result<Vec<Candidate>, ReadError> {
    let Ok(base) = Url::parse(&page.url) else { return Ok(Vec::new()) };
    let text = charset::decode(&page.body, page.content_type.as_deref());
    let document = Html::parse_document(&text);
    let mut found = Found { base: &base, seen: HashSet::new(), all: Vec::new() };
    declared(&document, &mut found)?;
    linked(&document, &mut found)?;
    // Where the page itself stands, then at the site's root.
    for (folder, place) in [(".", "beside the page"), ("/", "at the site's root")] {
        let Ok(folder) = base.join(folder) else { continue };
        for (path, kind) in USUAL {
            found.add(folder.join(path).ok(), *kind, &format!("usual address {place}"));
        }
    }
    found.all.truncate(MOST);
    Ok(found.all)
}

struct Found<'a> {
    base: &'a Url,
    seen: HashSet<String>,
    all: Vec<Candidate>,
}

impl Found<'_> {
    fn add(&mut self, url: Option<Url>, kind: SourceKind, by: &str) {
        let Some(mut url) = url else { return };
        url.set_fragment(None);
        if matches!(url.scheme(), "http" | "https") && self.seen.insert(url.to_string()) {
            self.all.push(Candidate { url: url.into(), kind, by: by.to_owned() });
        }
    }
}

/// `<link rel="alternate" type="application/rss+xml" href="…">`; comments' feeds are left out, a category's comes late.
fn declared(document: &Html, found: &mut Found<'_>) -> Result<(), ReadError> {
    let mut links: Vec<(usize, ElementRef<'_>)> = Vec::new();
    for link in document.select(&selector("link[href][type]")?).take(200) {
        let value = |name: &str| link.value().attr(name).unwrap_or_default().to_ascii_lowercase();
        let (kind, title, href) = (value("type"), value("title"), value("href"));
        let is_feed = ["rss", "atom", "feed+json"].iter().any(|part| kind.contains(part))
            && value("rel").split_ascii_whitespace().any(|rel| rel == "alternate" || rel == "feed");
        let of_comments =
            ["comment", "commenti"].iter().any(|word| title.contains(word) || href.contains(word));
        if is_feed && !of_comments {
            // Shorter addresses are of the whole site.
            links.push((href.matches('/').count() + usize::from(kind.contains("json")), link));
        }
    }
    links.sort_by_key(|(depth, _)| *depth);
    for (_, link) in links {
        let url = link.value().attr("href").and_then(|href| found.base.join(href.trim()).ok());
        found.add(url, SourceKind::Feed, "declared by the page");
    }
    Ok(())
}

/// Links whose address or text says that a feed is behind them.
fn linked(document: &Html, found: &mut Found<'_>) -> Result<(), ReadError> {
    for link in document.select(&selector("a[href]")?).take(3_000) {
        let Some(url) = link.value().attr("href").and_then(|href| found.base.join(href.trim()).ok()) else {
            continue;
        };
        let path = url.path().trim_end_matches('/').to_ascii_lowercase();
        let last = path.rsplit('/').next().unwrap_or_default();
        let text = fold(&link.text().collect::<String>()).unwrap_or_default();
        let by_path = matches!(last, "feed" | "rss" | "atom")
            || [".rss", "rss.xml", "atom.xml", "feed.xml"].iter().any(|end| last.ends_with(end));
        let by_text =
            matches!(text.to_ascii_lowercase().as_str(), "rss" | "rss feed" | "feed rss" | "atom" | "feed");
        let of_comments = path.contains("comment");
        if (by_path || by_text) && !of_comments {
            found.add(Some(url), SourceKind::Feed, "linked from the page");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first candidates of a page with this in it.
    fn check(html: &str, expected: &[&str]) {
        let page = Page { url: "https://example.org/it/studi/".into(), body: html.into(), ..Page::default() };
        let found: Vec<String> = candidates(&page).unwrap().into_iter().map(|c| c.url).collect();
        assert_eq!(found[..expected.len()], *expected, "{html}");
        assert!(found.len() <= MOST);
    }

    #[test]
    fn declared_before_linked_before_usual() {
        let usual = ["https://example.org/it/studi/feed/", "https://example.org/it/studi/rss.xml"];
        check("", &usual);
        check("<a href='/chi-siamo'>Chi siamo</a><a href='mailto:rss'>RSS</a>", &usual);
        check(
            "<head><link rel=alternate type=application/rss+xml title='Commenti' href=/comments/feed/>\
             <link rel='alternate' type='application/rss+xml' href='/it/categoria/spazio/feed/'>\
             <link rel='alternate' type='application/rss+xml' href='/it/feed/'>\
             <link rel='stylesheet' type='text/css' href='/x.css'></head><body><a href='/altro.rss'>x</a>\
             <a href='https://feeds.example.net/studi'>RSS</a></body>",
            &[
                "https://example.org/it/feed/",
                "https://example.org/it/categoria/spazio/feed/",
                "https://example.org/altro.rss",
                "https://feeds.example.net/studi",
                "https://example.org/it/studi/feed/",
            ],
        );
        // One address once, whatever names it.
        check("<a href='feed/#top'>RSS</a><a href='feed/'>Feed</a>", &usual[..1]);
    }
}
