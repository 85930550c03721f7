//! Two texts, parted by a line of three dashes: whether they are nearly the same does not depend on the order, a text is
//! the same as itself, and nothing that a text holds stops the comparison.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vedetta_dedupe::{Fingerprint, Nearness, Prepared, compare_texts};
use vedetta_fuzz::only_our_panics;

fuzz_target!(|texts: &str| {
    only_our_panics();
    let (a, b) = texts.split_once("\n---\n").unwrap_or((texts, ""));
    let (of_a, of_b) = (Prepared::of("Title", a), Prepared::of("Title", b));
    let (there, back) = (compare_texts(&of_a, &of_b), compare_texts(&of_b, &of_a));
    assert_eq!((there.jaccard, there.containment), (back.jaccard, back.containment));
    assert!((0.0..=1.0).contains(&there.jaccard) && (0.0..=1.0).contains(&there.containment));
    if !of_a.words.is_empty() {
        assert_eq!(compare_texts(&of_a, &of_a).kind, Some(Nearness::Alike), "a text is like itself");
    }
    assert_eq!(Fingerprint::of("Title", a), Fingerprint::of("Title", a));
});
