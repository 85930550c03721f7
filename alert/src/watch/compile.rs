//! From a watch as written to one that runs: everything is checked, all problems at once.

use std::collections::HashMap;

use jiff::Timestamp;
use regex::RegexBuilder;
use vedetta_domain::WatchId;

use super::config::{GroupConfig, PartConfig, WatchConfig};
use super::terms::{Term, TermIndex};
use super::within::Within;
use super::{Group, Near, Part, PassageRule, Watch};

/// Compiled size that a regular expression may take, in bytes.
const REGEX_SIZE: usize = 256 * 1024;

/// One thing wrong with a watch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}; {hint}")]
pub struct WatchProblem {
    /// Where in the file: `group.china.terms[3]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

#[derive(Default)]
struct Problems(Vec<WatchProblem>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(WatchProblem { path: path.into(), message: message.into(), hint: hint.into() });
    }
}

type Names = HashMap<String, usize>;

pub(super) fn compile(config: WatchConfig) -> Result<Watch, Vec<WatchProblem>> {
    let mut problems = Problems::default();
    check_head(&config, &mut problems);
    let names = name_groups(&config, &mut problems);
    let mut terms = TermIndex::default();
    let groups: Vec<Group> = config
        .group
        .iter()
        .enumerate()
        .map(|(at, group)| compile_group(at, group, &names, config.group.len(), &mut terms, &mut problems))
        .collect();
    let passage = compile_passage(&config, &names, &mut problems);
    let parts = config.part.iter().map(|part| compile_part(part, &names, &mut problems)).collect();
    let expires = config.expires.as_deref().and_then(|text| {
        let parsed = text.parse::<Timestamp>();
        if parsed.is_err() {
            problems.add("expires", format!("`{text}` is not a time"), "write it like 2027-01-31T00:00:00Z");
        }
        parsed.ok()
    });
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let definition = serde_json::to_vec(&config).unwrap_or_default();
    let version = blake3::hash(&definition).to_hex()[..16].to_string();
    Ok(Watch { id: WatchId(config.id.clone()), version, terms, groups, passage, parts, expires, config })
}

fn check_head(config: &WatchConfig, problems: &mut Problems) {
    if config.schema != 1 {
        problems.add("schema", format!("version {} is unknown", config.schema), "write `schema = 1`");
    }
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if config.id.is_empty() || !config.id.chars().all(kebab) {
        problems.add("id", format!("`{}` is not kebab-case", config.id), "use a-z, 0-9 and hyphens");
    }
    if !config.threshold.is_finite() || config.threshold <= 0.0 {
        problems.add("threshold", "must be more than 0", "1.0 is a good start");
    }
    for (i, language) in config.languages.iter().enumerate() {
        if !matches!(language.as_str(), "en" | "it" | "other") {
            problems.add(
                format!("languages[{i}]"),
                format!("`{language}` is unknown"),
                "use en, it or other",
            );
        }
    }
    for tag in config.sources.tags.iter().filter(|t| config.sources.not_tags.contains(t)) {
        problems.add(
            "sources.not_tags",
            format!("`{tag}` is both in and out"),
            "remove it from one of the two",
        );
    }
    if config.sources.min_trust > 3 {
        problems.add("sources.min_trust", "no source can have it", "trust goes from 1 to 3");
    }
}

fn name_groups(config: &WatchConfig, problems: &mut Problems) -> Names {
    let mut names = Names::new();
    for (i, group) in config.group.iter().enumerate() {
        if group.name.is_empty() {
            problems.add(format!("group[{i}].name"), "is missing", "parts refer to a group by its name");
        } else if names.insert(group.name.clone(), i).is_some() {
            problems.add(format!("group.{}", group.name), "stands twice", "merge the two or rename one");
        }
    }
    names
}

fn look_up(list: &[String], path: &str, names: &Names, before: usize, problems: &mut Problems) -> Vec<usize> {
    let mut found = Vec::new();
    for (i, name) in list.iter().enumerate() {
        match names.get(name) {
            Some(&at) if at < before => found.push(at),
            Some(_) => {
                problems.add(
                    format!("{path}[{i}]"),
                    format!("group `{name}` comes later"),
                    "move it before this one",
                );
            }
            None => problems.add(
                format!("{path}[{i}]"),
                format!("group `{name}` does not exist"),
                "define a [[group]] with that name or correct the spelling",
            ),
        }
    }
    found
}

fn compile_group(
    at: usize,
    group: &GroupConfig,
    names: &Names,
    count: usize,
    terms: &mut TermIndex,
    problems: &mut Problems,
) -> Group {
    let path = format!("group.{}", group.name);
    let lists =
        [&group.tags, &group.tags_all, &group.entities, &group.terms, &group.cased, &group.regex, &group.of];
    if lists.iter().all(|list| list.is_empty()) && group.near.is_empty() {
        problems.add(&path, "is empty", "give it tags, entities, terms, regex, of or near");
    }
    // Labels: a group's own hits, then (after all groups) what takes its hits out.
    let kinds = [
        ("terms", &group.terms, false, at),
        ("cased", &group.cased, true, at),
        ("neutralise", &group.neutralise, false, count + at),
    ];
    for (key, list, cased, label) in kinds {
        for (i, text) in list.iter().enumerate() {
            match Term::parse(text, cased) {
                Ok(term) => terms.add(term, label),
                Err(message) => problems.add(
                    format!("{path}.{key}[{i}]"),
                    message,
                    "write a word, a stem such as `satellit*`, or a phrase of these",
                ),
            }
        }
    }
    for text in group.neutralise.iter().filter(|t| group.terms.contains(t)) {
        problems.add(
            format!("{path}.neutralise"),
            format!("`{text}` is a term too"),
            "remove it from one of the two",
        );
    }
    let mut regexes = Vec::new();
    for (i, text) in group.regex.iter().enumerate() {
        match RegexBuilder::new(text).case_insensitive(true).size_limit(REGEX_SIZE).build() {
            Ok(regex) if regex.is_match("") => {
                problems.add(
                    format!("{path}.regex[{i}]"),
                    "matches the empty text",
                    "make a part of it obligatory",
                );
            }
            Ok(regex) => regexes.push(regex),
            Err(error) => problems.add(
                format!("{path}.regex[{i}]"),
                error.to_string().replace('\n', " "),
                "see the syntax of the Rust regex crate; large repetitions cost too much",
            ),
        }
    }
    let of = look_up(&group.of, &format!("{path}.of"), names, at, problems);
    let mut near = Vec::new();
    for (i, pair) in group.near.iter().enumerate() {
        let path = format!("{path}.near[{i}]");
        let found = look_up(&pair.groups, &format!("{path}.groups"), names, at, problems);
        let not_between = look_up(&pair.not_between, &format!("{path}.not_between"), names, at, problems);
        if pair.groups.len() != 2 {
            problems.add(&path, "needs two groups", "write groups = [\"one\", \"other\"]");
        } else if let [one, other] = found[..] {
            near.push(Near { one, other, words: pair.words, ordered: pair.ordered, not_between });
        }
    }
    let has_terms = !group.terms.is_empty() || !group.cased.is_empty() || !regexes.is_empty();
    let asks_mentions = !group.tags.is_empty() || !group.tags_all.is_empty() || !group.entities.is_empty();
    let only_mentions = asks_mentions && !has_terms && of.is_empty() && near.is_empty();
    Group { regexes, of, near, only_mentions }
}

fn compile_passage(config: &WatchConfig, names: &Names, problems: &mut Problems) -> PassageRule {
    let passage = &config.passage;
    let end = config.group.len();
    let all = look_up(&passage.all, "passage.all", names, end, problems);
    let any = look_up(&passage.any, "passage.any", names, end, problems);
    let none = look_up(&passage.none, "passage.none", names, end, problems);
    if passage.all.is_empty() && passage.any.is_empty() {
        problems.add("passage", "asks for no group", "name groups in `all` or `any`");
    }
    contradictions("passage", &passage.all, &passage.any, &passage.none, problems);
    let within = match Within::parse(&passage.within) {
        Some(within @ (Within::Sentences(_) | Within::Paragraph | Within::Title)) => within,
        _ => {
            let message = format!("`{}` is no stretch for a passage", passage.within);
            problems.add("passage.within", message, "use `sentence`, `3 sentences`, `paragraph` or `title`");
            Within::Sentences(1)
        }
    };
    PassageRule { all, any, none, within }
}

fn compile_part(part: &PartConfig, names: &Names, problems: &mut Problems) -> Part {
    let path = format!("part.{}", part.name);
    let end = usize::MAX;
    let all = look_up(&part.all, &format!("{path}.all"), names, end, problems);
    let any = look_up(&part.any, &format!("{path}.any"), names, end, problems);
    let none = look_up(&part.none, &format!("{path}.none"), names, end, problems);
    if part.name.is_empty() || (part.all.is_empty() && part.any.is_empty()) {
        problems.add(&path, "needs a name and groups", "name groups in `all` or `any`");
    }
    if part.veto == (part.weight != 0.0) {
        problems.add(&path, "needs a weight or `veto = true`, not both", "keep one of the two");
    }
    contradictions(&path, &part.all, &part.any, &part.none, problems);
    let within = Within::parse(&part.within).unwrap_or_else(|| {
        let message = format!("`{}` is no stretch", part.within);
        problems.add(
            format!("{path}.within"),
            message,
            "use `6 words`, `sentence`, `passage`, `title` or `article`",
        );
        Within::Passage
    });
    Part { all, any, none, within }
}

fn contradictions(path: &str, all: &[String], any: &[String], none: &[String], problems: &mut Problems) {
    for name in none.iter().filter(|n| all.contains(n) || any.contains(n)) {
        problems.add(
            format!("{path}.none"),
            format!("`{name}` is both asked for and forbidden"),
            "remove one of the two",
        );
    }
}
