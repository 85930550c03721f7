//! What the reader of feeds makes of the files of a folder, as `make eval` asks for it.
//!
//! `feed_entries FOLDER`: one JSON line a file, by name: `file`, then `kind` of the error or `entries` (title, link,
//! published as seconds since 1970) and `repairs`; `panicked` where the reader did. Ends with a line on clean feeds'
//! speed: bytes and seconds of the files that needed no repair, read again until two seconds are over.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use vedetta_domain::{Page, PageRules, SourceKind};
use vedetta_ingest::read_source;

const ENDINGS: [&str; 5] = ["xml", "rss", "atom", "rdf", "json"];

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: feed_entries FOLDER"));
    let mut files = Vec::new();
    walk(&folder, &mut files);
    files.sort();
    // Far enough in the future that no date of a file lies beyond it.
    let now: Timestamp = "2100-01-01T00:00:00Z".parse().expect("a time");
    let mut out = std::io::stdout().lock();
    let mut clean = Vec::new();
    for path in files {
        let body = std::fs::read(&path).expect("the file can be read");
        let page = Page { url: "http://example.org/feed".into(), body, ..Page::default() };
        let read =
            std::panic::catch_unwind(|| read_source(SourceKind::Feed, &page, &PageRules::default(), now));
        let mut line = match read {
            Err(_) => json!({ "panicked": true }),
            Ok(Err(error)) => json!({ "kind": error.kind(), "error": error.to_string() }),
            Ok(Ok(feed)) => {
                let entry = |e: &vedetta_domain::Entry| -> Value {
                    json!({ "title": e.title, "link": e.url, "published": e.published.map(Timestamp::as_second) })
                };
                let line = json!({ "entries": feed.entries.iter().map(entry).collect::<Vec<_>>(), "repairs": feed.repairs });
                if feed.repairs.is_empty() && !feed.entries.is_empty() {
                    clean.push(page);
                }
                line
            }
        };
        let name = path.strip_prefix(&folder).unwrap_or(&path);
        line["file"] = json!(name.to_string_lossy());
        writeln!(out, "{line}").expect("stdout");
    }
    let (mut bytes, began) = (0, Instant::now());
    while began.elapsed() < Duration::from_secs(2) && !clean.is_empty() {
        for page in &clean {
            std::hint::black_box(read_source(SourceKind::Feed, page, &PageRules::default(), now).is_ok());
            bytes += page.body.len();
        }
    }
    let speed =
        json!({ "clean_files": clean.len(), "bytes": bytes, "seconds": began.elapsed().as_secs_f64() });
    writeln!(out, "{speed}").expect("stdout");
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e)) {
            files.push(path);
        }
    }
}
