//! Bytes to text, whatever charset is declared: total, bounded, and ASCII stays what it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vedetta_fuzz::{only_our_panics, page};

fuzz_target!(|data: &[u8]| {
    only_our_panics();
    let page = page(data);
    let text = vedetta_ingest::decode(&page.body, page.content_type.as_deref());
    assert!(text.len() <= 4 * page.body.len() + 16, "{} bytes of {}", text.len(), page.body.len());
    if page.content_type.is_none() && page.body.iter().all(|b| b.is_ascii_alphanumeric()) {
        assert_eq!(text.as_bytes(), page.body);
    }
});
