//! A news sitemap to entries.

use jiff::Timestamp;
use scraper::{ElementRef, Html};
use vedetta_domain::{Entry, Feed, Page};

use crate::{ReadError, charset, date, listing::selector, plain::fold};

/// Addresses that are taken from one sitemap.
const MOST: usize = 1_000;

/// Reads a sitemap. HTML's parser serves: it is lenient, bounded in nesting, and expands no entities.
pub fn read(page: &Page, now: Timestamp) -> Result<Feed, ReadError> {
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { url: page.url.clone() });
    }
    let text = charset::decode(&page.body, page.content_type.as_deref());
    let document = Html::parse_fragment(&text.replace("<![CDATA[", "").replace("]]>", ""));
    let inside = |element: ElementRef<'_>, names: &[&str]| {
        element
            .descendants()
            .filter_map(ElementRef::wrap)
            .find(|child| names.contains(&child.value().name()))
            .and_then(|child| fold(&child.text().collect::<String>()))
    };
    let mut entries = Vec::new();
    for element in document.select(&selector("url")?).take(MOST) {
        let Some(url) = inside(element, &["loc"]) else { continue };
        let published =
            inside(element, &["news:publication_date", "lastmod"]).and_then(|text| date::parse(&text, now));
        entries.push(Entry {
            key: url.clone(),
            url: Some(url),
            title: inside(element, &["news:title"]),
            published,
            ..Entry::default()
        });
    }
    if entries.is_empty() {
        return Err(ReadError::NotAFeed { url: page.url.clone(), why: "no <url> with a <loc> in it".into() });
    }
    Ok(Feed { entries, ..Feed::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_news_sitemap_is_read() {
        let body = "<?xml version=\"1.0\"?><urlset xmlns:news=\"x\"><url><loc>https://example.org/a</loc><news:news>\
            <news:publication_date>2026-03-01</news:publication_date><news:title><![CDATA[A title]]></news:title>\
            </news:news></url></urlset>";
        let page = Page { url: "https://example.org/news.xml".into(), body: body.into(), ..Page::default() };
        let feed = read(&page, "2026-11-23T00:00:00Z".parse().unwrap()).unwrap();
        let entry = &feed.entries[0];
        assert_eq!((entry.key.as_str(), entry.title.as_deref()), ("https://example.org/a", Some("A title")));
        assert!(entry.published.is_some());
    }
}
