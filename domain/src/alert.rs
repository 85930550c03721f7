//! Why somebody is told.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ItemId, Language, NewName, SourceId, StoryId};

/// The operator's name for a watch: kebab-case, unique over all layers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WatchId(pub String);

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identity of an alert: a hash of (watch, story, revision), written as 32 hex digits.
/// The same event gives the same id however often it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub String);

impl AlertId {
    /// The id of `revision` (0 is the first telling) of `story` for `watch`.
    pub fn new(watch: &WatchId, story: &StoryId, revision: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(watch.0.as_bytes());
        hasher.update(&[0]);
        hasher.update(story.0.as_bytes());
        hasher.update(&revision.to_be_bytes());
        Self(hasher.finalize().to_hex()[..32].to_string())
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an alert tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// The first telling of an event that matches.
    New,
    /// A known event with a passage that no earlier telling had.
    Update,
    /// Trouble of Vedetta's own, for the operator.
    Health,
}

/// A byte range of the article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Byte offset of its start in the text (or in the title, where `in_title`).
    pub start: usize,
    /// Byte offset of its end.
    pub end: usize,
    /// Whether the offsets count in the title.
    pub in_title: bool,
    /// The passage, at most 300 characters.
    pub text: String,
}

/// One named part of a watch that was met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The part's name in the watch (`china`, `pakistan`, `space`, `together`).
    pub part: String,
    /// What met it, as it stands in the text.
    pub matched: Vec<String>,
    /// What it added to the score.
    pub weight: f32,
    /// Where.
    pub passage: Option<Passage>,
}

/// A watch that an article met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchMatch {
    /// The watch.
    pub watch: WatchId,
    /// Hash of the watch's definition: an article is never matched twice by the same one.
    pub version: String,
    /// Sum of the parts' weights.
    pub score: f32,
    /// The parts, the heaviest first.
    pub reasons: Vec<Reason>,
    /// Channels that the watch names; empty: all.
    pub channels: Vec<String>,
}

/// One outlet's account of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// The item it came from.
    pub item: ItemId,
    /// Title, or the address where there is none.
    pub title: String,
    /// Address to open.
    pub url: String,
    /// The source.
    pub source: SourceId,
    /// The source's name for people.
    pub source_name: String,
    /// Language of the text.
    pub language: Language,
    /// When it was published, if that is known.
    pub published: Option<Timestamp>,
}

/// What somebody is told, before it has a channel's shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Hash of watch, story and revision.
    pub id: AlertId,
    /// New, update or health.
    pub kind: AlertKind,
    /// When the committer decided it.
    pub created: Timestamp,
    /// The watch; `vedetta-health` for the daemon's own trouble.
    pub watch: WatchId,
    /// The watch's title for people.
    pub watch_title: String,
    /// The story; `None` for health.
    pub story: Option<StoryId>,
    /// The watch's score.
    pub score: f32,
    /// Why, the heaviest first.
    pub reasons: Vec<Reason>,
    /// The account that met the watch; `None` for health.
    pub telling: Option<Telling>,
    /// Other accounts that were known when the message was frozen.
    pub also_in: Vec<Telling>,
    /// Linked and new names in the passages, for people, at most 12.
    pub entities: Vec<String>,
    /// Names that no lexicon knows, beside known ones.
    #[serde(default)]
    pub new_names: Vec<NewName>,
    /// For health: what failed, why, and what to do.
    pub text: Option<String>,
}

/// Bytes that go to one channel, frozen before the first try so that a repeat is recognisable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Idempotency key: a hash of channel and members.
    pub id: String,
    /// The channel's name in the configuration.
    pub channel: String,
    /// The alerts that it carries.
    pub members: Vec<AlertId>,
    /// `Content-Type` of the body.
    pub content_type: String,
    /// The body: text (JSON) in every channel so far.
    pub body: String,
}
