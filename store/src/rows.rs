//! The rows of the index: what is known now, made anew from the journal at will.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vedetta_domain::{Alert, AlertId, Item, ItemId, Message, StoryId, Telling, WatchId};

use crate::{
    Position,
    record::{ItemEnd, RetryAfter},
};

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemStatus {
    /// Its page is to be read.
    Waiting,
    /// Its article is stored. Not written any more: such an item is known by its article.
    Done,
    /// There was nothing to be had.
    Dropped,
    /// A person has to look.
    Quarantined,
}

/// An item and its work so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemRow {
    /// The item.
    pub item: Item,
    /// Where it stands.
    pub status: ItemStatus,
    /// Tries that were begun and not excused: above 0, the item runs alone in the worker.
    pub attempts: u32,
    /// Tries that ended with the worker's death while the item was alone in it.
    pub deaths: u32,
    /// When a waiting item is due.
    pub due: Timestamp,
    /// The last failure.
    pub error: Option<String>,
    /// When it ended without an article.
    #[serde(default)]
    pub ended: Option<Timestamp>,
}

impl ItemRow {
    /// Work on it ended without an article.
    pub(crate) fn end(&mut self, end: ItemEnd, at: Timestamp) {
        let (status, error) = match end {
            ItemEnd::Retry { error, retry_at, after } => {
                self.due = retry_at;
                match after {
                    RetryAfter::Outage => self.attempts = self.attempts.saturating_sub(1),
                    RetryAfter::WorkerDeath { alone } => self.deaths += u32::from(alone),
                }
                (ItemStatus::Waiting, error)
            }
            ItemEnd::Dropped { error } => (ItemStatus::Dropped, error),
            ItemEnd::Quarantined { error } => (ItemStatus::Quarantined, error),
        };
        self.ended = (status != ItemStatus::Waiting).then_some(at);
        if self.ended.is_some() {
            // Nobody reads them any more.
            (self.item.entry.summary, self.item.entry.content) = (None, None);
        }
        (self.status, self.error) = (status, Some(error));
    }
}

/// A stored article, its text left in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArticleRow {
    /// Where the commit stands; `None` once its text was let go.
    pub position: Option<Position>,
    /// Its number among the marks, from 1; a new one whenever it is committed, so that they ascend with `at`.
    pub document: u32,
    /// Its story.
    pub story: StoryId,
    /// How others see it.
    pub telling: Telling,
    /// Canonical address.
    pub canonical_url: Option<String>,
    /// Hash of the normalised text, hex.
    pub exact: String,
    /// Watches, with versions, that have judged it.
    pub judged: Vec<(WatchId, String)>,
    /// It was tagged without a model and is to be tagged again.
    pub lexicon_only: bool,
    /// When it was committed, the last time if it was so again.
    pub at: Timestamp,
}

/// By what other tellings of its event are told; kept for as long as they may come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FeaturesRow {
    /// The story comparison's features, as JSON of their own crate.
    pub features: String,
    /// Keys under which other tellings look for it.
    pub keys: Vec<String>,
}

/// An article for which other tellings are looked for: all of it that a comparison asks for, in one row. It is read for
/// every article that comes: no flattened fields, which serde reads several times slower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldRow {
    /// Its item.
    pub item: ItemId,
    /// Its story.
    pub story: StoryId,
    /// Hash of the normalised text, hex.
    pub exact: String,
    /// When it was committed.
    pub at: Timestamp,
    /// The story comparison's features.
    pub features: String,
    /// Keys under which other tellings look for it.
    pub keys: Vec<String>,
}

/// An article that may tell the same event as another.
#[derive(Debug, Clone, PartialEq)]
pub struct TellingRow {
    /// Its item.
    pub id: ItemId,
    /// Its story.
    pub story: StoryId,
    /// Hash of its normalised text, hex.
    pub exact: String,
    /// The story comparison's features.
    pub features: String,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryRow {
    /// Its tellings, the first first.
    pub tellings: Vec<ItemId>,
    /// The alert of every watch that was told of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alerted: BTreeMap<WatchId, AlertId>,
    /// How many alerts (new and updates) it has had.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revisions: u32,
    /// How often it was changed: what a commit expects.
    #[serde(default)]
    pub version: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An alert on its way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The alert.
    pub alert: Alert,
    /// Channel → the message that carries it; empty while none is frozen.
    pub channels: BTreeMap<String, String>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageState {
    /// To be sent.
    Frozen,
    /// Taken by the channel.
    Sent,
    /// Given up.
    Dead,
}

/// A frozen message and its tries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// The bytes.
    pub message: Message,
    /// Where it stands.
    pub state: MessageState,
    /// Failed tries.
    pub tries: u32,
    /// When it was frozen.
    pub frozen: Timestamp,
    /// When it is due.
    pub due: Timestamp,
    /// The last failure.
    pub error: Option<String>,
}
