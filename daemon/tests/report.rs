//! A page with an abstract and its report as PDF: the report's text is the article's.

use serde_json::Value;
use vedetta_domain::{ItemId, SourceId};

use crate::{
    hostile::{said, server::start_at},
    support::vedetta,
};

#[path = "../../ingest/tests/support/pdf_file.rs"]
mod pdf_file;

/// What is stored of a page whose report is `report`.
async fn stored(report: Option<Vec<u8>>) -> String {
    let page = "<html lang=en><head><title>Two satellites</title></head><body><article><h1>Two satellites</h1><p>This paper \
        looks at the second satellite of the commission, which is to be launched within a year, and at the contracts that \
        were signed for it in spring.</p><p>It draws on talks with engineers of both countries and on tender papers.</p>\
        <p><a href='/paper.pdf'>Download the full report</a></p></article></body></html>";
    let feed = "<rss version='2.0'><channel><title>F</title><item><title>Two satellites</title><guid>g</guid>\
        <link>/landing</link></item></channel></rss>";
    let mut cases = vec![
        said("feed", "application/rss+xml", feed.as_bytes()),
        said("landing", "text/html", page.as_bytes()),
    ];
    cases.extend(report.map(|body| said("paper.pdf", "application/pdf", &body)));
    let (base, task) = start_at("127.0.0.1", cases).await;
    let dir = tempfile::tempdir().unwrap();
    let config = format!(
        "schema = 1\n[general]\ndata_dir = {:?}\nshipped_sources = false\n[politeness]\nfeed_gap_ms = 0\npage_gap_ms = 0\n\
         [worker]\nmodel = \"none\"\n[[source]]\nid = \"s\"\nsite = {base:?}\nfeed = \"{base}/feed\"\nbackfill = true\n\
         allow_networks = [\"127.0.0.0/8\"]\n",
        dir.path().join("data")
    );
    std::fs::write(dir.path().join("vedetta.toml"), config).unwrap();
    let folder = dir.path().display().to_string();
    let id = ItemId::new(&SourceId("s".into()), "g").to_string();
    let out = tokio::task::spawn_blocking(move || {
        let out = vedetta(&["once", "--config", &folder], b"");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        vedetta(&["explain", &id, "--json", "--config", &folder], b"")
    });
    let out = out.await.unwrap();
    task.abort();
    let explained: Value = serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)));
    explained["article"]["article"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_behind_an_abstract_is_read() {
    let lines: &[&str] = &[
        "Two satellites for Karachi",
        "The commission said that the second satellite, PRSS-2, would be ready for launch within a year, and that its",
        "cameras had been tested in a vacuum chamber near the coast. Engineers of both countries met twice this spring.",
    ];
    let text = stored(Some(pdf_file::pdf(&[lines], ""))).await;
    assert!(text.contains("tender papers") && text.contains("PRSS-2"), "{text}");
    // A report that cannot be had, or read, costs nothing.
    for report in [None, Some(b"%PDF-1.4 nothing more".to_vec())] {
        let text = stored(report).await;
        assert!(text.contains("tender papers") && !text.contains("PRSS-2"), "{text}");
    }
}
