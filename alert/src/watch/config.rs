//! A watch as the operator writes it; nothing here is checked beyond its shape.

use serde::{Deserialize, Serialize};

/// One watch file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchConfig {
    /// Version of the language of watches: 1.
    pub schema: u32,
    /// Unique id, kebab-case.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What the watch is for, in words.
    #[serde(default)]
    pub description: String,
    /// How urgent an alert is.
    #[serde(default)]
    pub severity: Severity,
    /// Channels by name; empty: all.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Languages (`en`, `it`, `other`); empty: all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Whether the watch runs.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// After this moment (RFC 3339) the watch rests.
    #[serde(default)]
    pub expires: Option<String>,
    /// Score from which an article alerts.
    pub threshold: f32,
    /// Which sources count.
    #[serde(default)]
    pub sources: SourceRules,
    /// What a score gains by where its passage stands.
    #[serde(default)]
    pub fields: FieldWeights,
    /// Which passages are looked at.
    pub passage: PassageConfig,
    /// Named sets of entities and terms.
    #[serde(default)]
    pub group: Vec<GroupConfig>,
    /// Evidence for and against, weighed in each passage.
    #[serde(default)]
    pub part: Vec<PartConfig>,
    /// The watch's own test cases.
    #[serde(default)]
    pub test: Vec<WatchTest>,
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For the digest.
    Low,
    /// For the day.
    #[default]
    Normal,
    /// At once.
    High,
}

/// Which sources a watch listens to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceRules {
    /// Only sources with one of these tags; empty: all.
    pub tags: Vec<String>,
    /// No source with one of these tags.
    pub not_tags: Vec<String>,
    /// Only these sources; empty: all.
    pub ids: Vec<String>,
    /// None of these sources.
    pub not_ids: Vec<String>,
    /// 1 … 3; 0: any.
    pub min_trust: u8,
}

/// What a score gains by where its passage stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldWeights {
    /// The passage holds the title.
    pub title: f32,
    /// The passage holds one of the text's first two sentences.
    pub lead: f32,
    /// The passage stands elsewhere.
    pub body: f32,
}

/// Which runs of sentences are looked at: those in which the groups meet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassageConfig {
    /// Groups that must all be there.
    #[serde(default)]
    pub all: Vec<String>,
    /// Groups of which one must be there.
    #[serde(default)]
    pub any: Vec<String>,
    /// Groups that must not be there.
    #[serde(default)]
    pub none: Vec<String>,
    /// How far apart they may stand: `sentence`, `2 sentences`, `paragraph`, `title`.
    pub within: String,
    /// What the closeness adds: the first number for one sentence, the next for two …; the last goes on.
    #[serde(default)]
    pub weights: Vec<f32>,
    /// What each paragraph's end inside the passage adds: usually less than 0.
    #[serde(default)]
    pub paragraph_break: f32,
}

/// A named set of entities and terms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    /// Name; parts and reasons use it.
    pub name: String,
    /// What it adds to the score where the passage asks for it.
    pub weight: f32,
    /// Lexicon groups: an entity with one of them counts.
    pub tags: Vec<String>,
    /// Lexicon groups: an entity with every one of them counts.
    pub tags_all: Vec<String>,
    /// Lexicon entities by id.
    pub entities: Vec<String>,
    /// Words, stems (`satellit*`) and phrases; case and accents do not matter.
    pub terms: Vec<String>,
    /// Terms whose letter case matters.
    pub cased: Vec<String>,
    /// Regular expressions over title and text.
    pub regex: Vec<String>,
    /// Groups whose hits count as this group's too; they stand before it in the file.
    pub of: Vec<String>,
    /// Pairs of earlier groups that stand side by side (`Pakistani` + `satellite`).
    pub near: Vec<NearConfig>,
    /// Phrases inside which a hit does not count (`airspace`, `spazio aereo`).
    pub neutralise: Vec<String>,
}

/// Two groups side by side in one sentence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NearConfig {
    /// The two groups.
    pub groups: Vec<String>,
    /// Words that may stand between them.
    pub words: usize,
    /// The first must stand before the second.
    pub ordered: bool,
    /// No hit of these groups between them.
    pub not_between: Vec<String>,
}

/// Evidence for or against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartConfig {
    /// Name, shown in the reasons.
    pub name: String,
    /// Groups that must all be there.
    pub all: Vec<String>,
    /// Groups of which one must be there.
    pub any: Vec<String>,
    /// Groups that must not be there.
    pub none: Vec<String>,
    /// Hits that `any` needs, where one is not enough.
    pub count: usize,
    /// Where: `6 words`, `sentence`, `passage`, `paragraph`, `title`, `article`.
    pub within: String,
    /// What it adds; less than 0: evidence against.
    pub weight: f32,
    /// The passage is out, whatever else speaks for it.
    pub veto: bool,
}

/// One test case of a watch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchTest {
    /// What it shows.
    pub name: String,
    /// Title of the article.
    pub title: Option<String>,
    /// Text of the article.
    pub text: String,
    /// `en` or `it`.
    pub language: Option<String>,
    /// Whether it alerts.
    pub alert: bool,
    /// A part that must be among the reasons.
    pub reason: Option<String>,
}

fn yes() -> bool {
    true
}
