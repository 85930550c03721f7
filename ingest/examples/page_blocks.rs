//! The blocks of pages with their features, as `training/blocks.py` asks for them.
//!
//! `page_blocks LIST`: LIST has one JSON object a line, `path` and `url`. One JSON line a page: `path`, `url`, `blocks`
//! (text and features).
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::io::Write;

use serde_json::{Value, json};
use vedetta_domain::Page;

fn main() {
    let list = std::env::args().nth(1).expect("usage: page_blocks LIST");
    let list = std::fs::read_to_string(list).expect("the list can be read");
    let mut out = std::io::stdout().lock();
    for line in list.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let (path, url) = (line["path"].as_str().expect("path"), line["url"].as_str().expect("url"));
        let page = Page {
            url: url.to_owned(),
            body: std::fs::read(path).expect("the page can be read"),
            ..Page::default()
        };
        let blocks = vedetta_ingest::block_features(&page).unwrap_or_default();
        writeln!(out, "{}", json!({ "path": path, "url": url, "blocks": blocks })).expect("stdout");
    }
}
