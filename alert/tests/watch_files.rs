//! The shipped watches pass their own test cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use jiff::Timestamp;
use support::{Tagger, root, watch};

#[test]
fn shipped_watches_pass_their_own_tests() {
    let tagger = Tagger::shipped();
    let mut failures = String::new();
    for file in std::fs::read_dir(root().join("config/watchlists")).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        let Some(id) = name.strip_suffix(".toml") else { continue };
        let watch = watch(id);
        assert_eq!(watch.id().0, id);
        assert!(watch.config().test.len() >= 4, "{id} has too few tests");
        let tag = |test: &vedetta_alert::watch::WatchTest| {
            tagger.tag(test.title.as_deref(), &test.text, test.language.as_deref().unwrap_or("en"))
        };
        for failure in watch.run_tests(tag, Timestamp::UNIX_EPOCH) {
            let explained = vedetta_alert::explain::verdict(&failure.verdict);
            failures.push_str(&format!("{}: {}\n{explained}\n", failure.name, failure.message));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
