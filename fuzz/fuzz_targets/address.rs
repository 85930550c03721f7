//! An address to its canonical form: https, stable, and one for all spellings of its fragment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vedetta_dedupe::canonical_url;
use vedetta_fuzz::only_our_panics;

fuzz_target!(|address: &str| {
    only_our_panics();
    if let Some(once) = canonical_url(address) {
        assert!(once.starts_with("https://"), "{once}");
        let twice = canonical_url(&once);
        assert_eq!(twice.as_deref(), Some(once.as_str()), "canonical stays canonical");
        // Control characters and spaces at the end of an address are no part of it.
        let bare = address.trim_end_matches(|c: char| c <= ' ' || c.is_whitespace());
        if !bare.contains('#') {
            assert_eq!(canonical_url(&format!("{bare}#part")), Some(once));
        }
    }
});
