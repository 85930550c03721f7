//! Bytes to entries: bounded, addressed, each with a key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vedetta_domain::{PageRules, SourceKind};
use vedetta_fuzz::{now, only_our_panics, page};

fuzz_target!(|data: &[u8]| {
    only_our_panics();
    let page = page(data);
    if let Ok(feed) = vedetta_ingest::read_source(SourceKind::Feed, &page, &PageRules::default(), now()) {
        assert!(feed.entries.len() <= 2_000);
        for entry in &feed.entries {
            assert!(!entry.key.is_empty());
            if let Some(url) = &entry.url {
                assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
            }
            if let Some(at) = entry.published {
                assert!(at <= now() + jiff::SignedDuration::from_hours(48), "{at}");
            }
        }
        // Nothing is made larger than it came.
        let titles: usize =
            feed.entries.iter().filter_map(|entry| entry.title.as_ref()).map(String::len).sum();
        assert!(titles <= 4 * data.len() + 1_000, "{titles} bytes of titles");
    }
    drop(vedetta_ingest::read_source(SourceKind::Sitemap, &page, &PageRules::default(), now()));
});
