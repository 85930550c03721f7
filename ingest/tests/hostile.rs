//! Bytes that mean no good: a table of feeds and pages, and what each must come to, within bounded time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vedetta_domain::{Page, PageRules, SourceKind};
use vedetta_ingest::{extract, read_source};

/// Longest that one row may take, on a busy machine and without optimisation.
const LIMIT: Duration = Duration::from_secs(20);

fn now() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn page(body: Vec<u8>, content_type: &str) -> Page {
    Page {
        url: "https://example.org/x".into(),
        content_type: Some(content_type.into()),
        body,
        ..Page::default()
    }
}

/// What came of a row: the kind of its error, or what was read.
fn timed(id: &str, read: impl FnOnce() -> String) -> String {
    let began = Instant::now();
    let outcome = read();
    assert!(began.elapsed() < LIMIT, "{id} took {:?}", began.elapsed());
    outcome
}

const ITEM: &str = "<item><title>Two satellites</title><link>https://example.org/1</link></item>";

fn rss(inside: &str) -> String {
    format!("<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{inside}</channel></rss>")
}

#[test]
fn feeds() {
    let entity = |declared: &str, used: &str| {
        format!(
            "<?xml version='1.0'?><!DOCTYPE rss [{declared}]><rss version='2.0'><channel>{ITEM}\
             <item><title>Seen: {used}</title><link>https://example.org/2</link></item></channel></rss>"
        )
    };
    // Ten levels of ten: ten thousand million letters, were they made.
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .fold("<!ENTITY l0 \"ha\">".to_owned(), |all, one| all + &one);
    let quadratic = format!("<!ENTITY q \"{}\">", "a".repeat(100_000));
    let deep = |n: usize| rss(&format!("{}{ITEM}", "<a>".repeat(n)));
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("entity bomb", entity(&laughs, "&l9;").into(), "2 entries"),
        ("quadratic entity", entity(&quadratic, &"&q;".repeat(10_000)).into(), "2 entries"),
        ("external entity", entity("<!ENTITY e SYSTEM 'file:///etc/passwd'>", "&e;").into(), "2 entries"),
        (
            "external DTD",
            format!("<!DOCTYPE rss SYSTEM 'http://127.0.0.1/x.dtd'>{}", rss(ITEM)).into(),
            "1 entries",
        ),
        ("a million elements deep", deep(1_000_000).into(), "not-a-feed"),
        (
            "a million elements deep in an entry",
            rss(&ITEM.replace("</item>", &format!("{}</item>", "<a>".repeat(1_000_000)))).into(),
            "1 entries",
        ),
        (
            "a million attributes",
            rss(&format!("<a {}/>{ITEM}", "x='1' ".repeat(1_000_000))).into(),
            "1 entries",
        ),
        (
            "a name of a million letters",
            rss(&format!("<{0}></{0}>{ITEM}", "n".repeat(1_000_000))).into(),
            "1 entries",
        ),
        (
            "a comment without end",
            format!("{}<!-- {ITEM}", rss(ITEM).trim_end_matches("</channel></rss>")).into(),
            "1 entries",
        ),
        (
            "CDATA without end",
            rss(&format!("{ITEM}<item><title><![CDATA[{}", "x".repeat(100_000))).into(),
            "1 entries",
        ),
        ("a hundred thousand entries", rss(&ITEM.repeat(100_000)).into(), "2000 entries"),
        (
            "invalid UTF-8",
            [rss(ITEM).as_bytes(), &[0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]].concat(),
            "1 entries",
        ),
        ("invalid UTF-8 in a title", rss(ITEM).replace("satellites", "satel\u{1}lites").into(), "1 entries"),
        ("UTF-16 that is said to be UTF-8", utf16(&rss(ITEM)), "1 entries"),
        ("a wrong charset", rss(ITEM).replace("'1.0'", "'1.0' encoding='utf-16'").into(), "1 entries"),
        (
            "a charset that is none",
            rss(ITEM).replace("'1.0'", "'1.0' encoding='klingon-8'").into(),
            "1 entries",
        ),
        ("NUL", rss(ITEM).replace("Two", "T\0o").into(), "1 entries"),
        (
            "noise",
            (0..500_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
            "not-a-feed",
        ),
        ("brackets alone", "<".repeat(500_000).into(), "not-a-feed"),
        (
            "deep JSON",
            format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{}", "[".repeat(500_000))
                .into(),
            "not-a-feed",
        ),
        ("white space alone", " ".repeat(1_000_000).into(), "empty"),
        ("nothing", Vec::new(), "empty"),
        ("a page", "<!doctype html><html><body>Log in</body></html>".into(), "html-for-feed"),
    ];
    let (mut found, mut wants) = (Vec::new(), Vec::new());
    for (id, body, wanted) in rows {
        let outcome = timed(id, || {
            match read_source(
                SourceKind::Feed,
                &page(body, "application/rss+xml; charset=utf-8"),
                &PageRules::default(),
                now(),
            ) {
                Ok(feed) => {
                    let size: usize =
                        feed.entries.iter().map(|e| e.title.as_ref().map_or(0, String::len)).sum();
                    assert!(size < 200_000, "{id}: titles of {size} bytes");
                    assert!(!format!("{feed:?}").contains("root:"), "{id}: a local file was read");
                    format!("{} entries", feed.entries.len())
                }
                Err(error) => error.kind().to_owned(),
            }
        });
        found.push((id, outcome));
        wants.push((id, wanted.to_owned()));
    }
    assert_eq!(found, wants);
}

fn utf16(text: &str) -> Vec<u8> {
    [0xfffe_u16.swap_bytes()].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

const PARAGRAPHS: &str = "<p>The commission said that the second satellite would be ready for launch within a year, and that \
    its cameras had been tested in a vacuum chamber near the coast.</p><p>Engineers of both countries met twice this spring \
    to settle how the images are to be shared, an official with knowledge of the talks told this website.</p><p>No price \
    was given. Earlier contracts of this kind were paid in part with loans that run for fifteen years.</p>";

#[test]
fn pages() {
    let html = |inside: &str| {
        format!(
            "<!doctype html><html><head><title>Two satellites</title></head><body><article><h1>Two satellites</h1>{PARAGRAPHS}{inside}</article></body></html>"
        )
    };
    let latin = |text: &str| text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect::<Vec<u8>>();
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a million elements deep", html(&"<div>".repeat(1_000_000)).into(), "too-deep"),
        ("a million inline elements deep", html(&"<b><i>".repeat(500_000)).into(), "too-deep"),
        ("a million unclosed paragraphs", html(&"<p>".repeat(300_000)).into(), "article"),
        ("a million attributes", html(&format!("<p {}>x</p>", "x='1' ".repeat(1_000_000))).into(), "article"),
        ("ten thousand tables in one another", html(&"<table><tr><td>".repeat(10_000)).into(), "too-deep"),
        ("a comment without end", html("<!--").into(), "article"),
        ("a script without end", html("<script>").into(), "article"),
        ("invalid UTF-8", [html("").as_bytes(), &[0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]].concat(), "article"),
        (
            "Latin-1 that is said to be UTF-8",
            latin(&html("<p>Perché così è già più facile, dirà l'università.</p>")),
            "article",
        ),
        ("UTF-16 that is said to be UTF-8", utf16(&html("")), "article"),
        (
            "a charset that is none",
            html("").replace("<head>", "<head><meta charset=klingon-8>").into(),
            "article",
        ),
        ("NUL", html("\0\0\0").into(), "article"),
        ("bidirectional marks and emoji", html("<p>\u{202e}🚀\u{200f}👩‍🚀\u{feff}</p>").into(), "article"),
        ("a word of a million letters", html(&format!("<p>{}</p>", "w".repeat(1_000_000))).into(), "article"),
        ("a regular expression's worst", html(&format!("<p>{}</p>", "a!".repeat(200_000))).into(), "article"),
        ("a PDF that is none", b"%PDF-1.7 nothing more".to_vec(), "no-article"),
        ("white space alone", " ".repeat(1_000_000).into(), "empty"),
        ("nothing", Vec::new(), "empty"),
    ];
    let read = |body: Vec<u8>| {
        let kind = if body.starts_with(b"%PDF") { "application/pdf" } else { "text/html; charset=utf-8" };
        extract(&page(body, kind), &PageRules::default(), now())
    };
    let (mut found, mut wants) = (Vec::new(), Vec::new());
    for (id, body, wanted) in rows {
        let outcome = timed(id, || match read(body) {
            Ok(article) => {
                assert!(article.text.contains("vacuum chamber"), "{id}: {:.300}", article.text);
                format!("{:?}", article.kind).to_lowercase()
            }
            Err(error) => error.kind().to_owned(),
        });
        found.push((id, outcome));
        wants.push((id, wanted.to_owned()));
    }
    assert_eq!(found, wants);
}
