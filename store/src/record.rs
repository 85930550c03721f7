//! The journal's records: what happened, decided before it is written, so that replay only applies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vedetta_domain::{
    Alert, AlertId, DedupeVerdict, Item, ItemId, Message, PollState, SourceId, TaggedArticle, Telling,
    WatchId,
};

use crate::{Position, StoreError};

/// Version of the records that this build writes. Older ones must load for ever.
const VERSION: u32 = 1;

/// One unit of change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Record {
    /// A poll: its unknown items and the source's new state, in one unit, so that validators never
    /// outlive the items that they would hide.
    SourcePolled {
        /// The source.
        source: SourceId,
        /// Its state after the poll.
        state: Box<PollState>,
        /// Items that were not known.
        items: Vec<Item>,
    },
    /// Work on an item begins: counted first, so that an item that kills its worker is found out.
    ItemStarted {
        /// The item.
        item: ItemId,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// Work on an item ended without an article.
    ItemEnded {
        /// The item.
        item: ItemId,
        /// How.
        end: ItemEnd,
        /// When.
        at: Timestamp,
    },
    /// An article with all that follows from it.
    Committed(Box<Commit>),
    /// An alert that belongs to no article (trouble of the daemon's own).
    Raised(Box<AlertRow>),
    /// An outgoing message, frozen before its first try.
    MessageFrozen {
        /// The bytes.
        message: Message,
        /// When.
        at: Timestamp,
    },
    /// A try that failed.
    MessageTried {
        /// The message.
        id: String,
        /// Why.
        error: String,
        /// When it is due again.
        retry_at: Timestamp,
    },
    /// The channel took it.
    MessageSent {
        /// The message.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// It will not be tried again by itself.
    MessageDead {
        /// The message.
        id: String,
        /// Why.
        error: String,
        /// When.
        at: Timestamp,
    },
}

/// How work on an item ended without an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum ItemEnd {
    /// Try again at `retry_at`.
    Retry {
        /// Why.
        error: String,
        /// When it is due again.
        retry_at: Timestamp,
        /// What it says of the item.
        after: RetryAfter,
    },
    /// Nothing to be had there: gone, forbidden, no text.
    Dropped {
        /// Why.
        error: String,
    },
    /// It killed the worker twice, or failed too often: a person looks.
    Quarantined {
        /// Why.
        error: String,
    },
}

/// Whether a failed try says something of the item itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// The network or the disk: the try is excused.
    Outage,
    /// The worker died over it.
    WorkerDeath {
        /// No other item was in the worker, so this one did it.
        alone: bool,
    },
}

/// By what an article is recognised later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Canonical address.
    pub canonical_url: Option<String>,
    /// Hash of the normalised text, hex.
    pub exact: String,
    /// MinHash bands and passages of its text.
    pub bands: Vec<u64>,
    /// Keys under which the story's other tellings look for it (entity ids).
    pub story_keys: Vec<String>,
    /// The story comparison's features, as JSON of their own crate.
    pub features: String,
}

/// An alert and the channels that are to carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The alert.
    pub alert: Alert,
    /// Names of channels.
    pub channels: Vec<String>,
}

/// Article, dedupe marks, story and alerts: one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// The item it answers.
    pub item: Item,
    /// The article.
    pub article: TaggedArticle,
    /// What the ladder said.
    pub verdict: DedupeVerdict,
    /// By what it is recognised later.
    pub marks: Marks,
    /// How others will see it in a thread.
    pub telling: Telling,
    /// Watches, with versions, that have now judged it.
    pub judged: Vec<(WatchId, String)>,
    /// New alerts.
    pub alerts: Vec<AlertRow>,
    /// Alerts that it joins as another telling.
    pub joins: Vec<AlertId>,
    /// When.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct Envelope<'a> {
    v: u32,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Record {
    /// The record as it stands in the journal.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(&Envelope { v: VERSION, record: self })
            .map_err(|e| StoreError::Record { position: "the end".into(), why: e.to_string() })
    }

    /// Reads a record of this or an older version.
    pub(crate) fn decode(payload: &[u8], position: Position) -> Result<Self, StoreError> {
        let broken = |why: String| StoreError::Record { position: position.to_string(), why };
        let Version { v } = serde_json::from_slice(payload).map_err(|e| broken(e.to_string()))?;
        if v > VERSION {
            return Err(broken(format!(
                "it has version {v}, this build reads up to {VERSION}; upgrade vedetta"
            )));
        }
        serde_json::from_slice(payload).map_err(|e| broken(e.to_string()))
    }
}
