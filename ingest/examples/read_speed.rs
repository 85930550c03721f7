//! How fast pages and feeds are read, as `make bench` asks for it: the pages of the tests and feeds made of their texts.
//!
//! Ends with 1 below 80 pages a second or 60 MB of clean feeds a second on one core.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::{fmt::Write as _, process::ExitCode, time::Instant};

use jiff::Timestamp;
use vedetta_domain::{Page, PageRules, SourceKind};
use vedetta_ingest::{extract, read_source};

const ROUNDS: usize = 5;
const PAGES_BAR: f64 = 80.0;
const FEEDS_BAR: f64 = 60.0;

fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages");
    let (mut pages, mut texts) = (Vec::new(), Vec::new());
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the pages").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let bytes = std::fs::read(&path).expect("a file");
        match path.extension().and_then(|e| e.to_str()) {
            Some("html") => pages.push(bytes),
            Some("txt") => texts.push(String::from_utf8_lossy(&bytes).into_owned()),
            _ => {}
        }
    }
    let now: Timestamp = "2026-11-25T12:00:00Z".parse().expect("a time");
    let page = |body: &[u8], content_type: &str| Page {
        url: "https://www.example.org/analisi/pagina".into(),
        content_type: Some(content_type.into()),
        body: body.to_vec(),
        ..Page::default()
    };
    let (mut read, mut bytes) = (0, 0);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        for body in &pages {
            read += usize::from(extract(&page(body, "text/html"), &PageRules::default(), now).is_ok());
            bytes += body.len();
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = (ROUNDS * pages.len()) as f64 / seconds;
    println!(
        "pages: {rate:.0} a second of {:.0} kB on one core (bar {PAGES_BAR:.0}), {read} read",
        bytes as f64 / (ROUNDS * pages.len()) as f64 / 1e3
    );

    let feeds: Vec<Vec<u8>> = texts.chunks(12).map(|texts| feed(texts).into_bytes()).collect();
    let (mut entries, mut bytes) = (0, 0);
    let began = Instant::now();
    while began.elapsed().as_secs_f64() < 3.0 {
        for body in &feeds {
            let feed =
                read_source(SourceKind::Feed, &page(body, "application/rss+xml"), &PageRules::default(), now);
            entries += feed.map_or(0, |feed| feed.entries.len());
            bytes += body.len();
        }
    }
    let speed = bytes as f64 / 1e6 / began.elapsed().as_secs_f64();
    println!(
        "feeds: {speed:.0} MB/s of clean RSS with full texts on one core (bar {FEEDS_BAR:.0}), {entries} entries"
    );
    ExitCode::from(u8::from(rate < PAGES_BAR || speed < FEEDS_BAR || entries == 0))
}

fn feed(texts: &[String]) -> String {
    let mut feed = String::from(
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Studi</title>",
    );
    for (n, text) in texts.iter().enumerate() {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let first: String = text.chars().take(200).collect();
        let _ = write!(
            feed,
            "<item><title>Studio {n}</title><link>https://www.example.org/studi/{n}</link><guid>{n}</guid>\
             <pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate><description>{first}</description><content:encoded>{text}</content:encoded></item>"
        );
    }
    feed + "</channel></rss>"
}
