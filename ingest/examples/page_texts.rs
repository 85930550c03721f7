//! What the reader of pages makes of files, as `make eval` asks for it.
//!
//! `page_texts LIST [--alone]`: LIST has one JSON object a line, `path` and `url`; a path that ends with `.gz` must have been
//! unpacked. One JSON line a page: `path`, `text`, `title`, `published` (seconds since 1970), `kind`, `error`, and
//! `crates`: the text of the `trafilatura` crate as it comes, in its three focuses (not with `--alone`, which is for
//! the rate and for profiles). Ends with a line on speed.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::io::Write;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Value, json};
use trafilatura::{ExtractionFocus, Options};
use vedetta_domain::{Page, PageRules};
use vedetta_ingest::extract;

/// That of the daemon.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let list = std::env::args().nth(1).expect("usage: page_texts LIST");
    let alone = std::env::args().any(|arg| arg == "--alone");
    let list = std::fs::read_to_string(list).expect("the list can be read");
    let now: Timestamp = "2100-01-01T00:00:00Z".parse().expect("a time");
    let mut out = std::io::stdout().lock();
    let mut seconds = 0.0;
    let mut pages = 0;
    for line in list.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let (path, url) = (line["path"].as_str().expect("path"), line["url"].as_str().expect("url"));
        let body = std::fs::read(path).expect("the page can be read");
        let page = Page { url: url.to_owned(), body, ..Page::default() };
        let began = Instant::now();
        let article = extract(&page, &PageRules::default(), now);
        seconds += began.elapsed().as_secs_f64();
        pages += 1;
        let mut found = match article {
            Ok(a) => json!({
                "text": a.text, "title": a.title, "published": a.published.map(Timestamp::as_second),
                "kind": format!("{:?}", a.kind), "authors": a.authors,
            }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        found["path"] = json!(path);
        found["crates"] = json!(if alone { Vec::new() } else { crates(&page) });
        writeln!(out, "{found}").expect("stdout");
    }
    writeln!(out, "{}", json!({ "pages": pages, "seconds": seconds })).expect("stdout");
}

fn crates(page: &Page) -> Vec<String> {
    // Its text form takes decoded text: it must not suffer from an encoding.
    let html = vedetta_ingest::decode(&page.body, None);
    let focuses = [ExtractionFocus::Balanced, ExtractionFocus::FavorPrecision, ExtractionFocus::FavorRecall];
    let text = |focus| {
        let options = Options::default().with_fallback(true).with_exclude_comments(true).with_focus(focus);
        trafilatura::extract(&html, &options).map(|found| found.content_text).unwrap_or_default()
    };
    focuses.into_iter().map(text).collect()
}
