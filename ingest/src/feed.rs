//! A feed's bytes to entries: through feed-rs, and forgivingly where that refuses.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use url::Url;
use vedetta_domain::{Entry, Feed, Page};

use crate::{
    ReadError, charset, date,
    entry_link::{absolute, as_address, rank},
    lenient,
    plain::plain,
};

/// Entries that are read from one feed.
const MOST: usize = 2_000;

/// Reads a feed: feed-rs first, and forgivingly where that finds nothing, or less than there seems to be; the fuller
/// of the two readings counts.
pub fn read(page: &Page, now: Timestamp) -> Result<Feed, ReadError> {
    let url = page.url.clone();
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { url });
    }
    let text = charset::feed(&page.body, page.content_type.as_deref());
    let bytes = text.as_ref().map_or(page.body.as_slice(), |text| text.as_bytes());
    let strict = parse(bytes, &page.url).map(|parsed| convert(parsed, &page.url, now));
    let fullness = |feed: &Feed| {
        let filled = |e: &Entry| {
            usize::from(e.title.is_some()) + usize::from(e.url.is_some()) + usize::from(e.published.is_some())
        };
        (feed.entries.len(), feed.entries.iter().map(filled).sum::<usize>())
    };
    let found = strict.as_ref().map_or((0, 0), fullness);
    let pace = pace_s(bytes);
    let strict = strict.map(|feed| paced(feed, pace));
    if found.0 < lenient::count(bytes).max(1) || found.1 < 3 * found.0 {
        if found.0 == 0 && looks_like_html(bytes) {
            return Err(ReadError::HtmlForFeed { url });
        }
        let text = text.unwrap_or_else(|| charset::decode(&page.body, page.content_type.as_deref()));
        if let Some(mut feed) = lenient::read(&text, &page.url, now).filter(|feed| fullness(feed) > found) {
            feed = paced(feed, pace);
            feed.entries.truncate(MOST);
            distinct_keys(&mut feed.entries);
            feed.repairs.push(match &strict {
                Ok(_) => "read forgivingly: a strict reader finds less".to_owned(),
                Err(why) => format!("read forgivingly: {why}"),
            });
            return Ok(feed);
        }
    }
    strict.map_err(|why| ReadError::NotAFeed { url, why })
}

/// The channel's head, where the syndication module stands.
const HEAD: usize = 8 << 10;

/// How often the feed says that it changes, in seconds (the `syndication` module: a period, and times in it). Source:
/// https://web.resource.org/rss/1.0/modules/syndication/
fn pace_s(body: &[u8]) -> Option<u32> {
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]);
    let value = |name: &str| {
        let (_, rest) = head.split_once(&format!("{name}>"))?;
        Some(rest.split('<').next()?.trim().to_ascii_lowercase())
    };
    let period: u32 = match value(":updatePeriod")?.as_str() {
        "hourly" => 3_600,
        "daily" => 86_400,
        "weekly" => 7 * 86_400,
        "monthly" => 30 * 86_400,
        "yearly" => 365 * 86_400,
        _ => return None,
    };
    let times = value(":updateFrequency").and_then(|times| times.parse().ok()).unwrap_or(1).max(1);
    Some(period / times)
}

fn paced(feed: Feed, pace_s: Option<u32>) -> Feed {
    Feed { ttl_s: feed.ttl_s.max(pace_s), ..feed }
}

/// What feed-rs reads. It is built on parsers that have panicked on odd encodings: that is an error like another.
fn parse(body: &[u8], base: &str) -> Result<feed_rs::model::Feed, String> {
    let base =
        Url::parse(base).ok().filter(|url| url.scheme().starts_with("http")).map(|url| url.to_string());
    let parser = feed_rs::parser::Builder::new()
        .base_uri(base.as_deref())
        .sanitize_content(false)
        // An id of our own making, so that an entry without one is seen as such.
        .id_generator(|_, _, _| String::new())
        .build();
    match catch_unwind(AssertUnwindSafe(|| parser.parse(body))) {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_) => Err("the parser failed on it".to_owned()),
    }
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

fn convert(parsed: feed_rs::model::Feed, base: &str, now: Timestamp) -> Feed {
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
        repairs: Vec::new(),
    }
}

fn convert_entry(entry: feed_rs::model::Entry, base: Option<&Url>, now: Timestamp) -> Entry {
    let link = entry
        .links
        .iter()
        // Those with a target lead to comments.
        .filter(|link| link.target.is_none())
        .filter_map(|link| Some((rank(link.rel.as_deref(), link.media_type.as_deref())?, link)))
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, link)| link);
    let id = entry.id.trim().to_owned();
    let url = link.and_then(|link| absolute(base, &link.href)).or_else(|| as_address(&id));
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
