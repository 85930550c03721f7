//! Who wanted to know: watches are data, and hold passages against evidence.
//!
//! A watch names groups of entities and terms. Runs of sentences in which the asked-for groups
//! meet are passages; each part adds its weight where its own groups stand in the passage as the
//! part wants them. The best passage decides.

mod compile;
mod config;
mod hits;
mod judge;
mod miss;
mod passage;
mod reading;
mod terms;
mod verdict;
mod within;

use jiff::Timestamp;
use vedetta_domain::{Language, Source, TaggedArticle, WatchId};

pub use compile::WatchProblem;
pub use config::{
    FieldWeights, GroupConfig, NearConfig, PartConfig, PassageConfig, Severity, SourceRules, WatchConfig,
    WatchTest,
};
pub use reading::Reading;
pub use verdict::{PartOutcome, Verdict};

/// A checked watch, ready to judge.
#[derive(Debug)]
pub struct Watch {
    id: WatchId,
    version: String,
    terms: terms::TermIndex,
    groups: Vec<Group>,
    passage: PassageRule,
    parts: Vec<Part>,
    expires: Option<Timestamp>,
    config: WatchConfig,
}

/// What a group needs beyond its configuration; numbers are places in the list of groups.
#[derive(Debug)]
struct Group {
    regexes: Vec<regex::Regex>,
    of: Vec<usize>,
    near: Vec<Near>,
    /// Nothing but the worker's mentions can meet it.
    only_mentions: bool,
}

#[derive(Debug)]
struct Near {
    one: usize,
    other: usize,
    words: usize,
    ordered: bool,
    not_between: Vec<usize>,
}

#[derive(Debug)]
struct PassageRule {
    all: Vec<usize>,
    any: Vec<usize>,
    none: Vec<usize>,
    within: within::Within,
}

#[derive(Debug)]
struct Part {
    all: Vec<usize>,
    any: Vec<usize>,
    none: Vec<usize>,
    within: within::Within,
}

/// What a watch must know beside the article.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Where the article came from; `None` passes every source rule.
    pub source: Option<&'a Source>,
    /// The present.
    pub now: Timestamp,
}

/// A test case of a watch that did not go as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct TestFailure {
    /// The case's name, or its number.
    pub name: String,
    /// What was expected and what came.
    pub message: String,
    /// The explanation.
    pub verdict: Verdict,
}

impl Watch {
    /// Checks `config`; every problem is reported, not only the first.
    pub fn compile(config: WatchConfig) -> Result<Self, Vec<WatchProblem>> {
        compile::compile(config)
    }

    /// The watch's id.
    pub fn id(&self) -> &WatchId {
        &self.id
    }

    /// Hash of the definition: another one is another watch to the store.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The definition as it was written.
    pub fn config(&self) -> &WatchConfig {
        &self.config
    }

    /// Lexicon groups that the watch asks for, to be checked against the lexicon.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.config.group.iter().flat_map(|g| g.tags.iter().chain(&g.tags_all)).map(String::as_str)
    }

    /// Lexicon entities that the watch asks for, to be checked against the lexicon.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.config.group.iter().flat_map(|g| &g.entities).map(String::as_str)
    }

    /// Judges one article. With many watches, lay it out once and use [`Watch::check_reading`].
    pub fn check(&self, article: &TaggedArticle, context: &Context<'_>) -> Verdict {
        self.check_reading(&Reading::new(article), context)
    }

    /// Judges an article that is laid out already.
    pub fn check_reading(&self, reading: &Reading<'_>, context: &Context<'_>) -> Verdict {
        match self.skip(reading.article.language.language, context) {
            Some(why) => Verdict { skipped: Some(why), ..judge::empty(self) },
            None => judge::judge(self, reading),
        }
    }

    /// Runs the watch's own test cases; `tag` does what the worker does.
    pub fn run_tests(
        &self,
        mut tag: impl FnMut(&WatchTest) -> TaggedArticle,
        now: Timestamp,
    ) -> Vec<TestFailure> {
        let mut failures = Vec::new();
        for (i, test) in self.config.test.iter().enumerate() {
            let verdict = self.check(&tag(test), &Context { source: None, now });
            let message = match (&verdict.matched, &test.reason) {
                (None, _) if test.alert => format!("expected an alert, score {:.2}", verdict.score),
                (Some(_), _) if !test.alert => format!("expected no alert, score {:.2}", verdict.score),
                (Some(found), Some(reason)) if !found.reasons.iter().any(|r| r.part == *reason) => {
                    format!("expected the reason `{reason}`")
                }
                _ => continue,
            };
            let name = if test.name.is_empty() { format!("test[{i}]") } else { test.name.clone() };
            failures.push(TestFailure { name, message, verdict });
        }
        failures
    }

    fn skip(&self, language: Language, context: &Context<'_>) -> Option<String> {
        let config = &self.config;
        if !config.enabled {
            return Some("the watch is not enabled".into());
        }
        if let Some(expires) = self.expires.filter(|&at| at <= context.now) {
            return Some(format!("the watch expired at {expires}"));
        }
        if !config.languages.is_empty() && !config.languages.iter().any(|l| l == language.code()) {
            return Some(format!(
                "language {} is not among {}",
                language.code(),
                config.languages.join(", ")
            ));
        }
        let source = context.source?;
        let rules = &config.sources;
        let has = |tags: &[String]| source.tags.iter().any(|t| tags.contains(t));
        if !rules.tags.is_empty() && !has(&rules.tags) {
            return Some(format!("source {} has none of the tags {}", source.id, rules.tags.join(", ")));
        }
        if has(&rules.not_tags) {
            return Some(format!("source {} has a tag that the watch leaves out", source.id));
        }
        if (!rules.ids.is_empty() && !rules.ids.contains(&source.id.0))
            || rules.not_ids.contains(&source.id.0)
        {
            return Some(format!("source {} is left out", source.id));
        }
        if source.trust < rules.min_trust {
            return Some(format!(
                "source {} has trust {}, the watch asks for {}",
                source.id, source.trust, rules.min_trust
            ));
        }
        None
    }
}
