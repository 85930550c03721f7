//! What has been seen before.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ItemId;

/// One event of the world, however many outlets tell it. A UUIDv7: sortable by first telling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoryId(pub Uuid);

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The rungs of the dedupe ladder, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// Nothing like it is stored.
    New,
    /// The same canonical address with changed text.
    Revision,
    /// The same canonical address or the same normalised text.
    Exact,
    /// Nearly the same text.
    Near,
    /// The same event in other words.
    Story,
}

/// What the ladder decided, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DedupeVerdict {
    /// The rung that decided.
    pub rung: Rung,
    /// The earlier article, except for [`Rung::New`].
    pub of: Option<ItemId>,
    /// The story it belongs to: the earlier article's, or a new one.
    pub story: StoryId,
    /// 0 … 1 on the deciding rung.
    pub similarity: f32,
    /// It may be another event of the same actors: who was told of the story is told of this too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// The grounds, and what was vetoed, in words.
    pub reasons: Vec<String>,
}

/// What an edit changed: sentences as byte ranges of the texts that have them, so that no text is kept twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The earlier article.
    pub of: ItemId,
    /// Sentences that the earlier text does not have, in the edited text.
    pub added: Vec<(usize, usize)>,
    /// Sentences that the edited text does not have any more, in the earlier text.
    pub removed: Vec<(usize, usize)>,
    /// The title is another.
    pub retitled: bool,
}
