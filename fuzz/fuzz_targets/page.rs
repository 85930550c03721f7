//! Bytes to an article: no longer than the page, clean, addressed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vedetta_domain::{PageRules, SourceKind};
use vedetta_fuzz::{now, only_our_panics, page};

fuzz_target!(|data: &[u8]| {
    only_our_panics();
    let page = page(data);
    if let Ok(article) = vedetta_ingest::extract(&page, &PageRules::default(), now()) {
        assert!(!article.text.contains('\0'));
        assert!(article.text.len() <= 4 * data.len() + 1_000, "{} bytes of text", article.text.len());
        if let Some(url) = &article.canonical_url {
            assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
        }
    }
    if let Ok(listing) = vedetta_ingest::read_source(SourceKind::Listing, &page, &PageRules::default(), now())
    {
        for entry in &listing.entries {
            assert!(entry.url.as_ref().is_some_and(|url| url.starts_with("http")));
        }
    }
});
