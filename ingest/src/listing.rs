//! A page of links to articles, for sites without a feed.

use std::collections::HashSet;

use scraper::{Html, Selector};
use url::Url;
use vedetta_domain::{Entry, Feed, Page, PageRules};

use crate::{ReadError, charset, plain::fold};

/// Links that are taken from one page.
const MOST: usize = 200;

/// A link text shorter than this is a menu's, not a headline.
const HEADLINE: usize = 25;

/// Reads the article links of a page: by the source's selector, else those that look like headlines.
pub fn read(page: &Page, rules: &PageRules) -> Result<Feed, ReadError> {
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { url: page.url.clone() });
    }
    let text = charset::decode(&page.body, page.content_type.as_deref());
    let document = Html::parse_document(&text);
    let base = Url::parse(&page.url).ok();
    let wanted = rules
        .links
        .as_deref()
        .unwrap_or("main a[href], article a[href], h1 a[href], h2 a[href], h3 a[href], h4 a[href]");
    let selector = selector(wanted)?;
    let by_rule = rules.links.is_some();
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for link in document.select(&selector).take(20 * MOST) {
        let Some(url) = link.value().attr("href").and_then(|href| base.as_ref()?.join(href).ok()) else {
            continue;
        };
        let Some(title) = fold(&link.text().collect::<Vec<_>>().join(" ")) else { continue };
        let same_site = base.as_ref().and_then(|b| b.host_str()) == url.host_str();
        let headline = title.chars().count() >= HEADLINE && url.path().len() > 8 && url.path().contains('-');
        if !matches!(url.scheme(), "http" | "https") || !(by_rule || (same_site && headline)) {
            continue;
        }
        let mut url = url;
        url.set_fragment(None);
        if seen.insert(url.to_string()) && entries.len() < MOST {
            entries.push(Entry {
                key: url.to_string(),
                url: Some(url.to_string()),
                title: Some(title),
                ..Entry::default()
            });
        }
    }
    let title =
        document.select(&self::selector("title")?).next().and_then(|t| fold(&t.text().collect::<String>()));
    Ok(Feed { title, entries, ..Feed::default() })
}

/// A parsed selector, or the error that names it.
pub fn selector(text: &str) -> Result<Selector, ReadError> {
    Selector::parse(text).map_err(|_| ReadError::Selector { selector: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headlines_are_found_and_menus_left() {
        let body = "<html><head><title>Studi</title></head><body><nav><a href=/chi-siamo-noi>Chi siamo</a></nav><main>\
            <h2><a href='/analisi/un-satellite-per-due-paesi'>Un satellite per due paesi lontani</a></h2>\
            <a href='/analisi/un-satellite-per-due-paesi#x'>Leggi tutto: un satellite per due paesi</a>\
            <a href='https://elsewhere.example/a-b-c-d-e'>A headline on quite another site</a></main></body></html>";
        let page = Page { url: "https://example.org/".into(), body: body.into(), ..Page::default() };
        let feed = read(&page, &PageRules::default()).unwrap();
        let urls: Vec<_> = feed.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(urls, ["https://example.org/analisi/un-satellite-per-due-paesi"]);
        let rules = PageRules { links: Some("nav a".into()), ..PageRules::default() };
        assert_eq!(read(&page, &rules).unwrap().entries.len(), 1);
        let bad = PageRules { links: Some("a[".into()), ..PageRules::default() };
        assert_eq!(read(&page, &bad).unwrap_err().kind(), "selector");
    }
}
