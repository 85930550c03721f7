//! The language of watches: what is refused, and how a miss is told.

use jiff::Timestamp;
use vedetta_alert::{Context, Watch, WatchConfig};
use vedetta_domain::TaggedArticle;

const GOOD: &str = r#"
schema = 1
id = "w"
title = "W"
threshold = 1.0
[passage]
all = ["a", "b"]
within = "3 sentences"
weights = [0.5]
[[group]]
name = "a"
weight = 0.3
terms = ["alpha"]
[[group]]
name = "b"
weight = 0.3
terms = ["beta*"]
neutralise = ["beta test"]
[[part]]
name = "veto"
any = ["a"]
none = ["b"]
within = "title"
veto = true
"#;

fn compile(text: &str) -> Result<Watch, Vec<String>> {
    let config: WatchConfig = toml::from_str(text).map_err(|e| vec![e.message().to_string()])?;
    Watch::compile(config).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn damaged_watches_are_refused_with_a_hint() {
    let check = |from: &str, to: &str, expected: &str| {
        let problems = compile(&GOOD.replace(from, to)).err().unwrap_or_default();
        assert!(problems.iter().any(|p| p.contains(expected)), "{to}: {problems:?}");
    };
    check("schema = 1", "schema = 2", "schema: version 2 is unknown");
    check("threshold = 1.0", "treshold = 1.0", "unknown field `treshold`");
    check("all = [\"a\", \"b\"]", "all = [\"a\", \"c\"]", "passage.all[1]: group `c` does not exist");
    check("\"alpha\"", "\"al*\"", "group.a.terms[0]: stem `al*` is shorter than 3 letters");
    check("terms = [\"alpha\"]", "", "group.a: is empty");
    check("terms = [\"alpha\"]", "regex = [\"(\"]", "group.a.regex[0]");
    check("terms = [\"alpha\"]", "regex = [\"(a{500}){500}\"]", "group.a.regex[0]");
    check("terms = [\"alpha\"]", "regex = [\"x*\"]", "matches the empty text");
    check("none = [\"b\"]", "none = [\"a\"]", "both asked for and forbidden");
    check("3 sentences", "near by", "passage.within");
    check("[\"beta test\"]", "[\"beta*\"]", "is a term too");
    check("veto = true", "veto = true\nweight = 1.0", "not both");
}

#[test]
fn all_problems_come_at_once() {
    let text =
        GOOD.replace("schema = 1", "schema = 9").replace("3 sentences", "?").replace("\"alpha\"", "\"*\"");
    assert_eq!(compile(&text).err().map(|p| p.len()), Some(3));
}

#[test]
fn the_version_follows_the_definition() {
    let version = |text: &str| compile(text).unwrap().version().to_string();
    assert_eq!(version(GOOD), version(GOOD));
    assert_ne!(version(GOOD), version(&GOOD.replace("0.5", "0.6")));
}

#[test]
fn misses_say_what_was_near() {
    let check = |title: &str, text: &str, matched: bool, expected: &str| {
        let mut tagged = TaggedArticle::default();
        tagged.article.title = Some(title.into());
        tagged.article.text = text.into();
        let context = Context { source: None, now: Timestamp::UNIX_EPOCH };
        let verdict = compile(GOOD).unwrap().check(&tagged, &context);
        assert_eq!(verdict.matched.is_some(), matched, "{text}: {verdict:?}");
        let told = verdict.misses.join("; ") + verdict.vetoed.as_deref().unwrap_or_default();
        assert!(told.contains(expected), "{text}: {told:?}");
    };
    check("t", "alpha and betas", true, "");
    check("t", "alpha\nbeta", true, "");
    check("t", "alpha\nx\ny\nz\nbeta", false, "b 4 sentences away from a, limit 2");
    check("t", "alpha and beta test", false, "no b");
    check("alpha", "alpha and betas", false, "veto");
    check("", "", false, "no a; no b");
}
