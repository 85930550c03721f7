//! A feed's bytes to entries, through feed-rs, with a repair step for what it refuses.

use std::collections::HashMap;

use jiff::Timestamp;
use url::Url;
use vedetta_domain::{Entry, Feed, Page};

use crate::{ReadError, date, plain::plain, repair};

/// Entries that are read from one feed.
const MOST: usize = 2_000;

/// Reads a feed.
pub fn read(page: &Page, now: Timestamp) -> Result<Feed, ReadError> {
    let url = page.url.clone();
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { url });
    }
    let first = parse(&page.body, &page.url);
    let (parsed, repairs) = match first {
        Ok(parsed) if !parsed.entries.is_empty() => (parsed, Vec::new()),
        first => {
            if looks_like_html(&page.body) {
                return Err(ReadError::HtmlForFeed { url });
            }
            match repaired(page) {
                Some(found) => found,
                None => match first {
                    Ok(empty) => (empty, Vec::new()),
                    Err(why) => return Err(ReadError::NotAFeed { url, why }),
                },
            }
        }
    };
    Ok(convert(parsed, &page.url, repairs, now))
}

fn parse(body: &[u8], base: &str) -> Result<feed_rs::model::Feed, String> {
    let base =
        Url::parse(base).ok().filter(|url| url.scheme().starts_with("http")).map(|url| url.to_string());
    feed_rs::parser::Builder::new()
        .base_uri(base.as_deref())
        .sanitize_content(false)
        // An id of our own making, so that an entry without one is seen as such.
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(body)
        .map_err(|error| error.to_string())
}

fn repaired(page: &Page) -> Option<(feed_rs::model::Feed, Vec<String>)> {
    let attempts = repair::attempts(&page.body, page.content_type.as_deref());
    attempts.into_iter().find_map(|(text, repairs)| {
        let parsed = parse(text.as_bytes(), &page.url).ok()?;
        (!parsed.entries.is_empty()).then_some((parsed, repairs))
    })
}

fn looks_like_html(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(2048)]).to_ascii_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let feed = ["<rss", "<feed", "<rdf:rdf", "\"version\""].iter().any(|mark| head.contains(mark));
    !feed
        && (head.starts_with("<!doctype html")
            || head.contains("<html")
            || head.contains("<head")
            || head.contains("<body"))
}

fn convert(parsed: feed_rs::model::Feed, base: &str, repairs: Vec<String>, now: Timestamp) -> Feed {
    let title = parsed.title.and_then(|text| plain(&text.content));
    let base = Url::parse(base).ok();
    let mut entries: Vec<Entry> =
        parsed.entries.into_iter().take(MOST).map(|entry| convert_entry(entry, base.as_ref(), now)).collect();
    distinct_keys(&mut entries);
    Feed {
        title,
        language: parsed.language,
        ttl_s: parsed.ttl.map(|minutes| minutes.saturating_mul(60)),
        entries,
        repairs,
    }
}

fn convert_entry(entry: feed_rs::model::Entry, base: Option<&Url>, now: Timestamp) -> Entry {
    let rank = |link: &feed_rs::model::Link| match link.rel.as_deref() {
        None | Some("alternate") => 0,
        Some("self" | "enclosure" | "edit" | "replies" | "related") => 2,
        _ => 1,
    };
    let link = entry
        .links
        .iter()
        .filter(|link| rank(link) < 2)
        .min_by_key(|link| rank(link))
        .or(entry.links.first());
    let absolute = |href: &str| match base {
        Some(base) => base.join(href.trim()).ok().map(|url| url.to_string()),
        None => Url::parse(href.trim()).ok().map(|url| url.to_string()),
    };
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let id = entry.id.trim().to_owned();
    let url = link.and_then(|link| absolute(&link.href)).or_else(|| is_url(&id).then(|| id.clone()));
    let title = entry.title.and_then(|text| plain(&text.content));
    let published = entry.published.or(entry.updated);
    let published = published
        .and_then(|at| Timestamp::from_second(at.timestamp()).ok())
        .and_then(|at| date::sane(at, now));
    let content = entry.content.and_then(|content| content.body).filter(|body| !body.trim().is_empty());
    let summary = entry.summary.and_then(|text| plain(&text.content));
    Entry { key: id, url, title, published, summary, content }
}

/// guid → guid + link where guids collide → link → hash of title and content.
fn distinct_keys(entries: &mut [Entry]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for entry in entries.iter() {
        *counts.entry(entry.key.clone()).or_default() += 1;
    }
    for entry in entries.iter_mut() {
        if entry.key.is_empty() {
            entry.key = match &entry.url {
                Some(url) => url.clone(),
                None => {
                    let mut hasher = blake3::Hasher::new();
                    for part in [&entry.title, &entry.summary, &entry.content] {
                        hasher.update(part.as_deref().unwrap_or_default().as_bytes());
                        hasher.update(&[0]);
                    }
                    format!("hash:{}", &hasher.finalize().to_hex()[..32])
                }
            };
        } else if counts.get(&entry.key).is_some_and(|count| *count > 1) {
            entry.key =
                format!("{} {}", entry.key, entry.url.as_deref().unwrap_or_default()).trim_end().to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn feed(body: &str) -> Result<Feed, ReadError> {
        read(&Page { url: "https://example.org/feed/".into(), body: body.into(), ..Page::default() }, now())
    }

    /// Titles and addresses of the entries of an RSS channel with this inside.
    fn check(inside: &str, expected: &[(&str, &str)], repaired: bool) {
        let body = format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title><link>https://example.org/</link><description>d</description>{inside}"
        );
        let feed = feed(&body).unwrap();
        let found: Vec<_> = feed
            .entries
            .iter()
            .map(|e| (e.title.as_deref().unwrap_or(""), e.url.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(found, expected, "{inside}");
        assert_eq!(!feed.repairs.is_empty(), repaired, "{inside}: {:?}", feed.repairs);
    }

    #[test]
    fn clean_and_broken_feeds_yield_their_entries() {
        let one = &[("One", "https://example.org/1")];
        check("<item><title>One</title><link>/1</link><guid>1</guid></item></channel></rss>", one, false);
        check(
            "<item><title>Caff&amp;egrave; &lt;b&gt;x&lt;/b&gt;</title><link>https://example.org/1</link></item></channel></rss>",
            &[("Caffè x", "https://example.org/1")],
            false,
        );
        check(
            "<item><title>R&D &egrave; qui</title><link>https://example.org/1</link></item></channel></rss>",
            &[("R&D è qui", "https://example.org/1")],
            true,
        );
        check(
            "<item><title>One\u{1}</title><link>https://example.org/1</link></item></channel></rss>",
            one,
            false,
        );
        check("<item><title>One</title><link>https://example.org/1</link></item><item><title>Tw", one, true);
    }

    #[test]
    fn what_is_no_feed_is_named() {
        for (body, kind) in [
            ("", "empty"),
            ("  \n", "empty"),
            ("<!doctype html><html><head><title>Log in</title></head></html>", "html-for-feed"),
            ("plain words", "not-a-feed"),
            ("{\"a\": 1}", "not-a-feed"),
        ] {
            assert_eq!(feed(body).unwrap_err().kind(), kind, "{body:?}");
        }
    }

    #[test]
    fn entries_are_told_apart_even_where_ids_collide() {
        let item = |guid: &str, n: u32| {
            format!("<item><guid>{guid}</guid><title>{n}</title><link>https://example.org/{n}</link></item>")
        };
        let body = format!(
            "<rss version=\"2.0\"><channel><title>T</title>{}{}{}</channel></rss>",
            item("same", 1),
            item("same", 2),
            item("own", 3)
        );
        let keys: Vec<_> = feed(&body).unwrap().entries.into_iter().map(|entry| entry.key).collect();
        assert_eq!(keys, ["same https://example.org/1", "same https://example.org/2", "own"]);
    }

    #[test]
    fn a_date_in_the_future_is_unknown() {
        let item = |date: &str| {
            format!(
                "<rss version=\"2.0\"><channel><title>T</title><item><title>x</title><pubDate>{date}</pubDate></item></channel></rss>"
            )
        };
        assert!(feed(&item("Sun, 22 Nov 2026 10:00:00 GMT")).unwrap().entries[0].published.is_some());
        assert!(feed(&item("Sun, 22 Nov 2099 10:00:00 GMT")).unwrap().entries[0].published.is_none());
    }
}
